r"""A tie of satisfaction and loyalty from sums of a base, under weights by its effective size.

Law: sums are those of scores less the middle of the scale; what their rounding leaves of scores
that are all alike is no spread, and what it leaves of scores that lie on one line is no error.
Weights that are equal change nothing.

Source: Fisher, R. A. (1921), "On the probable error of a coefficient of correlation", Metron 1,
3–32; effective size: Kish, L. (1965), "Survey sampling", section 11.7.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import narwhals.stable.v2 as nw

from crmkit.kernel import Estimate
from crmkit.kernel.customer_rows import unfit_if_given
from crmkit.kernel.frames import Eager, Lazy
from crmkit.stats.intervals import normal_quantile, student_quantile
from crmkit.stats.no_width import ROUNDING

from .group_sums import MIDDLE, GroupSums, Sums, group_sums
from .respondents import ALIKE, Respondents, effective
from .tie_findings import SatisfactionTie


FEWEST: Final = 4  # answers, for Fisher's interval


def tie_sums(
    asked: Eager | Lazy,
    by: Sequence[str],
    satisfaction: str,
    loyalty: str,
    weights: str | None,
) -> GroupSums:
    """Add up both scores of each group, their squares and products.

    Raises:
        InvalidValueError: If a score is no number from 0 to 100, a weight is none, or a row is in
            no group.
    """
    x, y = (nw.col(name).cast(nw.Float64) - MIDDLE for name in (satisfaction, loyalty))
    there = ~nw.col(satisfaction).is_null() & ~nw.col(loyalty).is_null()
    rule = "must be a number from 0 to 100, or empty"
    respondents = Respondents.weighing(weights)
    flaws = [
        flaw for name in (satisfaction, loyalty) for flaw in unfit_if_given(name, 0, 100, rule)
    ]
    parts = {"x": x, "y": y, "xx": x * x, "xy": x * y, "yy": y * y}
    weighed = {name: respondents.weight * part for name, part in parts.items()}
    return group_sums(asked, by, [*flaws, *respondents.flaws], respondents.sums(there, weighed))


def tie_of(row: Sums, confidence: float) -> SatisfactionTie | None:
    """Return the tie that sums tell; None where there are fewer than four, or no spread."""
    size = effective(row)
    if not size >= FEWEST:
        return None
    weight = row["w"]
    xx, yy = (row[f"{one}{one}"] - row[one] ** 2 / weight for one in "xy")
    # Relative to what was added up, whatever the weights add up to.
    if any(left <= 1e-9 * (weight + row[f"{one}{one}"]) for left, one in ((xx, "x"), (yy, "y"))):
        return None
    xy = row["xy"] - row["x"] * row["y"] / weight
    r, left = xy / math.sqrt(xx * yy), max(yy - xy * xy / xx, 0.0)
    if _lie_on_a_line(row, xx, xy, yy):
        r, left = math.copysign(1.0, xy), 0.0
    counts = (int(row["n"]), int(row["gone"]))
    return SatisfactionTie(
        correlation=_correlation(r, size, counts, confidence),
        slope=_slope((xx, xy, left), size, counts, confidence),
        effective_n=size,
    )


def _lie_on_a_line(row: Sums, xx: float, xy: float, yy: float) -> bool:
    """Tell whether the line leaves no error of either score but the rounding of its sums."""
    return any(
        one - xy * xy / other <= ROUNDING * (row["w"] + row[name])
        for one, other, name in ((yy, xx, "yy"), (xx, yy, "xx"))
    )


def _correlation(told: float, size: float, counts: tuple[int, int], confidence: float) -> Estimate:
    r, (n, missing) = min(max(told, -1.0), 1.0), counts
    reach = normal_quantile(confidence) / math.sqrt(size - 3)
    z = math.atanh(r) if abs(r) < 1 else math.copysign(math.inf, r)
    return Estimate(
        r,
        math.tanh(z - reach),
        math.tanh(z + reach),
        confidence=confidence,
        n=n,
        n_missing=missing,
        method=_method("fisher-z", size, n),
    )


def _slope(
    spread: tuple[float, float, float], size: float, counts: tuple[int, int], confidence: float
) -> Estimate:
    xx, xy, left = spread
    slope, (n, missing) = xy / xx, counts
    error = math.sqrt(left / (size - 2) / xx)
    reach = student_quantile(confidence, size - 2) * error
    return Estimate(
        slope,
        slope - reach,
        slope + reach,
        confidence=confidence,
        n=n,
        n_missing=missing,
        method=_method("least squares", size, n),
    )


def _method(name: str, size: float, n: int) -> str:
    return name if abs(n / size - 1) <= ALIKE else f"{name}, effective n"
