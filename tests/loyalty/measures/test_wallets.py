from fractions import Fraction

import numpy as np
import polars as pl
import pytest
from hypothesis import given, strategies as st

from crmkit.errors import AssumptionWarning, InvalidValueError
from crmkit.loyalty import allocate_wallets, share_of_wallet, wallet_allocation, wallet_share
from crmkit.stats import weighted_mean
from tests.value.engines import ENGINES, FEWEST, Columns, Schema, in_engine, rows_of


RATINGS: Schema = {"customer_id": pl.Int64, "brand": pl.String, "rating": pl.Float64}
SPENDING: Schema = {
    "customer_id": pl.Int64,
    "spend": pl.Float64,
    "category_spend": pl.Float64,
}

# Keiningham and others, Harvard Business Review, October 2011: shares by rank, in percent, for two
# to three brands as printed, and by their formula in whole fractions for more.
PUBLISHED = {2: (67, 33), 3: (50, 33, 17)}


class TestWalletAllocation:
    @pytest.mark.parametrize(("brands", "shares"), PUBLISHED.items())
    def test_is_the_published_table(self, brands: int, shares: tuple[int, ...]) -> None:
        found = [100 * wallet_allocation(rank, brands) for rank in range(1, brands + 1)]

        # Printed in whole percent.
        assert [round(share) for share in found] == list(shares)

    @pytest.mark.parametrize("brands", range(1, 12))
    def test_is_the_formula_in_whole_fractions_and_sums_to_1(self, brands: int) -> None:
        exact = [
            (1 - Fraction(rank, brands + 1)) * Fraction(2, brands) for rank in range(1, brands + 1)
        ]

        assert sum(exact) == 1
        for rank, share in enumerate(exact, start=1):
            assert wallet_allocation(rank, brands) == pytest.approx(float(share), abs=1e-15)

    def test_gives_all_to_the_only_brand(self) -> None:
        assert wallet_allocation(1, 1) == 1

    @pytest.mark.parametrize(
        ("rank", "brands", "message"),
        [
            (1, 0, "brands is 0: it must be a whole number of 1 or more"),
            (1, True, "brands is True"),
            (1, 2.0, r"brands is 2\.0"),
            (3, 2, "rank is 3: it must be a rank from 1 to 2"),
            (0.5, 2, r"rank is 0\.5"),
            (1.3, 2, "share the middle of their ranks"),
            (True, 2, "rank is True"),
            ("first", 2, "rank is 'first'"),
        ],
    )
    def test_refuses_what_is_no_rank(self, rank: float, brands: int, message: str) -> None:
        with pytest.raises(InvalidValueError, match=message):
            wallet_allocation(rank, brands)


def ratings_of(rated: list[list[int]], engine: str) -> object:
    rows = [
        (who, f"B{n}", float(one)) for who, own in enumerate(rated) for n, one in enumerate(own)
    ]
    columns: Columns = dict(zip(RATINGS, zip(*rows, strict=True), strict=True))
    return in_engine(engine, columns, RATINGS)


class TestAllocateWallets:
    @FEWEST
    @given(st.lists(st.lists(st.integers(1, 4), min_size=1, max_size=5), min_size=1, max_size=4))
    def test_ranks_by_hand_and_shares_by_the_rule_in_every_engine(
        self, rated: list[list[int]]
    ) -> None:
        expected = [
            (
                who,
                f"B{n}",
                # The middle of the ranks of all that are rated alike.
                rank := sum(other > one for other in own) + (own.count(one) + 1) / 2,
                len(own),
                wallet_allocation(rank, len(own)),
            )
            for who, own in enumerate(rated)
            for n, one in enumerate(own)
        ]

        for engine in ENGINES:
            told = sorted(rows_of(allocate_wallets(ratings_of(rated, engine))))  # type: ignore[type-var]  # any frame
            assert [(*row[:2], *row[3:5]) for row in told] == [row[:4] for row in expected]
            assert [row[5] for row in told] == pytest.approx([row[4] for row in expected])

    @pytest.mark.parametrize("engine", ENGINES)
    def test_refuses_a_brand_rated_twice(self, engine: str) -> None:
        columns: Columns = {"customer_id": [1, 1], "brand": ["A", "A"], "rating": [1.0, 2.0]}

        with pytest.raises(InvalidValueError, match="must be rated once by each customer"):
            allocate_wallets(in_engine(engine, columns, RATINGS))

    def test_refuses_to_write_over_a_share(self) -> None:
        frame = pl.DataFrame({"customer_id": [1], "brand": ["A"], "rating": [1.0]})

        with pytest.raises(InvalidValueError, match="must not be there already"):
            allocate_wallets(allocate_wallets(frame))


