"""Opening hours of a day: from text to spans of microseconds since its midnight.

Law: spans of a day are half-open, lie within it, and neither overlap nor touch; what runs over
midnight belongs to both days.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, time
from typing import Final, TypeAlias, TypeVar

from crmkit.errors import InvalidValueError


T = TypeVar("T", int, datetime)

Window: TypeAlias = tuple[str | time, str | time]
"""From when to when, on the clock of the place: `("08:00", "12:00")`; 24:00 ends the day."""

Spans: TypeAlias = tuple[tuple[int, int], ...]
"""Open time of one day: from and to, in microseconds of its clock since midnight."""

DAY: Final = 86_400_000_000
"""Microseconds in a day on the clock."""

_MINUTE: Final = 60_000_000
_SECOND: Final = 1_000_000
_CLOCK: Final = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,6}))?)?")


def spans_of(windows: Iterable[Window], name: str) -> tuple[Spans, Spans]:
    """Return the open time of a day, and what of it runs over into the next.

    Args:
        windows: In any order; those that overlap or touch count as one.
        name: What they are called in messages.

    Raises:
        InvalidValueError: If one is no pair of times, or opens and closes at the same time.

    Examples:
        >>> night, morning = spans_of([("22:00", "06:00")], "mon")
        >>> written(*night), written(*morning)
        (('22:00', '24:00'), ('00:00', '06:00'))
    """
    if isinstance(windows, str) or not isinstance(windows, Iterable):
        raise InvalidValueError(name, windows, 'must be pairs of times: [("08:00", "12:00")]')
    today, tomorrow = [], []
    for window in windows:
        opens, closes = _ends(window, name)
        if opens < closes:
            today.append((opens, closes))
        else:
            today.append((opens, DAY))
            tomorrow.append((0, closes))
    return merged(today), merged(span for span in tomorrow if span[1])


def merged(spans: Iterable[tuple[T, T]]) -> tuple[tuple[T, T], ...]:
    """Return spans in order, those that overlap or touch as one.

    Examples:
        >>> merged([(5, 7), (1, 3), (3, 4)])
        ((1, 4), (5, 7))
    """
    found: list[tuple[T, T]] = []
    for begin, end in sorted(spans):
        if found and begin <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((begin, end))
    return tuple(found)


def without(spans: Sequence[tuple[int, int]], cuts: Sequence[tuple[int, int]]) -> Spans:
    """Return what is left of spans when others are cut out of them.

    Args:
        spans: In order, none overlapping.
        cuts: The same.

    Examples:
        >>> without([(0, 10), (20, 30)], [(4, 6), (8, 22)])
        ((0, 4), (6, 8), (22, 30))
    """
    left: list[tuple[int, int]] = []
    for begin, end in spans:
        for start, stop in cuts:
            if stop <= begin or start >= end:
                continue
            if begin < start:
                left.append((begin, start))
            begin = stop
        if begin < end:
            left.append((begin, end))
    return tuple(left)


def written(span: tuple[int, int]) -> tuple[str, str]:
    """Return a span as text: `("08:00", "12:00")`.

    Examples:
        >>> written((0, DAY))
        ('00:00', '24:00')
    """
    return _text(span[0]), _text(span[1])


def _ends(window: object, name: str) -> tuple[int, int]:
    if isinstance(window, str) or not isinstance(window, Sequence) or len(window) != 2:
        way_out = 'write ("08:00", "12:00")'
        raise InvalidValueError(name, window, "must be a pair of times", way_out)
    opens, closes = (_micros(end, name) for end in window)
    if opens in (closes, DAY):
        rule = "must close after it opens"
        raise InvalidValueError(name, window, rule, 'for a whole day write ("00:00", "24:00")')
    return opens, closes


def _micros(told: object, name: str) -> int:
    """Return a time of day in microseconds since midnight."""
    if isinstance(told, time) and told.tzinfo is None:
        seconds = (told.hour * 60 + told.minute) * 60 + told.second
        return seconds * _SECOND + told.microsecond
    shown = _CLOCK.fullmatch(told.strip()) if isinstance(told, str) else None
    if shown is not None:
        hours, minutes, seconds = (int(part or 0) for part in shown.groups()[:3])
        micros = ((hours * 60 + minutes) * 60 + seconds) * _SECOND
        micros += int((shown[4] or "").ljust(6, "0"))
        if minutes < 60 and seconds < 60 and micros <= DAY:
            return micros
    rule = "must be a time of day without a zone, from 00:00 to 24:00"
    raise InvalidValueError(name, told, rule, "write '08:30'")


def _text(micros: int) -> str:
    minutes, rest = divmod(micros, _MINUTE)
    text = f"{minutes // 60:02}:{minutes % 60:02}"
    if not rest:
        return text
    seconds, fraction = divmod(rest, _SECOND)
    return f"{text}:{seconds:02}.{fraction:06}" if fraction else f"{text}:{seconds:02}"
