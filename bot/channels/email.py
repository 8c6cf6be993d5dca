"""E-mail: in by IMAP or by the inbound-mail webhook, out by SMTP.

A sender's address is anybody's claim, so it proves nothing. What proves it is a mark that only the receiver of a mail
of ours has seen: it stands in the mail's `Message-ID` and `Reply-To`, and comes back in an answer's `References` or
`To`. Only such an answer may consent to joining threads.

After a crash between a send and its settling a mail goes out again with the same `Message-ID`, by which mailboxes know
it. A mail never asks for an answer to a machine: what other machines send is not answered, our own automatic mails say
what they are, and an address that writes too often in an hour is not answered for the rest of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

from bot import keys
from bot.channels import email_form as forms
from bot.channels.email_letter import Letter, Part, read
from bot.channels.email_oauth import Tokens
from bot.channels.email_rules import bounce_of, dmarc, kind_of
from bot.channels.email_sending import Conversation, Postmark, Sender, attach, compose, deliver, smtp_account, too_large
from bot.channels.email_text import said_in
from bot.channels.payloads import entry
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
    Outgoing,
    Parsed,
    Rate,
    Receipt,
    RemoteFile,
)
from bot.channels.reach import opt_out
from bot.channels.rich import Span, spans_of
from bot.errors import ChannelError, Refused
from bot.linking import code_in, wants_link
from bot.texts import say
from runtime.message_text import MAX_TEXT
from runtime.redis import Redis

#: From one address in one hour; what comes beyond is noted and not answered.
ANSWERED_IN_A_ROW, ROW_SECONDS = 20, 3600
#: A conversation's headers are known for so long after its last mail.
CONVERSATION_SECONDS = 400 * 24 * 3600
MAX_IDS = 30
#: Bytes of all files of a mail: many servers take no mail of more than 25 MB, and in it they are a third longer.
MOST_FILES = 15_000_000
#: Files of a mail are fetched within minutes of its coming.
KEPT_SECONDS, TIDY_SECONDS = 24 * 3600, 3600
RE = re.compile(r"^\s*(?:(?:re|aw|antw|antwort|wg|fwd?|sv)\s*(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE)
NUMBER = re.compile(r"\s*\d{1,2}\s*[.):]?\s*")
WHOLE = "whole"


@dataclass(frozen=True)
class Room:
    """What the channel needs beside its settings: where it keeps mails' facts and files, and a secret for its marks."""

    redis: Redis
    folder: Path
    secret: str
    #: Of a mailbox that is signed in to by token.
    tokens: Tokens | None = None


@dataclass(frozen=True)
class MailInbound(Inbound):
    letter: Letter | None = None


