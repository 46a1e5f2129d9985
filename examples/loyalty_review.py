# /// script
# requires-python = ">=3.11"
# dependencies = ["crmkit"]
#
# [tool.uv.sources]
# crmkit = { path = "..", editable = true }
# ///
"""Who is loyal, and why? A survey, the customers of a marketplace, and those of a record shop.

The data are not part of crmkit: give the folder that holds them with --data. It has the survey in
`surveys/ecsi_mobi.csv` (European Customer Satisfaction Index, Tenenhaus and others 2005), part of
the Brazilian marketplace Olist in `marketplace` (customers, orders, order_payments, order_reviews
as csv.gz), and in `orders/cdnow_sample.csv` every tenth of those who bought at CDNOW for the first
time in the first quarter of 1997, with all their purchases until June 1998.

What is decided here: all items of a construct weigh alike. Loyalty by intent is "would choose it
again" times "would recommend it", and both are asked from 1 to 10; attitude is the image that they
have of their operator. A customer of the marketplace is a `customer_unique_id`; what he thinks is
the mean of his reviews, 1 to 5 stretched to 0 to 100. Orders that were cancelled or could not be
delivered are left out. Of the record shop's customers one came back who bought on a later day
within 180 days of his first purchase.
"""

import argparse
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd

import crmkit
from crmkit.kernel import Labelled
from crmkit.loyalty import (
    LoyaltyGroup,
    LoyaltyMotive,
    LoyaltyPhase,
    add_antecedents,
    add_groups,
    add_motives,
    add_phases,
    behaviour_index,
    bought_again,
    compare_ties,
    explain_group,
    facts_of,
    find_motives,
    loyalty_groups,
    loyalty_index,
    satisfaction_tie,
)
from crmkit.satisfaction import TEN_POINT, IntentLoyalty
from crmkit.stats import mean_interval
from crmkit.value import ClassScheme


ECSI = "surveys/ecsi_mobi.csv"
MARKETPLACE = tuple(
    f"marketplace/{name}.csv.gz"
    for name in ("customers", "orders", "order_payments", "order_reviews")
)
CDNOW = "orders/cdnow_sample.csv"
WRITTEN = "%m/%d/%Y %H:%M"  # 10/2/2017 9:05, with and without leading zeros
ZONE = "America/Sao_Paulo"
WITHIN = 180
TEN_BY_TEN = IntentLoyalty(
    name="ECSI", repurchase=TEN_POINT, recommend=TEN_POINT, source="CUSL1 and CUSL3 of the survey"
)


class CameBack(Labelled):
    """Whether a customer came back in time."""

    YES = "yes", "Came back", "已再次购买"
    NO = "no", "Did not come back", "未再次购买"
    EARLY = "early", "Too early to tell", "为时尚早"


CAME_BACK = ClassScheme.named("came_back", CameBack)


def main(arguments: list[str] | None = None) -> None:
    folder = chosen_folder(arguments)
    survey = scored_survey(pd.read_csv(folder / ECSI))
    tell_what_they_say(survey)
    look_for_what_loosens_the_tie(survey)
    see_how_deep_it_goes(survey)
    ask_why_they_stay(survey)
    ask_what_their_staying_proves(survey)
    orders, reviews = bought_and_reviewed(folder)
    look_at_the_marketplace(orders, reviews)
    bought = pd.read_csv(folder / CDNOW, parse_dates=["date"])
    purchases = bought.assign(customer_id=bought["sample_id"], ordered_at=bought["date"].dt.date)
    count_who_came_back(purchases)
    keep_the_verdicts(purchases)


def chosen_folder(arguments: list[str] | None) -> Path:
    """Return where the files are, or leave the program with a message and code 2."""
    parser = argparse.ArgumentParser(description="Loyalty in a survey and in two shops.")
    parser.add_argument(
        "--data", type=Path, required=True, help="folder of surveys, marketplace, orders"
    )
    folder: Path = parser.parse_args(arguments).data
    if missing := [name for name in (ECSI, *MARKETPLACE, CDNOW) if not (folder / name).is_file()]:
        parser.error(f"{folder} lacks {', '.join(missing)}: give the folder of the data")
    return folder


