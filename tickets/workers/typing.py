"""Customers who type: a word of `bot` on a channel of Redis, passed on to the desks. A lost one costs nothing."""

from __future__ import annotations

from runtime.redis import Redis
from tickets.services.changes import Bell, keep_going
from tickets.services.feed import Feed

CHANNEL = "desk:typing"


class Typing:
    """Passes on who types."""

    def __init__(self, redis: Redis, feed: Feed, bell: Bell) -> None:
        self.redis = redis
        self.feed = feed
        self.bell = bell

    async def run(self) -> None:
        await keep_going("typing", self.bell, self._listen)

    async def _listen(self) -> None:
        async with self.redis.pubsub() as words:
            await words.subscribe(CHANNEL)
            while not self.bell.ended:
                if word := await words.get_message(ignore_subscribe_messages=True, timeout=1.0):
                    self._pass_on(str(word["data"]))

    def _pass_on(self, word: str) -> None:
        _, _, ref = word.partition(" ")
        if ref:
            self.feed.whisper({"type": "typing", "ref": ref, "agent": None})
