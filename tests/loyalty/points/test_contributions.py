"""Points as a measure of contribution, on every engine."""

import polars as pl
import pytest

from crmkit.loyalty import (
    PointsLedger,
    points_contribution,
)
from crmkit.testing import NINE

from ...value.engines import ENGINES, rows_of
from .frames import frame_in
from .schemes import CLUB, DAY, an_account, yuan
from .test_liabilities import posted_by


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
    def test_counts_points_where_they_were_earned(self, engine: str) -> None:
        """Earned on 1 March and put down on the 4th; half of the goods go back on the 5th."""
        li = an_account(at=NINE - DAY).earn(
            "ann",
            NINE + 2 * DAY,
            reference="O-1",
            scheme=CLUB,
            amount=yuan(1000),
            earned_at=NINE - DAY,
        )
        posted = posted_by(li, li.take_back("ann", NINE + 3 * DAY, of="O-1", amount=yuan(500)))
        frame = frame_in(engine, posted)

        before = points_contribution(frame, since=NINE - 2 * DAY, until=NINE)
        after = points_contribution(frame, since=NINE, until=NINE + 9 * DAY)

        assert (rows_of(before), rows_of(after)) == ([("C-7", 50, 1.0)], [])

    @pytest.mark.parametrize("engine", ENGINES)
    def test_of_nobody_is_none(self, engine: str) -> None:
        assert rows_of(points_contribution(frame_in(engine, []), since=NINE, until=NINE)) == []


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
