"""Messenger's and Instagram's Send API: quick replies, the 24-hour window with the human agent tag,
echoes and receipts."""

from __future__ import annotations

import json
import re
import secrets
import time
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from bot.vendors.action import Action, File
from bot.vendors.forms import form_with_file
from bot.vendors.meta import MetaVendor, error
from bot.vendors.phones import Bubble, Conversation
from bot.vendors.trouble import Trouble

KINDS = {"image": "image", "audio": "audio", "video": "video"}
AGENT_HOURS = 7 * 24
#: Kind of an attachment -> types and bytes at most.
ATTACHED: dict[str, tuple[str, int]] = {
    "image": (r"image/(?:jpeg|png|gif|webp|heic)", 8_388_608),
    "audio": (r"audio/.+", 26_214_400),
    "video": (r"video/.+", 26_214_400),
    "file": (r".+", 26_214_400),
}
ON_INSTAGRAM: dict[str, tuple[str, int]] = {
    "image": (r"image/(?:jpeg|png|gif)", 8_388_608),
    "audio": (r"audio/(?:aac|mp4|x-m4a|wav|x-wav)", 26_214_400),
    "video": (r"video/(?:mp4|ogg|avi|quicktime|webm)", 26_214_400),
    "file": (r"application/pdf", 26_214_400),
}


class MessengerVendor(MetaVendor):
    name = "messenger"
    prefix = "MESSENGER"
    own_id_setting = "PAGE_ID"
    object = "page"
    attached = ATTACHED

    def add_platform_routes(self, app: web.Application) -> None:
        app.router.add_post("/api/{own_id}/message_attachments", self._upload)
        super().add_platform_routes(app)

    async def _upload(self, request: web.Request) -> web.Response:
        if not self.authorized(request):
            return error(401, 190, "Invalid OAuth access token.")
        fields, file = await form_with_file(request, "filedata")
        asked = json.loads(fields.get("message", "{}")).get("attachment", {})
        if (
            file is None
            or not self._fits(str(asked.get("type")), file)
            or not asked.get("payload", {}).get("is_reusable")
        ):
            return error(400, 100, "Upload attachment failure.", 2018047)
        return web.json_response({"attachment_id": self.keep(file)["id"]})

    def _fits(self, kind: str, file: File) -> bool:
        types, most = self.attached.get(kind, ("", 0))
        return (
            not self.knobs.refuse_files and bool(re.fullmatch(types, file.media_type)) and 0 < len(file.content) <= most
        )

    async def attachment(self, asked: dict[str, Any]) -> tuple[dict[str, str], ...]:
        """The file that a message names; nothing when it is not right."""
        id = str(asked.get("payload", {}).get("attachment_id"))
        file = self.files.get(id)
        if file is None or not self._fits(str(asked.get("type")), file):
            return ()
        return ({"id": id, "name": file.name, "media_type": file.media_type},)

    def new_id(self) -> str:
        return f"m_{secrets.token_hex(12)}"

    async def act(self, conversation: Conversation, bubble: Bubble, action: Action) -> None:
        for event in self._events_of(conversation, bubble, action):
            await self._event(conversation, event, bubble)

    def _events_of(self, conversation: Conversation, bubble: Bubble, action: Action) -> list[dict[str, Any]]:
        if action.kind == "read":
            return [{"read": {"watermark": int(time.time() * 1000)}}]
        if action.kind == "edit":
            return [{"message_edit": {"mid": bubble.id, "text": bubble.text, "num_edit": 1}}]
        if action.kind == "delete":
            return []  # Messenger does not tell a page.
        if action.kind == "start":
            if not action.code:
                return [{"postback": {"mid": bubble.id, "title": "Get started", "payload": "GET_STARTED"}}]
            return [{"referral": {"ref": action.code, "source": "SHORTLINK", "type": "OPEN_THREAD"}}]
        return [{"message": {"mid": bubble.id, **self._message(conversation, bubble, action)}}]

    def _message(self, conversation: Conversation, bubble: Bubble, action: Action) -> dict[str, Any]:
        if action.kind == "choice":
            chosen = conversation.find(action.message).choices[action.index]
            return {"text": chosen["title"], "quick_reply": {"payload": chosen["data"]}}
        if action.kind == "sticker":
            url = f"{self.own_url}/api/media/none"
            return {"sticker_id": 369239263222822, "attachments": [{"type": "image", "payload": {"url": url}}]}
        if action.location:
            at = {"lat": action.location[0], "long": action.location[1]}
            return {"attachments": [{"type": "location", "title": "Pinned", "payload": {"coordinates": at}}]}
        if action.file and bubble.file:
            kind = KINDS.get(action.file.media_type.partition("/")[0], "file")
            url = self.media_url(bubble.file["id"])
            text = {"text": action.text} if action.text else {}
            return {"attachments": [{"type": kind, "payload": {"url": url}}], **text}
        return {"text": action.text}

    async def send(self, request: web.Request, given: dict[str, Any]) -> web.Response:
        address, message = str(given["recipient"]["id"]), given["message"]
        text = str(message.get("text") or "")
        replies = message.get("quick_replies") or []
        files = await self.attachment(message["attachment"]) if "attachment" in message else ()
        if "attachment" in message and (text or not files):
            return error(400, 100, "Param message[attachment] is not valid.", 2018047)
        if not files and not self.fits(text):
            return error(400, 100, "Param message[text] is empty or too long.")
        if len(replies) > 13 or any(not 0 < len(one["title"]) <= 20 or len(one["payload"]) > 1000 for one in replies):
            return error(400, 100, "Param message[quick_replies] is not valid.")
        async with self.taking(request, address) as conversation:
            if not self._may_write(conversation, given):
                return error(400, 10, "This message is sent outside of allowed window.", 2018278)
            choices = [{"title": one["title"], "data": one["payload"]} for one in replies]
            bubble = self.show_sent(conversation, text, choices, given, files)
            self.later(self._tell(conversation, bubble, message))
            answer = {"recipient_id": address, "message_id": bubble.id}
        return web.json_response(answer)

    def fits(self, text: str) -> bool:
        return 0 < len(text) <= 2000

    def trouble(self, trouble: Trouble) -> web.Response:
        return super().trouble(trouble)

    def _may_write(self, conversation: Conversation, given: dict[str, Any]) -> bool:
        hours = (time.time() - conversation.wrote_at) / 3600
        tagged = given.get("messaging_type") == "MESSAGE_TAG" and given.get("tag") == "HUMAN_AGENT"
        return self.window_open(conversation) or (tagged and hours < AGENT_HOURS)

    async def _tell(self, conversation: Conversation, bubble: Bubble, message: dict[str, Any]) -> None:
        """The echo of a page's own message, then that it has arrived."""
        if not self.knobs.receipts:
            return
        echo = {"mid": bubble.id, "is_echo": True, "app_id": 1, "text": bubble.text}
        echo |= {"metadata": message["metadata"]} if message.get("metadata") else {}
        await self._event(conversation, {"message": echo}, None, from_page=True)
        delivery = {"mids": [bubble.id], "watermark": int(time.time() * 1000)}
        await self._event(conversation, {"delivery": delivery}, None)

    async def _event(
        self, conversation: Conversation, event: dict[str, Any], bubble: Bubble | None, from_page: bool = False
    ) -> None:
        ends = {"sender": {"id": conversation.id}, "recipient": {"id": self.own_id}}
        if from_page:
            ends = {"sender": {"id": self.own_id}, "recipient": {"id": conversation.id}}
        now = int(time.time() * 1000)
        entry = {"id": self.own_id, "time": now, "messaging": [{**ends, "timestamp": now, **event}]}
        await self.post_hook({"object": self.object, "entry": [entry]}, conversation, bubble)


