"""How fast a platform may be sent to: token buckets in Redis, shared by all processes."""

from __future__ import annotations

from bot import keys, scripts
from bot.channels.protocol import Channel
from runtime.redis import Redis


class Limiter:
    """Gives the right to send, or says how long to wait for it."""

    def __init__(self, redis: Redis) -> None:
        self._tokens = scripts.load(redis, "tokens")

    async def take(self, channel: Channel, address: str) -> float:
        """Takes the right to send one part now and returns 0, or the seconds to wait before asking again."""
        rates = channel.limits.rates
        if not rates:
            return 0.0
        # One tag for a channel's buckets: they are taken from in one step.
        buckets = [keys.rate(channel.name, address if rate.each else "all") for rate in rates]
        args = [value for rate in rates for value in (rate.per_second, rate.burst)]
        return int(await self._tokens(keys=buckets, args=args)) / 1000
