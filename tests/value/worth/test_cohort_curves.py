from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from math import sqrt
from statistics import stdev
from typing import Any

import pandas as pd
import polars as pl
import pytest
from hypothesis import given, strategies as st
from scipy.stats import t as student

from crmkit.errors import InvalidValueError
from crmkit.value import cohort_values
from tests.value.engines import ENGINES, FEW, Columns, Schema, in_engine, rows_of


LAST = date(2026, 3, 31)
SCHEMA: Schema = {
    "customer_id": pl.Int64,
    "ordered_at": pl.Date,
    "amount": pl.Float64,
    "goods_cost": pl.Float64,
    "campaign": pl.String,
    "currency": pl.String,
}
Order = tuple[int, date, int, int]
ORDERS = st.lists(
    st.tuples(
        st.integers(0, 4),
        st.integers(0, 500).map(lambda days: LAST - timedelta(days=days)),
        st.integers(-500, 5_000),
        st.integers(0, 3_000),
    ),
    max_size=12,
)


def columns_of(orders: list[Order]) -> Columns:
    return {
        "customer_id": [order[0] for order in orders],
        "ordered_at": [order[1] for order in orders],
        "amount": [order[2] / 100 for order in orders],
        "goods_cost": [order[3] / 100 for order in orders],
        "campaign": [f"K{order[0] % 2}" for order in orders],
        "currency": ["CNY"] * len(orders),
    }


def month_of(day: date) -> int:
    return 12 * day.year + day.month - 1


def by_hand(orders: list[Order], *, own: bool) -> list[tuple[object, ...]]:
    """Add up order by order, in whole cents."""
    came: dict[int, int] = {}
    for customer, day, _, _ in orders:
        came[customer] = min(came.get(customer, month_of(day)), month_of(day))
    sums: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    people: dict[str, set[int]] = defaultdict(set)
    for customer, day, amount, goods in orders:
        month = came[customer]
        cohort = f"K{customer % 2}" if own else f"{month // 12}-{month % 12 + 1:02}"
        people[cohort].add(customer)
        sums[cohort][month_of(day)] += amount - goods
    rows: list[tuple[object, ...]] = []
    for cohort, months in sorted(sums.items()):
        first, so_far = min(months), 0
        for month, value in sorted(months.items()):
            so_far += value
            seen = month_of(LAST) - first + 1
            older = first == min(came.values())
            count, no_bounds = len(people[cohort]), (None, None, "CNY")
            rows.append(
                (cohort, month - first, seen, count, older, value / 100, so_far / 100, *no_bounds)
            )
    return rows


