"""One piece of work on the records: what it changes, tells the desks,
and commands `bot` is stored together or not at all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.contracts import AnyCommand
from tickets.domain.hours import Hours
from tickets.domain.queue import Place, queue_key
from tickets.errors import Unknown
from tickets.services.changes import Changes
from tickets.services.views import due_at, lines
from tickets.storage.database import Database
from tickets.storage.models import Audit, Customer, DeskEvent, Outbox, Ticket


class Work:
    """One transaction, with what it will tell the desks and `bot`."""

    def __init__(self, session: AsyncSession, hours: Hours) -> None:
        self.session = session
        self.hours = hours
        self.now = datetime.now(UTC)
        self.events: list[dict[str, Any]] = []
        #: Whether anybody waits for what this changes.
        self.rings = True
        self._touched: dict[str, Ticket] = {}

    async def find(self, ref: str) -> Ticket | None:
        """The ticket, locked until the work ends: who reads it here decides upon what nobody else can change."""
        query = select(Ticket).where(Ticket.ref == ref).with_for_update().execution_options(populate_existing=True)
        await self.session.flush()
        return (await self.session.scalars(query)).one_or_none()

    async def ticket(self, ref: str) -> Ticket:
        """As `find`. Raises `Unknown`."""
        if (ticket := await self.find(ref)) is None:
            raise Unknown("unknown_ticket", f"There is no ticket {ref}.")
        return ticket

    def touch(self, ticket: Ticket) -> None:
        """Gives the ticket its place in the queue anew and tells the desks, when the work ends."""
        self._touched[ticket.ref] = ticket

    def tell(self, type: str, **content: Any) -> None:
        self.events.append({"type": type, **content})

    def command(self, command: AnyCommand) -> None:
        """For `bot`; the relay brings it on its way after the commit."""
        row = Outbox(
            command_id=command.command_id,
            customer_id=command.customer_id,
            ref=getattr(command, "ticket_ref", ""),
            command=command.model_dump_json(),
            created_at=self.now,
        )
        self.session.add(row)

    def audit(self, action: str, subject: str, agent_id: str | None = None, **detail: Any) -> None:
        self.session.add(Audit(at=self.now, agent_id=agent_id, action=action, subject=subject, detail=detail))

    @asynccontextmanager
    async def attempt(self) -> AsyncIterator[None]:
        """A part of the work that may fail without taking the rest with it."""
        told, touched = len(self.events), dict(self._touched)
        try:
            async with self.session.begin_nested():
                yield
        except Exception:
            del self.events[told:]
            self._touched = touched
            for ticket in touched.values():
                await self.session.refresh(ticket)
            raise

    async def settle(self) -> None:
        """The last step before the commit."""
        await self.session.flush()
        for ticket in self._touched.values():
            await self._place(ticket)
        for line in await lines(self.session, list(self._touched.values())):
            self.tell("ticket", ref=line.ref, ticket=line.model_dump(mode="json"))
        await self.session.flush()

    async def _place(self, ticket: Ticket) -> None:
        place = Place(ticket.id, ticket.reason, ticket.priority, ticket.created_at, due_at(ticket), ticket.done_at)
        ticket.queue_key = queue_key(place)
        customer = await self.session.get(Customer, ticket.customer_id)
        ticket.folded = f"{ticket.ref} {customer.name if customer else ''} {ticket.wanted}".casefold()


class Records:
    """The database with the rules around it."""

    def __init__(self, database: Database, hours: Hours, changes: Changes) -> None:
        self.database = database
        self.hours = hours
        self.changes = changes

    def read(self) -> AbstractAsyncContextManager[AsyncSession]:
        return self.database.read()

    @asynccontextmanager
    async def work(self) -> AsyncIterator[Work]:
        async with self.database.write() as session:
            work = Work(session, self.hours)
            yield work
            await work.settle()
            if work.events:
                await self.database.lock_events(session)
                await session.execute(insert(DeskEvent), [{"event": event, "at": work.now} for event in work.events])
        if work.rings:
            self.changes.ring()
