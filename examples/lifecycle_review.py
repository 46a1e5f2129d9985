# /// script
# requires-python = ">=3.11"
# dependencies = ["crmkit", "pyarrow"]
#
# [tool.uv.sources]
# crmkit = { path = "..", editable = true }
# ///
"""How far the customers of two shops are: stages, moves, value, who is at risk, and who came back.

The data are not part of crmkit: give the folder that holds them with --data. It has the orders of
CDNOW, January 1997 to June 1998, in `cdnow_master.csv.gz`, and the lines of a British gift shop,
December 2010 to December 2011, in `online_retail.parquet` (UCI Online Retail).

What is decided here: stages are inferred by `STATE_RULES`, every four weeks, from orders alone.
Nobody told what the shops earn, so that values are sales. An order of which all was cancelled on
its own day was no purchase, such as that of customer 12346 for 77,183.60; what went back later was
bought all the same. What was foretold, and who was warned, at a cut-off is held against what
happened after it: the stages of a day hang on nothing later.
"""

import argparse
import math
import warnings
from datetime import date, timedelta
from pathlib import Path

import attrs
import pandas as pd

from crmkit.errors import AssumptionWarning
from crmkit.lifecycle import (
    CUSTOMER_STATE,
    STATE_RULES,
    Behaviour,
    MarkovValue,
    Population,
    explain_stage,
    infer_stages,
    loss_warnings,
    stage_chain,
    stage_counts,
    stage_dwell,
    stage_exits,
    stage_history,
    stage_homogeneity_test,
    stage_order_test,
)
from crmkit.stats import GroupSize, MarkovChain, SmallGroupRule, wilson
from crmkit.value import trace_returns


CDNOW, RETAIL = "cdnow_master.csv.gz", "online_retail.parquet"
STEP = STATE_RULES.step  # days
YEAR = 13  # steps
YEARLY_RATE = 0.10
WARNED, GONE = "at_risk", ("dormant", "lost")
SMALL_GROUPS = SmallGroupRule()
WAITING = 182  # days after a warning


@attrs.frozen(eq=False)
class Shop:
    """Orders by local day, since when and up to when all are known, and a day to look ahead from.

    The customers of CDNOW are those who bought for the first time early in 1997; of the other shop
    nobody knows who bought before the record.
    """

    name: str
    orders: pd.DataFrame
    as_of: date
    cut_off: date
    observed_from: date | None
    cancelled: int = 0  # orders left out


def main(arguments: list[str] | None = None) -> None:
    folder = chosen_folder(arguments)
    for shop in (music_shop(folder), gift_shop(folder)):
        review(shop)


def chosen_folder(arguments: list[str] | None) -> Path:
    """Return where the files are, or leave the program with a message and code 2."""
    parser = argparse.ArgumentParser(description="Stages of the customers of two shops.")
    parser.add_argument("--data", type=Path, required=True, help="folder of the orders")
    folder: Path = parser.parse_args(arguments).data
    if missing := [name for name in (CDNOW, RETAIL) if not (folder / name).is_file()]:
        parser.error(f"{folder} lacks {', '.join(missing)}: give the folder of the data")
    return folder


def music_shop(folder: Path) -> Shop:
    orders = pd.read_csv(folder / CDNOW, usecols=["customer_id", "date", "amount"])
    days = pd.to_datetime(orders.pop("date")).dt.date
    return Shop(
        "CDNOW",
        orders.assign(ordered_at=days),
        as_of=date(1998, 6, 30),
        cut_off=date(1997, 12, 31),
        observed_from=date(1997, 1, 1),
    )


def gift_shop(folder: Path) -> Shop:
    lines = pd.read_parquet(folder / RETAIL)
    lines = lines[lines["CustomerID"].notna() & (lines["UnitPrice"] > 0)]
    gone = cancelled_at_once(lines)
    lines = lines[(lines["Quantity"] > 0) & ~lines["InvoiceNo"].isin(gone)]
    lines = lines.assign(amount=lines["Quantity"] * lines["UnitPrice"])
    by_order = lines.groupby(["CustomerID", "InvoiceNo"], as_index=False).agg(
        ordered_at=("InvoiceDate", "min"), amount=("amount", "sum")
    )
    orders = by_order.rename(columns={"CustomerID": "customer_id"}).drop(columns="InvoiceNo")
    orders["customer_id"] = orders["customer_id"].astype("int64")
    orders["ordered_at"] = orders["ordered_at"].dt.date
    return Shop(
        "Online Retail",
        orders,
        as_of=date(2011, 12, 9),
        cut_off=date(2011, 8, 31),
        observed_from=None,
        cancelled=len(gone),
    )


