"""Recorded calls, written after each platform's documentation: bodies, signatures, and what they mean."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

Values = dict[str, str]
#: Signs a body with the settings of a service and the address that the platform knows:
#: ``(values, url, body) -> headers``.
Sign = Callable[[Values, str, bytes], dict[str, str]]


@dataclass(frozen=True)
class Recorded:
    """A body and what must stand in the thread afterwards."""

    body: bytes
    text: str = ""
    kinds: tuple[str, ...] = ()
    author: str = "customer"


@dataclass(frozen=True)
class Platform:
    name: str
    address: str
    sign: Sign
    #: ``(id, text) -> body`` of a plain message by `address`.
    said: Callable[[str, str], bytes]
    recorded: dict[str, Recorded]
    #: Bodies that are genuine and mean nothing to us.
    unknown: tuple[bytes, ...]
    #: ``[(id, text)] -> body``, where the platform puts several into one call.
    batch: Callable[[list[tuple[str, str]]], bytes] | None = None
    #: Puts a body into what carries its signature, where that is no header: ``(values, body) -> (body, headers)``.
    seal: Callable[[Values, bytes], tuple[bytes, dict[str, str]]] | None = None
    #: The settings whose value the signature hangs on.
    secret: str = ""
    headers: tuple[str, ...] = field(default=())


def as_json(body: Any) -> bytes:
    return json.dumps(body).encode()


# Telegram: core.telegram.org/bots/api#update


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


# WhatsApp: developers.facebook.com/docs/whatsapp/cloud-api/webhooks


def meta_sign(prefix: str) -> Sign:
    def sign(values: Values, url: str, body: bytes) -> dict[str, str]:
        digest = hmac.new(values[f"{prefix}_APP_SECRET"].encode(), body, hashlib.sha256).hexdigest()
        return {"X-Hub-Signature-256": f"sha256={digest}", "Content-Type": "application/json"}

    return sign


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


# Messenger and Instagram: developers.facebook.com/docs/messenger-platform/reference/webhook-events


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


# Twilio: www.twilio.com/docs/messaging/guides/webhook-request and .../usage/webhooks/webhooks-security


def twilio_sign(values: Values, url: str, body: bytes) -> dict[str, str]:
    from urllib.parse import parse_qsl

    pairs = sorted(parse_qsl(body.decode("utf-8", "surrogateescape"), keep_blank_values=True))
    signed = url + "".join(name + value for name, value in pairs)
    digest = hmac.new(
        values["SMS_AUTH_TOKEN"].encode(), signed.encode("utf-8", "surrogateescape"), hashlib.sha1
    ).digest()
    return {
        "X-Twilio-Signature": base64.b64encode(digest).decode(),
        "Content-Type": "application/x-www-form-urlencoded",
    }


def sms(id: str, text: str, **more: str) -> bytes:
    form = {
        "ToCountry": "DE",
        "SmsMessageSid": id,
        "NumMedia": "0",
        "SmsSid": id,
        "SmsStatus": "received",
        "Body": text,
    }
    form |= {
        "To": "+4930900200",
        "MessageSid": id,
        "AccountSid": "AC1",
        "From": "+4915112345678",
        "ApiVersion": "2010-04-01",
    }
    return urlencode(form | more).encode()


MEDIA = {
    "NumMedia": "1",
    "MediaContentType0": "image/jpeg",
    "MediaUrl0": "https://api.twilio.com/2010-04-01/Accounts/AC1/Media/ME1",
}
SMS = Platform(
    name="sms",
    address="+4915112345678",
    sign=twilio_sign,
    secret="SMS_AUTH_TOKEN",
    said=lambda id, text: sms(f"SM{id}", text),
    recorded={
        "text": Recorded(sms("SM1", "Hello"), "Hello"),
        "german": Recorded(
            sms("SM2", "Wo bleibt mein Päckchen? Größe & Farbe + Preis 100%"),
            "Wo bleibt mein Päckchen? Größe & Farbe + Preis 100%",
        ),
        "picture": Recorded(sms("MM3", "", **MEDIA), "[image]", ("image",)),
        "picture with text": Recorded(sms("MM4", "Broken", **MEDIA), "Broken", ("image",)),
        "empty": Recorded(sms("SM5", ""), "[message that cannot be shown here]"),
    },
    unknown=(
        urlencode(
            {"MessageSid": "SMnone", "MessageStatus": "delivered", "To": "+4915112345678", "From": "+4930900200"}
        ).encode(),
        urlencode({"MessageSid": "SMnone", "MessageStatus": "accepted", "To": "+4915112345678"}).encode(),
    ),
)


# The generic channel: bot/channels/webhook.py


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

# E-mail: documentation.mailgun.com/docs/mailgun/user-manual/receive-forward-store/receive-http


def mail_form(values: Values, fields: dict[str, str], timestamp: int | None = None, token: str = "") -> dict[str, str]:
    """The fields of a call of the mail service, signed."""
    when, token = str(int(time.time()) if timestamp is None else timestamp), token or secrets.token_hex(25)
    signature = hmac.new(values["EMAIL_WEBHOOK_KEY"].encode(), f"{when}{token}".encode(), hashlib.sha256).hexdigest()
    return {**fields, "timestamp": when, "token": token, "signature": signature}


def mail_seal(values: Values, body: bytes) -> tuple[bytes, dict[str, str]]:
    fields = {"recipient": "help@shop.example", "sender": "kim@example.org", "body-mime": body.decode("utf-8")}
    return urlencode(mail_form(values, fields)).encode(), {"Content-Type": "application/x-www-form-urlencoded"}


def a_mail(
    id: str, text: str, *heads: str, subject: str = "Re: my parcel", sender: str = "Kim Doe <kim@example.org>"
) -> bytes:
    head = (
        f"From: {sender}",
        "To: help@shop.example",
        f"Subject: {subject}",
        f"Message-ID: <{id}@example.org>",
        *heads,
    )
    return (
        "\r\n".join(head)
        + "\r\nMIME-Version: 1.0\r\n"
        + ("" if any("Content-Type" in one for one in heads) else "Content-Type: text/plain; charset=utf-8\r\n")
        + f"\r\n{text}\r\n"
    ).encode()


INVOICE = (
    "--b\r\nContent-Type: text/plain\r\n\r\nThe bill\r\n--b\r\nContent-Type: application/pdf\r\n"
    "Content-Disposition: attachment; filename=bill.pdf\r\n\r\n%PDF-1.4\r\n--b--"
)
EMAIL = Platform(
    name="email",
    address="kim@example.org",
    sign=lambda values, url, body: {},
    seal=mail_seal,
    secret="EMAIL_WEBHOOK_KEY",
    said=lambda id, text: a_mail(id, text),
    recorded={
        "text": Recorded(a_mail("1", "Hello"), "Hello"),
        "first mail": Recorded(a_mail("2", "Where is it?", subject="Order NL-20417"), "Order NL-20417\n\nWhere is it?"),
        "subject only": Recorded(a_mail("3", "", subject="Please call me"), "Please call me"),
        "answer": Recorded(
            a_mail("4", "Ja!\r\n\r\nAm 03.11.26 um 14:02 schrieb Shop:\r\n> Ist es da?"), "Ja!", ("document",)
        ),
        "html": Recorded(
            a_mail("5", "<p>Hello <b>there</b></p><script>x</script>", "Content-Type: text/html"), "Hello there"
        ),
        "file": Recorded(a_mail("6", INVOICE, "Content-Type: multipart/mixed; boundary=b"), "The bill", ("document",)),
        "empty": Recorded(a_mail("7", "", subject=""), "[message that cannot be shown here]"),
        "absence": Recorded(a_mail("8", "I am away.", "Auto-Submitted: auto-replied"), "I am away."),
    },
    unknown=(
        a_mail("20", "Buy!", "List-Id: <news.example.org>"),
        a_mail("21", "hi", sender="help@shop.example"),
        a_mail("22", "Your parcel", sender="noreply@carrier.example"),
        a_mail("23", "I am away.", "Auto-Submitted: auto-replied", sender="stranger@example.org"),
        a_mail("24", "hi", sender="nobody"),
        b"no mail at all",
    ),
)

PLATFORMS = {one.name: one for one in (TELEGRAM, WHATSAPP, MESSENGER, INSTAGRAM, SMS, WEBHOOK)}
