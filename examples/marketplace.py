# /// script
# requires-python = ">=3.11"
# dependencies = ["crmkit"]
#
# [tool.uv.sources]
# crmkit = { path = "..", editable = true }
# ///
"""What late deliveries cost a marketplace: customers, orders, reviews and complaints of Olist.

The data are not part of crmkit: give the folder that holds them with --data. It is the public
"Brazilian E-Commerce" data of Olist, or a part of it, as csv.gz: customers, orders,
order_payments, order_reviews.

What is decided here: a customer is a `customer_unique_id`, for `customer_id` changes with every
order. An order's amount is what was paid for it, freight included. A delivery is late when it
comes on a later day than was promised. A review of 1 or 2 is a complaint.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

import crmkit
from crmkit.app import Imported
from crmkit.stats import mean_difference, mean_interval, wilson


FILES = ("customers", "orders", "order_payments", "order_reviews")
WRITTEN = "%m/%d/%Y %H:%M"  # 10/2/2017 9:05, with and without leading zeros
ZONE = "America/Sao_Paulo"
SATISFIED_FROM = 4
COMPLAINS_TO = 2


def main(arguments: list[str] | None = None) -> None:
    paths = chosen_files(arguments)
    tables = {name: pd.read_csv(path, dtype=str) for name, path in paths.items()}
    orders = whole_orders(tables)
    print(
        f"{len(orders):,} orders of the Brazilian marketplace Olist; the customers are anonymous."
    )
    with (
        TemporaryDirectory() as name,
        crmkit.open(f"sqlite:///{Path(name, 'crm.db')}", actor="ann") as crm,
    ):
        heading("1. Bring in customers, orders, reviews and complaints")
        bring_in_customers(crm, paths["customers"])
        bring_in_orders(crm, orders)
        bring_in_reviews(crm, tables["order_reviews"].merge(orders, how="left", on="order_id"))
        count_late_deliveries(orders)
        compare_satisfaction(crm, orders)
        look_at_complaints(crm, orders)


def chosen_files(arguments: list[str] | None) -> dict[str, Path]:
    """Return where the files are, or leave the program with a message and code 2."""
    parser = argparse.ArgumentParser(description="Late deliveries and satisfaction at Olist.")
    parser.add_argument("--data", type=Path, required=True, help="folder of the csv.gz files")
    folder: Path = parser.parse_args(arguments).data
    paths = {name: folder / f"{name}.csv.gz" for name in FILES}
    if missing := [path.name for path in paths.values() if not path.is_file()]:
        parser.error(f"{folder} lacks {', '.join(missing)}: give the folder of the Olist data")
    return paths


def bring_in_customers(crm: crmkit.CRM, path: Path) -> None:
    result = crm.imports.customers(
        path,  # a file as it lies
        columns={
            "id": "customer_unique_id",
            "name": "customer_unique_id",  # there are no names
            "address_city": "customer_city",
            "address_region": "customer_state",
        },
    )
    told("Customers", result, "They ordered more than once, and stand in the file for each order")


def bring_in_orders(crm: crmkit.CRM, orders: pd.DataFrame) -> None:
    result = crm.imports.orders(
        orders,  # a frame
        columns={
            "customer_id": "customer_unique_id",
            "ordered_at": "order_purchase_timestamp",
            "amount": "payment_value",
        },
        currency="BRL",
        timezone=ZONE,
        time_format=WRITTEN,
    )
    told("Orders", result, "No payment is on record for them")


def bring_in_reviews(crm: crmkit.CRM, reviews: pd.DataFrame) -> None:
    result = crm.imports.answers(
        reviews,
        columns={
            "customer_id": "customer_unique_id",
            "answered_at": "review_answer_timestamp",
            "occasion": "order_id",
            "satisfied": "review_score",
        },
        timezone=ZONE,
        time_format=WRITTEN,
    )
    told("Reviews", result, "They do not fit")

    bad = reviews[reviews["review_score"].astype(int) <= COMPLAINS_TO]
    result = crm.imports.complaints(
        bad.assign(
            id="review-" + bad["review_pk"],
            about=bad["review_score"] + " of 5 for order " + bad["order_id"],
            channel="web",
        ),
        columns={
            "customer_id": "customer_unique_id",
            "received_at": "review_answer_timestamp",
        },
        timezone=ZONE,
        time_format=WRITTEN,
    )
    told(f"Complaints (a review of 1 to {COMPLAINS_TO} opens one)", result, "They do not fit")


def whole_orders(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the orders with their customers, what was paid, and how they were delivered."""
    paid = tables["order_payments"].astype({"payment_value": float})
    amounts = paid.groupby("order_id", as_index=False)["payment_value"].sum()
    owners = tables["customers"][["customer_id", "customer_unique_id"]]
    orders = tables["orders"].merge(owners, how="left").merge(amounts, how="left")
    came = pd.to_datetime(orders["order_delivered_customer_date"], format=WRITTEN)
    promised = pd.to_datetime(orders["order_estimated_delivery_date"], format=WRITTEN)
    late = came.dt.normalize() > promised.dt.normalize()
    return orders.assign(delivered=came.notna(), late=late)


