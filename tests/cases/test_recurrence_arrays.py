import numpy as np
from hypothesis import given, strategies as st
from numpy.typing import NDArray

from crmkit.cases.recurrence_arrays import repeats
from crmkit.stats.time_columns import MISSING


Found = dict[int, tuple[int, int, int]]

# Beside each other and so far apart that key, time and row do not fit into one number.
KEYS = st.sampled_from([0, 1, 2, 2**31, 2**61])
TIMES = st.one_of(st.integers(0, 6), st.sampled_from([0, 2**40, 2**50, 2**50 + 1]))
CASES = st.lists(st.tuples(KEYS, TIMES, st.none() | TIMES), min_size=1, max_size=14)


def by_definition(cases: list[tuple[int, int, int | None]], within: int, receipt: bool) -> Found:
    """Each case against all before it; ids are the rows turned round."""
    order = sorted(range(len(cases)), key=lambda row: (cases[row][1], -row))
    first: dict[int, int] = {}
    found: Found = {}
    for place, row in enumerate(order):
        key, at, _ = cases[row]
        repeated = [
            other
            for other in order[:place]
            for end in [cases[other][1] if receipt else cases[other][2]]
            if cases[other][0] == key and end is not None and 0 <= at - end <= within
        ]
        first[row] = first[repeated[-1]] if repeated else row
        if repeated:
            chain = [other for other in order[: place + 1] if first[other] == first[row]]
            found[row] = (repeated[-1], first[row], len(chain))
    return found


class TestRepeats:
    @given(CASES, st.sampled_from([1, 2, 5, 2**39]), st.booleans())
    def test_is_what_each_case_against_all_gives(
        self, cases: list[tuple[int, int, int | None]], within: int, receipt: bool
    ) -> None:
        sound = [(key, at, None if end is None else max(at, end)) for key, at, end in cases]
        keys, at = (np.array([case[n] for case in sound], dtype=np.int64) for n in (0, 1))
        ends = np.array([MISSING if end is None else end for _, _, end in sound], dtype=np.int64)

        def ranks(rows: NDArray[np.intp]) -> NDArray[np.intp]:
            return -rows

        told = repeats(keys, at, None if receipt else ends, within, ranks)

        found: Found = {
            int(row): (int(last), int(first), int(occurrence))
            for row, last, first, occurrence in zip(
                told.row, told.last, told.first, told.occurrence, strict=True
            )
        }
        assert found == by_definition(sound, within, receipt)
