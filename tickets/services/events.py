"""What each event of `bot` does to the records. Applying an event again changes nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import select, update

from tickets.contracts import (
    EVENT,
    AngerScored,
    AnyEvent,
    CustomersMerged,
    Delivery,
    HandedOff,
    MergeUndone,
    MessageAppended,
    OwnerChanged,
    Packet,
    QuestionAsked,
    UndoRefused,
)
from tickets.domain.status import LIVE
from tickets.metrics import HANDOFFS
from tickets.services import customers
from tickets.services.commands import take_up_again
from tickets.services.lifecycle import move, start_clocks
from tickets.services.threads import find_message, order, reads_now, row_of, said, tell_message, words
from tickets.services.work import Work
from tickets.storage import models

#: Over how many of a customer's last messages the queue shows the strongest anger.
_ANGER_WINDOW = 3
#: How far a message has come: a receipt that arrives late does not take it back.
_FAR = {"sending": 0, "sent": 1, "delivered": 2, "seen": 3}


class EventRefused(Exception):
    """The event contradicts the records; it is kept aside for a person to look at."""


async def apply(work: Work, event: AnyEvent, stream_id: str) -> None:
    """Does what the event says. Raises `EventRefused`."""
    await _APPLY[type(event)](work, event, stream_id)


async def apply_kept(work: Work, kept: models.PoisonEvent) -> None:
    """Applies an event that was kept aside, which then is no more. Raises `ValidationError` or `EventRefused`."""
    await apply(work, EVENT.validate_json(kept.raw), kept.stream_id)
    await work.session.delete(kept)


async def _handed_off(work: Work, event: HandedOff, stream_id: str) -> None:
    packet = event.packet
    if known := await work.find(packet.ref):
        if known.created_at != packet.created_at:
            raise EventRefused(f"{packet.ref} belongs to another handoff already")
        return
    owner = await customers.kept_id(work.session, event.customer_id)
    if owner == event.customer_id:
        await customers.remember(work, packet.customer)
    else:
        await customers.joined_later(work, event.customer_id, packet.ref)
    ticket = _ticket(owner, event.epoch, packet)
    start_clocks(ticket, work.hours)
    work.session.add(ticket)
    await _keep_thread(work, ticket, packet)
    work.audit("ticket.handed_off", ticket.ref, reason=ticket.reason)
    work.touch(ticket)
    HANDOFFS.labels(ticket.reason).inc()


def _ticket(customer_id: str, epoch: int, packet: Packet) -> models.Ticket:
    return models.Ticket(
        ref=packet.ref,
        customer_id=customer_id,
        status="open",
        resolution="",
        epoch=epoch,
        reason=packet.reason,
        priority=packet.priority,
        language=packet.language,
        channel=packet.channel,
        wanted=packet.wanted,
        anger=packet.anger.score,
        last_text="",
        last_author="",
        packet=packet.model_dump(mode="json", exclude={"thread"}),
        created_at=packet.created_at,
    )


async def _keep_thread(work: Work, ticket: models.Ticket, packet: Packet) -> None:
    """Stores the packet's thread beside what arrived before its ticket did."""
    await work.session.flush()
    query = select(models.Message).where(models.Message.ref == ticket.ref)
    early = (await work.session.scalars(query)).all()
    known = {row.message_id for row in early}
    scores = dict(packet.anger.trend)
    for message in packet.thread:
        if message.id not in known:
            known.add(message.id)
            row = row_of(ticket.ref, message)
            row.anger = scores.get(message.cursor, message.anger)
            work.session.add(row)
        said(ticket, message.author, words(message.text, message.attachments), message.at)
    for row in early:
        said(ticket, row.author, words(row.text, row.attachments), row.at)


async def _appended(work: Work, event: MessageAppended, stream_id: str) -> None:
    ticket, message = await work.find(event.ticket_ref), event.message
    if message.change:
        await _changed(work, ticket, event)
        return
    row = await find_message(work, event.ticket_ref, message.id)
    if row is None:
        row = row_of(event.ticket_ref, message)
        work.session.add(row)
    elif row.cursor is None:
        row.cursor, row.channel, row.at = message.cursor, message.channel, message.at
        row.place_ms, row.place_seq = order(message.cursor)
    else:
        return
    await tell_message(work, row)
    if ticket is None:
        return
    said(ticket, message.author, words(message.text, message.attachments), message.at)
    if message.author == "customer":
        await _customer_wrote(work, ticket, message.channel)
    work.touch(ticket)


async def _changed(work: Work, ticket: models.Ticket | None, event: MessageAppended) -> None:
    """The customer edited or deleted what they wrote: it reads otherwise, and what it said is kept for the agent."""
    row = await find_message(work, event.ticket_ref, event.message.changes)
    if row is None or not reads_now(row, event.message):
        return
    # What an agent said of the former words says nothing of these.
    row.anger_label = None
    work.audit(f"message.{event.message.change}", event.ticket_ref, message_id=row.message_id)
    await tell_message(work, row)
    if ticket is None:
        return
    if ticket.last_author == row.author and ticket.last_at == row.at:
        ticket.last_text = row.text
    work.touch(ticket)