def cancelled_at_once(lines: pd.DataFrame) -> set[str]:
    """Return the orders of which nothing was left at the end of their day."""
    entry = (lines["Quantity"] > 0).map({True: "order", False: "cancellation"})
    times = lines["InvoiceDate"].dt.tz_localize("Europe/London")
    traced = trace_returns(
        lines.assign(entry=entry, InvoiceDate=times),
        product="StockCode",
        customer_id="CustomerID",
        ordered_at="InvoiceDate",
    )
    key = ["CustomerID", "StockCode", "placed"]
    back = traced[traced["InvoiceDate"].dt.date == traced["original_at"].dt.date]
    back = back.rename(columns={"original_at": "placed"}).groupby(key)["Quantity"].sum()
    sold = traced[traced["entry"] == "order"].rename(columns={"InvoiceDate": "placed"})
    left = sold.groupby([*key, "InvoiceNo"], as_index=False)["Quantity"].sum()
    left = left.merge(back.rename("back").reset_index(), how="left", on=key)
    is_gone = left["Quantity"] + left["back"].fillna(0) == 0
    all_gone = is_gone.groupby(left["InvoiceNo"]).all()
    return set(all_gone.index[all_gone])


def review(shop: Shop) -> None:
    heading(f"{shop.name}: {len(shop.orders):,} orders up to {shop.as_of}", "=")
    if shop.cancelled:
        print(f"Cancelled on their own day, and left out: {shop.cancelled:,} more.")
    history = stage_history(
        shop.orders, rules=STATE_RULES, lifecycle=CUSTOMER_STATE, as_of=shop.as_of
    )
    population = populated(history)
    show_months(population)
    show_older(shop)
    show_moves(population)
    show_stays(population)
    judge_value(shop, history)
    show_value(shop, history)
    show_at_risk(shop)
    judge_warning(shop, history, population)


def populated(history: pd.DataFrame) -> Population[pd.DataFrame]:
    """Read inferred stages as moves; what was inferred on a day holds until the next one."""
    as_of = date.fromisoformat(history["as_of"].max()) + timedelta(days=STEP - 1)
    return Population.read(history, as_of=as_of, lifecycle=CUSTOMER_STATE, moved_at="as_of")


def show_months(population: Population[pd.DataFrame]) -> None:
    heading("Stages by month")
    counts = stage_counts(population)
    codes = CUSTOMER_STATE.codes[1:]  # who is on record has bought
    print(f"{'end of':10}" + "".join(f"{code:>10}" for code in codes))
    ends: list[date] = sorted(set(counts["until"].tolist()))
    for until in ends:
        rows = counts[counts["until"] == until]
        told = dict(zip(rows["stage"], rows["customers"], strict=True))
        month = f"{until - timedelta(days=1):%Y-%m}"
        print(f"{month:10}" + "".join(f"{told[code]:10,}" for code in codes))


def show_older(shop: Shop) -> None:
    """Say whose first purchase may lie before the record: in its first weeks they look new."""
    told = infer_stages(
        shop.orders,
        rules=STATE_RULES,
        lifecycle=CUSTOMER_STATE,
        as_of=shop.as_of,
        observed_from=shop.observed_from,
    )
    older, last = int(told["maybe_older"].sum()), told["as_of"].max()
    later = shop.orders["customer_id"].nunique() - len(told)
    print(f"Of {len(told):,} customers, {older:,} may have bought before the record begins.")
    print(f"{later:,} more began after {last}, the last day of the grid, and have no stage yet.")


def show_moves(population: Population[pd.DataFrame]) -> None:
    heading(f"From stage to stage in {STEP} days, in %")
    chain = stage_chain(population, every=STEP)
    seen = stages_seen(chain)
    print(f"{'from / to':10}" + "".join(f"{code:>10}" for code in seen) + f"{'moves':>12}")
    assert chain.n is not None
    for code, row, n in zip(chain.states, chain.p, chain.n, strict=True):
        if SMALL_GROUPS.of(sum(n)).is_kept_back:
            print(f"{code:10}  kept back: too few")
        elif code in seen:
            cells = [
                f"{100 * p:10.1f}" if p else f"{'.':>10}"
                for to, p in zip(chain.states, row, strict=True)
                if to in seen
            ]
            print(f"{code:10}{''.join(cells)}{sum(n):12,}")
    table = chain.table()
    widest = (
        table[table["group_size"] == "shown"]
        .assign(width=table["high"] - table["low"])
        .nlargest(1, "width")
    )
    one = widest.iloc[0]
    print(
        f"\nThe least certain of rows with thirty moves and more: {one['state']} to {one['next']}, "
        f"{one['p']:.1%} ({one['low']:.1%} to {one['high']:.1%})."
    )
    print("\nMay the matrix be taken for a chain that remembers nothing, and never changes?")
    with warnings.catch_warnings(record=True, action="always", category=AssumptionWarning) as told:
        tests = [
            stage_order_test(population, every=STEP),
            stage_homogeneity_test(population, every=STEP),
        ]
    for test in tests:
        print(f"* {test.explain().sentence()}.")
    for advice in told:
        print(f"  Note: {advice.message}.")


