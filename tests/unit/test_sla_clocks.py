"""The clocks of a ticket: they run in opening time, stand while the customer is awaited,
and never forgive what is overdue."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tickets.domain.hours import parse
from tickets.domain.sla import TARGETS, Clock

HOURS = parse("Mo-Fr 08:00-18:00", "UTC")


def tuesday(hour: int, minute: int = 0, day: int = 24) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("priority", "created", "due"),
    [
        ("urgent", tuesday(9), tuesday(9, 15)),
        ("high", tuesday(17, 45), tuesday(8, 15, day=25)),
        ("normal", tuesday(20), tuesday(10, day=25)),
        ("low", tuesday(16), tuesday(10, day=25)),
    ],
)
def test_the_first_answer_is_due_in_opening_time(priority: str, created: datetime, due: datetime) -> None:
    assert Clock(TARGETS[priority].response).run(created).due_at(HOURS) == due


def test_a_clock_that_stands_has_no_date_and_goes_on_where_it_stopped() -> None:
    clock = Clock(timedelta(hours=4)).run(tuesday(9)).stop(tuesday(10), HOURS)
    assert clock.due_at(HOURS) is None
    assert clock.run(tuesday(9, day=25)).due_at(HOURS) == tuesday(12, day=25)


def test_stopping_overnight_costs_only_opening_time() -> None:
    assert Clock(timedelta(hours=4)).run(tuesday(17)).stop(tuesday(9, day=25), HOURS).left == timedelta(hours=2)


def test_overdue_stays_overdue_after_a_pause() -> None:
    late = Clock(timedelta(hours=1)).run(tuesday(9)).stop(tuesday(12), HOURS)
    assert late.left == timedelta(hours=-2)
    due_at = late.run(tuesday(14)).due_at(HOURS)
    assert due_at is not None and due_at == tuesday(12)


def test_running_and_stopping_twice_changes_nothing() -> None:
    clock = Clock(timedelta(hours=4)).run(tuesday(9))
    assert clock.run(tuesday(11)) == clock
    stopped = clock.stop(tuesday(10), HOURS)
    assert stopped.stop(tuesday(12), HOURS) == stopped


def test_every_priority_is_answered_sooner_than_the_next_lower_one() -> None:
    order = [TARGETS[name] for name in ("urgent", "high", "normal", "low")]
    assert [one.response for one in order] == sorted(one.response for one in order)
    assert all(one.response < one.resolution for one in order)
