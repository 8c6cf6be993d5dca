"""``python -m bot evaluate …``: measure search, knowledge and anger on own or public data."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from runtime.settings import Settings


def register(commands: Any) -> None:
    """Adds the command and its parts to the command line of `bot`."""
    evaluate = commands.add_parser("evaluate", help="measure search, knowledge or anger")
    evaluate.set_defaults(run=run)
    parts = evaluate.add_subparsers(dest="part", required=True)
    search = parts.add_parser("search", help="articles and questions from files")
    search.add_argument("--articles", type=Path, required=True)
    search.add_argument("--queries", type=Path, required=True)
    search.add_argument("--language", choices=("de", "en"), required=True)
    knowledge = parts.add_parser("knowledge", help="the own articles, each phrasing left out in turn")
    knowledge.add_argument("--folder", type=Path, default=Path("data/knowledge"))
    anger = parts.add_parser("anger", help="labelled messages: lang, label, text")
    anger.add_argument("--test", type=Path, required=True)
    for part in (search, knowledge, anger):
        part.add_argument("--json", type=Path, help="write the figures to this file as well")


def run(options: argparse.Namespace, settings: Settings) -> int:
    from bot.understanding.encoder import Encoder

    encoder = Encoder.load(settings.encoder_model, settings.var_dir / "encoder")
    report = _measure(options, encoder)
    print(json.dumps(report, indent=2, ensure_ascii=False))
    if options.json:
        options.json.write_text(json.dumps(report, ensure_ascii=False))
    return 0


def _measure(options: argparse.Namespace, encoder: Any) -> dict[str, Any]:
    if options.part == "anger":
        from bot.evaluate import anger
        from bot.understanding.anger import AngerModel

        report: dict[str, Any] = anger.measure(anger.read(options.test), AngerModel.load(Path("models/anger.npz")), encoder)
        return report
    from bot.evaluate import search

    return search.run_search(options, encoder) if options.part == "search" else search.run_knowledge(options, encoder)
