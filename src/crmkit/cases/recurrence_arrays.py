"""Recurrences of cases that are numbers: one sort, then each case against those before it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

from crmkit.stats.time_columns import MISSING, Micros


Rows: TypeAlias = NDArray[np.intp]
Whole: TypeAlias = NDArray[np.int64]

_LEAST_TIME_BITS: Final = 8
_BLOCK: Final = 1 << 15  # cases: they stay in the processor's cache


@attrs.frozen
class Repeats:
    """The cases that repeat another, each by its row.

    Attributes:
        row: Which.
        last: The last one that it repeats.
        first: The first of its chain.
        occurrence: Its place in the chain, from 1.
    """

    row: Rows
    last: Rows
    first: Rows
    occurrence: Whole

    def at(self, rows: Rows) -> Repeats:
        """Return the same of rows that are numbered in another table."""
        return Repeats(rows[self.row], rows[self.last], rows[self.first], self.occurrence)


def repeats(
    keys: Whole,
    at: Micros,
    resolved: Micros | None,
    within: int,
    ranks: Callable[[Rows], NDArray[np.integer]],
) -> Repeats:
    """Find the cases that repeat another.

    Args:
        keys: What cases share to repeat each other, as numbers from 0; one per row.
        at: When each was received.
        resolved: When each was resolved; None to count from receipt.
        within: After so much time a case still repeats another.
        ranks: Tells of rows in which order their ids are.

    Units:
        Microseconds.
    """
    packed = _packed(keys, at)
    if resolved is None:
        # By receipt only those cases count that have another near them.
        packed = attrs.evolve(packed, numbers=_near(packed, within))
    rows = _in_order(packed, at, ranks)
    keys, at = packed.keys, at[rows]
    if resolved is None:
        near = (at[1:] - at[:-1] <= within) & (keys[1:] == keys[:-1])
        return _in_runs(np.flatnonzero(near) + 1).at(rows)
    return _in_trees(_last_resolved(keys, at, resolved[rows], within)).at(rows)


@attrs.frozen
class _Packed:
    """Key, time and row of cases, each case in one number, sorted.

    Sorting numbers is faster than sorting places. Where there is no room for the whole time, its
    first bits must do.

    Attributes:
        numbers: One per case.
        row_bits: How many bits of each are the row.
        time_bits: How many bits before these are the time; what is left is the key.
        cut: How many bits of the time are missing.
    """

    numbers: Whole
    row_bits: int
    time_bits: int
    cut: int

    @property
    def rows(self) -> Rows:
        return self.numbers & ((1 << self.row_bits) - 1)

    @property
    def keys(self) -> Whole:
        return self.numbers >> (self.row_bits + self.time_bits)


def _packed(keys: Whole, at: Micros) -> _Packed:
    first = at.min()
    row_bits = (len(at) - 1).bit_length()
    span = int(at.max() - first).bit_length()
    key_bits = int(keys.max()).bit_length()
    if key_bits + row_bits + min(span, _LEAST_TIME_BITS) > 63:
        keys = np.unique(keys, return_inverse=True)[1]
        key_bits = int(keys.max()).bit_length()
    time_bits = min(span, 63 - row_bits - key_bits)
    numbers = np.empty(len(at), dtype=np.int64)
    for start in range(0, len(at), _BLOCK):
        block = slice(start, start + _BLOCK)
        part = at[block] - first
        part >>= span - time_bits
        part |= keys[block] << time_bits
        part <<= row_bits
        part |= np.arange(start, start + len(part))
        numbers[block] = part
    numbers.sort()
    return _Packed(numbers, row_bits, time_bits, span - time_bits)


def _near(packed: _Packed, within: int) -> Whole:
    """Return the numbers of cases that have one before or behind them that may be near enough."""
    parts = [packed.numbers[:0]]
    # Times that were cut are up to one further apart than they seem.
    reach = (within >> packed.cut) + 1
    # One case more on each side of a block: a neighbour may stand there.
    for start in range(0, len(packed.numbers), _BLOCK):
        block = packed.numbers[max(start - 1, 0) : start + _BLOCK + 1]
        heads = block >> packed.row_bits
        near = np.zeros(len(block) + 1, dtype=bool)
        np.less_equal(heads[1:] - heads[:-1], reach, out=near[1:-1])
        near = near[1:] | near[:-1]
        inside = slice(min(start, 1), min(start, 1) + _BLOCK)
        parts.append(block[inside].take(np.flatnonzero(near[inside])))
    return np.concatenate(parts)


def _in_order(packed: _Packed, at: Micros, ranks: Callable[[Rows], NDArray[np.integer]]) -> Rows:
    """Return the rows of cases, those that their numbers leave alike by time and id."""
    rows = packed.rows
    heads = packed.numbers >> packed.row_bits
    alike = np.flatnonzero(heads[1:] == heads[:-1])
    if len(alike):
        places = np.union1d(alike, alike + 1)
        some = rows[places]
        rows[places] = some[np.lexsort((ranks(some), at[some], heads[places]))]
    return rows


def _in_runs(again: Rows) -> Repeats:
    """Chain cases that repeat the one just before them."""
    begins = np.ones(len(again), dtype=bool)
    np.not_equal(again[1:], again[:-1] + 1, out=begins[1:])
    first = np.maximum.accumulate(np.where(begins, again - 1, 0))
    return Repeats(again, again - 1, first, again - first + 1)


def _in_trees(last: Rows) -> Repeats:
    """Chain cases that repeat any before them; -1 for none."""
    again = np.flatnonzero(last >= 0)
    first = np.where(last >= 0, last, np.arange(len(last)))
    while not np.array_equal(further := first[first], first):
        first = further
    order = np.argsort(first, kind="stable")
    chains = first[order]
    occurrence = np.empty(len(last), dtype=np.int64)
    occurrence[order] = np.arange(len(last)) - np.searchsorted(chains, chains) + 1
    return Repeats(again, last[again], first[again], occurrence[again])


def _last_resolved(keys: Whole, at: Micros, resolved: Micros, within: int) -> Rows:
    """Return the last case that each one repeats, counted from resolution; -1 for none.

    Among the cases of one key in the order of their resolution, those that were resolved in a
    window stand side by side; of these the last received one is asked for.
    """
    ended = np.flatnonzero(resolved != MISSING)
    instants = np.unique(np.concatenate((at, at - within, resolved[ended])))
    numbers = np.cumsum(np.append(False, keys[1:] != keys[:-1])) * (2 * len(instants))

    def ticks(cases: Rows | slice, times: Micros) -> Whole:
        place: Whole = numbers[cases] + 2 * np.searchsorted(instants, times)
        return place

    # A case that was resolved as it was received is before only some of those of this instant.
    at_once = resolved == at
    ends = ticks(ended, resolved[ended]) + at_once[ended]
    by_end = np.argsort(ends, kind="stable")
    ends = ends[by_end]
    low = np.searchsorted(ends, ticks(slice(None), at - within), "left")
    high = np.searchsorted(ends, ticks(slice(None), at), "right")
    last = _largest(ended[by_end], low, high)
    twin = np.maximum.accumulate(np.where(at_once, np.arange(len(at)), -1))
    twin = np.append(-1, twin[:-1])
    is_twin = (twin >= 0) & (keys[twin] == keys) & (at[twin] == at)
    return np.where(is_twin, twin, last)


def _largest(values: Rows, low: Rows, high: Rows) -> Rows:
    """Return the largest of the values from each low to before its high; -1 where there is none."""
    found = np.full(len(low), -1)
    width = high - low
    level, step = values, 1
    # At each level stand the largest of `step` neighbours: two of these cover a stretch.
    while len(level):
        mine = np.flatnonzero((width >= step) & (width < 2 * step))
        found[mine] = np.maximum(level[low[mine]], level[high[mine] - step])
        level = np.maximum(level[:-step], level[step:])
        step *= 2
    return found
