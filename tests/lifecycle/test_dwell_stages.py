"""Dwell in stages, beside Kaplan–Meier and Aalen–Johansen of hand-made durations."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given

from crmkit.errors import InvalidValueError
from crmkit.kernel import WorkCalendar
from crmkit.lifecycle import (
    FOUR_STAGE,
    Population,
    stage_dwell,
    stage_exits,
    stage_survival,
)
from crmkit.stats import SmallGroupRule, aalen_johansen, kaplan_meier

from ..value.engines import ENGINES, FEW, in_engine, rows_of
from .populations import LAST, MOVES, SCHEMA, Move, columns_of, populations, read


EVERYBODY = SmallGroupRule(suppress_below=1, flag_below=1)
OFFICE = WorkCalendar("UTC", {day: [("09:00", "17:00")] for day in ("mon", "tue", "wed")})
AFTER = date(2026, 7, 1)


def stays_in(moves: list[Move], stage: str) -> list[tuple[int, str | None]]:
    """Return for each stay in a stage how many days it lasted, and what followed."""
    found: list[tuple[int, str | None]] = []
    for customer in {move[0] for move in moves}:
        own = sorted((at, what) for who, what, at in moves if who == customer)
        changes = [own[0], *(b for a, b in pairwise(own) if a[1] != b[1])]
        ends = [*((at, what) for at, what in changes[1:]), (AFTER, None)]
        for (since, what), (until, following) in zip(changes, ends, strict=True):
            if what == stage:
                found.append(((until - since).days, following))
    return found


class TestStageDwell:
    def test_by_hand(self) -> None:
        """Exploration: 36 and 59 days ended, 47 go on. Growth: 50 ended, 92 go on."""
        table = stage_dwell(read(MOVES), rule=EVERYBODY)

        assert table.select("stage", "n", "ended", "open").rows() == [
            ("exploration", 3, 2, 1),
            ("growth", 2, 1, 1),
            ("maturity", 0, 0, 0),
            ("decline", 1, 0, 1),
        ]
        assert table["median"].to_list() == [timedelta(days=59), timedelta(days=50), None, None]
        assert table["group_size"].to_list() == ["shown", "shown", "empty", "empty"]

    def test_keeps_small_groups_back(self) -> None:
        table = stage_dwell(read(MOVES))

        assert table["median"].to_list() == [None] * 4
        assert table["group_size"].to_list() == ["suppressed", "suppressed", "empty", "empty"]

    @FEW
    @given(populations())
    def test_is_kaplan_meier_of_plain_counting_in_every_engine(self, moves: list[Move]) -> None:
        for engine in ENGINES:
            frame = in_engine(engine, columns_of(moves), SCHEMA)
            population = Population.read(frame, as_of=LAST, lifecycle=FOUR_STAGE)

            found = stage_dwell(population)

            assert type(found) is type(frame)
            for stage, n, ended, *_ in rows_of(found):
                stays = stays_in(moves, str(stage))
                assert (n, ended) == (len(stays), sum(what is not None for _, what in stays))
                if stays:
                    curve = kaplan_meier(
                        [days for days, _ in stays], [what is not None for _, what in stays]
                    )
                    told = stage_survival(population, str(stage))
                    np.testing.assert_allclose(told.survival, curve.survival)

    def test_counts_stays_that_began_before_the_record_from_then_on(self) -> None:
        frame = pl.DataFrame(columns_of(MOVES), SCHEMA)
        population = Population.read(
            frame, as_of=LAST, lifecycle=FOUR_STAGE, observed_from=date(2026, 3, 1)
        )

        table = stage_dwell(population)

        # X explored until February, which nobody saw; Y did since January, and ended in March.
        first = table.row(0, named=True)
        assert (first["n"], first["delayed"], first["before"]) == (2, 1, 1)
        curve = stage_survival(population, "exploration")
        expected = kaplan_meier([59, 47], [True, False], entries=[29, 0])
        assert curve.at_risk.tolist() == expected.at_risk.tolist()
        assert curve.survival.tolist() == expected.survival.tolist()

    def test_counts_working_time_where_a_calendar_is_given(self) -> None:
        """By hand: Monday 12:00 to Tuesday 12:00 is a working day of eight hours."""
        monday = datetime(2026, 3, 2, 12, tzinfo=UTC)
        frame = pl.DataFrame(
            {
                "customer_id": ["X", "X"],
                "stage": ["exploration", "growth"],
                "moved_at": [monday, monday + timedelta(days=1)],
            }
        )
        population = Population.read(frame, as_of=monday + timedelta(days=9))

        table = stage_dwell(population, calendar=OFFICE, rule=EVERYBODY)

        assert table["median"].to_list() == [timedelta(hours=8), None]
        assert stage_survival(population, "exploration", calendar=OFFICE).time.tolist() == [1 / 3]

    def test_leaves_out_who_was_in_sight_for_no_working_time(self) -> None:
        """From Thursday on nobody works: the stay ended, in working time, before anybody looked."""
        monday = datetime(2026, 3, 2, 12, tzinfo=UTC)
        frame = pl.DataFrame(
            {
                "customer_id": ["X", "X"],
                "stage": ["exploration", "growth"],
                "moved_at": [monday, monday + timedelta(days=4)],
            }
        )
        population = Population.read(
            frame,
            as_of=monday + timedelta(days=9),
            observed_from=monday + timedelta(days=3),
            lifecycle=FOUR_STAGE,
        )

        table = stage_dwell(population, calendar=OFFICE)

        assert table.row(0)[:6] == ("exploration", 0, 0, 0, 0, 1)


class TestStageExits:
    @FEW
    @given(populations())
    def test_is_aalen_johansen_of_plain_counting(self, moves: list[Move]) -> None:
        population = read(moves)
        for stage in FOUR_STAGE.codes:
            stays = stays_in(moves, stage)
            if not any(what for _, what in stays):
                with pytest.raises(InvalidValueError, match="must"):
                    stage_exits(population, stage)
                continue

            found = stage_exits(population, stage)

            expected = aalen_johansen([days for days, _ in stays], [what for _, what in stays])
            assert found.ways == expected.ways
            np.testing.assert_allclose(found.incidence, expected.incidence)
            np.testing.assert_allclose(found.high, expected.high)

    def test_refuses_where_nobody_was_or_left(self) -> None:
        with pytest.raises(InvalidValueError, match="must be one that somebody was seen in"):
            stage_survival(read(MOVES), "maturity")
        with pytest.raises(InvalidValueError, match=r"left by somebody; ask stage_survival\("):
            stage_exits(read(MOVES), "decline")
        with pytest.raises(InvalidValueError, match="confidence is 2"):
            stage_exits(read(MOVES), "growth", confidence=2)
