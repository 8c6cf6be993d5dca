"""Mails as people and programs write them, broken ones too: their words, their files, their names."""

from __future__ import annotations

import base64
import random
import time

import pytest

from bot.channels.email_letter import read
from bot.channels.email_rules import bounce_of, dmarc, kind_of
from bot.channels.email_text import said_in, text_of_html
from tests.unit.mails import PNG, SHOP, mail, multipart, said


def test_html_becomes_text_without_scripts_styles_and_foreign_addresses():
    page = (
        "<html><head><title>t</title><style>p{}</style></head><body><p>Hallo,<br>wo ist <b>mein</b> Paket?</p>"
        '<script>alert(1)</script><ul><li>eins</li><li>zwei</li></ul><a href="javascript:x()">da</a> <a href="https://a.example/b">hier</a>'
        '<img src="https://spy.example/pixel.gif"></body></html>'
    )
    found = said(mail(page, "Content-Type: text/html; charset=utf-8"))
    assert found == "Hallo,\nwo ist mein Paket?\n\n• eins\n• zwei\nda hier (https://a.example/b)"


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
