"""The measures on Spark: the same answers as on pandas.

Spark is not among the packages that tests install by themselves (434 MB, and a Java besides):
`uv run --group spark pytest tests/engines`.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from datetime import date
from typing import Any

import pandas as pd
import pytest

import crmkit
from crmkit.satisfaction import nps
from crmkit.value import abc_classes, rfm_table


sql: Any = pytest.importorskip("pyspark.sql", reason="Spark is installed by --group spark only")

# PySpark 4.3 warns of pandas 3, and of what it does itself with it, at every frame.
pytestmark = pytest.mark.filterwarnings("ignore")

ORDERS = pd.DataFrame(
    {
        "customer_id": ["a", "a", "b", "c", "a"],
        "ordered_at": pd.to_datetime(
            ["2026-01-01", "2026-01-05", "2026-01-03", "2026-01-09", "2026-02-01"]
        ).tz_localize("UTC"),
        "amount": [10.0, 20.0, 5.5, 100.0, 7.25],
    }
)


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    builder = sql.SparkSession.builder.master("local[1]")
    for name, value in (("ui.enabled", "false"), ("sql.session.timeZone", "UTC")):
        builder = builder.config(f"spark.{name}", value)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        session = builder.getOrCreate()
    yield session
    session.stop()


def in_order(frame: Any) -> pd.DataFrame:
    told = frame
    if not isinstance(frame, pd.DataFrame):
        told = pd.DataFrame([row.asDict() for row in frame.collect()])
    rows: pd.DataFrame = told.sort_values("customer_id").reset_index(drop=True)
    return rows


class TestSpark:
    def test_has_the_same_purchase_table(self, spark: Any) -> None:
        frame = spark.createDataFrame(ORDERS)

        table = rfm_table(frame, as_of=date(2026, 3, 1), timezone="UTC")

        assert isinstance(table, sql.DataFrame)
        expected = in_order(rfm_table(ORDERS, as_of=date(2026, 3, 1), timezone="UTC"))
        pd.testing.assert_frame_equal(in_order(table), expected, check_dtype=False, rtol=1e-9)

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
