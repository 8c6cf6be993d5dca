"""What a channel parsed reaches the customer's thread: as a message with a turn, as a note, or as a delivery's fate."""

from __future__ import annotations

import asyncio
import re
from typing import Protocol

import structlog
from redis.exceptions import RedisError

from bot.channels.files import Files
from bot.channels.parts import referred
from bot.channels.protocol import Ignored, Inbound, Parsed, Receipt
from bot.channels.reach import Reach, opt_out
from bot.channels.routes import Routes
from bot.errors import Refused
from bot.identity import Identities
from bot.linking import CHOICE, Brought, Outcome, brought_in, code_in, wants_link
from bot.metrics import WEBHOOKS
from bot.outbox import Outbox
from bot.texts import say
from bot.threads import Threads, clean, message
from runtime.message_text import MAX_TEXT
from tickets.contracts import Choice, Language

log = structlog.get_logger()

NUMBER = re.compile(r"\s*(\d{1,2})\s*[.):]?\s*")
#: How far back the choices are that a typed number may mean.
LOOK_BACK = 12
#: A receipt may come before we know the message's id: it is looked at again after so many seconds.
SOON = (0.3, 1.0, 3.0)
SENT = {"contacts": "contact", "contact": "contact", "sticker": "sticker", "voice": "audio"}


class Linking(Protocol):
    """What the channels need of `bot.linking.Links`."""

    async def offer(self, channel: str, address: str, language: str | None = None) -> object: ...
    async def redeem(
        self,
        channel: str,
        address: str,
        code: str,
        name: str = "",
        *,
        words: str = "",
        ask: bool = False,
        quiet: bool = False,
    ) -> Outcome: ...
    async def answer(self, channel: str, address: str, payload: str) -> object: ...


class Wishing(Protocol):
    """What the channels need of `bot.wishes.Wishes`."""

    async def heard(self, home: str, channel: str, text: str, id: str) -> bool: ...


