# /// script
# requires-python = ">=3.11"
# dependencies = ["crmkit", "lifetimes==0.11.3"]
#
# [tool.uv.sources]
# crmkit = { path = "..", editable = true }
# ///
"""Classes by amount and the table of purchase behaviour, against pandas, numpy and lifetimes.

The pandas of the first goal is what an analyst writes: sort, cumulate, divide, select. It compares
floats and lets the order of rows part equal amounts; ours does neither.

Orders of the last goals are instants in UTC for us, put on the days of a shop in Berlin; lifetimes
is given the same instants without a zone, and puts them on the days of UTC.
"""

import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from lifetimes.utils import (  # type: ignore[import-untyped]  # it has no stubs
    summary_data_from_transaction_data,
)
from measuring import Goal, Sense, report

from crmkit.value import abc_classes, rfm_table


MILLION = 1_000_000
ORDERS = 5 * MILLION
CUSTOMERS = MILLION
DAYS = 730


def goals(_: Path) -> Iterator[Goal]:
    """Name the goals."""
    rng = np.random.default_rng(20260301)
    for size, told in ((MILLION // 10, "100 thousand"), (MILLION, "a million")):
        sales = _sales(rng, size)
        amounts = sales["amount"].to_numpy()
        yield Goal(
            f"ABC of {told} against pandas",
            ours=_classing(sales),
            peer=_pandas_classing(sales),
            limit=10.0,
            sense=Sense.SPEED_AT_LEAST,
            things=size,
        )
        yield Goal(
            f"ABC of {told} against np.sort",
            ours=_classing(sales),
            peer=_sorting(amounts),
            limit=2.0,
            sense=Sense.TIME_AT_MOST,
            things=size,
        )
    orders = _orders(rng)
    yield Goal(
        "RFM table of 5 million orders against lifetimes",
        ours=lambda: rfm_table(orders, as_of=date(2025, 12, 31), timezone="Europe/Berlin"),
        peer=_lifetimes_table(orders),
        limit=8.0,
        sense=Sense.SPEED_AT_LEAST,
        things=ORDERS,
    )


def _sales(rng: np.random.Generator, size: int) -> pd.DataFrame:
    ids = rng.permutation(size)
    return pd.DataFrame({"customer_id": ids, "amount": rng.lognormal(4, 1.2, size).round(2)})


def _orders(rng: np.random.Generator) -> pd.DataFrame:
    seconds = rng.integers(0, DAYS * 86_400, ORDERS)
    at = np.datetime64("2024-01-01", "us") + seconds.astype("timedelta64[s]")
    return pd.DataFrame(
        {
            "customer_id": rng.integers(0, CUSTOMERS, ORDERS),
            "ordered_at": pd.Series(at).dt.tz_localize("UTC"),
            "amount": rng.lognormal(3, 1, ORDERS).round(2),
        }
    )


def _classing(sales: pd.DataFrame) -> Callable[[], object]:
    return lambda: abc_classes(sales)


def _sorting(amounts: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> Callable[[], object]:
    return lambda: np.sort(amounts)


def _pandas_classing(sales: pd.DataFrame) -> Callable[[], object]:
    def classing() -> object:
        falling = sales.sort_values("amount", ascending=False)
        before = (falling["amount"].cumsum() - falling["amount"]) / falling["amount"].sum()
        letters = np.select([before < 0.80, before < 0.95], ["A", "B"], "C")
        return sales.assign(abc_class=pd.Series(letters, index=falling.index))

    return classing


def _lifetimes_table(orders: pd.DataFrame) -> Callable[[], object]:
    naive = orders.assign(ordered_at=orders["ordered_at"].dt.tz_localize(None))

    def table() -> object:
        return summary_data_from_transaction_data(
            naive, "customer_id", "ordered_at", "amount", observation_period_end="2025-12-31"
        )

    return table


if __name__ == "__main__":
    sys.exit(report(goals, samples=3))
