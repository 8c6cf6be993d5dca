"""The thread: the one conversation of a customer, in Redis. Messages join it only by `accept` and `finish`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from bot import scripts
from bot.edits import changed, folded
from bot.errors import Refused
from bot.keys import Keys
from bot.mailbox import Lease, Mailbox
from runtime.message_text import MAX_TEXT, cleaned
from runtime.redis import Redis
from tickets.contracts import Author, Choice, Language, Message, OwnerKind

#: A thread whose door is shut by a merge is asked again so often; after the first few times its merge is helped along.
KNOCKS, PATIENT_KNOCKS, KNOCK_SECONDS = 100, 4, 0.02


@dataclass(frozen=True)
class HeldTicket:
    """An open ticket of a thread, and who owns the thread for it. Only merged threads have more than one."""

    ref: str
    owner: OwnerKind
    agent_name: str = ""
    priority: str = "normal"


@dataclass(frozen=True)
class ThreadState:
    """A thread's HASH, typed."""

    owner: OwnerKind = "bot"
    #: Grows at each change of owner; what was computed under an older epoch is dropped.
    epoch: int = 1
    ticket: str = ""
    last_ticket: str = ""
    agent_name: str = ""
    language: Language | None = None
    #: Anger before this cursor is over and done with: it was handed back.
    anger_from: str = "0-0"
    #: Slugs of articles that did not help.
    rejected: tuple[str, ...] = ()
    #: The last question that was asked of the assistant, as JSON of `bot.questions`.
    question: str = ""
    #: Where the customer wrote last: the way of a reply; and the cursor of that message.
    channel: str = ""
    active: str = "0-0"
    #: The open tickets; the first one is `ticket`, for which `owner` stands.
    tickets: tuple[HeldTicket, ...] = ()
    #: The customer to whom this thread went.
    moved_to: str = ""


@dataclass(frozen=True)
class Accepted:
    """Where a customer's message stands now."""

    cursor: str
    duplicate: bool


@dataclass
class Plan:
    """Everything one item of the mailbox causes; `Threads.finish` makes it happen in one step."""

    #: The epoch under which it was computed; None for what may not be fenced, such as an agent's own message.
    epoch: int | None = None
    #: An id that takes effect once.
    once: str | None = None
    messages: list[Message] = field(default_factory=list)
    owner: OwnerKind | None = None
    ticket: str = ""
    command_id: str = ""
    #: With a ticket that begins (again): the last message that the desk knows of. What came after it is told as well.
    told_until: str | None = None
    set: dict[str, str] = field(default_factory=dict)
    set_after: dict[str, str] = field(default_factory=dict)
    events: list[str] = field(default_factory=list)
    #: ``<cursor> <score>`` of a message, in the place of its former reading if it had one; `anger_anew` counts only
    #: where it had one.
    anger: str | None = None
    anger_anew: str | None = None
    #: Channel that a message must be pushed to; None where the customer's own connection reads the thread.
    deliver: str | None = None
    #: ``(id, times)``: the message that it answers and how often that was changed by then. What was computed for other
    #: words is dropped, and the item stays to be done anew.
    reads: tuple[str, int] | None = None
    pop: bool = True
    #: The item was handed on to the customer to whom this one moved.
    forwarded: bool = False


@dataclass(frozen=True)
class Finished:
    """What became of a plan, and what is left of the mailbox."""

    outcome: str  # done | fenced | repeated | superseded | moved | changed
    left: str  # more | retired | kept | superseded
    cursors: tuple[str, ...] = ()


def message(author: Author, text: str, *, id: str, channel: str, **more: Any) -> Message:
    """A message that has no place in the log yet."""
    return Message(cursor="", id=id, author=author, text=text, channel=channel, at=datetime.now(UTC), **more)


def clean(text: str) -> str:
    """The text without control characters (newline and tab stay), or `Refused` when nothing sendable is left."""
    kept = cleaned(text)
    if not kept:
        raise Refused("empty_message", "The message has no text.")
    if len(kept) > MAX_TEXT:
        raise Refused("message_too_long", f"The message has {len(kept)} characters; at most {MAX_TEXT} are taken.")
    return kept


