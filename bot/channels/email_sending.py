"""Mails that go out: their headers, by which every mail program keeps a thread together, and their way over SMTP."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import re
import secrets
import ssl
import time
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import formataddr, formatdate
from urllib.parse import unquote, urlsplit

import aiosmtplib
import nh3

from bot.channels.email_oauth import SignInFailed, Tokens
from bot.channels.email_rules import OWN_HEADER
from bot.channels.protocol import OutFile, Outgoing, Unanswered
from bot.channels.rich import Span, telegram_html
from bot.errors import ChannelError

#: Long ids must not be folded: a folded id is another one to many programs.
POLICY = SMTP_POLICY.clone(max_line_length=990)
#: For all ids of `References` together.
MAX_REFERENCES = 900
#: An answer proves who sent it for so long.
PROOF_SECONDS = 60 * 24 * 3600
#: RFC 5321.
MAX_LOCAL = 64
LOCAL_HOSTS = {"127.0.0.1", "::1", "localhost"}
TIMEOUT = 10.0
#: Too busy, too many, or not to strangers at once (greylisting): all pass with time, and none says how much.
LATER, LATER_SECONDS = {421, 450, 452}, 60.0
MARK = re.compile(r"([0-9a-f]{8})\.([0-9a-f]{8})\.([0-9a-f]{16})")


@dataclass(frozen=True)
class Conversation:
    """What a mail needs to be part of its thread in the customer's mail program."""

    subject: str = ""
    #: Message ids, oldest first; the last one is answered.
    ids: tuple[str, ...] = ()


class Postmark:
    """Marks that only the receiver of a mail knows: who shows one has read mail sent to that address."""

    def __init__(self, secret: str, address: str) -> None:
        self._secret = hashlib.sha256(b"mail marks " + secret.encode()).digest()
        self.local, _, self.domain = address.lower().partition("@")
        #: Tells our mails from those of others.
        self.name = hashlib.sha256(self._secret).hexdigest()[:12]

    def mark(self, address: str, key: str) -> str:
        """Of a mail to `address`; the same for the same key, so that a mail sent twice is one mail."""
        at = _second(key)
        unique = hashlib.sha256(key.encode()).hexdigest()[:8] if key else secrets.token_hex(4)
        return f"{at:08x}.{unique}.{self._token(address, f'{at:08x}', unique)}"

    def message_id(self, mark: str) -> str:
        return f"<{mark}@{self.domain}>"

    def reply_address(self, plus: str) -> str:
        """Our address with a plus part, if both fit into one."""
        local = f"{self.local}+{plus}"
        return f"{local if len(local) <= MAX_LOCAL else self.local}@{self.domain}"

    def plus_of(self, recipients: tuple[str, ...]) -> list[str]:
        """The plus parts of our address among the recipients."""
        found = [one.partition("@") for one in recipients]
        return [
            local.partition("+")[2]
            for local, _, domain in found
            if domain == self.domain and local.startswith(f"{self.local}+")
        ]

    def proves(self, address: str, shown: list[str]) -> bool:
        """Whether one of the ids or plus parts is a mark of a mail that went to this address, not long ago."""
        for one in shown:
            found = MARK.fullmatch(one.strip("<>").partition("@")[0])
            if (
                found
                and time.time() - int(found[1], 16) < PROOF_SECONDS
                and hmac.compare_digest(found[3], self._token(address, found[1], found[2]))
            ):
                return True
        return False

    def _token(self, address: str, at: str, unique: str) -> str:
        return hmac.new(self._secret, f"{address.lower()} {at} {unique}".encode(), hashlib.sha256).hexdigest()[:16]


@dataclass(frozen=True)
class Sender:
    address: str
    name: str = ""
    plus: bool = True


def compose(
    part: Outgoing, to: str, text: str, conversation: Conversation, sender: Sender, postmark: Postmark, plus: str = ""
) -> EmailMessage:
    """One mail, plain and as HTML. What the bot writes says that it is automatic,
    so that no other machine answers it."""
    mark = postmark.mark(to, part.key)
    mail = EmailMessage(policy=POLICY)
    mail["From"] = formataddr((sender.name, sender.address))
    mail["To"] = to
    mail["Subject"] = re.sub(r"\s+", " ", conversation.subject)[:250]
    mail["Date"] = formatdate(localtime=False, usegmt=True)
    mail["Message-ID"] = postmark.message_id(mark)
    if sender.plus:
        mail["Reply-To"] = postmark.reply_address(plus or mark)
    if conversation.ids:
        mail["In-Reply-To"] = conversation.ids[-1]
        mail["References"] = " ".join(_fitting(conversation.ids))
    mail[OWN_HEADER] = f"{postmark.name} {part.author}"
    if part.author != "agent":
        mail["Auto-Submitted"] = "auto-replied"
        mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(text + "\n", cte="quoted-printable")
    mail.add_alternative(html_of(part.spans, part.language), subtype="html", cte="quoted-printable")
    return mail


