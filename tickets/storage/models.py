"""The tables of `tickets`. The migrations make them; a test holds both together."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Moment(TypeDecorator[datetime]):
    """An aware UTC time, also where the database keeps none (SQLite)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Number = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {datetime: Moment, dict[str, Any]: JSON, list[Any]: JSON, str: Text, int: BigInteger}


def numbered() -> Mapped[int]:
    return mapped_column(Number, primary_key=True, autoincrement=True)


#: A number is never given twice, even after the newest rows were deleted.
NEVER_AGAIN = {"sqlite_autoincrement": True}


class Agent(Base):
    __tablename__ = "agents"
    id: Mapped[str] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    role: Mapped[str]
    password_hash: Mapped[str]
    disabled: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]


class Session(Base):
    __tablename__ = "sessions"
    #: SHA-256 of the cookie's value: whoever reads the table can't log in with it.
    id: Mapped[str] = mapped_column(primary_key=True)
    agent_id: Mapped[str] = mapped_column(ForeignKey("agents.id"), index=True)
    csrf: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class ApiToken(Base):
    __tablename__ = "api_tokens"
    id: Mapped[str] = mapped_column(primary_key=True)
    agent_id: Mapped[str] = mapped_column(ForeignKey("agents.id"), index=True)
    name: Mapped[str]
    #: SHA-256 of the token.
    digest: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class LogInAttempt(Base):
    __tablename__ = "log_in_attempts"
    __table_args__ = (Index("ix_log_in_attempts_key_at", "key", "at"), NEVER_AGAIN)
    id: Mapped[int] = numbered()
    #: ``account:<e-mail>`` or ``address:<IP>``.
    key: Mapped[str]
    at: Mapped[datetime]


class Customer(Base):
    __tablename__ = "customers"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(default="")
    identities: Mapped[list[Any]] = mapped_column(default=list)
    consents: Mapped[dict[str, Any]] = mapped_column(default=dict)
    #: The customer who was kept, once this one was merged.
    kept_id: Mapped[str | None] = mapped_column(index=True)
    updated_at: Mapped[datetime]


class Merge(Base):
    __tablename__ = "merges"
    id: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str] = mapped_column(index=True)
    merged_id: Mapped[str] = mapped_column(index=True)
    proof: Mapped[str] = mapped_column(default="")
    #: The kept customer as before, and the tickets that moved: what an undo restores.
    before: Mapped[dict[str, Any]] = mapped_column(default=dict)
    refs: Mapped[list[Any]] = mapped_column(default=list)
    at: Mapped[datetime]
    undone_at: Mapped[datetime | None]


class Ticket(Base):
    __tablename__ = "tickets"
    __table_args__ = (
        Index("ix_tickets_status_queue_key", "status", "queue_key"),
        Index("ix_tickets_assignee_id_queue_key", "assignee_id", "queue_key"),
        NEVER_AGAIN,
    )
    id: Mapped[int] = numbered()
    ref: Mapped[str] = mapped_column(unique=True)
    customer_id: Mapped[str] = mapped_column(index=True)
    status: Mapped[str]
    resolution: Mapped[str] = mapped_column(default="")
    epoch: Mapped[int] = mapped_column(default=0)
    assignee_id: Mapped[str | None] = mapped_column(ForeignKey("agents.id"))
    reason: Mapped[str]
    priority: Mapped[str]
    language: Mapped[str]
    channel: Mapped[str]
    wanted: Mapped[str]
    anger: Mapped[float]
    last_text: Mapped[str] = mapped_column(default="")
    last_author: Mapped[str] = mapped_column(default="")
    last_at: Mapped[datetime | None]
    #: The packet without its thread, whose messages are rows of their own.
    packet: Mapped[dict[str, Any]]
    #: Reference, customer's name and wish, case-folded, for the search.
    folded: Mapped[str] = mapped_column(default="")
    queue_key: Mapped[str] = mapped_column(default="", index=True)
    created_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None] = mapped_column(index=True)
    responded_at: Mapped[datetime | None]
    snoozed_until: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    #: Clocks: seconds of opening time that are left, since when they run (none: they stand), and when they end.
    response_left: Mapped[int]
    response_since: Mapped[datetime | None]
    response_due_at: Mapped[datetime | None]
    resolution_left: Mapped[int]
    resolution_since: Mapped[datetime | None]
    resolution_due_at: Mapped[datetime | None]


