"""What a channel must be able to do: verify, parse, send, and tell its limits.

`docs/adding-a-channel.md` walks through it.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, Protocol

from bot.channels.rich import Span, plain
from bot.errors import ChannelError, Refused
from tickets.contracts import Author, Choice, Language

Kind = Literal["image", "document", "audio", "video", "location"]


@dataclass(frozen=True)
class Call:
    """One request of a platform, as it came."""

    #: As the platform knows it, with the query: some sign it.
    url: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        """The body as an object; raises `Refused`."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise Refused("bad_json", "The body is not JSON.") from error
        if not isinstance(found, dict):
            raise Refused("bad_json", "The body must be a JSON object.")
        return found


@dataclass(frozen=True)
class RemoteFile:
    """A file that the platform keeps; `source` is what `Channel.locate` needs to find it."""

    kind: Kind
    source: str
    name: str = ""
    media_type: str = ""
    #: The whole of what the message is the gist of, such as a mail with its quotes.
    original: bool = False


@dataclass(frozen=True)
class Place:
    """Where a customer says they are, in degrees."""

    latitude: float
    longitude: float
    name: str = ""


@dataclass(frozen=True)
class Inbound:
    """One thing that a customer said or did."""

    address: str
    #: The platform's id of it, unique on the channel: what arrives twice counts once.
    id: str
    text: str = ""
    #: A pressed choice: the reference that went out with it (`Outgoing.references`).
    choice: str = ""
    #: A payload of the platform itself, such as a greeting button's.
    payload: str = ""
    files: tuple[RemoteFile, ...] = ()
    place: Place | None = None
    #: What it is when there is neither text nor file, e.g. ``sticker``.
    other: str = ""
    name: str = ""
    language: Language | None = None
    #: Came by a link with a code that may join this address to a known customer.
    link_code: str | None = None
    #: edited, deleted: it changes the earlier message `changes`.
    change: Literal["", "edited", "deleted"] = ""
    changes: str = ""
    at: datetime | None = None
    #: Needs no answer, such as an absence note: it joins the thread without a turn.
    quiet: bool = False
    #: False: anybody may have written it in this customer's name, so it can't consent to joining threads.
    proven: bool = True
    #: What the platform found out about the sender, for the agent to see, e.g. ``dmarc pass``.
    sender_check: str = ""
    #: The platform itself has taken it for an end or a new beginning of messages.
    opt_out: Literal["", "stop", "start"] = ""


@dataclass(frozen=True)
class Receipt:
    """What became of messages that went out: by their platform ids, or all up to a moment."""

    address: str
    state: Literal["sent", "delivered", "seen", "failed"]
    ids: tuple[str, ...] = ()
    until: datetime | None = None
    reason: str = ""
    #: The key we gave along, where the platform returns it.
    key: str = ""
    #: It failed because the customer wants no messages from us, as the platform knows.
    opted_out: bool = False


@dataclass(frozen=True)
class Ignored:
    """Understood as harmless, or not at all: answered 200 and counted."""

    what: str


Parsed = Inbound | Receipt | Ignored


@dataclass(frozen=True)
class Rate:
    """At most `per_second` on average and `burst` at once; for each address or for the whole channel."""

    per_second: float
    burst: int
    each: bool = False


@dataclass(frozen=True)
class OutFile:
    """A file on our shelf, on its way to a customer."""

    id: str
    kind: Kind
    name: str
    #: By its content.
    media_type: str
    #: Bytes.
    size: int
    path: Path
    #: Signed and good for a while: for platforms that fetch, and for customers where the platform takes no files.
    url: str

    @property
    def shown_name(self) -> str:
        """Its name, with an ending that fits where it has none: some programs go by nothing else."""
        ending = ENDINGS.get(self.media_type, "")
        name = re.sub(r'[\x00-\x1f"\\/]', "_", self.name) or self.kind
        return name if "." in name[-6:] else f"{name}{ending}"

    async def content(self) -> bytes:
        """Raises `ChannelError` when it has gone meanwhile."""
        try:
            return await asyncio.to_thread(self.path.read_bytes)
        except OSError as error:
            raise ChannelError("the file can't be read", permanent=False) from error


ENDINGS = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "application/pdf": ".pdf",
    "audio/ogg": ".ogg",
    "audio/mpeg": ".mp3",
    "audio/mp4": ".m4a",
    "video/mp4": ".mp4",
    "text/plain": ".txt",
}


@dataclass(frozen=True)
class FileLimits:
    """What a platform takes as a file. Everything else becomes a link in the text."""

    #: Media type, or its beginning (empty: any) -> bytes at most.
    types: Mapping[str, int] = field(default_factory=dict)
    #: Files in one part, and their bytes together.
    together: int = 1
    total: int = 20 * 1024 * 1024
    #: Longest text that goes in the same part, in what `Limits.measure` counts; 0: text is a part of its own.
    caption: int = 0
    #: Kinds that go without a text even so.
    bare: frozenset[str] = frozenset()

    def takes(self, media_type: str, size: int) -> bool:
        """The longest beginning that fits decides."""
        fitting = [one for one in self.types if media_type.startswith(one)]
        return bool(fitting) and size <= self.types[max(fitting, key=len)]


