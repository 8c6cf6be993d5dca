"""Figures as a table for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def lined(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """The first column left, the others right; shares with four digits."""
    cells = [header, *([f"{cell:.4f}" if isinstance(cell, float) else str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    lines = []
    for row in cells:
        rest = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        lines.append("  ".join([row[0].ljust(widths[0]), *rest]).rstrip())
    return "\n".join(lines)
