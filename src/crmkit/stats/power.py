"""How small a change a survey can find: the minimum detectable change.

Law: it is asked before the survey, of its size and power; what was found afterwards has an
interval, which says more.

Source: Cohen, J. (1988), "Statistical power analysis for the behavioral sciences", 2nd edition,
Lawrence Erlbaum, chapter 2: the power of Student's test by the noncentral t distribution.
"""

from __future__ import annotations

import math
from numbers import Real

from scipy.optimize import brentq
from scipy.special import nctdtr, stdtrit

from crmkit.errors import InvalidValueError
from crmkit.kernel.estimate import check_confidence


def minimum_detectable_change(
    n_1: float,
    n_2: float | None = None,
    *,
    spread: float,
    correlation: float | None = None,
    power: float = 0.8,
    confidence: float = 0.95,
    comparisons: int = 1,
) -> float:
    r"""Return the smallest true change that a two-sided test finds with a given power.

    The change $\Delta$ for which Student's statistic, of the noncentral t distribution with
    $\nu = n_1 + n_2 - 2$ degrees of freedom and $\Delta/\sigma$ off its middle, lies beyond
    $\pm t_\nu$ as often as the power says; of large samples it is nearly
    $(z + z_{\text{power}})\,\sigma$. Here $\sigma = s\sqrt{1/n_1 + 1/n_2}$; of the same people
    asked twice $\sigma = s \sqrt{2(1 - r)/n}$ and $\nu = n - 1$.

    Assumes that both spread alike. Of means of a few answers it assumes nearly normal ones as well;
    of shares and net scores, whose tests are not Student's, some thirty answers.

    Args:
        n_1: How many will answer the first time, two at least; under weights the effective number.
        n_2: How many the second time; None for as many.
        spread: Standard deviation of one answer: of a share p, √(p(1 − p)), at most 0.5; of a net
            score, 100 √(p + d − (p − d)²), at most 100.
        correlation: Between the two answers of the same people; None for other people.
        power: How often a change of that size shall be found.
        confidence: Of the test, for all comparisons together.
        comparisons: How many tests there will be; each is given its equal part (Bonferroni), the
            strictest that Holm's procedure can ask.

    Raises:
        InvalidValueError: If a size is below two, the spread is not positive, the power does not
            lie between the doubt and 1, the same people are not as many both times, or a number is
            out of its range.

    Units:
        Those of the spread.

    Source:
        Cohen (1988), chapter 2; the numbers are those of `TTestIndPower` and `TTestPower` of
        statsmodels.

    Examples:
        >>> round(minimum_detectable_change(400, spread=75), 1)  # points of a net score
        14.9
        >>> round(minimum_detectable_change(400, spread=75, correlation=0.6), 1)
        9.4
    """
    other = n_1 if n_2 is None else n_2
    for name, number in (("n_1", n_1), ("n_2", other)):
        if not (_is_finite(number) and number >= 2):
            rule = "must be 2 at least, and finite"
            raise InvalidValueError(name, number, rule, "one answer tells no spread")
    if not (_is_finite(spread) and spread > 0):
        raise InvalidValueError("spread", spread, "must be above 0 and finite")
    check_confidence(confidence)
    if isinstance(comparisons, bool) or not isinstance(comparisons, int) or comparisons < 1:
        raise InvalidValueError("comparisons", comparisons, "must be a whole number of at least 1")
    doubt = (1 - confidence) / comparisons
    if not (_is_finite(power) and doubt < power < 1):
        raise InvalidValueError("power", power, f"must lie between {doubt:.4g} and 1", "write 0.8")
    error = _error(n_1, other, correlation)
    freedom = n_1 + other - 2 if correlation is None else n_1 - 1
    return _errors_apart(freedom, doubt, power) * spread * math.sqrt(error)


def _is_finite(number: object) -> bool:
    return isinstance(number, Real) and not isinstance(number, bool) and math.isfinite(number)


def _errors_apart(freedom: float, doubt: float, power: float) -> float:
    """Return how many standard errors a change must be, to be found with that power."""
    bar = float(stdtrit(freedom, 1 - doubt / 2))

    def lacks(errors: float) -> float:
        # The far side, by its mirror image: the lower tail itself is often not told. Where the
        # image is not told either, the tail is below 1e-17.
        far = 1 - float(nctdtr(freedom, -errors, bar))
        return 1 - float(nctdtr(freedom, errors, bar)) + (far if far == far else 0.0) - power

    most = 2 * bar
    while lacks(most) < 0:
        most *= 2
    return float(brentq(lacks, 0.0, most, xtol=1e-12))


def _error(n_1: float, n_2: float, correlation: float | None) -> float:
    if correlation is None:
        return 1 / n_1 + 1 / n_2
    if not (_is_finite(correlation) and -1 <= correlation < 1):
        raise InvalidValueError("correlation", correlation, "must be from -1 to less than 1")
    if n_1 != n_2:
        raise InvalidValueError("n_2", n_2, f"must be as n_1, {n_1!r}: they are the same people")
    return 2 * (1 - correlation) / n_1
