"""The order in which tickets are served: danger and urgent ones, then by time due, priority and age."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

PRIORITY_RANK = {"urgent": 0, "high": 1, "normal": 2, "low": 3}
#: In milliseconds since 1970, beyond every date that occurs: what has no date comes last.
_NEVER = 99_999_999_999_999


@dataclass(frozen=True)
class Place:
    """What decides a ticket's place in the queue."""

    number: int
    reason: str
    priority: str
    created_at: datetime
    due_at: datetime | None = None
    #: Of a ticket that is resolved or closed.
    done_at: datetime | None = None


def queue_key(place: Place) -> str:
    """Sorts as text.

    Digits only, so that SQLite and PostgreSQL agree under every collation; done ones last, newest first.
    """
    if place.done_at is not None:
        return f"9{_NEVER - _milliseconds(place.done_at):014d}{place.number:012d}"
    first = 0 if place.reason == "danger" or place.priority == "urgent" else 1
    due = _NEVER if place.due_at is None else _milliseconds(place.due_at)
    rank = PRIORITY_RANK.get(place.priority, 2)
    return f"{first}{due:014d}{rank}{_milliseconds(place.created_at):014d}{place.number:012d}"


def _milliseconds(at: datetime) -> int:
    return min(_NEVER, max(0, int(at.timestamp() * 1000)))
