"""Rhythms: false alarms where there is none, finds where there is one, statistics by hand."""

from datetime import timedelta

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.stats import chi2, gamma

from crmkit.value import buying_rhythms, rfm_state
from crmkit.value.lifetime.checking.rhythms import _Gaps, _seasons
from crmkit.value.purchases.bought_days import BoughtDays, bought_days, held_days
from crmkit.value.purchases.purchase_window import Names

from .worlds import day, orders_of, poisson


END = day(2400)
NAMES = Names("customer_id", "ordered_at", "amount")


def days_of(orders: pd.DataFrame) -> BoughtDays:
    return held_days(bought_days(orders, until=END, timezone=None, names=NAMES))


class TestRegular:
    def test_finds_those_who_buy_like_clocks(self) -> None:
        """Two hundred by chance, twenty every four weeks, a few days early or late."""
        rng = np.random.default_rng(6)
        chance = poisson(rng, 200, 700, mean_gap=30)
        clocks = orders_of(
            [
                np.arange(20) * 28 + rng.integers(0, 60) + rng.integers(-3, 4, 20) + 3
                for _ in range(20)
            ]
        )
        orders = pd.concat([chance, clocks.assign(customer_id=clocks["customer_id"] + 1000)])

        told = buying_rhythms(orders, as_of=END).set_index("customer_id")

        assert told.loc[1000:, "regular"].sum() >= 18
        assert told.loc[:999, "regular"].mean() <= 0.02
        assert (told.loc[1000:, "regularity"] > 5).all()

    def test_cries_wolf_as_often_as_it_says(self) -> None:
        """Without a rhythm one p-value in twenty is at most 0.05, give or take four errors."""
        orders = poisson(np.random.default_rng(7), 1500, 700, mean_gap=30)

        by_chance = _Gaps.of(days_of(orders)).by_chance()

        found = by_chance[np.isfinite(by_chance)]
        assert len(found) > 800
        assert abs((found <= 0.05).mean() - 0.05) < 4 * (0.05 * 0.95 / len(found)) ** 0.5

    def test_is_bartletts_statistic(self) -> None:
        """By hand, of gaps 10, 20, 30, 60 less half a day each; the shape as scipy's likeliest."""
        orders = orders_of([np.array([0, 10, 30, 60, 120])])
        gap = np.array([10, 20, 30, 60]) - 0.5
        s = np.log(gap.mean()) - np.log(gap).mean()

        gaps = _Gaps.of(days_of(orders))

        assert gaps.count.tolist() == [4]
        assert gaps.by_chance() == pytest.approx([chi2.cdf(2 * 4 * s / (1 + 5 / 24), 3)])
        shape = gamma.fit(gap, floc=0)[0]
        assert gaps.regularity() == pytest.approx([shape], rel=0.02)

    def test_judges_nobody_with_few_gaps_or_short_ones(self) -> None:
        orders = orders_of([np.array([0, 28, 56, 84]), np.arange(30), np.array([5])])

        told = buying_rhythms(orders, as_of=END)

        assert told["gaps"].tolist() == [3, 29, 0]
        assert told["regularity"].isna().all()
        assert not told["regular"].any()


class TestSeasonal:
    def test_finds_those_who_buy_in_december(self) -> None:
        """Five Decembers, two purchases each, among a hundred by chance over five years."""
        rng = np.random.default_rng(9)
        chance = poisson(rng, 100, 1800, mean_gap=90)
        decembers = orders_of(
            [np.concatenate([[340 + 365 * k, 352 + 365 * k] for k in range(5)])] * 5
        )
        orders = pd.concat([chance, decembers.assign(customer_id=decembers["customer_id"] + 1000)])

        told = buying_rhythms(orders, as_of=END).set_index("customer_id")

        assert told.loc[1000:, "seasonal"].all()
        assert told.loc[1000:, "season_day"].between(335, 360).all()
        assert told.loc[:999, "seasonal"].mean() <= 0.05

    def test_is_rayleighs_test(self) -> None:
        """By hand: of seven at one time of the year six lie in whole years, and R = n = 6."""
        orders = orders_of([np.array([100 + 1461 * k // 4 for k in range(7)])])

        _, by_chance = _seasons(days_of(orders))

        assert by_chance == pytest.approx([np.exp(np.sqrt(1 + 4 * 6) - 13)], rel=0.01)

    def test_cries_wolf_as_often_as_it_says(self) -> None:
        orders = poisson(np.random.default_rng(7), 800, 1800, mean_gap=60)

        _, by_chance = _seasons(days_of(orders))

        found = by_chance[np.isfinite(by_chance)]
        assert len(found) > 400
        assert abs((found <= 0.05).mean() - 0.05) < 4 * (0.05 * 0.95 / len(found)) ** 0.5


class TestFrames:
    def test_come_back_as_they_were(self) -> None:
        orders = poisson(np.random.default_rng(4), 30, 900, mean_gap=40)
        own = pl.from_pandas(orders)
        expected = buying_rhythms(orders, as_of=END)
        rows = pl.from_pandas(expected).fill_nan(None).rows()
        with duckdb.connect() as connection:
            connection.register("orders", own)
            relation = buying_rhythms(connection.table("orders"), as_of=END)
            assert isinstance(relation, duckdb.DuckDBPyRelation)
            found = [relation.pl()]
        lazy = buying_rhythms(own.lazy(), as_of=END)
        assert isinstance(lazy, pl.LazyFrame)
        found += [lazy.collect(), buying_rhythms(own, as_of=END)]
        found.append(buying_rhythms(rfm_state(own), as_of=END))
        found.append(buying_rhythms(rfm_state(own.lazy()), as_of=END).collect())

        for told in found:
            assert told.sort("customer_id").fill_nan(None).rows() == rows

    def test_of_nobody_are_empty(self) -> None:
        orders = pl.DataFrame({"customer_id": ["X"], "ordered_at": [END], "amount": [1.0]})

        before = END - timedelta(days=1)
        assert buying_rhythms(orders, as_of=before).is_empty()
        assert buying_rhythms(orders.lazy(), as_of=before).collect().is_empty()
