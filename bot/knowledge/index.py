"""One language's index: three ways to compare a question with an article, and how far to trust their sum.

The weights of the three and the trust are calibrated when the index is built, on the knowledge base's own phrasings, each
left out in turn. Nothing is tuned on a test set, so another encoder or other articles bring their own best weights.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from math import log

import bm25s
import numpy as np
from numpy.typing import NDArray

from bot.knowledge.articles import Article, passages
from bot.knowledge.words import Words, grams
from tickets.contracts import Language

Floats = NDArray[np.float32]

#: Questions used for calibration at most: more make the start slow and the weights no better.
SAMPLE = 800
#: Share of all questions that may get a wrong answer with confidence, on the calibration questions.
WRONG = 0.03
#: Share of the answerable questions that at least get choices.
ASKED_BACK = 0.95
#: How much a question without an article counts in the calibration beside one with.
UNANSWERABLE = 0.35


class Lexicon:
    """BM25 over the passages, scaled to 0..1 by the best score that the question could have."""

    K1, B = 1.2, 0.6

    def __init__(self, documents: Sequence[list[str]]) -> None:
        documents = [terms or ["∅"] for terms in documents] or [["∅"]]
        self._bm25 = bm25s.BM25(k1=self.K1, b=self.B)
        self._bm25.index(documents, show_progress=False)
        seen = Counter(term for terms in documents for term in set(terms))
        total = len(documents)
        self._idf = {term: log(1 + (total - count + 0.5) / (count + 0.5)) for term, count in seen.items()}
        self._unknown = log(1 + (total + 0.5) / 0.5)
        self._size = total

    def scores(self, terms: list[str]) -> Floats:
        """A score per passage. A word that no passage has lowers all of them: it asks for something that is not here."""
        if not terms:
            return np.zeros(self._size, dtype=np.float32)
        best = sum(self._idf.get(term, self._unknown) for term in terms) * (self.K1 + 1) * 0.6
        known = [term for term in terms if term in self._idf]
        raw = self._bm25.get_scores(known) if known else np.zeros(self._size)
        return np.asarray(np.minimum(np.asarray(raw) / best, 1.0), dtype=np.float32)


@dataclass(frozen=True)
class Calibration:
    #: Weights of dense, words and n-grams; they sum to 1.
    weights: tuple[float, float, float]
    #: Logistic model of "the first is right": intercept, score of the first, its lead over the second.
    trust: tuple[float, float, float]
    #: From these confidences on: answer, and ask back.
    answer_from: float
    choices_from: float
    #: Share of the left-out questions whose article came first: of the sum, and of each part alone.
    recall: float = 0.0
    parts: tuple[float, float, float] = (0.0, 0.0, 0.0)
    questions: int = 0


UNCALIBRATED = Calibration((0.5, 0.3, 0.2), (-6.0, 10.0, 6.0), 0.6, 0.2)


class Index:
    """Immutable once built, so that it can be swapped while searches run."""

    def __init__(self, language: Language, articles: Sequence[Article], encode: Callable[[list[str]], Floats]) -> None:
        self.language = language
        self.articles = list(articles)
        self.texts = [list(passages(article)) for article in articles]
        self._units = [text for texts in self.texts for text in texts]
        sizes = [len(texts) for texts in self.texts]
        self._starts = np.cumsum([0, *sizes[:-1]]) if sizes else np.zeros(0, dtype=np.int64)
        self._vectors = encode(self._units)
        self._words = Words(language, self._units)
        self._terms = Lexicon([self._words.terms(text) for text in self._units])
        self._grams = Lexicon([grams(text, language) for text in self._units])
        self.calibration = self._calibrate() if len(articles) > 1 else UNCALIBRATED

    def search(self, text: str, vector: Floats) -> list[tuple[int, float, str]]:
        """``(article number, score, its best passage)``, best first."""
        if not self.articles:
            return []
        units = self._compare(text, vector)
        totals = self._fused(self._by_article(units))
        best = np.argsort(-totals)[:5]
        return [(int(number), float(totals[number]), self._best_passage(int(number), units)) for number in best]

    def confidence(self, first: float, second: float) -> float:
        return float(_confidence(np.array(self.calibration.trust), np.array([[first, first - second]]))[0])

    def _compare(self, text: str, vector: Floats) -> Floats:
        """Scores of shape (3, passages): dense, words, n-grams."""
        dense = self._vectors @ vector
        return np.stack([dense, self._terms.scores(self._words.asked(text)), self._grams.scores(grams(text, self.language))])

    def _by_article(self, units: Floats) -> Floats:
        return np.maximum.reduceat(units, self._starts, axis=1)

    def _fused(self, by_article: Floats) -> Floats:
        return np.asarray(np.array(self.calibration.weights, dtype=np.float32) @ by_article, dtype=np.float32)

    def _best_passage(self, number: int, units: Floats) -> str:
        start = int(self._starts[number])
        own = np.array(self.calibration.weights) @ units[:, start : start + len(self.texts[number])]
        return self.texts[number][int(own.argmax())]

    def _calibrate(self) -> Calibration:
        right, scores = self._left_out()
        recalls = {weights: _recall(weights, scores, right) for weights in _grid()}
        weights = max(recalls, key=lambda one: recalls[one])
        trust, answer_from, choices_from = _trust(np.einsum("c,qca->qa", np.array(weights), scores), right)
        parts = tuple(recalls[alone][0] for alone in ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)))
        return Calibration(weights, trust, answer_from, choices_from, recalls[weights][0], parts, len(right))  # type: ignore[arg-type]

    def _left_out(self) -> tuple[NDArray[np.int64], Floats]:
        """Each phrasing asked of an index without it: the right article, and scores of shape (questions, 3, articles)."""
        asked = [
            (number, int(self._starts[number]) + place)
            for number, article in enumerate(self.articles)
            for place in (range(1, 1 + len(article.phrasings)) if article.phrasings else (0,))
        ]
        step = max(1, len(asked) // SAMPLE)
        asked = asked[::step]
        scores = []
        for _, unit in asked:
            units = self._compare(self._units[unit], self._vectors[unit])
            units[:, unit] = 0.0
            scores.append(self._by_article(units))
        return np.array([number for number, _ in asked]), np.stack(scores)


def _grid() -> list[tuple[float, float, float]]:
    tenths = range(11)
    return [(a / 10, b / 10, (10 - a - b) / 10) for a, b in product(tenths, tenths) if a + b <= 10]


def _recall(weights: tuple[float, float, float], scores: Floats, right: NDArray[np.int64]) -> tuple[float, float]:
    """R@1 and the mean reciprocal rank, which decides between equals."""
    totals = np.einsum("c,qca->qa", np.array(weights, dtype=np.float32), scores)
    own = totals[np.arange(len(right)), right]
    ranks = 1 + (totals > own[:, None]).sum(axis=1)
    return round(float((ranks == 1).mean()), 4), round(float((1 / ranks).mean()), 4)


def _trust(totals: Floats, right: NDArray[np.int64]) -> tuple[tuple[float, float, float], float, float]:
    """The logistic model of "the first is right", and the two confidences from which to answer and to ask back.

    Each question counts twice: as it is, and with its own article taken away, where every answer is wrong.
    """
    without = totals.copy()
    without[np.arange(len(right)), right] = -1.0
    features = np.concatenate([_lead(totals), _lead(without)])
    correct = np.concatenate([(totals.argmax(axis=1) == right), np.zeros(len(right), dtype=bool)])
    weight = np.concatenate([np.ones(len(right)), np.full(len(right), UNANSWERABLE)])
    model = _fit_logistic(features, correct.astype(float), weight)
    confidence = _confidence(model, features)
    wrong = np.where(correct, 0.0, weight)
    order = np.argsort(-confidence)
    allowed = np.cumsum(wrong[order]) / weight.sum() <= WRONG
    answered = confidence[order][allowed]
    answer_from = float(answered.min()) if len(answered) else 1.0
    known = confidence[: len(right)][correct[: len(right)]]
    asked_back = float(np.quantile(known, 1 - ASKED_BACK)) if len(known) else answer_from
    return (float(model[0]), float(model[1]), float(model[2])), answer_from, min(asked_back, answer_from)


def _lead(totals: Floats) -> Floats:
    """The best score and its lead over the second."""
    top = -np.partition(-totals, 1, axis=1)[:, :2]
    return np.stack([top[:, 0], top[:, 0] - top[:, 1]], axis=1)


def _confidence(model: NDArray[np.float64], features: NDArray[np.floating]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-(model[0] + features @ model[1:]))))


def _fit_logistic(features: Floats, correct: Floats, weight: Floats) -> NDArray[np.float64]:
    """Newton's method with a light ridge; three numbers need no library."""
    inputs = np.column_stack([np.ones(len(features)), features]).astype(float)
    model = np.zeros(inputs.shape[1])
    for _ in range(30):
        expected = 1 / (1 + np.exp(-inputs @ model))
        slope = inputs.T @ (weight * (correct - expected)) - 0.01 * model
        curve = (inputs * (weight * expected * (1 - expected))[:, None]).T @ inputs + 0.01 * np.eye(len(model))
        model = model + np.linalg.solve(curve, slope)
    return model
