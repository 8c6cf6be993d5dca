"""What the desk is shown: the shapes of the API's answers and of the sockets' events, and how rows become them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.contracts import ArticleLink, Attachment, Author, Choice, Former, Language, Reason, Route
from tickets.domain.status import Status
from tickets.storage.models import Agent, Customer, Delivery, Message, Ticket

Priority = Literal["low", "normal", "high", "urgent"]
#: `sending` is on its way through us, the rest is what the channel said.
DeliveryState = Literal["sending", "sent", "delivered", "seen", "failed", "skipped"]
AngerLabel = Literal["calm", "complaint", "frustrated", "angry"]
_LAST_WORDS = 200


class Person(BaseModel):
    id: str
    name: str


class LastWords(BaseModel):
    text: str
    author: Author
    at: datetime


class TicketLine(BaseModel):
    """A ticket as one line of the queue."""

    ref: str
    status: Status
    #: resolved or handed_back, once it is done.
    resolution: str
    customer: Person
    assignee: Person | None
    reason: Reason
    priority: Priority
    language: Language
    #: Where the customer wrote last.
    channel: str
    wanted: str
    anger: float
    last: LastWords | None
    created_at: datetime
    #: The next date of the SLA; null while its clock stands.
    due_at: datetime | None
    snoozed_until: datetime | None


class MessageView(BaseModel):
    id: str
    #: Its place in the thread; null for a note, and for a reply that has not joined the thread yet.
    cursor: str | None
    author: Author
    author_name: str
    channel: str
    text: str
    choices: list[Choice]
    article: ArticleLink | None
    attachments: list[Attachment]
    anger: float | None
    anger_evidence: list[str]
    anger_label: AngerLabel | None
    client_id: str | None
    #: What it said before the customer edited it, oldest first; once they took it back, all that it said.
    former: list[Former]
    deleted_at: datetime | None
    private: bool
    at: datetime
    state: DeliveryState | None
    reason: str


class PastTicket(BaseModel):
    ref: str
    status: Status
    wanted: str
    reason: Reason
    created_at: datetime


class MergeView(BaseModel):
    id: str
    merged_id: str
    #: The identities that came along, e.g. ``telegram:4711``.
    brought: list[str]
    #: How it was proven that both are one.
    proof: str
    at: datetime
    undone_at: datetime | None


class TicketView(TicketLine):
    messages: list[MessageView]
    #: The handoff packet; its thread is `messages`.
    packet: dict[str, Any]
    past: list[PastTicket]
    #: Others who turned out to be this customer.
    merges: list[MergeView]
    #: The way that a reply would go now; null when `bot` has not told it.
    route: Route | None


def due_at(ticket: Ticket) -> datetime | None:
    return ticket.resolution_due_at if ticket.responded_at else ticket.response_due_at


async def lines(session: AsyncSession, tickets: Sequence[Ticket]) -> list[TicketLine]:
    """The tickets as lines of the queue, in the given order."""
    customers = await _names(session, Customer, {one.customer_id for one in tickets})
    agents = await _names(session, Agent, {one.assignee_id for one in tickets if one.assignee_id})
    return [_line(one, customers, agents) for one in tickets]


async def _names(session: AsyncSession, table: type[Customer] | type[Agent], ids: Iterable[str]) -> dict[str, str]:
    wanted = list(ids)
    if not wanted:
        return {}
    rows = await session.execute(select(table.id, table.name).where(table.id.in_(wanted)))
    return dict(rows.all())


def _line(ticket: Ticket, customers: dict[str, str], agents: dict[str, str]) -> TicketLine:
    assignee = ticket.assignee_id and Person(id=ticket.assignee_id, name=agents.get(ticket.assignee_id, ""))
    last = ticket.last_at and {
        "text": ticket.last_text[:_LAST_WORDS],
        "author": ticket.last_author,
        "at": ticket.last_at,
    }
    return TicketLine.model_validate(
        {
            "customer": Person(id=ticket.customer_id, name=customers.get(ticket.customer_id, "")),
            "assignee": assignee or None,
            "last": last or None,
            "due_at": due_at(ticket),
            **{name: getattr(ticket, name) for name in _SAME},
        }
    )


_SAME = "ref status resolution reason priority language channel wanted anger created_at snoozed_until".split()


async def messages(session: AsyncSession, ref: str) -> list[MessageView]:
    """The thread as the ticket knows it, with notes, in order."""
    order = (Message.place_ms, Message.place_seq, Message.id)
    rows = (await session.scalars(select(Message).where(Message.ref == ref).order_by(*order))).all()
    deliveries = {one.cursor: one for one in await session.scalars(select(Delivery).where(Delivery.ref == ref))}
    return [message_view(row, deliveries.get(row.cursor or "")) for row in rows]


def message_view(row: Message, delivery: Delivery | None) -> MessageView:
    state, reason = delivery_state(row, delivery)
    return MessageView.model_validate(
        {
            "id": row.message_id,
            "state": state,
            "reason": reason,
            **{name: getattr(row, name) for name in MessageView.model_fields if name not in ("id", "state", "reason")},
        }
    )


def delivery_state(row: Message, delivery: Delivery | None) -> tuple[DeliveryState | None, str]:
    """What the agent reads about a message's way to the customer; nothing about what did not go out."""
    if delivery is not None:
        return DELIVERY_STATES[delivery.state], delivery.reason
    if row.author != "agent" or row.private:
        return None, ""
    # On the web the customer reads the thread itself: joining it is all the sending there is.
    return ("sent" if row.cursor and row.channel == "web" else "sending"), ""


DELIVERY_STATES: dict[str, DeliveryState] = {
    "sending": "sending",
    "sent": "sent",
    "delivered": "delivered",
    "seen": "seen",
    "failed": "failed",
    "skipped": "skipped",
}
