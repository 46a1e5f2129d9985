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
    parser = argparse.ArgumentParser(description="Late deliveries and satisfaction at Olist.")
    parser.add_argument("--data", type=Path, required=True, help="folder of the csv.gz files")
    folder: Path = parser.parse_args(arguments).data
    paths = {name: folder / f"{name}.csv.gz" for name in FILES}
    if missing := [str(path) for path in paths.values() if not path.is_file()]:
        parser.error(f"there is no {' and no '.join(missing)}: give the folder of the Olist data")
    with (
        TemporaryDirectory() as name,
        crmkit.open(f"sqlite:///{Path(name, 'crm.db')}", actor="ann") as crm,
    ):
        orders = bring_in(crm, paths)
        count_late_deliveries(orders)
        compare_satisfaction(crm, orders)
        look_at_complaints(crm, orders)


def bring_in(crm: crmkit.CRM, paths: Mapping[str, Path]) -> pd.DataFrame:
    """Bring everything in; return the orders with their deliveries, of which crmkit knows nothing."""
    heading("1. Bring in customers, orders and reviews")
    customers = crm.imports.customers(
        paths["customers"],
        columns={
            "id": "customer_unique_id",
            "name": "customer_unique_id",  # the data are anonymous
            "address_city": "customer_city",
            "address_region": "customer_state",
        },
    )
    told("customers", customers, "the customer came twice, with another order")

    tables = {name: pd.read_csv(path, dtype=str) for name, path in paths.items()}
    paid = tables["order_payments"].astype({"payment_value": float})
    amounts = paid.groupby("order_id", as_index=False)["payment_value"].sum()
    owners = tables["customers"][["customer_id", "customer_unique_id"]]
    orders = tables["orders"].merge(owners, how="left").merge(amounts, how="left")
    columns = {"customer_id": "customer_unique_id"}
    result = crm.imports.orders(
        orders,
        columns=columns | {"ordered_at": "order_purchase_timestamp", "amount": "payment_value"},
        currency="BRL",
        timezone=ZONE,
        time_format=WRITTEN,
    )
    told("orders", result, "no payment is on record")

    reviews = tables["order_reviews"].merge(orders, how="left", on="order_id")
    columns |= {"occasion": "order_id", "satisfied": "review_score"}
    result = crm.imports.answers(
        reviews,
        columns=columns | {"answered_at": "review_answer_timestamp"},
        timezone=ZONE,
        time_format=WRITTEN,
    )
    told("reviews", result, "")

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
    told(f"complaints, one for each review of 1 to {COMPLAINS_TO}", result, "")
    return with_deliveries(orders)


def with_deliveries(orders: pd.DataFrame) -> pd.DataFrame:
    """Add whether an order was delivered, and whether on a later day than was promised."""
    came = pd.to_datetime(orders["order_delivered_customer_date"], format=WRITTEN)
    promised = pd.to_datetime(orders["order_estimated_delivery_date"], format=WRITTEN)
    return orders.assign(delivered=came.notna(), late=came.dt.normalize() > promised.dt.normalize())


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
    print(
        f"\nA late delivery goes with {gap.value:.2f} points less ({gap.low:.2f} to {gap.high:.2f})."
    )


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


def told(what: str, result: Imported, reason: str) -> None:
    """Print what an import did; the rows that were refused are told by an example."""
    print(f"{what}: {result.rows:,} read, {result.records:,} stored, {result.refused:,} refused")
    if result.rejected:
        print(f"  {reason or 'the first'}: {result.rejected[0]}")


def heading(title: str) -> None:
    print(f"\n{title}\n{'-' * len(title)}")


if __name__ == "__main__":
    main()
