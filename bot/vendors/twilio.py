"""Twilio's Messages API: signed forms, status callbacks, STOP handled by the network."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from email.utils import formatdate
from typing import Any
from urllib.parse import urlencode

from aiohttp import encode_basic_auth, web

from bot.vendors.action import Action
from bot.vendors.base import Vendor
from bot.vendors.phones import Bubble, Conversation
from bot.vendors.trouble import Trouble

STOP = {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"}
#: What MMS carries, between which numbers, and how much.
MEDIA = re.compile(r"image/(?:jpeg|png|gif|heic)|audio/.+|video/.+|application/pdf")
MMS_LAND, MOST_MEDIA, MOST_BYTES = "+1", 10, 5_242_880
START = {"START", "YES", "UNSTOP"}


class TwilioVendor(Vendor):
    name = "sms"
    rate_each = (1, 5)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.opted_out: set[str] = set()
        #: Words of the account's own (Advanced Opt-Out), in capitals, and what they are taken for.
        self.keywords: dict[str, str] = {}
        #: Takes what goes to a number that said STOP, and tells only afterwards that it was not sent.
        self.refuses_late = False

    def new_id(self) -> str:
        return f"SM{secrets.token_hex(16)}"

    def add_platform_routes(self, app: web.Application) -> None:
        app.router.add_post("/api/2010-04-01/Accounts/{account}/Messages.json", self._send)
        app.router.add_get("/api/2010-04-01/Accounts/{account}/Messages.json", self._list)
        app.router.add_get("/api/media/{file_id}", self._media)

    async def act(self, conversation: Conversation, bubble: Bubble, action: Action) -> None:
        if action.kind in ("edit", "delete", "read"):
            return  # An SMS can't be changed, and nobody tells that it was read.
        text = self._text(conversation, action)
        word = text.strip().upper()
        if word in STOP or self.keywords.get(word) == "STOP":
            self.opted_out.add(conversation.id)
            self.show_sent(
                conversation, "You have successfully been unsubscribed. Reply START to resubscribe.", [], None
            )
        elif word in START and conversation.id in self.opted_out:
            self.opted_out.discard(conversation.id)
            self.show_sent(conversation, "You have successfully been re-subscribed.", [], None)
        form = {"ToCountry": "DE", "SmsMessageSid": bubble.id, "NumMedia": "0", "SmsSid": bubble.id, "Body": text}
        form |= {
            "From": conversation.id,
            "To": self.values["SMS_NUMBER"],
            "MessageSid": bubble.id,
            "ApiVersion": "2010-04-01",
        }
        form |= {"OptOutType": self.keywords[word]} if word in self.keywords else {}
        if action.file and bubble.file:
            form |= {"NumMedia": "1", "MediaContentType0": action.file.media_type}
            form["MediaUrl0"] = f"{self.own_url}/api/media/{bubble.file['id']}"
        await self._hook(form, conversation, bubble)

    def _text(self, conversation: Conversation, action: Action) -> str:
        if action.location:
            return f"https://maps.example/?q={action.location[0]},{action.location[1]}"
        return action.code if action.kind == "start" else "👍" if action.kind == "sticker" else action.text

    async def _hook(self, form: dict[str, str], conversation: Conversation, bubble: Bubble | None) -> None:
        signed = self.signed_url + "".join(name + form[name] for name in sorted(form))
        digest = hmac.new(self.values["SMS_AUTH_TOKEN"].encode(), signed.encode(), hashlib.sha1).digest()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        headers["X-Twilio-Signature"] = base64.b64encode(digest).decode()
        await self.deliver(urlencode(form).encode(), headers, conversation, bubble)

    async def _send(self, request: web.Request) -> web.Response:
        if not self._authorized(request):
            return _error(401, 20003, "Authenticate")
        form = await request.post()
        address, text = str(form.get("To") or ""), str(form.get("Body") or "")
        urls = [str(one) for one in form.getall("MediaUrl", [])]
        if not text.strip() and not urls:
            return _error(400, 21602, "Message body is required.")
        files, problem = await self._fetched(urls, address) if urls else ((), None)
        if problem is not None:
            return problem
        if len(text) > 1600:
            return _error(400, 21617, "The concatenated message body exceeds the 1600 character limit")
        if address in self.opted_out and not self.refuses_late:
            return _error(400, 21610, "Attempt to send to unsubscribed recipient")
        try:
            async with self.taking(request, address) as conversation:
                callback = str(form.get("StatusCallback") or "")
                if address in self.opted_out:
                    bubble = Bubble(self.new_id(), "business", text)
                    self.later(self._status(conversation, bubble, "failed", ErrorCode="21610"))
                else:
                    bubble = self.show_sent(conversation, text, [], dict(form), files)
                    self.later(self._statuses(conversation, bubble, callback))
                answer = {"sid": bubble.id, "status": "queued", "to": address, "num_segments": "1"}
        except Trouble as trouble:
            return _trouble(trouble)
        return web.json_response(answer, status=201)

    async def _fetched(self, urls: list[str], address: str) -> tuple[tuple[dict[str, str], ...], web.Response | None]:
        """The files of an MMS, or why there is none."""
        if not address.startswith(MMS_LAND) or not self.values["SMS_NUMBER"].startswith(MMS_LAND):
            return (), _error(400, 21612, "The 'To' phone number is not currently reachable via MMS")
        found = [await self.fetch(url) for url in urls]
        whole = [one for one in found if one is not None]
        if len(urls) > MOST_MEDIA or len(whole) < len(urls):
            return (), _error(400, 21620, "Invalid media URL(s)")
        if self.knobs.refuse_files or not all(MEDIA.fullmatch(one.media_type) for one in whole):
            return (), _error(400, 12300, "Invalid Content-Type")
        if sum(len(one.content) for one in whole) > MOST_BYTES:
            return (), _error(400, 11751, "Media Message - Media exceeds messaging provider size limit")
        return tuple(self.keep(one) for one in whole), None

    async def _list(self, request: web.Request) -> web.Response:
        """The messages to a number, the latest first."""
        if not self._authorized(request):
            return _error(401, 20003, "Authenticate")
        conversation = self.conversations.get(request.query.get("To", ""))
        sent = [one for one in (conversation.bubbles if conversation else []) if one.author == "business"]
        size = int(request.query.get("PageSize", "50"))
        return web.json_response({"messages": [self._listed(request, one) for one in sent[::-1][:size]]})

    def _listed(self, request: web.Request, bubble: Bubble) -> dict[str, Any]:
        at = formatdate(bubble.at)
        return {
            "sid": bubble.id,
            "body": bubble.text,
            "num_media": str(len(bubble.files)),
            "date_created": at,
            "date_sent": at,
            "to": request.query.get("To"),
            "from": self.values["SMS_NUMBER"],
            "status": "delivered",
            "direction": "outbound-api",
        }

    async def _statuses(self, conversation: Conversation, bubble: Bubble, callback: str) -> None:
        for state in ("queued", "sent", "delivered") if callback and self.knobs.receipts else ():
            await self._status(conversation, bubble, state)

    async def _status(self, conversation: Conversation, bubble: Bubble, state: str, **more: str) -> None:
        form = {"MessageSid": bubble.id, "SmsSid": bubble.id, "MessageStatus": state, "SmsStatus": state, **more}
        form |= {"To": conversation.id, "From": self.values["SMS_NUMBER"], "ApiVersion": "2010-04-01"}
        await self._hook(form, conversation, None)

    async def _media(self, request: web.Request) -> web.Response:
        found = self.files.get(request.match_info["file_id"])
        if found is None or not self._authorized(request):
            return _error(404, 20404, "The requested resource was not found")
        return web.Response(body=found.content, content_type=found.media_type)

    def _authorized(self, request: web.Request) -> bool:
        expected = encode_basic_auth(self.values["SMS_ACCOUNT_SID"], self.values["SMS_AUTH_TOKEN"])
        return request.headers.get("Authorization") == expected


def _trouble(trouble: Trouble) -> web.Response:
    if trouble.kind == "too_many":
        answer = _error(429, 20429, "Too Many Requests")
        answer.headers["Retry-After"] = str(trouble.retry_after)
        return answer
    status, code, told = {
        "token_expired": (401, 20003, "Authenticate"),
        "blocked": (400, 21610, "Attempt to send to unsubscribed recipient"),
    }.get(trouble.kind, (503, 20503, "Service unavailable"))
    return _error(status, code, told)


def _error(status: int, code: int, message: str) -> web.Response:
    return web.json_response({"code": code, "message": message, "status": status}, status=status)
