"""One promise over many cases: what became of it in each, by an event log.

Law: every row is what `SlaClock` says of a promise to resolve whose clock resumes when the case is
opened again; the log is read once, and all rows are counted together.

Source: the page "How the clocks count" of the manual.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Literal, TypeAlias, cast

import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrameT
from numpy.typing import NDArray

from crmkit.errors import InvalidValueError
from crmkit.kernel import StateGroup, WorkCalendar
from crmkit.kernel.checks import several
from crmkit.kernel.nearest import did_you_mean
from crmkit.stats.case_log import CaseLog, EventNames, log_of
from crmkit.stats.log_columns import columns_of, given_back, texts_of
from crmkit.stats.time_columns import MISSING, Micros
from crmkit.stats.working_time import due_many

from .log_courses import LogCourses, log_courses
from .sla_clock import ClockState
from .target import Metric, SlaTarget


Values: TypeAlias = nw.Series[Any] | NDArray[np.generic]

_MICRO: Final = timedelta(microseconds=1)
_STATES: Final = tuple(ClockState)


def promises_kept(
    events: IntoFrameT | CaseLog[IntoFrameT],
    *,
    calendar: WorkCalendar,
    limit: timedelta,
    groups: Mapping[str, StateGroup],
    as_of: datetime,
    pauses: Collection[StateGroup] = (),
    boundary: Literal["close", "next_open"] = "close",
    warning: float = 0.8,
    case_id: str = "case_id",
    activity: str = "activity",
    at: str = "at",
    sequence: str = "sequence",
) -> IntoFrameT:
    """Tell of each case what became of the promise to resolve it within a limit.

    The clock of a case starts with its first event, and stands still while the case is in one of
    the groups of `pauses`. It ends when the case is resolved or closed: met at or before the due
    instant, breached after it. What is closed after it was resolved keeps the time at which it was
    resolved. A case that is cancelled, or a duplicate, needs no resolution any more: its clock is
    cancelled, unless it was breached before, and stays so when the case is closed later.

    A case that is opened again resumes its clock: the time since it was resolved, closed or
    cancelled counts as a pause, and what counts is when it is resolved for good.

    It judges resolutions within working time, and nothing else: a log of activities does not tell
    who said what, which responses need, and limits in days are refused. For those, and for
    milestones, ask `SlaPolicy.clocks` of each case.

    Args:
        events: One row per event, or a log that was read already, as for `dwell_times`.
        calendar: Whose working time counts.
        limit: How much of it the resolution may take.
        groups: The state group of each activity.
        as_of: Up to when the log is known.
        pauses: In which groups the clock stands still: those of waiting.
        boundary: Where the limit is used up exactly at closing time: due at closing, `close`, or at
            the opening after it, `next_open`.
        warning: At what share of the limit to warn.
        case_id: Name of the column of cases: text or whole numbers.
        activity: Name of the column that tells what began.
        at: Name of the column of instants; naive times are refused.
        sequence: Name of the column of places in a case: whole numbers, each once in a case.

    Returns:
        The same kind of frame, in the order of the cases: one row per case, with the columns

        * `case_id`;
        * `started_at`, `due_at`, `warning_at`, `done_at`: instants in UTC; when it is due, and
          when to warn, is missing where the clock stands still before that, and `done_at` where
          nothing is resolved;
        * `state`: `met`, `breached`, `running`, `paused` or `cancelled`, as `ClockState`;
        * `elapsed`: the working time used, up to the resolution, the cancellation or `as_of`;
        * `margin`: what is left of the limit, negative where more was used. A promise that was
          broken while the calendar was closed has a margin of 0.

    Raises:
        InvalidValueError: If the log is refused, as by `dwell_times`; an activity has no group;
            the limit is not above 0, or in days; or a pause is no group of waiting.

    Units:
        Working time of the calendar.

    Source:
        The semantics of `SlaClock`, with `Reopening.RESUME`.

    Examples:
        >>> from datetime import UTC
        >>> import pandas
        >>> nine = pandas.Timestamp("2026-03-06 09:00", tz="UTC")  # a Friday
        >>> events = pandas.DataFrame(
        ...     {
        ...         "case_id": ["K-1", "K-1", "K-2"],
        ...         "activity": ["new", "solved", "new"],
        ...         "at": [nine, nine + pandas.Timedelta("3 days"), nine],
        ...         "sequence": [1, 2, 1],
        ...     }
        ... )
        >>> office = WorkCalendar("UTC", {"mon": [("08:00", "16:00")], "fri": [("08:00", "16:00")]})
        >>> table = promises_kept(
        ...     events,
        ...     calendar=office,
        ...     limit=timedelta(hours=10),
        ...     groups={"new": StateGroup.OPEN, "solved": StateGroup.RESOLVED},
        ...     as_of=datetime(2026, 3, 9, 12, tzinfo=UTC),
        ... )
        >>> table[["case_id", "state", "elapsed", "margin"]]
          case_id     state         elapsed            margin
        0     K-1       met 0 days 08:00:00   0 days 02:00:00
        1     K-2  breached 0 days 11:00:00 -1 days +23:00:00
    """
    target = SlaTarget(
        metric=Metric.RESOLUTION,
        limit=_working_time(limit),
        calendar=calendar,
        pauses=several(pauses, "pauses"),
        warning=warning,
        boundary=boundary,
    )
    log = log_of(events, EventNames(case_id, activity, at, sequence))
    end = log.up_to(as_of)
    courses = log_courses(log, _groups_of(log, groups), target, end)
    columns = _times(courses, target)
    state = texts_of(_states(courses, columns["due_at"], end), _STATES_TOLD, "state", log.frame)
    told: dict[str, Values] = {"case_id": log.ids(log.firsts), **columns, "state": state}
    made = columns_of({name: told[name] for name in _COLUMNS}, log.frame)
    return given_back(made, log.events)


_STATES_TOLD: Final = tuple(str(state.value) for state in _STATES)
_COLUMNS: Final = (
    "case_id",
    "started_at",
    "due_at",
    "warning_at",
    "done_at",
    "state",
    "elapsed",
    "margin",
)


def _working_time(limit: timedelta) -> timedelta:
    if not isinstance(limit, timedelta):
        rule = "must be a timedelta of working time: an event log is judged by no other limit"
        way_out = "for BusinessDays and CalendarDays ask SlaPolicy.clocks of each case"
        raise InvalidValueError("limit", limit, rule, way_out)
    return limit


def _groups_of(log: CaseLog[Any], groups: Mapping[str, StateGroup]) -> list[StateGroup]:
    """Return the group of each activity of the log."""
    for name in log.activities:
        if name not in groups:
            way_out = did_you_mean(name, groups)
            raise InvalidValueError("groups", name, "must have a state group", way_out)
    return [StateGroup.of(groups[name], "groups") for name in log.activities]


def _times(courses: LogCourses, target: SlaTarget) -> dict[str, NDArray[np.generic]]:
    """Return the columns of instants and durations."""
    starts = courses.started_at.view("datetime64[us]")
    due, warn = (
        _moments(target, starts, limits, courses.still_since)
        for limits in (courses.allowed, courses.quiet)
    )
    limit = cast("timedelta", target.limit) // _MICRO
    return {
        "started_at": starts,
        "due_at": due,
        "warning_at": warn,
        "done_at": np.where(courses.is_done, courses.rests_at, MISSING).view("datetime64[us]"),
        "elapsed": courses.elapsed.view("timedelta64[us]"),
        "margin": (limit - courses.elapsed).view("timedelta64[us]"),
    }


def _moments(
    target: SlaTarget, starts: NDArray[np.datetime64], limits: Micros, still_since: Micros
) -> NDArray[np.datetime64]:
    """Return when limits are used up; missing where the clock stands still before that."""
    durations = limits.view("timedelta64[us]")
    at = due_many(target.calendar, starts, durations, boundary=target.boundary)
    micros, still = at.view(np.int64), still_since != MISSING
    # Of all instants at which so much is used, `next_open` takes the last: a pause moves it.
    is_first = (limits > 0) & (target.boundary == "close")
    known = (micros < still_since) | ((micros == still_since) & is_first)
    np.copyto(micros, MISSING, where=still & ~known)
    return at


def _states(courses: LogCourses, due_at: NDArray[np.generic], end: int) -> NDArray[np.uint8]:
    """Return the place of each case's state in `ClockState`."""
    due = due_at.view(np.int64)
    rests = courses.rests_at != MISSING
    late = (due != MISSING) & (np.where(rests, courses.rests_at, end) > due)
    place = {state: number for number, state in enumerate(_STATES)}
    states = [place[ClockState.RUNNING]] * 16
    for bit, state in enumerate(_RISING):
        states[1 << bit : 2 << bit] = [place[state]] * (1 << bit)
    flags = (courses.still_since != MISSING, rests, courses.is_done, late)
    told = np.zeros(len(due), dtype=np.uint8)
    for bit, flag in enumerate(flags):
        told |= flag.view(np.uint8) << bit
    return np.array(states, dtype=np.uint8).take(told)


_RISING: Final = (ClockState.PAUSED, ClockState.CANCELLED, ClockState.MET, ClockState.BREACHED)
"""Of two that hold, the later one is told."""
