"""The rules of a work calendar: hours of the week, holidays, dates of their own.

Law: rules that open the same times are equal, however they were written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import MAXYEAR, MINYEAR, date, datetime, timedelta
from typing import Final, TypeVar

import attrs
import msgspec

from crmkit.errors import InvalidValueError

from .frozen_map import FrozenMap
from .nearest import did_you_mean
from .period import Period
from .tagged import read_json
from .work_hours import Spans, Window, merged, spans_of, without, written


K = TypeVar("K")

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""The days of a week, as `date.weekday` counts them."""

_LEAP_YEAR: Final = 2024
_DAYS_OF_YEAR: Final = 366
_ONE: Final = timedelta(days=1)


@attrs.frozen
class WorkRules:
    """What is open on a local date, and why.

    Attributes:
        week: For each weekday its open time; what runs over midnight belongs to the next day.
        holidays: Dates that are closed.
        yearly: Months and days that are closed every year.
        special: Dates with hours of their own, which win over a holiday.
        over: What special hours of the day before run over into a date.
        breaks: What is cut out of a date.
        dates: All in all, the dates that are not as their weekday and year would have it.
        known: The dates whose holidays are known; None for all.
    """

    week: tuple[Spans, ...]
    holidays: frozenset[date] = attrs.field(eq=False)
    yearly: frozenset[tuple[int, int]]
    special: Mapping[date, Spans] = attrs.field(eq=False)
    over: Mapping[date, Spans] = attrs.field(eq=False)
    breaks: Mapping[date, Spans] = attrs.field(eq=False)
    dates: Mapping[date, Spans]
    known: Period | None = attrs.field(default=None)

    @known.validator
    def _check_known(self, _: object, known: Period | None) -> None:
        if known is not None and type(known) is not Period:
            raise InvalidValueError("known", known, "must be a Period, or None for all time")

    @classmethod
    def of(
        cls,
        week: Mapping[str, Iterable[Window]],
        holidays: Iterable[date],
        yearly: Iterable[str],
        special: Mapping[date, Iterable[Window]],
        breaks: Mapping[date, Iterable[Window]],
        *,
        known: Period | None = None,
    ) -> WorkRules:
        """Read the rules as a caller writes them.

        Raises:
            InvalidValueError: If a window, a date or a weekday is none, or the week has no hours.
        """
        for name, told in (("week", week), ("special", special), ("breaks", breaks)):
            if not isinstance(told, Mapping):
                raise InvalidValueError(name, told, "must be a mapping of days to their windows")
        own, over = {}, {}
        for day, windows in special.items():
            own[_day("special", day)], rest = spans_of(windows, f"special {day}")
            if rest:
                over[day + _ONE] = rest
        draft = cls(
            week=_week(week),
            holidays=frozenset(_day("holidays", day) for day in holidays),
            yearly=frozenset(_month_and_day(told) for told in yearly),
            special=FrozenMap(own),
            over=FrozenMap(over),
            breaks=FrozenMap({_day("breaks", day): _cut(w, day) for day, w in breaks.items()}),
            dates=FrozenMap(),
            known=known,
        )
        if len(draft.yearly) == _DAYS_OF_YEAR:
            rule = "must leave a day of the year open"
            raise InvalidValueError("yearly_holidays", f"{_DAYS_OF_YEAR} days", rule)
        named = {*draft.holidays, *draft.special, *draft.over, *draft.breaks}
        differing = {day: draft.made(day) for day in named if draft.made(day) != draft.usual(day)}
        return attrs.evolve(draft, dates=FrozenMap(differing))

    def on(self, day: date) -> Spans:
        """Return what is open on a date."""
        return self.dates[day] if day in self.dates else self.usual(day)

    def to_json(self, timezone: str) -> str:
        """Return the rules as JSON, with the names of the calendar's arguments."""
        special = {day: list(spans) for day, spans in self.special.items()}
        for day, spans in self.over.items():
            # Told with the day before, where the window begins; after its end, or it is none that
            # runs over midnight.
            end = spans[-1][1]
            *others, late = special[day - _ONE]
            overnight = [(late[0], end)] if late[0] > end else [late, (end + 1, end)]
            special[day - _ONE] = [*others, *overnight]
        week = {name: spans for name, spans in zip(WEEKDAYS, self.week, strict=True) if spans}
        told = Told(
            timezone=timezone,
            week=_written(week),
            holidays=sorted(self.holidays),
            yearly_holidays=[f"{month:02}-{day:02}" for month, day in sorted(self.yearly)],
            special=_written(dict(sorted(special.items()))),
            breaks=_written(dict(sorted(self.breaks.items()))),
            known=self.known,
        )
        return msgspec.json.encode(told).decode()

    def usual(self, day: date) -> Spans:
        """Return what is open on a date by its weekday and its place in the year."""
        return () if (day.month, day.day) in self.yearly else self.week[day.weekday()]

    def made(self, day: date) -> Spans:
        """Return the same by all rules, one after the other."""
        if day in self.special:
            open_time = self.special[day]
        elif day in self.holidays or (day.month, day.day) in self.yearly:
            return ()
        else:
            open_time = self.week[day.weekday()]
        open_time = merged((*open_time, *self.over.get(day, ())))
        return without(open_time, self.breaks.get(day, ()))