class Threads:
    """All threads: what is written to one is one atomic script, what is read is bounded."""

    def __init__(self, redis: Redis, mailbox: Mailbox, outbox: Mailbox) -> None:
        self.redis = redis
        self.mailbox = mailbox
        self.outbox = outbox
        self._accept = scripts.load(redis, "accept")
        self._finish = scripts.load(redis, "finish")
        self._tell = scripts.load(redis, "tell")
        self._push = scripts.load(redis, "push")
        self._change = scripts.load(redis, "change")
        #: Brings a merge to its end; set by whoever knows how.
        self.help: Callable[[str], Awaitable[object]] | None = None

    async def accept(self, customer_id: str, incoming: Message, payload: str = "") -> Accepted:
        """Stores and queues a customer's message, once per message id. When this returns, nothing can lose it."""
        prefix = f"choice {json.dumps(payload)} " if payload else "message "

        home = customer_id

        async def knock(customer_id: str) -> tuple[str, str]:
            keys = Keys(customer_id)
            own = [keys.thread, keys.log, keys.seen, keys.events, *self.mailbox.keys(customer_id)]
            args = [customer_id, home, incoming.id, _stored(incoming), prefix, incoming.channel]
            return tuple(await self._accept(keys=own, args=args))

        outcome, cursor = await self._enter(customer_id, knock)
        return Accepted(cursor, duplicate=outcome == "duplicate")

    async def tell(self, customer_id: str, told: Message, deliver: tuple[str, ...] = ()) -> str:
        """Adds what is said outside of a turn, once per message id;
        returns its cursor, to the millisecond for a repetition.

        `deliver` names the channels that it is pushed to.
        """
        home = customer_id

        async def knock(customer_id: str) -> tuple[str, str]:
            keys = Keys(customer_id)
            own = [keys.thread, keys.log, keys.seen, keys.events, *self.outbox.keys(customer_id)]
            return tuple(await self._tell(keys=own, args=[customer_id, home, told.id, _stored(told), *deliver]))

        return (await self._enter(customer_id, knock))[1]

    async def change(self, customer_id: str, change: Message) -> str:
        """Edits or deletes an earlier message of the same customer and channel, once per id of the change.

        ``changed``, ``duplicate``, ``settled`` (it reads so already, or was deleted), or ``missing``: no such message.
        """
        home = customer_id

        async def knock(customer_id: str) -> tuple[str, str]:
            keys = Keys(customer_id)
            original, raw = await self._by_id(keys, change.changes)
            if original is None or original.author != "customer" or original.channel != change.channel:
                sealed, moved = await self.redis.hmget(keys.thread, "sealed", "moved_to")
                return ("sealed", sealed) if sealed else ("moved", moved) if moved else ("missing", "")
            if (made := changed(original, change)) is None:
                return "settled", ""
            own = [keys.thread, keys.log, keys.seen, keys.events, keys.changes, *self.mailbox.keys(customer_id)]
            args = [customer_id, home, change.id, _stored(made[0]), change.changes, raw, made[1]]
            args.append(f"changed {original.cursor}")
            outcome, cursor = await self._change(keys=own, args=args)
            return await knock(customer_id) if outcome == "behind" else (outcome, cursor)

        return (await self._enter(customer_id, knock))[0]

    async def by_id(self, customer_id: str, id: str) -> Message | None:
        """A message as it reads now; None when it is too long ago, or was never in this thread."""
        return (await self._by_id(Keys(customer_id), id))[0]

    async def _by_id(self, keys: Keys, id: str) -> tuple[Message | None, str]:
        at = await self.redis.zscore(keys.seen, id)
        if at is None:
            return None, ""
        async with self.redis.pipeline(transaction=True) as pipe:
            entries, raw = await pipe.xrange(keys.log, int(at), int(at)).hget(keys.changes, id).execute()
        found = next((one for one in (loaded(*entry) for entry in entries) if one.id == id), None)
        return (folded(found, {id: raw} if raw else {}) if found else None), raw or ""

    async def forward(self, customer_id: str, item: str) -> None:
        """Puts an item into the mailbox of the customer to whom this one moved. The item must be safe to repeat."""
        home = customer_id

        async def knock(customer_id: str) -> tuple[str, str]:
            own = [Keys(customer_id).thread, *self.mailbox.keys(customer_id)]
            return tuple(await self._push(keys=own, args=[customer_id, home, item]))

        await self._enter(customer_id, knock)

    async def _enter(self, customer_id: str, knock: Callable[[str], Awaitable[tuple[str, str]]]) -> tuple[str, str]:
        """Follows a customer to where they moved, and waits where a merge has shut the door for a moment."""
        home = customer_id
        for count in range(KNOCKS):
            outcome, found = await knock(customer_id)
            if outcome == "moved":
                customer_id = found
            elif outcome == "apart":
                customer_id = home
            elif outcome != "sealed":
                return outcome, found
            elif self.help and count >= PATIENT_KNOCKS:
                await self.help(found)
            else:
                await asyncio.sleep(KNOCK_SECONDS)
        raise Refused("try_again", "This conversation is being joined with another one. Try again.", status=503)

    async def home(self, customer_id: str) -> str:
        """As `root`, but while a merge is at work on the customer it waits for its end, and helps."""

        async def knock(customer_id: str) -> tuple[str, str]:
            sealed, moved = await self.redis.hmget(Keys(customer_id).thread, "sealed", "moved_to")
            return ("sealed", sealed) if sealed else ("moved", moved) if moved else ("here", customer_id)

        return (await self._enter(customer_id, knock))[1]

    async def root(self, customer_id: str) -> str:
        """The customer who has the thread now: the one given, unless they were merged into another."""
        return await root(self.redis, customer_id)

    async def finish(self, lease: Lease, plan: Plan) -> Finished:
        """Makes the plan happen and takes the item off the mailbox, all in one step or not at all.

        Nothing happens, and the item stays, where somebody took the customer over (``superseded``), the message reads
        otherwise by now (``changed``), or the thread went elsewhere (``moved``). The item goes without effect where the
        plan was made under an older epoch (``fenced``), or its `once` took effect before (``repeated``).
        """
        keys = Keys(lease.customer_id)
        own = [keys.thread, keys.log, keys.seen, keys.events, *self.mailbox.keys(lease.customer_id)]
        own += [*self.outbox.keys(lease.customer_id), keys.anger, keys.changes]
        result = await self._finish(keys=own, args=[_as_json(lease, plan), self.mailbox.group])
        if result[0] == "superseded":
            return Finished("superseded", "superseded")
        return Finished(result[0], result[1], tuple(result[2:]))

    async def state(self, customer_id: str) -> ThreadState:
        """A new customer's thread is the bot's."""
        fields = await self.redis.hgetall(Keys(customer_id).thread)
        return ThreadState(
            owner=cast(OwnerKind, fields.get("owner", "bot")),
            epoch=int(fields.get("epoch", "1")),
            ticket=fields.get("ticket", ""),
            last_ticket=fields.get("last_ticket", ""),
            agent_name=fields.get("agent_name", ""),
            language=cast(Language | None, fields.get("language") or None),
            anger_from=fields.get("anger_from", "0-0"),
            rejected=tuple(json.loads(fields.get("rejected") or "[]")),
            question=fields.get("question", ""),
            channel=fields.get("channel", ""),
            active=fields.get("active", "0-0"),
            tickets=tuple(tickets(fields)),
            moved_to=fields.get("moved_to", ""),
        )

    async def prefer(self, customer_id: str, language: Language) -> None:
        """The language a customer starts in; what they write later decides."""
        await self.redis.hsetnx(Keys(customer_id).thread, "language", language)

    async def speaks(self, customer_id: str, language: Language) -> None:
        """The language of what a customer wrote past the thread."""
        await self.redis.hset(Keys(customer_id).thread, "language", language)

    async def message(self, customer_id: str, cursor: str) -> Message | None:
        """A message as it reads now."""
        keys = Keys(customer_id)
        async with self.redis.pipeline(transaction=True) as pipe:
            entries, states = await pipe.xrange(keys.log, cursor, cursor).hgetall(keys.changes).execute()
        return folded(loaded(*entries[0]), states) if entries else None

    async def after(self, customer_id: str, cursor: str | None, limit: int = 500) -> list[Message]:
        """The messages behind a cursor, oldest first; all of the last `limit` when it is None."""
        keys = Keys(customer_id)
        if cursor is None:
            return (await self.last(customer_id, limit)) if limit else []
        async with self.redis.pipeline(transaction=True) as pipe:
            pipe.xrange(keys.log, f"({cursor}", "+", count=limit).hgetall(keys.changes)
            entries, states = await pipe.execute()
        return [folded(loaded(*entry), states) for entry in entries]

    async def last(self, customer_id: str, limit: int) -> list[Message]:
        """The last entries as they read now, oldest first;
        `bot.edits.written` leaves out those that only change others."""
        keys = Keys(customer_id)
        async with self.redis.pipeline(transaction=True) as pipe:
            pipe.xrevrange(keys.log, "+", "-", count=limit).hgetall(keys.changes)
            entries, states = await pipe.execute()
        return [folded(loaded(*entry), states) for entry in reversed(entries)]

    async def anger(self, customer_id: str, since: str = "0-0") -> list[tuple[str, float]]:
        """``(cursor, score)`` of the scored messages behind a cursor, oldest first."""
        readings = [entry.split(" ") for entry in await self.redis.lrange(Keys(customer_id).anger, 0, -1)]
        return [(cursor, float(score)) for cursor, score in readings if order(cursor) > order(since)]


