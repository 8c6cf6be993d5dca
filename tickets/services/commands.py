"""What agents do with tickets. Each action is one transaction: it happens, and `bot` will hear of it, or neither."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import select

from runtime.message_text import MAX_TEXT, cleaned
from tickets.contracts import AgentMessage, Attachment, OwnerCommand, RetryDelivery
from tickets.domain.status import LIVE
from tickets.errors import Conflict, DeskError, Unknown
from tickets.metrics import TIME_TO_CLAIM
from tickets.services.lifecycle import move
from tickets.services.threads import delivery_of, find_message, own_row, said, tell_message, words
from tickets.services.uploads import take
from tickets.services.views import MessageView, Person, TicketLine, lines, message_view
from tickets.services.work import Records, Work
from tickets.storage.models import Agent, Ticket

LONGEST_SNOOZE = timedelta(days=365)
OwnerAction = Literal["claim", "release", "assign", "handback", "resolve", "reopen"]


class Commands:
    """What agents do with their tickets."""

    def __init__(self, records: Records) -> None:
        self.records = records

    async def claim(self, agent: Agent, ref: str) -> TicketLine:
        """Compare and set: of two agents one has it, the other gets `Conflict` with who that is."""
        async with self.records.work() as work:
            ticket = await work.ticket(ref)
            if ticket.status in LIVE and ticket.assignee_id not in (None, agent.id):
                raise await _taken(work, ticket)
            if ticket.assignee_id is None or ticket.status not in LIVE:
                move(ticket, "claim", work.now, work.hours)
                _give(work, ticket, agent)
                _order(work, ticket, "claim", agent, by=agent)
            return await _line(work, ticket)

    async def release(self, agent: Agent, ref: str) -> TicketLine:
        async with self.records.work() as work:
            ticket = await _own(work, agent, ref)
            move(ticket, "release", work.now, work.hours)
            ticket.assignee_id = None
            _order(work, ticket, "release", None, by=agent)
            return await _line(work, ticket)

    async def assign(self, agent: Agent, ref: str, to: str) -> TicketLine:
        async with self.records.work() as work:
            ticket = await work.ticket(ref)
            if ticket.assignee_id not in (None, agent.id) and agent.role != "admin":
                raise await _taken(work, ticket)
            target = await work.session.get(Agent, to)
            if target is None or target.disabled:
                raise Unknown("unknown_agent", "There is no such agent, or their account is disabled.")
            if ticket.assignee_id != target.id or ticket.status not in LIVE:
                move(ticket, "assign", work.now, work.hours)
                _give(work, ticket, target)
                _order(work, ticket, "assign", target, by=agent)
            return await _line(work, ticket)

    async def resolve(self, agent: Agent, ref: str) -> TicketLine:
        return await self._end(agent, ref, "resolve", "resolved")

    async def hand_back(self, agent: Agent, ref: str) -> TicketLine:
        return await self._end(agent, ref, "handback", "handed_back")

    async def _end(self, agent: Agent, ref: str, action: Literal["resolve", "handback"], resolution: str) -> TicketLine:
        async with self.records.work() as work:
            ticket = await _own(work, agent, ref)
            move(ticket, action, work.now, work.hours)
            ticket.resolution = resolution
            _order(work, ticket, action, agent, by=agent)
            return await _line(work, ticket)

    async def reopen(self, agent: Agent, ref: str) -> TicketLine:
        """The ticket goes to who reopens it, unless the customer has another one under way: a thread has one owner."""
        async with self.records.work() as work:
            ticket = await work.ticket(ref)
            if ticket.status == "resolved" and (other := await _other_live(work, ticket)):
                raise Conflict("other_ticket", f"The customer's ticket {other} is under way; go on there.", other=other)
            move(ticket, "reopen", work.now, work.hours)
            _give(work, ticket, agent)
            _order(work, ticket, "reopen", agent, by=agent)
            return await _line(work, ticket)

    async def snooze(self, agent: Agent, ref: str, until: datetime) -> TicketLine:
        async with self.records.work() as work:
            ticket = await _own(work, agent, ref)
            if not work.now < until <= work.now + LONGEST_SNOOZE:
                raise DeskError("bad_until", "`until` must lie in the future, within a year.")
            move(ticket, "snooze", work.now, work.hours)
            ticket.snoozed_until = until
            work.audit("ticket.snooze", ref, agent.id, until=until.isoformat())
            work.touch(ticket)
            return await _line(work, ticket)

    async def wake(self, agent: Agent, ref: str) -> TicketLine:
        """Ends a rest before its time; who has the ticket keeps it, so nobody outside need be told."""
        async with self.records.work() as work:
            ticket = await _own(work, agent, ref)
            move(ticket, "wake", work.now, work.hours)
            work.audit("ticket.wake", ref, agent.id)
            work.touch(ticket)
            return await _line(work, ticket)

    async def write(
        self,
        agent: Agent,
        ref: str,
        client_id: str,
        text: str,
        private: bool,
        channel: str = "",
        files: list[str] | None = None,
    ) -> tuple[MessageView, bool]:
        """Stores a note, or a reply together with its command and files. Returns the message, and whether it is new."""
        kept = clean(text) if text.strip() or not files else ""
        if private and files:
            raise DeskError("note_files", "A note takes no files; attach them to a reply.")
        async with self.records.work() as work:
            ticket = await work.ticket(ref)
            if row := await find_message(work, ref, client_id):
                return message_view(row, await delivery_of(work, ref, row.cursor)), False
            attached: tuple[Attachment, ...] = ()
            if not private:
                await _must_have(work, ticket, agent)
                attached = await take(work, ref, files or [], client_id)
                await _reply(work, ticket, agent, client_id, kept, channel, attached)
            way = "" if private else channel or ticket.channel
            more = {"channel": way, "private": private, "agent_id": agent.id, "author_name": agent.name}
            more["attachments"] = [one.model_dump(mode="json") for one in attached]
            row = own_row(ref, client_id, work.now, kept, **more)
            work.session.add(row)
            work.touch(ticket)
            await tell_message(work, row)
            return message_view(row, None), True

    async def retry(self, agent: Agent, ref: str, name: str) -> MessageView:
        """Has a dead letter tried again; `name` is the message's cursor or client id."""
        async with self.records.work() as work:
            ticket = await work.ticket(ref)
            row = await find_message(work, ref, name)
            if row is None or row.cursor is None:
                raise Unknown("unknown_message", "There is no such message in the thread.")
            delivery = await delivery_of(work, ref, row.cursor)
            if delivery is None or delivery.state != "failed":
                raise Conflict("not_failed", "The message has not failed.")
            delivery.state, delivery.reason = "sending", ""
            command = RetryDelivery(
                command_id=_new_id(),
                customer_id=ticket.customer_id,
                ticket_ref=ref,
                cursor=row.cursor,
                agent_id=agent.id,
                agent_name=agent.name,
                at=work.now,
            )
            work.command(command)
            work.audit("message.retry", ref, agent.id, cursor=row.cursor)
            state = {"id": row.message_id, "client_id": row.client_id, "state": "sending", "reason": ""}
            work.tell("delivery", ref=ref, **state)
            return message_view(row, delivery)


