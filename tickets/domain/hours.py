"""Opening hours: when agents are on duty, in the desk's time zone, across changes of the clocks.

Grammar: parts separated by ``;``. A part is days and times (``Mo-Fr 08:00-12:00,13:00-18:00``, ``Sa,Su 10:00-14:00``)
or a day on which the desk stays closed (``-2026-12-25``).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
#: How far ahead an opening is looked for: a desk that is closed for longer has no next opening.
HORIZON_DAYS = 400
_TIMES = re.compile(r"^(\d{2}):(\d{2})-(\d{2}):(\d{2})$")


class HoursError(ValueError):
    """A part of the opening hours can't be read; the message quotes it and shows what is right."""


#: Start and end as times after midnight.
Shift = tuple[timedelta, timedelta]


@dataclass(frozen=True)
class Hours:
    zone: ZoneInfo
    #: Seven lists, Monday first.
    week: tuple[tuple[Shift, ...], ...]
    closed: frozenset[date] = frozenset()

    def is_open(self, at: datetime) -> bool:
        return any(start <= at < end for start, end in self._spans(at, days=2))

    def opens_at(self, at: datetime) -> datetime | None:
        """The next opening after `at`; None while the desk is open, or when it opens never."""
        for start, end in self._spans(at):
            if start <= at < end:
                return None
            if start > at:
                return start
        return None

    def add(self, at: datetime, duration: timedelta) -> datetime:
        """The moment at which `duration` of opening time has passed since `at`."""
        left = duration
        for start, end in self._spans(at):
            begin = max(start, at)
            if end <= begin:
                continue
            if end - begin >= left:
                return begin + left
            left -= end - begin
        return at + timedelta(days=HORIZON_DAYS)

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Opening time from `start` to `end`."""
        total = timedelta()
        for opens, closes in self._spans(start):
            if opens >= end:
                break
            total += max(timedelta(), min(closes, end) - max(opens, start))
        return total

    def _spans(self, at: datetime, days: int = HORIZON_DAYS) -> Iterator[tuple[datetime, datetime]]:
        """Opening spans in UTC that may reach `at` or lie after it, in order."""
        first = at.astimezone(self.zone).date()
        for number in range(days):
            day = first + timedelta(days=number)
            if day not in self.closed:
                for start, end in self.week[day.weekday()]:
                    yield self._moment(day, start), self._moment(day, end)

    def _moment(self, day: date, after_midnight: timedelta) -> datetime:
        # The wall clock counts: 08:00 is 08:00 also on the day on which the clocks change.
        wall = datetime.combine(day, time()) + after_midnight
        return wall.replace(tzinfo=self.zone).astimezone(UTC)


def parse(text: str, timezone: str) -> Hours:
    """The opening hours that `text` describes. Raises `HoursError`."""
    week: list[list[Shift]] = [[] for _ in DAYS]
    closed: set[date] = set()
    for part in filter(None, (part.strip() for part in text.split(";"))):
        if part.startswith("-"):
            closed.add(_day_off(part))
            continue
        days, _, times = part.partition(" ")
        shifts = [_shift(part, raw.strip()) for raw in times.split(",")]
        for day in _weekdays(part, days):
            week[day] = _joined(part, [*week[day], *shifts])
    if not any(week):
        raise HoursError("no day has opening hours; write for example 'Mo-Fr 08:00-18:00'")
    return Hours(ZoneInfo(timezone), tuple(map(tuple, week)), frozenset(closed))


def _day_off(part: str) -> date:
    try:
        return date.fromisoformat(part[1:].strip())
    except ValueError as error:
        raise HoursError(f"'{part}' is not a closed day; write for example '-2026-12-25'") from error


def _weekdays(part: str, text: str) -> list[int]:
    found: list[int] = []
    for piece in text.split(","):
        first, _, last = piece.partition("-")
        if first not in DAYS or (last or first) not in DAYS:
            raise HoursError(f"'{part}' does not begin with days; they are {', '.join(DAYS)}, as in 'Mo-Fr' or 'Sa,Su'")
        start, end = DAYS.index(first), DAYS.index(last or first)
        found += [(start + step) % 7 for step in range((end - start) % 7 + 1)]
    return found


def _shift(part: str, text: str) -> Shift:
    match = _TIMES.match(text)
    if not match:
        raise HoursError(f"'{part}' has no times; write for example 'Mo-Fr 08:00-18:00'")
    start, end = _after_midnight(part, *match.group(1, 2)), _after_midnight(part, *match.group(3, 4))
    if end <= start:
        raise HoursError(f"'{part}' ends before it begins; write a night as two parts that meet at 24:00")
    return start, end


def _after_midnight(part: str, hours: str, minutes: str) -> timedelta:
    moment = timedelta(hours=int(hours), minutes=int(minutes))
    if int(minutes) > 59 or moment > timedelta(hours=24):
        raise HoursError(f"'{part}' has a time that does not exist; times go from 00:00 to 24:00")
    return moment


def _joined(part: str, shifts: list[Shift]) -> list[Shift]:
    ordered = sorted(shifts)
    if any(after[0] < before[1] for before, after in itertools.pairwise(ordered)):
        raise HoursError(f"'{part}' overlaps with other times of the same day")
    return ordered