class Told(msgspec.Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A calendar as JSON tells it."""

    timezone: str
    week: dict[str, list[tuple[str, str]]]
    holidays: list[date] = []
    yearly_holidays: list[str] = []
    special: dict[date, list[tuple[str, str]]] = {}
    breaks: dict[date, list[tuple[str, str]]] = {}
    known: Period | None = None


def read_told(text: str) -> Told:
    """Read a calendar's JSON.

    Raises:
        InvalidValueError: If it is none.
    """
    return read_json(text, Told, "calendar")


def _written(spans: Mapping[K, Iterable[tuple[int, int]]]) -> dict[K, list[tuple[str, str]]]:
    return {key: [written(span) for span in of_day] for key, of_day in spans.items()}


def _week(told: Mapping[str, Iterable[Window]]) -> tuple[Spans, ...]:
    spans: list[list[tuple[int, int]]] = [[] for _ in WEEKDAYS]
    for name, windows in told.items():
        if name not in WEEKDAYS:
            raise InvalidValueError("week", name, "is no day", did_you_mean(name, WEEKDAYS))
        place = WEEKDAYS.index(name)
        today, tomorrow = spans_of(windows, name)
        spans[place] += today
        spans[(place + 1) % len(WEEKDAYS)] += tomorrow
    if not any(spans):
        rule = "must be open on some day"
        raise InvalidValueError("week", dict(told), rule, 'write {"mon": [("08:00", "18:00")]}')
    return tuple(map(merged, spans))


def _day(name: str, told: date) -> date:
    if not isinstance(told, date) or isinstance(told, datetime):
        raise InvalidValueError(name, told, "must be a date", "write date(2026, 10, 1)")
    if not MINYEAR < told.year < MAXYEAR:
        raise InvalidValueError(name, told, "must lie in the years 2 to 9998")
    return told


def _cut(windows: Iterable[Window], day: date) -> Spans:
    today, tomorrow = spans_of(windows, f"breaks {day}")
    if tomorrow:
        rule = "must end on the date it begins"
        raise InvalidValueError(f"breaks {day}", windows, rule, "name the next date as well")
    return today


def _month_and_day(told: str) -> tuple[int, int]:
    try:
        day = date.fromisoformat(f"{_LEAP_YEAR}-{told}")
    except (TypeError, ValueError):
        rule = "must be a month and a day"
        raise InvalidValueError("yearly_holidays", told, rule, "write '12-25'") from None
    return day.month, day.day
