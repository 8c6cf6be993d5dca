"""Addresses of files: signed and short-lived, so that whoever may see a message may see its files, and no one else.

`bot` serves them; `bot` and `tickets` make the addresses, with the secret that they share.
Those that stand in a text are short, for there are channels on which every sign costs.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import struct
import time
from datetime import UTC, datetime, timedelta

#: Long enough to open what a page just showed.
LIFE_SECONDS = 900
#: Bytes of a short address: the file's id, when it ends, and the beginning of its signature (RFC 2104, 5).
ID_BYTES, UNTIL_BYTES, SIGNATURE_BYTES = 16, 4, 12


def link(base_url: str, secret: str, file_id: str, *, life: int = LIFE_SECONDS, now: float | None = None) -> str:
    """An address under which this file can be fetched for `life` seconds."""
    until = int((now or time.time()) + life)
    return f"{base_url.rstrip('/')}/files/{file_id}?until={until}&sig={_signature(secret, file_id, until)}"


def is_kept(at: datetime, days: int) -> bool:
    """Whether the files of a message of then are still kept; `days` as in FILES_KEPT_DAYS."""
    return not days or datetime.now(UTC) - at < timedelta(days=days)


def is_good(secret: str, file_id: str, until: str, signature: str) -> bool:
    """Whether an address was made by `link` and is still alive."""
    if not until.isascii() or not until.isdigit() or int(until[:12]) < time.time():
        return False
    return hmac.compare_digest(signature.encode(), _signature(secret, file_id, int(until)).encode())


def short_link(base_url: str, secret: str, file_id: str, *, life: int, now: float) -> str:
    """As `link`, in 43 signs after the host and ``/f/``. `file_id` is 32 hexadecimal digits."""
    known = bytes.fromhex(file_id) + struct.pack(">I", int(now + life))
    token = base64.urlsafe_b64encode(known + _short_signature(secret, known)).decode().rstrip("=")
    return f"{base_url.rstrip('/')}/f/{token}"


def file_of(secret: str, token: str) -> str | None:
    """The id of the file behind a short address, while that is alive; None for any other text."""
    try:
        raw = base64.b64decode(token + "=", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(raw) != ID_BYTES + UNTIL_BYTES + SIGNATURE_BYTES:
        return None
    known, signature = raw[:-SIGNATURE_BYTES], raw[-SIGNATURE_BYTES:]
    if not hmac.compare_digest(signature, _short_signature(secret, known)):
        return None
    alive = struct.unpack(">I", known[ID_BYTES:])[0] >= time.time()
    return known[:ID_BYTES].hex() if alive else None


def _short_signature(secret: str, known: bytes) -> bytes:
    return hmac.new(secret.encode(), b"short file " + known, hashlib.sha256).digest()[:SIGNATURE_BYTES]


def _signature(secret: str, file_id: str, until: int) -> str:
    return hmac.new(secret.encode(), f"file {file_id} {until}".encode(), hashlib.sha256).hexdigest()
