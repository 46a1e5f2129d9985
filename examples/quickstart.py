# /// script
# requires-python = ">=3.11"
# dependencies = ["crmkit"]
#
# [tool.uv.sources]
# crmkit = { path = "..", editable = true }
# ///
"""A first day with crmkit, on the real orders of an online music shop.

From a text file to answers: who makes the sales, who comes back, who recommends us, and what
becomes of a complaint. Everything is kept in one SQLite file, which is thrown away at the end.
"""

import csv
import random
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import fill

import crmkit
from crmkit.complaints import Stage
from crmkit.errors import TransitionError
from crmkit.satisfaction import nps
from crmkit.value import abc_classes, explain_abc_class, rfm_table


SAMPLE = Path(__file__).parent / "data" / "CDNOW_sample.txt"
BAD_ROWS = [
    ("9001", "19970230", "19.99"),  # February has no thirtieth
    ("9002", "19970301", "free"),
    ("", "19970302", "5.00"),
]


def main() -> None:
    print(f"The orders of an online music shop, January 1997 to June 1998, from {SAMPLE.name}")
    print("(real customers of CDNOW, without names). Everything is kept in one SQLite file.")
    with (
        TemporaryDirectory() as name,
        crmkit.open(f"sqlite:///{Path(name, 'crm.db')}", actor="ann") as crm,
    ):
        bring_in(crm, Path(name))
        class_by_sales(crm)
        see_who_comes_back(crm)
        ask_who_recommends_us(crm)
        handle_a_complaint(crm)
        undo_a_mistake(crm)


def bring_in(crm: crmkit.CRM, folder: Path) -> None:
    heading("1. Bring in customers and orders")
    lines = [line.split() for line in SAMPLE.read_text(encoding="utf-8").splitlines()]
    orders = [(str(int(customer)), day, dollars) for _, customer, day, _, dollars in lines]
    people = {id: f"Customer {id}" for id, _, _ in orders}
    write(folder / "customers.csv", [("id", "name"), *people.items()])
    write(folder / "orders.csv", [("customer", "day", "dollars"), *orders, *BAD_ROWS])

    print(f"customers: {crm.imports.customers(folder / 'customers.csv')}")
    result = crm.imports.orders(
        folder / "orders.csv",
        columns={"customer_id": "customer", "ordered_at": "day", "amount": "dollars"},
        time_format="%Y%m%d",
        timezone="America/New_York",
        currency="USD",
    )
    print(f"orders:    {result}")
    print(f"\nThe last {len(BAD_ROWS)} orders are bad rows that this example added on purpose:")
    for rejected in result.rejected:
        print(f"  {rejected}")


