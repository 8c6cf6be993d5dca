"""Wakes whoever waits for changes of the records. A ring is a poke, never the truth: that is in the database."""

from __future__ import annotations

import asyncio
import contextlib


class Bell:
    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        self._rung.set()

    async def wait(self, seconds: float) -> None:
        """Until the next ring, at most `seconds`: another process may have changed something without ringing here."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._rung.wait()
        self._rung.clear()


class Changes:
    def __init__(self) -> None:
        self._bells: list[Bell] = []

    def listen(self) -> Bell:
        bell = Bell()
        self._bells.append(bell)
        return bell

    def ring(self) -> None:
        for bell in self._bells:
            bell.ring()