class EmailChannel(Base):
    name = "email"
    proves_sender = False
    body_limit = 30 * 1024 * 1024
    drops_repeats = True
    limits = Limits(
        text=100_000,
        rates=(Rate(per_second=10, burst=20), Rate(per_second=0.5, burst=10, each=True)),
        files=FileLimits({"": MOST_FILES}, together=10, total=MOST_FILES, caption=100_000),
    )

    def __init__(self, values: Mapping[str, str], room: Room) -> None:
        self._room = room
        self._address = values["EMAIL_ADDRESS"].lower()
        self._key = values["EMAIL_WEBHOOK_KEY"]
        self._trusted = values["EMAIL_TRUSTED_MX"]
        self._account = smtp_account(values["EMAIL_SMTP_URL"])
        self._sender = Sender(self._address, values["EMAIL_NAME"], values["EMAIL_PLUS_ADDRESSES"] == "on")
        self._postmark = Postmark(room.secret, self._address)

    # In.

    def verify(self, call: Call) -> None:
        if not self._key:
            raise Refused("channel_off", "This channel has no webhook.", status=404)
        forms.check(forms.form_of(call), self._key)

    def once(self, call: Call) -> str:
        return forms.form_of(call).values["token"]

    def parse(self, call: Call) -> list[Parsed]:
        form = forms.form_of(call)
        event = forms.event_in(form)
        return [_told(event)] if event is not None else [self.sort(forms.letter_in(form))]

    def read(self, raw: bytes) -> Parsed:
        """What a mail of the mailbox is to us."""
        return self.sort(read(raw))

    def sort(self, letter: Letter) -> Parsed:
        """A customer's words, the fate of a mail of ours, or nothing that needs us."""
        kind = kind_of(letter, self._address)
        if kind == "bounce":
            bounce = bounce_of(letter)
            ours = tuple(one for one in bounce.ids if one.endswith(f"@{self._postmark.domain}>"))
            return (
                Receipt(bounce.recipient, "failed", ours, reason=bounce.reason)
                if ours and bounce.failed
                else Ignored("bounce")
            )
        if kind in ("own", "bulk"):
            return Ignored(kind)
        if not letter.sender:
            return Ignored("no_sender")
        return self._inbound(letter, quiet=kind == "automatic")

    def _inbound(self, letter: Letter, *, quiet: bool) -> MailInbound:
        plus = self._postmark.plus_of(letter.recipients)
        said = said_in(letter.text)
        code = next((found for one in [*plus, letter.subject, said] if (found := code_in(one))), None)
        text = said if code else _with_subject(letter, said)
        files = tuple(
            RemoteFile(_kind(one), _source(letter, number), one.name, one.media_type)
            for number, one in enumerate(letter.files)
        )
        if len(said) < len(letter.text.strip()) or len(text) > MAX_TEXT:
            files += (RemoteFile("document", _source(letter, WHOLE), _whole_name(letter), "text/plain", original=True),)
        return MailInbound(
            letter.sender,
            letter.id,
            text,
            files=files,
            other="message",
            name=letter.name,
            link_code=code,
            at=letter.at,
            quiet=quiet,
            proven=self._postmark.proves(letter.sender, [*letter.answers, *plus]),
            sender_check=f"dmarc {verdict}" if (verdict := dmarc(letter, self._trusted)) else "",
            letter=letter,
        )

    async def keep(self, found: Inbound) -> Inbound | Ignored:
        """Keeps the files of a mail and what an answer to it needs, before it is accepted. Safe to repeat."""
        letter = found.letter if isinstance(found, MailInbound) else None
        if letter is None:
            return found
        if found.quiet and not await self._room.redis.exists(keys.identity(self.name, found.address)):
            return Ignored("automatic")
        await asyncio.to_thread(self._write_files, letter, any(one.source.endswith(WHOLE) for one in found.files))
        if found.quiet or await self._too_often(found):
            return replace(found, quiet=True)
        subject = "" if found.link_code else letter.subject  # A code is no subject to go on with.
        await self._remember(letter.sender, subject, (*letter.answers, letter.id))
        return found

    async def locate(self, source: str) -> Location:
        path = self._path(source)
        if not path.is_file():
            raise ChannelError("the file of this mail is gone", permanent=True)
        return Location("", {}, content=path)

    # Out.

    async def send(self, address: str, part: Outgoing) -> str:
        conversation = await self._conversation(address)
        if not conversation.subject:
            conversation = replace(
                conversation, subject=say(part.language, "mail_subject", name=self._sender.name or self._address)
            )
        id = await self._hand_over(address, part, conversation)
        if not conversation.ids:
            await self._remember(address, conversation.subject, (id,))
        return id

    async def send_code(self, address: str, code: str) -> None:
        """The code by which a customer proves an address, in both languages: it may be the first mail to them.

        Answering the mail brings the code as well. Raises `Refused`.
        """
        texts = [say(language, "mail_code", code=code) for language in ("de", "en")]
        subject = " / ".join(say(language, "mail_code_subject") for language in ("de", "en"))
        part = Outgoing(spans_of("\n\n".join(texts)), author="system")
        try:
            await self._hand_over(address, part, Conversation(subject), plus=code.lower())
        except ChannelError as error:
            raise Refused(
                "mail_not_sent", "The mail could not be sent. Check the address, or try again later.", status=502
            ) from error

    async def _hand_over(self, address: str, part: Outgoing, conversation: Conversation, plus: str = "") -> str:
        if not part.spans:  # A mail of files alone still says something.
            part = replace(part, spans=(Span(", ".join(one.shown_name for one in part.files)),))
        text = self.render(part.spans)
        mail = compose(part, address, text, conversation, self._sender, self._postmark, plus)
        for one in part.files:
            attach(mail, one, await one.content())
        try:
            await deliver(self._account, self._address, address, mail, self._room.tokens)
        except ChannelError as error:
            if part.files and too_large(error):
                raise FileNotTaken(error.reason) from error
            raise
        return str(mail["Message-ID"])

    async def _conversation(self, address: str) -> Conversation:
        raw = await self._room.redis.get(keys.mail_thread(address))
        found = entry(json.loads(raw)) if raw else {}
        return Conversation(str(found.get("subject", "")), tuple(found.get("ids", ())))

    async def _remember(self, address: str, subject: str, ids: tuple[str, ...]) -> None:
        known = await self._conversation(address)
        subject = f"Re: {RE.sub('', subject)}" if RE.sub("", subject) else known.subject
        real = tuple(one for one in dict.fromkeys(ids) if not one.endswith("@no-id>"))
        kept = (*real[:1], *real[1:][-MAX_IDS:])
        value = json.dumps({"subject": subject, "ids": kept or known.ids})
        await self._room.redis.set(keys.mail_thread(address), value, ex=CONVERSATION_SECONDS)

    async def _too_often(self, found: Inbound) -> bool:
        """Whether this address wrote so much in the last hour that only a machine would."""
        key, now = f"mail-row:{found.address}", time.time()
        async with self._room.redis.pipeline(transaction=True) as pipe:
            pipe.zremrangebyscore(key, "-inf", now - ROW_SECONDS)
            pipe.zadd(key, {found.id: now}, nx=True)
            pipe.zrank(key, found.id)
            pipe.expire(key, ROW_SECONDS)
            _, _, place, _ = await pipe.execute()
        return place is not None and int(place) >= ANSWERED_IN_A_ROW

    def _path(self, source: str) -> Path:
        if not re.fullmatch(r"[0-9a-f]{40}-(?:\d{1,2}|whole)", source):
            raise ChannelError("this is no file of a mail", permanent=True)
        return self._room.folder / source[:2] / source

    async def tidy(self) -> None:
        """Removes what was kept of mails once everything that was wanted of it is fetched."""
        while True:
            await asyncio.to_thread(self._remove_old, time.time() - KEPT_SECONDS)
            await asyncio.sleep(TIDY_SECONDS)

    def _remove_old(self, before: float) -> None:
        for path in self._room.folder.glob("*/*"):
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime < before:
                    path.unlink()

    def _write_files(self, letter: Letter, whole: bool) -> None:
        for number, part in enumerate(letter.files):
            self._write(_source(letter, number), part.content)
        if whole:
            self._write(_source(letter, WHOLE), _readable(letter).encode("utf-8", "replace"))

    def _write(self, source: str, content: bytes) -> None:
        path = self._path(source)
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".part")
        draft.write_bytes(content)
        draft.replace(path)


