from collections.abc import Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import example, given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.stats.days import (
    check_range,
    day_in,
    day_number,
    instants,
    local_date,
    local_days,
    month_in,
    months_of,
    shop_clock,
    shop_zone,
)
from tests.value.engines import FEW, Schema, in_engine, rows_of


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
EPOCH = date(1970, 1, 1)
TIMES = st.datetimes(datetime(2010, 1, 1), datetime(2013, 1, 1), timezones=st.just(UTC))


class TestLocalDays:
    @FEW
    @given(st.sampled_from(ZONES), st.lists(TIMES, min_size=1, max_size=20))
    @example("Europe/Berlin", [datetime(2026, 3, 28, 22, 59, 59, 999_999, tzinfo=UTC)])
    @example("Pacific/Apia", [datetime(2011, 12, 30, h, tzinfo=UTC) for h in (9, 10, 11)])
    def test_are_those_of_zoneinfo_in_arrays_and_in_engines(
        self, name: str, times: list[datetime]
    ) -> None:
        zone = ZoneInfo(name)
        schema: Schema = {"at": pl.Datetime("us", "UTC"), "place": pl.Int64}
        told: dict[str, Sequence[object]] = {"at": times, "place": range(len(times))}
        expected = [(at.astimezone(zone).date() - EPOCH).days for at in times]

        at = nw.from_native(pl.Series(times, dtype=schema["at"]), series_only=True)
        assert local_days(at, zone).tolist() == expected
        for engine in ("polars lazy", "duckdb"):
            lazy = nw.from_native(in_engine(engine, told, schema)).lazy()
            dtype = lazy.collect_schema()["at"]
            clock = shop_clock("at", dtype, zone, min(times), max(times))
            shown = lazy.select("place", day=clock).with_columns(day=day_in("day"))
            found = rows_of(shown.to_native())
            assert [number for _, number in sorted(found)] == expected

    @FEW
    @given(st.lists(st.dates(date(1900, 1, 1), date(2199, 12, 31)), min_size=1, max_size=20))
    def test_of_dates_are_the_dates(self, days: list[date]) -> None:
        schema: Schema = {"at": pl.Date, "place": pl.Int64}
        told: dict[str, Sequence[object]] = {"at": days, "place": range(len(days))}
        expected = [(day - EPOCH).days for day in days]

        for at in (pl.Series(days), pd.Series(days, dtype=object)):
            assert local_days(nw.from_native(at, series_only=True), None).tolist() == expected
        for engine in ("polars lazy", "duckdb"):
            lazy = nw.from_native(in_engine(engine, told, schema)).lazy()
            any_time = datetime(2000, 1, 1, tzinfo=UTC)
            clock = shop_clock("at", nw.Date(), None, any_time, any_time)
            shown = lazy.select("place", day=clock).with_columns(day=day_in("day"))
            found = rows_of(shown.to_native())
            assert [number for _, number in sorted(found)] == expected

    def test_cut_what_is_finer_than_a_microsecond(self) -> None:
        at = pl.Series([-1, 1_999], dtype=pl.Datetime("ns", "UTC"))

        assert instants(nw.from_native(at, series_only=True)).tolist() == [-1, 1]


class TestLocalDate:
    def test_is_the_day_at_the_shop(self) -> None:
        evening = datetime(2026, 3, 1, 20, tzinfo=UTC)

        assert local_date(evening, ZoneInfo("Asia/Shanghai")) == date(2026, 3, 2)


class TestShopZone:
    @pytest.mark.parametrize("zone", ["Asia/Shanghai", "Japan"])
    def test_is_the_columns_own_where_it_names_a_place(self, zone: str) -> None:
        dtype = nw.Datetime("us", zone)

        assert shop_zone(dtype, None, "ordered_at", in_session=False) == ZoneInfo(zone)

    def test_is_what_the_caller_says(self) -> None:
        dtype = nw.Datetime("us", "Asia/Shanghai")

        assert shop_zone(dtype, "UTC", "ordered_at", in_session=True) == ZoneInfo("UTC")

    def test_of_dates_is_none(self) -> None:
        assert shop_zone(nw.Date(), None, "ordered_at", in_session=True) is None

    @pytest.mark.parametrize("zone", ["UTC", "Etc/UTC", "Etc/GMT-8", "UTC+08:00", "+08:00"])
    def test_is_asked_for_where_the_column_names_no_place(self, zone: str) -> None:
        with pytest.raises(InvalidValueError, match=r"does not say where the shop is; write"):
            shop_zone(nw.Datetime("us", zone), None, "ordered_at", in_session=False)

    def test_is_asked_for_where_the_session_holds_it(self) -> None:
        with pytest.raises(InvalidValueError, match="the session's time zone"):
            shop_zone(nw.Datetime("us", "Asia/Shanghai"), None, "at", in_session=True)

    def test_refuses_a_zone_that_is_none(self) -> None:
        with pytest.raises(InvalidValueError, match="Asia/Peking"):
            shop_zone(nw.Datetime("us", "UTC"), "Asia/Peking", "at", in_session=False)


class TestCheckRange:
    @pytest.mark.parametrize("day", [date(1, 1, 1), date(1899, 12, 31), date(9999, 12, 31)])
    def test_refuses_days_that_stand_for_none(self, day: date) -> None:
        with pytest.raises(InvalidValueError, match=f"at is {day}: it must lie in 1900 to 2199"):
            check_range("at", day_number(day))

    def test_takes_days_of_our_age(self) -> None:
        check_range("at", day_number(date(1900, 1, 1)), day_number(date(2199, 12, 31)))


class TestMonthsOf:
    def test_is_that_of_the_calendar_on_every_day_of_our_age(self) -> None:
        first, last = date(1900, 1, 1).toordinal(), date(2199, 12, 31).toordinal()
        days = [date.fromordinal(n) for n in range(first, last + 1)]
        expected = [12 * day.year + day.month - 1 for day in days]

        told = months_of(np.array([day_number(day) for day in days]))
        asked = nw.from_native(pl.DataFrame({"at": days})).select(month_in("at"))["at"]

        assert told.tolist() == expected
        assert asked.to_list() == expected
