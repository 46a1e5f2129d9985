"""Answers given without care: straight lines, and more haste than reading takes.

Law: such answers are flagged with the reason, and never dropped: whoever leaves them out says so.

Source: speed: Huang, Curran, Keeney, Poposki, DeShon, "Detecting and deterring insufficient effort
responding to surveys", Journal of Business and Psychology 27 (2012) 99-114: less than two seconds
an item. Straight lines: Kim, Dykema, Stevenson, Black, Moberg, "Straightlining", Social Science
Computer Review 37 (2019) 214-233: the same point for every item of a battery.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from statistics import median
from typing import Final

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import Evidence, Explanation, Labelled, Rule, Share, Text

from .answers import Answers
from .missing import Missing


class Carelessness(Labelled):
    """How answers show that they were given without care."""

    STRAIGHT_LINE = "straight_line", "Straight line", "直线作答"
    SPEED = "speed", "Too fast", "作答过快"


_STRAIGHT: Final = "Kim and others 2019: the same point for every item of a battery"
_HASTE: Final = "Huang and others 2012: less than two seconds an item"


def _rule(code: str, en: str, zh: str, source: str) -> Rule:
    return Rule(code=f"satisfaction.careless.{code}", says=Text(en, zh), source=source)


_LINE: Final = _rule(
    "straight_line",
    "straight line: {verdict}; {same} of {count} ratings on one scale are alike, flagged from"
    " {share} of at least {min_items}",
    "直线作答：{verdict}；同一量表的{count}个评分中有{same}个相同，至少{min_items}个中达{share}即标记",
    _STRAIGHT,
)
_FAST: Final = _rule(
    "speed",
    "too fast: {verdict}; {seconds} s for {count} items, flagged below {least} s",
    "作答过快：{verdict}；{count}题用时{seconds}秒，低于{least}秒即标记",
    _HASTE,
)
_NOT_TIMED: Final = _rule(
    "not_timed",
    "too fast: not known; nobody measured the time",
    "作答过快：未知；未记录用时",
    _HASTE,
)
_FLAGS: Final = _rule("flags", "flags: {verdict}", "标记：{verdict}", "these two rules")


@attrs.frozen(kw_only=True)
class CareRule:
    """From where on answers are flagged.

    Attributes:
        min_items: How many ratings on one scale make a line; of fewer, alike ones are ordinary.
            The presets `SEA_LION` and `DEALERS` have four: by the default none of their answers
            is flagged as a line, by 4 they are.
        same_share: What share of them must be alike.
        seconds_per_item: How long an item takes at least, over all that were put.
        median_share: What share of the usual time is too short; None where it is not asked.

    Raises:
        InvalidValueError: If a number is unfit.

    Examples:
        >>> from crmkit.satisfaction import SEA_LION
        >>> from crmkit.testing import NINE
        >>> cells = dict.fromkeys((item.id for item in SEA_LION.items), 3)
        >>> said = Answers.record("A-1", "ann", NINE, survey=SEA_LION, cells=cells, seconds=5)
        >>> rule = CareRule(min_items=4)
        >>> [flag.label() for flag in rule.flags(said)]
        ['Straight line', 'Too fast']
        >>> print(rule.explain(said).because[1])
        too fast: yes; 5 s for 4 items, flagged below 8 s
    """

    min_items: int = 5
    same_share: float = 1.0
    seconds_per_item: float = 2.0
    median_share: float | None = None

    def __attrs_post_init__(self) -> None:
        if type(self.min_items) is not int or self.min_items < 2:
            raise InvalidValueError("min_items", self.min_items, "must be a whole number from 2 on")
        for name in ("same_share", "median_share"):
            share = getattr(self, name)
            optional = share is None and name == "median_share"
            if not optional and (type(share) not in (int, float) or not 0 < share <= 1):
                raise InvalidValueError(name, share, "must be above 0, and at most 1")
        pace = self.seconds_per_item
        if type(pace) not in (int, float) or not math.isfinite(pace) or pace < 0:
            raise InvalidValueError("seconds_per_item", pace, "must be a number, 0 or more")

    def flags(
        self, answers: Answers, *, median_seconds: float | None = None
    ) -> tuple[Carelessness, ...]:
        """Return how answers show carelessness; nothing where they do not, or nobody knows.

        Args:
            answers: One respondent's.
            median_seconds: How long others took; used where the rule has a share of it. Where it is
                not told, that part is not judged, and the explanation names it as missing.
        """
        return self.explain(answers, median_seconds=median_seconds).verdict

    def explain(
        self, answers: Answers, *, median_seconds: float | None = None
    ) -> Explanation[tuple[Carelessness, ...]]:
        """Say which flags answers get, and why.

        Arguments as for `flags`.
        """
        judged = {
            Carelessness.STRAIGHT_LINE: self._straight(answers),
            Carelessness.SPEED: self._fast(answers, median_seconds),
        }
        return Explanation(
            verdict=tuple(flag for flag, why in judged.items() if why.verdict),
            rule=_FLAGS,
            missing=judged[Carelessness.SPEED].missing,
            because=tuple(judged.values()),
        )

    def _straight(self, answers: Answers) -> Explanation[bool | None]:
        # As they were ticked: on a battery with reversed items a line is no opinion.
        ticked: dict[object, list[int]] = {}
        for item in answers.survey.ratings:
            if isinstance(value := answers.cells[item.id], int):
                ticked.setdefault(item.scale, []).append(value)
        most = max(ticked.values(), key=len, default=[])
        same = max(Counter(most).values(), default=0)
        verdict = len(most) >= self.min_items and same >= self.same_share * len(most)
        told = (
            Evidence("same", same, Share(self.same_share), verdict),
            Evidence("count", len(most), self.min_items, len(most) >= self.min_items),
            Evidence("share", Share(self.same_share)),
            Evidence("min_items", self.min_items),
        )
        return Explanation(verdict=verdict, rule=_LINE, evidence=told)

    def _fast(self, answers: Answers, usual: float | None) -> Explanation[bool | None]:
        if answers.seconds is None:
            return Explanation(verdict=None, rule=_NOT_TIMED, missing=("seconds",))
        put = sum(cell is not Missing.DOES_NOT_APPLY for cell in answers.cells.values())
        share = 0 if self.median_share is None or usual is None else self.median_share * usual
        least = max(self.seconds_per_item * put, share)
        verdict = answers.seconds < least
        told = (
            Evidence("seconds", answers.seconds, least, verdict),
            Evidence("count", put),
            Evidence("least", least),
        )
        unknown = self.median_share is not None and usual is None
        missing = ("median_seconds",) if unknown else ()
        return Explanation(verdict=verdict, rule=_FAST, evidence=told, missing=missing)


def find_careless(
    several: Iterable[Answers], *, rule: CareRule
) -> tuple[tuple[Answers, Explanation[tuple[Carelessness, ...]]], ...]:
    """Find the answers that show carelessness, each with the reasons; the usual time is the median.

    Args:
        several: Answers, in any order.
        rule: From where on they are flagged.

    Returns:
        Those that are flagged, in the order given.

    Examples:
        >>> from crmkit.satisfaction import SEA_LION
        >>> from crmkit.testing import NINE
        >>> def said(id, seconds):
        ...     cells = {"price": 3, "delivery": 4}
        ...     return Answers.record(
        ...         id, "ann", NINE, survey=SEA_LION, cells=cells, seconds=seconds
        ...     )
        >>> several = [said("A-1", 60), said("A-2", 70), said("A-3", 20)]
        >>> [one.id for one, why in find_careless(several, rule=CareRule(median_share=0.5))]
        ['A-3']
    """
    kept = tuple(several)
    timed = [answers.seconds for answers in kept if answers.seconds is not None]
    usual = median(timed) if timed else None
    judged = ((answers, rule.explain(answers, median_seconds=usual)) for answers in kept)
    return tuple((answers, why) for answers, why in judged if why.verdict)
