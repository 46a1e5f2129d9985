r"""Whether a model still fits what customers do, or has to be fitted anew.

The count of all customers together has the mean $\sum E[Y_i]$ and the variance
$\sum \text{Var}(Y_i) + g^\top C g$, with the slopes g of the mean and the covariance C of the
parameters. A model errs where the count is out of that interval, and farther off than is tolerated:
of millions of customers chance leaves so little that any model is out of it. A fit anew is asked
for only where it helps: where the same law, fitted on what was known at the cut, foretells them
well, or misses by less than half as much: the model is stale. Where it does not, the law does not
fit these customers, or they have changed since the cut.

Source: the predictive distribution of the models; the tolerance beside the test, and the test by a
fresh fit, are our choice.
"""

from __future__ import annotations

import math
import warnings
from datetime import date
from typing import Final

import attrs
import numpy as np
from narwhals.stable.v2.typing import IntoFrameT
from scipy.special import expit, ndtri

from crmkit.errors import AssumptionWarning
from crmkit.kernel import Confidence, Evidence, Explanation, Labelled, Rule, Share, Text
from crmkit.kernel.estimate import check_confidence
from crmkit.value.lifetime.prediction import Oracle
from crmkit.value.lifetime.repeat_buying import TimedModel
from crmkit.value.lifetime.rows import Floats

from .hold_outs import HoldOut
from .outcomes import Outcomes, check_unit


_STEP: Final = 1e-4


class DriftVerdict(Labelled):
    """Whether a model has to be fitted anew, and whether that helps."""

    KEEP = "keep", "Keep it", "继续使用"
    REFIT = "refit", "Fit it anew", "重新拟合"
    UNFIT = "unfit", "A fit anew does not help", "重新拟合无济于事"


_DRIFT: Final = Rule(
    code="value.lifetime_drift",
    says=Text(
        "{model}: {verdict}; from {cut} to {until} {counted} purchases were counted and {expected} "
        "expected, between {low} and {high} with {confidence} confidence: off by {error}, of which "
        "{tolerance} is tolerated",
        "{model}：{verdict}；自{cut}至{until}实际购买{counted}次，预期{expected}次，置信度{confidence}"
        "下介于{low}与{high}之间；偏差{error}，容许{tolerance}",
    ),
    source="out of the predictive interval of the total, and beyond what is tolerated",
)
_REFIT: Final = Rule(
    code="value.lifetime_drift_refit",
    says=Text(
        "fitted on what was known at {cut} it expects {verdict}: it is stale",
        "用{cut}时已知的数据拟合，预期为{verdict}次：模型已过时",
    ),
    source="a fresh fit is right, or misses by less than half as much",
)
_UNFIT: Final = Rule(
    code="value.lifetime_drift_unfit",
    says=Text(
        "fitted on what was known at {cut} it expects {verdict}, no better: race other models "
        "(compare_models), or look at what changed since then",
        "用{cut}时已知的数据拟合，预期为{verdict}次，并无改善：请比较其他模型（compare_models），"
        "或查看此后发生了什么变化",
    ),
    source="a fresh fit misses by half as much or more",
)
_BETTER: Final = 0.5


@attrs.frozen(kw_only=True)
class Drift:
    """What a model expected of all customers together, and what was counted.

    Attributes:
        model: Its name.
        cut: The last day that it may know.
        until: The last day counted.
        counted: Purchases of all customers.
        expected: What the model expected.
        low: Lower end of the interval of the count.
        high: Upper end.
        confidence: Of that interval.
        tolerance: How far off, as a share of what was counted, is no reason to act.
        fresh: What the same law expects, fitted on what was known at the cut; None where the model
            is kept, and nobody asked.

    Examples:
        >>> from datetime import date
        >>> told = Drift(
        ...     model="MBGNBD", cut=date(2026, 3, 1), until=date(2026, 6, 1), counted=1300,
        ...     expected=1000.0, low=900.0, high=1100.0, confidence=0.95, tolerance=Share(0.1),
        ...     fresh=1260.0,
        ... )
        >>> told.verdict.label(), round(told.error, 2)
        ('Fit it anew', -0.23)
    """

    model: str
    cut: date
    until: date
    counted: int
    expected: float
    low: float
    high: float
    confidence: float
    tolerance: Share
    fresh: float | None = None

    @property
    def error(self) -> float:
        """What was expected too much, as a share of what was counted; infinite of nothing."""
        return self.expected / self.counted - 1 if self.counted else math.inf

    @property
    def verdict(self) -> DriftVerdict:
        """Whether to fit the model anew, and whether that would help."""
        if self.is_kept:
            return DriftVerdict.KEEP
        return DriftVerdict.REFIT if self._is_stale else DriftVerdict.UNFIT

    @property
    def is_kept(self) -> bool:
        """Whether the count is inside the interval, or as near as is tolerated."""
        return self._is_inside or self._is_near(self.expected)

    def explain(self) -> Explanation[DriftVerdict]:
        """Explain the verdict."""
        evidence = (
            Evidence("model", self.model),
            Evidence("cut", self.cut),
            Evidence("until", self.until),
            Evidence("counted", self.counted, (self.low, self.high), self._is_inside),
            Evidence("expected", self.expected),
            Evidence("low", self.low),
            Evidence("high", self.high),
            Evidence("confidence", Confidence(self.confidence)),
            Evidence(
                "error",
                f"{100 * self.error:+.1f} %",
                self.tolerance,
                self._is_near(self.expected),
            ),
            Evidence("tolerance", self.tolerance),
        )
        because = () if self.fresh is None else (self._explained_fit(self.fresh),)
        return Explanation(verdict=self.verdict, rule=_DRIFT, evidence=evidence, because=because)

    def _explained_fit(self, fresh: float) -> Explanation[float]:
        missed = abs(self.expected - self.counted)
        bar = max(_BETTER * missed, float(self.tolerance) * self.counted)
        off = abs(fresh - self.counted)
        return Explanation(
            verdict=fresh,
            rule=_REFIT if self._is_stale else _UNFIT,
            evidence=(Evidence("cut", self.cut), Evidence("missed", off, bar, self._is_stale)),
        )

    @property
    def _is_stale(self) -> bool:
        """Whether a fresh fit is near, or misses by less than half as much."""
        if self.fresh is None:
            return False
        missed = abs(self.expected - self.counted)
        return self._is_near(self.fresh) or abs(self.fresh - self.counted) < _BETTER * missed

    @property
    def _is_inside(self) -> bool:
        return self.low <= self.counted <= self.high

    def _is_near(self, expected: float) -> bool:
        return abs(expected - self.counted) <= float(self.tolerance) * self.counted


