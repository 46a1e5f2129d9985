r"""Whether intervals hold what they promise: coverage, and where counts fell in what was foretold.

Counts are whole, so that an interval holds more than its confidence even where all is right: how
much, its model foretells. Too narrow is one that holds less than its confidence, too wide one that
holds more than is foretold.

$F(u) = \min(1, \max(0, \frac{u - P(Y < y)}{P(Y = y)}))$, its mean over customers being a straight
line where distributions are right: the probability integral transform of counts, without chance.

Source: Czado, Gneiting and Held (2009), "Predictive model assessment for count data", Biometrics
65(4); Wilson (1927) for the interval of the coverage.
"""

from __future__ import annotations

import math
from typing import Final

import attrs
import numpy as np
from narwhals.stable.v2.typing import IntoFrameT

from crmkit.kernel import Confidence, Estimate, Evidence, Explanation, Labelled, Rule, Share, Text
from crmkit.kernel.estimate import check_confidence
from crmkit.stats import wilson
from crmkit.value.lifetime.covariate_model import CovariateModel
from crmkit.value.lifetime.lifetime_model import LifetimeModel
from crmkit.value.lifetime.repeat_buying import check_timed
from crmkit.value.lifetime.rows import Floats
from crmkit.value.lifetime.with_covariates import WithCovariates

from .hold_outs import HoldOut
from .outcomes import Foretold, Model, Outcomes, check_same_unit


_BINS: Final = 10


class IntervalVerdict(Labelled):
    """What hold-outs show of a model's intervals of counts."""

    HOLDS = "holds", "They hold what they promise", "名副其实"
    TOO_NARROW = "too_narrow", "Too narrow", "过窄"
    TOO_WIDE = "too_wide", "Too wide", "过宽"


_CHECKED: Final = Rule(
    code="value.lifetime_intervals",
    says=Text(
        "intervals of counts with {confidence} confidence: {verdict}; they held the count of "
        "{inside} of {customers} customers (from {low} to {high}), {promised} by the model itself",
        "置信度{confidence}的购买次数区间：{verdict}；{customers}位客户中{inside}落在区间内"
        "（{low}至{high}），模型自身预计为{promised}",
    ),
    source="coverage with its Wilson interval beside what the model promised",
)


@attrs.frozen(kw_only=True)
class IntervalCheck:
    """What became of a model's intervals on a hold-out.

    Attributes:
        coverage: Share of customers whose count lay inside `count_interval`, with its interval.
        promised: The same as the model foretells it; above the confidence, as counts are whole.
        confidence: Of the intervals.
        within_expected: Share of customers whose count lay inside the interval of `expected`. It
            is small, and has to be: that is no interval of counts. None where there is none.
        pit: Shares of customers by tenths of the distribution foretold; 0.1 each where it is right.

    Examples:
        >>> from crmkit.stats import wilson
        >>> check = IntervalCheck(
        ...     coverage=wilson(930, 1000), promised=0.975, confidence=0.95, within_expected=0.01,
        ...     pit=(0.1,) * 10,
        ... )
        >>> check.verdict.label()
        'Too narrow'
    """

    coverage: Estimate
    promised: float
    confidence: float
    within_expected: float | None
    pit: tuple[float, ...]

    @property
    def verdict(self) -> IntervalVerdict:
        """Whether they hold as much as their confidence, and no more than they foretell."""
        if self.coverage.high < self.confidence:
            return IntervalVerdict.TOO_NARROW
        return (
            IntervalVerdict.TOO_WIDE if self.coverage.low > self.promised else IntervalVerdict.HOLDS
        )

    def explain(self) -> Explanation[IntervalVerdict]:
        """Explain the verdict."""
        inside = Share(self.coverage.value)
        evidence = (
            Evidence("confidence", Confidence(self.confidence)),
            Evidence("inside", inside, Share(self.confidence), not self._is_short),
            Evidence("customers", self.coverage.n),
            Evidence("low", Share(self.coverage.low)),
            Evidence("high", Share(self.coverage.high)),
            Evidence("promised", Share(self.promised)),
        )
        return Explanation(verdict=self.verdict, rule=_CHECKED, evidence=evidence)

    @property
    def _is_short(self) -> bool:
        return self.verdict is IntervalVerdict.TOO_NARROW


