"""Which follow-up calls are due."""

from datetime import date, datetime, timedelta

import attrs
import pytest

from crmkit.cases import FollowUpPolicy
from crmkit.complaints import Complaint, call_due, calls_due, planned_by, put_right_at
from crmkit.errors import InvalidValueError
from crmkit.kernel import WorkCalendar
from crmkit.testing import NINE, a_complaint


HOUR = timedelta(hours=1)
ALL = FollowUpPolicy(
    name="all", within=24 * HOUR, calendar=WorkCalendar.always("Asia/Shanghai"), attempts=2
)


def answered(id: str = "K-1", *, remedies: tuple[str, ...] = ()) -> Complaint:
    known = a_complaint(id=id).acknowledge("ann", NINE).investigate("bob", NINE)
    return known.respond("bob", NINE + HOUR, remedies=remedies)


class TestPutRightAt:
    def test_is_not_before_it_is_answered(self) -> None:
        assert put_right_at(a_complaint()) is None
        assert put_right_at(answered().reject("ann", NINE + HOUR)) is None

    def test_is_when_it_was_answered_whatever_came_since(self) -> None:
        told = answered().communicate("bob", NINE + 2 * HOUR)

        assert put_right_at(told) == NINE + HOUR
        assert put_right_at(told.accept("ann", NINE + 3 * HOUR)) == NINE + HOUR

    def test_is_the_last_answer(self) -> None:
        again = answered().reject("ann", NINE + 2 * HOUR).respond("bob", NINE + 5 * HOUR)

        assert put_right_at(again) == NINE + 5 * HOUR

    def test_is_the_last_answer_where_somebody_above_gave_it(self) -> None:
        raised = answered().escalate("ann", NINE + 2 * HOUR)

        assert put_right_at(raised.respond("head", NINE + 5 * HOUR)) == NINE + 5 * HOUR

    def test_waits_for_the_remedy(self) -> None:
        promised = answered(remedies=("refund", "apology"))
        done = promised.implement("eve", NINE + 9 * HOUR, remedy="refund")
        waived = done.waive("eve", NINE + 9 * HOUR, remedy="apology", reason="he needs none")

        assert (put_right_at(promised), put_right_at(done)) == (None, None)
        assert put_right_at(waived) == NINE + 9 * HOUR

    def test_waits_until_the_customer_lets_go_of_it(self) -> None:
        waived = answered(remedies=("refund",)).waive("eve", NINE + 9 * HOUR, reason="he keeps it")

        assert put_right_at(waived) == NINE + 9 * HOUR

    def test_of_one_that_was_decided_outside_is_when_it_was_closed(self) -> None:
        referred = a_complaint().acknowledge("ann", NINE).escalate("ann", NINE)
        settled = referred.refer("ann", NINE, body="court").settle("ann", NINE, outcome="paid")

        assert put_right_at(settled.close("ann", NINE + 3 * HOUR)) == NINE + 3 * HOUR


class TestCallDue:
    def test_is_due_so_long_after_the_fix(self) -> None:
        call = call_due(answered(), ALL)

        assert call is not None
        assert (call.due_at, call.number, call.attempts) == (NINE + 25 * HOUR, 1, 2)

    def test_is_due_again_after_one_that_found_nobody(self) -> None:
        missed = answered().follow_up("eva", NINE + 2 * HOUR, outcome="unreachable")
        often = attrs.evolve(ALL, again_within=HOUR)

        dues = [call_due(missed, policy) for policy in (ALL, often)]

        assert [call and call.due_at for call in dues] == [NINE + 26 * HOUR, NINE + 3 * HOUR]
        assert [call and call.number for call in dues] == [2, 2]

    @pytest.mark.parametrize("outcomes", [["satisfied"], ["unreachable", "unreachable"]])
    def test_is_not_when_he_is_satisfied_or_cannot_be_reached(self, outcomes: list[str]) -> None:
        called = answered()
        for hours, outcome in enumerate(outcomes, 1):
            called = called.follow_up("eva", NINE + hours * HOUR, outcome=outcome)

        assert call_due(called, ALL) is None

    def test_in_vain_several_times_at_one_instant_was_one_try(self) -> None:
        missed = answered().plan_calls("ann", NINE + HOUR, tries=3)
        for _ in range(5):
            missed = missed.follow_up("eva", NINE + 2 * HOUR, outcome="unreachable")

        call = call_due(missed, ALL)

        assert call is not None
        assert call.number == 2

    def test_is_none_for_whom_the_policy_does_not_draw(self) -> None:
        none = attrs.evolve(ALL, share=0.0)

        assert call_due(answered(), none) is None
        assert call_due(answered(), None) is None
        assert call_due(a_complaint(), ALL) is None

    def test_is_for_whom_it_was_planned_whatever_the_policy_draws(self) -> None:
        planned = answered().plan_calls("ann", NINE + HOUR, tries=3)

        by_policy = call_due(planned, attrs.evolve(ALL, share=0.0))
        alone = call_due(planned, None)

        assert by_policy is not None
        assert alone is not None
        assert (by_policy.due_at, by_policy.attempts) == (NINE + 25 * HOUR, 3)
        assert (alone.due_at, alone.attempts) == (NINE + HOUR, 3)

    def test_is_none_where_it_was_planned_that_none_is_owed(self) -> None:
        """Whoever asks not to be called is not called, though the policy draws everybody."""
        planned = answered().plan_calls("ann", NINE + HOUR, policy=ALL)
        let_go = planned.plan_calls("ann", NINE + HOUR, tries=0, reason="he asks for none")

        assert call_due(planned, ALL) is not None
        assert call_due(let_go, ALL) is None
        assert calls_due([let_go], ALL, as_of=NINE + 99 * HOUR) == ()

    def test_without_a_policy_is_due_from_the_last_call_on(self) -> None:
        planned = answered().plan_calls("ann", NINE + HOUR, tries=2)
        missed = planned.follow_up("eva", NINE + 2 * HOUR, outcome="unreachable")

        call = call_due(missed, None)

        assert call is not None
        assert (call.due_at, call.number) == (NINE + 2 * HOUR, 2)

    def test_before_the_fix_puts_none_off(self) -> None:
        early = answered(remedies=("refund",)).follow_up("eva", NINE + HOUR, outcome="unreachable")
        fixed = early.implement("eve", NINE + 9 * HOUR)

        call = call_due(fixed, ALL)

        assert call is not None
        assert (call.due_at, call.number) == (NINE + 33 * HOUR, 1)

    def test_is_not_after_the_dissatisfied_one_before_it_is_put_right_again(self) -> None:
        back = answered().follow_up("eva", NINE + 2 * HOUR, outcome="not_satisfied")

        assert call_due(back, ALL) is None
        again = call_due(back.respond("bob", NINE + 3 * HOUR), ALL)
        assert again is not None
        assert again.number == 1


