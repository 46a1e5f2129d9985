"""Rates of events: whether one is higher than another, by an exact test.

Law: a count without its exposure is no rate: ten complaints of a thousand machines are not ten of a
hundred. Events are taken to be independent, each exposure to have one rate.

Source: Przyborowski, J. and Wilenski, H. (1940), "Homogeneity of results in testing samples from
Poisson series", Biometrika 31(3–4), 313–323; Clopper, C. J. and Pearson, E. S. (1934), "The use of
confidence or fiducial limits illustrated in the case of the binomial", Biometrika 26(4), 404–413.
"""

from __future__ import annotations

import math
from numbers import Integral
from typing import Final, Literal

import attrs
from scipy.special import bdtr, bdtrc, betaincinv
from scipy.stats import binomtest

from crmkit.errors import InvalidValueError
from crmkit.kernel.estimate import check_confidence


@attrs.frozen(kw_only=True)
class RateComparison:
    """How one rate compares with another.

    Attributes:
        ratio: The first rate over the second; infinite where the second had no event.
        low: Lower end of its interval.
        high: Upper end; infinite where the second had no event.
        confidence: Share of such intervals that hold the true ratio.
        p_value: How often rates that are equal would give events as lopsided as these, or more.
        events: How many events there were in all.
        method: Name of the test; the interval is that of Clopper and Pearson.

    Examples:
        >>> compare_rates(11, 800, 21, 3011).p_value < 0.05
        False
    """

    ratio: float
    low: float
    high: float
    confidence: float
    p_value: float
    events: int
    method: str

    def __str__(self) -> str:
        return (
            f"rate ratio {self.ratio:.4g} ({100 * self.confidence:g} % interval {self.low:.4g} to "
            f"{self.high:.4g}), p = {self.p_value:.4g}, n = {self.events}, {self.method}"
        )


def compare_rates(
    events_1: int,
    exposure_1: float,
    events_2: int,
    exposure_2: float,
    *,
    confidence: float = 0.95,
    two_sided: Literal["minlike", "central"] = "minlike",
) -> RateComparison:
    r"""Compare two rates of events exactly: before and after a corrective action, for example.

    Given the sum $n = x_1 + x_2$, the first count is binomial:
    $x_1 \mid n \sim \mathrm{Bin}(n, \pi)$ with
    $\pi = \lambda_1 t_1 / (\lambda_1 t_1 + \lambda_2 t_2)$. Equal rates make
    $\pi = t_1 / (t_1 + t_2)$, which is tested; the Clopper–Pearson interval of $\pi$ becomes that
    of the ratio, $\lambda_1 / \lambda_2 = \frac{\pi}{1 - \pi} \cdot \frac{t_2}{t_1}$.

    The interval leaves half of the doubt on each side. The two-sided test either adds up all counts
    that are no likelier than the one observed, as R's `poisson.test` does ("minlike"), or doubles
    the smaller tail ("central"). Both are exact; only the second always agrees with the interval.

    Args:
        events_1: How many events there were in the first exposure.
        exposure_1: How much there was to happen to: units in use times their time, orders, visits.
        events_2: How many events there were in the second.
        exposure_2: How much there was of that, in the same unit.
        confidence: Share of such intervals that hold the true ratio.
        two_sided: What the p-value adds up: "minlike" or "central".

    Raises:
        InvalidValueError: If a count is no whole number, an exposure is not positive and finite,
            there is no event at all, or the method has another name.

    Units:
        The ratio has none; a ratio of 2 is twice as many events for the same exposure.

    Source:
        Przyborowski and Wilenski (1940); Clopper and Pearson (1934).

    Examples:
        >>> before, after = (31, 1200 * 6), (9, 1350 * 4)  # faults, machines times months
        >>> fell = compare_rates(*before, *after)
        >>> [round(end, 3) for end in (fell.low, fell.ratio, fell.high)], round(fell.p_value, 4)
        ([1.201, 2.583, 6.169], 0.0099)
        >>> compare_rates(0, 100, 0, 100)
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: events_1 + events_2 is 0: it must be at least 1
    """
    first, second = _count("events_1", events_1), _count("events_2", events_2)
    times = _exposure("exposure_1", exposure_1), _exposure("exposure_2", exposure_2)
    check_confidence(confidence)
    total = first + second
    if not total:
        raise InvalidValueError("events_1 + events_2", 0, "must be at least 1")
    if two_sided not in _TESTS:
        rule = f"must be one of {', '.join(_TESTS)}"
        raise InvalidValueError("two_sided", two_sided, rule)
    doubt = (1 - confidence) / 2
    low = float(betaincinv(first, second + 1, doubt)) if first else 0.0
    # Of the other side, so that a share next to 1 keeps its digits.
    rest = float(betaincinv(second, first + 1, doubt)) if second else 0.0
    scale = times[1] / times[0]
    return RateComparison(
        ratio=_over(first, second) * scale,
        low=_over(low, 1 - low) * scale,
        high=_over(1 - rest, rest) * scale,
        confidence=confidence,
        p_value=_TESTS[two_sided](first, total, times[0] / sum(times)),
        events=total,
        method=f"exact conditional, {two_sided}",
    )


def _minlike(successes: int, n: int, share: float) -> float:
    return float(binomtest(successes, n, share).pvalue)


def _central(successes: int, n: int, share: float) -> float:
    at_most = float(bdtr(successes, n, share))
    at_least = float(bdtrc(successes - 1, n, share))
    return min(2 * min(at_most, at_least), 1.0)


_TESTS: Final = {"minlike": _minlike, "central": _central}


def _over(above: float, below: float) -> float:
    return above / below if below else math.inf


def _count(name: str, value: int) -> int:
    if not isinstance(value, Integral) or isinstance(value, bool) or value < 0:
        raise InvalidValueError(name, value, "must be a whole number of at least 0")
    return int(value)


def _exposure(name: str, value: float) -> float:
    if not (math.isfinite(value) and value > 0):
        rule, way_out = "must be above 0 and finite", "say how much the events could happen to"
        raise InvalidValueError(name, value, rule, way_out)
    return float(value)
