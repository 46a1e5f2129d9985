"""Tables that models read: of any engine, sound, and in the model's unit."""

import math
from collections.abc import Callable
from decimal import Decimal

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest

from crmkit.errors import InvalidValueError
from crmkit.value import BGBB, MBGNBD, GammaGamma, ShiftedBetaGeometric

from ..engines import ENGINES, Columns, Schema, in_engine, rows_of
from .cdnow import sample


MODEL = MBGNBD(0.525, 6.183, 0.891, 1.614, unit="W")
SCHEMA: Schema = {
    "customer_id": pl.String,
    "frequency": pl.Int64,
    "recency": pl.Float64,
    "T": pl.Float64,
    "monetary": pl.Float64,
    "unit": pl.String,
}
COLUMNS: Columns = {
    "customer_id": ["A", "B", "C"],
    "frequency": [2, 0, 2],
    "recency": [30.5, 0.0, 30.5],
    "T": [38.5, 12.0, 38.5],
    "monetary": [22.5, 0.0, 8.0],
    "unit": ["W", "W", "W"],
}


def table(**changed: object) -> pd.DataFrame:
    return pd.DataFrame({**COLUMNS, **changed})


class TestEngines:
    def test_take_exact_decimals_for_numbers(self) -> None:
        exact = table(T=[Decimal(str(age)) for age in COLUMNS["T"]])

        assert MODEL.expected(exact, 39)["expected"].equals(MODEL.expected(table(), 39)["expected"])

    @pytest.mark.parametrize("engine", ENGINES)
    def test_get_their_own_kind_of_frame_back(self, engine: str) -> None:
        frame = in_engine(engine, COLUMNS, SCHEMA)
        known = MODEL.expected(MODEL.p_alive(table()), 39)

        told = MODEL.expected(MODEL.p_alive(frame), 39)

        assert type(told) is type(frame)
        rows = sorted(rows_of(told), key=str)
        by_hand = sorted(rows_of(known), key=str)
        for row, one in zip(rows, by_hand, strict=True):
            assert row[:6] == one[:6]
            assert [row[6], row[9]] == pytest.approx([one[6], one[9]])

    @pytest.mark.parametrize("engine", ENGINES)
    def test_are_fitted_alike(self, engine: str) -> None:
        whole = pl.from_pandas(sample().drop(columns="maybe_older"))
        whole = whole.with_columns(customer_id=pl.col("customer_id").cast(pl.String))
        frame = in_engine(engine, {name: whole[name].to_list() for name in SCHEMA}, SCHEMA)

        model = MBGNBD.fit(frame)

        assert model.parameters == pytest.approx(MBGNBD.fit(sample()).parameters, rel=1e-7)
        assert GammaGamma.fit(frame).p == pytest.approx(6.25, abs=5e-3)

    def test_lazy_ones_are_weighted_by_a_column(self) -> None:
        counted = pl.from_pandas(table(customers=[3.0, 5.0, 2.0]))

        lazy = MBGNBD.fit(counted.lazy(), weights="customers", penalty=0.1)

        eager = MBGNBD.fit(counted, weights="customers", penalty=0.1)
        assert lazy.parameters == pytest.approx(eager.parameters)
        assert lazy.fitted is not None
        assert lazy.fitted.customers == 10

    def test_lazy_ones_refuse_numbers_beside_them(self) -> None:
        lazy = pl.from_pandas(table()).lazy()

        with pytest.raises(InvalidValueError, match="weights is numbers beside a lazy frame"):
            MBGNBD.fit(lazy, weights=[1, 1, 1])

    def test_lazy_ones_are_refused_with_a_count(self) -> None:
        lazy = duckdb.from_arrow(pl.from_pandas(table(recency=[39.0, 0.0, 40.0])).to_arrow())

        with pytest.raises(InvalidValueError, match="must not exceed T, as in 2 rows"):
            MBGNBD.fit(lazy)

    def test_of_pandas_keep_their_index(self) -> None:
        frame = table().set_index(pd.Index([7, 8, 9]))

        told = MODEL.p_alive(frame)

        assert told.index.tolist() == [7, 8, 9]
        assert told["p_alive"].notna().all()

    def test_tell_what_is_expected_for_ever(self) -> None:
        told = MODEL.dert(table(), 0.15)
        endless = MODEL.clv(table(price=2.0), math.inf, 0.15, spend="price")

        assert endless["clv"].tolist() == pytest.approx((2 * told["dert"]).tolist())

    def test_may_be_empty_when_asked(self) -> None:
        assert MODEL.count_interval(MODEL.expected(table().head(0), 39), 39).empty

    def test_must_not_have_the_column_already(self) -> None:
        told = MODEL.p_alive(table())

        with pytest.raises(InvalidValueError, match="p_alive is a column: it must not be there"):
            MODEL.p_alive(told)


