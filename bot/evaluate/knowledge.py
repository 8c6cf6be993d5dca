"""``evaluate knowledge``: the own articles, each phrasing left out in turn,
and which articles attract others' questions."""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from bot.evaluate.encoding import Encodes, encode
from bot.evaluate.files import DataError
from bot.evaluate.tables import lined
from bot.knowledge.articles import Article, load_folder
from bot.knowledge.index import Index
from bot.knowledge.left_out import LeftOut
from bot.understanding.encoders import Encoders
from bot.understanding.written import Written
from tickets.contracts import Language

Floats = NDArray[np.float32]


def run(options: argparse.Namespace, encoders: Encoders) -> dict[str, Any]:
    """Figures for each language that has at least two articles."""
    articles, errors = load_folder(options.folder)
    if errors:
        raise DataError(Path(errors[0].file), errors[0].line, errors[0].reason)
    if not articles:
        raise DataError(options.folder, 0, "no article is there")
    report = {}
    for language in get_args(Language):
        own = [article for article in articles if article.language == language]
        if len(own) > 1:
            report[str(language)] = _language(language, own, Written(encoders.of(language)))
    return report


def _language(language: Language, articles: list[Article], encoder: Encodes) -> dict[str, Any]:
    index = Index(language, articles, lambda texts: encode(encoder, texts, f"encoding the articles ({language})"))
    out = index.left_out()
    totals = index.fused(out.seen.scores)
    own = totals[np.arange(len(out.right)), out.right]
    ranks = 1 + (totals > own[:, None]).sum(axis=1)
    confidence = index.confidences(out.seen)
    answered = confidence >= index.calibration.answer_from
    asked_back = ~answered & (confidence >= index.calibration.choices_from)
    return {
        "r_at_1": _mean(ranks == 1),
        "r_at_5": _mean(ranks <= 5),
        "mrr": _mean(1 / ranks),
        "answered": _mean(answered),
        "asked_back": _mean(asked_back),
        "declined": _mean(~answered & ~asked_back),
        "answered_right": _mean(answered & (ranks == 1)),
        "answered_wrong": _mean(answered & (ranks > 1)),
        "rows": len(ranks),
        "articles": len(articles),
        "calibration": index.calibration.told(),
        "attracts": _attracts(index, out, totals, ranks > 1),
    }


def _mean(values: NDArray[Any]) -> float:
    return round(float(np.mean(values)), 4) if len(values) else 0.0


def _attracts(index: Index, out: LeftOut, totals: Floats, wrong: NDArray[np.bool_]) -> list[dict[str, Any]]:
    """Articles that came first for questions of others, the worst first, with the questions."""
    taken: dict[int, list[dict[str, str]]] = defaultdict(list)
    for row in np.flatnonzero(wrong):
        question = {"question": out.questions[row], "belongs_to": index.articles[int(out.right[row])].slug}
        taken[int(totals[row].argmax())].append(question)
    ranked = sorted(taken.items(), key=lambda one: -len(one[1]))
    return [
        {
            "slug": index.articles[number].slug,
            "title": index.articles[number].title,
            "count": len(questions),
            "questions": questions,
        }
        for number, questions in ranked
    ]


def table(found: dict[str, Any]) -> str:
    names = ["r_at_1", "r_at_5", "mrr", "answered", "asked_back", "declined", "answered_right", "answered_wrong"]
    rows = [[language, one["rows"], *(one[name] for name in names)] for language, one in found.items()]
    return "\n".join([lined(["", "rows", *names], rows), *_notes(found)])


def _notes(found: dict[str, Any]) -> list[str]:
    """The articles that attract others' questions, one line each."""
    lines = []
    for language, one in found.items():
        for article in one["attracts"]:
            others = ", ".join(sorted({question["belongs_to"] for question in article["questions"]}))
            lines.append(f"{language}/{article['slug']} attracts {article['count']} of: {others}")
    return lines
