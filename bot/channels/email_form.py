"""The inbound-mail webhook, as Mailgun's routes post it: a signed form with the mail as it came, or taken apart.

The signature covers time stamp and token, not the mail: so a token is good for one body only
(`Channel.once`). Set the route's address to ``…/channels/email/webhook?as=mime``: ending in "mime" it is
given the mail as it came, which is read best.
"""

from __future__ import annotations

import email
import email.policy
import hashlib
import hmac
import json
import re
import time
from dataclasses import dataclass, field
from email.message import Message
from typing import Any
from urllib.parse import parse_qsl

from bot.channels.email_letter import Letter, Part, letter, read
from bot.channels.payloads import entry, forged, same
from bot.channels.protocol import Call
from bot.errors import Refused

#: Older calls are refused, and as much too new ones.
SKEW_SECONDS = 120
MAX_FIELDS = 200
MAX_FILES = 10


@dataclass
class Form:
    values: dict[str, str] = field(default_factory=dict)
    files: list[Part] = field(default_factory=list)


def form_of(call: Call) -> Form:
    """The fields of a call, whichever way it carries them. Raises `Refused`."""
    kind = call.headers.get("Content-Type", "")
    if kind.lower().startswith("multipart/form-data"):
        return _multipart(call.body, kind)
    if kind.lower().startswith("application/json"):
        return _event(call)
    try:
        pairs = parse_qsl(
            call.body.decode("utf-8", "surrogateescape"), keep_blank_values=True, max_num_fields=MAX_FIELDS
        )
    except ValueError as error:
        raise Refused("bad_form", "The body is no form, or has too many fields.") from error
    return Form(dict(pairs))


def check(form: Form, key: str) -> None:
    """Raises `Refused` unless the form was signed with `key`, within the last two minutes."""
    timestamp, token = form.values.get("timestamp", ""), form.values.get("token", "")
    signed = hmac.new(
        key.encode(), f"{timestamp}{token}".encode("utf-8", "surrogateescape"), hashlib.sha256
    ).hexdigest()
    if not token or not key or not same(form.values.get("signature", ""), signed):
        raise forged()
    if not re.fullmatch(r"[0-9]{1,12}", timestamp) or abs(time.time() - int(timestamp)) > SKEW_SECONDS:
        raise Refused("stale_signature", "The time stamp is more than two minutes off.", status=403)


def letter_in(form: Form) -> Letter:
    """The mail in a form. Raises `Refused` when there is none."""
    sender = form.values.get("sender", "")
    if raw := form.values.get("body-mime"):
        found = read(raw.encode("utf-8", "surrogateescape"))
    elif "body-plain" in form.values or "body-html" in form.values or "message-headers" in form.values:
        found = _from_fields(form)
    else:
        raise Refused("bad_message", "The form holds neither `body-mime` nor `body-plain`.")
    if "sender" in form.values and "Return-Path" not in found.message:
        found.message["Return-Path"] = f"<{_line(sender)}>"
    return found


def _from_fields(form: Form) -> Letter:
    values = form.values
    outer: Message = Message()
    for name, value in _headers(values):
        if not re.match(r"(?i)content-|mime-version", name):
            outer[name] = _line(value)
    body = (
        _leaf(values.get("body-plain", ""), "plain")
        if values.get("body-plain", "").strip()
        else _leaf(values.get("body-html", ""), "html")
    )
    outer["Content-Type"] = "multipart/mixed"
    outer.set_payload([body, *(_file(one) for one in form.files[:MAX_FILES])])
    known = json.dumps([values.get(name, "") for name in ("from", "subject", "Date", "body-plain", "body-html")])
    return letter(outer, hashlib.sha256(known.encode("utf-8", "surrogateescape")).hexdigest()[:40])


def _headers(values: dict[str, str]) -> list[tuple[str, str]]:
    try:
        given = json.loads(values.get("message-headers") or "[]")
    except (ValueError, RecursionError):
        given = []
    pairs = (
        [(str(one[0]), str(one[1])) for one in given if isinstance(one, list) and len(one) == 2]
        if isinstance(given, list)
        else []
    )
    names = {name.lower() for name, _ in pairs}
    fields = {"From": "from", "Subject": "subject", "To": "recipient", "Message-Id": "Message-Id"}
    more = [(name, values[key]) for name, key in fields.items() if values.get(key) and name.lower() not in names]
    # The address that was really written to, with its plus part, whatever `To` says.
    return [*pairs[:MAX_FIELDS], *more, ("Delivered-To", values.get("recipient", ""))]


def _leaf(text: str, subtype: str) -> Message:
    part = Message()
    part["Content-Type"] = f'text/{subtype}; charset="utf-8"'
    part["Content-Transfer-Encoding"] = "8bit"
    part.set_payload(text.encode("utf-8", "surrogateescape").decode("ascii", "surrogateescape"))
    return part


def _file(one: Part) -> Message:
    part = Message()
    part["Content-Type"] = (
        one.media_type if re.fullmatch(r"[\w.+-]+/[\w.+-]+", one.media_type) else "application/octet-stream"
    )
    part.add_header("Content-Disposition", "attachment", filename=one.name or "file")
    part.set_payload(one.content.decode("ascii", "surrogateescape"))
    return part


def _event(call: Call) -> Form:
    """A call about a mail that went out: its signature stands in an object of its own."""
    body = call.json()
    signature, event = entry(body.get("signature")), entry(body.get("event-data"))
    values = {name: str(signature.get(name) or "") for name in ("timestamp", "token", "signature")}
    return Form(values | {"event-data": json.dumps(event)})


def event_in(form: Form) -> dict[str, Any] | None:
    return entry(json.loads(form.values["event-data"])) if "event-data" in form.values else None


def _multipart(body: bytes, kind: str) -> Form:
    """A ``multipart/form-data`` body (RFC 7578), whose binary parts are kept to the byte."""
    found = re.search(r'boundary="?([^";,]{1,70})"?', kind)
    if found is None:
        raise Refused("bad_form", "The body is no form.")
    marker = b"\r\n--" + found[1].encode("utf-8", "surrogateescape")
    pieces = (b"\r\n" + body).split(marker)
    if len(pieces) < 3 or not pieces[-1].startswith(b"--") or len(pieces) > MAX_FIELDS:
        raise Refused("bad_form", "The form is not complete, or has too many fields.")
    form = Form()
    for piece in pieces[1:-1]:
        head, _, value = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        about = email.message_from_bytes(head + b"\r\n\r\n", policy=email.policy.compat32)
        name, filename = about.get_param("name", header="Content-Disposition"), about.get_filename()
        if filename and name != "body-mime":
            form.files.append(Part(str(filename)[:150], about.get_content_type(), value))
        elif isinstance(name, str):
            form.values[name] = value.decode("utf-8", "surrogateescape")
    return form


def _line(value: str) -> str:
    return re.sub(r"[\r\n]+", " ", value)
