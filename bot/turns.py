"""A turn: one item of a customer's mailbox and all that it causes.

An item is a customer's message (``message <cursor>``), a pressed choice (``choice <json payload> <cursor>``), that a
message was edited or deleted (``changed <cursor>``) or what an agent did at the desk (``command <json>``). Each item
ends in one `Threads.finish`, which is atomic and fenced.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from redis.exceptions import RedisError

from bot import questions
from bot.assistant import Assistant, Decision
from bot.commands import Commands
from bot.edits import written
from bot.errors import AssistantUnavailable
from bot.handoff import Cause, Handoffs
from bot.keys import LIVE
from bot.knowledge.search import Found
from bot.mailbox import Lease
from bot.metrics import ANGER, HANDOFFS, STEP_SECONDS
from bot.texts import CATALOGUES, say
from bot.threads import Finished, Plan, Threads, ThreadState, choices, message, order
from bot.understanding.anger import AngerScore, escalates, window
from bot.understanding.understand import Understander, Understanding
from tickets.contracts import AngerScored, ArticleLink, Language, Message, Reason, Suggestion

log = structlog.get_logger()

#: The customer's messages before this one that help to understand it.
RECENT = 6
#: Characters of the words that brought a customer to a person.
QUOTED = 200
#: Pictures of one album come as messages of their own.
SAME_HANDFUL = timedelta(minutes=1)
#: An article that is less likely the answer is not suggested to an agent.
SUGGESTED = 0.1


@dataclass(frozen=True)
class Turn:
    """A customer's message and what is known when its turn comes."""

    lease: Lease
    incoming: Message
    text: str
    state: ThreadState
    understood: Understanding

    @property
    def id(self) -> str:
        # The same before and after a merge, so that the assistant's memory knows a turn that it has done;
        # other words are another turn.
        edited = f":{len(self.incoming.former)}" if self.incoming.former else ""
        return f"{self.incoming.origin or self.lease.customer_id}:{self.incoming.cursor}{edited}"

    @property
    def reads(self) -> tuple[str, int]:
        return self.incoming.id, len(self.incoming.former)

    @property
    def language(self) -> Language:
        return self.understood.language

    @property
    def anger(self) -> str:
        return f"{self.incoming.cursor} {self.understood.anger.score:.3f}"


