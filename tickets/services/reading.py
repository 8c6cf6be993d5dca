"""What the desk asks for: pages of the queue, one ticket with everything, one customer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel
from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.contracts import Route
from tickets.errors import Unknown
from tickets.services import views
from tickets.services.customers import kept_id
from tickets.services.views import MergeView, PastTicket, TicketLine, TicketView
from tickets.storage.models import AngerCorrection, Customer, Merge, Message, PoisonEvent, Ticket

PAST_SHOWN = 50


class Page(BaseModel):
    items: list[TicketLine]
    #: Give it back to get the next page; null on the last one.
    cursor: str | None


class CustomerView(BaseModel):
    id: str
    name: str
    identities: list[dict[str, Any]]
    consents: dict[str, Any]
    tickets: list[PastTicket]
    merges: list[MergeView]


async def page(
    session: AsyncSession, *, statuses: Sequence[str], assignee: str | None, none: bool, q: str, cursor: str, limit: int
) -> Page:
    """Tickets in the order of the queue. `assignee` is an agent's id; `none` asks for tickets that nobody has."""
    query = select(Ticket).order_by(Ticket.queue_key).limit(limit + 1)
    if statuses:
        query = query.where(Ticket.status.in_(statuses))
    if none:
        query = query.where(Ticket.assignee_id.is_(None))
    elif assignee:
        query = query.where(Ticket.assignee_id == assignee)
    for word in q.casefold().split():
        query = query.where(_mentions(word))
    if cursor:
        query = query.where(Ticket.queue_key > cursor)
    found = list(await session.scalars(query))
    items = await views.lines(session, found[:limit])
    return Page(items=items, cursor=found[limit - 1].queue_key if len(found) > limit else None)


def _mentions(word: str) -> ColumnElement[bool]:
    pattern = "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    in_thread = select(Message.id).where(and_(Message.ref == Ticket.ref, Message.folded.like(pattern, escape="\\")))
    return or_(Ticket.folded.like(pattern, escape="\\"), in_thread.exists())


async def ticket(session: AsyncSession, ref: str, route: Route | None) -> TicketView:
    row = await find(session, ref)
    line = (await views.lines(session, [row]))[0]
    customer = await session.get(Customer, row.customer_id)
    packet = {**row.packet}
    if customer:
        # Identities and consents as they are now: a merge may have brought more.
        packet["customer"] = _card(customer)
    return TicketView(
        **line.model_dump(),
        messages=await views.messages(session, ref),
        packet=packet,
        past=await _past(session, row.customer_id, without=ref),
        merges=await _merges(session, row.customer_id),
        route=route,
    )


async def find(session: AsyncSession, ref: str) -> Ticket:
    row = (await session.scalars(select(Ticket).where(Ticket.ref == ref))).one_or_none()
    if row is None:
        raise Unknown("unknown_ticket", f"There is no ticket {ref}.")
    return row


async def file_of(session: AsyncSession, ref: str, file_id: str) -> str:
    """The id of a file, once it is sure that a message of this ticket carries it."""
    rows = await session.scalars(select(Message.attachments).where(Message.ref == ref))
    if not any(one["id"] == file_id for attachments in rows for one in attachments):
        raise Unknown("unknown_file", f"There is no such file in {ref}.")
    return file_id


def owner_of(ref: str) -> Select[str, str | None]:
    """Asks for a ticket's customer and assignee."""
    return select(Ticket.customer_id, Ticket.assignee_id).where(Ticket.ref == ref)


async def customer(session: AsyncSession, customer_id: str) -> CustomerView:
    """The customer, or who they were merged into."""
    row = await session.get(Customer, await kept_id(session, customer_id))
    if row is None:
        raise Unknown("unknown_customer", "There is no such customer.")
    return CustomerView(**_card(row), tickets=await _past(session, row.id), merges=await _merges(session, row.id))


async def _merges(session: AsyncSession, customer_id: str) -> list[MergeView]:
    rows = await session.scalars(select(Merge).where(Merge.customer_id == customer_id).order_by(Merge.at))
    return [_merge(one) for one in rows]


def _merge(row: Merge) -> MergeView:
    same = {name: getattr(row, name) for name in MergeView.model_fields if name != "brought"}
    return MergeView(brought=list(row.before.get("brought", ())), **same)


def _card(row: Customer) -> dict[str, Any]:
    return {"id": row.id, "name": row.name, "identities": row.identities, "consents": row.consents}


async def _past(session: AsyncSession, customer_id: str, without: str = "") -> list[PastTicket]:
    query = select(Ticket).where(Ticket.customer_id == customer_id, Ticket.ref != without)
    rows = await session.scalars(query.order_by(Ticket.created_at.desc()).limit(PAST_SHOWN))
    return [PastTicket.model_validate(row, from_attributes=True) for row in rows]


async def corrections(session: AsyncSession, language: str | None) -> str:
    """Labelled examples as ``label<TAB>text`` lines with a header: what the training of the anger model reads."""
    query = select(AngerCorrection).order_by(AngerCorrection.id)
    if language:
        query = query.where(AngerCorrection.language == language)
    rows = [f"{one.label}\t{' '.join(one.text.split())}" for one in await session.scalars(query)]
    return "\n".join(["label\ttext", *rows]) + "\n"


async def poison(session: AsyncSession) -> list[PoisonEvent]:
    return list(await session.scalars(select(PoisonEvent).order_by(PoisonEvent.id.desc()).limit(200)))
