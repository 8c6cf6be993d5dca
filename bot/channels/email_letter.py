"""A mail as it came, read as far as it can be read: broken MIME and unknown charsets cost words, never the mail."""

from __future__ import annotations

import email
import email.policy
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from typing import Any

from bot.channels.email_text import text_of_html

MAX_PARTS, MAX_DEPTH = 60, 12
#: Of one text part; the rest of a longer one is cut.
MAX_TEXT = 200_000
MAX_FILES = 10
#: Smaller pictures inside a mail are logos and signatures.
SMALL_PICTURE = 8 * 1024
#: Python decodes them too, some in no sensible time.
CHARSETS_OF_NO_MAIL = {
    "punycode",
    "idna",
    "unicode_escape",
    "unicode-escape",
    "raw_unicode_escape",
    "raw-unicode-escape",
}
MESSAGE_ID = re.compile(r"<[\x21-\x3b\x3d\x3f-\x7e]{3,250}>")
ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[^\s@<>,;:\"()\[\]\\]{1,190}")


@dataclass(frozen=True)
class Part:
    """A file that came with a mail."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class Letter:
    #: `Message-ID` with its angle brackets; where there is none, one made of the content: the same for the same mail.
    id: str
    #: In lower case; empty where `From` names no address.
    sender: str
    name: str
    recipients: tuple[str, ...]
    subject: str
    #: All that can be read, with quotes and signature.
    text: str
    files: tuple[Part, ...]
    #: The mails that it answers, oldest first.
    answers: tuple[str, ...]
    at: datetime | None
    message: Message

    def header(self, name: str) -> str:
        """A header's value, decoded; empty when it is missing. Of several the first one."""
        return header(self.message, name)

    def headers(self, name: str) -> list[str]:
        return [_decoded(str(one)) for one in self.message.get_all(name, [])]


def read(raw: bytes) -> Letter:
    """Reads a mail as it travels (RFC 5322)."""
    message = email.message_from_bytes(raw, policy=email.policy.compat32)
    return letter(message, hashlib.sha256(raw).hexdigest()[:40])


def letter(message: Message, fingerprint: str) -> Letter:
    """The letter in a parsed message; `fingerprint` names it where it has no id of its own."""
    name, sender = _first_address(message, "From")
    own_id = MESSAGE_ID.search(header(message, "Message-ID"))
    to = [
        address
        for field in ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To")
        for _, address in _addresses(message, field)
    ]
    references = MESSAGE_ID.findall(" ".join((header(message, "References"), header(message, "In-Reply-To"))))
    parts = list(_parts(message))
    return Letter(
        id=own_id[0] if own_id else f"<{fingerprint}@no-id>",
        sender=sender,
        name=name,
        recipients=tuple(dict.fromkeys(to)),
        subject=re.sub(r"\s+", " ", header(message, "Subject")).strip()[:300],
        text=_text(parts),
        files=tuple(_files(parts)),
        answers=tuple(dict.fromkeys(references)),
        at=_date(header(message, "Date")),
        message=message,
    )


def header(message: Message, name: str) -> str:
    try:
        found = message.get(name)
    except (ValueError, LookupError):
        return ""
    return _decoded(str(found)) if found is not None else ""


def content(part: Message) -> bytes:
    """The bytes of a leaf, whatever its encoding says."""
    try:
        found = part.get_payload(decode=True)
    except (ValueError, LookupError, AssertionError):
        found = None
    if isinstance(found, bytes):
        return found
    raw = part.get_payload()
    return raw.encode("utf-8", "surrogateescape") if isinstance(raw, str) else b""


def words(part: Message) -> str:
    """The text of a leaf: in its charset, else in UTF-8, else in Windows' western one, which never fails."""
    raw = content(part)[:MAX_TEXT]
    if len(raw) == MAX_TEXT:
        raw = raw[: raw.rfind(b"\n") + 1] or raw
    try:
        declared = part.get_content_charset()
    except (ValueError, LookupError):
        declared = None
    return _in_charset(raw, declared).replace("\r\n", "\n")


def _parts(message: Message, depth: int = 0) -> Iterator[Message]:
    """The leaves to look at, in order. Mails inside of a mail are files of it."""
    kind, inner = message.get_content_type(), message.get_payload()
    if kind == "message/rfc822" or not isinstance(inner, list):
        yield message
    elif kind == "multipart/alternative":
        yield from _best(inner, depth)
    elif depth < MAX_DEPTH:
        for part in inner[:MAX_PARTS]:
            if isinstance(part, Message):
                yield from _parts(part, depth + 1)


def _best(choices: list[Any], depth: int) -> Iterator[Message]:
    """Of several forms of the same the plain one, if it says something; files of the others are kept."""
    leaves = [
        leaf
        for one in choices[:MAX_PARTS]
        if isinstance(one, Message) and depth < MAX_DEPTH
        for leaf in _parts(one, depth + 1)
    ]
    texts = [one for one in leaves if _is_text(one)]
    plain = [one for one in texts if one.get_content_type() == "text/plain" and words(one).strip()]
    shown = plain[:1] or [one for one in texts if one.get_content_type() == "text/html"][:1] or texts[:1]
    for leaf in leaves:
        if leaf not in texts or any(leaf is one for one in shown):
            yield leaf


