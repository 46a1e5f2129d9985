import re
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.kernel import WorkCalendar
from crmkit.stats import CaseLog, dwell_by_activity, dwell_times, kaplan_meier

from ..value.engines import ENGINES, FEW, SESSION, Columns, Schema, in_engine, rows_of
from .event_logs import (
    FRIDAY,
    OFFICE,
    SCHEMA,
    Event,
    by_case,
    columns_of,
    in_parts,
    logs,
    many_events,
)


STAYS: Schema = {"activity": pl.String, "ended": pl.Boolean, "dwell": pl.Duration("us")}
HOUR = timedelta(hours=1)


def by_definition(
    events: list[Event], as_of: datetime, final: list[str], *, works: bool
) -> list[tuple[object, ...]]:
    """Every event begins a stay that lasts to the next one, or to the end of the log."""
    rows: list[tuple[object, ...]] = []
    for case, own in by_case(events).items():
        for place, (_, activity, since, sequence) in enumerate(own):
            ended = place + 1 < len(own)
            if not ended and activity in final:
                continue
            until = own[place + 1][2] if ended else as_of
            dwell = OFFICE.elapsed(since, until) if works else until - since
            rows.append((case, activity, sequence, since, until, ended, dwell))
    return rows


class TestDwellTimes:
    @FEW
    @given(logs(["new", "wait", "done"]), st.booleans(), st.booleans())
    def test_is_the_definition_in_every_engine(
        self, log: tuple[list[Event], datetime], works: bool, is_final: bool
    ) -> None:
        events, as_of = log
        known = {event[1] for event in events}
        final = ["done"] if is_final and "done" in known else []
        expected = by_definition(events, as_of, final, works=works)

        for engine in ENGINES:
            stays = dwell_times(
                in_engine(engine, columns_of(events), SCHEMA),
                as_of=as_of,
                calendar=OFFICE if works else None,
                final=final,
            )

            assert rows_of(stays) == expected, engine

    @pytest.mark.parametrize("engine", ENGINES)
    def test_stays_in_its_engine(self, engine: str) -> None:
        frame = in_engine(engine, columns_of([("A", "new", FRIDAY, 1)]), SCHEMA)

        stays = dwell_times(frame, as_of=FRIDAY)

        assert type(stays) is type(frame)
        names = stays.collect_schema().names() if isinstance(stays, pl.LazyFrame) else stays.columns
        expected = ["case_id", "activity", "sequence", "since", "until", "ended", "dwell"]
        assert list(names) == expected

    def test_stays_in_the_session_of_its_relation(self) -> None:
        frame = in_engine("duckdb", columns_of([("A", "new", FRIDAY, 1)]), SCHEMA)

        stays = dwell_times(frame, as_of=FRIDAY + HOUR)  # noqa: F841  # read by its name

        found = SESSION.sql("select case_id, dwell from stays").fetchall()
        assert found == [("A", HOUR)]

    @pytest.mark.parametrize("engine", ENGINES)
    def test_of_no_events_is_empty(self, engine: str) -> None:
        stays = dwell_times(in_engine(engine, columns_of([]), SCHEMA), as_of=FRIDAY, final=["done"])

        assert rows_of(stays) == []
        assert rows_of(dwell_by_activity(stays)) == []

    def test_takes_a_log_that_was_read(self) -> None:
        events = [("A", "new", FRIDAY, 1), ("A", "done", FRIDAY + HOUR, 2)]
        frame = pd.DataFrame(columns_of(events)).rename(columns={"at": "since"})
        log = CaseLog.read(frame, at="since")

        stays = dwell_times(log, as_of=FRIDAY + 2 * HOUR, final=["done"])

        assert [row[-1] for row in rows_of(stays)] == [HOUR]
        assert repr(log) == "CaseLog(2 events, 1 cases, 2 activities)"

    @pytest.mark.parametrize("calendar", [None, OFFICE])
    def test_of_many_cases_are_those_of_some_at_a_time(self, calendar: WorkCalendar | None) -> None:
        events = many_events(["new", "wait", "done"], 40_000)
        as_of = events["at"].max().to_pydatetime() + HOUR

        stays = dwell_times(events, as_of=as_of, calendar=calendar)

        some = [dwell_times(part, as_of=as_of, calendar=calendar) for part in in_parts(events, 30)]
        pd.testing.assert_frame_equal(stays, pd.concat(some, ignore_index=True))
        assert stays["sequence"].dtype == np.int64

    def test_refuses_events_after_the_end(self) -> None:
        events = pl.DataFrame(
            columns_of([("A", "new", FRIDAY, 1), ("A", "done", FRIDAY + HOUR, 2)]), SCHEMA
        )

        says = (
            "at is '2026-03-06T10:00:00+00:00': it must not be after as_of, "
            "2026-03-06T09:00:00+00:00 (case 'A', sequence 2), as in row 1"
        )
        with pytest.raises(InvalidValueError, match=re.escape(says)):
            dwell_times(events, as_of=FRIDAY)

    def test_refuses_a_final_activity_that_never_happens(self) -> None:
        events = pl.DataFrame(columns_of([("A", "closed", FRIDAY, 1)]), SCHEMA)

        with pytest.raises(InvalidValueError, match=r"final is 'clsed'.* did you mean 'closed'"):
            dwell_times(events, as_of=FRIDAY, final=["clsed"])
        with pytest.raises(InvalidValueError, match="must be a collection of names"):
            dwell_times(events, as_of=FRIDAY, final="closed")


