"""Kinds of rows, held to Python's own sets and counters."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from crmkit.value.lifetime.row_kinds import counted_rows, in_blocks, unique_rows


WEEKS = [0.0, 1 / 7, 3 / 7, 2.0, 40 + 6 / 7]
ANY = [0.25, 1e9, 3 / 7, 1e-9]


class TestUniqueRows:
    @given(
        st.lists(
            st.tuples(st.integers(0, 3), st.sampled_from(WEEKS), st.sampled_from(ANY)), min_size=1
        )
    )
    @settings(deadline=None)
    def test_tells_which_rows_are_alike(self, rows: list[tuple[int, float, float]]) -> None:
        columns = [np.array(column) for column in zip(*rows, strict=True)]

        first, kind = unique_rows(*columns)

        assert len(first) == len(set(rows))
        assert [rows[place] for place in first.tolist()] == sorted(set(rows))
        assert [rows[first[one]] for one in kind.tolist()] == rows
        assert all(rows.index(rows[place]) == place for place in first.tolist())

    def test_finds_kinds_across_blocks(self) -> None:
        rng = np.random.default_rng(1)
        columns = [rng.integers(0, 900, 50_000), rng.integers(0, 900, 50_000) / 7]
        told = list(zip(*(column.tolist() for column in columns), strict=True))

        first, kind = unique_rows(*columns)

        assert [told[place] for place in first.tolist()] == sorted(set(told))
        assert (columns[0][first[kind]] == columns[0]).all()
        assert (columns[1][first[kind]] == columns[1]).all()

    def test_takes_no_rows(self) -> None:
        first, kind = unique_rows(np.empty(0), np.empty(0, dtype=np.int64))

        assert (len(first), len(kind)) == (0, 0)


class TestCountedRows:
    @pytest.mark.parametrize("ages", [WEEKS, ANY])
    def test_counts_rows_that_are_alike(self, ages: list[float]) -> None:
        rng = np.random.default_rng(2)
        columns = [rng.integers(0, 40, 50_000), rng.choice(ages, 50_000), rng.choice(WEEKS, 50_000)]

        found, count = counted_rows(*columns)

        told = Counter(zip(*(column.tolist() for column in columns), strict=True))
        rows = list(zip(*(column.tolist() for column in found), strict=True))
        assert dict(zip(rows, count.tolist(), strict=True)) == told

    @pytest.mark.parametrize("most", [10, 2_000])
    def test_counts_whatever_the_numbers_of_rows_fit_in(self, most: int) -> None:
        """11 or 2,001 values of each of three columns: 1,331 kinds at most, or above 2³²."""
        rng = np.random.default_rng(3)
        column = np.append(rng.integers(0, most, 400), [0, most])

        found, count = counted_rows(column, column, column)

        values, times = np.unique(column, return_counts=True)
        assert [one.tolist() for one in found] == [values.tolist()] * 3
        assert count.tolist() == times.tolist()

    def test_counts_rows_of_many_columns(self) -> None:
        rng = np.random.default_rng(3)
        columns = [rng.integers(0, 2**19, 500) for _ in range(4)]

        found, count = counted_rows(*(np.concatenate((column, column)) for column in columns))

        assert sorted(zip(*(column.tolist() for column in found), strict=True)) == sorted(
            zip(*(column.tolist() for column in columns), strict=True)
        )
        assert set(count.tolist()) == {2}


class TestInBlocks:
    def test_leaves_no_row_out(self) -> None:
        assert [place for rows in in_blocks(40_000) for place in range(40_000)[rows]] == list(
            range(40_000)
        )
