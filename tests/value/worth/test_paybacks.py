from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd
import polars as pl
import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError, NotFoundError
from crmkit.kernel import Money
from crmkit.value import Payback, cohort_payback, cohort_values, explain_cohort_payback
from tests.value.engines import ENGINES, FEW, Columns, Schema, in_engine, rows_of

from .test_cohort_curves import columns_of as order_columns


VALUES: Schema = {
    "cohort": pl.String,
    "month": pl.Int64,
    "months_seen": pl.Int64,
    "customers": pl.Int64,
    "maybe_older": pl.Boolean,
    "value": pl.Float64,
    "value_so_far": pl.Float64,
    "value_low": pl.Float64,
    "value_high": pl.Float64,
    "currency": pl.String,
}
COSTS: Schema = {"cohort": pl.String, "acquisition_cost": pl.Float64, "currency": pl.String}

# The cohort of January cost 100. Its customers leave 60, then 70, of which 50 go back in the
# next month, then 30: 60, 130, 80, 110. Covered since month 1, but for good since month 4.
JANUARY = [(0, 60.0), (1, 70.0), (2, -50.0), (4, 30.0)]


def columns_of(curves: dict[str, list[tuple[int, float]]], *, half: float | None = None) -> Columns:
    rows = []
    for cohort, curve in curves.items():
        so_far = 0.0
        for month, value in curve:
            so_far += value
            bounds = (None, None) if half is None else (so_far - half, so_far + half)
            rows.append((cohort, month, 6, 5, False, value, so_far, *bounds, "CNY"))
    return {name: [row[place] for row in rows] for place, name in enumerate(VALUES)}


def paybacks(engine: str, columns: Columns, costs: Any) -> list[tuple[object, ...]]:
    frame = in_engine(engine, columns, VALUES)
    result = cohort_payback(frame, costs=costs)
    assert type(result) is type(frame)
    plain = [tuple(None if pd.isna(v) else v for v in row) for row in rows_of(result)]  # type: ignore[call-overload]  # any value
    return sorted(plain, key=lambda row: str(row[0]))


class TestCohortPayback:
    @pytest.mark.parametrize("engine", ENGINES)
    def test_is_that_of_a_calculation_by_hand(self, engine: str) -> None:
        columns = columns_of({"2026-01": JANUARY, "2026-02": [(0, 60.0)], "2026-03": [(0, 9.0)]})
        costs = {"2026-01": 100.0, "2026-02": 80, "2025-12": Decimal("12.50")}

        told = paybacks(engine, columns, costs)

        assert told == [
            # Who cost money and did not come.
            ("2025-12", 0, None, None, 12.5, None, 0.0, None, 0.0, "open", None, None, None),
            ("2026-01", 5, 6, False, 100.0, 20.0, 110.0, 22.0, 1.1, "paid_back", 4, None, None),
            ("2026-02", 5, 6, False, 80.0, 16.0, 60.0, 12.0, 0.75, "open", None, None, None),
            ("2026-03", 5, 6, False, None, None, 9.0, 1.8, None, "not_costed", None, None, None),
        ]

    @pytest.mark.parametrize("engine", ENGINES)
    def test_tells_between_which_months_the_like_would_be_paid_back(self, engine: str) -> None:
        # Each end of 60, 130, 80, 110 ± 25 crosses 100 for good: 85 to 155 in month 1, 105 in
        # month 2; 85 in month 4 does not. Of ± 10: 120 in month 4 and 100 there too.
        columns = columns_of({"2026-01": JANUARY}, half=25.0)
        close = columns_of({"2026-01": JANUARY}, half=10.0)

        assert paybacks(engine, columns, {"2026-01": 100})[0][10:] == (4, 1, None)
        assert paybacks(engine, close, {"2026-01": 100})[0][10:] == (4, 4, 4)

    @pytest.mark.parametrize("engine", ENGINES)
    def test_takes_costs_as_a_frame_of_the_same_kind(self, engine: str) -> None:
        columns: Columns = {
            "cohort": ["2026-01", "2026-09"],
            "acquisition_cost": [100.0, 7.0],
            "currency": ["CNY", "CNY"],
        }
        costs = in_engine(engine, columns, COSTS)
        values = columns_of({"2026-01": JANUARY})

        told = paybacks(engine, values, costs)

        assert told == paybacks(engine, values, {"2026-01": Money.of(100, "CNY"), "2026-09": 7})

    def test_that_cost_nothing_is_paid_back_at_once(self) -> None:
        told = paybacks("polars", columns_of({"2026-01": JANUARY}), {"2026-01": 0})

        assert told[0][4:11] == (0.0, 0.0, 110.0, 22.0, None, "paid_back", 0)

    @FEW
    @given(st.lists(st.integers(-5_000, 5_000), min_size=1, max_size=7), st.integers(0, 12_000))
    def test_is_covered_ever_since_its_month(self, left: list[int], cost: int) -> None:
        columns = columns_of({"K": [(month, value / 100) for month, value in enumerate(left)]})
        so_far = [sum(left[: month + 1]) for month in range(len(left))]
        since = [m for m in range(len(left)) if all(told >= cost for told in so_far[m:])]

        for engine in ENGINES:
            told = paybacks(engine, columns, {"K": cost / 100})[0]

            assert told[9:11] == (("paid_back", since[0]) if since else ("open", None)), engine


