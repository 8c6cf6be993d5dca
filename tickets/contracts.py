"""What crosses the Redis streams between `bot` and `tickets`: the only module of `tickets` that `bot` may import.

Streams are cut into partitions, so that a customer's thread, mailbox and events live in one Redis Cluster slot:

- ``events:{pNN}``   bot -> tickets, one entry per change of a thread; field ``event`` holds the JSON of an `Event`.
- ``outbound:{pNN}`` tickets -> bot, one entry per desk command; field ``command`` holds the JSON of a `Command`.

`tickets` also keeps two kinds of plain keys fresh, which `bot` reads and never waits for:

- ``desk:state``        JSON of `DeskState`.
- ``desk:ticket:<ref>`` JSON of `TicketState`; on every change it publishes the customer id on channel ``live``.

and `bot` keeps one that the desk reads, so that an agent sees beforehand which way a reply will go:

- ``route:<pNN>:<customer id>`` JSON of `Route` (the tag in braces, as everywhere).

Either side may be of another version for a while, so a field is only ever added, with a default, and who does not
know it overlooks it. A new kind of event or a new value (a state, a reason) is more than an older `tickets` can use: it
keeps the event aside, and the next version takes it up when it starts. A command that an older `bot` can't use waits in
its customer's mailbox for a newer one. `tests/data/contracts.jsonl` is what must be understood for ever.

Who types is told by pub/sub alone, since a lost word of it costs nothing: on channel ``live`` `tickets` publishes
``<customer id> typing agent``, on channel ``desk:typing`` `bot` publishes ``<customer id> <ticket ref>``.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from runtime.partition import PARTITIONS as PARTITIONS
from runtime.partition import partition as partition
from runtime.partition import partitions as partitions

Author = Literal["customer", "bot", "agent", "system"]
OwnerKind = Literal["bot", "queue", "agent"]
Reason = Literal["asked", "anger", "bot_failed", "rasa_down", "danger"]
Language = Literal["de", "en"]


class Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Choice(Record):
    title: str
    payload: str


class ArticleLink(Record):
    title: str
    url: str


class Attachment(Record):
    #: Names the stored file; its address is made for whoever may see it.
    id: str
    kind: Literal["image", "document", "audio", "video", "location"]
    name: str = ""
    media_type: str = ""
    #: Bytes.
    size: int = 0
    #: Of a location: degrees.
    latitude: float | None = None
    longitude: float | None = None
    #: The whole of what the message is the gist of, such as a mail with its quotes:
    #: for agents, no file of the customer's.
    original: bool = False


class Former(Record):
    """What a message said before its customer changed it, and when they did."""

    text: str
    at: datetime


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
    attachments: tuple[Attachment, ...] = ()
    #: Set on customer messages once they are understood, 0..1.
    anger: float | None = None
    #: On agent messages: the `client_id` under which the desk sent it.
    client_id: str | None = None
    #: The customer whose thread it was in before a merge; empty: always in this one.
    origin: str = ""
    #: Of an entry that only changes an earlier message: what it does, and that message's id. Its `text`, `former` and
    #: `deleted_at` are how the changed message reads from then on.
    change: Literal["", "edited", "deleted"] = ""
    changes: str = ""
    #: What it said before, oldest first, for agents; and when the customer took it back, which leaves `text` empty.
    former: tuple[Former, ...] = ()
    deleted_at: datetime | None = None
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
    #: Skipped: said by the service itself, on a channel where the customer has opted out.
    state: Literal["sent", "delivered", "seen", "failed", "skipped"]
    reason: str = ""


class AngerScored(Record):
    """A customer's message was scored while a person owned the thread, or anew as it reads otherwise by now."""

    type: Literal["anger"] = "anger"
    customer_id: str
    ticket_ref: str
    cursor: str
    score: float
    evidence: tuple[str, ...] = ()
    #: The message was edited or deleted: this replaces what was said of its former words.
    anew: bool = False


