# /// script
# requires-python = ">=3.11"
# dependencies = ["crmkit"]
#
# [tool.uv.sources]
# crmkit = { path = "..", editable = true }
# ///
"""Two studies of satisfaction: a mobile-phone survey, and what late deliveries do to reviews.

The data are not part of crmkit: give the folder that holds them with --data. It has the survey in
`surveys/ecsi_mobi.csv` (European Customer Satisfaction Index, Tenenhaus and others 2005) and part
of the Brazilian marketplace Olist in `marketplace`: customers, orders, order_reviews as csv.gz.

What is decided here: all items of a construct weigh alike. A delivery is late when it comes on a
later day than was promised. Every review counts; a few orders have more than one.
"""

import argparse
from collections.abc import Hashable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd

import crmkit
from crmkit.satisfaction import (
    LIKERT5,
    TEN_POINT,
    GapEvidence,
    ImprovementStage,
    Item,
    Survey,
    acsi,
    rank_improvements,
    rank_survey_improvements,
    rescaled_mean,
    score_table,
    unstandardised,
)
from crmkit.stats import GroupSize, adjust_for_many, compare_means, mean_interval


ECSI = "surveys/ecsi_mobi.csv"
MARKETPLACE = tuple(
    f"marketplace/{name}.csv.gz" for name in ("customers", "orders", "order_reviews")
)
WRITTEN = "%m/%d/%Y %H:%M"  # 10/2/2017 9:05, with and without leading zeros

CONSTRUCTS = {
    "image": ("IMAG", 5),
    "expectations": ("CUEX", 3),
    "quality": ("PERQ", 7),
    "value": ("PERV", 2),
    "satisfaction": ("CUSA", 3),
    "complaints": ("CUSCO", 0),  # one item, without a number
    "loyalty": ("CUSL", 3),
}
# Of the partial least squares model with centroid weights: what SmartPLS 2.0 publishes for it.
PATHS = {
    ("image", "expectations"): 0.50470564,
    ("image", "satisfaction"): 0.17883348,
    ("expectations", "quality"): 0.55724786,
    ("expectations", "value"): 0.05078755,
    ("expectations", "satisfaction"): 0.06442534,
    ("quality", "value"): 0.55721686,
    ("quality", "satisfaction"): 0.51254524,
    ("value", "satisfaction"): 0.19181566,
}
OUTER_WEIGHTS = {"CUSA1": 0.37718684, "CUSA2": 0.38156707, "CUSA3": 0.44105872}
CAUSES = ("image", "expectations", "quality", "value")
TARGET = 80
KINDS = ("late", "on time")

REVIEW = Survey.of("review", 1, [Item("review", scale=LIKERT5)])


def main(arguments: list[str] | None = None) -> None:
    folder = chosen_folder(arguments)
    answers = pd.read_csv(folder / ECSI)
    scores = score_constructs(answers)
    say_what_to_improve(scores)
    reviews = delivered_reviews(folder)
    compare_deliveries(reviews)
    heading("4. The same, by the month in which it was ordered")
    compare_within(reviews, "month")
    heading("5. The same, by the customer's state")
    compare_within(reviews, "state")
    follow_one_improvement(reviews)


def chosen_folder(arguments: list[str] | None) -> Path:
    """Return where the files are, or leave the program with a message and code 2."""
    parser = argparse.ArgumentParser(description="A survey and the reviews of a marketplace.")
    parser.add_argument("--data", type=Path, required=True, help="folder of surveys, marketplace")
    folder: Path = parser.parse_args(arguments).data
    if missing := [name for name in (ECSI, *MARKETPLACE) if not (folder / name).is_file()]:
        parser.error(f"{folder} lacks {', '.join(missing)}: give the folder of the data")
    return folder


def score_constructs(answers: pd.DataFrame) -> pd.DataFrame:
    heading("1. What do mobile-phone customers say?")
    items = [
        Item(f"{stem}{number or ''}", dimension=name, scale=TEN_POINT)
        for name, (stem, count) in CONSTRUCTS.items()
        for number in (range(1, count + 1) if count else [0])
    ]
    survey = Survey.of("ecsi_mobi", 1, items)
    scores = score_table(answers[[item.id for item in items]], survey=survey)
    print(f"{len(answers)} customers answered {len(items)} questions from 1 to 10.")
    print("Scores from 0 to 100, with the interval that is right 95% of the time:\n")
    print("construct     questions  score  interval")
    for row in scores[scores["part"] != "overall"].itertuples():
        count = len(survey.items_of(str(row.part)))
        print(f"{row.part:12}  {count:9}  {row.value:5.1f}  {row.low:.1f} to {row.high:.1f}")
    index = acsi(answers, item_weights=unstandardised(OUTER_WEIGHTS, answers))
    print(
        "\nHere the questions of a construct weigh alike. With the weights that the published\n"
        "model gives the three questions of satisfaction its index is "
        f"{index.value:.2f} ({index.low:.2f} to {index.high:.2f})."
    )
    return scores


