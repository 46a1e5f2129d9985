"""What is asked of a work calendar: checked, and as whole microseconds.

Law: an instant has a time zone, an interval an order, and a target is not negative; what is
otherwise is refused.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final

from crmkit.errors import InvalidValueError

from .clock import instant
from .nearest import did_you_mean


_MICRO: Final = timedelta(microseconds=1)
_NOTHING: Final = timedelta(0)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def micros_of(t: datetime, name: str) -> int:
    """Return an instant in microseconds since 1970; `instant` would make it anew.

    Raises:
        InvalidValueError: If it is naive, or no instant: pandas' NaT is a datetime too.

    Examples:
        >>> micros_of(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC), "start")
        1000000
    """
    if not isinstance(t, datetime) or t != t:
        raise InvalidValueError(name, t, "must be a datetime with a time zone")
    if t.utcoffset() is None:
        instant(t, name)  # refuses it
    return (t - _EPOCH) // _MICRO


def in_time_order(start: datetime, end: datetime) -> tuple[int, int]:
    """Return two instants, the second not before the first.

    Raises:
        InvalidValueError: If one is naive, or they are reversed.
    """
    first, last = micros_of(start, "start"), micros_of(end, "end")
    if last < first:
        rule = f"must not be before start, {start.isoformat()}"
        raise InvalidValueError("end", end, rule, "signed_elapsed takes either order")
    return first, last


def target_of(duration: timedelta) -> int:
    """Return a duration.

    Raises:
        InvalidValueError: If it is none, or negative.
    """
    # What is no time compares to nothing: pandas' NaT.
    if not isinstance(duration, timedelta) or not duration >= _NOTHING:
        rule = "must be a timedelta that is not negative"
        raise InvalidValueError("duration", duration, rule, "due_backward counts the other way")
    return duration // _MICRO


def is_first(boundary: str, known: tuple[str, str]) -> bool:
    """Tell whether a reading is the first of two.

    Raises:
        InvalidValueError: If it is neither.
    """
    if boundary not in known:
        rule = f"must be {known[0]!r} or {known[1]!r}"
        raise InvalidValueError("boundary", boundary, rule, did_you_mean(boundary, known))
    return boundary == known[0]


def count_of(n: int) -> int:
    """Return a number of windows.

    Raises:
        InvalidValueError: If it is none, or negative.
    """
    if type(n) is not int or n < 0:
        raise InvalidValueError("n", n, "must be 0 or more")
    return n


def days_from(day: date, n: int) -> tuple[date, int]:
    """Return a date and a number of days, of either sign.

    Raises:
        InvalidValueError: If the date has a time of day, or the number is no whole one.
    """
    if type(n) is not int:
        raise InvalidValueError("n", n, "must be a whole number")
    if not isinstance(day, date) or isinstance(day, datetime):
        raise InvalidValueError("day", day, "must be a date without a time of day")
    return day, n
