"""Tables of moves: read alike from every engine, and refused with their rows."""

import re
from datetime import UTC, date, datetime, timedelta

import pandas as pd
import polars as pl
import pytest
from hypothesis import given

from crmkit.errors import InvalidValueError
from crmkit.lifecycle import (
    CUSTOMER_STATE,
    FOUR_STAGE,
    STATE_RULES,
    Population,
    stage_history,
    stages_at,
)

from ..value.engines import ENGINES, FEW, Schema, in_engine, rows_of
from .populations import FIRST, LAST, MOVES, SCHEMA, Move, columns_of, populations, read, stage_on


NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
INSTANTS: Schema = {**SCHEMA, "moved_at": pl.Datetime("us", "UTC")}


def spans(population: Population[pl.DataFrame]) -> list[tuple[int, str, int, int | None]]:
    """Return the stays in days since the first of January: customer, stage, from, until."""
    first = (FIRST - date(1970, 1, 1)).days
    return [
        (
            int(customer),
            population.stages[stage],
            int(since) // 86_400_000_000 - first,
            None if until > 10**17 else int(until) // 86_400_000_000 - first,
        )
        for customer, stage, since, until in zip(
            population.customer, population.stage, population.since, population.until, strict=True
        )
    ]


class TestRead:
    def test_puts_moves_in_order(self) -> None:
        assert spans(read(MOVES[::-1])) == [
            (0, "exploration", 4, 40),
            (0, "growth", 40, 90),
            (0, "decline", 90, None),
            (1, "exploration", 30, 89),
            (1, "growth", 89, None),
            (2, "exploration", 134, None),
        ]
        assert repr(read(MOVES)) == "Population(3 customers, 6 stays, 4 stages, up to 2026-06-30)"

    def test_takes_a_row_of_the_same_stage_for_no_move(self) -> None:
        moves = [*MOVES[:2], ("X", "growth", date(2026, 3, 1)), *MOVES[2:3]]

        assert spans(read(moves)) == spans(read(MOVES[:3]))

    @FEW
    @given(populations())
    def test_knows_the_stage_of_every_day_in_every_engine(self, moves: list[Move]) -> None:
        day = FIRST + timedelta(days=90)
        customers = sorted({move[0] for move in moves})
        told = {one: stage_on(moves, one, day) for one in customers}
        expected = sorted((one, stage) for one, stage in told.items() if stage)

        for engine in ENGINES:
            frame = in_engine(engine, columns_of(moves), SCHEMA)
            population = Population.read(frame, as_of=LAST, lifecycle=FOUR_STAGE)
            found = stages_at(population, day)

            assert type(found) is type(frame)
            assert sorted(row[:2] for row in rows_of(found)) == expected

    def test_reads_numbers_and_instants(self) -> None:
        moves = pl.DataFrame(
            {
                "who": [7, 7, 3],
                "what": ["new", "loyal", "new"],
                "when": [NOON, NOON + timedelta(days=9), NOON],
            }
        )

        population = Population.read(
            moves, as_of=NOON + timedelta(days=20), customer_id="who", stage="what", moved_at="when"
        )

        assert population.stages == ("loyal", "new")
        assert stages_at(population, NOON + timedelta(days=9, seconds=1)).rows() == [
            (3, "new", NOON),
            (7, "loyal", NOON + timedelta(days=9)),
        ]
        assert repr(population) == "Population(2 customers, 3 stays, 2 stages, up to 2026-01-21)"

    @pytest.mark.parametrize("engine", ENGINES)
    def test_reads_days_told_as_text(self, engine: str) -> None:
        columns = {**columns_of(MOVES), "moved_at": [str(move[2]) for move in MOVES]}
        frame = in_engine(engine, columns, {**SCHEMA, "moved_at": pl.String})

        population = Population.read(frame, as_of=LAST, lifecycle=FOUR_STAGE)

        assert population.since.tolist() == read(MOVES).since.tolist()

    def test_reads_what_rules_inferred(self) -> None:
        """By hand: one order in January; 13 and more weeks later he is at risk, then dormant."""
        orders = pl.DataFrame({"customer_id": ["C-7"], "ordered_at": [date(2025, 1, 5)]})
        inferred = stage_history(
            orders, rules=STATE_RULES, lifecycle=CUSTOMER_STATE, as_of=date(2026, 10, 31)
        )

        population = Population.read(
            inferred, as_of=date(2026, 10, 31), lifecycle=CUSTOMER_STATE, moved_at="as_of"
        )

        stages = [population.stages[place] for place in population.stage.tolist()]
        assert stages == ["new", "at_risk", "dormant"]

    @pytest.mark.parametrize("engine", ENGINES)
    def test_takes_what_was_put_back_for_no_move(self, engine: str) -> None:
        acts = [None, "advanced", None, "begun", "restored", "restored"]
        moves: list[Move] = [
            *MOVES[:3],
            ("Y", "growth", date(2026, 1, 31)),
            ("Y", "exploration", date(2026, 3, 31)),
            ("Y", "exploration", date(2026, 5, 31)),
        ]
        columns = {**columns_of(moves), "act": acts}
        frame = in_engine(engine, columns, {**SCHEMA, "act": pl.String})

        population = Population.read(frame, as_of=LAST, lifecycle=FOUR_STAGE)

        assert population.stage.tolist() == [0, 1, 3, 1, 0]
        assert population.next.tolist() == [1, 3, -1, -1, -1]

    def test_checks_every_move_where_acts_are_not_to_be_read(self) -> None:
        moves: list[Move] = [MOVES[1], ("X", "exploration", LAST)]
        frame = pl.DataFrame(columns_of(moves), SCHEMA, orient="row").with_columns(
            act=pl.lit("restored")
        )

        with pytest.raises(InvalidValueError, match="it must follow upon growth"):
            Population.read(frame, as_of=LAST, lifecycle=FOUR_STAGE, act=None)

    def test_is_empty_where_nobody_moved(self) -> None:
        population = read([])

        assert (population.customers, len(population.stages)) == (0, 4)
        assert stages_at(population, LAST).rows() == []

    @pytest.mark.parametrize("engine", ENGINES)
    def test_ends_a_stay_where_the_table_says_so(self, engine: str) -> None:
        schema: Schema = {**SCHEMA, "until": pl.Date}
        columns = {**columns_of(MOVES[:3]), "until": [date(2026, 2, 1), None, date(2026, 5, 1)]}

        population = Population.read(
            in_engine(engine, columns, schema),
            as_of=LAST,
            lifecycle=FOUR_STAGE,
            until="until",
        )

        assert population.next.tolist() == [-1, 3, -1]
        assert population.runs.tolist() == [1, 2, 2]
        assert rows_of(stages_at(population, date(2026, 2, 5))) == []

    def test_tells_moves_of_one_moment_apart_by_their_sequence(self) -> None:
        frame = pl.DataFrame(
            {
                "customer_id": ["X", "X"],
                "stage": ["growth", "exploration"],
                "moved_at": [FIRST, FIRST],
                "step": [2, 1],
            }
        )

        population = Population.read(frame, as_of=LAST, lifecycle=FOUR_STAGE, sequence="step")

        assert stages_at(population, FIRST)["stage"].to_list() == ["growth"]


