"""Rows of the bench: what was measured, beside what, and whether the target is met."""

from __future__ import annotations

import json
import operator
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class Row:
    name: str
    value: float
    unit: str
    #: Measured side by side in the same run; None where the target is a plain number.
    baseline: float | None
    ratio: float | None
    target: float
    met: bool


def row(
    name: str, value: float, unit: str, *, at: Literal["most", "least"], target: float, baseline: float | None = None
) -> Row:
    """A row whose ratio to the baseline (or, without one, whose value) is to be at most or at least the target."""
    ratio = round(value / baseline, 3) if baseline else None
    compare = operator.le if at == "most" else operator.ge
    met = bool(compare(value if ratio is None else ratio, target))
    return Row(name, round(value, 4), unit, None if baseline is None else round(baseline, 4), ratio, target, met)


def table(rows: Sequence[Row]) -> str:
    head = ("", "measured", "beside", "ratio", "target", "met")
    lines = [head, *(_cells(one) for one in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)


def _cells(one: Row) -> tuple[str, ...]:
    beside = "–" if one.baseline is None else f"{one.baseline:g} {one.unit}"
    ratio = "–" if one.ratio is None else f"{one.ratio:g}"
    return (one.name, f"{one.value:g} {one.unit}", beside, ratio, f"{one.target:g}", "yes" if one.met else "NO")


def write(rows: Sequence[Row], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(one) for one in rows], indent=1, ensure_ascii=False) + "\n")
