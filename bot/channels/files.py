"""The shelf: files that customers and agents send, fetched after their message was accepted, checked by content, kept.

A file is expected (in Redis) before its message is accepted, so a crash forgets none. `state` is waiting, stored,
refused or expired; what the platform says of type and size is not believed.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import aiohttp
import structlog
from redis.exceptions import RedisError

from bot import keys, scripts
from bot.channels.protocol import Inbound, Location, RemoteFile
from bot.channels.shelf import DESK
from bot.errors import ChannelError, Refused
from runtime.file_types import MAX_BYTES, media_type_of
from runtime.redis import Redis
from tickets.contracts import Attachment

log = structlog.get_logger()

AT_ONCE = 4
TRIES = 6
#: `tickets` may be away for longer than a platform is, and its agents are told when it ends badly.
DESK_TRIES = 40
LONGEST_PAUSE = 60
#: A fetcher that dies leaves the file to others after so long.
CLAIM_SECONDS = 90
TIMEOUT = aiohttp.ClientTimeout(total=60, connect=5)
#: Where platforms keep files, beside the host of their API.
HOSTS = {
    "whatsapp": (".fbcdn.net", ".fbsbx.com", ".facebook.com", ".whatsapp.net"),
    "messenger": (".fbcdn.net", ".fbsbx.com", ".facebook.com"),
    "instagram": (".fbcdn.net", ".fbsbx.com", ".cdninstagram.com", ".facebook.com"),
}


def file_id(channel: str, message_id: str, number: int) -> str:
    return hashlib.sha256(f"{channel} {message_id} {number}".encode()).hexdigest()[:32]


class Source(Protocol):
    """Where files come from: a channel, or the desk."""

    @property
    def name(self) -> str: ...
    async def locate(self, source: str) -> Location: ...


class Files:
    """The shelf's keeper: notes what is to be fetched, fetches and checks it, and knows what came of it."""

    def __init__(
        self,
        redis: Redis,
        session: aiohttp.ClientSession,
        folder: Path,
        sources: Mapping[str, Source],
        hosts: Mapping[str, str],
    ) -> None:
        self.redis = redis
        self.session = session
        self.folder = folder
        self.sources = sources
        #: Source -> its host; a file from anywhere else is not fetched.
        self.hosts = hosts
        self._claim = scripts.load(redis, "claim_file")
        self._poke = asyncio.Event()

    async def expect(self, channel: str, incoming: Inbound) -> tuple[Attachment, ...]:
        """Notes the files of a message as to be fetched; returns them as its attachments."""
        found = []
        for number, file in enumerate(incoming.files):
            id = file_id(channel, incoming.id, number)
            await self._note(id, channel, file)
            found.append(_attachment(id, file))
        if incoming.place:
            place = incoming.place
            id = file_id(channel, incoming.id, len(found))
            found.append(
                Attachment(id=id, kind="location", name=place.name, latitude=place.latitude, longitude=place.longitude)
            )
        if incoming.files:
            self._poke.set()
        return tuple(found)

    async def expect_from_desk(self, attachments: tuple[Attachment, ...]) -> None:
        """Notes the files of an agent's message as to be fetched from `tickets`. Safe to repeat."""
        for one in attachments:
            await self._note(one.id, DESK, RemoteFile(one.kind, one.id, one.name, one.media_type))
        self._poke.set()

    async def expect_again(self, id: str) -> None:
        """Fetches a file that was refused once more."""
        await self.redis.hset(keys.file(id), mapping={"state": "waiting", "tries": "0", "reason": ""})
        await self.redis.zadd(keys.FILES_DUE, {id: time.time()})
        self._poke.set()

    async def _note(self, id: str, source: str, file: RemoteFile) -> None:
        fields = {"channel": source, "source": file.source, "name": file.name[:200], "kind": file.kind}
        await self.redis.hset(keys.file(id), mapping=fields)
        await self.redis.hsetnx(keys.file(id), "state", "waiting")
        # Also where somebody noted it before and died half-way.
        if await self.redis.hget(keys.file(id), "state") == "waiting":
            await self.redis.zadd(keys.FILES_DUE, {id: time.time()}, nx=True)

    def jobs(self) -> list[Coroutine[Any, Any, None]]:
        """Fetch what is expected, a few at a time; any number of processes may do it."""
        return [self._follow() for _ in range(AT_ONCE)]

    async def _follow(self) -> None:
        while True:
            try:
                while id := await self._claim(keys=[keys.FILES_DUE], args=[CLAIM_SECONDS]):
                    await self._fetch(str(id))
            except (RedisError, OSError) as error:
                log.warning("files.store_away", error=type(error).__name__)
            self._poke.clear()
            try:
                await asyncio.wait_for(self._poke.wait(), 2)
            except TimeoutError:
                continue

    async def described(self, id: str) -> dict[str, str]:
        """state, name, media_type, size and reason of a file; empty when it is unknown."""
        return dict(await self.redis.hgetall(keys.file(id)))

    def path(self, id: str) -> Path:
        return self.folder / id[:2] / id

    async def store(self, id: str, content: bytes, fields: dict[str, str]) -> None:
        """Keeps a file that is here already and was checked."""
        await asyncio.to_thread(self._write, id, content)
        await self.redis.hset(keys.file(id), mapping={**fields, "state": "stored", "size": str(len(content))})

    async def remove(self, id: str) -> None:
        await asyncio.to_thread(self.path(id).unlink, missing_ok=True)
        await self.redis.delete(keys.file(id))

    async def expire(self, id: str) -> None:
        """Takes an old file away. What it was stays known: its message says that it is no longer kept."""
        if await self.redis.exists(keys.file(id)):
            await self.redis.hset(keys.file(id), mapping={"state": "expired", "reason": "it is no longer kept"})
        await asyncio.to_thread(self.path(id).unlink, missing_ok=True)

    async def _fetch(self, id: str) -> None:
        file = await self.described(id)
        tries = int(await self.redis.hincrby(keys.file(id), "tries", 1))
        try:
            await self._keep(id, await self._download(file))
        except (ChannelError, Refused, aiohttp.ClientError, TimeoutError) as error:
            permanent = isinstance(error, Refused) or (isinstance(error, ChannelError) and error.permanent)
            reason = str(error) or type(error).__name__
            log.warning("files.fetch_failed", channel=file.get("channel"), permanent=permanent, error=reason[:200])
            if permanent or tries >= (DESK_TRIES if file.get("channel") == DESK else TRIES):
                await self._end(id, {"state": "refused", "reason": reason[:300]})
            else:
                await self.redis.zadd(keys.FILES_DUE, {id: time.time() + min(LONGEST_PAUSE, 2**tries)})

    async def _download(self, file: dict[str, str]) -> bytes:
        source = self.sources.get(file.get("channel", ""))
        if source is None:
            raise ChannelError("its channel is off", permanent=True)
        place = await source.locate(file["source"])
        if place.content:
            return _checked(await asyncio.to_thread(place.content.read_bytes))
        self._check_host(source.name, place.url)
        async with self.session.get(place.url, headers=place.headers, timeout=TIMEOUT) as answer:
            if answer.status >= 400:
                raise ChannelError(f"the platform answered {answer.status}", permanent=answer.status in (404, 410))
            parts, size = [], 0
            async for chunk in answer.content.iter_chunked(64 * 1024):
                size += len(chunk)
                if size > MAX_BYTES:
                    raise Refused("file_too_large", f"the file has more than {MAX_BYTES // 1024**2} MB")
                parts.append(chunk)
            return b"".join(parts)

    def _check_host(self, channel: str, url: str) -> None:
        """Only the platform's own hosts: an address in a message must not make us call just anybody."""
        parsed = urlsplit(url)
        host = parsed.netloc.lower()
        known = host == self.hosts.get(channel) or any(host.endswith(end) for end in HOSTS.get(channel, ()))
        if parsed.scheme not in ("http", "https") or not known:
            raise Refused("foreign_file", "the file is not at the platform's own address")

    async def _keep(self, id: str, content: bytes) -> None:
        media_type = await asyncio.to_thread(media_type_of, content)
        if media_type is None:
            raise Refused("file_type", "files of this type are not kept")
        await asyncio.to_thread(self._write, id, content)
        await self._end(id, {"state": "stored", "media_type": media_type, "size": str(len(content))})

    def _write(self, id: str, content: bytes) -> None:
        path = self.path(id)
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".part")
        draft.write_bytes(content)
        draft.replace(path)

    async def _end(self, id: str, fields: dict[str, str]) -> None:
        await self.redis.hset(keys.file(id), mapping=fields)
        await self.redis.zrem(keys.FILES_DUE, id)


def _checked(content: bytes) -> bytes:
    if len(content) > MAX_BYTES:
        raise Refused("file_too_large", f"the file has more than {MAX_BYTES // 1024**2} MB")
    return content


def _attachment(id: str, file: RemoteFile) -> Attachment:
    known = {"kind": file.kind, "name": file.name[:200], "media_type": file.media_type[:100]}
    return Attachment.model_validate({"id": id, "original": file.original, **known})
