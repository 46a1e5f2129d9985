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


class TestSums:
    def test_are_those_of_runs(self) -> None:
        values = np.array([1, 2, 3, 4])
        starts = np.flatnonzero(changes(np.array([5, 5, 6, 6])))

        assert sums(values, starts).tolist() == [3, 7]
        assert sums(values, starts[:0]).tolist() == []
