from itertools import combinations

import numpy as np
from hypothesis import given, strategies as st

from crmkit.stats import GroupSize, SmallGroupRule
from crmkit.stats.overlapping import guard_windows


RULE = SmallGroupRule()
SHOWN, FEW = GroupSize.SHOWN, GroupSize.FEW
GONE, WITH, EMPTY = GroupSize.SUPPRESSED, GroupSize.COMPLEMENTARY, GroupSize.EMPTY


def judged(people: list[int], windows: list[tuple[int, int]]) -> tuple[GroupSize, ...]:
    sizes = [sum(people[first:end]) for first, end in windows]
    return guard_windows(people, windows, sizes, rule=RULE)


def tells(people: list[int], windows: list[tuple[int, int]]) -> bool:
    """Say whether some sum of windows, each times some number, is of fewer than ten people.

    By ranks, for every set of days with so few: it is so where a sum lies among these days alone.
    The total of the record is told too.
    """
    there = [day for day, count in enumerate(people) if count]
    if sum(people) < 10:
        return False
    known = [*windows, (0, len(people))]
    told = np.array([[float(first <= day < end) for day in there] for first, end in known])
    rank = np.linalg.matrix_rank(told)
    for size in range(1, len(there) + 1):
        for days in combinations(range(len(there)), size):
            if sum(people[there[day]] for day in days) >= 10:
                continue
            alone = np.eye(len(there))[list(days)]
            if np.linalg.matrix_rank(np.vstack([told, alone])) < rank + size:
                return True
    return False


WINDOWS = st.lists(
    st.tuples(st.integers(0, 6), st.integers(1, 7)).map(lambda w: (w[0], min(w[0] + w[1], 7))),
    max_size=7,
)


class TestGuardWindows:
    def test_keeps_back_the_window_that_one_more_came_to(self) -> None:
        # 20, 25, 1 and 20 people: the window of 46 less that of 45 is the one.
        assert judged([20, 25, 1, 20], [(0, 2), (0, 3), (1, 4)]) == (SHOWN, WITH, SHOWN)

    def test_keeps_back_where_one_came_and_one_went(self) -> None:
        # Both differ by two people, of whom the difference of answers would be told.
        assert judged([20, 1, 40, 1, 20], [(1, 3), (2, 4)]) == (SHOWN, WITH)

    def test_keeps_back_what_the_total_less_the_others_would_tell(self) -> None:
        # The total less the first and the last are the five.
        told = judged([40, 5, 40], [(0, 1), (1, 2), (2, 3)])

        assert told == (SHOWN, GONE, WITH)

    def test_keeps_back_the_window_of_all_but_one(self) -> None:
        assert judged([40, 1], [(0, 1)]) == (WITH,)

    def test_shows_windows_that_share_nobody(self) -> None:
        assert judged([12, 12, 12], [(0, 1), (1, 2), (2, 3)]) == (FEW, FEW, FEW)

    def test_shows_the_same_people_again(self) -> None:
        assert judged([0, 30, 0], [(0, 2), (1, 3), (1, 2)]) == (SHOWN, SHOWN, SHOWN)

    def test_looks_along_chains(self) -> None:
        # No two windows differ by fewer than eleven people. But the second less the first is the
        # third day less the first, the fourth less the third window the fifth day less the third:
        # together the fifth less the first, one person each.
        told = judged([30, 1, 20, 10, 20, 1, 30], [(1, 3), (2, 4), (3, 5), (4, 6)])

        assert told == (FEW, SHOWN, SHOWN, WITH)

    def test_does_not_show_what_is_small_itself(self) -> None:
        assert judged([9, 0, 30], [(0, 2), (1, 2), (0, 3)]) == (GONE, EMPTY, SHOWN)

    @given(st.lists(st.integers(0, 12), min_size=7, max_size=7), WINDOWS)
    def test_tells_of_nobody_and_keeps_back_no_more_than_that_takes(
        self, people: list[int], windows: list[tuple[int, int]]
    ) -> None:
        sizes = judged(people, windows)

        shown: list[tuple[int, int]] = []
        for window, size in zip(windows, sizes, strict=True):
            if size.is_shown:
                shown.append(window)
            elif size is WITH:
                assert tells(people, [*shown, window])
        assert not tells(people, shown)
