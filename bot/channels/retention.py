"""How long the shelf keeps files. Looked at now and then: nobody has to come by for an old one to go."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from pathlib import Path

import structlog
from redis.exceptions import RedisError

from bot.channels.files import Files
from bot.channels.uploads import Uploads

log = structlog.get_logger()

LOOK_SECONDS = 3600
DAY = 24 * 3600
#: A file of the web chat is here before its message is written, by which the marks go: up to so much later.
GRACE = DAY
#: Files that are taken away between two looks at the folder.
AT_ONCE = 500


class Retention:
    def __init__(self, files: Files, uploads: Uploads, kept_days: int) -> None:
        """`kept_days`: how long a file is kept after its message; 0 for ever."""
        self.files = files
        self.uploads = uploads
        self.kept_days = kept_days

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
        if self.kept_days:
            before, count = time.time() - self.kept_days * DAY - GRACE, 0
            while old := await asyncio.to_thread(_older, self.files.folder, before):
                for id in old:
                    await self.files.expire(id)
                count += len(old)
            if count:
                log.info("retention.expired", files=count)


def _older(folder: Path, before: float) -> list[str]:
    """Ids of files on the shelf that were last written before that, not more than `AT_ONCE`."""
    found: list[str] = []
    for entry in _entries(folder):
        if entry.is_file() and entry.stat().st_mtime < before:
            found.append(entry.name)
            if len(found) == AT_ONCE:
                break
    return found


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    for shelf in folder.glob("[0-9a-f][0-9a-f]"):
        with os.scandir(shelf) as entries:
            yield from entries
