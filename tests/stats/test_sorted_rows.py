from typing import Any

import numpy as np
import polars as pl
from hypothesis import given, strategies as st
from narwhals.stable import v2 as nw

from crmkit.stats.sorted_rows import by_day, changes, numbered, sums


def column(values: list[Any]) -> nw.Series[Any]:
    return nw.from_native(pl.Series(values), series_only=True)


class TestNumbered:
    def test_follows_the_order_of_ids(self) -> None:
        told = column(["b", "a", "b"])
        whole = column([7, 3, 7])

        assert numbered(told).tolist() == [1, 0, 1]
        assert numbered(whole).tolist() == [4, 0, 4]

    def test_closes_gaps_that_are_too_wide(self) -> None:
        told = column([2**40, 3])

        assert numbered(told).tolist() == [1, 0]


class TestByDay:
    @given(
        rows=st.lists(st.tuples(st.integers(0, 4), st.integers(-5, 5)), max_size=20),
        far=st.sampled_from([0, 2**60]),
    )
    def test_sorts_as_python_does(self, rows: list[tuple[int, int]], far: int) -> None:
        """Numbers so large that they fit into one no more are sorted in another way."""
        customers = np.array([customer + far for customer, _ in rows], dtype=np.int64)
        days = np.array([day for _, day in rows], dtype=np.int64)

        order, who, when = by_day(customers, days)

        expected = sorted(range(len(rows)), key=lambda row: rows[row])
        assert order.tolist() == expected
        assert list(zip((who - far).tolist(), when.tolist(), strict=True)) == sorted(rows)

    def test_leaves_what_is_in_order_as_it_is(self) -> None:
        customers = np.repeat(np.arange(1_000), 3)
        days = np.tile([1, 1, 5], 1_000)
        late = days.copy()
        late[-1] = 0

        order, who, when = by_day(customers, days)
        turned = by_day(customers, late)[0]

        assert order.tolist() == [*range(3_000)]
        assert (who is customers, when is days) == (True, True)
        assert turned.tolist() == [*range(2_997), 2_999, 2_997, 2_998]


class TestSums:
    @given(st.lists(st.tuples(st.booleans(), st.integers(-(2**63), 2**63 - 1)), max_size=20))
    def test_of_whole_numbers_are_exact_where_they_fit(self, rows: list[tuple[bool, int]]) -> None:
        """Sums on the way may run over 64 bits: what fits in them is right nevertheless."""
        values = np.array([value for _, value in rows], dtype=np.int64)
        starts = np.flatnonzero([place in (0, 3) or new for place, (new, _) in enumerate(rows)])

        found = sums(values, starts).tolist()

        ends = [*starts[1:].tolist(), len(rows)]
        exact = (
            [
                sum(value for _, value in rows[start:end])
                for start, end in zip(starts.tolist(), ends, strict=True)
            ]
            if rows
            else []
        )
        assert found == [(total + 2**63) % 2**64 - 2**63 for total in exact]

    def test_leave_out_what_is_before_the_first_run(self) -> None:
        assert sums(np.array([9, 1, 2]), np.array([1])).tolist() == [3]
        assert sums(np.array([9.0, 1.0, 2.0]), np.array([1, 2])).tolist() == [1.0, 2.0]

    def test_are_those_of_runs(self) -> None:
        values = np.array([1, 2, 3, 4])
        starts = np.flatnonzero(changes(np.array([5, 5, 6, 6])))

        assert sums(values, starts).tolist() == [3, 7]
        assert sums(values, starts[:0]).tolist() == []
