"""SMS over Twilio.

Twilio takes no id of ours for a message, so a crash between a send and its settling sends that part again. It confirms
STOP and START itself and blocks a number that said STOP.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any
from urllib.parse import parse_qsl

import aiohttp

from bot.channels import http
from bot.channels.protocol import (
    Base,
    Call,
    Ignored,
    Inbound,
    Kind,
    Limits,
    Location,
    Outgoing,
    Parsed,
    Rate,
    Receipt,
    RemoteFile,
    forged,
    same,
)
from bot.errors import Refused

#: What a GSM-7 segment can carry; the second group takes two places.
GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_TWICE = frozenset("\f^{}\\[~]|€")
PLAIN = str.maketrans("•–—’“”„", '---\'"""') | {ord("…"): "..."}
#: Segments of one message; Twilio takes at most 1600 characters.
SEGMENTS = 10
STATES: dict[str, Any] = {"sent": "sent", "delivered": "delivered", "read": "seen", "failed": "failed"}
STATES["undelivered"] = "failed"
#: Twilio errors that trying again will not mend, beside what the status says.
TEMPORARY = {20429, 20500, 20503, 14107, 30001, 63018}


def segments(text: str) -> int:
    """How many SMS a text costs: 160 or 153 GSM-7 places each, else 70 or 67 UTF-16 units."""
    if all(one in GSM or one in GSM_TWICE for one in text):
        places, single, many = sum(2 if one in GSM_TWICE else 1 for one in text), 160, 153
    else:
        places, single, many = len(text.encode("utf-16-le")) // 2, 70, 67
    return 1 if places <= single else -(-places // many)


def plain_signs(text: str) -> str:
    """Typographic signs that would make the whole message cost double are written plainly."""
    return text.translate(PLAIN)


class SmsChannel(Base):
    name = "sms"
    confirms_opt_out = True
    answer = ("text/xml", '<?xml version="1.0" encoding="UTF-8"?><Response/>')
    limits = Limits(
        text=SEGMENTS,
        measure=segments,
        rates=(Rate(per_second=10, burst=10), Rate(per_second=1, burst=3, each=True)),
    )

    def __init__(
        self, session: aiohttp.ClientSession, account: str, token: str, number: str, api_url: str, webhook_url: str
    ) -> None:
        self._session = session
        self._token = token
        self._number = number
        self._headers = {"Authorization": aiohttp.encode_basic_auth(account, token)}
        self._url = f"{api_url.rstrip('/')}/2010-04-01/Accounts/{account}/Messages.json"
        self._webhook_url = webhook_url

    def verify(self, call: Call) -> None:
        signed = call.url + "".join(name + value for name, value in sorted(_form(call)))
        digest = hmac.new(self._token.encode(), signed.encode("utf-8", "surrogateescape"), hashlib.sha1).digest()
        if not same(call.headers.get("X-Twilio-Signature", ""), base64.b64encode(digest).decode()):
            raise forged()

    def parse(self, call: Call) -> list[Parsed]:
        form = dict(_form(call))
        id = form.get("MessageSid") or form.get("SmsSid") or ""
        if not id:
            raise Refused("bad_message", "`MessageSid` is missing.")
        if "MessageStatus" in form:
            state = STATES.get(form["MessageStatus"])
            reason = f"Twilio error {form['ErrorCode']}" if form.get("ErrorCode") else ""
            return [Receipt(form.get("To", ""), state, (id,), reason=reason)] if state else [Ignored("status")]
        address = form.get("From", "")
        if not address:
            raise Refused("bad_message", "`From` is missing.")
        files = _files(form)
        return [Inbound(address, id, form.get("Body", ""), files=files, other="" if files else "message")]

    def render(self, spans: Any) -> str:
        return plain_signs(super().render(spans))

    async def send(self, address: str, part: Outgoing) -> str:
        form = {"To": address, "From": self._number, "Body": self.render(part.spans)}
        form["StatusCallback"] = self._webhook_url
        answer = await http.post(self._session, self._url, data=form, headers=self._headers)
        if answer.fine:
            return str(answer.body.get("sid", ""))
        code = answer.body.get("code")
        reason = f"Twilio error {code or answer.status}: {answer.body.get('message', '')}"
        raise http.failure(answer, reason, permanent=False if code in TEMPORARY else None)

    async def locate(self, source: str) -> Location:
        return Location(source, self._headers)


def _form(call: Call) -> list[tuple[str, str]]:
    """The form as posted; what is no UTF-8 is kept as it is, for the signature is over it."""
    try:
        return parse_qsl(call.body.decode("utf-8", "surrogateescape"), keep_blank_values=True, max_num_fields=200)
    except ValueError as error:
        raise Refused("bad_form", "The body is no form, or has too many fields.") from error


def _files(form: dict[str, str]) -> tuple[RemoteFile, ...]:
    count = int(form["NumMedia"]) if form.get("NumMedia", "").isdigit() else 0
    found = []
    for number in range(min(count, 10)):
        url, media_type = form.get(f"MediaUrl{number}", ""), form.get(f"MediaContentType{number}", "")
        if url:
            found.append(RemoteFile(_kind(media_type), url, media_type=media_type))
    return tuple(found)


def _kind(media_type: str) -> Kind:
    kinds: dict[str, Kind] = {"image": "image", "audio": "audio", "video": "video"}
    return kinds.get(media_type.partition("/")[0], "document")
