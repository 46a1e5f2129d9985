import math

import pytest
from hypothesis import assume, given, strategies as st
from statsmodels.stats.power import (  # type: ignore[import-untyped]  # it has no stubs
    TTestIndPower,
    TTestPower,
)

from crmkit.errors import InvalidValueError
from crmkit.stats import minimum_detectable_change


class TestMinimumDetectableChange:
    @given(st.integers(2, 5000), st.integers(2, 5000), st.floats(0.1, 0.99))
    def test_has_the_power_that_statsmodels_says(self, n: int, other: int, power: float) -> None:
        change = minimum_detectable_change(n, other, spread=2.5, power=power)

        told = TTestIndPower().power(change / 2.5, n, 0.05, ratio=other / n)
        assert told == pytest.approx(power, abs=1e-6)

    @given(st.integers(2, 5000), st.floats(0.1, 0.99), st.floats(-1, 0.9))
    def test_of_the_same_people_has_the_power_of_a_paired_test(
        self, n: int, power: float, correlation: float
    ) -> None:
        change = minimum_detectable_change(n, spread=2.5, power=power, correlation=correlation)

        spread_of_differences = 2.5 * math.sqrt(2 * (1 - correlation))
        told = TTestPower().power(change / spread_of_differences, n, 0.05)
        assume(not math.isnan(told))  # of two pairs scipy's lower tail is sometimes not told
        assert told == pytest.approx(power, abs=1e-6)

    def test_is_what_statsmodels_solves(self) -> None:
        expected = TTestIndPower().solve_power(nobs1=20, alpha=0.05, power=0.8, ratio=1)

        assert minimum_detectable_change(20, spread=1) == pytest.approx(expected, abs=1e-6)
        assert expected == pytest.approx(0.909, abs=5e-4)

    def test_is_cohens_table(self) -> None:
        """Cohen (1988), table 2.4.1, α₂ = .05: 64 in each group find d = .5 with power .80."""
        assert minimum_detectable_change(64, spread=1) == pytest.approx(0.5, abs=0.005)
        assert minimum_detectable_change(26, spread=1) == pytest.approx(0.8, abs=0.01)

    def test_is_nearly_that_of_a_hand_calculation_in_a_large_sample(self) -> None:
        # 1.959964 + 0.841621 = 2.801585; times 75 · √(2/n).
        by_hand = 2.801585 * 75 * math.sqrt(2 / 100_000)
        assert minimum_detectable_change(100_000, spread=75) == pytest.approx(by_hand, rel=2e-5)
        # The same people with r = .6: times √.4.
        paired = minimum_detectable_change(100_000, spread=75, correlation=0.6)
        assert paired == pytest.approx(by_hand * math.sqrt(0.4), rel=2e-5)

    def test_gives_each_of_many_its_part_of_the_doubt(self) -> None:
        many = minimum_detectable_change(100, spread=1, comparisons=5)

        assert many == minimum_detectable_change(100, spread=1, confidence=0.99)

    @given(st.integers(10, 1000), st.integers(2, 9))
    def test_shrinks_a_little_more_than_with_the_root_of_the_answers(
        self, n: int, more: int
    ) -> None:
        few, many = (minimum_detectable_change(size, spread=1) for size in (n, n * more**2))

        assert many * more < few
        assert many * more == pytest.approx(few, rel=1 / n)

    @pytest.mark.parametrize(
        ("options", "told"),
        [
            ({"n_1": 0}, "n_1 is 0"),
            ({"n_1": 1}, "n_1 is 1: it must be 2 at least, and finite; one answer tells no spread"),
            ({"n_2": math.nan}, "n_2 is nan"),
            ({"spread": 0}, "spread is 0"),
            ({"power": 0.05}, r"power is 0\.05"),
            ({"power": 1}, "power is 1"),
            ({"confidence": 95}, "confidence is 95"),
            ({"confidence": "a"}, "confidence is 'a'"),
            ({"n_1": "a"}, "n_1 is 'a'"),
            ({"spread": None}, "spread is None"),
            ({"power": "a"}, "power is 'a'"),
            ({"correlation": "a"}, "correlation is 'a'"),
            ({"comparisons": 0}, "comparisons is 0"),
            ({"comparisons": True}, "comparisons is True"),
            ({"correlation": 1}, "correlation is 1"),
            ({"correlation": 0.5, "n_2": 90}, "they are the same people"),
        ],
    )
    def test_refuses_what_cannot_be(self, options: dict[str, object], told: str) -> None:
        with pytest.raises(InvalidValueError, match=told):
            minimum_detectable_change(**{"n_1": 100, "spread": 1, **options})  # type: ignore[arg-type]  # refused
