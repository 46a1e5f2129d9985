"""From scores to proposals: what to improve first, by importance times gap.

Law: every part is told: what is kept back stands last, without a score; and a gap is never told
without how sure it is.

Source: Martilla and James (1977), "Importance-performance analysis"; the order by importance times
gap, and the rule for ties, are chosen here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Final, TypeAlias, cast

import attrs
import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame

from crmkit.errors import InvalidValueError
from crmkit.kernel import Estimate, Labelled, Share, did_you_mean
from crmkit.kernel.frames import ColumnKind, Eager, empty, find_flaws, frame_of, numbers
from crmkit.satisfaction.scores import score_table
from crmkit.satisfaction.scores.score_plan import OVERALL
from crmkit.satisfaction.surveys import Missing, Survey
from crmkit.stats import GroupSize, SmallGroupRule
from crmkit.stats.group_sizes import SMALL_GROUPS, check_rule, strictest

from .improvement_proposal import ImprovementProposal, check_points


class SurveyLevel(Labelled):
    """Of what proposals are made."""

    PART = "part", "Dimensions, and items without one", "维度（及不属于维度的题目）"
    ITEM = "item", "Single items", "单个题目"


Numbers: TypeAlias = Mapping[str, float] | str
"""A number for each part; or the name of the column that holds it."""

_NO_CODES: Final[Mapping[float, Missing]] = {}
_TABLE: Final = {
    "part": ColumnKind.TEXT,
    "value": ColumnKind.NUMBER,
    "low": ColumnKind.NUMBER,
    "high": ColumnKind.NUMBER,
    "n": ColumnKind.NUMBER,
}
_DIGITS: Final = 9  # of priorities: what differs less is the rounding of sums


@attrs.frozen
class _Found:
    """What is known of a part's score."""

    part: str
    score: tuple[float, float, float] | None
    n: int
    size: GroupSize


def rank_improvements(
    scores: Mapping[str, Estimate] | IntoFrame,
    *,
    importance: Numbers,
    targets: Numbers | float = 100.0,
    rule: SmallGroupRule = SMALL_GROUPS,
) -> tuple[ImprovementProposal, ...]:
    r"""Rank what could be improved by how much it matters and how far it falls short.

    The priority of a part is $p_i = \frac{w_i}{\sum w} \max(t_i - s_i, 0)$, of its importance
    $w_i$, its target $t_i$ and its score $s_i$. Where the importances are the survey's weights,
    $p_i$ is what the whole score gains when that gap is closed.

    Args:
        scores: By part; or a table as `score_table` returns it, of one group. Its row "overall" is
            left out. A lazy table is collected: it has a row a part.
        importance: By part, stated or derived, none negative; or the name of a column.
        targets: What each part should score: one number for all, one by part, or the name of a
            column. What customers expected does as well: the gap is then the disconfirmation.
        rule: Which scores rest on too few answers to be told, and which are flagged.

    Returns:
        One per part, the highest priority first. Equal priorities share a place; of them the more
        important stands first, then the one that was given first. What reaches its target has the
        priority 0, and what is kept back stands last, in the order given.

    Raises:
        InvalidValueError: If there is no part, a part stands twice or lacks a number, a number is
            off the scale, or importances sum to 0.

    Units:
        Scores and targets: 0 (the worst) to 100 (the best).

    Source:
        Martilla and James (1977); domain fact Q3.

    Examples:
        >>> def score(value, n=120):
        ...     return Estimate(value, value - 5, value + 5, 0.95, n, 0, "student-t")
        >>> scores = {"price": score(40), "delivery": score(55), "service": score(20, n=9)}
        >>> weights = {"price": 1, "delivery": 3, "service": 1}
        >>> for one in rank_improvements(scores, importance=weights, targets=75):
        ...     print(one.rank, one.part, one.gap, one.priority)
        1 delivery 20.0 12.0
        2 price 35.0 7.0
        None service None None
    """
    if isinstance(scores, Mapping):
        table, found = None, [_of_estimate(str(part), told) for part, told in scores.items()]
    else:
        table, found = _of_table(scores, importance, targets)
    parts = [one.part for one in found]
    _check_parts(parts)
    weights = _looked_up(importance, parts, "importance", table)
    wanted = (
        dict.fromkeys(parts, _plain(targets, "targets"))
        if isinstance(targets, Real)
        else _looked_up(cast("Numbers", targets), parts, "targets", table)
    )
    return _in_rank(_judged(found, rule), _shares(weights), wanted)