class TestExplain:
    COLUMNS = columns_of({"2026-01": JANUARY, "2026-02": [(0, 60.0)], "2026-03": [(0, 9.5)]})

    @pytest.mark.parametrize("engine", ENGINES)
    def test_recomputes_the_row(self, engine: str) -> None:
        frame = in_engine(engine, self.COLUMNS, VALUES)
        costs = {"2026-01": 100.0, "2026-02": 80}

        for row in paybacks(engine, self.COLUMNS, costs):
            why = explain_cohort_payback(frame, str(row[0]), costs=costs)

            assert why.verdict.value == row[9]
            assert why.find("value").value == row[6]
            assert why.find("payback_month").value == row[10]

    def test_tells_since_when_it_is_paid_back(self) -> None:
        frame = pl.DataFrame(columns_of({"2026-01": JANUARY}, half=10.0), schema=VALUES)

        why = explain_cohort_payback(frame, "2026-01", costs={"2026-01": 100})

        assert str(why).splitlines() == [
            "cohort 2026-01 is paid back since its month 4: its 5 customers cost 100, and have left"
            " 110 by then, 80 before, 110 until now",
            "  of other such customers: paid back since month 4 at the earliest, since month 4 at"
            " the latest",
        ]
        assert "自第4个月起已回本" in why.sentence("zh")

    def test_tells_what_is_lacking(self) -> None:
        frame = pl.DataFrame(self.COLUMNS, schema=VALUES)

        why = explain_cohort_payback(frame, "2026-02", costs={"2026-02": 80.05})

        assert str(why) == (
            "cohort 2026-02 is not yet paid back: its 5 customers cost 80.05, and have left 60 in 6"
            " months; 20.05 are lacking"
        )

    def test_tells_where_the_cost_is_not_known_or_nobody_came(self) -> None:
        frame = pl.DataFrame(self.COLUMNS, schema=VALUES)

        unknown = explain_cohort_payback(frame, "2026-03", costs={"2026-09": 80})
        nobody = explain_cohort_payback(frame, "2026-09", costs={"2026-09": 80})

        assert str(unknown).startswith("nobody told what cohort 2026-03 cost: its 5 customers")
        assert nobody.verdict is Payback.OPEN
        assert str(nobody).startswith("nobody came in cohort 2026-09, which cost 80")

    def test_of_a_first_month_that_paid_back_has_nothing_before(self) -> None:
        frame = pl.DataFrame(self.COLUMNS, schema=VALUES)

        why = explain_cohort_payback(frame, "2026-02", costs={"2026-02": 60})

        assert why.find("value_before").value == 0.0

    def test_refuses_a_cohort_that_is_not_there(self) -> None:
        frame = pl.DataFrame(self.COLUMNS, schema=VALUES)

        with pytest.raises(NotFoundError, match="neither in the values nor in the costs"):
            explain_cohort_payback(frame, "2024-01", costs={"2026-01": 1})


