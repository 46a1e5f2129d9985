"""Tracking and conditional expectations against the published formula, customer by customer."""

from datetime import date, timedelta
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.special import hyp2f1

from crmkit.errors import InvalidValueError
from crmkit.value import (
    BGNBD,
    NBD,
    conditional_expectations,
    hold_out,
    rfm_state,
    tracking_table,
)
from tests.value.lifetime.cdnow import orders

from .test_outcomes import ROWS, held_out
from .worlds import day, poisson


CUT, UNTIL = date(1997, 9, 30), date(1998, 6, 30)
CDNOW = BGNBD(0.243, 4.414, 0.793, 2.426, unit="W")


@pytest.fixture(scope="module")
def tracked() -> pd.DataFrame:
    return tracking_table(CDNOW, orders(), cut=CUT, until=UNTIL)


def by_the_formula(t: float) -> float:
    """Fader, Hardie and Lee (2005), equation 9."""
    r, alpha, a, b = CDNOW.parameters.values()
    series = hyp2f1(r, b, a + b - 1, t / (alpha + t))
    return float((a + b - 1) / (a - 1) * (1 - (alpha / (alpha + t)) ** r * series))


class TestTrackingTable:
    def test_expects_what_the_formula_says_of_each_customer(self, tracked: pd.DataFrame) -> None:
        firsts = orders().group_by("customer_id").agg(pl.col("ordered_at").min())["ordered_at"]
        for place in (0, 20, 77):
            end = tracked["period_end"][place]
            ages = [(end - first).days / 7 for first in firsts if first <= end]

            expected = sum(by_the_formula(age) for age in ages if age > 0)

            assert tracked["expected_so_far"][place] == pytest.approx(expected, rel=1e-9)

    def test_counts_repeat_days(self, tracked: pd.DataFrame) -> None:
        """By hand: days with a purchase, less one a customer, up to the end of 78 weeks."""
        last = tracked["period_end"].iloc[-1]
        days = orders().filter(pl.col("ordered_at") <= last).unique(["customer_id", "ordered_at"])

        assert tracked["counted_so_far"].iloc[-1] == len(days) - 2357
        assert tracked["counted"].sum() == len(days) - 2357
        assert len(tracked) == 78
        assert tracked["period_end"][0] == date(1997, 1, 7)
        assert tracked["held_out"].sum() == 39

    def test_errs_little_in_the_published_way(self, tracked: pd.DataFrame) -> None:
        """Fader, Hardie and Lee (2005): BG/NBD ends 4 % under the cumulative count in week 78."""
        last = tracked.iloc[-1]

        assert abs(last["expected_so_far"] / last["counted_so_far"] - 1) < 0.05

    def test_is_the_same_of_every_engine_and_of_a_state(self) -> None:
        bought = poisson(np.random.default_rng(4), 50, 300, mean_gap=40)
        own = pl.from_pandas(bought)
        model = NBD(0.6, 60.0, unit="D")
        state = rfm_state(own)

        def told(frame: Any) -> pd.DataFrame:
            return tracking_table(model, frame, cut=day(90), until=day(290), every=30)

        expected = told(bought)
        assert len(expected) in {6, 7, 8, 9}
        with duckdb.connect() as connection:
            connection.register("orders", own)
            for frame in (
                own,
                own.lazy(),
                connection.table("orders"),
                state,
                rfm_state(own.lazy()),
            ):
                pd.testing.assert_frame_equal(told(frame), expected)

    def test_has_no_row_where_no_period_is_over(self) -> None:
        bought = poisson(np.random.default_rng(4), 50, 300, mean_gap=40)
        model = NBD(0.6, 60.0, unit="D")

        told = tracking_table(model, bought, cut=day(90), until=day(290), every=365)

        assert told.empty

    @pytest.mark.parametrize(
        ("more", "rule"),
        [
            ({"until": CUT}, "must be after the cut"),
            ({"every": 0}, "every is 0: it must be 1 or more"),
            (
                {"cut": date(1996, 1, 1)},
                "orders is without customers: it must have some by the cut",
            ),
            ({"timezone": "Europe/Berlin"}, "must be the state's own, None"),
        ],
    )
    def test_refuses(self, more: dict[str, object], rule: str) -> None:
        asked = {"cut": CUT, "until": UNTIL, **more}
        told = rfm_state(orders())

        with pytest.raises(InvalidValueError, match=rule):
            tracking_table(CDNOW, told, **asked)  # type: ignore[arg-type]  # bad ones too


class TestConditionalExpectations:
    def test_are_means_by_frequency(self) -> None:
        held = hold_out(orders(), cut=CUT, until=UNTIL, observed_from=date(1997, 1, 1))

        told = conditional_expectations(CDNOW, held)

        table = CDNOW.expected(held.table.to_pandas(), held.within)
        groups = table.groupby(table["frequency"].clip(upper=7))
        assert told.index.tolist() == list(range(8))
        assert told["customers"].tolist() == groups.size().tolist()
        assert told["expected"].tolist() == pytest.approx(groups["expected"].mean().tolist())
        assert told["counted"].tolist() == pytest.approx(groups["counted"].mean().tolist())

    def test_puts_the_most_frequent_in_one_row(self) -> None:
        model = NBD(0.6, 9.0, unit="W")

        assert conditional_expectations(model, held_out(ROWS), most=2).index.tolist() == [0, 2]
        assert conditional_expectations(model, held_out(ROWS), most=0).index.tolist() == [0, 1]

    def test_ends_where_the_last_period_does(self) -> None:
        """Two whole weeks, and two days that are left out."""
        bought = pd.DataFrame({"customer_id": "X", "ordered_at": [day(0), day(15)], "amount": 1.0})

        told = tracking_table(NBD(0.6, 9.0, unit="W"), bought, cut=day(7), until=day(15))

        assert told["period_end"].tolist() == [day(6), day(6) + timedelta(days=7)]
        assert told["counted"].tolist() == [0, 0]
