# /// script
# requires-python = ">=3.11"
# dependencies = ["crmkit", "pyarrow"]
#
# [tool.uv.sources]
# crmkit = { path = "..", editable = true }
# ///
"""From raw order lines to classes: a gift shop and a music shop, beside the published numbers.

The data are not part of crmkit: give the folder that holds them with --data. It has the lines of a
British gift shop, December 2010 to December 2011, in `online_retail.parquet` (UCI Online Retail),
and the orders of CDNOW, January 1997 to June 1998, in `cdnow_master.csv.gz`, with the published
one in ten of its customers in `cdnow_sample.csv` and `cdnow_customers_summary.csv`.

What is decided here: a line is worth quantity times price, in tenths of a penny, for four prices of
the gift shop are that fine. A customer's amount is what he ordered; what he cancelled is counted
beside it, and taken off where it says so.
"""

import argparse
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd

import crmkit
from crmkit.app import class_changes
from crmkit.kernel import Share
from crmkit.value import (
    ABC_SCHEME,
    HAIER,
    AbcClass,
    CustomerTier,
    SecondLookPolicy,
    abc_classes,
    concentration,
    customer_pyramid,
    customer_values,
    explain_abc_class,
    explain_second_look,
    rfm_table,
    second_look,
)


RETAIL = "online_retail.parquet"
MASTER, SAMPLE, SUMMARY = "cdnow_master.csv.gz", "cdnow_sample.csv", "cdnow_customers_summary.csv"
MILLS = 3  # decimals of a pound

# What is published: of the gift shop by the notes of the data and the studies that clean it so, of
# CDNOW by its own README.
PUBLISHED_RETAIL = {
    "lines in all": 541_909,
    "customers in all": 4_372,
    "lines without a customer": 135_080,
    "lines kept": 397_884,
    "customers kept": 4_338,
    "sales kept": 8_911_407.90,
    "share of the top 20 %, in %": 74.6,
}
PUBLISHED_CDNOW = {
    "orders": 69_659,
    "customers": 23_570,
    "sales": 2_500_315.63,
    "customers of the sample": 2_357,
}

# One year of record is too short for the library's own years.
WITHIN_A_YEAR = SecondLookPolicy(
    name="within a year",
    long_from=0.75,
    short_below=0.25,
    steady_from=Share(0.75),
    unsteady_below=Share(0.25),
    source="this example: quarters of the one year on record",
)


def main(arguments: list[str] | None = None) -> None:
    folder = chosen_folder(arguments)
    lines = retail_lines(folder)
    account_for(lines)
    kept = lines[lines["kind"] == "sold"]
    sales = by_customer(kept)
    compare_retail(lines, kept, sales)
    classed = class_them(sales)
    look_again(kept, classed)
    take_cancellations_off(lines)
    store_them(kept)
    class_music_lovers(folder)


def chosen_folder(arguments: list[str] | None) -> Path:
    """Return where the files are, or leave the program with a message and code 2."""
    parser = argparse.ArgumentParser(description="Classes of the customers of two shops.")
    parser.add_argument("--data", type=Path, required=True, help="folder of the orders")
    folder: Path = parser.parse_args(arguments).data
    wanted = (RETAIL, MASTER, SAMPLE, SUMMARY)
    if missing := [name for name in wanted if not (folder / name).is_file()]:
        parser.error(f"{folder} lacks {', '.join(missing)}: give the folder of the data")
    return folder


def retail_lines(folder: Path) -> pd.DataFrame:
    """Return every line with its kind and what it is worth in tenths of a penny."""
    raw = pd.read_parquet(folder / RETAIL)
    mills = raw["Quantity"] * (raw["UnitPrice"] * 10**MILLS).round().astype("int64")
    known, cancelled = raw["CustomerID"].notna(), raw["InvoiceNo"].str.startswith("C")
    kind = pd.Series("no price", index=raw.index)
    kind[(raw["Quantity"] > 0) & (raw["UnitPrice"] > 0)] = "sold"
    kind[cancelled] = "cancelled"
    kind[raw["StockCode"] == "B"] = "bad debt"
    return pd.DataFrame(
        {
            "customer_id": raw["CustomerID"],
            "invoice": raw["InvoiceNo"],
            "ordered_at": raw["InvoiceDate"].dt.tz_localize("Europe/London"),
            "mills": mills,
            "kind": kind.where(known, kind + ", anonymous"),
        }
    )


