"""The handoff: the packet that an agent receives, and what the customer is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot import keys
from bot.edits import written
from bot.identity import Identities
from bot.knowledge.follow_ups import FOLLOW_UP_WORDS
from bot.texts import say
from bot.threads import Threads, ThreadState
from runtime.redis import Redis
from tickets.contracts import (
    AngerReading,
    DeskState,
    HandedOff,
    Language,
    Message,
    Packet,
    Reason,
    ShownArticle,
    Suggestion,
    TicketState,
)

PRIORITY: dict[str, Any] = {"danger": "urgent", "anger": "high"}
#: The packet carries the thread whole up to here; beyond, its latest part.
PACKET_MESSAGES = 1_000
#: A matter of longer ago is not why the customer asks for a person now.
TODAY = timedelta(hours=24)
#: Characters of what is wanted.
WANTED = 400


@dataclass(frozen=True)
class Cause:
    """Why a person takes over, and what was understood at that moment."""

    reason: Reason
    language: Language
    evidence: tuple[str, ...] = ()
    intent: str = ""
    slots: dict[str, Any] | None = None
    suggestions: tuple[Suggestion, ...] = ()
    anger_now: tuple[str, float] | None = None
    anger_evidence: tuple[str, ...] = ()
    #: What the customer came for, in their own words, where the assistant knows it.
    matter: str = ""


class Handoffs:
    """Makes what a person needs to take over, and knows what the desk last said."""

    def __init__(self, redis: Redis, threads: Threads, identities: Identities, timezone: str) -> None:
        self.redis = redis
        self.threads = threads
        self.identities = identities
        self._timezone = ZoneInfo(timezone)

    async def new_ref(self) -> str:
        """The next ticket reference. Made here, so that a handoff never waits for `tickets`; gaps are harmless.

        A counter that a failover took back must not give again what `tickets` knows.
        """
        while True:
            ref = f"F-{10_000 + int(await self.redis.incr(keys.LAST_TICKET))}"
            if not await self.redis.exists(keys.desk_ticket(ref)):
                return ref

    async def event(self, customer_id: str, ref: str, state: ThreadState, cause: Cause) -> HandedOff:
        packet = await self._packet(customer_id, ref, state, cause)
        return HandedOff(customer_id=customer_id, epoch=state.epoch + 1, packet=packet)

    async def _packet(self, customer_id: str, ref: str, state: ThreadState, cause: Cause) -> Packet:
        thread = [one for one in await self.threads.last(customer_id, PACKET_MESSAGES) if not one.change]
        read = dict(await self.threads.anger(customer_id, state.anger_from))
        if cause.anger_now:
            # Which may have a reading of its former words.
            read |= dict([cause.anger_now])
        trend = tuple(read.items())
        articles = shown_articles(thread, state.rejected)
        return Packet(
            ref=ref,
            customer=await self.identities.card(customer_id),
            reason=cause.reason,
            evidence=cause.evidence,
            thread=tuple(thread),
            wanted=wanted(thread, cause.matter),
            tried=tuple(_tried(cause, articles, thread)),
            language=cause.language,
            intent=cause.intent,
            slots=cause.slots or {},
            articles=articles,
            anger=AngerReading(
                score=max((score for _, score in trend), default=0.0), trend=trend, evidence=cause.anger_evidence
            ),
            suggestions=cause.suggestions,
            priority=PRIORITY.get(cause.reason, "normal"),
            channel=thread[-1].channel if thread else "web",
            created_at=datetime.now(UTC),
        )

    async def desk(self) -> DeskState:
        """What `tickets` last said of the desk; open and unhurried when it never said anything."""
        raw = await self.redis.get(keys.DESK_STATE)
        return DeskState.model_validate_json(raw) if raw else DeskState(open=True)

    async def ticket(self, ref: str) -> TicketState | None:
        raw = await self.redis.get(keys.desk_ticket(ref)) if ref else None
        return TicketState.model_validate_json(raw) if raw else None

    async def told(self, ref: str, language: Language) -> str:
        """What the customer reads when the queue takes over: reference, then place and wait, or the next opening."""
        desk = await self.desk()
        lines = [say(language, "queued", ref=ref)]
        if not desk.open and desk.opens_at:
            lines.append(say(language, "queued_closed", opens_at=self._moment(desk.opens_at, language)))
        elif desk.eta_minutes or desk.waiting:
            key = "queued_place" if desk.eta_minutes > 1 else "queued_place_one"
            lines.append(say(language, key, position=desk.waiting + 1, minutes=desk.eta_minutes))
        else:
            lines.append(say(language, "queued_soon"))
        return " ".join(lines)

    def _moment(self, at: datetime, language: Language) -> str:
        local = at.astimezone(self._timezone)
        return local.strftime("%d.%m., %H:%M Uhr" if language == "de" else "%d %b, %H:%M")


def wanted(thread: list[Message], matter: str = "") -> str:
    """What the customer wants, in their own words of today:
    the matter, or where none is known their longest message of ten."""
    all_own = [one for one in written(thread) if one.author == "customer"]
    own = [one.text for one in all_own if datetime.now(UTC) - one.at < TODAY] or [one.text for one in all_own[-1:]]
    told = next((at for at in reversed(range(len(own))) if matter and own[at].strip() == matter.strip()), None)
    if told is None:
        return max(own[-10:], key=len, default="")[:WANTED]
    # "And when will it arrive?" is understood from what was said before it.
    first = told if len(matter.split()) > FOLLOW_UP_WORDS else max(0, told - 2)
    return max(own[first : told + 1], key=len)[:WANTED]


def shown_articles(thread: list[Message], rejected: tuple[str, ...]) -> tuple[ShownArticle, ...]:
    """The articles that the thread shows, in order, each once."""
    shown: dict[str, ShownArticle] = {}
    for one in thread:
        if one.article and one.author == "bot":
            slug = one.article.url.rstrip("/").rpartition("/")[2]
            shown[slug] = ShownArticle(
                slug=slug, title=one.article.title, url=one.article.url, rejected=slug in rejected
            )
    return tuple(shown.values())


def _tried(cause: Cause, articles: tuple[ShownArticle, ...], thread: list[Message]) -> Iterator[str]:
    """What the assistant has told already."""
    for article in articles:
        yield say(cause.language, "tried_rejected" if article.rejected else "tried_article", title=article.title)
    number = str((cause.slots or {}).get("order_number") or "")
    if number and any(one.author == "bot" and number in one.text for one in thread):
        yield say(cause.language, "tried_order", number=number)
