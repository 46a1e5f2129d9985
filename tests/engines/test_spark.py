"""The measures on Spark: the same answers as on pandas.

Spark is not among the packages that tests install by themselves (434 MB, and a Java besides):
`uv run --group spark pytest tests/engines`.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from shutil import which
from typing import Any

import pandas as pd
import pytest

import crmkit
from crmkit.errors import InvalidValueError
from crmkit.satisfaction import nps
from crmkit.value import (
    RfmState,
    abc_classes,
    explain_rfm_segment,
    merge,
    rfm_quintiles,
    rfm_scores,
    rfm_segments,
    rfm_state,
    rfm_table,
    segment_movement,
    state_totals,
    trace_returns,
)


sql: Any = pytest.importorskip("pyspark.sql", reason="Spark is installed by --group spark only")

pytestmark = [
    # PySpark 4.3 warns of pandas 3, and of what it does itself with it, at every frame.
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.skipif(which("java") is None, reason="Spark 4 runs on Java 17, which is not here"),
]

ORDERS = pd.DataFrame(
    {
        "customer_id": ["a", "a", "b", "c", "a"],
        "ordered_at": pd.to_datetime(
            ["2026-01-01", "2026-01-05", "2026-01-03", "2026-01-09", "2026-02-01"]
        ).tz_localize("UTC"),
        "amount": [10.0, 20.0, 5.5, 100.0, 7.25],
    }
)


# V orders three times and sends part of the second order back; W cancels; X's return is untraced.
RECORD = pd.DataFrame(
    {
        "customer_id": [*"VVVVWWXX"],
        "ordered_at": pd.to_datetime(
            [datetime(2026, 1, 1, 17, tzinfo=UTC) + timedelta(days=n) for n in range(8)]
        ),
        "amount": [20.0, 30.0, 4.99, -5.5, 9.99, -9.99, 12.0, -3.0],
        "entry": [*["order"] * 3, "return", "order", "cancellation", "order", "return"],
        "order_id": ["O-1", "O-2", "O-3", "O-2", "O-4", "O-4", "O-5", "O-0"],
        "currency": "CNY",
    }
)


def _in_spark(spark: Any, frame: pd.DataFrame) -> Any:
    """Make a frame of Python's times, None where one is empty: Spark knows no others."""
    times = "customer_id string, ordered_at timestamp, amount double, entry string"
    rows = [
        tuple(
            None if value is pd.NaT else value.to_pydatetime() if hasattr(value, "date") else value
            for value in row
        )
        for row in frame.astype(object).itertuples(index=False)
    ]
    return spark.createDataFrame(
        rows, f"{times}, order_id string, currency string, original_at timestamp"
    )


def _state(frame: Any) -> RfmState[Any]:
    return _state_of(trace_returns(frame, order_id="order_id"))


def _state_of(traced: Any) -> RfmState[Any]:
    return rfm_state(
        traced,
        timezone="Asia/Shanghai",
        order_id="order_id",
        entry="entry",
        original_at="original_at",
    )


def in_order(frame: Any, *keys: str) -> pd.DataFrame:
    told = frame
    if not isinstance(frame, pd.DataFrame):
        told = pd.DataFrame([row.asDict() for row in frame.collect()])
    rows: pd.DataFrame = told.sort_values(list(keys) or "customer_id").reset_index(drop=True)
    return rows


