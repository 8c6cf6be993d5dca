"""The generic channel: bot/channels/webhook.py"""

from __future__ import annotations

import hashlib
import hmac
import time
from typing import Any

from tests.contract.platforms.recorded import Platform, Recorded, Values, as_json


def webhook_sign(values: Values, url: str, body: bytes) -> dict[str, str]:
    timestamp = str(int(time.time()))
    digest = hmac.new(values["WEBHOOK_SECRET"].encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {"X-Faden-Timestamp": timestamp, "X-Faden-Signature": f"sha256={digest}", "Content-Type": "application/json"}


def generic(*messages: dict[str, Any], **more: Any) -> bytes:
    return as_json({"messages": [{"from": "kiosk-7", "name": "Kiosk", **one} for one in messages], **more})


WEBHOOK = Platform(
    name="webhook",
    address="kiosk-7",
    sign=webhook_sign,
    secret="WEBHOOK_SECRET",
    said=lambda id, text: generic({"id": id, "text": text}),
    batch=lambda pairs: generic(*({"id": id, "text": text} for id, text in pairs)),
    recorded={
        "text": Recorded(generic({"id": "1", "text": "Hello"}), "Hello"),
        "file": Recorded(
            generic(
                {"id": "3", "text": "My bill", "files": [{"url": "https://elsewhere.example/x", "name": "bill.pdf"}]}
            ),
            "My bill",
            ("document",),
        ),
        "location": Recorded(
            generic({"id": "4", "location": {"latitude": 52.5, "longitude": 13.4}}), "[location]", ("location",)
        ),
        "empty": Recorded(generic({"id": "5", "text": ""}), "[message that cannot be shown here]"),
    },
    unknown=(
        generic(receipts=[{"id": "none", "from": "kiosk-7", "state": "delivered"}]),
        generic(receipts=[{"id": "none", "from": "kiosk-7", "state": "framed"}]),
        as_json({"hello": "world"}),
    ),
)
