"""The Bot API as Telegram runs it: updates with the secret token in, sendMessage, getFile and file downloads out."""

from __future__ import annotations

import html
import itertools
import json
import re
import time
from typing import Any

from aiohttp import web

from bot.vendors.action import Action, File
from bot.vendors.base import Vendor
from bot.vendors.forms import form_with_file
from bot.vendors.phones import Bubble, Conversation
from bot.vendors.trouble import Trouble

TAG = re.compile(r"</?(?:b|i|s|u|code|pre|a(?: href=\"[^\"]*\")?)>")
#: Method -> its file's field, the types that it takes, and the bytes at most.
FILES: dict[str, tuple[str, str, int]] = {
    "sendPhoto": ("photo", r"image/(?:jpeg|png|webp)", 10_000_000),
    "sendVoice": ("voice", r"audio/(?:ogg|mpeg|mp4|x-m4a)", 50_000_000),
    "sendAudio": ("audio", r"audio/(?:mpeg|mp4|x-m4a)", 50_000_000),
    "sendVideo": ("video", r"video/mp4", 50_000_000),
    "sendDocument": ("document", r".*", 50_000_000),
}
CAPTION = 1024


class TelegramVendor(Vendor):
    name = "telegram"
    rate_each = (1, 5)
    _updates = itertools.count(int(time.time()))

    def add_platform_routes(self, app: web.Application) -> None:
        app.router.add_post("/api/bot{token}/{method}", self._call)
        app.router.add_get("/api/file/bot{token}/{path:.+}", self._file)

    async def act(self, conversation: Conversation, bubble: Bubble, action: Action) -> None:
        if action.kind in ("delete", "read"):
            return  # Telegram tells a bot of neither.
        await self._update(self._content(conversation, bubble, action), conversation, bubble)

    def _content(self, conversation: Conversation, bubble: Bubble, action: Action) -> dict[str, Any]:
        sender = {"id": int(conversation.id), "is_bot": False, "first_name": conversation.name, "language_code": "en"}
        message: dict[str, Any] = {"message_id": int(bubble.id), "from": sender, "date": int(bubble.at)}
        message["chat"] = {"id": int(conversation.id), "first_name": conversation.name, "type": "private"}
        if action.kind == "choice":
            asked = conversation.find(action.message)
            rows = [[{"text": one["title"], "callback_data": one["data"]}] for one in asked.choices]
            shown = {**message, "message_id": int(asked.id), "reply_markup": {"inline_keyboard": rows}}
            data = asked.choices[action.index]["data"]
            return {"callback_query": {"id": bubble.id, "from": sender, "message": shown, "data": data}}
        if action.kind == "edit":
            return {"edited_message": {**message, "edit_date": int(time.time()), "text": bubble.text}}
        return {"message": message | self._body(bubble, action)}

    def _body(self, bubble: Bubble, action: Action) -> dict[str, Any]:
        if action.kind == "start":
            return {"text": f"/start {action.code}".strip()}
        if action.kind == "sticker":
            return {"sticker": {"file_id": "sticker", "emoji": "👍", "width": 512, "height": 512}}
        if action.location:
            return {"location": {"latitude": action.location[0], "longitude": action.location[1]}}
        if action.file and bubble.file:
            file = {
                "file_id": bubble.file["id"],
                "file_size": len(action.file.content),
                "mime_type": action.file.media_type,
            }
            caption = {"caption": action.text} if action.text else {}
            if action.file.media_type.startswith("image/"):
                return {"photo": [{**file, "width": 90, "height": 90}, {**file, "width": 800, "height": 800}]} | caption
            if action.file.media_type.startswith("audio/"):
                return {"voice": {**file, "duration": 3}} | caption
            return {"document": {**file, "file_name": action.file.name}} | caption
        return {"text": action.text}

    async def _update(self, content: dict[str, Any], conversation: Conversation, bubble: Bubble) -> None:
        body = json.dumps({"update_id": next(self._updates), **content}).encode()
        headers = {"Content-Type": "application/json"}
        headers["X-Telegram-Bot-Api-Secret-Token"] = self.values["TELEGRAM_WEBHOOK_SECRET"]
        await self.deliver(body, headers, conversation, bubble)

    async def _call(self, request: web.Request) -> web.Response:
        if request.match_info["token"] != self.values["TELEGRAM_TOKEN"]:
            return _error(401, "Unauthorized")
        method = request.match_info["method"]
        if method in FILES:
            return await self._send_file(request, method)
        given = await request.json()
        if method == "getFile":
            found = self.files.get(str(given.get("file_id")))
            if found is None:
                return _error(400, "Bad Request: invalid file_id")
            return _fine({"file_id": given["file_id"], "file_path": f"documents/{given['file_id']}"})
        return await self._send(request, given) if method == "sendMessage" else _error(404, "Not Found")

    async def _send(self, request: web.Request, given: dict[str, Any]) -> web.Response:
        address, text = str(given.get("chat_id") or ""), str(given.get("text") or "")
        if not text.strip():
            return _error(400, "Bad Request: message text is empty")
        if not address.isdigit() or address not in self.conversations:
            return _error(400, "Bad Request: chat not found")
        shown, problem = _shown(text, str(given.get("parse_mode") or ""))
        if problem or len(shown.encode("utf-16-le")) > 2 * 4096:
            return _error(400, f"Bad Request: {problem or 'message is too long'}")
        rows = (given.get("reply_markup") or {}).get("inline_keyboard") or []
        if any(not 1 <= len(one["callback_data"].encode()) <= 64 for row in rows for one in row):
            return _error(400, "Bad Request: BUTTON_DATA_INVALID")
        try:
            async with self.taking(request, address) as conversation:
                choices = [{"title": one["text"], "data": one["callback_data"]} for row in rows for one in row]
                bubble = self.show_sent(conversation, shown, choices, given)
                self._style(conversation, bubble, text)
                answer = _fine({"message_id": int(bubble.id), "date": int(bubble.at), "text": shown})
        except Trouble as trouble:
            return _trouble(trouble)
        return answer

    def _style(self, conversation: Conversation, bubble: Bubble, text: str) -> None:
        """The phone shows marks and links as they were meant."""
        if bubble.text != text:
            bubble.html = text.replace("\n", "<br>")
            conversation.show(bubble)

    async def _send_file(self, request: web.Request, method: str) -> web.Response:
        name, types, most = FILES[method]
        fields, file = await form_with_file(request, name)
        address = fields.get("chat_id", "")
        if file is None or not file.content:
            return _error(400, f"Bad Request: there is no {name} in the request")
        if self.knobs.refuse_files:
            return _error(400, "Bad Request: wrong file identifier/HTTP URL specified")
        if len(file.content) > most:
            return _error(413, "Request Entity Too Large")
        if not address.isdigit() or address not in self.conversations:
            return _error(400, "Bad Request: chat not found")
        if not re.fullmatch(types, file.media_type) or (name == "photo" and _is_no_photo(file)):
            return _error(
                400, "Bad Request: PHOTO_INVALID_DIMENSIONS" if name == "photo" else "Bad Request: wrong type"
            )
        shown, problem = _shown(fields.get("caption", ""), fields.get("parse_mode", ""))
        if problem or len(shown.encode("utf-16-le")) > 2 * CAPTION:
            return _error(400, f"Bad Request: {problem or 'message caption is too long'}")
        try:
            async with self.taking(request, address) as conversation:
                bubble = self.show_sent(conversation, shown, [], {"method": method, **fields}, (self.keep(file),))
                self._style(conversation, bubble, fields.get("caption", ""))
                answer = _fine({"message_id": int(bubble.id), "date": int(bubble.at), "caption": shown})
        except Trouble as trouble:
            return _trouble(trouble)
        return answer

    async def _file(self, request: web.Request) -> web.Response:
        found = self.files.get(request.match_info["path"].rpartition("/")[2])
        if found is None or request.match_info["token"] != self.values["TELEGRAM_TOKEN"]:
            return _error(404, "Not Found")
        return web.Response(body=found.content, content_type="application/octet-stream")


