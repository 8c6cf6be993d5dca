"""The generic channel, for anything that can post JSON.

In: ``POST /channels/webhook/webhook`` with ``X-Faden-Timestamp`` (Unix seconds) and ``X-Faden-Signature``, which is
``sha256=`` and the hex HMAC-SHA256 of ``<timestamp>.<body>`` with WEBHOOK_SECRET; older than five minutes is refused.
``{"messages": [{"id", "from", "text", "name"?, "language"?, "choice"?, "files"?: [{"url", "name"}],
"location"?: {"latitude", "longitude"}}], "receipts": [{"id", "from", "state":
"delivered|seen|failed", "reason"?}]}``; both lists may be absent.

Out: the same signature on a POST to WEBHOOK_API_URL with ``{"to", "text", "choices": [{"title", "choice"}], "files":
[{"url", "name", "media_type", "size"}]}``, and the same ``Idempotency-Key`` on every try: who drops repetitions of it
gets each message once, also after a crash here. The answer may hold ``{"id"}``, by which receipts name the message. The
addresses of files are signed and good for a week. ``{"error": "opted_out"}`` with 410, or this as the reason of a
receipt that failed: the customer wants no messages, and gets none until they write START.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any

import aiohttp

from bot.channels import http
from bot.channels.payloads import entry, forged, objects, place, same
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
    Outgoing,
    Parsed,
    Rate,
    Receipt,
    RemoteFile,
)
from bot.errors import Refused
from runtime.file_types import MAX_BYTES

SKEW_SECONDS = 300
#: What is wrong is a file: too large, of a type that it does not take, or not to be fetched.
NO_FILE = {413, 415, 424}
#: The customer wants no messages, as an error of the receiver's or as a receipt's reason.
OPTED_OUT = "opted_out"
STATES: dict[str, Any] = {"delivered": "delivered", "seen": "seen", "failed": "failed"}


class WebhookChannel(Base):
    name = "webhook"
    drops_repeats = True
    limits = Limits(
        text=4000,
        with_choices=4000,
        choices=20,
        title=200,
        rates=(Rate(per_second=50, burst=50),),
        files=FileLimits({"": MAX_BYTES}, together=10, total=10 * MAX_BYTES, caption=4000),
    )

    def __init__(self, session: aiohttp.ClientSession, secret: str, api_url: str) -> None:
        self._session = session
        self._secret = secret
        self._url = api_url

    def verify(self, call: Call) -> None:
        timestamp = call.headers.get("X-Faden-Timestamp", "")
        if not same(call.headers.get("X-Faden-Signature", ""), self._signature(timestamp, call.body)):
            raise forged()
        if not timestamp.isascii() or not timestamp.isdigit() or abs(time.time() - int(timestamp[:12])) > SKEW_SECONDS:
            raise Refused("stale_signature", "The time stamp is more than five minutes off.", status=403)

    def parse(self, call: Call) -> list[Parsed]:
        body = call.json()
        found: list[Parsed] = [_said(one) for one in objects(body.get("messages"))]
        found += [_receipt(one) for one in objects(body.get("receipts"))]
        return found or [Ignored("update")]

    async def send(self, address: str, part: Outgoing) -> str:
        pairs = zip(part.choices, part.references, strict=True)
        choices = [{"title": choice.title, "choice": reference} for choice, reference in pairs]
        files = [
            {"url": one.url, "name": one.name, "media_type": one.media_type, "size": one.size} for one in part.files
        ]
        said = {"to": address, "text": self.render(part.spans), "choices": choices, "files": files}
        body = json.dumps(said).encode()
        timestamp = str(int(time.time()))
        headers = {"Content-Type": "application/json", "Idempotency-Key": part.key, "X-Faden-Timestamp": timestamp}
        headers["X-Faden-Signature"] = self._signature(timestamp, body)
        answer = await http.post(self._session, self._url, data=body, headers=headers)
        if part.files and answer.status in NO_FILE:
            raise FileNotTaken(f"the receiver answered {answer.status}")
        if answer.body.get("error") == OPTED_OUT:
            raise OptedOut("the receiver says that the customer wants no messages")
        if not answer.fine:
            raise http.failure(answer, f"the receiver answered {answer.status}")
        return str(answer.body.get("id") or part.key)

    async def locate(self, source: str) -> Location:
        return Location(source, {})

    def _signature(self, timestamp: str, body: bytes) -> str:
        signed = timestamp.encode("utf-8", "surrogateescape") + b"." + body
        return "sha256=" + hmac.new(self._secret.encode(), signed, hashlib.sha256).hexdigest()


def _said(message: dict[str, Any]) -> Parsed:
    address, id = message.get("from"), message.get("id")
    if not isinstance(address, str) or not isinstance(id, str) or not address or not id:
        raise Refused("bad_message", "A message needs `id` and `from` as strings.")
    urls = [one for one in objects(message.get("files")) if isinstance(one.get("url"), str)]
    language = message.get("language")
    return Inbound(
        address,
        id,
        str(message.get("text") or ""),
        choice=str(message.get("choice") or ""),
        files=tuple(RemoteFile("document", one["url"], str(one.get("name") or "")) for one in urls[:10]),
        place=place(entry(message.get("location"))),
        other="message",
        name=str(message.get("name") or ""),
        language=language if language in ("de", "en") else None,
    )


def _receipt(found: dict[str, Any]) -> Parsed:
    state, id = STATES.get(str(found.get("state"))), str(found.get("id") or "")
    if not state or not id:
        return Ignored("receipt")
    reason = str(found.get("reason") or "")
    stopped = state == "failed" and reason == OPTED_OUT
    return Receipt(str(found.get("from") or ""), state, (id,), reason=reason, opted_out=stopped)