class TestRefuse:
    @pytest.mark.parametrize(
        ("moves", "says"),
        [
            (
                [*MOVES, ("X", "grwth", LAST)],
                "stage is 'grwth': it must be one of exploration, growth, maturity, decline, as in "
                "row 6; did you mean 'growth'?",
            ),
            (
                [*MOVES, ("Z", "maturity", date(2026, 6, 1))],
                "stage is 'maturity': it must follow upon exploration, which may become growth, "
                "decline, as in row 6",
            ),
            (
                [*MOVES, ("Z", "growth", date(2026, 5, 15))],
                "it must differ within a customer, as in rows 5 and 6; name a column that tells",
            ),
            (
                [*MOVES, ("Z", "growth", date(2026, 7, 1))],
                "moved_at is '2026-07-01T00:00:00+00:00': it must not be after as_of, as in row 6",
            ),
            ([*MOVES, ("Z", None, LAST)], "stage is None: it must not be empty, as in row 6"),
        ],
    )
    def test_rows_that_are_no_way_through_the_lifecycle(self, moves: list[Move], says: str) -> None:
        with pytest.raises(InvalidValueError, match=re.escape(says)):
            read(moves)

    @pytest.mark.parametrize(
        ("until", "says"),
        [
            ([date(2026, 2, 11), None, None], "until is '2026-02-11T00:00:00+00:00': it must lie"),
            ([None, None, date(2026, 3, 1)], "between its own move, and the next one or as_of, as"),
            ([None, None, date(2026, 7, 2)], "as in row 2"),
        ],
    )
    def test_ends_that_are_none(self, until: list[date | None], says: str) -> None:
        frame = pl.DataFrame(
            {**columns_of(MOVES[:3]), "until": until}, {**SCHEMA, "until": pl.Date}
        )

        with pytest.raises(InvalidValueError, match=re.escape(says)):
            Population.read(frame, as_of=LAST, until="until")

    def test_a_sequence_that_stands_twice_or_runs_against_time(self) -> None:
        frame = pl.DataFrame(columns_of(MOVES[:3]), SCHEMA)

        for step, says in (
            ([1, 1, 2], "step is (1, 1): it must stand once within a customer, as in rows 0 and 1"),
            ([2, 1, 3], "it must not be before the move before it, as in row 0; see which"),
        ):
            with pytest.raises(InvalidValueError, match=re.escape(says)):
                Population.read(
                    frame.with_columns(step=pl.Series(step)), as_of=LAST, sequence="step"
                )

    def test_days_and_instants_in_the_place_of_each_other(self) -> None:
        instants = pl.DataFrame(
            {"customer_id": ["X"], "stage": ["growth"], "moved_at": [NOON]}, INSTANTS
        )

        with pytest.raises(InvalidValueError, match="as_of is"):
            Population.read(instants, as_of=LAST)
        with pytest.raises(InvalidValueError, match="as_of is 'today': it must be a date"):
            read(MOVES, "today")  # type: ignore[arg-type]  # refused
        with pytest.raises(InvalidValueError, match=r"observed_from .* must come before as_of"):
            Population.read(instants, as_of=NOON, observed_from=NOON)

    def test_text_that_is_no_day(self) -> None:
        frame = pl.DataFrame(
            {"customer_id": ["X", "Y"], "stage": "new", "moved_at": ["2026-01-05", "5 Jan"]}
        )

        with pytest.raises(InvalidValueError, match="moved_at is '5 Jan': it must be a day, as"):
            Population.read(frame, as_of=LAST)

    def test_a_table_without_its_columns(self) -> None:
        with pytest.raises(InvalidValueError, match="moved_at is missing: it must be a column of"):
            Population.read(pd.DataFrame({"customer_id": ["X"], "stage": ["new"]}), as_of=LAST)


class TestStagesAt:
    def test_is_that_of_the_end_of_a_day(self) -> None:
        population = read(MOVES)

        assert stages_at(population, date(2026, 2, 9))["stage"].to_list() == ["exploration"] * 2
        assert stages_at(population, date(2026, 2, 10))["stage"].to_list() == [
            "growth",
            "exploration",
        ]

    def test_is_refused_of_what_is_not_known(self) -> None:
        with pytest.raises(InvalidValueError, match="must not be after as_of"):
            stages_at(read(MOVES), LAST + timedelta(days=1))

    def test_place_of_no_stage_is_refused(self) -> None:
        with pytest.raises(InvalidValueError, match="did you mean 'growth'"):
            read(MOVES).place("growht")
