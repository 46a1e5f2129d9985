"""Intervals of shares, net scores and means.

Law: an interval is asked of counts or of values that are all there; who leaves missing ones out
says how many there were.

Source: of a share, Wilson, E. B. (1927), "Probable inference, the law of succession, and
statistical inference", JASA 22(158), 209–212. Of a net score, Rocks, B. (2016), "Interval
estimation for the 'net promoter score'", The American Statistician 70(4), 365–372, and Lewis and
Sauro, MeasuringU articles on adjusted-Wald intervals for NPS. Of means, Student (1908), "The
probable error of a mean", Biometrika 6(1), 1–25, and Welch, B. L. (1947), "The generalization of
'Student's' problem when several different population variances are involved", Biometrika 34(1–2),
28–35.
"""

from __future__ import annotations

import math
from numbers import Integral
from typing import Final

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from crmkit.errors import InvalidValueError
from crmkit.kernel import Estimate
from crmkit.kernel.estimate import check_confidence
from crmkit.kernel.frames import Values, bad_values, numbers

from .no_width import warn_of_no_width


_ADDED_ANSWERS: Final = 3.0
_ADDED_TO_EACH: Final = 0.75


def wilson(successes: int, n: int, *, confidence: float = 0.95, n_missing: int = 0) -> Estimate:
    r"""Estimate a share from a count, with the Wilson score interval.

    $$\frac{p + z^2/2n \pm z\sqrt{p(1-p)/n + z^2/4n^2}}{1 + z^2/n}$$

    Args:
        successes: How many of them.
        n: Of how many; at least one.
        confidence: Share of such intervals that hold the true value.
        n_missing: How many were left out; told on.

    Raises:
        InvalidValueError: If the counts are no whole numbers, nobody is counted, or there are
            more successes than counted.

    Units:
        A share: 0 to 1.

    Source:
        Wilson (1927), without continuity correction.

    Examples:
        >>> print(wilson(45, 50))
        0.9 (95 % interval 0.7864 to 0.9565, n = 50, wilson)
        >>> wilson(51, 50)
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: successes is 51: it must be a whole number from 0 to 50
    """
    n = _whole("n", n, 1, None)
    successes = _whole("successes", successes, 0, n)
    share = successes / n
    low, high = score_ends(share, n, normal_quantile(confidence))
    return Estimate(
        share, low, high, confidence=confidence, n=n, n_missing=n_missing, method="wilson"
    )


def adjusted_wald(
    positive: float,
    negative: float,
    total: float,
    *,
    n: int | None = None,
    effective_n: float | None = None,
    n_missing: int = 0,
    confidence: float = 0.95,
) -> Estimate:
    r"""Estimate a net score (share of positives less share of negatives) with its interval.

    Three answers are added before the Wald formula, three quarters of one to each side:
    $n' = n + 3$, $p' = (np + 3/4)/n'$, $d' = (nd + 3/4)/n'$, and the interval is
    $100\,(p' - d' \pm z\sqrt{(p' + d' - (p' - d')^2)/n'})$, cut at ±100. It is centred on the
    adjusted score; the value told is the raw one.

    Args:
        positive: Answers that count for it, or the sum of their weights.
        negative: Answers that count against it, or the sum of their weights.
        total: All answers, or the sum of all weights; above 0.
        n: How many answered; needed with weights, else it is `total`.
        effective_n: With weights $(\sum w)^2 / \sum w^2$, which stands for n in the formula.
        n_missing: How many did not answer; told on.
        confidence: Share of such intervals that hold the true value.

    Raises:
        InvalidValueError: If nobody answered, or the parts are negative or exceed the total.

    Units:
        Points: −100 (all against) to 100 (all for).

    Source:
        Rocks (2016), "Interval estimation for the Net Promoter Score"; Lewis and Sauro. Exact
        coverage of a nominal 95 % at shares .85 and .02, n = 20: .952, plain Wald .836.

    Examples:
        >>> print(adjusted_wald(40, 25, 100))
        15 (95 % interval -0.6974 to 29.82, n = 100, adjusted-wald)
    """
    if not (math.isfinite(total) and total > 0):
        raise InvalidValueError("total", total, "must be above 0", "somebody must have answered")
    for name, part in (("positive", positive), ("negative", negative)):
        if not 0 <= part <= total:
            raise InvalidValueError(name, part, f"must lie between 0 and the total, {total!r}")
    # Sums of weights may miss the total by their rounding.
    if positive + negative > total * (1 + 1e-9):
        rule = f"must not exceed the total, {total!r}, together with positive, {positive!r}"
        raise InvalidValueError("negative", negative, rule)
    answers = _whole("n", total if n is None else n, 1, None)
    weight = total if effective_n is None else effective_n
    middle, squared_error = adjusted_net(positive / total, negative / total, weight)
    reach = normal_quantile(confidence) * math.sqrt(squared_error)
    return Estimate(
        100 * (positive - negative) / total,
        max(middle - reach, -100.0),
        min(middle + reach, 100.0),
        confidence=confidence,
        n=answers,
        n_missing=n_missing,
        method="adjusted-wald",
    )