def check_intervals(
    model: Model, held: HoldOut[IntoFrameT], *, confidence: float = 0.95
) -> IntervalCheck:
    """Count how many customers' purchases lay inside their intervals.

    Args:
        model: Fitted on what was known at the cut; also one with covariates.
        held: What was held out; with the columns of the model's covariates.
        confidence: Of the intervals, and of that of their coverage.

    Raises:
        InvalidValueError: If the table is bad, or in another unit than the model.

    Source:
        Czado, Gneiting and Held (2009).

    Examples:
        >>> from datetime import date
        >>> import pandas
        >>> from crmkit.value import HoldOut, MBGNBD
        >>> rows = [(0, 0.0, 9.0, 0)] * 30 + [(1, 3.0, 9.0, 2)] * 9 + [(1, 3.0, 9.0, 40)]
        >>> table = pandas.DataFrame(rows, columns=["frequency", "recency", "T", "counted"])
        >>> held = HoldOut(
        ...     table=table.assign(spent=0.0), cut=date(2026, 3, 1), until=date(2026, 4, 12),
        ...     unit="W",
        ... )
        >>> model = MBGNBD(0.525, 6.183, 0.891, 1.614, unit="W")
        >>> print(check_intervals(model, held).explain())
        intervals of counts with 95 % confidence: they hold what they promise; they held the count\
 of 97.5 % of 40 customers (from 87.12 % to 99.56 %), 98.51 % by the model itself
    """
    check_confidence(confidence)
    names: tuple[str, ...] = ()
    if isinstance(model, CovariateModel):
        names = WithCovariates.of(model).every
    else:
        check_timed(model)
    check_same_unit(model, held)
    outcomes = Outcomes.of(held, covariates=names)
    parts = [_told(one, rows, confidence) for _, one, rows in outcomes.by_model(model)]
    n = round(outcomes.rows.customers)
    sums = np.sum([(part.promised, part.inside, part.within) for part in parts], axis=0)
    promised, inside, within = sums.tolist()
    so_far = np.sum([part.so_far for part in parts], axis=0) / n
    return IntervalCheck(
        coverage=wilson(round(inside), n, confidence=confidence),
        promised=promised / n,
        confidence=confidence,
        within_expected=None if math.isnan(within) else within / n,
        pit=tuple(np.diff(so_far).tolist()),
    )


@attrs.frozen(kw_only=True, eq=False)
class _Told:
    """What one plain model says of its customers, in sums over them.

    Attributes:
        promised: Chances that their counts lie inside their intervals.
        inside: How many counts do.
        within: How many lie inside the intervals of what is expected; NaN where there are none.
        so_far: How far the counts had come in their distributions, up to each tenth.
    """

    promised: float
    inside: float
    within: float
    so_far: Floats


def _told(model: LifetimeModel, outcomes: Outcomes, confidence: float) -> _Told:
    told, oracle = outcomes.foretold(model), model._oracle(confidence)
    weight, counted = outcomes.rows.weight, outcomes.counted
    low, high = oracle.counts(outcomes.rows, outcomes.within)
    mean = oracle.amount(outcomes.rows, lambda customers: customers.expected(outcomes.within))
    held = weight @ ((mean.low <= counted) & (counted <= mean.high))
    return _Told(
        promised=float(weight @ (told.at_least(low) - told.at_least(high + 1))),
        inside=float(weight @ ((low <= counted) & (counted <= high))),
        within=math.nan if np.isnan(mean.low).all() else float(held),
        so_far=_so_far(told),
    )


def _so_far(told: Foretold) -> Floats:
    """Return the sum over customers of how far their counts had come, up to each tenth."""
    counted, weight = told.outcomes.counted, told.outcomes.rows.weight
    below = 1 - told.at_least(counted)
    width = np.maximum(told.chance(), np.finfo(float).tiny)
    ends = np.linspace(0.0, 1.0, _BINS + 1)[:, None]
    return np.clip((ends - below) / width, 0.0, 1.0) @ weight
