"""How the figures went over time: ``docs/figures.csv`` has every run, ``docs/figures.md`` shows the last ones."""

from __future__ import annotations

import csv
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.bench.report import Row

CSV = Path("docs/figures.csv")
PAGE = Path("docs/figures.md")
FIELDS = ("day", "commit", "name", "value", "unit", "ratio", "target", "met")
RUNS = 4
HEAD = """# Figures

Written by `make bench`, side by side in one run on the machine at hand. A ratio is to what was measured beside it:
stock Rasa 3.6.21 with its default pipeline for a turn, a new thread for a long one, an empty handler for a webhook.
Figures of the same day on a busy machine differ; the ratios differ less.

"""


def add(rows: Sequence[Row]) -> None:
    known = list(csv.DictReader(CSV.open(newline=""))) if CSV.exists() else []
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    ).stdout.strip()
    stamp = {"day": f"{datetime.now(UTC):%Y-%m-%d %H:%M}", "commit": commit}
    known += [stamp | {name: _cell(getattr(one, name)) for name in FIELDS[2:]} for one in rows]
    with CSV.open("w", newline="") as file:
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(known)
    PAGE.write_text(HEAD + _table(known))


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _table(known: list[dict[str, str]]) -> str:
    runs = list(dict.fromkeys((one["day"], one["commit"]) for one in known))[-RUNS:]
    names = list(dict.fromkeys(one["name"] for one in known))
    by_place = {(one["name"], one["day"], one["commit"]): one for one in known}
    lines = ["| figure | target | " + " | ".join(f"{day}<br>{commit}" for day, commit in runs) + " |"]
    lines.append("|---|---|" + "---|" * len(runs))
    for name in names:
        cells = [by_place.get((name, *run)) for run in runs]
        target = next((one["target"] for one in reversed(cells) if one), "")
        lines.append(f"| {name} | {target} | " + " | ".join(_shown(one) for one in cells) + " |")
    return "\n".join(lines) + "\n"


def _shown(one: dict[str, str] | None) -> str:
    if one is None:
        return "–"
    parts = [one["value"], one["unit"], f"({one['ratio']})" if one["ratio"] else "", "" if one["met"] == "yes" else "✗"]
    return " ".join(part for part in parts if part)
