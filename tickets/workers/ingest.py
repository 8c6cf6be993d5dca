"""Brings what `bot` tells on the events streams into the records: each event once, in order, whatever ends in between.

The position in a stream is a row that moves in the transaction that stores what was read.
Several processes may do it at once: the row is a lock, and who finds it moved has nothing to do.
"""

from __future__ import annotations

import asyncio
import json
import time
from functools import partial
from typing import TypeAlias, cast

import structlog
from pydantic import ValidationError
from redis.exceptions import ResponseError
from sqlalchemy import CursorResult, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from runtime.redis import Redis
from tickets.contracts import EVENT, QuestionAsked, partitions
from tickets.metrics import EVENTS, INGEST_LAG
from tickets.services import events
from tickets.services.changes import Bell, keep_going
from tickets.services.threads import order
from tickets.services.work import Records, Work
from tickets.storage.models import PoisonEvent, Position

log = structlog.get_logger()

BATCH = 100
#: Events kept aside in a partition that are tried again when a process starts.
TAKEN_UP = 1000
START = "0-0"
#: SQLSTATE classes of what passes by itself: connection, transaction conflicts, resources, operator, system.
_PASSING = ("08", "40", "53", "55", "57", "58")

#: Stream id and fields.
Entry: TypeAlias = tuple[str, dict[str, str]]


class Ingest:
    """Reads the events streams, a partition after the other, and applies what they tell."""

    def __init__(self, redis: Redis, records: Records, bell: Bell, block_ms: int = 1000) -> None:
        self.redis = redis
        self.records = records
        self.bell = bell
        self.block_ms = block_ms
        #: How far each stream has been stored, as far as is known here: another process may be further.
        self._positions: dict[str, str] = {}
        #: Partitions whose events kept aside were tried again by this process.
        self._taken_up: set[str] = set()

    async def run(self) -> None:
        await asyncio.gather(*(keep_going("ingest", self.bell, partial(self.step, tag)) for tag in partitions()))

    async def step(self, tag: str) -> int:
        """Reads and stores the next entries, waiting for some if there are none. Returns how many were stored."""
        if (position := self._positions.get(tag)) is None:
            position = self._positions[tag] = await self._position(tag)
        if tag not in self._taken_up:
            await self._take_up(tag)
            self._taken_up.add(tag)
        answer = await self.redis.xread({f"events:{tag}": position}, count=BATCH, block=self.block_ms)
        entries: list[Entry] = answer[0][1] if answer else []
        if not entries:
            await self._notice_a_new_stream(tag, position)
        elif await self.store(tag, position, entries):
            self._positions[tag] = entries[-1][0]
            INGEST_LAG.labels(tag).set(max(0.0, time.time() - order(entries[-1][0])[0] / 1000))
            return len(entries)
        else:
            del self._positions[tag]
        return 0

    async def store(self, tag: str, position: str, entries: list[Entry]) -> bool:
        """Stores the entries and moves the position, unless another process has moved it in the meantime."""
        async with self.records.work() as work:
            mine = (Position.tag == tag, Position.position == position)
            moved = await work.session.execute(update(Position).where(*mine).values(position=entries[-1][0]))
            if cast("CursorResult[None]", moved).rowcount != 1:
                return False
            work.rings = False
            for stream_id, fields in entries:
                await self._apply(work, tag, stream_id, fields.get("event", ""))
        return True

    async def _apply(self, work: Work, tag: str, stream_id: str, raw: str) -> None:
        """One event as an attempt of its own, so that a bad one takes nothing else with it."""
        try:
            event = EVENT.validate_json(raw)
            # Nobody waits for a question: the report on them is made when somebody opens it.
            work.rings |= not isinstance(event, QuestionAsked)
            async with work.attempt():
                await events.apply(work, event, stream_id)
            EVENTS.labels(event.type, "stored").inc()
        except Exception as error:
            if _passes(error):
                raise
            work.rings = True
            await _set_aside(
                work, PoisonEvent(tag=tag, stream_id=stream_id, raw=_storable(raw), error=_why(error), at=work.now)
            )
            EVENTS.labels(_type_of(raw), "set_aside").inc()
            log.error("ingest.set_aside", partition=tag, stream_id=stream_id, error=type(error).__name__)

    async def _take_up(self, tag: str) -> None:
        """Tries again what was kept aside before this process began: an older version may not have known it."""
        async with self.records.work() as work:
            # A lock, as another process may begin in the same moment.
            await work.session.execute(update(Position).where(Position.tag == tag).values(tag=tag))
            aside = select(PoisonEvent).where(PoisonEvent.tag == tag).order_by(PoisonEvent.id).limit(TAKEN_UP)
            rows = (await work.session.scalars(aside)).all()
            work.rings = bool(rows)
            for row in rows:
                kind, stream_id = _type_of(row.raw), row.stream_id
                try:
                    async with work.attempt():
                        await events.apply_kept(work, row)
                except Exception as error:
                    if _passes(error):
                        raise
                else:
                    EVENTS.labels(kind, "taken_up").inc()
                    log.info("ingest.taken_up", partition=tag, stream_id=stream_id, type=kind)

    async def _position(self, tag: str) -> str:
        async with self.records.read() as session:
            known = await session.get(Position, tag)
        if known is not None:
            return known.position
        try:
            async with self.records.database.write() as session:
                session.add(Position(tag=tag, position=START))
        except IntegrityError:
            log.info("ingest.position_exists", partition=tag)
        return START

    async def _notice_a_new_stream(self, tag: str, position: str) -> None:
        """A Redis that lost its data begins again; if its clock is behind, its ids lie before our position."""
        try:
            last = (await self.redis.xinfo_stream(f"events:{tag}"))["last-generated-id"]
        except ResponseError:
            return
        if order(last) < order(position):
            log.warning("ingest.stream_began_anew", partition=tag, position=position, last=last)
            async with self.records.database.write() as session:
                mine = (Position.tag == tag, Position.position == position)
                await session.execute(update(Position).where(*mine).values(position=START))
            self._positions.pop(tag, None)


def _passes(error: Exception) -> bool:
    """Whether it is a state of the database that passes by itself, and not the event's fault."""
    if not isinstance(error, DBAPIError):
        return isinstance(error, OSError)
    state = str(getattr(error.orig, "sqlstate", "") or "")
    name = type(error).__name__
    return (
        error.connection_invalidated
        or state[:2] in _PASSING
        or (not state and name in ("OperationalError", "InterfaceError"))
    )


async def _set_aside(work: Work, row: PoisonEvent) -> None:
    query = select(PoisonEvent.id).where(PoisonEvent.tag == row.tag, PoisonEvent.stream_id == row.stream_id)
    if await work.session.scalar(query) is None:
        work.session.add(row)
        await work.session.flush()


def _why(error: Exception) -> str:
    """Where and what, without the event's content: that is kept beside it."""
    if isinstance(error, ValidationError):
        return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()[:5])[:1000]
    return f"{type(error).__name__}: {str(error)[:500]}".replace("\x00", "")


def _storable(raw: str) -> str:
    return raw.replace("\x00", "\\u0000")


def _type_of(raw: str) -> str:
    """For the metric: a known type or nothing, so that junk makes no new series."""
    try:
        kind = json.loads(raw).get("type")
    except (ValueError, AttributeError):
        return "unreadable"
    known = ("handoff", "message", "owner", "delivery", "anger", "question", "merged", "unmerged", "undo_refused")
    return kind if kind in known else "unknown"
