"""What agents do at the desk reaches the customers' mailboxes: from the `outbound` streams, in order, once."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog
from redis.exceptions import RedisError

from bot import scripts
from bot.mailbox import Mailbox
from runtime.redis import Redis
from tickets.contracts import partitions

log = structlog.get_logger()


class Intake:
    """Moves commands by one atomic script,
    so any number of `bot` processes may do it at once without mixing the order."""

    def __init__(self, redis: Redis, mailbox: Mailbox) -> None:
        self.redis = redis
        self.mailbox = mailbox
        self._move = scripts.load(redis, "intake")

    def jobs(self) -> list[Coroutine[Any, Any, None]]:
        """One for each partition, each a task of its own: a client that swallows a cancellation is then told again."""
        return [self._follow(tag) for tag in partitions()]

    async def _follow(self, tag: str) -> None:
        stream = f"outbound:{tag}"
        while True:
            try:
                # Entries leave the stream once moved, so reading from the start sees just what is new.
                if await self.redis.xread({stream: "0"}, count=1, block=2000):
                    await self._move(keys=[stream, self.mailbox.ready_key(tag)], args=[tag])
            except (RedisError, OSError) as error:
                log.warning("desk.redis_away", error=type(error).__name__)
                await asyncio.sleep(0.5)
