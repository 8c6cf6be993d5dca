"""``evaluate anger``: how well anger is heard, on anyone's labelled messages."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from bot.evaluate.encoding import Encodes, encode
from bot.evaluate.files import DataError, read_table
from bot.evaluate.progress import Progress
from bot.evaluate.tables import lined
from bot.understanding.anger import ESCALATE, AngerModel
from bot.understanding.train_anger import LABELS, figures
from tickets.contracts import Language

MODEL = Path("models/anger.npz")
RESAMPLES = 1000
NAMES = ("precision", "recall", "f1", "false_alarm_calm", "false_alarm_complaint", "flagged_frustrated")


@dataclass(frozen=True)
class Row:
    language: str
    label: str
    text: str


def read(path: Path) -> list[Row]:
    rows = []
    for line, record in read_table(path, ("lang", "label", "text")):
        row = Row(record["lang"].strip().lower(), record["label"].strip().lower(), record["text"])
        if row.label not in LABELS:
            raise DataError(path, line, f"the label {row.label!r} is none of {', '.join(LABELS)}")
        if row.language not in get_args(Language):
            raise DataError(path, line, f"the language {row.language!r} is none of {', '.join(get_args(Language))}")
        rows.append(row)
    return rows


def run(options: argparse.Namespace, encoder: Encodes) -> dict[str, Any]:
    rows = read(options.test)
    if not MODEL.exists():
        raise DataError(MODEL, 0, "the anger model is not there; run `make train` first")
    return measure(rows, AngerModel.load(MODEL), encoder)


def measure(rows: Sequence[Row], model: AngerModel, encoder: Encodes) -> dict[str, dict[str, Any]]:
    """Per language, at the shipped threshold."""
    vectors = encode(encoder, [row.text for row in rows], "encoding the messages")
    bar = Progress("scoring", len(rows))
    flagged = np.zeros(len(rows), dtype=bool)
    for place, (row, vector) in enumerate(zip(rows, vectors, strict=True)):
        flagged[place] = model.score(row.text, vector, row.language).score >= ESCALATE
        bar()
    bar.end()
    labels = np.asarray([row.label for row in rows])
    languages = np.asarray([row.language for row in rows])
    return {
        str(language): _figures(flagged[languages == language], labels[languages == language])
        for language in np.unique(languages)
    }


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
