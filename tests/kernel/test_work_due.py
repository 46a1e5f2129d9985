import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from types import FrameType

import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.kernel import WorkCalendar

from .calendars import (
    DAYS,
    HOUR,
    MICRO,
    NATIONAL_DAY,
    NOTHING,
    SHANGHAI,
    Case,
    Told,
    calendar_of,
    calendars,
    cases,
    changed,
    china,
    office,
    on,
)


# What is refused is looked for over all years that the calendar knows.
FEW = settings(max_examples=settings().max_examples // 3)


def calls(ask: Callable[[], object]) -> int:
    """Return how many calls of functions a question takes."""
    found = 0

    def count(_frame: FrameType, event: str, _of: object) -> None:
        nonlocal found
        found += event == "call"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        ask()
    finally:
        sys.setprofile(before)
    return found


class TestDue:
    def test_counts_on_after_a_holiday_and_a_weekend(self) -> None:
        # Wednesday 17:30: half an hour today; Thursday and Friday closed; then Monday 08:30.
        calendar = office(holidays=[NATIONAL_DAY, date(2026, 10, 2)])

        assert calendar.due(china(30, 17, 30, month=9), HOUR) == china(5, 8, 30)

    def test_is_told_in_utc(self) -> None:
        assert office().due(china(6, 9), HOUR).tzinfo is UTC

    def test_at_closing_time_is_at_closing_or_at_the_next_opening(self) -> None:
        calendar, start = office(), china(2, 17)

        assert calendar.due(start, HOUR) == china(2, 18)
        assert calendar.due(start, HOUR, boundary="next_open") == china(5, 8)

    def test_of_nothing_is_the_first_open_instant(self) -> None:
        assert office().due(china(2, 18), NOTHING) == china(5, 8)
        assert office().due(china(2, 17), NOTHING) == china(2, 17)

    def test_waits_for_the_end_of_a_pause(self) -> None:
        long_ago = (china(5, 9), china(5, 10))
        pauses = [(china(6, 10), china(6, 14)), (china(6, 9), china(6, 9, 30)), long_ago]

        # 09:30–10:00, then 14:00–14:30.
        assert office().due(china(6, 9), HOUR, pauses=pauses) == china(6, 14, 30)

    def test_at_the_beginning_of_a_pause_is_there_or_after_it(self) -> None:
        calendar, pauses = office(), [(china(6, 10), china(6, 11)), (china(5, 9), china(5, 10))]

        assert calendar.due(china(6, 9), HOUR, pauses=pauses) == china(6, 10)
        late = calendar.due(china(6, 9), HOUR, pauses=pauses, boundary="next_open")
        assert late == china(6, 11)

    @given(cases(), st.timedeltas(NOTHING, timedelta(days=4)))
    def test_is_the_first_instant_by_which_so_much_has_passed(
        self, case: Case, target: timedelta
    ) -> None:
        calendar, start, pauses = case.calendar, case.start, case.pauses

        due = calendar.due(start, target, pauses=pauses)

        assert calendar.elapsed(start, due, pauses=pauses) == target
        if target:
            assert calendar.elapsed(start, due - MICRO, pauses=pauses) == target - MICRO

    @given(cases(), st.timedeltas(NOTHING, timedelta(days=4)))
    def test_with_the_next_opening_is_the_last_such_instant(
        self, case: Case, target: timedelta
    ) -> None:
        calendar, start, pauses = case.calendar, case.start, case.pauses

        due = calendar.due(start, target, pauses=pauses, boundary="next_open")

        assert calendar.elapsed(start, due, pauses=pauses) == target
        assert calendar.elapsed(start, due + MICRO, pauses=pauses) == target + MICRO

    @FEW
    @given(calendars(), st.timedeltas(timedelta(days=365), timedelta(days=50 * 366)))
    def test_of_up_to_fifty_years_comes_or_is_refused(self, told: Told, target: timedelta) -> None:
        calendar, start = calendar_of(told), changed(told["timezone"])

        try:
            due = calendar.due(start, target)
        except InvalidValueError as error:
            assert "must have passed before the year 9999" in str(error)  # noqa: PT017  # either
            assert calendar.elapsed(start, datetime(9999, 1, 1, tzinfo=UTC)) < target
        else:
            assert calendar.elapsed(start, due) == target
            assert calendar.elapsed(start, due - MICRO) == target - MICRO
            assert calendar.due_backward(due, target) >= start

    def test_of_fifty_years_takes_hardly_more_steps_than_of_one(self) -> None:
        """A loop over days or windows would take fifty times as many."""
        start, year = datetime(2026, 1, 1, tzinfo=UTC), timedelta(days=365)
        busy = on(DAYS, *((f"{hour:02}:07", f"{hour:02}:52") for hour in range(24)))
        # The moves of a zone are looked for once.
        WorkCalendar("Australia/Lord_Howe", busy).due(start, 60 * year)

        def steps(target: timedelta) -> int:
            calendar = WorkCalendar("Australia/Lord_Howe", busy)
            return calls(lambda: calendar.due(start, target))

        assert steps(50 * year) < 3 * steps(year)

    def test_of_nineteen_years_is_that_many_weeks(self) -> None:
        # 19 × 52 weeks of 45 hours from a Monday morning end on a Friday evening.
        start = datetime(2026, 3, 2, 8, tzinfo=SHANGHAI)

        due = office().due(start, 19 * 52 * 45 * HOUR)

        assert due == start + timedelta(weeks=19 * 52 - 1, days=4, hours=10)

    def test_asks_for_no_more_than_there_is(self) -> None:
        with pytest.raises(InvalidValueError, match="before the year 9999; see when it is open"):
            office().due(china(6, 9), timedelta.max)

    def test_of_a_calendar_that_opens_once_in_decades_comes_at_once(self) -> None:
        """It opens where the leap day is a Monday: in 2044 and 2072."""
        start = datetime(2026, 1, 1, tzinfo=UTC)
        closed = {f"{start + timedelta(days=n):%m-%d}" for n in range(365)}
        calendar = WorkCalendar("UTC", {"mon": [("09:00", "10:00")]}, yearly_holidays=closed)

        assert calendar.due(start, 2 * HOUR) == datetime(2072, 2, 29, 10, tzinfo=UTC)
        with pytest.raises(InvalidValueError, match="must have passed before the year 9999"):
            calendar.due(start, timedelta(days=40))

    @pytest.mark.parametrize("target", [-MICRO, 3, pd.NaT])
    def test_refuses_what_is_no_duration(self, target: timedelta) -> None:
        with pytest.raises(InvalidValueError, match="must be a timedelta that is not negative"):
            office().due(china(6, 9), target)

    def test_refuses_an_unknown_boundary(self) -> None:
        with pytest.raises(InvalidValueError, match="'close' or 'next_open'; did you mean 'close'"):
            office().due(china(6, 9), HOUR, boundary="closed")  # type: ignore[arg-type]  # refused


class TestDueBackward:
    def test_is_the_latest_start(self) -> None:
        # Monday 08:30 less an hour: half an hour today, half an hour on Friday.
        assert office().due_backward(china(5, 8, 30), HOUR) == china(2, 17, 30)

    def test_at_opening_time_is_at_opening_or_at_the_closing_before(self) -> None:
        calendar, end = office(), china(5, 9)

        assert calendar.due_backward(end, HOUR) == china(5, 8)
        assert calendar.due_backward(end, HOUR, boundary="previous_close") == china(2, 18)

    def test_goes_round_pauses(self) -> None:
        calendar = office()
        long_ago = (china(5, 9), china(5, 10))
        pauses = [(china(6, 9), china(6, 10)), (china(6, 15), china(6, 16)), long_ago]

        assert calendar.due_backward(china(6, 11), 2 * HOUR, pauses=pauses) == china(6, 8)
        early = calendar.due_backward(china(6, 11), HOUR, pauses=pauses, boundary="previous_close")
        assert early == china(6, 9)

    @given(cases(), st.timedeltas(NOTHING, timedelta(days=4)))
    def test_is_the_last_instant_from_which_so_much_passes(
        self, case: Case, target: timedelta
    ) -> None:
        calendar, end, pauses = case.calendar, case.end, case.pauses

        start = calendar.due_backward(end, target, pauses=pauses)

        assert calendar.elapsed(start, end, pauses=pauses) == target
        if target:
            assert calendar.elapsed(start + MICRO, end, pauses=pauses) == target - MICRO

    @given(cases(), st.timedeltas(NOTHING, timedelta(days=4)))
    def test_with_the_closing_before_is_the_first_such_instant(
        self, case: Case, target: timedelta
    ) -> None:
        calendar, end, pauses = case.calendar, case.end, case.pauses

        start = calendar.due_backward(end, target, pauses=pauses, boundary="previous_close")

        assert calendar.elapsed(start, end, pauses=pauses) == target
        assert calendar.elapsed(start - MICRO, end, pauses=pauses) == target + MICRO

    def test_reaches_back_over_centuries(self) -> None:
        end = datetime(2026, 3, 2, tzinfo=UTC)

        start = office("UTC").due_backward(end, 20_871 * 45 * HOUR)

        assert start == datetime(1626, 3, 2, 8, tzinfo=UTC)

    def test_asks_for_no_more_than_there_was(self) -> None:
        with pytest.raises(InvalidValueError, match="must have passed since the year 2"):
            office().due_backward(china(6, 9), timedelta(days=1000 * 366))
