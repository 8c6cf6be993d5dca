"""Messenger and Instagram: developers.facebook.com/docs/messenger-platform/reference/webhook-events"""

from __future__ import annotations

import time
from typing import Any

from tests.contract.platforms.meta import meta_sign
from tests.contract.platforms.recorded import Platform, Recorded, as_json


def messaging(kind: str, *events: dict[str, Any]) -> bytes:
    now = int(time.time() * 1000)
    ends = {"sender": {"id": "2468"}, "recipient": {"id": "9000"}, "timestamp": now}
    return as_json(
        {"object": kind, "entry": [{"id": "9000", "time": now, "messaging": [ends | event]} for event in events]}
    )


def mid(id: str, **content: Any) -> dict[str, Any]:
    return {"message": {"mid": f"m_{id}", **content}}


def attached(kind: str, **payload: Any) -> list[dict[str, Any]]:
    return [{"type": kind, "payload": payload}]


COORDINATES = {"lat": 52.5, "long": 13.4}
MESSENGER = Platform(
    name="messenger",
    address="2468",
    sign=meta_sign("MESSENGER"),
    secret="MESSENGER_APP_SECRET",
    said=lambda id, text: messaging("page", mid(id, text=text)),
    batch=lambda pairs: messaging("page", *(mid(id, text=text) for id, text in pairs)),
    recorded={
        "text": Recorded(messaging("page", mid("1", text="Hello")), "Hello"),
        "get started": Recorded(
            messaging("page", {"postback": {"mid": "m_2", "title": "Get started", "payload": "GET_STARTED"}}),
            "Get started",
        ),
        "quick reply": Recorded(
            messaging("page", mid("3", text="Returns", quick_reply={"payload": "c:1-1:9"})), "Returns"
        ),
        "image": Recorded(
            messaging("page", mid("4", attachments=attached("image", url="https://scontent.xx.fbcdn.net/a.jpg"))),
            "[image]",
            ("image",),
        ),
        "file": Recorded(
            messaging("page", mid("5", attachments=attached("file", url="https://cdn.fbsbx.com/bill.pdf"))),
            "[document]",
            ("document",),
        ),
        "voice": Recorded(
            messaging("page", mid("6", attachments=attached("audio", url="https://cdn.fbsbx.com/a.mp4"))),
            "[voice message]",
            ("audio",),
        ),
        "location": Recorded(
            messaging("page", mid("7", attachments=attached("location", coordinates=COORDINATES))),
            "[location]",
            ("location",),
        ),
        "like": Recorded(
            messaging(
                "page",
                mid(
                    "8",
                    sticker_id=369239263222822,
                    attachments=attached("image", url="https://scontent.xx.fbcdn.net/b.png", sticker_id=1),
                ),
            ),
            "[image]",
            ("image",),
        ),
        "edited": Recorded(
            messaging("page", {"message_edit": {"mid": "m_1", "text": "Hello there", "num_edit": 1}}), "Hello there"
        ),
    },
    unknown=(
        messaging("page", {"reaction": {"reaction": "love", "emoji": "❤", "action": "react", "mid": "m_1"}}),
        messaging("page", {"delivery": {"mids": ["m_none"], "watermark": 1}}),
        messaging("page", {"read": {"watermark": 1}}),
        messaging("page", {"pass_thread_control": {"new_owner_app_id": "1"}}),
        messaging("page", {"message": {"mid": "m_e", "is_echo": True, "text": "ours", "app_id": 1}}),
        as_json({"object": "page", "entry": [{"id": "1", "time": 1, "changes": [{"field": "feed", "value": {}}]}]}),
    ),
)
INSTAGRAM = Platform(
    name="instagram",
    address="2468",
    sign=meta_sign("INSTAGRAM"),
    secret="INSTAGRAM_APP_SECRET",
    said=lambda id, text: messaging("instagram", mid(id, text=text)),
    batch=lambda pairs: messaging("instagram", *(mid(id, text=text) for id, text in pairs)),
    recorded={
        "text": Recorded(messaging("instagram", mid("1", text="Hallo 👋")), "Hallo 👋"),
        "icebreaker": Recorded(
            messaging("instagram", {"postback": {"mid": "m_2", "title": "Where is my order?", "payload": "ICE"}}),
            "Where is my order?",
        ),
        "quick reply": Recorded(
            messaging("instagram", mid("3", text="Returns", quick_reply={"payload": "c:1-1:9"})), "Returns"
        ),
        "image": Recorded(
            messaging("instagram", mid("4", attachments=attached("image", url="https://lookaside.fbsbx.com/a"))),
            "[image]",
            ("image",),
        ),
        "voice": Recorded(
            messaging("instagram", mid("6", attachments=attached("audio", url="https://lookaside.fbsbx.com/b"))),
            "[voice message]",
            ("audio",),
        ),
        "video": Recorded(
            messaging("instagram", mid("5", attachments=attached("video", url="https://lookaside.fbsbx.com/c"))),
            "[video]",
            ("video",),
        ),
        "share": Recorded(
            messaging("instagram", mid("7", attachments=attached("share", url="https://instagram.com/p/x"))),
            "[message that cannot be shown here]",
        ),
        "unsupported": Recorded(
            messaging("instagram", mid("8", is_unsupported=True)), "[message that cannot be shown here]"
        ),
        "deleted": Recorded(messaging("instagram", mid("1", is_deleted=True)), ""),
    },
    unknown=(
        messaging("instagram", {"reaction": {"reaction": "love", "action": "react", "mid": "m_1"}}),
        messaging("instagram", {"read": {"mid": "m_none"}}),
        messaging("instagram", {"message": {"mid": "m_e", "is_echo": True, "text": "ours"}}),
        as_json(
            {"object": "instagram", "entry": [{"id": "1", "time": 1, "changes": [{"field": "comments", "value": {}}]}]}
        ),
    ),
)
