"""How many new web chats one address may begin: each is a customer with a thread, and a script could make them
without end."""

from __future__ import annotations

import math

import structlog
from aiohttp import web

from bot import keys, scripts
from bot.errors import Refused
from runtime.proxies import Proxies, is_loopback, sender_of
from runtime.redis import Redis

log = structlog.get_logger()


class Newcomers:
    def __init__(self, redis: Redis, proxies: Proxies, per_hour: int) -> None:
        """`per_hour` may come at once, and are given back evenly over the hour; 0 lets in everybody.

        Who sits at this machine is let in anyway: it is the operator, or a proxy that stands for all customers.
        """
        self._tokens = scripts.load(redis, "tokens")
        self._proxies = proxies
        self._per_hour = per_hour

    async def admit(self, request: web.Request) -> None:
        """Raises `Refused` for an address from which too many chats were begun."""
        if not self._per_hour:
            return
        address = self._proxies.address(request)
        if is_loopback(address):
            return
        bucket = keys.newcomers(sender_of(address))
        wait = int(await self._tokens(keys=[bucket], args=[self._per_hour / 3600, self._per_hour]))
        if wait:
            # A proxy that nobody trusts makes all customers one address: the operator must be able to see that.
            forwarded = address == request.remote and "X-Forwarded-For" in request.headers
            log.warning("chat.too_many_newcomers", behind_untrusted_proxy=forwarded)
            raise Refused(
                "too_many", "Too many new chats from this address. Wait a moment.", 429, math.ceil(wait / 1000)
            )
