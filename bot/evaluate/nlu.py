"""``evaluate nlu``: the assistant's own examples, each left out in turn, and those that are nearly the same."""

from __future__ import annotations

import argparse
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.evaluate.encoding import encode
from bot.evaluate.nlu_files import BOTH, Example, read
from bot.evaluate.progress import Progress
from bot.evaluate.tables import lined
from bot.learning import training
from bot.learning.chances import THRESHOLD
from bot.learning.known_grams import KnownGrams
from bot.understanding.encoders import ACROSS, LANGUAGES, Encoders
from tickets.contracts import Language

Floats = NDArray[np.float32]

FOLDS = 8
#: So alike are two examples that nobody could tell their intents apart: cosine of words and groups of letters.
ALIKE = 0.85
#: Misread examples in the table; all are in the JSON.
SHOWN = 200

NOISE = re.compile(r"[^\w\s]+")


def run(options: argparse.Namespace, encoders: Encoders) -> dict[str, Any]:
    """Figures per language, and what is wrong with the examples."""
    examples = read(options.folder)
    texts = [one.text for one in examples]
    made = {name: encode(one, texts, f"encoding the examples ({name})") for name, one in encoders.distinct.items()}
    return measured(examples, {language: made[encoders.of(language).name] for language in LANGUAGES})


def measured(examples: Sequence[Example], vectors: Mapping[Language, Floats], folds: int = FOLDS) -> dict[str, Any]:
    """From the examples and their embeddings [examples, dimension] as the encoder of each language makes them."""
    read_as = left_out(examples, vectors, folds)
    report: dict[str, Any] = {"languages": {}, "threshold": THRESHOLD}
    for language in ("de", "en"):
        own = [at for at, one in enumerate(examples) if one.language in (language, BOTH)]
        if own:
            report["languages"][language] = figures([examples[at] for at in own], [read_as[at] for at in own])
    report["misread"] = [
        {"place": one.place, "text": one.text, "intent": one.intent, "read_as": name, "confidence": round(chance, 3)}
        for one, (name, chance) in zip(examples, read_as, strict=True)
        if name != one.intent
    ]
    report["alike_across"], report["alike_within"] = alike(examples)
    return report


def left_out(
    examples: Sequence[Example], vectors: Mapping[Language, Floats], many: int = FOLDS
) -> list[tuple[str, float]]:
    """Best intent and confidence of each example by a head that has not seen it, nor an example of the same words.

    It is the head of its language's encoder, as it is served; what stands in both languages is read as German.
    The encoder that reads German learns from all languages, another from its own.
    """
    folds = _folds(examples, many)
    best: list[tuple[str, float]] = [("", 0.0)] * len(examples)
    bar = Progress("leaving out and asking", len(examples))
    for fold in range(many):
        seen, unseen = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        for languages, made in _readers(vectors):
            taught = [at for at in seen.tolist() if ACROSS in languages or examples[at].language in (*languages, BOTH)]
            known = [examples[at] for at in taught]
            own = [at for at in unseen.tolist() if _language(examples[at]) in languages]
            if not own:
                continue
            head = training.train([one.text for one in known], made[taught], [one.intent for one in known])
            chances = head.chances([examples[at].text for at in own], made[own])
            best_of = ((head.labels[row.argmax()], float(row.max())) for row in chances)
            for at, found in zip(own, best_of, strict=True):
                best[at] = found
        bar(len(unseen))
    bar.end()
    return best


def _readers(vectors: Mapping[Language, Floats]) -> list[tuple[set[Language], Floats]]:
    """Each encoder's vectors with the languages that it reads."""
    found: dict[int, tuple[set[Language], Floats]] = {}
    for language, made in vectors.items():
        found.setdefault(id(made), (set(), made))[0].add(language)
    return list(found.values())


def _language(example: Example) -> Language:
    return "en" if example.language == "en" else "de"


def _folds(examples: Sequence[Example], many: int) -> NDArray[np.int64]:
    """Of every intent about the same share in each; the same words lie in one fold, whatever their punctuation."""
    numbers: dict[tuple[str, str], int] = {}
    counts: dict[str, int] = defaultdict(int)
    order = np.random.default_rng(7).permutation(len(examples))
    for at in order.tolist():
        key = (examples[at].intent, plain(examples[at].text))
        if key not in numbers:
            numbers[key] = counts[examples[at].intent] % many
            counts[examples[at].intent] += 1
    return np.array([numbers[one.intent, plain(one.text)] for one in examples])


