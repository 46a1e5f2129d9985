"""Small groups: which results are shown, shown with a warning, or kept back.

Law: a group of fewer than ten is kept back, and so is what it takes that nobody finds it by
subtraction; a group of fewer than thirty is shown with a flag. Every table asks here.

Under weights a group counts for its effective size: who has no weight is nobody, and many who have
next to none hide nobody among them.

Source: suppression of table cells and its complement: Cox, L. H. (1980), "Suppression methodology
and statistical disclosure control", JASA 75(370), 377–385; effective size: Kish, L. (1965), "Survey
sampling", Wiley, section 11.7; a rule of its kind: National Center for Health Statistics (2017),
"Data presentation standards for proportions", Vital and Health Statistics 2(175). The numbers ten
and thirty are ours.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import combinations

import attrs
import numpy as np

from crmkit.errors import InvalidValueError

from .group_sizes import SMALL_GROUPS, GroupSize, SmallGroupRule, check_rule
from .histogram import Histogram


def guard_small_groups(
    counts: Iterable[int],
    *,
    totals: Sequence[Sequence[Hashable]] | None = None,
    rule: SmallGroupRule = SMALL_GROUPS,
) -> tuple[GroupSize, ...]:
    """Judge which groups of a table may be shown beside its totals.

    A total less all that is shown tells what is kept back. So more groups are kept back, the
    smallest first, until no group can be found by adding and subtracting, and what a total, or a
    total less another, still tells is of ten or more. Where no choice of groups does that, all of
    them are kept back; totals that tell of fewer by one another are then to be kept back, too. A
    total that is itself too small is taken to be kept back; and one of a single group, such as the
    month of a state that was asked in that month alone, is that group under another name: keep it
    back where the group is.

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
    n = [_checked(count, place) for place, count in enumerate(counts)]
    return guard_people(People.alike(n), totals, rule)


def guard_histograms(
    parts: Sequence[Histogram],
    *,
    totals: Sequence[Sequence[Hashable]] | None = None,
    rule: SmallGroupRule = SMALL_GROUPS,
) -> tuple[GroupSize, ...]:
    """Judge which groups may be shown, as `guard_small_groups`, by their effective sizes.

    Args:
        parts: The answers of each group, which know their weights.
        totals: As of `guard_small_groups`.
        rule: From how many on.

    Returns:
        One per group; "weightless" where all who answered have a weight of 0.

    Examples:
        >>> light = Histogram.of([5] * 40, weights=[1] + [1e-12] * 39)
        >>> [size.value for size in guard_histograms([light, Histogram.of([4] * 40)], totals=[])]
        ['suppressed', 'shown']
    """
    people = People.of(parts)
    sizes = guard_people(people, totals, rule)
    return tuple(
        GroupSize.WEIGHTLESS if part.n_weightless and not part.n else size
        for part, size in zip(parts, sizes, strict=True)
    )


@attrs.frozen(eq=False)
class People:
    """Who is in the groups of a table, as the rule counts them.

    Attributes:
        n: How many there are in each group, with a weight above 0.
        weights: The sum of their weights.
        squares: The sum of the squares of these.
    """

    n: Sequence[int]
    weights: Sequence[float]
    squares: Sequence[float]

    @classmethod
    def alike(cls, n: Sequence[int]) -> People:
        """Return people who all weigh alike."""
        return cls(n, n, n)

    @classmethod
    def of(cls, parts: Sequence[Histogram]) -> People:
        """Return the people of several groups."""
        return cls(
            [part.n for part in parts],
            [part.weight for part in parts],
            [math.fsum(part.squares) for part in parts],
        )

    def size(self, places: Iterable[int]) -> int:
        """Return for how many people some groups count together: Kish's size, in whole people.

        Examples:
            >>> people = People([40, 10], [40, 100], [40, 1000])
            >>> people.size([0]), people.size([1]), people.size([0, 1])
            (40, 10, 18)
        """
        there = [place for place in places if self.n[place]]
        if not there:
            return 0
        n = sum(self.n[place] for place in there)
        squares = math.fsum(self.squares[place] for place in there)
        # Weights so small that their squares are not told may be those of one.
        if not squares:
            return 1
        weight = math.fsum(self.weights[place] for place in there)
        # Of equal weights it is n but for the rounding.
        return max(min(n, math.floor(weight / squares * weight * (1 + 1e-9))), 1)

    @cached_property
    def sizes(self) -> list[int]:
        """For how many people each group counts by itself."""
        return [self.size([place]) for place in range(len(self.n))]

    def lengths(self) -> list[float]:
        r"""Return for how many people each group counts at least, so that sizes can be added up.

        $W_d / \max_e (Q_e / W_e)$ of the sums of weights W and of their squares Q: of equal weights
        the number of people. Kish's sizes do not add up: one heavy person among many light ones is
        one, and so is he with ten more light ones. These never sum to more than Kish's size of the
        groups together, for there $Q = \sum W_e \, Q_e / W_e \le W \max_e (Q_e / W_e)$.

        Examples:
            >>> People([40, 10], [40, 100], [40, 1000]).lengths()
            [4.0, 10.0]
        """
        ratios = [
            square / weight
            for square, weight in zip(self.squares, self.weights, strict=True)
            if weight
        ]
        if not any(ratios):
            return [float(n > 0) for n in self.n]
        heaviest = max(ratios)
        return [weight / heaviest for weight in self.weights]

    def judged(self, hidden: Collection[int], rule: SmallGroupRule) -> tuple[GroupSize, ...]:
        """Return the verdict on every group where some are kept back."""
        judged = []
        for place, size in enumerate(self.sizes):
            own = rule.of(size)
            kept_back = place in hidden and not own.is_kept_back
            judged.append(GroupSize.COMPLEMENTARY if kept_back else own)
        return tuple(judged)


