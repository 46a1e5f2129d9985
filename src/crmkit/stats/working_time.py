"""Working time of many rows at once: one look into a table for each instant.

Law: every row is what `WorkCalendar` answers for it alone; where a time is missing, so is the
answer.

The count of open time is a line that rises with slope one while it is open, and stays level while
it is closed. The time between two bends is at least the width of a cell, so that a cell holds one
bend at most: a shift and one comparison find the piece of the line that holds.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from crmkit.errors import InvalidValueError
from crmkit.kernel import WorkCalendar
from crmkit.kernel.asked import is_first
from crmkit.kernel.stretch import Stretch

from .time_columns import MISSING, Column, Micros, durations_in, instants_in, like, same_rows


_CELLS: Final = 22  # as a power of two: more would not lie in the processor's own memory
_BLOCK: Final = 1 << 15  # rows
_NONE: Final = np.iinfo(np.int64).max
_EVER: Final = 10_000 * 366 * 86_400_000_000  # microseconds


def elapsed_many(calendar: WorkCalendar, starts: Column, ends: object) -> Column:
    """Return the open time from each start to its end.

    Args:
        calendar: The calendar.
        starts: numpy `datetime64`, read as UTC; or a Series of aware datetimes.
        ends: The same, as many, none before its start.

    Returns:
        `timedelta64[us]`, or a Series of durations of the same engine and index; missing where a
        time is missing.

    Raises:
        InvalidValueError: If a column has no zone, lengths differ, or an end is before its start,
            with its row.

    Examples:
        >>> office = WorkCalendar("UTC", {"mon": [("09:00", "17:00")]})
        >>> starts = np.array(["2026-03-02T10:00", "NaT"], dtype="datetime64[m]")
        >>> elapsed_many(office, starts, starts + np.timedelta64(1, "D")).astype("timedelta64[h]")
        array([    7, 'NaT'], dtype='timedelta64[h]')
    """
    first, last = instants_in(starts, "starts"), instants_in(ends, "ends")
    if len(first) != len(last):
        raise InvalidValueError("len(ends)", len(last), f"must be {len(first)}, as the starts")
    same_rows(starts, ends, "ends")
    passed = np.empty(len(first), dtype=np.int64)
    line = _line(calendar, first, last)
    for rows in _blocks(len(first)):
        begin, end, out = first[rows], last[rows], passed[rows]
        missing = _missing(begin, end)
        if (end < begin).any():
            _check_order(begin, end, missing, rows.start)
        np.subtract(line.passed(end), line.passed(begin), out=out)
        if missing is not None:
            out[missing] = MISSING
    return like(starts, passed.view("timedelta64[us]"), "elapsed")


def due_many(
    calendar: WorkCalendar,
    starts: Column,
    durations: object,
    *,
    boundary: Literal["close", "next_open"] = "close",
) -> Column:
    """Return when so much open time will have passed since each start.

    Args:
        calendar: The calendar.
        starts: numpy `datetime64`, read as UTC; or a Series of aware datetimes.
        durations: `timedelta64`, a Series of durations, or one duration for all; none negative.
        boundary: As for `WorkCalendar.due`.

    Returns:
        `datetime64[us]` in UTC, or a Series of instants in UTC of the same engine and index;
        missing where a time or a duration is missing.

    Raises:
        InvalidValueError: If a column has no zone, lengths differ, a duration is negative, or so
            much never passes.

    Examples:
        >>> from datetime import timedelta
        >>> office = WorkCalendar("UTC", {"mon": [("09:00", "17:00")]})
        >>> starts = np.array(["2026-03-02T16:00"], dtype="datetime64[m]")
        >>> due_many(office, starts, timedelta(hours=2)).astype("datetime64[h]")
        array(['2026-03-09T10'], dtype='datetime64[h]')
    """
    first = instants_in(starts, "starts")
    targets = durations_in(durations, "durations", len(first))
    same_rows(starts, durations, "durations")
    at_close = is_first(boundary, ("close", "next_open"))
    due = np.empty(len(first), dtype=np.int64)
    line = _reaching(calendar, first, targets, at_close)
    for rows in _blocks(len(first)):
        begin, target, out = first[rows], targets[rows], due[rows]
        missing = _missing(begin, target)
        if (target < 0).any():
            _check_targets(target, missing, rows.start)
        line.due(begin, target, at_close, out)
        if missing is not None:
            out[missing] = MISSING
    return like(starts, due.view("datetime64[us]"), "due")


def is_open_many(calendar: WorkCalendar, times: Column) -> Column:
    """Tell for each instant whether it is working time; a missing one is not.

    Args:
        calendar: The calendar.
        times: numpy `datetime64`, read as UTC; or a Series of aware datetimes.

    Returns:
        Truth values: an array, or a Series of the same engine and index.

    Raises:
        InvalidValueError: If the column has no zone.

    Examples:
        >>> office = WorkCalendar("UTC", {"mon": [("09:00", "17:00")]})
        >>> is_open_many(office, np.array(["2026-03-02T17:00", "NaT"], dtype="datetime64[m]"))
        array([False, False])
    """
    moments = instants_in(times, "times")
    found = np.empty(len(moments), dtype=bool)
    line = _line(calendar, moments, moments)
    if (latest := _most(moments)) != MISSING:
        calendar.open_time.reach.inside(latest)
    for rows in _blocks(len(moments)):
        found[rows] = line.is_open(moments[rows])
        found[rows] &= moments[rows] != MISSING
    return like(times, found, "is_open")


Count: TypeAlias = Callable[[Micros], Micros]
"""Time from one instant to each of some others, in microseconds."""


def open_until(calendar: WorkCalendar, times: Micros, end: int) -> Count:
    """Return what tells the open time from one instant, before them all, to each of some.

    Of times that follow upon each other one look serves for both sides.

    Args:
        calendar: The calendar.
        times: Microseconds since 1970; none missing.
        end: None is later, and none is asked for that is.

    Units:
        Microseconds.

    Examples:
        >>> office = WorkCalendar("UTC", {"mon": [("09:00", "17:00")]})
        >>> hour = 3_600_000_000
        >>> monday = np.datetime64("2026-03-02T00:00", "us").astype(np.int64)
        >>> times = monday + hour * np.array([8, 10, 16])
        >>> count = open_until(office, times, monday + 18 * hour)
        >>> (np.diff(count(times)) // hour).tolist()
        [1, 6]
    """
    return _line(calendar, times, np.array([end], dtype=np.int64)).passed


class _Bends:
    """Rising numbers, and how many of them are not above any other: found without a search.

    Args:
        values: The bends.
        first: No number asked for lies below.
        last: None lies above.
    """

    def __init__(self, values: Micros, first: int, last: int) -> None:
        self._first = first
        gap = int(np.diff(values).min()) if len(values) > 1 else last - first + 1
        # A width that is a power of two is a shift.
        self._shift = max(gap.bit_length() - 1, (last - first).bit_length() - _CELLS, 0)
        self._has_one = gap >= 1 << self._shift
        cells = ((last - first) >> self._shift) + 1 if self._has_one else 0
        begins = first + (np.arange(cells, dtype=np.int64) << self._shift)
        self._below = np.searchsorted(values, begins, "right").astype(np.int32)
        self._values = np.append(values, _NONE)

    def not_above(self, asked: Micros) -> NDArray[np.int32]:
        """Return for each number how many bends are not above it."""
        if not self._has_one:
            return np.searchsorted(self._values, asked, "right").astype(np.int32)
        cell = asked - self._first
        np.right_shift(cell, self._shift, out=cell)
        found = self._below.take(cell, mode="clip")
        found += asked >= self._values.take(found)
        return found


class _Line:
    """The count of open time over a stretch, and its inverse."""

    def __init__(self, stretch: Stretch) -> None:
        starts, ends, before, after = (
            np.array(values, dtype=np.int64)
            for values in (stretch.starts, stretch.ends, stretch.before, stretch.after)
        )
        bends = np.empty(2 * len(starts), dtype=np.int64)
        bends[0::2], bends[1::2] = starts, ends
        self._bends = _Bends(bends, stretch.since, stretch.until)
        # Of each piece its height at zero and its slope, in one number: one look instead of two.
        pieces = np.zeros(2 * len(starts) + 1, dtype=np.int64)
        pieces[1::2] = ((before - starts) << 1) | 1
        pieces[2::2] = after << 1
        self._pieces = pieces
        self._after = after
        # One more, so that a line without intervals can be asked too.
        self._shift = np.append(starts - before, 0)
        self.total = stretch.total
        # What never closes needs no look.
        is_open = 0 < stretch.total == stretch.until - stretch.since
        self._always_since = stretch.since if is_open else None

    @cached_property
    def _rises(self) -> _Bends:
        return _Bends(self._after, 0, self.total)

    def passed(self, moments: Micros) -> Micros:
        """Return the open time before each instant."""
        if self._always_since is not None:
            return moments - self._always_since
        piece = self._pieces.take(self._bends.not_above(moments))
        rises = piece & 1
        np.negative(rises, out=rises)
        rises &= moments
        piece >>= 1
        piece += rises
        return piece

    def is_open(self, moments: Micros) -> NDArray[np.bool_]:
        """Tell for each instant whether it is open."""
        return (self._bends.not_above(moments) & 1).astype(bool)

    def due(self, starts: Micros, targets: Micros, at_close: bool, out: Micros) -> None:
        """Set when so much will have passed since each start.

        Args:
            starts: Instants.
            targets: How much.
            at_close: Whether what is used up at closing time is due then; else, and of nothing at
                all, it is at the next opening.
            out: Where to.
        """
        if self._always_since is not None:
            np.add(starts, targets, out=out)
            return
        sought = self.passed(starts)
        sought += targets
        place = self._rises.not_above(sought - _closes(targets, at_close))
        np.add(sought, self._shift.take(place, mode="clip"), out=out)


def _closes(targets: Micros, at_close: bool) -> NDArray[np.bool_]:
    """Tell where what is used up at closing time is due then."""
    return (targets > 0) & at_close


def _line(calendar: WorkCalendar, first: Micros, last: Micros) -> _Line:
    """Return a line over all instants; where there is none, over some."""
    since, until = _least(first), _most(last)
    if since == _NONE or until == MISSING:
        since = until = calendar.open_time.reach.since
    # Reversed intervals are told as such, row by row.
    since, until = min(since, until), max(since, until)
    return _Line(calendar.open_time.over(since, until))


def _reaching(calendar: WorkCalendar, starts: Micros, targets: Micros, at_close: bool) -> _Line:
    """Return a line that rises as far as the last row needs."""
    line = _line(calendar, starts, starts)
    latest = np.array([_most(starts)])
    # No row needs more than the latest start and the largest target together.
    if int(line.passed(latest)[0]) + _most(targets, 0) < line.total:
        return line
    known = np.flatnonzero((starts != MISSING) & (targets >= 0))
    if not len(known):
        return line
    first, wanted = starts[known], targets[known]
    closes = _closes(wanted, at_close)
    # More than there is of time is refused below; here it must not overflow.
    needed = line.passed(first) + np.minimum(wanted, _EVER) + ~closes
    row = int(needed.argmax())
    if needed[row] <= line.total:
        return line
    close = bool(closes[row])
    end = calendar.open_time.forward(int(first[row]), int(wanted[row]), at_close=close)
    return _Line(calendar.open_time.over(_least(starts), end + (not close)))


def _least(moments: Micros) -> int:
    least = int(moments.min(initial=_NONE))
    if least == MISSING:
        return int(moments.min(initial=_NONE, where=moments != MISSING))
    return least


def _most(numbers: Micros, least: int = MISSING) -> int:
    """Return the largest, which a missing one never is."""
    return int(numbers.max(initial=least))


def _missing(first: Micros, second: Micros) -> NDArray[np.bool_] | None:
    """Tell in which rows a time is missing; None where it is in none."""
    missing: NDArray[np.bool_] = (first == MISSING) | (second == MISSING)
    return missing if missing.any() else None


def _check_order(
    begin: Micros, end: Micros, missing: NDArray[np.bool_] | None, before: int
) -> None:
    wrong = np.flatnonzero((end < begin) & (True if missing is None else ~missing))
    if len(wrong):
        row = int(wrong[0])
        rule = f"must not be before its start, as in row {before + row}"
        raise InvalidValueError("ends", str(end[row].astype("datetime64[us]")), rule)


def _check_targets(target: Micros, missing: NDArray[np.bool_] | None, before: int) -> None:
    wrong = np.flatnonzero((target < 0) & (True if missing is None else ~missing))
    if len(wrong):
        row = int(wrong[0])
        rule = f"must not be negative, as in row {before + row}"
        raise InvalidValueError("durations", str(target[row].astype("timedelta64[us]")), rule)


def _blocks(rows: int) -> list[slice]:
    return [slice(start, start + _BLOCK) for start in range(0, rows, _BLOCK)]
