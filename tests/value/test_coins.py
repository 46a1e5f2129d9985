import math
from decimal import Decimal

import narwhals.stable.v2 as nw
import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.value.coins import check_total, checked_decimals, coins, coins_in, coins_of, off_coin


class TestCheckedDecimals:
    @pytest.mark.parametrize("decimals", [-1, 5, 2.0, True])
    def test_refuses_what_no_currency_has(self, decimals: int) -> None:
        with pytest.raises(InvalidValueError, match="most currencies have 2"):
            checked_decimals(decimals)


class TestCoins:
    @given(st.lists(st.integers(-(10**12), 10**12), max_size=20), st.integers(0, 4))
    def test_are_the_whole_numbers_behind_amounts(self, told: list[int], decimals: int) -> None:
        amounts = np.array([number / 10**decimals for number in told])

        whole, exact = coins(amounts, decimals)

        assert exact
        assert whole.tolist() == told

    @given(
        st.lists(st.floats(-1e12, 1e12) | st.integers(-(10**6), 10**6).map(float), max_size=20),
        st.integers(0, 4),
    )
    @example([0.005, 1e9 + 0.005, 0.015, -0.005], 2)
    @example([123456789012.344, 12345678901.2345], 2)
    def test_are_one_formula_in_arrays_and_in_engines(
        self, amounts: list[float], decimals: int
    ) -> None:
        frame = nw.from_native(pl.DataFrame({"amount": amounts}, schema={"amount": pl.Float64}))

        whole, exact = coins(np.array(amounts, dtype=np.float64), decimals)

        flaw = off_coin("amount", decimals)
        asked = frame.select(whole=coins_in("amount", decimals), off=flaw.bad)
        assert asked["whole"].to_list() == whole.tolist()
        assert exact is not any(asked["off"].to_list())

    def test_know_the_noise_of_sums_from_a_fraction(self) -> None:
        assert coins(np.array([0.1 + 0.2]), 2)[1]
        assert not coins(np.array([0.301]), 2)[1]

    @pytest.mark.parametrize("amount", [math.nan, math.inf, -math.inf, 1e308])
    def test_are_not_there_for_what_cannot_be_counted(self, amount: float) -> None:
        assert not coins(np.array([1.0, amount]), 4)[1]


class TestCheckTotal:
    def test_takes_what_floats_count_exactly(self) -> None:
        check_total(2.0**53 - 1, "amount", 2)

    @pytest.mark.parametrize("total", [2.0**53, math.inf, math.nan])
    def test_refuses_more(self, total: float) -> None:
        with pytest.raises(InvalidValueError, match=r"sum of amount is .*in thousands"):
            check_total(total, "amount", 2)


class TestCoinsOf:
    def test_rounds_up_what_lies_between_two_coins(self) -> None:
        assert coins_of(Decimal("0.001"), 2) == 1
        assert coins_of(Decimal("12.30"), 2) == 1230
