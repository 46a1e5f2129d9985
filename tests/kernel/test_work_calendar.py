import pickle
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.kernel import WorkCalendar

from .calendars import (
    BERLIN,
    DAYS,
    HOUR,
    MICRO,
    NATIONAL_DAY,
    NOTHING,
    OFFICE,
    OFFICE_WEEK,
    SHANGHAI,
    Case,
    Told,
    calendar_of,
    calendars,
    cases,
    changed,
    china,
    instants,
    is_open,
    office,
)


class TestIsOpen:
    def test_holds_the_opening_and_not_the_closing(self) -> None:
        calendar = office()

        assert calendar.is_open(china(6, 8))
        assert not calendar.is_open(china(6, 12))
        assert not calendar.is_open(china(6, 8) - MICRO)
        assert calendar.is_open(china(6, 12) - MICRO)

    @given(cases())
    def test_is_what_the_definition_says(self, case: Case) -> None:
        assert case.calendar.is_open(case.start) == is_open(case.told, case.start)


class TestNextOpen:
    def test_is_the_instant_itself_or_the_next_opening(self) -> None:
        calendar = office()

        assert calendar.next_open(china(6, 9)) == china(6, 9)
        assert calendar.next_open(china(6, 12)) == china(6, 13)
        assert calendar.next_open(china(2, 18)) == china(5, 8)


class TestLastClose:
    def test_is_the_instant_itself_or_the_last_closing(self) -> None:
        calendar = office()

        assert calendar.last_close(china(6, 9)) == china(6, 9)
        assert calendar.last_close(china(6, 13)) == china(6, 12)
        assert calendar.last_close(china(5, 8)) == china(2, 18)


class TestWindows:
    def test_are_the_next_ones_the_first_cut(self) -> None:
        found = office().windows(china(2, 14), 2)

        assert found == ((china(2, 14), china(2, 18)), (china(5, 8), china(5, 12)))

    def test_are_told_apart_at_midnight_and_not_where_the_clock_is_moved(self) -> None:
        night = WorkCalendar("Europe/Berlin", {"sat": [("22:00", "06:00")]})
        start = datetime(2026, 3, 28, 12, tzinfo=BERLIN)

        (late, early) = night.windows(start, 2)

        midnight = datetime(2026, 3, 29, tzinfo=BERLIN)
        assert late == (datetime(2026, 3, 28, 22, tzinfo=BERLIN), midnight)
        # Six hours on the clock, five in truth.
        assert early == (midnight, datetime(2026, 3, 29, 6, tzinfo=BERLIN))
        assert early[1] - early[0] == 5 * HOUR

    def test_of_no_number_are_none(self) -> None:
        assert office().windows(china(2, 14), 0) == ()

    @pytest.mark.parametrize("n", [-1, True, 1.5])
    def test_refuse_what_is_no_count(self, n: int) -> None:
        with pytest.raises(InvalidValueError, match="must be 0 or more"):
            office().windows(china(2, 14), n)

    def test_tell_where_there_are_not_so_many(self) -> None:
        start = datetime(9998, 12, 28, tzinfo=UTC)  # a Monday

        with pytest.raises(InvalidValueError, match="n is 20: it must be 8 at most"):
            office("UTC").windows(start, 20)

    @given(cases())
    def test_between_two_instants_add_up_to_what_passed(self, case: Case) -> None:
        found = case.calendar.intervals(case.start, case.end)

        passed = sum((closes - opens for opens, closes in found), NOTHING)
        assert passed == case.calendar.elapsed(case.start, case.end)

    def test_between_reversed_instants_are_refused(self) -> None:
        with pytest.raises(InvalidValueError, match="must not be before start"):
            office().intervals(china(2, 14), china(1, 14))


class TestAddBusinessDays:
    # Thursday the first is closed, Saturday the tenth is worked.
    CALENDAR = office(holidays=[NATIONAL_DAY], special={date(2026, 10, 10): OFFICE})

    @pytest.mark.parametrize(
        ("day", "n", "expected"),
        [
            (date(2026, 9, 30), 1, date(2026, 10, 2)),
            (date(2026, 9, 30), 2, date(2026, 10, 5)),
            (date(2026, 10, 9), 1, date(2026, 10, 10)),
            (date(2026, 10, 9), 2, date(2026, 10, 12)),
            (date(2026, 10, 12), -1, date(2026, 10, 10)),
            (date(2026, 10, 11), -2, date(2026, 10, 9)),
            (NATIONAL_DAY, 0, date(2026, 10, 2)),
            (date(2026, 10, 2), 0, date(2026, 10, 2)),
            (NATIONAL_DAY, -1, date(2026, 9, 30)),
            (NATIONAL_DAY, 1, date(2026, 10, 2)),
        ],
    )
    def test_counts_local_dates_with_open_hours(self, day: date, n: int, expected: date) -> None:
        assert self.CALENDAR.add_business_days(day, n) == expected

    @given(calendars(), st.integers(-40, 40), st.integers(-9, 9))
    def test_is_what_steps_of_a_day_come_to(self, told: Told, n: int, place: int) -> None:
        calendar = calendar_of(told)
        day = changed(told["timezone"]).date() + timedelta(days=place)
        step, left, at = timedelta(days=-1 if n < 0 else 1), abs(n), day
        while left or not calendar.rules.on(at):
            at += step
            left -= bool(left and calendar.rules.on(at))

        assert calendar.add_business_days(day, n) == at

    @pytest.mark.parametrize("n", [10**9, -(10**9)])
    def test_refuses_to_leave_the_calendar(self, n: int) -> None:
        with pytest.raises(InvalidValueError, match="must lead to a date in the years 2 to 9998"):
            self.CALENDAR.add_business_days(NATIONAL_DAY, n)

    @pytest.mark.parametrize("n", [True, 1.0])
    def test_refuses_what_is_no_whole_number(self, n: int) -> None:
        with pytest.raises(InvalidValueError, match="must be a whole number"):
            self.CALENDAR.add_business_days(NATIONAL_DAY, n)

    @pytest.mark.parametrize("day", [china(1, 9), "2026-10-01"])
    def test_refuses_what_is_no_plain_date(self, day: date) -> None:
        with pytest.raises(InvalidValueError, match="must be a date without a time of day"):
            self.CALENDAR.add_business_days(day, 1)


