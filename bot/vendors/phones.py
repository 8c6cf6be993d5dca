"""The phones of a simulated platform's customers: what stands on each, and who looks at it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import asdict, dataclass, field
from typing import Any

from bot.vendors.action import BadAction

MAX_BUBBLES = 500


@dataclass
class Bubble:
    """One message on a customer's phone."""

    id: str
    author: str  # customer | business
    text: str
    #: ``{"title", "data"}`` of each button, as the business sent it.
    choices: list[dict[str, str]] = field(default_factory=list)
    file: dict[str, str] | None = None
    #: Of the business': the same of each of its files, which ``GET files/<id>`` shows.
    files: list[dict[str, str]] = field(default_factory=list)
    location: dict[str, float] | None = None
    #: Of a customer's: sending, taken, lost. Of the business': delivered, seen.
    state: str = "sending"
    edited: bool = False
    deleted: bool = False
    #: Of a mail.
    subject: str = ""
    #: Of what has marks, whose `text` is its plain form.
    html: str = ""
    at: float = field(default_factory=time.time)


@dataclass
class Conversation:
    """A customer's phone on this platform."""

    id: str
    name: str
    bubbles: list[Bubble] = field(default_factory=list)
    #: When the customer wrote last: the platform's window counts from here.
    wrote_at: float = 0.0
    listeners: set[asyncio.Queue[dict[str, Any] | None]] = field(default_factory=set)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    sends: list[float] = field(default_factory=list)

    def find(self, bubble_id: str) -> Bubble:
        found = next((one for one in self.bubbles if one.id == bubble_id), None)
        if found is None:
            raise BadAction(f"there is no message {bubble_id!r} here")
        return found

    def show(self, bubble: Bubble) -> None:
        """Adds or changes a bubble and tells whoever looks at the phone."""
        if bubble not in self.bubbles:
            self.bubbles.append(bubble)
            del self.bubbles[:-MAX_BUBBLES]
        for listener in self.listeners:
            if not listener.full():
                listener.put_nowait(asdict(bubble))