class QuestionAsked(Record):
    """What became of a customer's question; kept for the report on what the questions teach."""

    type: Literal["question"] = "question"
    customer_id: str
    #: Of the customer's message.
    cursor: str
    language: Language
    channel: str
    text: str
    outcome: Literal["answered", "asked_back", "declined", "rejected", "handed_off"]
    #: Slugs of the nearest articles, the first one first.
    articles: tuple[str, ...] = ()
    #: Slugs of those given as an answer and not rejected, and of those that did not help. Both are empty where an older
    #: `bot` tells; then `outcome` speaks of the first of `articles`.
    given: tuple[str, ...] = ()
    rejected: tuple[str, ...] = ()
    confidence: float = 0.0
    #: The encoder's vector of the text: base64 of little-endian float16.
    embedding: str = ""
    ticket_ref: str = ""
    at: datetime


class CustomersMerged(Record):
    """From here on `merged_id` is `customer_id`: tickets, ratings and consents go along."""

    type: Literal["merged"] = "merged"
    merge_id: str
    customer_id: str
    merged_id: str
    #: How it was proven: ``signed identity``, ``link code``, ``confirmed e-mail``.
    proof: str
    customer: CustomerCard
    #: The identities that came along, e.g. ``telegram:4711``.
    brought: tuple[str, ...] = ()
    at: datetime


class MergeUndone(Record):
    type: Literal["unmerged"] = "unmerged"
    merge_id: str
    customer_id: str
    merged_id: str
    command_id: str = ""
    at: datetime


class UndoRefused(Record):
    """A merge stays as it is, though an agent asked to take it back."""

    type: Literal["undo_refused"] = "undo_refused"
    merge_id: str
    customer_id: str
    command_id: str
    agent_id: str
    #: too_late: after 30 days; undone: it was taken back before; moved:
    #: they went on with somebody else; unknown: no such merge.
    reason: Literal["too_late", "undone", "moved", "unknown"]
    at: datetime


AnyEvent: TypeAlias = (
    HandedOff
    | MessageAppended
    | OwnerChanged
    | Delivery
    | AngerScored
    | QuestionAsked
    | CustomersMerged
    | MergeUndone
    | UndoRefused
)
Event = Annotated[AnyEvent, Field(discriminator="type")]
EVENT: TypeAdapter[AnyEvent] = TypeAdapter(Event)


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
    #: Where to send it; empty: where the customer wrote last.
    channel: str = ""
    #: Files that `tickets` keeps until `bot` has fetched them.
    attachments: tuple[Attachment, ...] = ()
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


class RetryDelivery(Record):
    """An agent wants a dead letter tried again."""

    type: Literal["retry"] = "retry"
    command_id: str
    customer_id: str
    ticket_ref: str
    cursor: str
    agent_id: str
    agent_name: str
    at: datetime


class UndoMerge(Record):
    type: Literal["unmerge"] = "unmerge"
    command_id: str
    #: The customer who was kept.
    customer_id: str
    merge_id: str
    agent_id: str
    agent_name: str
    at: datetime


class PreferChannel(Record):
    """An agent notes where answers shall reach the customer; an empty channel: where they wrote last."""

    type: Literal["prefer"] = "prefer"
    command_id: str
    customer_id: str
    channel: str
    agent_id: str
    agent_name: str
    at: datetime


AnyCommand: TypeAlias = AgentMessage | OwnerCommand | RetryDelivery | UndoMerge | PreferChannel
Command = Annotated[AnyCommand, Field(discriminator="type")]
COMMAND: TypeAdapter[AnyCommand] = TypeAdapter(Command)


class Route(Record):
    """The way that a reply to this customer would go now."""

    channel: str
    #: direct: as it is; template: the window is shut, an approved template goes out; fallback: another linked channel;
    #: none: there is no way now, `reason` says why.
    kind: Literal["direct", "template", "fallback", "none"] = "direct"
    reason: str = ""
    #: When the platform's window shuts, if it has one.
    open_until: datetime | None = None
    #: Where the customer wishes to be answered; empty: where they wrote last.
    preferred: str = ""
    #: Which files go as files: media type, or its beginning -> bytes at most. Any other becomes a link in the text.
    files: dict[str, int] = Field(default_factory=dict)


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
