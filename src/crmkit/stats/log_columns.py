"""Columns of event logs: texts as numbers and back, and frames in the caller's kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from itertools import product
from typing import Any, Final, TypeAlias, cast

import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrameT, IntoSeries
from numpy.typing import NDArray

from crmkit.kernel.frames import Eager, asked_again

from .row_blocks import blocks, taken
from .short_texts import short_codes


Series: TypeAlias = nw.Series[Any]

_HEAD: Final = 1 << 12  # rows
_FEW: Final = 1 << 7  # texts
_TOGETHER: Final = 4


def text_codes(values: nw.Series[IntoSeries]) -> tuple[NDArray[np.integer], Sequence[str]]:
    """Return texts by their place in alphabetical order, and the texts in that order."""
    if find_spec("pyarrow") is None:
        told = values.to_list()
        texts = sorted(set(told))
        place = {text: number for number, text in enumerate(texts)}
        return np.fromiter(map(place.__getitem__, told), np.int32, len(told)), texts
    if (numbered := _numbered(values)) is not None:
        return _in_alphabet(*numbered)
    # Arrow keeps texts side by side, and numbers a million of them in some milliseconds.
    column = values.to_arrow()
    head = _head(column)
    if head is None:
        encoded = _encoded(column)
        return _in_alphabet(encoded.indices.to_numpy(), encoded.dictionary)
    # Looking texts up in a short list takes half the time of making the list on the way.
    if (short := _short(column, head)) is not None:
        return short, head.to_pylist()
    found = import_module("pyarrow.compute").index_in(column, value_set=head)
    if not found.null_count:
        return found.to_numpy(), head.to_pylist()
    is_other = found.is_null()
    others = _encoded(column.filter(is_other))
    codes = found.fill_null(0).to_numpy().copy()
    codes[is_other.to_numpy(zero_copy_only=False)] = others.indices.to_numpy() + len(head)
    return _in_alphabet(codes, import_module("pyarrow").concat_arrays([head, others.dictionary]))


def _numbered(values: nw.Series[IntoSeries]) -> tuple[NDArray[np.integer], Any] | None:
    """Return pandas' categories as they lie there, and their texts; None of other columns."""
    if not (values.implementation.is_pandas() and values.dtype in (nw.Categorical, nw.Enum)):
        return None
    held: Any = values.to_native()
    codes = held.array.codes
    if codes.dtype == np.int8:
        # No text is missing: none of the numbers is negative.
        return codes.view(np.uint8), import_module("pyarrow").array(held.array.categories)
    return codes.astype(np.int32, copy=False), import_module("pyarrow").array(held.array.categories)


def _encoded(column: Any) -> Any:
    """Return an Arrow column, in one piece or in chunks, as numbers of texts in one piece."""
    encoded = column.dictionary_encode()
    is_chunked = isinstance(encoded, import_module("pyarrow").ChunkedArray)
    return encoded.combine_chunks() if is_chunked else encoded


def _head(column: Any) -> Any | None:
    """Return the texts of an Arrow column's first rows in order; None where that is no help."""
    head = column[:_HEAD].unique()
    is_numbered = import_module("pyarrow").types.is_dictionary(column.type)
    if is_numbered or head.null_count or len(head) > _FEW:
        return None
    return head.take(import_module("pyarrow.compute").sort_indices(head))


def _short(column: Any, head: Any) -> NDArray[np.uint8] | None:
    """Return texts by their places in a short list; None where they lie in another way."""
    types = import_module("pyarrow").types
    kinds = {types.is_string: np.int32, types.is_large_string: np.int64}
    kind = next((kind for fits, kind in kinds.items() if fits(column.type)), None)
    is_chunked = isinstance(column, import_module("pyarrow").ChunkedArray)
    if kind is None or is_chunked or column.null_count:
        return None
    _, ends, laid = column.buffers()
    if not (ends and laid):
        return None
    rows = slice(column.offset, column.offset + len(column) + 1)
    bytes_ = np.frombuffer(laid, dtype=np.uint8)
    return short_codes(np.frombuffer(ends, dtype=kind)[rows], bytes_, head.to_pylist())


def _in_alphabet(
    codes: NDArray[np.integer], dictionary: Any
) -> tuple[NDArray[np.integer], list[str]]:
    """Number texts by their order; some of a list may stand in no row, as with categories."""
    pyarrow = import_module("pyarrow")
    known = dictionary.cast(pyarrow.large_string())
    order = import_module("pyarrow.compute").sort_indices(known).to_numpy()
    found = order[_there(codes, len(order))[order]]
    if np.array_equal(found, np.arange(len(order))):
        return codes, known.to_pylist()
    places = np.zeros(len(order), dtype=np.int32)
    places[found] = np.arange(len(found))
    return taken(places, codes), known.take(pyarrow.array(found)).to_pylist()


def _there(codes: NDArray[np.integer], size: int) -> NDArray[np.bool_]:
    """Return which of so many codes stand in a row; the first rows often tell already."""
    there: NDArray[np.bool_] = np.bincount(codes[:_HEAD], minlength=size) > 0
    return there if there.all() else np.bincount(codes, minlength=size) > 0