def attach(mail: EmailMessage, file: OutFile, content: bytes) -> None:
    main, _, sub = file.media_type.partition("/")
    mail.add_attachment(content, maintype=main, subtype=sub or "octet-stream", filename=file.shown_name)


def html_of(spans: tuple[Span, ...], language: str) -> str:
    """A page of simple HTML that every mail program shows; what is not simple is taken out."""
    body = nh3.clean(
        "<p>" + telegram_html(spans).replace("\n\n", "</p><p>").replace("\n", "<br>") + "</p>",
        tags={"p", "br", "b", "i", "s", "code", "a"},
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener noreferrer",
    )
    head = f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"></head>'
    return f'{head}<body style="font-family:sans-serif;line-height:1.5">{body}</body></html>\n'


@dataclass(frozen=True)
class SmtpAccount:
    host: str | None
    port: int | None
    username: str = ""
    password: str = field(default="", repr=False)
    tls: bool = False
    starttls: bool | None = None
    socket: str | None = None


def smtp_account(url: str) -> SmtpAccount:
    """``smtp://user:password@host:587`` (TLS from STARTTLS on, which only loopback may do without), ``smtps://…:465``,
    or ``smtp+unix:///path`` of a socket on this machine."""
    parsed = urlsplit(url)
    user, password = unquote(parsed.username or ""), unquote(parsed.password or "")
    if parsed.scheme == "smtp+unix":
        return SmtpAccount(None, None, user, password, starttls=False, socket=parsed.path)
    if parsed.scheme == "smtps":
        return SmtpAccount(parsed.hostname, parsed.port or 465, user, password, tls=True)
    return SmtpAccount(
        parsed.hostname, parsed.port or 587, user, password, starttls=None if parsed.hostname in LOCAL_HOSTS else True
    )


async def deliver(account: SmtpAccount, sender: str, to: str, mail: EmailMessage, tokens: Tokens | None = None) -> None:
    """Hands a mail to the mail server. Raises `ChannelError`, and `Unanswered` when it may or may not have taken it."""
    token = await _token(tokens) if tokens else ""
    try:
        await _deliver(account, sender, to, mail, token)
    except ChannelError as error:
        if tokens is None or not isinstance(error.__cause__, aiosmtplib.SMTPAuthenticationError):
            raise
        # It may have ended before its time; a fresh one decides.
        tokens.refused(token)
        await _deliver(account, sender, to, mail, await _token(tokens))


async def _token(tokens: Tokens) -> str:
    try:
        return await tokens.token()
    except SignInFailed as failed:
        raise ChannelError(failed.reason[:300], permanent=failed.permanent) from failed


async def _deliver(account: SmtpAccount, sender: str, to: str, mail: EmailMessage, token: str) -> None:
    async def shown() -> str:
        return token

    client = aiosmtplib.SMTP(
        hostname=account.host,
        port=account.port,
        username=account.username or None,
        password=None if token else account.password or None,
        oauth_token_generator=shown if token else None,
        use_tls=account.tls,
        start_tls=account.starttls,
        socket_path=account.socket,
        timeout=TIMEOUT,
    )
    handed_over = False
    try:
        await client.connect()
        handed_over = True
        await client.sendmail(sender, [to], mail.as_bytes(policy=POLICY))
    except (aiosmtplib.SMTPException, OSError, TimeoutError, ssl.SSLError) as error:
        raise _failure(error, handed_over) from error
    finally:
        with contextlib.suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
            await client.quit(timeout=2)
        client.close()


def too_large(error: ChannelError) -> bool:
    """Whether a mail server would take this mail if it were smaller (RFC 1870)."""
    return isinstance(error.__cause__, aiosmtplib.SMTPResponseException) and error.__cause__.code == 552


def _failure(error: Exception, handed_over: bool) -> ChannelError:
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused) and error.recipients:
        error = error.recipients[0]
    if isinstance(error, aiosmtplib.SMTPResponseException):
        reason = re.sub(r"\s+", " ", f"the mail server said {error.code}: {error.message}")
        return ChannelError(
            reason[:300], permanent=error.code >= 500, retry_after=LATER_SECONDS if error.code in LATER else None
        )
    if isinstance(error, aiosmtplib.SMTPNotSupported):
        return ChannelError(f"the mail server can't do what this mail needs: {error}"[:300], permanent=True)
    told = f"the mail server gave no answer: {type(error).__name__}"
    return Unanswered(told) if handed_over else ChannelError(told, permanent=False)


def _fitting(ids: tuple[str, ...]) -> list[str]:
    """The first id, which begins the thread, and as many of the last ones as there is room for."""
    kept: list[str] = []
    room = MAX_REFERENCES - len(ids[0])
    for one in reversed(ids[1:]):
        room -= len(one) + 1
        if room < 0:
            break
        kept.insert(0, one)
    return [ids[0], *kept]


def _second(key: str) -> int:
    """When the message of a part's key was said: its cursor begins with the millisecond."""
    found = re.search(r" (\d{12,14})-\d+ ", f"{key} ")
    return int(found[1]) // 1000 if found else int(time.time())
