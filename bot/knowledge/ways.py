"""The ways to compare a question with an article: by embedding, words, letters, and what all phrasings teach."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from bot.knowledge.articles import Article, Passage, passages
from bot.knowledge.calibration import Compared
from bot.knowledge.lexicon import Lexicon
from bot.knowledge.other_things import about_anything, asked_of_shops, unanswered
from bot.knowledge.taught import Taught, teaches
from bot.knowledge.words import Words, letter_groups
from tickets.contracts import Language

Floats = NDArray[np.float32]

#: Articles with a text that show how near texts are.
FITTED = 10
#: Passages whose words are remembered.
REMEMBERED = 2000


class Ways:
    """In each of the first three an article is compared by its best question (title or phrasing) and by its text: the
    best paragraph by embedding, the whole with its questions by words and n-grams. An article that is no more than a
    question loses nothing by that: its text is taken to be as near as the others' are.
    Where articles have phrasings enough, the fourth is what all of them together teach (`taught`).
    """

    def __init__(self, language: Language, articles: Sequence[Article], encode: Callable[[list[str]], Floats]) -> None:
        self.language = language
        self.articles = list(articles)
        self.units: list[list[Passage]] = [list(passages(article)) for article in articles]
        flat = [unit for units in self.units for unit in units]
        self.passages = len(flat)
        self.starts = _starts([len(units) for units in self.units])
        self.is_question = np.array([unit.kind != "body" for unit in flat], dtype=bool)
        self.questions = np.flatnonzero(self.is_question)
        self.question_starts = _starts([sum(unit.kind != "body" for unit in units) for units in self.units])
        off_topic = self._encoded([unit.text for unit in flat], encode)
        self.has_text = np.array([any(unit.kind == "body" for unit in units) for units in self.units], dtype=bool)
        # A word of those is no slip of a word that the articles have.
        self.words = Words(language, self.texts)
        # What is answered often is answered again.
        self.said = lru_cache(maxsize=REMEMBERED)(self._said)
        self.asked = self.lexicons([self.texts[place] for place in self.questions])
        self.strange = self.lexicons(off_topic)
        self.told = self.lexicons([whole(article) for article in articles])
        self.taught = self._learnt()

    def _encoded(self, told: list[str], encode: Callable[[list[str]], Floats]) -> list[str]:
        """Sets `texts` and `vectors`, and gives the questions about other things.

        What shops are asked is among them only where there are phrasings enough to stand beside it.
        """
        anything = about_anything(self.language)
        themes = asked_of_shops(self.language) if teaches(len(self.articles), len(self.questions)) else ()
        texts = [*told, *anything, *(question for theme in themes for question in theme)]
        vectors = encode(texts)
        kept = np.ones(len(texts), dtype=bool)
        if themes:
            start = len(told) + len(anything)
            ends = start + np.cumsum([len(theme) for theme in themes])[:-1]
            articles = np.split(vectors[: len(told)], self.starts[1:])
            kept[start:] = unanswered(articles, np.split(vectors, [start, *ends])[1:])
        #: The passages in order, and after them the questions about other things.
        self.texts = [text for text, one in zip(texts, kept, strict=True) if one]
        self.vectors = vectors[kept]
        return self.texts[len(told) :]

    def _learnt(self) -> Taught | None:
        """What the phrasings teach, where there are enough of them."""
        first, count = self.passages, len(self.texts) - self.passages
        if not teaches(len(self.articles), len(self.questions)):
            return None
        self.taught_rows = np.append(self.questions, np.arange(first, first + count))
        sizes = np.diff(np.append(self.question_starts, len(self.questions)))
        owners = np.append(np.repeat(np.arange(len(sizes)), sizes), np.full(count, len(sizes)))
        return Taught([self.texts[row] for row in self.taught_rows], self.vectors[self.taught_rows], owners)

    def compare(self, text: str, dense: Floats) -> Compared:
        """One question's scores, given the similarity of its embedding to each of `texts`."""
        questions, texts, strange = self.sides(text, dense)
        lesson = self.taught.scores(text, dense[self.taught_rows]) if self.taught else None
        return together([with_lesson(self.joined(questions, texts), strange.max(axis=1), lesson)])

    def sides(
        self, text: str, dense: Floats, told: tuple[Lexicon, Lexicon] | None = None
    ) -> tuple[Floats, Floats, Floats]:
        """Scores of the questions, of the texts and of the questions about other things, each (3, how many there are).

        `told` are other lexicons of the texts.
        """
        terms, letters = self.words.asked(text), letter_groups(text, self.language)

        def stacked(near: Floats, lexicons: tuple[Lexicon, Lexicon]) -> Floats:
            return np.stack([near, lexicons[0].scores(terms), lexicons[1].scores(letters)])

        bodies = np.where(self.is_question, np.float32(-1), dense[: self.passages])
        paragraphs = np.maximum(np.maximum.reduceat(bodies, self.starts), 0)
        return (
            stacked(dense[self.questions], self.asked),
            stacked(paragraphs, told or self.told),
            stacked(dense[self.passages :], self.strange),
        )

    def joined(self, questions: Floats, texts: Floats) -> Floats:
        """The mean of question and text."""
        asked = np.maximum.reduceat(questions, self.question_starts, axis=1)
        if not self.has_text.all():
            texts[0, ~self.has_text] = _as_others(asked[0], texts[0], self.has_text)
        return np.asarray((asked + texts) / 2, dtype=np.float32)

    def lexicons(self, texts: list[str]) -> tuple[Lexicon, Lexicon]:
        terms = Lexicon([self.words.terms(text) for text in texts])
        return terms, Lexicon([letter_groups(text, self.language) for text in texts])

    def _said(self, number: int, place: int) -> frozenset[str]:
        """The words of an article's passage."""
        return frozenset(self.words.terms(self.units[number][place].text))

    def forget_vectors(self) -> None:
        """They are only needed to build; whoever searches brings the similarities."""
        # Not a view, which would keep them.
        self.vectors = np.zeros((0, self.vectors.shape[1]), dtype=np.float32)
        if self.taught:
            self.taught.forget()


def with_lesson(scores: Floats, strange: Floats, lesson: Floats | None) -> tuple[Floats, Floats]:
    """The fourth way beside the three; what it says last is how much speaks for other things."""
    if lesson is None:
        return scores, strange
    return np.vstack([scores, lesson[:-1]]), np.append(strange, lesson[-1])


def together(found: Sequence[tuple[Floats, Floats]]) -> Compared:
    return Compared(np.stack([scores for scores, _ in found]), np.stack([strange for _, strange in found]))


def _as_others(asked: Floats, told: Floats, has: NDArray[np.bool_]) -> Floats:
    """How near a text would be by embedding where there is none:
    as texts are whose questions are as near (least squares)."""
    if has.sum() < FITTED:
        return asked[~has]
    near, mean = asked[has], asked[has].mean()
    slope = (near - mean) @ told[has] / max(float((near - mean) @ (near - mean)), 1e-9)
    return np.asarray(np.maximum(told[has].mean() + slope * (asked[~has] - mean), 0), dtype=np.float32)


def whole(article: Article, phrasings: Sequence[str] | None = None) -> str:
    return "\n".join([article.title, *(article.phrasings if phrasings is None else phrasings), article.body_markdown])


def _starts(sizes: list[int]) -> NDArray[np.int64]:
    return np.cumsum([0, *sizes[:-1]]) if sizes else np.zeros(0, dtype=np.int64)
