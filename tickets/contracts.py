"""What crosses the Redis streams between `bot` and `tickets`: the only module of `tickets` that `bot` may import.

Streams are cut into partitions, so that a customer's thread, mailbox and events live in one Redis Cluster slot:

- ``events:{pNN}``   bot -> tickets, one entry per change of a thread; field ``event`` holds the JSON of an `Event`.
- ``outbound:{pNN}`` tickets -> bot, one entry per desk command; field ``command`` holds the JSON of a `Command`.

`tickets` also keeps two kinds of plain keys fresh, which `bot` reads and never waits for:

- ``desk:state``        JSON of `DeskState`.
- ``desk:ticket:<ref>`` JSON of `TicketState`; on every change it publishes the customer id on channel ``live``.
"""

from __future__ import annotations

import zlib
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

PARTITIONS = 8

Author = Literal["customer", "bot", "agent", "system"]
OwnerKind = Literal["bot", "queue", "agent"]
Reason = Literal["asked", "anger", "bot_failed", "rasa_down", "danger"]
Language = Literal["de", "en"]


def partition(customer_id: str) -> str:
    """The hash tag of a customer's partition, e.g. ``{p07}``."""
    return f"{{p{zlib.crc32(customer_id.encode()) % PARTITIONS:02d}}}"


def partitions() -> list[str]:
    """All hash tags, in order."""
    return [f"{{p{number:02d}}}" for number in range(PARTITIONS)]


class Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Choice(Record):
    title: str
    payload: str


class ArticleLink(Record):
    title: str
    url: str


class Message(Record):
    #: Redis stream id of the message in its thread: the order of the thread, and the cursor of every replay.
    cursor: str
    #: Unique in the thread: the client's uuid, the platform's message id, or made by `bot`.
    id: str
    author: Author
    author_name: str = ""
    channel: str
    text: str
    choices: tuple[Choice, ...] = ()
    article: ArticleLink | None = None
    #: Set on customer messages once they are understood, 0..1.
    anger: float | None = None
    #: On agent messages: the `client_id` under which the desk sent it.
    client_id: str | None = None
    at: datetime


class CustomerCard(Record):
    id: str
    name: str = ""
    #: ``{"identity": "web:…", "channel": "web", "verified": bool, "verified_how": str}``
    identities: tuple[dict[str, Any], ...] = ()
    consents: dict[str, Any] = Field(default_factory=dict)


class ShownArticle(Record):
    slug: str
    title: str
    url: str
    rejected: bool = False


class Suggestion(Record):
    title: str
    text: str
    url: str


class AngerReading(Record):
    score: float
    #: One point per scored message, oldest first: ``(cursor, score)``.
    trend: tuple[tuple[str, float], ...] = ()
    #: In words, as shown to the agent, e.g. ``"capitals: WHERE IS MY"``.
    evidence: tuple[str, ...] = ()


class Packet(Record):
    """All an agent needs, so that the customer repeats nothing."""

    ref: str
    customer: CustomerCard
    reason: Reason
    evidence: tuple[str, ...] = ()
    thread: tuple[Message, ...]
    wanted: str
    tried: tuple[str, ...] = ()
    language: Language
    intent: str = ""
    slots: dict[str, Any] = Field(default_factory=dict)
    articles: tuple[ShownArticle, ...] = ()
    anger: AngerReading
    suggestions: tuple[Suggestion, ...] = ()
    priority: Literal["low", "normal", "high", "urgent"] = "normal"
    channel: str
    created_at: datetime


class HandedOff(Record):
    type: Literal["handoff"] = "handoff"
    customer_id: str
    epoch: int
    packet: Packet


class MessageAppended(Record):
    """A message joined a thread that has an open ticket."""

    type: Literal["message"] = "message"
    customer_id: str
    ticket_ref: str
    message: Message


class OwnerChanged(Record):
    type: Literal["owner"] = "owner"
    customer_id: str
    ticket_ref: str
    owner: OwnerKind
    epoch: int
    command_id: str = ""


class Delivery(Record):
    type: Literal["delivery"] = "delivery"
    customer_id: str
    ticket_ref: str
    cursor: str
    client_id: str | None = None
    state: Literal["sent", "delivered", "seen", "failed"]
    reason: str = ""


Event = Annotated[HandedOff | MessageAppended | OwnerChanged | Delivery, Field(discriminator="type")]
EVENT: TypeAdapter[HandedOff | MessageAppended | OwnerChanged | Delivery] = TypeAdapter(Event)


class AgentMessage(Record):
    type: Literal["message"] = "message"
    #: Unique: `bot` applies a command once, however often it arrives.
    command_id: str
    customer_id: str
    ticket_ref: str
    client_id: str
    agent_id: str
    agent_name: str
    text: str
    at: datetime


class OwnerCommand(Record):
    """claim, assign, reopen -> agent; release -> queue; handback, resolve -> bot."""

    type: Literal["owner"] = "owner"
    command_id: str
    customer_id: str
    ticket_ref: str
    action: Literal["claim", "release", "assign", "handback", "resolve", "reopen"]
    agent_id: str = ""
    agent_name: str = ""
    at: datetime


Command = Annotated[AgentMessage | OwnerCommand, Field(discriminator="type")]
COMMAND: TypeAdapter[AgentMessage | OwnerCommand] = TypeAdapter(Command)


class DeskState(Record):
    open: bool
    #: The next opening, when closed.
    opens_at: datetime | None = None
    waiting: int = 0
    #: Expected minutes until a ticket that joins now is claimed.
    eta_minutes: int = 0


class TicketState(Record):
    ref: str
    status: Literal["open", "waiting", "snoozed", "resolved", "closed"]
    #: 1 is next; None once claimed.
    position: int | None = None
    eta_minutes: int | None = None
    assignee_name: str = ""
