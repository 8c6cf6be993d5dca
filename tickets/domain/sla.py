"""How soon a ticket must be answered and resolved.

The clocks run in opening time and stop while nobody waits for us.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tickets.domain.hours import Hours


@dataclass(frozen=True)
class Target:
    response: timedelta
    resolution: timedelta


#: In opening time, by priority.
TARGETS = {
    "urgent": Target(timedelta(minutes=15), timedelta(hours=4)),
    "high": Target(timedelta(minutes=30), timedelta(hours=8)),
    "normal": Target(timedelta(hours=2), timedelta(hours=20)),
    "low": Target(timedelta(hours=4), timedelta(hours=40)),
}


@dataclass(frozen=True)
class Clock:
    """Opening time that is left, and since when it runs down; `since` is None while the clock stands."""

    left: timedelta
    since: datetime | None = None

    def due_at(self, hours: Hours) -> datetime | None:
        """When the time is over if nothing changes; None while the clock stands."""
        if self.since is None:
            return None
        # What is overdue already stays due where it was.
        return hours.add(self.since, self.left) if self.left > timedelta() else self.since + self.left

    def run(self, now: datetime) -> Clock:
        return self if self.since else replace(self, since=now)

    def stop(self, now: datetime, hours: Hours) -> Clock:
        if self.since is None:
            return self
        return Clock(self.left - hours.between(self.since, now))
