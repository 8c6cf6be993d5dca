"""Mails as people and machines write them: what was said, what came along, and which of them want no answer."""

from __future__ import annotations

import base64
import random
import time

import pytest

from bot.channels.email_letter import read
from bot.channels.email_rules import bounce_of, dmarc, kind_of
from bot.channels.email_text import said_in, text_of_html

SHOP = "help@shop.example"
PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452") + b"\0" * 10_000


def mail(body: str | bytes, *heads: str, sender: str = "Kim Muster <kim@example.org>", subject: str = "Paket") -> bytes:
    head = [
        f"From: {sender}",
        f"To: {SHOP}",
        f"Subject: {subject}",
        "Message-ID: <1@example.org>",
        "Date: Tue, 3 Nov 2026 14:02:00 +0100",
        *heads,
    ]
    raw = body.encode() if isinstance(body, str) else body
    return "\r\n".join(head).encode("utf-8") + b"\r\n\r\n" + raw.replace(b"\n", b"\r\n")


def multipart(kind: str, *parts: str, more: str = "") -> tuple[str, str]:
    """Body and head of a mail in parts."""
    body = "".join(f"--b\n{part}\n" for part in parts) + "--b--\n"
    return body, f'Content-Type: multipart/{kind}; boundary="b"{more}'


def said(raw: bytes) -> str:
    return said_in(read(raw).text)


QUOTED = {
    "gmail de": (
        "Am Di., 3. Nov. 2026 um 14:02 Uhr schrieb Demo Shop <help@shop.example>:\n\n> Ihr Paket kommt morgen.\n"
        "> 1) Ja\n"
    ),
    "thunderbird de": "Am 03.11.26 um 14:02 schrieb Demo Shop:\n> Ihr Paket kommt morgen.\n",
    "apple de": "> Am 03.11.2026 um 14:02 schrieb Demo Shop <help@shop.example>:\n> \n> Ihr Paket kommt morgen.\n",
    "gmail en": (
        "On Tue, Nov 3, 2026 at 2:02 PM Demo Shop <help@shop.example> wrote:\n\n> Your parcel comes tomorrow.\n"
    ),
    "gmail en, folded": (
        "On Tue, Nov 3, 2026 at 2:02 PM Demo Shop <help+6b05a69c.998e5ea2.e8015ab1f53165e5@shop.example>\nwrote:\n\n"
        "> Tomorrow.\n"
    ),
    "outlook de": (
        "Von: Demo Shop <help@shop.example>\nGesendet: Dienstag, 3. November 2026 14:02\nAn: Kim <kim@example.org>\n"
        "Betreff: Re: Paket\n\nIhr Paket kommt morgen.\n"
    ),
    "outlook en": (
        "________________________________\nFrom: Demo Shop <help@shop.example>\n"
        "Sent: Tuesday, November 3, 2026 2:02 PM\nTo: Kim <kim@example.org>\nSubject: Re: Parcel\n\nTomorrow.\n"
    ),
    "old outlook de": (
        "-----Ursprüngliche Nachricht-----\nVon: Demo Shop\nGesendet: Dienstag, 3. November 2026 14:02\nAn: Kim\n"
        "Betreff: Paket\n\nMorgen.\n"
    ),
    "old outlook en": (
        "-----Original Message-----\nFrom: Demo Shop\nSent: Tuesday, November 3, 2026 2:02 PM\nTo: Kim\n"
        "Subject: Parcel\n\nTomorrow.\n"
    ),
    "yahoo de": "    Demo Shop <help@shop.example> schrieb am 14:02 Dienstag, 3.November 2026:  \n \n Ihr Paket kommt.",
    "yahoo de2": "Demo Shop <help@shop.example> schrieb am Di, 3. Nov 2026 um 14:02 Uhr:\n> Ihr Paket kommt.",
    "gmx": (
        ' \n\nGesendet: Dienstag, 03. November 2026 um 14:02 Uhr\nVon: "Demo Shop" <help@shop.example>\n'
        "An: kim@example.org\nBetreff: Re: Paket\nIhr Paket kommt."
    ),
    "gmx2": (
        "-- \nDiese Nachricht wurde von meinem Android Mobiltelefon mit GMX Mail gesendet.\n"
        "Am 03.11.26, 14:02, Demo Shop <help@shop.example> schrieb:\n> Ihr Paket kommt."
    ),
    "outlook ios de": (
        "Outlook für iOS beziehen\n________________________________\nVon: Demo Shop <help@shop.example>\n"
        "Gesendet: Dienstag, 3. November 2026 14:02\nAn: Kim\nBetreff: Re: Paket\n\nIhr Paket kommt."
    ),
    "outlook android de": (
        "Holen Sie sich Outlook für Android<https://aka.ms/x>\n________________________________\n"
        "From: Demo Shop <help@shop.example>\nSent: Tuesday, November 3, 2026 2:02:00 PM\nTo: Kim\n"
        "Subject: Re: Paket\n\nIhr Paket kommt."
    ),
    "proton": (
        "Sent with Proton Mail secure email.\n\n-------- Original Message --------\n"
        "On Tuesday, November 3rd, 2026 at 14:02, Demo Shop <help@shop.example> wrote:\n\n> Your parcel"
    ),
    "samsung": (
        "Von meinem/meiner Galaxy gesendet\n\n\n-------- Ursprüngliche Nachricht --------\n"
        "Von: Demo Shop <help@shop.example>\nDatum: 03.11.26 14:02 (GMT+01:00)\nAn: kim@example.org\n"
        "Betreff: Re: Paket\n\nIhr Paket kommt."
    ),
    "samsung en": (
        "Sent from my Galaxy\n\n-------- Original message --------\nFrom: Demo Shop <help@shop.example>\n"
        "Date: 11/3/26 14:02 (GMT+01:00)\nTo: kim@example.org\nSubject: Re: Parcel\n\nYour parcel"
    ),
    "iso": "Am Di., 3. Nov. 2026, 14:02 hat Demo Shop <help@shop.example>\ngeschrieben:\n\n> Ihr Paket",
    "gmail mobile": "Demo Shop <help@shop.example> schrieb am Di., 3. Nov. 2026, 14:02:\n\n> Ihr Paket\n",
    "webde": (
        "--\nDiese Nachricht wurde von meinem Android Mobiltelefon mit WEB.DE Mail gesendet.\n\n"
        "Am 03.11.26, 14:02 schrieb Demo Shop <help@shop.example>:\n\n> Ihr"
    ),
}


