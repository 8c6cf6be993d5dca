"""One language's index: three ways to compare a question with an article, and how far to trust their sum."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.knowledge.articles import Article, Passage, passages
from bot.knowledge.calibration import UNCALIBRATED, Calibration, calibrate, confidences, fused
from bot.knowledge.lexicon import Lexicon
from bot.knowledge.words import Words, grams
from tickets.contracts import Language

Floats = NDArray[np.float32]

#: Questions used for calibration at most: more make the start slow and the weights no better.
SAMPLE = 800
FEWEST = 100
#: Passages that all calibration questions together may be compared with, so that a large index starts in bounded time.
COMPARED = 8_000_000


@dataclass(frozen=True)
class LeftOut:
    """Each question asked of an index without it."""

    questions: list[str]
    #: The number of the article it belongs to.
    right: NDArray[np.int64]
    #: (questions, 3, articles): dense, words, n-grams.
    scores: Floats


@dataclass(frozen=True)
class Ranked:
    #: Article numbers, best first.
    order: list[int]
    totals: Floats
    confidence: float
    #: Per passage.
    passages: Floats


class Index:
    """Immutable once built, so that it can be swapped while searches run."""

    def __init__(self, language: Language, articles: Sequence[Article], encode: Callable[[list[str]], Floats]) -> None:
        self.language = language
        self.articles = list(articles)
        self.units: list[list[Passage]] = [list(passages(article)) for article in articles]
        self._flat = [unit for units in self.units for unit in units]
        sizes = [len(units) for units in self.units]
        self._starts = np.cumsum([0, *sizes[:-1]]) if sizes else np.zeros(0, dtype=np.int64)
        self.vectors = encode([unit.text for unit in self._flat])
        self._words = Words(language, [unit.text for unit in self._flat])
        self._terms, self._grams = self._lexicons([unit.in_context for unit in self._flat])
        self.calibration: Calibration = UNCALIBRATED
        if len(articles) > 1:
            out = self.left_out()
            self.calibration = calibrate(out.right, out.scores)

    @property
    def texts(self) -> list[str]:
        """Of all passages, in the order of the vectors."""
        return [unit.text for unit in self._flat]

    def rank(self, text: str, dense: Floats) -> Ranked:
        """All articles by how well they fit a question, given the similarity of its embedding to each passage."""
        units = self._compare(text, dense)
        scores = self._by_article(units)
        totals = fused(self.calibration.weights, scores)
        confidence = confidences(self.calibration, totals[None, :], scores[None, :])[0]
        return Ranked(np.argsort(-totals, kind="stable").tolist(), totals, float(confidence), fused(self.calibration.weights, units))

    def passage(self, number: int, ranked: Ranked) -> Passage:
        """The part of the article's text that fits best."""
        start, units = int(self._starts[number]), self.units[number]
        bodies = [place for place, unit in enumerate(units) if unit.kind == "body"]
        best = max(bodies, key=lambda place: float(ranked.passages[start + place]), default=0)
        return units[best]

    def left_out(self) -> LeftOut:
        """Each phrasing asked of an index without it; where no article has phrasings, each title asked of the texts."""
        places = [
            (number, int(self._starts[number]) + place)
            for number, units in enumerate(self.units)
            for place, unit in enumerate(units)
            if unit.kind == "phrasing"
        ]
        by_title = not places
        if by_title:
            places = [(number, int(start)) for number, start in enumerate(self._starts)]
        places = places[:: max(1, len(places) // self._sample())]
        # A body in context carries the title, which is the question here.
        lexicons = self._lexicons([unit.text for unit in self._flat]) if by_title else (self._terms, self._grams)
        scores = []
        for _, place in places:
            units = self._compare(self._flat[place].text, self.vectors @ self.vectors[place], lexicons)
            units[:, place] = 0.0
            scores.append(self._by_article(units))
        questions = [self._flat[place].text for _, place in places]
        return LeftOut(questions, np.array([number for number, _ in places]), np.stack(scores))

    def fused(self, scores: Floats) -> Floats:
        return fused(self.calibration.weights, scores)

    def confidences(self, totals: Floats, scores: Floats) -> NDArray[np.float64]:
        return confidences(self.calibration, totals, scores)

    def _sample(self) -> int:
        return max(FEWEST, min(SAMPLE, COMPARED // max(1, len(self._flat))))

    def _lexicons(self, texts: list[str]) -> tuple[Lexicon, Lexicon]:
        terms = Lexicon([self._words.terms(text) for text in texts])
        return terms, Lexicon([grams(text, self.language) for text in texts])

    def _compare(self, text: str, dense: Floats, lexicons: tuple[Lexicon, Lexicon] | None = None) -> Floats:
        """Scores of shape (3, passages): dense, words, n-grams."""
        terms, letters = lexicons or (self._terms, self._grams)
        return np.stack([dense, terms.scores(self._words.asked(text)), letters.scores(grams(text, self.language))])

    def _by_article(self, units: Floats) -> Floats:
        return np.maximum.reduceat(units, self._starts, axis=1)
