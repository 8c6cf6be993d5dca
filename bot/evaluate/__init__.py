"""``python -m bot evaluate …``: measure intents, search, knowledge, anger and examples."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from pathlib import Path
from typing import Any

from runtime.settings import Settings


def register(commands: Any) -> None:
    """Adds the command and its parts to the command line of `bot`."""
    evaluate = commands.add_parser("evaluate", help="measure intents, search, anger or the own articles")
    evaluate.set_defaults(run=run)
    parts = evaluate.add_subparsers(dest="part", required=True)
    intents = parts.add_parser("intents", help="train the intent head on one file, measure it on another")
    intents.add_argument("--train", type=Path, required=True, help="CSV or TSV with the columns text and intent")
    intents.add_argument("--test", type=Path, required=True, help="the same columns; the intent oos stands for none")
    intents.add_argument("--shots", type=_count, help="train with so many examples of each intent only")
    intents.add_argument("--seeds", type=_count, default=1, help="with --shots: draw so many times, and tell the mean")
    search = parts.add_parser("search", help="articles and questions from files")
    search.add_argument("--articles", type=Path, required=True, help="JSON lines: faq_id, question, answer or answers")
    search.add_argument("--queries", type=Path, required=True, help="TSV or CSV: query, gold_faq_ids separated by |")
    search.add_argument("--language", choices=("de", "en"), required=True)
    anger = parts.add_parser("anger", help="labelled messages")
    anger.add_argument("--test", type=Path, required=True, help="TSV or CSV: lang, label, text")
    knowledge = parts.add_parser("knowledge", help="the own articles, each phrasing left out in turn")
    knowledge.add_argument("--folder", type=Path, default=Path("data/knowledge"), help="where <language>/<slug>.md are")
    nlu = parts.add_parser("nlu", help="the assistant's own examples, each left out in turn")
    nlu.add_argument("--folder", type=Path, default=Path("data/nlu"), help="where the examples are")
    for part in (intents, search, anger, knowledge, nlu):
        part.add_argument("--json", type=Path, metavar="FILE", help="write the figures to this file as well")


def _count(raw: str) -> int:
    number = int(raw)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Prints the table; 2 when a file can't be measured with, with file, line and reason on stderr."""
    from bot.evaluate.files import DataError
    from bot.understanding.encoders import Encoders

    part = importlib.import_module(f"bot.evaluate.{options.part}")
    try:
        found = part.run(options, Encoders.load(settings.encoder_model, settings.var_dir / "encoder"))
    except DataError as error:
        print(error, file=sys.stderr)
        return 2
    print(part.table(found))
    return _write(options.json, found) if options.json else 0


def _write(path: Path, found: dict[str, Any]) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        print(f"{path}:0: {error.strerror or 'cannot be written'}", file=sys.stderr)
        return 2
    return 0