@attrs.frozen(eq=False)
class Equation:
    """What is told of several groups together: a sum of what each comes to.

    Attributes:
        places: The groups.
        shares: With what each stands in the sum.
        whole: Of these the one that is made of the others, of the same people; None where they are
            of other people and the sum is a total. It is kept back wherever another is.
    """

    places: tuple[int, ...]
    shares: tuple[float, ...]
    whole: int | None = None

    @classmethod
    def total(cls, places: Sequence[int]) -> Equation:
        """Return the total of groups of other people."""
        return cls(tuple(places), (1.0,) * len(places))

    def less(self, other: Equation) -> Equation:
        """Return what remains of a total less another: the groups that only one of them has."""
        return Equation.total(sorted({*self.places} ^ {*other.places}))

    def tells(self, people: People, hidden: Collection[int], rule: SmallGroupRule) -> bool:
        """Say whether it tells by itself of a group alone, or of too few together."""
        kept = [place for place in self.places if place in hidden]
        if self.whole is not None:
            return bool(kept) and (len(kept) == 1 or self.whole not in kept)
        return len(kept) == 1 or (bool(kept) and people.size(kept) < rule.suppress_below)


def keep_back(
    people: People, lines: Sequence[Equation], hidden: Collection[int], rule: SmallGroupRule
) -> set[int]:
    """Return what must be kept back so that nothing that is kept back can be found.

    Args:
        people: Who is in each group.
        lines: What is told besides.
        hidden: What is kept back in any case.
        rule: From how many people on a total may tell of what is kept back.
    """
    found = set(hidden)
    pairs = _overlapping(lines)
    while (more := _next_to_hide(people, lines, pairs, found, rule)) is not None:
        found.add(more)
    return found


def totals_told(
    people: People, totals: Sequence[Sequence[Hashable]] | None, rule: SmallGroupRule
) -> list[Equation]:
    """Return the groups of every total that is shown."""
    check_rule(rule)
    count = len(people.n)
    lines: list[list[int]] = []
    for labels in [[None] * count] if totals is None else totals:
        if len(labels) != count:
            told = f"must be as many as the counts, {count}"
            raise InvalidValueError("len(totals)", len(labels), told)
        members: Mapping[Hashable, list[int]] = defaultdict(list)
        for place, label in enumerate(labels):
            members[label].append(place)
        lines.extend(members.values())
    several = [line for line in lines if sum(people.n[place] > 0 for place in line) > 1]
    return [Equation.total(line) for line in several if people.size(line) >= rule.suppress_below]


def guard_people(
    people: People, totals: Sequence[Sequence[Hashable]] | None, rule: SmallGroupRule
) -> tuple[GroupSize, ...]:
    lines = totals_told(people, totals, rule)
    small = {place for place, size in enumerate(people.sizes) if rule.of(size).is_kept_back}
    return people.judged(keep_back(people, lines, small, rule), rule)


def _next_to_hide(
    people: People,
    lines: Sequence[Equation],
    pairs: Sequence[tuple[Equation, Equation]],
    hidden: set[int],
    rule: SmallGroupRule,
) -> int | None:
    """Return the smallest group that must be kept back too; None where nothing is told."""
    telling = _telling(people, lines, pairs, hidden, rule)
    if telling is None:
        return None
    shown = (place for place in telling.places if place not in hidden and people.sizes[place])
    return min(shown, key=lambda place: (place != telling.whole, people.sizes[place], place))


def _telling(
    people: People,
    lines: Sequence[Equation],
    pairs: Sequence[tuple[Equation, Equation]],
    hidden: set[int],
    rule: SmallGroupRule,
) -> Equation | None:
    """Return something told that tells too much, and of which more can be kept back."""

    def can_hide(line: Equation) -> bool:
        return any(place not in hidden and people.sizes[place] for place in line.places)

    # What one total tells by itself comes first: less must be kept back in the end.
    open_ = [line for line in lines if can_hide(line)]
    if one := next((line for line in open_ if line.tells(people, hidden, rule)), None):
        return one
    # Then what a total tells less another of which all that is kept back is in the first.
    for first, second in pairs:
        kept = hidden.intersection(first.places), hidden.intersection(second.places)
        if kept[0] != kept[1] and (kept[0] >= kept[1] or kept[0] <= kept[1]):
            apart = first.less(second)
            if people.size(kept[0] ^ kept[1]) < rule.suppress_below and can_hide(apart):
                return apart
    told = _found_by_subtraction(lines, sorted(hidden))
    if found := next((line for line in open_ if told.intersection(line.places)), None):
        return found
    # What can be found, and cannot be helped, hides nobody else in a total.
    rest = hidden - told
    return next((line for line in open_ if told and line.tells(people, rest, rule)), None)


def _overlapping(lines: Sequence[Equation]) -> list[tuple[Equation, Equation]]:
    """Return every two totals that have a group in common."""
    totals = [(line, frozenset(line.places)) for line in lines if line.whole is None]
    return [(one, two) for (one, a), (two, b) in combinations(totals, 2) if a & b]


def _found_by_subtraction(lines: Sequence[Equation], hidden: Sequence[int]) -> set[int]:
    """Return the groups that the totals determine: those that no change of the others can move."""
    column = {place: number for number, place in enumerate(hidden)}
    told = np.zeros((len(lines), len(hidden)))
    for number, line in enumerate(lines):
        for place, share in zip(line.places, line.shares, strict=True):
            if place in column:
                told[number, column[place]] = share
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
