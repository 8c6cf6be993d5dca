"""The knowledge base: articles and indexes that follow the folder, and the one question asked of them."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import zipfile
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
from bot.understanding.encoder import Encoder
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


class VectorStore:
    """Vectors of passages on disk, named after the encoder: only new texts are encoded, another encoder starts anew."""

    def __init__(self, folder: Path, encoder: Encoder) -> None:
        name = hashlib.sha256(encoder.name.encode()).hexdigest()[:16]
        self._path = folder / f"vectors-{name}.npz"
        self._encoder = encoder
        self._known: dict[str, Floats] = {}

    def load(self) -> None:
        """A file that can't be read is as good as none: its vectors are made again."""
        try:
            with np.load(self._path) as stored:
                self._known = dict(zip(stored["texts"].tolist(), stored["vectors"], strict=True))
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            log.warning("knowledge.vectors_unreadable", path=str(self._path), error=type(error).__name__)

    def encode(self, texts: list[str]) -> Floats:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known |= dict(zip(new, self._encoder.encode(new), strict=True))
        if not texts:
            return np.zeros((0, self._encoder.dimension), dtype=np.float32)
        return np.stack([self._known[text] for text in texts])

    def save(self, used: Sequence[str]) -> None:
        """Writes the vectors of these texts and forgets them here; the file is replaced in one step."""
        kept = {text: self._known[text] for text in dict.fromkeys(used)}
        self._known = {}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_suffix(f".{os.getpid()}.npz")
        vectors = np.stack(list(kept.values())) if kept else np.zeros((0, self._encoder.dimension))
        np.savez(draft, texts=np.array(list(kept), dtype=np.str_), vectors=vectors.astype(np.float32))
        draft.replace(self._path)


@dataclass(frozen=True)
class Shelf:
    """One language's index with the vectors that belong to it; the two are swapped together."""

    index: Index
    vectors: Kept


class KnowledgeBase:
    def __init__(
        self, folder: Path, encoder: Encoder, index_dir: Path, public_url: str = "", vectors: Vectors | None = None
    ) -> None:
        self.folder = folder
        self.encoder = encoder
        self.errors: list[ArticleError] = []
        self._store = VectorStore(index_dir, encoder)
        self._vectors = vectors or Memory()
        self._public_url = public_url.rstrip("/")
        self._articles: dict[tuple[str, str], Article] = {}
        self._shelves: dict[str, Shelf] = {}

    @classmethod
    async def open(
        cls, folder: Path, encoder: Encoder, index_dir: Path, public_url: str = "", vectors: Vectors | None = None
    ) -> KnowledgeBase:
        """`vectors` is the engine that compares embeddings; without one it is this process's memory."""
        base = cls(folder, encoder, index_dir, public_url, vectors)
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
            shelves[language] = Shelf(index, await self._vectors.keep(language, index.texts, index.vectors))
            index.forget_vectors()
        self._shelves, self._articles = shelves, articles
        log.info("knowledge.loaded", articles=len(articles), refused=len(self.errors))

    def _build(self, articles: dict[tuple[str, str], Article]) -> dict[str, Index]:
        self._store.load()
        indexes: dict[str, Index] = {}
        for language in get_args(Language):
            own = [article for article in articles.values() if article.language == language]
            indexes[language] = Index(language, own, self._store.encode)
        self._store.save([text for index in indexes.values() for text in index.texts])
        return indexes

    async def watch(self) -> None:
        """Follows the folder for ever: a new or changed article is answerable within seconds."""
        async for _ in awatch(self.folder, debounce=400, recursive=True):
            try:
                await self.reload()
            except Exception:
                log.exception("knowledge.reload_failed")

    async def search(
        self, text: str, embedding: Floats, language: Language, recent: Sequence[str] = (), limit: int = 3
    ) -> Found:
        """What the articles have to say to a question.

        A short one that finds nothing, or begins as a follow-up, is tried with the one before it; of a long one that
        finds no answer, the questions in it.
        """
        text = text[:LONGEST_QUESTION]
        found = await self._search(text, embedding, language, limit)
        if recent and len(text.split()) <= FOLLOW_UP_WORDS and (found.outcome != "answer" or FOLLOWS.match(text)):
            wider = await self._asked(f"{recent[-1]} {text}", language, limit)
            return replace(wider, follows=True) if _sure(wider) > _sure(found) else found
        if found.outcome != "answer":
            asked = [one for one in SENTENCE.split(text) if one.endswith("?") and one != text][-ASKED_ALONE:]
            return max([found, *[await self._asked(one, language, limit) for one in asked]], key=_sure)
        return found

    async def _asked(self, text: str, language: Language, limit: int) -> Found:
        return await self._search(text, await self.encoder.encode_one(text), language, limit)

    async def _search(self, text: str, embedding: Floats, language: Language, limit: int) -> Found:
        shelf = self._shelves[language]
        index = shelf.index
        if not index.articles:
            return NOTHING
        dense = await shelf.vectors.similar(embedding)
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


def _sure(found: Found) -> float:
    return found.hits[0].confidence if found.hits else 0.0
