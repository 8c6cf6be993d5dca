"""What a channel parsed reaches the customer's thread: as a message with a turn, as a note, or as a delivery's fate."""

from __future__ import annotations

import asyncio
import re
from typing import Protocol

import structlog
from redis.exceptions import RedisError

from bot import scripts
from bot.channels.files import Files
from bot.channels.parts import referred
from bot.channels.protocol import Ignored, Inbound, Parsed, Receipt
from bot.channels.reach import CONFIRMS, Reach, opt_out
from bot.channels.routes import Routes
from bot.errors import Refused
from bot.identity import Identities
from bot.keys import Keys
from bot.linking import CHOICE, code_in, wants_link
from bot.metrics import WEBHOOKS
from bot.outbox import Outbox
from bot.texts import say
from bot.threads import MAX_TEXT, Threads, clean, message
from tickets.contracts import Author, Choice, Language, Message

log = structlog.get_logger()

NUMBER = re.compile(r"\s*(\d{1,2})\s*[.):]?\s*")
#: How far back the choices are that a typed number may mean.
LOOK_BACK = 12
#: A receipt may come before we know the message's id: it is looked at again after so many seconds.
SOON = (0.3, 1.0, 3.0)
#: A thread that is being merged takes nothing for a moment.
PATIENCE = 50
SENT = {"contacts": "contact", "contact": "contact", "sticker": "sticker", "voice": "audio"}


class Linking(Protocol):
    """What the channels need of `bot.linking.Links`."""

    async def offer(self, channel: str, address: str, language: str | None = None) -> object: ...
    async def redeem(self, channel: str, address: str, code: str, name: str = "") -> object: ...
    async def answer(self, channel: str, address: str, payload: str) -> object: ...


