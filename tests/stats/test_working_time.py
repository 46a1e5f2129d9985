import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]  # it has no stubs
import pytest
from hypothesis import given, settings, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.kernel import Period
from crmkit.sla import WorkCalendar, due_many, elapsed_many, is_open_many
from tests.kernel.calendars import (
    HOUR,
    KINDS,
    NOTHING,
    OFFICE_WEEK,
    Told,
    calendar_of,
    calendars,
    changed,
    instants,
    moves,
    of_kind,
)


OFFICE = WorkCalendar("Asia/Shanghai", OFFICE_WEEK, holidays=[date(2026, 10, 1)])
FEW = settings(max_examples=settings().max_examples // 2)


Rows = list[tuple[datetime | None, datetime | None]]


def at(*told: str) -> np.ndarray[Any, np.dtype[np.datetime64]]:
    """Return instants in UTC; in Shanghai it is eight hours later."""
    return np.array(told, dtype="datetime64[us]")


def column(times: Sequence[datetime | None]) -> np.ndarray[Any, np.dtype[np.datetime64]]:
    naive = [None if time is None else time.replace(tzinfo=None) for time in times]
    return np.array(naive, dtype="datetime64[us]")


def whole(found: np.ndarray[Any, Any]) -> list[Any]:
    """Return what an array holds as Python has it."""
    return found.astype(object).tolist()  # type: ignore[no-any-return]  # a list


@st.composite
def rows(draw: st.DrawFn) -> tuple[Told, Rows]:
    """Draw a calendar and pairs of instants in order, some missing, some years away."""
    told = draw(calendars())
    return told, draw(_rows(told["timezone"]))


@lru_cache
def _rows(zone: str) -> st.SearchStrategy[Rows]:
    far = st.timedeltas(timedelta(days=-900), timedelta(days=900))
    moments = instants(zone) | far.map(lambda gap: changed(zone) + gap)
    pairs = st.tuples(moments, moments).map(lambda pair: (min(pair), max(pair)))
    return st.lists(pairs | st.tuples(st.none() | moments, st.none()), max_size=8)


def pairs_of(kind: str) -> tuple[list[datetime], list[datetime]]:
    """Return pairs of instants, most of them near a move of the clock of a calendar's zone."""
    rng = random.Random(kind)
    moved = moves(KINDS[kind]["timezone"])
    day, minute = timedelta(days=1), timedelta(minutes=1)
    near = [rng.choice(moved) + rng.uniform(-2, 2) * day for _ in range(300)]
    # The gap of a clock begins and ends on a minute, and so do windows.
    even = [rng.choice(moved) + rng.randrange(-2880, 2880) * minute for _ in range(300)]
    far = [rng.choice(moved) + rng.uniform(-700, 700) * day for _ in range(100)]
    found = [*near, *even, *far]
    ordered = [sorted((rng.choice(found), rng.choice(found))) for _ in range(500)]
    return [start for start, _ in ordered], [end for _, end in ordered]


class TestElapsedMany:
    def test_counts_row_by_row(self) -> None:
        starts, ends = (
            at("2026-10-06T02:00", "2026-09-30T00:00"),
            at("2026-10-07T01:30", "2026-10-02T00:00"),
        )

        passed = elapsed_many(OFFICE, starts, ends)

        # 10:00–12:00, 13:00–18:00 and 08:00–09:30; then all of 30 September, the first is closed.
        assert whole(passed) == [timedelta(hours=8, minutes=30), 9 * HOUR]

    @given(rows())
    def test_equals_the_calendars_own_answer(self, told: tuple[Told, Rows]) -> None:
        calendar, pairs = calendar_of(told[0]), told[1]
        starts, ends = (column([pair[end] for pair in pairs]) for end in (0, 1))

        passed = elapsed_many(calendar, starts, ends)

        assert whole(passed) == [
            None if start is None or end is None else calendar.elapsed(start, end)
            for start, end in pairs
        ]

    @pytest.mark.parametrize("kind", KINDS)
    def test_equals_it_on_every_kind_of_calendar(self, kind: str) -> None:
        calendar, (starts, ends) = of_kind(kind), pairs_of(kind)

        passed = elapsed_many(calendar, column(starts), column(ends))

        assert whole(passed) == list(map(calendar.elapsed, starts, ends))

    @pytest.mark.parametrize("rows", [1 << 15, (1 << 15) + 1, 100_000])
    def test_counts_more_rows_than_a_block_holds(self, rows: int) -> None:
        rng = np.random.default_rng(20260301)
        starts = at("2024-01-01") + rng.integers(0, 10**14, rows).astype("timedelta64[us]")
        ends = starts + rng.integers(0, 10**12, rows).astype("timedelta64[us]")
        ends[-1] = np.datetime64("NaT", "us")

        passed = elapsed_many(OFFICE, starts, ends)

        assert np.isnat(passed[-1])
        for row in (0, 1, rows // 2, rows - 2):
            told = (pd.Timestamp(t[row], tz="UTC").to_pydatetime() for t in (starts, ends))
            assert passed[row] == np.timedelta64(OFFICE.elapsed(*told))

    def test_counts_years_far_away(self) -> None:
        starts, ends = at("1881-05-03", "2150-07-01"), at("1881-06-03", "2150-08-01")

        passed = elapsed_many(OFFICE, starts, ends)

        assert whole(passed) == [
            OFFICE.elapsed(datetime(year, month, day, tzinfo=UTC), end)
            for (year, month, day), end in (
                ((1881, 5, 3), datetime(1881, 6, 3, tzinfo=UTC)),
                ((2150, 7, 1), datetime(2150, 8, 1, tzinfo=UTC)),
            )
        ]

    def test_keeps_the_index_and_the_engine(self) -> None:
        frame = pd.DataFrame(
            {"start": [datetime(2026, 10, 6, 2, tzinfo=UTC), None]}, index=["K-2", "K-1"]
        )
        frame["end"] = frame["start"] + HOUR

        passed = elapsed_many(OFFICE, frame["start"], frame["end"])

        expected = pd.Series([HOUR, None], index=["K-2", "K-1"], name="elapsed")
        pd.testing.assert_series_equal(passed, expected, check_dtype=False)

    @pytest.mark.parametrize("unit", ["ms", "us", "ns"])
    def test_takes_polars(self, unit: Any) -> None:
        starts = pl.Series(
            [datetime(2026, 10, 6, 2, tzinfo=UTC), None], dtype=pl.Datetime(unit, "UTC")
        )

        passed = elapsed_many(OFFICE, starts, starts + HOUR)

        assert passed.to_list() == [HOUR, None]

    def test_takes_columns_of_pyarrow(self) -> None:
        told = [datetime(2026, 10, 6, 2, tzinfo=UTC), None]
        backed = pd.Series(told).astype(pd.ArrowDtype(pa.timestamp("us", "Asia/Shanghai")))
        plain = pa.chunked_array([told], type=pa.timestamp("us", "Asia/Shanghai"))
        ends = np.array(["2026-10-06T03:00"] * 2, dtype="datetime64[s]")

        assert [pd.isna(last) for last in elapsed_many(OFFICE, backed, ends)] == [False, True]
        assert elapsed_many(OFFICE, plain, ends).to_pylist() == [HOUR, None]

    @pytest.mark.parametrize("told", [[], ["NaT", "NaT"]])
    def test_of_nothing_is_nothing(self, told: list[str]) -> None:
        times = np.array(told, dtype="datetime64[s]")

        assert np.isnat(elapsed_many(OFFICE, times, times)).all()
        assert np.isnat(due_many(OFFICE, times, HOUR)).all()
        assert not is_open_many(OFFICE, times).any()
        assert len(due_many(OFFICE, times, HOUR)) == len(told)

    def test_refuses_a_reversed_row_and_names_it(self) -> None:
        starts = at("NaT", "2026-10-06T02:00", "2026-10-06T02:00")
        ends = at("2026-10-06T02:00", "NaT", "2026-10-06T01:00")

        with pytest.raises(InvalidValueError, match=r"2026-10-06T01:00.*start, as in row 2"):
            elapsed_many(OFFICE, starts, ends)

    def test_names_a_row_behind_the_first_block(self) -> None:
        starts = np.repeat(at("2026-10-06"), 40_000)
        ends = starts.copy()
        ends[39_000] -= np.timedelta64(1, "s")

        with pytest.raises(InvalidValueError, match="as in row 39000"):
            elapsed_many(OFFICE, starts, ends)

    def test_refuses_columns_of_two_lengths(self) -> None:
        with pytest.raises(InvalidValueError, match=r"len\(ends\) is 1: it must be 2"):
            elapsed_many(OFFICE, at("2026-10-06", "2026-10-07"), at("2026-10-08"))

    def test_refuses_another_index(self) -> None:
        starts = pd.Series([datetime(2026, 10, 6, tzinfo=UTC)], index=[1])

        with pytest.raises(InvalidValueError, match="must have the index of the starts"):
            elapsed_many(OFFICE, starts, starts.reset_index(drop=True))

    @pytest.mark.parametrize("engine", [pd.Series, pl.Series])
    def test_refuses_a_naive_series(self, engine: Any) -> None:
        naive = engine([datetime(2026, 10, 6, 2)])

        for ask in (elapsed_many, due_many):
            with pytest.raises(InvalidValueError, match="must hold instants with a time zone"):
                ask(OFFICE, naive, naive)
        with pytest.raises(InvalidValueError, match="must hold instants with a time zone"):
            is_open_many(OFFICE, naive)

    def test_refuses_an_instant_beyond_the_calendar(self) -> None:
        with pytest.raises(InvalidValueError, match="must lie in the years 2 to 9998"):
            elapsed_many(OFFICE, at("0001-06-01"), at("2026-10-06"))


class TestDueMany:
    def test_reads_the_boundary_both_ways(self) -> None:
        starts = at("2026-10-02T09:00", "2026-10-02T10:00")  # 17:00 and 18:00 on a Friday
        targets = np.array([1, 0], dtype="timedelta64[h]")

        at_close = due_many(OFFICE, starts, targets)
        at_open = due_many(OFFICE, starts, targets, boundary="next_open")

        assert at_close.tolist() == at("2026-10-02T10:00", "2026-10-05T00:00").tolist()
        assert at_open.tolist() == at("2026-10-05T00:00", "2026-10-05T00:00").tolist()

    @given(
        rows(),
        st.lists(st.none() | st.timedeltas(NOTHING, timedelta(days=300)), min_size=8, max_size=8),
        st.sampled_from(["close", "next_open"]),
    )
    def test_equals_the_calendars_own_answer(
        self,
        told: tuple[Told, Rows],
        targets: list[timedelta | None],
        boundary: Any,
    ) -> None:
        calendar = calendar_of(told[0])
        starts = [start for start, _ in told[1]]
        lasts = targets[: len(starts)]
        many = column(starts), np.array(lasts, dtype="timedelta64[us]")
        try:
            expected = [
                None
                if start is None or last is None
                else calendar.due(start, last, boundary=boundary).replace(tzinfo=None)
                for start, last in zip(starts, lasts, strict=True)
            ]
        except InvalidValueError:
            # Open for some minutes a week, it never comes to so much.
            with pytest.raises(InvalidValueError, match="must have passed before the year 9999"):
                due_many(calendar, *many, boundary=boundary)
        else:
            assert whole(due_many(calendar, *many, boundary=boundary)) == expected

    @pytest.mark.parametrize("boundary", ["close", "next_open"])
    @pytest.mark.parametrize("kind", KINDS)
    def test_equals_it_on_every_kind_of_calendar(self, kind: str, boundary: Any) -> None:
        calendar, (starts, ends) = of_kind(kind), pairs_of(kind)
        targets = [calendar.elapsed(*pair) for pair in zip(starts, ends, strict=True)]

        due = due_many(
            calendar, column(starts), np.array(targets, dtype="timedelta64[us]"), boundary=boundary
        )

        assert whole(due) == [
            calendar.due(start, target, boundary=boundary).replace(tzinfo=None)
            for start, target in zip(starts, targets, strict=True)
        ]

    @FEW
    @given(rows(), st.timedeltas(NOTHING, timedelta(days=5 * 366)))
    def test_reaches_as_far_as_one_target_for_all_needs(
        self,
        told: tuple[Told, Rows],
        target: timedelta,
    ) -> None:
        """Some calendars are open for some minutes a week: they never come so far."""
        calendar, starts = calendar_of(told[0]), [start for start, _ in told[1]]
        try:
            alone = [None if start is None else calendar.due(start, target) for start in starts]
        except InvalidValueError:
            with pytest.raises(InvalidValueError, match="must have passed before the year 9999"):
                due_many(calendar, column(starts), target)
        else:
            assert whole(due_many(calendar, column(starts), target)) == [
                None if due is None else due.replace(tzinfo=None) for due in alone
            ]

    def test_goes_by_the_row_that_needs_most(self) -> None:
        """Neither the latest start nor the largest target belongs to it."""
        starts = at("2026-01-01", "2027-01-01", "2028-01-01")
        targets = np.array([3 * 365, 2 * 365 + 364, 1], dtype="timedelta64[D]")

        due = due_many(WorkCalendar.always("UTC"), starts, targets)

        assert due.tolist() == (starts + targets).tolist()

    def test_is_told_in_utc_in_the_engine_it_came_in(self) -> None:
        friday = datetime(2026, 10, 2, 9, tzinfo=UTC)
        starts = pd.Series([friday, None], index=[7, 3]).dt.tz_convert("Asia/Shanghai")

        due = due_many(OFFICE, starts, pd.Series([2 * HOUR, HOUR], index=[7, 3]))

        expected = pd.Series([datetime(2026, 10, 5, 1, tzinfo=UTC), None], index=[7, 3], name="due")
        pd.testing.assert_series_equal(due, expected, check_dtype=False)
        assert due_many(OFFICE, pl.Series([friday]), 2 * HOUR).to_list() == [
            datetime(2026, 10, 5, 1, tzinfo=UTC)
        ]

    def test_refuses_a_negative_duration_and_names_its_row(self) -> None:
        starts = at("2026-10-06", "2026-10-06", "NaT")

        with pytest.raises(InvalidValueError, match="must not be negative, as in row 1"):
            due_many(OFFICE, starts, np.array(["NaT", -1, -1], dtype="timedelta64[h]"))
        with pytest.raises(InvalidValueError, match="must not be negative, as in row 0"):
            due_many(OFFICE, starts, -HOUR)

    def test_refuses_what_never_comes(self) -> None:
        with pytest.raises(InvalidValueError, match="must have passed before the year 9999"):
            due_many(OFFICE, at("2026-10-06"), np.array([2**63 - 1], dtype="timedelta64[us]"))

    def test_refuses_another_index(self) -> None:
        starts = pd.Series([datetime(2026, 10, 6, tzinfo=UTC)], index=[1])

        with pytest.raises(InvalidValueError, match=r"durations is .* index of the starts"):
            due_many(OFFICE, starts, pd.Series([HOUR]))

    def test_refuses_an_unknown_boundary(self) -> None:
        with pytest.raises(InvalidValueError, match="must be 'close' or 'next_open'"):
            due_many(OFFICE, at("2026-10-06"), HOUR, boundary="open")  # type: ignore[arg-type]  # refused


class TestIsOpenMany:
    @given(rows())
    def test_equals_the_calendars_own_answer(self, told: tuple[Told, Rows]) -> None:
        calendar, times = calendar_of(told[0]), [start for start, _ in told[1]]

        found = is_open_many(calendar, column(times))

        assert found.tolist() == [time is not None and calendar.is_open(time) for time in times]

    @pytest.mark.parametrize("kind", KINDS)
    def test_equals_it_on_every_kind_of_calendar(self, kind: str) -> None:
        calendar, (starts, _) = of_kind(kind), pairs_of(kind)

        assert is_open_many(calendar, column(starts)).tolist() == list(
            map(calendar.is_open, starts)
        )

    def test_keeps_the_index(self) -> None:
        times = pd.Series([datetime(2026, 10, 6, 2, tzinfo=UTC), None], index=["b", "a"])

        found = is_open_many(OFFICE, times)

        expected = pd.Series([True, False], index=["b", "a"], name="is_open")
        pd.testing.assert_series_equal(found, expected)

    def test_of_a_stretch_without_an_opening_is_false(self) -> None:
        closed = [
            f"{datetime(2024, 1, 1) + timedelta(days=n):%m-%d}" for n in range(366) if n != 59
        ]
        leap = WorkCalendar("UTC", {"mon": [("09:00", "10:00")]}, yearly_holidays=closed)

        assert is_open_many(leap, at("2026-10-05T09:30", "2044-02-29T09:30")).tolist() == [
            False,
            True,
        ]
        assert not is_open_many(leap, at("2026-10-05T09:30")).any()


class TestKnownDates:
    """A calendar whose holidays are known for 2026 only; in Shanghai the year begins at 16:00."""

    KNOWN = WorkCalendar("Asia/Shanghai", OFFICE_WEEK, known=Period.year(2026))
    WHOLE = WorkCalendar("Asia/Shanghai", OFFICE_WEEK)
    TICK = np.timedelta64(1, "us")
    LAST_HOUR, NEW_YEAR = at("2026-12-31T09:00"), at("2026-12-31T16:00")

    def test_are_answered_up_to_their_last_instant(self) -> None:
        first = at("2025-12-31T16:00")

        passed = elapsed_many(self.KNOWN, first, self.NEW_YEAR)

        assert whole(passed) == whole(elapsed_many(self.WHOLE, first, self.NEW_YEAR))
        assert due_many(self.KNOWN, self.LAST_HOUR, HOUR) == at("2026-12-31T10:00")
        assert not is_open_many(self.KNOWN, self.NEW_YEAR - self.TICK)[0]

    def test_are_not_left_in_silence(self) -> None:
        beyond = "the year 2026, for which holidays are known"

        with pytest.raises(InvalidValueError, match=beyond):
            elapsed_many(self.KNOWN, self.LAST_HOUR, self.NEW_YEAR + self.TICK)
        with pytest.raises(InvalidValueError, match=beyond):
            elapsed_many(self.KNOWN, at("2025-12-31T15:59"), self.NEW_YEAR)
        with pytest.raises(InvalidValueError, match=beyond):
            due_many(self.KNOWN, self.LAST_HOUR, 2 * HOUR)
        with pytest.raises(InvalidValueError, match=beyond):
            due_many(self.KNOWN, self.LAST_HOUR, HOUR, boundary="next_open")
        with pytest.raises(InvalidValueError, match=beyond):
            is_open_many(self.KNOWN, self.NEW_YEAR)

    def test_are_not_asked_for_what_is_missing(self) -> None:
        nothing = at("NaT", "NaT")

        assert whole(elapsed_many(self.KNOWN, nothing, nothing)) == [None, None]
        assert whole(due_many(self.KNOWN, nothing, HOUR)) == [None, None]
        assert not is_open_many(self.KNOWN, nothing).any()
        assert not len(is_open_many(self.KNOWN, nothing[:0]))
