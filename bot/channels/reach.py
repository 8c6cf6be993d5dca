"""Whether and where a customer may be reached: addresses, when they wrote last, and what they opted out of."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from bot import scripts
from bot.keys import Keys
from runtime.redis import Redis

#: Only a message that is nothing but the word counts: "please stop the delivery" is a request.
STOP = {"stop", "stopp", "stopall", "unsubscribe", "abmelden", "abbestellen"}
#: Words at which the mobile networks block a number by themselves.
STOP_SMS = STOP | {"cancel", "end", "quit"}
START = {"start", "unstop", "anmelden"}
#: Who told of a consent that the customer did not tell us.
PLATFORM = "platform"
#: Of a message's id: it confirms an opt-out, so it is sent in spite of it.
CONFIRMS = "consent:"


@dataclass(frozen=True)
class Contact:
    """What is known of the ways to a customer."""

    #: Channel -> address: the one they wrote from last.
    addresses: dict[str, str] = field(default_factory=dict)
    #: Channel -> when they wrote there last.
    wrote: dict[str, datetime] = field(default_factory=dict)
    stopped: frozenset[str] = frozenset()
    preferred: str = ""


def wish_of(channel: str, at: str) -> str:
    """Where answers shall go, as a card keeps it. An empty channel is a wish too: where the customer wrote last."""
    return json.dumps({"channel": channel, "at": at})


def opted_out_on(channel: str) -> str:
    """The reason why a message was not sent; the desk knows these words."""
    return f"the customer has opted out on {channel}"


def opt_out(text: str, channel: str) -> Literal["", "stop", "start"]:
    """What an opt-out word asks for."""
    word = re.sub(r"[\s.!\"'„“”]+", " ", text).strip().lower() if len(text) < 30 else ""
    if word in (STOP_SMS if channel == "sms" else STOP):
        return "stop"
    return "start" if word in START else ""


class Reach:
    """Keeps and reads what the ways to a customer hang on; all of it stands on the customer's card."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self._wrote = scripts.load(redis, "wrote")

    async def wrote(self, customer_id: str, channel: str, address: str, at: datetime | None = None) -> None:
        """Notes that the customer wrote, at the platform's time: what is delivered late opens no window anew."""
        now = datetime.now(UTC)
        milliseconds = int(min(at or now, now).timestamp() * 1000)
        await self._wrote(keys=[Keys(customer_id).customer], args=[f"wrote:{channel}", milliseconds, address])

    async def forget_window(self, customer_id: str, channel: str) -> None:
        """The platform says that its window is shut: from now on we think so too."""
        card = Keys(customer_id).customer
        if raw := await self.redis.hget(card, f"wrote:{channel}"):
            await self.redis.hset(card, f"wrote:{channel}", f"0 {str(raw).partition(' ')[2]}")

    async def consent(self, customer_id: str, channel: str, *, given: bool, by: str = "") -> None:
        """`by`: who told of it, where that was not the customer."""
        value = {"messages": given, "at": datetime.now(UTC).isoformat()} | ({"by": by} if by else {})
        await self.redis.hset(Keys(customer_id).customer, f"consent:{channel}", json.dumps(value))

    async def stopped(self, customer_id: str, channel: str) -> bool:
        return (await self._consent(customer_id, channel)).get("messages") is False

    async def unblocked(self, customer_id: str, channel: str) -> None:
        """What the platform told of a block is over; what the customer said themselves stands."""
        known = await self._consent(customer_id, channel)
        if known.get("messages") is False and known.get("by") == PLATFORM:
            await self.consent(customer_id, channel, given=True, by=PLATFORM)

    async def _consent(self, customer_id: str, channel: str) -> dict[str, object]:
        raw = await self.redis.hget(Keys(customer_id).customer, f"consent:{channel}")
        return dict(json.loads(raw)) if raw else {}

    async def contact(self, customer_id: str) -> Contact:
        fields = await self.redis.hgetall(Keys(customer_id).customer)
        addresses: dict[str, str] = {}
        wrote: dict[str, datetime] = {}
        stopped: set[str] = set()
        for name, value in fields.items():
            kind, _, rest = name.partition(":")
            if kind == "identity":
                channel, _, address = rest.partition(":")
                addresses.setdefault(channel, address)
            elif kind == "consent" and not json.loads(value)["messages"]:
                stopped.add(rest)
        for name in (name for name in fields if name.startswith("wrote:")):
            channel, (at, _, address) = name.removeprefix("wrote:"), fields[name].partition(" ")
            wrote[channel] = datetime.fromtimestamp(int(at) / 1000, UTC)
            addresses[channel] = address or addresses.get(channel, "")
        wish = json.loads(fields.get("preferred_channel") or "{}")
        return Contact(addresses, wrote, frozenset(stopped), wish.get("channel", ""))

    async def wanted(self, customer_id: str) -> str:
        """Where a person's answer shall go: as the customer wished, if it can, else where they wrote last."""
        contact = await self.contact(customer_id)
        if contact.preferred in contact.addresses and contact.preferred not in contact.stopped:
            return contact.preferred
        return str(await self.redis.hget(Keys(customer_id).thread, "channel") or "")
