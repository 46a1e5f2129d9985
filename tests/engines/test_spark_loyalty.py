"""Loyalty on Spark: the same answers as on pandas; installed and run as `test_spark`."""

from __future__ import annotations

from datetime import date, timedelta
from shutil import which
from typing import Any

import pandas as pd
import pytest

from crmkit.loyalty import (
    add_antecedents,
    add_groups,
    add_motives,
    add_phases,
    add_quadrants,
    allocate_wallets,
    behaviour_index,
    bought_again,
    compare_ties,
    facts_of,
    loyalty_groups,
    loyalty_index,
    median_cuts,
    satisfaction_tie,
    share_of_wallet,
    wallet_share,
)


sql: Any = pytest.importorskip("pyspark.sql", reason="Spark is installed by --group spark only")

pytestmark = [
    # PySpark 4.3 warns of pandas 3, and of what it does itself with it, at every frame.
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.skipif(which("java") is None, reason="Spark 4 runs on Java 17, which is not here"),
]

SIZE = 60
BASE = pd.DataFrame(
    {
        "customer_id": range(SIZE),
        "no_alternative": [[True, False, None][place % 3] for place in range(SIZE)],
        "satisfaction": [float(place * 7 % 101) for place in range(SIZE)],
        "recommend": [float(place % 11) for place in range(SIZE)],
        "patronage": [None if place % 7 == 0 else place % 10 / 10 for place in range(SIZE)],
        "attitude": [float(place * 13 % 101) for place in range(SIZE)],
        "switching_cost": [float(place % 4 * 25) for place in range(SIZE)],
        "cognitive": [None if place % 5 == 0 else float(place * 17 % 101) for place in range(SIZE)],
        "affective": [float(place * 3 % 101) for place in range(SIZE)],
        "loyalty": [float(place * 5 % 101) for place in range(SIZE)],
        "market": ["open" if place % 2 else "closed" for place in range(SIZE)],
        "spend": [float(place % 6) for place in range(SIZE)],
        "category_spend": [float(place % 6 * 2) for place in range(SIZE)],
        "customer_value": [float(place) for place in range(SIZE)],
    }
)
SCHEMA = (
    "customer_id long, no_alternative boolean, satisfaction double, recommend double, patronage "
    "double, attitude double, switching_cost double, cognitive double, affective double, loyalty "
    "double, market string, spend double, category_spend double, customer_value double"
)


@pytest.fixture(scope="module")
def base(spark: Any) -> Any:
    rows = [
        tuple(None if pd.isna(value) else value for value in row)
        for row in BASE.astype(object).itertuples(index=False)
    ]
    return spark.createDataFrame(rows, SCHEMA)


def in_order(frame: Any, *keys: str) -> pd.DataFrame:
    told = frame
    if not isinstance(frame, pd.DataFrame):
        told = pd.DataFrame([row.asDict() for row in frame.collect()])
    rows: pd.DataFrame = told.sort_values(list(keys)).reset_index(drop=True)
    return rows


def assert_alike(ours: Any, expected: Any, *keys: str) -> None:
    assert isinstance(ours, sql.DataFrame)
    told, wanted = in_order(ours, *keys), in_order(expected, *keys)
    pd.testing.assert_frame_equal(
        told.astype(object).where(told.notna(), None),
        wanted.astype(object).where(wanted.notna(), None)[told.columns.to_list()],
        check_dtype=False,
        rtol=1e-9,
    )


class TestKinds:
    def test_judges_every_customer_alike(self, base: Any) -> None:
        for judge in (add_motives, add_groups, add_antecedents, add_quadrants):
            assert_alike(judge(base), judge(BASE), "customer_id")

    def test_finds_the_same_phases(self, base: Any) -> None:
        ours, expected = (add_phases(one, conative=None, action=None) for one in (base, BASE))

        assert_alike(ours, expected, "customer_id")

    def test_tells_the_same_of_one(self, base: Any) -> None:
        assert facts_of(base, 7) == facts_of(BASE, 7)
        assert median_cuts(base) == pytest.approx(median_cuts(BASE))


class TestMeasures:
    def test_estimates_alike(self, base: Any) -> None:
        assert loyalty_index(base).low == pytest.approx(loyalty_index(BASE).low)
        shares = [wallet_share(one) for one in (base, BASE)]
        assert shares[0].of_money.value == pytest.approx(shares[1].of_money.value)
        ties = [satisfaction_tie(one) for one in (base, BASE)]
        assert ties[0].correlation.high == pytest.approx(ties[1].correlation.high)
        moderators = [compare_ties(one, by="market")[0].p_value for one in (base, BASE)]
        assert moderators[0] == pytest.approx(moderators[1])

    def test_makes_the_same_tables(self, base: Any) -> None:
        assert_alike(loyalty_index(base, by="market"), loyalty_index(BASE, by="market"), "market")
        assert_alike(
            satisfaction_tie(base, by="market"), satisfaction_tie(BASE, by="market"), "market"
        )
        assert_alike(
            loyalty_groups(add_groups(base)), loyalty_groups(add_groups(BASE)), "loyalty_group"
        )
        assert_alike(share_of_wallet(base), share_of_wallet(BASE), "customer_id")

    def test_allocates_wallets_alike(self, spark: Any) -> None:
        ratings = pd.DataFrame(
            {"customer_id": [1, 1, 1, 2, 2], "brand": [*"ABCAB"], "rating": [9, 7, 9, 5, 5]}
        )

        ours = allocate_wallets(spark.createDataFrame(ratings))

        assert_alike(ours, allocate_wallets(ratings), "customer_id", "brand")

    def test_counts_who_came_back_alike(self, spark: Any) -> None:
        first = date(2025, 1, 1)
        rows = [(place % 9, first + timedelta(days=place * 11)) for place in range(30)]
        names = ["customer_id", "ordered_at"]
        orders = pd.DataFrame(rows, columns=names)
        options: Any = {"as_of": date(2025, 12, 31), "within": 120}

        theirs = spark.createDataFrame(rows, "customer_id long, ordered_at date")

        ours, expected = (
            in_order(bought_again(one, **options), "customer_id") for one in (theirs, orders)
        )
        assert ours["bought_again"].to_list() == expected["bought_again"].to_list()
        found = [behaviour_index(one, **options) for one in (theirs, orders)]
        assert str(found[0]) == str(found[1])