class Turns:
    """Does the items of the customers' mailboxes, one by one."""

    def __init__(
        self,
        threads: Threads,
        commands: Commands,
        handoffs: Handoffs,
        assistant: Assistant,
        understander: Understander,
        pushes: Callable[[str], bool],
        give_up_seconds: float,
    ) -> None:
        self.threads = threads
        self.commands = commands
        self.handoffs = handoffs
        self.assistant = assistant
        self.understander = understander
        self.pushes = pushes
        self.give_up_seconds = give_up_seconds

    async def handle(self, lease: Lease, item: str) -> str:
        """Does one item and returns what is left of the mailbox, as `Finished.left`."""
        kind, _, rest = item.partition(" ")
        if kind == "command":
            return (await self.commands.handle(lease, rest)).left
        cursor = rest.rpartition(" ")[2]
        incoming = await self.threads.message(lease.customer_id, cursor)
        if incoming is None:
            log.error("turn.message_missing", customer_id=lease.customer_id, cursor=cursor)
            return (await self.threads.finish(lease, Plan())).left
        if kind == "changed":
            return (await self._changed(lease, incoming)).left
        if incoming.deleted_at:
            return (await self.threads.finish(lease, Plan())).left  # Taken back before anybody answered it.
        text = json.loads(rest.rpartition(" ")[0]) if kind == "choice" else incoming.text
        return (await self._turn(lease, incoming, text)).left

    async def _turn(self, lease: Lease, incoming: Message, text: str) -> Finished:
        started = time.perf_counter()
        state = await self.threads.state(lease.customer_id)
        turn = Turn(lease, incoming, text, state, await self._understand(lease.customer_id, incoming, text, state))
        STEP_SECONDS.labels("understand").observe(time.perf_counter() - started)
        ANGER.observe(turn.understood.anger.score)
        if state.owner != "bot":
            return await self._listen(turn)
        if wordless(incoming):
            return await self._ask_for_words(turn)
        # A poke only, and on a Cluster another node's business: no reason to interrupt the turn.
        with suppress(RedisError, OSError):
            await self.threads.redis.publish(LIVE, f"{lease.customer_id} typing bot")
        try:
            decision = await self._decide(turn)
        except AssistantUnavailable as error:
            return await self._without_assistant(turn, error)
        finished = await self._reply(turn, decision)
        STEP_SECONDS.labels("turn").observe(time.perf_counter() - started)
        log.info(
            "turn.done", turn=turn.id, intent=decision.intent, outcome=finished.outcome, replies=len(finished.cursors)
        )
        return finished

    async def _changed(self, lease: Lease, incoming: Message) -> Finished:
        """A message reads otherwise: it is not answered again, unless it speaks of danger by now, but it counts as
        angry as it is. Of one that was deleted nothing counts."""
        state = await self.threads.state(lease.customer_id)
        plan = Plan(reads=(incoming.id, len(incoming.former)))
        anger = AngerScore(0.0, ())
        if not incoming.deleted_at:
            understood = await self._understand(lease.customer_id, incoming, incoming.text, state)
            if understood.danger and state.owner == "bot":
                return await self._turn(lease, incoming, incoming.text)
            anger = understood.anger
        plan.anger_anew = f"{incoming.cursor} {anger.score:.3f}"
        if state.ticket:
            plan.events.append(_scored(lease.customer_id, state.ticket, incoming, anger, anew=True))
        return await self.threads.finish(lease, plan)

    async def _listen(self, turn: Turn) -> Finished:
        """A person owns the thread: the bot keeps silent, and tells the desk how the customer feels."""
        plan = Plan(anger=turn.anger, set={"language": turn.language}, reads=turn.reads)
        if ticket := turn.state.ticket:
            plan.events.append(_scored(turn.lease.customer_id, ticket, turn.incoming, turn.understood.anger))
        return await self.threads.finish(turn.lease, plan)

    async def _ask_for_words(self, turn: Turn) -> Finished:
        """Files without words go to no assistant, which could only guess at "[image]".

        Several at once are answered once.
        """
        asked = {say(language, "needs_words") for language in CATALOGUES}
        bots = [one for one in await self.threads.last(turn.lease.customer_id, RECENT) if one.author == "bot"]
        if bots and bots[-1].text in asked and turn.incoming.at - bots[-1].at < SAME_HANDFUL:
            return await self.threads.finish(turn.lease, Plan(epoch=turn.state.epoch, once=f"turn:{turn.id}"))
        person = {"title": say(turn.language, "to_a_person"), "payload": "/ask_for_person"}
        return await self._reply(turn, Decision(({"text": say(turn.language, "needs_words"), "buttons": [person]},)))

    async def _understand(self, customer_id: str, incoming: Message, text: str, state: ThreadState) -> Understanding:
        recent: list[str] = []
        if text == incoming.text:
            since, until = order(state.anger_from), order(incoming.cursor)
            last = await self.threads.last(customer_id, RECENT)
            own = (one for one in written(last) if one.author == "customer")
            recent = [one.text for one in own if since < order(one.cursor) < until]
        try:
            return await self.understander.understand(incoming.text, state.language, recent)
        except Exception:
            # A message that can't be understood must not hold up the customer's mailbox: the assistant asks back.
            log.exception("turn.not_understood", customer_id=customer_id, cursor=incoming.cursor)
            return Understanding.nothing(incoming.text, state.language or "en")

    async def _decide(self, turn: Turn) -> Decision:
        customer_id = turn.lease.customer_id
        past = await self.threads.anger(customer_id, turn.state.anger_from)
        scores = [score for cursor, score in past if order(cursor) < order(turn.incoming.cursor)]
        scores.append(turn.understood.anger.score)
        metadata = turn.understood.metadata()
        metadata["anger"] |= {"trend": round(window(scores), 3), "escalate": escalates(scores)}
        ticket = await self.handoffs.ticket(turn.state.last_ticket)
        metadata["thread"] = {"language": turn.language, "last_ticket": ticket.model_dump() if ticket else None}
        started = time.perf_counter()
        decision = await self.assistant.decide(customer_id, turn.id, turn.text, metadata)
        STEP_SECONDS.labels("decide").observe(time.perf_counter() - started)
        return decision

    async def _reply(self, turn: Turn, decision: Decision) -> Finished:
        plan = Plan(epoch=turn.state.epoch, once=f"turn:{turn.id}", anger=turn.anger, reads=turn.reads)
        plan.set = {"language": turn.language}
        plan.deliver = turn.incoming.channel if self.pushes(turn.incoming.channel) else None
        handoff: dict[str, Any] | None = None
        rejected = dict.fromkeys(turn.state.rejected)
        for number, reply in enumerate(decision.replies):
            custom = reply.get("custom") or {}
            if custom.get("type") == "handoff":
                handoff = custom
            if custom.get("type") == "rejected":
                rejected = dict.fromkeys([*rejected, str(custom["slug"])])
            said = _said(turn, number, reply, custom)
            if said:
                plan.messages.append(said)
        if len(rejected) > len(turn.state.rejected):
            plan.set["rejected"] = json.dumps(list(rejected))
        last = questions.loaded(turn.state.question)
        if question := questions.asked(turn.lease.customer_id, turn.incoming, turn.understood, decision, last):
            question = await questions.comparable(question, self.understander.encoders)
            plan.events.append(question.model_dump_json())
            plan.set["question"] = questions.kept(question)
        if handoff:
            await self._add_handoff(turn, plan, await self._asked_for(turn, handoff, decision))
        return await self.threads.finish(turn.lease, plan)

    async def _asked_for(self, turn: Turn, handoff: dict[str, Any], decision: Decision) -> Cause:
        """Who asks for a person says little of the matter:
        that was said before, and what could be answered belongs to it."""
        cause, matter = _cause(turn, handoff["reason"], decision), str(handoff.get("matter") or "")
        if handoff["reason"] not in ("asked", "bot_failed") or not matter:
            return cause
        found = await self.understander.knowledge.search(matter, turn.language)
        return replace(cause, matter=matter, suggestions=_suggestions(found))

    async def _add_handoff(self, turn: Turn, plan: Plan, cause: Cause) -> None:
        ref = await self.handoffs.new_ref()
        event = await self.handoffs.event(turn.lease.customer_id, ref, turn.state, cause)
        plan.owner, plan.ticket = "queue", ref
        plan.told_until = event.packet.thread[-1].cursor if event.packet.thread else "0-0"
        plan.set |= {"ticket": ref, "last_ticket": ref, "priority": event.packet.priority}
        plan.events.append(event.model_dump_json())
        await self._tell_question(turn, plan, cause.reason, ref)
        told = await self.handoffs.told(ref, turn.language)
        plan.messages.append(message("system", told, id=f"{turn.id}:queued", channel=turn.incoming.channel))
        HANDOFFS.labels(cause.reason).inc()
        log.info("turn.handoff", turn=turn.id, ticket=ref, reason=cause.reason)

    async def _tell_question(self, turn: Turn, plan: Plan, reason: Reason, ref: str) -> None:
        last = questions.loaded(turn.state.question)
        question = questions.handed_off(turn.lease.customer_id, turn.incoming, turn.understood, reason, last, ref)
        if question:
            question = await questions.comparable(question, self.understander.encoders)
            plan.events.append(question.model_dump_json())
        plan.set["question"] = ""

    async def _without_assistant(self, turn: Turn, error: AssistantUnavailable) -> Finished:
        """Keeps the message at the head of the mailbox for another try; after a set time a person takes over.

        Danger and an outburst do not wait: a person takes over at once.
        """
        waited = (datetime.now(UTC) - turn.incoming.at).total_seconds()
        log.warning("turn.assistant_away", turn=turn.id, error=str(error), waited_seconds=round(waited, 1))
        plan = Plan(epoch=turn.state.epoch, reads=turn.reads)
        plan.deliver = turn.incoming.channel if self.pushes(turn.incoming.channel) else None
        reason = _urgent(turn) or ("rasa_down" if waited > self.give_up_seconds else None)
        if reason:
            plan.once, plan.anger, plan.set = f"turn:{turn.id}", turn.anger, {"language": turn.language}
            if reason == "danger":
                advice = say(turn.language, "danger_advice")
                plan.messages.append(message("system", advice, id=f"{turn.id}:advice", channel=turn.incoming.channel))
            await self._add_handoff(turn, plan, _cause(turn, reason, None))
        else:
            plan.once, plan.pop = f"away:{turn.id}", False
            away = say(turn.language, "assistant_away")
            plan.messages.append(message("system", away, id=f"{turn.id}:away", channel=turn.incoming.channel))
        return await self.threads.finish(turn.lease, plan)


