"""Balances of many accounts are those of each, on every engine."""

from datetime import timedelta
from typing import Any

import attrs
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.loyalty import (
    PointsAccount,
    PointsExpiry,
    PointsLedger,
    ledger_balances,
    points_balances,
)
from crmkit.testing import NINE

from ...value.engines import EAGER, ENGINES, FEW, FEWEST, in_engine, rows_of
from .frames import SCHEMA, Posted, a_day_later, columns_of, frame_in, histories
from .schemes import CLUB, DAY, an_account, identity, yuan
from .test_liabilities import posted_by


TOLD = ["account_id", "earned", "adjusted", "redeemed", "expired", "balance", "debt"]


def some() -> Posted:
    account = an_account(sales=(1000, 200))
    spent = account.redeem("ann", NINE + DAY, points=70)
    back = spent.take_back("ann", NINE + DAY, of="O-1")
    first = an_account(sales=(1000,))
    lines = [first.posted, account.posted, spent.posted, back.posted]
    return [(back, one) for posted in lines for one in posted]


class TestBalances:
    @FEWEST
    @given(told=histories(), later=st.integers(0, 500))
    def test_are_those_of_each_account(
        self, told: tuple[dict[str, PointsAccount], Posted], later: int
    ) -> None:
        """What lapsed since is put down by the account itself."""
        accounts, posted = told
        as_of = a_day_later(posted) + timedelta(days=later)
        expected = [
            (after.id, *identity(after), after.debt)
            for after in (one.expire("ann", as_of) for one in accounts.values())
            if after.number
        ]

        for engine in ENGINES:
            found = points_balances(frame_in(engine, posted), as_of=as_of)
            assert sorted(map(tuple, rows_of(found))) == expected, engine
        if posted:
            ledger = PointsLedger.of(frame_in("pandas", posted), currency="CNY", timezone="UTC")
            assert rows_of(ledger_balances(ledger, as_of=as_of)) == expected

    @FEW
    @given(histories(), st.integers(0, 400))
    def test_of_a_past_day_do_not_hang_on_what_came_later(
        self, told: tuple[dict[str, PointsAccount], Posted], days: int
    ) -> None:
        _, posted = told
        as_of = NINE + timedelta(days=days)
        until = [pair for pair in posted if pair[1].at <= as_of]

        whole, part = (
            points_balances(frame_in("polars", rows), as_of=as_of) for rows in (posted, until)
        )

        assert rows_of(whole) == rows_of(part)

    @pytest.mark.parametrize("engine", EAGER)
    def test_number_accounts_by_whole_numbers_too(self, engine: str) -> None:
        columns = columns_of(some())
        for ids in ([7, 9, 7, 7], [7, 10**12, 7, 7]):
            schema = {**SCHEMA, "account_id": pl.Int64}
            frame = pl.DataFrame({**columns, "account_id": ids}, schema=schema)
            told = frame.to_pandas() if engine == "pandas" else frame

            found = points_balances(told, as_of=NINE + DAY)

            assert [row[0] for row in rows_of(found)] == sorted(set(ids))

    @pytest.mark.parametrize("engine", ENGINES)
    def test_have_named_columns(self, engine: str) -> None:
        found: Any = points_balances(frame_in(engine, some()), as_of=NINE + DAY)

        names = found.collect_schema().names() if engine == "polars lazy" else found.columns
        assert list(names) == TOLD
        assert rows_of(found) == [("club/C-7", 120, -30, 70, 0, 20, 70)]

    @pytest.mark.parametrize("engine", ENGINES)
    def test_know_points_that_never_lapse(self, engine: str) -> None:
        ever = attrs.evolve(CLUB, expiry=PointsExpiry(months=None))
        account = an_account(scheme=ever, sales=(1000,))
        later = account.earn("ann", NINE, reference="O-2", scheme=CLUB, amount=yuan(500))
        posted = [(later, one) for one in (*account.posted, *later.posted)]

        found = points_balances(frame_in(engine, posted), as_of=NINE + 900 * DAY)

        assert rows_of(found) == [("club/C-7", 150, 0, 0, 50, 100, 0)]

    @pytest.mark.parametrize("engine", ENGINES)
    def test_are_told_of_accounts_of_two_schemes(self, engine: str) -> None:
        """An account is of one scheme: what it holds does not hang on the others."""
        columns = columns_of(posted_by(an_account(sales=(100,)), an_account("C-8", sales=(200,))))
        columns["scheme"] = ["club", "other"]

        found = points_balances(in_engine(engine, {**columns}, SCHEMA), as_of=NINE + DAY)

        assert sorted(row[5] for row in rows_of(found)) == [10, 20]  # type: ignore[type-var]  # points

    @pytest.mark.parametrize("engine", ENGINES)
    def test_of_nobody_are_none(self, engine: str) -> None:
        assert rows_of(points_balances(frame_in(engine, []), as_of=NINE)) == []


