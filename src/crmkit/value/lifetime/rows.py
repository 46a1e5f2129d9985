"""Histories of purchases as arrays: what the laws of buying are asked about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray


Floats: TypeAlias = NDArray[np.float64]
Whole: TypeAlias = NDArray[np.int64]
Value: TypeAlias = float | Floats
Objective: TypeAlias = Callable[[Floats], tuple[float, Floats]]
"""From parameters (their logarithms) to a log-likelihood and its gradient."""

BLOCK: Final = 1 << 15
"""Numbers that stay in a processor's cache."""


@attrs.frozen(eq=False)
class Histories:
    """Customers' purchases, one row a customer or a pattern that several share.

    Attributes:
        x: Purchases less the first.
        recency: Age at the last of them.
        age: Age at the end of the record.
        weight: How many customers have this history.
    """

    x: Whole
    recency: Floats
    age: Floats
    weight: Floats

    def __len__(self) -> int:
        return len(self.x)

    @property
    def customers(self) -> float:
        """How many there are."""
        return float(self.weight.sum())

    def scaled(self, factor: float) -> Histories:
        """Return the same in another unit of time."""
        return attrs.evolve(self, recency=self.recency * factor, age=self.age * factor)

    def only(self, places: NDArray[np.intp]) -> Histories:
        """Return the rows at these places."""
        return Histories(
            self.x[places], self.recency[places], self.age[places], self.weight[places]
        )


NEWCOMER: Final = Histories(np.zeros(1, dtype=np.int64), np.zeros(1), np.zeros(1), np.ones(1))
"""Someone who bought for the first time this moment."""


def unique_rows(*columns: NDArray[np.generic]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the place of one row of each kind, and for every row which kind it is.

    Examples:
        >>> places, kind = unique_rows(np.array([3, 1, 3]), np.array([0.5, 0.0, 0.5]))
        >>> places.tolist(), kind.tolist()
        ([1, 0], [1, 0, 1])
    """
    key = np.zeros(len(columns[0]), dtype=np.int64)
    kinds = 1
    for column in columns:
        values, code = _coded(column)
        if kinds * values >= 2**62:
            key = np.unique(key, return_inverse=True)[1].astype(np.int64)
            kinds = int(key.max()) + 1
        key = key * values + code
        kinds *= values
    return _numbered(key, kinds)


def _numbered(key: Whole, kinds: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the first row of each key, as the keys rise, and for every row which key it has."""
    row_bits = max(len(key) - 1, 0).bit_length()
    if kinds.bit_length() + row_bits > 63:
        _, first, kind = np.unique(key, return_index=True, return_inverse=True)
        return first, kind
    # Key and row in one number: sorting numbers is far faster than sorting places.
    packed = key << row_bits
    packed |= np.arange(len(key))
    packed.sort()
    row = packed & ((1 << row_bits) - 1)
    packed >>= row_bits
    begins = np.ones(len(key), dtype=bool)
    np.not_equal(packed[1:], packed[:-1], out=begins[1:])
    kind = np.empty(len(key), dtype=np.intp)
    kind[row] = np.cumsum(begins) - 1
    return row[begins], kind


def compressed(rows: Histories) -> Histories:
    """Return one row for each history there is, its weight the sum of theirs."""
    first, kind = unique_rows(rows.x, rows.age, rows.recency)
    weight = np.bincount(kind, weights=rows.weight, minlength=len(first)).astype(np.float64)
    return Histories(rows.x[first], rows.recency[first], rows.age[first], weight)


def _coded(column: NDArray[np.generic]) -> tuple[int, Whole]:
    """Number the values of a column from 0 up, as they rise."""
    for steps in (1, 7):
        # Days, and weeks made of days, are numbered without sorting them.
        code = np.rint(column.astype(np.float64) * steps)
        if len(code) and code.max() < 2**20 and (code / steps == column).all():
            low = int(code.min())
            return int(code.max()) - low + 1, code.astype(np.int64) - low
    values, code = np.unique(column, return_inverse=True)
    return len(values), code.astype(np.int64)


def sampled(rows: Histories, customers: int) -> Histories:
    """Return about so many customers, taken at even distances along the rows."""
    ends = np.cumsum(rows.weight)
    asked = (np.arange(customers) + 0.5) / customers * ends[-1]
    places, weight = np.unique(np.searchsorted(ends, asked, "right"), return_counts=True)
    return attrs.evolve(rows.only(places), weight=weight.astype(np.float64))
