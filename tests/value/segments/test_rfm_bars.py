import math
from typing import Any, Literal

import polars as pl
import pytest
from hypothesis import given, settings, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.value import RfmBars, rfm_quintiles
from tests.value.engines import ENGINES, FEW, Schema, in_engine


TABLE: Schema = {
    "customer_id": pl.Int64,
    "frequency": pl.Int64,
    "recency": pl.Float64,
    "T": pl.Float64,
    "amount": pl.Float64,
    "unit": pl.String,
}
HOUSE = RfmBars(
    name="house rules",
    unit="D",
    recency=(365, 180, 90, 30),
    frequency=(1, 2, 4, 8),
    amount=(50, 100, 500, 1000),
    margin=0.1,
)

Customer = tuple[int, float, float]
CUSTOMERS = st.lists(
    st.tuples(
        st.integers(0, 6), st.integers(0, 30).map(float), st.integers(-3, 40).map(lambda x: x / 4)
    ),
    min_size=1,
    max_size=24,
)
BOTH: tuple[Literal["lower", "upper"], ...] = ("lower", "upper")
TIES = st.sampled_from(BOTH)


def table_of(engine: str, customers: list[Customer]) -> Any:
    """Customers of frequency, silence and amount."""
    columns: dict[str, list[object]] = {
        "customer_id": list(range(len(customers))),
        "frequency": [frequency for frequency, _, _ in customers],
        "recency": [60.0 for _ in customers],
        "T": [60.0 + silence for _, silence, _ in customers],
        "amount": [amount for _, _, amount in customers],
        "unit": ["D" for _ in customers],
    }
    return in_engine(engine, dict(columns), TABLE)


def by_rank(worths: list[float], own: float, parts: int, ties: str) -> int:
    """The rule in words: how many parts of all customers are strictly worse, or strictly better."""
    if ties == "lower":
        return 1 + parts * sum(worth < own for worth in worths) // len(worths)
    return parts - parts * sum(worth > own for worth in worths) // len(worths)


class TestRfmQuintiles:
    @FEW
    @given(CUSTOMERS, st.integers(2, 6), TIES)
    def test_score_every_customer_by_the_share_of_worse_ones(
        self, customers: list[Customer], parts: int, ties: Literal["lower", "upper"]
    ) -> None:
        worths = {
            "frequency": [float(frequency) for frequency, _, _ in customers],
            "recency": [-silence for _, silence, _ in customers],
            "amount": [amount for _, _, amount in customers],
        }

        for engine in ("pandas", "polars lazy"):
            bars = rfm_quintiles(table_of(engine, customers), parts=parts, ties=ties)

            for measure, told in worths.items():
                sign = -1 if measure == "recency" else 1
                found = [bars.score(measure, sign * worth) for worth in told]  # type: ignore[arg-type]  # a name of three
                assert found == [by_rank(told, worth, parts, ties) for worth in told]

    @settings(FEW, max_examples=6)
    @given(CUSTOMERS, TIES)
    def test_are_the_same_in_every_engine(
        self, customers: list[Customer], ties: Literal["lower", "upper"]
    ) -> None:
        bars = [rfm_quintiles(table_of(engine, customers), ties=ties) for engine in ENGINES]

        assert bars == [bars[0]] * len(ENGINES)

    def test_part_five_unlike_customers_into_five(self) -> None:
        customers = [(n, 10.0 * n, 100.0 * n) for n in range(1, 6)]

        bars = rfm_quintiles(table_of("polars", customers), margin=0.2)

        assert bars.frequency == (2, 3, 4, 5)
        assert bars.recency == (40, 30, 20, 10)
        assert bars.amount == (200, 300, 400, 500)
        assert (bars.name, bars.unit, bars.margin) == ("quintiles", "D", 0.2)

    @pytest.mark.parametrize("engine", ["pandas", "polars lazy"])
    @pytest.mark.parametrize("ties", BOTH)
    @pytest.mark.parametrize("most", [9.75, 90_000.5])
    def test_part_amounts_that_are_no_whole_numbers(
        self, engine: str, ties: Literal["lower", "upper"], most: float
    ) -> None:
        # Halves of six: three are worse than 2.5, and two are better.
        amounts = [0.5, 1.25, 1.25, 2.5, 3.5, most]
        table = table_of(engine, [(n, 1.0, amount) for n, amount in enumerate(amounts)])

        found = rfm_quintiles(table, parts=2, ties=ties)

        assert found.amount == (2.5,)
        assert found.frequency == (3,)
        assert found.name == "2 parts"

    @pytest.mark.parametrize("engine", ["pandas", "polars lazy"])
    def test_give_no_upper_half_to_amounts_all_alike(self, engine: str) -> None:
        table = table_of(engine, [(1, 1.0, 0.5), (2, 1.0, 0.5)])

        lower, upper = (rfm_quintiles(table, parts=2, ties=ties).amount for ties in BOTH)

        assert (lower, upper) == ((math.inf,), (0.5,))

    def test_leave_one_time_buyers_at_the_bottom(self) -> None:
        """Six of ten never came back: cut by rank they would stand in three fifths of five."""
        customers = [(frequency, 1.0, 1.0) for frequency in (0, 0, 0, 0, 0, 0, 1, 2, 3, 4)]
        table = table_of("polars", customers)

        lower, upper = (rfm_quintiles(table, ties=ties) for ties in BOTH)

        assert [lower.score("frequency", told) for told in (0, 1, 2, 3, 4)] == [1, 4, 4, 5, 5]
        assert [upper.score("frequency", told) for told in (0, 1, 2, 3, 4)] == [3, 4, 4, 5, 5]

    def test_give_a_bar_that_nobody_reaches_where_all_are_alike(self) -> None:
        bars = rfm_quintiles(table_of("polars", [(1, 1.0, 1.0)] * 3))

        assert bars.frequency == (math.inf,) * 4
        assert bars.recency == (-math.inf,) * 4
        assert bars.leave_bars_of("recency") == bars.recency

    @pytest.mark.parametrize("engine", ENGINES)
    def test_refuse_a_table_without_customers(self, engine: str) -> None:
        with pytest.raises(InvalidValueError, match="table is empty: it must have a customer"):
            rfm_quintiles(table_of(engine, []))

    @pytest.mark.parametrize("engine", ENGINES)
    def test_refuse_two_units_and_numbers_that_are_none(self, engine: str) -> None:
        good: dict[str, list[object]] = {
            "customer_id": [1, 2],
            "frequency": [0, 0],
            "recency": [0.0, 0.0],
            "T": [1.0, 1.0],
            "amount": [1.0, 1.0],
            "unit": ["D", "D"],
        }
        bad: list[tuple[str, list[object], str]] = [
            ("unit", ["D", "W"], r"unit is \('D', 'W'\): it must be 'D' or 'W' in every row"),
            ("unit", ["M", "M"], r"unit is \('M', 'M'\)"),
            ("unit", ["D", None], "unit is None: it must not be empty"),
            ("T", [1.0, math.inf], "T is inf: it must be a finite number"),
        ]

        for column, values, message in bad:
            with pytest.raises(InvalidValueError, match=message):
                rfm_quintiles(in_engine(engine, {**good, column: values}, TABLE))

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"parts": 1}, "parts is 1: it must be a whole number from 2 to 10"),
            ({"parts": "5"}, "parts is '5'"),
            ({"ties": "middle"}, "ties is 'middle': it must be 'lower' or 'upper'"),
            ({"amount": "turnover"}, "turnover is missing"),
        ],
    )
    def test_refuse_other_arguments(self, arguments: dict[str, Any], message: str) -> None:
        with pytest.raises(InvalidValueError, match=message):
            rfm_quintiles(table_of("polars", [(1, 1.0, 1.0)]), **arguments)


