"""Trends adjusted for mix: what the score would have been with the same mix of segments throughout.

Law: the mix is fixed and told; a segment that a period does not know is named, never left out; and
the adjusted score tells of no segment that is too small, which it would beside the crude one.

Source: direct standardisation: Kalton, G. (1968), "Standardization: a technique to control for
extraneous variables", Applied Statistics 17(2), 118–136; of means the degrees of freedom:
Satterthwaite, F. E. (1946), "An approximate distribution of estimates of variance components",
Biometrics Bulletin 2(6), 110–114; of shares and net scores the interval: Zou, G. Y., Huang, W. and
Zhang, X. (2009), "A note on confidence interval estimation for a linear function of binomial
proportions", Computational Statistics & Data Analysis 53(4), 1080–1085.
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
from crmkit.satisfaction.scores import Metric
from crmkit.satisfaction.scores.grouping import Column, grouped
from crmkit.satisfaction.scores.tallying import Parts, count_by
from crmkit.stats import GroupSize, Histogram, SmallGroupRule
from crmkit.stats.group_sizes import SMALL_GROUPS, strictest
from crmkit.stats.intervals import student_quantile
from crmkit.stats.no_width import warn_of_too_little_width
from crmkit.stats.small_groups import guard_histograms
from crmkit.stats.weighted import mean_of


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
    "adjusted_size",
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

    with $m_h$ the fixed share of segment $h$ and, of means, $\hat V_{th}$ the linearised variance
    of its mean; Student's interval with Satterthwaite's degrees of freedom. Shares and net scores
    have the interval of Zou, Huang and Zhang, put together of those of the segments, $l_h$ to $u_h$
    (of a share Wilson's, of a net score the adjusted Wald's), which know that twenty who all agree
    are not all the world:

    $$\bar x_t^* - \sqrt{\sum_h m_h^2 (\bar x_{th} - l_h)^2} \quad \text{to} \quad
    \bar x_t^* + \sqrt{\sum_h m_h^2 (u_h - \bar x_{th})^2}$$

    The crude score stands beside it: where the two part, the mix has moved.

    Assumes that nobody answers in two segments, that the mix is known and not estimated, and that
    no segment of a period is told elsewhere from which another could be found.

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
        rule: Which periods hold too few answers, and which segments of a period: the adjusted score
            is then kept back, for it and the crude one would tell of them.

    Returns:
        The same kind of frame, one row per period in rising order: the period, `value` (crude),
        `adjusted` with its ends `low` and `high`, `n`, `n_missing`, `method`, `group_size` of the
        period, `adjusted_size` of its smallest segment, and a `note` where all answer alike in
        every segment: of a mean there is no interval then. What is kept back is missing.

    Raises:
        InvalidValueError: If a column is missing or of another kind, an answer is off the scale, a
            no period can be adjusted because a segment has fewer than two answers, or the mix does
            not name the segments.

    Warns:
        AssumptionWarning: If, of a mean, all answers of a segment are alike in a period, so that
            the interval is too short.

    Units:
        Those of the metric.

    Source:
        Kalton (1968); Satterthwaite (1946); Zou, Huang and Zhang (2009).

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
    rows = _rows(parts, shares, metric, rule)
    told = [
        _standardised(parts[when], shares, metric, confidence)
        if row.adjusted_size.is_shown
        else None
        for when, row in zip(periods, rows, strict=True)
    ]
    if metric.kind == "mean":
        open_ = [when for when, one in zip(periods, told, strict=True) if one is not None]
        _warn_of_alike({when: parts[when] for when in open_}, shares)
    places = [[when for when, _ in tally.parts].index(when) for when in periods]
    return grouped(tally.keys[places].select(period), _columns(rows, told), frame)


@attrs.frozen(kw_only=True)
class _Row:
    """A period: its answers, its crude score, and whether that and the adjusted one are shown."""

    told: Histogram
    value: float | None
    size: GroupSize
    adjusted_size: GroupSize

    @classmethod
    def of(
        cls,
        parts: Mapping[object, Histogram],
        shares: Mapping[object, float],
        told: Histogram,
        size: GroupSize,
        metric: Metric,
        rule: SmallGroupRule,
    ) -> _Row:
        scale = 100.0 if metric.kind == "net" else 1.0
        crude = metric.check(told, "scores").recode(metric.code)
        each = guard_histograms(list(parts.values()), totals=(), rule=rule)
        # A segment that is not part of the mix may be empty; one that is needs two answers.
        own = [
            size.without_estimate() if shares[segment] and part.n < 2 else size
            for (segment, part), size in zip(parts.items(), each, strict=True)
            if shares[segment] or size is not GroupSize.EMPTY
        ]
        return cls(
            told=told,
            value=scale * crude.mean if size.is_shown else None,
            size=size,
            adjusted_size=strictest(own) if size.is_shown else size,
        )


@attrs.frozen(kw_only=True)
class _Adjusted:
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


def _rows(
    parts: Mapping[object, Mapping[object, Histogram]],
    shares: Mapping[object, float],
    metric: Metric,
    rule: SmallGroupRule,
) -> list[_Row]:
    """Judge every period, and check that one at least can be adjusted."""
    whole = [Histogram.pooled(list(part.values())) for part in parts.values()]
    sizes = guard_histograms(whole, rule=rule)
    rows = [
        _Row.of(part, shares, told, size, metric, rule)
        for part, told, size in zip(parts.values(), whole, sizes, strict=True)
    ]
    if not any(row.adjusted_size.is_shown for row in rows):
        for (when, part), row in zip(parts.items(), rows, strict=True):
            if row.size.is_shown:
                _check_strata(part, shares, when)
    return rows


def _check_strata(
    parts: Mapping[object, Histogram], shares: Mapping[object, float], when: object
) -> None:
    for segment, share in shares.items():
        if share and parts[segment].n < 2:
            rule = f"must be two at least, of segment {segment!r} in period {when!r}"
            way_out = "pool segments or periods, or give the segment no part of the mix"
            raise InvalidValueError("answers", parts[segment].n, rule, way_out)


def _standardised(
    parts: Mapping[object, Histogram],
    shares: Mapping[object, float],
    metric: Metric,
    confidence: float,
) -> _Adjusted:
    told = [(share, parts[segment]) for segment, share in shares.items() if share]
    if metric.kind == "mean":
        return _mean(told, confidence)
    each = [(share, metric.estimate(part, confidence=confidence)) for share, part in told]
    value = math.fsum(share * one.value for share, one in each)
    # An adjusted interval may end short of the raw score: it then adds nothing on that side.
    below = math.hypot(*(share * max(one.value - one.low, 0.0) for share, one in each))
    above = math.hypot(*(share * max(one.high - one.value, 0.0) for share, one in each))
    return _Adjusted(value=value, ends=(value - below, value + above))


def _mean(told: Sequence[tuple[float, Histogram]], confidence: float) -> _Adjusted:
    value = variance = spread = 0.0
    for share, part in told:
        mean = mean_of(part, name="answers")
        value += share * mean.value
        own = share**2 * mean.variance
        variance += own
        spread += own**2 / mean.freedom
    if not variance:
        return _Adjusted(value=value, ends=None)
    reach = student_quantile(confidence, variance**2 / spread) * math.sqrt(variance)
    return _Adjusted(value=value, ends=(value - reach, value + reach))


def _warn_of_alike(
    periods: Mapping[object, Mapping[object, Histogram]], shares: Mapping[object, float]
) -> None:
    """Warn, once a table, of segments whose answers are all alike."""
    flat = [
        f"of segment {segment!r} in period {when!r}"
        for when, parts in periods.items()
        for segment, share in shares.items()
        if share and len(parts[segment].scores) == 1
    ]
    if flat:
        more = f" and {len(flat) - 3} more" if len(flat) > 3 else ""
        warn_of_too_little_width(f"all answers {', '.join(flat[:3])}{more} are alike")


def _columns(rows: Sequence[_Row], told: Sequence[_Adjusted | None]) -> dict[str, Column]:
    floats, count, text = nw.Float64(), nw.Int64(), nw.String()
    ends = [None if one is None else one.ends for one in told]
    flat = [one is not None and one.ends is None for one in told]
    return {
        "value": (floats, [row.value for row in rows]),
        "adjusted": (floats, [None if one is None else one.value for one in told]),
        "low": (floats, [None if pair is None else pair[0] for pair in ends]),
        "high": (floats, [None if pair is None else pair[1] for pair in ends]),
        "n": (count, [row.told.n for row in rows]),
        "n_missing": (count, [row.told.n_missing for row in rows]),
        "method": (text, [None if one is None else _METHOD for one in told]),
        "group_size": (text, [row.size.value for row in rows]),
        "adjusted_size": (text, [row.adjusted_size.value for row in rows]),
        "note": (text, ["no spread" if alike else "" for alike in flat]),
    }
