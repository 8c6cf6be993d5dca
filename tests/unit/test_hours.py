"""Opening hours: the grammar, and opening time across nights, weekends, holidays and changes of the clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.domain.hours import HoursError, parse

BERLIN = ZoneInfo("Europe/Berlin")
SHOP = parse("Mo-Fr 08:00-18:00; Sa 10:00-14:00; -2026-12-25", "Europe/Berlin")


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


@pytest.mark.parametrize(
    ("at", "is_open", "opens_at"),
    [
        ("2026-11-24T08:00", True, None),
        ("2026-11-24T07:59", False, "2026-11-24T08:00"),
        ("2026-11-24T18:00", False, "2026-11-25T08:00"),
        ("2026-11-28T12:00", True, None),
        ("2026-11-28T14:00", False, "2026-11-30T08:00"),
        ("2026-12-25T12:00", False, "2026-12-26T10:00"),
        ("2026-12-24T18:30", False, "2026-12-26T10:00"),
    ],
)
def test_the_desk_knows_whether_it_is_open_and_when_it_opens(at: str, is_open: bool, opens_at: str | None) -> None:
    assert SHOP.is_open(local(at)) is is_open
    assert SHOP.opens_at(local(at)) == (local(opens_at) if opens_at else None)


@pytest.mark.parametrize(
    ("start", "minutes", "end"),
    [
        ("2026-11-24T09:00", 60, "2026-11-24T10:00"),
        ("2026-11-24T17:30", 60, "2026-11-25T08:30"),
        ("2026-11-27T17:30", 60, "2026-11-28T10:30"),
        ("2026-11-28T13:30", 60, "2026-11-30T08:30"),
        ("2026-12-24T17:00", 120, "2026-12-26T11:00"),
        ("2026-11-24T03:00", 10, "2026-11-24T08:10"),
    ],
)
def test_time_runs_only_while_the_desk_is_open(start: str, minutes: int, end: str) -> None:
    assert SHOP.add(local(start), timedelta(minutes=minutes)) == local(end)
    assert SHOP.between(local(start), local(end)) == timedelta(minutes=minutes)


def test_the_wall_clock_counts_when_the_clocks_change() -> None:
    always = parse("Mo-Su 00:00-24:00", "Europe/Berlin")
    spring, autumn = ("2026-03-29T00:00", "2026-03-30T00:00"), ("2026-10-25T00:00", "2026-10-26T00:00")
    assert always.between(*map(local, spring)) == timedelta(hours=23)
    assert always.between(*map(local, autumn)) == timedelta(hours=25)
    assert SHOP.opens_at(local("2026-03-28T20:00")) == local("2026-03-30T08:00")
    gap = parse("Su 02:30-04:00", "Europe/Berlin")
    assert gap.between(*map(local, spring)) == timedelta(minutes=30), "03:30 to 04:00: 02:30 does not exist that day"


def test_a_day_may_have_a_break_and_days_may_wrap_around_the_week() -> None:
    hours = parse("Sa-Mo 08:00-12:00,13:00-17:00", "Europe/Berlin")
    assert not hours.is_open(local("2026-11-29T12:30"))
    assert hours.opens_at(local("2026-11-30T18:00")) == local("2026-12-05T08:00")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no day"),
        ("-2026-12-25", "no day"),
        ("Mo-Fr", "no times"),
        ("Mo-Fr 8-18", "no times"),
        ("Mo-Fr 18:00-08:00", "ends before it begins"),
        ("Mo-Fr 08:00-25:00", "does not exist"),
        ("Mo-Fr 08:75-09:00", "does not exist"),
        ("Di 08:00-18:00", "Mo, Tu, We"),
        ("Mo 08:00-12:00,11:00-13:00", "overlaps"),
        ("Mo 08:00-12:00; -2026-13-01", "-2026-13-01"),
    ],
)
def test_what_cannot_be_read_is_quoted(text: str, said: str) -> None:
    with pytest.raises(HoursError, match=said):
        parse(text, "Europe/Berlin")


@given(
    start=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)),
    minutes=st.integers(1, 5_000),
)
def test_what_was_added_is_what_lies_between(start: datetime, minutes: int) -> None:
    begin, duration = start.replace(tzinfo=UTC), timedelta(minutes=minutes)
    assert SHOP.between(begin, SHOP.add(begin, duration)) == duration
