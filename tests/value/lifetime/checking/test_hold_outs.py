"""Cutting a record in two: by plain counting, on every engine, blind to what comes after."""

from datetime import date, timedelta

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import polars.testing
import pytest

from crmkit.errors import InvalidValueError
from crmkit.value import MBGNBD, HoldOut, hold_out, rfm_state, rfm_table, rolling_origin

from .worlds import day, poisson


CUT, UNTIL = day(200), day(284)


@pytest.fixture(scope="module")
def orders() -> pd.DataFrame:
    return poisson(np.random.default_rng(1), 60, 300, mean_gap=40, lost=0.1)


class TestHoldOut:
    def test_is_the_table_of_the_cut_beside_plain_counts(self, orders: pd.DataFrame) -> None:
        held = hold_out(orders, cut=CUT, until=UNTIL)

        table = rfm_table(orders, as_of=CUT, unit="W", later="leave_out")
        after = orders[(orders["ordered_at"] > CUT) & (orders["ordered_at"] <= UNTIL)]
        counts = after["customer_id"].value_counts()
        known = table["customer_id"].map(counts).fillna(0)
        pd.testing.assert_frame_equal(held.table[table.columns], table)
        assert held.table["counted"].tolist() == known.tolist()
        assert held.table["spent"].tolist() == (10.0 * known).tolist()
        assert known.sum() > 30
        assert held.within == 12.0

    def test_counts_in_days_too(self, orders: pd.DataFrame) -> None:
        assert hold_out(orders, cut=CUT, until=UNTIL, unit="D").within == 84.0

    def test_is_the_same_of_every_engine(self, orders: pd.DataFrame) -> None:
        own = pl.from_pandas(orders)
        expected = pl.from_pandas(hold_out(orders, cut=CUT, until=UNTIL).table)
        with duckdb.connect() as connection:
            connection.register("orders", own)
            relation = connection.table("orders")
            asked = hold_out(relation, cut=CUT, until=UNTIL)
            assert isinstance(asked.table, duckdb.DuckDBPyRelation)
            of_duckdb = asked.rows.to_polars()
        lazy = hold_out(own.lazy(), cut=CUT, until=UNTIL).table
        assert isinstance(lazy, pl.LazyFrame)
        eager = hold_out(own, cut=CUT, until=UNTIL).table

        for found in (of_duckdb, lazy.collect(), eager):
            told = found.sort("customer_id").select(expected.columns)
            polars.testing.assert_frame_equal(told, expected, check_dtypes=False)

    def test_of_a_state_does_not_know_what_was_returned_later(self) -> None:
        orders = pd.DataFrame(
            {
                "customer_id": "X",
                "ordered_at": [day(0), day(10), day(30), day(40)],
                "amount": [20.0, 30.0, 8.0, -30.0],
                "entry": ["order", "order", "order", "cancellation"],
                "original_at": [None, None, None, day(10)],
            }
        )
        state = rfm_state(orders, entry="entry", original_at="original_at")

        held = hold_out(state, cut=day(20), until=day(60))

        assert held.table[["frequency", "counted", "spent"]].to_numpy().tolist() == [[1, 1, 8.0]]

    def test_of_nobody_later_counts_nothing(self, orders: pd.DataFrame) -> None:
        early = orders[orders["ordered_at"] <= CUT]

        held = hold_out(early, cut=CUT, until=UNTIL)

        assert held.table["counted"].tolist() == [0] * len(held.table)

    def test_refuses_an_end_that_is_not_later(self, orders: pd.DataFrame) -> None:
        with pytest.raises(InvalidValueError, match="must be after the cut"):
            hold_out(orders, cut=CUT, until=CUT)
        with pytest.raises(InvalidValueError, match="must be after the cut"):
            HoldOut(
                table=hold_out(orders, cut=CUT, until=UNTIL).table, cut=CUT, until=CUT, unit="W"
            )


class TestLeakage:
    def test_a_changed_future_changes_no_fit(self, orders: pd.DataFrame) -> None:
        future = orders["ordered_at"] > CUT
        other = pd.concat(
            [
                orders[~future],
                orders[future].assign(amount=99.0, ordered_at=CUT + timedelta(days=1)),
                pd.DataFrame(
                    {
                        "customer_id": 7,
                        "ordered_at": [day(201 + k) for k in range(60)],
                        "amount": 5.0,
                    }
                ),
            ]
        )

        fits = [MBGNBD.fit(hold_out(told, cut=CUT, until=UNTIL).table) for told in (orders, other)]

        assert fits[0] == fits[1]
        told = [
            hold_out(told, cut=CUT, until=UNTIL).table["counted"].sum() for told in (orders, other)
        ]
        assert told[0] != told[1]


class TestRollingOrigin:
    def test_cuts_each_day_as_one_hold_out(self, orders: pd.DataFrame) -> None:
        cuts = [day(120), day(204)]

        found = rolling_origin(orders, cuts=cuts, within=12)

        for cut, held in zip(cuts, found, strict=True):
            alone = hold_out(orders, cut=cut, until=cut + timedelta(days=84))
            assert (held.cut, held.until) == (alone.cut, alone.until)
            pd.testing.assert_frame_equal(held.table, alone.table)

    @pytest.mark.parametrize("cuts", [[], [day(9), day(9)], [day(9), day(3)]])
    def test_refuses_cuts_that_do_not_rise(self, orders: pd.DataFrame, cuts: list[date]) -> None:
        with pytest.raises(InvalidValueError, match="must be rising days"):
            rolling_origin(orders, cuts=cuts, within=12)

    def test_refuses_parts_of_days(self, orders: pd.DataFrame) -> None:
        with pytest.raises(InvalidValueError, match="must be of whole days"):
            rolling_origin(orders, cuts=[CUT], within=0.1)
