import pytest

from bot.understanding.language import detect


@pytest.mark.parametrize(
    ("text", "prior", "expected"),
    [
        ("Wo ist mein Paket?", None, "de"),
        ("where is my parcel", None, "en"),
        ("ok", "en", "en"),
        ("ok", "de", "de"),
        ("NL-20417", "en", "en"),
        ("👍", "de", "de"),
        ("", "en", "en"),
        ("super danke", "en", "de"),
        ("where is my order", None, "en"),
        ("where is my order", "de", "en"),
        ("do you ship to switzerland as well", "de", "en"),
        ("delete my personal data", "de", "en"),
        ("die lampe flackert", "en", "de"),
        ("qwer asdf yxcv", "en", "en"),
        ("qwer asdf yxcv", "de", "de"),
        ("I would rather write in English, is that fine?", "de", "en"),
        ("Können wir bitte auf Deutsch weitermachen?", "en", "de"),
    ],
)
def test_short_texts_keep_the_habit_and_clear_ones_switch(text, prior, expected):
    found = detect(text, prior)
    assert (found.language, found.other) == (expected, False)


@pytest.mark.parametrize(
    "text", ["Bonjour, où est mon colis s'il vous plaît ?", "Merhaba, siparişim nerede kaldı acaba?"]
)
def test_a_third_language_is_told(text):
    assert detect(text, "de").other


@pytest.mark.parametrize("text", ["a" * 100_000, "\u202eabc", "\u200b\u200b", "<b>" * 500, "\ud800"])
def test_hostile_text_breaks_nothing(text):
    assert detect(text, "de").language in ("de", "en")
