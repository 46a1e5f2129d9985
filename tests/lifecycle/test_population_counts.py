"""Counts of stages over time, beside counting one customer at a time."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given

from crmkit.errors import InvalidValueError
from crmkit.kernel import Period
from crmkit.lifecycle import FOUR_STAGE, Population, stage_counts
from crmkit.lifecycle.population_periods import Every, following, grid_of

from ..value.engines import ENGINES, FEW, in_engine, rows_of
from .populations import LAST, MOVES, SCHEMA, Move, columns_of, populations, read, stage_on


class TestStageCounts:
    @FEW
    @given(populations())
    def test_are_those_of_counting_in_every_engine(self, moves: list[Move]) -> None:
        customers = {move[0] for move in moves}
        for engine in ENGINES:
            frame = in_engine(engine, columns_of(moves), SCHEMA)
            population = Population.read(frame, as_of=LAST, lifecycle=FOUR_STAGE)

            found = stage_counts(population)

            assert type(found) is type(frame)
            before = dict.fromkeys(FOUR_STAGE.codes, 0)
            for since, until, stage, count, share, entered, left in rows_of(found):
                assert isinstance(until, date)
                assert isinstance(share, float)
                end = date(until.year, until.month, until.day) - timedelta(days=1)
                there = [stage_on(moves, one, end) for one in customers]
                assert count == there.count(str(stage)), (since, stage)
                assert share * sum(one is not None for one in there) == pytest.approx(count)
                assert count == before[str(stage)] + entered - left  # type: ignore[operator]  # numbers
                before[str(stage)] = count

    def test_tell_whole_months_by_hand(self) -> None:
        rows = stage_counts(read(MOVES[:5], date(2026, 4, 29))).rows()

        assert [(row[0].month, *row[2:]) for row in rows if row[3] or row[6]] == [
            (1, "exploration", 2, 1.0, 2, 0),
            (2, "exploration", 1, 0.5, 0, 1),
            (2, "growth", 1, 0.5, 1, 0),
            (3, "exploration", 0, 0.0, 0, 1),
            (3, "growth", 2, 1.0, 1, 0),
        ]

    def test_know_no_share_where_nobody_is(self) -> None:
        frame = pl.DataFrame(
            {**columns_of(MOVES[:1]), "until": [date(2026, 1, 9)]}, {**SCHEMA, "until": pl.Date}
        )

        counts = stage_counts(Population.read(frame, as_of=LAST, until="until"))

        assert counts["share"].null_count() == 6
        assert counts["customers"].sum() == 0

    def test_begin_months_at_the_midnight_of_the_shop(self) -> None:
        """23:30 in London on 30 June is 1 July in Berlin."""
        late = datetime(2026, 6, 30, 22, 30, tzinfo=UTC)
        frame = pl.DataFrame(
            {"customer_id": ["X", "Y"], "stage": "new", "moved_at": [late - timedelta(9), late]}
        )
        as_of = datetime(2026, 8, 2, tzinfo=UTC)

        counts = {}
        for zone in ("Europe/London", "Europe/Berlin"):
            population = Population.read(frame, as_of=as_of, timezone=zone)
            counts[zone] = stage_counts(population)["customers"].to_list()
            local = frame.with_columns(pl.col("moved_at").dt.convert_time_zone(zone))
            told = stage_counts(Population.read(local, as_of=as_of))["customers"].to_list()
            assert told == counts[zone]
        assert counts == {"Europe/London": [2, 2], "Europe/Berlin": [1, 2]}

    def test_need_a_zone_for_instants_that_tell_none(self) -> None:
        at = datetime(2026, 1, 5, tzinfo=UTC)
        frame = pl.DataFrame({"customer_id": ["X"], "stage": ["new"], "moved_at": [at]})

        with pytest.raises(InvalidValueError, match="periods begin at local midnight"):
            stage_counts(Population.read(frame, as_of=datetime(2026, 3, 1, tzinfo=UTC)))


class TestGrid:
    @pytest.mark.parametrize(
        ("every", "first", "second"),
        [
            ("D", Period.day(date(2026, 1, 5)), Period.day(date(2026, 1, 6))),
            (
                "W",
                Period(date(2026, 1, 5), date(2026, 1, 12)),
                Period(date(2026, 1, 12), date(2026, 1, 19)),
            ),
            ("M", Period.month(2026, 1), Period.month(2026, 2)),
            (
                28,
                Period(date(2026, 1, 5), date(2026, 2, 2)),
                Period(date(2026, 2, 2), date(2026, 3, 2)),
            ),
            ("Q", Period.quarter(2026, 1), Period.quarter(2026, 2)),
        ],
    )
    def test_has_one_period_after_another(
        self, every: Every, first: Period, second: Period
    ) -> None:
        grid = grid_of(read(MOVES), every)

        assert grid.periods[:2] == (first, second)
        assert grid.ends[:-1] == grid.starts[1:]
        assert grid.periods[-1].until <= LAST + timedelta(days=1)

    def test_leaves_out_what_the_record_holds_in_part(self) -> None:
        frame = pl.DataFrame(columns_of(MOVES), SCHEMA)

        population = Population.read(frame, as_of=LAST, observed_from=date(2026, 2, 2))

        assert grid_of(population, "M").periods[0] == Period.month(2026, 3)
        whole = Population.read(frame, as_of=LAST, observed_from=date(2026, 2, 1))
        assert grid_of(whole, "M").periods[0] == Period.month(2026, 2)

    def test_goes_on_after_the_record(self) -> None:
        assert following(Period.month(2026, 12), "M", 2) == [
            Period.month(2027, 1),
            Period.month(2027, 2),
        ]

    def test_is_refused_where_nothing_fits_or_the_word_is_none(self) -> None:
        with pytest.raises(InvalidValueError, match="must fit whole between the beginning"):
            grid_of(read(MOVES), "Y")
        for every in ("month", True, 0, 10_000, [1]):
            with pytest.raises(InvalidValueError, match=r"every is .*: it must be one of D"):
                grid_of(read(MOVES), every)  # type: ignore[arg-type]  # refused

    def test_counts_local_days_across_the_change_of_the_clock(self) -> None:
        berlin = ZoneInfo("Europe/Berlin")
        at = datetime(2026, 3, 28, tzinfo=berlin)
        frame = pl.DataFrame({"customer_id": ["X"], "stage": ["new"], "moved_at": [at]})
        population = Population.read(
            frame, as_of=datetime(2026, 3, 31, tzinfo=berlin), timezone="Europe/Berlin"
        )

        grid = grid_of(population, "D")

        hours = [
            (end - start) // 3_600_000_000
            for start, end in zip(grid.starts, grid.ends, strict=True)
        ]
        assert hours == [24, 23, 24]
