"""Who is served next, what may happen in which status, and what a customer is told about the wait."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tickets.domain.hours import parse
from tickets.domain.queue import Place, queue_key
from tickets.domain.status import AFTER, Action, Status, after
from tickets.domain.wait import DEFAULT_MINUTES, expected_minutes, minutes_per_place
from tickets.errors import Conflict

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOURS = parse("Mo-Su 00:00-24:00", "UTC")


def place(number: int, priority: str = "normal", reason: str = "asked", due: int | None = 60, age: int = 0) -> Place:
    due_at = None if due is None else NOON + timedelta(minutes=due)
    return Place(number, reason, priority, NOON - timedelta(minutes=age), due_at)


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        (place(2, "urgent", due=90), place(1, "high", due=1), "urgent before what is due sooner"),
        (place(2, "normal", "danger", due=90), place(1, "high", due=1), "danger before what is due sooner"),
        (place(2, "low", due=10), place(1, "high", due=20), "due sooner before a higher priority"),
        (place(2, "high", due=10), place(1, "normal", due=10), "the higher priority of two that are due together"),
        (place(2, age=9), place(1, age=3), "the older of two that are alike"),
        (place(1), place(2), "the lower number of two that came together"),
        (place(2, "low", due=500), place(1, "high", due=None), "whose clock runs before one whose clock stands"),
        (place(2, due=-600), place(1, due=-60), "the longest overdue first"),
    ],
)
def test_the_queue_has_one_order(first: Place, second: Place, why: str) -> None:
    assert queue_key(first) < queue_key(second), why


def test_done_tickets_come_last_and_the_newest_of_them_first() -> None:
    def done(number: int, minutes: int) -> Place:
        return Place(number, "asked", "urgent", NOON, done_at=NOON + timedelta(minutes=minutes))

    assert queue_key(place(1, "low", due=None)) < queue_key(done(2, 10)) < queue_key(done(1, 5))


@pytest.mark.parametrize(
    ("status", "action", "expected"),
    [
        ("open", "claim", "open"),
        ("open", "reply", "waiting"),
        ("waiting", "customer_wrote", "open"),
        ("snoozed", "customer_wrote", "open"),
        ("snoozed", "wake", "open"),
        ("open", "snooze", "snoozed"),
        ("waiting", "release", "open"),
        ("snoozed", "reply", "waiting"),
        ("open", "resolve", "resolved"),
        ("waiting", "handback", "resolved"),
        ("resolved", "reopen", "open"),
        ("resolved", "close", "closed"),
        ("waiting", "assign", "waiting"),
        ("snoozed", "assign", "open"),
    ],
)
def test_a_ticket_moves_on(status: Status, action: Action, expected: Status) -> None:
    assert after(status, action) == expected


@pytest.mark.parametrize(
    ("status", "action"),
    [
        ("resolved", "claim"),
        ("resolved", "reply"),
        ("closed", "reopen"),
        ("closed", "reply"),
        ("open", "reopen"),
        ("open", "wake"),
    ],
)
def test_what_a_status_does_not_allow_is_refused(status: Status, action: Action) -> None:
    with pytest.raises(Conflict, match=status):
        after(status, action)


def test_no_action_leads_back_from_closed() -> None:
    assert AFTER["closed"] == {}


def test_the_wait_follows_the_pace_of_the_last_claims() -> None:
    claims = [NOON - timedelta(minutes=minutes) for minutes in (0, 4, 8, 12)]
    assert minutes_per_place(claims, NOON, HOURS) == pytest.approx(4)
    assert expected_minutes(3, 4.0) == 12
    later = NOON + timedelta(minutes=12)
    assert minutes_per_place(claims, later, HOURS) == pytest.approx(8), "a pause makes the estimate longer"


def test_without_enough_claims_the_wait_is_a_plain_default() -> None:
    old = [NOON - timedelta(hours=5)] * 9
    assert minutes_per_place([*old, NOON], NOON, HOURS) == DEFAULT_MINUTES
    assert expected_minutes(1, 0.0) == 1


def test_closed_hours_do_not_slow_the_pace_down() -> None:
    shop = parse("Mo-Fr 08:00-18:00", "UTC")
    evening = datetime(2026, 11, 24, 17, 50, tzinfo=UTC)
    claims = [evening + timedelta(minutes=minutes) for minutes in (0, 3, 6)]
    assert minutes_per_place(claims, datetime(2026, 11, 25, 8, 0, tzinfo=UTC), shop) == pytest.approx(5)