class TestDwellByActivity:
    @pytest.mark.parametrize("engine", ENGINES)
    def test_is_the_median_of_kaplan_and_meier(self, engine: str) -> None:
        """By hand: of 4 stays as new, 3/4 last over 2 h, 1/2 over 4 h; one goes on from 6 h."""
        hours = {"new": [2, 4, 6, 9], "wait": [1, 8]}
        ended = {"new": [True, True, False, True], "wait": [False, False]}
        frame = in_engine(
            engine,
            {
                "activity": [name for name in hours for _ in hours[name]],
                "ended": [flag for name in hours for flag in ended[name]],
                "dwell": [told * HOUR for name in hours for told in hours[name]],
            },
            STAYS,
        )

        summary = dwell_by_activity(frame)

        assert type(summary) is type(frame)
        (new, wait) = rows_of(summary)
        assert new[:5] == ("new", 4, 3, 1, 4 * HOUR)
        median = kaplan_meier(hours["new"], ended["new"]).median
        assert (new[5], median.low) == (2 * HOUR, 2.0)
        assert wait[:4] == ("wait", 2, 0, 2)
        assert [told in (None, pd.NaT) or told != told for told in wait[4:]] == [True] * 3

    def test_takes_the_confidence(self) -> None:
        frame: Any = pl.DataFrame(
            {
                "activity": ["new"] * 9,
                "ended": [True] * 9,
                "dwell": [place * HOUR for place in range(1, 10)],
            },
            STAYS,
        )

        low = dwell_by_activity(frame, confidence=0.5)["low"].to_list()

        told = kaplan_meier(list(range(1, 10)), [True] * 9, confidence=0.5).median.low
        assert told is not None
        assert low == [told * HOUR]
        with pytest.raises(InvalidValueError, match="confidence is 0"):
            dwell_by_activity(frame, confidence=0)

    @pytest.mark.parametrize("engine", ENGINES)
    @pytest.mark.parametrize(
        ("change", "says"),
        [
            ({"dwell": [None]}, "dwell.* must not be empty"),
            ({"activity": [None]}, "activity.* must not be empty"),
            ({"dwell": [-HOUR]}, "dwell is '-1 day, 23:00:00': it must not be negative"),
        ],
    )
    def test_refuses(self, engine: str, change: dict[str, list[object]], says: str) -> None:
        columns: Columns = {"activity": ["new"], "ended": [True], "dwell": [HOUR], **change}

        with pytest.raises(InvalidValueError, match=says):
            dwell_by_activity(in_engine(engine, columns, STAYS))

    @pytest.mark.parametrize("engine", ENGINES)
    def test_refuses_what_is_no_duration(self, engine: str) -> None:
        schema = {**STAYS, "dwell": pl.Int64}
        columns: Columns = {"activity": ["new"], "ended": [True], "dwell": [3]}

        with pytest.raises(InvalidValueError, match=r"dwell is .* must hold durations"):
            dwell_by_activity(in_engine(engine, columns, schema))

    def test_refuses_a_frame_without_dwell(self) -> None:
        with pytest.raises(InvalidValueError, match="dwell is missing"):
            dwell_by_activity(pd.DataFrame({"activity": ["new"], "ended": [True]}))


def test_counts_working_time_over_a_night_a_weekend_and_a_holiday() -> None:
    """By hand, Berlin: Friday 27 March 16:00–17:00, Monday the 30th closed, Tuesday 8:00–9:30."""
    since = datetime(2026, 3, 27, 15, tzinfo=UTC)  # 16:00 in winter time
    until = datetime(2026, 3, 31, 7, 30, tzinfo=UTC)  # 9:30 in summer time
    events = pl.DataFrame(columns_of([("A", "new", since, 1), ("A", "done", until, 2)]), SCHEMA)

    stays = dwell_times(events, as_of=until, calendar=OFFICE, final=["done"])

    assert stays["dwell"].to_list() == [timedelta(hours=2, minutes=30)]
