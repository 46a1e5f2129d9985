"""Top box, bottom box and net box: what share is satisfied, what share is not, and the difference.

Law: "satisfied" is a share of those who answered; it says nothing of the mean, and two groups may
differ in the one and not in the other. Which boxes count is part of the number's name.

Source: Wilson (1927) and Rocks (2016) for the intervals, as of `crmkit.stats`.
"""

from __future__ import annotations

from typing import Final, overload

import attrs
from narwhals.stable.v2.typing import IntoFrame, IntoFrameT

from crmkit.errors import InvalidValueError
from crmkit.kernel import Estimate
from crmkit.kernel.frames import Values
from crmkit.satisfaction.surveys import Scale
from crmkit.satisfaction.surveys.scale import check_scale
from crmkit.stats import Histogram, SmallGroupRule, weighted_net_score, weighted_share
from crmkit.stats.group_columns import By
from crmkit.stats.group_sizes import SMALL_GROUPS
from crmkit.stats.no_width import warn_if_alone

from .one_question import Asked, Measure, by_group


_SATISFIED: Final = "satisfied"


@overload
def top_box(
    scores: Values | IntoFrame,
    *,
    scale: Scale,
    k: int = 2,
    weights: Values | str | None = None,
    satisfied: str = "satisfied",
    by: None = None,
    rule: SmallGroupRule = SMALL_GROUPS,
    confidence: float = 0.95,
) -> Estimate: ...


@overload
def top_box(
    scores: IntoFrameT,
    *,
    scale: Scale,
    k: int = 2,
    weights: str | None = None,
    satisfied: str = "satisfied",
    by: By,
    rule: SmallGroupRule = SMALL_GROUPS,
    confidence: float = 0.95,
) -> IntoFrameT: ...


def top_box(
    scores: Values | IntoFrame,
    *,
    scale: Scale,
    k: int = 2,
    weights: Values | str | None = None,
    satisfied: str = _SATISFIED,
    by: By | None = None,
    rule: SmallGroupRule = SMALL_GROUPS,
    confidence: float = 0.95,
) -> Estimate | IntoFrame:
    """Estimate the share of answers in the k highest boxes of a scale: CSAT as a share.

    Args:
        scores: Whole numbers of the scale, in one dimension; or a frame that has them in a column:
            pandas, polars (eager or lazy), DuckDB, PySpark. None and NaN are counted as missing. A
            lazy frame is asked one aggregate query.
        scale: On what the answers are given.
        k: How many boxes, from the highest down.
        weights: One per score, none negative; of a frame, the name of their column; None weighs
            all alike.
        satisfied: Name of the column of scores, where there is a frame.
        by: Name or names of columns whose values make groups; None for all together.
        rule: Which groups are too small to be told.
        confidence: Share of such intervals that hold the true value.

    Returns:
        The share with Wilson's interval, with Kish's effective n where there are weights. With `by`
        the same kind of frame, one row a group in rising order: the columns of `by`, then `value`,
        `low`, `high`, `n`, `n_missing`, `method`, and `group_size`, which says why a small group
        has no value.

    Raises:
        InvalidValueError: If an answer is off the scale, with its row; if nobody answered; if `k`
            leaves no box outside; if weights or columns do not fit.

    Warns:
        AssumptionWarning: If one person alone answered; with `by` it names the group.

    Units:
        A share: 0 to 1.

    Source:
        Wilson (1927); Kish (1965) for weights.

    Examples:
        >>> from crmkit.satisfaction import LIKERT5
        >>> print(top_box([5, 4, 4, 3, 1, None], scale=LIKERT5))
        0.6 (95 % interval 0.2307 to 0.8824, n = 5, 1 missing, top 2 of 5, wilson)
        >>> print(top_box([5, 4, 4, 3, 1, None], scale=LIKERT5, k=1))
        0.2 (95 % interval 0.03622 to 0.6245, n = 5, 1 missing, top 1 of 5, wilson)
    """
    _check(scale, k, k)

    def measure(told: Histogram, where: str) -> Estimate:
        warn_if_alone(told.n, where=where)
        inside = told.recode(lambda score: float(score > scale.high - k))
        return _named(weighted_share(inside, confidence=confidence), f"top {k} of {scale.points}")

    return _estimated(Asked(scores, weights, satisfied, _SATISFIED, scale), by, measure, rule)


@overload
def bottom_box(
    scores: Values | IntoFrame,
    *,
    scale: Scale,
    k: int = 2,
    weights: Values | str | None = None,
    satisfied: str = "satisfied",
    by: None = None,
    rule: SmallGroupRule = SMALL_GROUPS,
    confidence: float = 0.95,
) -> Estimate: ...


@overload
def bottom_box(
    scores: IntoFrameT,
    *,
    scale: Scale,
    k: int = 2,
    weights: str | None = None,
    satisfied: str = "satisfied",
    by: By,
    rule: SmallGroupRule = SMALL_GROUPS,
    confidence: float = 0.95,
) -> IntoFrameT: ...