@dataclass(frozen=True)
class Limits:
    """What a platform takes, how fast and how long after the customer's last message."""

    #: Longest text, in what `measure` counts.
    text: int
    measure: Callable[[str], int] = len
    #: Longest text of a part that carries choices.
    with_choices: int = 0
    #: Native buttons or rows, and their longest title; beyond, and where there are none,
    #: choices become a numbered list.
    choices: int = 0
    title: int = 0
    rates: tuple[Rate, ...] = ()
    #: After the customer's last message the platform takes free answers for so long. None: always.
    window: timedelta | None = None
    #: Outside the window a template or tag reaches the customer, for so long after their last message, ...
    late: timedelta | None = None
    #: ... if one of these wrote it.
    late_for: frozenset[Author] = frozenset()
    late_text: int = 900
    #: Files to this channel, and whether they go outside the window too.
    files: FileLimits = field(default_factory=FileLimits)
    late_files: bool = False


@dataclass(frozen=True)
class Outgoing:
    """One part of a message, ready for a platform that needs only to render and post it."""

    spans: tuple[Span, ...]
    choices: tuple[Choice, ...] = ()
    #: For each choice what the platform shall return when it is pressed.
    references: tuple[str, ...] = ()
    language: Language = "en"
    #: The platform's window is shut: use the template or the tag.
    late: bool = False
    #: The same on every try of this part: for platforms that drop repetitions or return it.
    key: str = ""
    author: Author = "bot"
    #: They go with this part; without `spans`, they are all of it.
    files: tuple[OutFile, ...] = ()

    @property
    def text(self) -> str:
        return plain(self.spans)


class WindowShut(ChannelError):
    """The platform says that its window is shut, whatever we thought."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, permanent=True)


class OptedOut(ChannelError):
    """The platform takes no message for this customer, as they have told it that they want none from us."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason[:300], permanent=True)


class FileNotTaken(ChannelError):
    """The platform will not take this file, whatever it says of such files in general."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason[:300], permanent=True)


class Unanswered(ChannelError):
    """No answer came: the platform may have taken the message or not."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, permanent=False)


@dataclass(frozen=True)
class Location:
    """Where the bytes of a remote file are, and what to show there to get them."""

    url: str
    headers: Mapping[str, str]
    #: Instead of an address: where the channel itself has put them.
    content: Path | None = None


class Channel(Protocol):
    """One platform, as the rest of `bot` sees it."""

    name: str
    #: True: the outbox calls `send`. False: the customer's own connection reads the thread, as the web chat does.
    pushes: bool
    limits: Limits
    #: The platform itself confirms STOP and START, so we must not.
    confirms_opt_out: bool
    #: Who has blocked us there can't write to us either: a message from them says that the block is over.
    blocked_cannot_write: bool
    #: The platform tells of messages that it took, with our key: after a crash it is asked before sending again.
    returns_keys: bool
    #: The platform drops what it has taken before, by our key: sending again is harmless.
    drops_repeats: bool
    #: The platform can be asked what it took: `find`.
    can_be_asked: bool
    #: Content type and body of the answer to a webhook that was taken.
    answer: tuple[str, str]
    #: What comes from an address was sent by its owner.
    proves_sender: bool
    #: Bytes of the largest webhook.
    body_limit: int

    def challenge(self, call: Call) -> str:
        """The answer to a platform's GET when it sets up the webhook. Raises `Refused`."""
        ...

    def verify(self, call: Call) -> None:
        """Checks over the raw bytes, in constant time, that the platform sent this. Raises `Refused`."""
        ...

    def once(self, call: Call) -> str:
        """What a genuine call says in no other call, where the signature does not cover the body; else empty."""
        ...

    def parse(self, call: Call) -> list[Parsed]:
        """Every entry of the call, in order. What is unknown becomes `Ignored`; a wrong shape raises `Refused`."""
        ...

    async def keep(self, found: Inbound) -> Inbound | Ignored:
        """Keeps what the channel itself needs of a message, before it is accepted; may find that it wants no answer."""
        ...

    def render(self, spans: tuple[Span, ...]) -> str:
        """The text as `send` will post it; `Limits.measure` counts this."""
        ...

    async def send(self, address: str, part: Outgoing) -> str:
        """Hands one part to the platform and returns its id there.

        Raises `ChannelError`, which says whether trying again is of use.
        """
        ...

    async def find(self, address: str, part: Outgoing, since: datetime) -> list[str]:
        """The platform's ids of messages like this part that it took since then. Raises `ChannelError`."""
        ...

    def files_for(self, address: str) -> FileLimits:
        """What may go to this address as a file."""
        ...

    async def locate(self, source: str) -> Location:
        """Where a file that a customer sent can be fetched. Raises `ChannelError`."""
        ...


class Base:
    """What most channels have in common."""

    name = ""
    limits: Limits
    pushes = True
    confirms_opt_out = False
    blocked_cannot_write = False
    returns_keys = False
    drops_repeats = False
    can_be_asked = False
    answer = ("application/json", "{}")
    proves_sender = True
    #: The largest platform's batches are far below this.
    body_limit = 1024 * 1024

    def challenge(self, call: Call) -> str:
        raise Refused("not_found", "This channel's webhook takes POST only.", status=405)

    def once(self, call: Call) -> str:
        return ""

    async def keep(self, found: Inbound) -> Inbound | Ignored:
        return found

    def render(self, spans: tuple[Span, ...]) -> str:
        return plain(spans)

    async def find(self, address: str, part: Outgoing, since: datetime) -> list[str]:
        return []

    def files_for(self, address: str) -> FileLimits:
        return self.limits.files

    async def locate(self, source: str) -> Location:
        raise ChannelError("this channel has no files", permanent=True)
