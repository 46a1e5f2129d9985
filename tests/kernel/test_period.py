"""Periods of local days, half-open."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.kernel import Period, named_zone


DAYS = st.dates(date(1900, 1, 1), date(2100, 12, 31))
PERIODS = st.builds(
    lambda since, days: Period(since, since + timedelta(days=days)), DAYS, st.integers(1, 800)
)
MONTHS = st.tuples(st.integers(1900, 2100), st.integers(1, 12))


class TestPeriod:
    @given(PERIODS)
    def test_holds_its_first_day_and_not_its_end(self, period: Period) -> None:
        assert period.since in period
        assert period.until - timedelta(days=1) in period
        assert period.until not in period
        assert period.since - timedelta(days=1) not in period

    @given(PERIODS)
    def test_has_as_many_days_as_it_holds(self, period: Period) -> None:
        days = [period.since + timedelta(days=n) for n in range(-1, period.days + 1)]

        assert sum(day in period for day in days) == period.days

    @pytest.mark.parametrize("until", [date(2026, 3, 1), date(2026, 2, 28)])
    def test_refuses_to_be_empty(self, until: date) -> None:
        with pytest.raises(InvalidValueError, match="until is the day after the last"):
            Period(date(2026, 3, 1), until)

    @pytest.mark.parametrize("since", [datetime(2026, 3, 1), "2026-03-01", None])
    def test_refuses_ends_that_are_no_days(self, since: object) -> None:
        with pytest.raises(InvalidValueError, match=r"since is .* date without a time of day"):
            Period(since, date(2026, 4, 1))  # type: ignore[arg-type]  # refused

    def test_refuses_to_be_asked_for_an_instant(self) -> None:
        with pytest.raises(InvalidValueError, match="date without a time of day"):
            datetime(2026, 3, 1, tzinfo=UTC) in Period.year(2026)  # noqa: B015  # refused

    def test_is_ordered_by_its_first_day(self) -> None:
        assert Period.month(2026, 2) < Period.month(2026, 3) < Period.year(2027)

    def test_tells_its_first_and_last_day(self) -> None:
        assert str(Period.quarter(2026, 1)) == "2026-01-01 to 2026-03-31"


class TestBirths:
    def test_know_the_calendar(self) -> None:
        assert Period.day(date(2026, 3, 2)).days == 1
        assert Period.month(2024, 2).days == 29
        assert Period.month(2026, 12).until == date(2027, 1, 1)
        assert Period.year(2023).days == 365

    @given(st.integers(1900, 2100))
    def test_quarters_and_months_fill_the_year(self, year: int) -> None:
        quarters = [Period.quarter(year, number) for number in (1, 2, 3, 4)]
        months = [Period.month(year, number) for number in range(1, 13)]

        assert sum(part.days for part in quarters) == Period.year(year).days
        assert sum(part.days for part in months) == Period.year(year).days
        for parts in (quarters, months):
            assert parts[0].since == Period.year(year).since
            for before, after in pairwise(parts):
                assert after.since == before.until

    @pytest.mark.parametrize("quarter", [0, 5, "1"])
    def test_refuse_a_quarter_that_is_none(self, quarter: int) -> None:
        with pytest.raises(InvalidValueError, match="must be 1, 2, 3 or 4"):
            Period.quarter(2026, quarter)

    @pytest.mark.parametrize(("year", "month"), [(2026, 13), (2026, 0), (0, 1), (10**12, 1)])
    def test_refuse_a_month_that_is_none(self, year: int, month: int) -> None:
        with pytest.raises(InvalidValueError, match=r"month is .*: it must be a month"):
            Period.month(year, month)

    def test_refuse_a_month_in_words(self) -> None:
        with pytest.raises(InvalidValueError, match="must be a month"):
            Period.month(2026, "March")  # type: ignore[arg-type]  # refused

    def test_refuse_the_end_of_the_calendar(self) -> None:
        with pytest.raises(InvalidValueError, match="within the years 1 to 9999"):
            Period.day(date.max)
        with pytest.raises(InvalidValueError, match="within the years 1 to 9999"):
            Period.month(9999, 12)

    def test_refuse_a_day_with_a_time(self) -> None:
        with pytest.raises(InvalidValueError, match="date without a time of day"):
            Period.day(datetime(2026, 3, 2))


class TestPrevious:
    @given(PERIODS)
    def test_ends_where_this_one_begins(self, period: Period) -> None:
        assert period.previous().until == period.since

    @given(PERIODS)
    def test_is_as_long_unless_both_are_whole_months(self, period: Period) -> None:
        before = period.previous()

        whole = period.since.day == period.until.day == 1
        assert before.days == period.days or (whole and before.since.day == 1)

    @given(MONTHS)
    def test_of_a_month_is_the_month_before(self, month: tuple[int, int]) -> None:
        year, number = month

        before = Period.month(year, number).previous()

        assert before == (
            Period.month(year, number - 1) if number > 1 else Period.month(year - 1, 12)
        )

    def test_of_a_quarter_or_year_is_the_one_before(self) -> None:
        assert Period.quarter(2026, 1).previous() == Period.quarter(2025, 4)
        assert Period.year(2025).previous() == Period.year(2024)

    def test_of_a_week_is_the_week_before(self) -> None:
        week = Period(date(2026, 3, 2), date(2026, 3, 9))

        assert week.previous() == Period(date(2026, 2, 23), date(2026, 3, 2))

    def test_refuses_the_beginning_of_the_calendar(self) -> None:
        for first in (Period.month(1, 1), Period.day(date(1, 1, 1))):
            with pytest.raises(InvalidValueError, match="within the years 1 to 9999"):
                first.previous()


class TestSameAYearAgo:
    @given(st.integers(1900, 2100), st.integers(1, 12))
    def test_of_a_month_is_the_same_month(self, year: int, month: int) -> None:
        assert Period.month(year, month).same_a_year_ago() == Period.month(year - 1, month)

    def test_of_february_after_a_leap_year_is_all_of_february(self) -> None:
        assert Period.month(2025, 2).same_a_year_ago().days == 29

    @given(PERIODS)
    def test_has_the_same_first_and_last_day(self, period: Period) -> None:
        def a_year_ago(day: date) -> tuple[int, int, int]:
            leap = (day.month, day.day) == (2, 29)
            return day.year - 1, day.month, 28 if leap else day.day

        ago = period.same_a_year_ago()

        first, last = ago.since, ago.until - timedelta(days=1)
        assert (first.year, first.month, first.day) == a_year_ago(period.since)
        if not period.since.day == period.until.day == 1:
            last_day = period.until - timedelta(days=1)
            assert (last.year, last.month, last.day) == a_year_ago(last_day)

    def test_of_the_29th_of_february_is_the_28th(self) -> None:
        leap_day = Period.day(date(2024, 2, 29))

        assert leap_day.same_a_year_ago() == Period.day(date(2023, 2, 28))

    def test_refuses_the_beginning_of_the_calendar(self) -> None:
        with pytest.raises(InvalidValueError, match="within the years 1 to 9999"):
            Period.day(date(1, 5, 5)).same_a_year_ago()


class TestInstants:
    def test_are_the_ends_in_utc(self) -> None:
        since, until = Period.day(date(2026, 3, 2)).instants("Asia/Shanghai")

        assert since == datetime(2026, 3, 1, 16, tzinfo=UTC)
        assert until - since == timedelta(hours=24)
        assert since.tzinfo is UTC

    @pytest.mark.parametrize(
        ("day", "hours"),
        [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 6, 1), 24)],
    )
    def test_know_that_days_differ_in_length(self, day: date, hours: int) -> None:
        """Berlin changes its clocks on 29 March and 25 October 2026."""
        since, until = Period.day(day).instants("Europe/Berlin")

        assert until - since == timedelta(hours=hours)

    def test_begin_where_there_is_no_midnight(self) -> None:
        """São Paulo, 4 November 2018: from 23:59:59 to 01:00, at 03:00 UTC."""
        since, until = Period.day(date(2018, 11, 4)).instants("America/Sao_Paulo")

        assert since == datetime(2018, 11, 4, 3, tzinfo=UTC)
        assert until - since == timedelta(hours=23)

    @given(PERIODS, st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/Havana"]))
    def test_leave_no_gap_between_neighbours(self, period: Period, zone: str) -> None:
        assert period.previous().instants(zone)[1] == period.instants(zone)[0]

    def test_refuse_an_unknown_zone(self) -> None:
        with pytest.raises(InvalidValueError, match="timezone is 'Asia/Peking'"):
            Period.year(2026).instants("Asia/Peking")

    def test_refuse_the_end_of_the_calendar(self) -> None:
        with pytest.raises(InvalidValueError, match="since is"):
            Period.day(date(1, 1, 1)).instants("Asia/Shanghai")


class TestNamedZone:
    def test_is_the_zone_of_that_name(self) -> None:
        assert named_zone("Asia/Shanghai") == ZoneInfo("Asia/Shanghai")

    @pytest.mark.parametrize("name", ["", "Mars/Base", "../etc/passwd", "Asia", "+08:00", "a\0b"])
    def test_refuses_what_is_none(self, name: str) -> None:
        with pytest.raises(InvalidValueError, match="must be the name of an IANA zone"):
            named_zone(name)

    @pytest.mark.parametrize("name", [None, 8])
    def test_refuses_what_is_no_name(self, name: object) -> None:
        with pytest.raises(InvalidValueError, match="must be the name of an IANA zone"):
            named_zone(name)  # type: ignore[arg-type]  # refused
