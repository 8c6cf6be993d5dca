"""Whether a customer wants messages on a channel: their STOP and START, and what only the platform knows of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog

from bot.channels.reach import CONFIRMS, PLATFORM, Reach
from bot.keys import Keys
from bot.texts import say
from bot.threads import Threads, message
from tickets.contracts import Language

log = structlog.get_logger()

Refresh = Callable[[str], Awaitable[object]]


class Consents:
    """Keeps consents and tells of them in the thread, which is where agents see them."""

    def __init__(self, threads: Threads, refresh: Refresh | None = None) -> None:
        self.threads = threads
        self.reach = Reach(threads.redis)
        self._refresh = refresh

    async def said(self, home: str, channel: str, words: str, id: str, *, given: bool, confirm: bool) -> bool:
        """The customer's own STOP or START, which is confirmed where it was said; False: it was heard before."""
        customer_id = await self.threads.root(home)
        if await self.threads.redis.zscore(Keys(customer_id).seen, CONFIRMS + id) is not None:
            return False  # What was said since then counts.
        await self.reach.consent(customer_id, channel, given=given)
        await self.threads.tell(home, message("customer", words, id=id, channel=channel))
        text = say(await self._language(customer_id), "opted_in" if given else "opted_out")
        told = message("system", text, id=CONFIRMS + id, channel=channel)
        await self.threads.tell(home, told, (channel,) if confirm else ())
        return True

    async def learnt(self, customer_id: str, channel: str, about: str) -> None:
        """The platform refused a message, as it knows of a STOP: from now on it counts as if it had been said here.

        `about` names the message, so that repeating it is told once.
        """
        customer_id = await self.threads.root(customer_id)
        if await self.reach.stopped(customer_id, channel):
            return
        language = await self._language(customer_id)
        text = say(language, "opted_out_learnt", channel=say(language, f"channel_{channel}"))
        await self.threads.tell(customer_id, message("system", text, id=f"stopped:{channel}:{about}", channel=channel))
        await self.reach.consent(customer_id, channel, given=False, by=PLATFORM)
        log.info("consents.learnt", customer_id=customer_id, channel=channel)
        if self._refresh:
            await self._refresh(customer_id)

    async def _language(self, customer_id: str) -> Language:
        return (await self.threads.state(customer_id)).language or "en"