def stages_seen(chain: MarkovChain) -> list[str]:
    """Return the stages that customers were in at the beginning or the end of a step."""
    counts = pd.DataFrame(chain.n, index=chain.states, columns=chain.states)
    moves = counts.sum(axis=0) + counts.sum(axis=1)
    return [code for code in chain.states if moves[code]]


def show_stays(population: Population[pd.DataFrame]) -> None:
    heading("How long they stay")
    print(f"{'stage':10}{'stays':>10}{'ended':>10}{'half have left by':>22}")
    for row in stage_dwell(population).to_dict("records"):
        if row["n"]:
            median = "not yet" if pd.isna(row["median"]) else f"{row['median'].days} days"
            if row["group_size"] == "suppressed":
                median = "kept back: too few"
            print(f"{row['stage']:10}{row['n']:10,}{row['ended']:10,}{median:>22}")


def judge_value(shop: Shop, history: pd.DataFrame) -> None:
    """Tell what a customer is worth by his stage, and hold the foretold against what came."""
    spent = spent_by_step(shop, history)
    last = history.loc[history["as_of"] <= shop.cut_off.isoformat(), "as_of"].max()
    steps = int((spent["as_of"].loc[spent["as_of"] >= last]).nunique())
    heading(f"Sales foretold on {last}, for {steps} steps of {STEP} days, and what came")
    known = spent[spent["ends"] <= last]
    before = MarkovValue(
        stage_chain(populated(history[history["as_of"] <= last]), every=STEP),
        rewards_of(known),
        discount=0,
    )
    told = before.interval(steps - 1, rng=1997).set_index("stage")
    later = spent[spent["as_of"] >= last].groupby("customer_id")["amount"].sum()
    then = history[history["as_of"] == last].set_index("customer_id")["stage"]
    came = later.reindex(then.index).groupby(then).mean()
    print(f"{'stage':10}{'customers':>10}{'foretold each':>15}{'interval':>20}{'came':>10}")
    ratios = {}
    for stage in told.index.intersection(came.index):
        row, n = told.loc[stage], int((then == stage).sum())
        ends = f"{row['low']:.2f} to {row['high']:.2f}"
        start = f"{stage:10}{n:10,}{row['value']:15.2f}{ends:>20}"
        if not SMALL_GROUPS.of(n).is_shown:
            print(f"{start}{'kept back: too few':>20}")
            continue
        print(f"{start}{came[stage]:10.2f}{few(n)}")
        if came[stage] > 0:
            ratios[stage] = float(row["value"] / came[stage])
    print(
        "The intervals are of the chances alone, as if stages were a chain and sales did not vary."
    )
    worst = max(ratios, key=lambda stage: abs(math.log(ratios[stage])))
    print(f"Furthest off: {worst}, foretold {ratios[worst]:.1f} times what came. Where the tests")
    print("above refute the chain, believe it for a step or two, and not for half a year.")


def show_value(shop: Shop, history: pd.DataFrame) -> None:
    """Tell what the customers of each stage are expected to buy for within a year."""
    rate = (1 + YEARLY_RATE) ** (STEP / 365) - 1
    chain = stage_chain(populated(history), every=STEP)
    worth = MarkovValue(chain, rewards_of(spent_by_step(shop, history)), discount=rate)
    heading(f"Expected sales of a year by stage, discounted at {YEARLY_RATE:.0%} a year")
    values = worth.interval(YEAR - 1, rng=1998).set_index("stage")
    for stage in stages_seen(chain):
        row = values.loc[stage]
        ends = f"({row['low']:.2f} to {row['high']:.2f})"
        print(f"{stage:10}{row['reward']:10.2f} a step{row['value']:12.2f} a year {ends}")
    print(
        "Nobody is lost for good in this chain: the further one looks, the more stages are alike."
    )


