"""Points as a measure of contribution, and tiers of many, on every engine."""

from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given

from crmkit.loyalty import (
    PointsAccount,
    PointsAct,
    PointsLedger,
    points_contribution,
    points_tiers,
)
from crmkit.testing import NINE

from ...value.engines import ENGINES, FEWEST, rows_of
from .frames import Posted, a_day_later, frame_in, histories
from .schemes import CLUB, DAY, an_account
from .test_liabilities import posted_by
from .test_tiers import CALENDAR, ROLLING


class TestContribution:
    @pytest.mark.parametrize("engine", ENGINES)
    def test_counts_what_was_earned_and_not_what_was_spent(self, engine: str) -> None:
        li = an_account(sales=(750,))
        posted = posted_by(li, li.redeem("ann", NINE, points=70), an_account("C-8", sales=(250,)))

        found = points_contribution(frame_in(engine, posted), since=NINE, until=NINE + DAY)

        assert sorted(rows_of(found)) == [("C-7", 75, 0.75), ("C-8", 25, 0.25)]

    def test_does_not_count_goods_that_went_back_spent_or_not(self) -> None:
        li = an_account(sales=(1000,))
        spent = li.redeem("ann", NINE, points=70)
        back = spent.take_back("ann", NINE, of="O-1")

        found = points_contribution(
            frame_in("polars", posted_by(li, spent, back)), since=NINE, until=NINE + DAY
        )

        assert rows_of(found) == [("C-7", 0, None)]

    def test_is_of_some_time(self) -> None:
        first, second = an_account(sales=(1000,)), an_account(sales=(1000, 500))
        posted = posted_by(first, second)

        found = points_contribution(
            frame_in("pandas", posted), since=NINE + DAY, until=NINE + 2 * DAY
        )

        assert rows_of(found) == [("C-7", 50, 1.0)]

    @pytest.mark.parametrize("engine", ENGINES)
    def test_of_nobody_is_none(self, engine: str) -> None:
        assert rows_of(points_contribution(frame_in(engine, []), since=NINE, until=NINE)) == []


class TestTiers:
    @FEWEST
    @given(told=histories())
    def test_are_those_of_each_account(self, told: tuple[dict[str, PointsAccount], Posted]) -> None:
        _, posted = told
        as_of = a_day_later(posted) + timedelta(days=100)
        counted = (PointsAct.EARNED, PointsAct.TAKEN_BACK)
        for scheme in (CALENDAR, ROLLING):
            expected = []
            for id in sorted({account.id for account, one in posted if one.act in counted}):
                own = [
                    (one.at, one.points - one.debt)
                    for account, one in posted
                    if account.id == id and one.act in counted
                ]
                expected.append((id, scheme.explain(own, as_of=as_of).verdict))

            for engine in ENGINES:
                found: Any = points_tiers(frame_in(engine, posted), scheme=scheme, as_of=as_of)
                assert [row[:2] for row in rows_of(found)] == expected

    @pytest.mark.parametrize("engine", ENGINES)
    def test_tell_what_the_next_takes(self, engine: str) -> None:
        posted = posted_by(an_account(sales=(12_000,)), an_account("C-8", sales=(60_000,)))
        frame = frame_in(engine, posted)

        found = points_tiers(frame, scheme=CALENDAR, as_of=NINE + DAY)

        rows = rows_of(found)
        assert [row[:3] for row in rows] == [
            ("club/C-7", "silver", "raised"),
            ("club/C-8", "gold", "raised"),
        ]
        assert [row[4] for row in rows] == [1200, 6000]
        assert rows[0][5] == 3800

    def test_are_of_those_who_earned_by_then(self) -> None:
        frame = frame_in("polars", posted_by(an_account(sales=(12_000,))))

        assert rows_of(points_tiers(frame, scheme=CALENDAR, as_of=NINE - DAY)) == []


class TestMixed:
    def test_keeps_a_ledger_in_another_zone(self) -> None:
        frame = frame_in("polars", posted_by(an_account(sales=(100,))))
        moved = frame.with_columns(
            pl.col("posted_at", "expires_at", "earned_at").dt.convert_time_zone("Asia/Shanghai")
        )

        told = points_contribution(moved.lazy(), since=NINE, until=NINE + DAY)

        assert rows_of(told) == [("C-7", 10, 1.0)]
        ledger = PointsLedger.of(moved, currency="CNY", timezone="UTC")
        assert ledger.earned.tolist() == [int(NINE.timestamp() * 1e6)]
        assert CLUB.name == "club"