class Inbox:
    """Takes everything that any channel parsed."""

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
        self.wishes: Wishing | None = None
        self.reach = Reach(threads.redis)
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
            kept = await self.outbox.channels[channel].keep(found)
            told = f"ignored_{kept.what}" if isinstance(kept, Ignored) else await self._said(channel, kept)
            WEBHOOKS.labels(channel, told).inc()

    async def _said(self, channel: str, one: Inbound) -> str:
        home = await self.identities.home_of(
            channel, one.address, verified_how=self._proof(channel), name=one.name[:120]
        )
        customer_id = await self.threads.root(home)
        if one.language:
            await self.threads.prefer(customer_id, one.language)
        if one.sender_check:
            await self.identities.note_check(customer_id, channel, one.address, one.sender_check)
        if one.quiet:
            return await self._quiet(customer_id, home, channel, one)
        if one.change:
            return await self._changed(home, channel, one)
        await self.reach.wrote(customer_id, channel, one.address, one.at)
        asked = "" if one.choice else one.opt_out or opt_out(one.text, channel)
        if asked == "stop" or (asked == "start" and await self.reach.stopped(customer_id, channel)):
            return await self._opt_out(home, channel, one, given=asked == "start")
        if self.outbox.channels[channel].blocked_cannot_write:
            await self.reach.unblocked(customer_id, channel)
        choice = await self._choice(customer_id, one, listed=not self.outbox.channels[channel].limits.choices)
        if choice and choice.payload.startswith(CHOICE) and not one.proven:
            choice = None
        if await self._linked(channel, one, choice):
            return "link"
        if not choice and await self._wished(home, channel, one):
            return "wish"
        text = await self._text(customer_id, one, choice)
        attachments = await self.files.expect(channel, one)
        incoming = message("customer", text, id=_id(channel, one.id), channel=channel, attachments=attachments)
        accepted = await self.threads.accept(home, incoming, choice.payload if choice else one.payload)
        self._later(self._refresh(home))
        return "duplicate" if accepted.duplicate else "accepted"

    def _proof(self, channel: str) -> str:
        return f"signed by {channel}" if self.outbox.channels[channel].proves_sender else ""

    async def _quiet(self, customer_id: str, home: str, channel: str, one: Inbound) -> str:
        """What wants no answer joins the thread without a turn."""
        text = await self._text(customer_id, one, None)
        attachments = await self.files.expect(channel, one)
        said = message("customer", text, id=_id(channel, one.id), channel=channel, attachments=attachments)
        await self.threads.tell(home, said)
        return "quiet"

    async def _linked(self, channel: str, one: Inbound, choice: Choice | None) -> bool:
        """Whether it was about joining channels; then it is no message of the thread."""
        if self.links is None:
            return False
        if choice and choice.payload.startswith(CHOICE):
            await self.links.answer(channel, one.address, choice.payload)
        elif found := Brought(one.link_code) if one.link_code else brought_in(one.text):
            return await self._redeemed(channel, one, found)
        elif wants_link(one.text):
            try:
                await self.links.offer(channel, one.address, one.language)
            except Refused as refused:
                log.info("inbox.link_refused", channel=channel, code=refused.code)
        else:
            return False
        return True

    async def _redeemed(self, channel: str, one: Inbound, found: Brought) -> bool:
        """Whether the code was all there was to say; what else was said with a code of no use is a message."""
        assert self.links is not None
        ask, quiet = False, found.by_the_way
        if not self.outbox.channels[channel].proves_sender:
            # Answers to the mail with a code carry it along.
            ask, quiet = True, bool(one.text.strip()) and code_in(one.text) is None
        outcome = await self.links.redeem(
            channel, one.address, found.code, one.name, words=found.words, ask=ask, quiet=quiet
        )
        return not (quiet and outcome.state == "refused")

    async def _wished(self, home: str, channel: str, one: Inbound) -> bool:
        """Whether it said where answers shall go, which only the owner of the address may."""
        if self.wishes is None or not one.proven or any(not file.original for file in one.files):
            return False
        return await self.wishes.heard(home, channel, one.text, _id(channel, one.id))

    async def _choice(self, customer_id: str, one: Inbound, *, listed: bool) -> Choice | None:
        """The choice that was pressed, or whose number was typed; its words too, where choices are `listed` as text."""
        if at := referred(one.choice):
            asked = await self.threads.message(customer_id, at[0])
            return asked.choices[at[1]] if asked and at[1] < len(asked.choices) else None
        if typed := NUMBER.fullmatch(one.text):
            shown = await self._shown(customer_id)
            number = int(typed[1])
            return shown[number - 1] if 1 <= number <= len(shown) else None
        return _named(one.text, await self._shown(customer_id)) if listed and len(one.text) < 100 else None

    async def _shown(self, customer_id: str) -> tuple[Choice, ...]:
        """The choices that the customer has before them: of what was said since they last wrote."""
        for one in reversed(await self.threads.last(customer_id, LOOK_BACK)):
            if one.author == "customer" and not one.change:
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
            kinds = [file.kind for file in one.files if not file.original]
            kind = kinds[0] if kinds else "location" if one.place else SENT.get(one.other, "message")
            return say(await self._language(customer_id), f"sent_{kind}")

    async def _opt_out(self, home: str, channel: str, one: Inbound, *, given: bool) -> str:
        confirm, id = not self.outbox.channels[channel].confirms_opt_out, _id(channel, one.id)
        words = one.text.strip() or ("START" if given else "STOP")
        if not await self.outbox.consents.said(home, channel, words, id, given=given, confirm=confirm):
            return "duplicate"
        self._later(self._refresh(home))
        return "opted_in" if given else "opted_out"

    async def _changed(self, home: str, channel: str, one: Inbound) -> str:
        """An edited or deleted message reads otherwise from now on; one that we don't know of gets a note instead."""
        change = message("customer", _words(one.text), id=_id(channel, one.id), channel=channel, change=one.change)
        change = change.model_copy(update={"changes": _id(channel, one.changes)})
        if await self.threads.change(home, change) != "missing":
            return one.change
        language = await self._language(await self.threads.root(home))
        if one.change == "edited":
            text = say(language, "edited", text=_words(one.text))
        else:
            text = say(language, "deleted", channel=channel.capitalize())
        await self.threads.tell(home, message("system", text, id=_id(channel, one.id), channel=channel))
        return one.change

    async def _language(self, customer_id: str) -> Language:
        return (await self.threads.state(customer_id)).language or "en"

    async def _refresh(self, home: str) -> None:
        await self.routes.refresh(await self.threads.root(home))

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


def _words(text: str) -> str:
    """Of an edited message, which may have lost its words, such as a picture its caption."""
    try:
        return clean(text[:MAX_TEXT])
    except Refused:
        return "–"


def _named(text: str, shown: tuple[Choice, ...]) -> Choice | None:
    """The one choice that a text names, by its title or by what stands before its comma: "Yes" for "Yes, connect"."""
    said = text.strip(" \n.!").casefold()
    meant = [one for one in shown if said and said in (one.title.casefold(), one.title.partition(",")[0].casefold())]
    return meant[0] if len(meant) == 1 else None


def _id(channel: str, id: str) -> str:
    """Unique in the thread over all channels, and free of what would not fit a script's search."""
    return f"{channel}:{re.sub(r'[^A-Za-z0-9_.:=+/-]', '_', id)[:200]}"
