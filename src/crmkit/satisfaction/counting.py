"""Answers to one question, counted: how many gave which, all together or group by group.

Law: what is off the scale is refused with its rows, who is silent is counted, and no row leaves the
engine of a lazy frame: it is asked one aggregate question.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import compress
from typing import Final, TypeGuard, cast

import attrs
import narwhals.stable.v2 as nw
import numpy as np
from narwhals.exceptions import DuplicateError
from narwhals.stable.v2.typing import IntoFrame
from numpy.typing import NDArray

from crmkit.errors import InvalidValueError
from crmkit.kernel.frames import (
    ColumnKind,
    Eager,
    Lazy,
    Values,
    Words,
    bad_values,
    frame_of,
    numbers,
)
from crmkit.stats import Histogram
from crmkit.stats.row_blocks import blocks

from .answer_lines import Line, histogram_of_lines
from .grouping import By, Groups, check_by, groups_of, in_order
from .scale import Scale


_WEIGHS: Final = "must be 0 or more"
# Not those of 64 bits without a sign: the largest would be read as negative.
_WHOLE: Final = tuple(map(np.dtype, ("i1", "i2", "i4", "i8", "u1", "u2", "u4")))


@attrs.frozen
class Question:
    """What is counted: the answers in one column, on one scale, with weights in another.

    Attributes:
        column: The caller's name of the answers.
        scale: On what they are given.
        weights: The caller's name of the weights; None weighs all alike.
    """

    column: str
    scale: Scale
    weights: str | None = None

    @property
    def rule(self) -> str:
        """What an answer must be."""
        return f"must be a whole number from {self.scale.low} to {self.scale.high}"

    @property
    def columns(self) -> list[str]:
        """The columns that it needs, each once."""
        return list(dict.fromkeys(filter(None, (self.column, self.weights))))


def is_frame(scores: Values | IntoFrame) -> TypeGuard[IntoFrame]:
    """Tell frames from values in one dimension."""
    try:
        known = nw.from_native(scores, allow_series=True, pass_through=True)
    except DuplicateError:
        return True
    return isinstance(known, nw.DataFrame | nw.LazyFrame)


def counted(
    scores: Values | IntoFrame, weights: Values | str | None, column: str, scale: Scale, name: str
) -> Histogram:
    """Count the answers to one question.

    Args:
        scores: In one dimension, or a frame that has them in a column.
        weights: One per score; of a frame, the name of their column; None weighs all alike.
        column: Name of the column, where there is a frame.
        scale: On what they are given.
        name: The argument by which a caller names that column; also its standard name.

    Returns:
        One line per answer given, with weights of which the largest is 1.

    Raises:
        InvalidValueError: If an answer is off the scale, the weights do not fit, a column is
            missing or of another kind, or nobody answered.
    """
    if is_frame(scores):
        return count_frame(scores, Question(column, scale, weights_column(weights)))
    if column != name:
        rule = "must be left out where scores is no frame: it names a column"
        raise InvalidValueError(name, column, rule)
    asked = _array(cast("Values", scores), "scores")
    told = None if weights is None else numbers(cast("Values", weights), "weights")
    if told is not None and len(told) != len(asked):
        rule = f"must be as many as the scores, {len(asked)}"
        raise InvalidValueError("len(weights)", len(told), rule)
    question = Question("scores", scale, None if told is None else "weights")
    return somebody(_count(question, asked, told, None)[0], question, asked[:3].tolist())


def count_frame(scores: IntoFrame, question: Question) -> Histogram:
    """Count the answers in a column of a frame, as `counted`."""
    frame = frame_of(scores, "scores", dict.fromkeys(question.columns, ColumnKind.NUMBER))
    if isinstance(frame, nw.LazyFrame):
        # What else the frame holds, orders in two currencies say, is not asked.
        told = _ask(frame.select(*question.columns), question, ())
        (whole,) = _parts(told, 0) or [Histogram.of_counts({})]
        return somebody(whole, question, [])
    asked, told_weights = _columns(frame, question)
    whole = _count(question, asked, told_weights, None)[0]
    return somebody(whole, question, asked[:3].tolist())


def count_groups(
    scores: IntoFrame, question: Question, by: By, taken: Iterable[str]
) -> tuple[Groups, list[Histogram]]:
    """Count the answers of every group.

    Args:
        scores: A frame.
        question: What is counted.
        by: Name or names of the columns whose values make a group.
        taken: Columns of the table that is made, which a group must not be called.

    Returns:
        The groups in rising order of their values, and one histogram each; a group may hold nobody
        who answered.

    Raises:
        InvalidValueError: As `counted`, but for nobody; or if a group's name is missing.
    """
    frame = frame_of(scores, "scores", dict.fromkeys(question.columns, ColumnKind.NUMBER))
    names = check_by(frame, by, taken)
    if isinstance(frame, nw.LazyFrame):
        # A column may part the groups and be counted as well.
        picked = frame.select(*dict.fromkeys([*names, *question.columns]))
        told, groups = in_order(_ask(picked, question, names), names)
        return groups, _parts(told, len(names))
    groups = groups_of(frame, names)
    return groups, _count(question, *_columns(frame, question), groups)


def weights_column(weights: Values | str | None) -> str | None:
    """Return the name of the column of weights.

    Raises:
        InvalidValueError: If they are no name: weights beside a frame do not know its rows.
    """
    if not (weights is None or isinstance(weights, str)):
        kind, rule = Words(f"of type {type(weights).__name__}"), "must name a column of scores"
        way_out = "put them into the frame: they belong to its rows"
        raise InvalidValueError("weights", kind, rule, way_out)
    return weights


def somebody(told: Histogram, question: Question, found: object) -> Histogram:
    """Return what was counted if somebody answered, and with some weight.

    Raises:
        InvalidValueError: If not.
    """
    if not told.n and not told.n_weightless:
        rule, way_out = "must hold at least one answer", "nobody answered: there is no score"
        raise InvalidValueError(question.column, found, rule, way_out)
    if not told.weight:
        rule = "must not all be 0 where somebody answered"
        raise InvalidValueError(str(question.weights), Words("0"), rule)
    return told


def _columns(
    frame: Eager, question: Question
) -> tuple[NDArray[np.generic], NDArray[np.float64] | None]:
    asked = _array(frame[question.column].to_native(), question.column)
    if question.weights is None:
        return asked, None
    return asked, numbers(frame[question.weights].to_native(), question.weights)


def _array(values: Values, name: str) -> NDArray[np.generic]:
    """Return whole numbers as they are, all else as floats, NaN where one is missing."""
    series = nw.from_native(values, series_only=True, pass_through=True)
    if isinstance(series, nw.Series) and series.dtype.is_integer():
        held = getattr(values, "dtype", None)
        # Numpy's own whole numbers have no word for what is missing: pandas need not look.
        if isinstance(held, np.dtype) or not series.null_count():
            values = series.to_numpy()
    if isinstance(values, np.ndarray) and values.ndim == 1 and values.dtype in _WHOLE:
        return values
    return numbers(values, name)


def _count(
    question: Question,
    asked: NDArray[np.generic],
    told: NDArray[np.float64] | None,
    groups: Groups | None,
) -> list[Histogram]:
    """Count arrays: a cell for each answer of the scale and one for the silent, group by group."""
    heavy = None if told is None else _heavy(question, asked, told)
    width, count = question.scale.points + 1, 1 if groups is None else len(groups)
    cells = np.zeros(count * width, dtype=np.int64)
    light = np.zeros(count * width, dtype=np.int64)
    sums, squares = np.zeros((2, count * width))
    for rows in blocks(len(asked), at_least=4 * len(cells)):
        place = _places(question, asked, rows)
        if groups is not None:
            place += np.multiply(groups.codes[rows], width, dtype=np.intp)
        cells += np.bincount(place, minlength=len(cells))
        if heavy is not None and told is not None:
            block = heavy[rows]
            sums += np.bincount(place, block, len(cells))
            squares += np.bincount(place, block * block, len(cells))
            if (told[rows] == 0).any():
                light += np.bincount(place[told[rows] == 0], minlength=len(cells))
    if heavy is None:
        sums = squares = cells.astype(np.float64)
    scores = [float(score) for score in range(question.scale.low, question.scale.high + 1)]
    columns = (cells, light, sums, squares)
    lines = (column.reshape(count, width).tolist() for column in columns)
    return [_histogram(scores, *line) for line in zip(*lines, strict=True)]


def _places(question: Question, asked: NDArray[np.generic], rows: slice) -> NDArray[np.intp]:
    """Return the cell of each answer of a block."""
    low, high = question.scale.low, question.scale.high
    block = asked[rows]
    if block.dtype.kind in "iu":
        whole: NDArray[np.intp] = np.subtract(block, low, dtype=np.intp)
        # Read without a sign what lies below is huge: one look finds it and what lies above.
        if int(whole.view(np.uintp).max()) >= question.scale.points:
            raise _off(question, asked)
        return whole
    silent = np.isnan(block)
    filled = np.where(silent, high, block)
    if filled.min() < low or filled.max() > high:
        raise _off(question, asked)
    place: NDArray[np.intp] = filled.astype(np.intp)
    if not np.array_equal(place, filled):
        raise _off(question, asked)
    place -= low
    place[silent] = question.scale.points
    return place


def _off(question: Question, asked: NDArray[np.generic]) -> InvalidValueError:
    """Return the error that names every answer off the scale."""
    told = asked.astype(np.float64)
    low, high = question.scale.low, question.scale.high
    # NaN is not off the scale: it compares false.
    bad = (told < low) | (told > high) | (~np.isnan(told) & (told != np.floor(told)))
    return _bad(question.column, told, bad, question.rule)


def _heavy(
    question: Question, asked: NDArray[np.generic], told: NDArray[np.float64]
) -> NDArray[np.float64]:
    bad = ~(np.isfinite(told) & (told >= 0))
    if bad.any():
        raise _bad(str(question.weights), told, bad, _WEIGHS)
    there = ~np.isnan(asked) if asked.dtype.kind == "f" else np.ones(len(asked), dtype=bool)
    most = told.max(initial=0.0, where=there)
    # Of a scale of their own: squares of tiny or huge weights would leave the floats.
    return np.divide(told, most or 1.0, out=np.zeros(len(told)), where=there)


def _bad(
    name: str, values: NDArray[np.float64], bad: NDArray[np.bool_], rule: str
) -> InvalidValueError:
    places = np.flatnonzero(bad)
    first = [float(value) for value in values[places[:3]]]
    found = [int(value) if value.is_integer() else value for value in first]
    return bad_values(name, found, places.tolist(), rule)


def _histogram(
    scores: list[float],
    cells: list[int],
    light: list[int],
    sums: list[float],
    squares: list[float],
) -> Histogram:
    """Return the histogram of cells, the last of the silent; `light` are who has no weight."""
    given = [n - none for n, none in zip(cells[:-1], light, strict=False)]
    weightless = sum(light[:-1])
    return Histogram(
        scores=tuple(compress(scores, given)),
        counts=tuple(filter(None, given)),
        weights=tuple(compress(sums, given)),
        squares=tuple(compress(squares, given)),
        n_missing=cells[-1] + weightless,
        n_weightless=weightless,
    )


def _ask(frame: Lazy, question: Question, by: tuple[str, ...]) -> Eager:
    """Let the engine count: one question, one row for each answer of each group.

    Returns:
        Columns `by 0`, `by 1`, … and `score` (empty for the silent), `n`, `heavy`, `weight`,
        `square`.
    """
    found, low = nw.col(question.column).cast(nw.Float64), question.scale.low
    told = nw.lit(1.0) if question.weights is None else nw.col(question.weights).cast(nw.Float64)
    keys = [f"by {place}" for place in range(len(by))]
    # Engines differ on where NaN stands among numbers; as a null it is nowhere.
    answer = nw.when(~found.is_nan()).then(found).alias("score")
    renamed = [nw.col(name).alias(key) for name, key in zip(by, keys, strict=True)]
    score, weight, own, most = map(nw.col, ("score", "weight", "own", "most"))
    light = weight.is_null() | ~(weight.is_finite() & (weight >= 0))
    off = (score < low) | (score > question.scale.high) | (score != score.floor())
    asked = (
        frame.select(*renamed, answer, told.alias("weight"))
        .with_columns(nw.when(~score.is_null()).then(weight).alias("own"))
        # Of a scale of their own: squares of tiny or huge weights would leave the floats.
        .with_columns(nw.when(own.max() > 0).then(own.max()).otherwise(1.0).alias("most"))
        .with_columns((own / most).alias("own"), score.alias("worst"), light.alias("light"))
        .with_columns(nw.when(off).then(nw.lit(low - 1.0)).otherwise(score).alias("score"))
    )
    return _checked(asked.group_by(*keys, "score").agg(*_counts()).collect(), question)


def _counts() -> list[nw.Expr]:
    own, light = nw.col("own"), nw.col("light")
    return [
        nw.len().alias("n"),
        nw.when(nw.col("weight") > 0).then(1).otherwise(0).sum().alias("heavy"),
        own.sum().alias("weight"),
        (own * own).sum().alias("square"),
        nw.col("worst").max(),
        light.cast(nw.Int64).sum(),
        nw.when(light).then(nw.col("weight")).max().alias("lightest"),
    ]


def _checked(told: Eager, question: Question) -> Eager:
    """Return what an engine counted, if no answer is off the scale and every weight is one."""
    off = told.filter(nw.col("score") < question.scale.low)
    if len(off):
        raise _flawed(question.column, off["n"].sum(), off["worst"].max(), question.rule)
    light = told.filter(nw.col("light") > 0)
    if len(light):
        count, value = light["light"].sum(), light["lightest"].max()
        raise _flawed(str(question.weights), count, value, _WEIGHS)
    return told


def _flawed(name: str, count: object, value: object, rule: str) -> InvalidValueError:
    rows = int(cast("float", count))
    found = float(value) if isinstance(value, float) else value
    told = int(found) if isinstance(found, float) and found.is_integer() else found
    return InvalidValueError(name, told, f"{rule}, as in {rows} row{'s' * (rows > 1)}")


def _parts(told: Eager, keys: int) -> list[Histogram]:
    """Return the histogram of every group, in the order of the rows."""
    numbers_of = told.select("score", "n", "heavy", "weight", "square").rows()
    names = told.select(*(f"by {place}" for place in range(keys))).rows() if keys else None
    lines: dict[tuple[object, ...], list[tuple[object, ...]]] = {}
    for place, line in enumerate(numbers_of):
        lines.setdefault(names[place] if names else (), []).append(line)
    return [histogram_of_lines([_line(row) for row in group]) for group in lines.values()]


def _line(row: tuple[object, ...]) -> Line:
    score, *told = (None if cell is None else float(cast("float", cell)) for cell in row)
    n, heavy, weight, square = (number or 0.0 for number in told)
    return score, int(n), int(heavy), weight, square
