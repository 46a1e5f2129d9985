"""The price of points, and when it becomes revenue: published examples of IFRS 15."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.kernel import Money, Share
from crmkit.loyalty import PointsTerms, deferred_revenue

from .schemes import yuan


IFRS = PointsTerms(point_value=yuan(1), redeemed_share=Share(0.95))
"""IFRS 15 Example 52: a point is worth 1, and 95 % are expected to be redeemed."""


class TestExample52:
    """IFRS 15 Illustrative Examples, IE267-IE270; the text rounds to whole units."""

    def test_shares_the_price_out(self) -> None:
        points = IFRS.allocate(yuan(100_000), points=10_000)

        assert points.find("worth").value == yuan(9500)
        assert round(points.verdict.amount) == 8676
        assert round((yuan(100_000) - points.verdict).amount) == 91_324

    def test_tells_the_revenue_of_the_first_period(self) -> None:
        first = deferred_revenue(yuan(8676), redeemed=4500, expected=9500)

        assert round(first.revenue.amount) == 4110
        assert round(first.deferred.amount) == 4566

    def test_tells_the_revenue_of_the_second_after_expectations_rose(self) -> None:
        first = deferred_revenue(yuan(8676), redeemed=4500, expected=9500)
        second = deferred_revenue(yuan(8676), redeemed=8500, expected=9700)

        assert round(second.since(first).amount) == 3493
        assert round(second.deferred.amount) == 1073


class TestKpmg:
    """KPMG, Revenue: IFRS 15 handbook, examples 10A and 10B: 9,000 for points of 97 %."""

    @pytest.mark.parametrize(("expected", "revenue"), [(9900, 3552), (9200, 4140)])
    def test_follows_the_estimate_up_and_down(self, expected: int, revenue: int) -> None:
        second = deferred_revenue(yuan(9000), redeemed=4500, expected=9700)
        third = deferred_revenue(yuan(9000), redeemed=8500, expected=expected)

        assert round(second.revenue.amount) == 4175
        assert round(third.since(second).amount) == revenue


class TestAllocate:
    def test_takes_the_goods_own_price_where_it_is_told(self) -> None:
        """20 less than by themselves: 180 · 20 / (200 + 20)."""
        terms = PointsTerms(point_value=yuan(1), redeemed_share=Share(1))

        points = terms.allocate(yuan(180), points=20, goods=yuan(200)).verdict

        assert points == yuan("16.36")

    def test_leaves_nothing_for_no_points(self) -> None:
        assert IFRS.allocate(yuan(100), points=0).verdict == yuan(0)
        assert IFRS.allocate(yuan(0), points=0).verdict == yuan(0)

    def test_speaks_chinese(self) -> None:
        said = IFRS.allocate(yuan(100), points=10).sentence("zh")

        assert said.startswith("收款100.00 CNY，10积分预计价值9.50 CNY")

    @pytest.mark.parametrize(
        ("amount", "told", "problem"),
        [
            (yuan(-1), {}, "must be CNY, and not below 0"),
            (Money.of(1, "EUR"), {}, "must be CNY, and not below 0"),
            (yuan(1), {"goods": yuan(-1)}, "goods is .*: it must be CNY, and not below 0"),
            (1, {}, "amount is 1: it must be a Money"),
            (yuan(1), {"goods": 5}, "goods is 5: it must be a Money"),
            (yuan(1), {"points": -1}, "points is -1: it must be a whole number of at least 0"),
            (yuan(1), {"points": 1.0}, "must be a whole number of at least 0"),
        ],
    )
    def test_refuses(self, amount: Money, told: dict[str, Any], problem: str) -> None:
        with pytest.raises(InvalidValueError, match=problem):
            IFRS.allocate(amount, **{"points": 1, **told})

    def test_values_points_that_are_worth_less_than_a_coin(self) -> None:
        """By hand: 25,000 miles at 6 dollars for a thousand are 150; three quarters are 112.50."""
        terms = PointsTerms(point_value=Money.of(6, "USD"), points=1000, redeemed_share=Share(0.75))

        assert terms.worth(25_000) == Money.of("112.50", "USD")
        assert terms.worth(1) == Money.of(0, "USD")

    @pytest.mark.parametrize("points", [0, -1, 1.5, True])
    def test_refuses_the_value_of_no_points(self, points: Any) -> None:
        with pytest.raises(InvalidValueError, match=f"points is {points}: it must be a"):
            PointsTerms(point_value=yuan(1), points=points, redeemed_share=Share(1))

    def test_refuses_points_that_are_worth_nothing(self) -> None:
        with pytest.raises(InvalidValueError, match="must be above 0"):
            PointsTerms(point_value=yuan(0), redeemed_share=Share(1))


class TestDeferredRevenue:
    def test_is_all_where_nothing_more_is_expected(self) -> None:
        assert deferred_revenue(yuan(90), redeemed=0, expected=0).revenue == yuan(90)
        assert deferred_revenue(yuan(90), redeemed=7, expected=7).deferred == yuan(0)

    @given(
        st.integers(0, 10**9),
        st.integers(0, 10**6),
        st.integers(0, 10**6),
    )
    def test_adds_up_to_the_coin(self, coins: int, redeemed: int, more: int) -> None:
        told = deferred_revenue(
            Money.from_minor(coins, "CNY"), redeemed=redeemed, expected=redeemed + more
        )

        assert told.revenue + told.deferred == told.allocated
        assert told.deferred.amount >= Decimal(0)

    @pytest.mark.parametrize(
        ("told", "problem"),
        [
            ({"allocated": 9.0}, "allocated is 9.0: it must be a Money"),
            ({"allocated": yuan(-1)}, "allocated is .*: it must not be below 0"),
            ({"redeemed": -1}, "redeemed is -1: it must be a whole number of at least 0"),
            ({"expected": 1.5}, "expected is 1.5: it must be a whole number of at least 0"),
            ({"redeemed": 6}, "must not be less than were redeemed, 6"),
        ],
    )
    def test_refuses(self, told: dict[str, Any], problem: str) -> None:
        given_ = {"allocated": yuan(9), "redeemed": 1, "expected": 5, **told}

        with pytest.raises(InvalidValueError, match=problem):
            deferred_revenue(
                given_["allocated"], redeemed=given_["redeemed"], expected=given_["expected"]
            )
