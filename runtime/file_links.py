"""Addresses of customers' files: signed and short-lived, so that whoever may see a message may see its files, and no one else.

`bot` serves them; `bot` and `tickets` make the addresses, with the secret that they share.
"""

from __future__ import annotations

import hashlib
import hmac
import time

#: Long enough to open what a page just showed.
LIFE_SECONDS = 900


def link(base_url: str, secret: str, file_id: str, *, life: int = LIFE_SECONDS, now: float | None = None) -> str:
    """An address under which this file can be fetched for `life` seconds."""
    until = int((now or time.time()) + life)
    return f"{base_url.rstrip('/')}/files/{file_id}?until={until}&sig={_signature(secret, file_id, until)}"


def is_good(secret: str, file_id: str, until: str, signature: str) -> bool:
    """Whether an address was made by `link` and is still alive."""
    if not until.isascii() or not until.isdigit() or int(until[:12]) < time.time():
        return False
    return hmac.compare_digest(signature.encode(), _signature(secret, file_id, int(until)).encode())


def _signature(secret: str, file_id: str, until: int) -> str:
    return hmac.new(secret.encode(), f"file {file_id} {until}".encode(), hashlib.sha256).hexdigest()