def rank_survey_improvements(
    answers: IntoFrame,
    *,
    survey: Survey,
    level: SurveyLevel | str = SurveyLevel.PART,
    importance: Mapping[str, float] | None = None,
    targets: Mapping[str, float] | float = 100.0,
    codes: Mapping[float, Missing | str] = _NO_CODES,
    weights: str | None = None,
    rule: SmallGroupRule = SMALL_GROUPS,
    confidence: float = 0.95,
) -> tuple[ImprovementProposal, ...]:
    """Score a survey, and rank what could be improved; see `rank_improvements`.

    Args:
        answers: One row per respondent, as `score_table` takes them.
        survey: The survey that was answered.
        level: Whether dimensions are ranked or single items.
        importance: By dimension or item; None for the survey's own weights. An item's is its share
            of its dimension's weight.
        targets: What each should score: one number for all, or one for each.
        codes: Numbers off all scales that stand for a reason why there is no answer.
        weights: Name of the column of respondents' weights.
        rule: Which scores rest on too few answers to be told, and which are flagged.
        confidence: Share of such intervals that hold the true value.

    Raises:
        InvalidValueError: As `score_table` and `rank_improvements`.

    Warns:
        AssumptionWarning: If all scores of a part are alike, so that the interval has no width.

    Units:
        Scores and targets: 0 (the worst) to 100 (the best).

    Examples:
        >>> import pandas
        >>> from crmkit.satisfaction import Item
        >>> survey = Survey.of("yearly", 1, [Item("quality", weight=3), Item("price")])
        >>> answers = pandas.DataFrame({"quality": [4, 4, 3, 5] * 10, "price": [1, 2, 4, 4] * 10})
        >>> first, second = rank_survey_improvements(answers, survey=survey, targets=80)
        >>> first.part, first.priority, second.part, second.priority
        ('price', 9.0625, 'quality', 3.75)
    """
    per_item = SurveyLevel.of(level, "level") is SurveyLevel.ITEM
    table = score_table(
        answers,
        survey=_of_single_items(survey) if per_item else survey,
        codes=codes,
        weights=weights,
        rule=rule,
        confidence=confidence,
    )
    stated = _item_importance(survey) if per_item else survey.part_weights()
    ranked = rank_improvements(
        table, importance=stated if importance is None else importance, targets=targets, rule=rule
    )
    return tuple(attrs.evolve(one, label=survey.labels.get(one.part)) for one in ranked)


def _of_estimate(part: str, told: Estimate) -> _Found:
    if not isinstance(told, Estimate):
        raise InvalidValueError(part, told, "must be an Estimate", "a score needs its interval")
    ends = (float(told.value), float(told.low), float(told.high))
    return _Found(part, ends, int(told.n), GroupSize.SHOWN)


def _of_table(
    native: IntoFrame, importance: Numbers, targets: Numbers | float
) -> tuple[Eager, list[_Found]]:
    """Read a table of scores: its rows but that of the whole."""
    own = {name: ColumnKind.NUMBER for name in (importance, targets) if isinstance(name, str)}
    frame = frame_of(native, "scores", {**_TABLE, **own})
    find_flaws(frame, [empty("part"), empty("n")])
    table = (frame.collect() if isinstance(frame, nw.LazyFrame) else frame).filter(
        nw.col("part") != OVERALL
    )
    sizes = (
        table["group_size"].to_list() if "group_size" in table.columns else ["shown"] * len(table)
    )
    ends = zip(*(_numbers(table, name) for name in ("value", "low", "high")), strict=True)
    told = zip(table["part"].to_list(), ends, _numbers(table, "n"), sizes, strict=True)
    return table, [
        _Found(str(part), _whole(score), int(n or 0), GroupSize.of(size, "group_size"))
        for part, score, n, size in told
    ]


def _numbers(table: Eager, name: str) -> list[float | None]:
    """Return a column, None where a number is missing, whatever the engine has there."""
    values = numbers(table[name].to_native(), name).tolist()
    return [None if math.isnan(one) else one for one in values]


def _whole(score: tuple[float | None, ...]) -> tuple[float, float, float] | None:
    return None if None in score else cast("tuple[float, float, float]", score)


