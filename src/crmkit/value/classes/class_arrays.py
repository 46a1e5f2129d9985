"""Classes of a frame that holds its rows: sums by size, and no sort of the whole."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Final

import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoSeries
from numpy.typing import NDArray

from crmkit.kernel.frames import Eager
from crmkit.value.coins import BLOCK

from .abc_policy import AbcClass, AbcPolicy


_SIZE_BITS: Final = 12
_NONE: Final = np.uint8(len(AbcClass))


def classes_of(
    whole: NDArray[np.float64],
    policy: AbcPolicy,
    categories: NDArray[np.integer] | None,
    *,
    least: int = 0,
) -> NDArray[np.uint8]:
    """Class amounts in coins, negative ones as 0: 0 for A, 1 for B, 2 for C, 3 for none.

    Args:
        whole: One per row.
        policy: Where A and B end.
        categories: The number of each row's, from 0, as `numbered` gives it; None for all together.
        least: Coins below which a category is not classed.
    """
    if categories is None:
        a_from, b_from = _bars(whole, policy)
        codes = (whole < a_from).view(np.uint8) + (whole < b_from).view(np.uint8)
        low_volume = least > 0 and whole.sum() < least
        return np.full(len(whole), _NONE, np.uint8) if low_volume else codes
    codes = _within_categories(whole, policy, categories)
    low = np.bincount(categories, weights=whole) < least
    return np.where(low[categories], _NONE, codes) if low.any() else codes


def letters(codes: NDArray[np.uint8], name: str, frame: Eager) -> nw.Series[IntoSeries]:
    """Return 0, 1, 2 as a column of "A", "B", "C" in the frame's engine; 3 is empty."""
    if find_spec("pyarrow") is None:
        alphabet = [*(member.value for member in AbcClass), None]
        words = nw.new_series(name, alphabet, nw.String, backend=frame.implementation)
        return words[codes.astype(np.intp)]
    # Texts of one letter lie in memory as these codes do: faster than looking words up.
    pyarrow = import_module("pyarrow")
    ends = pyarrow.py_buffer(np.arange(len(codes) + 1, dtype=np.int64))
    told = pyarrow.py_buffer(codes + np.uint8(ord(AbcClass.A.value)))
    filled = None
    if codes.max(initial=0) == _NONE:
        filled = pyarrow.py_buffer(np.packbits(codes < _NONE, bitorder="little"))
    text = pyarrow.LargeStringArray.from_buffers(len(codes), ends, told, filled)
    if frame.implementation.is_pandas():
        # Its texts are Arrow's: taken as they are, and not through a frame.
        pandas = import_module("pandas")
        return nw.from_native(pandas.Series(text, name=name, dtype="str"), series_only=True)
    table = pyarrow.table({name: text})
    return nw.DataFrame.from_arrow(table, backend=frame.implementation)[name]


def is_unique_within(ids: nw.Series[IntoSeries], categories: NDArray[np.integer]) -> bool:
    """Say whether every row has an id of its own in its category, as `classes_of` takes it."""
    # One number for both: numbers are sorted far faster than rows are compared.
    count = int(categories.max(initial=0)) + 1
    both = numbered(ids).astype(np.int64) * count + categories
    both.sort()
    return not (both[1:] == both[:-1]).any()


def is_unique(ids: nw.Series[IntoSeries]) -> bool:
    """Say whether every row has an id of its own."""
    if ids.dtype.is_integer() and len(ids):
        array = ids.to_numpy()
        if _rise(array):
            return True
        low, high = int(array.min()), int(array.max())
        # Ids from a sequence: marking them is faster than sorting or hashing them.
        if high - low < 4 * len(array) and high < 2**63:
            # Counted from 0 where that is near: then they are places already.
            first = 0 if low >= 0 and high < 4 * len(array) else low
            seen = np.zeros(high - first + 1, dtype=bool)
            seen[array if not first else array.astype(np.int64) - first] = True
            return int(np.count_nonzero(seen)) == len(array)
    return ids.n_unique() == len(ids)


