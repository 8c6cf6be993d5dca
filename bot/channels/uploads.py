"""Files that customers attach in the web chat: on the shelf before the message that they belong to is written."""

from __future__ import annotations

import asyncio
import re
import secrets
import shutil
import time
from collections.abc import Sequence

import structlog

from bot import keys
from bot.channels.files import Files
from bot.errors import Refused
from runtime.file_types import MAX_BYTES, kind_of, media_type_of, plain_name
from tickets.contracts import Attachment

log = structlog.get_logger()

#: Files of one message, and files of one customer in an hour.
MOST_IN_MESSAGE, MOST_IN_HOUR = 10, 60
HOUR = 3600
#: Bytes of the disk that strangers' files may not take: the threads of all customers are written to it as well.
LEAST_FREE = 2 * 1024**3
#: What was never sent is removed after a day.
UNSENT_SECONDS = 24 * HOUR
#: How many forgotten files are looked up at once.
AT_ONCE = 100
ID = re.compile(r"[0-9a-f]{32}")


class Uploads:
    def __init__(self, files: Files) -> None:
        self.files = files

    async def keep(self, customer_id: str, name: str, content: bytes) -> Attachment:
        """Puts a file on the shelf for a message of this customer's. Raises `Refused`."""
        if len(content) > MAX_BYTES:
            raise Refused("file_too_large", f"A file has at most {MAX_BYTES // 1024**2} MB.", status=413)
        media_type = await asyncio.to_thread(media_type_of, content)
        if media_type is None:
            raise Refused("file_type", "Pictures, PDF, sound, video, office documents and plain text can be sent.")
        self.files.folder.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(self.files.folder).free < LEAST_FREE:
            log.error("uploads.disk_is_full", folder=str(self.files.folder))
            raise Refused("no_room", "Files can't be taken at the moment. Try again later.", status=507)
        await self.files.redis.zadd(keys.FILES_UNSENT, {(id := secrets.token_hex(16)): time.time()})
        known = {"name": plain_name(name), "kind": kind_of(media_type), "media_type": media_type}
        await self.files.store(id, content, {**known, "channel": "web", "owner": customer_id})
        return Attachment.model_validate({"id": id, "size": len(content), **known})

    async def throttle(self, customer_id: str) -> None:
        """Raises `Refused` for who sends more than anybody would."""
        key = keys.file_count(customer_id)
        async with self.files.redis.pipeline(transaction=True) as pipe:
            # In one step: a count that was left without an end would shut the door for good.
            _, count = await pipe.set(key, 0, ex=HOUR, nx=True).incr(key).execute()
        if count > MOST_IN_HOUR:
            raise Refused("too_many", "Too many files. Wait for an hour.", status=429, retry_after=HOUR)

    async def take(self, customer_id: str, ids: Sequence[object]) -> tuple[Attachment, ...]:
        """The files that go with a message of this customer's; safe to repeat. Raises `Refused`."""
        if len(ids) > MOST_IN_MESSAGE:
            raise Refused("too_many_files", f"A message carries at most {MOST_IN_MESSAGE} files.")
        named = [id if isinstance(id, str) and ID.fullmatch(id) else "" for id in ids]
        found = [await self._own(customer_id, id) for id in dict.fromkeys(named)]
        for one in found:
            await self.files.redis.zrem(keys.FILES_UNSENT, one.id)
        return tuple(found)

    async def _own(self, customer_id: str, id: str) -> Attachment:
        known = await self.files.described(id) if id else {}
        if known.get("owner") != customer_id or known.get("state") != "stored":
            raise Refused("unknown_file", "One of the files is not here any more. Attach it again.")
        return Attachment.model_validate(
            {"id": id, **{key: known[key] for key in ("name", "kind", "media_type", "size")}}
        )

    async def remove_unsent(self) -> None:
        """Removes what was brought a day ago and never sent."""
        redis, until = self.files.redis, time.time() - UNSENT_SECONDS
        while old := await redis.zrangebyscore(keys.FILES_UNSENT, 0, until, start=0, num=AT_ONCE):
            for id in old:
                # Whoever takes it out of this list decides: what a message has taken stays.
                if await redis.zrem(keys.FILES_UNSENT, id):
                    await self.files.remove(str(id))
