"""What an index would find of its own questions, had it not been given them: what calibration learns from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.knowledge.calibration import Asked, Compared
from bot.knowledge.lexicon import Lexicon
from bot.knowledge.ways import Ways, together, whole, with_lesson
from bot.knowledge.words import letter_groups

Floats = NDArray[np.float32]

#: Questions used for calibration at most: more make the start slow and the weights no better.
SAMPLE = 1000
FEWEST = 100
#: Passages that all calibration questions together may be compared with, so that a large index starts in bounded time.
COMPARED = 8_000_000
#: Parts in which the phrasings are left out of their articles' whole text.
FOLDS = 2


@dataclass(frozen=True)
class LeftOut(Asked):
    """Each question asked of an index without it, in each of the ways."""

    questions: tuple[str, ...] = ()


class LeavingOut:
    """Asks an index its own questions; what is left out is left out of all ways alike."""

    def __init__(self, ways: Ways) -> None:
        self._ways = ways

    def asked(self) -> LeftOut:
        """Each phrasing asked of an index without it; where no article has phrasings, titles of the texts."""
        asked = [
            (number, int(self._ways.question_starts[number]) + place)
            for number, article in enumerate(self._ways.articles)
            for place in range(1, 1 + len(article.phrasings))
        ]
        titles = not asked
        if titles:
            told = np.flatnonzero(self._ways.has_text).tolist() or range(len(self._ways.articles))
            asked = [(number, int(self._ways.question_starts[number])) for number in told]
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
            questions=tuple(self._ways.texts[self._ways.questions[question]] for _, question in asked),
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
            told = self._ways.lexicons(
                [whole(article, self._kept(number, out)) for number, article in enumerate(self._ways.articles)]
            )
            for number, question in filter(asked.__contains__, held):
                own = [other for owner, other in held if owner == number]
                lessons = self._lessons(number, question, own)
                questions, texts, strange = self._again(self._ways.questions[question], told)
                near = strange.max(axis=1)
                questions[:, question] = 0.0
                seen = self._ways.joined(questions, texts)
                questions[:, own] = 0.0
                harder = self._ways.joined(questions, texts)
                without = harder.copy()
                without[:, number] = -1.0
                joined = zip((seen, harder, without), lessons, strict=True)
                found[question] = [with_lesson(scores, near, lesson) for scores, lesson in joined]
        ways = [together([found[question][way] for _, question in every if question in found]) for way in range(3)]
        return ways[0], ways[1], ways[2]

    def _lessons(self, number: int, question: int, half: list[int]) -> list[Floats | None]:
        """What the phrasings teach of one of them without itself, without that half, and without its article."""
        if not self._ways.taught:
            return [None] * 3
        start = int(self._ways.question_starts[number])
        every = list(range(start, start + 1 + len(self._ways.articles[number].phrasings)))
        lessons = [self._ways.taught.left_out(out)[out.index(question)] for out in ([question], half, every)]
        lessons[2][number] = -1.0
        return [*lessons]

    def _by_title(self, asked: list[tuple[int, int]]) -> Compared:
        """Titles asked of the texts alone: as near as these are to the titles, a customer's words may be to both."""
        told = self._ways.lexicons([article.body_markdown for article in self._ways.articles])
        found = []
        for _, question in asked:
            _, texts, strange = self._again(self._ways.questions[question], told)
            found.append((texts, strange.max(axis=1)))
        return together(found)

    def _both_ways(self, asked: list[tuple[int, int]], seen: Compared) -> tuple[Floats, NDArray[np.int64]]:
        """Titles asked of the texts, and the first paragraph of each text asked of the titles (the inverse cloze task
        of Lee et al., 2019): neither is a customer's question, and what holds for both may hold for one."""
        bodies = [(number, body) for number, _ in asked if (body := self._first_body(number)) is not None]
        found = [self._near_questions(body) for _, body in bodies]
        right = [number for number, _ in [*asked, *bodies]]
        return np.concatenate([seen.scores, np.stack(found)]) if found else seen.scores, np.array(right)

    def _near_questions(self, place: int) -> Floats:
        """The titles' nearness to one of the texts, (3, articles)."""
        text = self._ways.texts[place]
        terms, letters = self._ways.words.asked(text), letter_groups(text, self._ways.language)
        dense = self._ways.vectors[self._ways.questions] @ self._ways.vectors[place]
        return np.stack([dense, self._ways.asked[0].scores(terms), self._ways.asked[1].scores(letters)])

    def _first_body(self, number: int) -> int | None:
        start, end = int(self._ways.starts[number]), int(self._ways.starts[number]) + len(self._ways.units[number])
        return next((place for place in range(start, end) if not self._ways.is_question[place]), None)

    def _off_topic(self) -> Compared:
        """The questions about other things, each compared with the others."""
        found = []
        for place in range(self._ways.passages, len(self._ways.texts)):
            questions, texts, strange = self._again(place)
            strange[:, place - self._ways.passages] = 0.0
            row = len(self._ways.questions) + place - self._ways.passages
            lesson = self._ways.taught.left_out([row])[0] if self._ways.taught else None
            found.append(with_lesson(self._ways.joined(questions, texts), strange.max(axis=1), lesson))
        return together(found)

    def _again(self, place: int, told: tuple[Lexicon, Lexicon] | None = None) -> tuple[Floats, Floats, Floats]:
        """One of the texts asked as a question."""
        return self._ways.sides(self._ways.texts[place], self._ways.vectors @ self._ways.vectors[place], told)

    def _kept(self, number: int, out: set[int]) -> list[str]:
        first = int(self._ways.question_starts[number]) + 1
        phrasings = self._ways.articles[number].phrasings
        return [text for place, text in enumerate(phrasings, start=first) if place not in out]

    def _sample(self) -> int:
        return max(FEWEST, min(SAMPLE, COMPARED // max(1, len(self._ways.texts))))
