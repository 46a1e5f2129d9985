"""What was known of customers on a day: nothing of later, nobody left out, on every engine."""

from datetime import UTC, datetime

import duckdb
import pandas as pd
import polars as pl
import pytest

from crmkit.errors import InvalidValueError
from crmkit.value import HoldOut

from .worlds import day


ROWS = [("X", 1, 3.0, 9.0, 2, 40.0), ("Y", 0, 0.0, 9.0, 0, 0.0)]
TOLD = pd.DataFrame(
    {
        "who": ["X", "X", "X", "Y", "Z"],
        "since": [day(0), day(50), day(80), day(60), day(1)],
        "visits": [1.0, 2.0, 9.0, 4.0, 5.0],
        "web": [0, 1, 1, 0, 1],
    }
)


def held() -> HoldOut[pd.DataFrame]:
    names = ["customer_id", "frequency", "recency", "T", "counted", "spent"]
    return HoldOut(table=pd.DataFrame(ROWS, columns=names), cut=day(60), until=day(90), unit="W")


class TestKnowing:
    def test_takes_of_each_the_last_row_by_the_cut(self) -> None:
        told = held().knowing(TOLD, known_on="since", customer_id="who")

        columns = ["customer_id", "counted", "visits", "web"]
        assert told.table[columns].to_numpy().tolist() == [["X", 2, 2.0, 1], ["Y", 0, 4.0, 0]]
        assert (told.cut, told.until) == (day(60), day(90))

    def test_is_the_same_whatever_is_learnt_later(self) -> None:
        """The law against leakage: rows after the cut change nothing."""
        other = TOLD.assign(visits=TOLD["visits"].where(TOLD["since"] <= day(60), -1.0))

        told = [
            held().knowing(one, known_on="since", customer_id="who").table for one in (TOLD, other)
        ]

        pd.testing.assert_frame_equal(told[0], told[1])

    def test_takes_what_was_known_all_along(self) -> None:
        always = pd.DataFrame({"customer_id": ["Y", "X"], "web": [1, 0]})

        assert held().knowing(always).table["web"].tolist() == [0, 1]

    def test_of_polars(self) -> None:
        table, told = pl.from_pandas(held().table), pl.from_pandas(TOLD)
        eager = HoldOut(table=table, cut=day(60), until=day(90), unit="W")
        lazy = HoldOut(table=table.lazy(), cut=day(60), until=day(90), unit="W")

        found = (
            eager.knowing(told, known_on="since", customer_id="who").table,
            lazy.knowing(told.lazy(), known_on="since", customer_id="who").table.collect(),
        )

        for one in found:
            assert one.sort("customer_id")["visits"].to_list() == [2.0, 4.0]

    def test_of_duckdb(self) -> None:
        with duckdb.connect() as connection:
            connection.register("held", pl.from_pandas(held().table))
            connection.register("told", pl.from_pandas(TOLD))
            asked = HoldOut(table=connection.table("held"), cut=day(60), until=day(90), unit="W")

            found = asked.knowing(connection.table("told"), known_on="since", customer_id="who")

            assert found.rows.sort("customer_id")["visits"].to_list() == [2.0, 4.0]

    def test_names_those_of_whom_nothing_was_known(self) -> None:
        late = TOLD[TOLD["since"] != day(60)]

        with pytest.raises(
            InvalidValueError, match="customer_id is 'Y': it must be known at the cut"
        ):
            held().knowing(late, known_on="since", customer_id="who")

    def test_refuses_a_frame_of_another_kind(self) -> None:
        known = pl.from_pandas(TOLD[["who", "visits"]].head(1))

        with pytest.raises(InvalidValueError, match=r"polars: it must be of the same .*: pandas"):
            held().knowing(known, customer_id="who")  # type: ignore[arg-type]  # that is the point

    def test_refuses_a_customer_twice(self) -> None:
        with pytest.raises(InvalidValueError, match=r"must stand in one row, on one day.*name the"):
            held().knowing(TOLD.drop(columns="since"), customer_id="who")
        with pytest.raises(InvalidValueError, match="must stand in one row, on one day"):
            held().knowing(TOLD.assign(since=day(1)), known_on="since", customer_id="who")

    def test_refuses_what_is_there_already(self) -> None:
        told = pd.DataFrame({"customer_id": ["X", "Y"], "counted": [1, 2]})

        with pytest.raises(InvalidValueError, match="'counted': it must not be in the hold-out"):
            held().knowing(told)

    def test_refuses_a_table_of_nothing_but_customers(self) -> None:
        with pytest.raises(
            InvalidValueError, match=r"covariates is missing: .* beside the cust.*; add one"
        ):
            held().knowing(pd.DataFrame({"customer_id": ["X", "Y"]}))

    def test_refuses_what_is_no_number(self) -> None:
        with pytest.raises(InvalidValueError, match="web"):
            held().knowing(pd.DataFrame({"customer_id": ["X", "Y"], "web": ["a", "b"]}))
        with pytest.raises(InvalidValueError, match="web"):
            held().knowing(pd.DataFrame({"customer_id": ["X", "Y"], "web": [1.0, None]}))

    def test_refuses_instants(self) -> None:
        told = pd.DataFrame(
            {"customer_id": ["X", "Y"], "web": 1, "since": datetime(2024, 1, 1, tzinfo=UTC)}
        )

        with pytest.raises(InvalidValueError, match="'since': it must hold dates, not instants"):
            held().knowing(told, known_on="since")
