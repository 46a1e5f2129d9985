"""Frames: the one dictionary of column names, and the checks that every measure begins with.

Law: any frame goes in and the same kind comes out; nothing is dropped in silence. A frame that
holds its rows names the bad ones; a lazy frame is asked one aggregate query, and counts them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final, TypeAlias, cast

import narwhals.stable.v2 as nw
import numpy as np
from narwhals.exceptions import DuplicateError
from narwhals.stable.v2.typing import IntoDataFrame, IntoFrame, IntoLazyFrame, IntoSeries
from numpy.typing import NDArray

from crmkit.errors import InvalidValueError

from .flaws import (
    Flaw as Flaw,
    blank as blank,
    empty as empty,
    is_text,
    named_by as named_by,
    not_finite as not_finite,
    with_blanks,
)
from .frame_columns import COLUMNS as COLUMNS, Column as Column, ColumnKind as ColumnKind
from .nearest import did_you_mean


Eager: TypeAlias = nw.DataFrame[IntoDataFrame]
"""A frame that holds its rows."""

Lazy: TypeAlias = nw.LazyFrame[IntoLazyFrame]
"""A frame that is a question still to be asked."""

Values: TypeAlias = Sequence[float | None] | NDArray[np.generic] | IntoSeries
"""Numbers in one dimension, None or NaN where one is missing."""


def frame_of(native: IntoFrame, argument: str, wanted: Mapping[str, ColumnKind]) -> Eager | Lazy:
    """Wrap a caller's frame after checking that it has the wanted columns, of the right kinds.

    Args:
        native: Any frame that narwhals knows.
        argument: What the caller passed it as.
        wanted: The caller's names of the columns, each with what it must hold.

    Raises:
        InvalidValueError: If it is no frame, a column is missing, or holds something else.

    Examples:
        >>> import pandas
        >>> orders = pandas.DataFrame({"custmer_id": ["C-1"]})
        >>> frame_of(orders, "orders", {"customer_id": ColumnKind.ID})
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: customer_id is missing: it must be a column of orders; did\
 you mean 'custmer_id'?
    """
    frame = _wrapped(native, argument)
    schema = frame.collect_schema()
    for name, kind in wanted.items():
        if name not in schema:
            rule = f"must be a column of {argument}"
            way_out = did_you_mean(name, map(str, schema))
            raise InvalidValueError(name, Words("missing"), rule, way_out)
        # A column without a value has no type of its own in pandas.
        if isinstance(frame, nw.LazyFrame) or len(frame):
            if _is_unanswered(frame, name, schema[name], kind):
                frame = frame.with_columns(nw.col(name).cast(nw.Float64))
            else:
                _check_kind(frame, name, schema[name], kind)
                frame = _with_gaps_alike(frame, name, schema[name], kind)
    return frame


def find_flaws(frame: Eager | Lazy, flaws: Sequence[Flaw], **facts: nw.Expr) -> dict[str, object]:
    """Ask a frame once: is any row bad, and what are these facts?

    Args:
        frame: What `frame_of` returned.
        flaws: In the order in which they are told; the first that is found is raised.
        facts: Aggregates wanted besides, by name.

    Returns:
        The facts by name.

    Raises:
        InvalidValueError: If a row is bad. A frame that holds its rows names the first of them,
            counted from 0; a lazy frame tells how many there are, and names one where the flaw
            says by what, for which it is asked once more. Or if the frame has a column `currency`
            that holds more than one: amounts of two currencies do not add up.
    """
    asked, is_lazy = dict(facts), isinstance(frame, nw.LazyFrame)
    flaws = with_blanks(frame.collect_schema(), flaws)
    for place, flaw in enumerate(flaws):
        # Engines that are asked cannot sum flags; of rows that are here, numbers cost memory.
        asked[f"count {place}"] = (flaw.bad.cast(nw.Int64) if is_lazy else flaw.bad).sum()
        if is_lazy and flaw.shown:
            asked[f"value {place}"] = nw.when(flaw.bad).then(nw.col(flaw.column)).max()
    told = _row(frame, {**asked, **_currencies(frame)})
    # None is the count over no rows, as every engine has it in its own way.
    if int(cast("float", told.get("currencies") or 0)) > 1:
        raise _mixed_currencies(frame, told)
    for place, flaw in enumerate(flaws):
        # None is the sum over no rows; engines count in whole numbers, floats or Decimals.
        count = int(cast("float", told[f"count {place}"] or 0))
        if count:
            raise _refusal(frame, flaw, count, told.get(f"value {place}"))
    return {name: told[name] for name in facts}


def asked_again(rows: Eager, like: Lazy) -> Lazy:
    """Return rows as a question again: to the engine of another one, in its session or connection.

    Examples:
        >>> import polars
        >>> asked = nw.from_native(polars.LazyFrame({"customer_id": ["C-1"]}))
        >>> asked_again(asked.collect(), asked).to_native().collect().rows()
        [('C-1',)]
    """
    asked: object = like.to_native()
    if like.implementation.is_duckdb():
        return cast("Lazy", nw.from_native(_in_connection(asked, rows.to_arrow())))
    session = getattr(asked, "sparkSession", None)
    lazy: Lazy = rows.lazy(like.implementation, session=session)  # type: ignore[arg-type]  # lazy
    return lazy


def _in_connection(relation: Any, crmkit_rows: object) -> object:
    """Return an Arrow table as a relation of another's connection, which finds it by its name."""
    # A table of the caller's comes first, so that no name will do that he may have used.
    assert crmkit_rows is not None
    return relation.query("crmkit_asked", "SELECT * FROM crmkit_rows")