def cut_to(told: Estimate, least: float, most: float) -> Estimate:
    """Return an estimate cut at the ends of its scale, beyond which rounding may carry its value.

    Examples:
        >>> print(cut_to(mean_interval([90, 100, 100]), 0, 100))
        96.67 (95 % interval 82.32 to 100, n = 3, student-t)
    """
    value, low, high = (min(max(end, least), most) for end in (told.value, told.low, told.high))
    return attrs.evolve(told, value=value, low=low, high=high)


def mean_interval(values: Values, *, confidence: float = 0.95) -> Estimate:
    r"""Estimate a mean with Student's interval: $\bar x \pm t_{n-1}\, s/\sqrt n$.

    Assumes independent values, and a mean that is near enough normal: with some thirty answers
    on a short scale it is.

    Args:
        values: In one dimension; None and NaN are counted as missing.
        confidence: Share of such intervals that hold the true value.

    Raises:
        InvalidValueError: If fewer than two are there, or one is infinite.

    Warns:
        AssumptionWarning: If all values are alike, so that the interval has no width.

    Units:
        Those of the values.

    Source:
        Student (1908).

    Examples:
        >>> print(mean_interval([4, 5, 3, 5, None]))
        4.25 (95 % interval 2.727 to 5.773, n = 4, 1 missing, student-t)
    """
    there, missing = _present(values, "values")
    mean, error = float(there.mean()), _squared_error(there)
    if not error:
        warn_of_no_width(f"all {len(there)} values are {there[0]:g}")
    reach = student_quantile(confidence, len(there) - 1) * math.sqrt(error)
    return Estimate(
        mean,
        mean - reach,
        mean + reach,
        confidence=confidence,
        n=len(there),
        n_missing=missing,
        method="student-t",
    )


def mean_difference(first: Values, second: Values, *, confidence: float = 0.95) -> Estimate:
    r"""Estimate by how much the mean of one group exceeds that of another, with Welch's interval.

    With $v_i = s_i^2/n_i$ the degrees of freedom are
    $(v_1 + v_2)^2 / (v_1^2/(n_1 - 1) + v_2^2/(n_2 - 1))$: the groups need not spread alike.

    Args:
        first: One group, in one dimension; None and NaN are counted as missing.
        second: The other, of other people.
        confidence: Share of such intervals that hold the true value.

    Returns:
        The mean of `first` less the mean of `second`; `n` and `n_missing` are of both.

    Raises:
        InvalidValueError: If a group has fewer than two values, or one is infinite.

    Warns:
        AssumptionWarning: If all values of each group are alike, so that the interval has no width.

    Units:
        Those of the values.

    Source:
        Welch (1947).

    Examples:
        >>> late, punctual = [1, 2, 2, 3], [4, 5, 5, 4, 5]
        >>> print(mean_difference(late, punctual))
        -2.6 (95 % interval -3.82 to -1.38, n = 9, welch-t)
    """
    one, one_missing = _present(first, "first")
    two, two_missing = _present(second, "second")
    errors = _squared_error(one), _squared_error(two)
    total = sum(errors)
    if not total:
        warn_of_no_width(f"all values are alike in each group, {one[0]:g} and {two[0]:g}")
    # Without any spread both means are certain, whatever the degrees of freedom.
    freedom = welch_freedom(errors, (len(one) - 1, len(two) - 1)) if total else 1.0
    value = float(one.mean() - two.mean())
    reach = student_quantile(confidence, freedom) * math.sqrt(total)
    return Estimate(
        value,
        value - reach,
        value + reach,
        confidence=confidence,
        n=len(one) + len(two),
        n_missing=one_missing + two_missing,
        method="welch-t",
    )


