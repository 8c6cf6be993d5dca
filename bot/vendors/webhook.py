"""Somebody else's system behind the generic channel: it posts signed JSON and drops sends that it knows already."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any

from aiohttp import web

from bot.vendors.action import Action
from bot.vendors.base import Vendor
from bot.vendors.phones import Bubble, Conversation
from bot.vendors.trouble import Trouble


class WebhookVendor(Vendor):
    name = "webhook"

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.known: dict[str, str] = {}
        #: Customers who told this system that they want no messages.
        self.opted_out: set[str] = set()

    def new_id(self) -> str:
        return f"msg-{next(self._numbers)}"

    def add_platform_routes(self, app: web.Application) -> None:
        app.router.add_post("/api", self._send)
        app.router.add_get("/api/media/{file_id}", self._media)

    async def act(self, conversation: Conversation, bubble: Bubble, action: Action) -> None:
        if action.kind in ("edit", "delete"):
            return
        if action.kind == "read":
            body: dict[str, Any] = {"receipts": [{"id": bubble.id, "from": conversation.id, "state": "seen"}]}
        else:
            body = {"messages": [self._message(conversation, bubble, action)]}
        await self._hook(body, conversation, bubble)

    def _message(self, conversation: Conversation, bubble: Bubble, action: Action) -> dict[str, Any]:
        message: dict[str, Any] = {"id": bubble.id, "from": conversation.id, "name": conversation.name}
        if action.kind == "choice":
            chosen = conversation.find(action.message).choices[action.index]
            return message | {"text": chosen["title"], "choice": chosen["data"]}
        if action.location:
            return message | {"location": {"latitude": action.location[0], "longitude": action.location[1]}}
        if action.file and bubble.file:
            url = f"{self.own_url}/api/media/{bubble.file['id']}"
            return message | {"text": action.text, "files": [{"url": url, "name": action.file.name}]}
        return message | {"text": action.code or action.text}

    async def _hook(self, body: dict[str, Any], conversation: Conversation, bubble: Bubble | None) -> None:
        raw, timestamp = json.dumps(body).encode(), str(int(time.time()))
        headers = {"Content-Type": "application/json", "X-Faden-Timestamp": timestamp}
        await self.deliver(raw, headers | {"X-Faden-Signature": self._signature(timestamp, raw)}, conversation, bubble)

    async def _send(self, request: web.Request) -> web.Response:
        raw = await request.read()
        timestamp = request.headers.get("X-Faden-Timestamp", "")
        if request.headers.get("X-Faden-Signature") != self._signature(timestamp, raw):
            return web.json_response({"error": "bad signature"}, status=403)
        given, key = json.loads(raw), request.headers.get("Idempotency-Key", "")
        if key in self.known:
            return web.json_response({"id": self.known[key]})
        text, asked = str(given.get("text") or ""), given.get("files") or []
        if len(text) > 4000 or not (text or asked):
            return web.json_response({"error": "text is empty or too long"}, status=400)
        if given["to"] in self.opted_out:
            return web.json_response({"error": "opted_out"}, status=410)
        found = [await self.fetch(str(one["url"])) for one in asked]
        files = tuple(self.keep(one) for one in found if one is not None)
        if asked and self.knobs.refuse_files:
            return web.json_response({"error": "no files of this kind"}, status=415)
        if len(files) < len(asked):
            return web.json_response({"error": "a file can't be fetched"}, status=424)
        try:
            async with self.taking(request, str(given["to"])) as conversation:
                choices = [{"title": one["title"], "data": one["choice"]} for one in given["choices"]]
                bubble = self.show_sent(conversation, text, choices, given, files)
                self.known[key] = bubble.id
        except Trouble as trouble:
            return _trouble(trouble)
        return web.json_response({"id": bubble.id})

    async def _media(self, request: web.Request) -> web.Response:
        found = self.files.get(request.match_info["file_id"])
        if found is None:
            raise web.HTTPNotFound
        return web.Response(body=found.content, content_type=found.media_type)

    def _signature(self, timestamp: str, raw: bytes) -> str:
        secret = self.values["WEBHOOK_SECRET"].encode()
        return "sha256=" + hmac.new(secret, timestamp.encode() + b"." + raw, hashlib.sha256).hexdigest()


def _trouble(trouble: Trouble) -> web.Response:
    status = {"too_many": 429, "token_expired": 401, "blocked": 410}.get(trouble.kind, 503)
    headers = {"Retry-After": str(trouble.retry_after)} if trouble.kind == "too_many" else {}
    return web.json_response({"error": trouble.kind}, status=status, headers=headers)
