r"""Windows that overlap: which results are shown, and which are kept back.

Law: two windows that share most of their answers tell by their difference of the few that they do
not share. So a window is kept back where it, with those shown before and the total of the record,
would tell of fewer than ten.

The sum of a window is the difference of two running sums, $S_b - S_a$. A shown window ties its two
ends together; between ends that are tied, by whatever chain, the difference is known. Take tied
ends for one point, and every stretch of answers between neighbouring ends for a road between two
points: what can be found from the shown windows is told of closed tours, and of nothing else. The
people on the shortest tour are the fewest of whom anything is told. The total of the record ties
its first end to its last.

Under weights the people on a road are counted by `People.lengths`, which is never too many.

Source: the space of the tours of a graph and its shortest cycle: Horton, J. D. (1987), "A
polynomial-time algorithm to find the shortest cycle basis of a graph", SIAM Journal on Computing
16(2), 358–366; the shortest way: Dijkstra, E. W. (1959), "A note on two problems in connexion with
graphs", Numerische Mathematik 1, 269–271.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from typing import Final

import attrs

from .group_sizes import GroupSize, SmallGroupRule, check_rule


_ROUNDING: Final = 1 + 1e-9


def guard_windows(
    people: Sequence[float],
    windows: Sequence[tuple[int, int]],
    sizes: Sequence[int],
    *,
    rule: SmallGroupRule,
) -> tuple[GroupSize, ...]:
    """Judge which windows may be shown beside those before them.

    Args:
        people: How many answered in each stretch of time, stretch by stretch: in each day of the
            record, whose total is told too; under weights `People.lengths`.
        windows: For each window its first stretch, and the first that is no longer its own.
        sizes: For how many people each window counts.
        rule: From how many on.

    Returns:
        One per window, in their order: of two that would tell, the first is shown.

    Examples:
        >>> told = guard_windows([20, 25, 1, 20], [(0, 2), (0, 3), (1, 4)], [45, 46, 46],
        ...     rule=SmallGroupRule())
        >>> [size.value for size in told]
        ['shown', 'complementary', 'shown']
    """
    check_rule(rule)
    points = _points(people)
    tours = _Tours.of([count * _ROUNDING for count in people if count])
    tours.tie(points[0], points[-1], at_least=rule.suppress_below)
    judged = []
    for (first, end), size in zip(windows, sizes, strict=True):
        own = rule.of(size)
        ends = points[first], points[end]
        if own.is_shown and not tours.tie(*ends, at_least=rule.suppress_below):
            own = GroupSize.COMPLEMENTARY
        judged.append(own)
    return tuple(judged)


def _points(people: Sequence[float]) -> list[int]:
    """Return for each border between stretches its point; where nobody answered, two are one."""
    points = [0]
    for count in people:
        points.append(points[-1] + (count > 0))
    return points


@attrs.frozen(eq=False)
class _Tours:
    """Roads between points, of which some are tied together.

    Attributes:
        lengths: How many people each road has; the road i leads from the point i to i + 1.
        tied: For each point the one that stands for all that it is tied to, or one nearer to it.
        members: For those that stand for others, all the points that are one with them.
    """

    lengths: Sequence[float]
    tied: list[int]
    members: dict[int, list[int]]

    @classmethod
    def of(cls, lengths: Sequence[float]) -> _Tours:
        points = range(len(lengths) + 1)
        return cls(lengths, list(points), {point: [point] for point in points})

    def tie(self, one: int, other: int, *, at_least: int) -> bool:
        """Tie two points together unless that closes a tour of too few; say whether it was done."""
        first, second = self.tied[one], self.tied[other]
        if first == second:
            return True
        if self._is_near(first, second, at_least):
            return False
        keeps, goes = sorted((first, second), key=lambda root: -len(self.members[root]))
        for point in self.members[goes]:
            self.tied[point] = keeps
        self.members[keeps] += self.members.pop(goes)
        return True

    def _is_near(self, start: int, goal: int, at_least: int) -> bool:
        """Say whether there is a way of fewer people than that."""
        queue, known = [(0.0, start)], {start: 0.0}
        while queue:
            far, root = heapq.heappop(queue)
            if root == goal:
                return True
            for length, following in self._roads(root):
                total = far + length
                if total < min(known.get(following, at_least), at_least):
                    known[following] = total
                    heapq.heappush(queue, (total, following))
        return False

    def _roads(self, root: int) -> Iterator[tuple[float, int]]:
        for point in self.members[root]:
            if point > 0:
                yield self.lengths[point - 1], self.tied[point - 1]
            if point < len(self.lengths):
                yield self.lengths[point], self.tied[point + 1]