def mail_link(values: Mapping[str, str], code: str) -> str:
    """The address of a mail that brings a link code, in its plus part and in its text."""
    local, _, domain = values["EMAIL_ADDRESS"].partition("@")
    plus = f"+{code.lower()}" if values["EMAIL_PLUS_ADDRESSES"] == "on" else ""
    return f"mailto:{quote(local + plus)}@{quote(domain)}?subject={quote(code)}&body={quote(code)}"


def _with_subject(letter: Letter, said: str) -> str:
    """The words of a mail. Where it begins a conversation its subject is part of what is said."""
    one_word = bool(NUMBER.fullmatch(said) or opt_out(said, "email") or wants_link(said))
    answers = bool(letter.answers) or RE.match(letter.subject)
    if not letter.subject or answers or one_word or letter.subject.casefold() in said.casefold():
        return said
    return f"{letter.subject}\n\n{said}".strip()


def _told(event: dict[str, object]) -> Parsed:
    """What the mail service tells of a mail of ours."""
    headers = entry(entry(event.get("message")).get("headers"))
    id = str(headers.get("message-id") or "").strip("<> ")
    recipient = str(event.get("recipient") or "").lower()
    if not id:
        return Ignored("event")
    if event.get("event") == "delivered":
        return Receipt(recipient, "delivered", (f"<{id}>",))
    if event.get("event") == "failed" and event.get("severity") != "temporary":
        status = entry(event.get("delivery-status"))
        reason = str(status.get("message") or status.get("description") or event.get("reason") or "not delivered")
        return Receipt(recipient, "failed", (f"<{id}>",), reason=f"the mail came back: {reason}"[:300])
    return Ignored("event")


def _kind(part: Part) -> Kind:
    kinds: dict[str, Kind] = {"image": "image", "audio": "audio", "video": "video"}
    return kinds.get(part.media_type.partition("/")[0], "document")


def _source(letter: Letter, which: int | str) -> str:
    """Names a file of a mail: the same for the same mail, and for nobody to guess from outside."""
    return f"{hashlib.sha256(f'{letter.id} {letter.sender}'.encode()).hexdigest()[:40]}-{which}"


def _whole_name(letter: Letter) -> str:
    name = re.sub(r"[^\w .,()-]", "_", letter.subject)[:60].strip()
    return f"{name or 'mail'}.txt"


def _readable(letter: Letter) -> str:
    """The whole mail as text. Angle brackets are written in another way: what is kept must not look like a page."""
    head = f"From: {letter.name} ({letter.sender})\nDate: {letter.at or ''}\nSubject: {letter.subject}\n\n"
    return re.sub(r"[\x00-\x08\x0b-\x1f]", "", (head + letter.text).replace("<", "‹"))
