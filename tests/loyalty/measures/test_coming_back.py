from datetime import UTC, date, datetime, timedelta

import pandas as pd
import polars as pl
import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.loyalty import behaviour_index, bought_again
from crmkit.stats import wilson
from tests.value.engines import ENGINES, FEWEST, Columns, Schema, in_engine, rows_of


ORDERS: Schema = {"customer_id": pl.Int64, "ordered_at": pl.Date, "amount": pl.Float64}
DAY_0 = date(2025, 1, 1)
AS_OF = date(2025, 12, 31)


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

    @pytest.mark.parametrize("engine", ENGINES)
    def test_counts_days_at_the_shop(self, engine: str) -> None:
        """23:30 and 00:30 in London are one day in Shanghai, 07:30 and 08:30."""
        at = [datetime(2025, 1, 1, 23, 30, tzinfo=UTC), datetime(2025, 1, 2, 0, 30, tzinfo=UTC)]
        schema: Schema = {"customer_id": pl.Int64, "ordered_at": pl.Datetime("us", "UTC")}
        frame = in_engine(engine, {"customer_id": [1, 1], "ordered_at": at}, schema)

        for timezone, again in (("Asia/Shanghai", False), ("Europe/London", True)):
            told = bought_again(frame, as_of=AS_OF, within=30, timezone=timezone)
            assert [bool(row[1]) for row in rows_of(told)] == [again]

    @pytest.mark.parametrize("engine", ENGINES)
    def test_tells_nothing_of_nobody(self, engine: str) -> None:
        frame = in_engine(engine, {name: [] for name in ORDERS}, ORDERS)

        assert rows_of(bought_again(frame, as_of=AS_OF)) == []

    @pytest.mark.parametrize("engine", ENGINES)
    def test_refuses_days_of_another_age(self, engine: str) -> None:
        columns: Columns = {"customer_id": [1], "ordered_at": [date(1, 1, 1)], "amount": [1.0]}

        with pytest.raises(InvalidValueError, match="must lie in 1900 to 2199"):
            bought_again(in_engine(engine, columns, ORDERS), as_of=AS_OF)

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
