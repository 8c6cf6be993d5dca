"""The platforms' doors: verify over the raw bytes, parse, store every entry, and only then answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import TypeVar

import structlog
from aiohttp import web

from bot import keys
from bot.channels.inbox import Inbox
from bot.channels.protocol import Call, Channel
from bot.errors import Refused
from bot.metrics import WEBHOOKS

log = structlog.get_logger()

#: Longer than any signature is taken for fresh.
ONCE_SECONDS = 900
LARGE = 256 * 1024
Found = TypeVar("Found")


class Webhooks:
    """The doors that platforms call."""

    def __init__(self, channels: Mapping[str, Channel], inbox: Inbox, public_url: str) -> None:
        self.channels = {name: channel for name, channel in channels.items() if channel.pushes}
        self.inbox = inbox
        self.public_url = public_url.rstrip("/")

    def add_routes(self, app: web.Application) -> None:
        app.router.add_get("/channels/{channel}/webhook", self.set_up)
        app.router.add_post("/channels/{channel}/webhook", self.receive)

    async def set_up(self, request: web.Request) -> web.Response:
        """A platform asks whether this address is ours."""
        channel = self._channel(request)
        return web.Response(text=channel.challenge(await self._call(request, channel.body_limit)))

    async def receive(self, request: web.Request) -> web.Response:
        channel = self._channel(request)
        try:
            call = await self._call(request, channel.body_limit)
            await _apart(call, channel.verify)
            await self._once(channel, call)
            found = await _apart(call, channel.parse)
        except Refused as refused:
            WEBHOOKS.labels(channel.name, f"refused_{refused.code}").inc()
            log.warning("webhook.refused", channel=channel.name, code=refused.code)
            raise
        for one in found:
            await self.inbox.take(channel.name, one)
        content_type, body = channel.answer
        return web.Response(text=body, content_type=content_type)

    def _channel(self, request: web.Request) -> Channel:
        channel = self.channels.get(request.match_info["channel"])
        if channel is None:
            raise Refused("channel_off", "This channel is not set up.", status=404)
        return channel

    async def _once(self, channel: Channel, call: Call) -> None:
        """A token that is good for one body stays bound to it for as long as its signature is; repetitions may come."""
        if not (token := channel.once(call)):
            return
        key, body = keys.hook_once(channel.name, sha256(token.encode()).hexdigest()), sha256(call.body).hexdigest()
        redis = self.inbox.threads.redis
        if not await redis.set(key, body, nx=True, ex=ONCE_SECONDS) and await redis.get(key) != body:
            raise Refused("replayed", "The token of this call was used for another one.", status=403)

    async def _call(self, request: web.Request, limit: int) -> Call:
        if (request.content_length or 0) > limit:
            raise Refused("body_too_large", "The body is too large.", status=413)
        body = await request.clone(client_max_size=limit).read()
        return Call(f"{self.public_url}{request.path_qs}", request.headers, request.query, body)


async def _apart(call: Call, work: Callable[[Call], Found]) -> Found:
    """Reads a large body beside the loop, so that nobody else waits for it."""
    return await asyncio.to_thread(work, call) if len(call.body) > LARGE else work(call)
