"""The shop's mailbox over IMAP: new mails are taken one by one, and marked or moved only when each is safely stored.

Which mails are new is told by a mark on each of them (a keyword, or ``\\Seen`` where the server knows no keywords), not
by their numbers: numbers are used within one connection only, so a mailbox that is numbered anew (UIDVALIDITY) loses
and repeats nothing. A mail that dies between its storing and its marking comes again and is known by its `Message-ID`.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import re
import secrets
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, urlsplit

import structlog
from aioimaplib import AioImapException
from redis.exceptions import RedisError

from bot import keys, scripts
from bot.channels.email_imap import Client
from bot.channels.email_oauth import SignInFailed, Tokens
from bot.errors import Refused
from runtime.redis import Redis

log = structlog.get_logger()

KEYWORD = "FadenTaken"
#: Of a larger mail the beginning is taken: its words, and no files.
LARGEST, BEGINNING = 30 * 1024 * 1024, 1024 * 1024
#: Some servers end an IDLE of ten minutes.
IDLE_SECONDS = 9 * 60
POLL_SECONDS = 30.0
COMMAND_SECONDS = 30.0
#: One process at a time watches a mailbox; when it dies another one takes over after so long.
LEASE_SECONDS, RENEW_SECONDS = 30, 8.0
PAUSES = (1.0, 2.0, 5.0, 15.0, 60.0)
LOCAL_HOSTS = {"127.0.0.1", "::1", "localhost"}
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


class Lost(Exception):
    """The connection to the mail server is lost, or it refused a command."""


@dataclass(frozen=True)
class ImapAccount:
    host: str
    port: int
    username: str
    password: str = field(repr=False)
    tls: bool = True
    #: TLS begins by a command on the connection.
    starttls: bool = False
    folder: str = "INBOX"

    @property
    def name(self) -> str:
        return hashlib.sha256(f"{self.username}@{self.host}:{self.port}/{self.folder}".encode()).hexdigest()[:16]


def imap_account(url: str) -> ImapAccount:
    """``imaps://user:password@host:993/INBOX``, or ``imap://…:143`` with STARTTLS,
    which only this machine does without."""
    parsed = urlsplit(url)
    tls, host = parsed.scheme == "imaps", parsed.hostname or ""
    user, password = unquote(parsed.username or ""), unquote(parsed.password or "")
    folder = unquote(parsed.path.strip("/")) or "INBOX"
    return ImapAccount(
        host, parsed.port or (993 if tls else 143), user, password, tls, not tls and host not in LOCAL_HOSTS, folder
    )


class MailboxWatcher:
    def __init__(
        self,
        account: ImapAccount,
        take: Callable[[bytes], Awaitable[None]],
        redis: Redis,
        archive: str = "",
        *,
        tokens: Tokens | None = None,
        pauses: tuple[float, ...] = PAUSES,
        poll_seconds: float = POLL_SECONDS,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self.account = account
        self.take = take
        self.redis = redis
        self.archive = archive
        self.tokens = tokens
        self.pauses = pauses
        self.poll_seconds = poll_seconds
        self.idle_seconds = idle_seconds
        self._lease, self._facts = keys.mailbox_watcher(account.name)
        self._token = secrets.token_hex(8)
        self._hold = scripts.load(redis, "hold_mailbox")
        #: Mails that could not be taken in this connection; the next one tries them again.
        self._skipped: set[str] = set()

    async def run(self) -> None:
        """Watches for as long as the process runs, through every loss of the server or of the store."""
        failures = 0
        try:
            while True:
                try:
                    if await self._held():
                        await self._watch()
                        failures = 0
                    await asyncio.sleep(RENEW_SECONDS)
                except (AioImapException, Lost, OSError, TimeoutError, ssl.SSLError, RedisError) as error:
                    reason = str(error) if isinstance(error, Lost) else ""
                    log.warning("mailbox.away", error=type(error).__name__, reason=reason)
                    await asyncio.sleep(self.pauses[min(failures, len(self.pauses) - 1)])
                    failures += 1
        finally:
            with contextlib.suppress(RedisError, OSError):
                await self._hold(keys=[self._lease], args=[self._token, 0])

    async def _held(self) -> bool:
        """Takes or keeps the right to watch this mailbox."""
        return bool(await self._hold(keys=[self._lease], args=[self._token, LEASE_SECONDS * 1000]))

    async def _watch(self) -> None:
        self._skipped.clear()
        async with connected(self.account, self.tokens) as session:
            criteria = await self._open(session)
            log.info("mailbox.open", idle=session.can_idle)
            while await self._held():
                while await self._drain(session, criteria):
                    if not await self._held():
                        return
                await self._rest(session)

    async def _open(self, session: ImapSession) -> tuple[str, ...]:
        """Selects the folder; returns what to search for."""
        if self.archive:
            with contextlib.suppress(Lost):
                await session.command(session.client.create(quoted(self.archive)))
        lines = await session.command(session.client.select(quoted(self.account.folder)))
        told = b"\n".join(bytes(line) for line in lines).decode("utf-8", "replace")
        validity = (re.search(r"UIDVALIDITY (\d+)", told) or [""])[0]
        known = await self.redis.hget(self._facts, "validity")
        if known and known != validity:
            log.warning("mailbox.numbered_anew")
        await self.redis.hset(self._facts, "validity", validity)
        first = await self.redis.hsetnx(self._facts, "since", str(int(time.time())))
        session.keywords = r"\*" in (re.search(r"PERMANENTFLAGS \(([^)]*)\)", told) or ["", ""])[1]
        since = datetime.fromtimestamp(int(await self.redis.hget(self._facts, "since") or 0) - 24 * 3600, UTC)
        day = f"{since.day}-{MONTHS[since.month - 1]}-{since.year}"
        if first and session.keywords:
            await self._leave_read(session, day)
        return ("UNDELETED", *(("UNKEYWORD", KEYWORD) if session.keywords else ("UNSEEN",)), "SINCE", day)

    async def _leave_read(self, session: ImapSession, day: str) -> None:
        """What somebody had read before this was ever watched is not ours to answer."""
        read = await session.search("SEEN", "UNKEYWORD", KEYWORD, "SINCE", day)
        if read:
            await session.command(session.client.uid("store", ",".join(read), "+FLAGS.SILENT", f"({KEYWORD})"))

    async def _drain(self, session: ImapSession, criteria: tuple[str, ...]) -> bool:
        """Takes the mails that are there; False when nothing is left and nothing new was announced."""
        new = [uid for uid in await session.search(*criteria) if uid not in self._skipped]
        for uid in new:
            if not await self._held():
                raise Lost("another process watches this mailbox")
            await self._one(session, uid)
        return bool(new) or session.announced

    async def _one(self, session: ImapSession, uid: str) -> None:
        raw = await session.fetch(uid)
        if raw is None:
            self._skipped.add(uid)
            return
        try:
            await self.take(raw)
        except Refused as refused:
            if refused.status >= 500:
                raise Lost(refused.code) from refused
            log.error("mailbox.mail_refused", code=refused.code)
        except (RedisError, OSError):
            raise
        except Exception:
            # One mail that nobody foresaw must not keep the others waiting. It stays unmarked, and is tried again.
            log.exception("mailbox.mail_not_taken")
            self._skipped.add(uid)
            return
        await session.settle(uid, self.archive)

    async def _rest(self, session: ImapSession) -> None:
        """Returns when something may have come. The lease is kept meanwhile."""
        if not session.can_idle:
            await asyncio.sleep(self.poll_seconds)
            return
        async with session.idling():
            until = time.monotonic() + self.idle_seconds
            while time.monotonic() < until and await self._held():
                if await session.pushed(min(RENEW_SECONDS, self.idle_seconds)):
                    return


class ImapSession:
    """One connection, in which every wait ends: by an answer, by the loss of the connection, or by the clock."""

    def __init__(self, client: Any, lost: asyncio.Event) -> None:
        self.client = client
        self.lost = lost
        self.keywords = False
        #: The last search came with word of new mails.
        self.announced = False

    @property
    def can_idle(self) -> bool:
        return bool(self.client.has_capability("IDLE"))

    async def command(self, work: Coroutine[Any, Any, Any]) -> list[Any]:
        """The lines of a command's answer. Raises `Lost`."""
        answer = await self.race(work, COMMAND_SECONDS)
        if answer.result != "OK":
            raise Lost(f"the mail server said {answer.result}")
        return list(answer.lines)

    async def race(self, work: Coroutine[Any, Any, Any], seconds: float) -> Any:
        task, lost = asyncio.ensure_future(work), asyncio.ensure_future(self.lost.wait())
        try:
            done, _ = await asyncio.wait({task, lost}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if task in done:
                return task.result()
            raise Lost("the connection is lost") if lost in done else TimeoutError("the mail server is silent")
        finally:
            for one in (task, lost):
                one.cancel()
            await asyncio.gather(task, lost, return_exceptions=True)

    async def search(self, *criteria: str) -> list[str]:
        """The numbers of the mails that match, in order."""
        lines = [bytes(one) for one in await self.command(self.client.uid_search(*criteria, charset=None))]
        self.announced = any(b"EXISTS" in one for one in lines)
        listed = [one.removeprefix(b"SEARCH") for one in lines if re.fullmatch(rb"(?:SEARCH\b)?[\d ]*", one)]
        return sorted({uid.decode() for uid in b" ".join(listed).split()}, key=int)

    async def fetch(self, uid: str) -> bytes | None:
        """A mail, or the beginning of one that is too large; None when it has gone meanwhile."""
        sizes = await self.command(self.client.uid("fetch", uid, "(RFC822.SIZE)"))
        found = re.search(rb"RFC822\.SIZE (\d+)", b" ".join(bytes(line) for line in sizes))
        if found is None:
            return None
        part = "BODY.PEEK[]" if int(found[1]) <= LARGEST else f"BODY.PEEK[]<0.{BEGINNING}>"
        lines = await self.command(self.client.uid("fetch", uid, f"({part})"))
        return next((bytes(line) for line in lines if isinstance(line, bytearray)), None)

    async def settle(self, uid: str, archive: str) -> None:
        """Marks a mail that is stored, and moves it if it shall be."""
        flags = rf"(\Seen {KEYWORD})" if self.keywords else r"(\Seen)"
        await self.command(self.client.uid("store", uid, "+FLAGS.SILENT", flags))
        if not archive:
            return
        if self.client.has_capability("MOVE"):
            await self.command(self.client.uid("move", uid, quoted(archive)))
        else:
            await self.command(self.client.uid("copy", uid, quoted(archive)))
            await self.command(self.client.uid("store", uid, "+FLAGS.SILENT", r"(\Deleted)"))

    @asynccontextmanager
    async def idling(self) -> AsyncIterator[None]:
        idle = await self.race(self.client.idle_start(timeout=IDLE_SECONDS * 2), COMMAND_SECONDS)
        try:
            yield
        finally:
            if not self.lost.is_set() and not idle.done():
                self.client.idle_done()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(asyncio.shield(idle), COMMAND_SECONDS)

    async def pushed(self, seconds: float) -> bool:
        """Whether the server told something within so many seconds. Raises `Lost`."""
        queue = self.client.protocol.idle_queue
        try:
            await self.race(queue.get(), seconds)
        except TimeoutError:
            return False
        return True


@asynccontextmanager
async def connected(account: ImapAccount, tokens: Tokens | None = None) -> AsyncIterator[ImapSession]:
    """A connection that is logged in; closed at the end in any case."""
    lost = asyncio.Event()

    def note(error: Exception | None) -> None:
        lost.set()

    # Not `IMAP4_SSL`: it can't tell of a lost connection.
    tls = ssl.create_default_context() if account.tls or account.starttls else None
    client = Client(
        account.host,
        account.port,
        starttls=account.starttls,
        timeout=COMMAND_SECONDS,
        conn_lost_cb=note,
        ssl_context=tls,
    )
    session = ImapSession(client, lost)
    try:
        await session.race(client.wait_hello_from_server(), COMMAND_SECONDS)
        await _log_in(session, account, tokens)
        await session.race(client.protocol.capability(), COMMAND_SECONDS)
        yield session
        with contextlib.suppress(AioImapException, Lost, TimeoutError, OSError):
            await session.race(client.logout(), 2)
    finally:
        if client.protocol.transport is not None:
            client.protocol.transport.abort()


async def _log_in(session: ImapSession, account: ImapAccount, tokens: Tokens | None) -> None:
    """By password, or by token. Raises `Lost`."""
    if tokens is None:
        answer = await session.race(session.client.login(account.username, account.password), COMMAND_SECONDS)
        if answer.result != "OK":
            raise Lost("the mail server refused the log-in")
        return
    try:
        token = await tokens.token()
    except SignInFailed as failed:
        raise Lost(failed.reason) from failed
    answer = await session.race(session.client.xoauth2(account.username, token), COMMAND_SECONDS)
    if answer.result != "OK":
        tokens.refused(token)
        raise Lost("the mail server refused the token of the identity provider")


def quoted(folder: str) -> str:
    return '"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"'
