from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, strategies as st

from crmkit.value import (
    RfmBars,
    explain_rfm_segment,
    rfm_quintiles,
    rfm_scores,
    rfm_segments,
    rfm_state,
    rfm_table,
    segment_history,
    segment_movement,
)
from tests.value.engines import ENGINES, FEWEST, Columns, in_engine, rows_of


AS_OF = date(2026, 7, 1)
SCHEMA: Any = {
    "customer_id": pl.Int64,
    "recency": pl.Float64,
    "T": pl.Float64,
    "frequency": pl.Int64,
    "amount": pl.Float64,
    "unit": pl.String,
}
# The age at the last purchase, and the silence since then, in days.
DAYS = st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 400)), min_size=1, max_size=30)


def table_of(engine: str, customers: list[tuple[int, int]], unit: str) -> Any:
    length = 7 if unit == "W" else 1
    columns: Columns = {
        "customer_id": list(range(len(customers))),
        "recency": [recency / length for recency, _ in customers],
        "T": [(recency + silence) / length for recency, silence in customers],
        "frequency": [1] * len(customers),
        "amount": [1.0] * len(customers),
        "unit": [unit] * len(customers),
    }
    return in_engine(engine, columns, SCHEMA)


def bars_in(unit: Any, *, margin: float = 0.0) -> RfmBars:
    length = 7 if unit == "W" else 1
    recency = tuple(days / length for days in (210, 110, 60, 28))
    return RfmBars(
        name="r",
        unit=unit,
        recency=recency,
        frequency=(1, 2, 3, 4),
        amount=(1, 2, 3, 4),
        margin=margin,
    )


def scores(scored: Any) -> dict[object, object]:
    return {row[0]: row[-3] for row in rows_of(scored)}


@pytest.mark.parametrize("engine", ENGINES)
class TestASilenceOfWholeDaysInWeeks:
    def test_reaches_the_bar_of_these_days(self, engine: str) -> None:
        last = AS_OF - timedelta(28)
        columns: Columns = {
            "customer_id": ["x", "y", "y"],
            "ordered_at": [last, last, last - timedelta(30)],
            "amount": [1.0, 1.0, 1.0],
        }
        schema = {"customer_id": pl.String, "ordered_at": pl.Date, "amount": pl.Float64}
        orders = in_engine(engine, columns, schema)
        bars = RfmBars(name="r", unit="W", recency=(4,), frequency=(1,), amount=(1,))

        found = scores(rfm_scores(rfm_table(orders, as_of=AS_OF, unit="W"), bars=bars))

        assert found == {"x": 2, "y": 2}

    def test_has_one_score_by_fifths_whenever_the_customer_came(self, engine: str) -> None:
        table = table_of(engine, [(recency, 28) for recency in range(200)], "W")

        assert rfm_quintiles(table).recency[0] == float("-inf")
        assert set(scores(rfm_scores(table)).values()) == {1}

    @FEWEST
    @given(customers=DAYS)
    def test_scores_as_in_days(self, engine: str, customers: list[tuple[int, int]]) -> None:
        in_days, in_weeks = (table_of(engine, customers, unit) for unit in "DW")

        assert scores(rfm_scores(in_weeks)) == scores(rfm_scores(in_days))
        by_bars = [
            scores(rfm_scores(table, bars=bars_in(unit)))
            for table, unit in ((in_days, "D"), (in_weeks, "W"))
        ]
        assert by_bars[0] == by_bars[1]

    def test_keeps_its_score_up_to_the_same_day(self, engine: str) -> None:
        # 110 and 60 days, and a tenth more: 121 and 66, the last days of the score before.
        customers = [(40, 121), (41, 122), (43, 66), (47, 67)]
        told = []
        for unit in "DW":
            first = table_of(engine, [(40, 100), (41, 100), (43, 50), (47, 50)], unit)
            bars = bars_in(unit, margin=0.1)
            before = rfm_scores(first, bars=bars)
            now = rfm_scores(table_of(engine, customers, unit), bars=bars, before=before)
            told.append(scores(now))

        assert told == [{0: 3, 1: 2, 2: 4, 3: 3}] * 2

    def test_is_told_as_such(self, engine: str) -> None:
        table = table_of(engine, [(30, 28)], "W")

        told = explain_rfm_segment(table, 0, bars=bars_in("W")).because[0]

        assert told.verdict == 5
        assert told.sentence("en").startswith("silent for 4 weeks: score 5, entered at 4;")

    def test_has_one_segment_in_history_and_moves_nobody(self, engine: str) -> None:
        last = AS_OF - timedelta(28)
        firsts = [last - timedelta(days) for days in range(1, 40)]
        count = len(firsts)
        columns: Columns = {
            "customer_id": [*range(count)] * 2,
            "ordered_at": [*firsts, *[last] * count],
            "amount": [2.0] * 2 * count,
        }
        schema = {"customer_id": pl.Int64, "ordered_at": pl.Date, "amount": pl.Float64}
        state = rfm_state(in_engine(engine, columns, schema))

        history, also = (segment_history(state, [AS_OF], bars=bars_in(unit)) for unit in ("W", "D"))

        assert {row[2] for row in rows_of(history)} == {5}
        assert [row[:2] for row in rows_of(segment_movement(also, history))] == [
            ("potential_loyal", "potential_loyal")
        ]


class TestOtherSilences:
    def test_are_left_as_they_are(self) -> None:
        table = pl.DataFrame(
            {"customer_id": [1, 2], "recency": [0.0, 0.0], "T": [4.0, 4.01], "frequency": 1,
             "amount": 1.0, "unit": "W"}
        )  # fmt: skip

        for frame in (table, table.lazy()):
            scored = rfm_segments(rfm_scores(frame, bars=bars_in("W"))).lazy().collect()

            assert scored["r_score"].to_list() == [5, 4]

    def test_of_one_record_are_held_against_whole_days_too(self) -> None:
        silence = 58 / 7 - 30 / 7

        assert silence > 4
        assert bars_in("W").score("recency", silence) == 5
