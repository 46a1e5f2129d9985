"""Instants are aware and held in UTC; stores hold whole microseconds."""

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    SteppingClock,
    StillClock,
    from_micros,
    instant,
    system_clock,
    to_micros,
)
from crmkit.kernel.clock import unix_milliseconds


NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
EARLIEST = datetime(1, 1, 2)
LATEST = datetime(9999, 12, 30)


class TestInstant:
    @given(st.datetimes(EARLIEST, LATEST, timezones=st.timezones()))
    def test_is_the_same_moment_in_utc(self, at: datetime) -> None:
        moment = instant(at)

        assert moment.tzinfo is UTC
        assert moment.timestamp() == pytest.approx(at.timestamp(), abs=1e-6)

    def test_keeps_what_is_in_utc(self) -> None:
        assert instant(NINE) is NINE

    def test_tells_apart_the_two_hours_of_one_name(self) -> None:
        """Berlin, 26 October 2025: 02:30 comes twice, first at +2, then at +1."""
        half_past_two = datetime(2025, 10, 26, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))

        first, second = instant(half_past_two), instant(half_past_two.replace(fold=1))

        assert first == datetime(2025, 10, 26, 0, 30, tzinfo=UTC)
        assert second - first == timedelta(hours=1)

    @pytest.mark.parametrize("at", ["now", 0, None, date(2026, 3, 2)])
    def test_refuses_what_is_no_datetime(self, at: object) -> None:
        with pytest.raises(InvalidValueError, match="must be a datetime with a time zone"):
            instant(at)  # type: ignore[arg-type]  # refused

    def test_refuses_a_naive_one_by_the_callers_name_for_it(self) -> None:
        with pytest.raises(InvalidValueError, match=r"^since is .* must have a time zone; give"):
            instant(datetime(2026, 3, 2), "since")

    def test_refuses_the_time_that_pandas_has_for_no_time(self) -> None:
        with pytest.raises(InvalidValueError, match="at is NaT"):
            instant(pd.NaT)  # type: ignore[arg-type]  # refused

    def test_refuses_what_lies_outside_the_calendar_in_utc(self) -> None:
        too_early = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=8)))

        with pytest.raises(InvalidValueError, match="years 1 to 9999"):
            instant(too_early)


class TestMicros:
    def test_of_a_known_instant(self) -> None:
        """`date -d 2026-03-02T09:00:00Z +%s` prints 1772442000."""
        assert to_micros(NINE) == 1_772_442_000_000_000

    @given(st.datetimes(timezones=st.just(UTC)))
    def test_come_back_exactly(self, at: datetime) -> None:
        assert from_micros(to_micros(at)) == at

    @given(st.tuples(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC))))
    def test_are_ordered_as_the_instants(self, pair: tuple[datetime, datetime]) -> None:
        first, second = pair

        assert (to_micros(first) < to_micros(second)) == (first < second)

    def test_of_a_naive_time_are_refused(self) -> None:
        with pytest.raises(InvalidValueError, match="must have a time zone"):
            to_micros(datetime(2026, 3, 2))

    def test_beyond_the_calendar_are_refused(self) -> None:
        with pytest.raises(InvalidValueError, match=r"micros is 10{30}: it must lie"):
            from_micros(10**30)


class TestSystemClock:
    def test_tells_the_time_of_this_machine(self) -> None:
        before = time.time()

        now = system_clock()

        assert now.tzinfo is UTC
        assert before - 0.001 <= now.timestamp() <= time.time() + 0.001

    def test_agrees_with_the_milliseconds_of_ids(self) -> None:
        assert abs(system_clock().timestamp() * 1000 - unix_milliseconds()) < 5_000


class TestStillClock:
    def test_stands_still_and_tells_utc(self) -> None:
        clock = StillClock(datetime(2026, 3, 2, 17, tzinfo=ZoneInfo("Asia/Shanghai")))

        assert clock() == clock() == NINE
        assert clock().tzinfo is UTC

    def test_refuses_a_naive_time(self) -> None:
        with pytest.raises(InvalidValueError, match=r"^now is"):
            StillClock(datetime(2026, 3, 2))


class TestSteppingClock:
    def test_goes_on_by_one_step_each_time(self) -> None:
        clock = SteppingClock(NINE, timedelta(minutes=10))

        assert [clock(), clock(), clock()] == [
            NINE,
            NINE + timedelta(minutes=10),
            NINE + timedelta(minutes=20),
        ]

    def test_steps_by_a_second_unless_told(self) -> None:
        clock = SteppingClock(NINE)

        assert (clock(), clock()) == (NINE, NINE + timedelta(seconds=1))

    def test_tells_no_time_twice_to_many_threads(self) -> None:
        """An addition written in Python lets threads change over between reading and writing."""

        class Moment(datetime):
            def __add__(self, step: timedelta) -> "Moment":
                later = super().__add__(step)
                return Moment.combine(later.date(), later.timetz())

        clock = SteppingClock(Moment.combine(NINE.date(), NINE.timetz()))
        before = sys.getswitchinterval()
        sys.setswitchinterval(1e-6)
        try:
            with ThreadPoolExecutor(8) as threads:
                asked = [threads.submit(lambda: [clock() for _ in range(2_000)]) for _ in range(8)]
                told = sorted(at for each in asked for at in each.result())
        finally:
            sys.setswitchinterval(before)

        assert told == [NINE + n * timedelta(seconds=1) for n in range(16_000)]

    @pytest.mark.parametrize("step", [timedelta(0), timedelta(seconds=-1)])
    def test_refuses_to_stand_or_to_go_back(self, step: timedelta) -> None:
        with pytest.raises(InvalidValueError, match="must go forward"):
            SteppingClock(NINE, step)

    def test_refuses_a_naive_start(self) -> None:
        with pytest.raises(InvalidValueError, match=r"^start is"):
            SteppingClock(datetime(2026, 3, 2))
