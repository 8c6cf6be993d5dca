"""One language's index: the ways to compare a question with an article, and how far to trust their sum."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from bot.knowledge.articles import Article, Passage, passages
from bot.knowledge.calibration import UNCALIBRATED, Asked, Calibration, Compared, calibrate, confidences, fused
from bot.knowledge.lexicon import Lexicon
from bot.knowledge.taught import Taught, teaches
from bot.knowledge.words import Words, grams
from tickets.contracts import Language

Floats = NDArray[np.float32]

#: Questions used for calibration at most: more make the start slow and the weights no better.
SAMPLE = 1000
FEWEST = 100
#: Passages that all calibration questions together may be compared with, so that a large index starts in bounded time.
COMPARED = 8_000_000
#: Parts in which the phrasings are left out of their articles' whole text.
FOLDS = 2
#: Articles with a text that show how near texts are.
FITTED = 10
#: Questions about anything but a help centre, a file a language: they teach what is not to be answered.
OFF_TOPIC = Path(__file__).with_name("off_topic")


@dataclass(frozen=True)
class LeftOut(Asked):
    """Each question asked of an index without it, in each of the ways."""

    questions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ranked:
    #: Article numbers, best first.
    order: list[int]
    totals: Floats
    confidence: float


class Index:
    """Searches change nothing in it, so that it can be swapped while they run.

    In each of the three ways an article is compared by its best question (title or phrasing) and by its text: the best
    paragraph by embedding, the whole with its questions by words and n-grams. An article
    that is no more than a question loses nothing by that: its text is taken to be as near as the others' are.
    Where articles have phrasings enough, a fourth way is what all of them together teach (`taught`).
    """

    def __init__(self, language: Language, articles: Sequence[Article], encode: Callable[[list[str]], Floats]) -> None:
        self.language = language
        self.articles = list(articles)
        self.units: list[list[Passage]] = [list(passages(article)) for article in articles]
        flat = [unit for units in self.units for unit in units]
        self._passages = len(flat)
        off_topic = _about_other_things(language)
        #: The passages in order, and after them the questions about other things.
        self.texts = [*(unit.text for unit in flat), *off_topic]
        self.vectors = encode(self.texts)
        self._starts = _starts([len(units) for units in self.units])
        self._is_question = np.array([unit.kind != "body" for unit in flat], dtype=bool)
        self._questions = np.flatnonzero(self._is_question)
        self._question_starts = _starts([sum(unit.kind != "body" for unit in units) for units in self.units])
        self._has_text = np.array([any(unit.kind == "body" for unit in units) for units in self.units], dtype=bool)
        # A word of those is no slip of a word that the articles have.
        self._words = Words(language, self.texts)
        self._asked = self._lexicons([self.texts[place] for place in self._questions])
        self._strange = self._lexicons(off_topic)
        self._told = self._lexicons([_whole(article) for article in articles])
        self._taught = self._learnt()
        self.calibration: Calibration = UNCALIBRATED
        if len(articles) > 1:
            # Threads for products this small only wait for each other.
            with threadpool_limits(1, user_api="blas"):
                self.calibration = calibrate(self.left_out())

    def forget_vectors(self) -> None:
        """They are only needed to build; whoever searches brings the similarities."""
        # Not a view, which would keep them.
        self.vectors = np.zeros((0, self.vectors.shape[1]), dtype=np.float32)
        if self._taught:
            self._taught.forget()

    def rank(self, text: str, dense: Floats) -> Ranked:
        """All articles by how well they fit a question, given the similarity of its embedding to each of `texts`."""
        return self.judge(self.compare(text, dense))

    def compare(self, text: str, dense: Floats) -> Compared:
        """One question's scores."""
        questions, texts, strange = self._compare(text, dense)
        lesson = self._taught.scores(text, dense[self._taught_rows]) if self._taught else None
        return _together([_with_lesson(self._joined(questions, texts), strange.max(axis=1), lesson)])

    def judge(self, compared: Compared) -> Ranked:
        """All articles by one question's scores."""
        totals = fused(self.calibration.weights, compared.scores[0])
        confidence = confidences(self.calibration, compared)[0]
        return Ranked(np.argsort(-totals, kind="stable").tolist(), totals, float(confidence))

    def passage(self, number: int, text: str, dense: Floats) -> Passage:
        """The part of the article's text that fits the question best, by embedding and shared words."""
        asked = set(self._words.asked(text))
        start, weights = int(self._starts[number]), self.calibration.weights
        weight = weights[0] / sum(weights[:3])

        def fit(place: int) -> float:
            terms = set(self._words.terms(self.units[number][place].text))
            return weight * float(dense[start + place]) + (1 - weight) * len(asked & terms) / max(1, len(asked))

        bodies = [place for place, unit in enumerate(self.units[number]) if unit.kind == "body"]
        return self.units[number][max(bodies, key=fit, default=0)]

    def left_out(self) -> LeftOut:
        """Each phrasing asked of an index without it; where no article has phrasings, titles of the texts."""
        asked = [
            (number, int(self._question_starts[number]) + place)
            for number, article in enumerate(self.articles)
            for place in range(1, 1 + len(article.phrasings))
        ]
        titles = not asked
        if titles:
            told = np.flatnonzero(self._has_text).tolist() or range(len(self.articles))
            asked = [(number, int(self._question_starts[number])) for number in told]
        every, asked = asked, asked[:: max(1, len(asked) // self._sample())]
        right = np.array([number for number, _ in asked])
        seen, harder, without = (
            (self._by_title(asked),) * 2 + (None,) if titles else self._by_phrasing(every, set(asked))
        )
        weighing, weighing_right = self._both_ways(asked, seen) if titles else (seen.scores, right)
        return LeftOut(
            right=right,
            seen=seen,
            harder=harder,
            weighing=weighing,
            weighing_right=weighing_right,
            off_topic=self._off_topic(),
            titles=titles,
            without=without,
            questions=tuple(self.texts[self._questions[question]] for _, question in asked),
        )

    def _by_phrasing(
        self, every: list[tuple[int, int]], asked: set[tuple[int, int]]
    ) -> tuple[Compared, Compared, Compared]:
        """Phrasings asked without themselves; harder, without half of their article's; and without the article.

        An author's phrasings of an article resemble each other more than a customer's words do any of them.
        """
        most = np.bincount([number for number, _ in every]).max()
        folds = int(min(FOLDS, most))
        found: dict[int, list[tuple[Floats, Floats]]] = {}
        for fold in range(folds):
            # Halves of runs of two, so that neither takes all of a sample of every other one.
            held = [one for place, one in enumerate(every) if place // 2 % folds == fold]
            out = {question for _, question in held}
            told = self._lexicons(
                [_whole(article, self._kept(number, out)) for number, article in enumerate(self.articles)]
            )
            for number, question in filter(asked.__contains__, held):
                own = [other for owner, other in held if owner == number]
                lessons = self._lessons(number, question, own)
                questions, texts, strange = self._again(self._questions[question], told)
                near = strange.max(axis=1)
                questions[:, question] = 0.0
                seen = self._joined(questions, texts)
                questions[:, own] = 0.0
                harder = self._joined(questions, texts)
                without = harder.copy()
                without[:, number] = -1.0
                joined = zip((seen, harder, without), lessons, strict=True)
                found[question] = [_with_lesson(scores, near, lesson) for scores, lesson in joined]
        ways = [_together([found[question][way] for _, question in every if question in found]) for way in range(3)]
        return ways[0], ways[1], ways[2]

    def _learnt(self) -> Taught | None:
        """What the phrasings teach, where there are enough of them."""
        first, count = self._passages, len(self.texts) - self._passages
        if not teaches(len(self.articles), len(self._questions)):
            return None
        self._taught_rows = np.append(self._questions, np.arange(first, first + count))
        sizes = np.diff(np.append(self._question_starts, len(self._questions)))
        owners = np.append(np.repeat(np.arange(len(sizes)), sizes), np.full(count, len(sizes)))
        return Taught([self.texts[row] for row in self._taught_rows], self.vectors[self._taught_rows], owners)

    def _lessons(self, number: int, question: int, half: list[int]) -> list[Floats | None]:
        """What the phrasings teach of one of them without itself, without that half, and without its article."""
        if not self._taught:
            return [None] * 3
        start = int(self._question_starts[number])
        whole = list(range(start, start + 1 + len(self.articles[number].phrasings)))
        lessons = [self._taught.left_out(out)[out.index(question)] for out in ([question], half, whole)]
        lessons[2][number] = -1.0
        return [*lessons]

    def _by_title(self, asked: list[tuple[int, int]]) -> Compared:
        """Titles asked of the texts alone: as near as these are to the titles, a customer's words may be to both."""
        told = self._lexicons([article.body_markdown for article in self.articles])
        found = []
        for _, question in asked:
            _, texts, strange = self._again(self._questions[question], told)
            found.append((texts, strange.max(axis=1)))
        return _together(found)

    def _both_ways(self, asked: list[tuple[int, int]], seen: Compared) -> tuple[Floats, NDArray[np.int64]]:
        """Titles asked of the texts, and the first paragraph of each text asked of the titles (the inverse cloze task
        of Lee et al., 2019): neither is a customer's question, and what holds for both may hold for one."""
        bodies = [(number, body) for number, _ in asked if (body := self._first_body(number)) is not None]
        found = [self._near_questions(body) for _, body in bodies]
        right = [number for number, _ in [*asked, *bodies]]
        return np.concatenate([seen.scores, np.stack(found)]) if found else seen.scores, np.array(right)

    def _near_questions(self, place: int) -> Floats:
        """The titles' nearness to one of the texts, (3, articles)."""
        terms, letters = self._words.asked(self.texts[place]), grams(self.texts[place], self.language)
        dense = self.vectors[self._questions] @ self.vectors[place]
        return np.stack([dense, self._asked[0].scores(terms), self._asked[1].scores(letters)])

    def _first_body(self, number: int) -> int | None:
        start, end = int(self._starts[number]), int(self._starts[number]) + len(self.units[number])
        return next((place for place in range(start, end) if not self._is_question[place]), None)

    def _off_topic(self) -> Compared:
        """The questions about other things, each compared with the others."""
        found = []
        for place in range(self._passages, len(self.texts)):
            questions, texts, strange = self._again(place)
            strange[:, place - self._passages] = 0.0
            row = len(self._questions) + place - self._passages
            lesson = self._taught.left_out([row])[0] if self._taught else None
            found.append(_with_lesson(self._joined(questions, texts), strange.max(axis=1), lesson))
        return _together(found)

    def _again(self, place: int, told: tuple[Lexicon, Lexicon] | None = None) -> tuple[Floats, Floats, Floats]:
        """One of the texts asked as a question."""
        return self._compare(self.texts[place], self.vectors @ self.vectors[place], told)

    def _kept(self, number: int, out: set[int]) -> list[str]:
        first = int(self._question_starts[number]) + 1
        phrasings = self.articles[number].phrasings
        return [text for place, text in enumerate(phrasings, start=first) if place not in out]

    def fused(self, scores: Floats) -> Floats:
        return fused(self.calibration.weights, scores)

    def confidences(self, compared: Compared) -> NDArray[np.float64]:
        return confidences(self.calibration, compared)

    def _sample(self) -> int:
        return max(FEWEST, min(SAMPLE, COMPARED // max(1, len(self.texts))))

    def _lexicons(self, texts: list[str]) -> tuple[Lexicon, Lexicon]:
        terms = Lexicon([self._words.terms(text) for text in texts])
        return terms, Lexicon([grams(text, self.language) for text in texts])

    def _compare(
        self, text: str, dense: Floats, told: tuple[Lexicon, Lexicon] | None = None
    ) -> tuple[Floats, Floats, Floats]:
        """Scores of shape (3, questions), (3, articles) and (3, questions about other things)."""
        terms, letters = self._words.asked(text), grams(text, self.language)

        def stacked(near: Floats, lexicons: tuple[Lexicon, Lexicon]) -> Floats:
            return np.stack([near, lexicons[0].scores(terms), lexicons[1].scores(letters)])

        bodies = np.where(self._is_question, np.float32(-1), dense[: self._passages])
        paragraphs = np.maximum(np.maximum.reduceat(bodies, self._starts), 0)
        return (
            stacked(dense[self._questions], self._asked),
            stacked(paragraphs, told or self._told),
            stacked(dense[self._passages :], self._strange),
        )

    def _joined(self, questions: Floats, texts: Floats) -> Floats:
        """The mean of question and text."""
        asked = np.maximum.reduceat(questions, self._question_starts, axis=1)
        if not self._has_text.all():
            texts[0, ~self._has_text] = _as_others(asked[0], texts[0], self._has_text)
        return np.asarray((asked + texts) / 2, dtype=np.float32)


def _with_lesson(scores: Floats, strange: Floats, lesson: Floats | None) -> tuple[Floats, Floats]:
    """The fourth way beside the three; what it says last is how much speaks for other things."""
    if lesson is None:
        return scores, strange
    return np.vstack([scores, lesson[:-1]]), np.append(strange, lesson[-1])


def _together(found: Sequence[tuple[Floats, Floats]]) -> Compared:
    return Compared(np.stack([scores for scores, _ in found]), np.stack([strange for _, strange in found]))


def _as_others(asked: Floats, told: Floats, has: NDArray[np.bool_]) -> Floats:
    """How near a text would be by embedding where there is none:
    as texts are whose questions are as near (least squares)."""
    if has.sum() < FITTED:
        return asked[~has]
    near, mean = asked[has], asked[has].mean()
    slope = (near - mean) @ told[has] / max(float((near - mean) @ (near - mean)), 1e-9)
    return np.asarray(np.maximum(told[has].mean() + slope * (asked[~has] - mean), 0), dtype=np.float32)


def _whole(article: Article, phrasings: Sequence[str] | None = None) -> str:
    return "\n".join([article.title, *(article.phrasings if phrasings is None else phrasings), article.body_markdown])


@cache
def _about_other_things(language: Language) -> list[str]:
    return (OFF_TOPIC / f"{language}.txt").read_text(encoding="utf-8").splitlines()


def _starts(sizes: list[int]) -> NDArray[np.int64]:
    return np.cumsum([0, *sizes[:-1]]) if sizes else np.zeros(0, dtype=np.int64)
