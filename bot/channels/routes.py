"""Which way a message to a customer goes: its own channel, a template outside the window, or another linked channel."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from redis.exceptions import RedisError

from bot.channels.protocol import Channel
from bot.channels.reach import Contact, Reach
from bot.keys import Keys
from bot.threads import Threads
from runtime.redis import Redis
from tickets.contracts import Author, Route, partitions

log = structlog.get_logger()

#: How far back the customer's last message is looked for.
LOOK_BACK = 50
LOOK_SECONDS = 20
NEVER = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True)
class Way:
    route: Route
    address: str = ""


def decide(
    channels: Mapping[str, Channel], contact: Contact, wanted: str, author: Author, now: datetime | None = None
) -> Way:
    """The way to a customer for a message by `author`.

    Straight on, if the channel is on, not opted out of and inside its window. Else, in this order: the linked channel
    that the customer prefers, the template or tag of the channel itself, any other linked channel, latest first.
    """
    now = now or datetime.now(UTC)
    if wanted in contact.stopped:
        return Way(Route(channel=wanted, kind="none", reason=f"the customer has opted out on {wanted}"))
    straight = _straight(channels, contact, wanted, now)
    if straight:
        return straight
    others = [name for name in contact.addresses if name != wanted and name not in contact.stopped]
    others.sort(key=lambda name: (name == contact.preferred, contact.wrote.get(name, NEVER)), reverse=True)
    open_ways = [way for name in others if (way := _straight(channels, contact, name, now))]
    why = _why(channels, contact, wanted)
    late = _late(channels, contact, wanted, author, now)
    if open_ways and (late is None or open_ways[0].route.channel == contact.preferred):
        found = open_ways[0]
        return Way(found.route.model_copy(update={"kind": "fallback", "reason": why}), found.address)
    return late or Way(Route(channel=wanted, kind="none", reason=why))


def _straight(channels: Mapping[str, Channel], contact: Contact, name: str, now: datetime) -> Way | None:
    channel, address = channels.get(name), contact.addresses.get(name, "")
    if channel is None or not address:
        return None
    window = channel.limits.window
    if window is None:
        return Way(Route(channel=name), address)
    until = contact.wrote.get(name, NEVER) + window
    return Way(Route(channel=name, open_until=until), address) if until > now else None


def _late(channels: Mapping[str, Channel], contact: Contact, name: str, author: Author, now: datetime) -> Way | None:
    channel, address = channels.get(name), contact.addresses.get(name, "")
    if channel is None or not address or channel.limits.late is None or author not in channel.limits.late_for:
        return None
    if now - contact.wrote.get(name, NEVER) > channel.limits.late:
        return None
    return Way(Route(channel=name, kind="template", reason=f"the window of {name} is shut"), address)


def _why(channels: Mapping[str, Channel], contact: Contact, name: str) -> str:
    if name not in channels:
        return f"{name} is not set up"
    return f"the window of {name} is shut" if contact.addresses.get(name) else f"no address of the customer on {name}"


class Routes:
    """Keeps `Route` beside each thread, so that the desk sees beforehand which way a reply goes."""

    def __init__(self, redis: Redis, threads: Threads, channels: Mapping[str, Channel]) -> None:
        self.redis = redis
        self.threads = threads
        self.channels = channels
        self.reach = Reach(redis)

    async def refresh(self, customer_id: str) -> Route:
        """Writes the way that an agent's reply would go now; looked at again when its window shuts."""
        recent = await self.threads.last(customer_id, LOOK_BACK)
        wanted = next((one.channel for one in reversed(recent) if one.author == "customer"), "web")
        route = decide(self.channels, await self.reach.contact(customer_id), wanted, "agent").route
        keys = Keys(customer_id)
        await self.redis.set(keys.route, route.model_dump_json())
        if route.open_until:
            await self.redis.zadd(f"route-due:{keys.tag}", {customer_id: route.open_until.timestamp()})
        return route

    async def run(self) -> None:
        """Refreshes the routes whose window has shut. More than one process may do it: the outcome is the same."""
        while True:
            try:
                for tag in partitions():
                    await self._refresh_due(f"route-due:{tag}")
            except (RedisError, OSError) as error:
                log.warning("routes.redis_away", error=type(error).__name__)
            await asyncio.sleep(LOOK_SECONDS)

    async def _refresh_due(self, key: str) -> None:
        now = datetime.now(UTC).timestamp()
        for customer_id in await self.redis.zrangebyscore(key, "-inf", now, start=0, num=200):
            await self.redis.zrem(key, customer_id)
            await self.refresh(str(customer_id))
