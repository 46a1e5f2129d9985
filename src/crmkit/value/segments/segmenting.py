"""Segments of many customers, and who moved from one to another.

Law: who moves is counted under one version of one scheme; customers who moved, and rules that
moved, are two things.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Final, cast

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame, IntoFrameT

from crmkit.errors import InvalidValueError
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
from crmkit.value.purchases import RfmState, rfm_table
from crmkit.value.purchases.purchase_state import checked_day, checked_states

from .rfm_bars import RfmBars
from .rfm_scoring import SCORES, rfm_scores
from .segment_scheme import NOT_THERE, RFM_GRID, SegmentScheme


_KEY: Final = "customer_id"
_COLUMNS: Final = ("segment", "scheme")


def rfm_segments(scores: IntoFrameT, *, scheme: SegmentScheme = RFM_GRID) -> IntoFrameT:
    """Add the segment of every customer, and by which version of which scheme.

    Args:
        scores: What `rfm_scores` returned: pandas, polars (eager or lazy), DuckDB, PySpark. A lazy
            frame is checked by one aggregate query and stays lazy.
        scheme: Which segments there are.

    Returns:
        The same kind of frame, its rows and columns as they are, with `segment`, its code, and
        `scheme`, such as `rfm-grid/1`, last.

    Raises:
        InvalidValueError: If a score is missing, empty, or none that the scheme knows, or there are
            segments already.

    Source:
        The scheme's own.

    Examples:
        >>> import polars
        >>> scores = polars.DataFrame(
        ...     {"customer_id": [1, 2], "r_score": [5, 1], "f_score": [5, 1], "m_score": [4, 1]}
        ... )
        >>> rfm_segments(scores)["segment"].to_list()
        ['champions', 'hibernating']
    """
    names = tuple(SCORES.values())
    frame = frame_of(scores, "scores", dict.fromkeys(names, ColumnKind.NUMBER))
    for name in _COLUMNS:
        if name in frame.collect_schema():
            raise InvalidValueError(name, Words("a column"), "must not be there already", "drop it")
    rule = f"must be a whole number from 1 to {checked_scheme(scheme).scores}"
    known = range(1, scheme.scores + 1)
    unknown = [Flaw(name, ~nw.col(name).is_in(list(known)), rule) for name in names]
    find_flaws(frame, [*map(empty, names), *unknown])
    r, f, m = (nw.col(name).cast(nw.Int64) for name in names)
    cell = (r * 100 + f) * 100 + m
    held = defaultdict(list)
    for r_score, f_score, m_score in scheme.cells():
        code = scheme.segment_of(r_score, f_score, m_score).code
        held[code].append((r_score * 100 + f_score) * 100 + m_score)
    *first, last = held
    told = nw.lit(last)
    for code in first:
        told = nw.when(cell.is_in(held[code])).then(nw.lit(code)).otherwise(told)
    named = frame.with_columns(told.alias("segment"), nw.lit(scheme.tag).alias("scheme"))
    return cast("IntoFrameT", named.to_native())


def segment_history(
    state: RfmState[IntoFrameT],
    dates: Sequence[date],
    *,
    bars: RfmBars,
    scheme: SegmentScheme = RFM_GRID,
    observed_from: date | None = None,
    before: IntoFrameT | None = None,
) -> IntoFrameT:
    """Return every customer's scores and segment as of each of several dates.

    Each evaluation starts from the one before, so that the margin of the bars keeps customers from
    moving to and fro. Going on from the last evaluation gives what starting from the first gives.

    Args:
        state: What `rfm_state` or `merge` returned.
        dates: When customers are looked at, rising: the ends of months, such as. The grid is part
            of the result: on another one, other moves are seen.
        bars: From which value on there is which score.
        scheme: Which segments there are.
        observed_from: The day since which all orders are on record.
        before: The last evaluation of an earlier call, to go on from.

    Returns:
        The same kind of frame as the state: one row per date and customer who had bought by then,
        with `as_of` as text in ISO 8601, `customer_id`, the three scores, `segment`, `scheme`.

    Raises:
        InvalidValueError: If there is no date, dates do not rise, or the rest as in `rfm_table`,
            `rfm_scores` and `rfm_segments`.

    Source:
        Hysteresis as a fold over a fixed grid of evaluations.

    Examples:
        >>> from datetime import date
        >>> import polars
        >>> from crmkit.value import RfmBars, rfm_state
        >>> orders = polars.DataFrame(
        ...     {"customer_id": ["C-1"], "ordered_at": [date(2026, 1, 5)], "amount": [20.0]}
        ... )
        >>> bars = RfmBars(
        ...     name="house rules", unit="D", recency=(365, 180, 90, 30),
        ...     frequency=(1, 2, 4, 8), amount=(50, 100, 500, 1000),
        ... )
        >>> ends = [date(2026, 1, 31), date(2026, 2, 28), date(2026, 6, 30)]
        >>> segment_history(rfm_state(orders), ends, bars=bars)["segment"].to_list()
        ['new', 'promising', 'about_to_sleep']
    """
    checked_states(state)
    numbers = [checked_day(day, "dates") for day in dates]
    if not numbers or sorted(set(numbers)) != numbers:
        rule = "must be one date or more, each later than the one before"
        raise InvalidValueError("dates", tuple(map(str, dates)), rule)
    told: list[Eager | Lazy] = []
    for day in dates:
        table = rfm_table(state, as_of=day, unit=bars.unit, observed_from=observed_from)
        scored = rfm_scores(table, bars=bars, before=before)
        named = nw.from_native(cast("IntoFrame", rfm_segments(scored, scheme=scheme)))
        kept = named.select(
            nw.lit(day.isoformat()).alias("as_of"), _KEY, *SCORES.values(), *_COLUMNS
        )
        told.append(kept)
        before = cast("IntoFrameT", kept.to_native())
    return cast("IntoFrameT", nw.concat(cast("list[Eager]", told)).to_native())


def segment_movement(before: IntoFrameT, after: IntoFrameT) -> IntoFrameT:
    """Count who moved from which segment to which between two dates.

    Args:
        before: What `rfm_segments` returned of the earlier date, or the rows of one date of
            `segment_history`.
        after: The same of the later date.

    Returns:
        The same kind of frame: one row per pair of segments that has somebody, with
        `segment_before`, `segment_after` and `customers`; `none` stands for not being there.
        Sorted where it holds its rows.

    Raises:
        InvalidValueError: If a column is missing or empty, a customer stands in two rows of one of
            them, they are of different schemes or versions, or frames of two kinds.

    Units:
        Customers.

    Examples:
        >>> import polars
        >>> def of(segments):
        ...     told = {"customer_id": list(range(len(segments))), "segment": segments}
        ...     return polars.DataFrame(told).with_columns(scheme=polars.lit("rfm-grid/1"))
        >>> segment_movement(of(["loyal", "new"]), of(["loyal", "loyal", "new"])).rows()
        [('loyal', 'loyal', 1), ('new', 'loyal', 1), ('none', 'new', 1)]
    """
    frames = [
        _one_evaluation(frame, name) for frame, name in ((before, "before"), (after, "after"))
    ]
    (first, by), (second, also_by) = frames
    if by is not None and also_by is not None and by != also_by:
        way_out = "make both by one version: customers who move and rules that move are two things"
        raise InvalidValueError("scheme", (by, also_by), "must be the same in both", way_out)
    if (type(first), first.implementation) != (type(second), second.implementation):
        told = Words(f"of type {type(after).__name__}")
        raise InvalidValueError("after", told, "must be a frame of the same kind as before")
    nobody = nw.lit("")
    both = nw.concat(
        [
            cast("Eager", first.select(_KEY, nw.col("segment").alias("was"), nobody.alias("is"))),
            cast("Eager", second.select(_KEY, nobody.alias("was"), nw.col("segment").alias("is"))),
        ]
    )
    pairs = both.group_by(_KEY).agg(nw.col("was").max(), nw.col("is").max())
    counted = _counted_pairs(pairs)
    return cast("IntoFrameT", counted.to_native())


def _counted_pairs(pairs: Eager | Lazy) -> Eager | Lazy:
    """Count pairs of segments; an empty text stands for who was not there."""
    filled = pairs.select(
        nw.when(nw.col(name) == "").then(nw.lit(NOT_THERE)).otherwise(nw.col(name)).alias(told)
        for name, told in (("was", "segment_before"), ("is", "segment_after"))
    )
    counted = filled.group_by("segment_before", "segment_after").agg(nw.len().alias("customers"))
    counted = counted.with_columns(nw.col("customers").cast(nw.Int64))
    if isinstance(counted, nw.DataFrame):
        return counted.sort("segment_before", "segment_after")
    return counted


def checked_scheme(scheme: SegmentScheme) -> SegmentScheme:
    """Return what customers are parted by.

    Raises:
        InvalidValueError: If it is no `SegmentScheme`.
    """
    if not isinstance(scheme, SegmentScheme):
        raise InvalidValueError("scheme", scheme, "must be a SegmentScheme", "such as RFM_GRID")
    return scheme


def _one_evaluation(native: IntoFrameT, name: str) -> tuple[Eager | Lazy, str | None]:
    kinds = {_KEY: ColumnKind.ID, "segment": ColumnKind.TEXT, "scheme": ColumnKind.TEXT}
    frame = frame_of(native, name, kinds)
    copies = nw.generate_temporary_column_name(8, frame.collect_schema().names())
    rule = f"must stand in one row of {name}"
    twice = Flaw(_KEY, nw.col(copies) > 1, rule, "give the rows of one date only")
    counted = frame.with_columns(nw.len().over(_KEY).alias(copies))
    scheme = nw.col("scheme")
    told = find_flaws(counted, [*map(empty, kinds), twice], low=scheme.min(), high=scheme.max())
    if told["low"] != told["high"]:
        raise InvalidValueError("scheme", (told["low"], told["high"]), f"must be one in {name}")
    # A frame without rows is of every scheme.
    low = told["low"]
    return frame, low if isinstance(low, str) else None
