from datetime import UTC, date, datetime, timedelta
from statistics import mean, stdev

import pandas as pd
import polars as pl
import pytest
from hypothesis import given, strategies as st

from crmkit.errors import AssumptionWarning, InvalidValueError
from crmkit.loyalty import behaviour_index, bought_again, loyalty_index
from crmkit.stats import SmallGroupRule, wilson
from tests.value.engines import ENGINES, FEWEST, Columns, Schema, in_engine, rows_of


SCORES: Schema = {"region": pl.String, "loyalty": pl.Float64}
ORDERS: Schema = {"customer_id": pl.Int64, "ordered_at": pl.Date, "amount": pl.Float64}
DAY_0 = date(2025, 1, 1)
AS_OF = date(2025, 12, 31)


class TestLoyaltyIndex:
    @pytest.mark.parametrize("engine", ENGINES)
    def test_is_the_mean_with_students_interval(self, engine: str) -> None:
        """By hand, with Student's quantile of three degrees of freedom, 3.182."""
        scores = [75.0, 100.0, 50.0, None, 60.0]
        frame = in_engine(engine, {"region": ["N"] * 5, "loyalty": scores}, SCORES)

        told = loyalty_index(frame)

        known = [75.0, 100.0, 50.0, 60.0]
        reach = 3.1824463052842638 * stdev(known) / 2
        assert told.value == pytest.approx(mean(known))
        assert told.low == pytest.approx(mean(known) - reach)
        assert told.high == 100
        assert (told.n, told.n_missing, told.method) == (4, 1, "student-t")

    @pytest.mark.parametrize("engine", ENGINES)
    def test_tells_groups_and_keeps_small_ones_back(self, engine: str) -> None:
        regions = ["W"] * 3 + ["N"] * 40 + ["S"] * 12 + ["E"] * 50
        scores = [float(place % 10 * 10) for place in range(len(regions))]
        frame = in_engine(engine, {"region": regions, "loyalty": scores}, SCORES)

        told = {row[0]: row for row in rows_of(loyalty_index(frame, by="region"))}

        assert [told[name][-1] for name in "ENSW"] == [
            "shown",
            "shown",
            "complementary",
            "suppressed",
        ]
        assert all(value is None or value != value for value in (*told["W"][1:6], *told["S"][1:6]))
        north = [score for score, region in zip(scores, regions, strict=True) if region == "N"]
        assert told["N"][1] == pytest.approx(mean(north))
        assert told["N"][4] == 40

    def test_says_where_one_alone_answered(self) -> None:
        frame = pd.DataFrame({"region": ["N"] * 3 + ["S"], "loyalty": [10, 20, 30, 40]})

        told = loyalty_index(
            frame, by="region", rule=SmallGroupRule(suppress_below=1, flag_below=1)
        )

        assert told["group_size"].to_list() == ["shown", "alone"]

    def test_warns_where_all_are_alike(self) -> None:
        with pytest.warns(AssumptionWarning, match="all 3 values are 70"):
            told = loyalty_index(pd.DataFrame({"loyalty": [70, 70, 70]}))

        assert (told.low, told.high) == (70, 70)

    @pytest.mark.parametrize(
        ("frame", "options", "message"),
        [
            ({"loyalty": [101, 5]}, {}, "loyalty is 101: it must be a number from 0 to 100"),
            ({"loyalty": [50]}, {}, "must hold two scores at least"),
            ({"loyalty": []}, {}, "must hold two scores at least"),
            ({"loyalty": [50, 60]}, {"by": "region"}, "region is missing"),
            ({"loyalty": [50, 60]}, {"by": []}, "must name at least one column"),
            ({"loyalty": [50, 60], "n": [1, 1]}, {"by": "n"}, "must not be a column of the table"),
            ({"loyalty": [50, 60], "x": [1.5, 1]}, {"by": "x"}, "make groups of it first"),
            ({"loyalty": [50, 60], "x": ["a", None]}, {"by": "x"}, "must not be empty"),
            ({"loyalty": [50, 60]}, {"confidence": 95}, "must lie between 0 and 1"),
            ({"loyalty": [50, 60]}, {"rule": 10}, "must be a SmallGroupRule"),
        ],
    )
    def test_refuses_what_it_cannot_measure(
        self, frame: dict[str, list[object]], options: dict[str, str], message: str
    ) -> None:
        with pytest.raises(InvalidValueError, match=message):
            loyalty_index(pd.DataFrame(frame), **options)  # type: ignore[call-overload]  # refused