def figures(examples: Sequence[Example], read_as: Sequence[tuple[str, float]]) -> dict[str, Any]:
    right: dict[str, list[bool]] = defaultdict(list)
    for one, (name, _) in zip(examples, read_as, strict=True):
        right[one.intent].append(name == one.intent)
    hits = [hit for own in right.values() for hit in own]
    sure = [name == one.intent and chance >= THRESHOLD for one, (name, chance) in zip(examples, read_as, strict=True)]
    return {
        "accuracy": round(float(np.mean(hits)), 4),
        "accuracy_sure": round(float(np.mean(sure)), 4),
        "examples": len(hits),
        "recall": {name: round(float(np.mean(own)), 4) for name, own in sorted(right.items())},
        "counts": {name: len(own) for name, own in sorted(right.items())},
    }


def alike(examples: Sequence[Example]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Pairs that are nearly the same: of different intents, and of one intent where the words are the same."""
    texts = [plain(one.text) for one in examples]
    _, rows = KnownGrams.learn(texts)
    near = (rows @ rows.T).tocoo()
    # Words and letters have length 1 each; a text without any (an emoji) is alike to nothing.
    found = np.flatnonzero((near.data >= 2 * ALIKE) & (near.row < near.col))
    pairs = list(zip(near.row[found].tolist(), near.col[found].tolist(), (near.data[found] / 2).tolist(), strict=True))
    across, within = [], []
    for a, b, cosine in sorted(pairs, key=lambda pair: -pair[2]):
        same = texts[a] == texts[b] and examples[a].language == examples[b].language
        if examples[a].intent != examples[b].intent:
            across.append(_pair(examples[a], examples[b], cosine))
        elif examples[a].intent == examples[b].intent and same and _marks(examples[a]) == _marks(examples[b]):
            within.append(_pair(examples[a], examples[b], cosine))
    return across, within


def plain(text: str) -> str:
    """Small letters and no punctuation."""
    return " ".join(NOISE.sub(" ", text.casefold()).split())


def _marks(example: Example) -> bool:
    """A question mark is a difference worth an example of its own."""
    return "?" in example.text


def _pair(one: Example, other: Example, cosine: float) -> dict[str, Any]:
    return {
        "cosine": round(cosine, 3),
        "one": {"place": one.place, "text": one.text, "intent": one.intent},
        "other": {"place": other.place, "text": other.text, "intent": other.intent},
    }


def table(found: dict[str, Any]) -> str:
    """Figures, recall of every intent, and the examples to look at."""
    languages = found["languages"]
    names = sorted({name for one in languages.values() for name in one["recall"]})
    rows: list[list[Any]] = [["all", *_cells(languages, lambda one: (one["accuracy"], one["examples"]))]]
    rows.append(["all, and sure", *_cells(languages, lambda one: (one["accuracy_sure"], one["examples"]))])
    for name in names:
        rows.append(
            [
                name,
                *_cells(languages, lambda one, name=name: (one["recall"].get(name, "-"), one["counts"].get(name, 0))),
            ]
        )
    parts = [lined(["left out", *(cell for language in languages for cell in (language, "examples"))], rows)]
    parts += [_listed("misread when left out", [_misread(one) for one in found["misread"]])]
    parts += [_listed("nearly the same, other intent", [_told(pair) for pair in found["alike_across"]])]
    parts += [_listed("the same twice", [_told(pair) for pair in found["alike_within"]])]
    return "\n\n".join(parts)


def _cells(languages: dict[str, Any], of: Any) -> list[Any]:
    return [cell for one in languages.values() for cell in of(one)]


def _listed(title: str, lines: list[str]) -> str:
    more = [f"  … and {len(lines) - SHOWN} more (see --json)"] if len(lines) > SHOWN else []
    return "\n".join([f"{title}: {len(lines)}", *(f"  {line}" for line in lines[:SHOWN]), *more])


def _misread(one: dict[str, Any]) -> str:
    return f"{one['place']}: {one['text']!r} is {one['intent']}, read as {one['read_as']} ({one['confidence']:.2f})"


def _told(pair: dict[str, Any]) -> str:
    one, other = pair["one"], pair["other"]
    return (
        f"{one['place']}: {one['text']!r} ({one['intent']}) and {other['place']}: "
        f"{other['text']!r} ({other['intent']}), {pair['cosine']:.2f}"
    )
