"""Working time: when it is open, how much of it passed, when so much of it will have passed.

Law: durations are absolute, exact to the microsecond; a window is half-open on the clock of its
place. What is asked about any instant of the years 2 to 9998 is answered, or refused by name; of
dates whose holidays are not known, it is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Final, Literal, overload

from msgspec.structs import asdict

from .asked import count_of, days_from, in_time_order, is_first, micros_of, target_of
from .clock import from_micros
from .explanation import Explanation
from .holiday_sources import consecutive, country_days
from .open_days import OpenDays
from .open_time import OpenTime
from .pauses import Pause, in_order, lengthened_back, lengthened_by, paused
from .period import Period, named_zone
from .work_explained import explain_due, explain_elapsed
from .work_hours import Window
from .work_rules import WEEKDAYS, WorkRules, read_told


_FORWARD: Final = ("close", "next_open")
_BACKWARD: Final = ("open", "previous_close")
_MICRO: Final = timedelta(microseconds=1)
_NO_PAUSES: Final[tuple[Pause, ...]] = ()
_WHOLE_DAY: Final = (("00:00", "24:00"),)


class WorkCalendar:
    """When work is done: hours of a week in a time zone, holidays, and dates of their own.

    Windows of one day that overlap or touch count as one; a window that closes before it opens runs
    over midnight, and its second part belongs to the next day. Calendars are immutable, and equal
    when they are open at the same times of the same zone.

    Args:
        timezone: An IANA name.
        week: For each day, `mon` to `sun`, its windows: `[("08:00", "12:00"), ("13:00", "18:00")]`;
            a day that is not named is closed.
        holidays: Dates that are closed, from midnight to midnight.
        yearly_holidays: The same every year: `12-25`.
        special: Dates with hours of their own: they replace those of the week, and win over a
            holiday. A date without hours is closed.
        breaks: Windows that are cut out of one date.
        known: The dates whose holidays are known: what leads beyond is refused. None for all time.

    Raises:
        InvalidValueError: If the zone is unknown, no day of the week has hours, or a window, a date
            or a day of the week is none.

    Examples:
        >>> from datetime import UTC
        >>> windows = [("08:00", "12:00"), ("13:00", "18:00")]
        >>> office = WorkCalendar(
        ...     "Asia/Shanghai",
        ...     dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), windows),
        ...     holidays=[date(2026, 10, 1)],
        ... )
        >>> noticed = datetime(2026, 9, 30, 9, 30, tzinfo=UTC)  # 17:30 in Shanghai
        >>> office.due(noticed, timedelta(hours=1)).isoformat()
        '2026-10-02T00:30:00+00:00'
    """

    __slots__ = ("_days", "_open", "_rules", "_timezone")

    def __init__(
        self,
        timezone: str,
        week: Mapping[str, Iterable[Window]],
        *,
        holidays: Iterable[date] = (),
        yearly_holidays: Iterable[str] = (),
        special: Mapping[date, Iterable[Window]] | None = None,
        breaks: Mapping[date, Iterable[Window]] | None = None,
        known: Period | None = None,
    ) -> None:
        zone, own = named_zone(timezone), special or {}
        self._timezone = timezone
        self._rules = WorkRules.of(week, holidays, yearly_holidays, own, breaks or {}, known=known)
        self._open = OpenTime(zone, self._rules)
        self._days = OpenDays(self._rules, bool)

    @classmethod
    def always(cls, timezone: str) -> WorkCalendar:
        """Return the calendar that never closes.

        Examples:
            >>> from datetime import UTC
            >>> noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
            >>> WorkCalendar.always("Asia/Shanghai").due(noon, timedelta(hours=1)).hour
            13
        """
        return cls(timezone, dict.fromkeys(WEEKDAYS, _WHOLE_DAY))

    @classmethod
    def for_country(
        cls,
        country: str,
        timezone: str,
        week: Mapping[str, Sequence[Window]],
        *,
        years: int | Iterable[int],
        subdivision: str | None = None,
        make_up_hours: Sequence[Window] | None = None,
        holidays: Iterable[date] = (),
        yearly_holidays: Iterable[str] = (),
        special: Mapping[date, Iterable[Window]] | None = None,
        breaks: Mapping[date, Iterable[Window]] | None = None,
    ) -> WorkCalendar:
        """Return the calendar that keeps a country's public holidays, and works on make-up days.

        The first arguments are those of `country_days`, which needs the extra `calendar`;
        `make_up_hours` is that of `PublicDays.hours`. What is named besides comes on top: further
        holidays close a make-up day too, special hours win over it. Of other years than `years`,
        which follow one another, no holidays are known: what leads there is refused.

        Examples:
            >>> week = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), [("09:00", "18:00")])
            >>> china = WorkCalendar.for_country("CN", "Asia/Shanghai", week, years=2026)
            >>> str(china.add_business_days(date(2026, 9, 30), 1))
            '2026-10-08'
        """
        asked = consecutive(years)
        days = country_days(country, asked, subdivision=subdivision)
        closed = frozenset(holidays)
        worked = days.hours(week, make_up_hours=make_up_hours)
        own = {day: hours for day, hours in worked.items() if day not in closed}
        return cls(
            timezone,
            week,
            holidays=days.holidays | closed,
            yearly_holidays=yearly_holidays,
            special={**own, **(special or {})},
            breaks=breaks,
            known=Period(date(asked.start, 1, 1), date(asked.stop, 1, 1)),
        )

    @property
    def timezone(self) -> str:
        """The IANA name of its zone."""
        return self._timezone

    @property
    def open_time(self) -> OpenTime:
        """Its open time on a line, for batches."""
        return self._open

    @property
    def rules(self) -> WorkRules:
        """Its hours, holidays and dates."""
        return self._rules

    def is_open(self, t: datetime) -> bool:
        """Tell whether an instant is working time.

        Raises:
            InvalidValueError: If it is naive, or beyond the years 2 to 9998 or the known dates.
        """
        return self._open.is_open(micros_of(t, "t"))

    def next_open(self, t: datetime) -> datetime:
        """Return the first instant from `t` on that is open, in UTC: `t` itself where it is.

        Raises:
            InvalidValueError: If `t` is naive, or it never opens again.
        """
        return from_micros(self._open.forward(micros_of(t, "t"), 0, at_close=False))

    def last_close(self, t: datetime) -> datetime:
        """Return the last instant up to `t` before which it was open, in UTC: `t` where it was.

        Raises:
            InvalidValueError: If `t` is naive, or it never was open.
        """
        return from_micros(self._open.backward(micros_of(t, "t"), 0, at_open=False))

    def windows(self, start: datetime, n: int) -> tuple[tuple[datetime, datetime], ...]:
        """Return the next open windows, in UTC; the first is cut where `start` lies in it.

        A window that runs over local midnight is told in two parts, one for each date.

        Raises:
            InvalidValueError: If `start` is naive, `n` negative, or there are not so many.

        Examples:
            >>> from datetime import UTC
            >>> night = WorkCalendar("UTC", {"mon": [("22:00", "06:00")]})
            >>> [opens.day for opens, _ in night.windows(datetime(2026, 3, 1, tzinfo=UTC), 2)]
            [2, 3]
        """
        found = tuple(islice(self._open.intervals(micros_of(start, "start"), None), count_of(n)))
        if len(found) < n:
            rule = f"must be {len(found)} at most: there are no more in"
            raise self._open.reach.refusal("n", n, rule)
        return tuple((from_micros(opens), from_micros(closes)) for opens, closes in found)

    def elapsed(
        self, start: datetime, end: datetime, *, pauses: Iterable[Pause] = _NO_PAUSES
    ) -> timedelta:
        """Return the open time from `start` to `end`, without the pauses.

        Args:
            start: Where the count begins.
            end: Where it ends; not before `start`.
            pauses: Stretches that do not count, in any order; overlapping ones count once.

        Raises:
            InvalidValueError: If a time is naive, or the interval or a pause is reversed.
        """
        if pauses is _NO_PAUSES:
            passed = self._open.ruler.between(start, end)
            if passed is not None:
                return passed
        first, last = in_time_order(start, end)
        whole = self._open.between(first, last)
        return (whole - paused(self._open, first, last, in_order(pauses))) * _MICRO

    def signed_elapsed(
        self, start: datetime, end: datetime, *, pauses: Iterable[Pause] = _NO_PAUSES
    ) -> timedelta:
        """Return the same, negative where `end` is before `start`.

        Raises:
            InvalidValueError: If a time is naive, or a pause is reversed.
        """
        if micros_of(end, "end") < micros_of(start, "start"):
            return -self.elapsed(end, start, pauses=pauses)
        return self.elapsed(start, end, pauses=pauses)

    def due(
        self,
        start: datetime,
        duration: timedelta,
        *,
        pauses: Iterable[Pause] = _NO_PAUSES,
        boundary: Literal["close", "next_open"] = "close",
    ) -> datetime:
        """Return when so much open time will have passed since `start`, in UTC.

        Args:
            start: Where the count begins.
            duration: How much; of none, the answer is the first open instant.
            pauses: As for `elapsed`.
            boundary: `close`: used up exactly at closing time, it is due at closing; `next_open`:
                at the opening after it.

        Raises:
            InvalidValueError: If a time is naive, the duration negative, a pause reversed, or so
                much never passes.
        """
        first, target = micros_of(start, "start"), target_of(duration)
        at_close = is_first(boundary, _FORWARD) and target > 0
        told = in_order(pauses)
        whole = lengthened_by(self._open, first, target, told, at_close=at_close)
        return from_micros(self._open.forward(first, whole, at_close=at_close))

    def due_backward(
        self,
        end: datetime,
        duration: timedelta,
        *,
        pauses: Iterable[Pause] = _NO_PAUSES,
        boundary: Literal["open", "previous_close"] = "open",
    ) -> datetime:
        """Return from when so much open time passes until `end`, in UTC: the latest start.

        Args:
            end: Where the count ends.
            duration: How much; of none, the answer is the last instant before which it was open.
            pauses: As for `elapsed`.
            boundary: `open`: used up exactly at opening time, it begins at the opening;
                `previous_close`: at the closing before it.

        Raises:
            InvalidValueError: If a time is naive, the duration negative, a pause reversed, or so
                much never passed.
        """
        last, target = micros_of(end, "end"), target_of(duration)
        at_open = is_first(boundary, _BACKWARD) and target > 0
        told = in_order(pauses)
        whole = lengthened_back(self._open, last, target, told, at_open=at_open)
        return from_micros(self._open.backward(last, whole, at_open=at_open))

    def add_business_days(self, day: date, n: int) -> date:
        """Return the date so many business days later; earlier where `n` is negative.

        A business day is a local date with open hours; the first is the next one after `day`. For 0
        it is `day` itself, or the next one where `day` is none.

        Raises:
            InvalidValueError: If `day` is no plain date, `n` no whole number, or it leads beyond
                the years 2 to 9998, or the known dates.

        Examples:
            >>> hours = [("09:00", "17:00")]
            >>> office = WorkCalendar("UTC", {"mon": hours, "fri": hours})
            >>> friday = date(2026, 3, 6)
            >>> office.add_business_days(friday, 2) == date(2026, 3, 13)
            True
        """
        found = self._days.plus(*days_from(day, n))
        self._open.reach.check_days(n, day, found)
        return found

    @overload
    def explain(
        self, start: datetime, end_or_duration: datetime, *, pauses: Iterable[Pause] = _NO_PAUSES
    ) -> Explanation[timedelta]: ...
    @overload
    def explain(
        self, start: datetime, end_or_duration: timedelta, *, pauses: Iterable[Pause] = _NO_PAUSES
    ) -> Explanation[datetime]: ...
    def explain(
        self,
        start: datetime,
        end_or_duration: datetime | timedelta,
        *,
        pauses: Iterable[Pause] = _NO_PAUSES,
    ) -> Explanation[timedelta] | Explanation[datetime]:
        """Return why so much time passed, or why it is due then.

        The evidence is the windows, holidays, special hours, breaks and pauses; the sum of the
        windows, less what the pauses take out of them, is the time that counted.

        Args:
            start: Where the count begins.
            end_or_duration: Up to when, for `elapsed`; how much, for `due`.
            pauses: As for `elapsed`.

        Raises:
            InvalidValueError: As `elapsed` and `due`.

        Examples:
            >>> from datetime import UTC
            >>> office = WorkCalendar("Asia/Shanghai", {"fri": [("08:00", "18:00")]})
            >>> print(office.explain(datetime(2026, 3, 6, 9, tzinfo=UTC), timedelta(hours=2)))
            2 h of working time from 2026-03-06 17:00 CST is used up at 2026-03-13 09:00 CST;\
 open for 2 h (windows: 2, days: 2)
              open from 2026-03-06 17:00 CST to 2026-03-06 18:00 CST: 1 h
              open from 2026-03-13 08:00 CST to 2026-03-13 09:00 CST: 1 h
        """
        if isinstance(end_or_duration, datetime):
            return explain_elapsed(self, start, end_or_duration, pauses)
        return explain_due(self, start, end_or_duration, pauses)

    def to_json(self) -> str:
        """Return it as JSON, which `from_json` reads.

        Examples:
            >>> calendar = WorkCalendar("UTC", {"mon": [("09:00", "17:00")]})
            >>> WorkCalendar.from_json(calendar.to_json()) == calendar
            True
        """
        return self._rules.to_json(self._timezone)

    @staticmethod
    def from_json(text: str) -> WorkCalendar:
        """Read what `to_json` wrote.

        Raises:
            InvalidValueError: If it is no JSON of a calendar.
        """
        return WorkCalendar(**asdict(read_told(text)))

    def intervals(self, start: datetime, end: datetime) -> tuple[tuple[datetime, datetime], ...]:
        """Return the open windows between two instants, in UTC, cut to them; as `windows`.

        Raises:
            InvalidValueError: If a time is naive, or the interval reversed.
        """
        first, last = in_time_order(start, end)
        found = self._open.intervals(first, last)
        return tuple((from_micros(opens), from_micros(closes)) for opens, closes in found)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, WorkCalendar):
            return NotImplemented
        return (self._timezone, self._rules) == (other._timezone, other._rules)

    def __hash__(self) -> int:
        return hash((self._timezone, self._rules))

    def __repr__(self) -> str:
        return f"WorkCalendar.from_json({self.to_json()!r})"

    def __reduce__(self) -> tuple[Callable[[str], WorkCalendar], tuple[str]]:
        return WorkCalendar.from_json, (self.to_json(),)