class TestSpark:
    def test_has_the_same_purchase_table(self, spark: Any) -> None:
        frame = spark.createDataFrame(ORDERS)

        table = rfm_table(frame, as_of=date(2026, 3, 1), timezone="UTC")

        assert isinstance(table, sql.DataFrame)
        expected = in_order(rfm_table(ORDERS, as_of=date(2026, 3, 1), timezone="UTC"))
        pd.testing.assert_frame_equal(in_order(table), expected, check_dtype=False, rtol=1e-9)

    def test_has_the_same_state_tables_and_totals(self, spark: Any) -> None:
        states = [_state(frame) for frame in (spark.createDataFrame(RECORD), RECORD)]

        ours, expected = (in_order(state.days, "customer_id", "day", "known") for state in states)
        pd.testing.assert_frame_equal(ours, expected, check_dtype=False)
        assert repr(states[0]) == repr(states[1])
        assert state_totals(states[0]) == state_totals(states[1])
        for as_of in (date(2026, 1, 3), date(2026, 1, 31)):
            ours, expected = (in_order(rfm_table(told, as_of=as_of, unit="W")) for told in states)
            pd.testing.assert_frame_equal(ours, expected, check_dtype=False, rtol=1e-12)

    def test_merges_states_into_that_of_both(self, spark: Any) -> None:
        traced = trace_returns(RECORD, order_id="order_id")
        early = RECORD["ordered_at"] < datetime(2026, 1, 4, tzinfo=UTC)
        parts = [traced[early], traced[~early]]

        both = merge(*(_state_of(_in_spark(spark, part)) for part in parts))

        assert isinstance(both.days, sql.DataFrame)
        keys = ("customer_id", "day", "known")
        expected = in_order(_state_of(traced).days, *keys)
        pd.testing.assert_frame_equal(in_order(both.days, *keys), expected, check_dtype=False)

    def test_refuses_bad_rows(self, spark: Any) -> None:
        frame = spark.createDataFrame(RECORD)

        with pytest.raises(InvalidValueError, match="after as_of, 2026-01-03, as in 6 rows"):
            rfm_state(frame, timezone="Asia/Shanghai", as_of=date(2026, 1, 3), entry="entry")
        with pytest.raises(InvalidValueError, match="must stand in one order, as in"):
            rfm_state(
                spark.createDataFrame(pd.concat([RECORD[:2], RECORD[:1]])),
                timezone="Asia/Shanghai",
                order_id="order_id",
            )

    @pytest.mark.parametrize("ties", ["lower", "upper"])
    def test_has_the_same_scores_segments_and_movement(self, spark: Any, ties: Any) -> None:
        table = rfm_table(ORDERS, as_of=date(2026, 3, 1), timezone="UTC")
        frame = spark.createDataFrame(table)

        bars = rfm_quintiles(frame, ties=ties, margin=0.2)
        before = [rfm_scores(told) for told in (frame, table)]
        pairs = zip((frame, table), before, strict=True)
        scored = [rfm_scores(told, bars=bars, before=held) for told, held in pairs]
        named = [rfm_segments(told) for told in scored]
        earlier = [rfm_segments(told) for told in before]
        moved = [segment_movement(*both) for both in zip(earlier, named, strict=True)]

        assert bars == rfm_quintiles(table, ties=ties, margin=0.2)
        assert isinstance(named[0], sql.DataFrame)
        ours, expected = map(in_order, named)
        pd.testing.assert_frame_equal(ours, expected, check_dtype=False, rtol=1e-12)
        keys = ("segment_before", "segment_after")
        ours, expected = (in_order(told, *keys) for told in moved)
        pd.testing.assert_frame_equal(ours, expected, check_dtype=False)
        whys = [explain_rfm_segment(told, "a", bars=bars) for told in (frame, table)]
        assert whys[0] == whys[1]

    def test_has_the_same_classes(self, spark: Any) -> None:
        sums = ORDERS.groupby("customer_id", as_index=False)["amount"].sum()

        classed = abc_classes(spark.createDataFrame(sums))

        assert in_order(classed)["abc_class"].tolist() == ["A", "C", "A"]  # 100 and 37.25 of 142.75

    def test_has_the_same_score(self, spark: Any) -> None:
        answers = pd.DataFrame({"recommend": [10.0, 9.0, 3.0, 7.0, None]})

        assert nps(spark.createDataFrame(answers)) == nps(answers)

    def test_brings_its_orders_in(self, spark: Any) -> None:
        crm = crmkit.open(actor="ann")

        result = crm.imports.orders(spark.createDataFrame(ORDERS), currency="EUR")

        assert (result.records, result.rejected) == (5, ())
