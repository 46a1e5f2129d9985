import csv
import warnings
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.value import rfm_table
from tests.value.engines import ENGINES, FEW, SESSION, Columns, Schema, in_engine, rows_of


with warnings.catch_warnings():
    # The package sets an option that pandas has dropped.
    warnings.simplefilter("ignore")
    from lifetimes.utils import (  # type: ignore[import-untyped]  # it has no stubs
        summary_data_from_transaction_data,
    )


ROOT = Path(__file__).parents[3]
SUMMARY = ROOT.parent / "shared" / "data" / "orders" / "cdnow_customers_summary.csv"
COLUMNS = ["customer_id", "frequency", "recency", "T", "monetary", "maybe_older", "amount", "unit"]
DAYS: Schema = {"customer_id": pl.String, "ordered_at": pl.Date, "amount": pl.Float64}
INSTANTS: Schema = {**DAYS, "ordered_at": pl.Datetime("us", "UTC")}
WHOLE: Schema = {**DAYS, "customer_id": pl.Int64}

Row = tuple[object, ...]
Order = tuple[str, datetime, float]

UNITS: list[tuple[Literal["D", "W"], int]] = [("D", 1), ("W", 7)]


def cdnow() -> pl.DataFrame:
    """The published sample of 2,357 customers, of a day and an amount each."""
    lines = (ROOT / "examples" / "data" / "CDNOW_sample.txt").read_text().splitlines()
    told = [line.split() for line in lines]
    return pl.DataFrame(
        {
            "customer_id": [int(words[1]) for words in told],
            "ordered_at": [datetime.strptime(words[2], "%Y%m%d").date() for words in told],
            "amount": [float(words[4]) for words in told],
        },
        schema=WHOLE,
    )


def by_definition(
    orders: list[Order],
    zone: ZoneInfo,
    as_of: date | datetime,
    observed_from: date | None,
    unit: int,
) -> list[Row]:
    """Value.md §1 word for word: the day table first, then five numbers."""
    end = as_of.astimezone(zone).date() if isinstance(as_of, datetime) else as_of
    spent: dict[str, dict[date, float]] = defaultdict(lambda: defaultdict(float))
    for customer, at, amount in orders:
        day = at.astimezone(zone).date()
        if day <= end and not (isinstance(as_of, datetime) and at > as_of):
            spent[customer][day] += amount
    rows: list[Row] = []
    for customer in sorted(spent):
        days = sorted(spent[customer])
        known = [day for day in days if observed_from is None or day >= observed_from]
        if known:
            repeat = [spent[customer][day] for day in known[1:]]
            rows.append(
                (
                    customer,
                    len(known) - 1,
                    (known[-1] - known[0]).days / unit,
                    (end - known[0]).days / unit,
                    sum(repeat) / len(repeat) if repeat else 0.0,
                    observed_from is None or len(known) < len(days),
                    sum(spent[customer][day] for day in known),
                    {1: "D", 7: "W"}[unit],
                )
            )
    return rows


def columns_of(orders: list[Order]) -> Columns:
    return {name: [order[place] for order in orders] for place, name in enumerate(DAYS)}


def parted(rows: list[Row]) -> tuple[list[Row], np.ndarray[tuple[int, ...], np.dtype[np.float64]]]:
    """Part what must be equal from what may differ by its rounding."""
    near = np.array([(*row[2:5], row[6]) for row in rows], dtype=float)
    return [(*row[:2], row[5], row[7]) for row in rows], near


def assert_same(found: list[Row], expected: list[Row]) -> None:
    told, numbers = zip(*map(parted, (found, expected)), strict=True)
    assert told[0] == told[1]
    np.testing.assert_allclose(numbers[0], numbers[1], rtol=1e-9, atol=1e-9)


TIMES = st.datetimes(datetime(2024, 2, 25), datetime(2024, 4, 5), timezones=st.just(UTC))
AMOUNTS = st.integers(0, 10**6).map(lambda cents: cents / 100)
ORDERS = st.lists(
    st.tuples(
        st.sampled_from("VWXYZ"), TIMES, st.integers(0, 10**6).map(lambda cents: cents / 100)
    ),
    max_size=25,
)
ZONES = st.sampled_from(["UTC", "Asia/Shanghai", "Europe/Berlin", "America/New_York"])


