"""How long the shelf keeps files. Looked at now and then: nobody has to come by for an old one to go."""

from __future__ import annotations

import asyncio

import structlog
from redis.exceptions import RedisError

from bot.channels.uploads import Uploads

log = structlog.get_logger()

LOOK_SECONDS = 3600


class Retention:
    def __init__(self, uploads: Uploads) -> None:
        self.uploads = uploads

    async def run(self) -> None:
        """Runs for ever; any number of processes may do it."""
        while True:
            try:
                await self.look()
            except (RedisError, OSError) as error:
                log.warning("retention.store_away", error=type(error).__name__)
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Removes what is too old by now."""
        await self.uploads.remove_unsent()
