"""Pauses of a clock: stretches that do not count.

Law: only the open time of a pause is taken off, and where pauses overlap it is taken off once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeAlias

from crmkit.errors import InvalidValueError

from .asked import micros_of
from .open_time import OpenTime
from .work_hours import Spans, merged


Pause: TypeAlias = tuple[datetime, datetime]
"""From when to when a clock stands still: half-open, aware."""


def in_order(pauses: Iterable[Pause]) -> Spans:
    """Return pauses in order, overlapping ones as one.

    Raises:
        InvalidValueError: If one is no pair of instants, or ends before it begins.

    Examples:
        >>> from datetime import UTC
        >>> one, two, three = (datetime(1970, 1, 1, 0, 0, s, tzinfo=UTC) for s in (1, 2, 3))
        >>> in_order([(two, three), (one, two)])
        ((1000000, 3000000),)
    """
    found = []
    for pause in pauses:
        if not isinstance(pause, Sequence) or len(pause) != 2:
            way_out = "an open one ends where the count does"
            raise InvalidValueError("pauses", pause, "must be pairs: from when, to when", way_out)
        begin, end = (micros_of(at, "pauses") for at in pause)
        if end < begin:
            raise InvalidValueError("pauses", pause, "must not end before they begin")
        if begin < end:
            found.append((begin, end))
    return merged(found)


def paused(open_time: OpenTime, first: int, last: int, pauses: Spans) -> int:
    """Return the open time of pauses from an instant to a later one."""
    inside = ((max(begin, first), min(end, last)) for begin, end in pauses)
    return sum(open_time.between(begin, end) for begin, end in inside if begin < end)


def lengthened_by(
    open_time: OpenTime, first: int, target: int, pauses: Spans, *, at_close: bool
) -> int:
    """Return a target and the open time of the pauses that stand in its way from an instant on.

    A pause that begins just when the target is used up stands in its way unless `at_close`.
    """
    for begin, end in pauses:
        if end <= first:
            continue
        begin = max(begin, first)
        # What lies beyond the reach is asked for only where the target leads there.
        before = open_time.between(first, max(first, min(begin, open_time.reach.until)))
        if target < before or (target == before and at_close):
            break
        target += open_time.between(begin, end)
    return target


def lengthened_back(
    open_time: OpenTime, last: int, target: int, pauses: Spans, *, at_open: bool
) -> int:
    """Return the same, counted back from an instant."""
    for begin, end in reversed(pauses):
        if begin >= last:
            continue
        end = min(end, last)
        after = open_time.between(min(last, max(end, open_time.reach.since)), last)
        if target < after or (target == after and at_open):
            break
        target += open_time.between(begin, end)
    return target
