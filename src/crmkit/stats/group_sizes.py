"""The sizes of groups: too small to be told, told with a flag, or told.

Law: fewer than ten are kept back, fewer than thirty are flagged; of several verdicts the strictest
one holds.

Source: as `crmkit.stats.small_groups`; the numbers ten and thirty are ours.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import Labelled


class GroupSize(Labelled):
    """Whether a group is large enough for its result to be shown."""

    SHOWN = "shown", "Shown", "公布"
    FEW = "few", "Shown, of few answers", "样本较少"
    SUPPRESSED = "suppressed", "Kept back: too few answers", "样本过少，不公布"
    COMPLEMENTARY = (
        "complementary",
        "Kept back: would reveal another by subtraction",
        "为防倒推，不公布",
    )
    EMPTY = "empty", "No result: no usable answer", "无结果：无有效作答"
    ALONE = "alone", "No result: one answer tells no spread", "无结果：仅一份作答，无从估计离散程度"
    WEIGHTLESS = "weightless", "No result: all weights are 0", "无结果：权重均为零"

    @property
    def is_shown(self) -> bool:
        """Whether there is a result, and it may be shown."""
        return self in (GroupSize.SHOWN, GroupSize.FEW)

    @property
    def is_kept_back(self) -> bool:
        """Whether there is a result that is not told."""
        return self in (GroupSize.SUPPRESSED, GroupSize.COMPLEMENTARY)

    def without_estimate(self) -> GroupSize:
        """Return the verdict on a group of which nothing can be estimated, for it is of one person.

        Examples:
            >>> GroupSize.FEW.without_estimate()
            <GroupSize.ALONE: 'alone'>
            >>> GroupSize.SUPPRESSED.without_estimate()
            <GroupSize.SUPPRESSED: 'suppressed'>
        """
        return GroupSize.ALONE if self.is_shown else self


_STRICTEST_FIRST: Final = (
    GroupSize.SUPPRESSED,
    GroupSize.COMPLEMENTARY,
    GroupSize.EMPTY,
    GroupSize.WEIGHTLESS,
    GroupSize.ALONE,
    GroupSize.FEW,
    GroupSize.SHOWN,
)


def strictest(sizes: Iterable[GroupSize]) -> GroupSize:
    """Return the strictest of several verdicts: that of what is told of all of them.

    Examples:
        >>> strictest([GroupSize.FEW, GroupSize.SHOWN])
        <GroupSize.FEW: 'few'>
    """
    return min(sizes, key=_STRICTEST_FIRST.index)


@attrs.frozen(kw_only=True)
class SmallGroupRule:
    """From how many answers on a result is shown, and shown without a flag.

    Attributes:
        suppress_below: A group of fewer is kept back.
        flag_below: A group of fewer is flagged.

    Raises:
        InvalidValueError: If a number is no whole number of at least 1, or the flag comes first.

    Examples:
        >>> SmallGroupRule(suppress_below=5).of(7)
        <GroupSize.FEW: 'few'>
    """

    suppress_below: int = 10
    flag_below: int = 30

    def __attrs_post_init__(self) -> None:
        for name in ("suppress_below", "flag_below"):
            number = getattr(self, name)
            if not isinstance(number, int) or isinstance(number, bool) or number < 1:
                raise InvalidValueError(name, number, "must be a whole number of at least 1")
        if self.flag_below < self.suppress_below:
            rule = f"must not be below suppress_below, {self.suppress_below}"
            raise InvalidValueError("flag_below", self.flag_below, rule)

    def of(self, n: int) -> GroupSize:
        """Return what its own size says of a group; an empty one has nothing to hide."""
        if not n:
            return GroupSize.EMPTY
        if n < self.suppress_below:
            return GroupSize.SUPPRESSED
        return GroupSize.FEW if n < self.flag_below else GroupSize.SHOWN


SMALL_GROUPS: Final = SmallGroupRule()
"""The settled rule: fewer than ten are kept back, fewer than thirty are flagged."""


def check_rule(rule: SmallGroupRule) -> None:
    """Refuse what is no rule for small groups.

    Raises:
        InvalidValueError: If it is none.

    Examples:
        >>> check_rule(5)
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: rule is 5: it must be a SmallGroupRule;\
 SmallGroupRule(suppress_below=5)
    """
    if not isinstance(rule, SmallGroupRule):
        way_out = "SmallGroupRule(suppress_below=5)"
        raise InvalidValueError("rule", rule, "must be a SmallGroupRule", way_out)
