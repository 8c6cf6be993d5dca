"""WhatsApp's Cloud API.

Sends carry our key as `biz_opaque_callback_data`, which comes back with every status: after a crash between a send and
its settling we wait a moment for that before sending again.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import aiohttp

from bot.channels import http
from bot.channels.meta import App, MetaChannel, checked, uploaded
from bot.channels.payloads import each, entry, moment, objects, place
from bot.channels.protocol import (
    Call,
    FileLimits,
    Ignored,
    Inbound,
    Limits,
    Location,
    OutFile,
    Outgoing,
    Parsed,
    Rate,
    Receipt,
    RemoteFile,
)
from bot.channels.rich import Span, whatsapp
from bot.channels.shelf import form_of
from bot.errors import Refused
from bot.texts import say

FILES: dict[str, Any] = {"image": "image", "document": "document", "audio": "audio", "voice": "audio", "video": "video"}
#: What the Cloud API takes, by its list of supported media types;
#: a picture of another type is no document for it either.
MB = 1_000_000
OFFICE = "application/vnd.openxmlformats-officedocument."
TAKEN = {
    "image/jpeg": 5 * MB,
    "image/png": 5 * MB,
    "video/mp4": 16 * MB,
    "video/3gpp": 16 * MB,
    "audio/aac": 16 * MB,
    "audio/amr": 16 * MB,
    "audio/mpeg": 16 * MB,
    "audio/mp4": 16 * MB,
    "audio/x-m4a": 16 * MB,
    "audio/ogg": 16 * MB,
    "application/pdf": 100 * MB,
    "text/plain": 100 * MB,
    OFFICE: 100 * MB,
}
STATES: dict[str, Any] = {"sent": "sent", "delivered": "delivered", "read": "seen", "failed": "failed"}
BUTTONS, BUTTON_TITLE, ROWS, ROW_TITLE, ROW_ABOUT = 3, 20, 10, 24, 72
ALWAYS = timedelta(days=36_500)


class WhatsAppChannel(MetaChannel):
    name = "whatsapp"
    returns_keys = True

    def __init__(
        self, session: aiohttp.ClientSession, app: App, template: str = "", template_language: str = "en"
    ) -> None:
        super().__init__(session, app)
        self._template = template
        self._template_language = template_language
        self.limits = Limits(
            text=4096,
            with_choices=1024,
            choices=ROWS,
            title=ROW_ABOUT,
            rates=(Rate(per_second=80, burst=80), Rate(per_second=1 / 6, burst=45, each=True)),
            window=timedelta(hours=24),
            late=ALWAYS if template else None,
            late_for=frozenset({"agent", "bot", "system"}),
            files=FileLimits(TAKEN, caption=1024, bare=frozenset({"audio"})),
        )

    def parse(self, call: Call) -> list[Parsed]:
        body = call.json()
        found: list[Parsed] = []
        for change in (change for one in objects(body.get("entry")) for change in objects(one.get("changes"))):
            value = entry(change.get("value"))
            contacts = objects(value.get("contacts"))
            names = {str(one.get("wa_id")): str(entry(one.get("profile")).get("name") or "") for one in contacts}
            found += each(lambda one, names=names: _said(one, names), value.get("messages"))  # type: ignore[misc]
            found += each(_status, value.get("statuses"))
        return found or [Ignored("update")]

    def render(self, spans: tuple[Span, ...]) -> str:
        return whatsapp(spans)

    async def send(self, address: str, part: Outgoing) -> str:
        body: dict[str, Any] = {"messaging_product": "whatsapp", "recipient_type": "individual", "to": address}
        if part.files:
            body |= await self._media(part, part.files[0])
        else:
            body |= self._template_of(part) if part.late else self._content(part)
        body["biz_opaque_callback_data"] = part.key
        sent = await self._post(body)
        return str(next((one.get("id") for one in objects(sent.get("messages"))), ""))

    async def _media(self, part: Outgoing, file: OutFile) -> dict[str, Any]:
        """Uploads the file; a message names it by its id. An upload that no message follows costs nothing."""
        # "audio/x-m4a" is what some programs call it; the API knows the official name only.
        media_type = "audio/mp4" if file.media_type == "audio/x-m4a" else file.media_type
        content = await file.content()
        form = form_of(
            replace(file, media_type=media_type), content, "file", messaging_product="whatsapp", type=media_type
        )
        url = f"{self._api}/{self._app.own_id}/media"
        kept = uploaded(await http.upload(self._session, url, data=form, headers=self._headers))
        media: dict[str, Any] = {"id": str(kept.get("id", ""))}
        if part.spans:
            media["caption"] = self.render(part.spans)
        if file.kind == "document":
            media["filename"] = file.shown_name
        return {"type": file.kind, file.kind: media}

    def _content(self, part: Outgoing) -> dict[str, Any]:
        text = self.render(part.spans)
        if not part.choices:
            return {"type": "text", "text": {"body": text, "preview_url": False}}
        return {"type": "interactive", "interactive": {"body": {"text": text}, **_interactive(part)}}

    def _template_of(self, part: Outgoing) -> dict[str, Any]:
        """The approved template with the text as its one variable,
        which may hold neither line ends nor runs of blanks."""
        parameters = [{"type": "text", "text": re.sub(r"\s+", " ", part.text)}]
        template = {"name": self._template, "language": {"code": self._template_language}}
        return {"type": "template", "template": template | {"components": [{"type": "body", "parameters": parameters}]}}

    async def locate(self, source: str) -> Location:
        if not source.isalnum():
            raise Refused("bad_media", "A media id is letters and digits.")
        found = checked(await http.call(self._session, "GET", f"{self._api}/{source}", headers=self._headers))
        return Location(str(found.get("url", "")), self._headers)


def _interactive(part: Outgoing) -> dict[str, Any]:
    pairs = list(zip(part.choices, part.references, strict=True))
    if len(pairs) <= BUTTONS and all(len(choice.title) <= BUTTON_TITLE for choice, _ in pairs):
        buttons = [{"type": "reply", "reply": {"id": id, "title": choice.title}} for choice, id in pairs]
        return {"type": "button", "action": {"buttons": buttons}}
    rows = []
    for choice, id in pairs:
        short = choice.title if len(choice.title) <= ROW_TITLE else choice.title[: ROW_TITLE - 1].rstrip() + "…"
        about = {"description": choice.title[:ROW_ABOUT]} if short != choice.title else {}
        rows.append({"id": id, "title": short, **about})
    return {"type": "list", "action": {"button": say(part.language, "choose"), "sections": [{"rows": rows}]}}


def _said(message: dict[str, Any], names: dict[str, str]) -> Parsed:
    address, id, kind = str(message.get("from") or ""), str(message.get("id") or ""), str(message.get("type") or "")
    if not address or not id:
        raise Refused("bad_message", "A message needs `from` and `id`.")
    common: dict[str, Any] = {
        "address": address,
        "id": id,
        "name": names.get(address, ""),
        "at": moment(message.get("timestamp")),
    }
    content = entry(message.get(kind))
    if kind == "text":
        return Inbound(text=str(content.get("body") or ""), **common)
    if kind == "interactive":
        reply = entry(content.get("button_reply")) or entry(content.get("list_reply"))
        title = str(reply.get("description") or reply.get("title") or "")
        return Inbound(text=title, choice=str(reply.get("id") or ""), **common)
    if kind == "button":
        return Inbound(text=str(content.get("text") or ""), payload="", **common)
    if kind == "reaction":
        return Ignored("reaction")
    if kind == "location":
        return Inbound(place=place(content), other="location", **common)
    if kind in FILES and content.get("id"):
        file = RemoteFile(FILES[kind], str(content["id"]), str(content.get("filename") or ""), _type(content))
        return Inbound(text=str(content.get("caption") or ""), files=(file,), other=kind, **common)
    return Inbound(other=kind if kind in ("sticker", "contacts", "order") else "message", **common)


def _type(content: dict[str, Any]) -> str:
    return str(content.get("mime_type") or "").partition(";")[0].strip()


def _status(status: dict[str, Any]) -> Parsed:
    state, id = STATES.get(str(status.get("status"))), str(status.get("id") or "")
    if not state or not id:
        return Ignored("status")
    errors = objects(status.get("errors"))
    reason = str(errors[0].get("title") or errors[0].get("code") or "") if errors else ""
    key = str(status.get("biz_opaque_callback_data") or "")
    return Receipt(str(status.get("recipient_id") or ""), state, (id,), reason=reason, key=key)