def class_by_sales(crm: crmkit.CRM) -> None:
    heading("2. Who makes the sales?")
    sales = crm.frames.orders().groupby("customer_id", as_index=False)["amount"].sum()
    classed = abc_classes(sales)
    print(
        "Class A: the largest customers, up to 80 % of sales; B: the next, up to 95 %; C: the rest."
    )
    print("\nclass  customers   share       sales, USD   share")
    for letter, group in classed.groupby("abc_class")["amount"]:
        heads, dollars = len(group) / len(sales), group.sum() / sales["amount"].sum()
        print(f"{letter:5}  {len(group):9,}  {heads:6.1%}  {group.sum():15,.2f}  {dollars:6.1%}")

    middle = sales.sort_values("amount").iloc[len(sales) // 2]["customer_id"]
    why = explain_abc_class(sales, middle)
    print("\nWhy is the customer in the middle where he is? Every verdict explains itself:")
    say(why.sentence("en"), indent="  ")
    say(why.sentence("zh"), indent="  ")


def see_who_comes_back(crm: crmkit.CRM) -> None:
    heading("3. Who comes back?")
    habits = rfm_table(
        crm.frames.orders(),
        as_of=date(1998, 6, 30),
        unit="W",
        timezone="America/New_York",
        observed_from=date(1997, 1, 1),
    )
    print("Counted in weeks, up to 30 June 1998, on the days of New York:")
    print("  frequency  days with a purchase after the first one")
    print("  recency    weeks from the first purchase to the last")
    print("  T          weeks from the first purchase to 30 June 1998")
    print("  monetary   dollars spent on such a day, on average\n")
    best = habits.nlargest(5, "frequency").drop(columns=["maybe_older", "amount", "unit"])
    print(best.round(2).to_string(index=False))
    never = int((habits["frequency"] == 0).sum())
    print(f"\n{never:,} of {len(habits):,} customers never came back.")
    older = int(habits["maybe_older"].sum())
    say(
        "observed_from says that all orders since 1 January 1997 are on record. Customers who had "
        "bought before would be marked maybe_older, for nobody knows how long they have been here: "
        f"{older} are."
    )


def ask_who_recommends_us(crm: crmkit.CRM) -> None:
    heading("4. Who recommends us?")
    print("THESE ANSWERS ARE INVENTED (fixed seed): the shop asked nobody.")
    chance = random.Random(7)
    scores, weights = [0, 3, 5, 6, 7, 8, 9, 10], [1, 2, 3, 3, 8, 12, 16, 15]
    with crm.transaction() as tx:  # all of it is saved at the end, or nothing
        for customer in crm.customers.find(limit=300):
            (answer,) = chance.choices(scores, weights=weights)
            tx.satisfaction.record(customer=customer.id, occasion="survey 1998", recommend=answer)

    score = nps(crm.frames.answers()["recommend"])
    say("Net Promoter Score: the share of answers 9 or 10, less the share of 0 to 6, in points.")
    say(
        f"It is {score.value:.0f}, from {score.n} answers. Had all customers been asked, it might "
        f"well be anything from {score.low:.0f} to {score.high:.0f}: so wide is the interval that "
        f"is right {score.confidence:.0%} of the time."
    )


def handle_a_complaint(crm: crmkit.CRM) -> None:
    heading("5. A complaint, from the call to the customer's word")
    say("At nine customer 7 rings up: two discs are scratched. Ann takes it in as complaint K-1.")
    nine = datetime(1998, 7, 1, 9, tzinfo=UTC)

    def desk(minutes: int, *, by: str = "ann") -> "crmkit.app.ComplaintsDesk":
        return crm.acting(by=by, at=nine + timedelta(minutes=minutes)).complaints

    desk(0).receive(id="K-1", customer="7", about="two discs are scratched", channel="phone")
    desk(20).acknowledge("K-1")
    try:
        desk(21).accept("K-1")
    except TransitionError as refused:
        print("She would like to close it at once. The desk refuses, and says why:")
        if why := refused.explain():
            say(why.sentence("en"), indent="  ")
            say(why.sentence("zh"), indent="  ")
    desk(95, by="bob").investigate("K-1", note="a crate fell in the warehouse")
    desk(100, by="bob").respond("K-1", note="two new discs on their way")
    desk(600).reject("K-1", note="only one disc came")
    desk(640, by="bob").respond("K-1", note="the other one by courier today")
    complaint = desk(1500).accept("K-1", note="both play well")

    print("\nSo it goes the whole way. Its trail can be continued, never changed:")
    for step in complaint.trail:
        label = f"{step.stage.label('en'):12} {step.stage.label('zh')}"
        print(f"  {step.at:%d %b %H:%M}  {label}  by {step.by}  {step.note}".rstrip())
    waited = complaint.time_in(Stage.RECEIVED).total_seconds() / 60
    print(f"\n{waited:.0f} minutes passed until the customer was told that we have it.")


def undo_a_mistake(crm: crmkit.CRM) -> None:
    heading("6. A mistake, and its undoing")
    crm.customers.change("7", name="Chen Hong", region="Ohio")
    crm.customers.change("7", region="Nowhere", source="typing error")
    crm.history.of("7").restore(2)
    print("Every version of customer 7 is kept; putting back the second one made a fourth:")
    for version in crm.history.of("7", kind="customer"):
        if customer := version.record:  # none where it was deleted
            act = customer.trail[-1].stage.label()
            print(f"  {version.version}  {act:9} {customer.name}, {customer.region or '-'}")


def say(text: str, indent: str = "") -> None:
    print(fill(text, width=98, initial_indent=indent, subsequent_indent=indent * 2))


def heading(title: str) -> None:
    print(f"\n{title}\n{'-' * len(title)}")


def write(path: Path, rows: Iterable[tuple[str, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


if __name__ == "__main__":
    main()