def clean(text: str) -> str:
    """The text without control characters (newline and tab stay). Raises `DeskError` when it can't be sent."""
    kept = cleaned(text)
    if not kept:
        raise DeskError("empty_message", "The message has no text.")
    if len(kept) > MAX_TEXT:
        raise DeskError(
            "message_too_long",
            f"The message has {len(kept)} characters; at most {MAX_TEXT} are taken.",
            length=len(kept),
            most=MAX_TEXT,
        )
    return kept


async def take_up_again(work: Work, ticket: Ticket) -> None:
    """A customer wrote although the ticket was done already: who had it has it again."""
    agent = await work.session.get(Agent, ticket.assignee_id) if ticket.assignee_id else None
    if await _other_live(work, ticket):
        return
    move(ticket, "reopen", work.now, work.hours)
    if agent is None or agent.disabled:
        ticket.assignee_id = None
        _order(work, ticket, "release", None, by=None)
    else:
        _order(work, ticket, "reopen", agent, by=None)


async def give_back_all(work: Work, agent: Agent, by: Agent) -> None:
    """The tickets of an agent who leaves go back to the queue."""
    query = select(Ticket).where(Ticket.assignee_id == agent.id, Ticket.status.in_(LIVE)).with_for_update()
    for ticket in (await work.session.scalars(query)).all():
        move(ticket, "release", work.now, work.hours)
        ticket.assignee_id = None
        _order(work, ticket, "release", None, by=by)


