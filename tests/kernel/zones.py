"""When clocks were moved: read out of the files that zoneinfo reads, but not through it."""

import struct
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Final
from zoneinfo import TZPATH, available_timezones


ALL_ZONES: Final = tuple(sorted(available_timezones()))
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST: Final = datetime(1900, 1, 1, tzinfo=UTC)
_HEADER: Final = struct.Struct(">4sc15x6l")


def changes(zone: str) -> list[datetime]:
    """Return the instants since 1900 at which a zone's offset from UTC changed, as listed.

    What goes on by a rule for ever need not be listed.

    Source:
        RFC 9636, section 3: the second block of a TZif file, with times of 64 bits.
    """
    data = _file(zone)
    utc, std, leap, times, types, chars = _HEADER.unpack_from(data)[2:]
    start = _HEADER.size + 5 * times + 6 * types + chars + 8 * leap + std + utc
    times, types = _HEADER.unpack_from(data, start)[5:7]
    start += _HEADER.size
    at = struct.unpack_from(f">{times}q", data, start)
    kinds = struct.unpack_from(f">{times}B", data, start + 8 * times)
    told = struct.iter_unpack(">lBB", data[start + 9 * times :][: 6 * types])
    offsets = [offset for offset, _, _ in told]
    # Before the first change, the first kind of time holds.
    before = [0, *kinds]
    return [
        _EPOCH + timedelta(seconds=second)
        for second, kind, last in zip(at, kinds, before, strict=False)
        if offsets[kind] != offsets[last] and second > (_EARLIEST - _EPOCH).total_seconds()
    ]


def _file(zone: str) -> bytes:
    for folder in TZPATH:
        if (path := Path(folder, zone)).is_file():
            return path.read_bytes()
    return resources.files("tzdata.zoneinfo").joinpath(*zone.split("/")).read_bytes()
