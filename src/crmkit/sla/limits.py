"""Limits in days: counted from the day after receipt, to the end of the last one.

Law: the day of receipt does not count, whatever its hour; the day that comes last counts whole.

Source: UK FCA DISP 1.5.1R ("the third business day following the day on which it is received");
Civil Code of the People's Republic of China, article 201 (the first day does not count).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Final, Literal, TypeAlias
from zoneinfo import ZoneInfo

import attrs

from crmkit.cases.passed import FARTHEST
from crmkit.errors import InvalidValueError
from crmkit.kernel import Language, Text, WorkCalendar, instant


MOST_DAYS: Final = FARTHEST.days
"""A hundred years: no promise is longer."""

_MICRO: Final = timedelta(microseconds=1)
_DAY: Final = timedelta(days=1)


def one_of(*choices: str) -> Callable[[object, attrs.Attribute[str], str], None]:
    """Return the check, for attrs, that a field holds one of some words."""

    def check(_: object, field: attrs.Attribute[str], value: str) -> None:
        if value not in choices:
            raise InvalidValueError(field.name, value, f"must be {' or '.join(map(repr, choices))}")

    return check


def _whole(_: object, field: attrs.Attribute[int], value: int) -> None:
    if type(value) is not int or not 1 <= value <= MOST_DAYS:
        raise InvalidValueError(field.name, value, f"must be a whole number from 1 to {MOST_DAYS}")


@attrs.frozen
class BusinessDays:
    """So many days with working hours after the day of receipt.

    Attributes:
        days: How many.
        ends: `midnight`: due at the last instant of the last day; `closing`: when its last window
            closes.

    Raises:
        InvalidValueError: If it is no whole number from 1 to 36525, or ends otherwise.

    Examples:
        >>> str(BusinessDays(3)), BusinessDays(3).label("zh")
        ('3 business days', '3个工作日')
        >>> str(BusinessDays(3, ends="closing"))
        '3 business days to closing time'
    """

    days: int = attrs.field(validator=_whole)
    ends: Literal["midnight", "closing"] = attrs.field(
        default="midnight", kw_only=True, validator=one_of("midnight", "closing")
    )

    def label(self, language: Language = "en") -> str:
        """Return it in words."""
        by, chinese = (" to closing time", "（至下班）") if self.ends == "closing" else ("", "")
        return Text(f"{_plural(self.days, 'business day')}{by}", f"{self.days}个工作日{chinese}")(
            language
        )

    def last(self, calendar: WorkCalendar, received: date) -> date:
        """Return the last day of the limit, counted from the day after receipt."""
        return calendar.add_business_days(received, self.days)

    def __str__(self) -> str:
        return self.label()


@attrs.frozen
class CalendarDays:
    """So many days after the day of receipt, holidays and all.

    Raises:
        InvalidValueError: If it is no whole number from 1 to 36525.

    Examples:
        >>> str(CalendarDays(15)), CalendarDays(15).label("zh")
        ('15 calendar days', '15个自然日')
    """

    days: int = attrs.field(validator=_whole)

    def label(self, language: Language = "en") -> str:
        """Return it in words."""
        return Text(_plural(self.days, "calendar day"), f"{self.days}个自然日")(language)

    def last(self, calendar: WorkCalendar, received: date) -> date:
        """Return the last day of the limit, counted from the day after receipt.

        Raises:
            InvalidValueError: If it lies after the year 9999.
        """
        try:
            return received + self.days * _DAY
        except OverflowError:
            rule = "must lead to a date up to the year 9999"
            raise InvalidValueError("days", self.days, rule) from None

    def __str__(self) -> str:
        return self.label()


Limit: TypeAlias = timedelta | BusinessDays | CalendarDays
"""Working time, or days."""


def local_date(at: datetime, calendar: WorkCalendar) -> date:
    """Return the date of an instant in a calendar's zone.

    Examples:
        >>> from datetime import UTC
        >>> china = WorkCalendar.always("Asia/Shanghai")
        >>> str(local_date(datetime(2026, 3, 1, 20, tzinfo=UTC), china))
        '2026-03-02'
    """
    return instant(at, "start").astimezone(ZoneInfo(calendar.timezone)).date()


def due_in_days(
    limit: BusinessDays | CalendarDays, start: datetime, calendar: WorkCalendar
) -> datetime:
    """Return when a limit in days is due, in UTC.

    Raises:
        InvalidValueError: If `start` is naive, or it leads beyond the year 9998.

    Examples:
        >>> from datetime import UTC
        >>> received = datetime(2026, 3, 31, 14, tzinfo=UTC)
        >>> always = WorkCalendar.always("UTC")
        >>> due_in_days(CalendarDays(1), received, always).isoformat()
        '2026-04-01T23:59:59.999999+00:00'
    """
    last = limit.last(calendar, local_date(start, calendar))
    try:
        midnight = instant(datetime.combine(last + _DAY, time(), ZoneInfo(calendar.timezone)))
    except OverflowError:
        rule = "must lead to a date before the year 9999"
        raise InvalidValueError("days", limit.days, rule) from None
    if isinstance(limit, BusinessDays) and limit.ends == "closing":
        return min(calendar.last_close(midnight), midnight - _MICRO)
    return midnight - _MICRO


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
