"""What may happen to a ticket in which status, and what becomes of it."""

from __future__ import annotations

from typing import Literal

from tickets.errors import Conflict

Status = Literal["open", "waiting", "snoozed", "resolved", "closed"]
#: What agents do, and what happens by itself: the customer writes, a snooze ends, a resolved ticket grows old.
Action = Literal[
    "claim", "release", "assign", "reply", "snooze", "resolve", "handback", "reopen", "customer_wrote", "wake", "close"
]

LIVE: tuple[Status, ...] = ("open", "waiting", "snoozed")
DONE: tuple[Status, ...] = ("resolved", "closed")

_LIVE: dict[Action, Status] = {
    "release": "open",
    "reply": "waiting",
    "snooze": "snoozed",
    "resolve": "resolved",
    "handback": "resolved",
    "customer_wrote": "open",
}
AFTER: dict[Status, dict[Action, Status]] = {
    "open": {**_LIVE, "claim": "open", "assign": "open"},
    "waiting": {**_LIVE, "claim": "waiting", "assign": "waiting"},
    "snoozed": {**_LIVE, "claim": "open", "assign": "open", "wake": "open"},
    "resolved": {"reopen": "open", "close": "closed"},
    "closed": {},
}


def after(status: Status, action: Action) -> Status:
    """The status that follows. Raises `Conflict` when the status does not allow the action."""
    following = AFTER[status].get(action)
    if following is None:
        detail = f"The ticket is {status}; {action} is not possible."
        raise Conflict("ticket_done" if status in DONE else "not_possible", detail, ticket_status=status)
    return following