def _scored(customer_id: str, ticket: str, said: Message, anger: AngerScore, *, anew: bool = False) -> str:
    """The event that tells the desk how angry a message is."""
    event = AngerScored(
        customer_id=customer_id,
        ticket_ref=ticket,
        cursor=said.cursor,
        score=round(anger.score, 3),
        evidence=anger.evidence,
        anew=anew,
    )
    return event.model_dump_json()


def wordless(incoming: Message) -> bool:
    """Whether a message is files and places only; then its text just stands in for them."""
    files = [one for one in incoming.attachments if not one.original]
    return bool(files) and incoming.text in {say(language, f"sent_{files[0].kind}") for language in CATALOGUES}


def _urgent(turn: Turn) -> Reason | None:
    if turn.understood.danger:
        return "danger"
    return "anger" if escalates([turn.understood.anger.score]) else None


def _said(turn: Turn, number: int, reply: dict[str, Any], custom: dict[str, Any]) -> Message | None:
    text = custom.get("text") or reply.get("text")
    if not text:
        return None
    article = custom.get("article") if custom.get("type") == "answer" else None
    return message(
        "bot",
        str(text),
        id=f"{turn.id}:{number}",
        channel=turn.incoming.channel,
        author_name=say(turn.language, "bot_name"),
        choices=choices(custom.get("choices") or reply.get("buttons")),
        article=ArticleLink(title=article["title"], url=article["url"]) if article else None,
    )


def _cause(turn: Turn, reason: Reason, decision: Decision | None) -> Cause:
    anger = turn.understood.anger
    return Cause(
        reason=reason,
        language=turn.language,
        evidence=anger.evidence if reason == "anger" else (f"said: {turn.incoming.text[:QUOTED]}",),
        intent=decision.intent if decision else "",
        slots=decision.slots if decision else {},
        suggestions=_suggestions(turn.understood.found),
        anger_now=(turn.incoming.cursor, round(anger.score, 3)),
        anger_evidence=anger.evidence,
        matter=turn.incoming.text if reason == "danger" else "",
    )


def _suggestions(found: Found) -> tuple[Suggestion, ...]:
    """What an agent might answer: only what the message is about, not whatever is nearest."""
    hits = [hit for hit in found.of_all[:3] if hit.confidence >= SUGGESTED]
    return tuple(Suggestion(title=hit.title, text=hit.text[:600], url=hit.url) for hit in hits)
