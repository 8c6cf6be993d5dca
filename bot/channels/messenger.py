"""Messenger and Instagram, which speak one Send API with different limits.

Messenger returns our key as the `metadata` of the echo of each message. Instagram takes none: after a crash between a
send and its settling it is asked for the conversation's last messages. Files go up to Messenger by themselves first;
Instagram fetches them from a signed address.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import aiohttp

from bot.channels import http
from bot.channels.meta import App, MetaChannel, checked, uploaded
from bot.channels.payloads import each, entry, moment, objects
from bot.channels.protocol import (
    Call,
    FileLimits,
    Ignored,
    Inbound,
    Kind,
    Limits,
    Location,
    OutFile,
    Outgoing,
    Parsed,
    Place,
    Rate,
    Receipt,
    RemoteFile,
)
from bot.channels.shelf import form_of
from bot.errors import Refused

QUICK_REPLIES, TITLE = 13, 20
MB = 1_000_000
#: Instagram's list of formats; other files go as links.
ON_INSTAGRAM = {
    "image/png": 8 * MB,
    "image/jpeg": 8 * MB,
    "image/gif": 8 * MB,
    "application/pdf": 25 * MB,
    "audio/aac": 25 * MB,
    "audio/mp4": 25 * MB,
    "audio/x-m4a": 25 * MB,
    "audio/wav": 25 * MB,
    "audio/x-wav": 25 * MB,
    "video/mp4": 25 * MB,
    "video/quicktime": 25 * MB,
    "video/webm": 25 * MB,
}
#: Messages of a conversation that are looked through.
LAST = 20
OUTWARD: dict[str, str] = {"image": "image", "video": "video", "audio": "audio", "document": "file"}
FILES: dict[str, Kind] = {"image": "image", "video": "video", "audio": "audio", "file": "document"}


class MessengerChannel(MetaChannel):
    name = "messenger"
    returns_keys = True

    def __init__(self, session: aiohttp.ClientSession, app: App, human_agent: bool = False) -> None:
        super().__init__(session, app)
        self.limits = self._limits(timedelta(days=7) if human_agent else None)

    def _limits(self, late: timedelta | None) -> Limits:
        return Limits(
            text=2000,
            with_choices=2000,
            choices=QUICK_REPLIES,
            title=TITLE,
            rates=(Rate(per_second=300, burst=300),),
            window=timedelta(hours=24),
            late=late,
            late_for=frozenset({"agent"}),
            late_text=2000,
            files=FileLimits({"": 25 * MB, "image/": 8 * MB}),
            late_files=True,
        )

    def parse(self, call: Call) -> list[Parsed]:
        batches = [each(self._event, one.get("messaging")) for one in objects(call.json().get("entry"))]
        return [event for batch in batches for event in batch] or [Ignored("update")]

    async def send(self, address: str, part: Outgoing) -> str:
        message: dict[str, Any] = {"text": self.render(part.spans)}
        if part.files:
            message = {"attachment": await self._attachment(part.files[0])}
        if self.returns_keys:
            message["metadata"] = part.key
        if part.choices:
            message["quick_replies"] = _quick_replies(part)
        body: dict[str, Any] = {"recipient": {"id": address}, "messaging_type": "RESPONSE", "message": message}
        if part.late:
            body |= {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
        return str((await self._post(body, with_file=bool(part.files))).get("message_id", ""))

    async def _attachment(self, file: OutFile) -> dict[str, Any]:
        """Uploads the file; a message names it by its id."""
        kind = OUTWARD[file.kind]
        asked = json.dumps({"attachment": {"type": kind, "payload": {"is_reusable": True}}})
        form = form_of(file, await file.content(), "filedata", message=asked)
        url = f"{self._api}/{self._app.own_id}/message_attachments"
        kept = uploaded(await http.upload(self._session, url, data=form, headers=self._headers))
        return {"type": kind, "payload": {"attachment_id": str(kept.get("attachment_id", ""))}}

    async def locate(self, source: str) -> Location:
        return Location(source, {})

    def _event(self, event: dict[str, Any]) -> Parsed:
        address = str(entry(event.get("sender")).get("id") or "")
        message = entry(event.get("message"))
        if message.get("is_echo"):
            to = str(entry(event.get("recipient")).get("id") or "")
            return Receipt(to, "sent", (str(message.get("mid") or ""),), key=str(message.get("metadata") or ""))
        if not address:
            raise Refused("bad_event", "An event needs a sender.")
        if message:
            return _said(address, event, message)
        if edit := entry(event.get("message_edit")):
            id = f"{edit.get('mid')}:edited:{edit.get('num_edit', event.get('timestamp'))}"
            return Inbound(address, id, str(edit.get("text") or ""), change="edited", changes=str(edit.get("mid")))
        if postback := entry(event.get("postback")):
            return _postback(address, event, postback)
        if referral := entry(event.get("referral")):
            id = f"ref:{address}:{event.get('timestamp')}"
            return Inbound(address, id, "/start", payload="/greet", link_code=_ref(referral), at=_at(event))
        return _receipt(address, event)


class InstagramChannel(MessengerChannel):
    name = "instagram"
    returns_keys = False
    can_be_asked = True

    def _limits(self, late: timedelta | None) -> Limits:
        limits = super()._limits(late)
        files = FileLimits(ON_INSTAGRAM)
        return replace(limits, text=1000, with_choices=1000, late_text=1000, measure=in_bytes, files=files)

    async def _attachment(self, file: OutFile) -> dict[str, Any]:
        return {"type": OUTWARD[file.kind], "payload": {"url": file.url}}

    async def find(self, address: str, part: Outgoing, since: datetime) -> list[str]:
        """Reads the last messages of the conversation (Conversations API)."""
        query = {"platform": "instagram", "user_id": address}
        query["fields"] = f"messages.limit({LAST}){{id,created_time,from,message,attachments}}"
        url = f"{self._api}/{self._app.own_id}/conversations"
        found = checked(await http.call(self._session, "GET", url, params=query, headers=self._headers))
        messages = [
            one for talk in objects(found.get("data")) for one in objects(entry(talk.get("messages")).get("data"))
        ]
        text = self.render(part.spans)
        return [str(one.get("id")) for one in messages if _is_ours(one, address, since) and _is_like(one, text, part)]


def _is_ours(message: dict[str, Any], address: str, since: datetime) -> bool:
    try:
        at = datetime.fromisoformat(str(message.get("created_time")))
    except ValueError:
        return False
    return at.tzinfo is not None and at >= since and str(entry(message.get("from")).get("id")) != address


def _is_like(message: dict[str, Any], text: str, part: Outgoing) -> bool:
    """A file comes back under an address of the platform's own, so of those only that there is one can be told."""
    if part.files:
        return bool(objects(entry(message.get("attachments")).get("data"))) and not message.get("message")
    return " ".join(str(message.get("message") or "").split()) == " ".join(text.split())


