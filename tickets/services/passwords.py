"""Passwords and secrets. Hashing a password takes long on purpose, so it runs beside the event loop, two at a time."""

from __future__ import annotations

import asyncio
import hashlib
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from tickets.errors import DeskError

SHORTEST, LONGEST = 10, 1_000
_hasher = PasswordHasher()
#: Each hash takes 64 MB: a flood of log-ins must not take the machine.
_at_once = asyncio.Semaphore(2)
#: Checked when there is no such account, so that the time tells nothing.
_NOBODY = _hasher.hash(secrets.token_hex(16))


async def hash_password(password: str) -> str:
    """Raises `DeskError` for one that is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise DeskError("bad_password", f"A password has {SHORTEST} to {LONGEST} characters.")
    async with _at_once:
        return await asyncio.to_thread(_hasher.hash, password)


async def is_password(hashed: str | None, password: str) -> bool:
    async with _at_once:
        right = await asyncio.to_thread(_verify, hashed or _NOBODY, password[:LONGEST])
    return right and hashed is not None


def _verify(hashed: str, password: str) -> bool:
    try:
        return _hasher.verify(hashed, password)
    except (Argon2Error, InvalidHashError):
        return False


def new_secret() -> str:
    return secrets.token_urlsafe(32)


def new_password() -> str:
    """Easy to read aloud: five groups of four, 95 bits."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(alphabet) for _ in range(4)) for _ in range(5))


def digest(secret: str) -> str:
    """Of a session's or token's secret. These are random and long, so a plain hash keeps them."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
