"""Columns of cases as arrays: ids, times, and what cases agree in."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import reduce
from importlib import import_module
from typing import Any, Final

import attrs
import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoSeries
from numpy.typing import NDArray

from crmkit.kernel.frames import Eager
from crmkit.stats.log_columns import text_codes
from crmkit.stats.time_columns import Micros, instants_in

from .recurrence_arrays import Rows, Whole


_BLOCK: Final = 1 << 15  # cases: they stay in the processor's cache


def has_gaps(values: nw.Series[IntoSeries]) -> bool:
    """Return whether some are empty."""
    # Whole numbers that numpy takes for such have no gaps.
    if values.dtype.is_integer() and values.to_numpy().dtype.kind in "iu":
        return False
    return values.null_count() > 0


def is_unique(ids: nw.Series[IntoSeries]) -> bool:
    """Return whether each id stands once."""
    if ids.dtype.is_integer() and len(ids):
        array = ids.to_numpy()
        low, high = int(array.min()), int(array.max())
        # Ids from a sequence: marking them is faster than hashing them.
        if high - low < 4 * len(array):
            seen = np.zeros(high - low + 1, dtype=bool)
            seen[array - low if low else array] = True
            return int(np.count_nonzero(seen)) == len(array)
    return ids.n_unique() == len(ids)


def keys_of(frame: Eager, same: Sequence[str]) -> tuple[Rows | None, Whole]:
    """Return what cases agree in as one number each, and of which rows; None for all of them."""
    told = [frame[name] for name in same]
    empties = [values.is_null().to_numpy() for values in told if has_gaps(values)]
    rows = np.flatnonzero(~reduce(np.logical_or, empties)) if empties else None
    columns = [_codes(values if rows is None else values[rows]) for values in told]
    keys = _mixed(columns)
    blank = [codes.numbers == 0 for codes in columns if codes.blank]
    if not blank:
        return rows, keys
    left = np.flatnonzero(~reduce(np.logical_or, blank))
    return left if rows is None else rows[left], keys[left]


@attrs.frozen
class _Codes:
    """Values of a column as whole numbers.

    Attributes:
        numbers: One per row.
        low: The lowest.
        size: How many there are from the lowest to the highest.
        blank: Whether the lowest is empty text.
    """

    numbers: NDArray[np.integer]
    low: int
    size: int
    blank: bool = False


def _codes(values: nw.Series[IntoSeries]) -> _Codes:
    if not len(values):
        return _Codes(np.zeros(0, dtype=np.int64), 0, 1)
    if not values.dtype.is_integer():
        codes, texts = text_codes(values)
        return _Codes(codes, 0, len(texts), blank=texts[0] == "")
    array = values.to_numpy()
    low, high = int(array.min()), int(array.max())
    return _Codes(array, low, high - low + 1) if high - low < 2**31 else _dense(array)


def _dense(numbers: NDArray[np.integer]) -> _Codes:
    places = np.unique(numbers, return_inverse=True)[1]
    return _Codes(places, 0, len(places))


def _mixed(columns: Sequence[_Codes]) -> Whole:
    """Return one number for each combination of values."""
    first, *rest = columns
    if math.prod(codes.size for codes in columns) >= 2**62:
        pair = _mixed([_dense(first.numbers), _dense(rest[0].numbers)])
        return _mixed([_dense(pair), *rest[1:]])
    keys = np.empty(len(first.numbers), dtype=np.int64)
    for start in range(0, len(keys), _BLOCK):
        block = slice(start, start + _BLOCK)
        part = _from_zero(first, block)
        for codes in rest:
            part *= codes.size
            part += _from_zero(codes, block)
        keys[block] = part
    return keys


def _from_zero(codes: _Codes, block: slice) -> Whole:
    # Numbers without a sign may be too large for those with one until the lowest is taken off.
    return (codes.numbers[block] - codes.low).astype(np.int64, copy=False)


def micros_of(times: nw.Series[IntoSeries]) -> Micros:
    """Return instants, or dates, as microseconds; NaT for none."""
    if isinstance(times.dtype, nw.Datetime):
        return instants_in(times.to_native(), times.name)
    days = np.array(times.to_list(), dtype="datetime64[D]")
    return days.astype("datetime64[us]").view(np.int64)


def ids_at(
    ids: nw.Series[Any], rows: Rows, others: Rows, there: NDArray[np.bool_]
) -> nw.Series[Any]:
    """Return ids, at some rows those of others; none where none is there."""
    if not ids.dtype.is_integer():
        places = np.arange(len(ids))
        places[rows] = others
        return _emptied(ids[places], there)
    array = ids.to_numpy()
    # Where nobody looks, nothing needs to stand.
    values = np.zeros_like(array) if np.count_nonzero(there) == len(rows) else array.copy()
    values[rows] = array.take(others)
    if not ids.implementation.is_pandas_like():
        return _emptied(nw.new_series("ids", values, backend=ids.implementation), there)
    # Whole numbers of pandas would become floats.
    native = ids.to_native()
    masked = import_module("pandas").arrays.IntegerArray(values, ~there)
    filled = type(native)(masked, index=native.index, copy=False)
    return nw.from_native(filled, series_only=True)


def _emptied(values: nw.Series[Any], there: NDArray[np.bool_]) -> nw.Series[Any]:
    gone = nw.new_series("there", there, backend=values.implementation)
    frame = values.alias("values").to_frame().with_columns(gone)
    return frame.select(nw.when("there").then("values"))["values"]
