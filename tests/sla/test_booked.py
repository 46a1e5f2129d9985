"""Booked times as promises."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from crmkit.cases import Booking, Inquiry
from crmkit.complaints import Complaint
from crmkit.errors import InvalidValueError
from crmkit.kernel import Money
from crmkit.sla import BOOKED, ClockState, SlaClock, booked_clocks, haier_late, owed
from crmkit.testing import NINE, a_complaint


HOUR = timedelta(hours=1)
VISIT = Booking(NINE, "ann", "visit", NINE + 4 * HOUR, "Asia/Shanghai")


def clock(case: Complaint, as_of: datetime) -> SlaClock:
    (found,) = booked_clocks(case, [VISIT], as_of=as_of)
    return found


def came(hours: float) -> Complaint:
    return a_complaint().reach("bob", NINE + hours * HOUR, milestone="visit")


class TestBookedClocks:
    @pytest.mark.parametrize(
        ("hours", "state"),
        [(3.0, ClockState.MET), (4.0, ClockState.MET), (4.5, ClockState.BREACHED)],
    )
    def test_are_kept_up_to_the_very_moment(self, hours: float, state: ClockState) -> None:
        assert clock(came(hours), NINE + 5 * HOUR).state is state

    def test_run_until_then_and_are_missed_after(self) -> None:
        states = [clock(a_complaint(), NINE + hours * HOUR).state for hours in (1, 4, 5)]

        assert states == [ClockState.RUNNING, ClockState.RUNNING, ClockState.BREACHED]

    def test_are_known_by_their_own_name_in_the_zone_of_the_customer(self) -> None:
        found = clock(a_complaint(), NINE)

        assert (found.policy, found.target.name, found.run) == (BOOKED, "visit", 1)
        assert found.due_at == VISIT.due_at
        assert "2026-03-02 21:00 CST" in found.explain().sentence("en")

    def test_look_at_nothing_that_came_later(self) -> None:
        assert clock(came(3), NINE + 2 * HOUR).state is ClockState.RUNNING
        assert booked_clocks(a_complaint(), [VISIT], as_of=NINE - HOUR) == ()

    def test_count_no_visit_that_was_before_the_booking(self) -> None:
        before = a_complaint().reach("bob", NINE, milestone="visit")
        later = Booking(NINE + HOUR, "ann", "visit", NINE + 4 * HOUR)

        (found,) = booked_clocks(before, [later], as_of=NINE + 5 * HOUR)

        assert found.state is ClockState.BREACHED

    def test_count_no_other_milestone(self) -> None:
        called = a_complaint().reach("bob", NINE + HOUR, milestone="call")

        assert clock(called, NINE + 5 * HOUR).state is ClockState.BREACHED

    def test_booked_anew_in_time_neither_keep_nor_miss_the_earlier(self) -> None:
        again = Booking(NINE + HOUR, "ann", "visit", NINE + 8 * HOUR)

        first, second = booked_clocks(came(7), [VISIT, again], as_of=NINE + 9 * HOUR)

        assert (first.state, first.ended_at) == (ClockState.CANCELLED, again.at)
        assert (second.state, second.run) == (ClockState.MET, 2)

    def test_booked_anew_too_late_were_missed(self) -> None:
        again = Booking(NINE + 5 * HOUR, "ann", "visit", NINE + 8 * HOUR)

        first, second = booked_clocks(came(7), [VISIT, again], as_of=NINE + 9 * HOUR)

        assert (first.state, second.state) == (ClockState.BREACHED, ClockState.MET)

    def test_of_another_thing_leave_each_other_alone(self) -> None:
        call = Booking(NINE + HOUR, "ann", "call", NINE + 2 * HOUR)

        states = [c.state for c in booked_clocks(came(3), [VISIT, call], as_of=NINE + 3 * HOUR)]

        assert states == [ClockState.MET, ClockState.BREACHED]

    @pytest.mark.parametrize(
        ("hours", "state"), [(2, ClockState.CANCELLED), (5, ClockState.BREACHED)]
    )
    def test_end_with_the_case(self, hours: int, state: ClockState) -> None:
        dropped = a_complaint().withdraw("ann", NINE + hours * HOUR)

        assert clock(dropped, NINE + 9 * HOUR).state is state

    def test_keep_what_was_reached_before_the_end_and_not_what_came_after(self) -> None:
        kept = came(1).withdraw("ann", NINE + 2 * HOUR)
        after = a_complaint().withdraw("ann", NINE + HOUR)
        after = after.reach("bob", NINE + 2 * HOUR, milestone="visit")

        assert clock(kept, NINE + 9 * HOUR).state is ClockState.MET
        assert clock(after, NINE + 9 * HOUR).state is ClockState.CANCELLED

    def test_are_of_every_kind_of_case(self) -> None:
        drum = Inquiry.open("Q-1", "ann", NINE, customer="C-7", about="drum", asks="repair")

        (found,) = booked_clocks(drum, [VISIT], as_of=NINE + 5 * HOUR)

        assert found.state is ClockState.BREACHED

    @pytest.mark.parametrize("year", [2127, 2226, 9998])
    def test_of_a_mistyped_year_never_fail_and_heal_when_booked_anew(self, year: int) -> None:
        """Kept from before such a time was refused: no promise is longer than 36,525 days."""
        mistyped = Booking(NINE, "ann", "visit", NINE.replace(year=year))
        again = Booking(NINE + HOUR, "ann", "visit", NINE + 4 * HOUR)

        (alone,) = booked_clocks(a_complaint(), [mistyped], as_of=NINE)
        both = booked_clocks(a_complaint(), [mistyped, again], as_of=NINE + 5 * HOUR)

        assert (alone.state, alone.due_at) == (
            ClockState.RUNNING,
            NINE + timedelta(days=36_525),
        )
        assert [one.state for one in both] == [ClockState.CANCELLED, ClockState.BREACHED]

    def test_refuse_a_naive_instant(self) -> None:
        with pytest.raises(InvalidValueError, match="as_of"):
            booked_clocks(a_complaint(), [], as_of=datetime(2026, 3, 2))

    def test_missed_bring_what_is_owed(self) -> None:
        """Domain example 7: the technician is not there at the booked time."""
        fifty = Money.of(50, "CNY")

        missed = owed(clock(came(5), NINE + 6 * HOUR), [haier_late(fifty)])

        assert missed is not None
        assert (missed.amount, missed.is_final) == (fifty, True)
        assert owed(clock(came(4), NINE + 6 * HOUR), [haier_late(fifty)]) is None

    @given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 20)), max_size=5))
    def test_of_each_booking_there_is_one(self, told: list[tuple[int, int]]) -> None:
        bookings = [
            Booking(NINE + at * HOUR, "ann", "visit", NINE + (at + long) * HOUR)
            for at, long in sorted(told)
        ]

        clocks = booked_clocks(a_complaint(), bookings, as_of=NINE + 100 * HOUR)

        assert [one.run for one in clocks] == list(range(1, len(bookings) + 1))
        assert len({one.key for one in clocks}) == len(bookings)
        assert sum(one.is_open for one in clocks) <= 1
