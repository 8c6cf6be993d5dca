"""Mails to be read, as they come over the wire."""

from __future__ import annotations

from bot.channels.email_letter import read
from bot.channels.email_text import said_in

SHOP = "help@shop.example"
PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452") + b"\0" * 10_000


def mail(body: str | bytes, *heads: str, sender: str = "Kim Muster <kim@example.org>", subject: str = "Paket") -> bytes:
    head = [
        f"From: {sender}",
        f"To: {SHOP}",
        f"Subject: {subject}",
        "Message-ID: <1@example.org>",
        "Date: Tue, 3 Nov 2026 14:02:00 +0100",
        *heads,
    ]
    raw = body.encode() if isinstance(body, str) else body
    return "\r\n".join(head).encode("utf-8") + b"\r\n\r\n" + raw.replace(b"\n", b"\r\n")


def multipart(kind: str, *parts: str, more: str = "") -> tuple[str, str]:
    """Body and head of a mail in parts."""
    body = "".join(f"--b\n{part}\n" for part in parts) + "--b--\n"
    return body, f'Content-Type: multipart/{kind}; boundary="b"{more}'


def said(raw: bytes) -> str:
    return said_in(read(raw).text)