class TestRfmTable:
    @pytest.mark.parametrize("engine", ENGINES)
    def test_is_what_a_hand_counts(self, engine: str) -> None:
        # V buys on days 0, 14 (twice, 5 + 2.50) and 21 (4.50): two repeats of 7.50 and 4.50.
        # W buys once, on day 4. X buys after the end.
        start = date(2026, 1, 1)
        orders: Columns = {
            "customer_id": ["W", "V", "V", "X", "V", "V"],
            "ordered_at": [start + timedelta(days=n) for n in (4, 0, 14, 31, 21, 14)],
            "amount": [4.0, 9.0, 5.0, 1.0, 4.5, 2.5],
        }

        table = rfm_table(
            in_engine(engine, orders, DAYS), as_of=date(2026, 1, 31), later="leave_out"
        )

        rows = sorted(rows_of(table))
        assert rows == [
            ("V", 2, 21.0, 30.0, 6.0, True, 21.0, "D"),
            ("W", 0, 0.0, 26.0, 0.0, True, 4.0, "D"),
        ]

    @pytest.mark.parametrize("engine", ENGINES)
    def test_has_its_columns_in_order_and_stays_in_its_engine(self, engine: str) -> None:
        orders: Columns = {"customer_id": ["V"], "ordered_at": [date(2026, 1, 1)], "amount": [9.0]}
        frame = in_engine(engine, orders, DAYS)

        table = rfm_table(frame, as_of=date(2026, 1, 31))

        assert type(table) is type(frame)
        names = table.collect_schema().names() if isinstance(table, pl.LazyFrame) else table.columns
        assert list(names) == COLUMNS

    @FEW
    @given(ORDERS, ZONES, st.data())
    def test_is_the_definition_in_every_engine(
        self, orders: list[Order], zone: str, data: st.DataObject
    ) -> None:
        days = st.dates(date(2024, 2, 20), date(2024, 4, 10))
        as_of = data.draw(days | TIMES, "as_of")
        end = as_of.date() - timedelta(days=1) if isinstance(as_of, datetime) else as_of
        observed_from = data.draw(st.none() | days.filter(lambda day: day <= end), "observed_from")
        unit, length = data.draw(st.sampled_from(UNITS), "unit")
        expected = by_definition(orders, ZoneInfo(zone), as_of, observed_from, length)

        for engine in ENGINES:
            table = rfm_table(
                in_engine(engine, columns_of(orders), INSTANTS),
                as_of=as_of,
                unit=unit,
                timezone=zone,
                observed_from=observed_from,
                later="leave_out",
            )

            rows = rows_of(table)
            if engine in ("polars lazy", "duckdb"):
                rows = sorted(rows)
            assert_same(rows, expected)

    @pytest.mark.parametrize("engine", ENGINES)
    def test_refuses_two_currencies(self, engine: str) -> None:
        day = date(2026, 1, 1)
        columns: Columns = {
            "customer_id": ["X", "Y"],
            "ordered_at": [day, day],
            "amount": [5.0, 5.0],
            "currency": ["EUR", "JPY"],
        }
        schema: Schema = {
            "customer_id": pl.String,
            "ordered_at": pl.Date,
            "amount": pl.Float64,
            "currency": pl.String,
        }

        with pytest.raises(InvalidValueError, match="currency is of several kinds"):
            rfm_table(in_engine(engine, columns, schema), as_of=day)

    @FEW
    @given(
        st.lists(
            st.tuples(
                st.integers(-3, 3) | st.sampled_from([-(2**62), 2**62, 2**63 - 1]),
                st.dates(date(1995, 1, 1), date(2030, 1, 1)),
                st.floats(0, 1e9),
            ),
            max_size=20,
        )
    )
    def test_takes_whole_numbers_as_ids(self, orders: list[tuple[int, date, float]]) -> None:
        columns: Columns = {
            name: [order[place] for order in orders] for place, name in enumerate(WHOLE)
        }

        tables = [
            sorted(rows_of(rfm_table(in_engine(engine, columns, WHOLE), as_of=date(2030, 1, 1))))
            for engine in ENGINES
        ]

        for table in tables[:-1]:
            assert_same(table, tables[-1])

    def test_agrees_with_lifetimes_on_its_own_data(self) -> None:
        orders = cdnow()

        table = rfm_table(orders, as_of=date(1997, 9, 30), later="leave_out")

        naive = orders.to_pandas().astype({"ordered_at": "datetime64[us]"})
        theirs = summary_data_from_transaction_data(
            naive, "customer_id", "ordered_at", "amount", observation_period_end="1997-09-30"
        )
        assert len(table) == 2_357
        assert table["customer_id"].to_list() == theirs.index.to_list()
        for ours, their in zip(COLUMNS[1:5], theirs.columns, strict=True):
            np.testing.assert_allclose(table[ours], theirs[their], rtol=1e-9, err_msg=ours)

    def test_agrees_with_the_published_summary(self) -> None:
        if not SUMMARY.exists():
            pytest.skip(f"{SUMMARY.name} does not lie beside the checkout")
        with SUMMARY.open() as file:
            published = [tuple(map(float, row)) for row in list(csv.reader(file))[1:]]

        table = rfm_table(cdnow(), as_of=date(1997, 9, 30), unit="W", later="leave_out")

        # The file has weeks rounded to two decimals.
        ours = table.select("customer_id", "frequency", "recency", "T").rows()
        assert len(published) == len(ours) == 2_357
        np.testing.assert_allclose(ours, published, atol=0.005 + 1e-9)

    def test_sorts_by_customer_where_it_holds_the_rows(self) -> None:
        orders = pd.DataFrame(
            {"customer_id": [30, 4, -1], "ordered_at": [date(2026, 1, 1)] * 3, "amount": 1},
            index=[5, 5, 5],
        )

        table = rfm_table(orders, as_of=date(2026, 1, 1))

        assert table["customer_id"].to_list() == [-1, 4, 30]
        assert table.index.to_list() == [0, 1, 2]

    def test_takes_other_names_for_columns(self) -> None:
        orders = pl.DataFrame({"who": ["V"], "when": [date(2026, 1, 1)], "paid": [1]})

        table = rfm_table(
            orders,
            as_of=date(2026, 1, 8),
            unit="W",
            customer_id="who",
            ordered_at="when",
            amount="paid",
        )

        assert table.rows() == [("V", 0, 0.0, 1.0, 0.0, True, 1.0, "W")]

    def test_reads_decimals(self) -> None:
        paid = [Decimal("1.10"), Decimal("2.30")]
        orders = pd.DataFrame(
            {"customer_id": "V", "ordered_at": [date(2026, 1, 1), date(2026, 1, 2)], "amount": paid}
        )
        in_duckdb = SESSION.sql(
            "select 'V' as customer_id, d::date as ordered_at, a::decimal(9, 2) as amount"
            " from (values ('2026-01-01', 1.10), ('2026-01-02', 2.30)) t(d, a)"
        )

        for frame in (orders, in_duckdb):
            table = rfm_table(frame, as_of=date(2026, 1, 2))
            assert rows_of(table) == [("V", 1, 1.0, 1.0, 2.3, True, 3.4, "D")]

    @pytest.mark.parametrize("engine", ENGINES)
    def test_adds_up_amounts_finer_than_four_decimals_as_floats(self, engine: str) -> None:
        orders: Columns = {
            "customer_id": ["V", "V"],
            "ordered_at": [date(2026, 1, 1), date(2026, 1, 2)],
            "amount": [0.000025, 0.5],
        }

        (row,) = rows_of(rfm_table(in_engine(engine, orders, DAYS), as_of=date(2026, 1, 2)))

        assert (row[4], row[6]) == (0.5, pytest.approx(0.500025, rel=1e-15))

    def test_takes_ids_that_lie_far_apart(self) -> None:
        ids = [2**62, -(2**62)]
        orders = pl.DataFrame(
            {"customer_id": ids, "ordered_at": [date(2026, 1, 1)] * 2, "amount": [1.0, 2.0]}
        )

        assert rfm_table(orders, as_of=date(2026, 1, 1))["customer_id"].to_list() == sorted(ids)

    @pytest.mark.parametrize("engine", ENGINES)
    def test_cuts_instants_of_any_zone_at_an_instant(self, engine: str) -> None:
        noon = datetime(2026, 1, 2, 12, tzinfo=UTC)
        orders: Columns = {
            "customer_id": ["V", "V"],
            "ordered_at": [noon, noon + timedelta(hours=1)],
            "amount": [1.0, 2.0],
        }
        schema: Schema = {**DAYS, "ordered_at": pl.Datetime("us", "Asia/Shanghai")}

        table = rfm_table(
            in_engine(engine, orders, schema),
            as_of=noon,
            timezone="Asia/Shanghai",
            later="leave_out",
        )

        assert [row[6] for row in rows_of(table)] == [1.0]

    @pytest.mark.parametrize("engine", ENGINES)
    def test_of_no_orders_is_empty(self, engine: str) -> None:
        for schema, zone in ((DAYS, None), (INSTANTS, "Asia/Shanghai")):
            frame = in_engine(engine, {name: [] for name in schema}, schema)

            table = rfm_table(frame, as_of=date(2026, 1, 1), timezone=zone)

            assert rows_of(table) == []

    def test_of_no_orders_in_a_bare_pandas_frame_is_empty(self) -> None:
        table = rfm_table(pd.DataFrame(columns=list(DAYS)), as_of=date(2026, 1, 1))

        assert list(table.columns) == COLUMNS
        assert len(table) == 0

    @pytest.mark.parametrize("engine", ENGINES)
    def test_of_later_orders_alone_is_empty(self, engine: str) -> None:
        orders: Columns = {"customer_id": ["V"], "ordered_at": [date(2026, 1, 2)], "amount": [9.0]}

        table = rfm_table(
            in_engine(engine, orders, DAYS), as_of=date(2026, 1, 1), later="leave_out"
        )

        assert rows_of(table) == []

    def test_sorts_rows_whose_numbers_are_too_wide_to_pack(self) -> None:
        # Ids that span 31 bits, days that span 17 and rows that need 16: 64 bits in all.
        count = 40_000
        ids = np.arange(count) % 2 * (2**31 - 1)
        days = [date(1900, 1, 1), date(2199, 12, 31)]
        orders = pl.DataFrame(
            {
                "customer_id": ids,
                "ordered_at": [days[n // 2 % 2] for n in range(count)],
                "amount": np.ones(count),
            }
        )

        table = rfm_table(orders, as_of=days[1])

        span = (days[1] - days[0]).days
        assert table.rows() == [
            (customer, 1, span, span, count / 4, True, count / 2, "D")
            for customer in (0, 2**31 - 1)
        ]


class TestTimezone:
    def test_of_the_column_is_taken_where_it_names_a_place(self) -> None:
        # 17:00 UTC on 1 January is the 2nd in Shanghai.
        at = pd.Series([datetime(2026, 1, 1, 17, tzinfo=UTC)]).dt.tz_convert("Asia/Shanghai")
        orders = pd.DataFrame({"customer_id": ["V"], "ordered_at": at, "amount": [1.0]})

        for frame in (orders, pl.from_pandas(orders), pl.from_pandas(orders).lazy()):
            assert rows_of(rfm_table(frame, as_of=date(2026, 1, 2)))[0][3] == 0.0

    @pytest.mark.parametrize("engine", ENGINES)
    def test_must_be_given_for_utc_and_for_sessions(self, engine: str) -> None:
        orders: Columns = {
            "customer_id": ["V"],
            "ordered_at": [datetime(2026, 1, 1, tzinfo=UTC)],
            "amount": [1.0],
        }

        with pytest.raises(InvalidValueError, match="write timezone='Asia/Shanghai'"):
            rfm_table(in_engine(engine, orders, INSTANTS), as_of=date(2026, 1, 2))

    @pytest.mark.parametrize("engine", ENGINES)
    def test_is_no_cure_for_naive_times(self, engine: str) -> None:
        schema: Schema = {**DAYS, "ordered_at": pl.Datetime("us")}
        orders: Columns = {
            "customer_id": ["V"],
            "ordered_at": [datetime(2026, 1, 1)],
            "amount": [1.0],
        }

        with pytest.raises(InvalidValueError, match="a column of naive times"):
            rfm_table(in_engine(engine, orders, schema), as_of=date(2026, 1, 2), timezone="UTC")


class TestAsOf:
    @pytest.mark.parametrize("engine", ENGINES)
    def test_counts_orders_up_to_the_instant(self, engine: str) -> None:
        noon = datetime(2026, 1, 2, 12, tzinfo=UTC)
        at = [noon - timedelta(days=1), noon, noon + timedelta(microseconds=1)]
        orders: Columns = {"customer_id": ["V"] * 3, "ordered_at": at, "amount": [1.0, 2.0, 4.0]}

        table = rfm_table(
            in_engine(engine, orders, INSTANTS), as_of=noon, timezone="UTC", later="leave_out"
        )

        assert rows_of(table) == [("V", 1, 1.0, 1.0, 2.0, True, 3.0, "D")]

    @pytest.mark.parametrize("engine", ENGINES)
    def test_as_an_instant_counts_the_local_day_of_dates(self, engine: str) -> None:
        orders: Columns = {"customer_id": ["V"], "ordered_at": [date(2026, 1, 2)], "amount": [1.0]}
        evening = datetime(2026, 1, 1, 20, tzinfo=UTC)

        table = rfm_table(in_engine(engine, orders, DAYS), as_of=evening, timezone="Asia/Shanghai")

        assert rows_of(table) == [("V", 0, 0.0, 0.0, 0.0, True, 1.0, "D")]

    @pytest.mark.parametrize(
        ("as_of", "message"),
        [
            (datetime(2026, 1, 1), "must have a time zone"),
            (datetime(2026, 1, 1, tzinfo=UTC), "give a date, or timezone="),
            ("2026-01-01", "must be a date, or a datetime"),
        ],
    )
    def test_refuses_what_is_no_day(self, as_of: date, message: str) -> None:
        orders = pl.DataFrame(
            {"customer_id": ["V"], "ordered_at": [date(2026, 1, 2)], "amount": [1]}
        )

        with pytest.raises(InvalidValueError, match=message):
            rfm_table(orders, as_of=as_of)


class TestObservedFrom:
    @pytest.mark.parametrize("engine", ENGINES)
    def test_flags_who_bought_before_and_leaves_that_out(self, engine: str) -> None:
        # V bought before and after, W only after, X only before.
        orders: Columns = {
            "customer_id": ["V", "V", "V", "W", "X"],
            "ordered_at": [date(2026, 1, day) for day in (1, 10, 12, 10, 9)],
            "amount": [1.0, 2.0, 4.0, 8.0, 16.0],
        }

        table = rfm_table(
            in_engine(engine, orders, DAYS),
            as_of=date(2026, 1, 31),
            observed_from=date(2026, 1, 10),
        )

        rows = sorted(rows_of(table))
        assert rows == [
            ("V", 1, 2.0, 21.0, 4.0, True, 6.0, "D"),
            ("W", 0, 0.0, 21.0, 0.0, False, 8.0, "D"),
        ]

    @pytest.mark.parametrize(
        ("observed_from", "message"),
        [
            (date(2026, 1, 3), "must not be after as_of, 2026-01-02"),
            (datetime(2026, 1, 1, tzinfo=UTC), "must be a date"),
            ("2026-01-01", "must be a date"),
        ],
    )
    def test_refuses_what_is_no_first_day(self, observed_from: date, message: str) -> None:
        orders = pl.DataFrame(
            {"customer_id": ["V"], "ordered_at": [date(2026, 1, 2)], "amount": [1]}
        )

        with pytest.raises(InvalidValueError, match=message):
            rfm_table(orders, as_of=date(2026, 1, 2), observed_from=observed_from)


class TestRefusals:
    @pytest.mark.parametrize("engine", ENGINES)
    @pytest.mark.parametrize(
        ("column", "value", "message"),
        [
            ("customer_id", None, "customer_id is None: it must not be empty, as in"),
            ("ordered_at", None, "ordered_at is None: it must not be empty, as in"),
            ("amount", None, "amount is None: it must not be empty, as in"),
            ("amount", float("inf"), "amount is inf: it must be a finite number, as in"),
            ("amount", -0.01, r"amount is -0\.01: it must not be negative, as in .*net returns"),
            ("amount", 1e16, r"amount is 1e\+16: it must be below 9007199254740992, as in"),
            ("ordered_at", date(1, 1, 1), "ordered_at is 0001-01-01: it must lie in 1900 to 2199"),
            ("ordered_at", date(9999, 12, 31), "ordered_at is .*9999.*: it must (lie in|not be)"),
        ],
    )
    def test_of_unfit_orders(self, engine: str, column: str, value: object, message: str) -> None:
        orders: Columns = {
            "customer_id": ["V", "W"],
            "ordered_at": [date(2026, 1, 1), date(2026, 1, 2)],
            "amount": [1.0, 2.0],
        }
        orders[column] = [orders[column][0], value]

        with pytest.raises(InvalidValueError, match=message) as refused:
            rfm_table(in_engine(engine, orders, DAYS), as_of=date(2026, 1, 31))

        if "as in" in message:
            where = "row 1" if engine in ("pandas", "polars") else "1 row"
            assert f"as in {where}" in str(refused.value)

    @pytest.mark.parametrize("engine", ENGINES)
    @pytest.mark.parametrize("ids", [["V", "W"], [7, 8]])
    def test_of_orders_after_the_day(self, engine: str, ids: list[object]) -> None:
        frame = in_engine(
            engine,
            {
                "customer_id": ids,
                "ordered_at": [date(2026, 1, 31), date(2026, 2, 1)],
                "amount": [1.0, 2.0],
            },
            {**DAYS, "customer_id": pl.String if ids[0] == "V" else pl.Int64},
        )

        where = "row 1" if engine in ("pandas", "polars") else f"1 row, of customer_id {ids[1]!r}"
        told = f"ordered_at is .*it must not be after as_of, 2026-01-31, as in {where}; mend"
        with pytest.raises(InvalidValueError, match=told):
            rfm_table(frame, as_of=date(2026, 1, 31))

    @pytest.mark.parametrize("engine", ENGINES)
    def test_of_instants_after_the_local_day_or_the_instant(self, engine: str) -> None:
        # 16:00 UTC on 31 January is the first of February in Shanghai.
        at = [datetime(2026, 1, 31, 15, 59, tzinfo=UTC), datetime(2026, 1, 31, 16, tzinfo=UTC)]
        orders: Columns = {"customer_id": ["V", "W"], "ordered_at": at, "amount": [1.0, 2.0]}
        frame = in_engine(engine, orders, INSTANTS)

        with pytest.raises(InvalidValueError, match="must not be after as_of, 2026-01-31, as in"):
            rfm_table(frame, as_of=date(2026, 1, 31), timezone="Asia/Shanghai")
        with pytest.raises(
            InvalidValueError, match=r"must not be after as_of, 2026-01-31 15:59:00"
        ):
            rfm_table(frame, as_of=at[0], timezone="UTC")
        assert len(rows_of(rfm_table(frame, as_of=at[1], timezone="UTC"))) == 2

    def test_of_another_way_with_later_orders(self) -> None:
        with pytest.raises(InvalidValueError, match="must be 'refuse' or 'leave_out'"):
            rfm_table(pl.DataFrame(schema=DAYS), as_of=date(2026, 1, 1), later="drop")  # type: ignore[arg-type]  # what is refused

    @pytest.mark.parametrize("engine", ENGINES)
    @pytest.mark.parametrize(
        ("numbers", "message"),
        [
            (["O-1", "O-1", "O-2"], "order_id is .*it must stand in one order, as in"),
            (["O-1", None, "O-2"], "order_id is None: it must not be empty in an order"),
        ],
    )
    def test_of_numbers_that_stand_twice(
        self, engine: str, numbers: list[object], message: str
    ) -> None:
        orders: Columns = {
            "customer_id": ["V", "V", "W"],
            "ordered_at": [date(2026, 1, 1)] * 3,
            "amount": [1.0] * 3,
            "order_id": numbers,
        }
        frame = in_engine(engine, orders, {**DAYS, "order_id": pl.String})

        with pytest.raises(InvalidValueError, match=message):
            rfm_table(frame, as_of=date(2026, 1, 1), order_id="order_id")
        assert len(rows_of(rfm_table(frame, as_of=date(2026, 1, 1)))) == 2

    @pytest.mark.parametrize("engine", ["pandas", "polars"])
    def test_of_instants_that_stand_for_none(self, engine: str) -> None:
        at = [datetime(1, 1, 2, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)]
        orders: Columns = {"customer_id": ["V", "W"], "ordered_at": at, "amount": [1.0, 2.0]}

        with pytest.raises(InvalidValueError, match="must lie in 1900 to 2199"):
            rfm_table(in_engine(engine, orders, INSTANTS), as_of=date(2026, 1, 31), timezone="UTC")

    @pytest.mark.parametrize("unit", ["M", "Y", "days", 7])
    def test_of_other_units(self, unit: str) -> None:
        with pytest.raises(InvalidValueError, match="months and years differ in length"):
            rfm_table(pl.DataFrame(schema=DAYS), as_of=date(2026, 1, 1), unit=unit)  # type: ignore[arg-type]  # what is refused
