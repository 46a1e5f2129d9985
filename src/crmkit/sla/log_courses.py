"""What happened to one promise in each case of an event log, before it is judged.

Law: the clock stands still while a case waits or rests; what ends a case is no pause. Cases are
followed some at a time, few enough to stay in the processor's own memory, and none is parted.

Source: the page "How the clocks count" of the manual.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import cached_property
from typing import Any, Final, cast

import attrs
import numpy as np
from numpy.typing import NDArray

from crmkit.kernel import StateGroup
from crmkit.stats.case_log import CaseLog
from crmkit.stats.dwell import counting
from crmkit.stats.row_blocks import marked
from crmkit.stats.time_columns import MISSING, Micros
from crmkit.stats.working_time import Count

from .target import SlaTarget


Flags = NDArray[np.bool_]
Places = NDArray[np.intp]

_MICRO: Final = timedelta(microseconds=1)
_DONE: Final = (StateGroup.RESOLVED, StateGroup.CLOSED)
_RESTING: Final = (*_DONE, StateGroup.CANCELLED, StateGroup.DUPLICATE)
_RESTS, _IS_DONE, _WAITS = 1, 2, 4
_STANDS: Final = _RESTS | _WAITS


@attrs.frozen(eq=False)
class LogCourses:
    """What happened to the promise in each case.

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


def log_courses(
    log: CaseLog[Any], groups: Sequence[StateGroup], target: SlaTarget, end: int
) -> LogCourses:
    """Follow every case of a log through its groups.

    Args:
        log: The log.
        groups: The group of each of its activities.
        target: The promise.
        end: Up to when the log is known, in microseconds since 1970.

    Examples:
        >>> import pandas
        >>> from crmkit.kernel import WorkCalendar, to_micros
        >>> from crmkit.sla.target import Metric
        >>> nine = pandas.Timestamp("2026-03-06 09:00", tz="UTC")
        >>> told = {"case_id": "K-1", "activity": "new", "at": nine, "sequence": 1}
        >>> always, hours = WorkCalendar.always("UTC"), timedelta(hours=1)
        >>> target = SlaTarget(metric=Metric.RESOLUTION, limit=8 * hours, calendar=always)
        >>> log = CaseLog.read(pandas.DataFrame([told]))
        >>> courses = log_courses(log, [StateGroup.OPEN], target, to_micros(nine + 2 * hours))
        >>> courses.elapsed.view("timedelta64[us]").astype("timedelta64[h]")
        array([2], dtype='timedelta64[h]')
    """
    size = len(log.firsts)
    instants = (np.empty(size, dtype=np.int64) for _ in range(6))
    started, elapsed, rests, still, allowed, quiet = instants
    is_done = np.empty(size, dtype=bool)
    count, kinds = counting(log, target.calendar, end), _kinds(groups, target)
    at_end = int(count(np.array([end], dtype=np.int64))[0])
    shares = (1.0, float(target.warning))
    for events, cases in log.case_blocks():
        some = _Some.of(log, events, cases, kinds)
        some.tell(rests[cases], is_done[cases], still[cases])
        started[cases] = some.at[some.firsts]
        clock = _Clock.of(some, count)
        elapsed[cases] = clock.elapsed(at_end)
        for out, share in zip((allowed, quiet), shares, strict=True):
            out[cases] = clock.lengthened(target, share)
    return LogCourses(started, elapsed, rests, is_done, still, allowed, quiet)


def _kinds(groups: Sequence[StateGroup], target: SlaTarget) -> NDArray[np.uint8]:
    """Return of each activity whether a case rests after it, is done, or waits."""
    waiting = target.pauses - frozenset(_RESTING)
    kinds = [
        _RESTS * (group in _RESTING) | _IS_DONE * (group in _DONE) | _WAITS * (group in waiting)
        for group in groups
    ]
    return np.array(kinds, dtype=np.uint8)