class TestShareOfWallet:
    @pytest.mark.parametrize("engine", ENGINES)
    def test_is_own_spend_over_all_spend(self, engine: str) -> None:
        columns: Columns = {
            "customer_id": range(4),
            "spend": [30.0, 0.0, 0.0, 5.0],
            "category_spend": [40.0, 10.0, 0.0, None],
        }

        told = sorted(rows_of(share_of_wallet(in_engine(engine, columns, SPENDING))))

        shares = [None if row[3] != row[3] else row[3] for row in told]
        assert shares == [0.75, 0.0, None, None]

    @pytest.mark.parametrize(
        ("spend", "whole", "message"),
        [
            (-1.0, 10.0, r"spend is -1\.0: it must not be negative"),
            (11.0, 10.0, r"spend is 11\.0: it must not exceed category_spend"),
            (1.0, float("inf"), "category_spend is inf: it must be a finite number"),
            (float("nan"), 1.0, "must be a finite number"),
            (None, 1.0, "must not be empty"),
        ],
    )
    def test_refuses_what_is_no_spending(
        self, spend: float | None, whole: float, message: str
    ) -> None:
        frame = pl.DataFrame(
            {"spend": [spend], "category_spend": [whole]},
            schema={"spend": pl.Float64, "category_spend": pl.Float64},
        )

        with pytest.raises(InvalidValueError, match=message):
            share_of_wallet(frame)


class TestWalletShare:
    @pytest.mark.parametrize("engine", ENGINES)
    def test_is_of_money_and_of_customers(self, engine: str) -> None:
        """By hand: ratio 90/160 with residuals 7.5, −12.5, 5; shares .75, .25, .625."""
        columns: Columns = {
            "customer_id": range(4),
            "spend": [30.0, 10.0, 50.0, 0.0],
            "category_spend": [40.0, 40.0, 80.0, 0.0],
        }

        told = wallet_share(in_engine(engine, columns, SPENDING))

        t_2 = 4.302652729911275  # Student's, two degrees of freedom, printed tables: 4.303
        assert told.of_money.value == 0.5625
        error = (1.5 * (7.5**2 + 12.5**2 + 5**2)) ** 0.5 / 160
        assert told.of_money.low == pytest.approx(0.5625 - t_2 * error)
        assert told.of_money.high == 1
        assert told.of_customers.value == pytest.approx(1.625 / 3)
        spread = sum((share - 1.625 / 3) ** 2 for share in (0.75, 0.25, 0.625)) / 2
        assert told.of_customers.low == pytest.approx(max(1.625 / 3 - t_2 * (spread / 3) ** 0.5, 0))
        assert (told.of_money.n, told.of_money.n_missing) == (3, 1)

    def test_warns_where_all_spend_alike(self) -> None:
        frame = pl.DataFrame({"spend": [1.0, 2.0], "category_spend": [10.0, 20.0]})

        with pytest.warns(AssumptionWarning, match=r"all 2 shares of wallet are 0\.1"):
            told = wallet_share(frame)

        assert (told.of_money.low, told.of_money.high) == pytest.approx((0.1, 0.1))

    @pytest.mark.parametrize("whole", [[], [1.0], [0.0, 0.0]])
    def test_needs_two_who_spend(self, whole: list[float]) -> None:
        frame = pl.DataFrame(
            {"spend": [0.0] * len(whole), "category_spend": whole},
            schema={"spend": pl.Float64, "category_spend": pl.Float64},
        )

        with pytest.raises(InvalidValueError, match="must be above 0 for two customers at least"):
            wallet_share(frame)


