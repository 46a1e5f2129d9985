"""The day on which an answer was promised, as a promise."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from crmkit.complaints import Complaint
from crmkit.errors import InvalidValueError
from crmkit.sla import PROMISED, ClockState, SlaClock, check_promised_day, promised_day_clocks
from crmkit.testing import NINE, a_complaint


HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
HERE = "Asia/Shanghai"
WEDNESDAY = date(2026, 3, 4)
MIDNIGHT = datetime(2026, 3, 5, tzinfo=ZoneInfo(HERE)).astimezone(UTC)


def clock(case: Complaint, as_of: datetime, due_on: date = WEDNESDAY) -> SlaClock:
    (found,) = promised_day_clocks(case, due_on, timezone=HERE, as_of=as_of)
    return found


def answered(at: datetime) -> Complaint:
    return a_complaint().acknowledge("ann", NINE).investigate("bob", NINE).respond("bob", at)


class TestPromisedClocks:
    def test_are_due_at_the_end_of_the_day_where_it_was_promised(self) -> None:
        found = clock(a_complaint(), NINE)

        assert found.due_at == MIDNIGHT - timedelta(microseconds=1)
        assert (found.policy, found.run, found.started_at) == (PROMISED, 1, NINE)

    @pytest.mark.parametrize(
        ("at", "state"), [(MIDNIGHT - HOUR, ClockState.MET), (MIDNIGHT + HOUR, ClockState.BREACHED)]
    )
    def test_are_kept_by_an_answer_on_that_day(self, at: datetime, state: ClockState) -> None:
        assert clock(answered(at), MIDNIGHT + DAY).state is state

    def test_run_until_then_and_are_missed_after(self) -> None:
        early, late = (clock(a_complaint(), MIDNIGHT + hours * HOUR) for hours in (-1, 1))

        assert (early.state, late.state, late.is_overdue) == (
            ClockState.RUNNING,
            ClockState.BREACHED,
            True,
        )

    def test_are_kept_by_the_first_answer_whatever_becomes_of_it(self) -> None:
        back = answered(NINE + HOUR).reject("ann", NINE + 2 * HOUR)

        assert clock(back, MIDNIGHT + DAY).state is ClockState.MET

    def test_of_the_day_of_receipt_are_due_at_its_midnight(self) -> None:
        """Nine in UTC is 17:00 in Shanghai: seven hours are left of that day."""
        found = clock(a_complaint(), NINE, date(2026, 3, 2))

        assert (found.due_at, found.target.label("zh")) == (NINE + 7 * HOUR, "7小时内答复")

    def test_end_with_the_complaint(self) -> None:
        dropped = a_complaint().withdraw("ann", NINE + HOUR)

        assert clock(dropped, MIDNIGHT + DAY).state is ClockState.CANCELLED

    def test_are_kept_by_no_milestone_of_that_name(self) -> None:
        """Who puts down that it was answered has answered nobody."""
        reached = a_complaint().reach("ann", NINE + HOUR, milestone="responded")

        states = [clock(reached, MIDNIGHT + hours * HOUR).state for hours in (-1, 1)]

        assert states == [ClockState.RUNNING, ClockState.BREACHED]

    def test_end_where_an_outside_body_closes_it_though_it_is_opened_again(self) -> None:
        outside = a_complaint().acknowledge("ann", NINE).escalate("ann", NINE)
        settled = outside.refer("ann", NINE, body="court").settle("ann", NINE, outcome="paid")
        closed = settled.close("ann", NINE + HOUR)

        assert clock(closed, NINE).state is ClockState.RUNNING
        assert clock(closed, MIDNIGHT + HOUR).state is ClockState.CANCELLED
        again = closed.reopen("ann", NINE + 2 * HOUR)
        assert clock(again, MIDNIGHT - HOUR).state is ClockState.RUNNING
        assert clock(again, MIDNIGHT + HOUR).state is ClockState.BREACHED

    def test_are_none_without_a_day_and_before_the_receipt(self) -> None:
        assert promised_day_clocks(a_complaint(), None, timezone=HERE, as_of=NINE) == ()
        assert promised_day_clocks(a_complaint(), WEDNESDAY, timezone=HERE, as_of=NINE - HOUR) == ()

    def test_say_what_was_promised_in_both_languages(self) -> None:
        why = clock(a_complaint(), MIDNIGHT + HOUR).explain()

        assert why.sentence("en").startswith(
            "complaint K-1: answer within 2 calendar days (promised day) is breached"
        )
        assert "（承诺日期）" in why.sentence("zh")

    @given(st.dates(date(1, 1, 1), date(9999, 12, 31)), st.integers(-2, 10**6))
    def test_are_there_for_any_day_and_never_fail(self, due_on: date, hours: int) -> None:
        as_of = NINE + hours * HOUR

        found = promised_day_clocks(a_complaint(), due_on, timezone=HERE, as_of=as_of)

        assert len(found) == (hours >= 0)
        # The end of the nearest day that can be promised, as the zone has it.
        received = NINE.astimezone(ZoneInfo(HERE)).date()
        day = min(max(due_on, received), received + timedelta(days=36_525))
        midnight = datetime.combine(day + DAY, time(), ZoneInfo(HERE))
        # Whole days end with their last microsecond.
        end = midnight - timedelta(microseconds=day > received)
        assert all(one.due_at == end for one in found)

    def test_refuse_a_naive_instant(self) -> None:
        with pytest.raises(InvalidValueError, match="as_of"):
            promised_day_clocks(a_complaint(), None, timezone=HERE, as_of=datetime(2026, 3, 2))


class TestCheckPromisedDay:
    @pytest.mark.parametrize("day", [None, date(2026, 3, 2), date(2126, 3, 3)])
    def test_lets_pass_what_can_be_promised(self, day: date | None) -> None:
        check_promised_day(day, NINE, timezone=HERE)

    @pytest.mark.parametrize("day", [date(2026, 3, 1), date(2126, 3, 4), date(9999, 12, 31)])
    def test_refuses_what_cannot(self, day: date) -> None:
        """A hundred years are 36,525 days: 3 March 2126, for 2100 is no leap year."""
        with pytest.raises(InvalidValueError, match=r"due_on is .* day of the receipt on"):
            check_promised_day(day, NINE, timezone=HERE)

    def test_goes_by_the_day_in_the_zone(self) -> None:
        late = datetime(2026, 3, 2, 17, tzinfo=UTC)

        check_promised_day(date(2026, 3, 2), late, timezone="UTC")
        with pytest.raises(InvalidValueError, match="2026-03-03"):
            check_promised_day(date(2026, 3, 2), late, timezone=HERE)

    def test_refuses_what_is_no_day(self) -> None:
        with pytest.raises(InvalidValueError, match="without a time of day"):
            check_promised_day(NINE, NINE, timezone=HERE)