class TestBirth:
    def test_refuses_an_unknown_zone(self) -> None:
        with pytest.raises(InvalidValueError, match="must be the name of an IANA zone"):
            office("Asia/Peking")


class TestAlways:
    @given(instants("Europe/Berlin"), instants("Europe/Berlin"))
    def test_counts_all_time(self, one: datetime, other: datetime) -> None:
        calendar = WorkCalendar.always("Europe/Berlin")

        assert calendar.signed_elapsed(one, other) == other - one
        assert calendar.due(one, HOUR) == one + HOUR
        assert calendar.due_backward(one, HOUR) == one - HOUR


class TestEquality:
    def test_is_by_meaning(self) -> None:
        split = dict.fromkeys(
            DAYS[:5], (("13:00", "18:00"), ("08:00", "10:00"), ("10:00", "12:00"))
        )
        sunday, workday = date(2026, 10, 4), date(2026, 10, 6)
        same = WorkCalendar(
            "Asia/Shanghai",
            split | {"sat": []},
            holidays=[sunday],
            special={workday: OFFICE},
            breaks={sunday: [("09:00", "10:00")]},
        )

        assert same == office()
        assert hash(same) == hash(office())

    @pytest.mark.parametrize(
        "other",
        [
            office("Asia/Singapore"),
            office(holidays=[NATIONAL_DAY]),
            office(yearly_holidays=["10-01"]),
            office(breaks={NATIONAL_DAY: [("09:00", "10:00")]}),
            WorkCalendar.always("Asia/Shanghai"),
            "Asia/Shanghai",
        ],
    )
    def test_tells_others_apart(self, other: object) -> None:
        assert other != office()

    @given(calendars())
    def test_holds_after_a_round_trip(self, told: Told) -> None:
        calendar = calendar_of(told)

        again = WorkCalendar.from_json(calendar.to_json())

        assert again == calendar
        assert again.to_json() == calendar.to_json()
        assert pickle.loads(pickle.dumps(calendar)) == calendar
        assert eval(repr(calendar), {"WorkCalendar": WorkCalendar}) == calendar

    def test_holds_where_a_whole_day_runs_over_midnight(self) -> None:
        calendar = office(special={NATIONAL_DAY: [("00:00", "24:00"), ("22:00", "06:00")]})

        assert WorkCalendar.from_json(calendar.to_json()) == calendar

    def test_tells_the_arguments_by_name(self) -> None:
        calendar = WorkCalendar(
            "UTC", {"mon": [("9:00", "17:00")]}, holidays=[NATIONAL_DAY], yearly_holidays=["12-25"]
        )

        assert calendar.to_json() == (
            '{"timezone":"UTC","week":{"mon":[["09:00","17:00"]]},"holidays":["2026-10-01"],'
            '"yearly_holidays":["12-25"]}'
        )

    @pytest.mark.parametrize("text", ["", "[]", '{"timezone": "UTC"}', '{"timezone": 3}'])
    def test_refuses_what_is_no_calendar(self, text: str) -> None:
        with pytest.raises(InvalidValueError, match=r"calendar is .* cannot be read"):
            WorkCalendar.from_json(text)

    def test_refuses_what_it_does_not_know(self) -> None:
        with pytest.raises(InvalidValueError, match="has no field 'shifts'"):
            WorkCalendar.from_json('{"timezone": "UTC", "week": {}, "shifts": []}')


class TestForCountry:
    # The State Council's notice on the holidays of 2026: National Day from 1 to 7 October; the
    # Sunday of 20 September and the Saturday of 10 October are worked.
    CHINA = WorkCalendar.for_country("CN", "Asia/Shanghai", OFFICE_WEEK, years=2026)

    def test_closes_the_holidays(self) -> None:
        assert self.CHINA.add_business_days(date(2026, 9, 30), 1) == date(2026, 10, 8)

    def test_works_on_the_make_up_days(self) -> None:
        for day in (date(2026, 9, 20), date(2026, 10, 10)):
            start = datetime.combine(day, time(), SHANGHAI)
            assert self.CHINA.elapsed(start, start + timedelta(days=1)) == 9 * HOUR

    def test_takes_hours_and_dates_besides(self) -> None:
        first, second = date(2026, 9, 20), date(2026, 10, 10)
        calendar = WorkCalendar.for_country(
            "CN",
            "Asia/Shanghai",
            OFFICE_WEEK,
            years=[2026],
            make_up_hours=[("09:00", "12:00")],
            holidays=[second],
            special={date(2026, 10, 1): [("10:00", "12:00")]},
        )

        assert calendar.rules.on(first) == ((9 * 3_600_000_000, 12 * 3_600_000_000),)
        assert calendar.rules.on(second) == ()
        assert calendar.rules.on(date(2026, 10, 1)) == ((10 * 3_600_000_000, 12 * 3_600_000_000),)
