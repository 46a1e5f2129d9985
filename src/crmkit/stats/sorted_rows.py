"""Rows by whose they are and on which day: one sort of whole numbers, then sums of runs.

Law: rows of one customer and day stay in the order in which they came.
"""

from __future__ import annotations

from typing import Final, TypeVar

import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoSeries
from numpy.typing import NDArray

from .ranks import ranked


N = TypeVar("N", np.int64, np.float64)

_FIRST: Final = 1 << 10


def numbered(ids: nw.Series[IntoSeries]) -> NDArray[np.int64]:
    """Number customers from 0 up, in the order of their ids; whole numbers may leave gaps."""
    if ids.dtype.is_integer():
        array = ids.to_numpy()
        low, high = int(array.min()), int(array.max())
        if high - low < 2**31 and high < 2**63:
            dense: NDArray[np.int64] = array.astype(np.int64) - low
            return dense
        return ranked(array)[0].astype(np.int64, copy=False)
    told = ids.to_list()
    place = {name: number for number, name in enumerate(sorted(set(told)))}
    return np.fromiter(map(place.__getitem__, told), np.int64, len(told))


def by_day(
    customers: NDArray[np.int64], days: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the order of rows by customer and day, and both in that order."""
    if not len(days):
        return days, customers, days
    if _is_in_order(customers, days):
        return np.arange(len(days)), customers, days
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


def _is_in_order(customers: NDArray[np.int64], days: NDArray[np.int64]) -> bool:
    """Say whether rows are in the order of customer and day: most that are not tell soon."""
    for end in (min(_FIRST, len(days)), len(days)):
        before, after = customers[: end - 1], customers[1:end]
        rises = after > before
        rises |= (after == before) & (days[1:end] >= days[: end - 1])
        if not rises.all():
            return False
    return True


def changes(values: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return whether each value differs from the one before; the first does."""
    changes = np.ones(len(values), dtype=bool)
    np.not_equal(values[1:], values[:-1], out=changes[1:])
    return changes


def sums(values: NDArray[N], starts: NDArray[np.intp]) -> NDArray[N]:
    """Return the sums of runs that begin at `starts`."""
    if not len(starts):
        return values[:0]
    if values.dtype.kind != "i":
        totals: NDArray[N] = np.add.reduceat(values, starts)
        return totals
    # Whole numbers that run over come back: what is between two sums so far is exact, and faster.
    so_far = np.cumsum(values)
    ends: NDArray[N] = so_far[np.append(starts[1:], len(values)) - 1]
    ends[1:] -= ends[:-1].copy()
    ends[0] -= so_far[starts[0]] - values[starts[0]]
    return ends
