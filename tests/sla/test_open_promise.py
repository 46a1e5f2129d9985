"""What is still to be done, over many cases. Due instants were worked out by hand."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from crmkit.complaints import Complaint
from crmkit.errors import InvalidValueError
from crmkit.kernel import Compare
from crmkit.sla import (
    NO_OWNER,
    SEA_LION,
    UNSETTLED,
    ClockState,
    OpenPromise,
    SlaClock,
    SlaPolicies,
    SlaPolicy,
    SlaTarget,
    WorkCalendar,
    agenda,
    explain_promises,
    open_promises,
    overdue_promises,
    promises_due_within,
)
from crmkit.testing import NINE, a_complaint


HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
MICRO = timedelta(microseconds=1)
MONDAY = date(2026, 3, 2)
SHANGHAI = WorkCalendar.always("Asia/Shanghai")


def promising(metric: str, limit: timedelta, *, timezone: str = "UTC") -> SlaPolicies:
    """One promise to everybody, day and night."""
    target = SlaTarget(metric=metric, limit=limit, calendar=WorkCalendar.always(timezone))
    return SlaPolicies(default=SlaPolicy(name="ours", targets=[target]))


def promises(
    *cases: Complaint, as_of: datetime = NINE, policies: SlaPolicies = SEA_LION
) -> list[OpenPromise[Complaint]]:
    return [found for case in cases for found in open_promises(case, policies, as_of=as_of)]


class TestOpenPromises:
    def test_are_those_that_are_neither_done_nor_dropped(self) -> None:
        told = a_complaint(acknowledged_after=MINUTE)

        assert open_promises(told, SEA_LION, as_of=NINE + HOUR) == ()
        (promise,) = open_promises(told, SEA_LION, as_of=NINE)
        assert (promise.case, promise.owner) == (told, None)
        assert promise.due_at == promise.clock.due_at == NINE + HOUR

    def test_ask_for_further_facts(self) -> None:
        (target,) = SEA_LION.default.targets if SEA_LION.default else ()
        grave = SlaPolicy(name="grave", targets=[target], condition=Compare("danger", "=", True))
        policies = SlaPolicies(policies=[grave])

        found = [
            len(open_promises(a_complaint(), policies, as_of=NINE, facts=facts))
            for facts in ({}, {"danger": True}, {"danger": False})
        ]

        assert found == [0, 1, 0]

    def test_can_be_in_no_case_that_is_over(self) -> None:
        """The states in which there may be one are those of every case but these."""
        assert {state.value for state in type(UNSETTLED[0])} - {s.value for s in UNSETTLED} == {
            "closed",
            "cancelled",
            "duplicate",
        }

    def test_explain_themselves(self) -> None:
        (promise,) = promises(a_complaint())

        assert promise.explain() == promise.clock.explain()


class TestOverdue:
    def test_the_longest_overdue_stands_first(self) -> None:
        late = [a_complaint(f"K-{n}", at=NINE + n * MINUTE) for n in (3, 1, 2)]
        same = a_complaint("K-0", at=NINE + MINUTE)

        found = overdue_promises(promises(*late, same, as_of=NINE + 2 * HOUR))

        assert [promise.case.id for promise in found] == ["K-0", "K-1", "K-2", "K-3"]

    @given(st.lists(st.integers(0, 200), max_size=8), st.integers(0, 300))
    def test_and_due_within_part_what_runs(self, starts: list[int], now: int) -> None:
        """What runs is late, or due within all time, and never both."""
        cases = [a_complaint(f"K-{n}", at=NINE + s * MINUTE) for n, s in enumerate(starts)]
        found = promises(*cases, as_of=NINE + now * MINUTE)

        late, soon = overdue_promises(found), promises_due_within(found, timedelta.max)

        assert {p.case.id for p in late} | {p.case.id for p in soon} == {p.case.id for p in found}
        assert len(late) + len(soon) == len(found)
        assert {p.case.id for p in late} == {
            f"K-{n}" for n, start in enumerate(starts) if start + 60 < now
        }


class TestDueWithin:
    def test_counts_what_is_left_to_the_microsecond(self) -> None:
        found = promises(a_complaint(), as_of=NINE + HOUR / 2)

        assert promises_due_within(found, HOUR / 2) == tuple(found)
        assert promises_due_within(found, HOUR / 2 - MICRO) == ()

    def test_the_due_instant_itself_has_nothing_left(self) -> None:
        found = promises(a_complaint(), as_of=NINE + HOUR)

        assert len(promises_due_within(found, timedelta(0))) == 1
        late = promises(a_complaint(), as_of=NINE + HOUR + MICRO)
        assert promises_due_within(late, timedelta.max) == ()

    @pytest.mark.parametrize("within", [-MICRO, 1, "1 h"])
    def test_refuses_what_is_no_time(self, within: object) -> None:
        with pytest.raises(InvalidValueError, match="within"):
            promises_due_within([], within)  # type: ignore[arg-type]  # refused
        (promise,) = promises(a_complaint())
        with pytest.raises(InvalidValueError, match="within"):
            promise.is_due_within(within)  # type: ignore[arg-type]  # refused


class TestAgenda:
    def test_is_by_person_and_nobody_comes_last(self) -> None:
        cases = [
            a_complaint("K-1"),
            a_complaint("K-2").assign("ann", NINE, owner="zoe"),
            a_complaint("K-3").assign("ann", NINE, owner="bob"),
            a_complaint("K-4", at=NINE - MINUTE).assign("ann", NINE, owner="zoe"),
        ]

        found = agenda(promises(*cases))

        assert list(found) == ["bob", "zoe", NO_OWNER]
        assert [promise.case.id for promise in found["zoe"]] == ["K-4", "K-2"]

    def test_a_day_is_one_of_the_calendars_zone(self) -> None:
        """Due at ten in UTC: in Shanghai still on Monday, on Kiritimati on Tuesday at midnight."""
        shanghai = promising("resolution", HOUR, timezone="Asia/Shanghai")
        kiritimati = promising("resolution", HOUR + MICRO, timezone="Pacific/Kiritimati")

        here, there = (promises(a_complaint(), policies=each) for each in (shanghai, kiritimati))

        assert len(agenda(here, on=MONDAY)) == 1
        assert len(agenda(there, on=MONDAY)) == 0
        assert len(agenda(there, on=date(2026, 3, 3))) == 1
        assert there[0].today == MONDAY

    def test_midnight_ends_a_day(self) -> None:
        midnight = datetime(2026, 3, 3, tzinfo=UTC)
        found = promises(a_complaint(), policies=promising("resolution", midnight - NINE))
        later = promises(a_complaint(), policies=promising("resolution", midnight - NINE + MICRO))

        assert (found[0].is_due_by(MONDAY), later[0].is_due_by(MONDAY)) == (True, False)

    def test_has_every_day_there_is(self) -> None:
        (promise,) = promises(a_complaint())

        assert (promise.is_due_by(date.min), promise.is_due_by(date.max)) == (False, True)

    def test_what_is_late_is_on_every_day(self) -> None:
        (late,) = promises(a_complaint(), as_of=NINE + 2 * HOUR)

        assert late.is_due_by(date.min)

    @pytest.mark.parametrize("on", [NINE, "2026-03-02", 3])
    def test_refuses_what_is_no_day(self, on: object) -> None:
        with pytest.raises(InvalidValueError, match="on is"):
            agenda([], on=on)  # type: ignore[arg-type]  # refused
        (promise,) = promises(a_complaint())
        with pytest.raises(InvalidValueError, match="day is"):
            promise.is_due_by(on)  # type: ignore[arg-type]  # refused


class TestStandingStill:
    def test_is_on_no_list(self) -> None:
        target = SlaTarget(
            metric="resolution", limit=HOUR, calendar=SHANGHAI, pauses={"waiting_customer"}
        )
        policies = SlaPolicies(default=SlaPolicy(name="ours", targets=[target]))
        case = a_complaint().wait("ann", NINE + MINUTE, party="customer")

        (promise,) = found = promises(case, as_of=NINE + 9 * HOUR, policies=policies)

        assert (promise.clock.state, promise.due_at) == (ClockState.PAUSED, None)
        assert overdue_promises(found) == promises_due_within(found, timedelta.max) == ()
        assert dict(agenda(found, on=date.max)) == {}


class TestExplain:
    def test_names_each_run(self) -> None:
        """Two further replies were awaited: one came in time, one is still to come."""
        case = a_complaint(acknowledged_after=MINUTE)
        case = case.hear("ann", NINE + HOUR).reply("ann", NINE + HOUR + MINUTE)
        case = case.hear("ann", NINE + 3 * HOUR)
        policies = promising("next_response", HOUR, timezone="Asia/Tokyo")

        why = explain_promises(case, policies, as_of=NINE + 3 * HOUR)

        assert why.verdict == NINE + 4 * HOUR
        assert str(why).startswith("complaint K-1: next due 2026-03-02 22:00 JST; overdue: 0\n")
        first, second = why.find("next_response"), why.find("next_response_2")
        assert (first.value, first.against, first.met) == (
            ClockState.MET,
            NINE + 2 * HOUR,
            True,
        )
        assert (second.value, second.met) == (ClockState.RUNNING, None)
        policy, *clocks = why.because
        assert policy == policies.explain(case)
        assert clocks == [clock.explain() for clock in _clocks(case, policies)]

    def test_of_what_is_late_nothing_is_due_next(self) -> None:
        why = explain_promises(a_complaint(), SEA_LION, as_of=NINE + 2 * HOUR)

        assert (why.verdict, why.find("due").value) == (None, None)
        assert (why.find("overdue").value, why.find("overdue").met) == (1, False)
        assert why.sentence("zh").startswith("投诉K-1：没有计时中的承诺；已逾期1项\n")

    def test_names_the_policy_that_held_at_that_instant(self) -> None:
        target = SlaTarget(metric="resolution", limit=HOUR, calendar=SHANGHAI)
        received = Compare("stage", "=", "received")
        policies = SlaPolicies(
            policies=[SlaPolicy(name="at once", targets=[target], condition=received)]
        )
        case = a_complaint(acknowledged_after=HOUR)

        before, after = (
            explain_promises(case, policies, as_of=NINE + hours * HOUR) for hours in (0, 1)
        )

        assert [reason.rule.code for reason in before.because] == ["sla.policy", "sla.running"]
        assert [reason.rule.code for reason in after.because] == ["sla.none"]

    def test_refuses_a_naive_time(self) -> None:
        with pytest.raises(InvalidValueError, match="as_of"):
            explain_promises(a_complaint(), SlaPolicies(), as_of=NINE.replace(tzinfo=None))


def _clocks(case: Complaint, policies: SlaPolicies) -> tuple[SlaClock, ...]:
    return policies.clocks(case, as_of=NINE + 3 * HOUR)
