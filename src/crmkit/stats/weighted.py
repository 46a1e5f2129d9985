"""Means, shares and net scores of weighted answers, with intervals that know the weights.

Law: weights say for how many others an answer stands, not how many answered; equal weights change
nothing. n is the number of people who have a weight, whatever it is; who has none stands for nobody
and is counted as missing.

Source: linearisation: Binder, D. A. (1983), "On the variances of asymptotically normal estimators
from complex surveys", International Statistical Review 51(3), 279–292, with the factor n/(n − 1) of
R's `survey` package; effective sample size and design effect: Kish, L. (1965), "Survey sampling",
Wiley, sections 8.2 and 11.7.
"""

from __future__ import annotations

import math
from typing import Final

import attrs
import numpy as np

from crmkit.errors import InvalidValueError
from crmkit.kernel import Estimate
from crmkit.kernel.frames import Values

from .histogram import Floats, Histogram, Scores, checked_weights, histogram_of
from .intervals import adjusted_wald, normal_quantile, score_ends, student_quantile
from .no_width import are_alike, warn_caller, warn_if_alike


_FEW: Final = 10  # as many as must answer for a result to be told


def design_effect(weights: Values) -> float:
    r"""Return Kish's design effect of weights: $n \sum w^2 / (\sum w)^2$, of n above 0.

    By so much does the variance of a mean grow through weights that have nothing to do with the
    answers. Weights that follow the answers may do less harm; the linearised interval knows.

    Args:
        weights: One per answer, 0 or more.

    Raises:
        InvalidValueError: If there are none, all are 0, or one is negative or missing.

    Units:
        A factor: 1 (all weigh alike) to n (one weighs all).

    Source:
        Kish (1965), section 11.7; (1992), "Weighting for unequal P_i", Journal of Official
        Statistics 8(2), 183–200.

    Examples:
        >>> design_effect([1, 1, 1, 3])
        1.3333333333333333
    """
    heavy = _positive(weights)
    return int(np.count_nonzero(heavy)) * float((heavy**2).sum()) / float(heavy.sum()) ** 2


def effective_n(weights: Values) -> float:
    r"""Return how many unweighted answers would tell as much: $(\sum w)^2 / \sum w^2$.

    Args:
        weights: One per answer, 0 or more.

    Raises:
        InvalidValueError: If there are none, all are 0, or one is negative or missing.

    Units:
        Answers: 1 to n.

    Source:
        Kish (1965), section 11.7.

    Examples:
        >>> effective_n([1, 1, 1, 3])
        3.0
    """
    heavy = _positive(weights)
    return float(heavy.sum()) ** 2 / float((heavy**2).sum())


def weighted_mean(
    values: Scores, *, weights: Values | None = None, confidence: float = 0.95
) -> Estimate:
    r"""Estimate a mean of weighted answers with the linearised (Taylor) interval.

    $$\bar x = \frac{\sum w x}{\sum w}, \qquad \hat V = \frac{n}{n - 1}
    \frac{\sum w^2 (x - \bar x)^2}{(\sum w)^2}, \qquad \bar x \pm t_{n-1} \sqrt{\hat V}$$

    Assumes independent answers of a large population. With equal weights it is Student's interval.

    Args:
        values: In one dimension, None and NaN missing; or a `Histogram`.
        weights: One per value, 0 or more; None weighs all alike.
        confidence: Share of such intervals that hold the true value.

    Raises:
        InvalidValueError: If fewer than two answers carry weight, or the weights do not fit.

    Warns:
        AssumptionWarning: If all values are alike, so that the interval has no width; or if the
            weights make so few of so many that n - 1 degrees of freedom are too many: an effective
            size below ten, and below half of n.

    Units:
        Those of the values.

    Source:
        Binder (1983); the numbers are those of R's `svymean`.

    Examples:
        >>> print(weighted_mean([4, 5, 3, 5], weights=[1, 2, 1, 1]))
        4.4 (95 % interval 2.945 to 5.855, n = 4, linearised)
        >>> print(weighted_mean([4, 5, 3, 5, None]))
        4.25 (95 % interval 2.727 to 5.773, n = 4, 1 missing, student-t)
    """
    told = histogram_of(values, weights=weights, name="values")
    estimate = linearised(told, confidence=confidence)
    warn_of_weak(told)
    return estimate


def linearised(told: Histogram, *, confidence: float) -> Estimate:
    """Estimate a mean as `weighted_mean` does; whoever asks says so where all answers are alike."""
    mean = mean_of(told)
    reach = student_quantile(confidence, mean.freedom) * math.sqrt(mean.variance)
    return Estimate(
        mean.value,
        mean.value - reach,
        mean.value + reach,
        confidence=confidence,
        n=told.n,
        n_missing=told.n_missing,
        method="linearised" if _is_weighted(told) else "student-t",
    )