def _currencies(frame: Eager | Lazy) -> dict[str, nw.Expr]:
    if "currency" not in frame.collect_schema():
        return {}
    currency = nw.col("currency")
    asked = {"currencies": currency.n_unique()}
    if isinstance(frame, nw.LazyFrame):
        asked |= {"first currency": currency.min(), "last currency": currency.max()}
    return asked


def check_one_currency(frame: Eager) -> None:
    """Refuse a frame whose column `currency`, where it has one, holds more than one.

    Raises:
        InvalidValueError: If amounts of two currencies would be added up.
    """
    if "currency" in frame.columns and frame["currency"].n_unique() > 1:
        raise _mixed_currencies(frame, {})


def _mixed_currencies(frame: Eager | Lazy, told: Mapping[str, object]) -> InvalidValueError:
    """Return the error that names two currencies, and where they stand in a frame of rows."""
    if isinstance(frame, nw.LazyFrame):
        first, last = told["first currency"], told["last currency"]
        rule = f"must be one, not {first!r} and {'empty' if first == last else repr(last)}"
    else:
        column = frame["currency"]
        told_of = _objects(column)
        place = next(place for place, value in enumerate(told_of) if value != told_of[0])
        rule = (
            f"must be one, not {told_of[0]!r} as in row 0 and {told_of[place]!r} as in row {place}"
        )
    way_out = "convert at the rate of each order's day, or measure each currency by itself"
    return InvalidValueError("currency", Words("of several kinds"), rule, way_out)


def bad_values(
    name: str,
    values: Sequence[object],
    places: Sequence[int],
    rule: str,
    *,
    way_out: str = "",
    count: int | None = None,
) -> InvalidValueError:
    """Return the error that names bad values and where they stand.

    Args:
        name: The column or argument.
        values: The first bad ones.
        places: Their rows, counted from 0.
        rule: What they break.
        way_out: What to do instead.
        count: How many are bad in all; None for as many as are named.
    """
    rows = [str(place) for place in places[:_TOLD]]
    more = (len(places) if count is None else count) - len(rows)
    last = [f"{more} more"] if more else rows[-1:]
    first = rows if more else rows[:-1]
    where = " and ".join([", ".join(first), *last] if first else last)
    told = values[0] if len(rows) == 1 else tuple(values[:_TOLD])
    noun = "row" if len(rows) == 1 and not more else "rows"
    return InvalidValueError(name, told, f"{rule}, as in {noun} {where}", way_out)


def bad_rows(
    frame: Eager, column: str, places: NDArray[np.intp], rule: str, way_out: str = ""
) -> InvalidValueError:
    """Return the error that names the rows of a frame that break a rule, and what they hold."""
    values = frame[column][places[:_TOLD]].to_list()
    return bad_values(column, values, places.tolist(), rule, way_out=way_out, count=len(places))


