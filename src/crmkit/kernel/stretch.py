"""A stretch of time with its open intervals listed, and the count of open time along it.

Law: the count rises with slope one where it is open and stays level where it is not; a pair of
instants is counted by two looks, before the first opening too.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO: Final = timedelta(microseconds=1)


class Stretch:
    """The open intervals of a stretch of time, with the open time up to each.

    Everything is whole microseconds; instants since 1970 in UTC.

    Attributes:
        since: Where the stretch begins.
        until: Where it ends.
        starts: Where each interval begins, in order.
        ends: Where each ends; never where the next begins.
        before: The open time of the stretch before each interval.
        after: The same and the interval's own.

    Examples:
        >>> stretch = Stretch(0, 100, [(10, 20), (30, 50)])
        >>> stretch.total, stretch.passed(5), stretch.passed(35)
        (30, 0, 15)
        >>> stretch.first(10), stretch.last(10)
        (20, 30)
    """

    __slots__ = ("after", "before", "ends", "since", "starts", "until")

    def __init__(self, since: int, until: int, intervals: Iterable[tuple[int, int]]) -> None:
        self.since, self.until = since, until
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.before: list[int] = []
        self.after: list[int] = []
        passed = 0
        for start, end in intervals:
            self.starts.append(start)
            self.ends.append(end)
            self.before.append(passed)
            passed += end - start
            self.after.append(passed)

    @property
    def total(self) -> int:
        """The open time of the whole stretch."""
        return self.after[-1] if self.after else 0

    def passed(self, moment: int) -> int:
        """Return the open time of the stretch before an instant of it."""
        place = bisect_right(self.starts, moment) - 1
        # Before the first opening there is none: a place of -1 would be that of the last interval.
        if place < 0:
            return 0
        return min(self.before[place] + moment - self.starts[place], self.after[place])

    def first(self, passed: int) -> int:
        """Return the first instant before which so much open time lies; above 0, within total."""
        place = bisect_left(self.after, passed)
        return self.starts[place] + passed - self.before[place]

    def last(self, passed: int) -> int:
        """Return the last instant before which so much open time lies; below total."""
        place = bisect_right(self.after, passed)
        return self.starts[place] + passed - self.before[place]


class Ruler:
    """A stretch in durations since 1970, as the difference of two datetimes comes out.

    Durations are compared and subtracted at a third of the cost of turning them into numbers.

    Attributes:
        since: Where the stretch begins.
        until: Where it ends.
        bends: Where it opens and closes, in turns: after an odd number of them it is open.
        heights: Between two bends: the open time before, at since 1970 where it is open.
    """

    __slots__ = ("bends", "heights", "since", "until")

    def __init__(self, stretch: Stretch) -> None:
        self.since, self.until = stretch.since * _MICRO, stretch.until * _MICRO
        self.bends: list[timedelta] = []
        self.heights = [timedelta(0)]
        # Lengths come again and again: to make a duration costs more than to add two.
        lengths: dict[int, timedelta] = {}
        at, passed, closes = timedelta(0), timedelta(0), 0
        for start, end in zip(stretch.starts, stretch.ends, strict=True):
            gap, length, closes = start - closes, end - start, end
            for micros in (gap, length):
                if micros not in lengths:
                    lengths[micros] = micros * _MICRO
            at += lengths[gap]
            self.bends.append(at)
            # While it is open, the count is the instant and this.
            self.heights.append(passed - at)
            at += lengths[length]
            passed += lengths[length]
            self.bends.append(at)
            self.heights.append(passed)

    def between(self, start: datetime, end: datetime) -> timedelta | None:
        """Return the open time between two instants in their order; None where that takes more.

        Examples:
            >>> ruler = Ruler(Stretch(0, 100_000_000, [(10_000_000, 20_000_000)]))
            >>> start = datetime(1970, 1, 1, second=5, tzinfo=UTC)
            >>> str(ruler.between(start, start + timedelta(seconds=8)))
            '0:00:03'
        """
        try:
            since, until = start - _EPOCH, end - _EPOCH
            if not self.since <= since <= until <= self.until:
                return None
        except TypeError:  # naive, or no datetime
            return None
        place, ending = bisect_right(self.bends, since), bisect_right(self.bends, until)
        before, after = self.heights[place], self.heights[ending]
        passed = (after + until if ending & 1 else after) - (
            before + since if place & 1 else before
        )
        # pandas has one of its own, with nanoseconds.
        return passed if type(passed) is timedelta else None
