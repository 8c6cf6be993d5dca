"""The Cloud API: text, buttons, lists and templates, the 24-hour window, and a status for every message."""

from __future__ import annotations

import re
import secrets
from typing import Any

from aiohttp import web

from bot.vendors.action import Action
from bot.vendors.forms import form_with_file
from bot.vendors.meta import MetaVendor, error
from bot.vendors.phones import Bubble, Conversation
from bot.vendors.trouble import Trouble

#: Type of a message -> types of its file, and bytes at most.
MEDIA: dict[str, tuple[str, int]] = {
    "image": (r"image/(?:jpeg|png)", 5_242_880),
    "audio": (r"audio/(?:aac|amr|mpeg|mp4|ogg)", 16_777_216),
    "video": (r"video/(?:mp4|3gpp)", 16_777_216),
    "document": (r"text/plain|application/pdf|application/vnd\.openxmlformats-officedocument\..*", 104_857_600),
}
KINDS = {"image": "image", "audio": "audio", "video": "video"}


class WhatsAppVendor(MetaVendor):
    name = "whatsapp"
    prefix = "WHATSAPP"
    own_id_setting = "PHONE_NUMBER_ID"
    rate_each = (1 / 6, 50)

    def add_platform_routes(self, app: web.Application) -> None:
        app.router.add_post("/api/{own_id}/media", self._upload)
        super().add_platform_routes(app)

    async def _upload(self, request: web.Request) -> web.Response:
        if not self.authorized(request):
            return error(401, 190, "Invalid OAuth access token.")
        fields, file = await form_with_file(request, "file")
        fitting = (
            not self.knobs.refuse_files
            and file is not None
            and fields.get("type") == file.media_type
            and _fitting(file.media_type, len(file.content))
        )
        if file is None or fields.get("messaging_product") != "whatsapp" or not fitting:
            return error(400, 100, "Param file must be a file with one of the supported types and sizes.")
        return web.json_response({"id": self.keep(file)["id"]})

    def new_id(self) -> str:
        return f"wamid.{secrets.token_hex(12)}"

    async def act(self, conversation: Conversation, bubble: Bubble, action: Action) -> None:
        if action.kind in ("edit", "delete"):
            return  # The Cloud API tells a business of neither.
        if action.kind == "read":
            if bubble.author == "business":
                await self._status(conversation, bubble, "read")
            return
        message = {"from": conversation.id, "id": bubble.id, "timestamp": str(int(bubble.at))}
        contact = {"profile": {"name": conversation.name}, "wa_id": conversation.id}
        content = self._content(conversation, bubble, action)
        await self._change({"contacts": [contact], "messages": [message | content]}, conversation, bubble)

    def _content(self, conversation: Conversation, bubble: Bubble, action: Action) -> dict[str, Any]:
        if action.kind == "choice":
            asked = conversation.find(action.message)
            chosen = asked.choices[action.index]
            kind = "button_reply" if chosen.get("kind") == "button" else "list_reply"
            reply = {"id": chosen["data"], "title": chosen["title"]}
            return {"type": "interactive", "context": {"id": asked.id}, "interactive": {"type": kind, kind: reply}}
        if action.location:
            latitude, longitude = action.location
            return {"type": "location", "location": {"latitude": latitude, "longitude": longitude}}
        if action.kind == "sticker":
            return {"type": "sticker", "sticker": {"id": "1", "mime_type": "image/webp", "animated": False}}
        if action.file and bubble.file:
            kind = KINDS.get(action.file.media_type.partition("/")[0], "document")
            media = {"id": bubble.file["id"], "mime_type": action.file.media_type, "sha256": "0" * 43 + "="}
            media |= {"caption": action.text} if action.text else {}
            return {"type": kind, kind: media | ({"filename": action.file.name} if kind == "document" else {})}
        text = action.code if action.kind == "start" else action.text
        return {"type": "text", "text": {"body": text or "Hello"}}

    async def send(self, request: web.Request, given: dict[str, Any]) -> web.Response:
        address, kind = str(given.get("to") or ""), str(given.get("type") or "text")
        if given.get("messaging_product") != "whatsapp":
            return error(400, 100, "The parameter messaging_product is required.")
        files: tuple[dict[str, str], ...] = ()
        if kind in MEDIA:
            shown, files, problem = self._media_message(given[kind], kind)
            choices: list[dict[str, str]] = []
        else:
            shown, choices, problem = _content(given, kind, self.values["WHATSAPP_TEMPLATE"])
        if problem:
            return error(400, 100, problem)
        async with self.taking(request, address) as conversation:
            if kind != "template" and not self.window_open(conversation):
                return error(400, 131047, "Re-engagement message")
            bubble = self.show_sent(conversation, shown, choices, given, files)
            key = str(given.get("biz_opaque_callback_data") or "")
            self.later(self._statuses(conversation, bubble, key))
            contact = {"input": address, "wa_id": address}
            answer = {"messaging_product": "whatsapp", "contacts": [contact], "messages": [{"id": bubble.id}]}
        return web.json_response(answer)

    def _media_message(self, media: dict[str, Any], kind: str) -> tuple[str, tuple[dict[str, str], ...], str]:
        """Caption, file, and what is wrong with it."""
        id, caption = str(media.get("id") or ""), str(media.get("caption") or "")
        file = self.files.get(id)
        if file is None:
            return "", (), "Media upload error: the id is not known."
        wrong = not re.fullmatch(MEDIA[kind][0], file.media_type) or len(caption) > 1024
        if wrong or (kind == "audio" and caption) or (kind != "document" and "filename" in media):
            return "", (), f"Param {kind} is not valid."
        name = str(media.get("filename") or file.name)
        return caption, ({"id": id, "name": name, "media_type": file.media_type},), ""

    def trouble(self, trouble: Trouble) -> web.Response:
        if trouble.kind == "too_many":
            return error(400, 131056, "(Business Account, Consumer Account) pair rate limit hit")
        if trouble.kind == "blocked":
            return error(400, 131026, "Message undeliverable")
        return super().trouble(trouble)

    async def _statuses(self, conversation: Conversation, bubble: Bubble, key: str) -> None:
        for state in ("sent", "delivered") if self.knobs.receipts else ():
            await self._status(conversation, bubble, state, key)

    async def _status(self, conversation: Conversation, bubble: Bubble, state: str, key: str = "") -> None:
        status = {"id": bubble.id, "status": state, "timestamp": str(int(bubble.at)), "recipient_id": conversation.id}
        status |= {"biz_opaque_callback_data": key} if key else {}
        await self._change({"statuses": [status]}, conversation, None)

    async def _change(self, value: dict[str, Any], conversation: Conversation, bubble: Bubble | None) -> None:
        number = {"display_phone_number": self.values["WHATSAPP_NUMBER"], "phone_number_id": self.own_id}
        value = {"messaging_product": "whatsapp", "metadata": number, **value}
        entry = {"id": "102290129340398", "changes": [{"value": value, "field": "messages"}]}
        await self.post_hook({"object": "whatsapp_business_account", "entry": [entry]}, conversation, bubble)