def bottom_box(
    scores: Values | IntoFrame,
    *,
    scale: Scale,
    k: int = 2,
    weights: Values | str | None = None,
    satisfied: str = _SATISFIED,
    by: By | None = None,
    rule: SmallGroupRule = SMALL_GROUPS,
    confidence: float = 0.95,
) -> Estimate | IntoFrame:
    """Estimate the share of answers in the k lowest boxes of a scale.

    Args:
        scores: As of `top_box`.
        scale: On what the answers are given.
        k: How many boxes, from the lowest up.
        weights: As of `top_box`.
        satisfied: Name of the column of scores, where there is a frame.
        by: Name or names of columns whose values make groups; None for all together.
        rule: Which groups are too small to be told.
        confidence: Share of such intervals that hold the true value.

    Returns:
        As `top_box`.

    Raises:
        InvalidValueError: As `top_box`.

    Warns:
        AssumptionWarning: If one person alone answered; with `by` it names the group.

    Units:
        A share: 0 to 1.

    Examples:
        >>> from crmkit.satisfaction import LIKERT5
        >>> print(bottom_box([5, 4, 4, 3, 1, None], scale=LIKERT5))
        0.2 (95 % interval 0.03622 to 0.6245, n = 5, 1 missing, bottom 2 of 5, wilson)
    """
    _check(scale, k, k)

    def measure(told: Histogram, where: str) -> Estimate:
        warn_if_alone(told.n, where=where)
        inside = told.recode(lambda score: float(score < scale.low + k))
        name = f"bottom {k} of {scale.points}"
        return _named(weighted_share(inside, confidence=confidence), name)

    return _estimated(Asked(scores, weights, satisfied, _SATISFIED, scale), by, measure, rule)


@overload
def net_box(
    scores: Values | IntoFrame,
    *,
    scale: Scale,
    k: int = 2,
    weights: Values | str | None = None,
    satisfied: str = "satisfied",
    by: None = None,
    rule: SmallGroupRule = SMALL_GROUPS,
    confidence: float = 0.95,
) -> Estimate: ...


@overload
def net_box(
    scores: IntoFrameT,
    *,
    scale: Scale,
    k: int = 2,
    weights: str | None = None,
    satisfied: str = "satisfied",
    by: By,
    rule: SmallGroupRule = SMALL_GROUPS,
    confidence: float = 0.95,
) -> IntoFrameT: ...


def net_box(
    scores: Values | IntoFrame,
    *,
    scale: Scale,
    k: int = 2,
    weights: Values | str | None = None,
    satisfied: str = _SATISFIED,
    by: By | None = None,
    rule: SmallGroupRule = SMALL_GROUPS,
    confidence: float = 0.95,
) -> Estimate | IntoFrame:
    """Estimate the share in the k highest boxes less the share in the k lowest.

    Args:
        scores: As of `top_box`.
        scale: On what the answers are given.
        k: How many boxes at each end; at least one answer must lie between them or none at all,
            but never in both.
        weights: As of `top_box`.
        satisfied: Name of the column of scores, where there is a frame.
        by: Name or names of columns whose values make groups; None for all together.
        rule: Which groups are too small to be told.
        confidence: Share of such intervals that hold the true value.

    Returns:
        The difference with the adjusted Wald interval, centred on the adjusted value; else as
        `top_box`.

    Raises:
        InvalidValueError: As `top_box`, or if the boxes of both ends meet.

    Warns:
        AssumptionWarning: If one person alone answered; with `by` it names the group.

    Units:
        A difference of shares: −1 to 1.

    Source:
        Rocks (2016), as of `crmkit.stats.adjusted_wald`, over 100.

    Examples:
        >>> from crmkit.satisfaction import LIKERT5
        >>> print(net_box([5, 4, 4, 3, 1, None], scale=LIKERT5))
        0.4 (95 % interval -0.2978 to 0.7978, n = 5, 1 missing, net 2 of 5, adjusted-wald)
    """
    _check(scale, k, 2 * k)

    def side(score: float) -> float:
        return float(score > scale.high - k) - float(score < scale.low + k)

    def measure(told: Histogram, where: str) -> Estimate:
        warn_if_alone(told.n, where=where)
        points = weighted_net_score(told.recode(side), confidence=confidence)
        shares = (points.value / 100, points.low / 100, points.high / 100)
        value, low, high = shares
        net = attrs.evolve(points, value=value, low=low, high=high)
        return _named(net, f"net {k} of {scale.points}")

    return _estimated(Asked(scores, weights, satisfied, _SATISFIED, scale), by, measure, rule)


def _estimated(
    asked: Asked, by: By | None, measure: Measure, rule: SmallGroupRule
) -> Estimate | IntoFrame:
    if by is None:
        return asked.whole(measure)
    return by_group(asked, by, measure, rule, least=1)


def _named(told: Estimate, name: str) -> Estimate:
    return attrs.evolve(told, method=f"{name}, {told.method}")


def _check(scale: Scale, k: int, taken: int) -> None:
    check_scale(scale)
    if type(k) is not int or k < 1 or taken > scale.points - (taken == k):
        rule = f"must be a whole number of at least 1 that parts the scale from {scale}"
        raise InvalidValueError("k", k, rule)
