"""Time zones: their offsets from UTC, and when these change.

Source: IANA time zone database, through `zoneinfo`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from .clock import to_micros


# No two changes of one zone since 1900 are nearer than 3.98 days (Freetown, 1939).
_STEP: Final = timedelta(days=3)
# From here on the database lists none: what goes on by rule changes twice a year at most, and no
# two changes are nearer than 18 weeks.
_BY_RULE: Final = datetime(2090, 1, 1, tzinfo=UTC)
_LONG_STEP: Final = timedelta(days=90)
_MICRO: Final = timedelta(microseconds=1)
_SECOND: Final = timedelta(seconds=1)


def offsets(zone: ZoneInfo, first: datetime, last: datetime) -> list[tuple[datetime, timedelta]]:
    """Return the zone's offsets from UTC between two instants, each with its first instant.

    Examples:
        >>> from datetime import UTC
        >>> berlin = ZoneInfo("Europe/Berlin")
        >>> first, last = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
        >>> [(since.isoformat(), str(offset)) for since, offset in offsets(berlin, first, last)]
        [('2026-03-01T00:00:00+00:00', '1:00:00'), ('2026-03-29T01:00:00+00:00', '2:00:00')]
    """
    found = [(first, offset_at(zone, first))]
    before = first
    while before < last:
        after = min(before + (_STEP if before < _BY_RULE else _LONG_STEP), last)
        offset = offset_at(zone, after)
        if offset != found[-1][1]:
            found.append((_change(zone, before, after), offset))
        before = after
    return found


def offset_at(zone: ZoneInfo, at: datetime) -> timedelta:
    """Return a zone's offset from UTC at an instant.

    Examples:
        >>> from datetime import UTC
        >>> str(offset_at(ZoneInfo("Asia/Shanghai"), datetime(2026, 3, 1, tzinfo=UTC)))
        '8:00:00'
    """
    offset = at.astimezone(zone).utcoffset()
    assert offset is not None
    return offset


@lru_cache(maxsize=1024)
def shifts(zone: ZoneInfo, year: int) -> tuple[tuple[int, int, int], ...]:
    """Return the offsets of a year of UTC, in microseconds: from when since 1970, to when, offset.

    Examples:
        >>> [offset // 3_600_000_000 for _, _, offset in shifts(ZoneInfo("Europe/Berlin"), 2026)]
        [1, 2, 1]
    """
    first, last = (datetime(number, 1, 1, tzinfo=UTC) for number in (year, year + 1))
    found = offsets(zone, first, last)
    # What changes as the year ends belongs to the next.
    told = [(to_micros(since), offset // _MICRO) for since, offset in found if since < last]
    ends = [*(since for since, _ in told[1:]), to_micros(last)]
    return tuple((since, end, offset) for (since, offset), end in zip(told, ends, strict=True))


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """Return the first second of the offset that holds at `after` and not at `before`."""
    low, high = before, after
    while high - low > _SECOND:
        middle = low + ((high - low) / 2)
        if offset_at(zone, middle) == offset_at(zone, after):
            high = middle
        else:
            low = middle
    # Zones change on whole seconds.
    return high.replace(microsecond=0)
