"""Files that agents attach: checked by content, kept here until they went out and `bot` has surely fetched them."""

from __future__ import annotations

import asyncio
import secrets
from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from runtime.file_types import MAX_BYTES, kind_of, media_type_of, plain_name
from tickets.contracts import Attachment
from tickets.errors import Conflict, DeskError, TooLarge, TooMany, Unknown, WrongType
from tickets.services.reading import find
from tickets.services.work import Records, Work
from tickets.storage.models import Agent, Upload

#: Files of one message, and files of one agent that wait for a message.
MOST_IN_MESSAGE, MOST_WAITING = 10, 40
#: What was never sent is removed, and the content of what was: `bot` has it by then.
UNSENT_KEPT, SENT_KEPT = timedelta(hours=24), timedelta(days=7)


class UploadView(BaseModel):
    id: str
    kind: Literal["image", "document", "audio", "video"]
    name: str
    media_type: str
    #: Bytes.
    size: int


class Uploads:
    """Keeps what agents attach, and hands it out."""

    def __init__(self, records: Records) -> None:
        self.records = records

    async def add(self, agent: Agent, ref: str, name: str, content: bytes) -> UploadView:
        """Keeps a file for a reply in this ticket.

        Raises `DeskError` when it is too large or of a type that nobody keeps.
        """
        check_size(len(content))
        media_type = await asyncio.to_thread(media_type_of, content)
        if media_type is None:
            raise WrongType("file_type", "Pictures, PDF, sound, video, office documents and plain text can be sent.")
        row = Upload(
            id=secrets.token_hex(16),
            ref=ref,
            agent_id=agent.id,
            name=plain_name(name),
            kind=kind_of(media_type),
            media_type=media_type,
            size=len(content),
            content=content,
        )
        async with self.records.work() as work:
            await find(work.session, ref)
            own = select(func.count()).where(Upload.agent_id == agent.id, Upload.client_id.is_(None))
            if (await work.session.scalar(own) or 0) >= MOST_WAITING:
                raise TooMany("too_many_files", "Many files wait for a message already; send or remove some of them.")
            row.created_at = work.now
            work.session.add(row)
        return UploadView.model_validate(row, from_attributes=True)

    async def remove(self, ref: str, id: str) -> None:
        """Removes a file that did not go out."""
        async with self.records.work() as work:
            unsent = (Upload.id == id, Upload.ref == ref, Upload.client_id.is_(None))
            await work.session.execute(delete(Upload).where(*unsent))

    async def content(self, id: str, ref: str | None = None) -> Upload | None:
        """A file with its content, if it is still here; `ref`: only if it belongs to this ticket."""
        query = select(Upload).where(Upload.id == id, Upload.content.is_not(None)).options(undefer(Upload.content))
        async with self.records.read() as session:
            return (await session.scalars(query if ref is None else query.where(Upload.ref == ref))).one_or_none()


def check_size(size: int) -> None:
    """Raises `TooLarge`."""
    if size > MAX_BYTES:
        raise TooLarge("file_too_large", f"A file has at most {MAX_BYTES // 1024**2} MB.", most=MAX_BYTES)


async def take(work: Work, ref: str, ids: list[str], client_id: str) -> tuple[Attachment, ...]:
    """The files that go out with this message, which from now on are its own. Raises `DeskError`."""
    if len(ids) > MOST_IN_MESSAGE:
        raise DeskError("too_many_files", f"A message carries at most {MOST_IN_MESSAGE} files.", most=MOST_IN_MESSAGE)
    query = select(Upload).where(Upload.id.in_(ids), Upload.ref == ref).with_for_update()
    rows = {row.id: row for row in await work.session.scalars(query)}
    found = []
    for id in dict.fromkeys(ids):
        row = rows.get(id)
        if row is None:
            raise Unknown("unknown_file", "One of the files is not here any more. Attach it again.", file=id)
        if row.client_id not in (None, client_id):
            raise Conflict(
                "file_sent", "One of the files went out already. Attach it again to send it once more.", file=id
            )
        row.client_id, row.sent_at = client_id, work.now
        found.append(Attachment.model_validate(UploadView.model_validate(row, from_attributes=True).model_dump()))
    return tuple(found)


async def forget_old(session: AsyncSession, now: datetime) -> None:
    await session.execute(delete(Upload).where(Upload.client_id.is_(None), Upload.created_at < now - UNSENT_KEPT))
    sent = (Upload.sent_at < now - SENT_KEPT, Upload.content.is_not(None))
    await session.execute(update(Upload).where(*sent).values(content=None))