def scored_survey(answers: pd.DataFrame) -> pd.DataFrame:
    """Return one row a respondent: scores from 0 to 100, and what the rules of motives ask for."""
    intent = [
        float(TEN_BY_TEN.of(repurchase=again, recommend=tell))
        for again, tell in zip(answers["CUSL1"], answers["CUSL3"], strict=True)
    ]
    quality = [f"PERQ{number}" for number in range(1, 8)]
    return pd.DataFrame(
        {
            "customer_id": answers.index,
            "satisfaction": stretched(answers[["CUSA1", "CUSA2", "CUSA3"]]),
            "trust": stretched(answers[["IMAG1"]]),  # "it can be trusted in what it says and does"
            "attitude": stretched(answers[[f"IMAG{number}" for number in range(1, 6)]]),
            "loyalty": intent,
            "recommend": stretched(answers[["CUSL3"]]) / 10,
            "cognitive": stretched(answers[[*quality, "PERV1", "PERV2"]]),
            "affective": stretched(answers[["CUSA1", "CUSA2", "CUSA3"]]),
            "conative": stretched(answers[["CUSL1", "CUSL3"]]),
            "complaints_handled": answers["CUSCO"].map(lambda one: "well" if one >= 8 else "badly"),
            "price": answers["PERV1"].map(lambda one: "fair" if one >= 7 else "high"),
        }
    )


def stretched(items: pd.DataFrame) -> "pd.Series[float]":
    """Return the mean of items from 1 to 10 as a score from 0 to 100."""
    return (items.mean(axis=1) - 1) / 9 * 100


def tell_what_they_say(survey: pd.DataFrame) -> None:
    heading("1. What do mobile-phone customers say?")
    satisfied = mean_interval(survey["satisfaction"])
    loyal = loyalty_index(survey)
    print(
        f"satisfaction       {satisfied.value:5.1f} ({satisfied.low:.1f} to {satisfied.high:.1f})"
    )
    print(f"loyalty by intent  {loyal.value:5.1f} ({loyal.low:.1f} to {loyal.high:.1f})")
    print(f"\n{satisfaction_tie(survey).explain().sentence('en')}.")
    unmoved = survey[(survey["satisfaction"] >= 75) & (survey["loyalty"] < 50)]
    content = survey[survey["satisfaction"] >= 75]
    print(
        f"{len(content)} are satisfied with 75 points or more; {len(unmoved)} of them would "
        f"hardly choose and recommend it again.\n{int((survey['satisfaction'] < 50).sum())} are "
        "below 50, and are its customers all the same."
    )


def look_for_what_loosens_the_tie(survey: pd.DataFrame) -> None:
    heading("2. What loosens the tie of satisfaction and loyalty?")
    print(
        "The survey asks neither how many competitors there are nor what leaving would cost. It\n"
        "asks how complaints are handled, and whether the price is fair for the quality.\n"
    )
    print("moderator           group   tie    interval        respondents")
    for moderator in ("complaints_handled", "price"):
        for row in pd.DataFrame(satisfaction_tie(survey, by=moderator)).to_dict("records"):
            print(
                f"{moderator:18}  {row[moderator]:6}  {row['correlation']:.2f}"
                f"   {row['low']:5.2f} to {row['high']:.2f}   {row['n']:11.0f}"
            )
    for found in compare_ties(survey, by=["complaints_handled", "price"]):
        print(f"\n{found.explain().sentence('en')}.")


def see_how_deep_it_goes(survey: pd.DataFrame) -> None:
    heading("3. How deep does it go?")
    print(
        "The survey tells what they think, like and mean to do, but not what they did: whoever\n"
        "reaches the third phase may have reached the fourth, and nobody knows.\n"
    )
    phased = add_phases(survey, action=None)
    print("phase                                 told  at least")
    for phase in LoyaltyPhase:
        told = int((phased["phase"] == phase.value).sum())
        sure = int((phased["phase_at_least"] == phase.value).sum())
        print(f"{phase.label('en'):36}  {told:4}  {sure:8}")
    print(f"\n{int(phased['phase_gap'].sum())} reach a phase over a gap.")


