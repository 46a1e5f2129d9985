"""Retention by cohort, beside shares worked out by hand and one customer at a time."""

import re
from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given

from crmkit.errors import AssumptionWarning, InvalidValueError
from crmkit.lifecycle import CUSTOMER_STATE, FOUR_STAGE, Population, retention_curves
from crmkit.stats import SmallGroupRule, wilson

from ..value.engines import ENGINES, FEW, in_engine, rows_of
from .populations import LAST, SCHEMA, Move, columns_of, populations, stage_on


EVERYBODY = SmallGroupRule(suppress_below=1, flag_below=1)


def states(moves: list[Move], **more: object) -> Population[pl.DataFrame]:
    frame = pl.DataFrame(columns_of(moves), SCHEMA, orient="row")
    return Population.read(frame, as_of=LAST, lifecycle=CUSTOMER_STATE, **more)  # type: ignore[arg-type]  # names of its own


# Forty of January: ten are lost in March, four of these are won back in May. Nine of February.
JANUARY: list[Move] = [(f"J{n}", "new", date(2026, 1, 1 + n % 30)) for n in range(40)]
LOST: list[Move] = [(f"J{n}", "lost", date(2026, 3, 9)) for n in range(10)]
BACK: list[Move] = [(f"J{n}", "won_back", date(2026, 5, 9)) for n in range(4)]
FEBRUARY: list[Move] = [(f"F{n}", "new", date(2026, 2, 9)) for n in range(9)]


class TestRetentionCurves:
    def test_by_hand(self) -> None:
        table = retention_curves(states([*JANUARY, *LOST, *BACK, *FEBRUARY]))

        january = table.filter(pl.col("cohort") == date(2026, 1, 1))
        assert january["age"].to_list() == [0, 1, 2, 3, 4, 5]
        assert january["kept"].to_list() == [40, 40, 30, 30, 34, 34]
        share = wilson(30, 40)
        row = january.row(2, named=True)
        assert (row["share"], row["low"], row["high"]) == (share.value, share.low, share.high)
        assert set(january["group_size"]) == {"shown"}
        assert set(january["customers"]) == {40}

    def test_keeps_small_cohorts_back(self) -> None:
        table = retention_curves(states([*JANUARY, *FEBRUARY]))

        small = table.filter(pl.col("cohort") == date(2026, 2, 1))
        assert set(small["group_size"]) == {"suppressed"}
        assert small.select("kept", "share", "low", "high").null_count().row(0) == (5,) * 4
        assert set(small["seen"]) == {9}

    @pytest.mark.parametrize("engine", ENGINES)
    def test_keeps_them_back_beside_others_in_every_engine(self, engine: str) -> None:
        """Twelve of January are told, nine of February are not: one column holds both."""
        moves = in_engine(engine, columns_of([*JANUARY[:12], *FEBRUARY]), SCHEMA)

        told = retention_curves(Population.read(moves, as_of=date(2026, 2, 28)), kept=["new"])

        counts = [row[1:5] for row in rows_of(told)]
        assert [*counts[0], *counts[1]] == [0, 12, 12, 12, 1, 12, 12, 12]
        age, customers, seen, kept = counts[2]
        assert (age, customers, seen) == (0, 9, 9)
        assert kept is None or kept != kept  # pandas' own way of having none
        assert rows_of(told)[2][-1] == "suppressed"

    def test_does_not_count_who_was_no_customer_yet(self) -> None:
        early: list[Move] = [(one, "potential", day - timedelta(40)) for one, _, day in FEBRUARY]

        table = retention_curves(states([*early, *FEBRUARY]), rule=EVERYBODY)

        assert set(table["cohort"]) == {date(2026, 2, 1)}

    def test_asks_only_those_who_are_in_sight(self) -> None:
        moves = [("A", "new", date(2026, 1, 1)), ("B", "new", date(2026, 1, 1))]
        frame = pl.DataFrame(
            {**columns_of(moves), "until": [date(2026, 2, 9), None]}, {**SCHEMA, "until": pl.Date}
        )
        population = Population.read(frame, as_of=LAST, lifecycle=CUSTOMER_STATE, until="until")

        table = retention_curves(population, rule=EVERYBODY)

        assert table["customers"].to_list() == [2] * 6
        assert table["seen"].to_list() == [2, 1, 1, 1, 1, 1]
        assert table["share"].to_list() == [1.0] * 6

    def test_has_no_share_where_nobody_is_in_sight(self) -> None:
        frame = pl.DataFrame(
            {**columns_of(FEBRUARY[:1]), "until": [date(2026, 3, 9)]}, {**SCHEMA, "until": pl.Date}
        )
        population = Population.read(frame, as_of=LAST, lifecycle=CUSTOMER_STATE, until="until")

        table = retention_curves(population, rule=EVERYBODY)

        assert table["group_size"].to_list() == ["shown", *["empty"] * 4]

    @FEW
    @given(populations())
    def test_is_that_of_counting_in_every_engine(self, moves: list[Move]) -> None:
        kept = {"growth", "maturity"}
        first: dict[str, date] = {}
        for customer, stage, at in sorted(moves, key=lambda move: move[2]):
            if stage in kept:
                first.setdefault(customer, at)

        for engine in ENGINES:
            frame = in_engine(engine, columns_of(moves), SCHEMA)
            population = Population.read(frame, as_of=LAST, lifecycle=FOUR_STAGE)
            found = retention_curves(population, kept=kept, rule=EVERYBODY)

            assert type(found) is type(frame)
            for cohort, age, customers, _, left, *_ in rows_of(found):
                assert isinstance(cohort, date)
                assert isinstance(age, int)
                own = [one for one, at in first.items() if at.month == cohort.month]
                end = date(2026, cohort.month + age + 1, 1) - timedelta(days=1)
                assert customers == len(own)
                assert left == sum(stage_on(moves, one, end) in kept for one in own)
            assert len(rows_of(found)) == sum(
                7 - month for month in {at.month for at in first.values()}
            )

    def test_warns_of_those_who_were_there_before(self) -> None:
        population = states([*JANUARY, *FEBRUARY], observed_from=date(2026, 2, 1))

        with pytest.warns(AssumptionWarning, match="40 customers were there before the first"):
            table = retention_curves(population)

        assert set(table["cohort"]) == {date(2026, 2, 1)}

    def test_knows_no_cohort_of_a_month_that_is_not_over(self) -> None:
        moves = [*JANUARY, ("N", "new", date(2026, 6, 2))]
        frame = pl.DataFrame(columns_of(moves), SCHEMA, orient="row")
        population = Population.read(frame, as_of=date(2026, 6, 15), lifecycle=CUSTOMER_STATE)

        assert set(retention_curves(population)["cohort"]) == {date(2026, 1, 1)}

    def test_refuses(self) -> None:
        frame = pl.DataFrame(columns_of(FEBRUARY), SCHEMA, orient="row")
        plain = Population.read(frame, as_of=LAST)

        with pytest.raises(InvalidValueError, match="must name the stages that count"):
            retention_curves(plain)
        with pytest.raises(
            InvalidValueError, match=re.escape("several values, not one; write ('new',)")
        ):
            retention_curves(plain, kept="new")
        with pytest.raises(InvalidValueError, match="stage is 'loyal'"):
            retention_curves(plain, kept=["loyal"])
        with pytest.raises(InvalidValueError, match="rule is 5"):
            retention_curves(plain, kept=["new"], rule=5)  # type: ignore[arg-type]  # refused