def check_drift(
    model: TimedModel,
    held: HoldOut[IntoFrameT],
    *,
    tolerance: Share | float = 0.1,
    confidence: float = 0.95,
) -> Drift:
    """Say whether a model has to be fitted anew, by what customers did since the cut.

    Where it errs, the same law is fitted on what was known at the cut: if that is no better, a fit
    anew does not help, and other models are to be raced, or what has changed is to be found.

    Args:
        model: Fitted on what was known at the cut, or before it.
        held: The time since, as `hold_out` cuts it.
        tolerance: How far off the total may be, as a share of what was counted.
        confidence: Of the interval of the total.

    Raises:
        InvalidValueError: If the table is bad, or in another unit than the model; or the tolerance
            is no share.

    Examples:
        >>> from datetime import date
        >>> import pandas
        >>> from crmkit.value import HoldOut, MBGNBD
        >>> rows = [(0, 0.0, 9.0, 2)] * 300 + [(1, 3.0, 9.0, 4)] * 100
        >>> table = pandas.DataFrame(rows, columns=["frequency", "recency", "T", "counted"])
        >>> held = HoldOut(
        ...     table=table.assign(spent=0.0), cut=date(2026, 3, 1), until=date(2026, 4, 12),
        ...     unit="W",
        ... )
        >>> model = MBGNBD(0.525, 6.183, 0.891, 1.614, unit="W")
        >>> print(check_drift(model, held).explain())
        MBGNBD: A fit anew does not help; from 2026-03-01 to 2026-04-12 1000 purchases were counted\
 and 62.58 expected, between 44.32 and 80.84 with 95 % confidence: off by -93.7 %, of which 10 % is\
 tolerated
          fitted on what was known at 2026-03-01 it expects 18.34, no better: race other models\
 (compare_models), or look at what changed since then
    """
    check_confidence(confidence)
    check_unit(model, held)
    borne = tolerance if isinstance(tolerance, Share) else Share(tolerance)
    outcomes = Outcomes.of(held)
    told, weight = outcomes.foretold(model), outcomes.rows.weight
    expected = float(weight @ told.expected())
    variance = float(weight @ told.variance()) + _of_parameters(model._oracle(confidence), outcomes)
    reach = float(ndtri(0.5 + confidence / 2)) * math.sqrt(variance)
    found = Drift(
        model=type(model).__name__,
        cut=held.cut,
        until=held.until,
        counted=round(float(weight @ outcomes.counted)),
        expected=expected,
        low=max(expected - reach, 0.0),
        high=expected + reach,
        confidence=confidence,
        tolerance=borne,
    )
    return found if found.is_kept else attrs.evolve(found, fresh=_fresh(model, held, outcomes))


def _fresh(model: TimedModel, held: HoldOut[IntoFrameT], outcomes: Outcomes) -> float:
    """Return what the same law expects, fitted on what was known at the cut."""
    penalty = model.fitted.penalty if model.fitted else 0.0
    with warnings.catch_warnings():
        # Of a flat likelihood the expectation stands, and more is not asked.
        warnings.simplefilter("ignore", AssumptionWarning)
        anew = type(model).fit(held.table, unit=held.unit, penalty=penalty)
    return float(outcomes.rows.weight @ outcomes.foretold(anew).expected())


def _of_parameters(oracle: Oracle, outcomes: Outcomes) -> float:
    """Return the variance of the expected total that comes of not knowing the parameters."""
    if oracle.covariance is None:
        return 0.0
    rows = outcomes.rows

    def total(side: Floats) -> float:
        theta = oracle.theta + side
        ahead = oracle.law.customers(theta, rows).expected(outcomes.within)
        return float(rows.weight @ (expit(oracle.law.alive(theta, rows)) * ahead))

    sides = np.eye(len(oracle.theta)) * _STEP
    slopes = np.array([(total(side) - total(-side)) / (2 * _STEP) for side in sides])
    return float(slopes @ oracle.covariance @ slopes)