async def _reply(
    work: Work, ticket: Ticket, agent: Agent, client_id: str, text: str, channel: str, attached: tuple[Attachment, ...]
) -> None:
    move(ticket, "reply", work.now, work.hours)
    ticket.responded_at = ticket.responded_at or work.now
    said(ticket, "agent", words(text, attached), work.now)
    command = AgentMessage(
        command_id=_new_id(),
        customer_id=ticket.customer_id,
        ticket_ref=ticket.ref,
        client_id=client_id,
        agent_id=agent.id,
        agent_name=agent.name,
        text=text,
        channel=channel,
        attachments=attached,
        at=work.now,
    )
    work.command(command)


async def _own(work: Work, agent: Agent, ref: str) -> Ticket:
    ticket = await work.ticket(ref)
    if agent.role != "admin" or ticket.assignee_id is None:
        await _must_have(work, ticket, agent)
    return ticket


async def _must_have(work: Work, ticket: Ticket, agent: Agent) -> None:
    if ticket.assignee_id is None:
        raise Conflict("not_claimed", "Claim the ticket first.")
    if ticket.assignee_id != agent.id:
        raise await _taken(work, ticket)


async def _taken(work: Work, ticket: Ticket) -> Conflict:
    other = await work.session.get(Agent, ticket.assignee_id)
    person = Person(id=other.id, name=other.name) if other else Person(id="", name="")
    return Conflict("taken", f"{person.name} has this ticket.", assignee=person.model_dump())


async def _other_live(work: Work, ticket: Ticket) -> str | None:
    same = (Ticket.customer_id == ticket.customer_id, Ticket.ref != ticket.ref, Ticket.status.in_(LIVE))
    return (await work.session.scalars(select(Ticket.ref).where(*same).limit(1))).one_or_none()


def _give(work: Work, ticket: Ticket, agent: Agent) -> None:
    ticket.assignee_id = agent.id
    if ticket.claimed_at is None:
        ticket.claimed_at = work.now
        TIME_TO_CLAIM.observe(max(0.0, (work.now - ticket.created_at).total_seconds()))


def _order(work: Work, ticket: Ticket, action: OwnerAction, agent: Agent | None, by: Agent | None) -> None:
    """Tells `bot` who owns the thread now, and writes down who did it."""
    command = OwnerCommand(
        command_id=_new_id(),
        customer_id=ticket.customer_id,
        ticket_ref=ticket.ref,
        action=action,
        agent_id=agent.id if agent else "",
        agent_name=agent.name if agent else "",
        at=work.now,
    )
    work.command(command)
    work.audit(f"ticket.{action}", ticket.ref, by.id if by else None, agent=agent.id if agent else None)
    work.touch(ticket)


async def _line(work: Work, ticket: Ticket) -> TicketLine:
    await work.session.flush()
    return (await lines(work.session, [ticket]))[0]


def _new_id() -> str:
    return str(uuid.uuid4())
