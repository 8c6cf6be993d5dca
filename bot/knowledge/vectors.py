"""How near a question is to each passage by embedding: in memory, or in PostgreSQL with pgvector, past one machine."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import asyncpg
import numpy as np
from numpy.typing import NDArray

from runtime.settings import SettingsError

Floats = NDArray[np.float32]

#: Passages that the engine returns; the others count as no nearer than the last of them.
NEAREST = 200
#: How far the engine looks around in its graph: more finds more surely and takes longer.
EFFORT = 400


class VectorsError(SettingsError):
    """The vector engine can't be used; the message says which setting to mend."""


class Kept(Protocol):
    async def similar(self, vector: Floats) -> Floats:
        """Cosine to each passage, in the order in which they were given."""


class Vectors(Protocol):
    async def keep(self, language: str, encoder: str, texts: Sequence[str], vectors: Floats) -> Kept:
        """These are the passages of a language now; what was kept before may be gone."""

    async def close(self) -> None: ...


class Memory:
    """All vectors in this process: exact, and fast up to some ten thousand passages."""

    async def keep(self, language: str, encoder: str, texts: Sequence[str], vectors: Floats) -> Kept:
        return _InMemory(vectors)

    async def close(self) -> None:
        """Nothing is open."""


@dataclass(frozen=True)
class _InMemory:
    vectors: Floats

    async def similar(self, vector: Floats) -> Floats:
        # Not `@`: BLAS takes twice as long for one vector, and starts threads that wait for each other on busy cores.
        return np.asarray(np.einsum("ij,j->i", self.vectors, vector), dtype=np.float32)


class Postgres:
    """pgvector's HNSW index, shared by all processes; only new texts are sent, and a change is seen as a whole or not.

    Each encoder and language has a table of its own, so that another encoder never meets these vectors.
    """

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    @classmethod
    async def open(cls, url: str) -> Postgres:
        """Raises `VectorsError` when there is no PostgreSQL or no pgvector in it."""
        try:
            pool = await asyncpg.create_pool(url, min_size=1, max_size=4)
        except (OSError, asyncpg.PostgresError, ValueError) as error:
            raise VectorsError(
                f"KNOWLEDGE_VECTORS_URL: PostgreSQL can't be used ({error}). Correct the address."
            ) from error
        try:
            await pool.execute("CREATE EXTENSION IF NOT EXISTS vector")
        except asyncpg.UniqueViolationError:
            pass  # Another process made it in the same moment.
        except asyncpg.PostgresError as error:
            await pool.close()
            raise VectorsError(f"KNOWLEDGE_VECTORS_URL: pgvector is missing ({error}). Install it.") from error
        return cls(pool)

    async def close(self) -> None:
        await self._pool.close()

    async def keep(self, language: str, encoder: str, texts: Sequence[str], vectors: Floats) -> Kept:
        table = f"passages_{hashlib.sha256(f'{language} {encoder}'.encode()).hexdigest()[:16]}"
        places: dict[str, list[int]] = {}
        for place, text in enumerate(texts):
            places.setdefault(hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32], []).append(place)
        async with self._pool.acquire() as connection, connection.transaction():
            # One process at a time: several may start or reload at once.
            await connection.execute("SELECT pg_advisory_xact_lock(hashtext($1))", table)
            await connection.execute(
                f"CREATE TABLE IF NOT EXISTS {table} "
                f"(key text PRIMARY KEY, embedding vector({vectors.shape[1]}) NOT NULL)"
            )
            stored = {row["key"] for row in await connection.fetch(f"SELECT key FROM {table}")}  # noqa: S608
            new = [(key, _literal(vectors[own[0]])) for key, own in places.items() if key not in stored]
            await connection.execute("CREATE TEMPORARY TABLE sent (key text, embedding text) ON COMMIT DROP")
            await connection.copy_records_to_table("sent", records=new)
            await connection.execute(f"INSERT INTO {table} SELECT key, embedding::vector FROM sent")  # noqa: S608
            await connection.execute(f"DELETE FROM {table} WHERE key = ANY($1)", list(stored - set(places)))  # noqa: S608
            # After the rows: one index over all of them is made much faster than it grows row by row.
            await connection.execute(
                f"CREATE INDEX IF NOT EXISTS {table}_near ON {table} USING hnsw (embedding vector_cosine_ops)"
            )
        return _InPostgres(self._pool, table, places, len(texts))


@dataclass(frozen=True)
class _InPostgres:
    pool: asyncpg.Pool
    table: str
    #: Which passages have a text, by its key.
    places: dict[str, list[int]]
    size: int

    async def similar(self, vector: Floats) -> Floats:
        async with self.pool.acquire() as connection, connection.transaction():
            await connection.execute(f"SET LOCAL hnsw.ef_search = {EFFORT}")
            found = await connection.fetch(
                f"SELECT key, 1 - (embedding <=> $1::text::vector) AS near FROM {self.table} "  # noqa: S608
                f"ORDER BY embedding <=> $1::text::vector LIMIT {NEAREST}",
                _literal(vector),
            )
        near = np.full(self.size, min((row["near"] for row in found), default=0.0), dtype=np.float32)
        for row in found:
            near[self.places.get(row["key"], [])] = row["near"]
        return near


async def open_vectors(url: str) -> Vectors:
    """The engine at this address, or this process's memory where there is none. Raises `VectorsError`."""
    return await Postgres.open(url) if url else Memory()


def _literal(vector: Floats) -> str:
    return "[" + ",".join(f"{value:.6g}" for value in vector.tolist()) + "]"