class TestWeightedWalletShare:
    SPEND = ((30.0, 40.0, 1.0), (10.0, 40.0, 3.0), (50.0, 80.0, 2.0), (0.0, 20.0, 1.5))

    def frame(self, *more: tuple[float, float | None, float]) -> pl.DataFrame:
        rows = [*self.SPEND, *more]
        return pl.DataFrame(rows, schema=["spend", "category_spend", "weight"], orient="row")

    def test_is_that_by_hand(self) -> None:
        """Linearised: the residual of each, weight and all, over the weighted sum."""
        told = wallet_share(self.frame(), weights="weight")

        y, x, w = np.array(self.SPEND).T
        reach = 3.1824463052842638  # Student's quantile of three degrees of freedom
        money = (w * y).sum() / (w * x).sum()
        residuals = w * (y - money * x) / (w * x).sum()
        error = np.sqrt(4 / 3 * (residuals**2).sum())
        assert told.of_money.value == pytest.approx(money)
        assert told.of_money.high == pytest.approx(min(1, money + reach * error))
        assert told.of_money.low == pytest.approx(max(0, money - reach * error))
        of_each = weighted_mean(list(y / x), weights=list(w))
        assert told.of_customers.value == pytest.approx(of_each.value)
        assert told.of_customers.high == pytest.approx(of_each.high)
        assert told.of_customers.method == "linearised"

    def test_changes_nothing_where_all_weigh_alike(self) -> None:
        frame = self.frame().with_columns(weight=pl.lit(0.7))

        told, plain = wallet_share(frame, weights="weight"), wallet_share(frame)

        assert told.of_money.high == pytest.approx(plain.of_money.high)
        assert told.of_customers.low == pytest.approx(plain.of_customers.low)
        assert told.of_customers.method == "student-t"

    def test_counts_who_has_no_weight_as_missing(self) -> None:
        told = wallet_share(self.frame((7.0, 9.0, 0.0), (7.0, None, 1.0)), weights="weight")

        assert (told.of_money.n, told.of_money.n_missing) == (4, 2)

    def test_asks_for_two_that_weigh(self) -> None:
        frame = self.frame().with_columns(weight=pl.Series([1.0, 0.0, 0.0, 0.0]))

        with pytest.raises(InvalidValueError, match="two customers at least that weigh"):
            wallet_share(frame, weights="weight")

    def test_says_where_few_of_many_weigh(self) -> None:
        light = [(5.0 + one, 40.0, 1e-4) for one in range(20)]

        with pytest.warns(AssumptionWarning, match="24 customers weigh as"):
            wallet_share(self.frame(*light), weights="weight")


class TestCells:
    def test_may_be_numbers_of_a_frame(self) -> None:
        assert wallet_allocation(np.int64(1), np.int64(3)) == 0.5  # type: ignore[arg-type]  # a cell

    def test_may_be_the_whole_but_for_the_rounding(self) -> None:
        """0.1 + 0.2 is 0.30000000000000004 in floats."""
        base = pl.DataFrame({"spend": [0.1 + 0.2], "category_spend": [0.3]})

        assert share_of_wallet(base)["share_of_wallet"].to_list() == [1.0]

    def test_must_be_named(self) -> None:
        base = pl.DataFrame({"spend": [0.1], "category_spend": [0.3]})

        with pytest.raises(InvalidValueError, match="column is None: it must be a str"):
            share_of_wallet(base, spend=None)  # type: ignore[arg-type]  # the point of it
