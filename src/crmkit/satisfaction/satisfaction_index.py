"""The satisfaction index of the ACSI and the ECSI: weighted means of a few items, 0 to 100.

Law: weights are those of the raw answers. Weights that a model found for standardised answers are
divided by the items' spreads first; forgetting that shifts the index and shows nowhere.

Source: Fornell, C. and others (1996), "The American customer satisfaction index: nature, purpose,
and findings", Journal of Marketing 60(4), 7–18.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import reduce
from typing import cast

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame

from crmkit.errors import InvalidValueError
from crmkit.kernel import Estimate
from crmkit.kernel.frames import ColumnKind, Eager, Flaw, Lazy, find_flaws, frame_of
from crmkit.stats.intervals import cut_to, student_quantile
from crmkit.stats.no_width import warn_of_no_width

from .scale import TEN_POINT, Scale


def acsi(
    answers: IntoFrame,
    *,
    weights: Mapping[str, float],
    scale: Scale = TEN_POINT,
    confidence: float = 0.95,
) -> Estimate:
    r"""Estimate a satisfaction index: weighted means of items, stretched to 0 to 100.

    $$100 \, \frac{\sum w_i (\bar x_i - \mathrm{lo})}{(\mathrm{hi} - \mathrm{lo}) \sum w_i}$$

    Each mean is of those who answered that item. The interval is linearised: with
    $z_r = \sum_i c_i (x_{ri} - \bar x_i) / n_i$ over the items that respondent r answered, $c_i$
    the weight of the item in the index, the variance is $\frac{n}{n - 1} \sum z_r^2$. Where
    everybody answered everything that is Student's interval of the respondents' own indices.

    Args:
        answers: One row per respondent, with a column for each item: pandas, polars (eager or
            lazy), DuckDB, PySpark. Empty cells and NaN are missing. A lazy frame is asked two
            aggregate queries.
        weights: By item, above 0, for raw answers; see `unstandardised`.
        scale: On what all of them are given.
        confidence: Share of such intervals that hold the true value.

    Returns:
        The index; `n` is how many answered at least one item, `n_missing` how many none.

    Raises:
        InvalidValueError: If an answer is off the scale, a weight is not above 0, an item was
            answered by nobody, or fewer than two answered.

    Warns:
        AssumptionWarning: If all answers to each item are alike, so that the interval has no width.

    Units:
        0 to 100.

    Source:
        Fornell and others (1996).

    Examples:
        >>> import pandas
        >>> answers = pandas.DataFrame({"S": [8, 8], "E": [7, 8], "P": [7, 7]})
        >>> ohio = {"S": 0.3885, "E": 0.3190, "P": 0.2925}
        >>> round(acsi(answers, weights=ohio), 4)
        72.7556
    """
    frame = _items(answers, weights)
    rule = f"must be a whole number from {scale.low} to {scale.high}"
    found = {item: _known(item) for item in weights}
    flaws = [Flaw(item, ~x.is_null() & ~_on(x, scale), rule) for item, x in found.items()]
    facts = {}
    for place, x in enumerate(found.values()):
        facts[f"n {place}"] = nw.when(~x.is_null()).then(1.0).otherwise(0.0).sum()
        facts[f"sum {place}"] = nw.when(~x.is_null()).then(x).otherwise(0.0).sum()
    told = {name: _number(value) for name, value in find_flaws(frame, flaws, **facts).items()}
    n = [told[f"n {place}"] for place in range(len(weights))]
    for item, count in zip(weights, n, strict=True):
        if not count:
            raise InvalidValueError(item, None, "must be answered by somebody", "leave it out")
    means = [told[f"sum {place}"] / count for place, count in enumerate(n)]
    total = math.fsum(weights.values())
    per_point = [100 * weight / total / (scale.high - scale.low) for weight in weights.values()]
    index = math.fsum(c * (mean - scale.low) for c, mean in zip(per_point, means, strict=True))
    moves = [
        nw.when(~x.is_null()).then((x - mean) * (c / count)).otherwise(0.0)
        for x, mean, c, count in zip(found.values(), means, per_point, n, strict=True)
    ]
    return _index(frame, index, moves, list(found.values()), confidence)


def unstandardised(weights: Mapping[str, float], answers: IntoFrame) -> dict[str, float]:
    """Return weights for raw answers from weights for standardised ones: each over its spread.

    Args:
        weights: By item, as a model prints them that standardised the items first (PLS outer
            weights).
        answers: The frame that the model was fitted on.

    Raises:
        InvalidValueError: If a weight is not above 0, a column is missing, or all answers to an
            item are alike.

    Units:
        Per point of the scale; only proportions matter.

    Source:
        Fornell and others (1996); standard deviations with n − 1.

    Examples:
        >>> import pandas
        >>> answers = pandas.DataFrame({"a": [1, 5, 9], "b": [4, 5, 6]})
        >>> unstandardised({"a": 0.5, "b": 0.5}, answers)
        {'a': 0.125, 'b': 0.5}
    """
    frame = _items(answers, weights)
    facts = {f"spread {place}": _known(item).std(ddof=1) for place, item in enumerate(weights)}
    asked = frame.select(**facts)
    row = (asked.collect() if isinstance(asked, nw.LazyFrame) else asked).row(0)
    made = {}
    for (item, weight), spread in zip(weights.items(), map(_number, row), strict=True):
        if not spread > 0:
            rule = "must not be answered alike by all"
            raise InvalidValueError(item, spread, rule, "its weight has no scale")
        made[item] = weight / spread
    return made


def _index(
    frame: Eager | Lazy,
    index: float,
    moves: list[nw.Expr],
    found: list[nw.Expr],
    confidence: float,
) -> Estimate:
    move = reduce(lambda one, other: one + other, moves)
    told = reduce(lambda one, other: one | other, [~x.is_null() for x in found])
    asked = frame.select(z=move, there=nw.when(told).then(1.0).otherwise(0.0)).select(
        rows=nw.len(), n=nw.col("there").sum(), squares=(nw.col("z") * nw.col("z")).sum()
    )
    row = (asked.collect() if isinstance(asked, nw.LazyFrame) else asked).row(0)
    rows, n, squares = map(_number, row)
    if n < 2:
        raise InvalidValueError("answers", int(n), "must be of two respondents at least")
    # Answers that are all alike leave nothing but the rounding of their means.
    squares = squares if squares > 1e-24 * index**2 else 0.0
    if not squares:
        warn_of_no_width(f"all {int(n)} respondents answered alike")
    reach = student_quantile(confidence, n - 1) * math.sqrt(n / (n - 1) * squares)
    estimate = Estimate(
        index,
        index - reach,
        index + reach,
        confidence=confidence,
        n=int(n),
        n_missing=int(rows - n),
        method="linearised",
    )
    return cut_to(estimate, 0, 100)


def _items(answers: IntoFrame, weights: Mapping[str, float]) -> Eager | Lazy:
    if not weights:
        raise InvalidValueError("weights", dict(weights), "must name one item at least")
    for item, weight in weights.items():
        if type(weight) not in (int, float) or not (math.isfinite(weight) and weight > 0):
            rule, way_out = "must be a number above 0", "an index needs positive weights"
            raise InvalidValueError(f"weights[{item!r}]", weight, rule, way_out)
    frame = frame_of(answers, "answers", dict.fromkeys(weights, ColumnKind.NUMBER))
    return frame.select(*weights)


def _known(name: str) -> nw.Expr:
    found = nw.col(name).cast(nw.Float64)
    # Engines differ on where NaN stands among numbers; as a null it is nowhere.
    return nw.when(~found.is_nan()).then(found)


def _on(found: nw.Expr, scale: Scale) -> nw.Expr:
    return (found >= scale.low) & (found <= scale.high) & (found == found.floor())


def _number(value: object) -> float:
    return float("nan") if value is None else float(cast("float", value))