class TestRefuse:
    VALUES = columns_of({"2026-01": JANUARY})

    @pytest.mark.parametrize(
        ("costs", "match"),
        [
            ({}, "must tell the cost of at least one cohort"),
            ({"2026-01": -1}, "cost of 2026-01 is -1: it must be an amount from 0"),
            ({"2026-01": "9"}, "must be an amount from 0"),
            ({"2026-01": True}, "must be an amount from 0"),
            ({"2026-01": float("nan")}, "must be an amount from 0"),
            ({"2026-01": Decimal("0.125")}, "must have no more than 2 decimals; round it"),
            ({"": 9}, "cohort"),
            ({"2026-01": Money.of(9, "EUR")}, "currency of costs is 'EUR': it must be CNY"),
            ({"a": 9e13, "b": 9e13}, "coins to be counted exactly"),
        ],
    )
    def test_costs_that_are_none(self, costs: object, match: str) -> None:
        with pytest.raises(InvalidValueError, match=match):
            paybacks("polars", self.VALUES, costs)

    def test_costs_of_a_frame_that_tells_no_currency_are_those_of_the_values(self) -> None:
        costs = pl.DataFrame({"cohort": ["2026-01"], "acquisition_cost": [9.0]})

        told = cohort_payback(pl.DataFrame(self.VALUES), costs=costs)

        given = cohort_payback(pl.DataFrame(self.VALUES), costs={"2026-01": 9})
        assert told.rows() == given.rows()

    def test_costs_of_two_currencies(self) -> None:
        columns = {name: values for name, values in self.VALUES.items() if name != "currency"}
        values = pl.DataFrame(columns)
        costs = {"2026-01": Money.of(9, "EUR"), "2026-02": Money.of(9, "CNY")}

        with pytest.raises(InvalidValueError, match="must be EUR, like the values and the other"):
            cohort_payback(values, costs=costs)

    @pytest.mark.parametrize("engine", ENGINES)
    @pytest.mark.parametrize(
        ("column", "told", "match"),
        [
            ("acquisition_cost", [-1.0, 1.0], "must be 0 or more"),
            ("acquisition_cost", [0.125, 1.0], "must have no more than 2 decimals"),
            ("acquisition_cost", [None, 1.0], "must not be empty"),
            ("cohort", ["2026-02", "2026-02"], "must stand in one row"),
            ("cohort", [None, "2026-02"], "must not be empty"),
            ("currency", ["EUR", "EUR"], "currency of costs is 'EUR'"),
            ("currency", ["EUR", "CNY"], "currency is of several kinds"),
        ],
    )
    def test_a_frame_of_bad_costs(
        self, engine: str, column: str, told: list[object], match: str
    ) -> None:
        columns: Columns = {
            "cohort": ["2026-01", "2026-02"],
            "acquisition_cost": [1.0, 2.0],
            "currency": ["CNY", "CNY"],
        }

        with pytest.raises(InvalidValueError, match=match):
            paybacks(engine, self.VALUES, in_engine(engine, {**columns, column: told}, COSTS))

    def test_a_frame_of_another_kind(self) -> None:
        costs = pl.DataFrame({"cohort": ["2026-01"], "acquisition_cost": [1.0]})

        with pytest.raises(InvalidValueError, match="must be of the same kind as the values"):
            paybacks("pandas", self.VALUES, costs)
        with pytest.raises(InvalidValueError, match="must be of the same kind as the values"):
            paybacks("polars lazy", self.VALUES, costs)

    def test_values_that_are_none(self) -> None:
        with pytest.raises(InvalidValueError, match="maybe_older is missing"):
            cohort_payback(pl.DataFrame({"cohort": ["2026-01"]}), costs={"2026-01": 1})


@pytest.mark.parametrize("engine", ENGINES)
def test_goes_from_orders_to_payback(engine: str) -> None:
    # V and W come in January for 120: they leave 50 − 20, then 90 in March: 120 after month 2.
    orders = in_engine(
        engine,
        order_columns(
            [
                (1, date(2026, 1, 5), 5_000, 2_000),
                (2, date(2026, 1, 9), 3_000, 3_000),
                (2, date(2026, 3, 1), 19_000, 10_000),
            ]
        ),
        {
            "customer_id": pl.Int64,
            "ordered_at": pl.Date,
            "amount": pl.Float64,
            "goods_cost": pl.Float64,
            "campaign": pl.String,
            "currency": pl.String,
        },
    )

    values = cohort_values(orders, as_of=date(2026, 4, 15), goods_cost="goods_cost")
    told = cohort_payback(values, costs={"2026-01": Money.of("120.00", "CNY")})

    (row,) = [tuple(None if pd.isna(v) else v for v in row) for row in rows_of(told)]  # type: ignore[call-overload]  # any value
    assert row == ("2026-01", 2, 4, True, 120.0, 60.0, 120.0, 60.0, 1.0, "paid_back", 2, None, None)
