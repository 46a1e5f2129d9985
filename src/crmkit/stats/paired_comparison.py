"""Comparisons of the same people, asked twice: means, shares.

Law: who answered both times is compared with himself; who answered once is counted as missing.

Source: Student (1908), "The probable error of a mean", Biometrika 6(1), 1–25; McNemar, Q. (1947),
"Note on the sampling error of the difference between correlated proportions or percentages",
Psychometrika 12(2), 153–157; Tango (1998).
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtr, stdtr

from crmkit.errors import InvalidValueError
from crmkit.kernel.frames import Values, numbers

from .comparison import Comparison, comparison_of, no_spread, two_sided
from .histogram import Histogram
from .intervals import normal_quantile, student_quantile
from .no_width import are_alike
from .share_difference import tango_ends
from .weighted import check_among, mean_of


def compare_paired_means(
    first: Values, second: Values, *, weights: Values | None = None, confidence: float = 0.95
) -> Comparison:
    """Compare two answers of the same people by Student's test of their differences.

    Args:
        first: One answer of each; None and NaN are missing.
        second: The other, of the same people in the same order.
        weights: One per person; None weighs all alike.
        confidence: Share of such intervals that hold the true difference.

    Returns:
        Of those who answered both: `n_1` and `n_2` are their number, the rest is `n_missing`.

    Raises:
        InvalidValueError: If the two are not as many, fewer than two answered both, or all
            differences are the same: there is nothing to judge them by.

    Units:
        Those of the values.

    Source:
        Student (1908); under weights Binder (1983).

    Examples:
        >>> print(compare_paired_means([5, 4, 5, 3, None], [3, 4, 4, 3, 5]))
        0.75 (95 % interval -0.7735 to 2.273, n = 4, 1 missing, paired-t), p = 0.2152
    """
    one, two, apart = _pairs(first, second, weights)
    mean = mean_of(apart, name="pairs")
    if not mean.variance or are_alike(apart.scores, made_of=(*one.scores, *two.scores)):
        raise no_spread("first - second", mean.value)
    error = math.sqrt(mean.variance)
    reach = student_quantile(confidence, mean.freedom) * error
    statistic = mean.value / error
    return comparison_of(
        (one.mean, two.mean),
        (mean.value - reach, mean.value + reach),
        (statistic, two_sided(float(stdtr(mean.freedom, -abs(statistic))))),
        (apart,),
        confidence,
        "paired-t",
    )


def compare_paired_shares(
    first: Values, second: Values, *, weights: Values | None = None, confidence: float = 0.95
) -> Comparison:
    r"""Compare two shares of the same people by McNemar's test, with Tango's interval.

    $z = (b - c)/\sqrt{b + c}$, of $b$ who say yes only the first time and $c$ only the second;
    without a correction, so that it agrees with the interval.

    Args:
        first: 1 or 0 of each person; None and NaN are missing.
        second: The other answer, of the same people in the same order.
        weights: One per person; their effective size stands for the number of pairs.
        confidence: Share of such intervals that hold the true difference.

    Returns:
        Of those who answered both: `n_1` and `n_2` are their number, the rest is `n_missing`.

    Raises:
        InvalidValueError: If the two are not as many, nobody answered both, or a value is neither
            0 nor 1.

    Units:
        A difference of shares: −1 to 1.

    Source:
        McNemar (1947); Tango (1998).

    Examples:
        >>> before, after = [1] * 12 + [0] * 2 + [1] * 36, [0] * 12 + [1] * 2 + [1] * 36
        >>> print(compare_paired_shares(before, after))
        0.2 (95 % interval 0.06111 to 0.3447, n = 50, mcnemar, tango), p = 0.007526
    """
    one, two, apart = _pairs(first, second, weights)
    for name, answers in (("first", one), ("second", two)):
        check_among(answers, (0.0, 1.0), name=name)
    size, total = apart.effective_n, apart.weight
    by_score = dict(zip(apart.scores, apart.weights, strict=True))
    b, c = by_score.get(1.0, 0.0) / total, by_score.get(-1.0, 0.0) / total
    statistic = (b - c) * math.sqrt(size / (b + c)) if b + c else 0.0
    ends = tango_ends(b, c, size, normal_quantile(confidence))
    test = (statistic, two_sided(float(ndtr(-abs(statistic)))))
    return comparison_of((one.mean, two.mean), ends, test, (apart,), confidence, "mcnemar, tango")


def _pairs(
    first: Values, second: Values, weights: Values | None
) -> tuple[Histogram, Histogram, Histogram]:
    """Count those who answered both: the first answer, the second, and the difference."""
    one, two = numbers(first, "first"), numbers(second, "second")
    if len(one) != len(two):
        rule, way_out = f"must be as many as the first, {len(one)}", "give each person one place"
        raise InvalidValueError("len(second)", len(two), rule, way_out)
    for name, answers in (("first", one), ("second", two)):
        Histogram.of(answers, name=name)  # refuses what is infinite, by its name
    gone = np.isnan(one) | np.isnan(two)
    if gone.all():
        rule = "must hold somebody who answered both"
        raise InvalidValueError("pairs", 0, rule, "without one there is nothing to compare")
    told = (np.where(gone, np.nan, answers) for answers in (one, two, one - two))
    one_, two_, apart = (Histogram.of(part, weights=weights, name="pairs") for part in told)
    return one_, two_, apart
