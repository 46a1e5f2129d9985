"""Worth, classes and cohorts on Spark: row for row the same answers as on pandas."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from shutil import which
from typing import Any

import pandas as pd
import pytest

from crmkit.errors import InvalidValueError
from crmkit.kernel import FrozenMap, Share
from crmkit.value import (
    BGNBD,
    LossReason,
    RfmBars,
    WinBackPolicy,
    abc_classes,
    account_health,
    buying_rhythms,
    cohort_payback,
    cohort_values,
    concentration,
    customer_profit,
    customer_pyramid,
    customer_values,
    explain_abc_class,
    explain_account_health,
    explain_cohort_payback,
    explain_second_look,
    explain_tier,
    pareto_curve,
    rfm_state,
    rfm_table,
    second_look,
    segment_history,
    win_back_worth,
)


sql: Any = pytest.importorskip("pyspark.sql", reason="Spark is installed by --group spark only")

pytestmark = [
    # PySpark 4.3 warns of pandas 3, and of what it does itself with it, at every frame.
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.skipif(which("java") is None, reason="Spark 4 runs on Java 17, which is not here"),
]

LAST = date(2026, 3, 31)
Row = tuple[object, ...]
Table = tuple[str, list[Row]]

ORDERS: Table = (
    "customer_id string, ordered_at date, amount double, goods_cost double, entry string, "
    "original_at date, order_id string, campaign string, currency string",
    [
        ("V", date(2025, 1, 5), 50.0, 30.0, "order", None, "O-1", "fair", "CNY"),
        ("V", date(2026, 3, 2), 30.0, 12.5, "order", None, "O-2", "fair", "CNY"),
        ("V", date(2026, 3, 9), -20.0, -12.0, "return", date(2025, 1, 5), "O-1", "fair", "CNY"),
        ("W", date(2026, 1, 9), 20.0, 11.0, "order", None, "O-3", "web", "CNY"),
        ("W", date(2026, 2, 1), -5.25, 0.0, "return", None, "O-9", "web", "CNY"),
        ("X", date(2026, 2, 1), 60.0, 20.0, "order", None, "O-4", "web", "CNY"),
    ],
)
POTENTIAL: Table = (
    "customer_id string, potential_value double",
    [("V", 100.0), ("Z", 7.5)],
)
COSTS: Table = (
    "cohort string, acquisition_cost double",
    [("fair", 20.0), ("web", 500.0), ("radio", 9.0)],
)
SALES: Table = (
    "customer_id string, category string, amount double, credit string, dealing_years double, "
    "steadiness double",
    [
        ("V", "fridges", 700.0, "poor", 6.0, 0.9),
        ("W", "fridges", 200.0, "good", 5.0, 0.8),
        ("X", "fridges", 70.0, None, None, None),
        ("Y", "fridges", 30.0, "good", 9.0, 1.0),
        ("Z", "fridges", -3.0, "fair", 0.5, 0.2),
        ("V", "washers", 10.0, "good", 0.2, 0.9),
        ("W", "washers", 10.0, "fair", 2.0, 0.6),
        ("X", "washers", 80.0, "poor", 3.0, None),
    ],
)
FRIDGES: Table = SALES[0], [row for row in SALES[1] if row[1] == "fridges"]
LEDGER: Table = (
    "customer_id string, revenue double, goods_cost double, service_cost double, "
    "complaint_cost double, marketing_cost double",
    [
        ("V", 100.0, 60.0, 0.0, 0.0, 1.5),
        ("V", -20.0, -12.0, 5.0, 2.25, 0.0),
        ("W", 50.0, 30.0, 24.0, 0.0, 1.5),
        ("X", 0.0, 0.0, 0.0, 9.99, 0.0),
    ],
)
ACCOUNTS: Table = (
    "customer_id string, stock_days double, margin double, problems_solved double, "
    "share_of_sales double",
    [("V", 60.0, 0.15, 1.0, 0.3), ("W", 120.0, None, 0.75, None), ("X", None, None, 0.5, None)],
)
LOST: Table = (
    "customer_id string, loss_reason string, value_at_stake double",
    [("V", "price", 1000.0), ("W", "moved", 40.0)],
)
HABITS: Table = (
    "customer_id string, frequency bigint, recency double, T double, monetary double, unit string",
    [("V", 2, 30.0, 38.0, 10.0, "W"), ("W", 0, 0.0, 10.0, 0.0, "W")],
)
MODEL = BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="W")
CHANCES = FrozenMap(dict.fromkeys(LossReason, Share(0.25)))
WIN_BACK = WinBackPolicy(name="ours", chances=CHANCES, cost=50, source="a guess")
BARS = RfmBars(
    name="house rules",
    unit="D",
    recency=(365, 180, 90, 30),
    frequency=(1, 2, 4, 8),
    amount=(10, 20, 50, 100),
    margin=0.1,
)
RETURNS: dict[str, Any] = {"entry": "entry", "original_at": "original_at"}


def in_pandas(table: Table) -> pd.DataFrame:
    names = [column.split()[0] for column in table[0].split(", ")]
    return pd.DataFrame(table[1], columns=names)


def in_spark(spark: Any, table: Table) -> Any:
    return spark.createDataFrame(table[1], table[0])


def rows_of(frame: Any) -> list[dict[str, object]]:
    """Return rows by column: empty ones as None, floats to nine digits, in one order."""
    if isinstance(frame, pd.DataFrame):
        told = frame.astype(object).where(frame.notna(), None).to_dict("records")
    else:
        told = [row.asDict() for row in frame.collect()]
    rows = [{str(name): _plain(value) for name, value in row.items()} for row in told]
    return sorted(rows, key=lambda row: str([*row.values()]))


def _plain(value: object) -> object:
    if isinstance(value, bool | str) or value is None:
        return value
    if isinstance(value, int | float | Decimal):
        return None if math.isnan(value) else float(f"{float(value):.9g}")
    return value


FRAMES: dict[str, tuple[Callable[..., Any], tuple[Table, ...]]] = {
    "rfm_table": (
        lambda orders: rfm_table(
            orders, as_of=date(2026, 3, 5), later="leave_out", observed_from=date(2025, 1, 1)
        ),
        ((ORDERS[0], [row for row in ORDERS[1] if row[4] == "order"]),),
    ),
    "customer_values": (
        lambda orders, potential: customer_values(
            orders, as_of=LAST, potential=potential, **RETURNS
        ),
        (ORDERS, POTENTIAL),
    ),
    "cohort_values": (
        lambda orders: cohort_values(orders, as_of=LAST, goods_cost="goods_cost", **RETURNS),
        (ORDERS,),
    ),
    "cohort_payback, a frame of costs": (
        lambda orders, costs: cohort_payback(
            cohort_values(orders, as_of=LAST, cohort="campaign"), costs=costs
        ),
        (ORDERS, COSTS),
    ),
    "cohort_payback, a mapping": (
        lambda orders: cohort_payback(
            cohort_values(orders, as_of=LAST), costs={"2025-01": 70, "2026-01": 40.5}
        ),
        (ORDERS,),
    ),
    "abc_classes": (
        lambda sales: abc_classes(sales, category="category", flag="below_zero"),
        (SALES,),
    ),
    "second_look": (
        lambda sales: second_look(abc_classes(sales, category="category")),
        (SALES,),
    ),
    "customer_pyramid": (lambda sales: customer_pyramid(sales, category="category"), (SALES,)),
    "pareto_curve": (lambda sales: pareto_curve(sales, category="category"), (SALES,)),
    "customer_profit": (customer_profit, (LEDGER,)),
    "account_health": (account_health, (ACCOUNTS,)),
    "win_back_worth": (lambda lost: win_back_worth(lost, policy=WIN_BACK), (LOST,)),
    "segment_history": (
        lambda orders: segment_history(
            rfm_state(orders, **RETURNS), [date(2025, 6, 30), date(2026, 3, 31)], bars=BARS
        ),
        (ORDERS,),
    ),
    "expected purchases": (lambda habits: MODEL.expected(habits, 13.0), (HABITS,)),
    "buying_rhythms": (
        lambda orders: buying_rhythms(orders, as_of=LAST),
        ((ORDERS[0], [row for row in ORDERS[1] if row[4] == "order"]),),
    ),
}

WHYS: dict[str, tuple[Callable[..., Any], Table]] = {
    "concentration": (concentration, FRIDGES),
    "explain_abc_class": (
        lambda sales: explain_abc_class(sales, "X", category="category", within="fridges"),
        SALES,
    ),
    "explain_second_look": (lambda sales: explain_second_look(abc_classes(sales), "W"), FRIDGES),
    "explain_tier": (lambda sales: explain_tier(sales, "W"), FRIDGES),
    "explain_account_health": (lambda accounts: explain_account_health(accounts, "W"), ACCOUNTS),
    "explain_cohort_payback": (
        lambda orders: explain_cohort_payback(
            cohort_values(orders, as_of=LAST), "2025-01", costs={"2025-01": 70}
        ),
        ORDERS,
    ),
}


@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_is_answered_by_one_of_spark_with_the_same_rows(spark: Any, name: str) -> None:
    measure, tables = FRAMES[name]
    expected = measure(*map(in_pandas, tables))

    found = measure(*(in_spark(spark, table) for table in tables))

    assert isinstance(found, sql.DataFrame)
    assert found.columns == [*expected.columns]
    assert rows_of(found) == rows_of(expected)
    assert rows_of(expected)


@pytest.mark.parametrize("name", WHYS)
def test_one_answer_is_the_same(spark: Any, name: str) -> None:
    measure, table = WHYS[name]

    assert measure(in_spark(spark, table)) == measure(in_pandas(table))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"currency": "EUR"}, "currency is of several kinds"),
        ({"amount": 20.0}, "must be 0 or negative in a return"),
        ({"customer_id": None}, "customer_id is None: it must not be empty, as in 1 row"),
        ({"ordered_at": date(2026, 4, 1)}, "must not lie after as_of, 2026-03-31, as in 1 row"),
        ({"original_at": date(2026, 3, 10)}, "original_at is .*must not be after ordered_at"),
    ],
)
def test_bad_rows_are_refused_and_counted(
    spark: Any, change: dict[str, object], message: str
) -> None:
    names = [column.split()[0] for column in ORDERS[0].split(", ")]
    bad = tuple(change.get(name, was) for name, was in zip(names, ORDERS[1][2], strict=True))
    frame = in_spark(spark, (ORDERS[0], [*ORDERS[1][:2], bad, *ORDERS[1][3:]]))

    with pytest.raises(InvalidValueError, match=message):
        customer_values(frame, as_of=LAST, **RETURNS)
