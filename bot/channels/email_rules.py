"""Which mails want no answer, what a bounce says, and what our own mail server found out about a sender."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import Message
from typing import Literal

from bot.channels.email_letter import MESSAGE_ID, Letter, content, header, words

#: Who writes from here reads no answers.
NOBODY = re.compile(
    r"(?:no|not|do-?not|don-?t|nicht|keine)[-_.]?(?:reply|answer|respond|antworten?|response)\b.*|mailer-daemon|postmaster|bounces?(?:[+-].*)?|"
    r"(?:vacation|autoresponder|listserv|majordomo|news-?letter)(?:[+-].*)?",
    re.IGNORECASE,
)
#: How the subject of an automatic answer begins, where no header tells.
AUTOMATIC = re.compile(
    r"(?:auto(?:matic)?[- ]?(?:reply|response)|automatische (?:antwort|abwesenheits\w*)|out of (?:the )?office|"
    r"abwesenheits(?:notiz|nachricht|meldung|benachrichtigung|assistent)|abwesend:|auto:|autosvar|"
    r"r(?:é|e)ponse automatique)",
    re.IGNORECASE,
)
BOUNCED = re.compile(
    r"(?:undeliver(?:ed|able)|delivery (?:status notification|failure|has failed|incomplete)|"
    r"mail delivery (?:failed|system)|returned mail|failure notice|unzustellbar|nicht zustellbar|unzustellbarkeits)",
    re.IGNORECASE,
)
OWN_HEADER = "X-Faden"

#: own: ours; bounce: a mail of ours did not arrive; automatic: a machine of the customer's answers;
#: bulk: to many, or to nobody.
Kind = Literal["", "own", "bounce", "automatic", "bulk"]


@dataclass(frozen=True)
class Bounce:
    """Of a delivery status notification (RFC 3464), or of a bounce in prose."""

    #: Message ids that it names.
    ids: tuple[str, ...]
    recipient: str
    #: False: it is only late, or has arrived.
    failed: bool
    reason: str


def kind_of(letter: Letter, own_address: str) -> Kind:
    """Why a mail is not answered; empty when it is."""
    local, _, domain = own_address.lower().partition("@")
    sender_local, _, sender_domain = letter.sender.partition("@")
    automatic = letter.header("Auto-Submitted").lower().strip()
    if letter.header(OWN_HEADER) and automatic not in ("", "no"):
        return "own"
    if sender_domain == domain and sender_local.partition("+")[0] == local:
        return "own"
    if _is_bounce(letter, sender_local):
        return "bounce"
    if letter.header("List-Id") or letter.header("List-Unsubscribe") or letter.header("Feedback-ID"):
        return "bulk"
    if NOBODY.fullmatch(sender_local) or letter.header("Precedence").lower().strip() in ("bulk", "list", "junk"):
        return "automatic" if AUTOMATIC.match(letter.subject) else "bulk"
    if _is_automatic(letter, automatic):
        return "automatic"
    return ""


def bounce_of(letter: Letter) -> Bounce:
    """What a bounce tells; without ids when it names no mail."""
    status = [one for one in letter.message.walk() if one.get_content_type() == "message/delivery-status"]
    told = _status(status[0]) if status else {}
    action = told.get("action", "failed" if not status else "")
    reason = told.get("diagnostic-code", "").partition(";")[2].strip() or told.get("status", "") or letter.subject
    recipient = (told.get("final-recipient") or told.get("original-recipient") or "").rpartition(";")[2].strip().lower()
    ids = tuple(dict.fromkeys(_named_ids(letter)))
    return Bounce(ids, recipient, action == "failed", re.sub(r"\s+", " ", f"the mail came back: {reason}")[:300])


def dmarc(letter: Letter, trusted: str) -> str:
    """``pass``, ``fail`` or ``none``: what our own mail server says of the sender's domain; empty when it says nothing.

    Anybody can write such a header, so only the topmost one with the name of our server (`trusted`) counts.
    """
    for value in letter.headers("Authentication-Results") if trusted else []:
        named, _, results = value.partition(";")
        if named.split()[:1] != [trusted]:
            continue
        found = re.search(r"\bdmarc\s*=\s*(\w+)([^;]*)", re.sub(r"\([^()]*\)", " ", results), re.IGNORECASE)
        if found is None:
            return "none"
        about = re.search(r"header\.from\s*=\s*([^\s;]+)", found[2], re.IGNORECASE)
        same = about is None or letter.sender.rpartition("@")[2] == about[1].lower().rpartition("@")[2]
        verdict = found[1].lower()
        return verdict if verdict in ("pass", "none") and same else "fail"
    return ""


def _is_bounce(letter: Letter, sender_local: str) -> bool:
    message = letter.message
    report = (
        str(message.get_param("report-type") or "").lower() if message.get_content_type() == "multipart/report" else ""
    )
    if report == "delivery-status":
        return True
    empty_path = "Return-Path" in message and letter.header("Return-Path").strip() in ("", "<>")
    from_machine = sender_local in ("mailer-daemon", "postmaster") or empty_path
    return from_machine and bool(BOUNCED.search(letter.subject) or letter.header("X-Failed-Recipients"))


def _is_automatic(letter: Letter, automatic: str) -> bool:
    message = letter.message
    if automatic not in ("", "no") or AUTOMATIC.match(letter.subject):
        return True
    if "Return-Path" in message and letter.header("Return-Path").strip() in ("", "<>"):
        return True
    if message.get_content_type() == "multipart/report":
        return True
    if re.search(r"(?i)\b(?:all|oof|autoreply)\b", letter.header("X-Auto-Response-Suppress")):
        return True
    marks = ("X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Auto-Reply-From", "X-Mail-Autoreply", "X-Vacation")
    if any(letter.header(name) for name in marks) or letter.header("Precedence").lower().strip() == "auto_reply":
        return True
    calendar = [one for one in message.walk() if one.get_content_type() == "text/calendar"]
    return any(str(one.get_param("method") or "").upper() in ("REPLY", "CANCEL", "COUNTER") for one in calendar)


def _status(part: Message) -> dict[str, str]:
    """The fields of the first recipient that failed, else of the last one."""
    blocks = part.get_payload()
    found: dict[str, str] = {}
    for block in blocks if isinstance(blocks, list) else []:
        fields = {name.lower(): header(block, name) for name in block.keys()} if isinstance(block, Message) else {}  # noqa: SIM118
        if "action" in fields or "final-recipient" in fields:
            fields["action"] = fields.get("action", "").strip().lower()
            found = fields
            if fields["action"] == "failed":
                break
    return found


def _named_ids(letter: Letter) -> list[str]:
    found = list(letter.answers)
    for part in letter.message.walk():
        if part is letter.message:
            continue
        if part.get_content_type() == "text/rfc822-headers":
            found += re.findall(r"(?im)^message-id:\s*(<[^<>\s]+>)", words(part))
        elif part.get("Message-ID"):
            found += MESSAGE_ID.findall(header(part, "Message-ID"))
    if len(found) == len(letter.answers):
        leaves = [one for one in letter.message.walk() if not one.is_multipart()]
        found += re.findall(
            r"(?im)^[>\s]*message-id:\s*(<[^<>\s]+>)",
            "\n".join(content(one)[:20_000].decode("latin-1") for one in leaves[:5]),
        )
    return found
