from math import inf

import numpy as np
import pytest
from hypothesis import given, strategies as st
from numpy.typing import NDArray

from crmkit.value.segments.ranked_values import values_at


MANY = 200_000
RANKS = [0, 1, 40_000, 100_000, 160_000, MANY - 1]
RNG = np.random.default_rng(20260401)

# What a sample of every twelfth value sees is nothing like the rest.
MISLEADING = RNG.permutation(MANY).astype(np.float64)
MISLEADING[::12] = -1.0


def by_sorting(values: NDArray[np.float64], ranks: list[int]) -> list[tuple[float, float]]:
    """Sort all, and walk on from each rank until the value grows."""
    ordered = np.sort(values)
    told = []
    for rank in ranks:
        larger = ordered[ordered > ordered[rank]]
        told.append((float(ordered[rank]), float(larger[0]) if len(larger) else inf))
    return told


class TestValuesAt:
    @pytest.mark.parametrize(
        "values",
        [
            RNG.lognormal(4, 1.2, MANY).round(2),
            RNG.normal(0, 1, MANY),
            np.arange(MANY, dtype=np.float64),
            np.arange(MANY, dtype=np.float64)[::-1].copy(),
            np.where(RNG.random(MANY) < 0.7, 0.0, RNG.normal(0, 1, MANY)),
            np.ones(MANY),
            MISLEADING,
        ],
        ids=["amounts", "signed", "rising", "falling", "many alike", "all alike", "misleading"],
    )
    def test_are_those_of_a_sort(self, values: NDArray[np.float64]) -> None:
        kept = values.copy()

        assert values_at(values, RANKS) == by_sorting(values, RANKS)
        assert np.array_equal(values, kept)

    @given(st.lists(st.integers(-3, 3), min_size=1, max_size=20), st.data())
    def test_of_few_are_those_of_a_sort(self, few: list[int], data: st.DataObject) -> None:
        ranks = data.draw(st.lists(st.integers(0, len(few) - 1), min_size=1))
        values = np.array(few, dtype=np.float64)

        assert values_at(values, ranks) == by_sorting(values, ranks)
