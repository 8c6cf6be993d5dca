"""Which way a message to a customer goes: its own channel, a template outside the window, or another linked channel."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog
from redis.exceptions import RedisError

from bot.channels.parts import allowed
from bot.channels.protocol import Channel
from bot.channels.reach import Contact, Reach, opted_out_on
from bot.keys import LIVE, Keys, route_due
from bot.threads import Threads
from runtime.redis import Redis
from tickets.contracts import Author, Route, partitions

log = structlog.get_logger()

LOOK_SECONDS = 20
#: What happens in threads is gathered for so long before it is looked at.
GATHER_SECONDS = 0.5
NEVER = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True)
class Way:
    route: Route
    address: str = ""
    #: There is none because the customer wants no messages there.
    stopped: bool = False


def decide(
    channels: Mapping[str, Channel], contact: Contact, wanted: str, author: Author, now: datetime | None = None
) -> Way:
    """The way to a customer for a message by `author`.

    Straight on, if the channel is on, not opted out of and inside its window. Else, in this order: the linked channel
    that the customer prefers, the template or tag of the channel itself, any other linked channel, latest first.
    """
    now = now or datetime.now(UTC)
    if wanted in contact.stopped:
        route = Route(channel=wanted, kind="none", reason=opted_out_on(wanted))
        return Way(route, stopped=True)
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
        wanted = await self._wanted(customer_id)
        contact = await self.reach.contact(customer_id)
        way = decide(self.channels, contact, wanted, "agent")
        told = {"preferred": contact.preferred, "files": self._files(way)}
        route = way.route.model_copy(update=told)
        keys = Keys(customer_id)
        await self.redis.set(keys.route, route.model_dump_json())
        if route.open_until:
            await self.redis.zadd(route_due(keys.tag), {customer_id: route.open_until.timestamp()})
        return route

    def _files(self, way: Way) -> dict[str, int]:
        """What would go as a file this way."""
        if way.route.kind == "none":
            return {}
        return dict(allowed(self.channels[way.route.channel], way.address, late=way.route.kind == "template").types)

    def jobs(self) -> list[Coroutine[Any, Any, None]]:
        """Refresh what changes without a messenger: windows that shut, and customers who go on in the web chat.

        More than one process may do it: the outcome is the same. Each is a task of its own, so that none is left behind
        when they are told to end.
        """
        return [self._for_ever(self._look), self._for_ever(self._follow)]

    async def _for_ever(self, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await work()
            except (RedisError, OSError) as error:
                log.warning("routes.redis_away", error=type(error).__name__)
                await asyncio.sleep(1)

    async def _look(self) -> None:
        for tag in partitions():
            # One that is away is looked at again soon; the others do not wait for it.
            with suppress(RedisError, OSError):
                await self._refresh_due(route_due(tag))
        await asyncio.sleep(LOOK_SECONDS)

    async def _follow(self) -> None:
        async with self.redis.pubsub() as subscription:
            await subscription.subscribe(LIVE)
            while True:
                await asyncio.sleep(GATHER_SECONDS)
                poked = set()
                while poke := await subscription.get_message(ignore_subscribe_messages=True, timeout=0):
                    poked.add(str(poke["data"]))
                for customer_id in poked:
                    if " typing " not in customer_id:
                        await self._moved_to_web(customer_id)

    async def _moved_to_web(self, customer_id: str) -> None:
        """A way that was found for a messenger is out of date when its customer writes in the web chat."""
        keys = Keys(customer_id)
        known = await self.redis.get(keys.route)
        if known and await self._wanted(customer_id) == "web" and Route.model_validate_json(known).channel != "web":
            await self.refresh(customer_id)

    async def _wanted(self, customer_id: str) -> str:
        return await self.reach.wanted(customer_id) or "web"

    async def _refresh_due(self, key: str) -> None:
        now = datetime.now(UTC).timestamp()
        for customer_id in await self.redis.zrangebyscore(key, "-inf", now, start=0, num=200):
            await self.redis.zrem(key, customer_id)
            await self.refresh(str(customer_id))
