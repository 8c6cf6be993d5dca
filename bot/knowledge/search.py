"""One search: what the articles of a language have to say to a message."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, zip_longest
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bot.knowledge.articles import Article
from bot.knowledge.asked import sentences
from bot.knowledge.calibration import Compared
from bot.knowledge.follow_ups import asks_again, leans, points_aside, taken_up
from bot.knowledge.index import Index, Ranked
from bot.knowledge.several import is_question, questions
from bot.knowledge.spelling import Spelling
from bot.knowledge.vectors import Kept
from bot.understanding.encoder import Encoder
from tickets.contracts import Language

Floats = NDArray[np.float32]
Outcome = Literal["answer", "choices", "none"]

#: How much a follow-up counts by itself, beside the same together with what it takes up: its subject is mostly there,
#: what is asked about it is here. What is taken up counts against, since it has been answered; but not where the same
#: is asked once more ("and for a sofa?").
BY_ITSELF, ANSWERED_BEFORE, ASKED_AGAIN = 0.5, -0.15, 0.1
#: How much the whole message counts beside one of its questions.
MATTER = 0.5
#: Sentences of which neighbours are compared together as well; a message of more is a letter.
PAIRED = 5
#: Questions of one message that are answered.
ANSWERED = 3
#: Characters of a question that are compared.
LONGEST_QUESTION = 2000


@dataclass(frozen=True)
class Hit:
    slug: str
    title: str
    url: str
    #: The article's own words: all of them, and the part that fits best, as plain text.
    text: str
    passage: str
    score: float
    confidence: float
    #: Past the day from which the article is due for a review.
    overdue: bool = False


@dataclass(frozen=True)
class Found:
    outcome: Outcome
    hits: tuple[Hit, ...]
    #: Found only together with the customer's question before.
    follows: bool = False
    #: The question that this is about, where the message asks several.
    question: str = ""
    #: What was found for the message's other questions.
    also: tuple[Found, ...] = ()

    @property
    def of_all(self) -> tuple[Hit, ...]:
        """The best for each question, and after them the next best."""
        questions = (self, *self.also)
        return tuple(hit for rank in zip_longest(*(one.hits for one in questions)) for hit in rank if hit)


NOTHING = Found("none", ())


@dataclass(frozen=True)
class Read:
    """A question, or a part of one, compared with the articles."""

    text: str
    #: Cosine of its embedding to each of the index's texts.
    dense: Floats
    compared: Compared
    ranked: Ranked


@dataclass(frozen=True)
class Served:
    """One language's index with what belongs to it. All are swapped together: a search keeps those it began with."""

    language: Language
    encoder: Encoder
    index: Index
    vectors: Kept
    spelling: Spelling