def in_bytes(text: str) -> int:
    return len(text.encode())


def _said(address: str, event: dict[str, Any], message: dict[str, Any]) -> Parsed:
    id = str(message.get("mid") or "")
    if not id:
        raise Refused("bad_event", "A message needs a `mid`.")
    if message.get("is_deleted"):
        return Inbound(address, f"{id}:deleted", change="deleted", changes=id, at=_at(event))
    attachments = objects(message.get("attachments"))
    files = [_file(one) for one in attachments]
    place = next((found for one in attachments if (found := _place(one))), None)
    other = "" if message.get("text") else str(attachments[0].get("type") if attachments else "message")
    return Inbound(
        address,
        id,
        str(message.get("text") or ""),
        choice=str(entry(message.get("quick_reply")).get("payload") or ""),
        files=tuple(one for one in files if one),
        place=place,
        other="sticker" if "sticker_id" in message else other,
        link_code=_ref(entry(event.get("referral")) or entry(message.get("referral"))),
        at=_at(event),
    )


def _postback(address: str, event: dict[str, Any], postback: dict[str, Any]) -> Parsed:
    payload, title = str(postback.get("payload") or ""), str(postback.get("title") or "")
    id = str(postback.get("mid") or f"postback:{address}:{event.get('timestamp')}")
    code = _ref(entry(postback.get("referral")))
    if payload.startswith("c:"):
        return Inbound(address, id, title or payload, choice=payload, link_code=code, at=_at(event))
    # A button of the page's own, such as Get Started.
    return Inbound(address, id, title or "/start", payload="/greet", link_code=code, at=_at(event))


def _receipt(address: str, event: dict[str, Any]) -> Parsed:
    if delivered := entry(event.get("delivery")):
        ids = tuple(str(one) for one in delivered.get("mids") or ())
        return Receipt(address, "delivered", ids, until=_milliseconds(delivered.get("watermark")))
    if read := entry(event.get("read")):
        ids = (str(read["mid"]),) if read.get("mid") else ()
        return Receipt(address, "seen", ids, until=_milliseconds(read.get("watermark")))
    return Ignored(next((kind for kind in ("reaction", "optin", "pass_thread_control") if kind in event), "event"))


def _file(attachment: dict[str, Any]) -> RemoteFile | None:
    kind = FILES.get(str(attachment.get("type")))
    url = str(entry(attachment.get("payload")).get("url") or "")
    return RemoteFile(kind, url) if kind and url else None


def _place(attachment: dict[str, Any]) -> Place | None:
    at = entry(entry(attachment.get("payload")).get("coordinates"))
    try:
        return Place(float(at["lat"]), float(at["long"]), str(attachment.get("title") or ""))
    except (KeyError, TypeError, ValueError):
        return None


def _ref(referral: dict[str, Any]) -> str | None:
    return str(referral["ref"]) if referral.get("ref") else None


def _at(event: dict[str, Any]) -> Any:
    return _milliseconds(event.get("timestamp"))


def _milliseconds(raw: Any) -> Any:
    return moment(raw / 1000) if isinstance(raw, int | float) else None


def _quick_replies(part: Outgoing) -> list[dict[str, str]]:
    pairs = zip(part.choices, part.references, strict=True)
    return [{"content_type": "text", "title": choice.title, "payload": reference} for choice, reference in pairs]
