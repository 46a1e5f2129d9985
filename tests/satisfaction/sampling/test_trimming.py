from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.satisfaction import rake, trim_weights


WEIGHTS = st.lists(st.one_of(st.just(0.0), st.floats(0.01, 100)), min_size=1, max_size=30)


def again_and_again(weights: list[float], cap: float) -> list[float]:
    """Potter's procedure as it is described: cut, hand out the excess, until nobody is above."""
    told = np.array(weights)
    limit = cap * told.sum() / (told > 0).sum()
    is_cut = np.zeros(len(told), dtype=bool)
    while (told > limit * (1 + 1e-12)).any():
        is_cut |= told > limit
        excess = sum(weights) - limit * is_cut.sum() - told[~is_cut].sum()
        told[is_cut] = limit
        told[~is_cut] *= 1 + excess / told[~is_cut].sum()
    return list(told.tolist())


class TestTrimWeights:
    def test_is_that_of_a_hand_calculation(self) -> None:
        # Mean 2, limit 4: the two above it go to the four others, 1.5 each.
        assert trim_weights([1, 1, 1, 1, 6], cap=2).tolist() == [1.5, 1.5, 1.5, 1.5, 4]

    @given(WEIGHTS.filter(any), st.floats(1.05, 6))
    def test_is_what_cutting_again_and_again_comes_to(
        self, weights: list[float], cap: float
    ) -> None:
        told = trim_weights(weights, cap=cap)

        assert told.tolist() == pytest.approx(again_and_again(weights, cap), rel=1e-6)
        assert told.sum() == pytest.approx(sum(weights))
        assert told.max() <= cap * sum(weights) / sum(w > 0 for w in weights) * (1 + 1e-9)

    def test_leaves_weights_below_the_cap_alone(self) -> None:
        assert trim_weights([1, 2, 3], cap=2).tolist() == [1, 2, 3]

    @pytest.mark.parametrize("cap", [1, 0.5, float("nan"), "3", True])
    def test_needs_a_cap_above_one(self, cap: Any) -> None:
        with pytest.raises(InvalidValueError, match="must be above 1"):
            trim_weights([1, 2], cap=cap)

    @pytest.mark.parametrize("weights", [[], [0, 0]])
    def test_refuses_weights_that_sum_to_zero(self, weights: list[float]) -> None:
        with pytest.raises(InvalidValueError, match="must hold one above 0"):
            trim_weights(weights, cap=2)

    def test_refuses_negative_weights(self) -> None:
        with pytest.raises(InvalidValueError, match="weights is -1"):
            trim_weights([1, -1], cap=2)


class TestTrimmed:
    def test_tells_the_margins_afterwards(self) -> None:
        sample = {"sex": [*"ffffffffm"], "age": [*"oooyyyyyo"]}
        raked = rake(sample, {"sex": {"f": 500, "m": 500}, "age": {"o": 600, "y": 400}})

        cut = raked.trimmed(cap=2)

        assert (cut.cap, cut.converged) == (2.0, False)
        assert cut.total == pytest.approx(1000)
        assert cut.largest == pytest.approx(2 * 1000 / 9)
        assert cut.weights.tolist() == pytest.approx(trim_weights(raked.weights, cap=2).tolist())
        told = {(line.margin, line.category): line.after for line in cut.lines}
        assert told["sex", "m"] == pytest.approx(2000 / 9)
        assert cut.gap == pytest.approx((500 - 2000 / 9) / 1000)
        assert cut.deff < raked.deff
        assert cut.frame["weight"] == pytest.approx(cut.weights)
        assert "raking, trimmed at 2 times the mean," in str(cut)
        assert "raking, trimmed at 2 times the mean, of 9" in str(cut.explain())
        assert "截断于均值的2倍" in cut.explain().sentence("zh")
