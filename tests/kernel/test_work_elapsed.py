import random
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pandas as pd
import pytest
import pytz  # type: ignore[import-untyped]  # its stubs are not installed
from businesstimedelta import (  # type: ignore[import-untyped]  # it has no stubs
    HolidayRule,
    LunchTimeRule,
    Rules,
    WorkDayRule,
)
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.kernel import WorkCalendar

from .calendars import (
    BERLIN,
    DAYS,
    HOUR,
    MINUTE,
    NATIONAL_DAY,
    NOTHING,
    Case,
    cases,
    china,
    office,
    stepped,
)


class TestElapsed:
    def test_counts_the_hours_of_several_windows_and_days(self) -> None:
        # Tuesday 10:00–12:00 and 13:00–18:00, Wednesday 08:00–09:30: 2 + 5 + 1.5 hours.
        passed = office().elapsed(china(6, 10), china(7, 9, 30))

        assert passed == timedelta(hours=8, minutes=30)

    def test_counts_no_holiday_and_counts_its_make_up_day(self) -> None:
        calendar = office(
            holidays=[NATIONAL_DAY], special={date(2026, 10, 10): [("10:00", "14:00")]}
        )

        assert calendar.elapsed(china(1, 0), china(2, 0)) == NOTHING
        assert calendar.elapsed(china(10, 0), china(11, 0)) == timedelta(hours=4)

    def test_lets_special_hours_win_over_a_holiday(self) -> None:
        calendar = office(holidays=[NATIONAL_DAY], special={NATIONAL_DAY: [("10:00", "14:00")]})

        assert calendar.elapsed(china(1, 0), china(2, 0)) == timedelta(hours=4)

    def test_closes_a_special_date_without_hours(self) -> None:
        assert office(special={NATIONAL_DAY: []}).elapsed(china(1, 0), china(2, 0)) == NOTHING

    def test_cuts_a_break_out_of_one_date(self) -> None:
        calendar = office(breaks={NATIONAL_DAY: [("11:30", "13:30")]})

        # Of nine hours, 11:30–12:00 and 13:00–13:30 are gone.
        assert calendar.elapsed(china(1, 0), china(2, 0)) == timedelta(hours=8)

    def test_keeps_yearly_holidays_in_every_year(self) -> None:
        calendar = office("UTC", yearly_holidays=["12-25", "02-29"])

        for day in (date(2025, 12, 25), date(2026, 12, 25), date(2024, 2, 29)):
            start = datetime.combine(day, time(), UTC)
            assert calendar.elapsed(start, start + timedelta(days=1)) == NOTHING
        # In a common year the 29th of February does not come: the first of March is no holiday.
        march = datetime(2023, 3, 1, tzinfo=UTC)
        assert calendar.elapsed(march, march + timedelta(days=1)) == 9 * HOUR

    def test_gives_what_runs_over_midnight_to_the_next_date(self) -> None:
        week = {"mon": [("22:00", "06:00")]}
        monday, tuesday = date(2026, 3, 2), date(2026, 3, 3)
        start, end = datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 4, tzinfo=UTC)

        def passed(**more: object) -> timedelta:
            calendar = WorkCalendar("UTC", week, **more)  # type: ignore[arg-type]  # passed through
            return calendar.elapsed(start, end)

        assert passed() == 8 * HOUR
        assert passed(holidays=[monday]) == 6 * HOUR
        assert passed(holidays=[tuesday]) == 2 * HOUR
        assert passed(special={tuesday: [("01:00", "02:00")]}) == 3 * HOUR
        assert passed(special={monday: [("23:00", "01:00")]}) == 7 * HOUR
        assert passed(special={monday: [("12:00", "13:00")]}) == 7 * HOUR

    @pytest.mark.parametrize(
        ("day", "hours"),
        [(date(2026, 3, 29), 23), (date(2026, 3, 30), 24), (date(2026, 10, 25), 25)],
    )
    def test_counts_absolute_hours_of_a_day(self, day: date, hours: int) -> None:
        # The summer time of the EU began on 29 March 2026 and ended on 25 October.
        start = datetime.combine(day, time(), BERLIN)
        end = datetime.combine(day + timedelta(days=1), time(), BERLIN)

        assert WorkCalendar.always("Europe/Berlin").elapsed(start, end) == hours * HOUR

    @pytest.mark.parametrize(
        ("opens", "closes", "minutes"),
        [("01:30", "02:30", 30), ("02:00", "03:00", 0), ("02:30", "03:30", 30)],
    )
    def test_takes_a_window_in_the_spring_gap_as_the_clock_shows_it(
        self, opens: str, closes: str, minutes: int
    ) -> None:
        """On 29 March 2026 the clock went from 02:00 to 03:00: nothing between was ever shown."""
        calendar = WorkCalendar("Europe/Berlin", {"sun": [(opens, closes)]})
        start = datetime(2026, 3, 29, tzinfo=BERLIN)

        passed = calendar.elapsed(start, start + timedelta(days=1))

        assert passed == timedelta(minutes=minutes)

    def test_counts_twice_what_the_clock_shows_twice(self) -> None:
        calendar = WorkCalendar("Europe/Berlin", {"sun": [("02:00", "03:00")]})
        start = datetime(2026, 10, 25, tzinfo=BERLIN)

        assert calendar.elapsed(start, start + timedelta(days=1)) == 2 * HOUR

    def test_takes_off_pauses_in_any_order_and_overlapping_ones_once(self) -> None:
        pauses = [
            (china(1, 14), china(1, 15)),
            (china(1, 9), china(1, 10)),
            (china(1, 9, 30), china(1, 10, 30)),
            (china(1, 12), china(1, 13)),  # closed then
            (china(1, 17), china(2, 9)),  # an hour of it before the end
            (china(1, 16), china(1, 16)),  # lasted for no time
        ]

        passed = office().elapsed(china(1, 8), china(1, 18), pauses=pauses)

        # Of nine hours: 09:00–10:30, 14:00–15:00 and 17:00–18:00 did not count.
        assert passed == timedelta(hours=5, minutes=30)

    def test_takes_pauses_from_an_iterator(self) -> None:
        pauses = iter([(china(1, 9), china(1, 10))])

        assert office().elapsed(china(1, 8), china(1, 11), pauses=pauses) == 2 * HOUR

    @given(cases(grain=MINUTE))
    def test_is_what_a_stepper_of_minutes_counts(self, case: Case) -> None:
        """The stepper asks of every minute whether the clock of the place shows an open time."""
        passed = case.calendar.elapsed(case.start, case.end, pauses=case.pauses)

        assert passed == stepped(case.told, case.start, case.end, case.pauses)

    @given(cases(), st.floats(0, 1))
    def test_is_additive_over_a_cut(self, case: Case, part: float) -> None:
        cut = case.start + (case.end - case.start) * part
        calendar, pauses = case.calendar, case.pauses

        whole = calendar.elapsed(case.start, case.end, pauses=pauses)

        first = calendar.elapsed(case.start, cut, pauses=pauses)
        assert whole == first + calendar.elapsed(cut, case.end, pauses=pauses)

    @given(cases(), st.timedeltas(NOTHING, timedelta(days=3)))
    def test_is_monotone_and_no_longer_than_what_the_clock_says(
        self, case: Case, more: timedelta
    ) -> None:
        passed = case.calendar.elapsed(case.start, case.end)

        assert NOTHING <= passed <= case.end - case.start
        assert passed <= case.calendar.elapsed(case.start, case.end + more) <= passed + more

    @given(cases())
    def test_is_nothing_where_it_is_closed(self, case: Case) -> None:
        calendar = case.calendar
        windows = calendar.windows(case.start, 3)

        for (_, closes), (opens, _) in pairwise(windows):
            assert calendar.elapsed(closes, opens) == NOTHING
        for opens, closes in windows:
            assert calendar.elapsed(opens, closes) == closes - opens

    def test_is_right_over_thousands_of_years(self) -> None:
        """400 years of the Gregorian calendar are 20,871 weeks."""
        start = datetime(2026, 3, 2, tzinfo=UTC)

        passed = office("UTC").elapsed(start, start.replace(year=2426))

        assert passed == 20_871 * 45 * HOUR

    @pytest.mark.parametrize(
        "far", [datetime(2, 1, 1, tzinfo=UTC), datetime(1900, 5, 7, tzinfo=UTC)]
    )
    def test_is_additive_where_the_near_time_begins(self, far: datetime) -> None:
        calendar, then = office(), china(6, 10)
        cut = datetime(1999, 7, 7, 3, tzinfo=UTC)

        whole = calendar.elapsed(far, then)

        assert whole == calendar.elapsed(far, cut) + calendar.elapsed(cut, then)

    def test_takes_instants_of_any_zone(self) -> None:
        start, end = china(6, 10), china(6, 11)

        assert office().elapsed(start.astimezone(BERLIN), end.astimezone(UTC)) == HOUR

    def test_tells_the_two_readings_of_an_hour_apart(self) -> None:
        calendar = WorkCalendar.always("Europe/Berlin")
        first = datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN)

        assert calendar.elapsed(first, first.replace(fold=1)) == HOUR

    def test_takes_timestamps_of_pandas_and_cuts_their_nanoseconds(self) -> None:
        calendar = office()
        calendar.elapsed(china(6, 9), china(6, 10))
        start = pd.Timestamp("2026-10-06T10:00:00.000000999", tz="Asia/Shanghai")

        passed = calendar.elapsed(start, start + pd.Timedelta(hours=1))

        assert type(passed) is timedelta
        assert passed == HOUR

    def test_agrees_with_businesstimedelta(self) -> None:
        """It can express one window a day with a lunch break, and holidays."""
        # It looks for a next holiday, and fails where there is none.
        closed = [date(2026, 4, 3), date(2026, 10, 5), date(2026, 12, 25), date(2027, 12, 24)]
        week = dict.fromkeys(DAYS[:5], (("08:15", "12:00"), ("12:45", "17:00")))
        calendar = WorkCalendar("Europe/Berlin", week, holidays=closed)
        zone, workdays = pytz.timezone("Europe/Berlin"), list(range(5))
        hours = {"working_days": workdays, "tz": zone}
        rules = Rules(
            [
                WorkDayRule(start_time=time(8, 15), end_time=time(17), **hours),
                LunchTimeRule(start_time=time(12), end_time=time(12, 45), **hours),
                HolidayRule(dict.fromkeys(closed, "closed"), tz=zone),
            ]
        )
        rng = random.Random(20260301)

        for _ in range(1000):
            start = datetime(2026, 1, 1, tzinfo=UTC) + rng.randrange(360 * 86_400) * HOUR / 3600
            end = start + rng.randrange(4 * 86_400) * HOUR / 3600

            theirs = rules.difference(start.astimezone(zone), end.astimezone(zone))

            told = timedelta(hours=theirs.hours, seconds=theirs.seconds)
            assert calendar.elapsed(start, end) == told

    def test_refuses_a_reversed_interval(self) -> None:
        with pytest.raises(InvalidValueError, match=r"it must not be before start, .*; signed_"):
            office().elapsed(china(6, 10), china(6, 9))

    def test_refuses_a_reversed_pause(self) -> None:
        with pytest.raises(InvalidValueError, match=r"pauses is .* must not end before they begin"):
            office().elapsed(china(6, 9), china(6, 10), pauses=[(china(6, 10), china(6, 9))])

    @pytest.mark.parametrize("pause", [NATIONAL_DAY, (china(6, 9),)])
    def test_refuses_a_pause_that_is_no_pair(self, pause: object) -> None:
        with pytest.raises(InvalidValueError, match="must be pairs: from when, to when"):
            office().elapsed(china(6, 9), china(6, 10), pauses=[pause])  # type: ignore[list-item]


class TestSignedElapsed:
    def test_is_negative_where_the_end_is_before_the_start(self) -> None:
        pauses = [(china(6, 9), china(6, 9, 30))]

        assert office().signed_elapsed(china(6, 10), china(6, 9)) == -HOUR
        assert office().signed_elapsed(china(6, 9), china(6, 10)) == HOUR
        assert office().signed_elapsed(china(6, 10), china(6, 9), pauses=pauses) == -HOUR / 2
