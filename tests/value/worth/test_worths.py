from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pandas as pd
import polars as pl
import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.value import customer_values
from tests.value.engines import ENGINES, FEW, SESSION, Columns, Schema, in_engine, rows_of


LAST = date(2026, 1, 31)
DATED: Schema = {"customer_id": pl.Int64, "ordered_at": pl.Date, "amount": pl.Float64}
TOLD: Schema = {"customer_id": pl.Int64, "potential_value": pl.Float64}
TIMED: Schema = {
    "customer_id": pl.Int64,
    "ordered_at": pl.Datetime("us", "UTC"),
    "amount": pl.Float64,
}
Order = tuple[int, date, int]

ORDERS = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.integers(0, 800).map(lambda days: LAST - timedelta(days=days)),
        st.integers(-500, 5_000),
    ),
    max_size=9,
)


def columns_of(orders: list[Order]) -> Columns:
    return {
        "customer_id": [order[0] for order in orders],
        "ordered_at": [order[1] for order in orders],
        "amount": [order[2] / 100 for order in orders],
    }


def in_order(rows: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
    told = [tuple(None if pd.isna(v) else v for v in row) for row in rows]  # type: ignore[call-overload]  # any value
    return sorted(told, key=lambda row: int(str(row[0])))


class TestCustomerValues:
    @FEW
    @given(ORDERS, st.dictionaries(st.integers(0, 5), st.integers(0, 99).map(float)))
    def test_reconciles_to_the_cent_in_every_engine(
        self, orders: list[Order], potential: dict[int, float]
    ) -> None:
        expected: list[tuple[object, ...]] = []
        for customer in sorted({order[0] for order in orders} | set(potential)):
            own = [order for order in orders if order[0] == customer]
            since = LAST - timedelta(days=365)
            historic = sum(order[2] for order in own) / 100
            current = sum(order[2] for order in own if order[1] > since) / 100
            expected.append((customer, historic, current, potential.get(customer)))

        for engine in ENGINES:
            told = in_engine(
                engine,
                {"customer_id": [*potential], "potential_value": [*potential.values()]},
                TOLD,
            )
            frame = in_engine(engine, columns_of(orders), DATED)
            values = customer_values(frame, as_of=LAST, potential=told)

            assert type(values) is type(frame)
            assert in_order(rows_of(values)) == expected, engine

    @pytest.mark.parametrize("engine", ENGINES)
    def test_leaves_the_potential_out_where_nobody_tells_it(self, engine: str) -> None:
        frame = in_engine(engine, columns_of([(7, LAST, 500)]), DATED)

        assert rows_of(customer_values(frame, as_of=LAST)) == [(7, 5.0, 5.0)]

    @pytest.mark.parametrize("engine", ENGINES)
    def test_counts_the_days_of_the_shop(self, engine: str) -> None:
        # 16:30 UTC on 30 January is the 31st in Shanghai: within a present of one day.
        at = datetime(2026, 1, 30, 16, 30, tzinfo=UTC)
        columns: Columns = {"customer_id": [7], "ordered_at": [at], "amount": [5.0]}
        frame = in_engine(engine, columns, TIMED)

        there = customer_values(frame, as_of=LAST, current_days=1, timezone="Asia/Shanghai")
        here = customer_values(frame, as_of=LAST, current_days=1, timezone="UTC")

        assert rows_of(there) == [(7, 5.0, 5.0)]
        assert rows_of(here) == [(7, 5.0, 0.0)]

    @pytest.mark.parametrize("engine", ENGINES)
    @pytest.mark.parametrize("timed", [False, True])
    def test_books_what_goes_back_on_the_day_of_its_order(self, engine: str, timed: bool) -> None:
        # V sends 30 of old goods back within the present, and 4 of new ones; W's 5 cannot be told.
        days = [date(2024, 6, 1), LAST, date(2026, 1, 15), LAST, date(2025, 12, 1), LAST]
        original = [None, None, date(2024, 6, 1), date(2026, 1, 20), None, None]
        schema = {**DATED, "entry": pl.String, "original_at": pl.Date}

        def at(day: date | None) -> object:
            return day and (datetime(day.year, day.month, day.day, tzinfo=UTC) if timed else day)

        if timed:
            schema |= {name: pl.Datetime("us", "UTC") for name in ("ordered_at", "original_at")}
        columns: Columns = {
            "customer_id": [7, 7, 7, 7, 8, 8],
            "ordered_at": [at(day) for day in days],
            "amount": [50.0, 20.0, -30.0, -4.0, 9.0, -5.0],
            "entry": ["order", "order", "return", "cancellation", "order", "return"],
            "original_at": [at(day) for day in original],
        }
        zone = "UTC" if timed else None
        frame = in_engine(engine, columns, schema)

        told = customer_values(
            frame, as_of=LAST, entry="entry", original_at="original_at", timezone=zone
        )
        own_days = customer_values(frame, as_of=LAST, entry="entry", timezone=zone)

        assert in_order(rows_of(told)) == [(7, 36.0, 16.0), (8, 4.0, 4.0)]
        assert in_order(rows_of(own_days)) == [(7, 36.0, -14.0), (8, 4.0, 4.0)]

    @pytest.mark.parametrize("engine", ENGINES)
    def test_takes_a_column_of_originals_that_nobody_knows(self, engine: str) -> None:
        columns = columns_of([(7, LAST, 500)]) | {"entry": ["order"], "original_at": [None]}
        frame = in_engine(engine, columns, {**DATED, "entry": pl.String, "original_at": pl.Date})

        told = customer_values(frame, as_of=LAST, entry="entry", original_at="original_at")

        assert rows_of(told) == [(7, 5.0, 5.0)]

    @pytest.mark.parametrize("engine", ENGINES)
    def test_refuses_marks_that_do_not_fit(self, engine: str) -> None:
        columns = columns_of([(7, LAST, 500), (7, LAST, 500)]) | {
            "entry": ["order", "return"],
            "order_id": ["O-1", "O-1"],
        }
        schema = {**DATED, "entry": pl.String, "order_id": pl.String}
        frame = in_engine(engine, columns, schema)

        with pytest.raises(InvalidValueError, match="must be 0 or negative in a return"):
            customer_values(frame, as_of=LAST, entry="entry")
        with pytest.raises(InvalidValueError, match=r"order_id is .*must stand in one order"):
            customer_values(frame, as_of=LAST, order_id="order_id")

    @pytest.mark.parametrize("engine", ENGINES)
    def test_refuses_orders_after_the_day(self, engine: str) -> None:
        orders = [(7, LAST, 1), (8, LAST + timedelta(days=1), 1)]

        with pytest.raises(InvalidValueError, match="must not lie after as_of, 2026-01-31, as in"):
            customer_values(in_engine(engine, columns_of(orders), DATED), as_of=LAST)

    @pytest.mark.parametrize("engine", ENGINES)
    @pytest.mark.parametrize(
        ("column", "value", "message"),
        [
            ("customer_id", None, "customer_id is None: it must not be empty"),
            ("ordered_at", None, "ordered_at is None: it must not be empty"),
            ("amount", float("inf"), "amount is inf: it must be a finite number"),
            ("amount", 0.125, "must have no more than 2 decimals"),
            ("amount", 1e14, "sum of amount"),
            ("ordered_at", date(1, 1, 1), "must lie in 1900 to 2199"),
        ],
    )
    def test_refuses_what_cannot_be_added_up(
        self, engine: str, column: str, value: object, message: str
    ) -> None:
        columns = columns_of([(7, LAST, 100), (8, LAST, 100)])
        columns[column] = [columns[column][0], value]
        frame = in_engine(engine, columns, DATED)
        if isinstance(frame, pd.DataFrame):
            frame["customer_id"] = frame["customer_id"].astype("Int64")

        with pytest.raises(InvalidValueError, match=message):
            customer_values(frame, as_of=LAST)

    @pytest.mark.parametrize("engine", ENGINES)
    def test_refuses_a_potential_in_another_currency(self, engine: str) -> None:
        orders = in_engine(
            engine,
            {**columns_of([(7, LAST, 100)]), "currency": ["EUR"]},
            {**DATED, "currency": pl.String},
        )
        euros, dollars = (
            in_engine(
                engine,
                {"customer_id": [7], "potential_value": [9.0], "currency": [told]},
                {**TOLD, "currency": pl.String},
            )
            for told in ("EUR", "USD")
        )

        found = customer_values(orders, as_of=LAST, potential=euros)

        assert in_order(rows_of(found)) == [(7, 1.0, 1.0, 9.0)]
        message = "currency of potential is 'USD': it must be EUR, like the orders; convert it"
        with pytest.raises(InvalidValueError, match=message):
            customer_values(orders, as_of=LAST, potential=dollars)

    @pytest.mark.parametrize("engine", ENGINES)
    def test_refuses_two_potentials_of_a_customer(self, engine: str) -> None:
        told = in_engine(engine, {"customer_id": [7, 7], "potential_value": [1.0, 2.0]}, TOLD)

        with pytest.raises(InvalidValueError, match="must stand in one row per customer"):
            customer_values(
                in_engine(engine, columns_of([(7, LAST, 1)]), DATED), as_of=LAST, potential=told
            )

    @pytest.mark.parametrize("make", [pl.DataFrame, pd.DataFrame])
    def test_refuses_frames_of_two_kinds(self, make: Callable[..., pd.DataFrame]) -> None:
        told = make({"customer_id": [7], "potential_value": [1.0]})
        orders = pl.LazyFrame(columns_of([(7, LAST, 1)]), schema=DATED)

        with pytest.raises(InvalidValueError, match="of the same kind as orders: polars"):
            customer_values(orders, as_of=LAST, potential=told)

    def test_refuses_customers_of_two_kinds(self) -> None:
        told = pl.DataFrame({"customer_id": ["7"], "potential_value": [1.0]})
        orders = pl.DataFrame(columns_of([(7, LAST, 1)]), schema=DATED)

        with pytest.raises(InvalidValueError, match="must be like those of the orders, Int64"):
            customer_values(orders, as_of=LAST, potential=told)

    def test_takes_ids_that_floats_cannot_hold(self) -> None:
        orders = pd.DataFrame({"customer_id": [2**53 + 1], "ordered_at": [LAST], "amount": [5.0]})
        told = pd.DataFrame({"customer_id": [2**53], "potential_value": [1.0]})

        values = customer_values(orders, as_of=LAST, potential=told)

        assert values["customer_id"].to_list() == [2**53, 2**53 + 1]

    @pytest.mark.parametrize("engine", ENGINES)
    def test_refuses_naive_times(self, engine: str) -> None:
        columns: Columns = {"customer_id": [7], "ordered_at": [datetime(2026, 1, 1)], "amount": [5]}
        frame = in_engine(engine, columns, {**TIMED, "ordered_at": pl.Datetime("us")})

        with pytest.raises(InvalidValueError, match="must have a time zone"):
            customer_values(frame, as_of=LAST)

    @pytest.mark.parametrize("days", [0, -1, 1.5, True, 40_000])
    def test_refuses_what_are_no_days(self, days: int) -> None:
        with pytest.raises(InvalidValueError, match="must be a whole number of days"):
            customer_values(pl.DataFrame(columns_of([(7, LAST, 1)])), as_of=LAST, current_days=days)

    @pytest.mark.parametrize("as_of", [None, datetime(2026, 1, 31, tzinfo=UTC), "2026-01-31"])
    def test_refuses_what_is_no_day(self, as_of: date) -> None:
        with pytest.raises(InvalidValueError, match="must be a date without a time of day"):
            customer_values(pl.DataFrame(columns_of([(7, LAST, 1)])), as_of=as_of)

    def test_reads_the_database_of_a_session(self) -> None:
        orders = SESSION.sql(
            "select 7 as customer_id, date '2026-01-31' as ordered_at, 5 as amount"
        )

        assert rows_of(customer_values(orders, as_of=LAST)) == [(7, 5.0, 5.0)]
