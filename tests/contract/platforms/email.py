"""E-mail: documentation.mailgun.com/docs/mailgun/user-manual/receive-forward-store/receive-http"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from urllib.parse import urlencode

from tests.contract.platforms.recorded import Platform, Recorded, Values


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