BAD: list[tuple[dict[str, object], str]] = [
    ({"recency": [30.5, 0.0, 39.0]}, r"recency is 39.0: it must not exceed T, as in row 2"),
    ({"T": [38.5, -1.0, 38.5]}, "T is -1.0: it must not be negative, as in row 1"),
    ({"frequency": [2, 0, 1.5]}, "frequency is 1.5: it must be a whole number, as in row 2"),
    ({"frequency": [2, 0, -1]}, "frequency is -1: it must not be negative, as in row 2"),
    ({"frequency": [2, 0, 10**6]}, "must be below 1000000"),
    ({"frequency": [2, 0, None]}, "frequency is None: it must not be empty, as in row 2"),
    ({"recency": [30.5, 0.0, -0.5]}, "recency is -0.5: it must not be negative"),
    ({"recency": [30.5, 3.0, 30.5]}, "recency is 3.0: it must be 0 where frequency is"),
    ({"recency": [30.5, 0.0, 0.0]}, "recency is 0.0: it must be above 0 where frequency is"),
    ({"T": [38.5, math.inf, 38.5]}, "T is inf: it must be a finite number, as in row 1"),
    ({"customer_id": ["A", "B", "A"]}, "must stand in one row, as in rows 0 and 2"),
    ({"customer_id": ["A", None, "C"]}, "customer_id is None: it must not be empty, as in row 1"),
    ({"unit": ["W", None, "W"]}, "unit is None: it must not be empty, as in row 1"),
    ({"unit": ["W", "D", "W"]}, r"unit of the table is \('D', 'W'\): it must be one"),
]


class TestBadTables:
    @pytest.mark.parametrize(("changed", "says"), BAD)
    def test_are_refused_with_rows_named(self, changed: dict[str, object], says: str) -> None:
        bad = table(**changed)

        with pytest.raises(InvalidValueError, match=says):
            MBGNBD.fit(bad)
        with pytest.raises(InvalidValueError, match=says):
            MODEL.p_alive(bad)

    def test_are_refused_where_whole_numbers_have_gaps(self) -> None:
        bad = table().assign(frequency=pd.array([2, None, 1], dtype="Int64"))

        with pytest.raises(InvalidValueError, match="it must not be empty, as in row 1"):
            MODEL.p_alive(bad)

    def test_are_refused_without_customer_numbers_too(self) -> None:
        bad = table(recency=[30.5, 0.0, 39.0]).drop(columns="customer_id")

        with pytest.raises(InvalidValueError, match="as in row 2"):
            MODEL.p_alive(bad)

    def test_of_nobody_are_refused(self) -> None:
        with pytest.raises(InvalidValueError, match="table is without customers"):
            MBGNBD.fit(table(), weights=[0, 0, 0])
        with pytest.raises(InvalidValueError, match="table is without customers"):
            MBGNBD.fit(table().head(0), unit="W")

    @pytest.mark.parametrize(
        ("changed", "says"),
        [
            ({"recency": [2.5, 0, 3]}, "recency is 2.5: it must be a whole number"),
            ({"frequency": [2, 0, 4]}, "frequency is 4: it must not exceed recency"),
            ({"T": [3, 0.5, 3]}, "T is 0.5: it must be a whole number"),
            ({"T": [3, 10**6, 3]}, "T is 1000000: it must be below 1000000"),
        ],
    )
    def test_of_occasions_are_refused(self, changed: dict[str, object], says: str) -> None:
        good = {"frequency": [2, 0, 2], "recency": [3, 0, 3], "T": [3.0, 1, 3]}

        with pytest.raises(InvalidValueError, match=says):
            BGBB.fit(pd.DataFrame({**good, **changed}))

    def test_of_contracts_are_refused(self) -> None:
        with pytest.raises(InvalidValueError, match="frequency is 3: it must not exceed T"):
            ShiftedBetaGeometric.fit(pd.DataFrame({"frequency": [3], "T": [2]}))


class TestUnit:
    def test_must_be_told(self) -> None:
        without = table().drop(columns="unit")

        with pytest.raises(InvalidValueError, match="unit is missing: it must be told by the tab"):
            MBGNBD.fit(without)

    def test_may_be_an_attribute_of_a_frame(self) -> None:
        without = table().drop(columns="unit")
        without.attrs["unit"] = "D"

        assert MBGNBD.fit(without, penalty=0.1).unit == "D"

    def test_must_be_one_that_there_is(self) -> None:
        with pytest.raises(InvalidValueError, match="unit is 'M': it must be 'D'"):
            MBGNBD.fit(table(unit=["M"] * 3))

    def test_must_be_the_table_s(self) -> None:
        with pytest.raises(InvalidValueError, match="unit is 'D': it must be 'W', as the table"):
            MBGNBD.fit(table(), unit="D")

    def test_must_be_the_model_s(self) -> None:
        with pytest.raises(InvalidValueError, match="unit of the table is 'D': it must be 'W'"):
            MODEL.p_alive(table(unit=["D"] * 3))

    def test_that_a_table_does_not_tell_is_the_model_s(self) -> None:
        told, silent = MODEL.p_alive(table()), MODEL.p_alive(table().drop(columns="unit"))

        assert told["p_alive"].tolist() == silent["p_alive"].tolist()


