from datetime import date, timedelta

import pytest
from hypothesis import given, strategies as st

from crmkit.kernel.open_days import OpenDays
from crmkit.kernel.work_hours import Spans
from crmkit.kernel.work_rules import WorkRules


HOURS = [("09:00", "17:00")]
WEEK = {"mon": [("08:00", "12:00")], "wed": HOURS, "sun": HOURS}
MONTH_DAYS = st.dates(date(2024, 1, 1), date(2024, 12, 31)).map(lambda day: f"{day:%m-%d}")


def length(spans: Spans) -> int:
    return sum(closes - opens for opens, closes in spans)


class TestBefore:
    @given(
        st.lists(st.just("02-29") | st.just("03-01") | MONTH_DAYS, max_size=4),
        st.sets(st.dates(date(1899, 12, 1), date(1904, 12, 31)), max_size=4),
        st.dates(date(1899, 1, 1), date(1905, 12, 31)),
        st.integers(0, 900),
    )
    def test_is_the_sum_of_the_days_one_by_one(
        self, yearly: list[str], holidays: set[date], since: date, days: int
    ) -> None:
        """Around 1900, which is no leap year, and 1904, which is one."""
        special = {day: HOURS for day in holidays if day.day % 2}
        rules = WorkRules.of(WEEK, holidays, yearly, special, {})
        counted = OpenDays(rules, length)
        until = since + timedelta(days=days)

        found = counted.before(until.toordinal()) - counted.before(since.toordinal())

        each = (since + timedelta(days=n) for n in range(days))
        assert found == sum(length(rules.on(day)) for day in each)

    @pytest.mark.parametrize("year", [1, 2, 9998, 9999])
    def test_reaches_from_the_first_year_to_the_last(self, year: int) -> None:
        rules = WorkRules.of(WEEK, (), ["01-01", "12-31"], {}, {})
        counted, first = OpenDays(rules, bool), date(year, 1, 1)

        open_ = [counted.before(first.toordinal() + n) for n in (0, 364)]

        each = [rules.on(first + timedelta(days=n)) for n in range(364)]
        assert open_[1] - open_[0] == sum(map(bool, each))
