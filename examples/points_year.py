# /// script
# requires-python = ">=3.11"
# dependencies = ["crmkit"]
#
# [tool.uv.sources]
# crmkit = { path = "..", editable = true }
# ///
"""A points scheme over the real orders of CDNOW: ledger, tiers, a statement, what is owed by month.

The data are not part of crmkit: give the folder that holds `cdnow_master.csv.gz` with --data. It
has the orders of 23,570 customers, January 1997 to June 1998.

What is decided here, for the shop had no such scheme: a point for every full dollar, good for
twelve months; who has 50 points when he orders redeems 50, worth 5 cents each; every twentieth
order of the file, if it cost something and ten days are left, goes back whole, ten days later. It
was assumed that 60 % of the points would be redeemed.
"""

import argparse
import warnings
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pandas as pd

import crmkit
from crmkit.errors import AssumptionWarning
from crmkit.kernel import Money, Share, Text
from crmkit.loyalty import (
    POINTS_POSTINGS,
    EarnRule,
    PointsAccount,
    PointsExpiry,
    PointsLedger,
    PointsScheme,
    PointsTerms,
    PointsTier,
    RedemptionCurve,
    TierScheme,
    ledger_balances,
    points_liability,
    points_tiers,
    posting_row,
    redemption_curve,
)


FILE = "cdnow_master.csv.gz"
SCHEME = PointsScheme(
    name="club",
    currency="USD",
    rules=(
        EarnRule(
            code="basic",
            label=Text("A point for every dollar", "每1美元1分"),
            points=1,
            per=Money.of(1, "USD"),
        ),
    ),
    expiry=PointsExpiry(months=12),
)
TIERS = TierScheme(
    name="club",
    tiers=(
        PointsTier("basic", Text("Basic", "普卡"), 0),
        PointsTier("silver", Text("Silver", "银卡"), 100),
        PointsTier("gold", Text("Gold", "金卡"), 250),
    ),
)
TERMS = PointsTerms(point_value=Money.of("0.05", "USD"), redeemed_share=Share(0.6))
AT_ONCE = 50  # points
RETURNED = 20  # every so many-th order
RETURNS_AFTER = timedelta(days=10)
END = datetime(1998, 7, 1, tzinfo=UTC)
OPENED = datetime(1997, 1, 1, tzinfo=UTC)


def main(arguments: list[str] | None = None) -> None:
    orders = read(chosen_file(arguments))
    postings, busiest = run(orders)
    ledger = PointsLedger.of(postings, currency="USD", timezone="UTC")
    print(f"{len(orders):,} orders, {len(postings):,} postings: {ledger!r}")
    tell_totals(ledger)
    tell_months(ledger)
    tell_tiers(postings)
    tell_statement(orders[orders["customer_id"] == busiest])


def chosen_file(arguments: list[str] | None) -> Path:
    """Return the file, or leave the program with a message and code 2."""
    parser = argparse.ArgumentParser(description="A points scheme over the orders of CDNOW.")
    parser.add_argument("--data", type=Path, required=True, help="folder of the orders")
    file: Path = parser.parse_args(arguments).data / FILE
    if not file.is_file():
        parser.error(f"{file.parent} lacks {FILE}")
    return file


def read(file: Path) -> pd.DataFrame:
    """Return the orders, with a number each, by customer and day."""
    orders = pd.read_csv(file, dtype={"amount": str})
    orders["number"] = range(1, len(orders) + 1)
    return orders.sort_values(["customer_id", "date", "number"], ignore_index=True)


Event = tuple[datetime, int, int, Money]
"""When, what (0 an order, 1 a return), of which order, for how much."""


def events(orders: pd.DataFrame) -> list[Event]:
    """Return what happened to one customer, in order: his orders, and what he sent back."""
    told: list[Event] = []
    columns = (orders[name] for name in ("date", "amount", "number"))
    for day, amount, number in zip(*columns, strict=True):
        at = datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC)
        price = Money.of(Decimal(amount), "USD")
        told.append((at, 0, number, price))
        if number % RETURNED == 0 and price.minor and at + RETURNS_AFTER < END:
            told.append((at + RETURNS_AFTER, 1, number, price))
    return sorted(told, key=lambda event: event[:3])


def played(account: PointsAccount, orders: pd.DataFrame) -> Iterator[tuple[str, PointsAccount]]:
    """Yield an account after each act, with the reference of the act."""
    for at, what, number, price in events(orders):
        if what:
            account = account.take_back("returns", at, of=f"O-{number}")
            yield f"B-{number}", account
            continue
        if account.available(at) >= AT_ONCE:
            account = account.redeem("shop", at, points=AT_ONCE)
            yield f"R-{number}", account
        account = account.earn("shop", at, reference=f"O-{number}", scheme=SCHEME, amount=price)
        yield f"O-{number}", account
    last = account.expire("night run", END)
    if last is not account:
        yield "expiry", last


