"""How many to ask, and how sure so many answers make.

Law: a margin of error speaks of chance alone. Who never answers, and why, is not in it.

Source: Cochran, W. G. (1977), "Sampling techniques", third edition, Wiley, chapter 4; Krejcie, R.
V. and Morgan, D. W. (1970), "Determining sample size for research activities", Educational and
Psychological Measurement 30, 607–610; of net scores, Rocks (2016).
"""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import Final, Literal, TypeAlias

from scipy.special import chdtri

from crmkit.errors import InvalidValueError
from crmkit.kernel import did_you_mean
from crmkit.stats.intervals import normal_quantile


Rounding: TypeAlias = Literal["ceil", "krejcie-morgan"]
"""How a sample size becomes a whole number."""

_ROUNDINGS: Final = ("ceil", "krejcie-morgan")


def sample_size(
    population: int | None = None,
    *,
    margin: float = 0.05,
    share: float = 0.5,
    confidence: float = 0.95,
    design_effect: float = 1.0,
    rounding: Rounding = "ceil",
) -> int:
    r"""Return how many answers make the margin of error of a share as small as wished.

    $$n = \frac{D z^2 N p q}{d^2 (N - 1) + D z^2 p q}, \qquad q = 1 - p$$

    which for a population without end is $D z^2 p q / d^2$. It is the number of answers: divide by
    the response rate that you expect to know how many to ask. Without a design effect it assumes a
    simple random sample.

    Args:
        population: How many there are in all; None for very many.
        margin: By how much the share may be off: half the interval, 0.05 for five points.
        share: The share that is expected; 0.5, the worst case, where nothing is known.
        confidence: Share of such intervals that hold the true value.
        design_effect: By what factor clusters or weights widen the variance.
        rounding: "ceil" goes up, so that the margin is kept. "krejcie-morgan" goes to the nearest
            whole number with the chi-square of printed tables, three decimals (3.841 at 95 %), and
            gives their table; its margin may be larger by a hair.

    Raises:
        InvalidValueError: If the population is no whole number of at least 1, the margin, share or
            confidence does not lie between 0 and 1, or the design effect is not above 0.

    Units:
        Answers.

    Source:
        Krejcie and Morgan (1970); with the design effect, Kish (1965).

    Examples:
        >>> sample_size(), sample_size(500), sample_size(500, rounding="krejcie-morgan")
        (385, 218, 217)
        >>> sample_size(500, margin=5)
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: margin is 5: it must lie between 0 and 1; write 0.05
    """
    if rounding not in _ROUNDINGS:
        near = did_you_mean(rounding, _ROUNDINGS)
        rule = f"must be one of {', '.join(_ROUNDINGS)}"
        raise InvalidValueError("rounding", rounding, rule, near)
    whole = _population(population)
    _check_between("margin", margin, "write 0.05")
    spread = _spread(share) * _effect(design_effect)
    squared = normal_quantile(confidence) ** 2
    if rounding == "krejcie-morgan":
        squared = round(float(chdtri(1, 1 - confidence)), 3)
        return math.floor(_size(squared * spread, margin, whole) + 0.5)
    return _up(_size(squared * spread, margin, whole))


def nps_sample_size(
    margin: float,
    *,
    population: int | None = None,
    promoters: float | None = None,
    detractors: float | None = None,
    confidence: float = 0.95,
    design_effect: float = 1.0,
) -> int:
    r"""Return how many answers make the margin of a Net Promoter Score as small as wished.

    One answer counts 1, 0 or −1, with the variance $v = p + d - (p - d)^2$; then
    $n = D z^2 v / m^2$ with the margin $m$ in shares, less for a population that has an end. Where
    nothing is known the worst case is taken, $p = d = 1/2$ and $v = 1$: four times the answers that
    a share needs for the same number of points.

    Args:
        margin: By how many points the score may be off: half the interval.
        population: How many there are in all; None for very many.
        promoters: Their expected share; None, as for `detractors`, for the worst case.
        detractors: Their expected share.
        confidence: Share of such intervals that hold the true value.
        design_effect: By what factor clusters or weights widen the variance.

    Raises:
        InvalidValueError: If the margin does not lie between 0 and 100 points, only one share is
            given, or both together exceed 1 or do not spread.

    Units:
        Answers; the margin in points of −100 to 100.

    Source:
        Rocks (2016), for the variance.

    Examples:
        >>> nps_sample_size(5), nps_sample_size(5, promoters=0.5, detractors=0.2)
        (1537, 938)
    """
    if not (_is_number(margin) and 0 < margin < 100):
        raise InvalidValueError("margin", margin, "must lie between 0 and 100 points")
    variance = _net_spread(promoters, detractors) * _effect(design_effect)
    squared = normal_quantile(confidence) ** 2
    return _up(_size(squared * variance, margin / 100, _population(population)))


