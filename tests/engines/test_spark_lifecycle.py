"""Lifecycles on Spark: the same stages, warnings and populations as on pandas.

Run as `tests/engines/test_spark.py` tells.
"""

from __future__ import annotations

from datetime import date, timedelta
from shutil import which
from typing import Any

import pandas as pd
import pytest

import crmkit
from crmkit.lifecycle import (
    CUSTOMER_STATE,
    FOUR_STAGE,
    FOUR_STAGE_RULES,
    STATE_RULES,
    Population,
    infer_stages,
    loss_warnings,
    retention_curves,
    stage_chain,
    stage_counts,
    stage_dwell,
    stage_forecast,
    stage_history,
    stages_at,
    win_back_list,
)


sql: Any = pytest.importorskip("pyspark.sql", reason="Spark is installed by --group spark only")

pytestmark = [
    # PySpark 4.3 warns of pandas 3, and of what it does itself with it, at every frame.
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.skipif(which("java") is None, reason="Spark 4 runs on Java 17, which is not here"),
]

END = date(2026, 6, 29)
FIRST = date(2024, 1, 8)
# Twelve who buy every four weeks; four of them stop after a year, two of whom come back.
ROWS = [
    (f"C-{who}", FIRST + timedelta(days=28 * step + who), 10.0 + who)
    for who in range(12)
    for step in range(32)
    if who >= 4 or step < 13 or (who < 2 and step > 27)
]
ORDERS = pd.DataFrame(ROWS, columns=["customer_id", "ordered_at", "amount"])
SIGNALS = pd.DataFrame({"customer_id": ["C-11"], "told_at": [date(2026, 5, 4)], "p_alive": [0.1]})


def in_spark(spark: Any, frame: pd.DataFrame, schema: str) -> Any:
    return spark.createDataFrame([*frame.itertuples(index=False, name=None)], schema)


@pytest.fixture(scope="module")
def orders(spark: Any) -> Any:
    return in_spark(spark, ORDERS, "customer_id string, ordered_at date, amount double")


@pytest.fixture(scope="module")
def signals(spark: Any) -> Any:
    return in_spark(spark, SIGNALS, "customer_id string, told_at date, p_alive double")


def rows(frame: Any, *keys: str) -> pd.DataFrame:
    told = frame
    if not isinstance(frame, pd.DataFrame):
        told = pd.DataFrame([row.asDict() for row in frame.collect()], columns=frame.columns)
    found: pd.DataFrame = told.sort_values([*keys]).reset_index(drop=True)
    return found


def same(ours: Any, expected: pd.DataFrame, *keys: str) -> None:
    assert isinstance(ours, sql.DataFrame)
    left, right = (rows(one, *keys).astype(object) for one in (ours, expected))
    pd.testing.assert_frame_equal(
        left.where(left.notna(), None), right.where(right.notna(), None), check_dtype=False
    )


BOTH = pytest.mark.parametrize(
    ("rules", "lifecycle"),
    [(STATE_RULES, CUSTOMER_STATE), (FOUR_STAGE_RULES, FOUR_STAGE)],
    ids=["states", "stages"],
)


