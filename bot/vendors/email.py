"""A mail service with the customers' mailboxes: a real SMTP server for the shop's mails,
and a signed webhook for the customers'.

A customer's mail program answers as such programs do: to `Reply-To`, with `References`,
and with the answered mail quoted.
"""

from __future__ import annotations

import asyncio
import email
import email.policy
import hashlib
import hmac
import logging
import re
import secrets
import time
import warnings
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formataddr, formatdate, parseaddr
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote, urlsplit

import aiohttp
from aiohttp import web
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from bot.vendors.action import Action, File
from bot.vendors.base import Vendor
from bot.vendors.phones import Bubble, Conversation
from bot.vendors.trouble import Trouble

#: The library warns of passwords without TLS; here they never leave the machine.
logging.getLogger("mail.log").setLevel(logging.ERROR)
MAX_MAIL = 35 * 1024 * 1024


@dataclass
class Mailbox:
    """What a customer's mail program knows of the conversation with the shop."""

    subject: str = ""
    reply_to: str = ""
    ids: list[str] = field(default_factory=list)
    quoted: str = ""
    #: Message ids that arrived: a mail that comes twice is shown once.
    known: set[str] = field(default_factory=set)


class EmailVendor(Vendor):
    name = "email"

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.mailboxes: dict[str, Mailbox] = {}
        #: The mails of the shop as they came.
        self.arrived: list[EmailMessage] = []
        #: Addresses whose server takes a mail and sends it back later.
        self.bouncing: set[str] = set()
        #: Address -> what its machine answers to every mail, and whether it says that it is one.
        self.answering: dict[str, tuple[str, bool]] = {}
        self._server: asyncio.Server | None = None

    def new_id(self) -> str:
        return f"<{secrets.token_hex(10)}@mailbox.example>"

    def app(self) -> web.Application:
        app = super().app()
        app.on_startup.append(self._open)
        app.on_cleanup.append(self._close)
        return app

    def add_platform_routes(self, app: web.Application) -> None:
        """None: shops hand their mails over by SMTP."""

    def conversation(self, id: str) -> Conversation:
        found = super().conversation(_address(id).lower())
        found.name = re.sub(r"[._+-]+", " ", found.id.partition("@")[0]).title()
        return found

    # The shop's mails.

    async def _open(self, app: web.Application) -> None:
        url = urlsplit(self.values["EMAIL_SMTP_URL"])

        def server() -> SMTP:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # Passwords without TLS: on this machine only.
                return SMTP(
                    self,
                    hostname="mailbox.example",
                    authenticator=self._authenticate,
                    auth_required=True,
                    auth_require_tls=False,
                    data_size_limit=MAX_MAIL,
                    enable_SMTPUTF8=True,
                )

        loop = asyncio.get_running_loop()
        if url.scheme == "smtp+unix":
            self._server = await loop.create_unix_server(server, url.path)
            Path(url.path).chmod(0o600)
        else:
            self._server = await loop.create_server(server, "127.0.0.1", url.port)

    async def _close(self, app: web.Application) -> None:
        if self._server is not None:
            self._server.close()
        url = urlsplit(self.values["EMAIL_SMTP_URL"])
        if url.scheme == "smtp+unix":
            Path(url.path).unlink(missing_ok=True)

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        url = urlsplit(self.values["EMAIL_SMTP_URL"])
        expected = (unquote(url.username or "").encode(), unquote(url.password or "").encode())
        good = isinstance(data, LoginPassword) and (data.login, data.password) == expected
        return AuthResult(success=good and not self.knobs.token_expired, handled=False)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """What `aiosmtpd` calls for each mail; its answer is the server's."""
        raw = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content or "").encode()
        mail = email.message_from_bytes(raw, policy=email.policy.default)
        assert isinstance(mail, EmailMessage)
        if self.knobs.refuse_files and any(mail.iter_attachments()):
            return "552 5.3.4 Message size exceeds fixed limit"
        for address in (one.lower() for one in envelope.rcpt_tos):
            try:
                # A mail has no request; what ends its line is the same.
                async with self.taking(SimpleNamespace(transport=server.transport), address) as conversation:  # type: ignore[arg-type]
                    self._arrive(conversation, mail)
            except Trouble as trouble:
                return ANSWERS[trouble.kind]
        return "250 2.0.0 Ok: queued"

    def _arrive(self, conversation: Conversation, mail: EmailMessage) -> None:
        id, box = str(mail["Message-ID"]), self._mailbox(conversation.id)
        if id in box.known:
            return
        box.known.add(id)
        self.arrived.append(mail)
        if conversation.id in self.bouncing:
            self.later(self._bounce(conversation, mail))
            return
        plain, page = mail.get_body(("plain",)), mail.get_body(("html",))
        text = plain.get_content().replace("\r\n", "\n").rstrip("\n") if plain is not None else ""
        box.subject, box.reply_to = str(mail["Subject"]), str(mail["Reply-To"] or mail["From"])
        box.ids = [*box.ids, id][-20:]
        when = time.strftime("%d.%m.%Y um %H:%M")
        box.quoted = f"Am {when} schrieb {mail['From']}:\n\n" + "\n".join(f"> {line}" for line in text.split("\n"))
        files = tuple(self.keep(File(*_part(one))) for one in mail.iter_attachments())
        bubble = self.show_sent(conversation, text, [], dict(mail.items()), files)
        bubble.subject, bubble.html = box.subject, page.get_content() if page is not None else ""
        conversation.show(bubble)
        if conversation.id in self.answering:
            self.later(self._answer(conversation, *self.answering[conversation.id]))

    # The customers' mails.

    async def act(self, conversation: Conversation, bubble: Bubble, action: Action) -> None:
        if action.kind in ("edit", "delete", "read"):
            return  # A mail can't be changed, and nobody tells that it was read.
        mail = self.write(conversation, bubble.id, _words(action))
        if action.kind == "start" and action.code:
            local, _, domain = self.values["EMAIL_ADDRESS"].partition("@")
            del mail["To"]
            mail["To"] = f"{local}+{action.code.lower()}@{domain}"
        if action.file:
            main, _, sub = action.file.media_type.partition("/")
            mail.add_attachment(
                action.file.content, maintype=main, subtype=sub or "octet-stream", filename=action.file.name
            )
        bubble.subject = str(mail["Subject"])
        await self.post(conversation, bubble, mail)

    def write(self, conversation: Conversation, id: str, text: str) -> EmailMessage:
        """A mail as the customer's program writes it: an answer, if there is something to answer."""
        box, mail = self._mailbox(conversation.id), EmailMessage(policy=email.policy.SMTP.clone(max_line_length=990))
        mail["From"] = formataddr((conversation.name, conversation.id))
        mail["To"] = box.reply_to or self.values["EMAIL_ADDRESS"]
        mail["Date"], mail["Message-ID"] = formatdate(), id
        box.subject = box.subject or text.partition("\n")[0][:60].strip()
        mail["Subject"] = box.subject if box.subject.startswith("Re: ") or not box.ids else f"Re: {box.subject}"
        if box.ids:
            mail["In-Reply-To"], mail["References"] = box.ids[-1], " ".join(box.ids)
        box.ids.append(id)
        mail.set_content(text + (f"\n\n{box.quoted}\n" if box.quoted else "\n"))
        return mail

    async def post(
        self, conversation: Conversation, bubble: Bubble | None, mail: EmailMessage, sender: str | None = None
    ) -> None:
        """Posts a mail to the shop as the mail service does: as it came, in a signed form."""
        timestamp, token = str(int(time.time())), secrets.token_hex(25)
        key = self.values["EMAIL_WEBHOOK_KEY"].encode()
        envelope = conversation.id if sender is None else sender
        fields = {
            "recipient": parseaddr(str(mail["To"]))[1],
            "sender": envelope,
            "timestamp": timestamp,
            "token": token,
            "signature": hmac.new(key, f"{timestamp}{token}".encode(), hashlib.sha256).hexdigest(),
        }
        form = aiohttp.FormData(default_to_multipart=True)
        for name, value in fields.items():
            form.add_field(name, value)
        form.add_field("body-mime", mail.as_bytes().decode("utf-8", "replace"))
        body = form()
        raw = bytearray()
        await body.write(_Collected(raw))  # type: ignore[arg-type]
        await self.deliver(bytes(raw), {"Content-Type": body.headers["Content-Type"]}, conversation, bubble)

    async def _bounce(self, conversation: Conversation, mail: EmailMessage) -> None:
        """A delivery status notification (RFC 3464) about a mail of the shop."""
        boundary = secrets.token_hex(8)
        text = (
            f"From: Mail Delivery System <mailer-daemon@mailbox.example>\r\nTo: {self.values['EMAIL_ADDRESS']}\r\n"
            f"Subject: Undelivered Mail Returned to Sender\r\nMessage-ID: {self.new_id()}\r\nDate: {formatdate()}\r\n"
            "MIME-Version: 1.0\r\n"
            f'Content-Type: multipart/report; report-type=delivery-status; boundary="{boundary}"\r\n\r\n'
            f"--{boundary}\r\nContent-Type: text/plain\r\n\r\nThis mail could not be delivered.\r\n\r\n"
            f"--{boundary}\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mailbox.example\r\n\r\n"
            f"Final-Recipient: rfc822; {conversation.id}\r\nAction: failed\r\nStatus: 5.1.1\r\n"
            f"Diagnostic-Code: smtp; 550 5.1.1 No such user here\r\n\r\n"
            f"--{boundary}\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {mail['Message-ID']}\r\n"
            f"Subject: returned\r\n\r\n--{boundary}--\r\n"
        )
        found = email.message_from_bytes(text.encode(), policy=email.policy.default)
        assert isinstance(found, EmailMessage)
        await self.post(conversation, None, found, sender="")

    async def _answer(self, conversation: Conversation, text: str, honest: bool) -> None:
        mail = self.write(conversation, self.new_id(), text)
        if honest:
            mail["Auto-Submitted"] = "auto-replied"
        await self.post(conversation, None, mail)

    def _mailbox(self, id: str) -> Mailbox:
        return self.mailboxes.setdefault(id, Mailbox())


class _Collected:
    """Takes what would be written to a connection."""

    def __init__(self, into: bytearray) -> None:
        self._into = into

    async def write(self, chunk: bytes) -> None:
        self._into += chunk


ANSWERS = {
    "too_many": "450 4.7.1 Too many mails, try again later",
    "failing": "451 4.3.0 Temporary failure",
    "blocked": "550 5.1.1 No such user here",
    "token_expired": "535 5.7.8 Authentication credentials invalid",
}


def _address(id: str) -> str:
    """A phone's id as an address; the playground names its phones by a word."""
    return id if "@" in id else f"{re.sub(r'[^A-Za-z0-9._-]', '', id) or 'kim'}@mailbox.example"


def _part(part: Any) -> tuple[str, str, bytes]:
    """Name, type and bytes of an attachment."""
    return part.get_filename() or "", part.get_content_type(), part.get_payload(decode=True) or b""


def _words(action: Action) -> str:
    if action.location:
        return f"https://maps.example/?q={action.location[0]},{action.location[1]}"
    return action.code if action.kind == "start" else "👍" if action.kind == "sticker" else action.text