def run(orders: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Return all postings as a frame, and the customer with the most of them."""
    rows: list[dict[str, object]] = []
    most, busiest = 0, 0
    for customer, own in orders.groupby("customer_id"):
        name = f"C-{customer}"
        account = PointsAccount.open(f"club/{name}", "shop", OPENED, customer=name, scheme=SCHEME)
        for reference, after in played(account, own):
            account = after
            rows += [
                POINTS_POSTINGS.restored(
                    posting_row(
                        one,
                        account=after.id,
                        customer=name,
                        scheme=SCHEME.name,
                        reference=reference,
                        currency="USD",
                    )
                )
                for one in after.posted
            ]
        if account.number > most:
            most, busiest = account.number, int(str(customer))
    postings = pd.DataFrame(rows, columns=list(POINTS_POSTINGS.names))
    postings["amount"] = postings["amount"].astype(float)
    return postings, busiest


def tell_totals(ledger: PointsLedger) -> None:
    """Tell the identity of the whole scheme."""
    sums = ledger_balances(ledger, as_of=END).drop(columns="account_id").sum()
    print(
        f"earned {sums['earned']:,} + adjusted {sums['adjusted']:,} = redeemed"
        f" {sums['redeemed']:,} + expired {sums['expired']:,} + balance {sums['balance']:,};"
        f" owed by customers {sums['debt']:,}\n"
    )


def tell_months(ledger: PointsLedger) -> None:
    """Tell what is owed at the end of each month, by what was known then and by what is known now.

    Until the first points lapse the record cannot tell how many will: the books of these days take
    the share that was assumed.
    """
    curve = redemption_curve(ledger, as_of=END)
    print(
        f"Share of the points that is redeemed in the end, learnt from the whole record:\n"
        f"{curve.rate}\n\n"
        "What is owed, month by month. The books of a day expect the share that the record shows\n"
        "by then; until the first points lapse it shows none, and they expect what was assumed,\n"
        f"{TERMS.redeemed_share}. Where the share changes, the whole change is revenue of that"
        " month.\n"
        "In hindsight: what had been owed by the share that is known now.\n"
    )
    print("                            by the books of the day                     in hindsight")
    print("month    price of points    revenue   deferred  share expected  open points  deferred")
    said: dict[str, list[str]] = {}
    for month in pd.period_range("1997-01", "1998-06", freq="M"):
        as_of = month.end_time.tz_localize("UTC").floor("us").to_pydatetime()
        known = known_share(ledger, as_of)
        with warnings.catch_warnings(
            record=True, action="always", category=AssumptionWarning
        ) as now:
            told = points_liability(ledger, as_of=as_of, terms=TERMS, expected=known)
        if now:
            said[str(month)] = [str(one.message) for one in now]
        later = points_liability(ledger, as_of=as_of, terms=TERMS, expected=curve)
        share = float(known if isinstance(known, Share) else known.rate)
        left = sum(one.open for one in told.cohorts)
        print(
            f"{month}  {told.allocated.amount:>15,} {told.revenue.amount:>10,}"
            f" {told.deferred.amount:>10,} {share:>15.3f} {left:>12,} {later.deferred.amount:>13,}"
        )
    if said:
        first = min(said)
        print(
            f"\nIn {len(said)} of these books more points of some month had been redeemed than the"
            f" share expected.\nFirst in {first}: {'; '.join(said[first])}."
        )
    print(f"\n{told.explain()}\n{told.explain().sentence('zh')}\n")


def known_share(ledger: PointsLedger, as_of: datetime) -> RedemptionCurve | Share:
    """Return what can be known at a moment of how many points are redeemed in the end."""
    lapsed = ledger_balances(ledger, as_of=as_of)["expired"].sum()
    return redemption_curve(ledger, as_of=as_of) if lapsed else TERMS.redeemed_share


def tell_tiers(postings: pd.DataFrame) -> None:
    """Tell how many stand in which tier at the end of each half-year."""
    print("as of       basic  silver    gold")
    for year, month in ((1997, 7), (1998, 1), (1998, 7)):
        # To the last moment of the half-year: what is put down at `as_of` counts.
        as_of = datetime(year, month, 1, tzinfo=UTC) - timedelta(microseconds=1)
        counts = points_tiers(postings, scheme=TIERS, as_of=as_of)["tier"].value_counts()
        told = "".join(f"{counts.get(tier.name, 0):>8,}" for tier in TIERS.tiers)
        print(f"{as_of.date()}{told}")
    print()


def tell_statement(own: pd.DataFrame) -> None:
    """Let the desk keep one customer's account, and write his statement of a month."""
    with crmkit.open(actor="shop") as crm:
        name = f"C-{own['customer_id'].iloc[0]}"
        id = crm.acting(at=OPENED).points.open(customer=name, scheme=SCHEME).id
        for at, what, number, price in events(own):
            desk = crm.acting(at=at).points
            if what:
                desk.take_back(id, reference=f"B-{number}", of=f"O-{number}")
                continue
            if desk.get(id).available(at) >= AT_ONCE:
                desk.redeem(id, reference=f"R-{number}", points=AT_ONCE)
            desk.earn(id, reference=f"O-{number}", scheme=SCHEME, amount=price)
        since = datetime(1998, 6, 1, tzinfo=UTC)
        print(crm.acting(at=END).points.statement(id, since=since, until=END))


if __name__ == "__main__":
    main()
