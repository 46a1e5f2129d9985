# /// script
# requires-python = ">=3.11"
# dependencies = ["crmkit", "businesstimedelta==1.0.1", "pytz"]
#
# [tool.uv.sources]
# crmkit = { path = "..", editable = true }
# ///
"""Working time in batches and one by one, against numpy, pandas and businesstimedelta.

The yardstick of a batch is one `np.searchsorted` of the same starts among the calendar's bends: a
search per row is what the counting costs where it is done by search, and elapsed time takes two.

businesstimedelta and `CustomBusinessHour` go row by row: they are given fewer rows, and the figures
are per row. `np.busday_count` counts whole days and nothing finer.
"""

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

import attrs
import numpy as np
import pandas as pd
import pytz  # type: ignore[import-untyped]  # its stubs are not installed
from businesstimedelta import (  # type: ignore[import-untyped]  # it has no stubs
    HolidayRule,
    LunchTimeRule,
    Rules,
    WorkDayRule,
)
from measuring import Goal, Sense, report
from numpy.typing import NDArray

from crmkit.sla import WorkCalendar, due_many, elapsed_many


Times = NDArray[np.datetime64]

MILLION = 1_000_000
ZONE = "Europe/Berlin"
YEARS = range(2020, 2027)
CLOSED = ((1, 1), (5, 1), (10, 3), (12, 25), (12, 26))
HOLIDAYS = [date(year, month, day) for year in YEARS for month, day in CLOSED]
WORKDAYS = ("mon", "tue", "wed", "thu", "fri")
ALONE = 100  # pairs of instants asked one by one
FEW = 100  # rows for those who go row by row


@attrs.frozen
class Row:
    """What goes row by row, repeated so often that its time is that of so many rows."""

    act: Callable[[int], object]
    rows: int

    def __call__(self) -> None:
        for row in range(self.rows):
            self.act(row)


