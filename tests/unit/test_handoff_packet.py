"""What an agent reads first: what the customer wants, in their own words."""

from datetime import UTC, datetime, timedelta

from bot.handoff import wanted
from tickets.contracts import Message

MATTER = "Where is the lamp that I ordered last week?"
NOW = datetime.now(UTC)


def thread(*texts: str, at: datetime = NOW) -> list[Message]:
    return [
        Message(cursor=f"{number}-0", id=f"m{number}", author="customer", text=text, channel="web", at=at)
        for number, text in enumerate(texts, start=1)
    ]


def test_the_matter_is_what_is_wanted_and_not_the_longer_call_for_a_person():
    said = thread(MATTER, "I would rather talk to somebody of flesh and blood, please")
    assert wanted(said, MATTER) == MATTER


def test_a_short_question_after_another_is_told_by_the_one_before_it():
    said = thread(
        "hello", MATTER, "and when will it arrive?", "I would rather talk to somebody of flesh and blood, please"
    )
    assert wanted(said, "and when will it arrive?") == MATTER


def test_a_matter_of_another_day_is_not():
    said = [*thread(MATTER, at=NOW - timedelta(days=3)), *thread("My new kettle does not switch off")]
    assert wanted(said, MATTER) == "My new kettle does not switch off"


def test_without_a_matter_the_longest_of_the_last_messages_says_most():
    assert wanted(thread("hi", "my parcel arrived wet and torn", "hello?")) == "my parcel arrived wet and torn"
    assert wanted([]) == ""
