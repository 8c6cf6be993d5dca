"""Files on their way out: those of a message, once they are on our shelf, as channels hand them over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import aiohttp

from bot.channels.protocol import Location, OutFile
from bot.errors import ChannelError
from runtime import file_links
from tickets.contracts import Attachment

#: A customer may open a link in a text days later, and nobody else has it.
LINK_SECONDS = 7 * 24 * 3600
#: How the shelf calls the desk, beside the channels that files come from.
DESK = "desk"


class Kept(Protocol):
    """What the shelf needs of `bot.channels.files.Files`."""

    async def described(self, id: str) -> dict[str, str]: ...
    async def expect_again(self, id: str) -> None: ...
    def path(self, id: str) -> Path: ...


class FileRefused(ChannelError):
    """A file of the message will never be on the shelf."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"the file {name or 'without a name'} is not here: {reason}"[:300], permanent=True)


@dataclass(frozen=True)
class Shelf:
    """Makes files that stand in a message ready to be handed over."""

    files: Kept
    #: Makes an address, under which anyone who has it can fetch a file for a while from a moment (Unix seconds) on.
    link: Callable[[str, float], str]

    async def ready(self, attachments: tuple[Attachment, ...], now: float) -> tuple[OutFile, ...] | None:
        """The files of a message; None while one of them has not arrived. Raises `FileRefused`.

        `now` dates their addresses: the same on every try, so that every try makes the same text.
        """
        found = []
        for one in attachments:
            if one.kind == "location":
                continue
            known = await self.files.described(one.id)
            if known.get("state") == "waiting":
                return None
            if known.get("state") != "stored":
                raise FileRefused(one.name, known.get("reason") or "it was not kept")
            if not self.files.path(one.id).is_file():
                raise FileRefused(one.name, "it is not on this machine's disk")
            found.append(self._out(one, known, now))
        return tuple(found)

    async def ask_again(self, attachments: tuple[Attachment, ...]) -> None:
        """Has files fetched that could not be before: an agent tries a dead letter again."""
        for one in attachments:
            if (await self.files.described(one.id)).get("state") == "refused":
                await self.files.expect_again(one.id)

    def _out(self, one: Attachment, known: Mapping[str, str], now: float) -> OutFile:
        media_type, size = known.get("media_type", one.media_type), int(known.get("size") or one.size)
        return OutFile(one.id, one.kind, one.name, media_type, size, self.files.path(one.id), self.link(one.id, now))


def public_links(public_url: str, secret: str) -> Callable[[str, float], str]:
    """Makes the addresses that leave the house."""
    return lambda id, now: file_links.short_link(public_url, secret, id, life=LINK_SECONDS, now=now)


@dataclass(frozen=True)
class Desk:
    """Where files are that agents attached: at `tickets`, which keeps them until they were fetched."""

    url: str
    secret: str
    name: str = DESK

    async def locate(self, source: str) -> Location:
        return Location(file_links.link(self.url, self.secret, source), {})


def form_of(file: OutFile, content: bytes, name: str, **fields: str) -> aiohttp.FormData:
    """A multipart form with a file in the field `name`, for platforms that are handed the bytes."""
    # Platforms read a file's name as it stands there, in UTF-8 (RFC 7578): quoted, "maße" would be "ma%C3%9Fe" to them.
    form = aiohttp.FormData(quote_fields=False, default_to_multipart=True)
    for field, value in fields.items():
        form.add_field(field, value)
    form.add_field(name, content, filename=file.shown_name, content_type=file.media_type)
    return form
