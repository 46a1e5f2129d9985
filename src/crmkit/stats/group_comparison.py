"""Comparisons of two groups of other people: means, shares, net scores.

Law: the groups are independent. Who answered both times is compared with himself, as a pair.

Source: means: Welch, B. L. (1947), Biometrika 34(1–2), 28–35, with linearised variances under
weights (Binder 1983). Shares: Mee (1984), Newcombe (1998). Net scores: the adjusted Wald difference
of Lewis and Sauro, MeasuringU.
"""

from __future__ import annotations

import math
from typing import Final, Literal

from scipy.special import ndtr, stdtr

from crmkit.errors import InvalidValueError

from .comparison import Comparison, comparison_of, no_spread, two_sided
from .histogram import Histogram, Scores, histogram_of
from .intervals import adjusted_net, normal_quantile, student_quantile, welch_freedom
from .share_difference import mee_ends, newcombe_ends
from .weighted import check_among, mean_of


_METHODS: Final = ("score", "newcombe")


def compare_means(first: Scores, second: Scores, *, confidence: float = 0.95) -> Comparison:
    r"""Compare the means of two groups of other people by Welch's test.

    $$t = \frac{\bar x_1 - \bar x_2}{\sqrt{v_1 + v_2}}, \qquad
    \nu = \frac{(v_1 + v_2)^2}{v_1^2/(n_1 - 1) + v_2^2/(n_2 - 1)}$$

    with $v_i$ the variances of the means, linearised under weights: the groups need not spread
    alike. Without weights the interval is that of `mean_difference`.

    Args:
        first: One group: values, None and NaN missing; or a `Histogram`, which knows weights.
        second: The other.
        confidence: Share of such intervals that hold the true difference.

    Raises:
        InvalidValueError: If a group has fewer than two values that carry weight, or neither
            group spreads at all: there is nothing to judge the difference by.

    Units:
        Those of the values.

    Source:
        Welch (1947); Binder (1983).

    Examples:
        >>> this = Histogram.of([5, 5, 4, 5], weights=[1, 2, 1, 1])
        >>> print(compare_means(this, [3, 4, 4, 5]))
        0.8 (95 % interval -0.4229 to 2.023, n = 8, welch-t), p = 0.1496
    """
    one, two = _both(first, second)
    mean_1, mean_2 = mean_of(one, name="first"), mean_of(two, name="second")
    variance = mean_1.variance + mean_2.variance
    if not variance:
        raise no_spread("first and second", (mean_1.value, mean_2.value))
    freedom = welch_freedom((mean_1.variance, mean_2.variance), (mean_1.freedom, mean_2.freedom))
    statistic = (mean_1.value - mean_2.value) / math.sqrt(variance)
    reach = student_quantile(confidence, freedom) * math.sqrt(variance)
    return comparison_of(
        (mean_1.value, mean_2.value),
        (mean_1.value - mean_2.value - reach, mean_1.value - mean_2.value + reach),
        (statistic, two_sided(float(stdtr(freedom, -abs(statistic))))),
        (one, two),
        confidence,
        "welch-t",
    )


