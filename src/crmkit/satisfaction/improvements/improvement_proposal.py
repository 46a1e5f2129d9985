"""The proposal: what to improve, how far it falls short, and how much that matters.

Law: what matters first is what is important and falls short, not what scores lowest: the priority
is the importance times the gap.

Source: Martilla, J. A. and James, J. C. (1977), "Importance-performance analysis", Journal of
Marketing 41(1), 77–79, for importance beside performance; domain fact Q3.
"""

from __future__ import annotations

import math
from typing import Final

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import Evidence, Explanation, Rule, Share, Text, is_a, is_id


_SOURCE: Final = "Martilla and James (1977); domain fact Q3"
_FIRST: Final = Rule(
    code="satisfaction.improve_first",
    says=Text(
        "{part} is number {verdict}: it scores {score} ({low} to {high}, n = {n}), {gap} below the "
        "target of {target}; times its importance, {importance}, that is a priority of {priority}",
        "{part}排第{verdict}：得分{score}（{low}至{high}，n={n}），比目标{target}低{gap}；"
        "乘以重要性{importance}，优先度为{priority}",
    ),
    source=_SOURCE,
)
_OF_FEW: Final = Text(
    "{part} is number {verdict}, of few answers: it scores {score} ({low} to {high}, n = {n}), "
    "{gap} below the target of {target}; times its importance, {importance}, that is a priority of "
    "{priority}",
    "{part}排第{verdict}，但样本较少：得分{score}（{low}至{high}，n={n}），比目标{target}低{gap}；"
    "乘以重要性{importance}，优先度为{priority}",
)
_REACHED: Final = Rule(
    code="satisfaction.target_reached",
    says=Text(
        "{part} needs no improvement: it scores {score} (n = {n}), and its target is {target}",
        "{part}无需改进：得分{score}（n={n}），目标为{target}",
    ),
    source=_SOURCE,
)
_KEPT_BACK: Final = Rule(
    code="satisfaction.too_few_to_rank",
    says=Text(
        "{part} is not ranked: it has no score that may be told (n = {n})",
        "{part}不参与排序：没有可以公布的得分（n={n}）",
    ),
    source="small groups: too few answers are kept back",
)


@attrs.frozen(kw_only=True)
class ImprovementProposal:
    """One dimension or item, with what it would gain by being improved.

    Attributes:
        part: Which dimension or item.
        score: What it scores; None where no score may be told.
        low: Lower end of the score's interval.
        high: Upper end of it.
        n: How many answers the score rests on.
        target: What it should score: a target, or what customers expected.
        importance: What share of all importance it has.
        rank: Its place, 1 for the first; equal priorities share a place; None without a score.
        is_few: Whether the score rests on so few answers that it is flagged.
        label: What the part is called in sentences; None for its id.

    Raises:
        InvalidValueError: If a number is not finite or off the scale, the ends are crossed, or only
            some of score, ends and rank are told.

    Units:
        Scores, target and gap: 0 (the worst) to 100 (the best). The priority is in the same points:
        where importances are the survey's weights, it is what the whole score gains when the gap is
        closed.

    Examples:
        >>> late = ImprovementProposal(
        ...     part="delivery",
        ...     score=55,
        ...     low=50,
        ...     high=60,
        ...     n=120,
        ...     target=75,
        ...     importance=Share(0.4),
        ...     rank=1,
        ... )
        >>> late.gap, late.priority, late.is_sure
        (20, 8.0, True)
        >>> print(late)
        delivery is number 1: it scores 55 (50 to 60, n = 120), 20 below the target of 75; times\
 its importance, 40 %, that is a priority of 8
    """

    part: str = attrs.field(validator=is_id)
    score: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = attrs.field()
    target: float = attrs.field()
    importance: Share = attrs.field(validator=is_a(Share))
    rank: int | None = None
    is_few: bool = attrs.field(default=False, validator=is_a(bool))
    label: Text | None = attrs.field(default=None, validator=attrs.validators.optional(is_a(Text)))

    def __attrs_post_init__(self) -> None:
        if type(self.n) is not int or self.n < 0:
            raise InvalidValueError("n", self.n, "must be a whole number of 0 or more")
        check_points("target", self.target)
        told = (self.score, self.low, self.high, self.rank)
        if any(one is None for one in told):
            if any(one is not None for one in told):
                rule = "must all be told, or none of them"
                raise InvalidValueError("score, low, high, rank", told, rule)
            return
        for name in ("score", "low", "high"):
            check_points(name, getattr(self, name))
        if not self.low <= self.high:  # type: ignore[operator]  # told, as was seen
            raise InvalidValueError("low", self.low, f"must not exceed high, {self.high!r}")
        if type(self.rank) is not int or self.rank < 1:
            raise InvalidValueError("rank", self.rank, "must be a whole number of 1 or more")

    @property
    def gap(self) -> float | None:
        """How far it falls short of its target; 0 where it does not, None without a score."""
        return None if self.score is None else max(self.target - self.score, 0.0)

    @property
    def priority(self) -> float | None:
        """Its importance times its gap; None without a score."""
        return None if self.gap is None else float(self.importance) * self.gap

    @property
    def falls_short(self) -> bool:
        """Whether there is a gap."""
        return bool(self.gap)

    @property
    def is_sure(self) -> bool:
        """Whether the whole interval of the score lies below the target."""
        return self.high is not None and self.high < self.target

    def explain(self) -> Explanation[int | None]:
        """Say which place it has, and why.

        Returns:
            The rank, with the evidence `part`, `score` against the target, `low`, `high`, `n`,
            `target`, `gap`, `importance` and `priority`.
        """
        part = self.part if self.label is None else self.label
        told: tuple[Evidence, ...] = (Evidence("part", part), Evidence("n", self.n))
        if self.score is None:
            return Explanation(verdict=None, rule=_KEPT_BACK, evidence=told, missing=("answers",))
        told += (
            Evidence("score", self.score, self.target, not self.falls_short),
            Evidence("low", self.low),
            Evidence("high", self.high, self.target, not self.is_sure),
            Evidence("target", self.target),
            Evidence("gap", self.gap),
            Evidence("importance", self.importance),
            Evidence("priority", self.priority),
        )
        first = attrs.evolve(_FIRST, says=_OF_FEW) if self.is_few else _FIRST
        rule = first if self.falls_short else _REACHED
        return Explanation(verdict=self.rank, rule=rule, evidence=told)

    def __str__(self) -> str:
        return self.explain().sentence()


def check_points(name: str, points: float | None) -> None:
    """Refuse what is no number from 0 to 100.

    Raises:
        InvalidValueError: If it is none.

    Examples:
        >>> check_points("target", 7.5)
        >>> check_points("target", 750)
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: target is 750: it must be a number from 0 to 100; rescale\
 answers first
    """
    if type(points) not in (int, float) or not 0 <= points <= 100 or math.isnan(points):  # type: ignore[operator, arg-type]  # checked by its type
        rule = "must be a number from 0 to 100"
        raise InvalidValueError(name, points, rule, "rescale answers first")
