import sys
from datetime import date

import pytest

from crmkit.errors import InvalidValueError
from crmkit.kernel import PublicDays, country_days, ical_days


OFFICE = [("09:00", "17:00")]


def ical(*events: str, ends: str = "\r\n") -> str:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0"]
    for event in events:
        lines += ["BEGIN:VEVENT", *event.splitlines(), "END:VEVENT"]
    return ends.join([*lines, "END:VCALENDAR", ""])


def october(*days: int) -> frozenset[date]:
    return frozenset(date(2026, 10, day) for day in days)


class TestPublicDays:
    DAYS = PublicDays(frozenset(), october(3, 4))  # a Saturday and a Sunday

    def test_work_the_hours_of_the_first_open_day(self) -> None:
        week = {"tue": OFFICE, "wed": [("08:00", "09:00")]}

        assert self.DAYS.hours(week) == {date(2026, 10, 3): OFFICE, date(2026, 10, 4): OFFICE}

    def test_work_the_hours_they_are_given(self) -> None:
        hours = self.DAYS.hours({"tue": OFFICE}, make_up_hours=[("10:00", "12:00")])

        assert set(map(tuple, hours.values())) == {(("10:00", "12:00"),)}

    def test_keep_the_hours_of_a_weekday_that_is_open(self) -> None:
        assert list(self.DAYS.hours({"tue": OFFICE, "sat": OFFICE})) == [date(2026, 10, 4)]

    def test_have_none_where_the_week_has_none(self) -> None:
        assert list(self.DAYS.hours({"mon": []}).values()) == [(), ()]


class TestCountryDays:
    def test_are_those_of_the_state_council(self) -> None:
        """Notice 国办发明电〔2024〕12号 of 12 November 2024, on the holidays of 2025."""
        days = country_days("CN", 2025)

        worked = [(1, 26), (2, 8), (4, 27), (9, 28), (10, 11)]
        assert days.make_up_days == {date(2025, month, day) for month, day in worked}
        rested = {date(2025, 10, day) for day in (1, 2, 3, 6, 7, 8)}
        assert rested <= days.holidays

    def test_of_some_years_lie_in_these(self) -> None:
        days = country_days("CN", range(2024, 2026))

        assert {day.year for day in days.holidays | days.make_up_days} == {2024, 2025}

    def test_count_those_of_a_state(self) -> None:
        epiphany = date(2026, 1, 6)

        assert epiphany in country_days("DE", 2026, subdivision="BY").holidays
        assert epiphany not in country_days("DE", 2026).holidays

    @pytest.mark.parametrize(
        ("country", "subdivision"),
        [("XX", None), ("CN", "QQ"), ("", None), ("__init__", None), ("HolidayBase", None)],
    )
    def test_refuse_an_unknown_place(self, country: str, subdivision: str | None) -> None:
        with pytest.raises(InvalidValueError, match="it is not known"):
            country_days(country, 2026, subdivision=subdivision)

    @pytest.mark.parametrize("years", [[], ["2026"], [True]])
    def test_refuse_what_are_no_years(self, years: list[int]) -> None:
        with pytest.raises(InvalidValueError, match=r"must be years; write range\(2024, 2027\)"):
            country_days("CN", years)

    @pytest.mark.parametrize("year", [-5, 0, 1500, 100_000])
    def test_refuse_a_year_of_which_nothing_is_known(self, year: int) -> None:
        with pytest.raises(InvalidValueError, match=r"must lie in \d{4} to \d{4}") as refused:
            country_days("CN", [2026, year])

        assert (refused.value.name, refused.value.value) == ("years", year)

    def test_name_the_extra_where_it_is_missing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "holidays", None)

        with pytest.raises(InvalidValueError, match=r"not installed; pip install .crmkit\[cal"):
            country_days("CN", 2026)

    @pytest.mark.parametrize("years", [2040, [2026, 2040]])
    def test_refuses_years_whose_days_the_government_has_not_set(
        self, years: int | list[int]
    ) -> None:
        with pytest.raises(InvalidValueError, match="dates that the government sets"):
            country_days("CN", years)


