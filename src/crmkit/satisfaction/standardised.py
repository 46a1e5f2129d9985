"""Trends adjusted for mix: what the score would have been with the same mix of segments throughout.

Law: the mix is fixed and told; a segment that a period does not know is named, never left out.

Source: direct standardisation: Kalton, G. (1968), "Standardization: a technique to control for
extraneous variables", Applied Statistics 17(2), 118–136; degrees of freedom: Satterthwaite, F. E.
(1946), "An approximate distribution of estimates of variance components", Biometrics Bulletin 2(6),
110–114.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final, TypeAlias

import attrs
import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from crmkit.errors import InvalidValueError
from crmkit.stats import GroupSize, Histogram, SmallGroupRule, guard_small_groups
from crmkit.stats.intervals import student_quantile
from crmkit.stats.small_groups import SMALL_GROUPS
from crmkit.stats.weighted import mean_of

from .grouping import Column, grouped
from .metric import Metric
from .tallying import Parts, count_by


Mix: TypeAlias = Mapping[str, float] | Mapping[int, float] | Mapping[date, float]
"""How much each segment counts, by its value in the column of segments."""

_COLUMNS: Final = (
    "value",
    "adjusted",
    "low",
    "high",
    "n",
    "n_missing",
    "method",
    "group_size",
    "note",
)
_METHOD: Final = "direct standardisation"


def standardised_trend(
    frame: IntoFrameT,
    *,
    metric: Metric,
    period: str = "period",
    stratum: str = "segment",
    mix: Mix | None = None,
    score: str = "score",
    weights: str | None = None,
    confidence: float = 0.95,
    rule: SmallGroupRule = SMALL_GROUPS,
) -> IntoFrameT:
    r"""Estimate a score period by period as if every period had the same mix of segments.

    $$\bar x_t^* = \sum_h m_h \bar x_{th}, \qquad \hat V_t = \sum_h m_h^2 \hat V_{th}$$

    with $m_h$ the fixed share of segment $h$ and $\hat V_{th}$ the linearised variance of its mean;
    Student's interval with Satterthwaite's degrees of freedom. The crude score stands beside it:
    where the two part, the mix has moved.

    Assumes that nobody answers in two segments, and that the mix is known and not estimated.

    Args:
        frame: One row per answer: pandas, polars (eager or lazy), DuckDB. A lazy frame is asked two
            aggregate queries at the call.
        metric: What is made of the answers.
        period: Name of the column of periods.
        stratum: Name of the column of segments.
        mix: How much each segment counts, in any unit; None takes all periods together.
        score: Name of the column of answers.
        weights: Name of the column of weights; None weighs all alike.
        confidence: Share of such intervals that hold the true value.
        rule: Which periods hold too few answers.

    Returns:
        The same kind of frame, one row per period in rising order: the period, `value` (crude),
        `adjusted` with its ends `low` and `high`, `n`, `n_missing`, `method`, `group_size`, and a
        `note` where all answer alike in every segment: there is no interval then. What is kept back
        is missing.

    Raises:
        InvalidValueError: If a column is missing or of another kind, an answer is off the scale, a
            segment has fewer than two answers in a period that is shown, or the mix does not name
            the segments.

    Units:
        Those of the metric.

    Source:
        Kalton (1968); Satterthwaite (1946).

    Examples:
        >>> import pandas
        >>> def year(period, good, north, south):
        ...     half = good // 2
        ...     return pandas.DataFrame(
        ...         {
        ...             "period": period,
        ...             "segment": ["north"] * north + ["south"] * south,
        ...             "score": ([10, 10, 10, 5] * north)[:north] + ([10, 5] * south)[:south],
        ...         }
        ...     )
        >>> answers = pandas.concat([year(2025, 3, 80, 20), year(2026, 3, 20, 80)])
        >>> table = standardised_trend(answers, metric=Metric.net_promoter())
        >>> table[["period", "value", "adjusted", "n"]]
           period  value  adjusted    n
        0    2025   40.0      25.0  100
        1    2026   10.0      25.0  100
    """
    tally = count_by(
        frame, metric, by=(period, stratum), score=score, weights=weights, taken=_COLUMNS
    )
    strata = list(dict.fromkeys(segment for _, segment in tally.parts))
    shares = _shares(mix, tally.parts, strata, stratum)
    periods = list(dict.fromkeys(when for when, _ in tally.parts))
    parts = {
        when: {
            segment: tally.parts.get((when, segment), Histogram.of_counts({})) for segment in strata
        }
        for when in periods
    }
    whole = [Histogram.pooled(list(parts[when].values())) for when in periods]
    sizes = guard_small_groups([told.n for told in whole], rule=rule)
    rows = [
        _standardised(parts[when], shares, metric, when, confidence)
        if size.is_shown and told.n
        else None
        for when, told, size in zip(periods, whole, sizes, strict=True)
    ]
    places = [[when for when, _ in tally.parts].index(when) for when in periods]
    keys = tally.keys[places].select(period)
    return grouped(keys, _columns(rows, whole, sizes, metric), frame)


@attrs.frozen(kw_only=True)
class _Row:
    value: float
    ends: tuple[float, float] | None


def _shares(
    mix: Mix | None, parts: Parts, strata: Sequence[object], stratum: str
) -> dict[object, float]:
    """Return what each segment counts; all together count 1."""
    if mix is None:
        told = {
            segment: sum(part.weight for (_, of), part in parts.items() if of == segment)
            for segment in strata
        }
    else:
        told = {segment: float(share) for segment, share in mix.items()}
        if set(told) != set(strata):
            names = ", ".join(map(repr, strata))
            rule = f"must name the segments of {stratum}, each once: {names}"
            raise InvalidValueError("mix", tuple(told), rule)
        for segment, share in told.items():
            if not (math.isfinite(share) and share >= 0):
                raise InvalidValueError(f"mix[{segment!r}]", share, "must be 0 or more, and finite")
    total = sum(told.values())
    if not total:
        raise InvalidValueError("mix", tuple(told.values()), "must not all be 0")
    return {segment: share / total for segment, share in told.items()}


def _standardised(
    parts: Mapping[object, Histogram],
    shares: Mapping[object, float],
    metric: Metric,
    when: object,
    confidence: float,
) -> _Row:
    value = variance = spread = 0.0
    for segment, share in shares.items():
        if not share:
            continue
        told = parts[segment]
        if told.n < 2:
            rule = f"must be two at least, of segment {segment!r} in period {when!r}"
            way_out = "pool segments or periods, or give the segment no part of the mix"
            raise InvalidValueError("answers", told.n, rule, way_out)
        mean = mean_of(told.recode(metric.code), name="answers")
        value += share * mean.value
        part = share**2 * mean.variance
        variance += part
        spread += part**2 / mean.freedom
    scale = 100.0 if metric.kind == "net" else 1.0
    if not variance:
        return _Row(value=scale * value, ends=None)
    reach = scale * student_quantile(confidence, variance**2 / spread) * math.sqrt(variance)
    return _Row(value=scale * value, ends=(scale * value - reach, scale * value + reach))


def _columns(
    rows: Sequence[_Row | None],
    whole: Sequence[Histogram],
    sizes: Sequence[GroupSize],
    metric: Metric,
) -> dict[str, Column]:
    floats, count, text = nw.Float64(), nw.Int64(), nw.String()
    scale = 100.0 if metric.kind == "net" else 1.0
    crude = [
        None if row is None else scale * metric.check(told, "scores").recode(metric.code).mean
        for row, told in zip(rows, whole, strict=True)
    ]
    ends = [None if row is None else row.ends for row in rows]
    alone = [row is not None and row.ends is None for row in rows]
    return {
        "value": (floats, crude),
        "adjusted": (floats, [None if row is None else row.value for row in rows]),
        "low": (floats, [None if pair is None else pair[0] for pair in ends]),
        "high": (floats, [None if pair is None else pair[1] for pair in ends]),
        "n": (count, [told.n for told in whole]),
        "n_missing": (count, [told.n_missing for told in whole]),
        "method": (text, [None if row is None else _METHOD for row in rows]),
        "group_size": (text, [size.value for size in sizes]),
        "note": (text, ["no spread" if flat else "" for flat in alone]),
    }
