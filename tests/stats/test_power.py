import math

import pytest
from hypothesis import given, strategies as st
from statsmodels.stats.power import (  # type: ignore[import-untyped]  # it has no stubs
    NormalIndPower,
)

from crmkit.errors import InvalidValueError
from crmkit.stats import minimum_detectable_change


class TestMinimumDetectableChange:
    @given(st.integers(5, 5000), st.integers(5, 5000), st.floats(0.1, 0.99))
    def test_has_the_power_that_statsmodels_says(self, n: int, other: int, power: float) -> None:
        change = minimum_detectable_change(n, other, spread=2.5, power=power)

        told = NormalIndPower().power(change / 2.5, n, 0.05, ratio=other / n)
        assert told == pytest.approx(power, abs=1e-9)

    def test_is_what_statsmodels_solves(self) -> None:
        expected = NormalIndPower().solve_power(nobs1=400, alpha=0.05, power=0.8, ratio=1)

        assert minimum_detectable_change(400, spread=1) == pytest.approx(expected, abs=1e-6)

    def test_is_that_of_a_hand_calculation(self) -> None:
        # 1.959964 + 0.841621 = 2.801585; times 75 · √(2/400) = 14.858.
        assert minimum_detectable_change(400, spread=75) == pytest.approx(14.858, abs=5e-4)
        # The same people with r = .6: times √.4.
        paired = minimum_detectable_change(400, spread=75, correlation=0.6)
        assert paired == pytest.approx(14.858 * math.sqrt(0.4), abs=5e-4)

    def test_gives_each_of_many_its_part_of_the_doubt(self) -> None:
        many = minimum_detectable_change(100, spread=1, comparisons=5)

        assert many == minimum_detectable_change(100, spread=1, confidence=0.99)

    @given(st.integers(10, 1000), st.integers(2, 9))
    def test_shrinks_with_the_root_of_the_answers(self, n: int, more: int) -> None:
        few, many = (minimum_detectable_change(size, spread=1) for size in (n, n * more**2))

        assert many * more == pytest.approx(few, rel=1e-9)

    @pytest.mark.parametrize(
        ("options", "told"),
        [
            ({"n_1": 0}, "n_1 is 0"),
            ({"n_2": math.nan}, "n_2 is nan"),
            ({"spread": 0}, "spread is 0"),
            ({"power": 0.05}, r"power is 0\.05"),
            ({"power": 1}, "power is 1"),
            ({"confidence": 95}, "confidence is 95"),
            ({"comparisons": 0}, "comparisons is 0"),
            ({"comparisons": True}, "comparisons is True"),
            ({"correlation": 1}, "correlation is 1"),
            ({"correlation": 0.5, "n_2": 90}, "they are the same people"),
        ],
    )
    def test_refuses_what_cannot_be(self, options: dict[str, float], told: str) -> None:
        with pytest.raises(InvalidValueError, match=told):
            minimum_detectable_change(**{"n_1": 100, "spread": 1, **options})  # type: ignore[arg-type]  # refused
