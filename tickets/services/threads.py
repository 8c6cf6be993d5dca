"""The thread as a ticket keeps it: rows made of messages of the streams, and the last words of a ticket."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select

from tickets import contracts
from tickets.services.views import message_view
from tickets.services.work import Work
from tickets.storage.models import Delivery, Message, Ticket

_WORDS_OF = ("customer", "agent")


def order(cursor: str) -> tuple[int, int]:
    """A cursor as numbers that sort. Raises ValueError for what is none."""
    milliseconds, _, sequence = cursor.partition("-")
    return int(milliseconds), int(sequence or 0)


def row_of(ref: str, message: contracts.Message) -> Message:
    data = message.model_dump(mode="json")
    place_ms, place_seq = order(message.cursor)
    return Message(
        ref=ref,
        message_id=message.id,
        cursor=message.cursor,
        client_id=message.client_id,
        author=message.author,
        author_name=message.author_name,
        channel=message.channel,
        text=message.text,
        folded=message.text.casefold(),
        private=False,
        choices=data["choices"],
        article=data["article"],
        attachments=data["attachments"],
        anger=message.anger,
        anger_evidence=[],
        former=data["former"],
        deleted_at=message.deleted_at,
        place_ms=place_ms,
        place_seq=place_seq,
        at=message.at,
    )


def reads_now(row: Message, change: contracts.Message) -> bool:
    """Takes over how a message reads after a change; False for one that is older than what is known."""
    if len(change.former) <= len(row.former):
        return False
    row.text, row.folded = change.text, change.text.casefold()
    row.former = [one.model_dump(mode="json") for one in change.former]
    row.deleted_at = change.deleted_at
    return True


def own_row(ref: str, client_id: str, at: datetime, text: str, **more: object) -> Message:
    """A note, or a reply that has not joined the thread yet: its place is its time."""
    more = {"attachments": [], **more}
    place = round(at.timestamp() * 1000)
    return Message(
        ref=ref,
        message_id=client_id,
        client_id=client_id,
        author="agent",
        text=text,
        folded=text.casefold(),
        choices=[],
        anger_evidence=[],
        place_ms=place,
        place_seq=0,
        at=at,
        **more,
    )


def words(text: str, attachments: Iterable[contracts.Attachment | dict[str, Any]]) -> str:
    """What a message says in one line: its text, else what its files are called."""
    names = [one["name"] if isinstance(one, dict) else one.name for one in attachments]
    return text or " ".join(f"[{name}]" for name in names if name)


def said(ticket: Ticket, author: str, text: str, at: datetime) -> None:
    """Keeps the last words of customer or agent for the queue."""
    if author in _WORDS_OF and (ticket.last_at is None or at >= ticket.last_at):
        ticket.last_author, ticket.last_text, ticket.last_at = author, text, at


async def find_message(work: Work, ref: str, name: str) -> Message | None:
    """A message by its id, client id or cursor."""
    named = (Message.message_id == name) | (Message.client_id == name) | (Message.cursor == name)
    return (await work.session.scalars(select(Message).where(Message.ref == ref, named).limit(1))).one_or_none()


async def delivery_of(work: Work, ref: str, cursor: str | None) -> Delivery | None:
    if cursor is None:
        return None
    query = select(Delivery).where(Delivery.ref == ref, Delivery.cursor == cursor)
    return (await work.session.scalars(query)).one_or_none()


async def tell_message(work: Work, row: Message) -> None:
    await work.session.flush()
    view = message_view(row, await delivery_of(work, row.ref, row.cursor))
    work.tell("message", ref=row.ref, message=view.model_dump(mode="json"))
