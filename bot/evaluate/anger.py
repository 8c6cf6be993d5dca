"""How well anger is heard, measured on anyone's labelled messages (a TSV with the columns lang, label, text)."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.understanding.anger import ESCALATE, AngerModel
from bot.understanding.train_anger import LABELS, Encodes, figures

COLUMNS = ("lang", "label", "text")
RESAMPLES = 1000
BATCH = 64


@dataclass(frozen=True)
class Row:
    language: str
    label: str
    text: str


def read(path: Path) -> list[Row]:
    """The rows of the file; raises `ValueError` with the line that is not as it should be."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, delimiter="\t")
        if missing := [column for column in COLUMNS if column not in (reader.fieldnames or [])]:
            raise ValueError(f"{path}: missing column {', '.join(missing)}")
        rows = []
        for record in reader:
            row = Row(record["lang"] or "", record["label"] or "", record["text"] or "")
            if row.label not in LABELS:
                raise ValueError(f"{path}:{reader.line_num}: label is none of {', '.join(LABELS)}")
            rows.append(row)
        return rows


def measure(
    rows: Sequence[Row], model: AngerModel, encoder: Encodes, progress: Callable[[int], None] = lambda done: None
) -> dict[str, dict[str, Any]]:
    """Per language, at the shipped threshold."""
    flagged = np.zeros(len(rows), dtype=bool)
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        embeddings = encoder.encode([row.text for row in batch])
        for offset, (row, embedding) in enumerate(zip(batch, embeddings, strict=True)):
            flagged[start + offset] = model.score(row.text, embedding, row.language).score >= ESCALATE
        progress(len(batch))
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


def table(report: dict[str, dict[str, Any]]) -> str:
    """One line per language for the terminal."""
    names = ("precision", "recall", "f1", "false_alarm_calm", "false_alarm_complaint", "flagged_frustrated")
    lines = ["lang   rows  " + "  ".join(names) + "  f1_interval"]
    for language, found in report.items():
        cells = "  ".join(f"{found[name]:>{len(name)}.3f}" for name in names)
        low, high = found["f1_interval"]
        lines.append(f"{language:<5}{found['rows']:>6}  {cells}  {low:.3f}–{high:.3f}")
    return "\n".join(lines)