class TestPlannedBy:
    def test_plans_what_the_policy_draws(self) -> None:
        planned = planned_by(ALL, answered(), "eva", NINE + HOUR)

        assert (planned.call_tries, planned.call_plans[0].by) == (2, "eva")

    def test_leaves_alone_what_is_planned_not_drawn_or_over(self) -> None:
        let_go = answered().plan_calls("ann", NINE, tries=3)
        let_go = let_go.plan_calls("ann", NINE, tries=0, reason="he asks not to be called")
        older = attrs.evolve(answered(), call_tries=1)
        closed = answered().accept("ann", NINE + HOUR)

        for one, policy in [
            (let_go, ALL),
            (older, ALL),
            (closed, ALL),
            (answered(), None),
            (answered(), attrs.evolve(ALL, share=0.0)),
        ]:
            assert planned_by(policy, one, "eva", NINE + HOUR) is one


class TestDueCall:
    def test_is_due_on_the_day_of_the_policys_zone(self) -> None:
        """25 hours after nine in UTC it is 18:00 of the next day in Shanghai."""
        call = call_due(answered(), ALL)

        assert call is not None
        assert call.day == date(2026, 3, 3)
        assert (call.is_due_by(date(2026, 3, 2)), call.is_due_by(date(2026, 3, 3))) == (
            False,
            True,
        )
        assert call.today(NINE + 8 * HOUR) == date(2026, 3, 3)

    def test_due_at_midnight_belongs_to_the_day_that_ends(self) -> None:
        """14 hours after ten in UTC it is midnight in London in March; an hour on it is Tuesday."""
        london = WorkCalendar.always("Europe/London")
        dues = [
            call_due(answered(), attrs.evolve(ALL, calendar=london, within=hours * HOUR))
            for hours in (14, 15)
        ]

        assert [call and call.day for call in dues] == [date(2026, 3, 2), date(2026, 3, 3)]

    def test_says_by_which_policy_in_both_languages(self) -> None:
        call = call_due(answered(), attrs.evolve(ALL, name="all {ours}"))

        assert call is not None
        why = call.explain()
        assert why.sentence("en").splitlines()[0] == (
            "complaint K-1: follow-up call 1 of 2 is due 2026-03-03 18:00 CST, by all (ours)"
        )
        assert "按“all (ours)”" in why.sentence("zh")
        assert why.because[0].verdict is True

    def test_says_that_it_was_planned_where_no_policy_holds(self) -> None:
        call = call_due(answered().plan_calls("ann", NINE + HOUR, tries=1), None)

        assert call is not None
        assert call.explain().sentence("zh") == (
            "投诉K-1：第1次回访（共1次）应于2026-03-02 10:00 UTC进行，按本投诉的回访计划"
        )
        assert call.explain().because == ()

    def test_says_that_it_was_planned_where_the_policy_does_not_draw_him(self) -> None:
        planned = answered().plan_calls("ann", NINE + HOUR, tries=2)

        call = call_due(planned, attrs.evolve(ALL, share=0.0))

        assert call is not None
        assert str(call.explain()) == (
            "complaint K-1: follow-up call 1 of 2 is due 2026-03-03 18:00 CST, as it was planned"
            " for this complaint"
        )
        assert call.explain().because == ()


class TestCallsDue:
    def test_are_those_that_are_due_by_then_the_longest_first(self) -> None:
        later = a_complaint(id="K-0").acknowledge("ann", NINE).investigate("bob", NINE)
        later = later.respond("bob", NINE + 2 * HOUR)

        calls = calls_due([later, answered("K-2"), answered()], ALL, as_of=NINE + 26 * HOUR)

        assert [call.complaint.id for call in calls] == ["K-1", "K-2", "K-0"]
        assert len(calls_due([later, answered()], ALL, as_of=NINE + 25 * HOUR)) == 1

    def test_refuse_a_naive_instant(self) -> None:
        with pytest.raises(InvalidValueError, match="as_of"):
            calls_due([], ALL, as_of=datetime(2026, 3, 2))
