r"""Tables of parts and of the whole that is made of them: what is kept back so that none is solved.

Law: where a part of a group is kept back so is its whole, for the whole less the other parts would
tell it; and so is what it takes in other groups that no total tells either.

Source: as `crmkit.stats.small_groups`: totals and wholes are equations of one table, Cox (1980).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from .group_sizes import GroupSize, SmallGroupRule
from .small_groups import Equation, People, keep_back, totals_told


def guard_parts(
    people: Sequence[People],
    *,
    shares: NDArray[np.float64],
    totals: Sequence[Sequence[Hashable]] | None,
    rule: SmallGroupRule,
) -> list[tuple[GroupSize, ...]]:
    """Judge which cells of a table of groups and parts may be shown beside its totals.

    The whole of a group is taken to be the sum of its parts, each with its share, also where some
    left a part out and it is so only nearly.

    Args:
        people: For each part, and the whole last, who is in each group.
        shares: Groups × parts: how much of the whole each part is where it is answered.
        totals: What is shown besides of each part, as of `guard_small_groups`.
        rule: From how many on.

    Returns:
        For each part, and the whole last, one verdict a group.

    Examples:
        >>> parts = [People.alike(n) for n in ([9, 40, 50], [30, 40, 50], [30, 40, 50])]
        >>> each = np.full((3, 2), 0.5)
        >>> told = guard_parts(parts, shares=each, totals=None, rule=SmallGroupRule())
        >>> [[size.value for size in part] for part in told][0]
        ['suppressed', 'complementary', 'shown']
        >>> [[size.value for size in part] for part in told][2]
        ['complementary', 'complementary', 'shown']
    """
    groups, last = len(shares), len(people) - 1
    table = _joined(people)
    lines, hidden = [], set()
    for part, own in enumerate(people):
        told = totals_told(own, totals, rule)
        small = {place for place, size in enumerate(own.sizes) if rule.of(size).is_kept_back}
        hidden |= {part * groups + place for place in keep_back(own, told, small, rule)}
        lines.append([_moved(line, part * groups) for line in told])
    wholes = [
        _whole(group, groups, last, shares[group])
        for group in range(groups)
        if people[last].n[group]
    ]
    hidden |= {line.places[0] for line in wholes if hidden.intersection(line.places)}
    of_parts = [line for part in lines[:last] for line in part]
    judged = table.judged(keep_back(table, [*of_parts, *wholes, *lines[last]], hidden, rule), rule)
    return [judged[part * groups : (part + 1) * groups] for part in range(last + 1)]


def _joined(people: Sequence[People]) -> People:
    return People(
        [one for part in people for one in part.n],
        [one for part in people for one in part.weights],
        [one for part in people for one in part.squares],
    )


def _moved(line: Equation, by: int) -> Equation:
    return Equation(tuple(place + by for place in line.places), line.shares)


def _whole(group: int, groups: int, last: int, shares: NDArray[np.float64]) -> Equation:
    """Return the whole of a group as a line: it less the sum of its parts is 0."""
    parts = [part for part in range(last) if shares[part] > 0]
    own = last * groups + group
    return Equation(
        (own, *(part * groups + group for part in parts)),
        (-1.0, *(float(shares[part]) for part in parts)),
        whole=own,
    )
