"""Rows that are alike: each kind once, found by one sort of whole numbers.

Law: rows become numbers, and numbers rows again, in blocks that stay in a processor's cache: of ten
million rows, memory that is asked for anew costs more than the sort.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray


Whole: TypeAlias = NDArray[np.int64]

_DENSE: Final = 2**20
_MOST: Final = 2**62
_SHORT: Final = 2**31
_IDLE: Final = 4
_BLOCK: Final = 1 << 14


def unique_rows(*columns: NDArray[np.generic]) -> tuple[NDArray[np.intp], NDArray[np.integer]]:
    """Return the place of one row of each kind, and for every row which kind it is.

    Examples:
        >>> places, kind = unique_rows(np.array([3, 1, 3]), np.array([0.5, 0.0, 0.5]))
        >>> places.tolist(), kind.tolist()
        ([1, 0], [1, 0, 1])
    """
    codings = [_Coding.of(column) for column in columns]
    return _numbered(*_keys(codings))


def counted_rows(*columns: NDArray[Any]) -> tuple[list[NDArray[Any]], NDArray[np.intp]]:
    """Return the columns of one row of each kind, and how many there are of it.

    Examples:
        >>> columns, count = counted_rows(np.array([3, 1, 3]), np.array([0.5, 0.0, 0.5]))
        >>> [column.tolist() for column in columns], count.tolist()
        ([[1.0, 3.0], [0.0, 0.5]], [1, 2])
    """
    codings = [_Coding.of(column) for column in columns]
    keys, kinds = _keys(codings)
    if kinds < math.prod(one.kinds for one in codings):
        first, kind = _numbered(keys, kinds)
        return [column[first] for column in columns], np.bincount(kind)
    if kinds <= _SHORT:
        # Half the bytes are sorted in little more than half the time.
        keys = keys.astype(np.int32)
    keys.sort()
    places = _begins(keys)
    return _read(keys[places].astype(np.int64), codings), np.diff(places, append=len(keys))


@attrs.frozen(kw_only=True, eq=False)
class _Coding:
    """The values of a column, numbered from 0 up as they rise.

    Attributes:
        column: The values.
        kinds: All numbers lie below.
        low: What is taken off a value's steps.
        steps: How many of them make 1; 0 where `codes` tells the numbers.
        codes: The number of each row; one place for each value.
        values: The values by their numbers.
    """

    column: NDArray[Any]
    kinds: int
    low: int = 0
    steps: int = 0
    codes: Whole | None = None
    values: NDArray[Any] | None = None

    @classmethod
    def of(cls, column: NDArray[Any]) -> _Coding:
        """Days, and weeks made of days, are numbered without sorting them."""
        if len(column):
            least, most = column.min(), column.max()
            for steps in (1, 7):
                low, high = round(float(least) * steps), round(float(most) * steps)
                found = cls(column=column, kinds=high - low + 1, low=low, steps=steps)
                if high < _DENSE and low > -_DENSE and found._is_exact():
                    return found
        values, codes = np.unique(column, return_inverse=True)
        return cls(column=column, kinds=len(values), codes=codes.astype(np.int64), values=values)

    def of_block(self, rows: slice) -> Whole:
        """Return the numbers of some rows."""
        if self.codes is not None:
            return self.codes[rows]
        told = np.rint(np.multiply(self.column[rows], self.steps, dtype=np.float64))
        found: Whole = told.astype(np.int64)
        return found - self.low

    def read(self, codes: Whole) -> NDArray[Any]:
        """Return the values of numbers."""
        if self.values is not None:
            return self.values[codes]
        found: NDArray[Any] = (codes + self.low) / self.steps
        return found

    def _is_exact(self) -> bool:
        return all(
            np.array_equal(self.read(self.of_block(rows)), self.column[rows])
            for rows in in_blocks(len(self.column))
        )


def _keys(codings: Sequence[_Coding]) -> tuple[Whole, int]:
    """Return rows as numbers that rise as their columns do, and above what all of them lie."""
    keys = np.zeros(len(codings[0].column), dtype=np.int64)
    kinds = 1
    for coding in codings:
        if kinds * coding.kinds >= _MOST:
            keys = np.unique(keys, return_inverse=True)[1].astype(np.int64)
            kinds = int(keys.max()) + 1
        for rows in in_blocks(len(keys)):
            key = keys[rows]
            key *= coding.kinds
            key += coding.of_block(rows)
        kinds *= coding.kinds
    return keys, kinds


def _read(keys: Whole, codings: Sequence[_Coding]) -> list[NDArray[Any]]:
    """Return the columns of rows from their numbers."""
    told = []
    for coding in reversed(codings):
        keys, code = np.divmod(keys, coding.kinds)
        told.append(coding.read(code))
    return told[::-1]


def _numbered(keys: Whole, kinds: int) -> tuple[NDArray[np.intp], NDArray[np.integer]]:
    """Return the first row of each number, as they rise, and for every row which of them it has."""
    if kinds < _IDLE * len(keys):
        return _marked(keys, kinds)
    row_bits = max(len(keys) - 1, 0).bit_length()
    if kinds.bit_length() + row_bits > 63:
        _, first, kind = np.unique(keys, return_index=True, return_inverse=True)
        return first, kind
    # Number and row in one: sorting numbers is far faster than sorting places.
    for rows in in_blocks(len(keys)):
        key = keys[rows]
        key <<= row_bits
        key |= np.arange(rows.start, rows.stop)
    keys.sort()
    kind = np.empty(len(keys), dtype=_kind_of(len(keys)))
    firsts, count, before = [np.empty(0, dtype=np.intp)], 0, np.full(1, -1, dtype=np.int64)
    for rows in in_blocks(len(keys)):
        row = keys[rows] & ((1 << row_bits) - 1)
        number = keys[rows] >> row_bits
        begins = np.diff(number, prepend=before) != 0
        kind[row] = np.cumsum(begins) + (count - 1)
        firsts.append(row[begins])
        count, before = count + len(firsts[-1]), number[-1:]
    return np.concatenate(firsts), kind


def _marked(keys: Whole, kinds: int) -> tuple[NDArray[np.intp], NDArray[np.integer]]:
    """Do the same where most numbers are somebody's: without a sort."""
    first = np.full(kinds, -1, dtype=np.intp)
    for rows in reversed([*in_blocks(len(keys))]):
        # Backwards, so that the first of them is written last.
        first[keys[rows][::-1]] = np.arange(rows.stop - 1, rows.start - 1, -1)
    there = first >= 0
    number = np.cumsum(there, dtype=_kind_of(kinds)) - 1
    kind = np.empty(len(keys), dtype=number.dtype)
    for rows in in_blocks(len(keys)):
        kind[rows] = number[keys[rows]]
    return first[there], kind


def _kind_of(count: int) -> type[np.integer]:
    return np.int32 if count < 2**31 else np.int64


def _begins(keys: NDArray[np.integer]) -> NDArray[np.intp]:
    """Return where a number of a rising row is not the one before."""
    told = [np.empty(0, dtype=np.intp)]
    for rows in in_blocks(len(keys)):
        before = keys[rows.start - 1 : rows.start] if rows.start else np.full(1, -1)
        told.append(np.flatnonzero(np.diff(keys[rows], prepend=before)) + rows.start)
    return np.concatenate(told)


def in_blocks(rows: int) -> Iterator[slice]:
    """Yield slices of so many rows, few enough for a processor's own memory.

    Examples:
        >>> [*in_blocks(20_000)]
        [slice(0, 16384, None), slice(16384, 20000, None)]
    """
    for start in range(0, rows, _BLOCK):
        yield slice(start, min(start + _BLOCK, rows))