def compare_shares(
    first: Scores,
    second: Scores,
    *,
    interval: Literal["score", "newcombe"] = "score",
    confidence: float = 0.95,
) -> Comparison:
    r"""Compare two shares of other people by the score test.

    $$z = \frac{p_1 - p_2}{\sqrt{\bar p (1 - \bar p) (1/n_1 + 1/n_2)}}$$

    with $\bar p$ the share of both together; $z^2$ is Pearson's $\chi^2$. Under weights Kish's
    effective sizes stand for $n_1$ and $n_2$. The interval holds the differences that the same test
    does not refuse, or is Newcombe's, which may contradict the test where it is close.

    Args:
        first: One group: 1 where it holds, 0 where not, None and NaN missing; or a `Histogram`.
        second: The other.
        interval: Which interval: "score" (Mee) or "newcombe".
        confidence: Share of such intervals that hold the true difference.

    Raises:
        InvalidValueError: If nobody answered in a group, a value is neither 0 nor 1, or the
            interval has another name.

    Units:
        A difference of shares: −1 to 1.

    Source:
        Mee (1984); Miettinen and Nurminen (1985); Newcombe (1998).

    Examples:
        >>> here, there = Histogram.of_counts({1: 56, 0: 14}), Histogram.of_counts({1: 48, 0: 32})
        >>> print(compare_shares(here, there, interval="newcombe"))
        0.2 (95 % interval 0.05243 to 0.3339, n = 150, newcombe), p = 0.008045
    """
    if interval not in _METHODS:
        raise InvalidValueError("interval", interval, f"must be {' or '.join(_METHODS)}")
    told = one, two = _both(first, second)
    for name, group in zip(("first", "second"), told, strict=True):
        check_among(group, (0.0, 1.0), name=name)
    shares = one.mean, two.mean
    sizes = one.effective_n, two.effective_n
    pooled = (shares[0] * sizes[0] + shares[1] * sizes[1]) / sum(sizes)
    error = math.sqrt(pooled * (1 - pooled) * (1 / sizes[0] + 1 / sizes[1]))
    # All alike in both groups: no difference at all, whatever its error.
    statistic = (shares[0] - shares[1]) / error if error else 0.0
    find = mee_ends if interval == "score" else newcombe_ends
    z = normal_quantile(confidence)
    ends = find((shares[0], sizes[0]), (shares[1], sizes[1]), z)
    test = (statistic, two_sided(float(ndtr(-abs(statistic)))))
    return comparison_of(shares, ends, test, told, confidence, interval)


def compare_net_scores(first: Scores, second: Scores, *, confidence: float = 0.95) -> Comparison:
    r"""Compare two net scores of other people by the adjusted Wald test.

    $$z = \frac{s_1 - s_2}{\sqrt{v_1/n_1' + v_2/n_2'}}, \qquad s_i = p_i' - d_i', \quad
    v_i = p_i' + d_i' - s_i^2$$

    with $n' = n + 3$ and three quarters of an answer added to each side of each group. The interval
    is centred on the adjusted difference; the value told is the raw one.

    Args:
        first: One group: 1 for, 0 neither, −1 against, None and NaN missing; or a `Histogram`.
        second: The other.
        confidence: Share of such intervals that hold the true difference.

    Raises:
        InvalidValueError: If nobody answered in a group, or a value is none of the three.

    Units:
        Points: −200 to 200.

    Source:
        Lewis and Sauro, MeasuringU, "How to statistically compare two net promoter scores".

    Examples:
        >>> june = Histogram.of_counts({1: 45, 0: 30, -1: 25})
        >>> july = Histogram.of_counts({1: 60, 0: 25, -1: 15})
        >>> print(compare_net_scores(july, june))
        25 (95 % interval 3.043 to 45.5, n = 200, adjusted-wald-z), p = 0.02503
    """
    told = one, two = _both(first, second)
    sides = [_net(group, name) for name, group in zip(("first", "second"), told, strict=True)]
    (score_1, error_1), (score_2, error_2) = sides
    middle, error = score_1 - score_2, math.sqrt(error_1 + error_2)
    statistic = middle / error
    reach = normal_quantile(confidence) * error
    return comparison_of(
        (100 * one.mean, 100 * two.mean),
        (max(middle - reach, -200.0), min(middle + reach, 200.0)),
        (statistic, two_sided(float(ndtr(-abs(statistic))))),
        told,
        confidence,
        "adjusted-wald-z",
    )


def _both(first: Scores, second: Scores) -> tuple[Histogram, Histogram]:
    return histogram_of(first, name="first"), histogram_of(second, name="second")


def _net(told: Histogram, name: str) -> tuple[float, float]:
    """Return the adjusted score in points, and its squared error."""
    check_among(told, (-1.0, 0.0, 1.0), name=name)
    size = told.effective_n
    by_score = dict(zip(told.scores, told.weights, strict=True))
    plus, minus = (by_score.get(side, 0.0) / told.weight for side in (1.0, -1.0))
    return adjusted_net(plus, minus, size)