def told(rows: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
    plain = [tuple(None if pd.isna(v) else v for v in row) for row in rows]  # type: ignore[call-overload]  # any value
    return sorted(plain, key=lambda row: (str(row[0]), int(str(row[1]))))


class TestCohortValues:
    @FEW
    @given(ORDERS)
    def test_adds_up_to_the_cent_in_every_engine(self, orders: list[Order]) -> None:
        for engine in ENGINES:
            frame = in_engine(engine, columns_of(orders), SCHEMA)

            by_month = cohort_values(frame, as_of=LAST, goods_cost="goods_cost")
            by_campaign = cohort_values(
                frame, as_of=LAST, goods_cost="goods_cost", cohort="campaign"
            )

            assert type(by_month) is type(frame)
            assert told(rows_of(by_month)) == by_hand(orders, own=False), engine
            assert told(rows_of(by_campaign)) == by_hand(orders, own=True), engine

    @pytest.mark.parametrize("engine", ENGINES)
    def test_books_what_goes_back_in_the_month_of_its_order(self, engine: str) -> None:
        columns = columns_of(
            [
                (1, date(2026, 1, 5), 5_000, 0),
                (1, date(2026, 3, 2), -2_000, 0),
                (1, date(2026, 3, 9), -100, 0),
            ]
        ) | {
            "entry": ["order", "return", "return"],
            "original_at": [None, date(2026, 1, 5), None],
        }
        schema = {**SCHEMA, "entry": pl.String, "original_at": pl.Date}
        frame = in_engine(engine, columns, schema)

        rows = told(
            rows_of(cohort_values(frame, as_of=LAST, entry="entry", original_at="original_at"))
        )

        assert [(row[0], row[1], row[5], row[6]) for row in rows] == [
            ("2026-01", 0, 30.0, 30.0),
            ("2026-01", 2, -1.0, 29.0),
        ]

    @pytest.mark.parametrize("engine", ENGINES)
    def test_has_students_interval_of_the_sum_over_customers(self, engine: str) -> None:
        # Forty customers leave 1, 2, … 40 in January; every other of them 10 more in March.
        first = [(n, date(2026, 1, 2), 100 * (n + 1), 0) for n in range(40)]
        later = [(n, date(2026, 3, 2), 1000, 0) for n in range(0, 40, 2)]
        frame = in_engine(engine, columns_of(first + later), SCHEMA)

        rows = told(rows_of(cohort_values(frame, as_of=LAST, confidence=0.9)))

        quantile = float(student.ppf(0.95, 39))
        for row, left in zip(
            rows,
            ([n + 1 for n in range(40)], [n + 1 + 10 * (n % 2 == 0) for n in range(40)]),
            strict=True,
        ):
            half = quantile * stdev(left) * sqrt(40)
            # A cent, and what the quantile's formula is off at most.
            assert row[7] == pytest.approx(sum(left) - half, abs=0.01 + half * 3e-4)
            assert row[8] == pytest.approx(sum(left) + half, abs=0.01 + half * 3e-4)

    @pytest.mark.parametrize("name", ["as_of", "observed_from"])
    def test_refuses_an_instant_for_a_day(self, name: str) -> None:
        frame = in_engine("polars", columns_of([(1, date(2026, 1, 2), 100, 0)]), SCHEMA)
        days: dict[str, Any] = {"as_of": LAST, name: datetime(2026, 1, 1, 9, tzinfo=UTC)}

        with pytest.raises(InvalidValueError, match=f"^{name} is .* a date without a time of day"):
            cohort_values(frame, **days)

    def test_refuses_to_do_without_a_day(self) -> None:
        frame = in_engine("polars", columns_of([(1, date(2026, 1, 2), 100, 0)]), SCHEMA)

        with pytest.raises(InvalidValueError, match=r"^as_of is None"):
            cohort_values(frame, as_of=None)  # type: ignore[arg-type]  # refused

    def test_has_no_interval_of_less_than_thirty(self) -> None:
        orders = [(n, date(2026, 1, 2), 100, 0) for n in range(29)]
        frame = in_engine("polars", columns_of(orders), SCHEMA)

        values = cohort_values(frame, as_of=LAST)

        assert rows_of(values)[0][7:9] == (None, None)

    @pytest.mark.parametrize("engine", ENGINES)
    def test_counts_the_months_of_the_shop(self, engine: str) -> None:
        # 16:30 UTC on 31 January is 1 February in Shanghai.
        at = datetime(2026, 1, 31, 16, 30, tzinfo=UTC)
        columns: Columns = {"customer_id": [7], "ordered_at": [at], "amount": [5.0]}
        schema: Schema = {**SCHEMA, "ordered_at": pl.Datetime("us", "UTC")}
        frame = in_engine(engine, columns, {name: schema[name] for name in columns})

        there = cohort_values(frame, as_of=LAST, timezone="Asia/Shanghai")
        here = cohort_values(frame, as_of=LAST, timezone="UTC")

        assert [rows_of(values)[0][0] for values in (there, here)] == ["2026-02", "2026-01"]

    def test_flags_those_who_began_with_the_record(self) -> None:
        orders = [(1, date(2026, 1, 20), 100, 0), (2, date(2026, 2, 2), 100, 0)]
        frame = in_engine("polars", columns_of(orders), SCHEMA)

        since_2025 = cohort_values(frame, as_of=LAST, observed_from=date(2025, 12, 1))
        since_february = cohort_values(frame, as_of=LAST, observed_from=date(2026, 2, 1))

        assert [row[4] for row in rows_of(cohort_values(frame, as_of=LAST))] == [True, False]
        assert [row[4] for row in rows_of(since_2025)] == [False, False]
        assert [row[4] for row in rows_of(since_february)] == [True, True]


class TestRefuse:
    @pytest.mark.parametrize("engine", ENGINES)
    def test_a_customer_of_two_cohorts(self, engine: str) -> None:
        columns = columns_of([(1, LAST, 100, 0), (2, LAST, 100, 0), (2, LAST, 100, 0)])
        frame = in_engine(engine, {**columns, "campaign": ["K1", "K1", "K2"]}, SCHEMA)

        with pytest.raises(InvalidValueError, match="must be one for all orders of a customer"):
            cohort_values(frame, as_of=LAST, cohort="campaign")

    @pytest.mark.parametrize("engine", ENGINES)
    def test_orders_of_a_later_day_and_of_two_currencies(self, engine: str) -> None:
        columns = columns_of([(1, LAST, 100, 0), (2, LAST, 100, 0)])
        later = in_engine(engine, {**columns, "ordered_at": [LAST, date(2026, 4, 1)]}, SCHEMA)
        mixed = in_engine(engine, {**columns, "currency": ["CNY", "EUR"]}, SCHEMA)

        with pytest.raises(InvalidValueError, match="must not lie after as_of, 2026-03-31"):
            cohort_values(later, as_of=LAST)
        with pytest.raises(InvalidValueError, match="currency is of several kinds"):
            cohort_values(mixed, as_of=LAST)

    def test_bad_rows_by_name(self) -> None:
        columns = columns_of([(1, LAST, 100, 0), (2, LAST, 100, 0)])
        finer = in_engine("pandas", {**columns, "amount": [1.0, 0.125]}, SCHEMA)
        missing = in_engine("pandas", {**columns, "goods_cost": [1.0, None]}, SCHEMA)

        with pytest.raises(InvalidValueError, match=r"row 1"):
            cohort_values(finer, as_of=LAST)
        with pytest.raises(InvalidValueError, match=r"row 1"):
            cohort_values(missing, as_of=LAST, goods_cost="goods_cost")

    def test_sums_that_cannot_be_counted(self) -> None:
        columns = columns_of([(1, LAST, 100, 0)])
        frame = in_engine("polars", {**columns, "goods_cost": [1e15]}, SCHEMA)

        with pytest.raises(InvalidValueError, match="coins to be counted exactly"):
            cohort_values(frame, as_of=LAST, goods_cost="goods_cost")

    @pytest.mark.parametrize("argument", ["as_of", "observed_from"])
    def test_times_of_day(self, argument: str) -> None:
        frame = in_engine("polars", columns_of([(1, LAST, 100, 0)]), SCHEMA)
        days: dict[str, Any] = {"as_of": LAST, argument: datetime(2026, 3, 31, tzinfo=UTC)}

        with pytest.raises(InvalidValueError, match=f"{argument} is .* without a time of day"):
            cohort_values(frame, **days)

    def test_what_is_no_confidence(self) -> None:
        frame = in_engine("polars", columns_of([(1, LAST, 100, 0)]), SCHEMA)

        with pytest.raises(InvalidValueError, match=r"write 0\.95"):
            cohort_values(frame, as_of=LAST, confidence=95)
