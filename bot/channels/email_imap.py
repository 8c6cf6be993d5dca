"""A connection to an IMAP server: plain on this machine, with TLS from its begin on or by STARTTLS,
by password or by token."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Callable
from typing import Any

from aioimaplib import IMAP4
from aioimaplib.aioimaplib import IMAP4ClientProtocol

#: At level debug the library would write what it sends and gets, tokens and mails too.
logging.getLogger("aioimaplib").setLevel(logging.WARNING)
GREETING_SECONDS = 30.0
LONGEST_LINE = 8192


class StartTlsFailed(OSError):
    """The server does not begin TLS as it should, so it is told nothing."""


class Protocol(IMAP4ClientProtocol):  # type: ignore[misc]
    def _continuation(self, line: bytes) -> None:
        """A refused token is told in a challenge first, and the refusal itself waits
        for an empty answer to that (XOAUTH2)."""
        if self.pending_sync_command is not None and self.pending_sync_command.name == "AUTHENTICATE":
            self.transport.write(b"\r\n")
        else:
            super()._continuation(line)


class Client(IMAP4):  # type: ignore[misc]
    """`starttls`: the connection begins plain and is made safe before anything is said on it."""

    def __init__(self, host: str, port: int, *, starttls: bool, **more: Any) -> None:
        self._starttls = starttls
        super().__init__(host, port, **more)

    def create_client(
        self,
        host: str,
        port: int,
        loop: asyncio.AbstractEventLoop | None,
        conn_lost_cb: Callable[[Exception | None], None] | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        """What the library calls to connect."""
        loop = loop or asyncio.get_running_loop()
        self.protocol = Protocol(loop, conn_lost_cb)
        connecting: Any
        if self._starttls:
            assert ssl_context is not None
            connecting = upgraded(loop, self.protocol, host, port, ssl_context)
        else:
            connecting = loop.create_connection(lambda: self.protocol, host, port, ssl=ssl_context)
        self._client_task = loop.create_task(connecting)


async def upgraded(
    loop: asyncio.AbstractEventLoop, protocol: Any, host: str, port: int, context: ssl.SSLContext
) -> None:
    """Connects, asks for STARTTLS, and hands the safe connection to the protocol as one that was greeted.

    Raises `OSError`.
    """
    transport, first = await loop.create_connection(_Lines, host, port)
    try:
        async with asyncio.timeout(GREETING_SECONDS):
            if not (await first.line()).upper().startswith(b"* OK"):
                raise StartTlsFailed("the mail server does not greet")
            transport.write(b"s1 STARTTLS\r\n")
            while not (answer := await first.line()).startswith(b"s1 "):
                continue
        # What came behind the answer was said by somebody on the way, to be taken for the server's own words.
        if not answer.upper().startswith(b"S1 OK") or first.rest:
            raise StartTlsFailed("the mail server does not begin TLS")
        safe = await loop.start_tls(transport, protocol, context, server_hostname=host)
    except BaseException:
        with contextlib.suppress(Exception):
            transport.abort()
        raise
    protocol.connection_made(safe)
    protocol.state = "NONAUTH"


class _Lines(asyncio.Protocol):
    """The few lines before TLS."""

    def __init__(self) -> None:
        self.rest = b""
        self._came = asyncio.Event()
        self._lost = False

    def data_received(self, data: bytes) -> None:
        self.rest += data
        self._came.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost = True
        self._came.set()

    async def line(self) -> bytes:
        while b"\r\n" not in self.rest:
            if self._lost or len(self.rest) > LONGEST_LINE:
                raise StartTlsFailed("the mail server ended the connection")
            self._came.clear()
            await self._came.wait()
        line, _, self.rest = self.rest.partition(b"\r\n")
        return line
