"""The knowledge base: articles and indexes that follow the folder, and the one question asked of them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, zip_longest
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import structlog
from numpy.typing import NDArray
from watchfiles import awatch

from bot.knowledge.articles import Article, ArticleError, load_folder
from bot.knowledge.asked import sentences
from bot.knowledge.calibration import Compared
from bot.knowledge.follow_ups import asks_again, leans, points_aside, taken_up
from bot.knowledge.index import Index, Ranked
from bot.knowledge.several import is_question, questions
from bot.knowledge.spelling import Spelling
from bot.knowledge.vectors import Kept, Memory, Vectors
from bot.understanding.encoders import Encoders
from bot.understanding.kept_vectors import KeptVectors
from bot.understanding.written import Written
from runtime.memory import give_back
from tickets.contracts import Language

log = structlog.get_logger()

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
    """One language's index with the vectors and the words that belong to it; they are swapped together."""

    index: Index
    vectors: Kept
    spelling: Spelling


class KnowledgeBase:
    def __init__(
        self, folder: Path, encoders: Encoders, vectors_dir: Path, public_url: str = "", vectors: Vectors | None = None
    ) -> None:
        self.folder = folder
        self.encoders = encoders
        self.errors: list[ArticleError] = []
        self._vectors_dir = vectors_dir
        self._vectors = vectors or Memory()
        self._public_url = public_url.rstrip("/")
        self._articles: dict[tuple[str, str], Article] = {}
        self._served: dict[Language, Served] = {}

    @classmethod
    async def open(
        cls, folder: Path, encoders: Encoders, vectors_dir: Path, public_url: str = "", vectors: Vectors | None = None
    ) -> KnowledgeBase:
        """`vectors` is the engine that compares embeddings; without one it is this process's memory."""
        base = cls(folder, encoders, vectors_dir, public_url, vectors)
        await base.reload()
        return base

    def article(self, language: str, slug: str) -> Article | None:
        return self._articles.get((language, slug))

    def articles(self, language: str) -> list[Article]:
        return _of(self._articles, language)

    def index(self, language: Language) -> Index:
        return self._served[language].index

    def mended(self, text: str, language: Language) -> str:
        """A text without slips of the keyboard, as far as the articles tell."""
        return self._served[language].spelling.mended(text)

    def url(self, article: Article) -> str:
        return f"{self._public_url}/help/{article.language}/{article.slug}"

    async def reload(self) -> None:
        """Reads the folder and swaps in new indexes of the languages that changed.

        A broken article is told; its last good version keeps serving.
        """
        sound, self.errors = await asyncio.to_thread(load_folder, self.folder)
        for error in self.errors:
            log.error("knowledge.article_refused", file=error.file, line=error.line, reason=error.reason)
        articles: dict[tuple[str, str], Article] = {(article.language, article.slug): article for article in sound}
        for error in self.errors:
            path = Path(error.file)
            key = (path.parent.name, path.stem)
            if key in self._articles:
                articles[key] = self._articles[key]
        served = dict(self._served)
        for language in get_args(Language):
            own = _of(articles, language)
            if language not in served or own != _of(self._articles, language):
                served[language] = await self._serve(language, own)
        self._served, self._articles = served, articles
        # Building takes far more than what is built.
        give_back()
        log.info("knowledge.loaded", articles=len(articles), refused=len(self.errors))

    async def _serve(self, language: Language, articles: list[Article]) -> Served:
        encoder = self.encoders.of(language)
        written = Written(encoder)
        kept = KeptVectors(self._vectors_dir, f"articles-{language}", written)
        index = await asyncio.to_thread(Index, language, articles, kept.encode)
        vectors = await self._vectors.keep(language, written.name, index.texts, index.vectors)
        index.forget_vectors()
        texts = [text for one in articles for text in (one.title, *one.phrasings, one.body_markdown)]
        return Served(index, vectors, await asyncio.to_thread(Spelling, language, texts, encoder.knows))

    async def watch(self) -> None:
        """Follows the folder for ever: a new or changed article is answerable within seconds."""
        async for _ in awatch(self.folder, debounce=400, recursive=True):
            try:
                await self.reload()
            except Exception:
                log.exception("knowledge.reload_failed")

    async def search(self, text: str, language: Language, recent: Sequence[str] = (), limit: int = 3) -> Found:
        """What the articles have to say to a message; `recent` are the customer's messages before it, oldest first.

        Of several questions that different articles answer, each gets its answer (`also`). Where only one does, choices
        are offered for another one, if its articles are others.
        """
        text, recent = self.mended(text[:LONGEST_QUESTION], language), [self.mended(one, language) for one in recent]
        if not self._served[language].index.articles:
            return NOTHING
        apart = await self._apart(text, language, limit)
        sure = _different([one for one in apart if one.outcome == "answer"])
        if len(sure) > 1:
            return replace(sure[0], also=tuple(sure[1:ANSWERED]))
        found = await self._one(text, language, recent, limit)
        if not sure or found.outcome != "answer" or _first(found) != _first(sure[0]):
            return found
        unsure = [one for one in apart if one.outcome == "choices" and not _among(_first(found), one)]
        return replace(found, question=sure[0].question, also=tuple(unsure[:1])) if unsure else found

    async def _one(self, text: str, language: Language, recent: Sequence[str], limit: int) -> Found:
        """What is found for a message that asks one thing.

        A short one that finds no answer, or points back, is compared together with what it takes up. Of one that finds
        none, and of a letter in any case, each sentence is compared by itself: questions first, then the surest.
        """
        served = self._served[language]
        asked = await self._read(text, language)
        found = self._found(served.index, asked, limit)
        parts = sentences(text, language)
        question = parts[0] if len(parts) == 1 else text
        if recent and leans(question, language, answered=found.outcome == "answer"):
            return await self._follow_up(question, language, recent, limit)
        # A letter as a whole is near to many things, whatever it asks.
        if not parts or (found.outcome == "answer" and len(parts) <= PAIRED):
            return found
        tried = await asyncio.gather(*(self._read(one, language) for one in [*parts, *_neighbours(parts)]))
        # A story finds articles too, but what ends with a question mark is what is asked.
        asking = [_in_its_matter(served.index, one, asked) for one in tried if one.text.endswith("?")]
        for some in (asking, [asked, *tried]):
            if some and (found := self._found(served.index, max(some, key=_sureness), limit)).outcome == "answer":
                return found
        return found

    async def _apart(self, text: str, language: Language, limit: int) -> list[Found]:
        """What is found for each of several questions in a message; nothing where it asks one, or is a letter."""
        asking = questions(text, language)
        if not 2 <= len(asking) <= PAIRED:
            return []
        return await asyncio.gather(*(self._beside(place, asking, language, limit) for place in range(len(asking))))

    async def _beside(self, place: int, asking: list[str], language: Language, limit: int) -> Found:
        """What is found for one of a message's questions; what points to the one beside it is read with that."""
        text = asking[place]
        found = self._found(self._served[language].index, await self._read(text, language), limit)
        if points_aside(text, language):
            found = await self._follow_up(text, language, [asking[place - 1 if place else 1]], limit)
        return replace(found, question=text)

    async def _read(self, text: str, language: Language) -> Read:
        served = self._served[language]
        dense = await served.vectors.similar(await self.encoders.of(language).encode_one(text))
        compared = served.index.compare(text, dense)
        return Read(text, dense, compared, served.index.judge(compared))

    async def _follow_up(self, text: str, language: Language, recent: Sequence[str], limit: int) -> Found:
        index = self._served[language].index
        whole = is_question(text, language)
        before = " ".join(taken_up(recent, language, whole=whole))
        alone, wider, former = await asyncio.gather(
            *(self._read(one, language) for one in (text, f"{before} {text}", before))
        )
        weight = ASKED_AGAIN if asks_again(text, language) else ANSWERED_BEFORE
        ranked = index.judge(_mixed([(wider.compared, 1.0), (alone.compared, BY_ITSELF), (former.compared, weight)]))
        # What both lead to is as sure as the surer of them.
        agreeing = [one.ranked.confidence for one in (alone, wider) if one.ranked.order[0] == ranked.order[0]]
        ranked = replace(ranked, confidence=max([ranked.confidence, *agreeing]))
        found, itself = self._found(index, replace(wider, ranked=ranked), limit), self._found(index, alone, limit)
        sure = itself.outcome == "answer" and _first(itself) == _first(found)
        unknown = self._found(index, former, limit).outcome == "none"
        if unknown and found.outcome == "answer" and not (sure and whole):
            # What is taken up was about something else; so this may be as well, unless it is a question of its own.
            found = replace(found, outcome="choices")
        return found if sure else replace(found, follows=True)

    def _found(self, index: Index, read: Read, limit: int) -> Found:
        ranked = read.ranked
        hits = tuple(
            self._hit(index, ranked, number, index.passage(number, read.text, read.dense).text)
            for number in ranked.order[:limit]
        )
        if ranked.confidence >= index.calibration.answer_from:
            return Found("answer", hits)
        return Found("choices" if ranked.confidence >= index.calibration.choices_from else "none", hits)

    def _hit(self, index: Index, ranked: Ranked, number: int, passage: str) -> Hit:
        article = index.articles[number]
        first = number == ranked.order[0]
        return Hit(
            slug=article.slug,
            title=article.title,
            url=self.url(article),
            text=article.body_markdown,
            passage=passage,
            score=round(float(ranked.totals[number]), 4),
            confidence=round(ranked.confidence, 4) if first else 0.0,
            overdue=article.is_overdue,
        )


def _of(articles: Mapping[tuple[str, str], Article], language: str) -> list[Article]:
    return [article for article in articles.values() if article.language == language]


def _in_its_matter(index: Index, question: Read, whole: Read) -> Read:
    """A question of a message, read with the message: "what do I need to do?" is about what was told before it."""
    ranked = index.judge(_mixed([(question.compared, 1.0), (whole.compared, MATTER)]))
    agreeing = question.ranked.order[0] == ranked.order[0]
    sure = max(ranked.confidence, question.ranked.confidence) if agreeing else ranked.confidence
    return replace(question, ranked=replace(ranked, confidence=sure))


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
