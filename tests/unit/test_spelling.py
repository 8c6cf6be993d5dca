"""Slips of the keyboard are mended, other words are left alone."""

import pytest

from bot.knowledge.spelling import Spelling
from tickets.contracts import Language

TEXTS: dict[Language, list[str]] = {
    "en": ["When will my parcel arrive?", "How much is shipping to Austria?", "Pay by invoice", "Wash the blanket"],
    "de": [
        "Wann kommt mein Paket?",
        "Was kostet der Versand?",
        "Kauf auf Rechnung",
        "Rücksendung: etwas zurückschicken",
    ],
}
COMMON = {"arrive", "shipping", "austria", "invoice", "blanket", "parcel", "black", "planet"}
GEWOHNT = {"kostet", "versand", "rechnung", "paket", "rücksendung", "kommt", "pakt", "kosten"}


def spelling(language: Language) -> Spelling:
    return Spelling(language, TEXTS[language], lambda word: word.lower() in COMMON | GEWOHNT)


@pytest.mark.parametrize(
    ("language", "text", "meant"),
    [
        ("en", "and when will it arive?", "and when will it arrive?"),
        ("en", "shiping to Autsria", "shipping to austria"),
        ("en", "INVOIEC please", "invoice please"),
        ("de", "was kotset der Vresand", "was kostet der versand"),
        ("de", "auf rechnugn, rücksednung", "auf rechnung, rücksendung"),
        ("de", "der versabd", "der versand"),
    ],
)
def test_a_slip_becomes_the_word_that_was_meant(language, text, meant):
    assert spelling(language).mended(text) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("was choschtet de versand", "was kostet de versand"),
        ("chan ich uf rächnig zahle", "kann ich auf rechnung zahle"),
        ("wo isch mis päckli", "wo ist mis paket"),
        ("ich möcht öppis zruggschicke", "ich möchte etwas zurückschicke"),
        ("kann i des zruckschickn", "kann i des zurückschicken"),
        ("s paket is ned kumman", "s paket is nicht gekommen"),
    ],
)
def test_a_dialect_is_read_as_the_standard_language_where_that_is_known(text, meant):
    assert spelling("de").mended(text) == meant


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "When will my parcel arrive?"),
        ("en", "the planet is black"),
        ("en", "blanked"),
        ("en", "it is her ite"),
        ("en", "NL-20417 invoice2 a@shiping.example"[:8]),
        ("de", "Wann kamen die Pakete?"),
        ("de", "ein Pakt mit Kosten"),
        ("de", "der Pajet ist klein"),
        ("de", "Versandrechnung"),
        ("de", "Schade, das Chaos bringt euch die Leute, die gern schreiben"),
        ("en", "uf isch nöd"),
        ("de", ""),
        ("de", "??? 🙂 123"),
    ],
)
def test_what_is_a_word_of_its_own_stays(language, text):
    assert spelling(language).mended(text) == text


def test_a_help_centre_without_articles_mends_nothing():
    assert Spelling("en", [], lambda word: False).mended("shiping") == "shiping"
