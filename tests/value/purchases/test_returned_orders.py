from datetime import UTC, date, datetime
from typing import Any

import pandas as pd
import polars as pl
import pytest

from crmkit.errors import InvalidValueError
from crmkit.value import OrderEntry, rfm_state, rfm_table, trace_returns
from tests.value.engines import ENGINES, Columns, Schema, in_engine, rows_of


SCHEMA: Schema = {
    "customer_id": pl.String,
    "ordered_at": pl.Date,
    "entry": pl.String,
    "order_id": pl.String,
    "product": pl.String,
}
DAY = {number: date(2026, 1, number) for number in range(1, 32)}
RECORD: Columns = {
    "customer_id": ["V", "V", "V", "V", "W", "V", "V", "W"],
    "ordered_at": [DAY[n] for n in (1, 8, 12, 8, 2, 20, 3, 1)],
    "entry": ["order", "order", "return", "return", "return", "cancellation", "return", "return"],
    "order_id": ["O-1", "O-2", "O-1", None, "O-1", "O-9", "O-2", None],
    "product": ["soap", "soap", "soap", "soap", "soap", "iron", "soap", None],
}


def origins(engine: str, **arguments: Any) -> dict[tuple[object, ...], object]:
    """What is traced, by customer, day and number of the order."""
    told = rows_of(trace_returns(in_engine(engine, RECORD, SCHEMA), **arguments))
    return {
        (row[0], str(row[1])[8:10], row[3]): str(row[5])[:10]
        for row in told
        if not (row[5] is None or row[5] != row[5])
    }


@pytest.mark.parametrize("engine", ENGINES)
class TestTraceReturns:
    def test_by_number_finds_the_customers_own_order(self, engine: str) -> None:
        """W returns V's order, and one return is older than its order: neither is traced."""
        assert origins(engine, order_id="order_id") == {("V", "12", "O-1"): "2026-01-01"}

    def test_by_product_finds_the_latest_order_not_later_than_the_return(self, engine: str) -> None:
        told = {key[1]: value for key, value in origins(engine, product="product").items()}

        assert told == {"12": "2026-01-08", "08": "2026-01-08", "03": "2026-01-01"}

    def test_takes_the_number_first(self, engine: str) -> None:
        told = origins(engine, order_id="order_id", product="product")

        # The return of 3 January bears the number of an order of the 8th: that is no order of its.
        assert {key[1]: value for key, value in told.items()} == {
            "12": "2026-01-01",
            "08": "2026-01-08",
        }

    def test_keeps_rows_columns_and_engine(self, engine: str) -> None:
        frame = in_engine(engine, RECORD, SCHEMA)

        traced = trace_returns(frame, product="product")

        assert type(traced) is type(frame)
        names = traced.collect_schema().names() if isinstance(traced, pl.LazyFrame) else None
        assert list(names or traced.columns) == [*SCHEMA, "original_at"]
        if engine in ("pandas", "polars"):
            told = [row[:5] for row in rows_of(traced)]
            assert [str(row) for row in told] == [str(row) for row in rows_of(frame)]

    def test_makes_what_a_state_takes(self, engine: str) -> None:
        columns: Columns = {
            **{name: RECORD[name][:3] for name in RECORD},
            "amount": [20.0, 30.0, -5.0],
        }
        frame = in_engine(engine, columns, {**SCHEMA, "amount": pl.Float64})

        traced = trace_returns(frame, order_id="order_id")
        state = rfm_state(traced, entry="entry", original_at="original_at")

        assert rows_of(rfm_table(state, as_of=DAY[31]))[0][4:7] == (30.0, True, 45.0)

    def test_finds_nothing_in_no_orders(self, engine: str) -> None:
        frame = in_engine(engine, {name: [] for name in SCHEMA}, SCHEMA)

        assert rows_of(trace_returns(frame, product="product")) == []

    @pytest.mark.parametrize(
        ("column", "value", "message"),
        [
            ("customer_id", None, "customer_id is None: it must not be empty"),
            ("entry", "refund", "entry is 'refund': it must be one of order, return, cancellation"),
        ],
    )
    def test_refuses_rows_that_say_too_little(
        self, engine: str, column: str, value: object, message: str
    ) -> None:
        columns = {**RECORD, column: [value, *RECORD[column][1:]]}

        with pytest.raises(InvalidValueError, match=message):
            trace_returns(in_engine(engine, columns, SCHEMA), product="product")


class TestArguments:
    def test_must_name_what_returns_are_found_by(self) -> None:
        with pytest.raises(InvalidValueError, match="order_id is None: it must be given, or prod"):
            trace_returns(pl.DataFrame(schema=SCHEMA))


class TestKnown:
    @pytest.mark.parametrize("engine", ENGINES)
    def test_originals_stay_and_others_are_found(self, engine: str) -> None:
        days = [date(2026, 1, day) for day in (1, 8, 12, 13)]
        columns: Columns = {
            "customer_id": [7] * 4,
            "ordered_at": days,
            "entry": ["order", "order", "return", "return"],
            "product": ["soap"] * 4,
            "original_at": [None, None, days[0], None],
        }
        schema: Schema = {
            "customer_id": pl.Int64,
            "ordered_at": pl.Date,
            "entry": pl.String,
            "product": pl.String,
            "original_at": pl.Date,
        }

        traced = trace_returns(in_engine(engine, columns, schema), product="product")

        told = sorted(rows_of(traced), key=lambda row: str(row[1]))
        found = [None if pd.isna(row[4]) else row[4] for row in told]  # type: ignore[call-overload]  # any value
        assert found == [None, None, days[0], days[1]]


class TestInstants:
    def test_of_one_time_let_the_order_come_first(self) -> None:
        noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
        orders = pd.DataFrame(
            {
                "customer_id": 7,
                "ordered_at": [noon, noon],
                "entry": ["return", "order"],
                "product": "soap",
            },
            index=[5, 4],
        )

        traced = trace_returns(orders, product="product")

        assert traced["original_at"].tolist()[0] == noon
        assert traced["original_at"].isna().tolist() == [False, True]
        assert traced.index.tolist() == [5, 4]


def test_entries_are_stored_as_they_are_written() -> None:
    assert [entry.value for entry in OrderEntry] == ["order", "return", "cancellation"]
