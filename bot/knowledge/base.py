"""The knowledge base: articles and indexes that follow the folder, and the one question asked of them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import get_args

import structlog
from watchfiles import awatch

from bot.knowledge.articles import Article, ArticleError, load_folder
from bot.knowledge.index import Index
from bot.knowledge.search import Found, Search, Served
from bot.knowledge.spelling import Spelling
from bot.knowledge.vectors import Memory, Vectors
from bot.understanding.encoders import Encoders
from bot.understanding.kept_vectors import KeptVectors
from bot.understanding.written import Written
from runtime.memory import give_back
from tickets.contracts import Language

log = structlog.get_logger()


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
        spelling = await asyncio.to_thread(Spelling, language, texts, encoder.knows)
        return Served(language, encoder, index, vectors, spelling)

    async def watch(self) -> None:
        """Follows the folder for ever: a new or changed article is answerable within seconds."""
        async for _ in awatch(self.folder, debounce=400, recursive=True):
            try:
                await self.reload()
            except Exception:
                log.exception("knowledge.reload_failed")

    async def search(self, text: str, language: Language, recent: Sequence[str] = (), limit: int = 3) -> Found:
        """What the articles have to say to a message; `recent` are the customer's messages before it, oldest first."""
        return await Search(self._served[language], self.url, limit).find(text, recent)


def _of(articles: Mapping[tuple[str, str], Article], language: str) -> list[Article]:
    return [article for article in articles.values() if article.language == language]
