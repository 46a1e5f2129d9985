from collections.abc import Callable
from datetime import UTC, datetime

import pandas as pd
import pytest

from crmkit.errors import InvalidValueError
from crmkit.kernel import WorkCalendar

from .calendars import HOUR, NATIONAL_DAY, china, office


NAIVE = datetime(2026, 10, 1, 9)
ASKED: list[Callable[[WorkCalendar, datetime], object]] = [
    lambda calendar, t: calendar.is_open(t),
    lambda calendar, t: calendar.next_open(t),
    lambda calendar, t: calendar.last_close(t),
    lambda calendar, t: calendar.windows(t, 1),
    lambda calendar, t: calendar.elapsed(t, china(6, 9)),
    lambda calendar, t: calendar.elapsed(china(6, 9), t),
    lambda calendar, t: calendar.signed_elapsed(china(6, 9), t),
    lambda calendar, t: calendar.due(t, HOUR),
    lambda calendar, t: calendar.due_backward(t, HOUR),
    lambda calendar, t: calendar.intervals(t, china(6, 9)),
    lambda calendar, t: calendar.explain(t, HOUR),
    lambda calendar, t: calendar.elapsed(china(6, 9), china(6, 10), pauses=[(t, china(6, 10))]),
]


class TestEveryQuestion:
    @pytest.mark.parametrize("ask", ASKED)
    def test_refuses_a_naive_time(self, ask: Callable[[WorkCalendar, datetime], object]) -> None:
        calendar = office()
        calendar.elapsed(china(6, 9), china(6, 10))

        with pytest.raises(InvalidValueError, match="must have a time zone"):
            ask(calendar, NAIVE)

    @pytest.mark.parametrize("ask", ASKED)
    @pytest.mark.parametrize("t", [NATIONAL_DAY, pd.NaT, "2026-10-01"])
    def test_refuses_what_is_no_instant(
        self, ask: Callable[[WorkCalendar, datetime], object], t: datetime
    ) -> None:
        with pytest.raises(InvalidValueError, match="must be a datetime with a time zone"):
            ask(office(), t)

    @pytest.mark.parametrize("ask", ASKED[:5])
    def test_refuses_an_instant_beyond_the_calendar(
        self, ask: Callable[[WorkCalendar, datetime], object]
    ) -> None:
        with pytest.raises(InvalidValueError, match="must lie in the years 2 to 9998"):
            ask(office(), datetime(1, 6, 1, tzinfo=UTC))

    @pytest.mark.parametrize("ask", ASKED[:4])
    def test_refuses_the_last_year_of_all(
        self, ask: Callable[[WorkCalendar, datetime], object]
    ) -> None:
        with pytest.raises(InvalidValueError, match="must lie in the years 2 to 9998"):
            ask(office(), datetime(9999, 6, 1, tzinfo=UTC))