OWNERS = ("agent", "queue", "bot")
PRIORITIES = ("urgent", "high", "normal", "low")


def tickets(thread: Mapping[str, str]) -> list[HeldTicket]:
    """The open tickets of a thread's HASH, the one shown first."""
    ref = thread.get("ticket", "")
    owner = cast(OwnerKind, thread.get("owner", "queue"))
    first = HeldTicket(ref, owner, thread.get("agent_name", ""), thread.get("priority") or "normal")
    return ([first] if ref else []) + [HeldTicket(**one) for one in json.loads(thread.get("also") or "[]")]


def stored(others: list[HeldTicket]) -> str:
    """The field `also` of a thread's HASH: its open tickets beside the one shown."""
    return json.dumps([vars(one) for one in others]) if others else ""


def shown(held: list[HeldTicket]) -> dict[str, str]:
    """The fields of a thread with these open tickets: an agent's goes first, then the most urgent, then the oldest."""

    def urgency(one: HeldTicket) -> tuple[int, int, int]:
        return OWNERS.index(one.owner), PRIORITIES.index(one.priority), number(one.ref)

    first, *others = sorted(held, key=urgency) or [HeldTicket("", "bot")]
    fields = {"owner": first.owner, "ticket": first.ref, "agent_name": first.agent_name, "also": stored(others)}
    fields["priority"] = first.priority
    return fields | ({"last_ticket": first.ref} if first.ref else {})


