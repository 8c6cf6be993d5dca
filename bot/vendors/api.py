"""The small API of a simulated platform: what pages and tests ask of its phones, and its knobs."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from aiohttp import web

from bot.vendors.action import BadAction, action_of
from bot.vendors.sse import Events, stream
from bot.vendors.trouble import Knobs

if TYPE_CHECKING:
    from bot.vendors.base import Vendor

#: Shown in place; anything else is offered for saving, so that no file can be a page.
SHOWN = re.compile(r"(?:image/(?:jpeg|png|gif|webp)|audio/[\w.-]+|video/[\w.-]+|application/pdf)")


class PhoneApi:
    """`docs/channels.md` tells what each address takes and answers."""

    def __init__(self, vendor: Vendor) -> None:
        self.vendor = vendor

    def add_routes(self, app: web.Application) -> None:
        app.router.add_get("/conversations/{id}", self._thread)
        app.router.add_post("/conversations/{id}/messages", self._act)
        app.router.add_get("/conversations/{id}/events", self._events)
        app.router.add_get("/files/{id}", self._show_file)
        app.router.add_put("/knobs", self._turn_knobs)

    async def _thread(self, request: web.Request) -> web.Response:
        conversation = self.vendor.conversation(request.match_info["id"])
        return web.json_response(
            {
                "id": conversation.id,
                "channel": self.vendor.name,
                "name": conversation.name,
                "messages": [asdict(bubble) for bubble in conversation.bubbles],
            }
        )

    async def _act(self, request: web.Request) -> web.Response:
        bubble = await self.vendor.does(request.match_info["id"], action_of(await request.read()))
        return web.json_response(asdict(bubble), status=201)

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: each bubble when it appears or changes."""
        conversation = self.vendor.conversation(request.match_info["id"])
        events: Events = asyncio.Queue(1000)
        conversation.listeners.add(events)
        try:
            return await stream(request, events)
        finally:
            conversation.listeners.discard(events)

    async def _show_file(self, request: web.Request) -> web.Response:
        """A file of a bubble, for the page that shows the phone."""
        found = self.vendor.files.get(request.match_info["id"])
        if found is None:
            raise web.HTTPNotFound
        shown = found.media_type if SHOWN.fullmatch(found.media_type) else "application/octet-stream"
        headers = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox"}
        return web.Response(body=found.content, content_type=shown, headers=headers)

    async def _turn_knobs(self, request: web.Request) -> web.Response:
        given = json.loads(await request.read())
        known = {one.name: type(getattr(self.vendor.knobs, one.name)) for one in fields(Knobs)}
        for name, value in given.items():
            if name not in known or not isinstance(value, known[name] if known[name] is not float else (int, float)):
                raise BadAction(f"no such knob, or no value for it: {name}")
            setattr(self.vendor.knobs, name, value)
        return web.json_response(asdict(self.vendor.knobs))


@web.middleware
async def tell_errors(request: web.Request, handler: Any) -> Any:
    try:
        return await handler(request)
    except BadAction as error:
        return web.json_response({"error": {"code": "bad_action", "detail": str(error)}}, status=400)
    except (ValueError, AttributeError) as error:
        return web.json_response({"error": {"code": "bad_json", "detail": str(error)[:200]}}, status=400)
