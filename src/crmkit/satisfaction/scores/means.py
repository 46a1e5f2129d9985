"""Means of one question: satisfaction rescaled to 0 to 100, and customer effort.

Law: a mean says nothing of how many are satisfied; its name says so, and that share has a name of
its own, `top_box`. Whether a high answer is a good one is said, never guessed.

Source: Dixon, Freeman and Toman, "Stop trying to delight your customers", Harvard Business Review,
July–August 2010, for effort; Student (1908) and Binder (1983) for the intervals, as of
`crmkit.stats`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, overload

import attrs
from narwhals.stable.v2.typing import IntoFrame, IntoFrameT

from crmkit.errors import InvalidValueError
from crmkit.kernel import Estimate, Labelled
from crmkit.kernel.frames import Values
from crmkit.satisfaction.surveys import Scale
from crmkit.satisfaction.surveys.scale import check_scale
from crmkit.stats import Histogram, SmallGroupRule, weighted_share
from crmkit.stats.group_columns import By
from crmkit.stats.group_sizes import SMALL_GROUPS
from crmkit.stats.weighted import linearised, warn_of_weak

from .one_question import Asked, by_group


_SATISFIED: Final = "satisfied"
_EFFORT: Final = "effort"


class EffortDirection(Labelled):
    """What a high answer to a question on effort means."""

    HIGH_IS_EASY = "high_is_easy", "A high answer means little effort", "高分表示省力"
    LOW_IS_EASY = "low_is_easy", "A low answer means little effort", "低分表示省力"


@overload
def rescaled_mean(
    scores: Values | IntoFrame,
    *,
    scale: Scale,
    weights: Values | str | None = None,
    satisfied: str = "satisfied",
    by: None = None,
    rule: SmallGroupRule = SMALL_GROUPS,
    confidence: float = 0.95,
) -> Estimate: ...


@overload
def rescaled_mean(
    scores: IntoFrameT,
    *,
    scale: Scale,
    weights: str | None = None,
    satisfied: str = "satisfied",
    by: By,
    rule: SmallGroupRule = SMALL_GROUPS,
    confidence: float = 0.95,
) -> IntoFrameT: ...


def rescaled_mean(
    scores: Values | IntoFrame,
    *,
    scale: Scale,
    weights: Values | str | None = None,
    satisfied: str = _SATISFIED,
    by: By | None = None,
    rule: SmallGroupRule = SMALL_GROUPS,
    confidence: float = 0.95,
) -> Estimate | IntoFrame:
    """Estimate the mean answer, stretched to 0 at the low end and 100 at the high: CSAT as a mean.

    100 (mean − low) / (high − low).

    Args:
        scores: Whole numbers of the scale, in one dimension; or a frame that has them in a column:
            pandas, polars (eager or lazy), DuckDB, PySpark. None and NaN are counted as missing. A
            lazy frame is asked one aggregate query.
        scale: On what the answers are given.
        weights: One per score, none negative; of a frame, the name of their column; None weighs
            all alike.
        satisfied: Name of the column of scores, where there is a frame.
        by: Name or names of columns whose values make groups; None for all together.
        rule: Which groups are too small to be told.
        confidence: Share of such intervals that hold the true value.

    Returns:
        The mean with Student's interval, linearised where there are weights, cut at 0 and 100. With
        `by` the same kind of frame, one row a group in rising order: the columns of `by`, then
        `value`, `low`, `high`, `n`, `n_missing`, `method` and `group_size`; a group in which fewer
        than two answered has no value.

    Raises:
        InvalidValueError: If an answer is off the scale, with its row; if fewer than two answered;
            if weights or columns do not fit.

    Warns:
        AssumptionWarning: If all answers are alike, so that the interval has no width; or if few
            of many weigh anything, as of `crmkit.stats.weighted_mean`. With `by` it names the
            group.

    Units:
        0 (all answers at the low end) to 100 (all at the high end).

    Source:
        Student (1908); Binder (1983) for weights.

    Examples:
        >>> from crmkit.satisfaction import LIKERT5
        >>> print(rescaled_mean([5, 4, 4, 3, 1, None], scale=LIKERT5))
        60 (95 % interval 12.92 to 100, n = 5, 1 missing, student-t)
    """
    check_scale(scale)

    def measure(told: Histogram, where: str) -> Estimate:
        return _mean(told, scale.rescale, Scale(0, 100), confidence, where)

    asked = Asked(scores, weights, satisfied, _SATISFIED, scale)
    return asked.whole(measure) if by is None else by_group(asked, by, measure, rule, least=2)


@overload
def ces(
    scores: Values | IntoFrame,
    *,
    scale: Scale,
    direction: EffortDirection | str,
    k: int | None = None,
    weights: Values | str | None = None,
    effort: str = "effort",
    by: None = None,
    rule: SmallGroupRule = SMALL_GROUPS,
    confidence: float = 0.95,
) -> Estimate: ...


@overload
def ces(
    scores: IntoFrameT,
    *,
    scale: Scale,
    direction: EffortDirection | str,
    k: int | None = None,
    weights: str | None = None,
    effort: str = "effort",
    by: By,
    rule: SmallGroupRule = SMALL_GROUPS,
    confidence: float = 0.95,
) -> IntoFrameT: ...


def ces(
    scores: Values | IntoFrame,
    *,
    scale: Scale,
    direction: EffortDirection | str,
    k: int | None = None,
    weights: Values | str | None = None,
    effort: str = _EFFORT,
    by: By | None = None,
    rule: SmallGroupRule = SMALL_GROUPS,
    confidence: float = 0.95,
) -> Estimate | IntoFrame:
    """Estimate the Customer Effort Score: the mean, or the share who found it easy.

    The first question of 2010, "how much effort did you personally have to put forth", is answered
    from 1 (very low) to 5 (very high); the second, "the company made it easy", from 1 to 7
    (strongly agree). Results of both are told one way: a higher score means less effort. So the
    mean of a scale on which a low answer is easy is that of low + high − x.

    Args:
        scores: As of `rescaled_mean`.
        scale: On what the answers are given.
        direction: What a high answer means: "high_is_easy" or "low_is_easy". There is no default,
            for the two questions in use differ.
        k: How many boxes at the easy end count as easy; None for the mean.
        weights: As of `rescaled_mean`.
        effort: Name of the column of scores, where there is a frame.
        by: Name or names of columns whose values make groups; None for all together.
        rule: Which groups are too small to be told.
        confidence: Share of such intervals that hold the true value.

    Returns:
        The mean with Student's interval, cut at the ends of the scale; or the share with Wilson's.
        Else as `rescaled_mean`.

    Raises:
        InvalidValueError: As `rescaled_mean`, or if `k` leaves no box outside.

    Warns:
        AssumptionWarning: As `rescaled_mean`, of the mean.

    Units:
        Points of the scale, the easy end high; with `k` a share, 0 to 1.

    Source:
        Dixon, Freeman and Toman (2010); CEB, "Customer Effort Score 2.0" (2013).

    Examples:
        >>> from crmkit.satisfaction import LIKERT5, LIKERT7
        >>> print(ces([7, 6, 6, 5, 2], scale=LIKERT7, direction="high_is_easy"))
        5.2 (95 % interval 2.812 to 7, n = 5, student-t)
        >>> print(ces([7, 6, 6, 5, 2], scale=LIKERT7, direction="high_is_easy", k=3))
        0.8 (95 % interval 0.3755 to 0.9638, n = 5, easiest 3 of 7, wilson)
        >>> float(ces([1, 2, 2, 5], scale=LIKERT5, direction="low_is_easy"))
        3.5
    """
    check_scale(scale)
    turned = EffortDirection.of(direction, "direction") is EffortDirection.LOW_IS_EASY
    if k is not None and (type(k) is not int or not 1 <= k < scale.points):
        rule_ = f"must be a whole number from 1 to {scale.points - 1}"
        raise InvalidValueError("k", k, rule_, "leave it out for the mean")

    def ease(score: float) -> float:
        return scale.reversed(score) if turned else score

    def measure(told: Histogram, where: str) -> Estimate:
        if k is None:
            return _mean(told, ease, scale, confidence, where)
        easy = told.recode(lambda score: float(ease(score) > scale.high - k))
        share = weighted_share(easy, confidence=confidence)
        return attrs.evolve(share, method=f"easiest {k} of {scale.points}, {share.method}")

    asked = Asked(scores, weights, effort, _EFFORT, scale)
    least = 2 if k is None else 1
    return asked.whole(measure) if by is None else by_group(asked, by, measure, rule, least=least)


def _mean(
    told: Histogram, worth: Callable[[float], float], ends: Scale, confidence: float, where: str
) -> Estimate:
    """Estimate the mean of what answers are worth, cut at the ends of that scale."""
    mean = linearised(told.recode(worth), confidence=confidence)
    warn_of_weak(told, what=f"answers{where}")
    return attrs.evolve(mean, low=max(mean.low, ends.low), high=min(mean.high, ends.high))
