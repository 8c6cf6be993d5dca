"""What a message asks: sentences without the polite words around the question."""

import pytest

from bot.knowledge.asked import MOST, sentences


@pytest.mark.parametrize(
    ("language", "text", "wanted"),
    [
        ("en", "Hello there, hope all is fine. How do I pay? Many thanks, Ben", ["How do I pay?"]),
        ("en", "Hi, I was wondering if you could perhaps tell me how long it takes. Cheers", ["how long it takes."]),
        ("en", "Dear team,\nmy vase is broken.\nKind regards, M. Jones", ["my vase is broken."]),
        ("de", "Guten Tag, ich wollte mal fragen, ob ihr nach Polen liefert. Grüße, Eva", ["ihr nach Polen liefert."]),
        ("de", "Hallo! Könnten Sie mir bitte sagen, was der Versand kostet? Vielen Dank", ["was der Versand kostet?"]),
        ("de", "Kann ich tauschen? Und was kostet das?", ["Kann ich tauschen?", "Und was kostet das?"]),
    ],
)  # fmt: skip
def test_polite_words_are_no_part_of_the_question(language, text, wanted):
    assert sentences(text, language) == wanted


@pytest.mark.parametrize("text", ["", " ", "how do I pay", "Danke!", "?!", "\n\n", "😀 😀"])
@pytest.mark.parametrize("language", ["de", "en"])
def test_a_message_that_is_its_only_question_has_no_parts(text, language):
    assert sentences(text, language) == []


def test_of_a_long_letter_only_so_many_sentences_are_looked_at():
    assert len(sentences(" ".join(f"This is sentence number {number}." for number in range(500)), "en")) == MOST


@pytest.mark.parametrize("language", ["de", "en"])
def test_thanks_before_another_matter_are_not_taken_for_the_end(language):
    text = {"de": "Danke, aber wann bekomme ich mein Geld?", "en": "Thanks, but when do I get my money?"}[language]
    assert all("?" in one for one in sentences(text, language))


def test_of_a_long_letter_the_questions_are_kept() -> None:
    letter = " ".join(f"We bought chair number {number} here." for number in range(30)) + " Can it be sent back?"
    assert sentences(letter, "en")[-1] == "Can it be sent back?"
    assert len(sentences(letter, "en")) == MOST