def _rise(values: NDArray[np.integer]) -> bool:
    """Say whether each number is above the one before: most that do not tell soon."""
    for start in range(0, len(values) - 1, BLOCK):
        block = values[start : start + BLOCK + 1]
        if not (block[1:] > block[:-1]).all():
            return False
    return True


def _within_categories(
    whole: NDArray[np.float64], policy: AbcPolicy, numbers: NDArray[np.integer]
) -> NDArray[np.uint8]:
    order = in_order(numbers)
    ends = np.cumsum(np.bincount(numbers))
    parts = np.split(whole[order], ends[:-1])
    bars = np.array([_bars(part, policy) for part in parts]).reshape(-1, 2)
    codes = np.zeros(len(whole), np.uint8)
    for bar in bars.T.copy():
        codes += whole < bar[numbers]
    return codes


def _bars(whole: NDArray[np.float64], policy: AbcPolicy) -> tuple[float, float]:
    """Return the smallest amounts, in coins, that are in class A and in class A or B.

    Adds up amounts by their leading bits, which rise as they do, and sorts only those that share
    the bits of a bar. All sums are whole and below 2⁵³: exact.
    """
    largest = float(whole.max(initial=0.0))
    if not largest:
        return np.inf, np.inf
    sums, ends = _sums_by_size(whole, largest)
    before = sums[::-1].cumsum()[::-1] - sums
    total = int(sums.sum())
    bars = []
    for permille in (policy.a_permille, policy.b_permille):
        # Rounded up: a whole number lies below the bar as it lies below the share.
        bar = -(-permille * total // 1000)
        last = int(np.flatnonzero((sums > 0) & (before < bar))[0])
        inside = np.sort(_between(whole, ends[last], ends[last + 1]))[::-1]
        ahead = before[last] + inside.cumsum() - inside
        bars.append(float(inside[np.count_nonzero(ahead < bar) - 1]))
    return bars[0], bars[1]


def _between(whole: NDArray[np.float64], least: np.float64, end: np.float64) -> NDArray[np.float64]:
    """Return the amounts from one on to below another."""
    found = []
    # Blocks that stay in the cache.
    for start in range(0, len(whole), BLOCK):
        block = whole[start : start + BLOCK]
        within = block >= least
        within &= block < end
        found.append(block[within])
    return np.concatenate(found)


def _sums_by_size(
    whole: NDArray[np.float64], largest: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the sums of amounts of about one size, rising, and the ends of these sizes."""
    # A float's bits, read as a whole number, rise with it. Nothing positive is below one coin.
    low, high = np.array([max(whole.min(), 1.0), largest]).view(np.int64).tolist()
    shift = max((high - low).bit_length() - _SIZE_BITS, 0)
    first, count = low >> shift, (high >> shift) - (low >> shift) + 1
    sums = np.zeros(count)
    scratch = np.empty(min(len(whole), BLOCK), np.int64)
    for start in range(0, len(whole), BLOCK):
        block = whole[start : start + BLOCK]
        sizes = np.right_shift(block.view(np.int64), shift, out=scratch[: len(block)])
        sizes -= first
        sums += np.bincount(np.maximum(sizes, 0, out=sizes), weights=block, minlength=count)
    ends = (np.arange(first, first + count + 1) << shift).view(np.float64)
    return sums, ends


def numbered(values: nw.Series[IntoSeries]) -> NDArray[np.integer]:
    """Return for each value of a column without gaps a number that equal values share, from 0."""
    if find_spec("pyarrow") is None:
        numbers: dict[object, int] = {}
        told = (numbers.setdefault(value, len(numbers)) for value in values.to_list())
        return np.fromiter(told, np.int64, len(values))
    # Arrow looks values up without making Python objects of them.
    arrow = import_module("pyarrow").chunked_array([values.to_arrow()])
    found: NDArray[np.integer] = arrow.combine_chunks().dictionary_encode().indices.to_numpy()
    return found


def in_order(numbers: NDArray[np.integer]) -> NDArray[np.intp]:
    """Return the places of numbers in their order, equal ones as they stand."""
    # Numbers of 16 bits are counted into place, which is far faster than comparing them.
    few = numbers.max(initial=0) < 1 << 16
    return np.argsort(numbers.astype(np.uint16) if few else numbers, kind="stable")
