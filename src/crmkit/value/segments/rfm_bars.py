"""Scores of recency, frequency and amount: from which value on a customer has which score.

Law: a score is decided by the value alone, never by a row's place, so that equal values share it.
By default they share the lower one: a score of k says that at least k − 1 fifths of all customers
are strictly worse.

Source: Hughes, A. M., "Strategic Database Marketing" (1994): fifths of the customers, best 5. The
rule for ties is chosen here: cut by rank, one-time buyers alike in all would stand in four fifths.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final, Literal, TypeAlias, cast

import attrs
import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrame
from numpy.typing import NDArray

from crmkit.errors import InvalidValueError
from crmkit.kernel import not_blank
from crmkit.kernel.frames import ColumnKind, Eager, Flaw, Lazy, Words, empty, find_flaws, frame_of
from crmkit.value.coins import BLOCK
from crmkit.value.one_text import one_text
from crmkit.value.purchases.purchase_window import DAYS_IN

from .ranked_values import values_at
from .silences import ask_silence, at_whole_days, count_at_whole_days


Ties: TypeAlias = Literal["lower", "upper"]
"""Which score equal values share where a border runs through them."""

_MOST: Final = 10
_FEW: Final = 1 << 12
_NUMBERS: Final = ("recency", "T", "frequency")

Measure: TypeAlias = Literal["recency", "frequency", "amount"]
"""What is scored."""

Worths: TypeAlias = Mapping[Measure, NDArray[np.float64]]
"""What is scored, in arrays; more is better."""

MEASURES: Final[tuple[Measure, ...]] = ("recency", "frequency", "amount")

_SIGN: Final[dict[Measure, int]] = {"recency": -1, "frequency": 1, "amount": 1}


def _rises(bars: RfmBars, field: attrs.Attribute[tuple[float, ...]], value: object) -> None:
    way = -1 if field.name == "recency" else 1
    told = value if isinstance(value, tuple) else ()
    sound = all(isinstance(bar, int | float) and not math.isnan(bar) for bar in told)
    rises = sound and all(way * low <= way * high for low, high in pairwise(told))
    if not (rises and 0 < len(told) < _MOST):
        turn = "fall" if way < 0 else "rise"
        rule = f"must be a tuple of 1 to {_MOST - 1} numbers that {turn}, the bar of score 2 first"
        raise InvalidValueError(field.name, value, rule)


@attrs.frozen(kw_only=True)
class RfmBars:
    """The bars of a score: who reaches none has 1, who reaches the first 2, and so on.

    Attributes:
        name: What they are called.
        unit: "D" or "W": what recency's bars are counted in.
        recency: The longest silence since the last purchase; falls.
        frequency: The fewest repeat days; rises.
        amount: The least that was bought for in all; rises.
        margin: By which part of a bar a customer may fall short before he loses the score that he
            had: 0.1 for a tenth. So nobody moves to and fro at a border.

    Raises:
        InvalidValueError: If bars are not in order, or the margin is not from 0 to below 1.

    Examples:
        >>> bars = RfmBars(
        ...     name="house rules", unit="D", recency=(365, 180, 90, 30),
        ...     frequency=(1, 2, 4, 8), amount=(50, 100, 500, 1000), margin=0.1,
        ... )
        >>> bars.score("recency", 95), bars.score("recency", 95, before=4)
        (3, 4)
        >>> bars.score("amount", 1000), bars.score("frequency", 0)
        (5, 1)
    """

    name: str = attrs.field(validator=not_blank)
    unit: Literal["D", "W"]
    recency: tuple[float, ...] = attrs.field(validator=_rises)
    frequency: tuple[float, ...] = attrs.field(validator=_rises)
    amount: tuple[float, ...] = attrs.field(validator=_rises)
    margin: float = 0.0

    def __attrs_post_init__(self) -> None:
        if self.unit not in DAYS_IN:
            raise InvalidValueError("unit", self.unit, "must be 'D' (days) or 'W' (weeks)")
        if not isinstance(self.margin, int | float) or not 0 <= self.margin < 1:
            raise InvalidValueError("margin", self.margin, "must be from 0 to below 1")

    def score(self, measure: Measure, value: float, *, before: int | None = None) -> int:
        """Return the score of one value: the rule itself, for one record.

        Args:
            measure: Of recency it is the silence since the last purchase.
            value: In the bars' unit, in repeat days, or in the currency.
            before: The score at the evaluation before; None for none.
        """
        sign = _SIGN[measure]
        if measure == "recency":
            value = at_whole_days(value, self.unit)
        reached = 1 + sum(sign * value >= sign * bar for bar in self.bars_of(measure))
        if before is None:
            return reached
        kept = 1 + sum(sign * value >= sign * bar for bar in self.leave_bars_of(measure))
        return max(reached, min(before, kept))

    def bars_of(self, measure: Measure) -> tuple[float, ...]:
        """Return the bars that must be reached to enter a score."""
        told: tuple[float, ...] = getattr(self, measure)
        return told

    def leave_bars_of(self, measure: Measure) -> tuple[float, ...]:
        """Return the bars that must be missed to leave a score."""
        # Below a bar of less than 0 lies more of it: the margin always widens.
        left = tuple(
            bar - _SIGN[measure] * self.margin * abs(bar) if math.isfinite(bar) else bar
            for bar in self.bars_of(measure)
        )
        if measure != "recency":
            return left
        return tuple(at_whole_days(bar, self.unit) if math.isfinite(bar) else bar for bar in left)


def rfm_quintiles(
    table: IntoFrame,
    *,
    parts: int = 5,
    ties: Ties = "lower",
    margin: float = 0.0,
    amount: str = "amount",
) -> RfmBars:
    """Return the bars that part a table's customers into fifths, best 5.

    A score of k has who is better than at least k − 1 fifths of all, so that fifths are smaller or
    larger where many customers are alike; a score may be left out. Kept, the bars score the tables
    of later dates by the same measure.

    Args:
        table: What `rfm_table` returned: pandas, polars (eager or lazy), DuckDB, PySpark. Of a
            lazy frame the bars are asked by one query for each measure.
        parts: How many scores there are, 2 to 10.
        ties: Which score equal values share where a border runs through them: "lower", or "upper":
            then a score of k has who is beaten by less than 6 − k fifths of all.
        margin: What `RfmBars` says of it.
        amount: Name of the column by which the third score is given; `monetary` for the mean of
            the repeat days.

    Returns:
        The bars; one that nobody reaches is infinite.

    Raises:
        InvalidValueError: If there is no customer, a column is missing, of another kind or empty,
            the unit is not one, or an argument is none of those above.

    Units:
        Those of the table.

    Source:
        Hughes (1994) in fifths; ties as chosen here.

    Examples:
        >>> import pandas
        >>> table = pandas.DataFrame(
        ...     {
        ...         "customer_id": [*"VWXYZ"], "recency": [0.0, 0, 0, 10, 20],
        ...         "T": [50.0, 40, 30, 30, 20], "frequency": [0, 0, 0, 1, 4],
        ...         "amount": [10.0, 20, 30, 40, 50], "unit": "D",
        ...     }
        ... )
        >>> bars = rfm_quintiles(table)
        >>> bars.frequency, bars.amount
        ((1.0, 1.0, 1.0, 4.0), (20.0, 30.0, 40.0, 50.0))
    """
    if not (isinstance(parts, int) and 2 <= parts <= _MOST):
        raise InvalidValueError("parts", parts, f"must be a whole number from 2 to {_MOST}")
    if ties not in ("lower", "upper"):
        raise InvalidValueError("ties", ties, "must be 'lower' or 'upper'")
    frame = scorable(table, amount)
    worths = worths_of(frame, amount) if isinstance(frame, nw.DataFrame) else None
    customers, unit = check_scorable(frame, amount, worths)
    if not customers:
        raise InvalidValueError("table", Words("empty"), "must have a customer")
    if isinstance(frame, nw.LazyFrame):
        least = {
            measure: _ask_least(frame, value * _SIGN[measure], customers, parts, ties)
            for measure, value in values_of(amount, unit).items()
        }
        return _bars(least, unit, parts, margin)
    assert worths is not None
    return bars_of_worths(worths, unit, parts=parts, ties=ties, margin=margin)


def bars_of_worths(
    worths: Worths,
    unit: Literal["D", "W"],
    *,
    parts: int = 5,
    ties: Ties = "lower",
    margin: float = 0.0,
) -> RfmBars:
    """Return the bars of a table that holds its rows, by what `worths_of` returned."""
    least = {
        measure: _least(worth, parts, ties) for measure, worth in at_days(worths, unit).items()
    }
    return _bars(least, unit, parts, margin)


def worths_of(frame: Eager, amount: str) -> Worths:
    """Return what is scored, more being better: of recency the silence since then, below 0.

    Of a table in weeks `at_days` frees it from noise, when it has been checked.
    """
    columns = (frame[name] for name in ("recency", "T", "frequency", amount))
    # A cast copies, even where there is nothing to convert.
    last, age, often, much = (
        (told if told.dtype == nw.Float64 else told.cast(nw.Float64)).to_numpy() for told in columns
    )
    return {"recency": last - age, "frequency": often, "amount": much}


def at_days(worths: Worths, unit: Literal["D", "W"]) -> Worths:
    """Return what is scored with silences that are whole days where they should be."""
    return {**worths, "recency": count_at_whole_days(worths["recency"], unit)}


def values_of(amount: str, unit: Literal["D", "W"]) -> dict[Measure, nw.Expr]:
    """Return what is scored, as expressions for any engine; of recency the silence since then."""
    return {
        "recency": ask_silence(unit),
        "frequency": nw.col("frequency").cast(nw.Float64),
        "amount": nw.col(amount).cast(nw.Float64),
    }


def sign_of(measure: Measure) -> int:
    """Return 1 where more is better, -1 where less is."""
    return _SIGN[measure]


def scorable(table: IntoFrame, amount: str, *more: str) -> Eager | Lazy:
    """Wrap a table of purchase behaviour after checking its columns."""
    numbers = dict.fromkeys((*_NUMBERS, amount), ColumnKind.NUMBER)
    ids = {"customer_id": ColumnKind.ID, "unit": ColumnKind.TEXT}
    return frame_of(table, "table", {**ids, **numbers, **dict.fromkeys(more, ColumnKind.NUMBER)})


def check_scorable(
    frame: Eager | Lazy, amount: str, worths: Worths | None = None
) -> tuple[int, Literal["D", "W"]]:
    """Ask once whether a table can be scored; return its size and its unit of time.

    Args:
        frame: What `scorable` returned.
        amount: Name of the column by which the third score is given.
        worths: What `worths_of` returned, of a frame that holds its rows.
    """
    if isinstance(frame, nw.DataFrame) and worths and (unit := _sound_unit(frame, worths)):
        return len(frame), cast('Literal["D", "W"]', unit)
    flaws = [empty(name) for name in ("customer_id", *_NUMBERS, amount, "unit")]
    for name in ("recency", "T", amount):
        # What is not finite, and what is no number, compares with nothing.
        bad = ~nw.col(name).cast(nw.Float64).is_finite()
        flaws.append(Flaw(name, bad, "must be a finite number"))
    told = find_flaws(frame, flaws, n=nw.len(), low=nw.col("unit").min(), high=nw.col("unit").max())
    count = int(cast("int", told["n"]))
    if count and (told["low"] != told["high"] or told["low"] not in DAYS_IN):
        rule = "must be 'D' or 'W' in every row, as rfm_table() writes it"
        raise InvalidValueError("unit", (told["low"], told["high"]), rule)
    return count, cast('Literal["D", "W"]', told["low"])


def _sound_unit(frame: Eager, worths: Worths) -> str | None:
    """Return the unit of a sound table; None for what needs a closer look, which takes longer."""
    unit = one_text(frame["unit"])
    if unit not in DAYS_IN or frame["customer_id"].null_count():
        return None
    # A sum is finite only where every number is.
    sound = all(math.isfinite(float(worth.sum())) for worth in worths.values())
    return unit if sound else None


def _ask_least(
    frame: Lazy, worth: nw.Expr, customers: int, parts: int, ties: Ties
) -> Sequence[float]:
    """Return the least worth that reaches each score from 2 up; more is better."""
    # A histogram first: a window over all rows would gather them in one place.
    histogram = frame.select(worth=worth).group_by("worth").agg(nw.len().alias("count"))
    so_far = nw.col("count").cum_sum().over(order_by="worth")
    counted = histogram.with_columns(nw.col("count").cast(nw.Int64)).with_columns(
        so_far.alias("so far")
    )
    limits = _limits(customers, parts, ties)
    if ties == "lower":
        reached = [nw.col("so far") - nw.col("count") >= worse for worse in limits]
    else:
        reached = [customers - nw.col("so far") <= better for better in limits]
    asked = {
        f"bar {k}": nw.when(held).then(nw.col("worth")).min() for k, held in enumerate(reached)
    }
    row = counted.select(**asked).collect().row(0)
    return [math.inf if bar is None or math.isnan(bar) else float(bar) for bar in row]


def _bars(
    least: Mapping[Measure, Sequence[float]], unit: Literal["D", "W"], parts: int, margin: float
) -> RfmBars:
    told = {measure: tuple(_SIGN[measure] * bar for bar in bars) for measure, bars in least.items()}
    name = "quintiles" if parts == 5 else f"{parts} parts"
    return RfmBars(name=name, unit=unit, margin=margin, **told)


def _limits(customers: int, parts: int, ties: Ties) -> Sequence[int]:
    """Return, for each score from 2 up, how many must be worse, or may be better."""
    if ties == "lower":
        return [-(-k * customers // parts) for k in range(1, parts)]
    return [-(-(parts - k) * customers // parts) - 1 for k in range(1, parts)]


def _least(worth: NDArray[np.float64], parts: int, ties: Ties) -> Sequence[float]:
    """Return the least worth that reaches each score from 2 up."""
    limits = _limits(len(worth), parts, ties)
    counted = _counted(worth)
    if counted is not None:
        return _least_counted(*counted, limits, ties)
    if ties == "upper":
        return [told for told, _ in values_at(worth, [len(worth) - 1 - k for k in limits])]
    return [above for _, above in values_at(worth, [worse - 1 for worse in limits])]


def _counted(
    worth: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.int64]] | None:
    """Count whole numbers of a small range, such as days: faster than a sort; None for others."""
    low = worth.min()
    if not (apart := worth.max() - low) < _FEW:
        return None
    counts = np.zeros(int(apart) + 1, dtype=np.int64)
    # Blocks that stay in the cache.
    for start in range(0, len(worth), BLOCK):
        above = worth[start : start + BLOCK] - low
        places = above.astype(np.intp)
        if not np.array_equal(places, above):
            return None
        counts += np.bincount(places, minlength=len(counts))
    there = np.flatnonzero(counts)
    return there + low, counts[there]


def _least_counted(
    values: NDArray[np.float64], counts: NDArray[np.int64], limits: Sequence[int], ties: Ties
) -> Sequence[float]:
    so_far = np.cumsum(counts)
    if ties == "upper":
        ranks = np.searchsorted(so_far, so_far[-1] - np.array(limits))
    else:
        ranks = np.searchsorted(so_far - counts, np.array(limits))
    return [float(values[rank]) if rank < len(values) else math.inf for rank in ranks]
