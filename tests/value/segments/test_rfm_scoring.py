from typing import Any

import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.value import RfmBars, rfm_quintiles, rfm_scores
from tests.value.engines import ENGINES, FEW, in_engine, rows_of

from .test_rfm_bars import CUSTOMERS, HOUSE, TABLE, Customer, table_of


BARS = RfmBars(
    name="steps", unit="D", recency=(20, 10), frequency=(2, 4), amount=(3, 6), margin=0.25
)
MEASURES = ("recency", "frequency", "amount")
VALUES = st.tuples(
    st.integers(0, 6), st.integers(0, 30).map(float), st.integers(-3, 40).map(lambda x: x / 4)
)


def scores_of(frame: Any) -> dict[object, tuple[object, ...]]:
    return {row[0]: row[-3:] for row in rows_of(frame)}


def one_by_one(customer: Customer, before: tuple[Any, ...] | None) -> tuple[int, ...]:
    frequency, silence, amount = customer
    values = zip(MEASURES, (silence, frequency, amount), before or (None,) * 3, strict=True)
    return tuple(BARS.score(name, value, before=held) for name, value, held in values)  # type: ignore[arg-type]  # three names


class TestRfmScores:
    @pytest.mark.parametrize("engine", ENGINES)
    def test_refuse_a_customer_twice(self, engine: str) -> None:
        columns = table_of("polars", [(1, 2.0, 3.0), (2, 3.0, 4.0)]).to_dict(as_series=False)
        twice = in_engine(engine, {**columns, "customer_id": [7, 7]}, TABLE)

        with pytest.raises(InvalidValueError, match="must stand in one row per customer"):
            rfm_scores(twice, bars=BARS)

    @FEW
    @given(CUSTOMERS)
    def test_are_those_of_each_record(self, customers: list[Customer]) -> None:
        for engine in ("pandas", "polars lazy"):
            scored = rfm_scores(table_of(engine, customers), bars=BARS)

            found = scores_of(scored)
            assert found == {n: one_by_one(own, None) for n, own in enumerate(customers)}

    @FEW
    @given(CUSTOMERS, st.lists(VALUES, min_size=24, max_size=24))
    def test_with_a_margin_are_held_as_for_each_record(
        self, customers: list[Customer], later: list[Customer]
    ) -> None:
        now = later[: len(customers) + 2]

        for engine in ("pandas", "polars", "polars lazy"):
            before = rfm_scores(table_of(engine, customers), bars=BARS)
            found = scores_of(rfm_scores(table_of(engine, now), bars=BARS, before=before))

            held = scores_of(before)
            assert found == {n: one_by_one(own, held.get(n)) for n, own in enumerate(now)}

    @settings(FEW, max_examples=4)
    @given(CUSTOMERS, CUSTOMERS)
    def test_are_the_same_in_every_engine(
        self, customers: list[Customer], later: list[Customer]
    ) -> None:
        told = []
        for engine in ENGINES:
            before = rfm_scores(table_of(engine, customers))
            bars = rfm_quintiles(table_of(engine, later), margin=0.2)
            told.append(scores_of(rfm_scores(table_of(engine, later), bars=bars, before=before)))

        assert told == [told[0]] * len(ENGINES)

    @pytest.mark.parametrize("engine", ENGINES)
    def test_stay_in_their_engine_beside_the_columns_that_were(self, engine: str) -> None:
        table = table_of(engine, [(1, 2.0, 3.0), (4, 5.0, 6.0)])

        scored = rfm_scores(table, bars=HOUSE, before=rfm_scores(table, bars=HOUSE))

        assert type(scored) is type(table)
        names = scored.collect_schema().names() if engine == "polars lazy" else list(scored.columns)
        assert names[-4:] == ["unit", "r_score", "f_score", "m_score"]
        assert len(names) == 9

    def test_keep_rows_in_order_with_their_index(self) -> None:
        table = table_of("pandas", [(0, 9.0, 1.0), (2, 3.0, 2.0), (9, 1.0, 3.0)])
        table = table.iloc[[2, 0, 1]].set_axis([7, 8, 9])
        before = rfm_scores(table.iloc[[1]], bars=BARS)

        scored = rfm_scores(table, bars=BARS, before=before)

        assert scored["customer_id"].tolist() == [2, 0, 1]
        assert scored.index.tolist() == [7, 8, 9]
        assert scored["f_score"].tolist() == [3, 1, 2]

    def test_of_the_mean_of_repeat_days_are_another_choice(self) -> None:
        table = table_of("polars", [(1, 1.0, 1.0), (1, 1.0, 2.0)]).with_columns(
            monetary=pl.Series([9.0, 3.0])
        )

        assert rfm_scores(table, amount="monetary")["m_score"].to_list() == [3, 1]

    @pytest.mark.parametrize("engine", ENGINES)
    def test_of_nobody_are_none(self, engine: str) -> None:
        assert rows_of(rfm_scores(table_of(engine, []))) == []
        assert rows_of(rfm_scores(table_of(engine, []), bars=HOUSE)) == []


class TestRefusals:
    def test_of_another_unit(self) -> None:
        table = table_of("polars", [(1, 1.0, 1.0)]).with_columns(unit=pl.lit("W"))

        with pytest.raises(
            InvalidValueError, match="unit is 'W': it must be that of the bars, 'D'"
        ):
            rfm_scores(table, bars=HOUSE)

    def test_of_scores_that_are_there(self) -> None:
        scored = rfm_scores(table_of("polars", [(1, 1.0, 1.0)]))

        with pytest.raises(InvalidValueError, match="r_score is a column: it must not be there"):
            rfm_scores(scored)

    @pytest.mark.parametrize("engine", ENGINES)
    def test_of_two_evaluations_before(self, engine: str) -> None:
        table = table_of(engine, [(1, 1.0, 1.0)])
        once = rfm_scores(table_of("polars", [(1, 1.0, 1.0)]), bars=HOUSE)
        scored = pl.concat([once, once])
        before: Any = {
            "pandas": scored.to_pandas,
            "polars": lambda: scored,
            "polars lazy": scored.lazy,
            "duckdb": lambda: _in_duckdb(scored),
        }[engine]()

        with pytest.raises(InvalidValueError, match="must stand in one row of before"):
            rfm_scores(table, bars=HOUSE, before=before)

    @pytest.mark.parametrize(
        "change",
        [
            lambda scored: scored.lazy(),
            lambda scored: scored.to_pandas(),
            lambda scored: scored.with_columns(customer_id=pl.lit("0")),
        ],
    )
    def test_of_frames_of_another_kind(self, change: Any) -> None:
        table = table_of("polars", [(1, 1.0, 1.0)])

        with pytest.raises(InvalidValueError, match="must be a frame like the table"):
            rfm_scores(table, bars=HOUSE, before=change(rfm_scores(table)))


def _in_duckdb(frame: pl.DataFrame) -> Any:
    from tests.value.engines import SESSION

    return SESSION.from_arrow(frame.to_arrow())


def test_pandas_knows_the_scores_as_whole_numbers() -> None:
    scored = rfm_scores(table_of("pandas", [(1, 1.0, 1.0)]), bars=HOUSE)

    assert isinstance(scored, pd.DataFrame)
    assert str(scored["r_score"].dtype) == "int8"
