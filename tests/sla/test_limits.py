"""Limits in days."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.kernel import Period, WorkCalendar
from crmkit.sla import BusinessDays, CalendarDays, Limit, SlaTarget
from crmkit.sla.limits import due_in_days

from .stories import ALWAYS, HOUR, MICRO, OFFICE


DAY = timedelta(days=1)
HOURS = [("09:00", "17:00")]
BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = WorkCalendar("UTC", {"mon": [("22:00", "06:00")], "wed": [("09:00", "24:00")]})
DATES = st.dates(date(2026, 2, 20), date(2026, 3, 20))


class TestDays:
    @pytest.mark.parametrize("limit", [BusinessDays, CalendarDays])
    @pytest.mark.parametrize("days", [0, -1, 1.0, True, 36_526, None])
    def test_are_a_whole_number_from_one_on(self, limit: Any, days: object) -> None:
        with pytest.raises(InvalidValueError) as refused:
            limit(days)

        assert (refused.value.name, refused.value.value) == ("days", days)

    def test_end_at_midnight_or_closing(self) -> None:
        with pytest.raises(InvalidValueError, match="must be 'midnight' or 'closing'"):
            BusinessDays(3, ends="noon")  # type: ignore[arg-type]  # refused

    def test_are_told_in_both_languages(self) -> None:
        assert str(BusinessDays(1)) == "1 business day"
        assert BusinessDays(3, ends="closing").label("zh") == "3个工作日（至下班）"
        assert str(CalendarDays(2)) == "2 calendar days"


class TestDue:
    @given(DATES, st.integers(0, 47), st.integers(1, 20), st.booleans())
    def test_is_the_end_of_the_last_day_counted(
        self, day: date, halves: int, days: int, business: bool
    ) -> None:
        """Against a finger on the wall calendar: one day after the other from the next on."""
        received = datetime(day.year, day.month, day.day, tzinfo=UTC) + halves * HOUR / 2
        last, left = day, days
        while left:
            last += DAY
            left -= not business or (last.weekday() in (0, 1, 3, 4) and last != date(2026, 3, 5))
        limit = BusinessDays(days) if business else CalendarDays(days)

        due = due_in_days(limit, received, OFFICE)

        midnight = datetime(last.year, last.month, last.day, tzinfo=UTC) + DAY
        assert due == midnight - MICRO
        if business:
            closing = BusinessDays(days, ends="closing")
            assert due_in_days(closing, received, OFFICE) == midnight - 6 * HOUR

    def test_counts_from_the_local_date_of_receipt(self) -> None:
        """23:30 in Berlin is still that day there, and the next in Shanghai."""
        received = datetime(2026, 3, 2, 23, 30, tzinfo=BERLIN)
        berlin, shanghai = (
            WorkCalendar.always(zone) for zone in ("Europe/Berlin", "Asia/Shanghai")
        )

        assert due_in_days(CalendarDays(1), received, berlin).isoformat() == (
            "2026-03-03T22:59:59.999999+00:00"
        )
        assert due_in_days(CalendarDays(1), received, shanghai).isoformat() == (
            "2026-03-04T15:59:59.999999+00:00"
        )

    def test_ends_a_short_day_where_the_clock_is_moved(self) -> None:
        """29 March 2026 has 23 hours in Berlin: it ends at 22:00 UTC."""
        received = datetime(2026, 3, 28, 12, tzinfo=BERLIN)

        due = due_in_days(CalendarDays(1), received, WorkCalendar.always("Europe/Berlin"))

        assert due + MICRO == datetime(2026, 3, 29, 22, tzinfo=UTC)

    def test_closing_time_of_a_day_that_is_open_to_midnight_is_its_last_instant(self) -> None:
        closing = BusinessDays(1, ends="closing")
        tuesday = datetime(2026, 3, 3, 12, tzinfo=UTC)
        sunday = datetime(2026, 3, 1, 12, tzinfo=UTC)

        assert due_in_days(closing, tuesday, NIGHT) == datetime(2026, 3, 5, tzinfo=UTC) - MICRO
        assert due_in_days(closing, sunday, NIGHT) == datetime(2026, 3, 3, tzinfo=UTC) - MICRO

    @pytest.mark.parametrize(
        ("limit", "start"),
        [
            (CalendarDays(36_525), datetime(9950, 1, 1, tzinfo=UTC)),
            (CalendarDays(1), datetime(9999, 12, 30, tzinfo=UTC)),
            (CalendarDays(1), datetime(9999, 12, 31, 12, tzinfo=UTC)),
            (BusinessDays(1), datetime(9998, 12, 31, tzinfo=UTC)),
        ],
    )
    def test_beyond_all_years_is_refused(self, limit: Any, start: datetime) -> None:
        with pytest.raises(InvalidValueError):
            due_in_days(limit, start, ALWAYS)

    def test_of_a_naive_instant_is_refused(self) -> None:
        with pytest.raises(InvalidValueError, match="start is"):
            due_in_days(CalendarDays(1), datetime(2026, 3, 2), ALWAYS)


class TestKnownDates:
    """Of 2026 the holidays are known; its last day is a Thursday."""

    OFFICE = WorkCalendar(
        "UTC", {"wed": HOURS, "thu": HOURS, "fri": HOURS}, known=Period.year(2026)
    )
    LAST_HOUR = datetime(2026, 12, 31, 16, tzinfo=UTC)

    def target(self, limit: Limit) -> SlaTarget:
        return SlaTarget(metric="resolution", limit=limit, calendar=self.OFFICE)

    @pytest.mark.parametrize("limit", [2 * HOUR, BusinessDays(1), BusinessDays(1, ends="closing")])
    def test_beyond_them_nothing_is_due(self, limit: Limit) -> None:
        with pytest.raises(InvalidValueError, match="the year 2026, for which holidays are known"):
            self.target(limit).due(self.LAST_HOUR)

    def test_calendar_days_ask_for_no_holidays(self) -> None:
        due = self.target(CalendarDays(15)).due(self.LAST_HOUR)

        assert due == datetime(2027, 1, 16, tzinfo=UTC) - MICRO

    def test_their_last_day_counts_whole(self) -> None:
        day, closing = self.target(BusinessDays(1)), self.target(BusinessDays(1, ends="closing"))

        assert day.due(self.LAST_HOUR - DAY) == datetime(2027, 1, 1, tzinfo=UTC) - MICRO
        assert closing.due(self.LAST_HOUR - DAY) == self.LAST_HOUR + HOUR
