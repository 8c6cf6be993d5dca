"""What the trained assistant says in a conversation, in both languages, with the metadata that `bot` sends along."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from actions.order_service import DEMO
from tests.served_assistant import Conversation, knowledge
from tests.stack import ROOT

pytestmark = pytest.mark.timeout(300)


def in_language(chat: Conversation, german: str, english: str) -> str:
    return german if chat.language == "de" else english


def test_a_greeting_is_answered_in_the_threads_language(chat, says):
    assert says("hello").intent == "greet"
    variations = yaml.safe_load((ROOT / "domain.yml").read_text())["responses"]["utter_greet"]
    own = {one["text"] for one in variations if one["condition"][0]["value"] == chat.language}
    said = {says("hello").text for _ in range(12)}
    assert said <= own and len(said) > 1


def test_an_answer_quotes_its_article_and_names_it(says, chat):
    reply = says("question", outcome="answer")
    answer = reply.custom("answer")
    assert answer["article"]["slug"] == "return-item" and answer["article"]["url"].endswith("/return-item")
    assert answer["text"].startswith(in_language(chat, "Melden Sie", "Register")) and reply.kinds == ["answer"]


def test_did_you_mean_offers_three_and_a_button_answers_exactly_that_article(says, chat):
    reply = says("question", outcome="choices")
    assert reply.kinds == ["choices"] and len(reply.choices) == 4
    chosen = chat.say(list(reply.choices.values())[1], outcome="none")
    assert chosen.custom("answer")["article"]["slug"] == "refund-time"


def test_none_of_these_asks_to_rephrase_and_then_offers_a_person(says, chat):
    none = list(says("question", outcome="choices").choices.values())[-1]
    assert chat.say(none).kinds == ["declined"]
    assert "/ask_for_person" in says("nonsense").choices.values()


def test_what_is_not_understood_twice_leads_to_the_offer_of_a_person(says):
    first, second = says("nonsense"), says("nonsense")
    assert first.kinds == second.kinds == ["declined"] and not first.choices
    assert list(second.choices.values()) == ["/ask_for_person", "/deny"]
    assert says("yes").custom("handoff")["reason"] == "bot_failed"


def test_a_no_to_the_offer_is_taken_kindly_and_the_next_yes_means_nothing(says):
    says("nonsense"), says("nonsense")
    assert says("no").kinds == ["text"] and says("yes").kinds == ["text"]


def test_an_answer_that_did_not_help_is_rejected_and_the_next_best_is_offered(says, chat):
    says("question", outcome="answer")
    reply = says("no help", outcome="answer")
    assert reply.custom("rejected")["slug"] == "return-item"
    assert reply.custom("choices")["slugs"] == ["refund-time", "exchange-item"]
    assert says("question", outcome="answer").kinds == ["choices"], "a rejected article is not given again"


def two(language: str, second: str = "answer") -> dict[str, Any]:
    """What search found for a message with two questions, the first of which is sure."""
    first, other, third = (knowledge(language, "answer")["hits"][place] for place in range(3))
    also = {"outcome": second, "question": "?", "hits": [other, third]}
    return {"outcome": "answer", "question": "?", "hits": [first, third], "also": [also]}


def test_two_questions_get_two_answers_and_each_can_be_rejected(says, chat):
    reply = says("question", knowledge=two(chat.language))
    assert reply.kinds == ["answer", "answer"]
    assert [one["custom"]["article"]["slug"] for one in reply.replies] == ["return-item", "refund-time"]
    assert list(reply.choices.values()) == [
        f'/did_not_help{{"slug": "{slug}"}}' for slug in ("return-item", "refund-time")
    ]
    first = chat.say(list(reply.choices.values())[1])
    assert (first.custom("rejected")["slug"], first.custom("choices")["slugs"]) == ("refund-time", ["exchange-item"])
    assert says("question", knowledge=two(chat.language)).custom("answer")["article"]["slug"] == "return-item"


def test_who_says_that_two_answers_did_not_help_means_both(says, chat):
    says("question", knowledge=two(chat.language))
    reply = says("no help")
    assert [one["custom"]["slug"] for one in reply.replies if one["custom"]["type"] == "rejected"] == [
        "return-item",
        "refund-time",
    ]


def test_two_answers_are_not_given_twice_in_a_row(says, chat):
    says("question", knowledge=two(chat.language))
    assert says("question", knowledge=two(chat.language)).kinds == ["declined"]


def test_an_unsure_second_question_gets_choices_after_the_answer(says, chat):
    reply = says("question", knowledge=two(chat.language, "choices"))
    assert reply.kinds == ["answer", "choices"] and reply.custom("choices")["slugs"] == ["refund-time", "exchange-item"]
    assert chat.say(next(iter(reply.choices.values()))).custom("answer")["article"]["slug"] == "refund-time"


def test_an_answer_beside_choices_can_be_rejected_and_what_comes_next_is_offered(says, chat):
    reply = says("question", knowledge=two(chat.language, "choices"))
    assert not reply.custom("answer")["choices"], "choices stand under the last message only"
    rejected = chat.say(list(reply.choices.values())[-1])
    assert rejected.custom("rejected")["slug"] == "return-item"
    assert rejected.custom("choices")["slugs"] == ["exchange-item", "refund-time"]


def test_none_of_the_choices_beside_an_answer_rejects_no_more_than_these(says, chat):
    reply = says("question", knowledge=two(chat.language, "choices"))
    assert chat.say(list(reply.choices.values())[2]).kinds == ["declined"]
    assert says("question", knowledge=two(chat.language)).custom("answer")["article"]["slug"] == "return-item"


def test_an_article_that_is_not_there_is_not_rejected(says, chat):
    assert chat.say('/did_not_help{"slug": "no-such-article"}').kinds == ["declined"]


def test_a_yes_to_several_articles_asks_which_one(says, chat):
    says("question", outcome="choices")
    reply = says("yes")
    assert reply.kinds[-1] == "choices" and in_language(chat, "Welches davon", "Which of these") in reply.text


def test_who_had_an_answer_and_is_not_helped_by_the_choices_after_it_gets_the_offer_of_a_person(says):
    says("question", outcome="answer"), says("nonsense", outcome="choices")
    assert "/ask_for_person" in says("no help").choices.values()


def test_disappointment_without_a_cause_is_met_and_leaves_the_offer_open(says, chat):
    says("nonsense"), says("nonsense")
    assert in_language(chat, "tut mir leid", "sorry") in says("let down").text
    assert says("yes").custom("handoff")["reason"] == "bot_failed"


def test_without_another_article_a_person_is_offered(says):
    says("question", outcome="answer")
    rejected = says("no help")
    says("no")
    assert "/ask_for_person" in rejected.choices.values()
    assert says("no help").kinds == ["declined"]


def test_an_order_is_found_by_its_number_after_a_wrong_one(says, chat):
    assert "NL-20417" in says("order").text
    assert "NL-99999" in chat.say("nl 99999").text
    assert in_language(chat, "fünf Ziffern", "five digits") in chat.say("NL 12").text
    found = chat.say("#nl20417")
    assert in_language(chat, "Stehlampe Fjord", "Fjord floor lamp") in found.text and found.slots == {
        "order_number": "NL-20417"
    }
    assert "NL-20417" in says("order").text, "the number is remembered"
    assert "NL-20420" in chat.say("NL-20420").text, "another one takes its place"
    assert "NL-20418" in chat.say("NL 20 418").text, "also in groups of digits"


def test_words_that_answer_nothing_are_asked_once_while_the_number_is_awaited(says):
    says("order")
    assert [len(says(name).texts) for name in ("no help", "let down", "nonsense")] == [1, 1, 1]


def test_the_form_waits_through_a_question_and_can_be_left(says, chat):
    says("order")
    interrupted = says("question", outcome="answer")
    assert (
        interrupted.kinds[0] == "answer" and in_language(chat, "Bestellnummer", "order number") in interrupted.texts[1]
    )
    assert len(says("order").texts) == 1
    assert in_language(chat, "lassen wir das", "leave the order number") in says("drop it").text
    assert len(says("hello").texts) == 1, "nobody asks for the number any more"


def test_the_form_never_gets_stuck(says):
    says("order")
    replies = [says(name) for name in ("nonsense", "yes", "nonsense", "nonsense")]
    assert all(reply.status == 200 and reply.replies for reply in replies)
    assert says("yes").custom("handoff")["reason"] == "bot_failed"


def test_stale_buttons_do_not_break_the_form(says, chat):
    says("order")
    pressed = chat.say('/choose_article{"slug": "refund-time"}', outcome="choices")
    assert pressed.custom("answer")["article"]["slug"] == "refund-time"
    assert all(chat.say(payload).replies for payload in ("/none_of_these", "/did_not_help", "/choose_article"))
    assert "NL-20418" in chat.say("20418").text


@pytest.mark.parametrize("waiting", [False, True])
def test_a_person_anger_and_danger_end_whatever_was_going_on(says, chat, waiting):
    angry = {"score": 0.9, "evidence": ["x"], "trend": 0.9, "escalate": True}
    for reason, say in (
        ("asked", lambda: says("person")),
        ("anger", lambda: chat.say("NL-20417 wo ist das?!", anger=angry)),
        ("danger", lambda: chat.say("20417", danger={"kind": "fire", "advice_slug": "emergency-advice"})),
    ):
        if waiting:
            says("order"), says("drop it"), says("again"), says("order")
        reply = say()
        assert reply.custom("handoff")["reason"] == reason and reply.kinds[-1] == "handoff" and reply.texts
        assert len(says("hello").texts) == 1


def test_danger_gets_the_emergency_number_first_even_without_the_article(chat):
    reply = chat.say("help", danger={"kind": "poisoning", "advice_slug": "no-such-article"})
    assert "112" in reply.texts[0] and reply.kinds[-1] == "handoff"


def test_a_reviewed_article_on_emergencies_goes_first(chat):
    if not (ROOT / "data" / "knowledge" / chat.language / "emergency-advice.md").exists():
        pytest.skip("the help centre has no article emergency-advice")
    reply = chat.say("help", danger={"kind": "poisoning", "advice_slug": "emergency-advice"})
    assert reply.kinds == ["answer", "handoff"] and "112" in reply.texts[0]


@pytest.mark.parametrize("name", ["prompt", "others", "promise"])
def test_what_is_out_of_bounds_is_declined_without_drama(says, name):
    reply = says(name)
    assert reply.intent == "out_of_bounds" and reply.kinds == ["text"]


def test_an_order_never_shows_whose_it_is(says, chat):
    told = [says("order").text]
    for order in json.loads(DEMO.read_text()):
        told.append(chat.say(order["number"]).text)
        assert order["number"] in told[-1]
        assert not any(value in " ".join(told) for value in order["customer"].values())


def test_it_says_openly_that_it_is_a_bot(says, chat):
    assert "Bot" in says("robot").text or "bot" in says("robot").text


def test_another_language_gets_both_languages_and_the_offer_of_a_person(chat, says):
    reply = chat.say("où est mon colis ?", other_language=True)
    assert "Deutsch und Englisch" in reply.text and "German and English" in reply.text
    assert "/ask_for_person" in reply.choices.values()
    assert says("yes").custom("handoff")


def test_the_ticket_is_known_from_the_thread(says, chat):
    ticket = {"ref": "F-10001", "status": "open", "position": 3, "eta_minutes": 7, "assignee_name": ""}
    text = says("ticket", thread={"language": chat.language, "last_ticket": ticket}).text
    assert "F-10001" in text and "3" in text and "7" in text
    assert "/ask_for_person" in says("ticket").choices.values()


def test_starting_over_forgets(says, chat):
    says("order"), chat.say("NL-20417"), says("again")
    assert "NL-20417" in says("order").text and not says("drop it").slots
