# /// script
# requires-python = ">=3.11"
# dependencies = ["crmkit", "pyarrow"]
#
# [tool.uv.sources]
# crmkit = { path = "..", editable = true }
# ///
"""Dwell times, broken promises and transitions of an event log, against pandas and numpy.

A million events of 200 thousand cases lie in the order of their times, as logs do: the cases are
mixed, and every answer has to put them in order first. Ids of cases are whole numbers, activities
are texts; both have pyarrow, in which pandas 3 keeps its texts.

The pandas is what an analyst writes: sort once, then group, shift and cross. It counts absolute
time, since it has no working time, takes a pause for what it says, and checks nothing. Ours reads
the log once and is asked for the same absolute time where it stands against pandas.

`np.sort` sorts as many random numbers as there are events. Against it stand the reading of the log
and each answer of a log that was read, in working time. The limit holds for each: texts alone, read
once and written once, take two sorts of numbers.
"""

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from measuring import Goal, Sense, report

from crmkit.kernel import StateGroup
from crmkit.sla import WorkCalendar, promises_kept
from crmkit.stats import CaseLog, dwell_times, transition_matrix


MILLION = 1_000_000
AS_OF = datetime(2027, 1, 1, tzinfo=UTC)
LIMIT = timedelta(days=10)
GROUPS = {
    "new": StateGroup.OPEN,
    "assigned": StateGroup.OPEN,
    "waiting": StateGroup.WAITING_CUSTOMER,
    "in work": StateGroup.OPEN,
    "resolved": StateGroup.RESOLVED,
    "closed": StateGroup.CLOSED,
}
DONE = ["resolved", "closed"]
WORKDAYS = ("mon", "tue", "wed", "thu", "fri")
OFFICE = WorkCalendar(
    "Europe/Berlin", dict.fromkeys(WORKDAYS, (("08:00", "12:00"), ("13:00", "18:00")))
)
ALWAYS = WorkCalendar.always("UTC")

Events = pd.DataFrame | CaseLog[pd.DataFrame]


def goals(_: Path) -> Iterator[Goal]:
    """Name the goals."""
    rng = np.random.default_rng(20260301)
    events = _log(rng, MILLION)
    numbers = rng.integers(0, 2**62, MILLION)
    yield Goal(
        "all three answers, a million events, against pandas",
        ours=lambda: _all(events),
        peer=lambda: _pandas_all(events),
        limit=5.0,
        sense=Sense.SPEED_AT_LEAST,
        things=MILLION,
    )
    log = CaseLog.read(events)
    acts: dict[str, Callable[[], object]] = {
        "reading": partial(CaseLog.read, events),
        "dwell times": partial(_dwell_at_work, log),
        "broken promises": partial(_promises_at_work, log),
        "transitions": partial(transition_matrix, log),
    }
    for name, act in acts.items():
        yield Goal(
            f"{name} of a million events against np.sort",
            ours=act,
            peer=lambda: np.sort(numbers),
            limit=8.0,
            sense=Sense.TIME_AT_MOST,
            things=MILLION,
        )
    many = _log(rng, 10 * MILLION)
    yield Goal(
        "all three of ten million events against a million",
        ours=lambda: _all(many),
        peer=lambda: _all(events),
        limit=20.0,
        sense=Sense.TIME_AT_MOST,
    )


def _log(rng: np.random.Generator, size: int) -> pd.DataFrame:
    """Draw cases of five events on average, over three years, in the order of their times."""
    case = np.sort(rng.integers(0, size // 5, size))
    begins = np.searchsorted(case, case)
    start = rng.integers(0, 3 * 365 * 86_400, size)[begins]
    passed = np.cumsum(rng.exponential(2 * 86_400, size).astype(np.int64))
    seconds = start + passed - passed[begins]
    at = np.datetime64("2022-01-01", "us") + seconds.astype("timedelta64[s]")
    names = np.array(list(GROUPS))
    order = np.argsort(seconds, kind="stable")
    return pd.DataFrame(
        {
            "case_id": case[order],
            "activity": names[rng.integers(0, len(names), size)],
            "at": pd.Series(at[order]).dt.tz_localize("UTC"),
            "sequence": (np.arange(size) - begins)[order],
        }
    )


def _all(events: pd.DataFrame) -> object:
    log = CaseLog.read(events)
    return dwell_times(log, as_of=AS_OF), _promises(log), transition_matrix(log)


def _dwell_at_work(events: Events) -> object:
    return dwell_times(events, as_of=AS_OF, calendar=OFFICE)


def _promises_at_work(events: Events) -> object:
    return _promises(events, OFFICE)


def _promises(events: Events, calendar: WorkCalendar = ALWAYS) -> object:
    return promises_kept(
        events,
        calendar=calendar,
        limit=LIMIT,
        groups=GROUPS,
        as_of=AS_OF,
        pauses=[StateGroup.WAITING_CUSTOMER],
    )


def _pandas_all(events: pd.DataFrame) -> object:
    told = events.sort_values(["case_id", "sequence"])
    return _pandas_dwell(told), _pandas_promises(told), _pandas_transitions(told)


def _pandas_dwell(told: pd.DataFrame) -> object:
    until = told.groupby("case_id")["at"].shift(-1)
    ended, until = until.notna(), until.fillna(pd.Timestamp(AS_OF))
    return told.assign(until=until, ended=ended, dwell=until - told["at"])


def _pandas_promises(told: pd.DataFrame) -> object:
    cases = told.groupby("case_id")
    until = cases["at"].shift(-1).fillna(pd.Timestamp(AS_OF))
    waited = (until - told["at"]).where(told["activity"] == "waiting", pd.Timedelta(0))
    due = cases["at"].first() + LIMIT + waited.groupby(told["case_id"]).sum()
    last = cases["activity"].last()
    done = last.isin(DONE)
    is_late = (cases["at"].last().where(done, pd.Timestamp(AS_OF)) > due).to_numpy()
    states = np.select(
        [is_late, done.to_numpy(), (last == "waiting").to_numpy()],
        ["breached", "met", "paused"],
        "running",
    )
    return pd.DataFrame({"due_at": due, "state": states})


def _pandas_transitions(told: pd.DataFrame) -> object:
    following = told.groupby("case_id")["activity"].shift(-1)
    return pd.crosstab(told["activity"], following)


if __name__ == "__main__":
    sys.exit(report(goals, samples=7))
