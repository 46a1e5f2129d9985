"""How far a calendar can be asked: all the years that there are, or those whose holidays are known.

Law: what lies beyond is refused by name; a day whose holidays nobody told is never taken for a day
of work.
"""

from __future__ import annotations

from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, timedelta
from typing import Final

import attrs

from crmkit.errors import InvalidValueError

from .clock import from_micros, to_micros
from .period import Period


YEARS: Final = MINYEAR + 1, MAXYEAR - 1
"""The first year, and the last, in which every zone's local dates can be told."""

_EVER: Final = f"the years {YEARS[0]} to {YEARS[1]}"
_ONE: Final = timedelta(days=1)
_WINDOWS: Final = "see when it is open: WorkCalendar.windows"
_WAY_OUT: Final = "give the calendar the holidays of more years: years=…, or known=…"


def begin_of(year: int) -> int:
    """Return when a year begins in UTC, in microseconds since 1970.

    Examples:
        >>> begin_of(1970)
        0
    """
    return to_micros(datetime(year, 1, 1, tzinfo=UTC))


@attrs.frozen
class Reach:
    """From when to when a calendar can be asked.

    Attributes:
        since: The first instant, in microseconds since 1970 in UTC.
        until: The end.
        known: The dates whose holidays are known; None for all of them.

    Examples:
        >>> reach = Reach.of(Period.year(2026), "Asia/Shanghai")
        >>> reach.checked(begin_of(2026)) == begin_of(2026)
        True
        >>> reach.checked(begin_of(2027))
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: instant is '2027-01-01T00:00:00+00:00': it must lie in the\
 year 2026, for which holidays are known; give the calendar the holidays of more years: years=…, or\
 known=…
    """

    since: int
    until: int
    known: Period | None

    @classmethod
    def of(cls, known: Period | None, timezone: str) -> Reach:
        """Return the reach of a calendar in a zone."""
        first, last = begin_of(YEARS[0]), begin_of(YEARS[1] + 1)
        if known is None:
            return cls(first, last, None)
        since, until = (to_micros(at) for at in known.instants(timezone))
        return cls(max(first, since), min(last, until), known)

    def checked(self, moment: int) -> int:
        """Return an instant up to which, or from which on, can be counted.

        Raises:
            InvalidValueError: If it lies beyond.
        """
        if not self.since <= moment <= self.until:
            raise self._beyond(moment)
        return moment

    def inside(self, moment: int) -> int:
        """Return an instant of which it can be told what it is: the end itself is none.

        Raises:
            InvalidValueError: If it lies beyond.
        """
        if not self.since <= moment < self.until:
            raise self._beyond(moment)
        return moment

    def check_days(self, n: int, day: date, found: date) -> None:
        """Refuse so many days from one date to another where one that was counted is not known.

        Raises:
            InvalidValueError: If there is one; the day from which the count begins is none, unless
                none are counted.
        """
        if self.known is None:
            return
        first = day + _ONE * ((n > 0) - (n < 0))
        if not (first in self.known and found in self.known):
            raise self.refusal("n", n, f"must lead from {day} to a date in")

    def never(self, open_time: int, rule: str) -> InvalidValueError:
        """Return the error of so much open time that does not pass within the reach."""
        told = timedelta(microseconds=open_time)
        if self.known is None:
            return InvalidValueError("duration", told, rule, _WINDOWS)
        return self.refusal("duration", told, "must have passed within")

    def refusal(self, name: str, value: object, rule: str) -> InvalidValueError:
        """Return the error of what leads beyond; the rule ends with how far it reaches."""
        if self.known is None:
            return InvalidValueError(name, value, f"{rule} {_EVER}")
        told = f"{rule} {_in_words(self.known)}, for which holidays are known"
        return InvalidValueError(name, value, told, _WAY_OUT)

    def _beyond(self, moment: int) -> InvalidValueError:
        return self.refusal("instant", from_micros(moment).isoformat(), "must lie in")


def _in_words(known: Period) -> str:
    ends = known.since, known.until
    if any((day.month, day.day) != (1, 1) for day in ends):
        return str(known)
    first, last = known.since.year, known.until.year - 1
    return f"the year {first}" if first == last else f"the years {first} to {last}"
