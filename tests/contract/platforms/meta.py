"""What WhatsApp, Messenger and Instagram sign alike."""

from __future__ import annotations

import hashlib
import hmac

from tests.contract.platforms.recorded import Sign, Values


def meta_sign(prefix: str) -> Sign:
    def sign(values: Values, url: str, body: bytes) -> dict[str, str]:
        digest = hmac.new(values[f"{prefix}_APP_SECRET"].encode(), body, hashlib.sha256).hexdigest()
        return {"X-Hub-Signature-256": f"sha256={digest}", "Content-Type": "application/json"}

    return sign
