"""The only place that knows what time it is.

Law: an instant is an aware datetime, held in UTC. Stores hold it as whole microseconds since 1970.
"""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

import attrs

from crmkit.errors import InvalidValueError


Clock: TypeAlias = Callable[[], datetime]
"""Anything that, called, tells the present instant as an aware datetime."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def instant(at: datetime, name: str = "at") -> datetime:
    """Return `at` in UTC, refusing a naive one.

    Args:
        at: Any aware datetime.
        name: What the caller calls it, for the message.

    Raises:
        InvalidValueError: If `at` is no datetime, has no time zone, or lies outside the years 1
            to 9999 in UTC.

    Examples:
        >>> from zoneinfo import ZoneInfo
        >>> instant(datetime(2026, 3, 1, 9, tzinfo=ZoneInfo("Asia/Shanghai")))
        datetime.datetime(2026, 3, 1, 1, 0, tzinfo=datetime.timezone.utc)
        >>> instant(datetime(2026, 3, 1, 9))
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: at is datetime.datetime(2026, 3, 1, 9, 0): it must have a\
 time zone; give it one with .replace(tzinfo=ZoneInfo("…"))
    """
    if not isinstance(at, datetime):
        raise InvalidValueError(name, at, "must be a datetime with a time zone")
    if at.tzinfo is UTC:
        return at
    if at.tzinfo is None or at.utcoffset() is None:
        way_out = 'give it one with .replace(tzinfo=ZoneInfo("…"))'
        raise InvalidValueError(name, at, "must have a time zone", way_out)
    try:
        return at.astimezone(UTC)
    except OverflowError:
        rule = "must lie in the years 1 to 9999, in UTC too"
        raise InvalidValueError(name, at, rule) from None


def checked_utc(at: datetime, name: str = "at") -> datetime:
    """Return `at` if it is an instant in UTC, as records hold it.

    Two datetimes of one local zone are subtracted by the wall clock, across its shifts too.

    Raises:
        InvalidValueError: If it is no aware datetime, or of another zone.

    Examples:
        >>> from zoneinfo import ZoneInfo
        >>> checked_utc(datetime(2026, 3, 1, 9, tzinfo=ZoneInfo("Asia/Shanghai")))
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: at is datetime.datetime(2026, 3, 1, 9, 0,\
 tzinfo=zoneinfo.ZoneInfo(key='Asia/Shanghai')): it must be in UTC; pass it through\
 crmkit.kernel.instant
    """
    if instant(at, name).tzinfo != at.tzinfo:
        raise InvalidValueError(name, at, "must be in UTC", "pass it through crmkit.kernel.instant")
    return at


def to_micros(at: datetime) -> int:
    """Return an aware datetime as whole microseconds since 1970-01-01 UTC.

    Raises:
        InvalidValueError: If `at` is no datetime or has no time zone.

    Examples:
        >>> to_micros(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC))
        1000000
    """
    return (instant(at) - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """Return whole microseconds since 1970-01-01 UTC as an aware datetime.

    Raises:
        InvalidValueError: If that is before the year 1 or after 9999.

    Examples:
        >>> from_micros(1_000_000)
        datetime.datetime(1970, 1, 1, 0, 0, 1, tzinfo=datetime.timezone.utc)
    """
    try:
        return _EPOCH + timedelta(0, 0, micros)
    except OverflowError:
        raise InvalidValueError("micros", micros, "must lie in the years 1 to 9999") from None


def system_clock() -> datetime:
    """Tell the time of this machine, in UTC.

    Examples:
        >>> system_clock().tzinfo
        datetime.timezone.utc
    """
    return datetime.now(UTC)


def unix_milliseconds() -> int:
    """Return milliseconds since 1970-01-01 UTC on this machine's clock; ids are made of them.

    Examples:
        >>> unix_milliseconds() > 1_700_000_000_000
        True
    """
    return time.time_ns() // 1_000_000


@attrs.frozen
class StillClock:
    """A clock that stands still, for tests and for reports as of a moment.

    Attributes:
        now: The instant it tells, always; told in UTC.

    Raises:
        InvalidValueError: If `now` is naive.

    Examples:
        >>> clock = StillClock(datetime(2026, 3, 1, tzinfo=UTC))
        >>> clock() == clock()
        True
    """

    now: datetime = attrs.field()

    @now.validator
    def _has_a_zone(self, _: object, value: datetime) -> None:
        instant(value, "now")

    def __call__(self) -> datetime:
        return instant(self.now)


class SteppingClock:
    """A clock that goes on by one step each time it is asked, so that no two answers are equal.

    It may be asked from many threads at once.

    Args:
        start: What it tells first; any aware datetime. It is told in UTC.
        step: How far it goes on each time; one second unless told.

    Raises:
        InvalidValueError: If `start` is naive, or the step does not go forward.

    Examples:
        >>> clock = SteppingClock(datetime(2026, 3, 1, tzinfo=UTC), timedelta(minutes=10))
        >>> clock().minute, clock().minute
        (0, 10)
    """

    def __init__(self, start: datetime, step: timedelta = timedelta(seconds=1)) -> None:
        if step <= timedelta(0):
            raise InvalidValueError("step", step, "must go forward")
        self._lock = threading.Lock()
        self._next = instant(start, "start")
        self._step = step

    def __call__(self) -> datetime:
        with self._lock:
            now = self._next
            self._next = now + self._step
        return now
