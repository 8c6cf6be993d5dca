"""WhatsApp: developers.facebook.com/docs/whatsapp/cloud-api/webhooks"""

from __future__ import annotations

import time
from typing import Any

from tests.contract.platforms.meta import meta_sign
from tests.contract.platforms.recorded import Platform, Recorded, as_json


def whatsapp(*messages: dict[str, Any], **more: Any) -> bytes:
    contact = {"profile": {"name": "Kim Doe"}, "wa_id": "4915112345678"}
    number = {"display_phone_number": "15550783881", "phone_number_id": "106540352242922"}
    value = {
        "messaging_product": "whatsapp",
        "metadata": number,
        "contacts": [contact],
        "messages": list(messages),
        **more,
    }
    entry = {"id": "102290129340398", "changes": [{"value": value, "field": "messages"}]}
    return as_json({"object": "whatsapp_business_account", "entry": [entry]})


def wa(id: str, kind: str, content: Any) -> dict[str, Any]:
    return {"from": "4915112345678", "id": id, "timestamp": str(int(time.time())), "type": kind, kind: content}


WHATSAPP = Platform(
    name="whatsapp",
    address="4915112345678",
    sign=meta_sign("WHATSAPP"),
    secret="WHATSAPP_APP_SECRET",
    said=lambda id, text: whatsapp(wa(f"wamid.{id}", "text", {"body": text})),
    batch=lambda pairs: whatsapp(*(wa(f"wamid.{id}", "text", {"body": text}) for id, text in pairs)),
    recorded={
        "text": Recorded(whatsapp(wa("wamid.1", "text", {"body": "Hello"})), "Hello"),
        "template button": Recorded(
            whatsapp(wa("wamid.2", "button", {"payload": "X", "text": "Yes please"})), "Yes please"
        ),
        "old list": Recorded(
            whatsapp(
                wa(
                    "wamid.3",
                    "interactive",
                    {"type": "list_reply", "list_reply": {"id": "c:1-1:9", "title": "Returns"}},
                )
            ),
            "Returns",
        ),
        "image": Recorded(
            whatsapp(wa("wamid.4", "image", {"id": "11", "mime_type": "image/jpeg", "sha256": "x"})),
            "[image]",
            ("image",),
        ),
        "document": Recorded(
            whatsapp(
                wa(
                    "wamid.5",
                    "document",
                    {"id": "12", "filename": "bill.pdf", "mime_type": "application/pdf", "caption": "The bill"},
                )
            ),
            "The bill",
            ("document",),
        ),
        "voice": Recorded(
            whatsapp(wa("wamid.6", "audio", {"id": "13", "mime_type": "audio/ogg; codecs=opus", "voice": True})),
            "[voice message]",
            ("audio",),
        ),
        "location": Recorded(
            whatsapp(wa("wamid.7", "location", {"latitude": 52.5, "longitude": 13.4, "name": "Home"})),
            "[location]",
            ("location",),
        ),
        "sticker": Recorded(whatsapp(wa("wamid.8", "sticker", {"id": "14"})), "[sticker]"),
        "unsupported": Recorded(
            whatsapp(
                {
                    "from": "4915112345678",
                    "id": "wamid.9",
                    "timestamp": "1",
                    "type": "unsupported",
                    "errors": [{"code": 131051}],
                }
            ),
            "[message that cannot be shown here]",
        ),
    },
    unknown=(
        as_json(
            {
                "object": "whatsapp_business_account",
                "entry": [{"id": "1", "changes": [{"field": "account_update", "value": {"event": "X"}}]}],
            }
        ),
        whatsapp(wa("wamid.20", "reaction", {"message_id": "wamid.1", "emoji": "👍"})),
        whatsapp(
            statuses=[{"id": "wamid.none", "status": "delivered", "timestamp": "1", "recipient_id": "4915112345678"}]
        ),
        whatsapp(
            statuses=[{"id": "wamid.none", "status": "warmed_up", "timestamp": "1", "recipient_id": "4915112345678"}]
        ),
        as_json({"object": "whatsapp_business_account", "entry": []}),
    ),
)
