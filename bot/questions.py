"""What became of a customer's question, told to the desk, which learns from the questions (`QuestionAsked`).

A thread keeps its last question, so that what follows is told of it and not of the words that brought it: a button that
rejects the answer, a yes to an article, the call for a person. Each telling is later than the one before, and the desk
takes the latest.
"""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Literal

from bot.assistant import Decision
from bot.understanding.encoders import Encoders
from bot.understanding.understand import Understanding
from tickets.contracts import Message, QuestionAsked, Reason

Outcome = Literal["answered", "asked_back", "declined", "rejected", "handed_off"]

#: What a reply of the assistant says of the question; a reply of another type says nothing.
OUTCOMES: dict[str, Outcome] = {
    "answer": "answered",
    "choices": "asked_back",
    "declined": "declined",
    "rejected": "rejected",
}
#: Messages that are no question of their own but speak of the one before.
OF_THE_LAST = {"choose_article", "none_of_these", "did_not_help", "affirm", "deny"}
#: After so long a call for a person is about something else.
STILL_OPEN = timedelta(hours=24)
#: Why a person takes over: here the message at hand says what is wanted, if nothing was asked before.
SAYS_ITSELF: set[Reason] = {"anger", "rasa_down"}


def asked(
    customer_id: str, incoming: Message, understood: Understanding, decision: Decision, last: QuestionAsked | None
) -> QuestionAsked | None:
    """None when the turn said nothing of a question, such as a greeting. What is handed off is told with its ticket."""
    types = [str((reply.get("custom") or {}).get("type")) for reply in decision.replies]
    outcomes = [OUTCOMES[one] for one in types if one in OUTCOMES]
    if not outcomes or "handoff" in types:
        return None
    # Of several questions in one message, what is still open counts.
    outcome: Outcome = next((one for one in outcomes if one != "answered"), "answered")
    given, rejected = _slugs(decision, "answer"), _slugs(decision, "rejected")
    if decision.intent not in OF_THE_LAST:
        return _new(customer_id, incoming, understood, outcome, given)
    if last is None:
        return None
    # What did not help comes first, and then what is shown.
    articles = tuple(dict.fromkeys([*rejected, *given, *last.articles]))[:3]
    told = {"outcome": outcome, "articles": articles, "at": incoming.at}
    return last.model_copy(update=told | _judged(last, given, rejected))


def _judged(last: QuestionAsked, given: list[str], rejected: list[str]) -> dict[str, tuple[str, ...]]:
    """What helps and what does not, as the customer said it last of each article."""
    helps = dict.fromkeys(slug for slug in (*last.given, *given) if slug not in rejected)
    useless = dict.fromkeys(slug for slug in (*last.rejected, *rejected) if slug not in given)
    return {"given": tuple(helps), "rejected": tuple(useless)}


def handed_off(
    customer_id: str, incoming: Message, understood: Understanding, reason: Reason, last: QuestionAsked | None, ref: str
) -> QuestionAsked | None:
    """The question that led to this ticket; None when there was none, as when a person is asked for right away."""
    if reason == "danger":
        return None
    if last and incoming.at - last.at < STILL_OPEN:
        return last.model_copy(update={"outcome": "handed_off", "ticket_ref": ref, "at": incoming.at})
    if reason not in SAYS_ITSELF:
        return None
    return _new(customer_id, incoming, understood, "handed_off", []).model_copy(update={"ticket_ref": ref})


def _slugs(decision: Decision, kind: str) -> list[str]:
    customs = [reply.get("custom") or {} for reply in decision.replies]
    found = [custom.get("article", custom) for custom in customs if custom.get("type") == kind]
    return [str(one["slug"]) for one in found if "slug" in one]


def _new(
    customer_id: str, incoming: Message, understood: Understanding, outcome: Outcome, given: list[str]
) -> QuestionAsked:
    hits = understood.found.of_all
    return QuestionAsked(
        customer_id=customer_id,
        cursor=incoming.cursor,
        language=understood.language,
        channel=incoming.channel,
        text=incoming.text,
        outcome=outcome,
        articles=tuple(dict.fromkeys([*given, *(hit.slug for hit in hits)]))[:3],
        given=tuple(dict.fromkeys(given)),
        confidence=hits[0].confidence if hits else 0.0,
        at=incoming.at,
    )


async def comparable(question: QuestionAsked, encoders: Encoders) -> QuestionAsked:
    """With a vector that can be compared across languages; what was answered is compared with nothing."""
    if question.outcome == "answered":
        return question
    vector = await encoders.across.encode_one(question.text)
    return question.model_copy(update={"embedding": base64.b64encode(vector.astype("<f2").tobytes()).decode()})


def kept(question: QuestionAsked) -> str:
    """As the thread keeps it: without the vector, which the desk has."""
    return question.model_dump_json(exclude={"embedding"})


def loaded(stored: str) -> QuestionAsked | None:
    return QuestionAsked.model_validate_json(stored) if stored else None
