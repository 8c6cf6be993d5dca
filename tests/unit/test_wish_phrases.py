"""Which messages ask to be answered somewhere else, and which only sound like it."""

import pytest

from bot.wishes import ANYWHERE, HERE, wished


@pytest.mark.parametrize(
    ("text", "channel"),
    [
        ("Answer me by e-mail", "email"),
        ("please answer me by email.", "email"),
        ("Reply to me on WhatsApp please", "whatsapp"),
        ("can you answer me on telegram", "telegram"),
        ("Send your answers to my e-mail", "email"),
        ("message me on insta", "instagram"),
        ("answer me here", HERE),
        ("From now on, answer me in the web chat", "web"),
        ("answer me wherever I write", ANYWHERE),
        ("write to me via SMS, thanks", "sms"),
        ("Antworte mir auf WhatsApp", "whatsapp"),
        ("Antworten Sie mir bitte per E-Mail!", "email"),
        ("Bitte antwortet mir über Telegram", "telegram"),
        ("bitte ab jetzt antworte mir ueber sms", "sms"),
        ("Schreib mir lieber per Mail", "email"),
        ("Schicken Sie mir die Antworten per E-Mail", "email"),
        ("melden Sie sich bei mir per SMS", "sms"),
        ("Melde dich bitte auf Instagram", "instagram"),
        ("Antworte mir hier", HERE),
        ("Antworte mir dort, wo ich schreibe", ANYWHERE),
        ("Schreiben Sie mir im Web-Chat", "web"),
    ],
)
def test_a_wish_where_to_be_answered_is_heard(text, channel):
    assert wished(text) == channel


@pytest.mark.parametrize(
    "text",
    [
        "Answer me!",
        "Can you reach me on fax",
        "Why did nobody answer my e-mail?",
        "I wrote an e-mail last week",
        "Send the invoice to my e-mail",
        "Schicken Sie mir die Rechnung per E-Mail",
        "Antworte mir endlich",
        "Ich habe auf WhatsApp geschrieben",
        "Can I write you on WhatsApp?",
        "mail",
        "telegram",
        (
            "Answer me by e-mail where my parcel is and why nobody told me that it would be late, "
            "I have been waiting for weeks"
        ),
        "",
    ],
)
def test_other_messages_are_the_assistants(text):
    assert wished(text) is None
