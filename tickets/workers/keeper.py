"""Keeps fresh what `bot` tells customers: whether the desk is open, their place in the queue,
the wait, who has the ticket.

The records are the truth and these keys follow: a Redis that was emptied is filled again within seconds.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from runtime.redis import Redis, Script
from tickets.contracts import DeskState, TicketState
from tickets.domain.status import LIVE
from tickets.domain.wait import expected_minutes, minutes_per_place
from tickets.metrics import OUTBOX, POISON, TICKETS
from tickets.services.changes import Bell, keep_going
from tickets.services.work import Records
from tickets.storage.models import Agent, Outbox, PoisonEvent, Ticket

STATE_KEY = "desk:state"
COUNTER_KEY = "tickets:next"
#: References are made in `bot` as F-<10000 + counter>.
FIRST_REF = 10_000
DONE_KEPT = timedelta(days=14)
#: A ticket that was done longer ago changes no more.
DONE_WATCHED = timedelta(hours=24)
RECENT_CLAIMS = 30
#: How often everything is written again, in case Redis lost it.
WHOLE_SECONDS = 15.0
#: Changes that come together are told together.
SETTLE_SECONDS = 0.05
#: KEYS: counter. ARGV: at least this.
RAISE = (
    "if tonumber(redis.call('GET', KEYS[1]) or '0') < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], ARGV[1]) end"
)


class Keeper:
    """Writes the keys that `bot` reads, where they changed."""

    def __init__(self, redis: Redis, records: Records, bell: Bell) -> None:
        self.redis = redis
        self.records = records
        self.bell = bell
        self._written: dict[str, str] = {}
        self._whole_at = 0.0
        self._raise = Script(redis, RAISE)

    async def run(self) -> None:
        await keep_going("keeper", self.bell, self._round)

    async def _round(self) -> None:
        try:
            await self.step()
        except BaseException:
            # Nobody knows what reached Redis.
            self._written.clear()
            self._whole_at = 0.0
            raise
        await asyncio.sleep(SETTLE_SECONDS)
        await self.bell.wait(2.0)

    async def step(self) -> None:
        """Writes what has changed; now and then, and after an error, everything."""
        async with self.records.read() as session:
            desk, tickets = await self._states(session)
            await _measure(session, desk)
            highest = await _highest_number(session)
        whole = time.monotonic() - self._whole_at > WHOLE_SECONDS or not await self.redis.exists(STATE_KEY)
        if whole:
            await self._raise(keys=[COUNTER_KEY], args=[highest])
        await self._write(STATE_KEY, desk.model_dump_json(), whole)
        for customer_id, state in tickets:
            if await self._write(f"desk:ticket:{state.ref}", state.model_dump_json(), whole):
                await self.redis.publish("live", customer_id)
        if whole:
            self._forget({STATE_KEY, *(f"desk:ticket:{state.ref}" for _, state in tickets)})
            self._whole_at = time.monotonic()

    async def _write(self, key: str, value: str, whole: bool) -> bool:
        """Returns whether the value is another than before."""
        changed = self._written.get(key) != value
        if changed or whole:
            await self.redis.set(key, value, ex=None if key == STATE_KEY else DONE_KEPT)
            self._written[key] = value
        return changed

    def _forget(self, known: set[str]) -> None:
        for key in self._written.keys() - known:
            del self._written[key]

    async def _states(self, session: AsyncSession) -> tuple[DeskState, list[tuple[str, TicketState]]]:
        now, hours = datetime.now(UTC), self.records.hours
        claims = select(Ticket.claimed_at).where(Ticket.claimed_at.is_not(None)).order_by(Ticket.claimed_at.desc())
        recent = [at for at in await session.scalars(claims.limit(RECENT_CLAIMS)) if at is not None]
        pace = minutes_per_place(recent, now, hours)
        shown = Ticket.status.in_(LIVE) | (Ticket.done_at > now - DONE_WATCHED)
        columns = (Ticket.ref, Ticket.customer_id, Ticket.status, Ticket.assignee_id, Agent.name)
        query = (
            select(*columns).outerjoin(Agent, Agent.id == Ticket.assignee_id).where(shown).order_by(Ticket.queue_key)
        )
        states, waiting = [], 0
        for ref, customer_id, status, assignee_id, name in await session.execute(query):
            state = TicketState(ref=ref, status=status, assignee_name=name or "")  # type: ignore[arg-type]
            if status == "open" and assignee_id is None:
                waiting += 1
                state = state.model_copy(update={"position": waiting, "eta_minutes": expected_minutes(waiting, pace)})
            states.append((customer_id, state))
        is_open = hours.is_open(now)
        opens_at = None if is_open else hours.opens_at(now)
        eta = expected_minutes(waiting + 1, pace)
        return DeskState(open=is_open, opens_at=opens_at, waiting=waiting, eta_minutes=eta), states


async def _measure(session: AsyncSession, desk: DeskState) -> None:
    counts = dict((await session.execute(select(Ticket.status, func.count()).group_by(Ticket.status))).all())
    for status in (*LIVE, "resolved", "closed"):
        TICKETS.labels(status).set(counts.get(status, 0))
    TICKETS.labels("queued").set(desk.waiting)
    unsent = select(func.count()).select_from(Outbox).where(Outbox.sent_at.is_(None))
    OUTBOX.set(await session.scalar(unsent) or 0)
    POISON.set(await session.scalar(select(func.count()).select_from(PoisonEvent)) or 0)


async def _highest_number(session: AsyncSession) -> int:
    """How far the references have come: a Redis that was emptied must not give one again."""
    longest = (
        select(Ticket.ref).where(Ticket.ref.like("F-%")).order_by(func.length(Ticket.ref).desc(), Ticket.ref.desc())
    )
    ref = await session.scalar(longest.limit(1))
    digits = ref.removeprefix("F-") if ref else ""
    return max(0, int(digits) - FIRST_REF) if digits.isdigit() else 0
