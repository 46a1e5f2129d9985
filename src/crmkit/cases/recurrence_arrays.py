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
_BITS: Final = 62
"""Of a number, without its sign and the bit that parts keys from times."""

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
        keys: What cases share to repeat each other, as numbers from 0; one per row. They are
            written over: memory that is new would have to be fetched.
        at: When each was received.
        resolved: When each was resolved; None to count from receipt.
        within: After so much time a case still repeats another.
        ranks: Tells of rows in which order their ids are.

    Units:
        Microseconds.
    """
    packed = _packed(keys, at)
    if resolved is None:
        return _after_receipt(packed, at, within, ranks)
    _set_in_order(packed, _near(packed, 0), at, ranks)
    rows = packed.rows_of(packed.numbers)
    last = _last_resolved(packed.keys, at[rows], resolved[rows], within)
    return _in_trees(last).at(rows)


@attrs.frozen
class _Packed:
    """Key, time and row of cases, each case in one number, sorted.

    Sorting numbers is faster than sorting places. Where there is no room for the whole time, its
    first bits must do. The bit above them is 0: so keys lie further apart than times.

    Attributes:
        numbers: One per case.
        row_bits: How many bits of each are the row.
        time_bits: How many bits before these are the time.
        cut: How many bits of the time are missing.
    """

    numbers: Whole
    row_bits: int
    time_bits: int
    cut: int

    @property
    def keys(self) -> Whole:
        return self.numbers >> (self.row_bits + self.time_bits + 1)

    def rows_of(self, numbers: Whole) -> Rows:
        return numbers & ((1 << self.row_bits) - 1)


@attrs.frozen
class _Pairs:
    """Cases with another of their key close behind them.

    Attributes:
        places: Where each stands.
        numbers: Its number.
        behind: That of the one behind it.
        apart: How far apart they are, by the bits of the time that are kept.
    """

    places: Rows
    numbers: Whole
    behind: Whole
    apart: Whole


def _packed(keys: Whole, at: Micros) -> _Packed:
    first = at.min()
    row_bits = (len(at) - 1).bit_length()
    span = int(at.max() - first).bit_length()
    key_bits = int(keys.max()).bit_length()
    if key_bits + row_bits + min(span, _LEAST_TIME_BITS) > _BITS:
        keys = np.unique(keys, return_inverse=True)[1]
        key_bits = int(keys.max()).bit_length()
    time_bits = min(span, _BITS - row_bits - key_bits)
    for start in range(0, len(at), _BLOCK):
        part = at[start : start + _BLOCK] - first
        part >>= span - time_bits
        number = keys[start : start + _BLOCK]
        number <<= time_bits + 1
        number |= part
        number <<= row_bits
        number |= np.arange(start, start + len(part))
    keys.sort()
    return _Packed(keys, row_bits, time_bits, span - time_bits)


def _near(packed: _Packed, reach: int) -> _Pairs:
    """Return the cases that are so far apart at most, by the bits of the time that are kept."""
    most = min(reach, (1 << packed.time_bits) - 1)
    # Their rows may add less than one to it.
    with_rows = ((most + 1) << packed.row_bits) - 1
    found = []
    for start in range(0, len(packed.numbers), _BLOCK):
        # One case more: a neighbour may stand there.
        block = packed.numbers[start : start + _BLOCK + 1]
        some = np.flatnonzero(block[1:] - block[:-1] <= with_rows)
        numbers, behind = block[some], block[some + 1]
        apart = (behind >> packed.row_bits) - (numbers >> packed.row_bits)
        some += start
        found.append((some, numbers, behind, apart))
    told = [np.concatenate(parts) for parts in zip(*found, strict=True)]
    is_near = told[-1] <= most
    return _Pairs(*(told if is_near.all() else (part[is_near] for part in told)))


def _set_in_order(
    packed: _Packed, pairs: _Pairs, at: Micros, ranks: Callable[[Rows], NDArray[np.integer]]
) -> None:
    """Put cases that their numbers leave alike in the order of their times and ids.

    Args:
        packed: The cases; their numbers are changed.
        pairs: Those with another close behind them; their numbers are changed, too.
        at: When each was received.
        ranks: Tells of rows in which order their ids are.
    """
    alike = pairs.places[pairs.apart == 0]
    if not len(alike):
        return
    places = np.union1d(alike, alike + 1)
    numbers = packed.numbers[places]
    rows, heads = packed.rows_of(numbers), numbers >> packed.row_bits
    ordered = rows[np.lexsort((ranks(rows), at[rows], heads))]
    packed.numbers[places] = heads << packed.row_bits | ordered
    for held, first in ((pairs.numbers, places), (pairs.behind, places - 1)):
        where = np.searchsorted(pairs.places, first)
        where[where == len(pairs.places)] = 0
        is_there = pairs.places[where] == first
        held[where[is_there]] = packed.numbers[places[is_there]]


def _after_receipt(
    packed: _Packed, at: Micros, within: int, ranks: Callable[[Rows], NDArray[np.integer]]
) -> Repeats:
    """Chain cases that come near enough behind another of their key."""
    # Times that were cut are up to one further apart than they seem, or nearer.
    whole = within >> packed.cut
    pairs = _near(packed, whole + 1)
    _set_in_order(packed, pairs, at, ranks)
    last, again = packed.rows_of(pairs.numbers), packed.rows_of(pairs.behind)
    is_near = pairs.apart < whole
    unsure = np.flatnonzero(~is_near)
    is_near[unsure] = at[again[unsure]] - at[last[unsure]] <= within
    return _in_runs(pairs.places[is_near], last[is_near], again[is_near])


def _in_runs(places: Rows, last: Rows, again: Rows) -> Repeats:
    """Chain cases that repeat the one just before them.

    Args:
        places: Where those stand that are repeated.
        last: Their rows.
        again: The rows of those that repeat them.
    """
    begins = np.ones(len(places), dtype=bool)
    np.not_equal(places[1:], places[:-1] + 1, out=begins[1:])
    number = np.arange(len(places))
    start = np.maximum.accumulate(np.where(begins, number, 0))
    return Repeats(again, last, last[start], number - start + 2)


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
