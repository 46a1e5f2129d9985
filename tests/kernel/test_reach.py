from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.kernel import Period, WorkCalendar

from .calendars import (
    DAYS,
    HOUR,
    MICRO,
    OFFICE_WEEK,
    SHANGHAI,
    WHOLE_DAY,
    Told,
    calendar_of,
    calendars,
    changed,
    instants,
    office,
)


YEAR = Period.year(2026)
BEYOND = "the year 2026, for which holidays are known; give the calendar the holidays of more years"
DAY = timedelta(days=1)
KNOWN = office(known=YEAR)
NEW_YEAR = datetime(2027, 1, 1, tzinfo=SHANGHAI)
FIRST = datetime(2026, 1, 1, tzinfo=SHANGHAI)
LAST_HOUR = datetime(2026, 12, 31, 17, tzinfo=SHANGHAI)  # a Thursday


def short_of(told: Told, known: Period) -> WorkCalendar:
    """Return a calendar that is known on some dates only."""
    return WorkCalendar(
        told["timezone"],
        told["week"],
        holidays=told["holidays"],
        yearly_holidays=told["yearly_holidays"],
        special=told["special"],
        breaks=told["breaks"],
        known=known,
    )


class TestKnownDates:
    def test_are_answered_up_to_their_last_instant(self) -> None:
        assert KNOWN.elapsed(FIRST, NEW_YEAR) == office().elapsed(FIRST, NEW_YEAR)
        assert KNOWN.due(LAST_HOUR, HOUR) == LAST_HOUR + HOUR
        assert KNOWN.last_close(NEW_YEAR) == LAST_HOUR + HOUR
        assert not KNOWN.is_open(NEW_YEAR - MICRO)

    @pytest.mark.parametrize(
        "ask",
        [
            lambda: KNOWN.elapsed(FIRST - MICRO, NEW_YEAR),
            lambda: KNOWN.elapsed(FIRST, NEW_YEAR + MICRO),
            lambda: KNOWN.signed_elapsed(NEW_YEAR + DAY, NEW_YEAR),
            lambda: KNOWN.explain(FIRST, NEW_YEAR + DAY),
            lambda: KNOWN.explain(LAST_HOUR, 2 * HOUR),
            lambda: KNOWN.is_open(NEW_YEAR),
            lambda: KNOWN.is_open(FIRST - MICRO),
            lambda: KNOWN.next_open(LAST_HOUR + HOUR),
            lambda: KNOWN.last_close(FIRST),
            lambda: KNOWN.intervals(FIRST, NEW_YEAR + MICRO),
            lambda: KNOWN.due(LAST_HOUR, HOUR + MICRO),
            lambda: KNOWN.due(LAST_HOUR, HOUR, boundary="next_open"),
            lambda: KNOWN.due(LAST_HOUR, timedelta(days=50 * 365)),
            lambda: KNOWN.due(NEW_YEAR + DAY, HOUR),
            lambda: KNOWN.due_backward(FIRST + DAY, 10 * HOUR),
            lambda: KNOWN.add_business_days(date(2026, 12, 30), 2),
            lambda: KNOWN.add_business_days(date(2026, 1, 4), -3),
            lambda: KNOWN.add_business_days(date(2025, 12, 30), 3),
            lambda: KNOWN.add_business_days(date(2027, 1, 5), 0),
        ],
    )
    def test_are_not_left_in_silence(self, ask: Callable[[], object]) -> None:
        with pytest.raises(InvalidValueError, match=BEYOND):
            ask()

    def test_tell_how_many_windows_they_hold(self) -> None:
        with pytest.raises(InvalidValueError, match=f"n is 2: .* 1 at most: .* in {BEYOND}"):
            KNOWN.windows(LAST_HOUR, 2)

    def test_need_not_hold_the_day_from_which_days_are_counted(self) -> None:
        """A notice of New Year's Eve: the first day that counts is the first of the year."""
        assert KNOWN.add_business_days(date(2025, 12, 31), 1) == date(2026, 1, 1)
        assert KNOWN.add_business_days(date(2027, 1, 1), -1) == date(2026, 12, 31)

    def test_need_not_hold_a_pause_that_does_not_count(self) -> None:
        after, before = (NEW_YEAR + DAY, NEW_YEAR + 9 * DAY), (FIRST - 9 * DAY, FIRST - DAY)

        assert KNOWN.due(LAST_HOUR, HOUR, pauses=[after]) == LAST_HOUR + HOUR
        assert KNOWN.due_backward(LAST_HOUR + HOUR, HOUR, pauses=[before]) == LAST_HOUR
        assert KNOWN.elapsed(LAST_HOUR, NEW_YEAR, pauses=[after, before]) == HOUR
        with pytest.raises(InvalidValueError, match=BEYOND):
            KNOWN.due(LAST_HOUR, 2 * HOUR, pauses=[after])
        with pytest.raises(InvalidValueError, match=BEYOND):
            KNOWN.due_backward(FIRST + DAY, 10 * HOUR, pauses=[before])

    @given(calendars(), st.data(), st.integers(-5, 3), st.integers(1, 6), st.integers(0, 90))
    def test_change_no_answer(
        self, told: Told, data: st.DataObject, first: int, days: int, hours: int
    ) -> None:
        """Either both answer alike, or the answer lies where nothing is known."""
        zone = told["timezone"]
        since = changed(zone).date() + first * DAY
        known, whole = Period(since, since + days * DAY), calendar_of(told)
        short = short_of(told, known)
        start, end = sorted(data.draw(st.tuples(instants(zone), instants(zone))))
        begin, stop = known.instants(zone)

        def same(ask: Callable[[WorkCalendar], object], *within: datetime) -> None:
            if all(begin <= at <= stop for at in within):
                assert ask(short) == ask(whole)
            else:
                with pytest.raises(InvalidValueError, match="for which holidays are known"):
                    ask(short)

        same(lambda c: c.elapsed(start, end), start, end)
        try:
            due = whole.due(start, hours * HOUR)
        except InvalidValueError:
            return  # a calendar of some minutes a week
        # What is due at the very end of what is known is not open there.
        if hours or due != stop:
            same(lambda c: c.due(start, hours * HOUR), start, due)

    @pytest.mark.parametrize("year", [1, 1500, 2150, 9998])
    def test_may_lie_far_away(self, year: int) -> None:
        far = office(known=Period(date(year, 3, 1), date(year, 4, 1)))
        march = datetime(max(year, 2), 3, 1, tzinfo=SHANGHAI)

        if year > 1:
            assert far.elapsed(march, march + 7 * DAY) == 45 * HOUR
        for at in (march - DAY, march + 40 * DAY, NEW_YEAR):
            with pytest.raises(InvalidValueError, match="for which holidays are known"):
                far.elapsed(at, at)

    @pytest.mark.parametrize(
        ("known", "told"),
        [
            (Period.year(2026), "in the year 2026, for"),
            (Period(date(2025, 1, 1), date(2027, 1, 1)), "in the years 2025 to 2026, for"),
            (Period.month(2026, 3), "in 2026-03-01 to 2026-03-31, for"),
        ],
    )
    def test_are_told_where_they_end(self, known: Period, told: str) -> None:
        with pytest.raises(InvalidValueError, match=f"must lie {told}"):
            office(known=known).is_open(NEW_YEAR + 400 * DAY)

    @pytest.mark.parametrize("known", [2026, (date(2026, 1, 1), date(2027, 1, 1)), "2026"])
    def test_are_a_period(self, known: object) -> None:
        with pytest.raises(InvalidValueError, match="must be a Period, or None for all time"):
            office(known=known)

    def test_are_part_of_what_the_calendar_is(self) -> None:
        again = WorkCalendar.from_json(KNOWN.to_json())

        assert again == KNOWN != office()
        assert hash(again) == hash(KNOWN)
        assert again.rules.known == YEAR
        with pytest.raises(InvalidValueError, match=BEYOND):
            again.is_open(NEW_YEAR)

    def test_that_are_none_are_refused_in_json(self) -> None:
        text = KNOWN.to_json().replace("2027-01-01", "2025-01-01")

        with pytest.raises(InvalidValueError, match=r"calendar is .* must be after since"):
            WorkCalendar.from_json(text)


