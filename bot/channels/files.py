"""Files that customers send: fetched from the platform after their message was accepted, checked by content, kept.

A file is expected (in Redis) before its message is accepted, so a crash forgets none. `state` is waiting, stored or
refused; what the platform says of type and size is not believed.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import filetype
import structlog
from redis.exceptions import RedisError

from bot import scripts
from bot.channels.protocol import Channel, Inbound, RemoteFile
from bot.errors import ChannelError, Refused
from runtime.redis import Redis
from tickets.contracts import Attachment

log = structlog.get_logger()

MAX_BYTES = 20 * 1024 * 1024
#: What may be kept, by content. No HTML, SVG, script or program.
TYPES = {
    "image/jpeg", "image/png", "image/gif", "image/webp", "image/heic", "application/pdf",
    "audio/ogg", "audio/mpeg", "audio/mp4", "audio/x-m4a", "audio/aac", "audio/amr", "audio/x-wav", "audio/wav",
    "video/mp4", "video/3gpp", "video/webm", "video/quicktime",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}  # fmt: skip
DUE = "files-due"
AT_ONCE = 4
TRIES = 6
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


class Files:
    def __init__(
        self,
        redis: Redis,
        session: aiohttp.ClientSession,
        folder: Path,
        channels: Mapping[str, Channel],
        api_hosts: Mapping[str, str],
    ) -> None:
        self.redis = redis
        self.session = session
        self.folder = folder
        self.channels = channels
        #: Channel -> host of its API; a file from anywhere else is not fetched.
        self.api_hosts = api_hosts
        self._claim = scripts.load(redis, "claim_file")
        self._poke = asyncio.Event()

    async def expect(self, channel: str, incoming: Inbound) -> tuple[Attachment, ...]:
        """Notes the files of a message as to be fetched; returns them as its attachments."""
        found = []
        for number, file in enumerate(incoming.files):
            id = file_id(channel, incoming.id, number)
            fields = {"channel": channel, "source": file.source, "name": file.name[:200], "kind": file.kind}
            if await self.redis.hsetnx(f"file:{id}", "state", "waiting"):
                await self.redis.hset(f"file:{id}", mapping=fields)
                await self.redis.zadd(DUE, {id: time.time()})
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

    def jobs(self) -> list[Coroutine[Any, Any, None]]:
        """Fetch what is expected, a few at a time; any number of processes may do it."""
        return [self._follow() for _ in range(AT_ONCE)]

    async def _follow(self) -> None:
        while True:
            try:
                while id := await self._claim(keys=[DUE], args=[CLAIM_SECONDS]):
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
        return dict(await self.redis.hgetall(f"file:{id}"))

    def path(self, id: str) -> Path:
        return self.folder / id[:2] / id

    async def _fetch(self, id: str) -> None:
        file = await self.described(id)
        tries = int(await self.redis.hincrby(f"file:{id}", "tries", 1))
        try:
            await self._keep(id, await self._download(file))
        except (ChannelError, Refused, aiohttp.ClientError, TimeoutError) as error:
            permanent = isinstance(error, Refused) or (isinstance(error, ChannelError) and error.permanent)
            reason = str(error) or type(error).__name__
            log.warning("files.fetch_failed", channel=file.get("channel"), permanent=permanent, error=reason[:200])
            if permanent or tries >= TRIES:
                await self._end(id, {"state": "refused", "reason": reason[:300]})
            else:
                await self.redis.zadd(DUE, {id: time.time() + 2**tries})

    async def _download(self, file: dict[str, str]) -> bytes:
        channel = self.channels.get(file.get("channel", ""))
        if channel is None:
            raise ChannelError("its channel is off", permanent=True)
        place = await channel.locate(file["source"])
        if place.content:
            return _checked(await asyncio.to_thread(place.content.read_bytes))
        self._check_host(channel.name, place.url)
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
        known = host == self.api_hosts.get(channel) or any(host.endswith(end) for end in HOSTS.get(channel, ()))
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
        await self.redis.hset(f"file:{id}", mapping=fields)
        await self.redis.zrem(DUE, id)


def _checked(content: bytes) -> bytes:
    if len(content) > MAX_BYTES:
        raise Refused("file_too_large", f"the file has more than {MAX_BYTES // 1024**2} MB")
    return content


def media_type_of(content: bytes) -> str | None:
    """The type of a file by its content, if it is one that we keep."""
    guess = filetype.guess(content)
    if guess is not None:
        return str(guess.mime) if guess.mime in TYPES else None
    return "text/plain" if _is_text(content) else None


def _is_text(content: bytes) -> bool:
    """Plain text that no browser could take for a page."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return bool(text.strip()) and "<" not in text[:1024] and not any(ord(sign) < 9 for sign in text[:4096])


def _attachment(id: str, file: RemoteFile) -> Attachment:
    return Attachment(id=id, kind=file.kind, name=file.name[:200], media_type=file.media_type[:100])