class TestInference:
    @BOTH
    def test_is_the_same(self, orders: Any, signals: Any, rules: Any, lifecycle: Any) -> None:
        asked: dict[str, Any] = {"rules": rules, "lifecycle": lifecycle, "as_of": END}
        asked["observed_from"] = date(2024, 1, 15)

        ours = infer_stages(orders, signals=signals, **asked)

        same(ours, infer_stages(ORDERS, signals=SIGNALS, **asked), "customer_id")

    @BOTH
    def test_goes_on_from_an_earlier_result(self, orders: Any, rules: Any, lifecycle: Any) -> None:
        asked: dict[str, Any] = {"rules": rules, "lifecycle": lifecycle}
        before = infer_stages(orders, as_of=date(2025, 9, 1), **asked)

        ours = infer_stages(orders, as_of=END, before=before, **asked)

        same(ours, infer_stages(ORDERS, as_of=END, **asked), "customer_id")

    def test_has_the_same_history(self, orders: Any) -> None:
        asked: dict[str, Any] = {"rules": STATE_RULES, "lifecycle": CUSTOMER_STATE, "as_of": END}

        ours = stage_history(orders, **asked)

        same(ours, stage_history(ORDERS, **asked), "customer_id", "as_of")

    @pytest.mark.parametrize(
        ("listed", "as_of"),
        [(loss_warnings, date(2025, 4, 14)), (win_back_list, date(2026, 2, 2))],
        ids=["warnings", "win back"],
    )
    def test_has_the_same_lists(self, spark: Any, orders: Any, listed: Any, as_of: date) -> None:
        asked: dict[str, Any] = {"rules": STATE_RULES, "lifecycle": CUSTOMER_STATE, "as_of": as_of}
        worths = pd.DataFrame(
            {
                "customer_id": ["C-0", "C-1", "C-2"],
                "value_at_risk": [5.0, 9.0, 7.0],
                "win_back_worth": [1.0, 2.0, 3.0],
                "loss_reason": ["price", "moved", "price"],
            }
        )
        told = in_spark(
            spark,
            worths,
            "customer_id string, value_at_risk double, win_back_worth double, loss_reason string",
        )

        ours, expected = (
            listed(infer_stages(frame, **asked), own, lifecycle=CUSTOMER_STATE)
            for frame, own in ((orders, told), (ORDERS, worths))
        )

        assert len(expected) == 4
        same(ours, expected, "customer_id")


@pytest.fixture(scope="module")
def populations(spark: Any, orders: Any) -> tuple[Any, Any]:
    """Read the history of stages on Spark, and on pandas."""
    asked: dict[str, Any] = {"rules": STATE_RULES, "lifecycle": CUSTOMER_STATE, "as_of": END}
    read: dict[str, Any] = {"lifecycle": CUSTOMER_STATE, "as_of": END, "moved_at": "as_of"}
    ours, expected = (
        Population.read(stage_history(frame, **asked), **read) for frame in (orders, ORDERS)
    )
    return ours, expected


class TestPopulation:
    def test_reads_the_same_stays(self, populations: tuple[Any, Any]) -> None:
        ours, expected = populations

        assert repr(ours) == repr(expected)
        assert stage_chain(ours) == stage_chain(expected)

    @pytest.mark.parametrize(
        ("measure", "keys"),
        [
            (stage_counts, ("since", "stage")),
            (stage_dwell, ("stage",)),
            (retention_curves, ("cohort", "age")),
            (lambda one: stages_at(one, date(2025, 12, 1)), ("customer_id",)),
            (lambda one: stage_forecast(one, periods=2, rng=7), ("since", "stage")),
        ],
        ids=["counts", "dwell", "retention", "at", "forecast"],
    )
    def test_has_the_same_tables(
        self, populations: tuple[Any, Any], measure: Any, keys: tuple[str, ...]
    ) -> None:
        ours, expected = (measure(one) for one in populations)

        assert isinstance(ours, sql.DataFrame)
        left, right = rows(ours, *keys), rows(expected, *keys)
        assert left.columns.tolist() == right.columns.tolist()
        for name in left.columns:
            told, own = (
                [None if pd.isna(value) else value for value in frame[name]]
                for frame in (left, right)
            )
            # Spark's instants come back as those of the session's zone, which is UTC.
            assert [str(value).removesuffix("+00:00") for value in told] == [
                str(value).removesuffix("+00:00") for value in own
            ], name


class TestJourneys:
    def test_take_up_what_spark_infers(self, orders: Any) -> None:
        asked: dict[str, Any] = {"rules": STATE_RULES, "lifecycle": CUSTOMER_STATE, "as_of": END}
        crm = crmkit.open(actor="rules")
        told = infer_stages(orders, **asked).select("customer_id", "stage").collect()

        moves = crm.journeys.take_up(CUSTOMER_STATE, map(tuple, told), why=STATE_RULES.tag)

        expected = infer_stages(ORDERS, **asked)
        pairs = zip(expected["customer_id"], expected["stage"], strict=True)
        assert crm.journeys.members("customer_state") == dict(pairs)
        assert len(moves) == 12
