# /// script
# requires-python = ">=3.11"
# dependencies = ["crmkit"]
#
# [tool.uv.sources]
# crmkit = { path = "..", editable = true }
# ///
"""A first day with crmkit, on the real orders of 2,357 customers of a shop for music CDs.

It opens a file, imports customers and orders, tells what the customers are worth and what they say,
takes one complaint through the desk, and puts an old version of a record back.
"""

import csv
import random
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import crmkit
from crmkit.app import CRM
from crmkit.complaints import Stage
from crmkit.errors import TransitionError
from crmkit.satisfaction import nps
from crmkit.value import abc_classes, explain_abc_class, rfm_table


SAMPLE = Path(__file__).parent / "data" / "CDNOW_sample.txt"
SHOP = "America/New_York"  # where the shop's days begin and end
SEED = 7  # of the answers, which are made up
BAD_ROWS = [
    ("9001", "1997-02-30", "19.99"),  # there is no such day
    ("9002", "1997-03-01", "free"),  # no amount
    ("", "1997-03-02", "5.00"),  # nobody
]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "crm.db"
        with crmkit.open(f"sqlite:///{file}", actor="ann") as crm:
            bring_in(crm, Path(folder))
            tell_worth(crm)
            tell_satisfaction(crm)
            handle_a_complaint(crm)
            put_a_version_back(crm)


def bring_in(crm: CRM, folder: Path) -> None:
    heading("Import: two CSV files into one SQLite file")
    orders = [*sample(), *BAD_ROWS]
    ids = sorted({customer for customer, _, _ in sample()}, key=int)
    write(folder / "customers.csv", ["id", "name"], [(id, f"Customer {id}") for id in ids])
    write(folder / "orders.csv", ["customer", "day", "dollars"], orders)

    customers = crm.imports.customers(folder / "customers.csv")
    imported = crm.imports.orders(
        folder / "orders.csv",
        columns={"customer_id": "customer", "ordered_at": "day", "amount": "dollars"},
        timezone=SHOP,
        currency="USD",
    )

    print(f"customers  {customers}")
    print(f"orders     {imported}")
    print(f"The {len(BAD_ROWS)} refused rows were added to the real ones to show what is said:")
    for rejected in imported.rejected:
        print(f"  {rejected}")


def tell_worth(crm: CRM) -> None:
    heading("Value: classes and habits, from the orders in the file")
    orders = crm.frames.orders()
    sales = orders.groupby("customer_id", as_index=False)["amount"].sum()
    classed = abc_classes(sales)

    print("ABC: A are the largest customers who together make 80 % of sales, B those up to 95 %.")
    print("class  customers      sales   share")
    for name, group in classed.groupby("abc_class"):
        amount, share = group["amount"].sum(), group["amount"].sum() / sales["amount"].sum()
        print(f"{name:5}  {len(group):9,}  {amount:9,.0f}  {share:6.1%}")

    median = sales.sort_values("amount").iloc[len(sales) // 2]["customer_id"]
    why = explain_abc_class(sales, median)
    print(f"Why? {why.sentence('en')}.")
    print(f"为什么？{why.sentence('zh')}。")

    # The record begins on the first day of 1997, and every customer in it bought before April.
    habits = rfm_table(
        orders,
        as_of=date(1998, 6, 30),
        unit="W",
        timezone=SHOP,
        observed_from=date(1997, 1, 1),
    )
    print("\nRFM, in weeks, to 30 June 1998; the three who came back most often:")
    print("customer  came back  last seen at age  age now  spent each time")
    for row in habits.nlargest(3, "frequency").itertuples():
        print(
            f"{row.customer_id:>8}  {row.frequency:6} ×  {row.recency:16.1f}  "
            f"{row.T:7.1f}  {row.monetary:11.2f} USD"
        )
    once = int((habits["frequency"] == 0).sum())
    print(f"{once:,} of {len(habits):,} customers bought on one day only.")


def tell_satisfaction(crm: CRM) -> None:
    heading("Satisfaction: would you recommend us?")
    chance = random.Random(SEED)
    scores = [0, 3, 5, 6, 7, 8, 9, 10]
    customers = crm.customers.find(limit=300)
    with crm.transaction() as tx:
        for customer in customers:
            (told,) = chance.choices(scores, weights=[1, 2, 3, 3, 8, 12, 16, 15])
            tx.satisfaction.record(customer=customer.id, occasion="survey 1998", recommend=told)

    score = nps(crm.frames.answers()["recommend"])
    print(f"{len(customers)} answers, made up with the fixed seed {SEED}: this shop asked nobody.")
    print(f"NPS  {score}")
    print(f"Had all customers answered, it might well be {score.low:.0f}, or {score.high:.0f}.")


def handle_a_complaint(crm: CRM) -> None:
    heading("Complaint: from receipt to the customer's word")
    nine = datetime(1998, 7, 1, 9, tzinfo=UTC)

    def at(minutes: int, by: str = "ann") -> CRM:
        return crm.acting(by=by, at=nine + timedelta(minutes=minutes))

    desk = at(0).complaints
    desk.receive(id="K-1", customer="7", about="two discs are scratched", channel="phone")
    at(20).complaints.acknowledge("K-1")
    try:
        at(21).complaints.accept("K-1")
    except TransitionError as refused:
        why = refused.explain()
        print(f"Refused: {why.sentence('en')}.")
        print(f"被拒绝：{why.sentence('zh')}。")
    at(95, "bob").complaints.investigate("K-1", note="a crate fell in the warehouse")
    at(100, "bob").complaints.respond("K-1", note="two new discs on their way")
    at(600).complaints.reject("K-1", note="customer: only one disc came")
    at(640, "bob").complaints.respond("K-1", note="the other one by courier today")
    complaint = at(1500).complaints.accept("K-1", note="customer: both play well")

    print(f"\nThe trail of the complaint, “{complaint.about}”:")
    for step in complaint.trail:
        stage = f"{step.stage.label('en'):12} {step.stage.label('zh')}"
        print(f"  {step.at:%d %b %H:%M}  {stage}  by {step.by}  {step.note}".rstrip())
    print(f"From receipt to acknowledgement: {complaint.time_in(Stage.RECEIVED)}")


def put_a_version_back(crm: CRM) -> None:
    heading("History: every version is kept")
    crm.customers.change("7", name="Chen Hong", region="Ohio")
    crm.customers.change("7", region="Nowhere", source="typing error")
    crm.history.of("7").restore(2)
    for version in crm.history.of("7"):
        record = version.record
        act = record.trail[-1].stage.label()
        print(
            f"  version {version.version}  {act:9} by {version.by}  {record.name}, {record.region}"
        )


def sample() -> Iterator[tuple[str, str, str]]:
    """Yield customer, day and dollars of each of the real orders."""
    for line in SAMPLE.read_text(encoding="ascii").splitlines():
        _, customer, day, _, dollars = line.split()
        yield str(int(customer)), f"{day[:4]}-{day[4:6]}-{day[6:]}", dollars


def write(path: Path, header: list[str], rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)


def heading(text: str) -> None:
    print(f"\n{text}\n{'─' * len(text)}")


if __name__ == "__main__":
    main()
