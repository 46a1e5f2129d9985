"""Groups of rows, by the values of columns: segments, regions, periods; and tables of them.

Law: every row belongs to a group, and a group that has no name is refused; a table has one row a
group, in rising order, whatever the engine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

import attrs
import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrameT, IntoSeries
from numpy.typing import NDArray

from crmkit.errors import InvalidValueError
from crmkit.kernel.frames import Eager, bad_values
from crmkit.stats.log_columns import Series, columns_of, given_back, text_codes
from crmkit.stats.row_blocks import blocks


Column: TypeAlias = tuple[nw.dtypes.DType, Sequence[object]]
"""A column to be made: its type, and what it holds."""

_SMALL: Final = 1 << 20  # how many codes may lie idle
_BLOCK: Final = 1 << 20  # rows looked at at a time
_HEAD: Final = 1 << 13  # rows in which all groups are likely to show
_WAY_OUT: Final = "fill these rows, or leave them out yourself"


@attrs.frozen(eq=False)
class Groups:
    """Groups in rising order.

    Attributes:
        keys: One row a group: its values, in the columns that made it.
        codes: For each row of the frame, the place of its group; empty where an engine counted.
    """

    keys: Eager
    codes: NDArray[Any]

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def rows(self) -> NDArray[np.int64]:
        """How many rows each has."""
        count = np.zeros(len(self), dtype=np.int64)
        for block in blocks(len(self.codes), at_least=_BLOCK):
            count += np.bincount(self.codes[block], minlength=len(self))
        return count


def groups_of(frame: Eager, names: Sequence[str]) -> Groups:
    """Find the groups of a frame that holds its rows, block by block.

    A row is remembered by the place of its group alone, which of few groups is one byte.

    Raises:
        InvalidValueError: If the value of a column is missing, with the rows.
    """
    told = {name: frame[name] for name in names}
    for name, column in told.items():
        if _has_gaps(column):
            places = np.flatnonzero(column.is_null().to_numpy()).tolist()
            empty = [None] * len(places)
            raise bad_values(name, empty, places, "must not be empty", way_out=_WAY_OUT)
    parts = [*blocks(len(frame), at_least=_BLOCK)]
    if len(parts) < 2:
        return _groups_at_once(told, frame)
    found = []
    for block in parts:
        own, first = _coded([column[block] for column in told.values()])
        found.append((own.astype(np.min_scalar_type(len(first))), first + block.start))
    firsts = np.concatenate([first for _, first in found]).tolist()
    heads = _groups_at_once({name: column[firsts] for name, column in told.items()}, frame)
    codes = np.empty(len(frame), dtype=np.min_scalar_type(len(heads)))
    start = 0
    for block, (own, first) in zip(parts, found, strict=True):
        codes[block] = heads.codes[start : start + len(first)][own]
        start += len(first)
    return Groups(heads.keys, codes)


def _groups_at_once(told: Mapping[str, Series], frame: Eager) -> Groups:
    codes, first = _coded([*told.values()])
    rows = first.tolist()
    return Groups(columns_of({name: column[rows] for name, column in told.items()}, frame), codes)


def _coded(columns: Sequence[Series]) -> tuple[NDArray[Any], NDArray[np.intp]]:
    """Return the place of each row's group in rising order, and the first row of each group."""
    codes, is_dense = _codes_of(columns[0])
    for column in columns[1:]:
        own, _ = _codes_of(column)
        # Of many groups the product would leave the whole numbers: what is idle is taken out first.
        codes = _renumbered(codes) * np.int64(int(own.max(initial=0)) + 1) + own
        is_dense = False
    codes = codes if is_dense else _renumbered(codes)
    first = _firsts(codes[:_HEAD])
    if len(codes) and len(first) <= int(codes.max()):
        first = _firsts(codes)
    return codes, first


