"""Rarer things agents do: correct an anger score, take back a merge, try a refused event again."""

from __future__ import annotations

import uuid
from datetime import timedelta

from pydantic import ValidationError
from sqlalchemy import select

from tickets.contracts import PreferChannel, UndoMerge
from tickets.errors import Conflict, DeskError, Unknown
from tickets.services import events
from tickets.services.threads import delivery_of, find_message, tell_message
from tickets.services.views import AngerLabel, MessageView, message_view
from tickets.services.work import Records, Work
from tickets.storage.models import Agent, AngerCorrection, Customer, Merge, Message, PoisonEvent, Ticket

UNDO_DAYS = 30
#: What a label means as a score, for the queue's bar.
SCORES: dict[AngerLabel, float] = {"calm": 0.05, "complaint": 0.2, "frustrated": 0.5, "angry": 0.9}


class Care:
    """What agents do beside their tickets."""

    def __init__(self, records: Records) -> None:
        self.records = records

    async def correct_anger(self, agent: Agent, ref: str, cursor: str, label: AngerLabel) -> MessageView:
        """Keeps what the agent says as a labelled example; a second correction replaces the first."""
        async with self.records.work() as work:
            ticket = await work.ticket(ref)
            row = await find_message(work, ref, cursor)
            if row is None or row.author != "customer":
                raise Unknown("unknown_message", "There is no such message of the customer.")
            await _keep_example(work, agent, ticket, row, label)
            row.anger_label = label
            await work.session.flush()
            ticket.anger = await _anger_now(work, ref)
            work.audit("anger.corrected", ref, agent.id, cursor=cursor, label=label)
            work.touch(ticket)
            await tell_message(work, row)
            return message_view(row, await delivery_of(work, ref, row.cursor))

    async def undo_merge(self, agent: Agent, customer_id: str, merge_id: str) -> None:
        """Asks `bot` to take the merge back; the tickets follow when it says that it did."""
        async with self.records.work() as work:
            merge = await work.session.get(Merge, merge_id)
            if merge is None or merge.customer_id != customer_id:
                raise Unknown("unknown_merge", "There is no such merge of this customer.")
            if merge.undone_at is not None:
                raise Conflict("undone", "This merge was undone already.")
            if work.now - merge.at > timedelta(days=UNDO_DAYS):
                raise Conflict("too_late", f"A merge can be undone within {UNDO_DAYS} days.")
            command = UndoMerge(
                command_id=str(uuid.uuid4()),
                customer_id=customer_id,
                merge_id=merge_id,
                agent_id=agent.id,
                agent_name=agent.name,
                at=work.now,
            )
            work.command(command)
            work.audit("customer.unmerge_asked", customer_id, agent.id, merge_id=merge_id)

    async def prefer_channel(self, agent: Agent, customer_id: str, channel: str) -> None:
        """Notes where answers shall reach the customer; `bot` takes only a channel whose address is proven."""
        async with self.records.work() as work:
            if await work.session.get(Customer, customer_id) is None:
                raise Unknown("unknown_customer", "There is no such customer.")
            command = PreferChannel(
                command_id=str(uuid.uuid4()),
                customer_id=customer_id,
                channel=channel,
                agent_id=agent.id,
                agent_name=agent.name,
                at=work.now,
            )
            work.command(command)
            work.audit("customer.channel_preferred", customer_id, agent.id, channel=channel)

    async def try_poison_again(self, agent: Agent, number: int) -> None:
        """Applies an event that was kept aside; it stays there if it still can't be used."""
        async with self.records.work() as work:
            row = await work.session.get(PoisonEvent, number)
            if row is None:
                raise Unknown("unknown_event", "There is no such event.")
            try:
                await events.apply_kept(work, row)
            except (ValidationError, events.EventRefused) as error:
                raise DeskError("still_refused", f"The event still can't be used: {str(error)[:300]}") from error
            work.audit("event.retried", row.stream_id, agent.id)


async def _keep_example(work: Work, agent: Agent, ticket: Ticket, row: Message, label: AngerLabel) -> None:
    mine = (AngerCorrection.customer_id == ticket.customer_id, AngerCorrection.cursor == row.cursor)
    example = (await work.session.scalars(select(AngerCorrection).where(*mine))).one_or_none()
    if example is None:
        example = AngerCorrection(
            customer_id=ticket.customer_id, cursor=row.cursor or "", text=row.text, ref=ticket.ref
        )
        work.session.add(example)
    # Other words than at the first correction, if the customer has edited them since.
    example.label, example.text, example.agent_id, example.at = label, row.text, agent.id, work.now
    example.language, example.score = ticket.language, row.anger


async def _anger_now(work: Work, ref: str) -> float:
    """The strongest of the customer's last three messages, as corrected."""
    last = select(Message).where(Message.ref == ref, Message.author == "customer", Message.private.is_(False))
    last = last.order_by(Message.place_ms.desc(), Message.place_seq.desc()).limit(3)
    scores = [SCORES[row.anger_label] if row.anger_label else row.anger for row in await work.session.scalars(last)]  # type: ignore[index]
    return max((score for score in scores if score is not None), default=0.0)
