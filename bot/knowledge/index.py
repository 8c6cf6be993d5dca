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
    """Each question asked of an index without it; scores are (questions, 3, articles): dense, words, n-grams."""

    questions: list[str]
    #: The number of the article it belongs to.
    right: NDArray[np.int64]
    #: As a search would see them: these say how far to trust.
    scores: Floats
    #: These say how much each of the three counts.
    weighing: Floats


@dataclass(frozen=True)
class Ranked:
    #: Article numbers, best first.
    order: list[int]
    totals: Floats
    confidence: float


class Index:
    """Searches change nothing in it, so that it can be swapped while they run.

    In each of the three ways an article scores the mean of its best question (title or phrasing) and of its text: the
    best paragraph by embedding, the whole by words and n-grams.
    """

    def __init__(self, language: Language, articles: Sequence[Article], encode: Callable[[list[str]], Floats]) -> None:
        self.language = language
        self.articles = list(articles)
        self.units: list[list[Passage]] = [list(passages(article)) for article in articles]
        flat = [unit for units in self.units for unit in units]
        self.texts = [unit.text for unit in flat]
        self.vectors = encode(self.texts)
        self._starts = _starts([len(units) for units in self.units])
        self._is_question = np.array([unit.kind != "body" for unit in flat], dtype=bool)
        self._questions = np.flatnonzero(self._is_question)
        self._question_starts = _starts([sum(unit.kind != "body" for unit in units) for units in self.units])
        self._words = Words(language, self.texts)
        self._asked = self._lexicons([self.texts[place] for place in self._questions])
        self._told = self._lexicons([f"{article.title} {article.body_markdown}" for article in articles])
        self.calibration: Calibration = UNCALIBRATED
        if len(articles) > 1:
            out = self.left_out()
            self.calibration = calibrate(out.right, out.scores, out.weighing)

    def forget_vectors(self) -> None:
        """They are only needed to build; whoever searches brings the similarities."""
        self.vectors = self.vectors[:0]

    def rank(self, text: str, dense: Floats) -> Ranked:
        """All articles by how well they fit a question, given the similarity of its embedding to each passage."""
        scores = self._joined(*self._compare(text, dense))
        totals = fused(self.calibration.weights, scores)
        confidence = confidences(self.calibration, totals[None, :], scores[None, :])[0]
        return Ranked(np.argsort(-totals, kind="stable").tolist(), totals, float(confidence))

    def passage(self, number: int, text: str, dense: Floats) -> Passage:
        """The part of the article's text that fits the question best, by embedding and shared words."""
        asked = set(self._words.asked(text))
        start, weight = int(self._starts[number]), self.calibration.weights[0]

        def fit(place: int) -> float:
            terms = set(self._words.terms(self.units[number][place].text))
            return weight * float(dense[start + place]) + (1 - weight) * len(asked & terms) / max(1, len(asked))

        bodies = [place for place, unit in enumerate(self.units[number]) if unit.kind == "body"]
        return self.units[number][max(bodies, key=fit, default=0)]

    def left_out(self) -> LeftOut:
        """Each phrasing asked of an index without it; where no article has phrasings, each title."""
        asked = [
            (number, int(self._question_starts[number]) + place)
            for number, units in enumerate(self.units)
            for place, unit in enumerate(one for one in units if one.kind != "body")
            if unit.kind == "phrasing"
        ]
        by_title = not asked
        if by_title:
            asked = list(enumerate(self._question_starts.tolist()))
        asked = asked[:: max(1, len(asked) // self._sample())]
        told = self._lexicons([article.body_markdown for article in self.articles]) if by_title else self._told
        scores, weighing = [], []
        for number, question in asked:
            place = self._questions[question]
            questions, texts = self._compare(self.texts[place], self.vectors @ self.vectors[place], told)
            questions[:, question] = 0.0
            if by_title:
                # As near as its text is to its title, a customer's words may be to it.
                questions[:, question] = texts[:, number]
                weighing.append(texts)
            scores.append(self._joined(questions, texts))
        seen = np.stack(scores)
        names = [self.texts[self._questions[question]] for _, question in asked]
        right = np.array([number for number, _ in asked])
        return LeftOut(names, right, seen, np.stack(weighing) if by_title else seen)

    def fused(self, scores: Floats) -> Floats:
        return fused(self.calibration.weights, scores)

    def confidences(self, totals: Floats, scores: Floats) -> NDArray[np.float64]:
        return confidences(self.calibration, totals, scores)

    def _sample(self) -> int:
        return max(FEWEST, min(SAMPLE, COMPARED // max(1, len(self.texts))))

    def _lexicons(self, texts: list[str]) -> tuple[Lexicon, Lexicon]:
        terms = Lexicon([self._words.terms(text) for text in texts])
        return terms, Lexicon([grams(text, self.language) for text in texts])

    def _compare(self, text: str, dense: Floats, told: tuple[Lexicon, Lexicon] | None = None) -> tuple[Floats, Floats]:
        """Scores of shape (3, questions) and (3, articles)."""
        terms, letters = self._words.asked(text), grams(text, self.language)
        by_words, by_letters = self._asked
        questions = np.stack([dense[self._questions], by_words.scores(terms), by_letters.scores(letters)])
        bodies = np.where(self._is_question, np.float32(-1), dense)
        paragraphs = np.maximum(np.maximum.reduceat(bodies, self._starts), 0)
        by_words, by_letters = told or self._told
        return questions, np.stack([paragraphs, by_words.scores(terms), by_letters.scores(letters)])

    def _joined(self, questions: Floats, texts: Floats) -> Floats:
        return np.asarray((np.maximum.reduceat(questions, self._question_starts, axis=1) + texts) / 2, dtype=np.float32)


def _starts(sizes: list[int]) -> NDArray[np.int64]:
    return np.cumsum([0, *sizes[:-1]]) if sizes else np.zeros(0, dtype=np.int64)
