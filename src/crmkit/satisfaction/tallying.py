"""Answers of any kind counted group by group, by one question to the engine that holds them.

Law: no row leaves the engine, nothing is dropped in silence, and every number stands in a histogram
that merges with others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias, cast

import attrs
import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame

from crmkit.errors import InvalidValueError
from crmkit.kernel.frames import (
    ColumnKind,
    Eager,
    Flaw,
    Lazy,
    find_flaws,
    frame_of,
)
from crmkit.stats import Histogram

from .answer_lines import Line, histogram_of_lines, people, weighed, weight_flaw
from .grouping import By, check_by, in_order
from .metric import Metric, check_metric


Parts: TypeAlias = Mapping[tuple[object, ...], Histogram]
"""A histogram for every group, by the values that make it, in rising order."""


@attrs.frozen(kw_only=True)
class Tally:
    """What was counted in a frame.

    Attributes:
        parts: A histogram for every group.
        keys: One row a group, as the engine told them.
    """

    parts: Parts
    keys: Eager


def count_all(
    native: IntoFrame, argument: str, metric: Metric, score: str, weights: str | None
) -> Histogram:
    """Count all answers of a frame.

    Raises:
        InvalidValueError: If a column is missing or of another kind, an answer is off the scale, or
            a weight is none.
    """
    check_metric(metric)
    frame = _framed(native, argument, score, weights)
    parts = _parts(_asked(frame, (), metric, score, weights), 0)
    return parts.get((), Histogram.of_counts({}))


def count_by(
    native: IntoFrame,
    metric: Metric,
    *,
    by: By,
    score: str,
    weights: str | None,
    taken: Sequence[str] = (),
) -> Tally:
    """Count the answers of every group of a frame.

    Args:
        native: The frame.
        metric: What is made of the answers; it knows their scale.
        by: Name or names of the columns whose values make a group.
        score: Name of the column of answers.
        weights: Name of the column of weights; None weighs all alike.
        taken: Columns of the table that is made, which a group must not be called.

    Raises:
        InvalidValueError: If a column is missing or of another kind, a group has no name, an answer
            is off the scale, a weight is none, or there is no row at all.
    """
    check_metric(metric)
    frame = _framed(native, "frame", score, weights)
    names = check_by(frame, by, taken)
    told, groups = in_order(_asked(frame, names, metric, score, weights), names)
    if not len(told):
        rule, way_out = "must hold at least one answer", "nobody answered: there is no score"
        raise InvalidValueError(score, [], rule, way_out)
    return Tally(parts=_parts(told, len(names)), keys=groups.keys)


def _framed(native: IntoFrame, argument: str, score: str, weights: str | None) -> Eager | Lazy:
    columns = [score] if weights is None else [score, weights]
    return frame_of(native, argument, dict.fromkeys(columns, ColumnKind.NUMBER))


def _asked(
    frame: Eager | Lazy, names: Sequence[str], metric: Metric, score: str, weights: str | None
) -> Eager:
    """Return `by 0`, `by 1`, … and `score` (empty for the silent), and who gave it (`people`).

    Raises:
        InvalidValueError: If an answer is off the scale, or a weight is none.
    """
    picked = frame.select(*dict.fromkeys(filter(None, [*names, score, weights])))
    find_flaws(picked, _flaws(metric, score, weights))
    found = nw.col(score).cast(nw.Float64)
    told = nw.lit(1.0) if weights is None else nw.col(weights).cast(nw.Float64)
    keys = [nw.col(name).alias(f"by {place}") for place, name in enumerate(names)]
    # Engines differ on where NaN stands among numbers; as a null it is nowhere.
    answer = nw.when(~found.is_nan()).then(found).alias("score")
    answers = picked.select(*keys, answer, *weighed(told))
    counted = answers.group_by(*(f"by {place}" for place in range(len(names))), "score").agg(
        *people()
    )
    return counted.collect() if isinstance(counted, nw.LazyFrame) else counted


def _flaws(metric: Metric, score: str, weights: str | None) -> list[Flaw]:
    answer, scale = nw.col(score).cast(nw.Float64), metric.scale
    there = ~(answer.is_null() | answer.is_nan())
    if scale is None:
        flaws = [Flaw(score, there & ~answer.is_finite(), "must be finite")]
    else:
        off = (answer < scale.low) | (answer > scale.high) | (answer != answer.floor())
        rule = f"must be a whole number from {scale.low} to {scale.high}"
        flaws = [Flaw(score, there & off, rule)]
    return flaws if weights is None else [*flaws, weight_flaw(weights)]


def _parts(told: Eager, keys: int) -> dict[tuple[object, ...], Histogram]:
    """Return the histogram of every group, in the order of the rows."""
    lines: dict[tuple[object, ...], list[Line]] = {}
    columns = (*(f"by {place}" for place in range(keys)), "score", "n", "heavy", "weight", "square")
    for row in told.select(*columns).rows():
        score = None if row[keys] is None or row[keys] != row[keys] else float(row[keys])
        n, heavy, weight, square = cast("tuple[int, int, float, float]", row[keys + 1 :])
        line = (score, int(n), int(heavy), float(weight), float(square))
        lines.setdefault(row[:keys], []).append(line)
    return {group: histogram_of_lines(found) for group, found in lines.items()}