@attrs.frozen(eq=False, slots=False)
class _Some:
    """Some cases of a log, and their events.

    Attributes:
        at: When each event was.
        kinds: What each is.
        firsts: Where each case begins.
        lasts: Where each ends.
        is_first: Whether each event begins a case.
    """

    at: Micros
    kinds: NDArray[np.uint8]
    firsts: Places
    lasts: Places
    is_first: Flags

    @classmethod
    def of(cls, log: CaseLog[Any], events: slice, cases: slice, kinds: NDArray[np.uint8]) -> _Some:
        firsts, lasts = log.firsts[cases] - events.start, log.lasts[cases] - events.start
        is_first = np.zeros(events.stop - events.start, dtype=bool)
        is_first[firsts] = True
        return cls(log.at[events], marked(kinds, log.activity[events]), firsts, lasts, is_first)

    @cached_property
    def last_kinds(self) -> NDArray[np.uint8]:
        """What the last event of each case is."""
        return self.kinds.take(self.lasts)

    @cached_property
    def last_runs(self) -> Places:
        """Where the last events of each case begin that all rest, all wait, or do neither."""
        stands = self.kinds & _STANDS
        begins = self.is_first.copy()
        begins[1:] |= stands[1:] != stands[:-1]
        runs = np.flatnonzero(begins)
        first_runs = np.flatnonzero(self.is_first.take(runs))
        return runs.take(np.append(first_runs[1:], len(runs)) - 1)

    @cached_property
    def ends(self) -> Places:
        """Where each case ends: where its last rest begins, or with its last event."""
        return np.where((self.last_kinds & _RESTS) != 0, self.last_runs, self.lasts)

    def tell(self, rests_at: Micros, is_done: Flags, still_since: Micros) -> None:
        """Set when each case came to rest, whether it is done, and since when it waits."""
        since, kinds = self.at.take(self.last_runs), self.last_kinds
        rests_at[:] = np.where((kinds & _RESTS) != 0, since, MISSING)
        still_since[:] = np.where((kinds & _WAITS) != 0, since, MISSING)
        # What came first decides: what was resolved and then cancelled is done.
        np.not_equal(self.kinds.take(self.last_runs) & _IS_DONE, 0, out=is_done)


@attrs.frozen(eq=False, slots=False)
class _Clock:
    """The time of a calendar along some cases, and how much of it counts.

    Attributes:
        some: The cases.
        before: From one instant to each event.
        used: How much counts from the beginning of its case to each event.
    """

    some: _Some
    before: Micros
    used: Micros

    @classmethod
    def of(cls, some: _Some, count: Count) -> _Clock:
        before = count(some.at)
        used = np.zeros_like(before)
        np.subtract(before[1:], before[:-1], out=used[1:])
        stands = some.kinds[:-1] & _STANDS
        used[1:] *= stands == 0
        used[some.firsts] = 0
        np.cumsum(used, out=used)
        used -= np.repeat(used.take(some.firsts), some.lasts - some.firsts + 1)
        return cls(some, before, used)

    @cached_property
    def starts(self) -> Micros:
        """The time from one instant to the beginning of each case."""
        return self.before.take(self.some.firsts)

    def elapsed(self, at_end: int) -> Micros:
        """Return what counts in each case, up to the end of the log where it lasts till then."""
        left = at_end - self.before.take(self.some.lasts)
        left *= (self.some.last_kinds & _STANDS) == 0
        left += self.used.take(self.some.lasts)
        return left

    @cached_property
    def paused(self) -> Micros:
        """How long the clock stood still in each case."""
        return self._stood(self.some.ends) - self.starts

    def lengthened(self, target: SlaTarget, share: float) -> Micros:
        """Return a share of the limit with the working time of the pauses that begin before it."""
        micros = cast("timedelta", target.limit) * share // _MICRO
        # Used up exactly at closing time, it lasts until the opening where nobody says otherwise.
        enough = micros + (target.boundary != "close" or micros <= 0)
        is_used_up = self.used >= enough
        cases = np.flatnonzero(is_used_up.take(self.some.lasts))
        # What counts rises along a case from nothing: it has the flag from some later event on.
        begins = np.flatnonzero(is_used_up[1:] > is_used_up[:-1]) + 1
        stood = self.paused.copy()
        stood[cases] = self._stood(begins) - self.starts.take(cases)
        stood += micros
        return stood

    def _stood(self, events: Places) -> Micros:
        """Return how long it stood still up to events, since the instant from which it counts."""
        return self.before.take(events) - self.used.take(events)
