"""Telegram: core.telegram.org/bots/api#update"""

from __future__ import annotations

import hashlib
import json
import time
from typing import Any

from tests.contract.platforms.recorded import Platform, Recorded, Values, as_json


def telegram_sign(values: Values, url: str, body: bytes) -> dict[str, str]:
    return {"X-Telegram-Bot-Api-Secret-Token": values["TELEGRAM_WEBHOOK_SECRET"], "Content-Type": "application/json"}


def telegram(id: int, **content: Any) -> bytes:
    person = {"id": 4711, "is_bot": False, "first_name": "Kim", "last_name": "Doe", "language_code": "de"}
    chat = {"id": 4711, "first_name": "Kim", "last_name": "Doe", "type": "private"}
    message = {"message_id": id, "from": person, "chat": chat, "date": int(time.time()), **content}
    return as_json({"update_id": 10_000 + id, "message": message})


def telegram_edited(id: int, text: str) -> bytes:
    update = json.loads(telegram(id, text=text, edit_date=int(time.time())))
    return as_json({"update_id": 20_000 + id, "edited_message": update["message"]})


TELEGRAM = Platform(
    name="telegram",
    address="4711",
    sign=telegram_sign,
    secret="TELEGRAM_WEBHOOK_SECRET",
    said=lambda id, text: telegram(int(hashlib.md5(id.encode()).hexdigest()[:6], 16), text=text),
    recorded={
        "text": Recorded(telegram(1, text="Wo ist mein Paket?"), "Wo ist mein Paket?"),
        "start": Recorded(telegram(2, text="/start"), "/start"),
        "photo": Recorded(
            telegram(
                3,
                caption="So kam es an",
                photo=[{"file_id": "a", "width": 90, "height": 90}, {"file_id": "b", "width": 800}],
            ),
            "So kam es an",
            ("image",),
        ),
        "voice": Recorded(
            telegram(4, voice={"file_id": "v", "duration": 3, "mime_type": "audio/ogg"}),
            "[Sprachnachricht]",
            ("audio",),
        ),
        "document": Recorded(
            telegram(5, document={"file_id": "d", "file_name": "bill.pdf"}), "[Dokument]", ("document",)
        ),
        "location": Recorded(telegram(6, location={"latitude": 52.5, "longitude": 13.4}), "[Standort]", ("location",)),
        "sticker": Recorded(
            telegram(7, sticker={"file_id": "s", "emoji": "👍", "width": 512, "height": 512}), "[Sticker]"
        ),
        "poll": Recorded(
            telegram(8, poll={"id": "1", "question": "?"}), "[Nachricht, die hier nicht angezeigt werden kann]"
        ),
        "edited": Recorded(telegram_edited(1, "Wo ist meine Sendung?"), "Wo ist meine Sendung?"),
    },
    unknown=(
        as_json({"update_id": 1, "my_chat_member": {"chat": {"id": 4711}}}),
        as_json({"update_id": 2, "message_reaction": {"chat": {"id": 4711}}}),
        as_json(
            {
                "update_id": 3,
                "message": {"message_id": 1, "date": 1, "chat": {"id": -100, "type": "supergroup"}, "text": "hi all"},
            }
        ),
        as_json({"update_id": 4, "something_new": {"a": [1, 2, {"b": None}]}}),
    ),
)
