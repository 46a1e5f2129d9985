# /// script
# requires-python = ">=3.11"
# dependencies = ["crmkit"]
#
# [tool.uv.sources]
# crmkit = { path = "..", editable = true }
# ///
"""A marketplace's own files: orders, reviews, and the satisfaction of late and punctual orders.

It reads the CSV files of the Brazilian marketplace Olist as they were published, brings customers,
orders and reviews into one SQLite file, opens a complaint for every review of 1 or 2, and compares
the satisfaction of late with that of punctual orders.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

import crmkit
from crmkit.app import CRM, Imported
from crmkit.stats import mean_difference, mean_interval, wilson
from crmkit.value import abc_classes


SHOP = "America/Sao_Paulo"  # where the marketplace's clocks stand
WRITTEN = "%m/%d/%Y %H:%M"  # how its files write a time
FILES = ("customers", "orders", "order_payments", "order_reviews")
UNHAPPY = 2  # a review of so many stars or fewer opens a complaint


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, required=True, help="the folder of the CSV files")
    folder: Path = parser.parse_args(arguments).data
    absent = [name for name in FILES if not (folder / f"{name}.csv.gz").is_file()]
    if absent:
        print(f"{folder} holds no {absent[0]}.csv.gz", file=sys.stderr)
        return 2

    orders, reviews = read(folder)
    with tempfile.TemporaryDirectory() as temporary:
        file = Path(temporary) / "crm.db"
        with crmkit.open(f"sqlite:///{file}", actor="marketplace") as crm:
            bring_in(crm, orders, reviews)
            tell_complaints(crm)
            tell_worth(crm)
            compare(crm, orders)
    return 0


def read(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return one row an order and one row a review, each with its customer."""
    customers, orders, payments, reviews = (
        pd.read_csv(folder / f"{name}.csv.gz", dtype=str) for name in FILES
    )
    # A customer has one `customer_unique_id`, and a new `customer_id` with every order.
    orders = orders.merge(customers, on="customer_id", validate="one_to_one")
    payments["paid"] = payments["payment_value"].astype(float)
    orders = orders.merge(
        payments.groupby("order_id", as_index=False)["paid"].sum(), on="order_id", how="left"
    )
    orders["paid"] = orders["paid"].round(2)
    delivered = pd.to_datetime(orders["order_delivered_customer_date"], format=WRITTEN)
    promised = pd.to_datetime(orders["order_estimated_delivery_date"], format=WRITTEN)
    # A delivery is promised for a day; whatever comes on that day is on time.
    orders["days_late"] = (delivered.dt.normalize() - promised.dt.normalize()).dt.days
    orders["customer"] = "Customer " + orders["customer_unique_id"].str[:8]
    reviews = reviews.merge(orders[["order_id", "customer_unique_id", "days_late"]], on="order_id")
    return orders, reviews


def bring_in(crm: CRM, orders: pd.DataFrame, reviews: pd.DataFrame) -> None:
    heading("What came in")
    customer = {"customer_id": "customer_unique_id"}
    tell(
        "customers",
        crm.imports.customers(
            orders.drop_duplicates("customer_unique_id"),
            columns={
                "id": "customer_unique_id",
                "name": "customer",
                "region": "customer_state",
                "address_city": "customer_city",
            },
        ),
    )
    tell(
        "orders",
        crm.imports.orders(
            orders,
            columns={**customer, "ordered_at": "order_purchase_timestamp", "amount": "paid"},
            timezone=SHOP,
            currency="BRL",
            time_format=WRITTEN,
        ),
    )
    reviews["satisfied"] = reviews["review_score"].astype(int)
    answered = "review_answer_timestamp"
    tell(
        "reviews",
        crm.imports.answers(
            reviews,
            columns={**customer, "answered_at": answered, "occasion": "order_id"},
            timezone=SHOP,
            time_format=WRITTEN,
        ),
    )
    unhappy = reviews[reviews["satisfied"] <= UNHAPPY].copy()
    unhappy["case"] = "review-" + unhappy["review_pk"]
    unhappy["channel"] = "web"
    unhappy["about"] = [
        told(stars, late) for stars, late in unhappy[["satisfied", "days_late"]].values
    ]
    tell(
        "complaints",
        crm.imports.complaints(
            unhappy,
            columns={**customer, "received_at": answered, "id": "case"},
            timezone=SHOP,
            time_format=WRITTEN,
        ),
    )


def told(stars: float, days_late: float) -> str:
    """Put a poor review into words."""
    if pd.isna(days_late):
        return f"{stars:.0f} of 5 stars; not delivered"
    lateness = f"{days_late:.0f} days late" if days_late > 0 else "delivered on time"
    return f"{stars:.0f} of 5 stars; {lateness}"


def tell(what: str, imported: Imported) -> None:
    counted = f"{imported.records:,} of {imported.rows:,} stored, {imported.refused:,} refused"
    print(f"{what:10}  {counted}")
    if imported.rejected:
        print(f"            the first refused: {imported.rejected[0]}")


def tell_complaints(crm: CRM) -> None:
    heading(f"Complaints: one for every review of {UNHAPPY} stars or fewer")
    for complaint in crm.complaints.find(order_by="received_at", limit=3):
        print(f"{complaint.received_at:%d %b %Y}  {complaint.id:12}  {complaint.about}")
    waiting = sum(1 for _ in crm.complaints.each(stage="received"))
    print(f"… {waiting} are received, and wait to be acknowledged.")


def tell_worth(crm: CRM) -> None:
    heading("Value: classes by what was paid, in reais")
    sales = crm.frames.orders().groupby("customer_id", as_index=False)["amount"].sum()
    for name, group in abc_classes(sales).groupby("abc_class"):
        print(f"{name}  {len(group):5,} customers  {group['amount'].sum():10,.0f} BRL")


def compare(crm: CRM, orders: pd.DataFrame) -> None:
    heading("Promises: the satisfaction of late and of punctual orders")
    delivered = orders[orders["days_late"].notna()]
    late = set(delivered.loc[delivered["days_late"] > 0, "order_id"])
    share = wilson(len(late), len(delivered))
    print(f"{len(late)} of {len(delivered):,} deliveries came after the day promised.")
    print(
        f"Share late: {100 * share:.1f} %, interval {100 * share.low:.1f} to {100 * share.high:.1f}"
    )

    answers = crm.frames.answers()
    answers = answers[answers["occasion"].isin(delivered["order_id"])]
    is_late = answers["occasion"].isin(late)
    print("\ndeliveries  reviews  mean of 1 to 5             satisfied (4 or 5)")
    for name, scores in (
        ("on time", answers.loc[~is_late, "satisfied"]),
        ("late", answers.loc[is_late, "satisfied"]),
    ):
        mean, top = mean_interval(scores), wilson(int((scores >= 4).sum()), len(scores))
        print(
            f"{name:10}  {len(scores):7,}  {mean.value:.2f}  ({mean.low:.2f} to {mean.high:.2f})"
            f"       {100 * top:4.1f} %  ({100 * top.low:.1f} to {100 * top.high:.1f})"
        )
    gap = mean_difference(answers.loc[~is_late, "satisfied"], answers.loc[is_late, "satisfied"])
    print(f"Late orders score {gap.value:.2f} points less ({gap.low:.2f} to {gap.high:.2f}).")
    print("Intervals made like these hold the true value 95 times in 100.")


def heading(text: str) -> None:
    print(f"\n{text}\n{'─' * len(text)}")


if __name__ == "__main__":
    sys.exit(main())
