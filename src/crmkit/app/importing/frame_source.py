"""Rows of any frame that narwhals knows, a chunk at a time.

Law: nothing is converted that the engine could convert wrongly: times come as whole microseconds,
what has no simple type comes as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias

import narwhals.stable.v2 as nw
from narwhals.exceptions import DuplicateError

from crmkit.errors import InvalidValueError

from .cells import Cells, Form
from .source import Chunk


if TYPE_CHECKING:
    from narwhals.stable.v2.typing import IntoDataFrame, IntoLazyFrame, IntoSeries

    Series: TypeAlias = nw.Series[IntoSeries]

_CHUNK: Final = 25_000  # a slice of a frame costs some microseconds, however short


class FrameSource:
    """A frame, eager or lazy. A lazy one is collected, its chosen columns only.

    Raises:
        InvalidValueError: If it is no frame.
    """

    unit: Final = " rows"

    def __init__(self, source: object) -> None:
        self._frame = _wrapped(source)
        names = self._frame.collect_schema().names()
        self.names: Sequence[str] = [str(name) for name in names]
        self.total: int | None = None
        if isinstance(self._frame, nw.DataFrame):
            self.total = len(self._frame)

    def chunks(self, chosen: Mapping[str, str]) -> Iterator[Chunk]:
        """Yield its rows, in its order."""
        names = list(dict.fromkeys(chosen.values()))
        wanted = self._frame.select(*names)
        frame = wanted.collect() if isinstance(wanted, nw.LazyFrame) else wanted
        for start in range(0, len(frame), _CHUNK):
            part = frame[start : start + _CHUNK]
            cells = {field: cells_of(part[column]) for field, column in chosen.items()}
            yield Chunk(range(start + 1, start + 1 + len(part)), cells, done=len(part))


def cells_of(series: Series) -> Cells:
    """Return the cells of a column in the simplest form that says all of it.

    Examples:
        >>> import pandas
        >>> column = pandas.Series(["2026-03-01T09:30", None], dtype="datetime64[us]")
        >>> cells_of(nw.from_native(column, series_only=True)).form.name
        'WALL'
    """
    kind = series.dtype
    if isinstance(kind, nw.Date):
        series = series.cast(nw.Datetime("us"))
        kind = series.dtype
    if isinstance(kind, nw.Datetime):
        form = Form.WALL if kind.time_zone is None else Form.INSTANT
        return Cells(_micros(series), form)
    if isinstance(kind, nw.Categorical | nw.Enum):
        series = series.cast(nw.String)
    if isinstance(series.dtype, nw.String):
        return Cells(_values(series), Form.TEXT)
    return Cells(_values(series), Form.PLAIN if kind.is_numeric() else Form.OBJECTS)


def _micros(series: Series) -> list[object]:
    """Return times in whole microseconds; what is finer is cut off."""
    if not series.is_null().any():
        return list(series.dt.timestamp("us").to_list())
    present = ~series.is_null()
    known = iter(series.filter(present).dt.timestamp("us").to_list())
    return [next(known) if there else None for there in present.to_list()]


def _values(series: Series) -> list[object]:
    values: list[object] = series.to_list()
    missing = series.is_null()
    if missing.any():  # pandas and its like write an empty cell in more than one way
        return [None if gone else v for gone, v in zip(missing.to_list(), values, strict=True)]
    return values


def _wrapped(source: object) -> nw.DataFrame[IntoDataFrame] | nw.LazyFrame[IntoLazyFrame]:
    try:
        frame: nw.DataFrame[IntoDataFrame] | nw.LazyFrame[IntoLazyFrame]
        frame = nw.from_native(source)  # type: ignore[call-overload]  # refused below
        frame.collect_schema()
    except (TypeError, DuplicateError) as error:
        way_out = "give the path of a CSV file, or a pandas, polars, DuckDB … frame"
        kind = type(source).__name__
        raise InvalidValueError("source", kind, f"is nothing to import: {error}", way_out) from None
    return frame
