"""SMS over Twilio.

Twilio takes no id of ours for a message: after a crash between a send and its settling it is asked for the last
messages to that number. It confirms STOP and START itself and blocks a number that said STOP, also with words of the
account's own (Advanced Opt-Out) or to another of its channels, of which only its refusal tells. Files go as MMS, which
Twilio carries between numbers of North America only; elsewhere they are links.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl

import aiohttp

from bot.channels import http
from bot.channels.payloads import forged, objects, same
from bot.channels.protocol import (
    Base,
    Call,
    FileLimits,
    FileNotTaken,
    Ignored,
    Inbound,
    Kind,
    Limits,
    Location,
    OptedOut,
    Outgoing,
    Parsed,
    Rate,
    Receipt,
    RemoteFile,
)
from bot.errors import ChannelError, Refused

#: What a GSM-7 segment can carry; the second group takes two places.
GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_TWICE = frozenset("\f^{}\\[~]|€")
PLAIN = str.maketrans("•–—’“”„", '---\'"""') | {ord("…"): "..."}
#: Segments of one message; Twilio takes at most 1600 characters.
SEGMENTS = 10
#: What MMS carries. Twilio makes pictures fit; of other files the networks take no more than this.
KB = 1_000
MMS = FileLimits(
    {
        "image/jpeg": 5_000 * KB,
        "image/png": 5_000 * KB,
        "image/gif": 5_000 * KB,
        "application/pdf": 600 * KB,
        "audio/mpeg": 600 * KB,
        "audio/mp4": 600 * KB,
        "audio/ogg": 600 * KB,
        "video/mp4": 600 * KB,
        "video/3gpp": 600 * KB,
    },
    together=10,
    total=5_000 * KB,
    caption=SEGMENTS,
)
#: Where MMS goes: the country code of the United States and Canada.
MMS_LAND = "+1"
#: Messages to a number that are looked through.
LAST = 50
STATES: dict[str, Any] = {"sent": "sent", "delivered": "delivered", "read": "seen", "failed": "failed"}
STATES["undelivered"] = "failed"
#: Twilio's error for a number that said STOP; and what it took a message for, by `OptOutType`.
STOPPED = 21610
OPT_OUTS: dict[str, Any] = {"STOP": "stop", "START": "start"}
#: Twilio errors that are about the files of a message, or about MMS to this number.
NO_MEDIA = {11751, 12300, 21612, 21620, 21623, 21615}
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
    can_be_asked = True
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
            error = form.get("ErrorCode", "")
            reason, stopped = f"Twilio error {error}" if error else "", state == "failed" and error == str(STOPPED)
            told = Receipt(form.get("To", ""), state, (id,), reason=reason, opted_out=stopped) if state else None
            return [told or Ignored("status")]
        address = form.get("From", "")
        if not address:
            raise Refused("bad_message", "`From` is missing.")
        files = _files(form)
        asked = OPT_OUTS.get(form.get("OptOutType", ""), "")
        said = Inbound(address, id, form.get("Body", ""), files=files, other="" if files else "message", opt_out=asked)
        return [said]

    def render(self, spans: Any) -> str:
        return plain_signs(super().render(spans))

    async def send(self, address: str, part: Outgoing) -> str:
        form = [("To", address), ("From", self._number), ("StatusCallback", self._webhook_url)]
        form += [("Body", self.render(part.spans))] if part.spans else []
        form += [("MediaUrl", one.url) for one in part.files]
        answer = await http.post(self._session, self._url, data=aiohttp.FormData(form), headers=self._headers)
        if answer.fine:
            return str(answer.body.get("sid", ""))
        failure = _failure(answer)
        raise FileNotTaken(failure.reason) if part.files and answer.body.get("code") in NO_MEDIA else failure

    def files_for(self, address: str) -> FileLimits:
        return MMS if self._number.startswith(MMS_LAND) and address.startswith(MMS_LAND) else FileLimits()

    async def find(self, address: str, part: Outgoing, since: datetime) -> list[str]:
        """Reads the list of the last messages to this number."""
        query = {"To": address, "From": self._number, "PageSize": str(LAST)}
        answer = await http.call(self._session, "GET", self._url, params=query, headers=self._headers)
        if not answer.fine:
            raise _failure(answer)
        text = " ".join(self.render(part.spans).split())
        return [str(one.get("sid")) for one in objects(answer.body.get("messages")) if _is_like(one, text, part, since)]

    async def locate(self, source: str) -> Location:
        return Location(source, self._headers)


def _failure(answer: http.Answer) -> ChannelError:
    code = answer.body.get("code")
    reason = f"Twilio error {code or answer.status}: {answer.body.get('message', '')}"
    if code == STOPPED:
        return OptedOut(reason)
    return http.failure(answer, reason, permanent=False if code in TEMPORARY else None)


def _is_like(message: dict[str, Any], text: str, part: Outgoing, since: datetime) -> bool:
    try:
        at = parsedate_to_datetime(str(message.get("date_created")))
    except ValueError:
        return False
    alike = " ".join(str(message.get("body") or "").split()) == text and str(message.get("num_media") or "0") == str(
        len(part.files)
    )
    refused = message.get("status") in ("failed", "canceled")
    return alike and not refused and (at if at.tzinfo else at.replace(tzinfo=UTC)) >= since


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
