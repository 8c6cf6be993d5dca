"""The knowledge base: articles and indexes that follow the folder, and the one question asked of them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import structlog
from numpy.typing import NDArray
from watchfiles import awatch

from bot.knowledge.articles import Article, ArticleError, load_folder
from bot.knowledge.index import Index, Ranked
from bot.knowledge.vectors import Kept, Memory, Vectors
from bot.understanding.encoders import Encoders
from bot.understanding.kept_vectors import KeptVectors
from tickets.contracts import Language

log = structlog.get_logger()

Floats = NDArray[np.float32]
Outcome = Literal["answer", "choices", "none"]

#: A question of so few words may lean on the one before it ("and abroad?").
FOLLOW_UP_WORDS = 6
#: Words with which a question takes up the one before it.
FOLLOWS = re.compile(r"(?:und|and|oder|or|auch|also|what about|how about|was ist mit)\b", re.IGNORECASE)
#: Of a message of several sentences the last questions are asked alone, where all of it together finds no answer.
SENTENCE = re.compile(r"(?<=[.!?])\s+")
ASKED_ALONE = 2
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


NOTHING = Found("none", ())


@dataclass(frozen=True)
class Shelf:
    """One language's index with the vectors that belong to it; the two are swapped together."""

    index: Index
    vectors: Kept


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
        self._shelves: dict[Language, Shelf] = {}

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
        return [article for article in self._articles.values() if article.language == language]

    def index(self, language: Language) -> Index:
        return self._shelves[language].index

    def url(self, article: Article) -> str:
        return f"{self._public_url}/help/{article.language}/{article.slug}"

    async def reload(self) -> None:
        """Reads the folder and swaps in new indexes. A broken article is told; its last good version keeps serving."""
        sound, self.errors = await asyncio.to_thread(load_folder, self.folder)
        for error in self.errors:
            log.error("knowledge.article_refused", file=error.file, line=error.line, reason=error.reason)
        articles: dict[tuple[str, str], Article] = {(article.language, article.slug): article for article in sound}
        for error in self.errors:
            path = Path(error.file)
            key = (path.parent.name, path.stem)
            if key in self._articles:
                articles[key] = self._articles[key]
        indexes = await asyncio.to_thread(self._build, articles)
        shelves = {}
        for language, index in indexes.items():
            encoder = self.encoders.of(language).name
            shelves[language] = Shelf(index, await self._vectors.keep(language, encoder, index.texts, index.vectors))
            index.forget_vectors()
        self._shelves, self._articles = shelves, articles
        log.info("knowledge.loaded", articles=len(articles), refused=len(self.errors))

    def _build(self, articles: dict[tuple[str, str], Article]) -> dict[Language, Index]:
        indexes: dict[Language, Index] = {}
        for language in get_args(Language):
            own = [article for article in articles.values() if article.language == language]
            vectors = KeptVectors(self._vectors_dir, f"articles-{language}", self.encoders.of(language))
            indexes[language] = Index(language, own, vectors.encode)
        return indexes

    async def watch(self) -> None:
        """Follows the folder for ever: a new or changed article is answerable within seconds."""
        async for _ in awatch(self.folder, debounce=400, recursive=True):
            try:
                await self.reload()
            except Exception:
                log.exception("knowledge.reload_failed")

    async def search(self, text: str, language: Language, recent: Sequence[str] = (), limit: int = 3) -> Found:
        """What the articles have to say to a question.

        A short one that finds nothing, or begins as a follow-up, is tried with the one before it; of a long one that
        finds no answer, the questions in it.
        """
        text = text[:LONGEST_QUESTION]
        found = await self._asked(text, language, limit)
        if recent and len(text.split()) <= FOLLOW_UP_WORDS and (found.outcome != "answer" or FOLLOWS.match(text)):
            wider = await self._asked(f"{recent[-1]} {text}", language, limit)
            if _sure(wider) > _sure(found):
                return replace(wider, follows=True)
            # Half a question that fits an article by itself, which is not near what it takes up,
            # may mean something else.
            near = {hit.slug for hit in wider.hits} if wider.outcome != "none" else set()
            strays = FOLLOWS.match(text) and _first(found) not in near
            return replace(found, outcome="choices") if strays and found.outcome == "answer" else found
        if found.outcome != "answer":
            asked = [one for one in SENTENCE.split(text) if one.endswith("?") and one != text][-ASKED_ALONE:]
            return max([found, *[await self._asked(one, language, limit) for one in asked]], key=_sure)
        return found

    async def _asked(self, text: str, language: Language, limit: int) -> Found:
        shelf = self._shelves[language]
        index = shelf.index
        if not index.articles:
            return NOTHING
        dense = await shelf.vectors.similar(await self.encoders.of(language).encode_one(text))
        ranked = index.rank(text, dense)
        hits = tuple(
            self._hit(index, ranked, number, index.passage(number, text, dense).text) for number in ranked.order[:limit]
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


def _first(found: Found) -> str:
    return found.hits[0].slug if found.hits else ""


def _sure(found: Found) -> float:
    return found.hits[0].confidence if found.hits else 0.0