def weighted_share(
    values: Scores, *, weights: Values | None = None, confidence: float = 0.95
) -> Estimate:
    """Estimate a share of weighted answers: Wilson's interval with the effective sample size.

    Args:
        values: 1 where it holds, 0 where not, None and NaN missing; or a `Histogram` of
            these.
        weights: One per value, 0 or more; None weighs all alike.
        confidence: Share of such intervals that hold the true value.

    Raises:
        InvalidValueError: If nobody answered, a value is neither 0 nor 1, or the weights do not
            fit.

    Units:
        A share: 0 to 1.

    Source:
        Wilson (1927), with Kish's effective sample size in the place of n.

    Examples:
        >>> print(weighted_share([1, 1, 0, 1], weights=[1, 1, 3, 1]))
        0.5 (95 % interval 0.1253 to 0.8747, n = 4, wilson, effective n)
    """
    told = histogram_of(values, weights=weights, name="values")
    check_among(told, (0.0, 1.0))
    share, size = told.mean, told.effective_n
    low, high = score_ends(share, size, normal_quantile(confidence))
    return Estimate(
        share,
        low,
        high,
        confidence=confidence,
        n=told.n,
        n_missing=told.n_missing,
        method="wilson, effective n" if _is_weighted(told) else "wilson",
    )


def weighted_net_score(
    values: Scores, *, weights: Values | None = None, confidence: float = 0.95
) -> Estimate:
    """Estimate a net score of weighted answers: adjusted Wald with the effective sample size.

    Args:
        values: 1 for, 0 neither, −1 against, None and NaN missing; or a `Histogram` of these.
        weights: One per value, 0 or more; None weighs all alike.
        confidence: Share of such intervals that hold the true value.

    Raises:
        InvalidValueError: If nobody answered, a value is none of the three, or the weights do not
            fit.

    Units:
        Points: −100 (all against) to 100 (all for).

    Source:
        Rocks (2016), with Kish's effective sample size in the place of n.

    Examples:
        >>> print(weighted_net_score([1, 1, 0, -1], weights=[1, 2, 1, 1]))
        40 (95 % interval -38.26 to 81.74, n = 4, adjusted-wald)
    """
    told = histogram_of(values, weights=weights, name="values")
    check_among(told, (-1.0, 0.0, 1.0))
    size = told.effective_n
    by_score = dict(zip(told.scores, told.weights, strict=True))
    return adjusted_wald(
        by_score.get(1.0, 0.0),
        by_score.get(-1.0, 0.0),
        told.weight,
        n=told.n,
        effective_n=size,
        n_missing=told.n_missing,
        confidence=confidence,
    )


@attrs.frozen(kw_only=True)
class Mean:
    """A mean with the variance of its estimate and its degrees of freedom."""

    value: float
    variance: float
    freedom: float


def mean_of(told: Histogram, *, name: str = "values") -> Mean:
    """Return the mean of scores with its linearised variance.

    Raises:
        InvalidValueError: If fewer than two answers carry weight.
    """
    if told.n < 2 and not told.n_weightless:
        rule = "must hold at least two values"
        raise InvalidValueError(name, list(told.scores), rule, "one value tells no spread")
    # To within rounding: a single answer has all the weight.
    if told.effective_n < 1 + 1e-9:
        rule, way_out = "must weigh two values at least", "one value tells no spread"
        raise InvalidValueError("weights", told.weights[:3], rule, way_out)
    value = told.mean
    spread = float(np.dot(told.squares, (np.array(told.scores) - value) ** 2))
    # A single score is its own mean, which the division may miss by its rounding.
    spread = 0.0 if are_alike(told.scores) else spread
    variance = told.n / (told.n - 1) * spread / told.weight**2
    return Mean(value=value, variance=variance, freedom=told.n - 1.0)


def check_among(told: Histogram, allowed: tuple[float, ...], *, name: str = "values") -> None:
    """Check that scores are among a few.

    Raises:
        InvalidValueError: If one is not.
    """
    if others := [score for score in told.scores if score not in allowed]:
        *first, last = (f"{score:g}" for score in allowed)
        raise InvalidValueError(name, others[0], f"must be {', '.join(first)} or {last}")


def warn_of_weak(told: Histogram, *, what: str = "values") -> None:
    """Warn where all are alike, or few of many weigh anything: the interval is then too short.

    Args:
        told: What was answered.
        what: What the caller calls it.

    Warns:
        AssumptionWarning: At the line that called crmkit.
    """
    warn_if_alike(told, what=what)
    warn_if_few_weigh(told.n, told.effective_n, what=what)


def warn_if_few_weigh(n: int, size: float, *, what: str) -> None:
    """Warn where an effective size is below ten, and below half of n.

    Args:
        n: How many there are.
        size: As how many they weigh.
        what: What the caller calls them.

    Warns:
        AssumptionWarning: At the line that called crmkit.
    """
    if size < _FEW and 2 * size < n:
        warn_caller(
            f"{n} {what} weigh as {size:.3g} would: the interval takes all of them for people, and"
            " is too short; trim the weights, or leave out who has next to none"
        )


def _is_weighted(told: Histogram) -> bool:
    return abs(told.design_effect - 1) > 1e-9


def _positive(weights: Values) -> Floats:
    heavy = checked_weights(weights)
    if not heavy.any():
        found = heavy[:3].tolist()
        raise InvalidValueError("weights", found, "must hold one above 0 at least")
    return heavy
