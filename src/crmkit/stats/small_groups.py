"""Small groups: which results are shown, shown with a warning, or kept back.

Law: a group of fewer than ten is kept back, and so is what it takes that nobody finds it by
subtraction; a group of fewer than thirty is shown with a flag. Every table asks here.

Source: suppression of table cells and its complement: Cox, L. H. (1980), "Suppression methodology
and statistical disclosure control", JASA 75(370), 377–385. The numbers ten and thirty are ours.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Final

import attrs
import numpy as np

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

    def without_estimate(self, n: int) -> GroupSize:
        """Return the verdict on a group of which nothing can be estimated.

        Args:
            n: How many answered in it.

        Examples:
            >>> GroupSize.FEW.without_estimate(1)
            <GroupSize.ALONE: 'alone'>
            >>> GroupSize.SUPPRESSED.without_estimate(1)
            <GroupSize.SUPPRESSED: 'suppressed'>
        """
        if not self.is_shown:
            return self
        return GroupSize.ALONE if n == 1 else GroupSize.WEIGHTLESS


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


def guard_small_groups(
    counts: Iterable[int],
    *,
    totals: Sequence[Sequence[Hashable]] | None = None,
    rule: SmallGroupRule = SMALL_GROUPS,
) -> tuple[GroupSize, ...]:
    """Judge which groups of a table may be shown beside its totals.

    A total less all that is shown tells what is kept back. So more groups are kept back, the
    smallest first, until no group can be found by adding and subtracting, and what a total still
    tells is of ten or more. A total that is itself too small is taken to be kept back too.

    Args:
        counts: How many answered in each group; groups share nobody.
        totals: What is shown besides: for each set of totals, which one each group belongs to, such
            as its month and its state. None: one total of all. An empty sequence: none.
        rule: From how many on.

    Returns:
        One per group, in their order. Of equal sizes the first is kept back first.

    Raises:
        InvalidValueError: If a count is negative, or a set of totals is not as long as the counts.

    Source:
        Cox (1980); the rule is the settled one.

    Examples:
        >>> [size.value for size in guard_small_groups([200, 45, 13, 7])]
        ['shown', 'shown', 'complementary', 'suppressed']
        >>> [size.value for size in guard_small_groups([200, 45, 13, 7], totals=[])]
        ['shown', 'shown', 'few', 'suppressed']
    """
    sizes = [_checked(count, place) for place, count in enumerate(counts)]
    lines = _lines(sizes, totals, rule)
    hidden = {place for place, n in enumerate(sizes) if rule.of(n).is_kept_back}
    while (more := _next_to_hide(sizes, lines, hidden, rule)) is not None:
        hidden.add(more)
    judged = []
    for place, n in enumerate(sizes):
        own = rule.of(n)
        kept_back = place in hidden and not own.is_kept_back
        judged.append(GroupSize.COMPLEMENTARY if kept_back else own)
    return tuple(judged)


def _lines(
    sizes: Sequence[int], totals: Sequence[Sequence[Hashable]] | None, rule: SmallGroupRule
) -> list[list[int]]:
    """Return the groups of every total that is shown."""
    lines: list[list[int]] = []
    for labels in [[None] * len(sizes)] if totals is None else totals:
        if len(labels) != len(sizes):
            told = f"must be as many as the counts, {len(sizes)}"
            raise InvalidValueError("len(totals)", len(labels), told)
        members: Mapping[Hashable, list[int]] = defaultdict(list)
        for place, label in enumerate(labels):
            members[label].append(place)
        lines.extend(members.values())
    return [line for line in lines if sum(sizes[place] for place in line) >= rule.suppress_below]


def _next_to_hide(
    sizes: Sequence[int], lines: Sequence[Sequence[int]], hidden: set[int], rule: SmallGroupRule
) -> int | None:
    """Return the smallest group that must be kept back too; None where nothing is told."""
    can_hide = [line for line in lines if any(_is_shown(sizes, hidden, place) for place in line)]
    # What one total tells by itself comes first: less must be kept back in the end.
    telling = [line for line in can_hide if _tells(sizes, line, hidden, rule)]
    if not telling:
        told = _found_by_subtraction(lines, sorted(hidden))
        telling = [line for line in can_hide if told.intersection(line)]
    for line in telling[:1]:
        shown = (place for place in line if _is_shown(sizes, hidden, place))
        return min(shown, key=lambda place: (sizes[place], place))
    return None


def _is_shown(sizes: Sequence[int], hidden: set[int], place: int) -> bool:
    return place not in hidden and sizes[place] > 0


def _tells(
    sizes: Sequence[int], line: Sequence[int], hidden: set[int], rule: SmallGroupRule
) -> bool:
    """Say whether a total tells of a group that is kept back alone, or of too few together."""
    kept = hidden.intersection(line)
    return len(kept) == 1 or (
        bool(kept) and sum(sizes[place] for place in kept) < rule.suppress_below
    )


def _found_by_subtraction(lines: Sequence[Sequence[int]], hidden: Sequence[int]) -> set[int]:
    """Return the groups that the totals determine: those that no change of the others can move."""
    column = {place: number for number, place in enumerate(hidden)}
    rows = [[column[place] for place in line if place in column] for line in lines]
    told = np.zeros((len(rows), len(hidden)))
    for number, row in enumerate(rows):
        told[number, row] = 1.0
    if not told.any():
        return set()
    _, values, directions = np.linalg.svd(told)
    free = directions[int((values > 1e-9).sum()) :]
    moves = np.abs(free).max(axis=0, initial=0.0)
    return {place for place, number in column.items() if moves[number] < 1e-9}


def _checked(count: int, place: int) -> int:
    if not isinstance(count, int | np.integer) or isinstance(count, bool) or count < 0:
        rule = f"must be a whole number of 0 or more, as in group {place}"
        raise InvalidValueError("counts", count, rule)
    return int(count)
