"""Whole numbers by their place among all of them: of millions of ids in any order.

Law: the leading bits of a number and its row lie in one number, and those are sorted: many times as
fast as sorting places. Numbers that share their leading bits are put in order by themselves.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .row_blocks import blocks


_BITS: Final = 63
_FAR: Final = 2**62
_SHARED: Final = 10_000
"""Of so many leading bits that several numbers share, sorting places is as fast."""


def ranked(values: NDArray[np.integer]) -> tuple[NDArray[np.integer], NDArray[np.integer]]:
    """Return each whole number's place among them all, and all of them, rising, each once.

    Examples:
        >>> places, found = ranked(np.array([7, -5, 7]))
        >>> places.tolist(), found.tolist()
        ([1, 0, 1], [-5, 7])
    """
    low, high = int(values.min(initial=0)), int(values.max(initial=0))
    row_bits = max(len(values) - 1, 0).bit_length()
    if low > -_FAR and high < _FAR and row_bits < _BITS // 2:
        dropped = max((high - low).bit_length() + row_bits - _BITS, 0)
        keys = _sorted(values, low, dropped, row_bits)
        if not dropped or _in_order(values, keys, row_bits):
            return _places(values, keys, row_bits)
    found, places = np.unique(values, return_inverse=True)
    return places, found


def _sorted(
    values: NDArray[np.integer], low: int, dropped: int, row_bits: int
) -> NDArray[np.int64]:
    """Return leading bits and rows, rising."""
    keys = np.empty(len(values), dtype=np.int64)
    for rows in blocks(len(values)):
        key = keys[rows]
        key[:] = values[rows]
        key -= low
        key >>= dropped
        key <<= row_bits
        key |= np.arange(rows.start, rows.stop)
    keys.sort()
    return keys


def _in_order(values: NDArray[np.integer], keys: NDArray[np.int64], row_bits: int) -> bool:
    """Put rows in order that share their leading bits alone; tell whether these were few."""
    shared: list[Any] = []
    for rows in blocks(len(keys)):
        start = max(rows.start - 1, 0)
        some = keys[start : rows.stop]
        leading, own = some >> row_bits, values[some & ((1 << row_bits) - 1)]
        clash = (leading[1:] == leading[:-1]) & (own[1:] != own[:-1])
        shared.extend(np.unique(leading[1:][clash]).tolist())
        if len(shared) > _SHARED:
            return False
    for leading in dict.fromkeys(shared):
        ends = np.searchsorted(keys, [leading << row_bits, (leading + 1) << row_bits])
        part = keys[slice(*ends.tolist())]
        part[:] = part[np.argsort(values[part & ((1 << row_bits) - 1)], kind="stable")]
    return True


def _places(
    values: NDArray[np.integer], keys: NDArray[np.int64], row_bits: int
) -> tuple[NDArray[np.integer], NDArray[np.integer]]:
    """Return the place of each row's number, and the numbers, of rows in order."""
    places: NDArray[np.integer]
    places = np.empty(len(keys), dtype=np.int32 if row_bits < 31 else np.int64)
    found: list[NDArray[np.integer]] = [values[:0]]
    count, before = 0, values[:0]
    for rows in blocks(len(keys)):
        row = keys[rows] & ((1 << row_bits) - 1)
        own = values[row]
        begins = np.ones(len(own), dtype=bool)
        np.not_equal(own[1:], own[:-1], out=begins[1:])
        begins[0] = not len(before) or own[0] != before[-1]
        places[row] = np.cumsum(begins) + (count - 1)
        found.append(own[begins])
        count, before = count + len(found[-1]), own
    every: NDArray[np.integer] = np.concatenate(found)
    return places, every
