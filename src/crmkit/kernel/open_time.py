"""Open time on a line: intervals in UTC, and how much of it lies before any instant.

Law: an instant is open exactly where the clock of the place shows an open time. For each stretch of
one offset the local spans are shifted and cut to it, so that a day of 23 or 25 hours, a span in the
hour that a clock skips, and one that it shows twice need no rule of their own.

Near at hand the intervals are listed; what lies far away is counted by whole years, so that no
question takes long. Everything here is whole microseconds: instants since 1970 in UTC, spans since
a day's midnight.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from .clock import from_micros
from .open_days import OpenDays
from .reach import YEARS, Reach, begin_of
from .stretch import Ruler, Stretch
from .work_hours import DAY, Spans, merged
from .work_rules import WorkRules
from .zones import offset_at, shifts


Interval = tuple[int, int]

_EPOCH: Final = date(1970, 1, 1).toordinal()
_MICRO: Final = timedelta(microseconds=1)
_AHEAD: Final = 183 * DAY
# Where the dates of business lie.
_NEAR: Final = begin_of(1970), begin_of(2100)
# Zones had one offset each before 1600, and go by rule from 2100 on: there a year is as the one of
# its place among the 400 after which the Gregorian calendar repeats itself, to the weekday.
_CYCLE: Final = 400
_UNMOVED, _BY_RULE = 1600, 2100


class OpenTime:
    """The open time of a calendar.

    Attributes:
        reach: From when to when it can be asked.
        ruler: What has been listed so far, for one look by `WorkCalendar.elapsed`.

    Args:
        zone: Where the clock stands.
        rules: What is open on a local date.
    """

    __slots__ = (
        "_alike",
        "_days",
        "_lock",
        "_near",
        "_near_by",
        "_rules",
        "_years",
        "_zone",
        "reach",
        "ruler",
    )

    def __init__(self, zone: ZoneInfo, rules: WorkRules) -> None:
        self._zone = zone
        self._rules = rules
        self.reach = Reach.of(rules.known, zone.key)
        # What is listed is kept: within these years, and where it can be asked.
        self._near_by = max(_NEAR[0], self.reach.since), min(_NEAR[1], self.reach.until)
        self._days = OpenDays(rules, _length)
        self._years: dict[int, int] = {}
        own = [day.year for day in rules.dates]
        # A date of its own is seen from the year next to it too, on the clock of another place.
        self._alike = min([_UNMOVED, *own]) - 2, max([_BY_RULE, *own]) + 2
        self._lock = threading.Lock()
        # Nothing is listed yet: it begins after its end.
        self._near = Stretch(_NEAR[1], _NEAR[0], ())
        self.ruler = Ruler(self._near)

    def is_open(self, moment: int) -> bool:
        """Tell whether the clock of the place shows an open time.

        Raises:
            InvalidValueError: If the instant lies beyond its reach.
        """
        day, rest = divmod(self.reach.inside(moment) + self._offset(moment), DAY)
        return any(opens <= rest < closes for opens, closes in self._on(day))

    def between(self, first: int, last: int) -> int:
        """Return the open time from an instant to a later one.

        Raises:
            InvalidValueError: If one lies beyond its reach.
        """
        if self._is_near(first, last):
            near = self.over(first, last)
            return near.passed(last) - near.passed(first)
        self.reach.checked(first), self.reach.checked(last)
        return sum(self._counted(begin, end) for begin, end in _by_years(first, last))

    def forward(self, first: int, open_time: int, *, at_close: bool) -> int:
        """Return the instant up to which so much open time has passed since an earlier one.

        Args:
            first: Where the count begins.
            open_time: How much.
            at_close: Whether it is the first such instant, for which there must be some; else it
                is the last.

        Raises:
            InvalidValueError: If that never comes, or `first` lies beyond its reach.
        """
        if self._is_near(first, first):
            near = self.over(first, first)
            sought = near.passed(first) + open_time
            if _is_within(sought, near.total, at_close):
                return near.first(sought) if at_close else near.last(sought)
        left = open_time
        for begin, end in _by_years(self.reach.checked(first), self.reach.until):
            here = self._counted(begin, end)
            if _is_within(left, here, at_close):
                stretch = self._listed(begin, end)
                return stretch.first(left) if at_close else stretch.last(left)
            left -= here
        raise self.reach.never(open_time, f"must have passed before the year {YEARS[1] + 1}")

    def backward(self, last: int, open_time: int, *, at_open: bool) -> int:
        """Return the instant since which so much open time has passed up to a later one.

        Args:
            last: Where the count ends.
            open_time: How much.
            at_open: Whether it is the last such instant, for which there must be some; else it
                is the first.

        Raises:
            InvalidValueError: If that never was, or `last` lies beyond its reach.
        """
        if self._is_near(last, last):
            near = self.over(last, last)
            sought = near.passed(last) - open_time
            if (sought >= 0) if at_open else (sought > 0):
                return near.last(sought) if at_open else near.first(sought)
        left = open_time
        for begin, end in _by_years_back(self.reach.checked(last), self.reach.since):
            here = self._counted(begin, end)
            if _is_within(left, here, at_open):
                stretch = self._listed(begin, end)
                return stretch.last(here - left) if at_open else stretch.first(here - left)
            left -= here
        raise self.reach.never(open_time, f"must have passed since the year {YEARS[0]}")

    def over(self, first: int, last: int) -> Stretch:
        """Return a listed stretch that holds two instants and all between.

        Raises:
            InvalidValueError: If one lies beyond its reach.
        """
        near = self._near
        if near.since <= first and last <= near.until:
            return near
        if not self._is_near(first, last):
            return self._listed(self.reach.checked(first), self.reach.checked(last))
        with self._lock:
            since, until = self._near.since, self._near.until
            # Half a year more than is asked, so that the next question seldom comes back here.
            if first < since:
                since = max(first - _AHEAD, self._near_by[0])
            if last > until:
                until = min(last + _AHEAD, self._near_by[1])
            self._near = self._listed(since, until)
            self.ruler = Ruler(self._near)
            return self._near

    def intervals(self, start: int, end: int | None) -> Iterator[Interval]:
        """Yield the open intervals from one instant to a later one, those of each local date apart.

        The first and the last are cut to the instants; without an end, they go on for ever.
        """
        checked = self.reach.checked
        end = self.reach.until if end is None else end
        held: tuple[int, int, int] | None = None
        for day, begin, stop in self._pieces(checked(start), checked(end)):
            # A shift of the clock does not part what is open on one date.
            if held is not None and (day, begin) == (held[0], held[2]):
                held = day, held[1], stop
                continue
            if held is not None:
                yield held[1:]
            held = day, begin, stop
        if held is not None:
            yield held[1:]

    def _pieces(self, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        """Yield what is open: the local day, from when, to when; cut where the clock shifts."""
        for since, until in _by_years(start, end):
            if until - since >= 365 * DAY and not self._counted(since, until):
                continue
            for begin, stop, offset in self._offsets(since, until):
                first, last = begin + offset, stop + offset
                for day in range(first // DAY, last // DAY + 1):
                    midnight = day * DAY
                    for opens, closes in self._on(day):
                        left, right = max(midnight + opens, first), min(midnight + closes, last)
                        if left < right:
                            yield day, left - offset, right - offset

    def _is_near(self, first: int, last: int) -> bool:
        return self._near_by[0] <= first and last <= self._near_by[1]

    def _listed(self, since: int, until: int) -> Stretch:
        pieces = self._pieces(since, until)
        return Stretch(since, until, merged((begin, stop) for _, begin, stop in pieces))

    def _counted(self, since: int, until: int) -> int:
        """Return the open time of a year or a part of one."""
        year = from_micros(since).year
        if (since, until) != (begin_of(year), begin_of(year + 1)):
            return self._sum(since, until)
        before, after = self._alike
        if year < before:
            year = before - _CYCLE + (year - before) % _CYCLE
        elif year > after:
            year = after + (year - after) % _CYCLE
        if year not in self._years:
            self._years[year] = self._sum(begin_of(year), begin_of(year + 1))
        return self._years[year]

    def _sum(self, since: int, until: int) -> int:
        return sum(
            self._shown(stop + offset) - self._shown(begin + offset)
            for begin, stop, offset in self._offsets(since, until)
        )

    def _shown(self, local: int) -> int:
        """Return the open time of a clock that never shifts, before it shows this."""
        day, rest = divmod(local, DAY)
        today = sum(min(rest, closes) - opens for opens, closes in self._on(day) if opens < rest)
        return self._days.before(day + _EPOCH) + today

    def _on(self, day: int) -> Spans:
        return self._rules.on(date.fromordinal(day + _EPOCH))

    def _offset(self, moment: int) -> int:
        return offset_at(self._zone, from_micros(moment)) // _MICRO

    def _offsets(self, since: int, until: int) -> Iterator[tuple[int, int, int]]:
        """Yield the stretches of one offset from UTC in a year or a part of one."""
        for begin, end, offset in shifts(self._zone, from_micros(since).year):
            if begin < until and since < end:
                yield max(begin, since), min(end, until), offset


def _length(spans: Spans) -> int:
    return sum(closes - opens for opens, closes in spans)


def _is_within(sought: int, total: int, at_bend: bool) -> bool:
    return sought <= total if at_bend else sought < total


def _by_years(first: int, last: int) -> Iterator[Interval]:
    """Cut a stretch where the years change."""
    while first < last:
        end = min(begin_of(from_micros(first).year + 1), last)
        yield first, end
        first = end


def _by_years_back(last: int, first: int) -> Iterator[Interval]:
    """The same from the end."""
    while last > first:
        begin = max(begin_of(from_micros(last - 1).year), first)
        yield begin, last
        last = begin
