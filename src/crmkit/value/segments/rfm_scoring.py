"""Scores of many customers: recency, frequency and amount of a table, against bars.

Law: with a margin, scores are a fold over evaluations: the score of today needs that of the last
evaluation and nothing older, so that going on gives what starting anew gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, cast

import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrameT
from numpy.typing import NDArray

from crmkit.errors import InvalidValueError
from crmkit.kernel.customer_rows import check_once
from crmkit.kernel.frames import (
    ColumnKind,
    Eager,
    Flaw,
    Lazy,
    Words,
    empty,
    find_flaws,
    frame_of,
)
from crmkit.value.classes.class_arrays import is_unique
from crmkit.value.coins import BLOCK

from .rfm_bars import (
    MEASURES,
    Measure,
    RfmBars,
    Worths,
    at_days,
    bars_of_worths,
    check_scorable,
    rfm_quintiles,
    scorable,
    sign_of,
    values_of,
    worths_of,
)


SCORES: Final[dict[Measure, str]] = {
    "recency": "r_score",
    "frequency": "f_score",
    "amount": "m_score",
}
"""The column of each score."""

_KEY: Final = "customer_id"
_COPIES: Final = "rows of the customer"


def rfm_scores(
    table: IntoFrameT,
    *,
    bars: RfmBars | None = None,
    before: IntoFrameT | None = None,
    amount: str = "amount",
) -> IntoFrameT:
    """Add the scores of every customer: `r_score`, `f_score`, `m_score`, 1 the worst.

    Args:
        table: What `rfm_table` returned: pandas, polars (eager or lazy), DuckDB, PySpark. A lazy
            frame is checked by one aggregate query and stays lazy.
        bars: From which value on there is which score; None for the fifths of this very table,
            as `rfm_quintiles` gives them.
        before: The scores of the evaluation before, as this function returned them: whoever had a
            higher score keeps it within the margin of the bars. None: there was none.
        amount: Name of the column by which the third score is given.

    Returns:
        The same kind of frame, its rows and columns as they are, with the three scores last. Rows
        keep their order where they have one.

    Raises:
        InvalidValueError: If a column is missing, of another kind or empty, a customer stands in
            two rows, there are scores already, the unit is not that of the bars, or `before` is of
            another kind or says twice what a customer had.

    Units:
        Scores 1 to one more than there are bars.

    Source:
        Hughes (1994); enter and leave bars as chosen here.

    Examples:
        >>> import pandas
        >>> table = pandas.DataFrame(
        ...     {
        ...         "customer_id": [*"VWXYZ"], "recency": [0.0, 0, 0, 10, 20],
        ...         "T": [50.0, 40, 30, 30, 20], "frequency": [0, 0, 0, 1, 4],
        ...         "amount": [10.0, 20, 30, 40, 50], "unit": "D",
        ...     }
        ... )
        >>> rfm_scores(table)[["customer_id", "r_score", "f_score", "m_score"]]
          customer_id  r_score  f_score  m_score
        0           V        1        1        1
        1           W        2        1        2
        2           X        3        1        3
        3           Y        4        4        4
        4           Z        5        5        5
    """
    frame = scorable(table, amount)
    columns = frame.collect_schema().names()
    _check_free(columns)
    worths = worths_of(frame, amount) if isinstance(frame, nw.DataFrame) else {}
    count, unit = check_scorable(frame, amount, worths)
    _check_once(frame)
    if bars is not None and count:
        check_unit(bars, unit)
    held = None if before is None else _checked_before(frame, before)
    if bars is None and not count:
        bars = RfmBars(name="none", unit="D", recency=(0,), frequency=(0,), amount=(0,))
    if isinstance(frame, nw.LazyFrame):
        bars = bars or rfm_quintiles(table, amount=amount)
        scored = _ask_scores(frame, bars, cast("Lazy | None", held), amount)
        return cast("IntoFrameT", scored.select(*columns, *SCORES.values()).to_native())
    told = _count_scores(
        frame, worths, bars or bars_of_worths(worths, unit), cast("Eager | None", held)
    )
    series = (
        nw.new_series(SCORES[measure], score, nw.Int8(), backend=frame.implementation)
        for measure, score in told.items()
    )
    return cast("IntoFrameT", frame.with_columns(*series).to_native())


def _check_free(columns: Sequence[str]) -> None:
    for name in SCORES.values():
        if name in columns:
            way_out = "drop it: it would be lost; scores of an earlier date are given as before="
            raise InvalidValueError(name, Words("a column"), "must not be there already", way_out)


def _check_once(frame: Eager | Lazy) -> None:
    """Refuse a customer in two rows: which of his scores would count."""
    # What is sound needs no closer look, which takes longer.
    if isinstance(frame, nw.DataFrame) and is_unique(frame[_KEY]):
        return
    counted = frame.with_columns(nw.len().over(_KEY).alias(_COPIES))
    find_flaws(counted, [check_once([_KEY], _COPIES)])


def check_unit(bars: RfmBars, unit: str) -> None:
    """Check that a table counts time as its bars do.

    Raises:
        InvalidValueError: If it does not.
    """
    if bars.unit != unit:
        way_out = "make the table in the bars' unit: rfm_table(unit=…)"
        raise InvalidValueError("unit", unit, f"must be that of the bars, {bars.unit!r}", way_out)


def _checked_before(frame: Eager | Lazy, before: IntoFrameT) -> Eager | Lazy:
    """Return the customers of the evaluation before, with their scores as columns of new names."""
    kinds = dict.fromkeys(SCORES.values(), ColumnKind.NUMBER)
    held = frame_of(before, "before", {_KEY: ColumnKind.ID, **kinds})
    same = type(held) is type(frame) and held.implementation == frame.implementation
    if not (same and _has_whole_ids(held) == _has_whole_ids(frame)):
        told = Words(f"of type {type(before).__name__}")
        rule = "must be a frame like the table, with ids like its own"
        raise InvalidValueError("before", told, rule)
    copies = nw.col(_COPIES) > 1
    rule, way_out = "must stand in one row of before", "give one evaluation only"
    counted = held.select(_KEY, *SCORES.values(), nw.len().over(_KEY).alias(_COPIES))
    flaws = [empty(_KEY), *map(empty, SCORES.values()), Flaw(_KEY, copies, rule, way_out)]
    find_flaws(counted, flaws)
    return held.select(_KEY, *(nw.col(name).alias(_held(name)) for name in SCORES.values()))


def _has_whole_ids(frame: Eager | Lazy) -> bool:
    return frame.collect_schema()[_KEY].is_integer()


def _held(score: str) -> str:
    return f"{score} before"


def _ask_scores(frame: Lazy, bars: RfmBars, held: Lazy | None, amount: str) -> Lazy:
    told = values_of(amount, bars.unit)
    if held is not None:
        frame = frame.join(held, on=_KEY, how="left")
    scores = []
    for measure in MEASURES:
        score = _ask_score(told[measure], bars.bars_of(measure), measure)
        if held is not None:
            before = nw.col(_held(SCORES[measure])).cast(nw.Int64)
            kept = _ask_score(told[measure], bars.leave_bars_of(measure), measure)
            least = nw.when(before < kept).then(before).otherwise(kept)
            # Unknown is not greater: who was not there before has what he reaches.
            score = nw.when(least > score, ~before.is_null()).then(least).otherwise(score)
        scores.append(score.cast(nw.Int8).alias(SCORES[measure]))
    return frame.with_columns(*scores)


def _ask_score(value: nw.Expr, bars: Sequence[float], measure: Measure) -> nw.Expr:
    score = nw.lit(1).cast(nw.Int64)
    for bar in bars:
        score = score + _reached(value, bar, measure).cast(nw.Int64)
    return score


def _reached(value: nw.Expr, bar: float, measure: Measure) -> nw.Expr:
    reached: nw.Expr = value <= bar if sign_of(measure) < 0 else value >= bar
    return reached


def _count_scores(
    frame: Eager,
    worths: Worths,
    bars: RfmBars,
    held: Eager | None,
) -> dict[Measure, NDArray[np.int8]]:
    if held is not None:
        row = nw.generate_temporary_column_name(8, [_KEY, *held.columns])
        keys = nw.maybe_reset_index(frame.select(_KEY)).with_row_index(row)
        held = keys.join(held, on=_KEY, how="left").sort(row)
    scores = {}
    for measure, worth in at_days(worths, bars.unit).items():
        score = _count_score(worth, bars.bars_of(measure), measure)
        if held is not None:
            before = held[_held(SCORES[measure])].cast(nw.Float64).to_numpy()
            kept = _count_score(worth, bars.leave_bars_of(measure), measure)
            # Who was not there before has what he reaches.
            least = np.fmin(np.where(np.isnan(before), 0, before), kept).astype(np.int8)
            score = np.maximum(score, least)
        scores[measure] = score
    return scores


def _count_score(
    worth: NDArray[np.float64], bars: Sequence[float], measure: Measure
) -> NDArray[np.int8]:
    score = np.ones(len(worth), dtype=np.int8)
    # Blocks that stay in the cache.
    for start in range(0, len(worth), BLOCK):
        block, told = worth[start : start + BLOCK], score[start : start + BLOCK]
        for bar in bars:
            told += (block >= sign_of(measure) * bar).view(np.int8)
    return score
