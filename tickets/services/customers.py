"""Customers as the desk knows them, and what a merge of two of them does to their tickets."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.contracts import CustomerCard, CustomersMerged, MergeUndone
from tickets.services.work import Work
from tickets.storage.models import Customer, Merge, Ticket


async def kept_id(session: AsyncSession, customer_id: str) -> str:
    """Who this customer is now, after any number of merges."""
    seen = {customer_id}
    while True:
        customer = await session.get(Customer, customer_id)
        if customer is None or customer.kept_id is None or customer.kept_id in seen:
            return customer_id
        customer_id = customer.kept_id
        seen.add(customer_id)


async def remember(work: Work, card: CustomerCard) -> Customer:
    """Stores what a packet or merge says of a customer; an empty name does not erase a known one."""
    customer = await _row(work, card.id)
    customer.name = card.name or customer.name
    customer.identities = [dict(one) for one in card.identities]
    customer.consents = dict(card.consents)
    customer.updated_at = work.now
    return customer


async def _row(work: Work, customer_id: str) -> Customer:
    customer = await work.session.get(Customer, customer_id)
    if customer is None:
        customer = Customer(id=customer_id, name="", identities=[], consents={}, updated_at=work.now)
        work.session.add(customer)
    return customer


async def merged(work: Work, event: CustomersMerged) -> None:
    """The tickets of `merged_id` become `customer_id`'s; which ones is remembered for an undo."""
    if await work.session.get(Merge, event.merge_id):
        return
    kept, gone = await _row(work, event.customer_id), await _row(work, event.merged_id)
    merge = Merge(id=event.merge_id, customer_id=kept.id, merged_id=gone.id, proof=event.proof, at=event.at)
    merge.before = {
        "name": kept.name,
        "identities": kept.identities,
        "consents": kept.consents,
        "brought": [*event.brought],
    }
    gone.kept_id = kept.id
    tickets = await _tickets(work, gone.id)
    merge.refs = [ticket.ref for ticket in tickets]
    work.session.add(merge)
    await remember(work, event.customer)
    target = await kept_id(work.session, kept.id)
    await _give(work, tickets, target)
    work.audit("customer.merged", kept.id, merged_id=gone.id, merge_id=merge.id, proof=event.proof)


async def unmerged(work: Work, event: MergeUndone) -> None:
    """What belonged to `merged_id` is theirs again; what came since stays with the kept customer."""
    merge = await work.session.get(Merge, event.merge_id)
    if merge is None:
        # An undo that comes before its merge settles it: the merge must not take effect afterwards.
        merge = Merge(id=event.merge_id, customer_id=event.customer_id, merged_id=event.merged_id, at=event.at)
        merge.before, merge.refs = {}, []
        work.session.add(merge)
    if merge.undone_at is not None:
        return
    merge.undone_at = event.at
    target = await kept_id(work.session, merge.customer_id)
    gone = await _row(work, merge.merged_id)
    gone.kept_id = None
    await _restore_card(work, merge)
    mine = [ticket for ticket in await _tickets(work, target) if ticket.ref in merge.refs]
    await _give(work, mine, gone.id)
    work.audit("customer.unmerged", merge.customer_id, merged_id=gone.id, merge_id=merge.id)


async def joined_later(work: Work, customer_id: str, ref: str) -> None:
    """A ticket that a merged customer's stream brought after the merge: an undo gives it back too."""
    query = select(Merge).where(Merge.merged_id == customer_id, Merge.undone_at.is_(None))
    for merge in await work.session.scalars(query):
        merge.refs = [*merge.refs, ref]


async def _tickets(work: Work, customer_id: str) -> list[Ticket]:
    query = select(Ticket).where(Ticket.customer_id == customer_id).order_by(Ticket.id).with_for_update()
    return list(await work.session.scalars(query))


async def _give(work: Work, tickets: list[Ticket], customer_id: str) -> None:
    for ticket in tickets:
        ticket.customer_id = customer_id
        work.touch(ticket)


async def _restore_card(work: Work, merge: Merge) -> None:
    before: dict[str, Any] = merge.before
    if not before:
        return
    kept = await _row(work, merge.customer_id)
    kept.name, kept.identities, kept.consents = before["name"], before["identities"], before["consents"]
