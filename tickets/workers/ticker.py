"""What time alone does: snoozes end, old resolved tickets close, and what nobody needs any more is removed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, func, select

from runtime.redis import Redis
from tickets.contracts import partitions
from tickets.domain.status import Action
from tickets.services.accounts import Accounts
from tickets.services.changes import Bell, keep_going
from tickets.services.lifecycle import move
from tickets.services.threads import order
from tickets.services.uploads import forget_old
from tickets.services.work import Records
from tickets.storage.models import DeskEvent, Position, Ticket
from tickets.workers.relay import Relay

#: A resolved ticket can be reopened for so long.
REOPEN_FOR = timedelta(days=14)
EVENTS_KEPT = timedelta(hours=24)
OUTBOX_KEPT = timedelta(days=30)
#: Events stay in Redis for so long after they were stored.
STREAM_KEPT = timedelta(hours=24)
CLEAN_EVERY = timedelta(minutes=10)


class Ticker:
    """Does what is due, again and again."""

    def __init__(self, redis: Redis, records: Records, accounts: Accounts, relay: Relay, bell: Bell) -> None:
        self.redis = redis
        self.records = records
        self.accounts = accounts
        self.relay = relay
        self.bell = bell
        self._clean_at = datetime.now(UTC)

    async def run(self) -> None:
        await keep_going("ticker", self.bell, self._round)

    async def _round(self) -> None:
        await self.step()
        await self.bell.wait(1.0)

    async def step(self) -> None:
        now = datetime.now(UTC)
        await self._move_all("wake", select(Ticket.ref).where(Ticket.status == "snoozed", Ticket.snoozed_until <= now))
        if now >= self._clean_at:
            self._clean_at = now + CLEAN_EVERY
            old = select(Ticket.ref).where(Ticket.status == "resolved", Ticket.done_at < now - REOPEN_FOR)
            await self._move_all("close", old)
            await self._clean(now)

    async def _move_all(self, action: Action, query: object) -> None:
        async with self.records.read() as session:
            refs = list(await session.scalars(query))  # type: ignore[call-overload]
        for ref in refs:
            async with self.records.work() as work:
                ticket = await work.ticket(ref)
                # Since it was found an agent or the customer may have been faster.
                if ticket.status == {"wake": "snoozed", "close": "resolved"}[action]:
                    move(ticket, action, work.now, work.hours)
                    work.audit(f"ticket.{action}", ref)
                    work.touch(ticket)

    async def _clean(self, now: datetime) -> None:
        async with self.records.database.write() as session:
            # The newest one stays: it says how far the cursors have come.
            newest = select(func.max(DeskEvent.id)).scalar_subquery()
            await session.execute(delete(DeskEvent).where(DeskEvent.at < now - EVENTS_KEPT, DeskEvent.id < newest))
            await forget_old(session, now)
        await self.accounts.forget_old()
        await self.relay.forget_old(now - OUTBOX_KEPT)
        async with self.records.read() as session:
            positions = {one.tag: one.position for one in await session.scalars(select(Position))}
        oldest = round((now - STREAM_KEPT).timestamp() * 1000)
        for tag in partitions():
            stored = order(positions.get(tag, "0-0"))[0]
            await self.redis.xtrim(f"events:{tag}", minid=f"{min(stored, oldest)}-0", approximate=True)