def spent_by_step(shop: Shop, history: pd.DataFrame) -> pd.DataFrame:
    """Return for each customer and day of the grid what he spent in the step after it.

    Steps that are not over are left out, and so is what was spent before a customer's first day.
    """
    first = pd.Timestamp(STATE_RULES.anchor)
    days = (pd.to_datetime(shop.orders["ordered_at"]) - first).dt.days
    grid = first + pd.to_timedelta((days - 1) // STEP * STEP, unit="D")
    sums = (
        shop.orders.assign(as_of=grid.dt.strftime("%Y-%m-%d"))
        .groupby(["customer_id", "as_of"], as_index=False)["amount"]
        .sum()
    )
    found = history.merge(sums, how="left", on=["customer_id", "as_of"])
    found["amount"] = found["amount"].fillna(0.0)
    ends = pd.to_datetime(found["as_of"]) + pd.Timedelta(days=STEP)
    found["ends"] = ends.dt.strftime("%Y-%m-%d")
    return found[found["ends"] <= shop.as_of.isoformat()]


def rewards_of(spent: pd.DataFrame) -> dict[str, float]:
    """Return the mean sales of a step by the stage at its beginning."""
    means = spent.groupby("stage")["amount"].mean()
    return {code: float(means.get(code, 0.0)) for code in CUSTOMER_STATE.codes}


def show_at_risk(shop: Shop) -> None:
    told = infer_stages(shop.orders, rules=STATE_RULES, lifecycle=CUSTOMER_STATE, as_of=shop.as_of)
    spent = shop.orders.groupby("customer_id")["amount"].sum()
    values = spent.rename("value_at_risk").reset_index()
    risk = loss_warnings(told, values, lifecycle=CUSTOMER_STATE, warn_of=[WARNED])
    last, total = told["as_of"].max(), risk["value_at_risk"].sum()
    heading(f"At risk on {last}: {len(risk):,} customers who bought for {total:,.2f}")
    print("Those who bought most, and why:")
    for customer, value in risk[["customer_id", "value_at_risk"]].head(3).itertuples(index=False):
        own = shop.orders[shop.orders["customer_id"] == customer]
        purchases = zip(own["ordered_at"], own["amount"].astype(float), strict=True)
        why = explain_stage(
            Behaviour.of(int(customer), purchases),
            rules=STATE_RULES,
            lifecycle=CUSTOMER_STATE,
            as_of=shop.as_of,
        )
        print(f"* {value:,.2f}: {why.sentence()}.\n  {why.sentence('zh')}。")


def judge_warning(shop: Shop, history: pd.DataFrame, population: Population[pd.DataFrame]) -> None:
    """Hold the warning against what happened later."""
    last = history.loc[history["as_of"] <= shop.cut_off.isoformat(), "as_of"].max()
    then = history[history["as_of"] == last].set_index("customer_id")["stage"]
    days = pd.to_datetime(shop.orders["ordered_at"])
    back = set(shop.orders.loc[days > pd.Timestamp(last), "customer_id"])
    came = then.index.to_series().isin(back)
    heading(f"The warning of {last}, judged on who bought by {shop.as_of}")
    print(f"{'stage then':10}{'customers':>10}{'bought':>10}{'share':>8}  interval")
    for stage in CUSTOMER_STATE.codes:
        n, bought = int((then == stage).sum()), int(came[then == stage].sum())
        if SMALL_GROUPS.of(n).is_shown:
            share = wilson(bought, n)
            ends = f"{share.low:.1%} to {share.high:.1%}"
            print(f"{stage:10}{n:10,}{bought:10,}{share.value:8.1%}  {ends}{few(n)}")
        elif n:
            print(f"{stage:10}{n:10,}  kept back: too few")
    warned = then.isin([WARNED, *GONE])
    alarms, silent = int((then == WARNED).sum()), int((~came).sum())
    false = int((came & (then == WARNED)).sum())
    print(f"\nOf {alarms:,} who were warned of, {false:,} came back: false alarms.")
    found = int((warned & ~came).sum())
    print(f"Of {silent:,} who bought no more, {found:,} had been warned of, or were given up.")
    exits = stage_exits(population, WARNED)
    if exits.time[-1] < WAITING:
        print(f"The record is too short to tell what becomes of a warning within {WAITING} days.")
        return
    print(f"\nOf all warnings of the record, within {WAITING} days:")
    for way in exits.ways:
        share = exits.at(way, WAITING)
        print(f"{share.value:8.1%} became {way} ({share.low:.1%} to {share.high:.1%})")


def few(n: int) -> str:
    """Flag what rests on few customers."""
    return "  few" if SMALL_GROUPS.of(n) is GroupSize.FEW else ""


def heading(title: str, rule: str = "-") -> None:
    print(f"\n{title}\n{rule * len(title)}")


if __name__ == "__main__":
    main()