class Search:
    def __init__(self, served: Served, address: Callable[[Article], str], limit: int) -> None:
        """`address` of an article, where customers read it; of so many articles, at most, it is told what they say."""
        self._served = served
        self._language = served.language
        self._index = served.index
        self._address = address
        self._limit = limit

    async def find(self, text: str, recent: Sequence[str]) -> Found:
        """What is found for a message; `recent` are the customer's messages before it, oldest first.

        Of several questions that different articles answer, each gets its answer (`also`). Where only one does, choices
        are offered for another one, if its articles are others.
        """
        if not self._index.articles:
            return NOTHING
        text, *recent = [self._served.spelling.mended(one) for one in (text[:LONGEST_QUESTION], *recent)]
        apart = await self._apart(text)
        sure = _different([one for one in apart if one.outcome == "answer"])
        if len(sure) > 1:
            return replace(sure[0], also=tuple(sure[1:ANSWERED]))
        found = await self._one(text, recent)
        if not sure or found.outcome != "answer" or _first(found) != _first(sure[0]):
            return found
        unsure = [one for one in apart if one.outcome == "choices" and not _among(_first(found), one)]
        return replace(found, question=sure[0].question, also=tuple(unsure[:1])) if unsure else found

    async def _one(self, text: str, recent: Sequence[str]) -> Found:
        """What is found for a message that asks one thing.

        A short one that finds no answer, or points back, is compared together with what it takes up. Of one that finds
        none, and of a letter in any case, each sentence is compared by itself: questions first, then the surest.
        """
        asked = await self._read(text)
        found = self._found(asked)
        parts = sentences(text, self._language)
        question = parts[0] if len(parts) == 1 else text
        if recent and leans(question, self._language, answered=found.outcome == "answer"):
            return await self._follow_up(question, recent)
        # A letter as a whole is near to many things, whatever it asks.
        if not parts or (found.outcome == "answer" and len(parts) <= PAIRED):
            return found
        tried = await asyncio.gather(*(self._read(one) for one in [*parts, *_neighbours(parts)]))
        # A story finds articles too, but what ends with a question mark is what is asked.
        asking = [self._in_its_matter(one, asked) for one in tried if one.text.endswith("?")]
        for some in (asking, [asked, *tried]):
            if some and (found := self._found(max(some, key=_sureness))).outcome == "answer":
                return found
        return found

    def _in_its_matter(self, question: Read, whole: Read) -> Read:
        """A question of a message, read with the message: "what do I need to do?" is about what was told before it."""
        ranked = self._index.judge(_mixed([(question.compared, 1.0), (whole.compared, MATTER)]))
        agreeing = question.ranked.order[0] == ranked.order[0]
        sure = max(ranked.confidence, question.ranked.confidence) if agreeing else ranked.confidence
        return replace(question, ranked=replace(ranked, confidence=sure))

    async def _apart(self, text: str) -> list[Found]:
        """What is found for each of several questions in a message; nothing where it asks one, or is a letter."""
        asking = questions(text, self._language)
        if not 2 <= len(asking) <= PAIRED:
            return []
        return await asyncio.gather(*(self._beside(place, asking) for place in range(len(asking))))

    async def _beside(self, place: int, asking: list[str]) -> Found:
        """What is found for one of a message's questions; what points to the one beside it is read with that."""
        text = asking[place]
        found = self._found(await self._read(text))
        if points_aside(text, self._language):
            found = await self._follow_up(text, [asking[place - 1 if place else 1]])
        return replace(found, question=text)

    async def _read(self, text: str) -> Read:
        dense = await self._served.vectors.similar(await self._served.encoder.encode_one(text))
        compared = self._index.compare(text, dense)
        return Read(text, dense, compared, self._index.judge(compared))

    async def _follow_up(self, text: str, recent: Sequence[str]) -> Found:
        whole = is_question(text, self._language)
        before = " ".join(taken_up(recent, self._language, whole=whole))
        alone, wider, former = await asyncio.gather(*(self._read(one) for one in (text, f"{before} {text}", before)))
        weight = ASKED_AGAIN if asks_again(text, self._language) else ANSWERED_BEFORE
        ranked = self._index.judge(
            _mixed([(wider.compared, 1.0), (alone.compared, BY_ITSELF), (former.compared, weight)])
        )
        # What both lead to is as sure as the surer of them.
        agreeing = [one.ranked.confidence for one in (alone, wider) if one.ranked.order[0] == ranked.order[0]]
        ranked = replace(ranked, confidence=max([ranked.confidence, *agreeing]))
        found, itself = self._found(replace(wider, ranked=ranked)), self._found(alone)
        sure = itself.outcome == "answer" and _first(itself) == _first(found)
        unknown = self._found(former).outcome == "none"
        if unknown and found.outcome == "answer" and not (sure and whole):
            # What is taken up was about something else; so this may be as well, unless it is a question of its own.
            found = replace(found, outcome="choices")
        return found if sure else replace(found, follows=True)

    def _found(self, read: Read) -> Found:
        ranked = read.ranked
        hits = tuple(
            self._hit(ranked, number, self._index.passage(number, read.text, read.dense).text)
            for number in ranked.order[: self._limit]
        )
        if ranked.confidence >= self._index.calibration.answer_from:
            return Found("answer", hits)
        return Found("choices" if ranked.confidence >= self._index.calibration.choices_from else "none", hits)

    def _hit(self, ranked: Ranked, number: int, passage: str) -> Hit:
        article = self._index.articles[number]
        first = number == ranked.order[0]
        return Hit(
            slug=article.slug,
            title=article.title,
            url=self._address(article),
            text=article.body_markdown,
            passage=passage,
            score=round(float(ranked.totals[number]), 4),
            confidence=round(ranked.confidence, 4) if first else 0.0,
            overdue=article.is_overdue,
        )


def _sureness(read: Read) -> float:
    return read.ranked.confidence


def _neighbours(parts: list[str]) -> list[str]:
    """What only two sentences say together, and all of them: of a letter, each names half of its matter."""
    if len(parts) < 2:
        return []
    pairs = [" ".join(pair) for pair in pairwise(parts)] if len(parts) <= PAIRED else []
    return list(dict.fromkeys([*pairs, " ".join(parts)]))


def _mixed(parts: list[tuple[Compared, float]]) -> Compared:
    """The weighted mean of one question's scores."""
    weights = np.array([weight for _, weight in parts], dtype=np.float32)
    weights /= weights.sum()
    scores = np.tensordot(weights, np.stack([one.scores for one, _ in parts]), 1)
    strange = np.tensordot(weights, np.stack([one.strange for one, _ in parts]), 1)
    return Compared(scores.astype(np.float32), strange.astype(np.float32))


def _different(found: list[Found]) -> list[Found]:
    """The first of those that lead to the same article."""
    return list({_first(one): one for one in reversed(found)}.values())[::-1]


def _among(slug: str, found: Found) -> bool:
    return any(hit.slug == slug for hit in found.hits)


def _first(found: Found) -> str:
    return found.hits[0].slug if found.hits else ""