class InstagramVendor(MessengerVendor):
    name = "instagram"
    prefix = "INSTAGRAM"
    own_id_setting = "ACCOUNT_ID"
    object = "instagram"
    attached = ON_INSTAGRAM

    def add_platform_routes(self, app: web.Application) -> None:
        app.router.add_get("/api/{own_id}/conversations", self._conversations)
        super().add_platform_routes(app)

    async def attachment(self, asked: dict[str, Any]) -> tuple[dict[str, str], ...]:
        """Instagram fetches a file from the address that the message names."""
        file = await self.fetch(str(asked.get("payload", {}).get("url")))
        return (self.keep(file),) if file and self._fits(str(asked.get("type")), file) else ()

    async def _conversations(self, request: web.Request) -> web.Response:
        """What was said with one person, the latest first."""
        if not self.authorized(request):
            return error(401, 190, "Invalid OAuth access token.")
        conversation = self.conversations.get(request.query.get("user_id", ""))
        if conversation is None:
            return web.json_response({"data": []})
        limit = re.search(r"messages\.limit\((\d+)\)", request.query.get("fields", ""))
        latest = conversation.bubbles[::-1][: int(limit[1]) if limit else 20]
        messages = [self._as_said(conversation, one) for one in latest]
        return web.json_response({"data": [{"id": f"t_{conversation.id}", "messages": {"data": messages}}]})

    def _as_said(self, conversation: Conversation, bubble: Bubble) -> dict[str, Any]:
        sender = conversation.id if bubble.author == "customer" else self.own_id
        at = datetime.fromtimestamp(bubble.at, UTC).strftime("%Y-%m-%dT%H:%M:%S%z")
        said = {"id": bubble.id, "created_time": at, "from": {"id": sender}, "message": bubble.text}
        if bubble.files:
            said["attachments"] = {"data": [{"image_data": {"url": self.media_url(one["id"])}} for one in bubble.files]}
        return said

    def fits(self, text: str) -> bool:
        return 0 < len(text.encode()) <= 1000

    def _events_of(self, conversation: Conversation, bubble: Bubble, action: Action) -> list[dict[str, Any]]:
        if action.kind == "read":
            return [{"read": {"mid": bubble.id}}]
        if action.kind == "delete":
            return [{"message": {"mid": bubble.id, "is_deleted": True}}]
        if action.kind == "edit":
            return []
        return super()._events_of(conversation, bubble, action)

    async def _tell(self, conversation: Conversation, bubble: Bubble, message: dict[str, Any]) -> None:
        echo = {"mid": bubble.id, "is_echo": True, "text": bubble.text}
        if self.knobs.receipts:
            await self._event(conversation, {"message": echo}, None, from_page=True)
