# /// script
# requires-python = ">=3.11"
# dependencies = ["crmkit", "pyarrow"]
#
# [tool.uv.sources]
# crmkit = { path = "..", editable = true }
# ///
"""Balances, liability and tiers of a ledger of points as of a day, against a stable sort of rows.

A million postings of 100 thousand accounts over nearly five years, in no order, a fifth of them
after the day that is asked about. Ids of accounts are whole numbers against a stable sort of whole
numbers, and texts against a stable sort of texts. The liability learns from the ledger which share
of the points is redeemed, and takes goods that came back out with their price; ours reads the
frame, checks it and answers all of it. Tiers are told of all accounts at once, of sales, and of
returns that are put down as late as 699 days after them.
"""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
from measuring import Goal, Sense, report

from crmkit.kernel import Money, Share, Text
from crmkit.loyalty import (
    PointsLedger,
    PointsTerms,
    PointsTier,
    TierScheme,
    TierWindow,
    ledger_balances,
    points_liability,
    points_tiers,
)


MILLION = 1_000_000
AS_OF = datetime(2026, 1, 1, tzinfo=UTC)
TIERS = TierScheme(
    name="club",
    tiers=(
        PointsTier("basic", Text("Basic", "普卡"), 0),
        PointsTier("silver", Text("Silver", "银卡"), 200),
        PointsTier("gold", Text("Gold", "金卡"), 400),
    ),
    window=TierWindow.ROLLING,
)
TERMS = PointsTerms(point_value=Money.of("0.10", "CNY"), redeemed_share=Share(0.8))


def goals(_: Path) -> Iterator[Goal]:
    """Name the goals."""
    rng = np.random.default_rng(20260301)
    numbered = _postings(rng, MILLION)
    ids = numbered["account_id"].to_numpy()
    named = numbered.assign(account_id="club/C-" + numbered["account_id"].astype(str))
    yield Goal(
        "balances and liability of a million postings against a stable sort of numbers",
        ours=lambda: _ours(numbered),
        peer=lambda: np.argsort(ids, kind="stable"),
        limit=3.0,
        sense=Sense.TIME_AT_MOST,
        things=MILLION,
    )
    yield Goal(
        "the same with ids of text against a stable sort of texts",
        ours=lambda: _ours(named),
        peer=lambda: named["account_id"].sort_values(kind="stable"),
        limit=3.0,
        sense=Sense.TIME_AT_MOST,
        things=MILLION,
    )
    yield Goal(
        "tiers by a million postings against a stable sort of account and time",
        ours=lambda: points_tiers(numbered, scheme=TIERS, as_of=AS_OF),
        peer=lambda: numbered.sort_values(["account_id", "posted_at"], kind="stable"),
        limit=3.0,
        sense=Sense.TIME_AT_MOST,
        things=MILLION,
    )
    many = _postings(rng, 10 * MILLION)
    yield Goal(
        "balances and liability of ten million postings against a million",
        ours=lambda: _ours(many),
        peer=lambda: _ours(numbered),
        limit=20.0,
        sense=Sense.TIME_AT_MOST,
    )


def _ours(postings: pd.DataFrame) -> object:
    ledger = PointsLedger.of(postings, currency="CNY", timezone="Asia/Shanghai")
    return ledger_balances(ledger, as_of=AS_OF), points_liability(ledger, as_of=AS_OF, terms=TERMS)


def _postings(rng: np.random.Generator, size: int) -> pd.DataFrame:
    """Draw lots, each earned and later redeemed in part, taken back or lapsed."""
    lots = size // 2
    account = rng.integers(0, size // 10, lots)
    day = np.int64(86_400_000_000)
    began = np.datetime64("2023-01-01", "us").astype(np.int64)
    earned = began + rng.integers(0, 1000, lots) * day
    granted = rng.integers(1, 200, lots)
    kind = rng.random(lots)
    spends = kind < 0.7
    age = rng.integers(0, 700, lots)
    ended = earned + np.where(spends, age, 730) * day
    used = np.where(spends, rng.integers(1, granted + 1), granted)
    act = np.select([kind < 0.6, spends], ["redeemed", "taken_back"], "expired")
    columns = {
        "account_id": np.concatenate([account, account]),
        "act": np.concatenate([np.full(lots, "earned"), act]),
        "points": np.concatenate([granted, -used]),
        "debt": np.zeros(2 * lots, dtype=np.int64),
        "source": np.full(2 * lots, "sale"),
        "amount": np.concatenate(
            [granted * 10.0, np.where(act == "taken_back", used * -10.0, np.nan)]
        ),
        "currency": np.full(2 * lots, "CNY"),
    }
    frame = pd.DataFrame(columns)
    for name, micros in (
        ("posted_at", np.concatenate([earned, ended])),
        ("earned_at", np.concatenate([earned, earned])),
        ("expires_at", np.concatenate([earned, earned]) + 730 * day),
    ):
        frame[name] = pd.Series(micros.astype("datetime64[us]")).dt.tz_localize("UTC")
    return frame.iloc[rng.permutation(len(frame))].reset_index(drop=True)


if __name__ == "__main__":
    sys.exit(report(goals))
