"""What became of a customer's question, told to the desk, which learns from the questions (`QuestionAsked`)."""

from __future__ import annotations

import base64
from typing import Literal

from bot.assistant import Decision
from bot.understanding.understand import Understanding
from tickets.contracts import Message, QuestionAsked

Outcome = Literal["answered", "asked_back", "declined", "rejected"]

#: What a reply of the assistant says of the question; a reply of another type says nothing.
OUTCOMES: dict[str, Outcome] = {
    "answer": "answered", "choices": "asked_back", "declined": "declined", "rejected": "rejected",
}  # fmt: skip


def asked(customer_id: str, incoming: Message, understood: Understanding, decision: Decision) -> QuestionAsked | None:
    """None when the turn was no question, such as a greeting. What is handed off is told with its ticket."""
    types = [str((reply.get("custom") or {}).get("type")) for reply in decision.replies]
    outcome = next((OUTCOMES[one] for one in types if one in OUTCOMES), None)
    if outcome is None:
        return None
    shown = [reply["custom"]["article"]["slug"] for reply in decision.replies if (reply.get("custom") or {}).get("article")]
    hits = understood.found.hits
    return QuestionAsked(
        customer_id=customer_id,
        cursor=incoming.cursor,
        language=understood.language,
        channel=incoming.channel,
        text=incoming.text,
        outcome=outcome,
        articles=tuple(dict.fromkeys([*shown, *(hit.slug for hit in hits)]))[:3],
        confidence=hits[0].confidence if hits else 0.0,
        embedding=base64.b64encode(understood.embedding.astype("<f2").tobytes()).decode(),
        at=incoming.at,
    )
