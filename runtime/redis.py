"""Opens Redis in the same way for every process."""

from __future__ import annotations

from typing import Any, TypeAlias

from redis import asyncio as redis_asyncio

#: redis-py's annotations cannot say that answers are text when `decode_responses` is on (each is ``bytes | str``), so its
#: clients count as Any here; the modules that read answers give them their types.
Redis: TypeAlias = Any


def connect(url: str) -> Redis:
    """A client that speaks text and notices a connection that is half-open."""
    return redis_asyncio.Redis.from_url(
        url, decode_responses=True, health_check_interval=15, socket_connect_timeout=5, max_connections=200
    )
