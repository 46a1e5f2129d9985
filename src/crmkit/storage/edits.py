"""How a list becomes the next version of it: what is taken over from the one before, what is new.

Law: of a long list of which little changed, a journal line tells that little.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

import msgspec
from msgspec import Raw


Part: TypeAlias = tuple[int, int, list[Raw]]
"""From where until where the list before is taken over, and what then comes new."""

_SHORT: Final = 256  # bytes: below that a list is told anew
_write: Final = msgspec.json.Encoder().encode
_read_items: Final = msgspec.json.Decoder(list[Raw]).decode


def edits(before: bytes, after: bytes) -> list[Part] | None:
    """Return how one list becomes another; None where it is better told anew, or none is a list.

    Args:
        before: A value as JSON.
        after: The value that it becomes.

    Examples:
        >>> long = b'["a","b",' + b'"c",' * 100 + b'"d"]'
        >>> [(since, until) for since, until, _ in edits(long, long.replace(b'"b"', b'"B"'))]
        [(0, 1), (2, 103)]
        >>> edits(b'["a","b"]', b'["a","B"]') is None
        True
    """
    if not (before.startswith(b"[") and after.startswith(b"[")) or len(after) < _SHORT:
        return None
    was = [*map(bytes, _read_items(before)), b""]
    places: dict[bytes, int] = {}
    for place, item in enumerate(was):
        places.setdefault(item, place)
    parts: list[Part] = [(0, 0, [])]
    for new in _read_items(after):
        since, until, fresh = parts[-1]
        item = bytes(new)
        if not fresh and item == was[until]:
            parts[-1] = since, until + 1, fresh
        elif (found := places.get(item)) is None:
            fresh.append(new)
        else:
            parts.append((found, found + 1, []))
    return parts if 2 * len(_write(parts)) < len(after) else None


def edited(before: bytes, parts: Sequence[Part]) -> Raw:
    """Return the list that another becomes.

    Raises:
        ValueError: If the value before is no list, or has no such parts.

    Examples:
        >>> bytes(edited(b'["a","b","c"]', [(0, 1, []), (2, 3, [msgspec.Raw(b'"d"')])]))
        b'["a","c","d"]'
    """
    items, told = _read_items(before), list[Raw]()
    for since, until, fresh in parts:
        if not 0 <= since <= until <= len(items):
            raise ValueError(f"a list of {len(items)} has no items from {since} to {until}")
        told += items[since:until]
        told += fresh
    return Raw(_write(told))


def news(parts: Sequence[Part]) -> Raw:
    """Return what comes new, as a list.

    Examples:
        >>> bytes(news([(0, 1, []), (2, 3, [msgspec.Raw(b'"d"')])]))
        b'["d"]'
    """
    return Raw(_write([item for _, _, fresh in parts for item in fresh]))


def renewed(parts: Sequence[Part], fresh: Raw) -> list[Part]:
    """Return the same parts with other news: as many as there were.

    Examples:
        >>> parts = renewed([(0, 1, []), (2, 3, [msgspec.Raw(b'"d"')])], msgspec.Raw(b'["e"]'))
        >>> bytes(news(parts))
        b'["e"]'
    """
    items = iter(_read_items(fresh))
    return [(since, until, [next(items) for _ in old]) for since, until, old in parts]