class TestEnd:
    def test_where_the_clock_is_put_back_is_the_first_of_two_midnights(self) -> None:
        """Havana, 1 November 2026: at one o'clock it is midnight once more."""
        zone = ZoneInfo("America/Havana")
        midnight = datetime(2026, 11, 1, tzinfo=zone)
        always = dict.fromkeys(DAYS, WHOLE_DAY)
        before = WorkCalendar("America/Havana", always, known=Period.month(2026, 10))

        assert before.is_open(midnight.astimezone(UTC) - MICRO)
        with pytest.raises(InvalidValueError, match="2026-10-01 to 2026-10-31"):
            before.is_open(midnight)


class TestForCountry:
    CHINA = WorkCalendar.for_country("CN", "Asia/Shanghai", OFFICE_WEEK, years=[2026, 2025])

    def test_knows_the_holidays_of_its_years(self) -> None:
        assert self.CHINA.rules.known == Period(date(2025, 1, 1), date(2027, 1, 1))

    def test_does_not_take_the_next_new_year_for_a_day_of_work(self) -> None:
        """1 January 2027 is a Friday, and a holiday in China as every year."""
        beyond = "the years 2025 to 2026, for which holidays are known"

        with pytest.raises(InvalidValueError, match=beyond):
            self.CHINA.due(LAST_HOUR, 2 * HOUR)
        with pytest.raises(InvalidValueError, match=beyond):
            self.CHINA.add_business_days(date(2026, 12, 31), 1)

    def test_refuses_years_of_which_one_is_left_out(self) -> None:
        with pytest.raises(InvalidValueError, match=r"follow one another; write range\(2024, 2027"):
            WorkCalendar.for_country("CN", "Asia/Shanghai", OFFICE_WEEK, years=(2024, 2026))


class TestExplain:
    def test_is_the_same_as_without_an_end(self) -> None:
        found = KNOWN.explain(LAST_HOUR, NEW_YEAR)

        assert str(found) == str(office().explain(LAST_HOUR, NEW_YEAR))