def say_what_to_improve(scores: pd.DataFrame) -> None:
    heading("2. What should be improved first?")
    print(
        "Four constructs are causes of satisfaction. How important one is: by how many points\n"
        "satisfaction rises with a point of it, straight and by way of other causes, by the\n"
        f"published model. Each should score {TARGET}. "
        "Priority: share of all importance, times the gap.\n"
    )
    causes = scores[scores["part"].isin(CAUSES)]
    table = causes.assign(effect=[total_effect(part) for part in causes["part"]])
    ranked = rank_improvements(table, importance="effect", targets=TARGET)
    print("   cause         score   gap  importance  priority  gap is sure")
    for one in ranked:
        sure = "yes" if one.is_sure else "no"
        print(
            f"{one.rank}. {one.part:12}  {one.score:5.1f}  {one.gap:4.1f}"
            f"  {float(one.importance):10.1%}  {one.priority:8.2f}  {sure}"
        )
    print(f"\nThe first in words: {ranked[0].explain().sentence('en')}.")
    by_score = causes.sort_values("value")["part"]
    print(f"By the score alone the order would be {', '.join(by_score)}.")


def total_effect(cause: str, *, on: str = "satisfaction") -> float:
    """Return what a point of a cause does, straight and on all ways round."""
    if cause == on:
        return 1.0
    return sum(
        path * total_effect(effect, on=on)
        for (start, effect), path in PATHS.items()
        if start == cause
    )


def delivered_reviews(folder: Path) -> pd.DataFrame:
    """Return one row a review of a delivered order."""
    customers, orders, reviews = (pd.read_csv(folder / name, dtype=str) for name in MARKETPLACE)
    came = pd.to_datetime(orders["order_delivered_customer_date"], format=WRITTEN)
    promised = pd.to_datetime(orders["order_estimated_delivery_date"], format=WRITTEN)
    ordered = pd.to_datetime(orders["order_purchase_timestamp"], format=WRITTEN)
    late = came.dt.normalize() > promised.dt.normalize()
    orders = orders.assign(
        delivery=late.map({True: "late", False: "on time"}),
        month=ordered.dt.strftime("%Y-%m"),
        quarter=ordered.dt.year.astype(str) + "-Q" + ordered.dt.quarter.astype(str),
    )[came.notna()]
    told = reviews.merge(orders, on="order_id").merge(customers, on="customer_id")
    names = {"review_score": "review", "customer_state": "state"}
    return told.rename(columns=names).astype({"review": int})


def compare_deliveries(reviews: pd.DataFrame) -> None:
    heading("3. What do late deliveries do to reviews?")
    print(f"{len(reviews):,} reviews, 1 to 5, of delivered orders of the marketplace Olist.\n")
    print("deliveries  reviews  mean (95% interval)")
    for name in ("on time", "late"):
        mean = mean_interval(stars_of(reviews, name))
        print(f"{name:10}  {mean.n:7,}  {mean.value:.2f} ({mean.low:.2f} to {mean.high:.2f})")
    found = compare_means(stars_of(reviews, "late"), stars_of(reviews, "on time"))
    gap = found.difference
    print(
        f"\nLate ones are reviewed {-gap.value:.2f} lower ({-gap.high:.2f} to {-gap.low:.2f}); "
        f"{chance(found.p_value)} ({found.method}).\n"
        "That they go together does not prove that the delay is the cause."
    )


