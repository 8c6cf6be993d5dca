"""``evaluate search``: how often the right article comes first, and what the confidence of an answer is worth."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.evaluate.encoding import encode
from bot.evaluate.files import DataError, read_lines, read_table
from bot.evaluate.progress import Progress
from bot.evaluate.tables import lined
from bot.knowledge.articles import Article
from bot.knowledge.index import Index
from bot.understanding.encoders import Encoders
from bot.understanding.written import Written
from tickets.contracts import Language

Floats = NDArray[np.float32]

OUTCOMES = ("answered_right", "answered_wrong", "asked_back", "declined")


@dataclass(frozen=True)
class Query:
    text: str
    #: Articles that answer it; none: it should be declined.
    gold: frozenset[str]


def read_articles(path: Path, language: Language) -> list[Article]:
    articles: dict[str, Article] = {}
    for line, row in read_lines(path):
        slug, title = row.get("faq_id"), row.get("question")
        answers = row.get("answers") or [row.get("answer") or ""]
        for name, value in (("faq_id", slug), ("question", title)):
            if not isinstance(value, str) or not value.strip():
                raise DataError(path, line, f"`{name}` must be text")
        if not isinstance(answers, list) or not all(isinstance(one, str) for one in answers):
            raise DataError(path, line, "`answer` must be text, `answers` a list of texts")
        if slug in articles:
            raise DataError(path, line, f"the faq_id {slug} is there twice")
        phrasings = tuple(str(one) for one in row.get("phrasings") or ())
        articles[str(slug)] = Article(str(slug), language, str(title), phrasings, "\n\n".join(answers))
    return list(articles.values())


def read_queries(path: Path, known: frozenset[str]) -> list[Query]:
    """Raises `DataError` for a question without text and for one whose articles are all unknown."""
    queries = []
    for line, row in read_table(path, ("query", "gold_faq_ids")):
        gold = frozenset(one.strip() for one in row["gold_faq_ids"].split("|") if one.strip())
        if not row["query"].strip():
            raise DataError(path, line, "the query is empty")
        if gold and not gold & known:
            raise DataError(path, line, f"no article has the faq_id {', '.join(sorted(gold))}")
        queries.append(Query(row["query"], gold))
    return queries


def run(options: argparse.Namespace, encoders: Encoders) -> dict[str, Any]:
    encoder = encoders.of(options.language)
    articles = read_articles(options.articles, options.language)
    queries = read_queries(options.queries, frozenset(article.slug for article in articles))

    def encoded(texts: list[str]) -> Floats:
        return encode(Written(encoder), texts, "encoding the articles")

    index = Index(options.language, articles, encoded)
    vectors = encode(encoder, [query.text for query in queries], "encoding the questions")
    bar = Progress("searching", len(queries))
    found = measure(index, queries, vectors, bar)
    bar.end()
    return found


def measure(
    index: Index, queries: Sequence[Query], vectors: Floats, progress: Callable[[], None] = lambda: None
) -> dict[str, Any]:
    """R@1, R@5 and MRR of the questions that have an article;
    the outcomes at the shipped thresholds of all questions."""
    outcomes: Counter[str] = Counter()
    ranks: list[int] = []
    for query, vector in zip(queries, vectors, strict=True):
        ranked = index.rank(query.text, index.vectors @ vector)
        slugs = [index.articles[number].slug for number in ranked.order]
        rank = next((place for place, slug in enumerate(slugs, start=1) if slug in query.gold), 0)
        if query.gold:
            ranks.append(rank)
        outcomes[_outcome(index, ranked.confidence, rank)] += 1
        progress()
    share = {name: round(outcomes[name] / max(1, len(queries)), 4) for name in OUTCOMES}
    return {
        "r_at_1": _mean([rank == 1 for rank in ranks]),
        "r_at_5": _mean([1 <= rank <= 5 for rank in ranks]),
        "mrr": _mean([1 / rank if rank else 0.0 for rank in ranks]),
        "answered": round(share["answered_right"] + share["answered_wrong"], 4),
        "asked_back": share["asked_back"],
        "declined": share["declined"],
        "answered_right": share["answered_right"],
        "answered_wrong": share["answered_wrong"],
        "rows": len(queries),
        "articles": len(index.articles),
        "calibration": index.calibration.told(),
    }


def _outcome(index: Index, confidence: float, rank: int) -> str:
    if confidence >= index.calibration.answer_from:
        return "answered_right" if rank == 1 else "answered_wrong"
    return "asked_back" if confidence >= index.calibration.choices_from else "declined"


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 4) if values else 0.0


def table(found: dict[str, Any]) -> str:
    names = ["r_at_1", "r_at_5", "mrr", "answered", "asked_back", "declined", "answered_right", "answered_wrong"]
    return lined(["rows", *names], [[found["rows"], *(found[name] for name in names)]])
