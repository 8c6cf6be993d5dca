"""``evaluate search`` and ``evaluate knowledge``: how often the right article comes first, and what confidence is worth."""

from __future__ import annotations

import argparse
import csv
import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.knowledge.articles import Article, load_folder
from bot.knowledge.index import Index
from bot.understanding.encoder import Encoder
from tickets.contracts import Language

Floats = NDArray[np.float32]
Encode = Callable[[list[str]], Floats]


def read_articles(path: Path, language: Language) -> list[Article]:
    """JSON lines with faq_id, question, and answer or answers."""
    articles = []
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        answers = row.get("answers") or [row.get("answer", "")]
        body = "\n\n".join(answers)
        articles.append(Article(row["faq_id"], language, row["question"], tuple(row.get("phrasings", ())), body))
    return articles


def read_queries(path: Path) -> list[tuple[str, set[str]]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [(row["query"], set(row["gold_faq_ids"].split("|"))) for row in csv.DictReader(file, delimiter="\t")]


def measure(index: Index, encode: Encode, queries: Sequence[tuple[str, set[str]]]) -> dict[str, Any]:
    """R@1, R@5, MRR, and at the shipped thresholds the shares answered, asked back, declined, and answered wrongly."""
    vectors = encode([query for query, _ in queries])
    outcomes: Counter[str] = Counter()
    ranks: list[int] = []
    for (query, gold), vector in zip(queries, vectors, strict=True):
        found = index.search(query, vector)
        slugs = [index.articles[number].slug for number, _, _ in found]
        ranks.append(next((place for place, slug in enumerate(slugs, start=1) if slug in gold), 0))
        outcomes[_outcome(index, found, ranks[-1])] += 1
    total = len(ranks) or 1
    return {
        "queries": len(ranks),
        "r_at_1": round(sum(rank == 1 for rank in ranks) / total, 4),
        "r_at_5": round(sum(rank > 0 for rank in ranks) / total, 4),
        "mrr_at_5": round(sum(1 / rank for rank in ranks if rank) / total, 4),
        **{name: round(outcomes[name] / total, 4) for name in ("answered_right", "answered_wrong", "asked_back", "declined")},
        "weights": index.calibration.weights,
    }


def _outcome(index: Index, found: list[tuple[int, float, str]], rank: int) -> str:
    confidence = index.confidence(found[0][1], found[1][1] if len(found) > 1 else 0.0)
    if confidence >= index.calibration.answer_from:
        return "answered_right" if rank == 1 else "answered_wrong"
    return "asked_back" if confidence >= index.calibration.choices_from else "declined"


def measure_own(folder: Path, encode: Encode) -> dict[str, Any]:
    """Each phrasing of the project's own articles left out in turn, per language."""
    articles, errors = load_folder(folder)
    report: dict[str, Any] = {"errors": [str(error) for error in errors]}
    languages: tuple[Language, ...] = ("de", "en")
    for language in languages:
        own = [article for article in articles if article.language == language]
        if len(own) > 1:
            calibration = Index(language, own, encode).calibration
            report[language] = {
                "articles": len(own),
                "questions": calibration.questions,
                "r_at_1": calibration.recall,
                "dense_words_grams": calibration.parts,
                "weights": calibration.weights,
            }
    return report


def run_search(options: argparse.Namespace, encoder: Encoder) -> dict[str, Any]:
    index = Index(options.language, read_articles(options.articles, options.language), encoder.encode)
    return measure(index, encoder.encode, read_queries(options.queries))


def run_knowledge(options: argparse.Namespace, encoder: Encoder) -> dict[str, Any]:
    return measure_own(options.folder, encoder.encode)
