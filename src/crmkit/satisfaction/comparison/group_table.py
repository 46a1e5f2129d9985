"""Segments or periods compared pair by pair, in one table that knows how many comparisons it makes.

Law: one call is one family: p-values are adjusted for all comparisons of the table. A group that is
too small is neither shown nor tested.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise
from typing import Final, Literal, TypeAlias

import attrs
import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from crmkit.errors import InvalidValueError
from crmkit.satisfaction.scores import Metric
from crmkit.satisfaction.scores.grouping import Column, grouped
from crmkit.satisfaction.scores.tallying import Tally, count_by
from crmkit.stats import (
    AdjustedPValues,
    Comparison,
    GroupSize,
    Histogram,
    SmallGroupRule,
    adjust_for_many,
)
from crmkit.stats.group_sizes import SMALL_GROUPS, strictest
from crmkit.stats.small_groups import guard_histograms


Pairs: TypeAlias = Literal["each", "previous", "rest"]

_PAIRS: Final = ("each", "previous", "rest")
_COLUMNS: Final = (
    "group",
    "against",
    "first",
    "second",
    "difference",
    "low",
    "high",
    "n_1",
    "n_2",
    "n_missing",
    "statistic",
    "p_value",
    "p_adjusted",
    "significant",
    "adjustment",
    "method",
    "group_size",
    "note",
)
_NO_SPREAD: Final = "no spread"


def compare_groups(
    frame: IntoFrameT,
    *,
    metric: Metric,
    by: str,
    pairs: Pairs = "each",
    against: object = None,
    score: str = "score",
    weights: str | None = None,
    confidence: float = 0.95,
    rule: SmallGroupRule = SMALL_GROUPS,
) -> IntoFrameT:
    """Compare groups of other people pair by pair, with p-values adjusted for their number.

    Args:
        frame: One row per answer: pandas, polars (eager or lazy), DuckDB. A lazy frame is asked two
            aggregate queries at the call.
        metric: What is made of the answers; it decides the test.
        by: Name of the column of groups: text, whole numbers, flags or days.
        pairs: "each" group with each other; each with the "previous" one in rising order, as
            periods; or each with the "rest", all others pooled.
        against: A group with which each other one is compared, in the place of `pairs`.
        score: Name of the column of answers.
        weights: Name of the column of weights; None weighs all alike.
        confidence: Of the intervals, each by itself, and of the whole family in `significant`.
        rule: Which groups are too small.

    Returns:
        The same kind of frame, one row per pair: `group`, `against` (but for the rest), their
        results `first` and `second`, `difference`, `low`, `high`, `n_1`, `n_2`, `n_missing` of
        both, `statistic`, `p_value`, `p_adjusted`, `significant`, `adjustment`, `method`,
        `group_size` of the smaller group, and a `note` where means do not spread. What is kept back
        or could not be tested is missing.

    Raises:
        InvalidValueError: If a column is missing or of another kind, a group has no name, there are
            fewer than two groups, an answer is off the scale, or `against` is no group.

    Units:
        Those of the metric.

    Source:
        Holm (1979) for up to twenty comparisons, Benjamini and Hochberg (1995) above.

    Examples:
        >>> import pandas
        >>> answers = pandas.DataFrame(
        ...     {
        ...         "region": ["north"] * 100 + ["south"] * 80 + ["west"] * 60,
        ...         "score": [10] * 60 + [5] * 40 + [10] * 30 + [5] * 50 + [10] * 33 + [5] * 27,
        ...     }
        ... )
        >>> table = compare_groups(answers, metric=Metric.net_promoter(), by="region")
        >>> table[["group", "against", "difference", "p_adjusted", "significant"]].round(3)
           group against  difference  p_adjusted  significant
        0  north   south        45.0       0.007         True
        1  north    west        10.0       0.528        False
        2  south    west       -35.0       0.078        False
    """
    if pairs not in _PAIRS:
        raise InvalidValueError("pairs", pairs, f"must be one of {', '.join(_PAIRS)}")
    tally = count_by(frame, metric, by=by, score=score, weights=weights, taken=_COLUMNS)
    groups = _groups(tally, by, rule, metric)
    chosen = _chosen(groups, pairs, against, by)
    compared = [_compared(one, two, metric, confidence) for one, two in chosen]
    family = adjust_for_many([None if told is None else told.p_value for told in compared])
    keys = tally.keys[_places([one for one, _ in chosen])].rename({by: "group"})
    others = _places([two for _, two in chosen])
    if others:
        keys = keys.with_columns(tally.keys[others][by].alias("against"))
    columns = _columns(chosen, compared, family, confidence)
    return grouped(keys, columns, frame)


@attrs.frozen(kw_only=True)
class _Group:
    """A group: its place among all, None where it is pooled of several."""

    place: int | None
    name: object
    told: Histogram
    size: GroupSize


def _groups(tally: Tally, by: str, rule: SmallGroupRule, metric: Metric) -> list[_Group]:
    sizes = guard_histograms(list(tally.parts.values()), rule=rule)
    found = [
        _Group(
            place=place,
            name=name[0],
            told=told,
            size=size if told.n >= metric.least else size.without_estimate(),
        )
        for place, ((name, told), size) in enumerate(zip(tally.parts.items(), sizes, strict=True))
    ]
    if len(found) < 2:
        told = tuple(group.name for group in found)
        raise InvalidValueError(by, told, "must hold two groups at least")
    return found


def _chosen(
    groups: Sequence[_Group], pairs: Pairs, against: object, by: str
) -> list[tuple[_Group, _Group]]:
    if against is not None:
        base = [group for group in groups if group.name == against]
        if not base:
            names = ", ".join(repr(group.name) for group in groups)
            raise InvalidValueError("against", against, f"must be a group of {by}: {names}")
        return [(group, base[0]) for group in groups if group is not base[0]]
    if pairs == "previous":
        return [(group, before) for before, group in pairwise(groups)]
    if pairs == "rest":
        return [(group, _rest(group, groups)) for group in groups]
    return list(combinations(groups, 2))


def _rest(group: _Group, groups: Sequence[_Group]) -> _Group:
    others = [other for other in groups if other is not group]
    # The group's own size decides: the rest is told by it and the total.
    told = Histogram.pooled([other.told for other in others])
    size = GroupSize.SHOWN if told.n else GroupSize.EMPTY
    return _Group(place=None, name=None, told=told, size=size)


def _places(groups: Sequence[_Group]) -> list[int]:
    return [group.place for group in groups if group.place is not None]


def _compared(
    first: _Group, second: _Group, metric: Metric, confidence: float
) -> Comparison | None:
    """Compare two groups; None where one is kept back, empty, or neither spreads."""
    both = (first, second)
    if not all(group.size.is_shown and group.told.n >= metric.least for group in both):
        return None
    if metric.kind == "mean" and _is_flat(first, second):
        return None
    return metric.compare(first.told, second.told, confidence=confidence)


def _is_flat(first: _Group, second: _Group) -> bool:
    return len(first.told.scores) == len(second.told.scores) == 1


def _columns(
    chosen: Sequence[tuple[_Group, _Group]],
    compared: Sequence[Comparison | None],
    family: AdjustedPValues,
    confidence: float,
) -> dict[str, Column]:
    floats, whole, text = nw.Float64(), nw.Int64(), nw.String()
    told = [None if one is None else one.difference for one in compared]
    return {
        **{
            name: (floats, [None if one is None else getattr(one, name) for one in compared])
            for name in ("first", "second")
        },
        "difference": (floats, [None if one is None else one.value for one in told]),
        "low": (floats, [None if one is None else one.low for one in told]),
        "high": (floats, [None if one is None else one.high for one in told]),
        "n_1": (whole, [one.told.n for one, _ in chosen]),
        "n_2": (whole, [two.told.n for _, two in chosen]),
        "n_missing": (whole, [one.told.n_missing + two.told.n_missing for one, two in chosen]),
        **{
            name: (floats, [None if one is None else getattr(one, name) for one in compared])
            for name in ("statistic", "p_value")
        },
        "p_adjusted": (floats, list(family.adjusted)),
        "significant": (nw.Boolean(), list(family.significant(confidence=confidence))),
        "adjustment": (text, [family.method] * len(compared)),
        "method": (text, [None if one is None else one.method for one in compared]),
        "group_size": (text, [_smaller(one, two).value for one, two in chosen]),
        "note": (text, [_note(*pair, one) for pair, one in zip(chosen, compared, strict=True)]),
    }


def _smaller(first: _Group, second: _Group) -> GroupSize:
    """Return what is said of the pair: the stricter of two judgements."""
    return strictest((first.size, second.size))


def _note(first: _Group, second: _Group, told: Comparison | None) -> str:
    kept_back = first.size.is_kept_back or second.size.is_kept_back
    if told is not None or kept_back:
        return ""
    return _NO_SPREAD if first.told.n and second.told.n else "nobody answered"
