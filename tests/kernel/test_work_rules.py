from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

import pytest

from crmkit.errors import InvalidValueError
from crmkit.kernel.work_rules import WorkRules, read_told


WEEK = {"mon": [("09:00", "17:00")]}
MONDAY = date(2026, 3, 2)


def rules(
    week: Any = WEEK,
    *,
    holidays: Iterable[date] = (),
    yearly: Iterable[str] = (),
    special: Any = None,
    breaks: Any = None,
) -> WorkRules:
    return WorkRules.of(week, holidays, yearly, special or {}, breaks or {})


class TestOf:
    def test_refuses_an_empty_week(self) -> None:
        with pytest.raises(InvalidValueError, match="must be open on some day; write"):
            rules({"mon": [], "tue": []})

    def test_refuses_an_unknown_day(self) -> None:
        with pytest.raises(InvalidValueError, match="week is 'mo': it is no day; did you mean"):
            rules({"mo": [("09:00", "17:00")]})

    @pytest.mark.parametrize("name", ["week", "special", "breaks"])
    def test_refuses_what_is_no_mapping(self, name: str) -> None:
        arguments: Mapping[str, Any] = {name: [("09:00", "17:00")]}

        with pytest.raises(InvalidValueError, match=f"{name} is .* must be a mapping of days"):
            rules(**arguments)

    @pytest.mark.parametrize("day", ["2026-03-02", datetime(2026, 3, 2, 9), None])
    def test_refuses_what_is_no_date(self, day: Any) -> None:
        told: list[dict[str, Any]] = [{"holidays": [day]}, {"special": {day: []}}]

        for arguments in (*told, {"breaks": {day: []}}):
            with pytest.raises(InvalidValueError, match=r"must be a date; write date\(2026"):
                rules(**arguments)

    @pytest.mark.parametrize("day", [date(1, 12, 31), date(9999, 1, 1)])
    def test_refuses_a_date_beyond_the_calendar(self, day: date) -> None:
        with pytest.raises(InvalidValueError, match="must lie in the years 2 to 9998"):
            rules(special={day: [("22:00", "06:00")]})

    @pytest.mark.parametrize("told", ["2026-12-25", "13-01", "02-30", "", 1225, "1225 "])
    def test_refuses_what_is_no_month_and_day(self, told: Any) -> None:
        with pytest.raises(InvalidValueError, match="must be a month and a day; write '12-25'"):
            rules(yearly=[told])

    def test_refuses_a_year_of_holidays(self) -> None:
        days = [date.fromordinal(date(2024, 1, 1).toordinal() + n) for n in range(366)]

        with pytest.raises(InvalidValueError, match="must leave a day of the year open"):
            rules(yearly=[f"{day:%m-%d}" for day in days])

    def test_refuses_a_break_over_midnight(self) -> None:
        with pytest.raises(InvalidValueError, match="must end on the date it begins; name"):
            rules(breaks={MONDAY: [("22:00", "01:00")]})

    def test_names_the_date_of_a_window_that_is_none(self) -> None:
        with pytest.raises(InvalidValueError, match="special 2026-03-02 is"):
            rules(special={MONDAY: [("25:00", "26:00")]})


class TestOn:
    def test_closes_a_holiday_to_what_runs_over_from_the_day_before(self) -> None:
        tuesday = date(2026, 3, 3)
        night = {MONDAY: [("22:00", "06:00")]}

        assert rules(special=night).on(tuesday) == ((0, 6 * 3_600_000_000),)
        assert rules(special=night, holidays=[tuesday]).on(tuesday) == ()
        assert rules(special=night, yearly=["03-03"]).on(tuesday) == ()


class TestReadTold:
    def test_leaves_out_nothing(self) -> None:
        calendar = rules(special={MONDAY: []}, breaks={MONDAY: [("10:00", "11:00")]})

        told = read_told(calendar.to_json("UTC"))

        assert (told.timezone, told.special, told.breaks) == (
            "UTC",
            {MONDAY: []},
            {MONDAY: [("10:00", "11:00")]},
        )
