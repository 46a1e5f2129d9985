"""Promises over many cases, against the definition told case by case by the calendar."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pandas as pd
import polars as pl
import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.kernel import StateGroup, WorkCalendar
from crmkit.sla import promises_kept
from crmkit.stats import CaseLog

from ..stats.event_logs import (
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
from ..value.engines import ENGINES, FEW, in_engine, rows_of


GROUPS = {str(group.value): group for group in StateGroup}
DONE = (StateGroup.RESOLVED, StateGroup.CLOSED)
DROPPED = (StateGroup.CANCELLED, StateGroup.DUPLICATE)
WAITING = (StateGroup.WAITING_CUSTOMER, StateGroup.WAITING_THIRD_PARTY)
HOUR, MICRO = timedelta(hours=1), timedelta(microseconds=1)
COLUMNS = [
    "case_id",
    "started_at",
    "due_at",
    "warning_at",
    "done_at",
    "state",
    "elapsed",
    "margin",
]

Boundary = Literal["close", "next_open"]


def by_definition(
    own: list[Event],
    as_of: datetime,
    limit: timedelta,
    pausing: tuple[StateGroup, ...],
    boundary: Boundary,
) -> tuple[object, ...]:
    """One case, step by step: "How the clocks count" for a resolution that resumes."""
    done_at = ended_at = waits_since = None
    pauses: list[tuple[datetime, datetime]] = []
    for _, activity, at, _ in own:
        group = GROUPS[activity]
        if waits_since is not None and group not in pausing:
            pauses.append((waits_since, at))
            waits_since = None
        if group in (*DONE, *DROPPED):
            # What comes first decides, until the case is opened again.
            if done_at is None and ended_at is None:
                done_at, ended_at = (at, None) if group in DONE else (None, at)
        else:
            if since := done_at or ended_at:
                pauses.append((since, at))
            done_at = ended_at = None
            if group in pausing:
                waits_since = waits_since or at
    start, end = own[0][2], done_at or ended_at or as_of
    still = [] if waits_since is None else [(waits_since, as_of)]
    due, warn = (
        OFFICE.due(start, used, pauses=pauses, boundary=boundary) for used in (limit, limit * 0.8)
    )

    def is_known(at: datetime) -> bool:
        """Where a clock stands still before that, nobody knows when it will be."""
        if waits_since is None or at < waits_since:
            return True
        return at == waits_since and boundary == "close"

    if end > due and is_known(due):
        state = "breached"
    elif done_at:
        state = "met"
    elif ended_at:
        state = "cancelled"
    else:
        state = "running" if waits_since is None else "paused"
    elapsed = OFFICE.elapsed(start, end, pauses=[*pauses, *still])
    times = [at if is_known(at) else None for at in (due, warn)]
    return (own[0][0], start, *times, done_at, state, elapsed, limit - elapsed)


def plain(rows: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
    """Return rows with None for what pandas calls NaT."""
    return [tuple(None if value is pd.NaT else value for value in row) for row in rows]


def told(*steps: tuple[str, float], as_of: float, **options: Any) -> dict[str, object]:
    """Return the row of one case; times are hours from a Friday, 9:00 UTC (10:00 in Berlin)."""
    events = [
        ("A", activity, FRIDAY + after * HOUR, place)
        for place, (activity, after) in enumerate(steps)
    ]
    table = promises_kept(
        pl.DataFrame(columns_of(events), SCHEMA),
        as_of=FRIDAY + as_of * HOUR,
        groups=GROUPS,
        **{"calendar": WorkCalendar.always("UTC"), "limit": 10 * HOUR, **options},
    )
    return table.row(0, named=True)


class TestPromisesKept:
    @FEW
    @given(
        logs(list(GROUPS)),
        st.sampled_from([HOUR / 4, HOUR, 7 * HOUR, 8 * HOUR, 16 * HOUR, 100 * HOUR]),
        st.sets(st.sampled_from(WAITING)),
        st.sampled_from(["close", "next_open"]),
    )
    def test_is_the_definition_in_every_engine(
        self,
        log: tuple[list[Event], datetime],
        limit: timedelta,
        pausing: set[StateGroup],
        boundary: Boundary,
    ) -> None:
        events, as_of = log
        expected = [
            by_definition(own, as_of, limit, tuple(pausing), boundary)
            for own in by_case(events).values()
        ]

        for engine in ENGINES:
            table = promises_kept(
                in_engine(engine, columns_of(events), SCHEMA),
                calendar=OFFICE,
                limit=limit,
                groups=GROUPS,
                as_of=as_of,
                pauses=pausing,
                boundary=boundary,
            )

            assert plain(rows_of(table)) == expected, engine

    @pytest.mark.parametrize("engine", ENGINES)
    def test_stays_in_its_engine(self, engine: str) -> None:
        frame = in_engine(engine, columns_of([("A", "open", FRIDAY, 1)]), SCHEMA)

        table = promises_kept(
            frame, calendar=OFFICE, limit=HOUR, groups=GROUPS, as_of=FRIDAY + HOUR
        )

        assert type(table) is type(frame)
        names = table.collect_schema().names() if isinstance(table, pl.LazyFrame) else table.columns
        assert list(names) == COLUMNS

    def test_is_met_at_the_due_instant_and_breached_a_microsecond_later(self) -> None:
        for late, state in ((timedelta(0), "met"), (MICRO, "breached")):
            done_at = FRIDAY + HOUR + late
            events = [("A", "open", FRIDAY, 1), ("A", "resolved", done_at, 2)]
            table = promises_kept(
                pl.DataFrame(columns_of(events), SCHEMA),
                calendar=OFFICE,
                limit=HOUR,
                groups=GROUPS,
                as_of=done_at,
            )

            assert table["state"].item() == state

    def test_stands_still_while_we_wait(self) -> None:
        """By hand: 4 h used, 20 h waited, due 10 + 20 h after the start."""
        steps = (("open", 0), ("waiting_customer", 4), ("open", 24))

        row = told(*steps, as_of=25, pauses=[StateGroup.WAITING_CUSTOMER])

        assert (row["state"], row["elapsed"]) == ("running", 5 * HOUR)
        assert (row["due_at"], row["margin"]) == (FRIDAY + 30 * HOUR, 5 * HOUR)
        assert row["warning_at"] == FRIDAY + 28 * HOUR

    def test_is_due_at_no_known_time_while_it_stands_still(self) -> None:
        row = told(("open", 0), ("waiting_customer", 4), as_of=90, pauses=["waiting_customer"])

        assert (row["state"], row["due_at"], row["warning_at"]) == ("paused", None, None)
        assert row["elapsed"] == 4 * HOUR
        early = told(("open", 0), ("waiting_customer", 9), as_of=90, pauses=["waiting_customer"])
        assert (early["due_at"], early["warning_at"]) == (None, FRIDAY + 8 * HOUR)

    def test_counts_the_wait_from_which_a_case_is_resolved(self) -> None:
        row = told(
            ("open", 0),
            ("waiting_customer", 4),
            ("resolved", 90),
            as_of=90,
            pauses=["waiting_customer"],
        )

        assert (row["state"], row["elapsed"], row["done_at"]) == (
            "met",
            4 * HOUR,
            FRIDAY + 90 * HOUR,
        )

    def test_cannot_be_saved_by_waiting_after_it_was_broken(self) -> None:
        row = told(("open", 0), ("waiting_customer", 11), as_of=99, pauses=["waiting_customer"])

        assert (row["state"], row["due_at"]) == ("breached", FRIDAY + 10 * HOUR)

    def test_keeps_the_time_of_the_resolution_when_it_is_closed(self) -> None:
        row = told(("open", 0), ("resolved", 9), ("closed", 50), as_of=99)

        assert (row["state"], row["done_at"]) == ("met", FRIDAY + 9 * HOUR)

    def test_resumes_when_a_case_is_opened_again(self) -> None:
        """By hand: 9 h, then 40 h as resolved, then 2 h more: an hour too much."""
        steps = (("open", 0), ("resolved", 9), ("open", 49), ("resolved", 51))

        row = told(*steps, as_of=99)

        assert (row["state"], row["elapsed"]) == ("breached", 11 * HOUR)
        assert (row["due_at"], row["done_at"]) == (FRIDAY + 50 * HOUR, FRIDAY + 51 * HOUR)
        assert row["margin"] == -HOUR

    def test_is_cancelled_only_as_long_as_it_is_not_broken(self) -> None:
        assert told(("open", 0), ("duplicate", 10), as_of=99)["state"] == "cancelled"
        assert told(("open", 0), ("cancelled", 11), as_of=99)["state"] == "breached"

    @pytest.mark.parametrize("end", ["closed", "resolved"])
    def test_of_what_was_dropped_and_then_closed_stays_cancelled(self, end: str) -> None:
        row = told(("open", 0), ("cancelled", 2), (end, 50), as_of=99)

        assert (row["state"], row["done_at"]) == ("cancelled", None)
        assert row["elapsed"] == 2 * HOUR

    def test_of_what_was_dropped_and_opened_again_may_be_met(self) -> None:
        """By hand: 2 h, then 10 h as cancelled, then 3 h more."""
        steps = (("open", 0), ("cancelled", 2), ("closed", 4), ("open", 12), ("closed", 15))

        row = told(*steps, as_of=99)

        assert (row["state"], row["done_at"]) == ("met", FRIDAY + 15 * HOUR)
        assert row["elapsed"] == 5 * HOUR

    def test_counts_working_time_alone(self) -> None:
        """By hand, Berlin: Friday 10:00, 6 h that day; 4 h remain for Monday: 12:00."""
        row = told(("open", 0), as_of=1, calendar=OFFICE)

        assert row["due_at"] == datetime(2026, 3, 9, 11, tzinfo=UTC)

    @pytest.mark.parametrize("boundary", ["close", "next_open"])
    def test_of_many_cases_are_those_of_some_at_a_time(self, boundary: Boundary) -> None:
        events = many_events(list(GROUPS), 40_000)
        asked: dict[str, Any] = {
            "calendar": OFFICE,
            "limit": 30 * HOUR,
            "groups": GROUPS,
            "as_of": events["at"].max().to_pydatetime() + HOUR,
            "pauses": WAITING,
            "boundary": boundary,
        }

        table = promises_kept(events, **asked)

        some = [promises_kept(part, **asked) for part in in_parts(events, 30)]
        pd.testing.assert_frame_equal(table, pd.concat(some, ignore_index=True))

    def test_takes_a_log_that_was_read_and_other_names(self) -> None:
        events = pd.DataFrame(columns_of([("A", "open", FRIDAY, 1)])).rename(
            columns={"at": "when", "case_id": "who"}
        )
        rules: Any = {"calendar": OFFICE, "limit": HOUR, "groups": GROUPS, "as_of": FRIDAY}
        log = CaseLog.read(events, at="when", case_id="who")

        table = promises_kept(log, **rules)

        other = promises_kept(events, at="when", case_id="who", **rules)
        pd.testing.assert_frame_equal(table, other)

    @pytest.mark.parametrize("engine", ENGINES)
    def test_of_no_events_is_empty(self, engine: str) -> None:
        table = promises_kept(
            in_engine(engine, columns_of([]), SCHEMA),
            calendar=OFFICE,
            limit=HOUR,
            groups=GROUPS,
            as_of=FRIDAY,
        )

        assert rows_of(table) == []

    @pytest.mark.parametrize(
        ("options", "says"),
        [
            ({"groups": {"opne": StateGroup.OPEN}}, "groups is 'open': it must have a state group"),
            ({"groups": {"opne": StateGroup.OPEN}}, "did you mean 'opne'"),
            ({"groups": {}}, "none is known"),
            ({"groups": {"open": "opne"}}, "groups is 'opne'"),
            ({"limit": 5}, "limit is 5: it must be a timedelta of working time"),
            ({"limit": timedelta(0)}, "limit is"),
            ({"pauses": [StateGroup.OPEN]}, "pauses is"),
            (
                {"pauses": "waiting_customer"},
                "pauses is 'waiting_customer': it must be several values, not one; "
                "write ('waiting_customer',)",
            ),
            ({"boundary": "opening"}, "boundary"),
            ({"as_of": FRIDAY - HOUR}, "must not be after as_of"),
        ],
    )
    def test_refuses(self, options: dict[str, object], says: str) -> None:
        events = pl.DataFrame(columns_of([("A", "open", FRIDAY, 1)]), SCHEMA)
        rules: Any = {"calendar": OFFICE, "limit": HOUR, "groups": GROUPS, "as_of": FRIDAY}

        with pytest.raises((InvalidValueError, ValueError), match=re.escape(says)):
            promises_kept(events, **{**rules, **options})
