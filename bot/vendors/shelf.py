"""One line of events for several phones: a browser allows six to one server, and the playground has as many phones."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from bot.vendors.action import BadAction
from bot.vendors.base import Vendor
from bot.vendors.sse import Events, stream


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
        for conversation, listener in phones:
            conversation.listeners.add(listener)
        try:
            return await stream(request, queue)
        finally:
            for conversation, listener in phones:
                conversation.listeners.discard(listener)

    app.router.add_get("/vendors/events", events)
