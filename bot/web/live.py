"""Wakes the sockets of a customer when their thread changes.

One Redis subscription serves all sockets of the process.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from redis.exceptions import RedisError

from bot.keys import LIVE
from runtime.redis import Redis

log = structlog.get_logger()


class Bell:
    """Rings for one socket. A lost ring costs time only: the socket looks by itself every few seconds."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()
        #: Customers whose changes ring it: more than one once threads were merged.
        self.hears: set[str] = set()
        self._typing = ""

    def ring(self, typing: str = "") -> None:
        self._typing = typing or self._typing
        self._rung.set()

    async def wait(self, seconds: float) -> str:
        """Waits for the next ring or `seconds`; returns who is typing, ``bot`` or ``agent``, or nothing."""
        try:
            async with asyncio.timeout(seconds):
                await self._rung.wait()
        except TimeoutError:
            return ""
        self._rung.clear()
        typing, self._typing = self._typing, ""
        return typing


class Live:
    """Tells whoever listens for a customer that there is something to read."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self._bells: dict[str, set[Bell]] = defaultdict(set)

    @contextmanager
    def listen(self, customer_id: str) -> Iterator[Bell]:
        bell = Bell()
        self.hear(bell, customer_id)
        try:
            yield bell
        finally:
            for one in bell.hears:
                self._bells[one].discard(bell)
                if not self._bells[one]:
                    del self._bells[one]

    def hear(self, bell: Bell, customer_id: str) -> None:
        """Lets a bell ring for this customer too."""
        bell.hears.add(customer_id)
        self._bells[customer_id].add(bell)

    async def run(self) -> None:
        while True:
            try:
                await self._follow()
            except (RedisError, OSError) as error:
                log.warning("live.redis_away", error=type(error).__name__)
                await asyncio.sleep(0.5)

    async def _follow(self) -> None:
        async with self.redis.pubsub() as subscription:
            await subscription.subscribe(LIVE)
            self._ring_all()
            async for poke in subscription.listen():
                if poke["type"] == "message":
                    customer_id, _, typing = str(poke["data"]).partition(" typing ")
                    for bell in self._bells.get(customer_id, ()):
                        bell.ring(typing)

    def _ring_all(self) -> None:
        """After a lost connection everybody looks once: their ring may have been missed."""
        for bells in self._bells.values():
            for bell in bells:
                bell.ring()