def ask_why_they_stay(survey: pd.DataFrame) -> None:
    heading("4. Why do they stay?")
    asked = survey[["customer_id", "satisfaction", "recommend", "trust"]]
    print(
        "Everybody here has one operator, and several to choose from: both are told as known of\n"
        "all. Nobody was asked about points, the price, convenience or the cost of leaving.\n"
    )
    given = {"patronage": 1.0, "no_alternative": False}
    found = add_motives(asked, known=given)
    for motive in LoyaltyMotive:
        if count := int((found["motive"] == motive.value).sum()):
            print(f"{motive.label('en'):40}  {count:4}")
    print("\nOne of them, in words:")
    someone = int(found.loc[found["motive"] == "trust", "customer_id"].iloc[0])
    facts = facts_of(asked, someone, known=given)
    print(f"  {find_motives(facts).explain(someone).sentence('en')}")
    there = add_antecedents(asked)["antecedents"].str.split("; ").explode()
    print("\nOf what leads to loyalty there is:")
    for name in ("satisfaction", "trust"):
        print(f"  {name:12}  in {int((there == name).sum()):4} of {len(asked)}")
    print("  delight       was not asked")


def ask_what_their_staying_proves(survey: pd.DataFrame) -> None:
    heading("5. What does their staying prove?")
    print("Nobody was asked what leaving would cost. As that is not known:\n")
    stay = {"patronage": 1.0, "no_alternative": False}
    asked = survey[["customer_id", "attitude"]]
    grouped = add_groups(asked, known=stay)
    tell_groups(grouped)
    print("\nIf leaving cost them nothing, it would be:\n")
    tell_groups(add_groups(asked, known={**stay, "switching_cost": 0}))


def tell_groups(grouped: pd.DataFrame, value: str | None = None) -> None:
    """Tell the size of every group, that of which nothing is known too."""
    worth = "" if value is None else f"{value:>12}"
    print(f"group              customers   share{worth}")
    for row in pd.DataFrame(loyalty_groups(grouped, customer_value=value)).to_dict("records"):
        label = LoyaltyGroup(row["loyalty_group"]).label("en")
        if row["group_size"] in ("suppressed", "complementary"):
            print(f"{label:17}  fewer than ten, or kept back beside those")
        else:
            worth = "" if value is None else f"{row['value']:12,.0f}"
            print(f"{label:17}  {row['customers']:9,.0f}  {row['share']:6.1%}{worth}")
    unknown = grouped[grouped["loyalty_group"] == "unknown"]
    for missing, count in unknown["loyalty_group_missing"].value_counts().items():
        print(f"  of {count:,} is not known: {missing}")