def count_late_deliveries(orders: pd.DataFrame) -> None:
    heading("2. How many deliveries came late?")
    late, delivered = int(orders["late"].sum()), int(orders["delivered"].sum())
    print(
        "Late: on a later day than was promised. With the interval that is right 95% of the time:"
    )
    for of, number in (("delivered", delivered), ("placed", len(orders))):
        share = wilson(late, number)
        print(
            f"  {late:,} of {number:,} orders {of:9}  {share.value:6.1%}"
            f"  ({share.low:.1%} to {share.high:.1%})"
        )
    print(f"{len(orders) - delivered:,} orders were not delivered, or not yet.")


def compare_satisfaction(crm: crmkit.CRM, orders: pd.DataFrame) -> None:
    heading("3. Are those who waited too long less satisfied?")
    answers = crm.frames.answers().merge(
        orders.loc[orders["delivered"], ["order_id", "late"]],
        left_on="occasion",
        right_on="order_id",
    )
    print("Reviews from 1 to 5 of delivered orders; satisfied are those who give 4 or 5.\n")
    print("deliveries  reviews  mean review (95% interval)  satisfied (95% interval)")
    scores = {late: group.astype(float) for late, group in answers.groupby("late")["satisfied"]}
    for late, name in ((False, "on time"), (True, "late")):
        mean = mean_interval(scores[late])
        top = wilson(int((scores[late] >= SATISFIED_FROM).sum()), len(scores[late]))
        print(
            f"{name:10}  {mean.n:7,}  {mean.value:11.2f} ({mean.low:.2f} to {mean.high:.2f})"
            f"  {top.value:9.1%} ({top.low:.1%} to {top.high:.1%})"
        )
    gap = mean_difference(scores[False], scores[True])
    low, high = f"{gap.low:.2f}", f"{gap.high:.2f}"
    print(f"\nA late delivery goes with a review {gap.value:.2f} points lower ({low} to {high}).")


def look_at_complaints(crm: crmkit.CRM, orders: pd.DataFrame) -> None:
    heading("4. The complaints")
    complaints = crm.frames.complaints()
    waiting = complaints["stage"].value_counts()
    for stage in crmkit.complaints.Stage:
        if count := waiting.get(stage.value, 0):
            print(f"{count:,} complaints are {stage.label('en').lower()} ({stage.label('zh')}).")
    late = set(orders.loc[orders["late"], "order_id"])
    ids = complaints["about"].str.rsplit(" ", n=1).str[-1]
    share = wilson(int(ids.isin(late).sum()), len(ids))
    print(
        f"{share.value:.1%} of them ({share.low:.1%} to {share.high:.1%}) are about an order that "
        "came late."
    )
    first = min(crm.complaints.each(), key=lambda complaint: complaint.received_at)
    print(f"\nThe oldest one, {first.id}, received {first.received_at:%d %B %Y}: {first.about}.")
    print("What may be done with it now?")
    for stage in (crmkit.complaints.Stage.ACKNOWLEDGED, crmkit.complaints.Stage.CLOSED):
        print(f"  {first.explain(stage).sentence('en')}")


def told(what: str, result: Imported, why: str) -> None:
    """Print what an import did, and the first of the rows that were refused."""
    print(f"{what}: {result.rows:,} read, {result.records:,} stored, {result.refused:,} refused.")
    if result.rejected:
        print(f"  {why}. The first of them:\n  {result.rejected[0]}")


def heading(title: str) -> None:
    print(f"\n{title}\n{'-' * len(title)}")


if __name__ == "__main__":
    main()
