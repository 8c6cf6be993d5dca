"""Customers who type: a word of `bot` on a channel of Redis, passed on to the desks. A lost one costs nothing."""

from __future__ import annotations

import structlog
from redis.exceptions import RedisError

from runtime.redis import Redis
from tickets.services.changes import Bell
from tickets.services.feed import Feed

log = structlog.get_logger()

CHANNEL = "desk:typing"


class Typing:
    def __init__(self, redis: Redis, feed: Feed, bell: Bell) -> None:
        self.redis = redis
        self.feed = feed
        self.bell = bell

    async def run(self) -> None:
        while not self.bell.ended:
            try:
                async with self.redis.pubsub() as words:
                    await words.subscribe(CHANNEL)
                    while not self.bell.ended:
                        word = await words.get_message(ignore_subscribe_messages=True, timeout=1.0)
                        if word:
                            self._pass_on(str(word["data"]))
            except (RedisError, OSError) as error:
                log.warning("typing.away", error=type(error).__name__)
                await self.bell.wait(1.0)

    def _pass_on(self, word: str) -> None:
        _, _, ref = word.partition(" ")
        if ref:
            self.feed.whisper({"type": "typing", "ref": ref, "agent": None})
