"""Where answers shall reach a customer, by their own wish:
said on any channel, picked in the chat, or noted by an agent.

The wish is about what people answer. What the assistant knows it says at once, where it was asked. Only a channel whose
address is proven can be wished for, so that nobody turns a stranger's answers to themselves.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import structlog

from bot import keys, scripts
from bot.channels.reach import Reach, wish_of
from bot.errors import Refused
from bot.identity import Identities
from bot.keys import Keys
from bot.texts import say
from bot.threads import Threads, message
from tickets.contracts import Language, PreferChannel

log = structlog.get_logger()

HERE, ANYWHERE = "here", "anywhere"
_NAMES = {
    "telegram": r"telegram",
    "whatsapp": r"whats?\s?app",
    "messenger": r"(?:facebook(?:[\s-]messenger)?|messenger)",
    "instagram": r"insta(?:gram)?",
    "sms": r"(?:sms|text[\s-]?messages?|textnachrichten?)",
    "email": r"(?:e[\s-]?)?mails?",
    "web": r"(?:web[\s-]?chat|chat|web(?:site|seite)?)",
    HERE: r"(?:here|hier(?:\s+zur(?:ü|ue)ck)?|on\s+this\s+(?:channel|number)|auf\s+diesem\s+(?:kanal|weg))",
    ANYWHERE: r"(?:(?:any|wher)ever\s+i\s+(?:write|wrote)(?:\s+last)?|where\s+i\s+(?:write|wrote)(?:\s+last)?"
    r"|(?:dort,?\s+)?wo\s+ich\s+(?:zuletzt\s+)?(?:schreibe|geschrieben\s+habe))",
}
_CHANNEL = "(?:" + "|".join(f"(?P<{name}>{words})" for name, words in _NAMES.items()) + ")"
_POLITE = (
    r"(?:please|bitte|from\s+now\s+on|ab\s+(?:jetzt|sofort)|"
    r"k(?:ü|ue)nftig|in\s+future|instead|lieber|gerne?|thanks|danke)"
)
_BY = r"(?:by|via|on|over|through|in|at|to|per|auf|(?:ü|ue)ber|an|im|in|mit)"
_WHICH = r"(?:my|the|your|meine?r?|die|den|dem|der)"
_ASKS = (
    r"(?:(?:can|could)\s+you\s+)?(?:answer|reply|respond|reach|contact|message|write)(?:\s+(?:to\s+)?me)?(?:\s+back)?"
    r"|send\s+(?:me\s+)?(?:your|the|all)?\s*(?:answers?|replies|reply)(?:\s+to\s+me)?"
    r"|(?:antworte[nt]?|antwortet|schreibe?[nt]?|erreiche[nt]?|kontaktiere[nt]?|melde[nt]?)(?:\s+sie)?(?:\s+(?:mir|mich|dich|sich|euch))?(?:\s+bei\s+mir)?"
    r"|(?:schicke?[nt]?|sende[nt]?)(?:\s+sie)?(?:\s+mir)?\s+(?:ihre|deine|eure|die|alle)?\s*antwort(?:en)?"
)
_WISH = re.compile(
    rf"(?:{_POLITE}[\s,]+)*(?:{_ASKS})(?:[\s,]+{_POLITE})*\s+(?:{_BY}\s+)?(?:{_WHICH}\s+)?{_CHANNEL}(?:[\s,]+{_POLITE})*",
    re.IGNORECASE,
)
LONGEST = 100

Refresh = Callable[[str], Awaitable[object]]


@dataclass(frozen=True)
class Ways:
    """The channels that a customer can wish for, and the one they wished for; empty: where they wrote last."""

    channels: tuple[str, ...]
    preferred: str


def wished(text: str) -> str | None:
    """The channel that a message asks for and nothing else, `HERE` or `ANYWHERE`; None for any other message."""
    said = " ".join(text.split()).strip(" .!") if len(text) <= LONGEST else ""
    found = _WISH.fullmatch(said)
    return next(name for name, words in found.groupdict().items() if words) if found else None


class Wishes:
    """Hears, notes and tells the customers' wishes."""

    def __init__(self, threads: Threads, identities: Identities, refresh: Refresh | None = None) -> None:
        self.threads = threads
        self.identities = identities
        self.reach = Reach(threads.redis)
        self._refresh = refresh
        self._audit = scripts.load(threads.redis, "audit")

    async def ways(self, customer_id: str) -> Ways:
        card = await self.identities.card(await self.threads.root(customer_id))
        channels = {one["channel"] for one in card.identities if one.get("verified") or one["channel"] == "web"}
        chosen = (await self.reach.contact(card.id)).preferred
        return Ways(tuple(sorted(channels, key=lambda one: (one != "web", one))), chosen if chosen in channels else "")

    async def prefer(self, customer_id: str, channel: str, by: str = "customer", act: str = "") -> None:
        """Notes the wish; an empty channel takes it back. `act` names it, so that repeating it is one act.

        Raises `Refused` (``not_linked``, ``opted_out``).
        """
        customer_id = await self.threads.home(customer_id)
        if channel and channel not in (await self.ways(customer_id)).channels:
            raise Refused(
                "not_linked", "This channel is not part of the conversation, or its address is not proven.", status=409
            )
        if channel and await self.reach.stopped(customer_id, channel):
            raise Refused("opted_out", "The customer has opted out on this channel.", status=409)
        at = datetime.now(UTC).isoformat()
        customer_id = await self._note(customer_id, wish_of(channel, at))
        entry = {"act": "preferred", "customer": customer_id, "channel": channel, "by": by, "at": at}
        await self._audit(
            keys=[keys.AUDIT, keys.AUDITED], args=[act or f"preferred:{customer_id}:{at}", json.dumps(entry)]
        )
        log.info("wishes.preferred", customer_id=customer_id, channel=channel, by=by.partition(" ")[0])
        if self._refresh:
            await self._refresh(customer_id)

    async def _note(self, customer_id: str, wish: str) -> str:
        """Writes the wish, again where a merge took the customer elsewhere meanwhile; returns whose it is now."""
        while True:
            await self.threads.redis.hset(Keys(customer_id).customer, "preferred_channel", wish)
            if (home := await self.threads.home(customer_id)) == customer_id:
                return customer_id
            customer_id = home

    async def command(self, command: PreferChannel) -> None:
        """An agent noted it for the customer. Safe to repeat; what can't be any more is dropped."""
        try:
            await self.prefer(
                command.customer_id, command.channel, f"{command.agent_id} {command.agent_name}", command.command_id
            )
        except Refused as refused:
            log.warning("wishes.refused", code=refused.code)

    async def heard(self, home: str, channel: str, text: str, id: str) -> bool:
        """Whether a message was such a wish; then it and its confirmation stand in the thread, and no turn follows."""
        name = wished(text)
        if name is None:
            return False
        if await self.threads.redis.zscore(Keys(await self.threads.root(home)).seen, f"wish:{id}") is not None:
            return True  # What was said since then counts.
        said = message("customer", text.strip(), id=id, channel=channel)
        await self.threads.tell(home, said)
        wanted = {HERE: channel, ANYWHERE: ""}.get(name, name)
        outcome = await self._outcome(home, wanted, act=f"preferred:{id}")
        await self._tell(home, channel, outcome, wanted or channel, id)
        return True

    async def _outcome(
        self, home: str, wanted: str, act: str
    ) -> Literal["prefers", "prefers_last", "not_linked", "opted_out_there"]:
        try:
            await self.prefer(home, wanted, act=act)
        except Refused as refused:
            return "opted_out_there" if refused.code == "opted_out" else "not_linked"
        return "prefers" if wanted else "prefers_last"

    async def _tell(self, home: str, channel: str, key: str, about: str, id: str) -> None:
        language: Language = (await self.threads.state(await self.threads.root(home))).language or "en"
        text = say(language, key, channel=say(language, f"channel_{about}"))
        told = message("system", text, id=f"wish:{id}", channel=channel)
        await self.threads.tell(home, told, () if channel == "web" else (channel,))
