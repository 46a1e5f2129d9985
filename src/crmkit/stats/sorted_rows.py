"""Rows by whose they are and on which day: one sort of whole numbers, then sums of runs.

Law: rows of one customer and day stay in the order in which they came.
"""

from __future__ import annotations

from typing import TypeVar

import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoSeries
from numpy.typing import NDArray


N = TypeVar("N", np.int64, np.float64)


def numbered(ids: nw.Series[IntoSeries]) -> NDArray[np.int64]:
    """Number customers from 0 up, in the order of their ids; whole numbers may leave gaps."""
    if ids.dtype.is_integer():
        array = ids.to_numpy()
        low, high = int(array.min()), int(array.max())
        if high - low < 2**31 and high < 2**63:
            dense: NDArray[np.int64] = array.astype(np.int64) - low
            return dense
        return np.unique(array, return_inverse=True)[1].astype(np.int64, copy=False)
    told = ids.to_list()
    place = {name: number for number, name in enumerate(sorted(set(told)))}
    return np.fromiter(map(place.__getitem__, told), np.int64, len(told))


def by_day(
    customers: NDArray[np.int64], days: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the order of rows by customer and day, and both in that order."""
    if not len(days):
        return days, customers, days
    first = days.min()
    day_bits = int(days.max() - first).bit_length()
    row_bits = (len(days) - 1).bit_length()
    if int(customers.max()).bit_length() + day_bits + row_bits > 63:
        order = np.lexsort((days, customers))
        return order, customers[order], days[order]
    # Customer, day and row in one number: sorting numbers is faster than sorting
    # places, and the number tells all three afterwards.
    key = customers << day_bits
    key |= days - first
    key <<= row_bits
    key |= np.arange(len(days))
    key.sort()
    order = key & ((1 << row_bits) - 1)
    key >>= row_bits
    return order, key >> day_bits, (key & ((1 << day_bits) - 1)) + first


def changes(values: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return whether each value differs from the one before; the first does."""
    changes = np.ones(len(values), dtype=bool)
    np.not_equal(values[1:], values[:-1], out=changes[1:])
    return changes


def sums(values: NDArray[N], starts: NDArray[np.intp]) -> NDArray[N]:
    """Return the sums of runs that begin at `starts`."""
    return np.add.reduceat(values, starts) if len(starts) else values[:0]