@pytest.mark.parametrize("name", QUOTED)
def test_the_answered_mail_is_set_apart(name):
    raw = mail(f"Nein, es kam nicht!\n\n{QUOTED[name]}")
    assert said(raw) == "Nein, es kam nicht!"
    assert len(read(raw).text) > 40


def test_answers_between_and_below_quoted_lines_are_kept():
    assert (
        said(mail("> Ihr Paket kommt morgen.\n\nNein!\n\n> Noch etwas?\n\nJa, die Rechnung.\n"))
        == "Nein!\n\nJa, die Rechnung."
    )


def test_words_that_only_look_like_a_quote_are_kept():
    for text in (
        "Von: mir aus gern. Am Montag schrieb ich Ihnen schon.",
        "On Monday I wrote to you: no answer.",
        "From: Hamburg to: Berlin, please",
    ):
        assert said(mail(text)) == text


@pytest.mark.parametrize(
    "end",
    [
        "\n\nMit freundlichen Grüßen\nKim Muster",
        "\n\nViele Grüße,\nKim",
        "\n\n-- \nKim Muster\nMusterweg 3\n12345 Musterstadt",
        "\n\nBest regards\nKim",
        "\n\nGesendet von meinem iPhone",
        "\n\nVon meinem iPhone gesendet",
        "\n\nSent from my Galaxy",
        "\n\nVielen Dank und freundliche Grüße\n\nKim Muster\nMusterweg 3\n12345 Musterstadt\nTel. 030 1234",
        "\n\nGruß\nKim",
        "\n\nMfG\nKim\n\n-- \nMuster GmbH\nAmtsgericht Musterstadt",
        "\n\nKind regards,\nKim\n\n_____________________\nThis e-mail is confidential.",
    ],
)
def test_signatures_are_set_apart(end):
    assert said(mail("Wo ist NL-20417?" + end)) == "Wo ist NL-20417?"


def test_a_postscript_is_said_too():
    assert (
        said(mail("Wo ist NL-20417?\n\nViele Grüße\nKim\n\nP.S. Bitte an die neue Adresse."))
        == "Wo ist NL-20417?\n\nP.S. Bitte an die neue Adresse."
    )


def test_a_mail_that_is_only_a_greeting_or_a_quote_is_not_emptied():
    assert said(mail("Mit freundlichen Grüßen")) == "Mit freundlichen Grüßen"
    assert said(mail("> nothing of my own")) == "> nothing of my own"
    assert said(mail("")) == ""


def test_html_becomes_text_without_scripts_styles_and_foreign_addresses():
    page = (
        "<html><head><title>t</title><style>p{}</style></head><body><p>Hallo,<br>wo ist <b>mein</b> Paket?</p>"
        '<script>alert(1)</script><ul><li>eins</li><li>zwei</li></ul><a href="javascript:x()">da</a> <a href="https://a.example/b">hier</a>'
        '<img src="https://spy.example/pixel.gif"></body></html>'
    )
    found = said(mail(page, "Content-Type: text/html; charset=utf-8"))
    assert found == "Hallo,\nwo ist mein Paket?\n\n• eins\n• zwei\nda hier (https://a.example/b)"