def _is_no_photo(file: File) -> bool:
    """Of a PNG: its sides together may have 10,000 pixels, and one be 20 times the other."""
    if not file.content.startswith(b"\x89PNG"):
        return False
    width, height = (int.from_bytes(file.content[at : at + 4], "big") for at in (16, 20))
    return width + height > 10_000 or not width or not height or max(width, height) > 20 * min(width, height)


def _shown(text: str, mode: str) -> tuple[str, str]:
    """The text as the phone shows it, and what is wrong with its marks."""
    if mode != "HTML":
        return text, ""
    rest = TAG.sub("", text)
    if "<" in rest or ">" in rest:
        return rest, "can't parse entities: unsupported start tag"
    opened: list[str] = []
    for tag in TAG.findall(text):
        name = tag.strip("</>").split(" ")[0]
        if not tag.startswith("</"):
            opened.append(name)
        elif not opened or opened.pop() != name:
            return rest, "can't parse entities: unexpected end tag"
    return html.unescape(rest), "can't parse entities: unclosed start tag" if opened else ""


def _trouble(trouble: Trouble) -> web.Response:
    if trouble.kind == "too_many":
        wait = trouble.retry_after
        return _error(429, f"Too Many Requests: retry after {wait:g}", {"retry_after": wait})
    status, told = {
        "token_expired": (401, "Unauthorized"),
        "blocked": (403, "Forbidden: bot was blocked by the user"),
    }.get(trouble.kind, (502, "Bad Gateway"))
    return _error(status, told)


def _fine(result: dict[str, Any]) -> web.Response:
    return web.json_response({"ok": True, "result": result})


def _error(status: int, description: str, parameters: dict[str, Any] | None = None) -> web.Response:
    body: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
    return web.json_response(body | ({"parameters": parameters} if parameters else {}), status=status)
