"""Small event logs for tests: in every engine, and as Hypothesis draws them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import polars as pl
from hypothesis import strategies as st

from crmkit.kernel import WorkCalendar

from ..value.engines import Columns, Schema


Event = tuple[str, str, datetime, int]

SCHEMA: Schema = {
    "case_id": pl.String,
    "activity": pl.String,
    "at": pl.Datetime("us", "UTC"),
    "sequence": pl.Int64,
}
FRIDAY = datetime(2026, 3, 6, 9, tzinfo=UTC)
OFFICE = WorkCalendar(
    "Europe/Berlin",
    {day: [("08:00", "12:00"), ("13:00", "17:00")] for day in ("mon", "tue", "thu", "fri")},
    holidays=[datetime(2026, 3, 30).date()],
)


def columns_of(events: Sequence[Event]) -> Columns:
    return {name: [event[place] for event in events] for place, name in enumerate(SCHEMA)}


@st.composite
def logs(draw: st.DrawFn, activities: Sequence[str]) -> tuple[list[Event], datetime]:
    """Draw events of up to four cases in any order, with ties, and until when they are known."""
    events: list[Event] = []
    for case in draw(st.lists(st.sampled_from("ABCD"), unique=True, max_size=4)):
        at = FRIDAY + timedelta(minutes=draw(st.integers(0, 60_000)))
        places = draw(st.lists(st.integers(-5, 50), unique=True, min_size=1, max_size=6))
        for place in sorted(places):
            events.append((case, draw(st.sampled_from(activities)), at, place))
            at += timedelta(minutes=draw(st.sampled_from([0, 0, 15, 60, 240, 1440, 10_080])))
    last = max((event[2] for event in events), default=FRIDAY)
    as_of = last + timedelta(minutes=draw(st.sampled_from([0, 1, 30, 600, 20_000])))
    return draw(st.permutations(events)), as_of


def by_case(events: Sequence[Event]) -> dict[str, list[Event]]:
    """Return the events of each case in their order, cases by their ids."""
    ordered = sorted(events, key=lambda event: (event[0], event[3]))
    cases: dict[str, list[Event]] = {}
    for event in ordered:
        cases.setdefault(event[0], []).append(event)
    return cases


def many_events(names: Sequence[str], size: int) -> pd.DataFrame:
    """Return events of short cases, and of a long one, in any order: more than a block holds."""
    rng = np.random.default_rng(11)
    case = np.append(rng.integers(1, size // 5, size), np.full(size // 2, 0))
    at = pd.Timestamp(FRIDAY) + pd.to_timedelta(np.arange(len(case)) // 3, unit="min")
    events = pd.DataFrame({"case_id": case, "activity": rng.choice(names, len(case)), "at": at})
    events["sequence"] = events.groupby("case_id").cumcount()
    return events.sample(frac=1, random_state=1).reset_index(drop=True)


def in_parts(events: pd.DataFrame, parts: int) -> list[pd.DataFrame]:
    """Return the events of some cases at a time, in the order of the cases."""
    case = events["case_id"]
    part = case * parts // (case.max() + 1)
    return [events[part == number] for number in range(parts)]
