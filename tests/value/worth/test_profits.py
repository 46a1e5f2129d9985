import pandas as pd
import polars as pl
import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.value import customer_profit
from tests.value.engines import ENGINES, FEW, Columns, Schema, in_engine, rows_of


PARTS = ("revenue", "goods_cost", "service_cost", "complaint_cost", "marketing_cost")
SCHEMA: Schema = {"customer_id": pl.String, **dict.fromkeys(PARTS, pl.Float64())}
CENTS = st.integers(-5_000, 50_000)


def columns_of(rows: list[tuple[str, list[int]]]) -> Columns:
    told = {name: [cents[place] / 100 for _, cents in rows] for place, name in enumerate(PARTS)}
    return {"customer_id": [customer for customer, _ in rows], **told}


class TestCustomerProfit:
    @FEW
    @given(
        st.lists(
            st.tuples(st.sampled_from("UVW"), st.lists(CENTS, min_size=5, max_size=5)), max_size=9
        )
    )
    def test_reconciles_to_the_cent_in_every_engine(
        self, rows: list[tuple[str, list[int]]]
    ) -> None:
        """V7: revenue less goods, service, complaint and marketing cost, in whole cents."""
        sums: dict[str, list[int]] = {}
        for customer, cents in rows:
            so_far = sums.get(customer, [0] * 5)
            sums[customer] = [one + other for one, other in zip(so_far, cents, strict=True)]

        for engine in ENGINES:
            told = rows_of(customer_profit(in_engine(engine, columns_of(rows), SCHEMA)))

            told = sorted(told, key=str) if engine in ("duckdb", "polars lazy") else told
            assert [row[0] for row in told] == sorted(sums)
            for row in told:
                amounts, margin = [*row[1:-1]], row[-1]
                revenue, *costs = sums[str(row[0])]
                profit = revenue - sum(costs)
                assert [round(float(str(one)) * 100) for one in amounts] == [
                    revenue,
                    *costs,
                    profit,
                ]
                assert amounts == [cent / 100 for cent in [revenue, *costs, profit]]
                if revenue > 0:
                    assert margin == pytest.approx(profit / revenue)
                else:
                    assert pd.isna(margin)  # type: ignore[call-overload]  # any value

    @pytest.mark.parametrize("engine", ENGINES)
    def test_counts_the_costs_that_it_is_told(self, engine: str) -> None:
        columns: Columns = {"who": [7, 7], "paid": [10.0, 5.0], "goods": [6.0, 3.0]}
        schema: Schema = {"who": pl.Int64, "paid": pl.Float64, "goods": pl.Float64}

        told = customer_profit(
            in_engine(engine, columns, schema),
            customer_id="who",
            revenue="paid",
            goods_cost="goods",
            service_cost=None,
            complaint_cost=None,
            marketing_cost=None,
        )

        assert rows_of(told) == [(7, 15.0, 9.0, 6.0, 0.4)]

    @pytest.mark.parametrize("engine", ENGINES)
    def test_returns_the_kind_of_frame_it_was_given(self, engine: str) -> None:
        frame = in_engine(engine, columns_of([("V", [5, 4, 0, 0, 0])]), SCHEMA)

        assert type(customer_profit(frame)) is type(frame)

    def test_refuses_to_count_no_cost(self) -> None:
        with pytest.raises(InvalidValueError, match="name at least one column of costs"):
            customer_profit(
                pl.DataFrame({"customer_id": ["V"], "revenue": [1.0]}),
                goods_cost=None,
                service_cost=None,
                complaint_cost=None,
                marketing_cost=None,
            )

    @pytest.mark.parametrize("engine", ENGINES)
    @pytest.mark.parametrize(
        ("column", "value", "message"),
        [
            ("customer_id", None, "customer_id is None: it must not be empty"),
            ("service_cost", None, "service_cost is None: it must not be empty"),
            ("revenue", float("inf"), "revenue is inf: it must be a finite number"),
            ("goods_cost", 0.125, r"goods_cost is 0\.125: it must have no more than 2 decimals"),
            ("marketing_cost", 1e14, "sum of marketing_cost"),
        ],
    )
    def test_refuses_what_cannot_be_added_up(
        self, engine: str, column: str, value: object, message: str
    ) -> None:
        columns = columns_of([("V", [1] * 5), ("W", [1] * 5)])
        columns[column] = [columns[column][0], value]

        with pytest.raises(InvalidValueError, match=message):
            customer_profit(in_engine(engine, columns, SCHEMA))

    @pytest.mark.parametrize("engine", ENGINES)
    def test_refuses_two_currencies(self, engine: str) -> None:
        columns = {**columns_of([("V", [1] * 5), ("W", [1] * 5)]), "currency": ["EUR", "JPY"]}

        with pytest.raises(InvalidValueError, match="currency is of several kinds"):
            customer_profit(in_engine(engine, columns, {**SCHEMA, "currency": pl.String}))
