# /// script
# requires-python = ">=3.11"
# dependencies = ["crmkit", "pyarrow"]
#
# [tool.uv.sources]
# crmkit = { path = "..", editable = true }
# ///
"""What customers will be worth: a music shop and a gift shop, beside the published numbers.

The data are not part of crmkit: give the folder that holds them with --data. It has the orders of
CDNOW, January 1997 to June 1998, in `cdnow_master.csv.gz`, with the published one in ten of its
customers in `cdnow_sample.csv`, and the lines of a British gift shop, December 2010 to December
2011, in `online_retail.parquet` (UCI Online Retail).

What is decided here: models know the first 39 weeks of the music shop, and are judged by the other
39; of the gift shop they know all but the last fourteen weeks. Lines of the gift shop count where a
customer is known, and both quantity and price are above 0. The later weeks are its Christmas trade.
"""

import argparse
import warnings
from datetime import date
from pathlib import Path

import pandas as pd

from crmkit.value import (
    BGNBD,
    MBGNBD,
    GammaGamma,
    HoldOut,
    ModelRace,
    ParetoNBD,
    buying_rhythms,
    check_drift,
    check_intervals,
    compare_models,
    conditional_expectations,
    hold_out,
    tracking_table,
)
from crmkit.value.lifetime import TimedModel


MASTER, SAMPLE, RETAIL = "cdnow_master.csv.gz", "cdnow_sample.csv", "online_retail.parquet"
FIRST, CUT, UNTIL = date(1997, 1, 1), date(1997, 9, 30), date(1998, 6, 30)
RETAIL_CUT, RETAIL_UNTIL = date(2011, 9, 2), date(2011, 12, 9)

# Of the sample, in weeks: Fader, Hardie and Lee (2005), table 2, for BG/NBD and Pareto/NBD;
# Batislam et al. (2007) for MBG/NBD, without a likelihood; Fader and Hardie (2013) for the spend.
PUBLISHED = {
    BGNBD: ((0.243, 4.414, 0.793, 2.426), -9582.4),
    MBGNBD: ((0.525, 6.183, 0.891, 1.614), None),
    ParetoNBD: ((0.553, 10.578, 0.606, 11.669), -9595.0),
}
PUBLISHED_SPEND = (6.25, 3.74, 15.44)


def main(arguments: list[str] | None = None) -> None:
    folder = chosen_folder(arguments)
    sample = orders_of(folder / SAMPLE, "sample_id")
    held = hold_out(sample, cut=CUT, until=UNTIL, observed_from=FIRST)
    beside_the_published(held.table)
    heading("2. The sample: 39 weeks that no model had seen")
    race = judged(held)
    track(race, sample, held)
    heading("3. All customers of the music shop")
    judged(
        hold_out(
            orders_of(folder / MASTER, "customer_id"), cut=CUT, until=UNTIL, observed_from=FIRST
        )
    )
    worth(held.table)
    heading("5. The gift shop: the last fourteen weeks before Christmas")
    bought = retail_orders(folder)
    judged(hold_out(bought, cut=RETAIL_CUT, until=RETAIL_UNTIL))
    rhythms = buying_rhythms(bought, as_of=RETAIL_UNTIL)
    print(
        f"\nOf {len(rhythms):,} customers {rhythms['regular'].sum():,} buy like clocks. By the "
        "season nobody can be\nsaid to buy: that takes two years, and one is on record."
    )


def chosen_folder(arguments: list[str] | None) -> Path:
    """Return where the files are, or leave the program with a message and code 2."""
    parser = argparse.ArgumentParser(description="Lifetime value of the customers of two shops.")
    parser.add_argument("--data", type=Path, required=True, help="folder of the orders")
    folder: Path = parser.parse_args(arguments).data
    wanted = (MASTER, SAMPLE, RETAIL)
    if missing := [name for name in wanted if not (folder / name).is_file()]:
        parser.error(f"{folder} lacks {', '.join(missing)}: give the folder of the data")
    return folder


def orders_of(path: Path, customer: str) -> pd.DataFrame:
    raw = pd.read_csv(path)
    days = pd.to_datetime(raw["date"].astype(str)).dt.date
    return pd.DataFrame({"customer_id": raw[customer], "ordered_at": days, "amount": raw["amount"]})


def retail_orders(folder: Path) -> pd.DataFrame:
    raw = pd.read_parquet(folder / RETAIL)
    kept = raw[raw["CustomerID"].notna() & (raw["Quantity"] > 0) & (raw["UnitPrice"] > 0)]
    return pd.DataFrame(
        {
            "customer_id": kept["CustomerID"].astype("int64"),
            "ordered_at": kept["InvoiceDate"].dt.tz_localize("Europe/London"),
            "amount": kept["Quantity"] * kept["UnitPrice"],
        }
    )


