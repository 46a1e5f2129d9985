"""Dwell times: how long cases stay in each activity, by an event log.

Law: a stay that has not ended is told as such, and counts for as long as it has lasted; it is
neither left out nor taken for ended.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final, cast

import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrameT, IntoSeries
from numpy.typing import NDArray

from crmkit.errors import InvalidValueError
from crmkit.kernel import WorkCalendar
from crmkit.kernel.estimate import check_confidence
from crmkit.kernel.frames import ColumnKind, Eager, Words, bad_values, empty, find_flaws, frame_of
from crmkit.kernel.nearest import did_you_mean

from .case_log import CaseLog, EventNames, Places, log_of
from .log_columns import columns_of, given_back, text_codes
from .survival import curve_of
from .time_columns import Micros, durations_in
from .working_time import Count, open_until


_MICRO: Final = timedelta(microseconds=1)


def dwell_times(
    events: IntoFrameT | CaseLog[IntoFrameT],
    *,
    as_of: datetime,
    calendar: WorkCalendar | None = None,
    final: Collection[str] = (),
    case_id: str = "case_id",
    activity: str = "activity",
    at: str = "at",
    sequence: str = "sequence",
) -> IntoFrameT:
    """Tell how long each case stayed in each activity.

    A stay lasts from one event of a case to the next. The last one lasts until `as_of` and has not
    ended; where its activity is final, nothing follows, and it is no stay.

    Args:
        events: One row per event, in any order: pandas, polars (eager or lazy), DuckDB; or a log
            that was read already. Of a lazy frame the four columns are fetched, since its engine
            knows no calendar.
        as_of: Up to when the log is known.
        calendar: Whose working time counts; None for absolute time.
        final: Activities after which a case is over.
        case_id: Name of the column of cases: text or whole numbers.
        activity: Name of the column that tells what began.
        at: Name of the column of instants; naive times are refused.
        sequence: Name of the column of places in a case: whole numbers, each once in a case.

    Returns:
        The same kind of frame, in the order of case and sequence: one row per stay, with the
        columns `case_id`, `activity`, `sequence`, `since` and `until` (instants in UTC), `ended`,
        and `dwell` (a duration).

    Raises:
        InvalidValueError: If a column is missing or of another kind, a value is empty, a sequence
            stands twice in a case, times run backwards in a case, an event is after `as_of`, or a
            final activity is not among the events.

    Units:
        Working time of the calendar, or absolute time.

    Examples:
        >>> from datetime import UTC
        >>> import pandas
        >>> nine = pandas.Timestamp("2026-03-06 09:00", tz="UTC")  # a Friday
        >>> events = pandas.DataFrame(
        ...     {
        ...         "case_id": ["K-1", "K-1", "K-2"],
        ...         "activity": ["received", "answered", "received"],
        ...         "at": [nine, nine + pandas.Timedelta("3 days"), nine],
        ...         "sequence": [1, 2, 1],
        ...     }
        ... )
        >>> office = WorkCalendar("UTC", {"mon": [("08:00", "16:00")], "fri": [("08:00", "16:00")]})
        >>> as_of = datetime(2026, 3, 9, 16, tzinfo=UTC)
        >>> stays = dwell_times(events, as_of=as_of, calendar=office, final=["answered"])
        >>> stays[["case_id", "activity", "ended", "dwell"]]
          case_id  activity  ended           dwell
        0     K-1  received   True 0 days 08:00:00
        1     K-2  received  False 0 days 15:00:00
    """
    log = log_of(events, EventNames(case_id, activity, at, sequence))
    end = log.up_to(as_of)
    dwell = _passed(log, calendar, end)
    ended = np.ones(len(log.at), dtype=bool)
    ended[log.lasts] = False
    stays: Places = slice(None)
    if (is_final := _is_final(log, final)).any():
        over = log.lasts[is_final.take(log.activity.take(log.lasts))]
        stays = np.delete(np.arange(len(log.at)), over)
    made = columns_of(
        {
            "case_id": log.ids(stays),
            "activity": log.texts(stays),
            # The log stays what it is, whatever becomes of the stays.
            "sequence": log.sequence[stays].astype(np.int64),
            "since": log.at[stays].copy().view("datetime64[us]"),
            "until": log.following(log.at, end)[stays].view("datetime64[us]"),
            "ended": ended[stays],
            "dwell": dwell[stays].view("timedelta64[us]"),
        },
        log.frame,
    )
    return given_back(made, log.events)


def dwell_by_activity(stays: IntoFrameT, *, confidence: float = 0.95) -> IntoFrameT:
    """Sum up stays by activity, with the median time until they end.

    The median is that of Kaplan and Meier, as of `kaplan_meier`: stays that have not ended count
    for as long as they have lasted.

    Args:
        stays: What `dwell_times` returned, or a part of it.
        confidence: Share of such intervals that hold the true value.

    Returns:
        The same kind of frame: one row per activity, those with most stays first, with the columns
        `activity`, `n`, `ended`, `open`, and `median`, `low` and `high` (durations), which are
        missing where they lie beyond what was observed.

    Raises:
        InvalidValueError: If a column is missing or of another kind, a value is empty, or a
            duration is negative.

    Units:
        Durations as in `stays`.

    Source:
        Kaplan and Meier (1958); see `kaplan_meier`.

    Examples:
        >>> import pandas
        >>> stays = pandas.DataFrame(
        ...     {
        ...         "activity": "received",
        ...         "ended": [True, True, True, False],
        ...         "dwell": pandas.to_timedelta([2, 5, 8, 13], unit="h"),
        ...     }
        ... )
        >>> dwell_by_activity(stays)[["activity", "n", "ended", "open", "median"]]
           activity  n  ended  open          median
        0  received  4      3     1 0 days 05:00:00
    """
    check_confidence(confidence)
    frame = _stays(stays)
    rows = [] if not len(frame) else _summaries(frame, confidence)
    made = nw.from_dict(
        {name: [row[place] for row in rows] for place, name in enumerate(_SUMMARY)},
        schema=_SUMMARY,
        backend=frame.implementation,
    )
    return given_back(made, stays)


_SUMMARY: Final[dict[str, nw.dtypes.DType]] = {
    "activity": nw.String(),
    "n": nw.Int64(),
    "ended": nw.Int64(),
    "open": nw.Int64(),
    "median": nw.Duration("us"),
    "low": nw.Duration("us"),
    "high": nw.Duration("us"),
}


def _passed(log: CaseLog[Any], calendar: WorkCalendar | None, end: int) -> Micros:
    """Return the time from each event to the next of its case, or to the end of the log."""
    passed = np.empty_like(log.at)
    before = counting(log, calendar, end)
    at_end = int(before(np.array([end], dtype=np.int64))[0])
    for events, cases in log.case_blocks():
        told, lasts = before(log.at[events]), log.lasts[cases]
        np.subtract(told[1:], told[:-1], out=passed[events][:-1])
        passed[lasts] = at_end - told[lasts - events.start]
    return passed


def counting(log: CaseLog[Any], calendar: WorkCalendar | None, end: int) -> Count:
    """Return what tells the time from one instant to each of some, up to the end of a log.

    It is that of a calendar, or absolute without one. All instants are microseconds since 1970.
    """
    if calendar is None:
        return lambda instants: instants
    return open_until(calendar, log.at, end)


def _is_final(log: CaseLog[Any], final: Collection[str]) -> NDArray[np.bool_]:
    """Tell of each activity whether cases are over after it."""
    if isinstance(final, str):
        raise InvalidValueError("final", final, "must be a collection of names", f"[{final!r}]")
    for name in final:
        if log.activities and name not in log.activities:
            way_out = did_you_mean(str(name), log.activities)
            raise InvalidValueError("final", name, "must be an activity of the events", way_out)
    return np.isin(np.array(log.activities), np.array(list(final)))


def _stays(stays: IntoFrameT) -> Eager:
    """Return activities, flags and durations, in microseconds where the engine counted them."""
    asked = frame_of(stays, "stays", {"activity": ColumnKind.TEXT, "ended": ColumnKind.FLAG})
    schema = asked.collect_schema()
    if "dwell" not in schema:
        way_out = "give what dwell_times returned"
        raise InvalidValueError("dwell", Words("missing"), "must be a column of stays", way_out)
    picked = asked.select("activity", "ended", "dwell")
    # A column without a value has no type of its own in pandas.
    is_typed = isinstance(picked, nw.LazyFrame) or len(picked)
    if is_typed and not isinstance(schema["dwell"], nw.Duration):
        told = Words(f"a column of {schema['dwell']}")
        raise InvalidValueError("dwell", told, "must hold durations")
    if isinstance(picked, nw.LazyFrame):
        # DuckDB's intervals have no counterpart here: counted there, they are numbers.
        counted = nw.col("dwell").dt.total_microseconds()
        frame = cast("Eager", picked.with_columns(counted).collect())
    else:
        frame = picked
    find_flaws(frame, [*map(empty, frame.columns)])
    return frame


def _micros(dwell: nw.Series[IntoSeries]) -> Micros:
    if dwell.dtype.is_integer():
        micros: Micros = dwell.to_numpy().astype(np.int64)
    else:
        micros = durations_in(dwell.to_native(), "dwell", len(dwell))
    if (bad := np.flatnonzero(micros < 0)).size:
        told = [str(int(micros[place]) * _MICRO) for place in bad[:3]]
        raise bad_values("dwell", told, bad.tolist(), "must not be negative")
    return micros


def _summaries(frame: Eager, confidence: float) -> list[tuple[object, ...]]:
    codes, names = text_codes(frame["activity"])
    dwell = _micros(frame["dwell"])
    ended = frame["ended"].to_numpy().astype(bool)
    order = np.argsort(codes, kind="stable")
    ends = np.cumsum(np.bincount(codes, minlength=len(names)))
    found = {}
    for name, place in zip(names, np.split(order, ends[:-1]), strict=True):
        median = curve_of(dwell[place].astype(np.float64), ended[place], confidence).median
        times = [_duration(told) for told in (median.value, median.low, median.high)]
        found[-median.n, name] = (name, median.n, median.ended, median.n - median.ended, *times)
    return [found[key] for key in sorted(found)]


def _duration(micros: float | None) -> timedelta | None:
    return None if micros is None else micros * _MICRO
