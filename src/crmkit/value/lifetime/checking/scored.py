"""How well models told what was held out, side by side at one cut.

Law: two models are compared customer by customer, by scores that are proper.

Source: Gneiting and Raftery (2007), "Strictly proper scoring rules, prediction, and estimation",
Journal of the American Statistical Association 102.
"""

from __future__ import annotations

import math
from datetime import date
from typing import Final, TypeAlias

import attrs
import numpy as np
from scipy.special import stdtrit

from crmkit.errors import InvalidValueError
from crmkit.kernel import Estimate
from crmkit.kernel.estimate import check_confidence
from crmkit.kernel.frames import Words
from crmkit.value.lifetime.covariate_model import CovariateModel
from crmkit.value.lifetime.repeat_buying import TimedModel
from crmkit.value.lifetime.rows import Floats
from crmkit.value.lifetime.with_covariates import WithCovariates


Candidate: TypeAlias = type[TimedModel] | WithCovariates
"""What takes part in a race: a kind of model, or the columns of one with covariates."""

_METHOD: Final = "paired t"
_SAME: Final = 1e-9  # of a difference: by so little customers differ through rounding alone
_NOTHING: Final = 0.5e-6  # a difference that is none, to six decimals


@attrs.frozen(kw_only=True, eq=False)
class ModelScore:
    """How well one model told what was held out.

    Attributes:
        model: As it was fitted on what was known at the cut.
        log_score: Mean over customers; the smaller the better, as the two that follow.
        crps: Continuous ranked probability score of the count, a mean too.
        brier: Brier score of buying at all, a mean too.
        expected: Purchases expected of all together.
        counted: Purchases that were counted.

    Examples:
        >>> from crmkit.value import NBD
        >>> score = ModelScore(
        ...     model=NBD(0.4, 12, unit="W"), log_score=0.9, crps=0.5, brier=0.14, expected=110.0,
        ...     counted=100,
        ... )
        >>> score.name, round(score.error, 3)
        ('NBD', 0.1)
    """

    model: TimedModel | CovariateModel
    log_score: float
    crps: float
    brier: float
    expected: float
    counted: int
    _logs: Floats = attrs.field(factory=lambda: np.zeros(0), repr=False)

    @property
    def kind(self) -> Candidate:
        """What took part in the race: the model, its numbers aside."""
        if isinstance(self.model, CovariateModel):
            return WithCovariates.of(self.model)
        return type(self.model)

    @property
    def name(self) -> str:
        """The model's name."""
        return name_of(self.kind)

    @property
    def error(self) -> float:
        """What was expected too much, as a share of what was counted; NaN where nothing was."""
        return self.expected / self.counted - 1 if self.counted else math.nan


@attrs.frozen(kw_only=True, eq=False)
class RaceOrigin:
    """What all models told at one cut.

    Attributes:
        cut: The last day that they knew.
        until: The last day of which purchases were counted.
        scores: One a model, the best log score first.
        customers: How many were asked about.

    Examples:
        >>> from datetime import date
        >>> RaceOrigin(cut=date(2026, 3, 1), until=date(2026, 4, 1), scores=(), customers=0).cut
        datetime.date(2026, 3, 1)
    """

    cut: date
    until: date
    scores: tuple[ModelScore, ...]
    customers: int
    _weight: Floats = attrs.field(factory=lambda: np.zeros(0), repr=False)

    def score(self, model: Candidate) -> ModelScore:
        """Return the score of one of the models.

        Raises:
            InvalidValueError: If it was not in the race.
        """
        for score in self.scores:
            if score.kind == model:
                return score
        known = ", ".join(score.name for score in self.scores)
        raise InvalidValueError("model", Words(name_of(model)), f"must be one of {known}")

    def lead(self, first: Candidate, second: Candidate, *, confidence: float = 0.95) -> Estimate:
        """Return by how much the log score of one model is better than another's, a customer.

        The two are compared customer by customer; above 0 where the first is better. The interval
        is Student's.

        Raises:
            InvalidValueError: If one was not in the race, or held impossible what happened; or the
                difference is the same of all customers: nothing tells how sure it is.
        """
        check_confidence(confidence)
        if not self.tells_apart(first, second):
            told, way_out = Words("the same of all customers"), "hold out more customers"
            rule = "must differ between them for an interval"
            raise InvalidValueError("difference of log scores", told, rule, way_out)
        mean, error = self._gain(first, second)
        reach = float(stdtrit(max(self.customers - 1, 1), 0.5 + confidence / 2)) * error
        return Estimate(
            mean, mean - reach, mean + reach, confidence=confidence, n=self.customers, n_missing=0,
            method=_METHOD,
        )  # fmt: skip

    def tells_apart(self, first: Candidate, second: Candidate) -> bool:
        """Say whether `lead` has an interval: not where one customer, or all alike, are all.

        Where both say the same of everybody, there is no doubt that they do.

        Raises:
            InvalidValueError: If one was not in the race, or held impossible what happened.
        """
        mean, error = self._gain(first, second)
        return abs(mean) < _NOTHING or error > _SAME * abs(mean)

    def _gain(self, first: Candidate, second: Candidate) -> tuple[float, float]:
        """Return the mean difference of log scores, and its standard error."""
        ours, theirs = self.score(first), self.score(second)
        if not (np.isfinite(ours._logs).all() and np.isfinite(theirs._logs).all()):
            told = Words("infinite")
            raise InvalidValueError("log score", told, "must be finite for a comparison")
        gain, n = theirs._logs - ours._logs, self.customers
        mean = float(self._weight @ gain / n)
        spread = float(self._weight @ (gain - mean) ** 2) / max(n - 1, 1)
        return mean, math.sqrt(spread / n)


def name_of(model: Candidate) -> str:
    """Return what a race calls a model."""
    return model.name if isinstance(model, WithCovariates) else model.__name__
