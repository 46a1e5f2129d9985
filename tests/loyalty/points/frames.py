"""Postings as frames of every engine, and the accounts that they are of."""

from datetime import datetime, timedelta
from typing import Any

import polars as pl
from hypothesis import strategies as st

from crmkit.errors import InvalidValueError
from crmkit.kernel import Money, from_micros
from crmkit.loyalty import (
    POINTS_POSTINGS,
    PointsAccount,
    PointsEntry,
    PointsPosting,
    PointsSource,
    posting_row,
)
from crmkit.testing import NINE

from ...value.engines import in_engine
from .schemes import CLUB, DAY, an_account, yuan


TIME = pl.Datetime("us", "UTC")
SCHEMA: dict[str, Any] = {
    "account_id": pl.String,
    "customer_id": pl.String,
    "scheme": pl.String,
    "number": pl.Int64,
    "act": pl.String,
    "posted_at": TIME,
    "points": pl.Int64,
    "debt": pl.Int64,
    "lot": pl.Int64,
    "source": pl.String,
    "earned_at": TIME,
    "expires_at": TIME,
    "reference": pl.String,
    "amount": pl.Float64,
    "currency": pl.String,
}
Posted = list[tuple[PointsAccount, PointsPosting]]
_ACTS = (
    *("earn", "gift", "withdraw", "redeem", "take_back", "take_back_half"),
    *("give_back", "settle", "expire"),
)


def columns_of(posted: Posted) -> dict[str, list[object]]:
    """Return postings as columns of a frame, amounts in units of the currency."""
    columns: dict[str, list[object]] = {name: [] for name in POINTS_POSTINGS.names}
    for account, one in posted:
        row: dict[str, object] = dict(
            posting_row(
                one,
                account=account.id,
                customer=account.customer,
                scheme=account.scheme,
                reference=f"{account.id}-{one.number}",
                currency="CNY",
            )
        )
        for name in ("posted_at", "earned_at", "expires_at"):
            told = row[name]
            row[name] = from_micros(told) if isinstance(told, int) else None
        if isinstance(row["amount"], int):
            row["amount"] = row["amount"] / 100
        for name, value in row.items():
            columns[name].append(value)
    return columns


def frame_in(engine: str, posted: Posted) -> Any:
    return in_engine(engine, {**columns_of(posted)}, SCHEMA)


def histories(*, people: int = 4) -> st.SearchStrategy[tuple[dict[str, PointsAccount], Posted]]:
    """Return accounts after random acts, with all their postings."""
    acts = st.tuples(
        st.integers(0, people - 1),
        st.sampled_from(_ACTS),
        st.integers(1, 40),
        st.integers(0, 200),
    )
    return st.lists(acts, max_size=25).map(lambda told: _played(told, people))


def _played(
    acts: list[tuple[int, str, int, int]], people: int
) -> tuple[dict[str, PointsAccount], Posted]:
    accounts = {f"C-{one}": an_account(f"C-{one}") for one in range(people)}
    spent: dict[str, PointsEntry] = {}
    posted: Posted = []
    at = NINE
    for place, (who, act, points, days) in enumerate(acts):
        at += timedelta(days=days)
        name = f"C-{who}"
        try:
            after = _done(accounts[name], spent.get(name), act, points, at, place)
        except InvalidValueError:
            continue
        if act == "redeem":
            spent[name] = PointsEntry.of(after, reference=f"R-{place}", asked="it")
        if act == "give_back":
            spent.pop(name, None)
        if after is not accounts[name]:
            posted += [(after, one) for one in after.posted]
        accounts[name] = after
    return accounts, posted


def _done(
    account: PointsAccount,
    spent: PointsEntry | None,
    act: str,
    points: int,
    at: datetime,
    place: int,
) -> PointsAccount:
    if act == "earn":
        return account.earn(
            "ann", at, reference=f"O-{place}", scheme=CLUB, amount=yuan(10 * points)
        )
    if act in ("gift", "withdraw"):
        change = points if act == "gift" else -points
        return account.adjust("ann", at, points=change, reason="goodwill", scheme=CLUB)
    if act == "redeem":
        return account.redeem("ann", at, points=points)
    if act in ("take_back", "take_back_half"):
        lots = [lot for lot in account.lots if lot.source is PointsSource.SALE and lot.reference]
        price = lots[-1].price if lots and act == "take_back_half" else None
        half = None if price is None else Money.from_minor(price.minor // 2, price.currency)
        of = lots[-1].reference if lots else "none"
        return account.take_back("ann", at, of=of, amount=half)
    if act == "give_back" and spent is not None:
        return account.give_back("ann", at, entry=spent)
    if act == "settle":
        return account.settle("ann", at)
    return account.expire("ann", at)


def a_day_later(posted: Posted) -> datetime:
    """Return a moment after all of it."""
    return max((one.trail[-1].at for one, _ in posted), default=NINE) + DAY
