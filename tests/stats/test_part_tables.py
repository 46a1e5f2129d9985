from random import Random

import numpy as np
from hypothesis import given, strategies as st
from numpy.typing import NDArray

from crmkit.stats import GroupSize, SmallGroupRule
from crmkit.stats.part_tables import guard_parts
from crmkit.stats.small_groups import People


RULE = SmallGroupRule()
SHOWN, FEW = GroupSize.SHOWN, GroupSize.FEW
GONE, WITH, EMPTY = GroupSize.SUPPRESSED, GroupSize.COMPLEMENTARY, GroupSize.EMPTY


def judged(
    table: list[list[int]], shares: NDArray[np.float64] | None = None
) -> list[tuple[GroupSize, ...]]:
    """Judge a table of parts × groups, the whole last, beside one total of each part."""
    told = np.full((len(table[0]), len(table) - 1), 1 / (len(table) - 1))
    return guard_parts(
        [People.alike(n) for n in table],
        shares=told if shares is None else shares,
        totals=None,
        rule=RULE,
    )


def solved(
    table: list[list[int]], shares: NDArray[np.float64], kept: set[tuple[int, int]]
) -> set[tuple[int, int]]:
    """Return the cells kept back that follow from those shown, the totals and the wholes.

    A total of a single group is that group by another name, and is kept back with it.

    By ranks: what follows adds nothing to the equations.
    """
    parts, groups = len(table), len(table[0])
    cells = [(part, group) for part in range(parts) for group in range(groups)]
    equations = []
    for part in range(parts):
        if sum(table[part]) >= 10 and np.count_nonzero(table[part]) > 1:
            equations.append([float(cell[0] == part) for cell in cells])
    for group in range(groups):
        if table[-1][group]:
            line = [-1.0 if part == parts - 1 else shares[group, part] for part in range(parts)]
            equations.append(
                [line[part] if own == group and table[part][group] else 0.0 for part, own in cells]
            )
    equations += [[float(cell == one) for cell in cells] for one in cells if one not in kept]
    known = np.array(equations)
    rank = np.linalg.matrix_rank(known)
    found = set()
    for one in kept:
        alone = np.array([[float(cell == one) for cell in cells]])
        if np.linalg.matrix_rank(np.vstack([known, alone])) == rank:
            found.add(one)
    return found


def kept_back(told: list[tuple[GroupSize, ...]]) -> set[tuple[int, int]]:
    return {
        (part, group)
        for part, sizes in enumerate(told)
        for group, size in enumerate(sizes)
        if size.is_kept_back
    }


class TestGuardParts:
    def test_keeps_the_whole_back_beside_a_part(self) -> None:
        # Nine of the first group answered the first part. The other parts and the whole would tell
        # it, directly or by way of the second group and the totals.
        told = judged([[9, 40, 50], [30, 40, 50], [30, 40, 50]])

        assert told[0] == (GONE, WITH, SHOWN)
        assert told[1] == (SHOWN, SHOWN, SHOWN)
        assert told[2] == (WITH, WITH, SHOWN)

    def test_keeps_a_part_back_beside_a_whole(self) -> None:
        # Only the whole is small: of the second group, whose parts make its whole, one part goes.
        told = judged([[12, 40], [15, 41], [9, 42]])

        assert told[2] == (GONE, WITH)
        assert [size.is_kept_back for size in told[0]] == [True, True]
        assert [size.is_kept_back for size in told[1]] == [False, False]

    def test_does_not_ask_of_a_whole_that_nobody_has(self) -> None:
        told = judged([[9, 40], [30, 40], [0, 40]])

        assert told[2] == (EMPTY, WITH)

    def test_keeps_nothing_back_where_nothing_is_small(self) -> None:
        assert kept_back(judged([[10, 40], [30, 40], [30, 40]])) == set()

    def test_knows_that_parts_may_count_otherwise_in_each_group(self) -> None:
        # Where a part is half of one whole and a fifth of the other, two totals and two wholes are
        # four equations for four numbers: more must be kept back than where they are alike.
        table = [[9, 40, 60], [40, 40, 60], [40, 40, 60]]
        alike, apart = np.full((3, 2), 0.5), np.array([[0.5, 0.5], [0.2, 0.8], [0.3, 0.7]])

        assert len(kept_back(judged(table, alike))) == 4
        assert len(kept_back(judged(table, apart))) > 4

    def test_of_one_group_without_totals_keeps_its_whole_back(self) -> None:
        people = [People.alike([n]) for n in (9, 200, 200)]

        told = guard_parts(people, shares=np.full((1, 2), 0.5), totals=[], rule=RULE)

        assert told == [(GONE,), (SHOWN,), (WITH,)]

    @given(
        st.integers(1, 4).flatmap(
            lambda groups: st.lists(
                st.lists(st.integers(0, 40), min_size=groups, max_size=groups),
                min_size=2,
                max_size=4,
            )
        ),
        st.booleans(),
        st.randoms(use_true_random=False),
    )
    def test_lets_no_part_and_no_whole_be_solved(
        self, parts: list[list[int]], alike: bool, chance: Random
    ) -> None:
        table = [*parts, [max(column) for column in zip(*parts, strict=True)]]
        drawn = [[1.0 if alike else chance.randint(1, 9) for _ in parts] for _ in parts[0]]
        shares = np.array(drawn) / np.sum(drawn, axis=1, keepdims=True)

        kept = kept_back(judged(table, shares))

        small = {
            (part, group)
            for part, sizes in enumerate(table)
            for group, n in enumerate(sizes)
            if 0 < n < 10
        }
        assert small <= kept
        there = {
            (part, group) for part, sizes in enumerate(table) for group, n in enumerate(sizes) if n
        }
        # Where everything that there is is kept back no more can be done.
        for part, group in solved(table, shares, kept):
            row = {cell for cell in there if cell[0] == part}
            column = {cell for cell in there if cell[1] == group}
            assert row <= kept, (part, group)
            assert column <= kept, (part, group)