class TestIcalDays:
    @pytest.mark.parametrize("ends", ["\r\n", "\n"])
    def test_are_the_days_of_each_event(self, ends: str) -> None:
        text = ical(
            "DTSTART;VALUE=DATE:20261001\nDTEND;VALUE=DATE:20261004\nSUMMARY:国庆节",
            "DTSTART;VALUE=DATE:20261009",
            "DTSTART;VALUE=DATE:20261011\nDURATION:P2D",
            "DTSTART;VALUE=DATE:20261020\nDURATION:P1W",
            "DTSTART;VALUE=DATE:20261030\nDTEND;VALUE=DATE:20261030",
            ends=ends,
        )

        found = ical_days(text)

        assert found.holidays == october(1, 2, 3, 9, 11, 12, *range(20, 27), 30)
        assert found.make_up_days == frozenset()

    @pytest.mark.parametrize(
        "told",
        ["SUMMARY:国庆节（班）", "SUMMARY:National Day\nX-APPLE-SPECIAL-DAY:ALTERNATE-WORKDAY"],
    )
    def test_tell_make_up_days_from_holidays(self, told: str) -> None:
        text = ical(
            "DTSTART;VALUE=DATE:20261001\nDTEND;VALUE=DATE:20261011\nSUMMARY:国庆节",
            f"DTSTART;VALUE=DATE:20261010\n{told}",
        )

        found = ical_days(text)

        assert found == PublicDays(october(*range(1, 10)), october(10))

    def test_go_by_another_word_for_make_up_days(self) -> None:
        text = ical("DTSTART;VALUE=DATE:20261010\nSUMMARY:working Saturday")

        assert ical_days(text, make_up="working").make_up_days == october(10)
        assert ical_days(text).holidays == october(10)

    def test_leave_out_what_is_cancelled(self) -> None:
        text = ical("DTSTART;VALUE=DATE:20261010\nSTATUS:CANCELLED")

        assert ical_days(text).holidays == frozenset()

    def test_read_folded_lines_quoted_parameters_and_alarms(self) -> None:
        text = "\ufeff" + ical(
            'DTSTART;X-NOTE="a:b;c";VALUE=DATE:2026\r\n 1010\r\nSUMMARY:a very lo\r\n\tng name\n'
            "BEGIN:VALARM\nTRIGGER:-PT15M\nSUMMARY:班\nEND:VALARM\n\nTRANSP:TRANSPARENT"
        ).replace("2026\r\n1010", "2026\r\n 1010")

        assert ical_days(text).holidays == october(10)

    @pytest.mark.parametrize(
        ("event", "message"),
        [
            ("DTSTART:20261010T080000Z", "must begin and end on whole days, written as 20261001"),
            ("DTSTART;VALUE=DATE:20261310", "must begin and end on whole days"),
            ("SUMMARY:a day without a date", "must begin and end on whole days"),
            ("DTSTART:20261010\nDTEND:20261010T0900", "must begin and end on whole days"),
            ("DTSTART:20261010\nDTEND:20261009", "must not end before it begins"),
            ("DTSTART:20261010\nRRULE:FREQ=YEARLY", "must not repeat itself; leave it out"),
            ("DTSTART:20261010\nRDATE:20271010", "must not repeat itself"),
            ("DTSTART:20261010\nDURATION:PT9H", "must last for whole days"),
            ("DTSTART:20261010\nDURATION:P99999999999D", "not last for more than ten years"),
            ("DTSTART:20261010\nDTEND:29991010", "not last for more than ten years"),
            ("DTSTART 20261010", "is no line of an iCalendar file"),
            ("END:VALARM", "ends what did not begin"),
        ],
    )
    def test_refuse_what_are_no_whole_days(self, event: str, message: str) -> None:
        with pytest.raises(InvalidValueError, match=message):
            ical_days(ical(event))

    def test_refuse_a_file_that_is_cut_off(self) -> None:
        with pytest.raises(InvalidValueError, match="must end: the file is cut off"):
            ical_days(ical("DTSTART:20261010").removesuffix("END:VCALENDAR\r\n"))

    @pytest.mark.parametrize("text", ["", "DTSTART:20261010", b"BEGIN:VCALENDAR", None])
    def test_refuse_what_is_no_such_file(self, text: str) -> None:
        with pytest.raises(InvalidValueError, match="must be the text of an iCalendar file"):
            ical_days(text)

    def test_refuse_an_empty_word(self) -> None:
        """Every name contains it."""
        with pytest.raises(InvalidValueError, match="must be text, and not empty"):
            ical_days(ical(), make_up="")
