"""The satisfaction index of the ACSI and the ECSI: weighted means of a few items, 0 to 100.

Law: weights are those of the raw answers. Weights that a model found for standardised answers are
divided by the items' spreads first; forgetting that shifts the index and shows nowhere.

Source: Fornell, C. and others (1996), "The American customer satisfaction index: nature, purpose,
and findings", Journal of Marketing 60(4), 7–18.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import cast, overload

import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrame, IntoFrameT

from crmkit.errors import InvalidValueError
from crmkit.kernel import Estimate
from crmkit.kernel.frames import ColumnKind, Eager, Flaw, Lazy, Words, empty, find_flaws, frame_of
from crmkit.satisfaction.surveys import TEN_POINT, Scale
from crmkit.satisfaction.surveys.scale import check_scale
from crmkit.stats import GroupSize, SmallGroupRule
from crmkit.stats.group_columns import By, check_by
from crmkit.stats.group_sizes import SMALL_GROUPS, strictest
from crmkit.stats.intervals import cut_to, student_quantile
from crmkit.stats.no_width import ROUNDING, warn_of_no_width
from crmkit.stats.row_blocks import blocks
from crmkit.stats.small_groups import guard_people
from crmkit.stats.weighted import warn_if_few_weigh

from .answer_columns import known, no_answer_of
from .answer_lines import weight_flaw
from .grouping import grouped
from .index_sums import BLOCK, IndexSums, add_up
from .one_question import ESTIMATED, check_anybody, estimated, totals_of, whose_of
from .question import NOT_ALL_0


@overload
def acsi(
    answers: IntoFrame,
    *,
    item_weights: Mapping[str, float],
    scale: Scale = TEN_POINT,
    weights: str | None = None,
    by: None = None,
    rule: SmallGroupRule = SMALL_GROUPS,
    confidence: float = 0.95,
) -> Estimate: ...


@overload
def acsi(
    answers: IntoFrameT,
    *,
    item_weights: Mapping[str, float],
    scale: Scale = TEN_POINT,
    weights: str | None = None,
    by: By,
    rule: SmallGroupRule = SMALL_GROUPS,
    confidence: float = 0.95,
) -> IntoFrameT: ...


def acsi(
    answers: IntoFrame,
    *,
    item_weights: Mapping[str, float],
    scale: Scale = TEN_POINT,
    weights: str | None = None,
    by: By | None = None,
    rule: SmallGroupRule = SMALL_GROUPS,
    confidence: float = 0.95,
) -> Estimate | IntoFrame:
    r"""Estimate a satisfaction index: weighted means of items, stretched to 0 to 100.

    $$100 \, \frac{\sum v_i (\bar x_i - \mathrm{lo})}{(\mathrm{hi} - \mathrm{lo}) \sum v_i}$$

    Each mean is of those who answered that item, weighted by $w_r$ where there are weights. The
    interval is linearised: with $z_r = w_r \sum_i c_i (x_{ri} - \bar x_i) / W_i$ over the items
    that respondent r answered, $c_i$ the weight of the item in the index and $W_i$ the sum of
    weights of those who answered it, the variance is $\frac{n}{n - 1} \sum z_r^2$. Where everybody
    answered everything and weighs alike that is Student's interval of their own indices.

    Args:
        answers: One row per respondent, with a column for each item: pandas, polars (eager or
            lazy), DuckDB, PySpark. Empty cells and NaN are missing. A lazy frame is asked two
            aggregate queries; of a frame that holds its rows one block is worked on at a time.
        item_weights: By item, above 0, for raw answers; see `unstandardised`.
        scale: On what all of them are given.
        weights: Name of the column of respondents' weights, none negative; None weighs all alike.
            Who has 0 stands for nobody.
        by: Name or names of columns whose values make groups; None for all together.
        rule: Which groups are too small to be told: each by those who answered the item that the
            fewest answered.
        confidence: Share of such intervals that hold the true value.

    Returns:
        The index; `n` is how many answered at least one item, `n_missing` how many none. With `by`
        the same kind of frame, one row a group in rising order: the columns of `by`, then `value`,
        `low`, `high`, `n`, `n_missing`, `method` and `group_size`, which says why a group has no
        value; it has none either where nobody of it answered one of the items.

    Raises:
        InvalidValueError: If an answer is off the scale, the weight of an item is not above 0, a
            respondent's is none, an item was answered by nobody, a column is missing or of another
            kind, or fewer than two answered.

    Warns:
        AssumptionWarning: If all answers to each item are alike, so that the interval has no width;
            or if few of many weigh anything, as of `crmkit.stats.weighted_mean`. With `by` it names
            the group.

    Units:
        0 to 100.

    Source:
        Fornell and others (1996).

    Examples:
        >>> import pandas
        >>> answers = pandas.DataFrame({"S": [8, 8], "E": [7, 8], "P": [7, 7]})
        >>> ohio = {"S": 0.3885, "E": 0.3190, "P": 0.2925}
        >>> round(acsi(answers, item_weights=ohio), 4)
        72.7556
    """
    check_scale(scale)
    if not (weights is None or isinstance(weights, str)):
        kind, rule_ = Words(f"of type {type(weights).__name__}"), "must name a column of answers"
        raise InvalidValueError("weights", kind, rule_, "those of items are item_weights")
    frame = _items(answers, item_weights, weights)
    names = () if by is None else check_by(frame, by, ESTIMATED)
    flaws = [no_answer_of(scale, item) for item in item_weights]
    flaws += [] if weights is None else [weight_flaw(weights)]
    flaws += [empty(name) for name in names]
    columns = [*item_weights, *names, *filter(None, [weights])]
    picked = frame.select(*dict.fromkeys(columns))
    _check(picked, flaws)
    groups, sums = add_up(picked, list(item_weights), scale.midpoint, weights, names)
    if by is None:
        return _whole(sums, item_weights, scale, weights, confidence)
    check_anybody("answers", int(sums.n.sum() + sums.weightless.sum()))
    sizes = _sizes(sums, totals_of(groups.keys), rule)
    told = [
        _index(sums, place, item_weights, scale, confidence, whose)
        if size.is_shown and sums.size(place) > 1
        else None
        for place, (size, whose) in enumerate(zip(sizes, whose_of(groups.keys), strict=True))
    ]
    n, missing = sums.n.tolist(), (sums.rows - sums.n).tolist()
    return grouped(groups.keys, estimated(told, n, missing, sizes), answers)


def unstandardised(item_weights: Mapping[str, float], answers: IntoFrame) -> dict[str, float]:
    """Return weights for raw answers from weights for standardised ones: each over its spread.

    Args:
        item_weights: By item, as a model prints them that standardised the items first (PLS outer
            weights).
        answers: The frame that the model was fitted on.

    Raises:
        InvalidValueError: If a weight is not above 0, a column is missing, or all answers to an
            item are alike.

    Units:
        Per point of the scale; only proportions matter.

    Source:
        Fornell and others (1996); standard deviations with n − 1.

    Examples:
        >>> import pandas
        >>> answers = pandas.DataFrame({"a": [1, 5, 9], "b": [4, 5, 6]})
        >>> unstandardised({"a": 0.5, "b": 0.5}, answers)
        {'a': 0.125, 'b': 0.5}
    """
    frame = _items(answers, item_weights).select(*item_weights)
    facts = {f"spread {place}": known(item).std(ddof=1) for place, item in enumerate(item_weights)}
    asked = frame.select(**facts)
    row = (asked.collect() if isinstance(asked, nw.LazyFrame) else asked).row(0)
    made = {}
    for (item, weight), spread in zip(item_weights.items(), map(_number, row), strict=True):
        if not spread > 0:
            rule = "must not be answered alike by all"
            raise InvalidValueError(item, spread, rule, "its weight has no scale")
        made[item] = weight / spread
    return made


def _check(frame: Eager | Lazy, flaws: Sequence[Flaw]) -> None:
    """Refuse bad answers; of a frame that holds its rows one block is looked at at a time."""
    if isinstance(frame, nw.LazyFrame):
        find_flaws(frame, flaws)
        return
    for rows in blocks(len(frame), at_least=BLOCK):
        try:
            find_flaws(frame[rows], flaws)
        except InvalidValueError:
            # By the rows of the whole, which the caller knows.
            find_flaws(frame, flaws)


def _whole(
    sums: IndexSums,
    item_weights: Mapping[str, float],
    scale: Scale,
    weights: str | None,
    confidence: float,
) -> Estimate:
    n = int(sums.n[0])
    if weights is not None and sums.weightless[0] and not n:
        raise InvalidValueError(weights, Words("0"), NOT_ALL_0)
    for item, total in zip(item_weights, sums.w[0], strict=True):
        if not total:
            raise InvalidValueError(item, None, "must be answered by somebody", "leave it out")
    if n < 2:
        raise InvalidValueError("answers", n, "must be of two respondents at least")
    if not sums.size(0) > 1:
        way_out = "one respondent has all the weight, and tells no spread"
        raise InvalidValueError("effective_n", sums.size(0), "must be above 1", way_out)
    return _index(sums, 0, item_weights, scale, confidence, "")


def _sizes(sums: IndexSums, totals: list[list[Hashable]], rule: SmallGroupRule) -> list[GroupSize]:
    """Return the strictest of what each item says of each group."""
    each = [guard_people(people, totals, rule) for people in sums.people()]
    weightless = (sums.n == 0) & (sums.weightless > 0)
    return [
        GroupSize.WEIGHTLESS if stands_for_nobody else strictest(own)
        for own, stands_for_nobody in zip(zip(*each, strict=True), weightless, strict=True)
    ]


def _index(
    sums: IndexSums,
    group: int,
    item_weights: Mapping[str, float],
    scale: Scale,
    confidence: float,
    whose: str,
) -> Estimate:
    """Estimate the index of one group, in which each item was answered."""
    n, told = int(sums.n[group]), np.array(list(item_weights.values()), dtype=np.float64)
    per_point = 100 * told / told.sum() / (scale.high - scale.low)
    means = sums.t[group] / sums.w[group]
    index = float(np.dot(per_point, means + scale.midpoint - scale.low))
    reaches = per_point / sums.w[group]
    cross = means * sums.tm[group]
    parts = (sums.tt[group], -cross, -cross.T, np.outer(means, means) * sums.mm[group])
    spread = float(reaches @ sum(parts) @ reaches)
    # Answers that are all alike leave nothing but the rounding of the sums.
    rounding = ROUNDING * float(reaches @ sum(map(np.abs, parts)) @ reaches)
    spread = spread if spread > rounding else 0.0
    if not spread:
        warn_of_no_width(f"all {n} respondents{whose} answered alike")
    warn_if_few_weigh(n, sums.size(group), what=f"respondents{whose}")
    reach = student_quantile(confidence, n - 1) * math.sqrt(n / (n - 1) * spread)
    estimate = Estimate(
        index,
        index - reach,
        index + reach,
        confidence=confidence,
        n=n,
        n_missing=int(sums.rows[group]) - n,
        method="linearised",
    )
    return cut_to(estimate, 0, 100)


def _items(
    answers: IntoFrame, item_weights: Mapping[str, float], weights: str | None = None
) -> Eager | Lazy:
    if not item_weights:
        rule = "must name one item at least"
        raise InvalidValueError("item_weights", dict(item_weights), rule)
    for item, weight in item_weights.items():
        if type(weight) not in (int, float) or not (math.isfinite(weight) and weight > 0):
            rule, way_out = "must be a number above 0", "an index needs positive weights"
            raise InvalidValueError(f"item_weights[{item!r}]", weight, rule, way_out)
    columns = dict.fromkeys([*item_weights, *filter(None, [weights])], ColumnKind.NUMBER)
    return frame_of(answers, "answers", columns)


def _number(value: object) -> float:
    return float("nan") if value is None else float(cast("float", value))
