from collections.abc import Sequence
from itertools import product

import numpy as np
import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.stats import GroupSize, Histogram, SmallGroupRule, guard_small_groups
from crmkit.stats.small_groups import People, guard_histograms


SHOWN, FEW = GroupSize.SHOWN, GroupSize.FEW
GONE, WITH = GroupSize.SUPPRESSED, GroupSize.COMPLEMENTARY
EMPTY = GroupSize.EMPTY


def is_told(lines: list[list[int]], hidden: list[int], place: int) -> bool:
    """Whether a group follows from the totals: adding its own line raises no rank."""
    rows = [[float(other in line) for other in hidden] for line in lines]
    own = [float(other == place) for other in hidden]
    rank = np.linalg.matrix_rank
    return bool(rank(np.array([*rows, own])) == rank(np.array(rows)))


def lines_of(totals: Sequence[Sequence[object]]) -> list[set[int]]:
    """The groups of every total."""
    return [
        {place for place, own in enumerate(labels) if own == label}
        for labels in totals
        for label in dict.fromkeys(labels)
    ]


class TestGuardSmallGroups:
    def test_keeps_back_fewer_than_ten_and_flags_fewer_than_thirty(self) -> None:
        sizes = guard_small_groups([9, 10, 29, 30, 0], totals=())

        assert sizes == (GONE, FEW, FEW, SHOWN, EMPTY)

    def test_keeps_back_what_subtraction_would_reveal(self) -> None:
        # 265 less 200 and 45 and 13 is 7: so the 13 are kept back as well.
        assert guard_small_groups([200, 45, 13, 7]) == (SHOWN, SHOWN, WITH, GONE)

    def test_keeps_back_what_would_tell_of_fewer_than_ten_together(self) -> None:
        # The total less the first tells the mean of 3 + 4 people.
        assert guard_small_groups([200, 3, 4, 40]) == (SHOWN, GONE, GONE, WITH)

    def test_is_content_where_two_together_are_ten(self) -> None:
        assert guard_small_groups([200, 6, 4]) == (SHOWN, GONE, GONE)

    def test_has_nothing_to_hide_where_nobody_answered(self) -> None:
        # An empty group hides nobody either.
        assert guard_small_groups([0, 50, 7, 12]) == (EMPTY, SHOWN, GONE, WITH)

    def test_can_keep_back_no_more_than_all(self) -> None:
        assert guard_small_groups([7]) == (GONE,)
        assert guard_small_groups([7, 0]) == (GONE, EMPTY)
        assert guard_small_groups([8, 300]) == (GONE, WITH)
        assert guard_small_groups([]) == ()

    def test_takes_the_first_of_equals(self) -> None:
        assert guard_small_groups([40, 12, 12, 7]) == (SHOWN, WITH, FEW, GONE)

    def test_guards_totals_both_ways(self) -> None:
        """Months by states: the cell in the corner needs a rectangle around it."""
        counts = [5, 40, 50, 45, 60, 70, 55, 65, 80]
        months, states = [0, 0, 0, 1, 1, 1, 2, 2, 2], [0, 1, 2] * 3

        sizes = guard_small_groups(counts, totals=[months, states])

        assert sizes == (GONE, WITH, SHOWN, WITH, WITH, SHOWN, SHOWN, SHOWN, SHOWN)

    def test_sees_through_two_rectangles_that_share_a_bridge(self) -> None:
        """Two kept back in every line are not enough: the cell between two rectangles is told."""
        small, large = 6, 50
        hidden = {(0, 0), (0, 1), (1, 0), (1, 1), (1, 2), (2, 2), (2, 3), (3, 2), (3, 3)}
        cells = list(product(range(4), repeat=2))
        counts = [small if cell in hidden else large for cell in cells]
        rows, columns = [row for row, _ in cells], [column for _, column in cells]
        lines = [[p for p, c in enumerate(cells) if c[a] == k] for a in (0, 1) for k in range(4)]
        bridge = cells.index((1, 2))
        assert is_told(lines, [cells.index(cell) for cell in sorted(hidden)], bridge)

        sizes = guard_small_groups(counts, totals=[rows, columns])

        kept = [place for place, size in enumerate(sizes) if size.is_kept_back]
        assert len(kept) > len(hidden)
        assert not is_told(lines, kept, bridge)

    def test_does_not_count_on_a_total_that_is_kept_back_itself(self) -> None:
        # The first month has 7 answers in all: its total is not shown.
        sizes = guard_small_groups([7, 0, 60, 70], totals=[[1, 1, 2, 2]])

        assert sizes == (GONE, EMPTY, SHOWN, SHOWN)

    def test_takes_the_total_of_one_group_for_that_group(self) -> None:
        """The month in which one region alone was asked is its total too, and kept back with it."""
        region, month = [1, 1, 1, 2, 2], ["M1", "M2", "M3", "M1", "M2"]

        sizes = guard_small_groups([5, 3, 20, 40, 40], totals=[[None] * 5, region, month])

        assert sizes == (GONE, GONE, WITH, WITH, WITH)

    def test_keeps_back_what_a_total_less_another_tells(self) -> None:
        # Of the first row 20, 5 and 3 are kept back, of a total inside it the 20 and nothing else
        # of that row: the row less that total would tell of eight people.
        counts = [20, 15, 5, 3, 60, 70]
        totals = [["1", "1", "1", "1", "2", "2"], ["a", "a", "b", "c", "b", "c"]]

        sizes = guard_small_groups(counts, totals=totals)

        kept = {place for place, size in enumerate(sizes) if size.is_kept_back}
        lines = lines_of(totals)
        for one, other in product(lines, lines):
            apart = (one & kept) - other
            if apart and (other & kept) <= one:
                assert sum(counts[place] for place in apart) >= 10 or one <= kept | other

    def test_keeps_one_more_back_where_the_rest_of_two_totals_is_small(self) -> None:
        # North: groups 0, 2, 3, 4. May: 0, 1, 4. Groups 3 and 4 are small, and May would tell of
        # 4 beside 0; with 0 kept back the north less May is 2 and 3, so 2 would tell of 3.
        totals = [
            ["north", "south", "north", "north", "north"],
            ["May", "May", "June", "July", "May"],
        ]

        found = guard_small_groups([60, 0, 20, 9, 7], totals=totals)

        assert found == (WITH, EMPTY, WITH, GONE, GONE)

    def test_hides_nobody_behind_what_can_be_found(self) -> None:
        """Three groups in three totals of two are found; who stands beside one hides behind none.

        Of the last total 20, 4 and 3 are kept back: without the 20, which are found, seven people.
        """
        counts = [20, 20, 20, 4, 3, 50, 60, 70]
        totals = [
            ["ab", "ab", "c", "x", "y", "z", "x", "y"],
            ["a", "bc", "bc", "u", "v", "w", "u", "v"],
            ["ac", "b", "ac", "d", "e", "f", "d", "e"],
            ["last", "g", "h", "last", "last", "last", "g", "h"],
        ]

        sizes = guard_small_groups(
            counts, totals=totals, rule=SmallGroupRule(suppress_below=10, flag_below=10)
        )

        assert sizes[3] is sizes[4] is GONE
        assert sizes[5].is_kept_back

    @given(st.lists(st.integers(0, 60), min_size=1, max_size=16), st.integers(1, 4))
    def test_lets_nobody_be_found(self, counts: list[int], width: int) -> None:
        rows = [place // width for place in range(len(counts))]
        columns = [place % width for place in range(len(counts))]

        sizes = guard_small_groups(counts, totals=[rows, columns])

        kept = [place for place, size in enumerate(sizes) if size.is_kept_back]
        lines = [
            [place for place in range(len(counts)) if labels[place] == label]
            for labels in (rows, columns)
            for label in set(labels)
        ]
        # The total of one group is that group by another name.
        shown = [
            line
            for line in lines
            if sum(counts[place] for place in line) >= 10
            and sum(counts[place] > 0 for place in line) > 1
        ]
        assert all(sizes[p] is GONE for p, n in enumerate(counts) if 0 < n < 10)
        for line in shown:
            inside = [place for place in line if place in kept]
            # All that could be done: every other group of the line is kept back, or empty.
            is_full = all(place in kept or not counts[place] for place in line)
            if inside and not is_full:
                assert sum(counts[place] for place in inside) >= 10
                assert not any(is_told(shown, kept, place) for place in inside)

    @given(st.lists(st.integers(10, 60), min_size=1, max_size=12))
    def test_keeps_nothing_back_where_nothing_is_small(self, counts: list[int]) -> None:
        assert all(size.is_shown for size in guard_small_groups(counts))

    def test_takes_another_rule(self) -> None:
        rule = SmallGroupRule(suppress_below=3, flag_below=5)

        assert guard_small_groups([2, 4, 5], totals=(), rule=rule) == (GONE, FEW, SHOWN)

    @pytest.mark.parametrize("count", [-1, 1.5, True])
    def test_refuses_what_is_no_count(self, count: int) -> None:
        with pytest.raises(InvalidValueError, match="0 or more, as in group 1"):
            guard_small_groups([20, count])

    def test_refuses_totals_that_are_too_few(self) -> None:
        with pytest.raises(InvalidValueError, match="as many as the counts, 2"):
            guard_small_groups([20, 30], totals=[["all"]])


class TestGuardHistograms:
    def test_counts_nobody_who_has_no_weight(self) -> None:
        alone = Histogram.of([0] + [10] * 39, weights=[1] + [0] * 39)

        told = guard_histograms([alone, Histogram.of([9] * 40), Histogram.of([8] * 40)])

        assert told == (GONE, WITH, SHOWN)

    def test_is_not_deceived_by_weights_of_next_to_nothing(self) -> None:
        alone = Histogram.of([0] + [10] * 39, weights=[1] + [1e-12] * 39)

        assert guard_histograms([alone], totals=()) == (GONE,)

    def test_takes_kishs_size_by_hand(self) -> None:
        # 20 of weight 1 and 5 of weight 4: 40² / (20 + 80) = 16; two more of weight 20: 80² / 900.
        even = Histogram.of([1] * 25, weights=[1] * 20 + [4] * 5)
        uneven = Histogram.of([1] * 27, weights=[1] * 20 + [4] * 5 + [20] * 2)

        assert People.of([even, uneven]).size([0]) == 16
        assert People.of([even, uneven]).size([1]) == 7
        assert guard_histograms([even, uneven], totals=()) == (FEW, GONE)

    def test_joins_groups_by_their_weights(self) -> None:
        # Nine light ones beside nine heavy ones are little more than the nine heavy ones:
        # (9 + 900)² / (9 + 90 000) = 9.18, so a third group must go.
        light, heavy = Histogram.of([1] * 9), Histogram.of([1] * 9, weights=[100] * 9)
        others = [Histogram.of([1] * 50), Histogram.of([1] * 60)]

        assert guard_histograms([light, heavy, *others]) == (GONE, GONE, WITH, SHOWN)
        assert guard_small_groups([9, 9, 50, 60]) == (GONE, GONE, SHOWN, SHOWN)

    def test_takes_weights_whose_squares_are_lost_for_those_of_one(self) -> None:
        assert People([40], [1e-200], [0.0]).size([0]) == 1

    def test_says_where_all_weights_are_0(self) -> None:
        told = guard_histograms([Histogram.of([5] * 40, weights=[0] * 40), Histogram.of([None])])

        assert told == (GroupSize.WEIGHTLESS, EMPTY)

    @given(st.lists(st.integers(0, 60), min_size=1, max_size=9), st.floats(1e-9, 1e9))
    def test_of_equal_weights_is_that_of_counts(self, counts: list[int], weight: float) -> None:
        parts = [Histogram.of([5] * n, weights=[weight] * n) for n in counts]

        assert guard_histograms(parts) == guard_small_groups(counts)


class TestPeople:
    @given(st.lists(st.lists(st.floats(1e-6, 1e3), max_size=6), min_size=1, max_size=6).filter(any))
    def test_has_lengths_that_sum_to_no_more_than_the_size_of_all(
        self, weights: list[list[float]]
    ) -> None:
        """Kish's size, by its formula, of every choice of groups."""
        people = People.of([Histogram.of([5] * len(own), weights=own) for own in weights])

        lengths = people.lengths()

        for chosen in product([False, True], repeat=len(weights)):
            heavy = [w for own, there in zip(weights, chosen, strict=True) if there for w in own]
            if heavy:
                kish = sum(heavy) ** 2 / sum(w * w for w in heavy)
                total = sum(one for one, there in zip(lengths, chosen, strict=True) if there)
                assert total <= kish * (1 + 1e-9)

    @given(st.lists(st.integers(0, 60), min_size=1, max_size=9), st.floats(1e-9, 1e9))
    def test_has_lengths_of_equal_weights_that_are_counts(
        self, counts: list[int], weight: float
    ) -> None:
        people = People.of([Histogram.of([5] * n, weights=[weight] * n) for n in counts])

        assert people.lengths() == pytest.approx(counts)

    def test_takes_squares_that_are_not_told_for_one_person_each(self) -> None:
        assert People([3, 0], [1e-200, 0], [0, 0]).lengths() == [1, 0]
