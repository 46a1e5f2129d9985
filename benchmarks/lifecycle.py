# /// script
# requires-python = ">=3.11"
# dependencies = ["crmkit", "pyarrow"]
#
# [tool.uv.sources]
# crmkit = { path = "..", editable = true }
# ///
"""Stages of a whole base by rules, against one stable argsort of its orders by customer.

Five orders a customer over two years; every customer is looked at on each of 26 days of the grid,
from his first order on, and his stage is the fold of them. Ids are whole numbers in any order.
"""

import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from measuring import Goal, Sense, report

from crmkit.lifecycle import (
    CUSTOMER_STATE,
    FOUR_STAGE,
    FOUR_STAGE_RULES,
    STATE_RULES,
    infer_stages,
)


MILLION = 1_000_000
DAYS = 731
LAST_DAY = date(2025, 12, 31)


def goals(_: Path) -> Iterator[Goal]:
    """Name the goals."""
    rng = np.random.default_rng(20260301)
    orders = _orders(rng, MILLION)
    ids = orders["customer_id"].to_numpy()
    yield Goal(
        "States of a million customers against argsort of their orders",
        ours=lambda: _states(orders),
        peer=lambda: np.argsort(ids, kind="stable"),
        limit=4.0,
        sense=Sense.TIME_AT_MOST,
        things=MILLION,
    )
    yield Goal(
        "Stages by trends of a million customers against argsort of their orders",
        ours=lambda: _stages(orders),
        peer=lambda: np.argsort(ids, kind="stable"),
        limit=4.0,
        sense=Sense.TIME_AT_MOST,
        things=MILLION,
    )
    few = _orders(rng, MILLION // 10)
    yield Goal(
        "States of a million customers against a hundred thousand",
        ours=lambda: _states(orders),
        peer=lambda: _states(few),
        limit=20.0,
        sense=Sense.TIME_AT_MOST,
    )


def _orders(rng: np.random.Generator, customers: int) -> pd.DataFrame:
    size = 5 * customers
    days = rng.integers(0, DAYS, size)
    at = (np.datetime64("2024-01-01", "D") + days).astype("datetime64[s]")
    return pd.DataFrame(
        {
            "customer_id": rng.integers(0, customers, size),
            "ordered_at": pd.Series(at).dt.tz_localize("UTC"),
            "amount": rng.lognormal(3, 1, size).round(2),
        }
    )


def _states(orders: pd.DataFrame) -> object:
    return infer_stages(
        orders, rules=STATE_RULES, lifecycle=CUSTOMER_STATE, as_of=LAST_DAY, timezone="UTC"
    )


def _stages(orders: pd.DataFrame) -> object:
    return infer_stages(
        orders, rules=FOUR_STAGE_RULES, lifecycle=FOUR_STAGE, as_of=LAST_DAY, timezone="UTC"
    )


if __name__ == "__main__":
    sys.exit(report(goals, samples=3))
