"""Several questions in one message: a cut only between two questions."""

import pytest

from bot.knowledge.several import parts, questions


@pytest.mark.parametrize(
    ("language", "text", "wanted"),
    [
        ("en", "How do I pay? And do you ship to Rome?", ["How do I pay?", "do you ship to Rome?"]),
        ("en", "how do i pay and when will it come", ["how do i pay", "when will it come"]),
        ("en", "2 questions: do you take old ones? Any rebate?", ["do you take old ones?", "Any rebate?"]),
        ("en", "1. What is express?\n2. Can I return it?", ["What is express?", "Can I return it?"]),
        ("en", "I lost my password. Also, how do I pay?", ["how do I pay?"]),
        ("de", "Wie zahle ich? Und liefert ihr nach Rom?", ["Wie zahle ich?", "liefert ihr nach Rom?"]),
        ("de", "wie zahle ich und wann kommt es an", ["wie zahle ich", "wann kommt es an"]),
        ("de", "Hallo, was kostet das, und kann man es umtauschen?", ["was kostet das", "kann man es umtauschen?"]),
        ("de", "2 Fragen: Gibt es Rabatt? Zweitens: Nehmt ihr Altes mit?", ["Gibt es Rabatt?", "Nehmt ihr Altes mit?"]),
        ("en", "Which ones? And what's your number please", ["Which ones?", "what's your number please"]),
        ("de", "wann kommt er rein? und was kostet der Versand", ["wann kommt er rein?", "was kostet der Versand"]),
    ],
)  # fmt: skip
def test_each_question_stands_for_itself(language, text, wanted):
    assert questions(text, language) == wanted


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "I got a code and it isn't accepted."),
        ("en", "I ordered by invoice and paid yesterday. How long do I have to wait?"),
        ("en", "How do I wash wool and linen?"),
        ("en", "Can I return a lamp and a table?"),
        ("de", "Ich habe bestellt und bezahlt, aber nichts ist gekommen."),
        ("de", "Ich möchte den Topf verschenken. Packt ihr ihn ein?"),
        ("en", "When I unpacked it\nI saw that it was broken. How do I return it?"),
        ("de", "Beim Auspacken\nhabe ich gemerkt, dass er kaputt ist. Wie gebe ich ihn zurück?"),
        ("en", "Can the pan go in the dishwasher or do I have to wash it by hand?"),
        ("de", "Geht die Pfanne in die Spülmaschine oder muss ich sie von Hand spülen?"),
        ("de", "Wie wasche ich Wolle und Leinen?"),
        ("de", "Kann ich das für den Tisch und für die Lampe bekommen?"),
        ("de", "Liefert ihr nach Wien und in die Schweiz?"),
        ("de", "Kann ich umtauschen, wenn ich die Rechnung nicht mehr habe?"),
        ("de", "Was mache ich, weil ich es verloren habe und nicht finde?"),
    ],
)
def test_what_is_no_question_of_its_own_is_not_cut_off(language, text):
    assert len(questions(text, language)) <= 1


@pytest.mark.parametrize(
    "text", ["", "?", "und", "and and and", "? ? ?", "a?b?c?", "\n" * 50, "wie und wie und wie " * 300]
)
@pytest.mark.parametrize("language", ["de", "en"])
def test_odd_messages_do_no_harm(language, text):
    assert all(len(one.split()) > 1 for one in questions(text, language))


@pytest.mark.parametrize(
    ("language", "text", "wanted"),
    [
        ("en", "Still no pan. Do you take old ones?", ["Still no pan.", "Do you take old ones?"]),
        ("en", "Status of 20455, please, and can one buy lids?", ["Status of 20455, please", "can one buy lids?"]),
        ("en", "How do I pay, and by the way is my order here", ["How do I pay", "is my order here"]),
        ("en", "My pan broke and I am sad.", ["My pan broke and I am sad."]),
        ("de", "Meine Bestellung, Nr. 20408, ist die weg?", ["Meine Bestellung, Nr. 20408, ist die weg?"]),
        ("de", "Wie zahle ich? Übrigens, is mein Packerl da?", ["Wie zahle ich?", "is mein Packerl da?"]),
    ],
)  # fmt: skip
def test_the_parts_of_a_message_are_what_it_tells_and_what_it_asks(language, text, wanted):
    assert parts(text, language) == wanted
