"""``evaluate anger``: how well anger is heard, on anyone's labelled messages."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast, get_args

import numpy as np
from numpy.typing import NDArray

from bot.evaluate.encoding import encode
from bot.evaluate.files import DataError, read_table
from bot.evaluate.progress import Progress
from bot.evaluate.tables import lined
from bot.understanding.anger import ESCALATE, AngerModel
from bot.understanding.encoders import Encoders
from bot.understanding.train_anger import LABELS, figures
from tickets.contracts import Language

MODEL = Path("models/anger.npz")
RESAMPLES = 1000
NAMES = ("precision", "recall", "f1", "false_alarm_calm", "false_alarm_complaint", "flagged_frustrated")


@dataclass(frozen=True)
class Row:
    language: Language
    label: str
    text: str


def read(path: Path) -> list[Row]:
    rows = []
    for line, record in read_table(path, ("lang", "label", "text")):
        row = Row(cast(Language, record["lang"].strip().lower()), record["label"].strip().lower(), record["text"])
        if row.label not in LABELS:
            raise DataError(path, line, f"the label {row.label!r} is none of {', '.join(LABELS)}")
        if row.language not in get_args(Language):
            raise DataError(path, line, f"the language {row.language!r} is none of {', '.join(get_args(Language))}")
        rows.append(row)
    return rows


def run(options: argparse.Namespace, encoders: Encoders) -> dict[str, Any]:
    rows = read(options.test)
    if not MODEL.exists():
        raise DataError(MODEL, 0, "the anger model is not there; run `make train` first")
    return measure(rows, AngerModel.load(MODEL), encoders)


def measure(rows: Sequence[Row], model: AngerModel, encoders: Encoders) -> dict[str, dict[str, Any]]:
    """Per language, at the shipped threshold."""
    model.must_fit(encoders.names)
    vectors = _vectors(rows, encoders)
    bar = Progress("scoring", len(rows))
    flagged = np.zeros(len(rows), dtype=bool)
    for place, row in enumerate(rows):
        flagged[place] = model.score(row.text, vectors[place], row.language).score >= ESCALATE
        bar()
    bar.end()
    labels = np.asarray([row.label for row in rows])
    languages = np.asarray([row.language for row in rows])
    return {
        str(language): _figures(flagged[languages == language], labels[languages == language])
        for language in np.unique(languages)
    }


def _vectors(rows: Sequence[Row], encoders: Encoders) -> dict[int, NDArray[np.float32]]:
    """Of each row by its language's encoder."""
    found: dict[int, NDArray[np.float32]] = {}
    for language in dict.fromkeys(row.language for row in rows):
        own = [place for place, row in enumerate(rows) if row.language == language]
        made = encode(encoders.of(language), [rows[place].text for place in own], f"encoding the messages ({language})")
        found.update(zip(own, made, strict=True))
    return found


def _figures(flagged: NDArray[np.bool_], labels: NDArray[np.str_]) -> dict[str, Any]:
    rounded: dict[str, Any] = {name: round(value, 4) for name, value in figures(flagged, labels).items()}
    return rounded | {"f1_interval": _interval(flagged, labels), "rows": len(labels)}


def _interval(flagged: NDArray[np.bool_], labels: NDArray[np.str_]) -> list[float]:
    """The middle 95 % of F1 over resampled messages."""
    draw = np.random.default_rng(0)
    drawn = (draw.integers(0, len(labels), len(labels)) for _ in range(RESAMPLES))
    scores = [figures(flagged[rows], labels[rows])["f1"] for rows in drawn]
    low, high = np.quantile(scores, [0.025, 0.975])
    return [round(float(low), 4), round(float(high), 4)]


def table(found: dict[str, Any]) -> str:
    rows = [
        [language, one["rows"], *(one[name] for name in NAMES), "{:.3f} to {:.3f}".format(*one["f1_interval"])]
        for language, one in found.items()
    ]
    return lined(["", "rows", *NAMES, "f1_interval"], rows)
