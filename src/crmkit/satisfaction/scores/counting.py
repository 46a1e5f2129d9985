"""Answers to one question, counted: how many gave which, all together or group by group.

Law: what is off the scale is refused with its rows, who is silent is counted, and no row leaves the
engine of a lazy frame: it is asked one aggregate question. Every count stands in a histogram that
merges with others.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeGuard, cast

import narwhals.stable.v2 as nw
import numpy as np
from narwhals.exceptions import DuplicateError
from narwhals.stable.v2.typing import IntoFrame
from numpy.typing import NDArray

from crmkit.errors import InvalidValueError
from crmkit.kernel.frames import (
    ColumnKind,
    Eager,
    Flaw,
    Lazy,
    Values,
    Words,
    empty,
    find_flaws,
    frame_of,
    numbers,
)
from crmkit.satisfaction.surveys import Scale
from crmkit.stats import Histogram
from crmkit.stats.group_columns import By, check_by
from crmkit.stats.histogram import checked_weights

from .answer_cells import count_cells, is_short
from .answer_columns import known, no_answer_of
from .answer_lines import (
    Line,
    histogram_of_lines,
    people,
    weighed,
    weight_flaw,
)
from .grouping import Groups, groups_of, in_order
from .question import NOT_ALL_0, Question


# Not those of 64 bits without a sign: the largest would be read as negative.
_WHOLE: Final = tuple(map(np.dtype, ("i1", "i2", "i4", "i8", "u1", "u2", "u4")))


def is_frame(scores: Values | IntoFrame) -> TypeGuard[IntoFrame]:
    """Tell frames from values in one dimension."""
    try:
        known = nw.from_native(scores, allow_series=True, pass_through=True)
    except DuplicateError:
        return True
    return isinstance(known, nw.DataFrame | nw.LazyFrame)


def counted(
    scores: Values | IntoFrame,
    weights: Values | str | None,
    column: str,
    scale: Scale,
    name: str,
) -> Histogram:
    """Count the answers to one question.

    Args:
        scores: In one dimension, or a frame that has them in a column.
        weights: One per score; of a frame, the name of their column; None weighs all alike.
        column: Name of the column, where there is a frame.
        scale: On what they are given.
        name: The argument by which a caller names that column; also its standard name.

    Raises:
        InvalidValueError: If an answer is off the scale, the weights do not fit, a column is
            missing or of another kind, or nobody answered.
    """
    if is_frame(scores):
        question = Question(column, scale, weights_column(weights))
        return somebody(count_frame(scores, question), question, [])
    if column != name:
        rule = "must be left out where scores is no frame: it names a column"
        raise InvalidValueError(name, column, rule)
    asked = _array(cast("Values", scores), "scores")
    told = None if weights is None else checked_weights(cast("Values", weights))
    if told is not None and len(told) != len(asked):
        rule = f"must be as many as the scores, {len(asked)}"
        raise InvalidValueError("len(weights)", len(told), rule)
    question = Question("scores", scale, None if told is None else "weights")
    whole = count_cells(question, scale, asked, told, None)[0]
    return somebody(whole, question, asked[:3].tolist())


def count_frame(native: IntoFrame, question: Question) -> Histogram:
    """Count the answers in a column of a frame, be there any or none.

    Raises:
        InvalidValueError: As `counted`, but for nobody.
    """
    frame = _framed(native, question)
    if question.scale is None or isinstance(frame, nw.LazyFrame):
        # What else the frame holds, orders in two currencies say, is not asked.
        told = _ask(frame.select(*question.columns), question, ())
        return dict(_parts(told, 0)).get((), Histogram.of_counts({}))
    return count_cells(question, question.scale, *_columns(frame, question), None)[0]


def count_groups(
    native: IntoFrame, question: Question, by: By, taken: Iterable[str]
) -> tuple[Groups, list[Histogram]]:
    """Count the answers of every group.

    Args:
        native: A frame.
        question: What is counted.
        by: Name or names of the columns whose values make a group.
        taken: Columns of the table that is made, which a group must not be called.

    Returns:
        The groups in rising order of their values, and one histogram each; a group may hold nobody
        who answered.

    Raises:
        InvalidValueError: As `counted`, but for nobody; or if a group's name is missing.
    """
    frame = _framed(native, question)
    names = check_by(frame, by, taken)
    if question.scale is None or isinstance(frame, nw.LazyFrame):
        # A column may part the groups and be counted as well.
        picked = frame.select(*dict.fromkeys([*names, *question.columns]))
        told, groups = in_order(_ask(picked, question, names), names)
        return groups, [part for _, part in _parts(told, len(names))]
    groups = groups_of(frame, names)
    return groups, count_cells(question, question.scale, *_columns(frame, question), groups)


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
        raise InvalidValueError(question.called, found, rule, way_out)
    if not told.weight:
        raise InvalidValueError(str(question.weights), Words("0"), NOT_ALL_0)
    return told


def _framed(native: IntoFrame, question: Question) -> Eager | Lazy:
    return frame_of(native, question.argument, dict.fromkeys(question.columns, ColumnKind.NUMBER))


def _columns(
    frame: Eager, question: Question
) -> tuple[NDArray[np.generic], NDArray[np.float64] | None]:
    asked = _array(frame[question.column].to_native(), question.column)
    if question.weights is None:
        return asked, None
    return asked, checked_weights(frame[question.weights].to_native(), question.weights)


def _array(values: Values, name: str) -> NDArray[np.generic]:
    """Return whole numbers as they are, all else as floats, NaN where one is missing."""
    series = nw.from_native(values, series_only=True, pass_through=True)
    if isinstance(series, nw.Series) and series.dtype.is_integer():
        held = getattr(series.to_native(), "dtype", None)
        # Numpy's own whole numbers have no word for what is missing: pandas need not look.
        if isinstance(held, np.dtype) or not series.null_count():
            values = series.to_numpy()
    if isinstance(values, np.ndarray) and values.ndim == 1 and values.dtype in _WHOLE:
        return values
    return numbers(values, name)


def _ask(frame: Eager | Lazy, question: Question, by: tuple[str, ...]) -> Eager:
    """Let the engine count: one row for each answer of each group.

    Returns:
        Columns `by 0`, `by 1`, … and `score` (empty for the silent), and who gave it (`people`).

    Raises:
        InvalidValueError: If an answer is off the scale, a weight is none, or a group of a frame
            that holds its rows has no name.
    """
    flaws = [_flaw(question)]
    if question.weights is not None:
        flaws.append(weight_flaw(question.weights))
    if isinstance(frame, nw.DataFrame):
        find_flaws(frame, [*flaws, *map(empty, by)])
        flaws = []
    weight = nw.lit(1.0) if question.weights is None else nw.col(question.weights)
    keys = [nw.col(name).alias(f"by {place}") for place, name in enumerate(by)]
    made = [flaw.bad.alias(f"bad {place}") for place, flaw in enumerate(flaws)]
    worst = [nw.when(flaw.bad).then(nw.col(flaw.column).cast(nw.Float64)) for flaw in flaws]
    made += [value.alias(f"worst {place}") for place, value in enumerate(worst)]
    answer = known(question.column)
    # Off the scale all are one: else an engine would tell as many rows as there are answers.
    score = nw.when(~flaws[0].bad).then(answer) if flaws else answer
    asked = frame.select(*keys, *made, score.alias("score"), *weighed(weight.cast(nw.Float64)))
    found = asked.group_by(*(f"by {place}" for place in range(len(by))), "score").agg(
        *people(),
        *(nw.col(f"bad {place}").cast(nw.Int64).sum() for place in range(len(flaws))),
        *(nw.col(f"worst {place}").max() for place in range(len(flaws))),
    )
    told = found.collect() if isinstance(found, nw.LazyFrame) else found
    for place, flaw in enumerate(flaws):
        _check_counted(told, place, flaw)
    return told


def _flaw(question: Question) -> Flaw:
    if question.scale is not None:
        return no_answer_of(question.scale, question.column)
    answer = known(question.column)
    return Flaw(question.column, ~answer.is_null() & ~answer.is_finite(), question.rule)


def _check_counted(told: Eager, place: int, flaw: Flaw) -> None:
    """Refuse what an engine counted if a row had a flaw."""
    bad = told.filter(nw.col(f"bad {place}") > 0)
    if len(bad):
        rows = sum(int(count or 0) for count in bad[f"bad {place}"].to_list())
        worst = [value for value in bad[f"worst {place}"].to_list() if value is not None]
        found = float(max(worst)) if worst else None
        value = found if found is None or not is_short(found) else int(found)
        raise InvalidValueError(
            flaw.column, value, f"{flaw.rule}, as in {rows} row{'s' * (rows > 1)}"
        )


def _parts(told: Eager, keys: int) -> list[tuple[tuple[object, ...], Histogram]]:
    """Return every group with its histogram, in the order of the rows."""
    columns = (
        *(f"by {place}" for place in range(keys)),
        "score",
        "n",
        "weighing",
        "weight",
        "square",
    )
    lines: dict[tuple[object, ...], list[Line]] = {}
    for row in told.select(*columns).rows():
        lines.setdefault(row[:keys], []).append(_line(row[keys:]))
    return [(group, histogram_of_lines(found)) for group, found in lines.items()]


def _line(row: tuple[object, ...]) -> Line:
    score, *told = (None if cell is None else float(cast("float", cell)) for cell in row)
    n, heavy, weight, square = (number or 0.0 for number in told)
    # Pandas has NaN for what is missing, the others None.
    there = None if score is None or score != score else score
    return there, int(n), int(heavy), weight, square