def _has_gaps(column: nw.Series[IntoSeries]) -> bool:
    if not column.implementation.is_pandas():
        return column.null_count() > 0
    # To ask whether there is one takes a quarter of the time of counting them.
    held: Any = column.to_native()
    if isinstance(column.dtype, nw.Categorical | nw.Enum):
        return bool(held.array.codes.min(initial=0) < 0)
    return bool(held.hasnans)


def _firsts(codes: NDArray[Any]) -> NDArray[np.intp]:
    """Return the first place of every code that is there, in rising order of codes."""
    first: NDArray[np.intp] = np.unique(codes, return_index=True)[1]
    return first


def in_order(told: Eager, names: Sequence[str]) -> tuple[Eager, Groups]:
    """Return what an engine said of groups in their order, and the groups.

    Args:
        told: With a column `by 0`, `by 1`, … for each name, and `n`, how many rows each row of it
            stands for.
        names: What the caller calls these columns.

    Raises:
        InvalidValueError: If a value is missing, with how many rows.
    """
    keys = [f"by {place}" for place in range(len(names))]
    for name, key in zip(names, keys, strict=True):
        empty = told.filter(nw.col(key).is_null())
        if len(empty):
            rows = int(empty["n"].sum())
            rule = f"must not be empty, as in {rows} row{'s' * (rows > 1)}"
            raise InvalidValueError(name, None, rule, _WAY_OUT)
    told = told.sort(*keys)
    first: dict[tuple[object, ...], int] = {}
    for place, values in enumerate(told.select(*keys).rows()):
        first.setdefault(values, place)
    made = told.select(*keys)[list(first.values())]
    renamed = made.rename(dict(zip(keys, names, strict=True)))
    return told, Groups(renamed, np.zeros(0, dtype=np.int64))


def grouped(keys: Eager, columns: Mapping[str, Column], native: IntoFrameT) -> IntoFrameT:
    """Return a table of groups in the caller's kind of frame.

    Args:
        keys: One row a group; without columns where all rows are one.
        columns: What is said of each.
        native: What the caller passed.
    """
    said = {name: _said(name, column, keys) for name, column in columns.items()}
    return given_back(
        columns_of({**{name: keys[name] for name in keys.columns}, **said}, keys), native
    )


def _said(name: str, column: Column, keys: Eager) -> Series | NDArray[np.generic]:
    dtype, values = column
    if keys.implementation.is_pandas():
        # A column of its own for each takes longer than to make the table; None is NaN there.
        if isinstance(dtype, nw.Float64):
            return np.array(values, dtype=np.float64)
        if isinstance(dtype, nw.Int64) and None not in values:
            return np.array(values, dtype=np.int64)
    return nw.new_series(name, list(values), dtype, backend=keys.implementation)


def _codes_of(column: nw.Series[IntoSeries]) -> tuple[NDArray[Any], bool]:
    """Return values by their place in rising order, and whether no place is idle."""
    dtype = column.dtype
    if isinstance(dtype, nw.String | nw.Categorical | nw.Enum):
        return text_codes(column)[0], True
    if isinstance(dtype, nw.Object):
        told = column.to_list()
        place = {value: code for code, value in enumerate(sorted(set(told)))}
        return np.fromiter(map(place.__getitem__, told), np.int64, len(told)), True
    values = column.to_numpy()
    whole = values.view(np.int64) if values.dtype.kind == "M" else values.astype(np.int64)
    low = int(whole.min(initial=0))
    if int(whole.max(initial=0)) - low < _SMALL:
        return whole - low, False
    return np.unique(whole, return_inverse=True)[1].astype(np.int64), True


def _renumbered(codes: NDArray[Any]) -> NDArray[np.int64]:
    """Return codes without idle ones between them, in the same order."""
    if int(codes.max(initial=0)) >= _SMALL:
        return np.unique(codes, return_inverse=True)[1].astype(np.int64)
    places: NDArray[np.int64] = np.cumsum(np.bincount(codes) > 0) - 1
    found: NDArray[np.int64] = places[codes]
    return found
