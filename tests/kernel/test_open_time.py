from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.kernel import to_micros
from crmkit.kernel.open_time import OpenTime
from crmkit.kernel.work_rules import WorkRules

from .calendars import OFFICE_WEEK, ZONES, Windows, on, windows


DAY = 86_400_000_000


def office() -> OpenTime:
    return OpenTime(ZoneInfo("Europe/Berlin"), WorkRules.of(OFFICE_WEEK, (), ["12-25"], {}, {}))


def micros(year: int, month: int = 1, day: int = 1) -> int:
    return to_micros(datetime(year, month, day, tzinfo=UTC))


class TestOver:
    def test_grows_to_hold_what_is_asked_and_what_was(self) -> None:
        open_time = office()

        early = open_time.over(micros(2000), micros(2001))
        late = open_time.over(micros(2026), micros(2027))

        assert early.until < micros(2003)
        assert (late.since, late.until) == (early.since, micros(2027) + 183 * DAY)
        assert open_time.over(micros(2010), micros(2011)) is late

    def test_keeps_to_the_near_time(self) -> None:
        open_time = office()

        assert open_time.over(micros(1970), micros(1971)).since == micros(1970)
        assert open_time.over(micros(2099), micros(2100)).until == micros(2100)
        far = open_time.over(micros(2500), micros(2501))
        assert (far.since, far.until) == (micros(2500), micros(2501))

    def test_serves_many_threads(self) -> None:
        open_time, alone = office(), office()
        asked = [(micros(year), micros(year + 2)) for year in range(2000, 2010, 2)]

        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda span: open_time.between(*span), asked))

        assert found == [alone.between(*span) for span in asked]


class TestBetween:
    @given(
        st.sampled_from(sorted(ZONES)),
        st.dates(date(1880, 1, 1), date(1968, 1, 1)) | st.dates(date(2101, 1, 1), date(2150, 1, 1)),
        st.lists(st.integers(0, 700), max_size=3),
        st.integers(0, 3 * 366 * DAY),
        windows(60_000_000),
    )
    def test_counts_by_years_what_it_lists_by_intervals(
        self, zone: str, day: date, places: list[int], lasts: int, hours: Windows
    ) -> None:
        """Far away it lists for a batch alone; what is asked alone it counts."""
        days = [day + timedelta(days=place) for place in places]
        week = {**OFFICE_WEEK, "sat": [("20:00", "03:00")]}
        rules = WorkRules.of(week, days[:1], ["12-25", "02-29"], dict.fromkeys(days[1:], hours), {})
        open_time = OpenTime(ZoneInfo(zone), rules)
        first = micros(day.year, day.month, day.day)

        counted = open_time.between(first, first + lasts)

        assert counted == open_time.over(first, first + lasts).total

    @pytest.mark.parametrize("zone", ["Europe/Berlin", "Africa/Casablanca", "America/Asuncion"])
    @pytest.mark.parametrize("own", [[], [date(4000, 12, 31)], [date(90, 1, 1), date(1602, 7, 3)]])
    def test_counts_a_year_far_away_as_the_one_of_its_place_in_the_cycle(
        self, zone: str, own: list[date]
    ) -> None:
        """It is the sum of its intervals: before 1600 too, and where zones go by rule."""
        week = {**OFFICE_WEEK, "sat": [("20:00", "03:00")]}
        special = on(own, ("01:00", "02:00"), ("23:00", "01:00"))
        rules = WorkRules.of(week, (), ["12-31", "01-01", "02-29"], special, {})
        open_time = OpenTime(ZoneInfo(zone), rules)

        for year in (3, 88, 89, 90, 91, 1197, 1599, 2103, 2500, 2503, 3999, 4000, 4001, 4404, 9997):
            counted = open_time.between(micros(year), micros(year + 1))

            listed = open_time.over(micros(year), micros(year + 1))
            assert counted == listed.total, year


class TestIntervals:
    def test_go_on_for_ever_without_an_end(self) -> None:
        found = office().intervals(micros(2026), None)

        assert next(found) == (
            micros(2026) + 7 * 3_600_000_000,
            micros(2026) + 11 * 3_600_000_000,
        )

    def test_of_no_time_are_none(self) -> None:
        assert list(office().intervals(micros(2026), micros(2026))) == []

    def test_refuse_what_lies_beyond(self) -> None:
        with pytest.raises(InvalidValueError, match="must lie in the years 2 to 9998"):
            list(office().intervals(micros(1), micros(2026)))
