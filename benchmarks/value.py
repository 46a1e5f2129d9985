# /// script
# requires-python = ">=3.11"
# dependencies = ["crmkit", "lifetimes==0.11.3", "pyarrow"]
#
# [tool.uv.sources]
# crmkit = { path = "..", editable = true }
# ///
"""Classes by amount, purchase behaviour and its scores, against pandas, numpy and lifetimes.

The pandas of the first goal is what an analyst writes: sort, cumulate, divide, select. It compares
floats and lets the order of rows part equal amounts; ours does neither. Ids are whole numbers in
any order. Both have pyarrow, in which pandas 3 keeps its texts.

Orders of the last goals are instants in UTC for us, put on the days of a shop in Berlin; lifetimes
is given the same instants without a zone, and puts them on the days of UTC.
"""

import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from lifetimes.utils import (  # type: ignore[import-untyped]  # it has no stubs
    summary_data_from_transaction_data,
)
from measuring import Goal, Sense, report

from crmkit.value import abc_classes, rfm_scores, rfm_state, rfm_table


MILLION = 1_000_000
ORDERS = 5 * MILLION
DAYS = 731
LAST_DAY = date(2025, 12, 31)


def goals(_: Path) -> Iterator[Goal]:
    """Name the goals."""
    rng = np.random.default_rng(20260301)
    sales = _sales(rng, MILLION)
    yield Goal(
        "ABC of a million customers against pandas",
        ours=lambda: abc_classes(sales),
        peer=lambda: _pandas_classes(sales),
        limit=10.0,
        sense=Sense.SPEED_AT_LEAST,
        things=MILLION,
    )
    amounts = sales["amount"].to_numpy()
    yield Goal(
        "ABC of a million customers against np.sort",
        ours=lambda: abc_classes(sales),
        peer=lambda: np.sort(amounts),
        limit=2.0,
        sense=Sense.TIME_AT_MOST,
        things=MILLION,
    )
    parted = _parted(rng, MILLION)
    yield Goal(
        "ABC of a million rows within twenty categories against pandas",
        ours=lambda: abc_classes(parted, category="category"),
        peer=lambda: _pandas_classes_within(parted),
        limit=2.0,
        sense=Sense.SPEED_AT_LEAST,
        things=MILLION,
    )
    many = _sales(rng, 10 * MILLION)
    yield Goal(
        "ABC of ten million against a million",
        ours=lambda: abc_classes(many),
        peer=lambda: abc_classes(sales),
        limit=20.0,
        sense=Sense.TIME_AT_MOST,
    )
    orders = _orders(rng, ORDERS)
    naive = orders.assign(ordered_at=orders["ordered_at"].dt.tz_localize(None))
    yield Goal(
        "RFM table of 5 million orders against lifetimes",
        ours=lambda: _table(orders),
        peer=lambda: summary_data_from_transaction_data(
            naive, "customer_id", "ordered_at", "amount", observation_period_end=LAST_DAY
        ),
        limit=8.0,
        sense=Sense.SPEED_AT_LEAST,
        things=ORDERS,
    )
    few = _orders(rng, MILLION)
    yield Goal(
        "State of 5 million orders and its table against lifetimes' table",
        ours=lambda: _table_of_state(orders),
        peer=lambda: summary_data_from_transaction_data(
            naive, "customer_id", "ordered_at", "amount", observation_period_end=LAST_DAY
        ),
        limit=4.0,
        sense=Sense.SPEED_AT_LEAST,
        things=ORDERS,
    )
    most = _orders(rng, 10 * MILLION)
    yield Goal(
        "RFM table of 10 million orders against a million",
        ours=lambda: _table(most),
        peer=lambda: _table(few),
        limit=20.0,
        sense=Sense.TIME_AT_MOST,
    )
    habits = _habits(rng, MILLION)
    yield Goal(
        "RFM quintiles of a million customers against pd.qcut",
        ours=lambda: rfm_scores(habits),
        peer=lambda: _pandas_quintiles(habits),
        limit=4.0,
        sense=Sense.SPEED_AT_LEAST,
        things=MILLION,
    )
    all_habits = _habits(rng, 10 * MILLION)
    yield Goal(
        "RFM quintiles of ten million against a million",
        ours=lambda: rfm_scores(all_habits),
        peer=lambda: rfm_scores(habits),
        limit=20.0,
        sense=Sense.TIME_AT_MOST,
    )