def _fitting(media_type: str, size: int) -> bool:
    return any(re.fullmatch(types, media_type) and size <= most for types, most in MEDIA.values())


def _content(given: dict[str, Any], kind: str, template: str) -> tuple[str, list[dict[str, str]], str]:
    """What the phone shows, its buttons, and what is wrong with it."""
    if kind == "text":
        text = str(given["text"]["body"])
        return text, [], "" if 0 < len(text) <= 4096 else "Param text['body'] must be at most 4096 characters long."
    if kind == "template":
        used = given["template"]
        text = " ".join(one["text"] for part in used["components"] for one in part["parameters"])
        wrong = used["name"] != template or "\n" in text or "    " in text or not 0 < len(text) <= 1024
        return text, [], "Template name or parameters do not match." if wrong else ""
    if kind != "interactive":
        return "", [], f"Unsupported type {kind}"
    return _interactive(given["interactive"])


def _interactive(given: dict[str, Any]) -> tuple[str, list[dict[str, str]], str]:
    text, action = str(given["body"]["text"]), given["action"]
    if given["type"] == "button":
        replies = [one["reply"] for one in action["buttons"]]
        choices = [{"title": one["title"], "data": one["id"], "kind": "button"} for one in replies]
        wrong = not 1 <= len(replies) <= 3 or any(not 0 < len(one["title"]) <= 20 for one in replies)
    else:
        rows = [row for section in action["sections"] for row in section["rows"]]
        choices = [{"title": row.get("description") or row["title"], "data": row["id"], "kind": "row"} for row in rows]
        wrong = not 1 <= len(rows) <= 10 or any(not 0 < len(row["title"]) <= 24 for row in rows)
        wrong = (
            wrong or any(len(row.get("description", "")) > 72 for row in rows) or not 0 < len(action["button"]) <= 20
        )
    wrong = wrong or not 0 < len(text) <= 1024 or any(len(one["data"]) > 200 for one in choices)
    return text, choices, "Invalid interactive message." if wrong else ""
