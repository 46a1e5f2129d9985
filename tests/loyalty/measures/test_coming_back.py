from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
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


@pytest.mark.parametrize("name", ["customer_id", "ordered_at", "amount"])
def test_refuses_what_is_no_name_of_a_column(name: str) -> None:
    frame = pd.DataFrame({"customer_id": ["X"], "ordered_at": [DAY_0], "amount": [1.0]})
    wrong: dict[str, Any] = {name: {}}

    with pytest.raises(InvalidValueError, match=r"column is {}: it must be a str; write the name"):
        bought_again(frame, as_of=AS_OF, **wrong)


def came_back(days: list[int], within: int, since: int | None = None) -> bool | None:
    """Look at one customer's days, by hand."""
    first = min(days)
    if DAY_0 + timedelta(days=first + within) > AS_OF or maybe_older(days, within, since):
        return None
    return any(first < day <= first + within for day in days)


def maybe_older(days: list[int], within: int, since: int | None) -> bool:
    """Whether a purchase before the record could lie within the time before his first on it."""
    return since is not None and min(days) - within < since


class TestBoughtAgain:
    @FEWEST
    @given(
        st.lists(st.lists(st.integers(0, 364), min_size=1, max_size=4), min_size=1, max_size=4),
        st.integers(1, 300),
        st.none() | st.integers(-300, 364),
    )
    def test_is_what_each_customers_days_tell_in_every_engine(
        self, bought: list[list[int]], within: int, since: int | None
    ) -> None:
        rows = [(who, day) for who, own in enumerate(bought) for day in own]
        columns: Columns = {
            "customer_id": [who for who, _ in rows],
            "ordered_at": [DAY_0 + timedelta(days=day) for _, day in rows],
            "amount": [1.0] * len(rows),
        }
        expected = [
            (came_back(own, within, since), since is None or maybe_older(own, within, since))
            for own in bought
        ]
        begin = None if since is None else DAY_0 + timedelta(days=since)

        for engine in ENGINES:
            frame = in_engine(engine, columns, ORDERS)
            again = bought_again(frame, as_of=AS_OF, within=within, observed_from=begin)
            told = sorted(rows_of(again), key=lambda row: row[0])  # type: ignore[arg-type,return-value]  # numbers
            flags = [
                (None if row[1] is None or row[1] != row[1] else bool(row[1]), bool(row[2]))
                for row in told
            ]
            assert flags == expected

    def test_tells_nothing_of_who_may_be_older_than_the_record(self) -> None:
        """The record begins on day 100: who is first seen before day 130 may have bought before."""
        days = [99, 101, 129, 131, 130, 150]
        orders = pl.DataFrame(
            {
                "customer_id": [1, 1, 2, 2, 3, 3],
                "ordered_at": [DAY_0 + timedelta(days=day) for day in days],
            }
        )
        begin = DAY_0 + timedelta(days=100)

        told = bought_again(orders, as_of=AS_OF, within=30, observed_from=begin)

        assert told.rows() == [(1, None, True), (2, None, True), (3, True, False)]
        index = behaviour_index(orders, as_of=AS_OF, within=30, observed_from=begin)
        assert (index.value, index.n, index.n_missing) == (100, 1, 2)

    def test_takes_a_number_of_days_out_of_a_frame(self) -> None:
        orders = pd.DataFrame({"customer_id": ["C"], "ordered_at": [DAY_0]})

        told = bought_again(orders, as_of=AS_OF, within=np.int64(30))  # type: ignore[arg-type]  # numpy's

        assert told["bought_again"].to_list() == [False]

    def test_leaves_out_what_came_later_and_what_is_no_purchase(self) -> None:
        days = [DAY_0, DAY_0 + timedelta(days=5), AS_OF + timedelta(days=1)]
        orders = pl.DataFrame({"customer_id": [1, 1, 2], "ordered_at": days, "amount": [9, -9, 1]})

        assert bought_again(orders, as_of=AS_OF).rows() == [(1, None, True)]
        assert bought_again(orders, as_of=AS_OF, within=30).rows() == [(1, True, True)]
        told = bought_again(orders, as_of=AS_OF, within=30, amount="amount")
        assert told.rows() == [(1, False, True)]

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
            ({"within": 0}, "within is 0: it must be a whole number from 1 to 36525"),
            ({"within": True}, "must be a whole number from 1"),
            ({"within": 1.5}, "must be a whole number from 1"),
            ({"observed_from": "2025-01-01"}, "observed_from is '2025-01-01': it must be a date"),
            ({"observed_from": date(2026, 1, 1)}, "must not be after as_of, 2025-12-31"),
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