async def _customer_wrote(work: Work, ticket: models.Ticket, channel: str) -> None:
    ticket.channel = channel
    if ticket.status in LIVE:
        move(ticket, "customer_wrote", work.now, work.hours)
    elif ticket.status == "resolved":
        # Written before `bot` heard that the ticket is done, so the assistant kept silent: nobody else would answer.
        await take_up_again(work, ticket)


async def _owner_changed(work: Work, event: OwnerChanged, stream_id: str) -> None:
    if event.command_id:
        own = models.Outbox.command_id == event.command_id
        await work.session.execute(update(models.Outbox).where(own).values(applied_at=work.now))
    ticket = await work.find(event.ticket_ref)
    if ticket is None or event.epoch <= ticket.epoch:
        return
    ticket.epoch = event.epoch
    # Without a command it was not the desk: the thread went back to the assistant by itself.
    if event.owner == "bot" and not event.command_id and ticket.status in LIVE:
        move(ticket, "handback", work.now, work.hours)
        ticket.resolution = "handed_back"
        work.touch(ticket)


async def _delivered(work: Work, event: Delivery, stream_id: str) -> None:
    stream = order(stream_id)
    query = select(models.Delivery).where(
        models.Delivery.ref == event.ticket_ref, models.Delivery.cursor == event.cursor
    )
    row = (await work.session.scalars(query)).one_or_none()
    if row is None:
        row = models.Delivery(ref=event.ticket_ref, cursor=event.cursor, client_id=event.client_id, state="sending")
        work.session.add(row)
    elif stream <= (row.stream_ms, row.stream_seq) or _is_late(row.state, event.state):
        return
    row.state, row.reason, row.at = event.state, event.reason, work.now
    row.stream_ms, row.stream_seq = stream
    message = await find_message(work, event.ticket_ref, event.cursor)
    said_to = {"id": message.message_id if message else None, "client_id": event.client_id}
    work.tell("delivery", ref=event.ticket_ref, state=event.state, reason=event.reason, **said_to)


def _is_late(known: str, state: str) -> bool:
    if state in ("failed", "skipped"):
        return known in ("delivered", "seen")
    return known in _FAR and _FAR[state] < _FAR[known]


async def _scored(work: Work, event: AngerScored, stream_id: str) -> None:
    row = await find_message(work, event.ticket_ref, event.cursor)
    if row is not None and (row.anger is None or event.anew):
        row.anger, row.anger_evidence = event.score, list(event.evidence)
        await tell_message(work, row)
    ticket = await work.find(event.ticket_ref)
    if ticket is None:
        return
    anger: dict[str, Any] = ticket.packet["anger"]
    trend = [*anger["trend"]]
    known = next((at for at, (cursor, _) in enumerate(trend) if cursor == event.cursor), None)
    if (known is None) is event.anew:
        return
    if known is None:
        trend.append([event.cursor, event.score])
    else:
        trend[known] = [event.cursor, event.score]
    if known in (None, len(trend) - 1):
        anger = {**anger, "score": event.score, "evidence": list(event.evidence)}
    ticket.packet = {**ticket.packet, "anger": {**anger, "trend": trend}}
    ticket.anger = max(score for _, score in trend[-_ANGER_WINDOW:])
    work.touch(ticket)


async def _asked(work: Work, event: QuestionAsked, stream_id: str) -> None:
    query = select(models.Question).where(
        models.Question.customer_id == event.customer_id, models.Question.cursor == event.cursor
    )
    row = (await work.session.scalars(query)).one_or_none()
    if row is None:
        row = models.Question(customer_id=event.customer_id, cursor=event.cursor, embedding="")
        work.session.add(row)
    elif event.at < row.at:
        return
    row.language, row.channel, row.text, row.outcome = event.language, event.channel, event.text, event.outcome
    row.articles, row.confidence, row.at = list(event.articles), event.confidence, event.at
    row.given, row.rejected = list(event.given), list(event.rejected)
    row.ref = event.ticket_ref or row.ref
    row.embedding = event.embedding or row.embedding


async def _merged(work: Work, event: CustomersMerged, stream_id: str) -> None:
    await customers.merged(work, event)


async def _unmerged(work: Work, event: MergeUndone, stream_id: str) -> None:
    await customers.unmerged(work, event)


async def _undo_refused(work: Work, event: UndoRefused, stream_id: str) -> None:
    detail = {"merge_id": event.merge_id, "reason": event.reason}
    work.audit("customer.unmerge_refused", event.customer_id, event.agent_id, **detail)
    work.tell("undo_refused", customer_id=event.customer_id, agent_id=event.agent_id, **detail)


_APPLY: dict[type, Callable[[Work, Any, str], Awaitable[None]]] = {
    HandedOff: _handed_off,
    MessageAppended: _appended,
    OwnerChanged: _owner_changed,
    Delivery: _delivered,
    AngerScored: _scored,
    QuestionAsked: _asked,
    CustomersMerged: _merged,
    MergeUndone: _unmerged,
    UndoRefused: _undo_refused,
}