def texts_of(
    codes: NDArray[np.integer], texts: Sequence[str], name: str, frame: Eager
) -> nw.Series[IntoSeries]:
    """Return texts by their places in a short list of them, as a column of a frame's engine."""
    if find_spec("pyarrow") is None:
        words = nw.new_series(name, list(texts), nw.String, backend=frame.implementation)
        return words[codes.astype(np.intp)]
    pyarrow = import_module("pyarrow")
    table = pyarrow.table({name: _decoded(codes, texts)})
    return nw.DataFrame.from_arrow(table, backend=frame.implementation)[name]


def _decoded(codes: NDArray[np.integer], texts: Sequence[str]) -> Any:
    """Return texts by their places in a list of them, as an Arrow array.

    Arrow lays texts one after another. Several at a time are laid in one go, as one text out of all
    that so many of a short list make.
    """
    pyarrow = import_module("pyarrow")
    count = _laid_together(len(texts), len(codes))
    if count == 1:
        return pyarrow.array(texts, pyarrow.large_string()).take(pyarrow.array(codes))
    together = np.zeros(-(-len(codes) // count), dtype=np.int32)
    for place in range(count):
        together *= len(texts)
        part = codes[place::count]
        together[: len(part)] += part
    joined = pyarrow.array(map("".join, product(texts, repeat=count)), pyarrow.large_string())
    _, begins, laid = joined.take(pyarrow.array(together)).buffers()
    ends = _ends(texts, count, together, np.frombuffer(begins, dtype=np.int64))
    return pyarrow.LargeStringArray.from_buffers(len(codes), pyarrow.py_buffer(ends), laid)


def _ends(
    texts: Sequence[str], count: int, together: NDArray[np.int32], begins: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return where texts end, with a zero before them.

    Args:
        texts: The short list.
        count: How many are laid in one go.
        together: Which, of all that so many make.
        begins: Where those begin.
    """
    sizes = list(product([len(text.encode()) for text in texts], repeat=count))
    within = np.cumsum(np.array(sizes, dtype=np.int64), axis=1)
    ends = np.zeros(len(together) * count + 1, dtype=np.int64)
    found = ends[1:].reshape(len(together), count)
    for rows in blocks(len(together)):
        np.add(within.take(together[rows], axis=0), begins[rows, np.newaxis], out=found[rows])
    return ends


def _laid_together(texts: int, rows: int) -> int:
    """Return how many texts to lay in one go, so that few combinations serve for many rows."""
    count = 1
    while texts and count < _TOGETHER and texts ** (count + 1) <= min(_FEW**2 // 8, rows // 8):
        count += 1
    return count


def columns_of(values: Mapping[str, Series | NDArray[np.generic]], frame: Eager) -> Eager:
    """Return a frame of columns and arrays: instants in UTC, durations, numbers, flags.

    The arrays become the frame's own, which its owner may write to: they must be nobody else's.
    """
    if frame.implementation.is_pandas():
        return _in_pandas(values, frame.implementation.to_native_namespace())
    columns = []
    for name, column in values.items():
        if isinstance(column, np.ndarray):
            made = nw.new_series(name, column, backend=frame.implementation)
            columns.append(made.dt.replace_time_zone("UTC") if column.dtype.kind == "M" else made)
        else:
            columns.append(column)
    return columns[0].to_frame().with_columns(*columns[1:])


def _in_pandas(values: Mapping[str, Series | NDArray[np.generic]], pandas: Any) -> Eager:
    """Return the same without a copy, which pandas would make of every array and time zone."""
    utc = pandas.DatetimeTZDtype("us", "UTC")
    columns: dict[str, object] = {}
    for name, column in values.items():
        if not isinstance(column, np.ndarray):
            columns[name] = nw.maybe_reset_index(column).to_native()
        elif column.dtype.kind == "M":
            columns[name] = pandas.array(column, copy=False).view(utc)
        else:
            columns[name] = column
    return nw.from_native(pandas.DataFrame(columns, copy=False), eager_only=True)


def told_column(
    name: str, values: Sequence[object], kind: nw.dtypes.DType | None, backend: nw.Implementation
) -> nw.Series[IntoSeries]:
    """Return what is told as a column of a type; None for a type lets the engine find it.

    Whole numbers of pandas have no gaps: where one is missing they are floats there.
    """
    gaps = backend.is_pandas() and isinstance(kind, nw.Int64) and None in values
    own = nw.Float64() if gaps else kind
    return nw.new_series(name, list(values), own, backend=backend)  # type: ignore[arg-type]  # any


def given_back(made: Eager, events: IntoFrameT) -> IntoFrameT:
    """Return a frame in the kind of another: lazy where that is lazy, in its engine and session.

    Args:
        made: A frame of the engine that the rows of `events` were fetched into.
        events: What the caller passed.
    """
    native: Any = events
    found: object = made.to_native()
    if isinstance(native, type(found)) or isinstance(asked := nw.from_native(native), nw.DataFrame):
        return cast("IntoFrameT", found)
    return cast("IntoFrameT", asked_again(made, asked).to_native())
