"""How fast search is in a large knowledge base: ``python -m bot.evaluate.scale [PASSAGES]``.

The passages are made of the own articles' words with vectors drawn around theirs: what is measured is time and memory.
"""

from __future__ import annotations

import asyncio
import resource
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.knowledge.articles import Article, load_folder
from bot.knowledge.index import Index
from bot.knowledge.vectors import Vectors, open_vectors
from runtime.settings import Settings

Floats = NDArray[np.float32]

PASSAGES = 50_000
#: Of one made article: a title, some phrasings and some paragraphs.
PHRASINGS, PARAGRAPHS = 5, 4
DIMENSION = 384
QUESTIONS = 200


def articles(passages: int, folder: Path = Path("data/knowledge"), seed: int = 5) -> list[Article]:
    """Made articles with about so many passages, of the own articles' sentences and words in another order."""
    own = [article for article in load_folder(folder)[0] if article.language == "en"]
    questions = [text for article in own for text in (article.title, *article.phrasings)]
    words = [word for article in own for word in article.body_markdown.split()]
    draw = np.random.default_rng(seed)

    def said(number: int) -> str:
        """Words of everyday, and a few that only this article has, as large knowledge bases have them."""
        chosen = [words[at] for at in draw.integers(0, len(words), 24)]
        return " ".join([*chosen, f"model{number}", f"part{draw.integers(0, 50_000)}"])

    def asked(number: int) -> str:
        first, second = (questions[at].split() for at in draw.integers(0, len(questions), 2))
        return " ".join([*first[: len(first) // 2], *second[len(second) // 2 :], f"model{number}"])

    made = []
    for number in range(passages // (1 + PHRASINGS + PARAGRAPHS)):
        body = "\n\n".join(said(number) for _ in range(PARAGRAPHS))
        made.append(Article(f"a{number}", "en", asked(number), tuple(asked(number) for _ in range(PHRASINGS)), body))
    return made


def vectors(texts: list[str]) -> Floats:
    """Drawn vectors of length 1: the time of a comparison does not depend on what they say."""
    drawn = np.random.default_rng(9).normal(size=(len(texts), DIMENSION)).astype(np.float32)
    return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True), dtype=np.float32)


async def measure(passages: int = PASSAGES, engine: Vectors | None = None) -> dict[str, Any]:
    """Milliseconds of one search without the encoder's call, seconds to build, and what it takes of memory in MB."""
    before = _memory()
    started = time.perf_counter()
    index = Index("en", articles(passages), vectors)
    built = time.perf_counter() - started
    kept = await (engine or await open_vectors("")).keep("en", "scale", index.texts, index.vectors)
    questions = [article.title for article in index.articles[:: max(1, len(index.articles) // QUESTIONS)]]
    asked = vectors(questions)
    index.forget_vectors()
    took = []
    for text, vector in zip(questions, asked, strict=True):
        started = time.perf_counter()
        dense = await kept.similar(vector)
        ranked = index.rank(text, dense)
        index.passage(ranked.order[0], text, dense)
        took.append(1000 * (time.perf_counter() - started))
    p50, p95 = np.quantile(took, [0.5, 0.95])
    return {
        "passages": len(index.texts),
        "p50_ms": round(float(p50), 2),
        "p95_ms": round(float(p95), 2),
        "build_s": round(built, 1),
        "memory_mb": round(_memory() - before, 1),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }


def _memory() -> float:
    """Resident memory of this process, MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


async def _main() -> None:
    settings = Settings.load()
    engine = await open_vectors(settings.knowledge_vectors_url)
    for name, value in (await measure(int(sys.argv[1]) if len(sys.argv) > 1 else PASSAGES, engine)).items():
        print(f"{name:<10} {value}")
    await engine.close()


if __name__ == "__main__":
    asyncio.run(_main())
