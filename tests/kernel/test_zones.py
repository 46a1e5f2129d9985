from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from crmkit.kernel import from_micros, to_micros
from crmkit.kernel.zones import offset_at, offsets, shifts

from .zones import ALL_ZONES, changes


ZONES = (
    "UTC",
    "Asia/Shanghai",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "Pacific/Apia",
)
TIMES = st.datetimes(datetime(2010, 1, 1), datetime(2013, 1, 1), timezones=st.just(UTC))


class TestOffsets:
    def test_change_when_the_zone_does(self) -> None:
        # The EU's summer time of 2026: 29 March and 25 October, at 01:00 UTC.
        berlin = ZoneInfo("Europe/Berlin")

        found = offsets(
            berlin, datetime(2026, 1, 1, 7, 30, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
        )

        assert found[1:] == [
            (datetime(2026, 3, 29, 1, tzinfo=UTC), timedelta(hours=2)),
            (datetime(2026, 10, 25, 1, tzinfo=UTC), timedelta(hours=1)),
        ]

    @given(st.sampled_from(ZONES), TIMES, TIMES)
    def test_are_those_of_zoneinfo(self, name: str, one: datetime, other: datetime) -> None:
        zone, (first, last) = ZoneInfo(name), sorted((one, other))
        last = min(last, first + timedelta(days=1500))

        found = offsets(zone, first, last)

        for since, offset in found:
            assert since.astimezone(zone).utcoffset() == offset
        for since, _ in found[1:]:
            before = since - timedelta(seconds=1)
            assert before.astimezone(zone).utcoffset() != since.astimezone(zone).utcoffset()
        assert found[-1][1] == last.astimezone(zone).utcoffset()

    def test_miss_no_change_for_two_that_are_near_each_other(self) -> None:
        """They are looked for every three days: no zone has changed and changed back within."""
        listed = {name: changes(name) for name in ALL_ZONES}
        gaps = [after - at for found in listed.values() for at, after in pairwise(found)]

        assert len(listed) > 400
        assert len(gaps) > 10_000
        assert min(gaps) > timedelta(days=3)

    @pytest.mark.parametrize("name", ALL_ZONES[::12])
    def test_are_those_that_the_database_lists(self, name: str) -> None:
        since, until = datetime(1900, 1, 1, tzinfo=UTC), datetime(1995, 1, 1, tzinfo=UTC)

        found = offsets(ZoneInfo(name), since, until)

        assert [at for at, _ in found[1:]] == [at for at in changes(name) if at < until]

    def test_go_by_rule_where_they_are_looked_for_less_often(self) -> None:
        """From 2090 on every ninety days: the database lists no change there."""
        listed = [at for name in ALL_ZONES for at in changes(name)]

        assert max(listed) < datetime(2090, 1, 1, tzinfo=UTC)

    @pytest.mark.parametrize("name", ALL_ZONES[::40])
    def test_by_rule_are_those_of_every_day(self, name: str) -> None:
        zone, since = ZoneInfo(name), datetime(2095, 1, 1, tzinfo=UTC)
        days = [since + timedelta(days=n) for n in range(1200)]

        found = offsets(zone, since, days[-1])

        changed = [
            day for before, day in pairwise(days) if offset_at(zone, before) != offset_at(zone, day)
        ]
        assert len(found) == 1 + len(changed)
        for (at, offset), day in zip(found[1:], changed, strict=True):
            assert day - timedelta(days=1) < at <= day
            assert offset == offset_at(zone, at)


class TestOffsetAt:
    def test_is_that_of_the_clock_at_the_place(self) -> None:
        lord_howe = ZoneInfo("Australia/Lord_Howe")

        assert offset_at(lord_howe, datetime(2026, 1, 1, tzinfo=UTC)) == timedelta(hours=11)
        assert offset_at(lord_howe, datetime(2026, 7, 1, tzinfo=UTC)) == timedelta(hours=10.5)


class TestShifts:
    @pytest.mark.parametrize("name", ZONES)
    def test_cover_a_year_without_a_gap(self, name: str) -> None:
        zone = ZoneInfo(name)
        first, last = (datetime(year, 1, 1, tzinfo=UTC) for year in (2011, 2012))

        found = shifts(zone, 2011)

        assert found[0][0] == to_micros(first)
        assert found[-1][1] == to_micros(last)
        assert all(end == begin for (_, end, _), (begin, _, _) in pairwise(found))
        for begin, end, offset in found:
            for at in (begin, end - 1):
                assert offset_at(zone, from_micros(at)) == timedelta(microseconds=offset)

    def test_leave_to_the_next_year_what_changes_with_it(self) -> None:
        """São Tomé went over to Greenwich time at the very beginning of 1912."""
        zone = ZoneInfo("Africa/Sao_Tome")

        assert len(shifts(zone, 1911)) == 1
        assert shifts(zone, 1912)[0][2] == 0