def test_quotes_in_html_are_set_apart():
    gmail = (
        '<div dir="ltr">Danke!</div><br><div class="gmail_quote"><div class="gmail_attr">Am Di., 3. '
        "Nov. 2026 um 14:02 Uhr schrieb "
        'Shop &lt;<a href="mailto:help@shop.example">help@shop.example</a>&gt;:<br></div><blockquote><p>Ihr '
        "Paket</p></blockquote></div>"
    )
    outlook = (
        "<div><p class=MsoNormal>Danke!<o:p></o:p></p><div style='border-top:solid'><p><b>Von:</b> "
        "Shop &lt;help@shop.example&gt;<br>"
        "<b>Gesendet:</b> Dienstag, 3. November 2026 14:02<br><b>An:</b> Kim<br><b>Betreff:</b> Re: "
        "Paket</p></div><p>Ihr Paket</p></div>"
    )
    for page in (gmail, outlook):
        raw = mail(page, "Content-Type: text/html")
        assert said(raw) == "Danke!" and "Ihr Paket" in read(raw).text


def test_of_both_forms_the_plain_one_is_read():
    body, head = multipart(
        "alternative", "Content-Type: text/plain\n\nplain words", "Content-Type: text/html\n\n<p>other words</p>"
    )
    assert said(mail(body, head)) == "plain words"
    body, head = multipart(
        "alternative", "Content-Type: text/plain\n\n \n", "Content-Type: text/html\n\n<p>other words</p>"
    )
    assert said(mail(body, head)) == "other words"


@pytest.mark.parametrize(
    ("raw", "charset", "encoding"),
    [
        ("Grüße, 5 €".encode("cp1252"), "iso-8859-1", "8bit"),
        ("Grüße, 5 €".encode("iso-8859-15"), "iso-8859-15", "8bit"),
        ("Grüße, 5 €".encode(), "utf-8", "8bit"),
        ("Grüße, 5 €".encode("cp1252"), "no-such-charset", "8bit"),
        ("Grüße, 5 €".encode(), "us-ascii", "8bit"),
        (base64.b64encode("Grüße, 5 €".encode()), "UTF-8", "base64"),
        ("Grüße, 5 €".encode("utf-16"), "utf-16", "8bit"),
        (b"Gr=C3=BC=C3=9Fe, 5 =E2=82=AC", "utf-8", "quoted-printable"),
    ],
)
def test_words_are_read_in_their_charset_or_the_likeliest(raw, charset, encoding):
    found = read(
        mail(raw, f"Content-Type: text/plain; charset={charset}", f"Content-Transfer-Encoding: {encoding}")
    ).text
    assert found.replace("\x80", "€") == "Grüße, 5 €"


def test_lines_that_were_broken_for_the_way_are_joined_again():
    flowed = "Guten Tag, mein Paket ist seit \nMontag unterwegs.\n\n Wo ist es?\n> Es kommt \n> morgen.\n-- \nKim\n"
    found = read(mail(flowed, "Content-Type: text/plain; charset=utf-8; format=flowed"))
    assert found.text == "Guten Tag, mein Paket ist seit Montag unterwegs.\n\nWo ist es?\n> Es kommt morgen.\n-- \nKim"
    japanese = read(mail("注文し \nました", "Content-Type: text/plain; charset=utf-8; format=flowed; delsp=yes"))
    assert japanese.text == "注文しました"


def test_names_and_subjects_are_decoded_and_cannot_pose_as_another_address():
    raw = mail(
        "x",
        sender="=?utf-8?B?S2ltLCBib3NzQHNob3AuZXhhbXBsZQ==?= <kim@example.org>",
        subject="=?iso-8859-1?Q?R=FCckgabe?= =?utf-8?Q?_=E2=82=AC?=",
    )
    found = read(raw)
    assert (found.sender, found.name, found.subject) == ("kim@example.org", "Kim, boss@shop.example", "Rückgabe €")
    assert read(mail("x", sender="a@example.org, b@example.org")).sender == ""
    assert read(mail("x", sender="nobody at all")).sender == ""


def test_attachments_are_kept_to_the_byte_and_logos_are_not():
    body, head = multipart(
        "mixed",
        "Content-Type: text/plain\n\nHere it is.",
        (
            'Content-Type: image/png; name="bild.png"\n'
            "Content-Disposition: attachment; filename*=utf-8''b%C3%BCcher.png\nContent-Transfer-Encoding: base64\n\n"
            f"{base64.encodebytes(PNG).decode()}"
        ),
        (
            "Content-Type: image/png\nContent-ID: <logo>\nContent-Disposition: inline\n"
            f"Content-Transfer-Encoding: base64\n\n{base64.b64encode(PNG[:200]).decode()}"
        ),
        (
            "Content-Type: image/png\nContent-ID: <shot>\nContent-Disposition: inline\n"
            f"Content-Transfer-Encoding: base64\n\n{base64.encodebytes(PNG).decode()}"
        ),
    )
    found = read(mail(body, head))
    assert found.text == "Here it is."
    assert [(one.name, one.content == PNG) for one in found.files] == [("bücher.png", True), ("", True)]