def account_for(lines: pd.DataFrame) -> None:
    heading("1. Every line of the gift shop, to the cent")
    print(f"{'kind of line':22}  {'lines':>8}  {'worth in £':>14}")
    for kind, part in sorted(lines.groupby("kind"), key=lambda pair: -len(pair[1])):
        print(f"{kind:22}  {len(part):8,}  {pounds(int(part['mills'].sum())):>14}")
    print(f"{'all':22}  {len(lines):8,}  {pounds(int(lines['mills'].sum())):>14}")


def by_customer(lines: pd.DataFrame) -> pd.DataFrame:
    sums = lines.groupby("customer_id")["mills"].sum()
    return pd.DataFrame({"customer_id": sums.index, "amount": sums.to_numpy() / 10**MILLS})


def compare_retail(lines: pd.DataFrame, kept: pd.DataFrame, sales: pd.DataFrame) -> None:
    heading("2. The gift shop beside the published numbers")
    found = concentration(sales, decimals=MILLS)
    ours = {
        "lines in all": len(lines),
        "customers in all": lines["customer_id"].nunique(),
        "lines without a customer": int(lines["customer_id"].isna().sum()),
        "lines kept": len(kept),
        "customers kept": found.customers,
        "sales kept": float(found.total),
        "share of the top 20 %, in %": 100 * float(found.top(0.2)),
    }
    compare(ours, PUBLISHED_RETAIL)
    print(
        f"\nGini coefficient {found.gini:.3f}; the first 1 % make {found.top(0.01)} of the sales."
    )


def class_them(sales: pd.DataFrame) -> pd.DataFrame:
    heading("3. Classes and tiers of the gift shop")
    classed = abc_classes(sales, decimals=MILLS)
    print(f"Policy {HAIER.name!r}: A to {HAIER.a_to}, B to {HAIER.b_to} of the sales.\n")
    print("class     customers        sales in £  of sales")
    total = classed["amount"].sum()
    for letter in AbcClass:
        own = classed.loc[classed["abc_class"] == letter.value, "amount"]
        print(f"{letter.value:8}  {len(own):9,}  {own.sum():16,.2f}  {own.sum() / total:8.1%}")
    print("\ntier      customers        sales in £  of sales")
    tiers = customer_pyramid(sales)
    for tier in CustomerTier:
        own = tiers.loc[tiers["tier"] == tier.value, "amount"]
        print(f"{tier.label():8}  {len(own):9,}  {own.sum():16,.2f}  {own.sum() / total:8.1%}")
    first_b = classed[classed["abc_class"] == "B"].nlargest(1, "amount")["customer_id"].item()
    why = explain_abc_class(sales, first_b, decimals=MILLS)
    print(f"\nThe largest of class B:\n{why.sentence()}.\n{why.sentence('zh')}。")
    return classed


def look_again(kept: pd.DataFrame, classed: pd.DataFrame) -> None:
    heading("4. The second look: by how long and how steadily they bought")
    at = kept["ordered_at"]
    months = 12 * at.dt.year + at.dt.month
    told = kept.assign(month=months).groupby("customer_id")
    age = (at.max() - told["ordered_at"].min()).dt.days
    since = months.max() - told["month"].min() + 1
    facts = pd.DataFrame(
        {
            "credit": pd.Series(None, index=age.index, dtype="str"),
            "dealing_years": age / 365.25,
            "steadiness": told["month"].nunique() / since,
        }
    )
    looked = second_look(classed.merge(facts.reset_index()), policy=WITHIN_A_YEAR)
    moved = looked[looked["class_reason"].notna()]
    print("The data tell nobody's credit, so that nobody is raised.\n")
    ways = Counter(
        zip(moved["abc_class"], moved["second_class"], moved["class_reason"], strict=True)
    )
    for (first, second, reason), count in sorted(ways.items()):
        print(f"{first} to {second}  {count:5,}  {reason}")
    whose = moved.nlargest(1, "amount")["customer_id"].item()
    why = explain_second_look(looked, whose, policy=WITHIN_A_YEAR)
    print(f"\nThe largest of them:\n{why.sentence()}.\nMissing: {', '.join(why.missing)}.")


