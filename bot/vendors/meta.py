"""What Meta's three platforms share: signed webhooks, bearer tokens, and the shape of errors."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

from aiohttp import web

from bot.vendors.base import Vendor
from bot.vendors.phones import Bubble, Conversation
from bot.vendors.trouble import Trouble


class MetaVendor(Vendor):
    #: Of the settings: ``WHATSAPP`` and so on, and the name of the id that sends.
    prefix = ""
    own_id_setting = ""

    @property
    def own_id(self) -> str:
        return self.values[f"{self.prefix}_{self.own_id_setting}"]

    def add_platform_routes(self, app: web.Application) -> None:
        app.router.add_post("/api/{own_id}/messages", self._messages)
        app.router.add_get("/api/media/{file_id}", self._media)
        app.router.add_get("/api/{media_id}", self._media_address)

    async def send(self, request: web.Request, given: dict[str, Any]) -> web.Response:
        raise NotImplementedError

    async def post_hook(self, body: dict[str, Any], conversation: Conversation, bubble: Bubble | None) -> None:
        raw = json.dumps(body).encode()
        secret = self.values[f"{self.prefix}_APP_SECRET"].encode()
        signature = "sha256=" + hmac.new(secret, raw, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": signature}
        await self.deliver(raw, headers, conversation, bubble)

    def authorized(self, request: web.Request) -> bool:
        return request.headers.get("Authorization") == f"Bearer {self.values[f'{self.prefix}_TOKEN']}"

    async def _messages(self, request: web.Request) -> web.Response:
        if not self.authorized(request):
            return error(401, 190, "Invalid OAuth access token.")
        if request.match_info["own_id"] != self.own_id:
            return error(400, 100, "Unsupported post request. The object does not exist.")
        try:
            return await self.send(request, await request.json())
        except Trouble as trouble:
            return self.trouble(trouble)

    def trouble(self, trouble: Trouble) -> web.Response:
        if trouble.kind == "too_many":
            answer = error(429, 613, "Calls to this API have exceeded the rate limit.")
            answer.headers["Retry-After"] = str(trouble.retry_after)
            return answer
        if trouble.kind == "token_expired":
            return error(401, 190, "Error validating access token: Session has expired.", 463)
        if trouble.kind == "blocked":
            return error(400, 551, "This person isn't available right now.", 1545041)
        return error(500, 2, "An unexpected error has occurred. Please retry your request later.")

    async def _media_address(self, request: web.Request) -> web.Response:
        id = request.match_info["media_id"]
        if not self.authorized(request):
            return error(401, 190, "Invalid OAuth access token.")
        if id not in self.files:
            return error(400, 100, "Unsupported get request. The object does not exist.", 33)
        return web.json_response({"id": id, "url": self.media_url(id), "mime_type": self.files[id].media_type})

    def media_url(self, file_id: str) -> str:
        return f"{self.own_url}/api/media/{file_id}"

    async def _media(self, request: web.Request) -> web.Response:
        found = self.files.get(request.match_info["file_id"])
        if found is None:
            return error(404, 100, "The media has expired.")
        return web.Response(body=found.content, content_type=found.media_type)


def error(status: int, code: int, message: str, subcode: int | None = None) -> web.Response:
    found: dict[str, Any] = {"message": f"(#{code}) {message}", "type": "OAuthException", "code": code}
    if subcode:
        found["error_subcode"] = subcode
    return web.json_response({"error": found}, status=status)
