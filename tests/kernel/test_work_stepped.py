"""What a calendar answers, against a count of the definition, minute by minute and zone by zone."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from zoneinfo import ZoneInfo

import pytest

from crmkit.kernel import WorkCalendar
from crmkit.kernel.zones import offsets

from .calendars import (
    DAYS,
    HOUR,
    KINDS,
    MINUTE,
    calendar_of,
    is_open,
    moves,
    of_kind,
    on,
    stepped,
    told_as,
)
from .zones import ALL_ZONES


REACH = timedelta(hours=30)
# What opens on a microsecond is not told by minutes.
BY_MINUTES = sorted(set(KINDS) - {"odd microseconds"})


@lru_cache
def minutes(kind: str) -> Sequence[tuple[Sequence[datetime], Sequence[bool]]]:
    """Return the minutes around each move of the clock, and for each whether it is open."""
    told, found = KINDS[kind], []
    for moved in moves(told["timezone"]):
        each = [moved - REACH + n * MINUTE for n in range(2 * REACH // MINUTE)]
        found.append((each, [is_open(told, minute) for minute in each]))
    return found


@pytest.mark.parametrize("kind", BY_MINUTES)
class TestAroundAMove:
    def test_is_open_in_the_open_minutes(self, kind: str) -> None:
        for each, opened in minutes(kind):
            assert [of_kind(kind).is_open(minute) for minute in each] == opened

    def test_elapsed_counts_the_open_minutes(self, kind: str) -> None:
        for each, opened in minutes(kind):
            for first in (0, len(each) // 2):
                start, counts = each[first], accumulate(opened[first:], initial=0)

                found = [of_kind(kind).elapsed(start, minute) for minute in each[first:]]

                assert found == [MINUTE * count for count in counts][:-1]

    def test_due_is_the_end_of_an_open_minute_or_the_next_one(self, kind: str) -> None:
        for each, opened in minutes(kind):
            worked = [minute for minute, is_one in zip(each, opened, strict=True) if is_one]
            targets = [MINUTE * n for n in range(len(worked))]
            ask = of_kind(kind).due

            at_close = [ask(each[0], target) for target in targets[1:]]
            at_open = [ask(each[0], target, boundary="next_open") for target in targets]

            assert at_close == [minute + MINUTE for minute in worked[:-1]]
            assert at_open == worked

    def test_due_backward_is_the_beginning_of_one_or_the_end_before(self, kind: str) -> None:
        for each, opened in minutes(kind):
            worked = [minute for minute, is_one in zip(each, opened, strict=True) if is_one][::-1]
            end, targets = each[-1] + MINUTE, [MINUTE * n for n in range(len(worked))]
            ask = of_kind(kind).due_backward

            at_open = [ask(end, target) for target in targets[1:]]
            at_close = [ask(end, target, boundary="previous_close") for target in targets]

            assert at_open == worked[:-1]
            assert at_close == [minute + MINUTE for minute in worked]

    def test_windows_hold_the_open_minutes(self, kind: str) -> None:
        for each, opened in minutes(kind):
            worked = [minute for minute, is_one in zip(each, opened, strict=True) if is_one]

            windows = of_kind(kind).intervals(each[0], each[-1] + MINUTE)

            told = [range(int((end - start) / MINUTE)) for start, end in windows]
            held = [
                start + n * MINUTE for (start, _), of in zip(windows, told, strict=True) for n in of
            ]
            assert held == worked


def test_every_zone_of_the_database_is_counted_by_its_own_clock() -> None:
    """All moves of 2025, on quarters of an hour as all of them were."""
    first, last = datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
    moved = {tuple(offsets(ZoneInfo(name), first, last)): name for name in ALL_ZONES}
    week = on(DAYS, ("23:30", "00:15"), ("01:45", "02:15"), ("02:45", "23:00"))
    reach = timedelta(hours=15)

    for changes, name in moved.items():
        told = told_as(name, week)
        for at, _ in changes[1:]:
            passed = calendar_of(told).elapsed(at - reach, at + reach)

            assert passed == stepped(told, at - reach, at + reach, step=HOUR / 4), (name, at)
    assert sum(len(changes) - 1 for changes in moved) > 30


@pytest.mark.parametrize("year", [1970, 2100, 3000, 9998])
def test_the_near_time_and_the_calendar_end_without_a_seam(year: int) -> None:
    """Listed are the years from 1970 to 2099."""
    told = told_as(
        "America/New_York",
        {"mon": [("22:00", "06:00")], "fri": [("00:00", "24:00")], "sun": [("09:00", "21:00")]},
        holidays=[date(year, 1, 1)],
        yearly_holidays=["12-31"],
    )
    start = datetime(year - 1, 12, 27, tzinfo=UTC)
    end = start + timedelta(days=12)

    assert calendar_of(told).elapsed(start, end) == stepped(told, start, end)


def test_instants_before_the_first_opening_are_right() -> None:
    """It opens where the leap day is a Monday: in 2044; what is listed before has no opening."""
    closed = {f"{datetime(2025, 1, 1) + timedelta(days=n):%m-%d}" for n in range(365)}
    start, first = datetime(2026, 3, 1, tzinfo=UTC), datetime(2044, 2, 29, 9, tzinfo=UTC)
    leap = WorkCalendar("UTC", {"mon": [("09:00", "10:00")]}, yearly_holidays=closed)

    assert not leap.is_open(start)
    assert leap.elapsed(start, start + timedelta(days=30)) == timedelta(0)
    assert leap.elapsed(start, first) == timedelta(0)
    assert leap.elapsed(start, first + 30 * MINUTE) == 30 * MINUTE
    assert leap.next_open(start) == first
    assert leap.due(start, 20 * MINUTE) == first + 20 * MINUTE
    assert leap.last_close(start) == datetime(2016, 2, 29, 10, tzinfo=UTC)
