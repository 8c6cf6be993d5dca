"""How a sentiment lexicon does on the same messages: ``python tests/bench/anger_lexicons.py messages.tsv``.

Compares what a user would pick instead of the anger model: VADER for English, TextBlob's lexicon and GerSent's for
German. None is a dependency: install `vaderSentiment`, `textblob-de`, `textblob<0.16` and `gersent` into an environment
of your own. As none knows anger, each is given the threshold that is best for it on the very messages it is measured
on, more than a user could do.
"""

from __future__ import annotations

import csv
import importlib
import sys
from collections.abc import Callable
from pathlib import Path

QUIET = ("calm", "complaint")


def scorers() -> list[tuple[str, str, Callable[[str], float]]]:
    """Language, the library's name, and how negative it finds a text, higher is worse."""
    vader = importlib.import_module("vaderSentiment.vaderSentiment").SentimentIntensityAnalyzer()
    german = importlib.import_module("textblob_de.sentiments").PatternAnalyzer()
    simple = importlib.import_module("gersent").GerSent()
    return [
        ("en", "VADER", lambda text: -float(vader.polarity_scores(text)["compound"])),
        ("de", "textblob-de", lambda text: -float(german.analyze(text)[0])),
        ("de", "gersent", lambda text: -float(simple.sentiment(text)["composite"])),
    ]


def figures(scores: list[float], labels: list[str], threshold: float) -> dict[str, float]:
    flagged = [label for score, label in zip(scores, labels, strict=True) if score >= threshold]
    right, wrong = flagged.count("angry"), sum(label in QUIET for label in flagged)
    precision, recall = right / max(right + wrong, 1), right / max(labels.count("angry"), 1)
    shares = {f"false_alarm_{kind}": flagged.count(kind) / max(labels.count(kind), 1) for kind in QUIET}
    return {"f1": 2 * precision * recall / max(precision + recall, 1e-9), "recall": recall, **shares}


def within(found: dict[str, float]) -> bool:
    return found["false_alarm_calm"] <= 0.02 and found["false_alarm_complaint"] <= 0.05


def main(path: Path) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    for language, name, negative in scorers():
        chosen = [row for row in rows if row["lang"] == language]
        scores, labels = [negative(row["text"]) for row in chosen], [row["label"] for row in chosen]
        tried = [figures(scores, labels, threshold) for threshold in sorted({*scores, 9.0})]
        best = max(tried, key=lambda found: found["f1"])
        kept = max(filter(within, tried), key=lambda found: found["f1"])
        for how, found in (("best threshold", best), ("within the false-alarm limits", kept)):
            print(language, name, how, {key: round(value, 3) for key, value in found.items()})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
