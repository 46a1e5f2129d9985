r"""The shape of the curve of loyalty by satisfaction, group by group, and by one family of tests.

Law: a shape is told where a test tells it, never by the eye: the trend is what the upper levels are
above the lower ones, the bend what the outer levels are above those between.

Source: domain fact L5; Jones and Sasser (1995): where customers have a choice only the most
satisfied are loyal, where they have none all but the least satisfied seem so. Interval of a
contrast of shares: Price, R. M. and Bonett, D. G. (2004), "An improved confidence interval for a
linear function of binomial proportions", Computational Statistics & Data Analysis 45(3), 449–456.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import attrs
import numpy as np
from narwhals.stable.v2.typing import IntoFrame

from crmkit.kernel import Estimate, Evidence, Explanation, PValue, Rule, Text
from crmkit.kernel.estimate import check_confidence, doubt_of
from crmkit.loyalty.kinds.loyalty_words import LoyaltyCurve
from crmkit.stats import SmallGroupRule, adjust_for_many
from crmkit.stats.group_columns import By
from crmkit.stats.group_sizes import SMALL_GROUPS
from crmkit.stats.intervals import normal_quantile

from .curves import LEVELS, Level, curves_of
from .respondents import effective


_FEWEST: Final = 3  # levels: of two nobody can say how they bend
_SHAPE: Final = Rule(
    code="loyalty.curve",
    says=Text(
        "curve of loyalty by satisfaction, {group}: {verdict}; from the lower levels to the upper "
        "ones the share of the loyal changes by {trend} ({trend_p}); the outer levels differ from "
        "those between by {bend} ({bend_p}); p-values are adjusted for {family} tests",
        "{group}的满意—忠诚曲线：{verdict}；从低满意层次到高满意层次，忠诚者占比变化{trend}"
        "（{trend_p}）；两端层次与中间层次相差{bend}（{bend_p}）；p值已按{family}次检验校正",
    ),
    source="L5; Jones and Sasser (1995); Price and Bonett (2004); Holm (1979)",
)
_UNKNOWN: Final = Rule(
    code="loyalty.curve.unknown",
    says=Text(
        "curve of loyalty by satisfaction, {group}: {verdict}; levels that can be told: {levels}, "
        f"and it takes {_FEWEST}",
        f"{{group}}的满意—忠诚曲线：{{verdict}}；可公布的层次：{{levels}}个，至少需{_FEWEST}个",
    ),
    source="what is not known is never guessed",
)


@attrs.frozen(kw_only=True)
class CurveShape:
    """How loyalty rises with satisfaction in one group; `curve_shapes` makes it.

    Attributes:
        group: The group, in words; "all" where there are none.
        shape: What the tests tell.
        levels: How many levels were large enough to be told.
        trend: What share of the upper levels is loyal, less that of the lower ones; None where
            fewer than three levels can be told.
        bend: What share of the outer levels is loyal, less that of those between; None likewise.
        trend_p: Adjusted p-value of the trend; None likewise.
        bend_p: Adjusted p-value of the bend; None likewise.
        family: How many tests there were in all groups.
        confidence: Against what confidence all of them are judged together.

    Examples:
        >>> import pandas
        >>> from crmkit.loyalty import curve_shapes
        >>> base = pandas.DataFrame(
        ...     {
        ...         "satisfaction": [10, 50, 90] * 60,
        ...         "loyalty": [10, 10, 90] * 54 + [90, 90, 10] * 6,
        ...     }
        ... )
        >>> (found,) = curve_shapes(base, levels=(0, 33, 66))
        >>> found.shape, round(found.trend, 2), round(found.bend, 2)
        (<LoyaltyCurve.LATE: 'late'>, 0.8, 0.4)
    """

    group: str
    shape: LoyaltyCurve
    levels: int
    trend: Estimate | None
    bend: Estimate | None
    trend_p: float | None
    bend_p: float | None
    family: int
    confidence: float

    def explain(self) -> Explanation[LoyaltyCurve]:
        """Explain the shape."""
        if self.trend is None or self.bend is None:
            return Explanation(
                verdict=self.shape,
                rule=_UNKNOWN,
                evidence=(
                    Evidence("group", self.group),
                    Evidence("levels", self.levels, _FEWEST, met=False),
                ),
                missing=("levels",),
            )
        return Explanation(
            verdict=self.shape,
            rule=_SHAPE,
            evidence=(
                Evidence("group", self.group),
                Evidence("trend", self.trend.value),
                Evidence("bend", self.bend.value),
                self._tested("trend_p", self.trend_p or 0.0),
                self._tested("bend_p", self.bend_p or 0.0),
                Evidence("family", self.family),
            ),
        )

    def _tested(self, name: str, p: float) -> Evidence:
        bar = doubt_of(self.confidence)
        return Evidence(name, PValue(p), bar, p <= bar)


def curve_shapes(
    frame: IntoFrame,
    *,
    satisfaction: str = "satisfaction",
    loyalty: str = "loyalty",
    by: By | None = None,
    levels: Sequence[float] = LEVELS,
    loyal_from: float = 75,
    weights: str | None = None,
    rule: SmallGroupRule = SMALL_GROUPS,
    confidence: float = 0.95,
) -> tuple[CurveShape, ...]:
    r"""Tell the shape of the curve of loyalty by satisfaction of each group.

    Trend and bend are contrasts $\sum c_k p_k$ of the shares at the levels that can be told: the
    orthogonal polynomials of first and second degree of the levels' middles, the positive $c_k$
    summing to 1. Interval and test by
    $\tilde p_k = (x_k + 2/m)/(n_k + 4/m)$ of the m levels, under weights with Kish's effective
    size in the place of $n_k$.

    Args:
        frame: As for `loyalty_curve`.
        satisfaction: As for `loyalty_curve`.
        loyalty: As for `loyalty_curve`.
        by: As for `loyalty_curve`; the tests of all groups are one family.
        levels: As for `loyalty_curve`.
        loyal_from: As for `loyalty_curve`.
        weights: As for `loyalty_curve`.
        rule: Which levels are too small to be told; they are left out.
        confidence: Against what confidence all tests are judged together.

    Returns:
        One per group, in rising order. UNKNOWN where fewer than three levels can be told. FLAT
        where no trend is told; FALLING where it falls; else LATE or EARLY where a bend is told, and
        EVEN where none is.

    Raises:
        InvalidValueError: As `loyalty_curve`.

    Source:
        Jones and Sasser (1995); Price and Bonett (2004); Holm (1979), or Benjamini and Hochberg
        (1995) above twenty.

    Examples:
        >>> import pandas
        >>> scores = {"satisfaction": [10, 50, 90] * 40, "loyalty": [90, 10, 10] * 40}
        >>> curve_shapes(pandas.DataFrame(scores))[0].shape.value
        'falling'
    """
    check_confidence(confidence)
    found = curves_of(frame, (satisfaction, loyalty, weights), by, (levels, loyal_from), rule)
    told = [[one for one in group if one.size.is_shown] for group in found.levels]
    tests = [_contrasts(group, confidence) for group in told]
    family = adjust_for_many([p for pair in tests for _, p in pair])
    adjusted = iter(family.adjusted)
    size = len(found.levels[0]) if found.levels else 1
    return tuple(
        _shape(
            found.sums.name(place * size),
            group,
            pair,
            [next(adjusted) for _ in pair],
            family.size,
            confidence,
        )
        for place, (group, pair) in enumerate(zip(told, tests, strict=True))
    )


def _shape(
    group: str,
    levels: Sequence[Level],
    tests: Sequence[tuple[Estimate, float]],
    adjusted: Sequence[float | None],
    family: int,
    confidence: float,
) -> CurveShape:
    shape = LoyaltyCurve.UNKNOWN
    if tests:
        (trend, _), (bend, _) = tests
        sure = [p is not None and p <= doubt_of(confidence) for p in adjusted]
        shape = _named(trend.value if sure[0] else 0.0, bend.value if sure[1] else 0.0)
    estimates: list[Estimate | None] = [*(one for one, _ in tests)] or [None, None]
    p_values: list[float | None] = [*adjusted] or [None, None]
    return CurveShape(
        group=group,
        shape=shape,
        levels=len(levels),
        trend=estimates[0],
        bend=estimates[1],
        trend_p=p_values[0],
        bend_p=p_values[1],
        family=family,
        confidence=confidence,
    )


def _named(trend: float, bend: float) -> LoyaltyCurve:
    """Return the shape of what was told, 0 being not told."""
    if trend <= 0:
        return LoyaltyCurve.FALLING if trend < 0 else LoyaltyCurve.FLAT
    if not bend:
        return LoyaltyCurve.EVEN
    return LoyaltyCurve.LATE if bend > 0 else LoyaltyCurve.EARLY


def _contrasts(levels: Sequence[Level], confidence: float) -> list[tuple[Estimate, float]]:
    """Return trend and bend with their p-values; none where there are too few levels."""
    if len(levels) < _FEWEST:
        return []
    middles = np.array([((one.first or 0.0) + (one.last or 0.0)) / 2 for one in levels])
    # The columns of Q are orthogonal polynomials; R tells which way they point.
    basis, ways = np.linalg.qr(np.vander(middles - middles.mean(), 3, increasing=True))
    scales = np.sign(np.diag(ways)) * 2 / np.abs(basis).sum(axis=0)
    return [
        contrast(
            (basis[:, degree] * scales[degree]).tolist(),
            [(one.share, effective(one.row)) for one in levels],
            counts=(
                int(sum(one.row["n"] for one in levels)),
                int(sum(one.row["gone"] for one in levels)),
            ),
            confidence=confidence,
        )
        for degree in (1, 2)
    ]


def contrast(
    weights: Sequence[float],
    shares: Sequence[tuple[float, float]],
    *,
    counts: tuple[int, int],
    confidence: float,
) -> tuple[Estimate, float]:
    """Return a linear function of shares with its adjusted Wald interval, and its p-value.

    Args:
        weights: What each share counts for.
        shares: Each share, and of how many.
        counts: Of how many in all, and how many are missing.
        confidence: Share of such intervals that hold the true value.

    Source:
        Price and Bonett (2004): of one share that of Agresti and Coull, of a difference of two that
        of Agresti and Caffo.

    Examples:
        >>> found, p = contrast((1, -1), ((0.5, 8), (0.5, 8)), counts=(16, 0), confidence=0.95)
        >>> round(found.high, 4), p
        (0.4383, 1.0)
    """
    used = len(weights)
    value = math.fsum(weight * share for weight, (share, _) in zip(weights, shares, strict=True))
    told = [((share * n + 2 / used) / (n + 4 / used), n + 4 / used) for share, n in shares]
    middle = math.fsum(weight * share for weight, (share, _) in zip(weights, told, strict=True))
    parts = zip(weights, told, strict=True)
    error = math.sqrt(math.fsum(c**2 * share * (1 - share) / n for c, (share, n) in parts))
    reach = normal_quantile(confidence) * error
    estimate = Estimate(
        value,
        middle - reach,
        middle + reach,
        confidence=confidence,
        n=counts[0],
        n_missing=counts[1],
        method="adjusted-wald",
    )
    return estimate, math.erfc(abs(middle) / error / math.sqrt(2))
