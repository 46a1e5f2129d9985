"""Whole local days, counted and not stepped through.

Law: the count of the days before a date is that of the weeks before it, less the yearly holidays
before it, and with what the dates of their own add or take: as far as the calendar reaches, the
work is the same.
"""

from __future__ import annotations

import calendar
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from datetime import MAXYEAR, MINYEAR, date
from functools import cached_property
from itertools import accumulate
from typing import Final

from crmkit.errors import InvalidValueError

from .work_hours import Spans
from .work_rules import WorkRules


_WEEK: Final = 7
_FEBRUARY: Final = 2
_REACH: Final = date(MINYEAR + 1, 1, 1).toordinal(), date(MAXYEAR, 1, 1).toordinal()


class OpenDays:
    """What the days before a date come to, by a measure of one day's open time.

    Days are numbered as `date.toordinal` does: 1 is a Monday.

    Args:
        rules: What is open on a date.
        weigh: What a day comes to, of which this is the open time.

    Examples:
        >>> rules = WorkRules.of({"mon": [("09:00", "17:00")]}, (), (), {}, {})
        >>> mondays = OpenDays(rules, bool)
        >>> mondays.before(15), mondays.before(16)
        (2, 3)
    """

    def __init__(self, rules: WorkRules, weigh: Callable[[Spans], int]) -> None:
        self._week = [weigh(spans) for spans in rules.week]
        self._before_weekday = list(accumulate(self._week, initial=0))
        self._yearly = sorted(rules.yearly)
        own = sorted(rules.dates)
        self._own = [day.toordinal() for day in own]
        more = (weigh(rules.dates[day]) - weigh(rules.usual(day)) for day in own)
        self._more = list(accumulate(more, initial=0))

    def before(self, day: int) -> int:
        """Return what all days before a day come to, from the year 1 on."""
        weeks, weekday = divmod(day - 1, _WEEK)
        usual = weeks * self._before_weekday[-1] + self._before_weekday[weekday]
        own = self._more[bisect_left(self._own, day)]
        return usual + own - (self._closed_before(day) if self._yearly else 0)

    def plus(self, day: date, n: int) -> date:
        """Return the date from which so many of weight one lie between a day and it.

        Args:
            day: Where the count begins; itself it does not count.
            n: How many; for 0 it is the day itself, or the next one that counts. Negative: before.

        Raises:
            InvalidValueError: If there are not so many in the years 2 to 9998.
        """
        here = day.toordinal()
        sought = self.before(here + 1) + n - 1 if n > 0 else self.before(here) + n
        # The last day before which so many lie is the one that counts itself.
        first, last = _REACH
        if not self.before(first) <= sought < self.before(last):
            raise InvalidValueError("n", n, "must lead to a date in the years 2 to 9998")
        return date.fromordinal(bisect_right(range(last), sought, first, key=self.before) - 1)

    def _closed_before(self, day: int) -> int:
        """Return what the yearly holidays before a day have taken off."""
        here = date.fromordinal(day)
        closed = self._closed_in_years[here.year]
        first = date(here.year, 1, 1).weekday()
        return closed + self._closed(first, calendar.isleap(here.year), (here.month, here.day))

    @cached_property
    def _closed_in_years(self) -> list[int]:
        """For each year, what the yearly holidays of all years before it have taken off."""
        after = MAXYEAR, 0
        kinds = {
            (first, leap): self._closed(first, leap, after)
            for first in range(_WEEK)
            for leap in (False, True)
        }
        years = range(1, MAXYEAR)
        told = (kinds[date(year, 1, 1).weekday(), calendar.isleap(year)] for year in years)
        return [0, *accumulate(told, initial=0)]

    def _closed(self, first: int, leap: bool, until: tuple[int, int]) -> int:
        """Return what the yearly holidays of a year take off before a month and day.

        Args:
            first: The weekday on which the year begins.
            leap: Whether it is a leap year.
            until: The month and day.
        """
        # Any leap year shows how far a day is from the first; in others it is one less from March.
        weekdays = (
            (first + _of_leap_year(month, day) - (month > _FEBRUARY and not leap)) % _WEEK
            for month, day in self._yearly
            if (month, day) < until and (leap or (month, day) != (_FEBRUARY, 29))
        )
        return sum(self._week[weekday] for weekday in weekdays)


def _of_leap_year(month: int, day: int) -> int:
    return date(2024, month, day).timetuple().tm_yday - 1
