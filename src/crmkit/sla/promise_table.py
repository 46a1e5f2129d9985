"""One promise over many cases: what became of it in each, by an event log.

Law: every row is what `SlaClock` says of a promise to resolve whose clock resumes when the case is
opened again; the log is read once, and all rows are counted together.

Source: the page "How the clocks count" of the manual.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Literal, TypeAlias, cast

import attrs
import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrameT
from numpy.typing import NDArray

from crmkit.errors import InvalidValueError
from crmkit.kernel import StateGroup, WorkCalendar
from crmkit.kernel.checks import several
from crmkit.kernel.nearest import did_you_mean
from crmkit.stats.case_log import CaseLog, EventNames, log_of
from crmkit.stats.dwell import passed_before
from crmkit.stats.log_columns import blocks, columns_of, given_back, taken, texts_of
from crmkit.stats.time_columns import MISSING, Micros
from crmkit.stats.working_time import due_many

from .sla_clock import ClockState
from .target import Metric, SlaTarget


Values: TypeAlias = nw.Series[Any] | NDArray[np.generic]
Flags = NDArray[np.bool_]
Places = NDArray[np.intp]

_MICRO: Final = timedelta(microseconds=1)
_STATES: Final = tuple(ClockState)
_DONE: Final = (StateGroup.RESOLVED, StateGroup.CLOSED)
_RESTING: Final = (*_DONE, StateGroup.CANCELLED, StateGroup.DUPLICATE)


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
            the limit is not above 0; or a pause is no group of waiting.

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
    courses = _courses(log, _groups_of(log, groups), target, end)
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


@attrs.frozen(eq=False)
class _Courses:
    """What happened to the promise in each case, before it is judged.

    Attributes:
        started_at: When the clock started.
        elapsed: Working time that counted in all.
        rests_at: When the case came to rest; `MISSING` where it did not.
        is_done: Whether it rests because it is resolved or closed.
        still_since: Since when the clock stands still; `MISSING` where it does not.
        allowed: The limit, and the working time of the pauses that begin before it is used up; the
            pause that still lasts is none of them.
        quiet: The same of the part of the limit after which to warn.
    """

    started_at: Micros
    elapsed: Micros
    rests_at: Micros
    is_done: Flags
    still_since: Micros
    allowed: Micros
    quiet: Micros


def _working_time(limit: timedelta) -> timedelta:
    if not isinstance(limit, timedelta):
        rule = "must be a timedelta of working time"
        raise InvalidValueError("limit", limit, rule, "limits in days are for SlaPolicy")
    return limit


def _groups_of(log: CaseLog[Any], groups: Mapping[str, StateGroup]) -> list[StateGroup]:
    """Return the group of each activity of the log."""
    for name in log.activities:
        if name not in groups:
            way_out = did_you_mean(name, groups)
            raise InvalidValueError("groups", name, "must have a state group", way_out)
    return [StateGroup.of(groups[name], "groups") for name in log.activities]


def _courses(log: CaseLog[Any], groups: list[StateGroup], target: SlaTarget, end: int) -> _Courses:
    """Follow every case through its groups."""
    kinds = taken(_kinds(groups, target), log.activity)
    rests, done, waits = (kinds & bit != 0 for bit in (1, 2, 4))
    clock = _Clock.of(log, rests | waits, target, end)
    last = log.lasts
    at_rest, still = rests[last], waits[last]
    # What ends a case is no pause: the rest in which it is now, and the wait that still lasts.
    ends_at, waits_since = (_begins_of_last(log, flags) for flags in (rests, waits))
    return _Courses(
        started_at=log.at[log.firsts],
        elapsed=clock.used(ends_at) + ~(at_rest | still) * (clock.end - clock.before[last]),
        rests_at=np.where(at_rest, log.at[ends_at], MISSING),
        is_done=at_rest & done[ends_at],
        still_since=np.where(still, log.at[waits_since], MISSING),
        allowed=_lengthened(clock, ends_at, target, 1.0),
        quiet=_lengthened(clock, ends_at, target, float(target.warning)),
    )


@attrs.frozen(eq=False)
class _Clock:
    """The time of a calendar along a log, and how much of it counts.

    Attributes:
        before: From one instant to each event.
        end: And to the end of the log.
        counted: How much of it counts, but for one number in each case.
        firsts: Where each case begins.
    """

    before: Micros
    end: int
    counted: Micros
    firsts: Places

    @classmethod
    def of(cls, log: CaseLog[Any], stops: Flags, target: SlaTarget, end: int) -> _Clock:
        """Return the clock of a log, of which some events begin a time that does not count."""
        before, at_end = passed_before(log, target.calendar, end)
        counted = np.zeros_like(before)
        so_far = 0
        for rows in blocks(len(before) - 1):
            # What is added where a case ends is lost in the differences within the next.
            after = slice(rows.start + 1, rows.stop + 1)
            counts = before[after] - before[rows]
            counts *= ~stops[rows]
            counts[0] += so_far
            np.cumsum(counts, out=counted[after])
            so_far = int(counted[rows.stop])
        return cls(before, at_end, counted, log.firsts)

    def used(self, events: Places) -> Micros:
        """Return what counts before one event of each case."""
        return self.counted[events] - self.counted[self.firsts]

    def stood(self, firsts: Places, events: Places) -> Micros:
        """Return how long the clock stood still from some events to later ones of their cases."""
        still = self.before[events] - self.before[firsts]
        still -= self.counted[events] - self.counted[firsts]
        return still

    def first_at(self, micros: int, cases: Places, events: Places) -> Places:
        """Return the first event of cases before which so much counts, up to one of each."""
        # What counts rises along a case: halving what is left finds the event.
        low, high = self.firsts[cases], events
        wanted = self.counted[low] + micros
        while (low < high).any():
            middle = (low + high) >> 1
            is_short = self.counted[middle] < wanted
            low, high = np.where(is_short, middle + 1, low), np.where(is_short, high, middle)
        return low


def _kinds(groups: list[StateGroup], target: SlaTarget) -> NDArray[np.uint8]:
    """Return of each activity whether a case rests after it (1), is done (2), or waits (4)."""
    waiting = target.pauses - frozenset(_RESTING)
    kinds = [
        (group in _RESTING) | (group in _DONE) << 1 | (group in waiting) << 2 for group in groups
    ]
    return np.array(kinds, dtype=np.uint8)


def _begins_of_last(log: CaseLog[Any], flags: Flags) -> Places:
    """Return where the run of events with a flag begins that lasts to the end of each case.

    Where its last event has no flag, that is its last event.
    """
    # In each block, one more than the place of the last event without a flag.
    found = np.empty_like(log.lasts)
    so_far = 0
    for rows, cases in log.case_blocks():
        begins = np.arange(rows.start + 1, rows.stop + 1)
        begins *= ~flags[rows]
        begins[0] = max(begins[0], so_far)
        np.maximum.accumulate(begins, out=begins)
        so_far = int(begins[-1])
        found[cases] = begins[log.lasts[cases] - rows.start]
    np.maximum(found, log.firsts, out=found)
    return np.minimum(found, log.lasts, out=found)


def _lengthened(clock: _Clock, ends_at: Places, target: SlaTarget, share: float) -> Micros:
    """Return a share of the limit with the working time of the pauses that begin before it."""
    micros = cast("timedelta", target.limit) * share // _MICRO
    # Used up exactly at closing time, it lasts until the opening where nobody says otherwise.
    enough = micros + (target.boundary != "close" or micros <= 0)
    pauses_until = ends_at
    cases = np.flatnonzero(clock.used(ends_at) >= enough)
    pauses_until = ends_at.copy()
    pauses_until[cases] = clock.first_at(enough, cases, ends_at[cases])
    return clock.stood(clock.firsts, pauses_until) + micros


def _times(courses: _Courses, target: SlaTarget) -> dict[str, NDArray[np.generic]]:
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


def _states(courses: _Courses, due_at: NDArray[np.generic], end: int) -> NDArray[np.uint8]:
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