def _is_text(part: Message) -> bool:
    return part.get_content_type() in ("text/plain", "text/html", "text/calendar", "text/enriched") and not _is_file(
        part
    )


def _is_file(part: Message) -> bool:
    return "attachment" in str(part.get("Content-Disposition") or "").lower() or bool(_name(part))


def _text(parts: list[Message]) -> str:
    found = [_shown(part) for part in parts if _is_text(part)]
    if not any(found):
        found = [_invitation(words(part)) for part in parts if part.get_content_type() == "text/calendar"]
    return "\n\n".join(one.strip() for one in found if one.strip()).replace("\r", "\n")


def _shown(part: Message) -> str:
    kind = part.get_content_type()
    if kind == "text/calendar":
        return ""
    if kind == "text/html":
        return text_of_html(words(part))
    return _unfolded(words(part), part) if _param(part, "format") == "flowed" else words(part)


def _param(part: Message, name: str) -> str:
    try:
        return str(part.get_param(name) or "").lower()
    except (ValueError, LookupError, TypeError):
        return ""


def _unfolded(text: str, part: Message) -> str:
    """The paragraphs of a flowed text (RFC 3676):
    a line that ends with a blank goes on in the next one of the same quote."""
    blank = "" if _param(part, "delsp") == "yes" else " "
    lines: list[str] = []
    flows, before = False, 0
    for line in text.split("\n"):
        depth = len(line) - len(line.lstrip(">"))
        said = line[depth:].removeprefix(" ")
        if flows and depth == before and said != "-- ":
            lines[-1] = lines[-1][:-1] + blank + said
        else:
            lines.append((">" * depth + " " if depth else "") + said)
        flows, before = said.endswith(" ") and said != "-- ", depth
    return "\n".join(lines)


def _invitation(calendar: str) -> str:
    """What an invitation without words is about (RFC 5545)."""
    lines = re.sub(r"\n[ \t]", "", calendar).split("\n")
    found = {line.partition(":")[0].partition(";")[0].upper(): line.partition(":")[2].strip() for line in lines}
    told = (found.get("SUMMARY"), found.get("LOCATION"), found.get("DESCRIPTION"))
    return "\n".join(one.replace("\\n", "\n").replace("\\,", ",") for one in told if one)


def _files(parts: list[Message]) -> Iterator[Part]:
    count = 0
    for part in parts:
        if _is_text(part) and part.get_content_type() != "text/calendar":
            continue
        kind, raw = part.get_content_type(), content(part)
        if kind == "message/rfc822":
            raw = _inner(part)
        inside = part.get("Content-ID") is not None and kind.startswith("image/")
        if (
            not raw
            or (inside and len(raw) < SMALL_PICTURE)
            or kind in ("application/pgp-signature", "application/pkcs7-signature")
        ):
            continue
        yield Part(_name(part) or ("invite.ics" if kind == "text/calendar" else ""), kind, raw)
        count += 1
        if count == MAX_FILES:
            return


def _inner(part: Message) -> bytes:
    inner = part.get_payload()
    try:
        return (
            inner[0].as_bytes()
            if isinstance(inner, list) and inner and isinstance(inner[0], Message)
            else content(part)
        )
    except (ValueError, LookupError, AssertionError, TypeError):
        return b""


def _name(part: Message) -> str:
    try:
        found = part.get_filename()
    except (ValueError, LookupError, TypeError):
        found = None
    return re.sub(r"[\x00-\x1f/\\]", "_", _decoded(str(found))).strip()[:150] if found else ""


def _addresses(message: Message, field: str) -> list[tuple[str, str]]:
    values = [str(one) for one in message.get_all(field, [])]
    found = getaddresses([_decoded_names(value) for value in values])
    return [(name, address.lower()) for name, address in found if ADDRESS.fullmatch(address)]


def _first_address(message: Message, field: str) -> tuple[str, str]:
    """Name and address; several senders, or none that can be read, are nobody."""
    found = _addresses(message, field)
    return (found[0][0].strip()[:120], found[0][1]) if len({address for _, address in found}) == 1 else ("", "")


def _decoded_names(value: str) -> str:
    """Encoded words in names are quoted, lest an encoded comma or address is taken for one."""

    def shown(found: re.Match[str]) -> str:
        return '"' + re.sub(r'[\\"]', "", _decoded(found[0])) + '"'

    return re.sub(r"=\?[^?\s]+\?[bBqQ]\?[^?\s]*\?=(?:\s+=\?[^?\s]+\?[bBqQ]\?[^?\s]*\?=)*", shown, value)


def _decoded(value: str) -> str:
    """A header with its encoded words (RFC 2047); raw bytes in it are taken for UTF-8, else western."""
    try:
        pieces = decode_header(value)
    except (HeaderParseError, ValueError, LookupError):
        return _mended(value)
    return "".join(one if isinstance(one, str) else _in_charset(one, charset) for one, charset in pieces)


def _in_charset(raw: bytes, charset: str | None) -> str:
    for name in (charset or "utf-8", "utf-8"):
        if name.lower() in CHARSETS_OF_NO_MAIL:
            continue
        try:
            return raw.decode(name)
        except (LookupError, ValueError):
            continue
    return raw.decode("cp1252", "replace")


def _mended(value: str) -> str:
    return _in_charset(value.encode("utf-8", "surrogateescape"), None)


def _date(value: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(value)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