def bought_and_reviewed(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the orders of the marketplace with what was paid for them, and their reviews."""
    customers, orders, paid, reviews = (
        pd.read_csv(folder / name, dtype=str) for name in MARKETPLACE
    )
    amounts = paid.astype({"payment_value": float}).groupby("order_id")["payment_value"].sum()
    kept = orders[~orders["order_status"].isin(["canceled", "unavailable"])]
    kept = kept.merge(customers, on="customer_id").drop(columns="customer_id")
    kept = kept.rename(columns={"customer_unique_id": "customer_id"})
    at = pd.to_datetime(kept["order_purchase_timestamp"], format=WRITTEN)
    instants = at.dt.tz_localize(ZONE).dt.tz_convert("UTC")
    kept = kept.assign(ordered_at=instants, paid=kept["order_id"].map(amounts))
    return kept, reviews.astype({"review_score": int})


def look_at_the_marketplace(orders: pd.DataFrame, reviews: pd.DataFrame) -> None:
    heading("6. The marketplace: what they say, and what is not known")
    base = base_of(orders, reviews, local_days(orders).max())
    said = loyalty_index(base, loyalty="attitude")
    print(f"{len(base):,} customers. What they say of it, from 0 to 100, with its 95 % interval:")
    print(
        f"  {said.value:.1f} ({said.low:.1f} to {said.high:.1f}), of {said.n:,} who said anything"
    )
    several = int((base["orders"] > 1).sum())
    print(
        f"\n{len(base) - several:,} of them stand in the file with one order, {several} with more."
        "\nThat does not tell who came back: the file holds 5,000 orders, drawn out of the 99,441\n"
        "that the marketplace published. Of whoever bought twice it has the other order once in\n"
        "twenty times. So patronage is not known. Anybody can buy elsewhere at no cost: that is\n"
        "told as known of all.\n"
    )
    free = {"no_alternative": False, "switching_cost": 0}
    grouped = add_groups(base, known=free)
    tell_groups(grouped, "paid")
    liked = grouped[grouped["attitude"] == 100]
    someone = str(liked["customer_id"].iloc[0])
    facts = facts_of(base, someone, known=free)
    print(f"\n{explain_group(someone, facts).sentence('en')}")


def local_days(orders: pd.DataFrame) -> "pd.Series[date]":
    days: pd.Series[date] = orders["ordered_at"].dt.tz_convert(ZONE).dt.date
    return days


def base_of(orders: pd.DataFrame, reviews: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Return one row a customer: what he thinks, how many orders there are, what he paid."""
    known = orders[local_days(orders) <= as_of]
    # A review that was written later was not known then.
    written = pd.to_datetime(reviews["review_creation_date"], format=WRITTEN).dt.date
    stars = reviews[written <= as_of].merge(known[["order_id", "customer_id"]], on="order_id")
    attitude = (stars.groupby("customer_id")["review_score"].mean() - 1) / 4 * 100
    own = known.groupby("customer_id").agg(orders=("order_id", "count"), paid=("paid", "sum"))
    base = own.reset_index()
    return base.assign(attitude=base["customer_id"].map(attitude), patronage=pd.Series(dtype=float))


def count_who_came_back(purchases: pd.DataFrame) -> None:
    heading("7. The record shop: how many come back")
    last = purchases["ordered_at"].max()
    whole = behaviour_index(purchases, as_of=last, within=WITHIN)
    print(
        f"{purchases['customer_id'].nunique():,} customers, drawn with all their purchases; what "
        "they think is not known.\nAll are known to be new, so that nobody is older than the "
        f"record. Within {WITHIN} days came\nback, of a hundred, with the 95 % interval:"
    )
    print(f"  customers drawn  {whole.value:5.1f} ({whole.low:.1f} to {whole.high:.1f})")
    part = purchases.sample(frac=0.05, random_state=1)
    drawn = behaviour_index(part, as_of=last, within=WITHIN)
    print(
        f"  orders drawn     {drawn.value:5.1f} ({drawn.low:.1f} to {drawn.high:.1f})\n"
        "\nThe second is what one order in twenty of the same shop tells, and is false, whatever\n"
        "its interval: to learn who comes back, draw customers, and take all their orders."
    )


def keep_the_verdicts(purchases: pd.DataFrame) -> None:
    heading("8. Keep the verdicts, and see who moves")
    words = {True: "yes", False: "no"}
    with crmkit.open(actor="ann") as crm:
        for day in (date(1997, 8, 15), date(1998, 6, 30)):
            told = bought_again(purchases, as_of=day, within=WITHIN)
            placed = told["bought_again"].map(words).fillna("early")
            customers = told["customer_id"].map("CD-{}".format)
            at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
            changed = crm.acting(at=at).classes.assign(
                CAME_BACK, zip(customers, placed, strict=True)
            )
            moved: dict[str, int] = {}
            for change in changed:
                if change.before is not None:
                    way = f"{change.before} to {change.after}"
                    moved[way] = moved.get(way, 0) + 1
            print(f"{day}: {len(placed):,} customers, {len(changed):,} placed or moved.")
            for way, count in sorted(moved.items()):
                print(f"  {way:12}  {count:5,}")


def heading(text: str) -> None:
    print(f"\n{text}\n{'-' * len(text)}")


if __name__ == "__main__":
    main()
