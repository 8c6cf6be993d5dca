"""``evaluate intents``: the featurizer and head of the served pipeline, trained and measured on anyone's examples."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.evaluate.encoding import PORTION, encode
from bot.evaluate.files import DataError, read_table
from bot.evaluate.progress import Progress
from bot.evaluate.tables import lined
from bot.learning import names, training
from bot.learning.chances import THRESHOLD
from bot.understanding.encoders import Encoders
from bot.understanding.language import detect
from tickets.contracts import Language

Floats = NDArray[np.float32]

#: Examples of which the language is looked at.
READ = 200
#: The label of what fits no intent.
OUTSIDE = "oos"


@dataclass(frozen=True)
class Examples:
    texts: list[str]
    intents: list[str]


def read(path: Path) -> Examples:
    texts, intents = [], []
    for line, row in read_table(path, ("text", "intent")):
        if not row["text"].strip() or not row["intent"].strip():
            raise DataError(path, line, "text and intent must not be empty")
        texts.append(row["text"])
        intents.append(row["intent"].strip())
    return Examples(texts, intents)


def run(options: argparse.Namespace, encoders: Encoders) -> dict[str, Any]:
    train, test = read(options.train), read(options.test)
    if len(set(train.intents) - {OUTSIDE}) < 2:
        raise DataError(options.train, 1, "examples of at least two intents are needed")
    encoder = encoders.of(_written_in(train.texts))
    draws = [_drawn(train.intents, options.shots, seed) for seed in range(options.seeds if options.shots else 1)]
    used = sorted({place for draw in draws for place in draw})
    vectors = dict(
        zip(used, encode(encoder, [train.texts[at] for at in used], "encoding the training examples"), strict=True)
    )
    spoken = names.embedded(encode(encoder, names.sayings(train.intents), "encoding the names of the intents"))
    asked = encode(encoder, test.texts, "encoding the test examples")
    runs = []
    for seed, draw in enumerate(draws):
        bar = Progress(f"training and ranking, draw {seed + 1} of {len(draws)}", len(test.texts))
        head = training.train(
            [train.texts[at] for at in draw],
            np.stack([vectors[at] for at in draw]),
            [train.intents[at] for at in draw],
            names=spoken,
        )
        best: list[tuple[str, float]] = []
        for start in range(0, len(test.texts), PORTION):
            chances = head.chances(test.texts[start : start + PORTION], asked[start : start + PORTION])
            best += [(head.labels[row.argmax()], float(row.max())) for row in chances]
            bar(len(chances))
        bar.end()
        runs.append({"seed": seed, "train_rows": len(draw), **figures(test.intents, best)})
    return report(runs, test)


def _written_in(texts: Sequence[str]) -> Language:
    """The language of most of them: its encoder reads all."""
    counts = Counter(detect(text).language for text in texts[:: max(1, len(texts) // READ)])
    return counts.most_common(1)[0][0]


def _drawn(intents: Sequence[str], shots: int | None, seed: int) -> list[int]:
    """Places of the training examples of one draw."""
    if not shots:
        return list(range(len(intents)))
    draw = np.random.default_rng(seed)
    labels = np.asarray(intents)
    chosen: list[int] = []
    for label in np.unique(labels):
        own = np.flatnonzero(labels == label)
        chosen += draw.choice(own, min(shots, len(own)), replace=False).tolist()
    return sorted(chosen)


def figures(wanted: Sequence[str], best: Sequence[tuple[str, float]]) -> dict[str, float]:
    """Accuracy and macro-F1 of the best intent of what has one;
    with strangers also what the threshold makes of both."""
    inside = [at for at, label in enumerate(wanted) if label != OUTSIDE]
    strangers = [at for at, label in enumerate(wanted) if label == OUTSIDE]
    kept = [name != OUTSIDE and chance >= THRESHOLD for name, chance in best]
    pairs = [(wanted[at], best[at][0]) for at in inside]
    found = {
        "accuracy": _share([want == name for want, name in pairs]),
        "macro_f1": _macro_f1(pairs),
        "refused": _share([not kept[at] for at in inside]),
    }
    if strangers:
        found["in_scope_accuracy"] = _share([kept[at] and best[at][0] == wanted[at] for at in inside])
        found["oos_recall"] = _share([not kept[at] for at in strangers])
    return found


def _share(true: Sequence[bool]) -> float:
    return round(sum(true) / len(true), 4) if true else 0.0


def _macro_f1(pairs: Sequence[tuple[str, str]]) -> float:
    """The mean over the labels that are wanted or named."""
    scores = []
    for label in {label for pair in pairs for label in pair}:
        both = sum(want == name == label for want, name in pairs)
        either = sum(want == label for want, _ in pairs) + sum(name == label for _, name in pairs)
        scores.append(2 * both / either)
    return round(sum(scores) / len(scores), 4) if scores else 0.0


def report(runs: list[dict[str, Any]], test: Examples) -> dict[str, Any]:
    """The mean over the draws at the top, each draw below."""
    names = [name for name in runs[0] if name not in ("seed", "train_rows")]
    means = {name: round(float(np.mean([run[name] for run in runs])), 4) for name in names}
    return {
        **means,
        "threshold": THRESHOLD,
        "rows": len(test.texts),
        "train_rows": runs[0]["train_rows"],
        "intents": len(set(test.intents) - {OUTSIDE}),
        "seeds": runs,
    }


def table(found: dict[str, Any]) -> str:
    names = [
        "accuracy",
        "macro_f1",
        "refused",
        *(name for name in ("in_scope_accuracy", "oos_recall") if name in found),
    ]
    rows = [[f"draw {run['seed']}", run["train_rows"], *(run[name] for name in names)] for run in found["seeds"]]
    if len(rows) > 1:
        rows.append(["mean", found["train_rows"], *(found[name] for name in names)])
    return lined(["", "train_rows", *names], rows)
