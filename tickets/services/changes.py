"""Wakes whoever waits for changes of the records, and says when it is time to end.

A ring is a poke, never the truth: that is in the database. Workers end by themselves between two steps:
cancelling one in the middle of a query would leave the driver's connection, and with it the process, waiting for ever.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import structlog
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError

log = structlog.get_logger()

LONGEST_PAUSE = 10.0


class Bell:
    """What one listener waits at."""

    def __init__(self, only_at_the_end: bool) -> None:
        self.only_at_the_end = only_at_the_end
        self.ended = False
        self._rung = asyncio.Event()

    def ring(self) -> None:
        self._rung.set()

    async def wait(self, seconds: float) -> None:
        """Until the next ring, at most `seconds`: another process may have changed something without ringing here."""
        if self.ended:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._rung.wait()
        self._rung.clear()


class Changes:
    """All bells of the process."""

    def __init__(self) -> None:
        self._bells: list[Bell] = []

    def listen(self, only_at_the_end: bool = False) -> Bell:
        bell = Bell(only_at_the_end)
        self._bells.append(bell)
        return bell

    def ring(self) -> None:
        for bell in self._bells:
            if not bell.only_at_the_end:
                bell.ring()

    def end(self) -> None:
        for bell in self._bells:
            bell.ended = True
            bell.ring()


async def keep_going(name: str, bell: Bell, step: Callable[[], Awaitable[object]]) -> None:
    """Repeats the step until the end. One that fails is logged and tried again, ever more slowly up to ten seconds."""
    pause = 0.5
    while not bell.ended:
        try:
            await step()
        except (RedisError, OSError, DBAPIError) as error:
            log.warning(f"{name}.away", error=type(error).__name__)
        except Exception:
            log.exception(f"{name}.failed")
        else:
            pause = 0.5
            continue
        await bell.wait(pause)
        pause = min(LONGEST_PAUSE, pause * 2)