def _sales(rng: np.random.Generator, size: int) -> pd.DataFrame:
    ids = rng.permutation(size)
    return pd.DataFrame({"customer_id": ids, "amount": rng.lognormal(4, 1.2, size).round(2)})


def _parted(rng: np.random.Generator, size: int) -> pd.DataFrame:
    """Sales of customers who each buy of twenty categories, in any order."""
    place = rng.permutation(size)
    names = np.array([f"category {number}" for number in range(20)])
    sales = _sales(rng, size)
    return sales.assign(customer_id=place // 20, category=names[place % 20])


def _orders(rng: np.random.Generator, size: int) -> pd.DataFrame:
    # The last hour of the last day in UTC is the next day in Berlin.
    seconds = rng.integers(0, DAYS * 86_400 - 3_600, size)
    at = np.datetime64("2024-01-01", "us") + seconds.astype("timedelta64[s]")
    return pd.DataFrame(
        {
            "customer_id": rng.integers(0, size // 5, size),
            "ordered_at": pd.Series(at).dt.tz_localize("UTC"),
            "amount": rng.lognormal(3, 1, size).round(2),
        }
    )


def _table(orders: pd.DataFrame) -> object:
    return rfm_table(orders, as_of=LAST_DAY, timezone="Europe/Berlin")


def _table_of_state(orders: pd.DataFrame) -> object:
    state = rfm_state(orders, timezone="Europe/Berlin")
    return rfm_table(state, as_of=LAST_DAY)


def _habits(rng: np.random.Generator, size: int) -> pd.DataFrame:
    """Make a table of purchase behaviour as `rfm_table` does, without its orders."""
    age = rng.integers(0, DAYS, size)
    frequency = rng.geometric(0.3, size) - 1
    return pd.DataFrame(
        {
            "customer_id": rng.permutation(size),
            "frequency": frequency,
            "recency": np.where(frequency > 0, np.floor(age * rng.random(size)), 0.0),
            "T": age.astype(np.float64),
            "amount": rng.lognormal(4, 1.2, size).round(2),
            "unit": "D",
        }
    )


def _pandas_quintiles(habits: pd.DataFrame) -> object:
    """Cut as an analyst does; equal borders, of many customers alike, are dropped."""
    values = {
        "r_score": habits["recency"] - habits["T"],
        "f_score": habits["frequency"],
        "m_score": habits["amount"],
    }
    return habits.assign(
        **{
            name: pd.qcut(value, 5, labels=False, duplicates="drop") + 1
            for name, value in values.items()
        }
    )


def _pandas_classes(sales: pd.DataFrame) -> object:
    falling = sales.sort_values("amount", ascending=False)
    before = (falling["amount"].cumsum() - falling["amount"]) / falling["amount"].sum()
    letters = np.select([before < 0.80, before < 0.95], ["A", "B"], "C")
    return sales.assign(abc_class=pd.Series(letters, index=falling.index))


def _pandas_classes_within(sales: pd.DataFrame) -> object:
    falling = sales.sort_values("amount", ascending=False)
    amounts = falling.groupby("category")["amount"]
    before = (amounts.cumsum() - falling["amount"]) / amounts.transform("sum")
    letters = np.select([before < 0.80, before < 0.95], ["A", "B"], "C")
    return sales.assign(abc_class=pd.Series(letters, index=falling.index))


if __name__ == "__main__":
    sys.exit(report(goals, samples=3))