class Inbox:
    def __init__(
        self,
        identities: Identities,
        threads: Threads,
        outbox: Outbox,
        routes: Routes,
        files: Files,
        links: Linking | None = None,
    ) -> None:
        self.identities = identities
        self.threads = threads
        self.outbox = outbox
        self.routes = routes
        self.files = files
        self.links = links
        self.reach = Reach(threads.redis)
        self._note = scripts.load(threads.redis, "note")
        self._after: set[asyncio.Task[None]] = set()

    async def take(self, channel: str, found: Parsed) -> None:
        """Stores one entry. When this returns, nothing can lose it."""
        if isinstance(found, Ignored):
            WEBHOOKS.labels(channel, f"ignored_{found.what}").inc()
        elif isinstance(found, Receipt):
            WEBHOOKS.labels(channel, "receipt").inc()
            if not await self.outbox.receive(channel, found):
                self._later(self._receive_soon(channel, found))
        else:
            WEBHOOKS.labels(channel, await self._said(channel, found)).inc()

    async def _said(self, channel: str, one: Inbound) -> str:
        customer_id = await self.identities.customer_of(
            channel, one.address, verified_how=f"signed by {channel}", name=one.name[:120]
        )
        if one.language:
            await self.threads.prefer(customer_id, one.language)
        if one.change:
            return await self._changed(customer_id, channel, one)
        await self.reach.wrote(customer_id, channel, one.address, one.at)
        asked = opt_out(one.text, channel)
        if asked == "stop" or (asked == "start" and await self.reach.stopped(customer_id, channel)):
            return await self._opt_out(customer_id, channel, one, given=asked == "start")
        choice = await self._choice(customer_id, one)
        if await self._linked(channel, one, choice):
            return "link"
        text = await self._text(customer_id, one, choice)
        attachments = await self.files.expect(channel, one)
        incoming = message("customer", text, id=_id(channel, one.id), channel=channel, attachments=attachments)
        payload = choice.payload if choice else one.payload
        accepted = await self.threads.accept(customer_id, incoming, payload)
        self._later(self._refresh(customer_id))
        return "duplicate" if accepted.duplicate else "accepted"

    async def _linked(self, channel: str, one: Inbound, choice: Choice | None) -> bool:
        """Whether it was about joining channels; then it is no message of the thread."""
        if self.links is None:
            return False
        if choice and choice.payload.startswith(CHOICE):
            await self.links.answer(channel, one.address, choice.payload)
        elif code := one.link_code or code_in(one.text):
            await self.links.redeem(channel, one.address, code, one.name)
        elif wants_link(one.text):
            try:
                await self.links.offer(channel, one.address, one.language)
            except Refused as refused:
                log.info("inbox.link_refused", channel=channel, code=refused.code)
        else:
            return False
        return True

    async def _choice(self, customer_id: str, one: Inbound) -> Choice | None:
        """The choice that was pressed, or whose number was typed."""
        if at := referred(one.choice):
            asked = await self.threads.message(customer_id, at[0])
            return asked.choices[at[1]] if asked and at[1] < len(asked.choices) else None
        if typed := NUMBER.fullmatch(one.text):
            shown = await self._shown(customer_id)
            number = int(typed[1])
            return shown[number - 1] if 1 <= number <= len(shown) else None
        return None

    async def _shown(self, customer_id: str) -> tuple[Choice, ...]:
        """The choices that the customer has before them: of what was said since they last wrote."""
        for one in reversed(await self.threads.last(customer_id, LOOK_BACK)):
            if one.author == "customer":
                return ()
            if one.choices:
                return one.choices
        return ()

    async def _text(self, customer_id: str, one: Inbound, choice: Choice | None) -> str:
        """What stands in the thread: the words, else what was sent instead of words."""
        if choice:
            return choice.title
        words = one.text[:MAX_TEXT]
        try:
            return clean(words)
        except Refused:
            kind = one.files[0].kind if one.files else "location" if one.place else SENT.get(one.other, "message")
            return say(await self._language(customer_id), f"sent_{kind}")

    async def _opt_out(self, customer_id: str, channel: str, one: Inbound, *, given: bool) -> str:
        if await self.threads.redis.zscore(Keys(customer_id).seen, _id(channel, one.id)) is not None:
            return "duplicate"  # What was said since then counts.
        await self.reach.consent(customer_id, channel, given=given)
        text = say(await self._language(customer_id), "opted_in" if given else "opted_out")
        told = "" if self.outbox.channels[channel].confirms_opt_out else channel
        said = message("customer", one.text.strip(), id=_id(channel, one.id), channel=channel)
        answer = message("system", text, id=f"{CONFIRMS}{_id(channel, one.id)}", channel=channel)
        return await self._noted(customer_id, said.id, [(said, ""), (answer, told)])

    async def _changed(self, customer_id: str, channel: str, one: Inbound) -> str:
        """An edited or deleted message stays as it was; that it changed is said beside it, without a turn."""
        language = await self._language(customer_id)
        if one.change == "edited":
            text = say(language, "edited", text=one.text[:MAX_TEXT].strip() or "–")
        else:
            text = say(language, "deleted", channel=channel.capitalize())
        author: Author = "system"
        return await self._noted(customer_id, _id(channel, one.id), [
            (message(author, text, id=_id(channel, one.id), channel=channel), "")
        ])  # fmt: skip

    async def _noted(self, customer_id: str, id: str, said: list[tuple[Message, str]]) -> str:
        pairs = [part for one, to in said for part in (one.model_dump_json(exclude={"cursor"}), to)]
        for _ in range(PATIENCE):
            own = Keys(customer_id)
            keys = [own.thread, own.log, own.seen, own.events, *self.outbox.mailbox.keys(customer_id)]
            outcome, where = await self._note(keys=keys, args=[customer_id, id, *pairs])
            if outcome == "moved":
                customer_id = where
            elif outcome == "sealed":
                await asyncio.sleep(0.1)
            else:
                return str(outcome)
        raise Refused("try_again", "This thread is being joined with another one. Try again.", status=503)

    async def _language(self, customer_id: str) -> Language:
        return (await self.threads.state(customer_id)).language or "en"

    async def _refresh(self, customer_id: str) -> None:
        await self.routes.refresh(customer_id)

    async def _receive_soon(self, channel: str, receipt: Receipt) -> None:
        for pause in SOON:
            await asyncio.sleep(pause)
            if await self.outbox.receive(channel, receipt):
                return
        log.info("inbox.receipt_unknown", channel=channel, state=receipt.state)

    def _later(self, work: object) -> None:
        """Runs what may be lost after the answer to the platform."""
        task = asyncio.ensure_future(_forgiving(work))  # type: ignore[arg-type]
        self._after.add(task)
        task.add_done_callback(self._after.discard)


async def _forgiving(work: object) -> None:
    try:
        await work  # type: ignore[misc]
    except (RedisError, OSError) as error:
        log.warning("inbox.store_away", error=type(error).__name__)


def _id(channel: str, id: str) -> str:
    """Unique in the thread over all channels, and free of what would not fit a script's search."""
    return f"{channel}:{re.sub(r'[^A-Za-z0-9_.:=+/-]', '_', id)[:200]}"
