"""One language's index: articles, the ways to compare a question with them, and how far to trust their sum."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from bot.knowledge.articles import Article, Passage
from bot.knowledge.calibration import UNCALIBRATED, Calibration, Compared, calibrate, confidences, fused
from bot.knowledge.left_out import LeavingOut, LeftOut
from bot.knowledge.ways import Ways
from tickets.contracts import Language

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Ranked:
    #: Article numbers, best first.
    order: list[int]
    totals: Floats
    confidence: float


class Index:
    """Searches change nothing in it, so that it can be swapped while they run."""

    def __init__(self, language: Language, articles: Sequence[Article], encode: Callable[[list[str]], Floats]) -> None:
        self.articles = list(articles)
        self._ways = Ways(language, self.articles, encode)
        self.calibration: Calibration = UNCALIBRATED
        if len(articles) > 1:
            # Threads for products this small only wait for each other.
            with threadpool_limits(1, user_api="blas"):
                self.calibration = calibrate(self.left_out())

    @property
    def texts(self) -> list[str]:
        """The passages in order, and after them the questions about other things."""
        return self._ways.texts

    @property
    def vectors(self) -> Floats:
        """Of `texts`; none after `forget_vectors`."""
        return self._ways.vectors

    def forget_vectors(self) -> None:
        """They are only needed to build; whoever searches brings the similarities."""
        self._ways.forget_vectors()

    def rank(self, text: str, dense: Floats) -> Ranked:
        """All articles by how well they fit a question, given the similarity of its embedding to each of `texts`."""
        return self.judge(self.compare(text, dense))

    def compare(self, text: str, dense: Floats) -> Compared:
        """One question's scores."""
        return self._ways.compare(text, dense)

    def judge(self, compared: Compared) -> Ranked:
        """All articles by one question's scores."""
        totals = fused(self.calibration.weights, compared.scores[0])
        confidence = confidences(self.calibration, compared)[0]
        return Ranked(np.argsort(-totals, kind="stable").tolist(), totals, float(confidence))

    def passage(self, number: int, text: str, dense: Floats) -> Passage:
        """The part of the article's text that fits the question best, by embedding and shared words."""
        asked = set(self._ways.words.asked(text))
        start, weights = int(self._ways.starts[number]), self.calibration.weights
        weight = weights[0] / sum(weights[:3])

        def fit(place: int) -> float:
            terms = self._ways.said(number, place)
            return weight * float(dense[start + place]) + (1 - weight) * len(asked & terms) / max(1, len(asked))

        bodies = [place for place, unit in enumerate(self._ways.units[number]) if unit.kind == "body"]
        return self._ways.units[number][max(bodies, key=fit, default=0)]

    def left_out(self) -> LeftOut:
        """Its own questions, each asked of an index without it."""
        return LeavingOut(self._ways).asked()

    def fused(self, scores: Floats) -> Floats:
        return fused(self.calibration.weights, scores)

    def confidences(self, compared: Compared) -> NDArray[np.float64]:
        return confidences(self.calibration, compared)
