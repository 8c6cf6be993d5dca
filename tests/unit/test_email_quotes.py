"""What was said in a mail: without the answered one, without signature and greeting."""

from __future__ import annotations

import pytest

from bot.channels.email_letter import read
from tests.unit.mails import mail, said

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
