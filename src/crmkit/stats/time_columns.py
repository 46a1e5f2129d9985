"""Columns of instants and durations, from any engine to whole microseconds and back.

Law: an instant without a zone is refused where a zone could have been told; a missing one stays
missing; what is finer than a microsecond is cut.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final, TypeAlias, TypeVar

import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import NDArray

from crmkit.errors import InvalidValueError


Column = TypeVar("Column")
"""An array, or a Series of pandas, polars or another engine: what comes in goes out."""

Micros: TypeAlias = NDArray[np.int64]

MISSING: Final = np.iinfo(np.int64).min
"""What stands for a missing instant: NaT, as numpy has it."""

_COARSE: Final = frozenset(("Y", "M", "W", "D", "h", "m", "s", "ms"))
_LOW: Final = {"M": np.datetime64("0000-01-01", "D"), "m": np.timedelta64(-3_660_000, "D")}
_HIGH: Final = {"M": np.datetime64("9999-12-31", "D"), "m": np.timedelta64(3_660_000, "D")}


def instants_in(column: object, name: str) -> Micros:
    """Return instants as microseconds since 1970 in UTC, `MISSING` where there is none.

    Args:
        column: numpy `datetime64`, which is read as UTC; or a Series of aware datetimes.
        name: What it is called in messages.

    Raises:
        InvalidValueError: If it is neither, has no zone, or is not of one dimension.

    Examples:
        >>> instants_in(np.array(["1970-01-01T00:00:01", "NaT"], dtype="datetime64[s]"), "starts")
        array([             1000000, -9223372036854775808])
    """
    if isinstance(column, np.ndarray):
        return _array(column, name, "datetime64")
    series = _series(column, name)
    if not isinstance(series.dtype, nw.Datetime) or series.dtype.time_zone is None:
        rule = f"must hold instants with a time zone, not {series.dtype}"
        raise InvalidValueError(name, "the column", rule, "name the zone where the times were told")
    if series.implementation.is_pandas():
        # It keeps instants in UTC, and hands them out as they lie.
        plain = series.to_native().to_numpy(f"datetime64[{series.dtype.time_unit}]")
    else:
        plain = series.dt.convert_time_zone("UTC").dt.replace_time_zone(None).to_numpy()
    return _array(plain, name, "datetime64")


def durations_in(column: object, name: str, rows: int) -> Micros:
    """Return durations in microseconds, `MISSING` where there is none.

    Args:
        column: numpy `timedelta64`, a Series of durations, or one duration for all rows.
        name: What it is called in messages.
        rows: How many there must be.

    Raises:
        InvalidValueError: If it is none of these, or not of so many rows.

    Examples:
        >>> durations_in(timedelta(seconds=1), "durations", 2)
        array([1000000, 1000000])
    """
    if isinstance(column, np.ndarray):
        found = _array(column, name, "timedelta64")
    elif isinstance(column, timedelta):
        micros = np.int64(column // timedelta(microseconds=1))
        found = np.broadcast_to(micros, (rows,))
    else:
        series = _series(column, name)
        if not isinstance(series.dtype, nw.Duration):
            raise InvalidValueError(name, "the column", f"must hold durations, not {series.dtype}")
        found = _array(series.to_numpy(), name, "timedelta64")
    if len(found) != rows:
        raise InvalidValueError(f"len({name})", len(found), f"must be {rows}, as the starts")
    return found


def like(column: Column, values: NDArray[Any], name: str) -> Column:
    """Return values in the form of a column: an array for an array, a Series of its engine else.

    Args:
        column: What came in.
        values: `datetime64[us]` of instants in UTC, `timedelta64[us]` or truth values.
        name: The name of a Series.

    Examples:
        >>> import pandas as pd
        >>> like(pd.Series([1, 2], index=["a", "b"]), np.array([True, False]), "is_open")
        a     True
        b    False
        Name: is_open, dtype: bool
    """
    if isinstance(column, np.ndarray):
        return values  # type: ignore[return-value]  # an array for an array
    series = _series(column, name)
    made = nw.new_series(name, values, backend=series.implementation)
    if values.dtype.kind == "M":
        made = made.dt.replace_time_zone("UTC")
    index = nw.maybe_get_index(series)
    found = made if index is None else nw.maybe_set_index(made, index=index)
    return found.to_native()  # type: ignore[no-any-return]  # of the engine that came in


def _series(column: object, name: str) -> nw.Series[Any]:
    try:
        return nw.from_native(column, series_only=True)
    except TypeError:
        rule = "must be an array or a Series"
        raise InvalidValueError(name, type(column).__name__, rule) from None


def same_rows(first: object, second: object, name: str) -> None:
    """Check that two Series of pandas have one index, as nothing here looks rows up by it.

    Args:
        first: A column.
        second: Another, in any form.
        name: What the second is called in messages.

    Raises:
        InvalidValueError: If both have an index, and not the same.
    """
    ours, theirs = (_index(column) for column in (first, second))
    if ours is not None and theirs is not None and not ours.equals(theirs):
        way_out = "give two columns of one frame, or reset_index both"
        raise InvalidValueError(name, "the column", "must have the index of the starts", way_out)


def _index(column: object) -> Any | None:
    if isinstance(column, np.ndarray | timedelta):
        return None
    return nw.maybe_get_index(_series(column, "column"))


def _array(column: NDArray[Any], name: str, kind: str) -> Micros:
    wanted = np.dtype(kind)
    if column.dtype.kind != wanted.kind or column.ndim != 1:
        told = f"{column.dtype} of {column.ndim} dimensions"
        raise InvalidValueError(name, told, f"must be {kind} of one dimension")
    unit = np.datetime_data(column.dtype)[0]
    if wanted.kind == "m" and unit in ("Y", "M") and len(column):
        rule = "must be in units of one length, up to weeks"
        raise InvalidValueError(name, str(column.dtype), rule)
    if unit in _COARSE:
        _check_reach(column, name)
    return column.astype(f"{kind}[us]", copy=False).view(np.int64)


def _check_reach(column: NDArray[Any], name: str) -> None:
    """Check that a column of a coarse unit holds nothing that numpy would wrap in silence."""
    beyond = (column < _LOW[column.dtype.kind]) | (column > _HIGH[column.dtype.kind])
    if beyond.any():
        row = int(np.flatnonzero(beyond)[0])
        rule = f"must lie within 10,000 years, as row {row} does not"
        raise InvalidValueError(name, str(column[row]), rule)