def _present(values: Values, name: str) -> tuple[NDArray[np.float64], int]:
    asked = numbers(values, name)
    if (infinite := np.flatnonzero(np.isinf(asked))).size:
        found = [float(asked[place]) for place in infinite[:3]]
        raise bad_values(name, found, infinite.tolist(), "must be finite")
    there = asked[~np.isnan(asked)]
    if len(there) < 2:
        rule = "must hold at least two values"
        raise InvalidValueError(name, there.tolist(), rule, "one value tells no spread")
    return there, len(asked) - len(there)


def _squared_error(values: NDArray[np.float64]) -> float:
    # Of values that are all alike the mean may miss them by its rounding.
    return float(values.var(ddof=1)) / len(values) if np.ptp(values) else 0.0


def adjusted_net(positive: float, negative: float, n: float) -> tuple[float, float]:
    """Return an adjusted net score in points, and its squared error.

    Args:
        positive: The share that counts for it.
        negative: The share that counts against it.
        n: Of how many; under weights the effective number.
    """
    size = n + _ADDED_ANSWERS
    plus = (n * positive + _ADDED_TO_EACH) / size
    minus = (n * negative + _ADDED_TO_EACH) / size
    return 100 * (plus - minus), 10_000 * (plus + minus - (plus - minus) ** 2) / size


def welch_freedom(errors: tuple[float, float], freedoms: tuple[float, float]) -> float:
    """Return Welch's degrees of freedom from the squared errors of two means, and theirs."""
    # Of shares of the error: squares of tiny ones would leave the floats.
    first, second = (error / sum(errors) for error in errors)
    return 1 / (first**2 / freedoms[0] + second**2 / freedoms[1])


def score_ends(share: float, n: float, z: float) -> tuple[float, float]:
    """Return the ends of Wilson's interval of a share; n may be an effective sample size."""
    middle = share + z * z / (2 * n)
    reach = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # At none and at all the end is 0 or 1 exactly; the formula misses it by its rounding.
    low = 0.0 if share == 0 else (middle - reach) / (1 + z * z / n)
    high = 1.0 if share == 1 else (middle + reach) / (1 + z * z / n)
    return low, high


def normal_quantile(confidence: float) -> float:
    """Return how many standard errors an interval reaches, where the error is known."""
    return float(ndtri(_upper(confidence)))


def student_quantile(confidence: float, freedom: float) -> float:
    """Return how many standard errors an interval reaches, where the error is estimated."""
    return float(stdtrit(freedom, _upper(confidence)))


def _upper(confidence: float) -> float:
    check_confidence(confidence)
    return 0.5 + confidence / 2


def _whole(name: str, value: float, low: int, high: int | None) -> int:
    whole = isinstance(value, Integral) or (isinstance(value, float) and value.is_integer())
    if not whole or isinstance(value, bool) or value < low or (high is not None and value > high):
        limit = f"from {low} to {high}" if high is not None else f"of at least {low}"
        raise InvalidValueError(name, value, f"must be a whole number {limit}")
    return int(value)