def beside_the_published(table: pd.DataFrame) -> None:
    heading("1. The sample beside the published parameters, in weeks")
    print(f"{'':24}{'parameters':^36}  log-likelihood")
    for model, (parameters, likelihood) in PUBLISHED.items():
        fitted = model.fit(table)
        ours, theirs = (numbers(row) for row in (fitted.parameters.values(), parameters))
        print(f"{model.__name__:12}{'ours':12}{ours}  {fitted.log_likelihood:14.1f}")
        told = "not printed" if likelihood is None else f"{likelihood:.1f}"
        print(f"{'':12}{'published':12}{theirs}  {told:>14}")
    spend = GammaGamma.fit(table)
    print(f"{'GammaGamma':12}{'ours':12}{numbers(spend.parameters.values())}")
    print(f"{'':12}{'published':12}{numbers(PUBLISHED_SPEND)}")


def judged(held: HoldOut[pd.DataFrame]) -> ModelRace:
    """Race the models on a hold-out, and say how good their intervals are."""
    with warnings.catch_warnings(record=True, action="always") as said:
        race = compare_models(held)
    print(
        f"{len(held.table):,} customers known on {held.cut}; they bought on "
        f"{held.table['counted'].sum():,} days until {held.until}.\n"
    )
    print("model      log score    CRPS   Brier   expected     error  held by intervals  foretold")
    for score in race.origins[0].scores:
        check = check_intervals(score.model, held)
        print(
            f"{score.name:9}  {score.log_score:9.4f}  {score.crps:6.4f}  {score.brier:6.4f}  "
            f"{score.expected:9,.0f}  {score.error:+8.1%}  {check.coverage.value:17.1%}  "
            f"{check.promised:8.1%}"
        )
    print("\nfitted by the cut:")
    for score in race.origins[0].scores:
        print(f"{plain(score.model)!r}")
    for warning in said:
        print(f"\nNote: {warning.message}.")
    best = plain(race.origins[0].scores[0].model)
    print(f"\n{race.explain()}.")
    print(f"{check_intervals(best, held).explain()}.")
    print(f"{check_drift(best, held).explain()}.")
    return race


def plain(model: object) -> TimedModel:
    """Return a model that was raced: here are no covariates."""
    assert isinstance(model, TimedModel)
    return model


def track(race: ModelRace, orders: pd.DataFrame, held: HoldOut[pd.DataFrame]) -> None:
    model = plain(race.origins[0].score(BGNBD).model)
    weeks = tracking_table(model, orders, cut=held.cut, until=held.until, every=13)
    print("\nBG/NBD as it tracks repeat purchases, by quarters of 13 weeks:")
    print("until          expected   counted   held out")
    for row in weeks.itertuples():
        told = f"{row.expected_so_far:8,.0f}  {row.counted_so_far:8,}"
        print(f"{row.period_end}  {told:>22}   {'yes' if row.held_out else 'no'}")
    print("\nMean purchases of the 39 weeks, by purchases before:")
    print("before  customers  expected  counted")
    means = conditional_expectations(model, held)
    for row in means.itertuples():
        often = f"{row.Index}{'+' if row.Index == means.index[-1] else ''}"
        print(f"{often:6}  {row.customers:9,}  {row.expected:8.2f}  {row.counted:7.2f}")


def worth(table: pd.DataFrame) -> None:
    heading("4. What the sample is worth in a year: margin 30 %, discount 15 %")
    model, spend = MBGNBD.fit(table), GammaGamma.fit(table)
    told = model.clv(table, 52, 0.15, spend=spend, margin=0.3)
    told = model.p_active(told, 52)
    ordered = told.sort_values("clv", ascending=False)
    fifth = len(ordered) // 5
    share = ordered["clv"].head(fifth).sum() / ordered["clv"].sum()
    print(
        f"All {len(told):,} together: {told['clv'].sum():,.0f}; the first fifth {share:.0%} of it."
    )
    newcomer = model.new_customer()
    print(f"A new customer: {newcomer.clv(52, 0.15, spend=spend, margin=0.3):.2f} besides what he "
          "brings at once.")  # fmt: skip
    print("\ncustomer  bought again  P(buys in 52 weeks)     worth   from      to")
    for row in ordered.head(5).itertuples():
        print(
            f"{row.customer_id:8}  {row.frequency:12}  {row.p_active:19.0%}  {row.clv:8.2f}  "
            f"{row.clv_low:5.0f}  {row.clv_high:6.0f}"
        )


def numbers(values: object) -> str:
    return "  ".join(f"{value:7.3f}" for value in values).ljust(36)  # type: ignore[attr-defined]  # floats


def heading(title: str) -> None:
    print(f"\n{title}\n{'-' * len(title)}")


if __name__ == "__main__":
    main()
