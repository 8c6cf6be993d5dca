"""Intents, search, the own articles and anger, each by the command that an operator has,
on the data that is present."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from tests.bench.report import Row, row

ROOT = Path(__file__).parents[2]
PUBLIC = ROOT.parent / "shared" / "data"
HELD_OUT = ROOT / "tests" / "data"

Figure = tuple[str, Callable[[dict[str, Any]], float], Literal["most", "least"], float]


@dataclass(frozen=True)
class Measure:
    name: str
    arguments: tuple[str, ...]
    #: What follows the name, where it stands in the answer, and its target.
    figures: tuple[Figure, ...]
    needs: tuple[Path, ...] = ()


def _intents(name: str, folder: str, test: str, figures: tuple[Figure, ...], *more: str) -> Measure:
    files = PUBLIC / "intent" / folder / "train.csv", PUBLIC / "intent" / folder / test
    return Measure(name, ("intents", "--train", str(files[0]), "--test", str(files[1]), *more), figures, files)


def _search(name: str, folder: str, queries: str, language: str, figures: tuple[Figure, ...]) -> Measure:
    files = PUBLIC / folder / "faqs.jsonl", PUBLIC / folder / queries
    arguments = ("search", "--articles", str(files[0]), "--queries", str(files[1]), "--language", language)
    wrong: Figure = ("wrong with confidence", lambda found: found["answered_wrong"], "most", 0.05)
    return Measure(name, arguments, (*figures, wrong), files)


def _key(key: str) -> Callable[[dict[str, Any]], float]:
    return lambda found: float(found[key])


def _anger(name: str, file: str, language: str, f1: float) -> Measure:
    figures: tuple[Figure, ...] = (
        ("F1 of angry", lambda found: found[language]["f1"], "least", f1),
        ("false alarms, calm", lambda found: found[language]["false_alarm_calm"], "most", 0.02),
        ("false alarms, complaint", lambda found: found[language]["false_alarm_complaint"], "most", 0.05),
    )
    return Measure(name, ("anger", "--test", str(HELD_OUT / file)), figures, (HELD_OUT / file,))


MEASURES = (
    _intents("Banking77, all examples", "banking77", "test.csv", (("accuracy", _key("accuracy"), "least", 0.935),)),
    _intents(
        "Banking77, 10 examples",
        "banking77",
        "test.csv",
        (("accuracy", _key("accuracy"), "least", 0.875),),
        "--shots",
        "10",
        "--seeds",
        "3",
    ),
    _intents(
        "CLINC150",
        "clinc150",
        "val.csv",
        (
            ("in scope", _key("in_scope_accuracy"), "least", 0.955),
            ("out of scope heard", _key("oos_recall"), "least", 0.70),
        ),
    ),
    _search("StackFAQ", "faq_en/stackfaq", "queries.tsv", "en", (("R@1", _key("r_at_1"), "least", 0.95),)),
    _search(
        "covid, English", "faq_en/covid_deepset", "queries_dev.tsv", "en", (("R@1", _key("r_at_1"), "least", 0.66),)
    ),
    _search(
        "covid, German",
        "faq_de/covid_deepset",
        "queries_dev.tsv",
        "de",
        (("R@1", _key("r_at_1"), "least", 0.30), ("R@5", _key("r_at_5"), "least", 0.50)),
    ),
    Measure(
        "own articles",
        ("knowledge",),
        (
            ("R@1, German", lambda found: found["de"]["r_at_1"], "least", 0.95),
            ("R@1, English", lambda found: found["en"]["r_at_1"], "least", 0.95),
        ),
    ),
    _anger("anger held out, English", "anger_held_out.tsv", "en", 0.85),
    _anger("anger held out, German", "anger_held_out_de.tsv", "de", 0.80),
)


def measure() -> list[Row]:
    return [one for measure in MEASURES for one in _rows(measure)]


def _rows(measure: Measure) -> list[Row]:
    missing = [path for path in measure.needs if not path.exists()]
    if missing:
        print(f"== {measure.name}: not measured, {missing[0]} is not here", flush=True)
        return []
    print(f"== {measure.name} ...", flush=True)
    found = _evaluated(measure.arguments)
    return [
        row(f"{measure.name}: {name}", read(found), "", at=at, target=target)
        for name, read, at, target in measure.figures
    ]


def _evaluated(arguments: tuple[str, ...]) -> dict[str, Any]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "found.json"
        command = [sys.executable, "-m", "bot", "evaluate", *arguments, "--json", str(path)]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        found: dict[str, Any] = json.loads(path.read_text())
        return found