def compare_within(reviews: pd.DataFrame, what: str) -> None:
    """Print late against punctual in each group, as far as groups are large enough."""
    table = rescaled_mean(reviews, scale=LIKERT5, satisfied="review", by=[what, "delivery"])
    told = {(row[what], row["delivery"]): row for row in pd.DataFrame(table).to_dict("records")}
    groups = sorted({group for group, _ in told})
    found = {
        group: compare_means(*(stars_of(reviews[reviews[what] == group], kind) for kind in KINDS))
        for group in groups
        if all((group, kind) in told and is_shown(told[group, kind]) for kind in KINDS)
    }
    family = adjust_for_many([one.p_value for one in found.values()])
    sure = dict(zip(found, family.significant(), strict=True))
    print(f"{what:8}" + "".join(f"  {kind:27}" for kind in KINDS) + "  late less on time")
    for group in groups:
        cells = "".join(f"  {cell(told.get((group, kind))):27}" for kind in KINDS)
        gap = f"  {found[group].difference.value:+.2f}" if group in found else ""
        print(f"{group:8}{cells}{gap}{' !' if sure.get(group) else ''}".rstrip())
    sizes = [row["group_size"] for row in told.values()]
    print(
        "\nMeans with 95% intervals, and how many reviews; * fewer than 30: read with care.\n"
        f"{sizes.count(GroupSize.SUPPRESSED.value)} cells of fewer than 10 reviews are kept back, "
        f"and {sizes.count(GroupSize.COMPLEMENTARY.value)} more beside them (..), for who\n"
        "knows the totals could find the small ones by subtraction.\n"
        f"! More than chance: {sum(sure.values())} of the {len(sure)} rows that can be compared; "
        f"p-values are\nadjusted for their number by {family.method.title()}."
    )


def is_shown(row: Mapping[Hashable, Any]) -> bool:
    return GroupSize.of(row["group_size"], "group_size").is_shown


def cell(row: Mapping[Hashable, Any] | None) -> str:
    """Write a mean that was stretched to 0 to 100 as stars again."""
    if row is None:
        return "none"
    size = GroupSize.of(row["group_size"], "group_size")
    if not size.is_shown:
        return "kept back" if size is GroupSize.SUPPRESSED else ".."
    value, low, high = (1 + row[name] / 25 for name in ("value", "low", "high"))
    star = "*" if size is GroupSize.FEW else ""
    return f"{value:.2f} ({low:.2f} to {high:.2f}) {row['n']:,}{star}"


def follow_one_improvement(reviews: pd.DataFrame) -> None:
    heading("6. One improvement, from its proposal to the test of the next quarter")
    print("The reviews are real; what was required, planned and done is made up.\n")
    crm = crmkit.open(actor="ann")
    quarters = {
        name: reviews.loc[reviews["quarter"] == name, ["review"]] for name in ("2018-Q1", "2018-Q2")
    }
    for name in quarters:
        crm.surveys.draft(id=name, survey=REVIEW, purpose="reviews after delivery")
        crm.surveys.publish(name)
    before, after = quarters.values()
    (first,) = rank_survey_improvements(before, survey=REVIEW, targets=TARGET)
    print(f"Evaluated, 2018-Q1: {first.explain().sentence('en')}.")
    spring = crm.acting(at=datetime(2018, 4, 2, 9, tzinfo=UTC)).improvements
    one = spring.propose("2018-Q1", proposal=first, id="M-1", about="reviews after delivery")
    due = date(2018, 4, 30)
    one = spring.require("M-1", owner="bob", target=TARGET, due=due)
    print(f"Required of bob: {TARGET} by {due}.")
    one = spring.plan("M-1", plan="promise two days more where carriers are slow")
    print(f"Planned: {one.trail[-1].note}.")
    one = spring.carry_out("M-1", done="the shop promises later dates since April")
    print(f"Carried out: {one.trail[-1].note}.")
    print(f"Does it help? Not known: {one.explain(ImprovementStage.VERIFIED).sentence('en')}.")
    found = compare_means(points(after), points(before))
    summer = crm.acting(at=datetime(2018, 7, 2, 9, tzinfo=UTC)).improvements
    one = summer.verify("M-1", evidence=GapEvidence.of(found, round="2018-Q2"))
    print(f"Evaluated, 2018-Q2: {one.checks[-1].explain().sentence('en')}.")
    print(f"\nImprovement {one.id} is {one.stage.label().lower()} ({one.stage.label('zh')}).")
    print(one.checks[-1].explain().sentence("zh"))


def stars_of(reviews: pd.DataFrame, delivery: str) -> pd.Series:
    return reviews.loc[reviews["delivery"] == delivery, "review"].astype(float)


def points(reviews: pd.DataFrame) -> list[float]:
    """Stretch stars to 0 to 100, as a survey's scores are."""
    return [LIKERT5.rescale(stars) for stars in reviews["review"].tolist()]


def chance(p_value: float) -> str:
    return "p < 0.0001" if p_value < 0.0001 else f"p = {p_value:.4f}"


def heading(title: str) -> None:
    print(f"\n{title}\n{'-' * len(title)}")


if __name__ == "__main__":
    main()
