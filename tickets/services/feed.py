"""Reads the desk events once per process and hands them to the sockets.

Their numbers are the cursors of every replay.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.services.changes import Bell, keep_going
from tickets.services.work import Records
from tickets.storage.models import DeskEvent

#: Of a socket that is not read: then it is closed, and replays from its cursor when it is back.
QUEUE_MOST = 1_000
#: A desk that missed more reads its lists anew.
REPLAY_MOST = 2_000
BATCH = 500

#: Cursor and event.
Told: TypeAlias = tuple[int, dict[str, Any]]


class Listener:
    """One socket's share of the feed."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[Told] = asyncio.Queue(QUEUE_MOST)
        self.too_slow = asyncio.Event()

    def put(self, told: Told) -> None:
        try:
            self.queue.put_nowait(told)
        except asyncio.QueueFull:
            self.too_slow.set()


class Feed:
    """Hands the desk events to all sockets of the process."""

    def __init__(self, records: Records, bell: Bell) -> None:
        self.records = records
        self.bell = bell
        self._listeners: set[Listener] = set()
        self._last: int | None = None

    @contextmanager
    def listen(self) -> Iterator[Listener]:
        listener = Listener()
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    def whisper(self, event: dict[str, Any]) -> None:
        """Something that is true for a moment only: it is not kept, has no cursor, and may get lost."""
        for listener in self._listeners:
            listener.put((0, event))

    async def run(self) -> None:
        await keep_going("feed", self.bell, self._round)

    async def _round(self) -> None:
        if not await self.step():
            await self.bell.wait(1.0)

    async def step(self) -> int:
        """Hands out the events since the last step. Returns how many."""
        async with self.records.read() as session:
            if self._last is None:
                self._last = await newest(session)
                return 0
            found = await _after(session, self._last, BATCH)
        for told in found:
            self._last = told[0]
            for listener in self._listeners:
                listener.put(told)
        return len(found)

    async def missed(self, after: int) -> tuple[bool, list[Told], int]:
        """What came after this cursor: whether it must be read anew instead, the events, the newest cursor."""
        async with self.records.read() as session:
            newest_now = await newest(session)
            oldest = await session.scalar(select(func.min(DeskEvent.id)))
            gone = oldest is not None and after < oldest - 1
            if after > newest_now or gone or newest_now - after > REPLAY_MOST:
                return True, [], newest_now
            return False, await _after(session, after, REPLAY_MOST), newest_now


async def newest(session: AsyncSession) -> int:
    return await session.scalar(select(func.max(DeskEvent.id))) or 0


async def _after(session: AsyncSession, after: int, most: int) -> list[Told]:
    query = select(DeskEvent.id, DeskEvent.event).where(DeskEvent.id > after).order_by(DeskEvent.id).limit(most)
    return [(number, event) for number, event in (await session.execute(query))]