class TestRefuses:
    @pytest.mark.parametrize(
        ("told", "problem"),
        [
            ({"act": ["opened"] * 4}, "must be one of earned, redeemed"),
            ({"points": [1, 2, None, 4]}, "must not be empty"),
            ({"points": [1, 2, 0.5, 4]}, "must be whole numbers below 2"),
            ({"points": [1, 2, 2**53, 4]}, "must be whole numbers below 2"),
            ({"points": [2**52, 2**52, 1, 4]}, "points is .*: it must add up to less than 2.53"),
            ({"debt": [2**52, -(2**52), 0, 0]}, "debt is .*: it must add up to less than 2.53"),
            ({"number": [1, 2, None, 4]}, "number .* must not be empty"),
            ({"number": [1, 2, 2.5, 4]}, "must be whole numbers below 2"),
        ],
    )
    def test_what_is_no_ledger(self, told: dict[str, list[object]], problem: str) -> None:
        frame = pd.DataFrame({**columns_of(some()), **told})

        with pytest.raises(InvalidValueError, match=problem):
            points_balances(frame, as_of=NINE)

    @pytest.mark.parametrize("engine", ENGINES)
    @pytest.mark.parametrize(
        ("told", "problem"),
        [
            ({"points": [100, 20, 70, -30]}, "points .*must not be below 0 where points are earn"),
            ({"points": [-100, 20, 70, -30]}, "points .* nor above 0 where they are redeemed"),
            ({"points": [100, 20, -700, -30]}, "points is -610: it .* less than 0 .* 'club/C-7'"),
            ({"debt": [0, 0, 0, -1]}, "debt is -1: it must not add up to less than 0 .* 'club/C-7"),
        ],
    )
    def test_what_no_account_can_hold(
        self, engine: str, told: dict[str, list[object]], problem: str
    ) -> None:
        frame = in_engine(engine, {**columns_of(some()), **told}, SCHEMA)

        with pytest.raises(InvalidValueError, match=problem):
            points_balances(frame, as_of=NINE)

    def test_points_against_their_act_by_their_rows(self) -> None:
        frame = pd.DataFrame({**columns_of(some()), "points": [100, 20, 70, 30]})

        with pytest.raises(InvalidValueError, match="as in rows 2 and 3"):
            points_balances(frame, as_of=NINE)

    @pytest.mark.parametrize("engine", ENGINES)
    @pytest.mark.parametrize("number", [1, 10**12])
    def test_a_posting_that_stands_twice(self, engine: str, number: int) -> None:
        columns = columns_of(some())
        columns["number"] = [number, 2, number, 4]

        with pytest.raises(InvalidValueError, match=f"number is {number}: it must stand once in"):
            points_balances(in_engine(engine, {**columns}, SCHEMA), as_of=NINE)

    def test_two_postings_that_stand_twice_in_many_accounts(self) -> None:
        frame = pl.concat([frame_in("polars", some())] * 2)
        others = [
            frame_in("polars", some()).with_columns(account_id=pl.lit(f"A-{one}"))
            for one in range(40)
        ]

        with pytest.raises(InvalidValueError, match="must stand once in the account club/C-7"):
            points_balances(pl.concat([frame, *others]), as_of=NINE)

    @pytest.mark.parametrize("twice", [False, True])
    def test_a_posting_that_stands_twice_where_numbers_are_far_apart(self, twice: bool) -> None:
        (line,) = frame_in("polars", some()).head(1).rows(named=True)
        rows = [{**line, "account_id": f"A-{one}", "number": one + 1} for one in range(50)]
        frame = pl.DataFrame([*rows, *rows[7:8]] if twice else rows, schema=SCHEMA)

        if not twice:
            assert len(points_balances(frame, as_of=NINE + DAY)) == 50
            return
        with pytest.raises(InvalidValueError, match=r"number is 8: it must stand once in .* A-7"):
            points_balances(frame, as_of=NINE + DAY)

    def test_a_whole_number_that_is_missing(self) -> None:
        frame = frame_in("polars", some()).with_columns(
            points=pl.when(pl.col("number") > 1).then("points")
        )

        with pytest.raises(InvalidValueError, match=r"points .* must not be empty"):
            points_balances(frame, as_of=NINE)

    @pytest.mark.parametrize("engine", ENGINES)
    def test_no_number_that_two_accounts_share(self, engine: str) -> None:
        columns = columns_of(some())
        columns["account_id"] = ["A", "B", "C", "D"]
        columns["number"] = [1, 1, 10**12, 10**12]
        columns |= {"act": ["earned"] * 4, "points": [1] * 4, "debt": [0] * 4}

        found = points_balances(in_engine(engine, {**columns}, SCHEMA), as_of=NINE + DAY)

        assert len(rows_of(found)) == 4

    def test_a_column_that_is_missing(self) -> None:
        frame = frame_in("pandas", some()).drop(columns="expires_at")

        with pytest.raises(InvalidValueError, match="must be a column of postings"):
            points_balances(frame, as_of=NINE)

    def test_times_that_are_days(self) -> None:
        frame = frame_in("polars", some()).with_columns(pl.col("expires_at").dt.date())

        with pytest.raises(InvalidValueError, match="must hold instants with a time zone"):
            points_balances(frame, as_of=NINE)