def test_a_text_file_is_a_file_and_no_words():
    body, head = multipart(
        "mixed",
        "Content-Type: text/plain\n\nSee file",
        'Content-Type: text/plain\nContent-Disposition: attachment; filename="../a/notes.txt"\n\nsecret notes',
    )
    found = read(mail(body, head))
    assert found.text == "See file" and [one.name for one in found.files] == [".._a_notes.txt"]


def test_an_invitation_is_told_and_kept():
    calendar = (
        "BEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VEVENT\nSUMMARY:Lieferung\n  am Montag\nLOCATION:Musterweg 3\n"
        "END:VEVENT\nEND:VCALENDAR"
    )
    body, head = multipart("mixed", f"Content-Type: text/calendar; method=REQUEST\n\n{calendar}")
    found = read(mail(body, head))
    assert found.text == "Lieferung am Montag\nMusterweg 3" and [one.name for one in found.files] == ["invite.ics"]
    assert kind_of(found, SHOP) == ""


def test_a_mail_without_an_id_gets_the_same_one_each_time():
    raw = mail("hello").replace(b"Message-ID: <1@example.org>\r\n", b"")
    assert read(raw).id == read(raw).id != read(raw + b"!").id


BROKEN = [
    b"",
    b"\r\n",
    b"no headers at all",
    b"From: a@b.c\r\n",
    b"\xff\xfe\x00" * 50,
    mail("x", "Content-Type: multipart/mixed"),
    mail("--b\nContent-Type: text/plain\n\nhello", 'Content-Type: multipart/mixed; boundary="b"'),
    mail("not base64 at all!", "Content-Transfer-Encoding: base64"),
    mail("=ZZ=", "Content-Transfer-Encoding: quoted-printable"),
    mail("x", "Content-Type: ;;;=", "Content-Transfer-Encoding: what"),
    mail("x", "Content-Type: text/plain; charset*=bad''%zz"),
    mail("x", "Date: yesterday", subject="=?utf-8?B?####?="),
    mail("x", "References: " + "<a@b> " * 5000),
    mail("x", sender='"=?utf-8?Q?=00?=" <a@b.c'),
    mail("x", "Content-Type: message/rfc822"),
    mail("--b\n" * 3000, 'Content-Type: multipart/mixed; boundary="b"'),
    mail("x", "Content-Type: text/plain; charset=unicode_escape"),
    mail("x", 'Content-Type: text/plain; name="' + "a" * 10_000),
    "Subject: ü\r\nFrom: ü@ü.de\r\n\r\nü".encode("latin-1"),
]


@pytest.mark.parametrize("number", range(len(BROKEN)))
def test_broken_mails_cost_words_and_never_the_mail(number):
    found = read(BROKEN[number])
    said_in(found.text), kind_of(found, SHOP), bounce_of(found), dmarc(found, "mx.shop.example")


def test_no_cut_and_no_changed_byte_is_too_much():
    dice = random.Random(20417)
    body, head = multipart(
        "mixed",
        "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\nGr=C3=BC=C3=9Fe",
        "Content-Type: text/html\n\n<p>x</p>",
        f"Content-Type: image/png\nContent-Transfer-Encoding: base64\n\n{base64.encodebytes(PNG[:300]).decode()}",
    )
    whole = mail(body, head)
    for _ in range(400):
        raw = bytearray(whole[: dice.randrange(len(whole))] if dice.random() < 0.3 else whole)
        for _ in range(dice.randrange(1, 6)):
            if raw:
                raw[dice.randrange(len(raw))] = dice.randrange(256)
        found = read(bytes(raw))
        said_in(found.text), kind_of(found, SHOP), bounce_of(found)


@pytest.mark.parametrize(
    "text",
    [
        "Am " * 70_000,
        "On " * 70_000 + "wrote:",
        "\n" * 200_000,
        "> " * 100_000,
        "From: x\n" * 25_000,
        "-" * 200_000,
        "Grüße\n" * 30_000,
    ],
)
def test_hostile_texts_take_no_time(text):
    started = time.monotonic()
    said_in(text)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    "page",
    ["<div>" * 60_000, "<blockquote>" * 20_000 + "x", "<a href=x>" * 20_000, "<" * 250_000, "<table><tr><td>" * 15_000],
)
def test_hostile_pages_take_no_time(page):
    started = time.monotonic()
    text_of_html(page)
    assert time.monotonic() - started < 8


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
