"""Events in order, against numpy's sorting of places."""

import numpy as np
import pytest
from hypothesis import given, strategies as st
from numpy.typing import NDArray

from crmkit.stats.event_order import Ordered, in_order


HUGE = 2**62


def by_places(
    numbers: NDArray[np.integer], sequence: NDArray[np.integer], codes: NDArray[np.integer]
) -> list[list[int]]:
    order = np.lexsort((sequence, numbers))
    least = int(numbers.min())
    cases = [int(number) - least for number in numbers[order].tolist()]
    return [order.tolist(), cases, *([*values[order].tolist()] for values in (sequence, codes))]


def told(events: Ordered) -> list[list[int]]:
    return [
        values.tolist() for values in (events.rows, events.cases, events.sequence, events.codes)
    ]


class TestInOrder:
    @given(
        st.lists(st.tuples(st.integers(0, 5), st.integers(-3, 3), st.integers(0, 9)), min_size=1),
        st.sampled_from([-HUGE, -7, 0, HUGE]),
        st.sampled_from([1, 2**20, 2**28, 2**58]),
        st.sampled_from([1, 2**20, 2**28]),
    )
    def test_is_that_of_sorted_places(
        self, rows: list[tuple[int, int, int]], least: int, wide: int, far: int
    ) -> None:
        """Whether all fits into one number, all but the code, or not even the case."""
        case, place, code = (np.array(values, dtype=np.int64) for values in zip(*rows, strict=True))
        numbers, sequence = case * far + least, place * wide
        at = np.arange(len(rows)) * 1_000

        events = in_order(numbers, int(numbers.min()), sequence, at, code, texts=10)

        assert told(events) == by_places(numbers, sequence, code)
        assert events.at.tolist() == [1_000 * row for row in events.rows]

    @pytest.mark.parametrize("kind", [np.int8, np.int64, np.uint64])
    def test_takes_numbers_of_any_type(self, kind: type[np.integer]) -> None:
        numbers = np.array([np.iinfo(kind).max >> 1, np.iinfo(kind).max >> 1, 100], dtype=kind)
        numbers[2] = numbers[0] - kind(9)
        at, codes = np.array([7, 8, 9]), np.zeros(3, dtype=np.int32)

        events = in_order(numbers, int(numbers[2]), np.array([2, 1, 0]), at, codes, texts=1)

        assert told(events) == [[2, 1, 0], [0, 9, 9], [0, 1, 2], [0, 0, 0]]

    def test_orders_more_rows_than_a_block_holds(self) -> None:
        rng = np.random.default_rng(5)
        numbers, sequence = rng.integers(0, 9_000, 70_000), rng.permutation(70_000)
        codes = rng.integers(0, 300, 70_000)

        events = in_order(numbers, 0, sequence, sequence, codes, texts=300)

        order = np.lexsort((sequence, numbers))
        assert (events.rows == order).all()
        assert (events.at == sequence[order]).all()
        assert (events.codes == codes[order]).all()

    def test_leaves_what_is_sorted(self) -> None:
        places = np.arange(40_000)

        events = in_order(places // 7, 0, places, places, places % 3, texts=3)

        assert (events.rows == places).all()
        assert not np.shares_memory(events.at, places)

    def test_changes_nothing_that_it_was_given(self) -> None:
        numbers, sequence = np.array([3, 1, 2]), np.array([1, 1, 1])

        in_order(numbers, 1, sequence, sequence, np.array([0, 0, 0]), texts=1)

        assert (numbers.tolist(), sequence.tolist()) == ([3, 1, 2], [1, 1, 1])
