"""Telegram's Bot API.

A crash between a send and its settling sends that part again:
the Bot API takes no id of ours, tells nothing back, and can't be asked what a bot has sent.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any
from urllib.parse import quote

import aiohttp

from bot.channels import http
from bot.channels.payloads import entry, forged, moment, objects, same
from bot.channels.protocol import (
    Base,
    Call,
    FileLimits,
    FileNotTaken,
    Ignored,
    Inbound,
    Limits,
    Location,
    OptedOut,
    OutFile,
    Outgoing,
    Parsed,
    Place,
    Rate,
    RemoteFile,
)
from bot.channels.rich import Span, telegram_html
from bot.channels.shelf import form_of
from bot.errors import ChannelError, Refused
from tickets.contracts import Language

START = re.compile(r"/start(?:@\w+)?(?:\s+([A-Za-z0-9_-]{1,64}))?\s*")
FILES: dict[str, Any] = {
    "document": "document",
    "voice": "audio",
    "audio": "audio",
    "video": "video",
    "video_note": "video",
    "animation": "video",
}
#: Media type -> method and field; everything else is a document.
METHODS = {
    "image/jpeg": ("sendPhoto", "photo"),
    "image/png": ("sendPhoto", "photo"),
    "image/webp": ("sendPhoto", "photo"),
    "audio/ogg": ("sendVoice", "voice"),
    "audio/mpeg": ("sendAudio", "audio"),
    "audio/mp4": ("sendAudio", "audio"),
    "audio/x-m4a": ("sendAudio", "audio"),
    "video/mp4": ("sendVideo", "video"),
}
DOCUMENT = ("sendDocument", "document")
LARGEST, LARGEST_PHOTO = 50_000_000, 10_000_000
#: A photo that Telegram will not show as one (too long and thin, broken header) still goes as a document.
NO_PHOTO = re.compile(r"PHOTO_|IMAGE_PROCESS_FAILED|wrong type of the web page content", re.IGNORECASE)
NO_FILE = re.compile(
    r"PHOTO_|VIDEO_|IMAGE_|FILE_|wrong (?:file|type)|file is too big|no (?:photo|voice|audio|video|document) in",
    re.IGNORECASE,
)
OTHERS = ("sticker", "contact", "poll", "dice", "game", "venue", "story")


def visible(text: str) -> int:
    """Telegram limits the text as shown, not its marks, and counts as UTF-16 does."""
    shown = re.sub(r"<[^>]*>", "", text).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return len(shown.encode("utf-16-le")) // 2


class TelegramChannel(Base):
    name = "telegram"
    blocked_cannot_write = True
    limits = Limits(
        text=4096,
        measure=visible,
        with_choices=4096,
        choices=20,
        title=64,
        rates=(Rate(per_second=30, burst=30), Rate(per_second=1, burst=3, each=True)),
        files=FileLimits({"": LARGEST}, caption=1024),
    )

    def __init__(self, session: aiohttp.ClientSession, token: str, secret: str, api_url: str) -> None:
        self._session = session
        self._api = f"{api_url.rstrip('/')}/bot{token}"
        self._files = f"{api_url.rstrip('/')}/file/bot{token}"
        self._secret = secret

    def verify(self, call: Call) -> None:
        if not same(call.headers.get("X-Telegram-Bot-Api-Secret-Token", ""), self._secret):
            raise forged()

    def parse(self, call: Call) -> list[Parsed]:
        update = call.json()
        if not isinstance(update.get("update_id"), int):
            raise Refused("bad_update", "`update_id` must be a number.")
        if isinstance(update.get("callback_query"), dict):
            return [_pressed(update["callback_query"])]
        for kind in ("message", "edited_message"):
            if isinstance(update.get(kind), dict):
                return [_said(update[kind], edited=kind == "edited_message")]
        return [Ignored("my_chat_member" if "my_chat_member" in update else "update")]

    def render(self, spans: tuple[Span, ...]) -> str:
        return telegram_html(spans)

    async def send(self, address: str, part: Outgoing) -> str:
        if part.files:
            return await self._send_file(address, part, part.files[0])
        body: dict[str, Any] = {"chat_id": address, "text": self.render(part.spans), "parse_mode": "HTML"}
        body["link_preview_options"] = {"is_disabled": True}
        if part.choices:
            pairs = zip(part.choices, part.references, strict=True)
            rows = [[{"text": choice.title, "callback_data": reference}] for choice, reference in pairs]
            body["reply_markup"] = {"inline_keyboard": rows}
        answer = await http.post(self._session, f"{self._api}/sendMessage", json=body)
        return str(entry(_result(answer)).get("message_id", ""))

    async def _send_file(self, address: str, part: Outgoing, file: OutFile) -> str:
        method, field = METHODS.get(file.media_type, DOCUMENT)
        if field == "photo" and file.size > LARGEST_PHOTO:
            method, field = DOCUMENT
        answer = await self._upload(address, part, file, method, field)
        if field == "photo" and not answer.body.get("ok") and NO_PHOTO.search(str(answer.body.get("description"))):
            answer = await self._upload(address, part, file, *DOCUMENT)
        told = str(answer.body.get("description") or "")
        if answer.status == 413 or (answer.status == 400 and NO_FILE.search(told)):
            raise FileNotTaken(told or "Telegram takes no file as large as this")
        return str(entry(_result(answer)).get("message_id", ""))

    async def _upload(self, address: str, part: Outgoing, file: OutFile, method: str, field: str) -> http.Answer:
        fields = {"chat_id": address}
        if part.spans:
            fields |= {"caption": self.render(part.spans), "parse_mode": "HTML"}
        form = form_of(file, await file.content(), field, **fields)
        return await http.post(self._session, f"{self._api}/{method}", data=form, timeout=http.WITH_FILE)

    async def locate(self, source: str) -> Location:
        answer = await http.post(self._session, f"{self._api}/getFile", json={"file_id": source})
        path = str(entry(_result(answer)).get("file_path", ""))
        return Location(f"{self._files}/{quote(path)}", {})


def _said(message: dict[str, Any], *, edited: bool) -> Parsed:
    chat, sender = entry(message.get("chat")), entry(message.get("from"))
    if chat.get("type") != "private" or sender.get("is_bot"):
        return Ignored("group")
    address, number = str(chat.get("id", "")), message.get("message_id")
    if not address or not isinstance(number, int):
        raise Refused("bad_update", "`chat.id` and `message_id` are missing.")
    text = str(message.get("text") or message.get("caption") or "")
    common: dict[str, Any] = {"address": address, "name": _name(sender), "language": _language(sender)}
    common["at"] = moment(message.get("date"))
    if edited and "location" in message:
        return Ignored("moving_location")
    if edited:
        # Two edits in one second are two.
        words = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:8]
        id = f"{address}:{number}:edited:{message.get('edit_date', 0)}:{words}"
        return Inbound(id=id, text=text, change="edited", changes=f"{address}:{number}", **common)
    id = f"{address}:{number}"
    if started := START.fullmatch(text):
        return Inbound(id=id, text="/start", payload="/greet", link_code=started[1], **common)
    other = "" if text else next((kind for kind in OTHERS if kind in message), "message")
    return Inbound(id=id, text=text, files=_files(message), place=_place(message), other=other, **common)


def _pressed(query: dict[str, Any]) -> Parsed:
    sender, message = entry(query.get("from")), entry(query.get("message"))
    if not query.get("id") or "id" not in sender:
        raise Refused("bad_update", "`callback_query` has no id or sender.")
    data = str(query.get("data") or "")
    rows = entry(message.get("reply_markup")).get("inline_keyboard")
    buttons = [button for row in rows for button in objects(row)] if isinstance(rows, list) else []
    title = next((str(button.get("text")) for button in buttons if button.get("callback_data") == data), data)
    address = str(entry(message.get("chat")).get("id") or sender["id"])
    return Inbound(
        address, f"{address}:pressed:{query['id']}", title, data, name=_name(sender), language=_language(sender)
    )


def _files(message: dict[str, Any]) -> tuple[RemoteFile, ...]:
    found = []
    photos = [one for one in objects(message.get("photo")) if one.get("file_id")]
    if photos:
        largest = max(photos, key=_width)
        found.append(RemoteFile("image", str(largest["file_id"]), media_type="image/jpeg"))
    for field, kind in FILES.items():
        file = entry(message.get(field))
        # An animation comes along as a document too.
        if file.get("file_id") and not (field == "document" and "animation" in message):
            name, media_type = str(file.get("file_name") or ""), str(file.get("mime_type") or "")
            found.append(RemoteFile(kind, str(file["file_id"]), name, media_type))
    return tuple(found)


def _width(photo: dict[str, Any]) -> int:
    width = photo.get("width")
    return width if isinstance(width, int) else 0


def _place(message: dict[str, Any]) -> Place | None:
    found = entry(message.get("location"))
    try:
        return Place(
            float(found["latitude"]), float(found["longitude"]), str(entry(message.get("venue")).get("title", ""))
        )
    except (KeyError, TypeError, ValueError):
        return None


def _name(sender: dict[str, Any]) -> str:
    return " ".join(str(sender[part]) for part in ("first_name", "last_name") if sender.get(part))


def _language(sender: dict[str, Any]) -> Language | None:
    code = str(sender.get("language_code") or "")[:2]
    return "de" if code == "de" else "en" if code == "en" else None


def _result(answer: http.Answer) -> Any:
    """The result of a call; an error by what the Bot API says of it."""
    if answer.body.get("ok"):
        return answer.body.get("result")
    wait = entry(answer.body.get("parameters")).get("retry_after")
    reason = str(answer.body.get("description") or f"Telegram answered {answer.status}")
    if answer.status in (401, 404) and "chat" not in reason.lower():
        raise ChannelError(f"the token is not valid: {reason}", permanent=True)
    if answer.status == 403 and "blocked by the user" in reason:
        raise OptedOut(reason)
    raise http.failure(answer, reason, retry_after=float(wait) if isinstance(wait, int | float) else None)
