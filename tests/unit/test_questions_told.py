"""What the desk is told of a question: once for each thing that happens to it, and never of a button's words."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from bot import questions
from bot.assistant import Decision
from bot.understanding.understand import Understanding
from tickets.contracts import Message, QuestionAsked

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def said(text: str, minutes: float = 0) -> Message:
    at = NOW + timedelta(minutes=minutes)
    return Message(
        cursor=f"{int(at.timestamp() * 1000)}-0", id=text, author="customer", channel="web", text=text, at=at
    )


def decided(intent: str, *types: str) -> Decision:
    replies: list[dict[str, Any]] = [{"custom": {"type": one}} for one in types]
    for reply in replies:
        if reply["custom"]["type"] == "answer":
            reply["custom"]["article"] = {"slug": "assembly"}
    return Decision(tuple(replies), intent)


def understood(message: Message) -> Understanding:
    return Understanding.nothing(message.text, "en")


def told(message: Message, decision: Decision, last: QuestionAsked | None = None) -> QuestionAsked | None:
    return questions.asked("cus_a", message, understood(message), decision, last)


def handed(message: Message, reason: Any, last: QuestionAsked | None) -> QuestionAsked | None:
    return questions.handed_off("cus_a", message, understood(message), reason, last, "F-1")


def first() -> QuestionAsked:
    found = told(said("Do you assemble wardrobes?"), decided("ask_question", "answer"))
    assert found is not None
    kept = questions.loaded(questions.kept(found))
    assert kept is not None
    return kept


def test_a_rejected_answer_is_told_of_the_question_and_not_of_the_button() -> None:
    last = first()
    now = told(said("That did not help", 1), decided("did_not_help", "rejected", "choices"), last)
    assert now is not None
    assert (now.cursor, now.text, now.outcome) == (last.cursor, "Do you assemble wardrobes?", "rejected")
    assert now.at > last.at
    assert now.articles == ("assembly",)


def test_of_two_questions_in_one_message_the_open_one_decides_what_became_of_it() -> None:
    message = said("Do you assemble wardrobes? And what about the other thing?")
    both = told(message, decided("ask_question", "answer", "answer"))
    one = told(message, decided("ask_question", "answer", "choices"))
    assert both is not None and one is not None
    assert (both.outcome, one.outcome) == ("answered", "asked_back")
    chosen = told(said("The other thing", 1), decided("choose_article", "answer"), one)
    assert chosen is not None and (chosen.text, chosen.outcome) == (message.text, "answered")


def test_of_two_answers_the_one_that_did_not_help_is_named_first() -> None:
    last = first().model_copy(update={"articles": ("assembly", "warranty")})
    rejected = Decision(({"custom": {"type": "rejected", "slug": "warranty"}},), "did_not_help")
    now = told(said("That did not help", 1), rejected, last)
    assert now is not None
    assert (now.outcome, now.articles) == ("rejected", ("warranty", "assembly"))


def answered_by(*slugs: str, intent: str = "ask_question") -> Decision:
    replies = [{"custom": {"type": "answer", "article": {"slug": slug}}} for slug in slugs]
    return Decision(tuple(replies), intent)


def rejecting(*slugs: str) -> Decision:
    return Decision(tuple({"custom": {"type": "rejected", "slug": slug}} for slug in slugs), "did_not_help")


def test_each_answer_of_a_message_is_told_until_it_is_rejected() -> None:
    asked = said("Do you assemble wardrobes? And how long is the warranty?")
    both = told(asked, answered_by("assembly", "warranty"))
    assert both is not None and (both.given, both.rejected) == (("assembly", "warranty"), ())
    one = told(said("That did not help: Warranty", 1), rejecting("warranty"), both)
    assert one is not None and (one.given, one.rejected) == (("assembly",), ("warranty",))
    none = told(said("That did not help", 2), rejecting("assembly"), one)
    assert none is not None and (none.given, none.rejected) == ((), ("warranty", "assembly"))
    again = told(said("Warranty", 3), answered_by("warranty", intent="choose_article"), none)
    assert again is not None and (again.given, again.rejected) == (("warranty",), ("assembly",))


def test_another_article_answers_the_same_question() -> None:
    last = told(said("That did not help", 1), decided("did_not_help", "rejected"), first())
    now = told(said("Assembly at home", 2), decided("choose_article", "answer"), last)
    assert now is not None
    assert (now.text, now.outcome) == ("Do you assemble wardrobes?", "answered")


def test_a_button_without_a_question_before_tells_nothing() -> None:
    assert told(said("None of these"), decided("none_of_these", "declined")) is None
    assert told(said("Hello"), decided("greet")) is None


@pytest.mark.parametrize("reason", ["asked", "bot_failed", "anger", "rasa_down"])
def test_the_open_question_goes_along_to_the_ticket(reason: str) -> None:
    last = first()
    now = handed(said("A person, please", 3), reason, last)
    assert now is not None
    assert (now.text, now.outcome, now.ticket_ref, now.cursor) == (last.text, "handed_off", "F-1", last.cursor)


def test_what_is_wanted_in_anger_or_while_the_assistant_is_away_is_a_question_by_itself() -> None:
    message = said("WHERE IS MY MONEY???")
    for reason in ("anger", "rasa_down"):
        now = handed(message, reason, None)
        assert now is not None
        assert (now.text, now.outcome, now.ticket_ref) == (message.text, "handed_off", "F-1")
    assert handed(said("A person, please"), "asked", None) is None
    assert handed(said("The toaster burns"), "danger", first()) is None


def test_a_question_of_last_week_is_not_what_a_person_is_called_for_today() -> None:
    assert handed(said("A person, please", 7 * 24 * 60), "asked", first()) is None


def test_a_turn_that_ends_in_a_handoff_is_told_once() -> None:
    assert told(said("Help"), decided("report_danger", "answer", "handoff")) is None


class Across:
    """Stands for the encoder of all languages."""

    across: Across

    async def encode_one(self, text: str) -> Any:
        return np.ones(4, dtype=np.float32)


async def test_an_open_question_has_a_vector_which_the_thread_does_not_keep() -> None:
    encoders: Any = Across()
    encoders.across = encoders
    open_one = told(said("Do you assemble wardrobes?"), decided("ask_question", "declined"))
    assert open_one is not None
    found = await questions.comparable(open_one, encoders)
    assert np.frombuffer(base64.b64decode(found.embedding), "<f2").tolist() == [1, 1, 1, 1]
    assert "embedding" not in questions.kept(found)
    answered = found.model_copy(update={"outcome": "answered", "embedding": ""})
    assert (await questions.comparable(answered, encoders)).embedding == ""