def numbers(values: Values, name: str) -> NDArray[np.float64]:
    """Return values in one dimension as an array, NaN where one is missing.

    Args:
        values: A sequence, an array, or a Series of any engine; None and NaN are missing.
        name: What the caller passed them as.

    Raises:
        InvalidValueError: If they are not in one dimension, or one is no number.

    Examples:
        >>> numbers([10, None, 9], "scores")
        array([10., nan,  9.])
        >>> numbers([10, "9"], "scores")
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: scores is '9': it must be a number, as in row 1
    """
    series = nw.from_native(values, series_only=True, pass_through=True)
    if isinstance(series, nw.Series):
        if series.dtype.is_numeric():
            return series.cast(nw.Float64).to_numpy().astype(np.float64)
        return _from_list(_objects(series), name)
    if isinstance(values, np.ndarray) and values.ndim == 1:
        if values.dtype.kind in "iuf":
            return values.astype(np.float64)
        return _from_list(values.tolist(), name)
    if isinstance(values, Sequence) and not isinstance(values, str | bytes):
        return _from_list(values, name)
    rule = "must be a sequence, an array in one dimension, or a Series"
    raise InvalidValueError(name, Words(f"of type {type(values).__name__}"), rule)


class Words(str):
    """Words in an error, in the place of a value that would say less, or far too much."""

    def __repr__(self) -> str:
        return str(self)


_TOLD: Final = 3
_NAMES: Final = ("order_id", "customer_id")  # what a row is told by, where a flaw says nothing else
_HUGE: Final = 10**308  # a float cannot hold whole numbers beyond it

_FITS: Final[Mapping[ColumnKind, Callable[[nw.dtypes.DType], bool]]] = {
    ColumnKind.ID: lambda dtype: dtype.is_integer() or is_text(dtype),
    ColumnKind.TEXT: lambda dtype: is_text(dtype),
    ColumnKind.TIME: lambda dtype: isinstance(dtype, nw.Date | nw.Datetime),
    ColumnKind.NUMBER: lambda dtype: dtype.is_numeric(),
    ColumnKind.FLAG: lambda dtype: isinstance(dtype, nw.Boolean),
}


def _wrapped(native: IntoFrame, argument: str) -> Eager | Lazy:
    try:
        return nw.from_native(native)
    except DuplicateError as cause:
        rule, way_out = "must have columns of different names", "rename one of them"
        raise InvalidValueError(argument, Words("a frame"), rule, way_out) from cause
    except TypeError as cause:
        kind, rule = Words(f"of type {type(native).__name__}"), "must be a frame"
        way_out = "make it one: pandas.DataFrame(…)"
        raise InvalidValueError(argument, kind, rule, way_out) from cause


def _is_unanswered(
    frame: Eager | Lazy, name: str, dtype: nw.dtypes.DType, kind: ColumnKind
) -> bool:
    """Say whether numbers or flags are wanted, and a frame that holds its rows has none at all."""
    if kind not in (ColumnKind.NUMBER, ColumnKind.FLAG) or isinstance(frame, nw.LazyFrame):
        return False
    if dtype.is_numeric() or isinstance(dtype, nw.Boolean):
        return False
    return frame[name].null_count() == len(frame)


def _check_kind(frame: Eager | Lazy, name: str, dtype: nw.dtypes.DType, kind: ColumnKind) -> None:
    if kind is ColumnKind.TIME and isinstance(dtype, nw.Datetime) and dtype.time_zone is None:
        way_out = (
            "say which instants they are (tz_localize, replace_time_zone, TIMESTAMPTZ), "
            "or keep the days alone (.dt.date)"
        )
        told = Words("a column of naive times")
        raise InvalidValueError(name, told, "must have a time zone", way_out)
    if kind is ColumnKind.TIME and (zone := _unread_zone(frame, name, dtype)):
        told, rule = Words(f"a column in {zone}"), "must be in a zone whose name narwhals reads"
        way_out = (
            f"hand it on in UTC (.dt.tz_convert('UTC')), and {zone} as the time zone asked for"
        )
        raise InvalidValueError(name, told, rule, way_out)
    if isinstance(frame, nw.DataFrame) and isinstance(dtype, nw.Object):
        fits = _objects_fit(frame[name], kind, name)
    else:
        fits = _FITS[kind](dtype)
    if not fits:
        rule = f"must hold {kind.label('en').lower()}"
        raise InvalidValueError(name, Words(f"a column of {dtype}"), rule, "convert it first")