class TestWeights:
    @pytest.mark.parametrize(
        ("weights", "says"),
        [
            ("customers", "weights is 'customers': it must be a column of the table"),
            ("T", None),
            ([1, 2], r"len\(weights\) is 2: it must be 3, as the table"),
            ([1, -2, 3], "weights is -2.0: it must be finite and not negative, as in row 1"),
        ],
    )
    def test_are_checked(self, weights: str | list[float], says: str | None) -> None:
        if says is None:
            assert MBGNBD.fit(table(), weights=weights, penalty=0.1).fitted is not None
        else:
            with pytest.raises(InvalidValueError, match=says):
                MBGNBD.fit(table(), weights=weights)

    def test_of_a_column_are_checked(self) -> None:
        with pytest.raises(InvalidValueError, match="customers is -1: it must not be negative"):
            MBGNBD.fit(table(customers=[1, -1, 1]), weights="customers")


class TestQuestions:
    @pytest.mark.parametrize(
        ("ask", "says"),
        [
            (lambda: MODEL.expected(table(), 0), "within is 0: it must be a finite number above 0"),
            (lambda: MODEL.expected(table(), math.inf), "within is inf"),
            (lambda: MODEL.expected(table(), 1e300), "must be from 1e-100 to 1,000,000,000,000"),
            (lambda: MODEL.p_active(table(), 1e-300), "must be from 1e-100 to 1,000,000,000,000"),
            (lambda: MODEL.dert(table(), 1e-6), "discount is 1e-06: it must be at least 1e-05"),
            (lambda: MODEL.expected(table(), True), "within is True"),
            (lambda: MODEL.pmf(table(), 39, -1), "count is -1: it must be a whole number"),
            (lambda: MODEL.next_purchase(table(), chance=1), "chance is 1: it must lie between"),
            (lambda: MODEL.dert(table(), 0), "discount is 0: it must be above 0"),
            (lambda: MODEL.dert(table(), 15), "discount is 15: it must be a share from 0 to below"),
            (lambda: MODEL.clv(table(), 52, 0.1, margin=30), "margin is 30: it must be a share of"),
            (lambda: MODEL.clv(table(), 52, 0.1, spend="price"), "price is missing"),
            (lambda: MODEL.p_alive(table(), confidence=95), "confidence is 95"),
        ],
    )
    def test_that_make_no_sense_are_refused(self, ask: Callable[[], object], says: str) -> None:
        with pytest.raises(InvalidValueError, match=says):
            ask()

    def test_of_money_are_checked(self) -> None:
        with pytest.raises(InvalidValueError, match="monetary is None: it must not be empty"):
            MODEL.clv(table(monetary=[1.0, None, 2.0]), 52, 0.1)
        with pytest.raises(InvalidValueError, match="monetary is missing"):
            MODEL.clv(table().drop(columns="monetary"), 52, 0.1, spend=GammaGamma(6, 4, 15))

    def test_of_very_many_purchases_are_answered(self) -> None:
        """A thousand purchases in half a week: the interval is that of the gamma mixture."""
        busy = pd.DataFrame({"frequency": [1000], "recency": [0.5], "T": [0.5]})
        model = MBGNBD(50.0, 3.0, 1e-4, 2.0, unit="W")

        told = model.count_interval(model.expected(busy, 5), 5)

        mean = float(told["expected"][0])
        spread = 1.96 * mean * math.sqrt(1 / 1050 + 1 / mean)
        assert told["count_low"][0] == pytest.approx(mean - spread, rel=0.02)
        assert told["count_high"][0] == pytest.approx(mean + spread, rel=0.02)

    def test_intervals_of_counts_end_where_the_chances_do(self) -> None:
        some = sample().sample(20, random_state=6)
        for model in (MODEL, MBGNBD(2.0, 1.0, 0.1, 2.0, unit="W")):
            told = model.count_interval(some, 39, confidence=0.8)
            chances = [np.zeros(20)] + [model.pmf(some, 39, n)["pmf"].to_numpy() for n in range(30)]
            below = np.cumsum(chances, axis=0).T
            ends = zip(below, told["count_low"], told["count_high"], strict=True)
            for sums, low, high in ends:
                if high < 29:
                    assert sums[low + 1] >= 0.1 - 1e-9
                    assert not low or sums[low] < 0.1
                    assert sums[high + 1] >= 0.9 - 1e-9
                    assert not high or sums[high] < 0.9
