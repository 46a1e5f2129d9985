"""What a calendar answers is known to type checkers; these functions are only checked, not run."""

from datetime import datetime, timedelta
from typing import assert_type

import pandas as pd

from crmkit.kernel import Explanation
from crmkit.sla import WorkCalendar, due_many


def one(calendar: WorkCalendar, start: datetime, end: datetime, target: timedelta) -> None:
    assert_type(calendar.elapsed(start, end, pauses=[(start, end)]), timedelta)
    assert_type(calendar.due(start, target, boundary="next_open"), datetime)
    assert_type(calendar.explain(start, end), Explanation[timedelta])
    assert_type(calendar.explain(start, target), Explanation[datetime])


def many(calendar: WorkCalendar, starts: "pd.Series[pd.Timestamp]", target: timedelta) -> None:
    assert_type(due_many(calendar, starts, target), "pd.Series[pd.Timestamp]")
