"""Deliveries: one worker per customer pushes messages to their platform, in order, until each is sent or a dead letter.

An item is ``<channel> <cursor>``, or ``<channel>:<parts> <cursor>`` when that many parts went out before it failed.
What must wait stays at the head of the list and gives its place among the workers to another customer.

That a part is begun is written down before the platform is called. Who finds one begun and not
ended (a crash, a dead line) first finds out whether it was taken, where the platform tells it; else
sends it again, and not more often than `REPEATS`.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import structlog

from bot import keys as names
from bot import scripts
from bot.channels.consents import Consents
from bot.channels.limiter import Limiter
from bot.channels.parts import as_links, parts
from bot.channels.progress import Progress, ProgressStore
from bot.channels.protocol import Channel, FileNotTaken, OptedOut, Outgoing, Receipt, Unanswered, WindowShut
from bot.channels.reach import CONFIRMS, Reach, opted_out_on
from bot.channels.routes import Way, decide
from bot.channels.shelf import FileRefused, Shelf
from bot.errors import ChannelError
from bot.keys import Keys
from bot.mailbox import Lease, Mailbox
from bot.metrics import DELIVERIES
from bot.threads import Threads
from tickets.contracts import Message, Route

log = structlog.get_logger()

TRIES = 8
LONGEST_PAUSE = 60.0
#: Being asked to wait is no failed try, but a message that old is of no use any more.
PATIENCE_MS = 6 * 3600 * 1000
#: A shorter wait for the rate limit is sat out in place.
SHORT_WAIT = 0.3
#: After a try of unknown end, platforms that can tell of it get so long to know it themselves.
ASK_MS = 3_000
#: Clocks differ.
SKEW = timedelta(seconds=60)
#: So often a part is sent again of which nobody knows whether it was taken.
REPEATS = 2
#: A file that is on its way to us is looked for again after so long.
FILE_MS = 400
RECEIPT_SECONDS = 14 * 24 * 3600


class Outbox:
    """Delivers what waits for a customer, and takes what platforms tell of it afterwards."""

    def __init__(
        self,
        mailbox: Mailbox,
        threads: Threads,
        channels: Mapping[str, Channel],
        shelf: Shelf | None = None,
        consents: Consents | None = None,
        *,
        first_pause: float = 1.0,
    ) -> None:
        self.mailbox = mailbox
        self.threads = threads
        self.channels = channels
        self.shelf = shelf
        self.consents = consents or Consents(threads)
        self.first_pause = first_pause
        self.reach = Reach(mailbox.redis)
        self.limiter = Limiter(mailbox.redis)
        self.progress = ProgressStore(mailbox)
        self._delivered = scripts.load(mailbox.redis, "delivered")
        self._requeue = scripts.load(mailbox.redis, "requeue")
        self._receipt = scripts.load(mailbox.redis, "receipt")

    def pushes(self, channel: str) -> bool:
        return channel in self.channels and self.channels[channel].pushes

    async def handle(self, lease: Lease, item: str) -> str:
        """Works on one item; returns what is left of the outbox."""
        wanted, cursor = item.partition(" ")[0].partition(":")[0], item.partition(" ")[2]
        message = await self.threads.message(lease.customer_id, cursor)
        if message is None:
            log.error("outbox.message_missing", customer_id=lease.customer_id, cursor=cursor)
            return await self._settle(lease, {})
        progress = await self.progress.load(lease.customer_id, item)
        if progress.not_before > _now_ms():
            return _kept(progress)
        if wanted in self.channels and not self.channels[wanted].pushes:
            return await self._show(lease, progress, message, Route(channel=wanted))
        if progress.begun and await self._was_sent(lease.customer_id, progress, cursor):
            progress = ProgressStore.after_part(progress)
        way = await self._way(lease.customer_id, progress.channel or wanted, message)
        if way.stopped and message.author != "agent":
            return await self._skip(lease, message, way.route)
        if way.route.kind == "none":
            return await self._fail(lease, progress, message, way.route.reason)
        return await self._deliver(lease, progress, message, way)

    async def retry(self, customer_id: str, cursor: str) -> None:
        """Puts a dead letter back into the outbox; nothing happens when there is none, so asking twice sends once."""
        customer_id = await self.threads.root(customer_id)
        message = await self.threads.message(customer_id, cursor)
        if self.shelf and message and await self.mailbox.redis.hexists(Keys(customer_id).dead, cursor):
            await self.shelf.ask_again(message.attachments)
        own = Keys(customer_id)
        keys = [own.dead, own.deliveries, *self.mailbox.keys(customer_id)]
        if not await self._requeue(keys=keys, args=[customer_id, cursor]):
            log.info("outbox.nothing_to_retry", customer_id=customer_id, cursor=cursor)

    async def receive(self, channel: str, receipt: Receipt) -> bool:
        """Takes what a platform tells of sent messages; False when none of them is known (yet)."""
        found = await self._receipt_targets(channel, receipt)
        for customer_id, cursors in found.items():
            customer_id = await self.threads.root(customer_id)
            reason = opted_out_on(channel) if receipt.opted_out else receipt.reason[:300]
            told: dict[str, object] = {"state": receipt.state, "channel": channel, "reason": reason}
            if receipt.until and not cursors:
                told["until_ms"] = int(receipt.until.timestamp() * 1000)
            own = Keys(customer_id)
            keys = [own.thread, own.events, own.deliveries, own.sent, own.dead]
            if await self._receipt(keys=keys, args=[customer_id, json.dumps(told), *cursors]):
                DELIVERIES.labels(channel, receipt.state).inc()
            if receipt.opted_out:
                await self.consents.learnt(customer_id, channel, receipt.ids[0])
        return bool(found)

    async def _receipt_targets(self, channel: str, receipt: Receipt) -> dict[str, list[str]]:
        """The customers and cursors that a receipt is about."""
        found: dict[str, list[str]] = {}
        if receipt.key.count(" ") == 2:
            customer_id, cursor, part = receipt.key.split(" ")
            await self.mailbox.redis.set(names.taken(customer_id, cursor, part), receipt.ids[0], ex=3600)
        for id in receipt.ids:
            raw = await self.mailbox.redis.get(names.receipt(channel, id))
            if raw:
                customer_id, cursor, place = str(raw).split(" ")
                found.setdefault(customer_id, [])
                # Of a message in parts, the last one tells that all is there; any of them that it failed.
                if place == "last" or receipt.state == "failed":
                    found[customer_id].append(cursor)
        if receipt.until and not found:
            customer_id = await self.mailbox.redis.get(names.identity(channel, receipt.address))
            return {str(customer_id): []} if customer_id else {}
        return found

    async def _was_sent(self, customer_id: str, progress: Progress, cursor: str) -> bool:
        """Whether the platform told by now that it took the part whose end we don't know."""
        return bool(await self.mailbox.redis.exists(names.taken(customer_id, cursor, progress.parts)))

    async def _way(self, customer_id: str, wanted: str, message: Message) -> Way:
        contact = await self.reach.contact(customer_id)
        if message.id.startswith(CONFIRMS):
            contact = replace(contact, stopped=frozenset())
        return decide(self.channels, contact, wanted, message.author)

    async def _show(self, lease: Lease, progress: Progress, message: Message, route: Route) -> str:
        """The customer's own connection shows the message; it is theirs once its files are here."""
        try:
            ready = not self.shelf or await self.shelf.ready(message.attachments, 0) is not None
        except FileRefused as refused:
            return await self._fail(lease, progress, message, refused.reason)
        if not ready:
            return await self._wait(lease, replace(progress, not_before=_now_ms() + FILE_MS))
        return await self._succeed(lease, progress, message, route)

    async def _deliver(self, lease: Lease, progress: Progress, message: Message, way: Way) -> str:
        channel = self.channels[way.route.channel]
        if not channel.pushes:
            return await self._show(lease, progress, message, way.route)
        progress = replace(progress, since=progress.since or _now_ms())
        try:
            todo = await self._parts(lease.customer_id, progress, message, way)
        except FileRefused as refused:
            return await self._fail(lease, progress, message, refused.reason)
        if todo is None:
            return await self._wait(lease, replace(progress, not_before=_now_ms() + FILE_MS))
        for number in range(progress.parts, len(todo)):
            outcome = await self._part(lease, progress, way, todo[number], last=number == len(todo) - 1)
            if isinstance(outcome, ChannelError):
                return await self._trouble(lease, progress, message, way, outcome)
            if isinstance(outcome, str):
                return outcome
            progress = outcome
        return await self._succeed(lease, progress, message, way.route)

    async def _parts(self, customer_id: str, progress: Progress, message: Message, way: Way) -> list[Outgoing] | None:
        """The message's parts; None while one of its files is not here yet. Raises `FileRefused`."""
        files = await self.shelf.ready(message.attachments, progress.since / 1000) if self.shelf else ()
        if files is None:
            return None
        language = (await self.threads.state(customer_id)).language or "en"
        late, channel = way.route.kind == "template", self.channels[way.route.channel]
        return parts(channel, message, customer_id, language, late=late, address=way.address, files=files)

    async def _part(
        self, lease: Lease, progress: Progress, way: Way, part: Outgoing, *, last: bool
    ) -> Progress | ChannelError | str:
        """Sends one part. Returns the progress after it, the error, or what is left when it must wait."""
        channel, now = self.channels[way.route.channel], _now_ms()
        if progress.begun:
            known = await self._recalled(lease, progress, way, part, last=last)
            if known is not None:
                return known
        wait = await self._rate(channel, way.address)
        if wait:
            return await self._wait(lease, replace(progress, not_before=now + int(wait * 1000)))
        unknown = progress.unknown + (1 if progress.begun else 0)
        begun = replace(progress, begun=True, unknown=unknown, at=now, channel=way.route.channel)
        if not await self.progress.save(lease, begun):
            return "superseded"
        try:
            id = await _sent(channel, way.address, part)
        except ChannelError as error:
            return error
        return await self._taken(lease, begun, channel, id, part, last=last)

    async def _recalled(
        self, lease: Lease, progress: Progress, way: Way, part: Outgoing, *, last: bool
    ) -> Progress | ChannelError | str | None:
        """What is known of a part that was begun and whose end nobody saw; None: it may be sent again."""
        channel, asked = self.channels[way.route.channel], False
        if (channel.returns_keys or channel.can_be_asked) and _now_ms() - progress.at < ASK_MS:
            return await self._wait(lease, replace(progress, not_before=progress.at + ASK_MS))
        if channel.can_be_asked:
            try:
                id = await self._found(channel, progress, way.address, part)
                asked = True
            except ChannelError as error:
                if not error.permanent:
                    return Unanswered(error.reason)
                log.warning("outbox.cannot_ask", channel=channel.name, reason=error.reason)
            if asked and id:
                return await self._taken(lease, progress, channel, id, part, last=last)
        if progress.unknown >= REPEATS and not channel.drops_repeats and not asked:
            return ChannelError(f"{channel.name} gave no answer, so this may have arrived or not", permanent=True)
        return None

    async def _found(self, channel: Channel, progress: Progress, address: str, part: Outgoing) -> str:
        """The platform's id of a part that it took without our knowing; empty when it has none.

        Raises `ChannelError`.
        """
        since = datetime.fromtimestamp(progress.since / 1000, UTC) - SKEW
        found = await channel.find(address, part, since)
        if part.files and not found:
            found = await channel.find(address, as_links(part), since)
        for id in found:
            # One that we know of is an earlier message with the same words.
            if not await self.mailbox.redis.exists(names.receipt(channel.name, id)):
                return id
        return ""

    async def _taken(
        self, lease: Lease, progress: Progress, channel: Channel, id: str, part: Outgoing, *, last: bool
    ) -> Progress | str:
        """Notes that the platform has a part, and under which id it will tell of it."""
        value = f"{lease.customer_id} {part.key.split(' ')[1]} {'last' if last else 'part'}"
        await self.mailbox.redis.set(names.receipt(channel.name, id), value, ex=RECEIPT_SECONDS)
        after = ProgressStore.after_part(progress)
        return after if last or await self.progress.save(lease, after) else "superseded"

    async def _rate(self, channel: Channel, address: str) -> float:
        wait = await self.limiter.take(channel, address)
        if 0 < wait <= SHORT_WAIT:
            await asyncio.sleep(wait)
            wait = await self.limiter.take(channel, address)
        return wait

    async def _trouble(self, lease: Lease, progress: Progress, message: Message, way: Way, error: ChannelError) -> str:
        name, now = way.route.channel, _now_ms()
        log.warning("outbox.send_failed", channel=name, reason=error.reason, permanent=error.permanent)
        if isinstance(error, WindowShut) and way.route.kind != "template":
            await self.reach.forget_window(lease.customer_id, name)
            return await self._wait(lease, replace(progress, channel="", begun=False, not_before=now))
        if isinstance(error, OptedOut):
            return await self._opted_out(lease, progress, message, name)
        since = progress.since or now
        tries = progress.tries + (0 if error.retry_after else 1)
        if error.permanent or tries >= TRIES or now - since > PATIENCE_MS:
            return await self._fail(lease, progress, message, error.reason)
        pause = error.retry_after or min(LONGEST_PAUSE, self.first_pause * 2**progress.tries) * random.uniform(0.5, 1)
        # A platform that answered has not sent it; one that did not answer may have.
        unknown = isinstance(error, Unanswered)
        at = replace(progress, begun=unknown, at=now, tries=tries, since=since, not_before=now + int(pause * 1000))
        at = replace(at, unknown=progress.unknown + (1 if progress.begun else 0))
        return await self._wait(lease, replace(at, channel=name if progress.parts or unknown else ""))

    async def _opted_out(self, lease: Lease, progress: Progress, message: Message, channel: str) -> str:
        """The message goes the way of any other to who said STOP, which is decided anew with what is known now."""
        await self.consents.learnt(lease.customer_id, channel, message.cursor)
        if message.id.startswith(CONFIRMS):
            return await self._skip(lease, message, Route(channel=channel, reason=opted_out_on(channel)))
        stays = channel if progress.parts else ""
        return await self._wait(lease, replace(progress, channel=stays, begun=False, not_before=_now_ms()))

    async def _wait(self, lease: Lease, progress: Progress) -> str:
        return _kept(progress) if await self.progress.save(lease, progress) else "superseded"

    async def _succeed(self, lease: Lease, progress: Progress, message: Message, route: Route) -> str:
        told = "" if route.kind == "direct" else f"{route.kind} on {route.channel}: {route.reason}"
        fate: dict[str, object] = {"state": "sent", "channel": route.channel, "reason": told}
        fate["at"] = progress.at or _now_ms()
        DELIVERIES.labels(route.channel, "sent").inc()
        return await self._settle(lease, fate | {"cursor": message.cursor, "client_id": message.client_id})

    async def _fail(self, lease: Lease, progress: Progress, message: Message, reason: str) -> str:
        wanted = progress.item.partition(" ")[0].partition(":")[0]
        channel = progress.channel or wanted
        fate: dict[str, object] = {
            "state": "failed",
            "channel": channel,
            "wanted": channel if progress.parts else wanted,
        }
        fate |= {"reason": reason, "parts": progress.parts, "at": _now_ms()}
        DELIVERIES.labels(channel, "failed").inc()
        return await self._settle(lease, fate | {"cursor": message.cursor, "client_id": message.client_id})

    async def _skip(self, lease: Lease, message: Message, route: Route) -> str:
        """What the service says by itself is not for who has opted out. That is no failure, and nobody tries again."""
        DELIVERIES.labels(route.channel, "skipped").inc()
        fate = {"state": "skipped", "channel": route.channel, "reason": route.reason, "at": _now_ms()}
        return await self._settle(lease, fate | {"cursor": message.cursor, "client_id": message.client_id})

    async def _settle(self, lease: Lease, fate: Mapping[str, object]) -> str:
        own = Keys(lease.customer_id)
        keys = [*self.mailbox.keys(lease.customer_id), own.events, own.thread, own.sending, own.deliveries]
        kept = {name: value for name, value in fate.items() if value is not None}
        args = [lease.token, self.mailbox.group, lease.customer_id, json.dumps(kept)]
        return str(await self._delivered(keys=[*keys, own.sent, own.dead], args=args))


async def _sent(channel: Channel, address: str, part: Outgoing) -> str:
    """The platform's id of a part. Raises `ChannelError`."""
    try:
        return await channel.send(address, part)
    except FileNotTaken as error:
        log.warning("outbox.file_not_taken", channel=channel.name, reason=error.reason)
        return await channel.send(address, as_links(part))


def _kept(progress: Progress) -> str:
    """What the worker is told of an item that must wait; a long wait is looked at now and then."""
    seconds = min(LONGEST_PAUSE, max(0.0, (progress.not_before - _now_ms()) / 1000 + 0.005))
    return f"kept {seconds:.3f}"


def _now_ms() -> int:
    return int(time.time() * 1000)
