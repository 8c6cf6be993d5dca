"""Twilio: www.twilio.com/docs/messaging/guides/webhook-request and .../usage/webhooks/webhooks-security"""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import parse_qsl, urlencode

from tests.contract.platforms.recorded import Platform, Recorded, Values


def twilio_sign(values: Values, url: str, body: bytes) -> dict[str, str]:
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
