"""One line of events for several phones: a browser allows six to one server, and the playground has as many phones."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from bot.vendors.action import BadAction
from bot.vendors.api import BEAT_SECONDS
from bot.vendors.base import Vendor

Events = asyncio.Queue[dict[str, Any] | None]


class _Labelled(Events):
    """Listens to one phone and passes on what it shows, with the phone's channel."""

    def __init__(self, channel: str, into: Events) -> None:
        super().__init__()
        self._channel = channel
        self._into = into

    def full(self) -> bool:
        return self._into.full()

    def put_nowait(self, item: dict[str, Any] | None) -> None:
        self._into.put_nowait(None if item is None else {"channel": self._channel, "bubble": item})


def add_events(app: web.Application, vendors: Mapping[str, Vendor]) -> None:
    """Adds ``/vendors/events?<channel>=<conversation>&…``: server-sent events ``{"channel",
    "bubble"}`` of these phones."""

    async def events(request: web.Request) -> web.StreamResponse:
        queue: Events = asyncio.Queue(1000)
        try:
            asked = [(name, vendors[name].conversation(id)) for name, id in request.query.items() if name in vendors]
        except BadAction as error:
            raise web.HTTPBadRequest(text=str(error)) from error
        phones = [(conversation, _Labelled(name, queue)) for name, conversation in asked]
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        for conversation, listener in phones:
            conversation.listeners.add(listener)
        try:
            await response.prepare(request)
            await response.write(b": open\n\n")
            while event := await _next(queue):
                await response.write(event)
        except ConnectionError:
            return response
        finally:
            for conversation, listener in phones:
                conversation.listeners.discard(listener)
        return response

    app.router.add_get("/vendors/events", events)


async def _next(queue: Events) -> bytes:
    """The next event, a beat in between, or nothing when it is over."""
    try:
        event = await asyncio.wait_for(queue.get(), BEAT_SECONDS)
    except TimeoutError:
        return b": beat\n\n"
    return f"data: {json.dumps(event)}\n\n".encode() if event is not None else b""