class TestRfmBars:
    @pytest.mark.parametrize(
        ("silence", "score"), [(0, 5), (30, 5), (31, 4), (180, 3), (365, 2), (366, 1)]
    )
    def test_take_a_silence_up_to_the_bar(self, silence: float, score: int) -> None:
        assert HOUSE.score("recency", silence) == score

    @pytest.mark.parametrize(
        ("value", "before", "score"),
        [
            (1000, 3, 5),  # reached
            (950, 5, 5),  # within a tenth of 1000
            (900, 5, 5),  # a tenth short
            (899, 5, 4),
            (950, 4, 4),  # never entered
            (10, 5, 1),
            (45, 2, 2),
            (600, 1, 4),
        ],
    )
    def test_hold_a_score_within_the_margin(self, value: float, before: int, score: int) -> None:
        assert HOUSE.score("amount", value, before=before) == score

    def test_widen_bars_below_zero_too(self) -> None:
        bars = RfmBars(
            name="with debts", unit="W", recency=(4,), frequency=(1,), amount=(-50, 0), margin=0.1
        )

        assert bars.leave_bars_of("amount") == (-55, 0)
        assert bars.leave_bars_of("recency") == (4.4,)

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"name": " "}, "name"),
            ({"unit": "M"}, "unit is 'M': it must be 'D'"),
            ({"recency": (30, 90)}, r"recency is \(30, 90\): it must be .* numbers that fall"),
            ({"frequency": (2, 1)}, "numbers that rise"),
            ({"amount": ()}, "a tuple of 1 to 9 numbers"),
            ({"amount": [1, 2]}, "a tuple of 1 to 9 numbers"),
            ({"amount": (1, math.nan)}, "a tuple of 1 to 9 numbers"),
            ({"amount": tuple(range(10))}, "a tuple of 1 to 9 numbers"),
            ({"margin": 1}, "margin is 1: it must be from 0 to below 1"),
            ({"margin": "0"}, "margin is '0'"),
        ],
    )
    def test_refuse_what_makes_no_order(self, changes: dict[str, Any], message: str) -> None:
        good: dict[str, Any] = {
            "name": "ours",
            "unit": "D",
            "recency": (90, 30),
            "frequency": (1, 2),
            "amount": (1, 2),
        }

        with pytest.raises(InvalidValueError, match=message):
            RfmBars(**{**good, **changes})