class Message(Base):
    """A message of a ticket's thread, or a note. It may arrive before its ticket, so it does not point at one."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("ref", "message_id"),
        Index("ix_messages_ref_place", "ref", "place_ms", "place_seq"),
        NEVER_AGAIN,
    )
    id: Mapped[int] = numbered()
    ref: Mapped[str]
    message_id: Mapped[str]
    #: None for notes, and for a reply until it has joined the thread.
    cursor: Mapped[str | None] = mapped_column(index=True)
    client_id: Mapped[str | None]
    author: Mapped[str]
    author_name: Mapped[str] = mapped_column(default="")
    agent_id: Mapped[str | None]
    channel: Mapped[str]
    text: Mapped[str]
    folded: Mapped[str]
    private: Mapped[bool] = mapped_column(default=False)
    choices: Mapped[list[Any]] = mapped_column(default=list)
    article: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    attachments: Mapped[list[Any]] = mapped_column(default=list)
    anger: Mapped[float | None]
    anger_evidence: Mapped[list[Any]] = mapped_column(default=list)
    #: What an agent says it was, which counts more than the score.
    anger_label: Mapped[str | None]
    #: What it said before its customer edited it, and when they took it back; then `text` is empty.
    former: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    deleted_at: Mapped[datetime | None]
    #: The order of the thread: the two parts of the cursor; for what has none, the time.
    place_ms: Mapped[int]
    place_seq: Mapped[int]
    at: Mapped[datetime]


class Upload(Base):
    """A file that an agent attaches to a reply."""

    __tablename__ = "uploads"
    id: Mapped[str] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(index=True)
    agent_id: Mapped[str]
    name: Mapped[str]
    kind: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    #: None once `bot` has surely fetched it.
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    #: The message that it went out with; None: none yet.
    client_id: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(index=True)
    sent_at: Mapped[datetime | None]


class Delivery(Base):
    """What became of a message on its way out; it may arrive before the message."""

    __tablename__ = "deliveries"
    __table_args__ = (UniqueConstraint("ref", "cursor"), NEVER_AGAIN)
    id: Mapped[int] = numbered()
    ref: Mapped[str]
    cursor: Mapped[str]
    client_id: Mapped[str | None]
    state: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    #: Of the event that told it last: an event that is read again changes nothing.
    stream_ms: Mapped[int]
    stream_seq: Mapped[int]
    at: Mapped[datetime]


class Outbox(Base):
    """Commands for `bot`, written with the change that causes them; the relay brings them to Redis in this order."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_sent_at_id", "sent_at", "id"), NEVER_AGAIN)
    id: Mapped[int] = numbered()
    command_id: Mapped[str] = mapped_column(unique=True)
    customer_id: Mapped[str]
    ref: Mapped[str]
    command: Mapped[str]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    #: When `bot` said that it took effect.
    applied_at: Mapped[datetime | None]


class Position(Base):
    """How far each events stream was read; moves in the transaction that stores what was read."""

    __tablename__ = "positions"
    tag: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[str]


class PoisonEvent(Base):
    """An event that could not be used. Kept whole, so that it can be tried again."""

    __tablename__ = "poison_events"
    __table_args__ = (UniqueConstraint("tag", "stream_id"), NEVER_AGAIN)
    id: Mapped[int] = numbered()
    tag: Mapped[str]
    stream_id: Mapped[str]
    raw: Mapped[str]
    error: Mapped[str]
    at: Mapped[datetime]


class DeskEvent(Base):
    """What the desks' sockets are told; the number is their cursor."""

    __tablename__ = "desk_events"
    __table_args__ = (NEVER_AGAIN,)
    id: Mapped[int] = numbered()
    event: Mapped[dict[str, Any]]
    at: Mapped[datetime] = mapped_column(index=True)


class Audit(Base):
    __tablename__ = "audit"
    __table_args__ = (NEVER_AGAIN,)
    id: Mapped[int] = numbered()
    at: Mapped[datetime] = mapped_column(index=True)
    #: None: it happened by itself.
    agent_id: Mapped[str | None]
    action: Mapped[str]
    #: A ticket's reference, an agent's, customer's or token's id.
    subject: Mapped[str] = mapped_column(index=True)
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Question(Base):
    """A customer's question and what became of it, for the report on what the questions teach."""

    __tablename__ = "questions"
    __table_args__ = (
        UniqueConstraint("customer_id", "cursor"),
        Index("ix_questions_outcome_language_at", "outcome", "language", "at"),
        NEVER_AGAIN,
    )
    id: Mapped[int] = numbered()
    customer_id: Mapped[str]
    cursor: Mapped[str]
    language: Mapped[str]
    channel: Mapped[str]
    text: Mapped[str]
    outcome: Mapped[str]
    articles: Mapped[list[Any]] = mapped_column(default=list)
    #: As in the event; both empty in records of before they were told.
    given: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    rejected: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    confidence: Mapped[float] = mapped_column(default=0.0)
    #: As in the event: base64 of little-endian float16.
    embedding: Mapped[str] = mapped_column(default="", server_default="")
    ref: Mapped[str] = mapped_column(default="", index=True)
    at: Mapped[datetime] = mapped_column(index=True)


class AngerCorrection(Base):
    __tablename__ = "anger_corrections"
    __table_args__ = (UniqueConstraint("customer_id", "cursor"), NEVER_AGAIN)
    id: Mapped[int] = numbered()
    ref: Mapped[str]
    customer_id: Mapped[str]
    cursor: Mapped[str]
    language: Mapped[str]
    label: Mapped[str]
    text: Mapped[str]
    score: Mapped[float | None]
    agent_id: Mapped[str]
    at: Mapped[datetime]


class Draft(Base):
    """An article made of questions, before and after it is published."""

    __tablename__ = "drafts"
    id: Mapped[str] = mapped_column(primary_key=True)
    language: Mapped[str]
    slug: Mapped[str]
    title: Mapped[str]
    phrasings: Mapped[list[Any]] = mapped_column(default=list)
    body: Mapped[str]
    #: Numbers of the questions that it answers.
    questions: Mapped[list[Any]] = mapped_column(default=list)
    #: Of the file as it was published: only that version is replaced by the next one.
    digest: Mapped[str] = mapped_column(default="")
    agent_id: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