def margin_of_error(
    n: int,
    *,
    population: int | None = None,
    share: float = 0.5,
    confidence: float = 0.95,
    design_effect: float = 1.0,
) -> float:
    r"""Return by how much a share may be off by chance: half of its plain interval.

    $$d = z \sqrt{D \frac{p q}{n}} \sqrt{\frac{N - n}{N - 1}}$$

    For planning, and for one number under a whole questionnaire. A share that was found has an
    interval of its own, which need not be symmetric: `crmkit.stats.wilson`.

    Args:
        n: How many answered.
        population: How many there are in all; None for very many.
        share: The share; 0.5 is the worst case.
        confidence: Share of such intervals that hold the true value.
        design_effect: By what factor clusters or weights widen the variance: the `deff` of weights.

    Raises:
        InvalidValueError: If nobody answered, more answered than there are, or a number is out of
            its range.

    Units:
        A share: 0.05 is five points.

    Source:
        Cochran (1977), section 3.6, with N − 1 as in Krejcie and Morgan (1970).

    Examples:
        >>> round(margin_of_error(400), 4), round(margin_of_error(400, population=1000), 4)
        (0.049, 0.038)
    """
    whole = _population(population)
    if not _is_whole(n) or n < 1:
        raise InvalidValueError("n", n, "must be a whole number of at least 1", "nobody answered")
    if whole is not None and n > whole:
        raise InvalidValueError("n", n, f"must not exceed the population, {whole}")
    spread = _spread(share) * _effect(design_effect)
    rest = 1.0 if whole is None else (whole - n) / max(whole - 1, 1)
    return normal_quantile(confidence) * math.sqrt(spread / n * rest)


def _size(spread: float, margin: float, population: int | None) -> float:
    if population is None:
        return spread / margin**2
    return spread * population / (margin**2 * (population - 1) + spread)


def _up(size: float) -> int:
    # 385 that floats make 385.0000000001 is 385.
    return max(math.ceil(size * (1 - 1e-12)), 1)


def _spread(share: float) -> float:
    _check_between("share", share, "write 0.5 where nothing is known")
    return share * (1 - share)


def _net_spread(promoters: float | None, detractors: float | None) -> float:
    if promoters is None and detractors is None:
        return 1.0
    told = (promoters, detractors)
    if promoters is None or detractors is None:
        raise InvalidValueError("promoters, detractors", told, "must be both given, or neither")
    fits = all(_is_number(part) and part >= 0 for part in (promoters, detractors))
    if not fits or promoters + detractors > 1 + 1e-9:
        rule = "must be shares that together do not exceed 1"
        raise InvalidValueError("promoters, detractors", told, rule)
    variance = promoters + detractors - (promoters - detractors) ** 2
    if variance <= 0:
        rule = "must spread: where all answer alike one answer tells it"
        raise InvalidValueError("promoters, detractors", told, rule)
    return variance


def _effect(design_effect: float) -> float:
    if not (_is_number(design_effect) and design_effect > 0):
        raise InvalidValueError("design_effect", design_effect, "must be above 0, and finite")
    return float(design_effect)


def _population(population: int | None) -> int | None:
    if population is None:
        return None
    if not _is_whole(population) or population < 1:
        rule = "must be a whole number of at least 1"
        raise InvalidValueError("population", population, rule, "None stands for very many")
    return int(population)


def _check_between(name: str, value: float, way_out: str) -> None:
    if not (_is_number(value) and 0 < value < 1):
        raise InvalidValueError(name, value, "must lie between 0 and 1", way_out)


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)


def _is_whole(value: object) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)