def goals(_: Path) -> Iterator[Goal]:
    """Name the goals."""
    rng = np.random.default_rng(20260301)
    plain = _calendar("08:00", "12:00", "13:30", "17:30")
    odd = _calendar("08:07", "12:13", "13:31", "17:43")
    starts, ends = _pairs(rng, MILLION)
    for name, calendar, limit in (("plain", plain, 1.5), ("odd minutes", odd, 2.0)):
        yield _against_search(name, calendar, starts, ends, limit)
    yield from _against_others(plain, starts, ends)
    yield from _alone(plain, starts, ends)
    many = _pairs(rng, 10 * MILLION)
    yield Goal(
        "elapsed, ten million rows against a million",
        ours=lambda: elapsed_many(plain, *many),
        peer=lambda: elapsed_many(plain, starts, ends),
        limit=13.0,
        sense=Sense.TIME_AT_MOST,
    )
    fewer = starts[: MILLION // 10], ends[: MILLION // 10]
    yield Goal(
        "elapsed, a million rows against 100 thousand",
        ours=lambda: elapsed_many(plain, starts, ends),
        peer=lambda: elapsed_many(plain, *fewer),
        limit=13.0,
        sense=Sense.TIME_AT_MOST,
    )
    yield Goal(
        "due, ten million rows against a million",
        ours=lambda: due_many(plain, many[0], timedelta(hours=20)),
        peer=lambda: due_many(plain, starts, timedelta(hours=20)),
        limit=13.0,
        sense=Sense.TIME_AT_MOST,
    )


def _against_search(
    name: str, calendar: WorkCalendar, starts: Times, ends: Times, limit: float
) -> Goal:
    first, last = (at.astype("datetime64[us]").astype(np.int64) for at in (starts, ends))
    stretch = calendar.open_time.over(int(first.min()), int(last.max()))
    bends = np.sort(np.array([*stretch.starts, *stretch.ends]))
    return Goal(
        f"elapsed, {name}, against one np.searchsorted",
        ours=lambda: elapsed_many(calendar, starts, ends),
        peer=lambda: np.searchsorted(bends, first, "right"),
        limit=limit,
        sense=Sense.TIME_AT_MOST,
        things=len(starts),
    )


def _against_others(calendar: WorkCalendar, starts: Times, ends: Times) -> Iterator[Goal]:
    rows = len(starts)
    holidays = np.array(HOLIDAYS, dtype="datetime64[D]")
    yield Goal(
        "elapsed against np.busday_count, which counts days",
        ours=lambda: elapsed_many(calendar, starts, ends),
        peer=lambda: np.busday_count(_days(starts), _days(ends), holidays=holidays),
        limit=2.0,
        sense=Sense.SPEED_AT_LEAST,
        things=rows,
    )
    rules = _rules()
    pairs = _few(starts, ends, FEW, pytz.timezone(ZONE))
    yield Goal(
        f"elapsed against businesstimedelta on {FEW} of the rows",
        ours=lambda: elapsed_many(calendar, starts, ends),
        peer=Row(lambda row: rules.difference(*pairs[row]), FEW),
        limit=50_000 * FEW / rows,
        sense=Sense.SPEED_AT_LEAST,
    )
    hours = pd.offsets.CustomBusinessHour(
        20, start=["08:00", "13:30"], end=["12:00", "17:30"], holidays=HOLIDAYS
    )
    stamps = pd.DatetimeIndex(starts[:FEW])
    yield Goal(
        f"due against pandas' CustomBusinessHour on {FEW} of the rows",
        ours=lambda: due_many(calendar, starts, timedelta(hours=20)),
        peer=Row(lambda row: stamps[row] + hours, FEW),
        limit=2_000 * FEW / rows,
        sense=Sense.SPEED_AT_LEAST,
    )


def _alone(calendar: WorkCalendar, starts: Times, ends: Times) -> Iterator[Goal]:
    for name, zone in (("in UTC", UTC), ("in a named zone", ZoneInfo(ZONE))):
        yield _against_stamps(name, calendar, _few(starts, ends, ALONE, zone) * 150)
    rules, theirs = _rules(), _few(starts, ends, ALONE, pytz.timezone(ZONE))
    pairs = _few(starts, ends, ALONE, UTC)
    yield Goal(
        "one pair against businesstimedelta",
        ours=lambda: [calendar.elapsed(start, end) for start, end in pairs],
        peer=lambda: [rules.difference(start, end) for start, end in theirs],
        limit=300.0,
        sense=Sense.SPEED_AT_LEAST,
        things=ALONE,
    )


def _against_stamps(
    name: str, calendar: WorkCalendar, pairs: list[tuple[datetime, datetime]]
) -> Goal:
    return Goal(
        f"one pair {name} against two .timestamp() calls",
        ours=lambda: [calendar.elapsed(start, end) for start, end in pairs],
        peer=lambda: [(start.timestamp(), end.timestamp()) for start, end in pairs],
        limit=4.0,
        sense=Sense.TIME_AT_MOST,
        things=len(pairs),
    )


def _days(times: Times) -> Times:
    return times.astype("datetime64[D]")


def _calendar(opens: str, lunch: str, after: str, closes: str) -> WorkCalendar:
    week = dict.fromkeys(WORKDAYS, ((opens, lunch), (after, closes)))
    return WorkCalendar(ZONE, week, holidays=HOLIDAYS)


def _rules() -> Rules:
    at = {name: pd.Timestamp(name).time() for name in ("08:00", "12:00", "13:30", "17:30")}
    zone, workdays = pytz.timezone(ZONE), list(range(5))
    return Rules(
        [
            WorkDayRule(
                start_time=at["08:00"], end_time=at["17:30"], working_days=workdays, tz=zone
            ),
            LunchTimeRule(
                start_time=at["12:00"], end_time=at["13:30"], working_days=workdays, tz=zone
            ),
            HolidayRule(dict.fromkeys(HOLIDAYS, "closed"), tz=zone),
        ]
    )


def _pairs(rng: np.random.Generator, size: int) -> tuple[Times, Times]:
    """Draw cases over five years, each open for up to sixty days."""
    seconds = rng.integers(0, 5 * 365 * 86_400, size)
    lasts = rng.integers(0, 60 * 86_400, size)
    starts = np.datetime64("2020-06-01", "us") + seconds.astype("timedelta64[s]")
    return starts, starts + lasts.astype("timedelta64[s]")


def _few(starts: Times, ends: Times, rows: int, zone: tzinfo) -> list[tuple[datetime, datetime]]:
    """Return the first rows as pairs of aware datetimes."""
    columns = (
        pd.DatetimeIndex(at[:rows], tz="UTC").tz_convert(zone).to_pydatetime().tolist()
        for at in (starts, ends)
    )
    return list(zip(*columns, strict=True))


if __name__ == "__main__":
    # Ten million rows leave the processor's own memory: what else runs meanwhile is felt there.
    sys.exit(report(goals, samples=9))
