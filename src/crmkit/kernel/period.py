"""Periods of local days, half-open.

Law: a period holds its first day and not its end, so that neighbours never share a day.
"""

from __future__ import annotations

import calendar
from datetime import MAXYEAR, MINYEAR, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import attrs

from crmkit.errors import InvalidValueError

from .clock import instant


_MICRO: Final = timedelta(microseconds=1)


@attrs.frozen(order=True)
class Period:
    """The days from `since` up to, but not including, `until`.

    Attributes:
        since: First day.
        until: The day after the last.

    Raises:
        InvalidValueError: If an end is no plain date, or the period holds no day.

    Examples:
        >>> march = Period.month(2026, 3)
        >>> march.days, date(2026, 3, 31) in march, date(2026, 4, 1) in march
        (31, True, False)
        >>> print(march.previous(), march.same_a_year_ago())
        2026-02-01 to 2026-02-28 2025-03-01 to 2025-03-31
    """

    since: date = attrs.field()
    until: date = attrs.field()

    def __attrs_post_init__(self) -> None:
        for name in ("since", "until"):
            _plain_day(name, getattr(self, name))
        if self.until <= self.since:
            rule = f"must be after since, {self.since}"
            raise InvalidValueError("until", self.until, rule, "until is the day after the last")

    @classmethod
    def day(cls, day: date) -> Period:
        """One local day.

        Raises:
            InvalidValueError: If `day` is no plain date, or the last that there is.
        """
        return cls(_plain_day("day", day), _plus_days(day, 1))

    @classmethod
    def month(cls, year: int, month: int) -> Period:
        """One calendar month.

        Raises:
            InvalidValueError: If it is no month of the years 1 to 9999, or the last.
        """
        return cls._months(year, month, 1)

    @classmethod
    def quarter(cls, year: int, quarter: int) -> Period:
        """One calendar quarter, 1 to 4.

        Raises:
            InvalidValueError: If it is no quarter of the years 1 to 9999, or the last.
        """
        if quarter not in (1, 2, 3, 4):
            raise InvalidValueError("quarter", quarter, "must be 1, 2, 3 or 4")
        return cls._months(year, 3 * quarter - 2, 3)

    @classmethod
    def year(cls, year: int) -> Period:
        """One calendar year.

        Raises:
            InvalidValueError: If it is not from 1 to 9998.
        """
        return cls._months(year, 1, 12)

    @classmethod
    def _months(cls, year: int, month: int, count: int) -> Period:
        try:
            first = date(year, month, 1)
        except (ValueError, TypeError, OverflowError):
            rule = "must be a month of the years 1 to 9999"
            raise InvalidValueError("month", (year, month), rule) from None
        return cls(first, _plus_months(first, count))

    @property
    def days(self) -> int:
        """How many days it holds."""
        return (self.until - self.since).days

    def __contains__(self, day: date) -> bool:
        return self.since <= _plain_day("day", day) < self.until

    def previous(self) -> Period:
        """Return the period just before, of the same kind (环比).

        Whole months go back by months, so that March follows on February; all else by days.

        Raises:
            InvalidValueError: If that would lie before the year 1.

        Examples:
            >>> print(Period(date(2026, 3, 9), date(2026, 3, 16)).previous())
            2026-03-02 to 2026-03-08
        """
        if self._whole_months:
            months = 12 * (self.until.year - self.since.year) + self.until.month - self.since.month
            return Period(_plus_months(self.since, -months), self.since)
        return Period(_plus_days(self.since, -self.days), self.since)

    def same_a_year_ago(self) -> Period:
        """Return the same days of the year before (同比); 29 February becomes the 28th.

        Whole months stay whole: February is held against all of the February before.

        Raises:
            InvalidValueError: If that would lie before the year 1.

        Examples:
            >>> print(Period.month(2024, 2).same_a_year_ago())
            2023-02-01 to 2023-02-28
            >>> print(Period.month(2025, 2).same_a_year_ago())
            2024-02-01 to 2024-02-29
        """
        if self._whole_months:
            return Period(_plus_months(self.since, -12), _plus_months(self.until, -12))
        last = self.until - timedelta(days=1)
        return Period(_plus_months(self.since, -12), _plus_days(_plus_months(last, -12), 1))

    def instants(self, timezone: str) -> tuple[datetime, datetime]:
        """Return its two ends as instants, in UTC, of a named zone.

        Raises:
            InvalidValueError: If there is no such zone.

        Examples:
            >>> Period.day(date(2026, 3, 1)).instants("Asia/Shanghai")[0].isoformat()
            '2026-02-28T16:00:00+00:00'
        """
        zone = named_zone(timezone)
        since = instant(datetime.combine(self.since, time(), zone), "since")
        return since, instant(datetime.combine(self.until, time(), zone), "until")

    @property
    def _whole_months(self) -> bool:
        return self.since.day == 1 and self.until.day == 1

    def __str__(self) -> str:
        return f"{self.since} to {self.until - timedelta(days=1)}"


def named_zone(timezone: str) -> ZoneInfo:
    """Return the zone of an IANA name.

    Raises:
        InvalidValueError: If there is no zone of that name.

    Examples:
        >>> named_zone("Asia/Peking")
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: timezone is 'Asia/Peking': it must be the name of an IANA\
 zone; write 'Asia/Shanghai', 'Europe/Berlin', 'UTC' …
    """
    try:
        return ZoneInfo(timezone)
    except (KeyError, ValueError, OSError, TypeError):
        way_out = "write 'Asia/Shanghai', 'Europe/Berlin', 'UTC' …"
        rule = "must be the name of an IANA zone"
        raise InvalidValueError("timezone", timezone, rule, way_out) from None


def day_of_due(due_at: datetime, timezone: str) -> date:
    """Return the day on which something is due; midnight belongs to the day that ends then.

    Raises:
        InvalidValueError: If there is no zone of that name.

    Examples:
        >>> from datetime import UTC
        >>> print(day_of_due(datetime(2026, 3, 3, tzinfo=UTC), "UTC"))
        2026-03-02
        >>> print(day_of_due(datetime(2026, 3, 3, tzinfo=UTC), "Asia/Shanghai"))
        2026-03-03
    """
    return (due_at - _MICRO).astimezone(named_zone(timezone)).date()


def _plain_day(name: str, day: date) -> date:
    if not isinstance(day, date) or isinstance(day, datetime):
        raise InvalidValueError(name, day, "must be a date without a time of day")
    return day


def _plus_days(day: date, days: int) -> date:
    try:
        return day + timedelta(days=days)
    except OverflowError:
        raise _beyond(day) from None


def _plus_months(day: date, months: int) -> date:
    year, month = divmod(12 * day.year + day.month - 1 + months, 12)
    if not MINYEAR <= year <= MAXYEAR:
        raise _beyond(day)
    longest = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, longest))


def _beyond(day: date) -> InvalidValueError:
    return InvalidValueError("day", day, "must leave room within the years 1 to 9999")
