"""How long a customer in the queue will wait, from the pace at which agents claimed lately."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from tickets.domain.hours import Hours

#: Claims older than this much opening time say nothing about now.
WINDOW = timedelta(hours=2)
#: Fewer claims than this are chance.
ENOUGH = 3
#: Minutes per place until the pace is known.
DEFAULT_MINUTES = 5
LONGEST_MINUTES = 8 * 60


def minutes_per_place(claims: Sequence[datetime], now: datetime, hours: Hours) -> float:
    """Opening minutes between two claims.

    The time since the last claim counts, so a pause makes the estimate longer.
    """
    recent = sorted(at for at in claims if at <= now and hours.between(at, now) <= WINDOW)
    if len(recent) < ENOUGH:
        return float(DEFAULT_MINUTES)
    return hours.between(recent[0], now) / timedelta(minutes=1) / (len(recent) - 1)


def expected_minutes(position: int, per_place: float) -> int:
    """Whole minutes until the ticket at `position` (1 is next) is claimed; never less than one."""
    return max(1, min(LONGEST_MINUTES, math.ceil(position * per_place)))
