"""A sample as cells: who has the same categories and the same weight counts as one row.

Law: weights depend on cells alone, so an engine counts them by one query and no row leaves it; what
is found goes back by a join, or by the place of each row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias, cast

import attrs
import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrame, IntoSeries
from numpy.typing import NDArray

from crmkit.errors import InvalidValueError
from crmkit.kernel import did_you_mean
from crmkit.kernel.frames import (
    ColumnKind,
    Eager,
    Lazy,
    Words,
    bad_values,
    frame_of,
    numbers,
)
from crmkit.stats.histogram import WEIGHS
from crmkit.stats.log_columns import given_back, text_codes


Floats: TypeAlias = NDArray[np.float64]
Whole: TypeAlias = NDArray[np.int64]

Listed: TypeAlias = Sequence[object] | NDArray[np.generic] | IntoSeries
"""A column by itself: of categories or of numbers."""

_FEW: Final = 1 << 20


@attrs.frozen(eq=False, kw_only=True)
class Cells:
    """The cells of a sample.

    Attributes:
        native: What the caller passed, as a frame.
        codes: For each column of categories, the category of every cell by its place; −1 missing.
        known: For each such column, its categories in that order.
        numbers: For each column of numbers, the number of every cell; NaN missing.
        base: The weight that each of a cell's people brought along.
        n: How many people are in it.
        rows: For each row of the sample, the place of its cell; None where an engine counted.
        keys: Of an engine, one row a cell, the columns that part them in its own types.
    """

    native: IntoFrame
    codes: Mapping[str, Whole]
    known: Mapping[str, list[object]]
    numbers: Mapping[str, Floats]
    base: Floats
    n: Whole
    rows: Whole | None
    keys: Eager | None

    @property
    def people(self) -> int:
        """How many people there are in all."""
        return int(self.n.sum())

    def places(self, cells: NDArray[np.bool_]) -> list[int] | None:
        """Return the rows of some cells; None where an engine counted."""
        return None if self.rows is None else np.flatnonzero(cells[self.rows]).tolist()

    def refuse(
        self, name: str, values: Sequence[object], cells: NDArray[np.bool_], rule: str, way: str
    ) -> InvalidValueError:
        """Return the error that names bad values, and in which rows, or in how many, they are."""
        places = self.places(cells)
        if places is not None:
            told = bad_values(name, values, places, rule, way_out=way)
            return attrs.evolve(told, value=values[0]) if len(values) == 1 else told
        count = int(self.n[cells].sum())
        rows = f"{rule}, as in {count} row{'s' * (count > 1)}"
        return InvalidValueError(name, values[0], rows, way)


def cells_of(
    sample: IntoFrame | Mapping[str, Listed],
    categories: Sequence[str],
    quantities: Sequence[str],
    weights: str | None,
    added: str,
) -> Cells:
    """Count the cells of a sample.

    Args:
        sample: A frame, or columns by name.
        categories: Names of the columns of categories.
        quantities: Names of the columns of numbers.
        weights: Name of the column of weights that the sample has already; None weighs all alike.
        added: Name of the column that is to be added.

    Raises:
        InvalidValueError: If a column is missing or of another kind, the added one is there
            already, a weight is none, all are 0, or there are fewer than two rows.
    """
    native = _framed(sample)
    asked = [*quantities, *([] if weights is None else [weights])]
    frame = frame_of(native, "sample", dict.fromkeys(asked, ColumnKind.NUMBER))
    columns = [*categories, *asked]
    _check_columns(frame, categories, columns, added)
    if isinstance(frame, nw.LazyFrame):
        told, names = _asked(frame, columns, len(categories), weights)
        n, rows = told["n"].to_numpy().astype(np.int64), None
    else:
        told, names = frame, {name: name for name in columns}
        n, rows = np.ones(len(frame), dtype=np.int64), np.arange(len(frame))
    coded = {name: _coded(told[names[name]], name) for name in categories}
    found = {name: numbers(told[names[name]].to_native(), name) for name in asked}
    cells = Cells(
        native=native,
        codes={name: codes for name, (codes, _) in coded.items()},
        known={name: known for name, (_, known) in coded.items()},
        numbers={name: found[name] for name in quantities},
        base=np.ones(len(n)) if weights is None else found[weights],
        n=n,
        rows=rows,
        keys=None if rows is not None else told,
    )
    return _joined(_checked(cells, weights))


def weighed(cells: Cells, weights: Floats, added: str, columns: Sequence[str]) -> object:
    """Return the sample with the weights of its cells, in the caller's kind of frame.

    Args:
        cells: The cells of the sample.
        weights: One per cell.
        added: Name of the column to be added.
        columns: The columns that part the cells, in the order in which they were counted.
    """
    frame = nw.from_native(cells.native)
    if cells.rows is not None:
        own = nw.new_series(added, weights[cells.rows], nw.Float64(), backend=frame.implementation)
        return frame.with_columns(own).to_native()
    assert cells.keys is not None
    return _back(cast("Lazy", frame), cells, weights, added, columns)


def _framed(sample: IntoFrame | Mapping[str, Listed]) -> IntoFrame:
    if not isinstance(sample, Mapping):
        return sample
    lists = {name: _listed(values) for name, values in sample.items()}
    lengths = {name: len(values) for name, values in lists.items()}
    if len(set(lengths.values())) > 1:
        raise InvalidValueError("sample", lengths, "must have columns of one length")
    made = nw.from_dict(lists, backend="pandas").to_native()
    return cast("IntoFrame", made)


def _listed(values: Listed) -> list[object]:
    series = nw.from_native(values, series_only=True, pass_through=True)
    if isinstance(series, nw.Series):
        return list(series.to_list())
    return list(values.tolist()) if isinstance(values, np.ndarray) else list(values)


def _check_columns(
    frame: Eager | Lazy, categories: Sequence[str], columns: Sequence[str], added: str
) -> None:
    if len(set(columns)) < len(columns):
        rule = "must name each column once: a category, a number or the weights"
        raise InvalidValueError("columns", tuple(columns), rule)
    schema = frame.collect_schema()
    for name in categories:
        if name not in schema:
            near = did_you_mean(str(name), map(str, schema))
            raise InvalidValueError(name, Words("missing"), "must be a column of sample", near)
        dtype = schema[name]
        # Whole numbers beside an empty place are floats in pandas.
        floats = dtype.is_float() and isinstance(frame, nw.LazyFrame)
        if floats or dtype.is_decimal() or dtype.is_nested():
            rule = "must hold text, whole numbers, flags or days"
            told = Words(f"a column of {dtype}")
            raise InvalidValueError(name, told, rule, "make groups of it first")
    if added in schema:
        rule, way_out = "must not be there already", "say another name: weight='…'"
        raise InvalidValueError(added, Words("a column"), rule, way_out)


def _asked(
    frame: Lazy, columns: Sequence[str], categories: int, weights: str | None
) -> tuple[Eager, dict[str, str]]:
    """Let an engine count the cells: one query."""
    names = {name: f"crmkit key {place}" for place, name in enumerate(columns)}
    keys = [_key(frame, name, place >= categories) for place, name in enumerate(columns)]
    picked = frame.select(
        *(key.alias(names[name]) for key, name in zip(keys, columns, strict=True))
    )
    counted = picked.group_by(*names.values()).agg(nw.len().alias("n"))
    return counted.collect(), names


def _key(frame: Lazy, name: str, is_number: bool) -> nw.Expr:
    """Return what parts the cells: texts as texts, and numbers as floats."""
    dtype = frame.collect_schema()[name]
    if is_number:
        told = nw.col(name).cast(nw.Float64)
        # Engines differ on whether NaN is itself, and on which zero is which.
        return nw.when(~told.is_nan()).then(told + 0.0)
    return nw.col(name).cast(nw.String) if _is_text(dtype) else nw.col(name)


def _is_text(dtype: nw.dtypes.DType) -> bool:
    return isinstance(dtype, nw.String | nw.Categorical | nw.Enum)


def _coded(column: nw.Series[IntoSeries], name: str) -> tuple[Whole, list[object]]:
    """Return categories by their place, −1 where one is missing, and what they are."""
    gone = column.is_null().to_numpy().astype(bool)
    dtype = column.dtype
    if _is_text(dtype):
        texts, known = text_codes(column.cast(nw.String).fill_null(""))
        return np.where(gone, -1, texts.astype(np.int64)), list(known)
    if dtype.is_integer():
        own, codes = np.unique(column.fill_null(0).to_numpy(), return_inverse=True)
        return np.where(gone, -1, codes), own.tolist()
    told = column.to_list()
    lost = [value is None or value != value or no for value, no in zip(told, gone, strict=True)]
    values = [None if no else value for value, no in zip(told, lost, strict=True)]
    if dtype.is_float():
        values = [None if value is None else _category(value, name) for value in values]
    place: dict[object, int] = {}
    codes = np.array(
        [-1 if value is None else place.setdefault(value, len(place)) for value in values],
        dtype=np.int64,
    )
    return codes, list(place)


def _category(value: float, name: str) -> int:
    if not float(value).is_integer():
        rule = "must be a category: text, a whole number, a flag or a day"
        raise InvalidValueError(name, value, rule, "make groups of it first")
    return int(value)


def _checked(cells: Cells, weights: str | None) -> Cells:
    if cells.people < 2:
        rule = "must be two at least"
        way_out = "nobody can stand for all" if cells.people else "nobody answered"
        raise InvalidValueError("respondents", cells.people, rule, way_out)
    if weights is None:
        return cells
    base = cells.base
    bad = ~((base == 0) | ((base >= 1e-100) & (base <= 1e100)))
    if bad.any():
        raise cells.refuse(weights, base[bad][:3].tolist(), bad, WEIGHS, "")
    if not base.any():
        rule = "must not all be 0"
        raise InvalidValueError(weights, Words("0"), rule, "they would sum to nothing")
    return cells


def _joined(cells: Cells) -> Cells:
    """Return rows put together where they fall into one cell."""
    if cells.rows is None:
        return cells
    place = np.zeros(len(cells.n), dtype=np.int64)
    for codes in cells.codes.values():
        place = _renumbered(place * (int(codes.max()) + 2) + codes + 1)
    # A column of ones parts nothing.
    for values in (*cells.numbers.values(), cells.base):
        if (values != values[0]).any():
            own = np.unique(values, return_inverse=True)[1]
            place = _renumbered(place * (int(own.max()) + 1) + own)
    first = np.zeros(int(place.max()) + 1, dtype=np.int64)
    first[place[::-1]] = np.arange(len(place) - 1, -1, -1)
    return attrs.evolve(
        cells,
        codes={name: codes[first] for name, codes in cells.codes.items()},
        numbers={name: values[first] for name, values in cells.numbers.items()},
        base=cells.base[first],
        n=np.bincount(place),
        rows=place,
    )


def _renumbered(codes: Whole) -> Whole:
    if int(codes.max()) >= _FEW:
        return np.unique(codes, return_inverse=True)[1].astype(np.int64)
    used = np.bincount(codes) > 0
    places: Whole = (np.cumsum(used) - 1)[codes]
    return places


def _back(frame: Lazy, cells: Cells, weights: Floats, added: str, columns: Sequence[str]) -> object:
    """Join the weights of cells to the rows of an engine."""
    assert cells.keys is not None
    own = nw.new_series(added, weights, nw.Float64(), backend=cells.keys.implementation)
    names = {name: f"crmkit key {place}" for place, name in enumerate(columns)}
    keys = [_key(frame, name, name not in cells.codes) for name in columns]
    left = [key.alias(names[name]) for key, name in zip(keys, columns, strict=True)]
    table = cells.keys.select(*names.values()).with_columns(own)
    # No engine joins what is missing with what is missing.
    open_keys = [key for key in names.values() if table[key].null_count()]
    split = [part for key in open_keys for part in _split(key, table[key].drop_nulls()[0])]
    started, right = frame.with_columns(*left), table
    if split:
        started, right = started.with_columns(*split), right.with_columns(*split)
    other = nw.from_native(cast("Any", given_back(right, cells.native)))
    on = [*names.values(), *(f"no {key}" for key in open_keys)]
    return _left_joined(started, other, on).select(*frame.collect_schema(), added).to_native()


def _split(key: str, fill: object) -> tuple[nw.Expr, nw.Expr]:
    """Return a key that may be missing as two that are not: whether it is, and its value or any."""
    gone = nw.col(key).is_null().cast(nw.Int64).alias(f"no {key}")
    return nw.col(key).fill_null(cast("Any", fill)), gone


def _left_joined(left: Lazy, right: Lazy, on: list[str]) -> Lazy:
    if left.implementation.is_polars():
        native: Any = left.to_native()
        found = native.join(right.to_native(), on=on, how="left", maintain_order="left")
        return cast("Lazy", nw.from_native(found))
    return left.join(right, on=on, how="left")