def _unread_zone(frame: Eager | Lazy, name: str, dtype: nw.dtypes.DType) -> object:
    """Return the zone of a pandas column that narwhals does not know for one of instants."""
    # It reads names of letters alone (2.29): not America/New_York, nor Etc/GMT+3.
    if isinstance(frame, nw.LazyFrame) or not isinstance(dtype, nw.Unknown):
        return None
    return getattr(getattr(frame[name].to_native(), "dtype", None), "tz", None)


def _objects_fit(column: nw.Series[IntoSeries], kind: ColumnKind, name: str) -> bool:
    """Say whether Python objects are what pandas has no type for: dates, Decimals, flags with gaps.

    Raises:
        InvalidValueError: If numbers are wanted, and some of them are none: with their rows.
    """
    if kind is ColumnKind.NUMBER:
        _check_numbers(_objects(column), name, "convert it first")
        return True
    if kind is ColumnKind.FLAG:
        return all(isinstance(one, bool | np.bool_) for one in column.drop_nulls())
    # Not isinstance: a datetime is a date.
    return kind is ColumnKind.TIME and all(type(one) is date for one in column.drop_nulls())


def _with_gaps_alike(
    frame: Eager | Lazy, name: str, dtype: nw.dtypes.DType, kind: ColumnKind
) -> Eager | Lazy:
    """Return a frame whose Python objects are None where one is missing: not pandas.NA, nor NaT."""
    is_read = kind in (ColumnKind.NUMBER, ColumnKind.FLAG) and isinstance(dtype, nw.Object)
    if isinstance(frame, nw.LazyFrame) or not is_read or not frame[name].null_count():
        return frame
    told = _objects(frame[name])
    return frame.with_columns(nw.new_series(name, told, nw.Object(), backend=frame.implementation))


def _objects(column: nw.Series[IntoSeries]) -> list[object]:
    """Return what a column holds, None where it is missing: None, NaN, pandas.NA or NaT."""
    told = zip(column.is_null().to_list(), column.to_list(), strict=True)
    return [None if gone else one for gone, one in told]


def _row(frame: Eager | Lazy, asked: Mapping[str, nw.Expr]) -> dict[str, object]:
    answer = frame.select(**asked)
    row = (answer.collect() if isinstance(answer, nw.LazyFrame) else answer).row(0)
    return dict(zip(asked, row, strict=True))


def _refusal(frame: Eager | Lazy, flaw: Flaw, count: int, example: object) -> InvalidValueError:
    if isinstance(frame, nw.LazyFrame):
        rule = f"{flaw.rule}, as in {count} row{'s' * (count > 1)}{_named(frame, flaw, count)}"
        return InvalidValueError(flaw.column, example, rule, flaw.way_out)
    row = nw.generate_temporary_column_name(8, frame.columns)
    bad = frame.with_row_index(row).filter(flaw.bad).head(_TOLD)
    places = [int(place) for place in bad[row].to_list()]
    values = bad[flaw.column].to_list() if flaw.shown else [None] * len(places)
    return bad_values(flaw.column, values, places, flaw.rule, way_out=flaw.way_out, count=count)


def _named(frame: Lazy, flaw: Flaw, count: int) -> str:
    """Return the name of a bad row, by one query more."""
    names = flaw.named_by or [name for name in _NAMES if name in frame.collect_schema()]
    columns = [name for name in names if name != flaw.column]
    if not columns:
        return ""
    asked = {name: nw.when(flaw.bad).then(nw.col(name)).min() for name in columns}
    for name, value in _row(frame, asked).items():
        if value is not None:
            return f", {'one of them ' * (count > 1)}of {name} {value!r}"
    return ""


def _from_list(values: Sequence[object], name: str) -> NDArray[np.float64]:
    _check_numbers(values, name)
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _check_numbers(values: Sequence[object], name: str, way_out: str = "") -> None:
    bad = [place for place, value in enumerate(values) if not _is_number_or_none(value)]
    if bad:
        found = [values[place] for place in bad[:_TOLD]]
        raise bad_values(name, found, bad, "must be a number", way_out=way_out)


def _is_number_or_none(value: object) -> bool:
    if isinstance(value, int) and not -_HUGE < value < _HUGE:
        return False
    number = isinstance(value, Decimal | int | float | np.integer | np.floating)
    return value is None or (number and not isinstance(value, bool))
