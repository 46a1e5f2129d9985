"""Places of whole numbers, held to numpy's sort of all of them."""

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from crmkit.stats.ranks import ranked


def is_as_numpy_sorts(values: NDArray[np.integer]) -> bool:
    places, found = ranked(values)
    every, inverse = np.unique(values, return_inverse=True)
    return (
        np.array_equal(places, inverse)
        and np.array_equal(found, every)
        and found.dtype == values.dtype
    )


class TestRanked:
    @given(
        st.sampled_from(["int64", "uint64", "int32", "uint8"]).flatmap(
            lambda kind: arrays.arrays(kind, st.integers(0, 40))
        )
    )
    def test_tells_the_place_of_numbers_of_any_kind(self, values: NDArray[np.integer]) -> None:
        assert is_as_numpy_sorts(values)

    @pytest.mark.parametrize("low", [0, -(2**61)])
    def test_tells_numbers_apart_that_lie_far_from_one_another(self, low: int) -> None:
        values = np.random.default_rng(1).integers(low, 2**61, 70_000)

        assert is_as_numpy_sorts(np.concatenate((values, values[:9])))

    def test_puts_numbers_in_order_that_share_their_leading_bits(self) -> None:
        rng = np.random.default_rng(2)
        values = (rng.integers(0, 50, 70_000) << 55) + rng.integers(0, 4, 70_000)

        assert is_as_numpy_sorts(values)

    def test_sorts_places_where_many_share_their_leading_bits(self) -> None:
        rng = np.random.default_rng(3)
        values = (rng.integers(0, 2**15, 200_000) << 46) + rng.integers(0, 4, 200_000)

        assert is_as_numpy_sorts(values)