def _check_parts(parts: Sequence[str]) -> None:
    if not parts:
        raise InvalidValueError("scores", (), "must hold at least one part")
    for place, part in enumerate(parts):
        if part in parts[:place]:
            way_out = "rank one group at a time: filter the table"
            raise InvalidValueError("part", part, "must stand once in the scores", way_out)


def _looked_up(
    given: Numbers, parts: Sequence[str], name: str, table: Eager | None
) -> dict[str, float]:
    """Return a number for each part."""
    if isinstance(given, str):
        if table is None:
            raise InvalidValueError(name, given, "must be told by part where scores are no table")
        told: Mapping[str, float | None] = dict(zip(parts, _numbers(table, given), strict=True))
    elif isinstance(given, Mapping):
        told = given
    else:
        rule = "must be told by part, or name a column"
        raise InvalidValueError(name, given, rule)
    for part in told.keys() - set(parts):
        raise InvalidValueError(name, part, "is for no part", did_you_mean(part, parts))
    for part in parts:
        if told.get(part) is None:
            raise InvalidValueError(name, part, "must be told: this part has none")
    return {part: _plain(told[part], f"{name} of {part}") for part in parts}


def _plain(number: object, name: str) -> float:
    """Return a number of any kind as one of Python's own: what is stored must be."""
    if not isinstance(number, Real) or isinstance(number, bool):
        raise InvalidValueError(name, number, "must be a number")
    return float(number)


def _shares(weights: Mapping[str, float]) -> dict[str, Share]:
    for part, weight in weights.items():
        if not weight >= 0 or math.isinf(weight):
            way_out = "what works the other way is no importance: leave it out"
            raise InvalidValueError(f"importance of {part}", weight, "must be 0 or more", way_out)
    whole = math.fsum(weights.values())
    if not whole:
        raise InvalidValueError("importance", tuple(weights), "must not sum to 0")
    return {part: Share(weight / whole) for part, weight in weights.items()}


def _judged(found: Sequence[_Found], rule: SmallGroupRule) -> list[_Found]:
    """Keep back what rests on too few answers; what the table keeps back has no score there."""
    check_rule(rule)
    judged = []
    for one in found:
        # Under weights a table knows more than n: of both verdicts the stricter one holds.
        size = strictest((rule.of(one.n), one.size))
        score = one.score if size.is_shown else None
        judged.append(attrs.evolve(one, score=score, size=size))
    return judged


def _in_rank(
    found: Sequence[_Found], shares: Mapping[str, Share], targets: Mapping[str, float]
) -> tuple[ImprovementProposal, ...]:
    for part, target in targets.items():
        check_points(f"target of {part}", target)
    told = [one for one in found if one.score is not None]
    priority = {one.part: _priority(one, shares, targets) for one in told}
    above = {part: sum(p > own for p in priority.values()) for part, own in priority.items()}
    # Sorting is stable: of what is equal in both, the first given stands first.
    told.sort(key=lambda one: (above[one.part], -float(shares[one.part])))
    kept_back = [one for one in found if one.score is None]
    return tuple(
        _proposal(one, targets[one.part], shares[one.part], above.get(one.part, 0) + 1)
        for one in (*told, *kept_back)
    )


def _priority(one: _Found, shares: Mapping[str, Share], targets: Mapping[str, float]) -> float:
    score = cast("tuple[float, float, float]", one.score)[0]
    return round(float(shares[one.part]) * max(targets[one.part] - score, 0), _DIGITS)


def _proposal(one: _Found, target: float, importance: Share, rank: int) -> ImprovementProposal:
    score, low, high = one.score or (None, None, None)
    return ImprovementProposal(
        part=one.part,
        score=score,
        low=low,
        high=high,
        n=one.n,
        target=target,
        importance=importance,
        rank=None if score is None else rank,
        is_few=score is not None and one.size is GroupSize.FEW,
    )


def _of_single_items(survey: Survey) -> Survey:
    """Return a survey each of whose ratings is a part by itself."""
    items = [attrs.evolve(item, dimension=None, weight=1) for item in survey.items]
    return Survey.of(survey.id, survey.version, items)


def _item_importance(survey: Survey) -> dict[str, float]:
    """Return what each item weighs in the whole: its share of its part's weight."""
    items, parts = survey.item_weights(), survey.part_weights()
    told = {}
    for part in survey.parts:
        own = {item.id: items[item.id] for item in survey.items_of(part)}
        whole = math.fsum(own.values())
        told.update({id: parts[part] * weight / whole for id, weight in own.items()})
    return told