def take_cancellations_off(lines: pd.DataFrame) -> None:
    heading("5. Orders less cancellations: what was, and what is")
    known = lines[lines["customer_id"].notna()]
    orders = known.assign(amount=known["mills"] / 10**MILLS)
    values = customer_values(orders, as_of=date(2011, 12, 9), current_days=91, decimals=MILLS)
    net = abc_classes(values, amount="historic_value", decimals=MILLS)
    mills = (values["historic_value"] * 10**MILLS).round().astype("int64")
    print(
        f"{len(values):,} customers ordered, less what they cancelled, for £ {pounds(mills.sum())}."
    )
    print(f"Of the last 91 days are £ {values['current_value'].sum():,.2f}.")
    gone = net[net["historic_value"] <= 0]
    letters = ", ".join(sorted(set(gone["abc_class"])))
    print(f"{len(gone)} took nothing in the end, or less: they are in class {letters}.")


def store_them(kept: pd.DataFrame) -> None:
    heading("6. Stored at the desk: September beside December")
    crm = crmkit.open(actor="ann")
    acts: Counter[str] = Counter()
    crm.subscribe(lambda saved: acts.update(one.act.value for one in class_changes(saved)))
    for day in (date(2011, 9, 9), date(2011, 12, 9)):
        closing = datetime(day.year, day.month, day.day, 23, tzinfo=UTC)
        sales = by_customer(kept[kept["ordered_at"] <= closing])
        classes = abc_classes(sales, decimals=MILLS)
        told = zip(classes["customer_id"].astype(str), classes["abc_class"], strict=True)
        acts.clear()
        crm.acting(at=closing).classes.assign(ABC_SCHEME, told)
        print(f"{day}: {', '.join(f'{count:,} {act}' for act, count in sorted(acts.items()))}")
    before = crm.classes.members("abc", at=datetime(2011, 10, 1, tzinfo=UTC))
    print(f"On the first of October {Counter(before.values())['A']:,} customers were in class A,")
    print(f"at the end {Counter(crm.classes.members('abc').values())['A']:,}.")


def class_music_lovers(folder: Path) -> None:
    heading("7. CDNOW beside the published numbers")
    orders = pd.read_csv(folder / MASTER)
    sales = orders.groupby("customer_id", as_index=False)["amount"].sum()
    sales["amount"] = sales["amount"].round(2)
    found = concentration(sales)
    sample, published = (pd.read_csv(folder / name) for name in (SAMPLE, SUMMARY))
    ours = {
        "orders": len(orders),
        "customers": found.customers,
        "sales": float(found.total),
        "customers of the sample": sample["sample_id"].nunique(),
    }
    compare(ours, PUBLISHED_CDNOW)
    counts = Counter(abc_classes(sales)["abc_class"])
    print("\nClasses: " + ", ".join(f"{letter} {counts[letter]:,}" for letter in "ABC"))
    print(f"Gini coefficient {found.gini:.3f}; the first 20 % make {found.top(0.2)} of the sales.")
    table = rfm_table(
        sample.assign(ordered_at=pd.to_datetime(sample["date"]).dt.date),
        as_of=date(1997, 9, 30),
        unit="W",
        later="leave_out",
        customer_id="sample_id",
    )
    told = table.set_index("customer_id")
    theirs = published.set_index("ID")
    same = (told["frequency"] == theirs["frequency"]) & (
        (told[["recency", "T"]] - theirs[["recency", "T"]]).abs().max(axis="columns") < 0.0051
    )
    print(f"Frequency, recency and T of {same.sum():,} of {len(theirs):,} are as published.")


def compare(ours: dict[str, float], published: dict[str, float]) -> None:
    print(f"{'':28}  {'ours':>14}  {'published':>14}")
    for name, value in published.items():
        form = ",.0f" if isinstance(value, int) else (",.2f" if value > 100 else ".1f")
        print(f"{name:28}  {ours[name]:14{form}}  {value:14{form}}")


def pounds(mills: int) -> str:
    """Write tenths of a penny as pounds, with the tenth where there is one."""
    whole = f"{mills / 10**MILLS:,.3f}"
    return whole[:-1] if whole.endswith("0") else whole


def heading(title: str) -> None:
    print(f"\n{title}\n{'-' * len(title)}")


if __name__ == "__main__":
    main()