def came_back(days: list[int], within: int) -> bool | None:
    """Look at one customer's days, by hand."""
    first = min(days)
    if DAY_0 + timedelta(days=first + within) > AS_OF:
        return None
    return any(first < day <= first + within for day in days)


class TestBoughtAgain:
    @FEWEST
    @given(
        st.lists(st.lists(st.integers(0, 364), min_size=1, max_size=4), min_size=1, max_size=4),
        st.integers(1, 300),
    )
    def test_is_what_each_customers_days_tell_in_every_engine(
        self, bought: list[list[int]], within: int
    ) -> None:
        rows = [(who, day) for who, own in enumerate(bought) for day in own]
        columns: Columns = {
            "customer_id": [who for who, _ in rows],
            "ordered_at": [DAY_0 + timedelta(days=day) for _, day in rows],
            "amount": [1.0] * len(rows),
        }
        expected = [came_back(own, within) for own in bought]

        for engine in ENGINES:
            frame = in_engine(engine, columns, ORDERS)
            told = sorted(rows_of(bought_again(frame, as_of=AS_OF, within=within)))
            flags = [None if row[1] is None or row[1] != row[1] else bool(row[1]) for row in told]
            assert flags == expected

    def test_leaves_out_what_came_later_and_what_is_no_purchase(self) -> None:
        days = [DAY_0, DAY_0 + timedelta(days=5), AS_OF + timedelta(days=1)]
        orders = pl.DataFrame({"customer_id": [1, 1, 2], "ordered_at": days, "amount": [9, -9, 1]})

        assert bought_again(orders, as_of=AS_OF).rows() == [(1, None)]
        assert bought_again(orders, as_of=AS_OF, within=30).rows() == [(1, True)]
        told = bought_again(orders, as_of=AS_OF, within=30, amount="amount")
        assert told.rows() == [(1, False)]

    def test_counts_days_at_the_shop(self) -> None:
        """23:30 and 00:30 in London are one day in Shanghai, 07:30 and 08:30."""
        at = [datetime(2025, 1, 1, 23, 30, tzinfo=UTC), datetime(2025, 1, 2, 0, 30, tzinfo=UTC)]
        orders = pd.DataFrame({"customer_id": ["C", "C"], "ordered_at": at})

        shanghai = bought_again(orders, as_of=AS_OF, within=30, timezone="Asia/Shanghai")
        london = bought_again(orders, as_of=AS_OF, within=30, timezone="Europe/London")

        assert (shanghai["bought_again"][0], london["bought_again"][0]) == (False, True)

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"as_of": datetime(2025, 1, 1, tzinfo=UTC)}, "as_of"),
            ({"as_of": None}, "must be a date without a time of day"),
            ({"within": 0}, "must be a whole number of days from 1"),
            ({"within": True}, "must be a whole number of days"),
            ({"within": 1.5}, "must be a whole number of days"),
            ({"amount": "amount"}, "amount is missing"),
        ],
    )
    def test_refuses_what_it_cannot_understand(
        self, options: dict[str, object], message: str
    ) -> None:
        orders = pd.DataFrame({"customer_id": ["C"], "ordered_at": [DAY_0]})

        with pytest.raises(InvalidValueError, match=message):
            bought_again(orders, **{"as_of": AS_OF, **options})  # type: ignore[arg-type]  # refused


class TestBehaviourIndex:
    @pytest.mark.parametrize("engine", ENGINES)
    def test_is_a_hundred_times_the_share_who_came_back(self, engine: str) -> None:
        days = [0, 10, 0, 40, 0, 350]
        columns: Columns = {
            "customer_id": [1, 1, 2, 2, 3, 4],
            "ordered_at": [DAY_0 + timedelta(days=day) for day in days],
            "amount": [1.0] * 6,
        }

        told = behaviour_index(in_engine(engine, columns, ORDERS), as_of=AS_OF, within=30)

        share = wilson(1, 3)
        assert (told.n, told.n_missing) == (3, 1)
        ends = (100 / 3, 100 * share.low, 100 * share.high)
        assert (told.value, told.low, told.high) == pytest.approx(ends)

    def test_refuses_to_tell_too_early(self) -> None:
        orders = pd.DataFrame({"customer_id": ["C"], "ordered_at": [AS_OF]})

        with pytest.raises(InvalidValueError, match="within is 365: it must have passed"):
            behaviour_index(orders, as_of=AS_OF)