def number(ref: str) -> int:
    """Tickets are numbered in the order of their making."""
    return int("".join(c for c in ref if c.isdigit()) or 0)


async def root(redis: Redis, customer_id: str) -> str:
    """See `Threads.root`."""
    while moved := await redis.hget(Keys(customer_id).thread, "moved_to"):
        customer_id = str(moved)
    return customer_id


def order(cursor: str) -> tuple[int, int]:
    """Cursors compare as numbers, not as text."""
    milliseconds, _, sequence = cursor.partition("-")
    return int(milliseconds), int(sequence or 0)


#: Of an entry that changes another one; no other message has anything there to be kept.
CHANGE_FIELDS = {"change", "changes", "former", "deleted_at"}


def _stored(record: Message) -> str:
    return record.model_dump_json(exclude={"cursor", "origin", *(() if record.change else CHANGE_FIELDS)})


def loaded(cursor: str, fields: dict[str, str]) -> Message:
    """An entry of the log: `m` is the message, `o` the customer who brought it into a merge."""
    return Message.model_validate({"cursor": cursor, "origin": fields.get("o", ""), **json.loads(fields["m"])})


def _as_json(lease: Lease, plan: Plan) -> str:
    parts: dict[str, Any] = {"token": lease.token, "customer": lease.customer_id, "pop": plan.pop}
    parts |= {"forwarded": True} if plan.forwarded else {}
    parts |= {"messages": [_stored(one) for one in plan.messages], "events": plan.events, "set": plan.set}
    parts |= {"set_after": plan.set_after, "ticket": plan.ticket, "command_id": plan.command_id}
    optional = {
        "epoch": plan.epoch,
        "once": plan.once,
        "owner": plan.owner,
        "anger": plan.anger,
        "anger_anew": plan.anger_anew,
        "deliver": plan.deliver,
        "told_until": plan.told_until,
        "reads": plan.reads,
    }
    return json.dumps(parts | {name: value for name, value in optional.items() if value is not None})


def choices(raw: Any) -> tuple[Choice, ...]:
    """Of a reply of the assistant."""
    return tuple(Choice(title=str(one["title"]), payload=str(one["payload"])) for one in raw or ())
