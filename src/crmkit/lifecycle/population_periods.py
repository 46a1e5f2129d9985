"""Periods of a population's record: days, weeks, months, quarters or years, one after another.

Law: only periods that the record holds from beginning to end are told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any, Final, Literal, TypeAlias

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import Period, from_micros, to_micros

from .population import Population


Every: TypeAlias = Literal["D", "W", "M", "Q", "Y"] | int
"""How long a period is: a day, a week from Monday, a month, a quarter, a year; or so many days,
from the day on which the record begins."""


@attrs.frozen
class Grid:
    """Periods of a record, with the instants at which they end.

    Attributes:
        periods: One after another.
        starts: When each begins, in microseconds since 1970.
        ends: When each ends.
    """

    periods: tuple[Period, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]


def grid_of(population: Population[Any], every: Every) -> Grid:
    """Return the periods that a record holds whole: from its beginning to its end.

    The first is that in which the record begins, if it begins with the first move of all: before
    that, nobody was in any stage.

    Raises:
        InvalidValueError: If the periods have another name, none is held whole, or nobody told the
            zone of instants.
    """
    period, zone = _period_of(every), population.zone
    if zone is None:
        rule = "must be told when the moves are read, for periods begin at local midnight"
        raise InvalidValueError("timezone", None, rule, "Population.read(…, timezone='UTC')")
    here = period(from_micros(population.begin).astimezone(zone).date())
    found: list[tuple[Period, int, int]] = []
    while True:
        start, end = map(to_micros, here.instants(zone.key))
        if end > population.end:
            break
        found.append((here, start, end))
        here = period(here.until)
    if population.is_cut and found and found[0][1] < population.begin:
        found = found[1:]
    if not found:
        rule = "must fit whole between the beginning of the record and as_of"
        raise InvalidValueError("every", every, rule, "take shorter periods, or a longer record")
    told, starts, ends_ = zip(*found, strict=True)
    return Grid(told, starts, ends_)


def following(last: Period, every: Every, count: int) -> list[Period]:
    """Return the periods after another."""
    found = [last]
    for _ in range(count):
        found.append(_period_of(every)(found[-1].until))
    return found[1:]


def _period_of(every: Every) -> Callable[[date], Period]:
    if isinstance(every, str) and every in _PERIODS:
        return _PERIODS[every]
    if isinstance(every, bool) or not isinstance(every, int) or not 0 < every <= _LONGEST:
        rule = f"must be one of {', '.join(_PERIODS)}, or a number of days up to {_LONGEST}"
        raise InvalidValueError("every", every, rule)
    days = timedelta(days=every)
    return lambda day: Period(day, day + days)


_LONGEST: Final = 3_660


def _week(day: date) -> Period:
    monday = day - timedelta(days=day.weekday())
    return Period(monday, monday + timedelta(days=7))


_PERIODS: Final[Mapping[str, Callable[[date], Period]]] = {
    "D": Period.day,
    "W": _week,
    "M": lambda day: Period.month(day.year, day.month),
    "Q": lambda day: Period.quarter(day.year, (day.month + 2) // 3),
    "Y": lambda day: Period.year(day.year),
}
