"""Mails that want no answer: of machines, to many, of ours; and which of ours came back."""

from __future__ import annotations

import pytest

from bot.channels.email_letter import read
from bot.channels.email_rules import bounce_of, dmarc, kind_of
from tests.unit.mails import SHOP, mail, multipart

MACHINES = {
    "out of office de": (mail("Ich bin bis Montag nicht da.", subject="Automatische Antwort: Paket"), "automatic"),
    "out of office en": (mail("I am away.", "Auto-Submitted: auto-replied", subject="Re: Parcel"), "automatic"),
    "exchange": (mail("I am away.", "X-Auto-Response-Suppress: All", "Auto-Submitted: auto-generated"), "automatic"),
    "a system that wants no answer": (
        mail("Your ticket is open.", "X-Auto-Response-Suppress: DR, OOF, AutoReply"),
        "automatic",
    ),
    "precedence": (mail("I am away.", "Precedence: auto_reply"), "automatic"),
    "empty return path": (mail("I am away.", "Return-Path: <>"), "automatic"),
    "old vacation program": (mail("I am away.", "X-Autoreply: yes"), "automatic"),
    "calendar answer": (
        mail(
            "--b\nContent-Type: text/calendar; method=REPLY\n\nBEGIN:VCALENDAR\n--b--\n",
            'Content-Type: multipart/mixed; boundary="b"',
            subject="Accepted: Delivery",
        ),
        "automatic",
    ),
    "mailing list": (mail("Hi all", "List-Id: <talk.example.org>"), "bulk"),
    "newsletter": (mail("Buy!", "Precedence: bulk"), "bulk"),
    "no reply": (mail("Your parcel is on its way", sender="DHL <noreply@carrier.example>"), "bulk"),
    "no reply, with a tail": (mail("x", sender="do-not-reply+1@carrier.example"), "bulk"),
    "ourselves": (mail("x", sender=SHOP), "own"),
    "ourselves, plus": (mail("x", sender="help+abc@shop.example"), "own"),
    "another desk like ours": (mail("x", "X-Faden: abcdef bot", "Auto-Submitted: auto-replied"), "own"),
    "a person": (mail("Wo ist mein Paket?"), ""),
    "a person who says so": (mail("x", "Auto-Submitted: no", "Return-Path: <kim@example.org>"), ""),
    "an agent of another desk": (mail("x", "X-Faden: abcdef agent"), ""),
    "a person about an absence": (mail("x", subject="Abwesenheit bei der Lieferung"), ""),
    "nora": (mail("x", sender="Nora Plyer <nora.plyer@example.org>"), ""),
}


@pytest.mark.parametrize("name", MACHINES)
def test_what_machines_write_is_known(name):
    raw, kind = MACHINES[name]
    assert kind_of(read(raw), SHOP) == kind


def dsn(action: str = "failed", sender: str = "mailer-daemon@example.org") -> bytes:
    body, head = multipart(
        "report",
        "Content-Type: text/plain\n\nI'm sorry.",
        (
            "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.org\n\n"
            f"Final-Recipient: rfc822; Kim@example.org\nAction: {action}\nStatus: 5.1.1\n"
            "Diagnostic-Code: smtp; 550 5.1.1 User\n unknown"
        ),
        "Content-Type: message/rfc822\n\nFrom: help@shop.example\nMessage-ID: <ours.1@shop.example>\n\nhello",
        more="; report-type=delivery-status",
    )
    return mail(
        body, head, "Auto-Submitted: auto-replied", sender=sender, subject="Undelivered Mail Returned to Sender"
    )


def test_a_bounce_names_the_mail_and_the_reason():
    found = read(dsn())
    assert kind_of(found, SHOP) == "bounce"
    bounce = bounce_of(found)
    assert (bounce.ids, bounce.recipient, bounce.failed) == (("<ours.1@shop.example>",), "kim@example.org", True)
    assert bounce.reason == "the mail came back: 550 5.1.1 User unknown"
    assert not bounce_of(read(dsn("delayed"))).failed


def test_a_bounce_in_prose_is_understood_too():
    text = (
        "This message was created automatically.\n\n  kim@example.org\n    unknown user\n\n"
        "------ This is a copy of your message ------\nMessage-Id: <ours.2@shop.example>\nFrom: help@shop.example\n"
    )
    found = read(
        mail(
            text,
            "Return-Path: <>",
            "X-Failed-Recipients: kim@example.org",
            sender="Mailer-Daemon@example.org",
            subject="Mail delivery failed: returning message to sender",
        )
    )
    assert (
        kind_of(found, SHOP) == "bounce"
        and bounce_of(found).ids == ("<ours.2@shop.example>",)
        and bounce_of(found).failed
    )


def test_only_our_own_server_is_believed_about_a_sender():
    ours = (
        "Authentication-Results: mx.shop.example; spf=pass smtp.mailfrom=example.org; "
        "dmarc=pass (p=reject) header.from=example.org"
    )
    forged = "Authentication-Results: mx.evil.example; dmarc=pass header.from=example.org"
    assert dmarc(read(mail("x", ours)), "mx.shop.example") == "pass"
    assert dmarc(read(mail("x", forged)), "mx.shop.example") == ""
    assert dmarc(read(mail("x", ours.replace("dmarc=pass", "dmarc=fail"), ours)), "mx.shop.example") == "fail"
    assert (
        dmarc(
            read(mail("x", ours.replace("header.from=example.org", "header.from=evil-example.org"))), "mx.shop.example"
        )
        == "fail"
    )
    assert dmarc(read(mail("x", ours)), "") == ""
