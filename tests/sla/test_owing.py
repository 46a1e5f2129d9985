"""What is owed for a missed promise."""

from datetime import timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given, strategies as st

from crmkit.cases import Severity
from crmkit.errors import InvalidValueError
from crmkit.kernel import Compare, Money
from crmkit.sla import (
    VISIT_IN_A_DAY,
    CalendarDays,
    Compensation,
    CompensationRule,
    CountedDelay,
    Delivery,
    EscalationLadder,
    Level,
    SlaPolicy,
    compensations,
    explain_owed,
    haier_late,
    owed,
)
from crmkit.testing import a_complaint

from .lateness import a_clock
from .stories import (
    HALF,
    HOUR,
    MICRO,
    NINE,
    NOTHING,
    OFFICE,
    Story,
    a_target,
    asked,
    instants,
    stories,
)
from .test_compensation_rule import rules


def yuan(amount: str | int) -> Money:
    return Money.of(amount, "CNY")


BY_THE_HOUR = CompensationRule(name="by the hour", per_hour=yuan(20))
LADDER = EscalationLadder(
    levels=[
        Level(to="leader", share=0.5),
        Level(to="head"),
        Level(to="director", share=1.5),
        Level(to="board", offset=4 * HOUR),
    ]
)
MOSTLY = st.timedeltas(NOTHING, timedelta(days=4))


def amount(found: Compensation | None) -> Money:
    return yuan(0) if found is None else found.amount


class TestOwed:
    def test_the_technician_is_not_there_at_the_booked_time(self) -> None:
        """Domain example 7, with the visit of K3: promised within 24 hours, made after 25."""
        came = a_complaint().reach("bob", NINE + 25 * HOUR, milestone="visit")
        (clock,) = VISIT_IN_A_DAY.clocks(came, as_of=NINE + 26 * HOUR)

        found = owed(clock, [haier_late(yuan(50))])

        assert found is not None
        assert (found.amount, found.delay, found.is_payable) == (yuan(50), HOUR, True)

    @pytest.mark.parametrize(
        ("late", "hours"),
        [
            (MICRO, 1),
            (HOUR, 1),
            (HOUR + MICRO, 2),
            (3.5 * HOUR, 4),
            (timedelta(days=2), 48),
        ],
    )
    def test_every_hour_begun_counts(self, late: timedelta, hours: int) -> None:
        found = owed(a_clock(late), [BY_THE_HOUR])

        assert amount(found) == yuan(20) * hours

    def test_at_the_due_instant_nothing_is_owed(self) -> None:
        assert owed(a_clock(NOTHING), [BY_THE_HOUR, haier_late(yuan(9))]) is None

    def test_working_time_and_all_time_are_told_apart(self) -> None:
        """By hand: due Monday at 14, done Tuesday at 10: 4 + 1 hours of work, 20 in all."""
        clock = a_clock(20 * HOUR, calendar=OFFICE)
        all_time = attrs.evolve(BY_THE_HOUR, counted=CountedDelay.ALL_TIME)

        assert amount(owed(clock, [BY_THE_HOUR])) == yuan(100)
        assert amount(owed(clock, [all_time])) == yuan(400)

    def test_late_while_closed_no_hour_of_work_has_begun(self) -> None:
        """By hand: eight hours of work are used up on Monday at 18, when the office closes."""
        clock = a_clock(2 * HOUR, calendar=OFFICE, limit=8 * HOUR)

        assert owed(clock, [BY_THE_HOUR]) is None
        assert amount(owed(clock, [haier_late(yuan(9))])) == yuan(9)

    def test_a_pause_after_it_was_due_is_no_working_time(self) -> None:
        """By hand: due at 13; waits from 14 to 17, done at 18: two hours of work, five in all."""
        target = a_target(pauses={"waiting_customer"}, limit=4 * HOUR)
        case = asked().wait("bob", NINE + 5 * HOUR, party="customer")
        case = case.resume("bob", NINE + 8 * HOUR).answer("bob", NINE + 9 * HOUR, text="so")
        (clock,) = SlaPolicy(name="Gold", targets=[target]).clocks(case, as_of=NINE + 9 * HOUR)
        all_time = attrs.evolve(BY_THE_HOUR, counted=CountedDelay.ALL_TIME)

        assert amount(owed(clock, [BY_THE_HOUR])) == yuan(40)
        assert amount(owed(clock, [all_time])) == yuan(100)

    @pytest.mark.parametrize("counted", CountedDelay)
    def test_a_limit_in_days_counts_all_time(self, counted: CountedDelay) -> None:
        clock = a_clock(timedelta(days=2), limit=CalendarDays(3), calendar=OFFICE)

        found = owed(clock, [attrs.evolve(BY_THE_HOUR, counted=counted)])

        assert amount(found) == yuan(20 * 48)

    def test_each_level_since_it_was_due_counts(self) -> None:
        """By hand: levels at half, when due, two and four hours after it; the first is earlier."""
        rule = CompensationRule(name="by level", per_level=yuan(30), ladder=LADDER)
        told = [
            amount(owed(a_clock(late), [rule]))
            for late in (MICRO, 2 * HOUR, 2 * HOUR + MICRO, 5 * HOUR)
        ]

        # A level that is reached at the very instant at which the visit is made is reached by none.
        assert told == [yuan(30), yuan(30), yuan(60), yuan(90)]

    def test_whom_the_ladder_tells_when_changes_nothing(self) -> None:
        ladder = attrs.evolve(LADDER, cap=1, cool_down=9 * HOUR, delivery=Delivery.WHEN_OPEN)
        rule = CompensationRule(name="by level", per_level=yuan(30), ladder=ladder)

        assert amount(owed(a_clock(5 * HOUR), [rule])) == yuan(90)

    def test_below_the_minimum_nothing_is_owed(self) -> None:
        rule = attrs.evolve(haier_late(yuan(9)), minimum=HALF)

        assert owed(a_clock(HALF - MICRO), [rule]) is None
        assert amount(owed(a_clock(HALF), [rule])) == yuan(9)

    def test_the_first_rule_that_is_for_it_decides_even_to_give_nothing(self) -> None:
        late = attrs.evolve(BY_THE_HOUR, minimum=HOUR)

        assert owed(a_clock(HALF), [late, haier_late(yuan(9))]) is None

    @pytest.mark.parametrize(
        ("rule", "is_owed"),
        [
            ({"policy": "Gold"}, True),
            ({"policy": "Silver"}, False),
            ({"metric": "visit"}, True),
            ({"metric": "resolution"}, False),
            ({"condition": Compare("severity", "=", "major")}, True),
            ({"condition": Compare("severity", "=", "minor")}, False),
            ({"condition": Compare("class", "=", "A")}, False),
        ],
    )
    def test_a_rule_is_for_its_promises_and_cases(
        self, rule: dict[str, Any], is_owed: bool
    ) -> None:
        ours = attrs.evolve(BY_THE_HOUR, **rule)

        found = owed(a_clock(HOUR), [ours], facts={"severity": Severity.MAJOR})

        assert (found is not None) is is_owed

    def test_grows_while_it_is_open_and_is_final_when_done(self) -> None:
        open_ones = [owed(a_clock(n * HOUR, done=False), [BY_THE_HOUR]) for n in (1, 2, 3)]
        done = owed(a_clock(3 * HOUR), [BY_THE_HOUR])

        assert [amount(one) for one in open_ones] == [yuan(20), yuan(40), yuan(60)]
        assert [one.is_final for one in open_ones if one] == [False] * 3
        assert done is not None
        assert (done.amount, done.is_final) == (yuan(60), True)

    def test_once_done_it_is_the_same_for_ever(self) -> None:
        done = asked().reach("bob", NINE + 6 * HOUR, milestone="visit")
        policy = SlaPolicy(name="Gold", targets=[a_target("visit")])
        looks = [policy.clocks(done, as_of=NINE + n * HOUR)[0] for n in (6, 60, 6000)]

        assert {amount(owed(clock, [BY_THE_HOUR])) for clock in looks} == {yuan(40)}

    def test_what_was_dropped_late_is_owed_all_the_same(self) -> None:
        """By hand: due at 13, cancelled at 15."""
        dropped = asked().cancel("bob", NINE + 6 * HOUR)
        policy = SlaPolicy(name="Gold", targets=[a_target("visit")])
        (clock,) = policy.clocks(dropped, as_of=NINE + 9 * HOUR)

        found = owed(clock, [BY_THE_HOUR])

        assert found is not None
        assert (found.amount, found.is_final) == (yuan(40), True)

    def test_a_fact_that_cannot_be_compared_is_refused(self) -> None:
        rule = attrs.evolve(BY_THE_HOUR, condition=Compare("severity", "=", "major"))

        with pytest.raises(InvalidValueError):
            owed(a_clock(HOUR), [rule], facts={"severity": 3})

    @given(rules(), MOSTLY, MOSTLY)
    def test_never_falls_as_the_delay_grows_and_never_passes_the_cap(
        self, rule: CompensationRule, one: timedelta, other: timedelta
    ) -> None:
        facts = {"severity": "major"}
        ours = attrs.evolve(rule, metric=None)
        less, more = (
            owed(a_clock(late, calendar=OFFICE), [ours], facts=facts)
            for late in sorted((one, other))
        )

        assert amount(less) <= amount(more)
        for found in (less, more):
            assert found is None or found.cap is None or found.amount <= found.cap

    @given(stories(), st.lists(instants(), min_size=2, max_size=3), rules())
    def test_of_any_case_grows_with_time_until_it_is_done(
        self, story: Story, looks: list[Any], rule: CompensationRule
    ) -> None:
        """And the key stays: for one clock one thing is owed."""
        policy = SlaPolicy(name="Gold", targets=[a_target("on_site", calendar=OFFICE)])
        before: Compensation | None = None
        for at in sorted(looks):
            for clock in policy.clocks(story.case, as_of=at):
                found = owed(clock, [attrs.evolve(rule, condition=None, metric=None)])
                if before is not None and not before.is_final:
                    assert found is not None
                    assert (found.key, found.amount >= before.amount) == (before.key, True)
                before = found


class TestExplainOwed:
    def test_says_what_is_owed(self) -> None:
        clock = a_clock(HOUR)

        why = explain_owed(clock, iter([BY_THE_HOUR]))

        assert why.verdict == amount(owed(clock, [BY_THE_HOUR])) == yuan(20)

    def test_says_that_a_promise_was_not_missed(self) -> None:
        why = explain_owed(a_clock(-HOUR), [BY_THE_HOUR])

        assert why.verdict is None
        assert str(why) == "enquiry Q-1: visit within 4 h is met; nothing is owed"

    def test_says_that_no_rule_is_for_it_and_what_is_not_known(self) -> None:
        grave = attrs.evolve(BY_THE_HOUR, condition=Compare("severity", "=", "major"))
        other = attrs.evolve(grave, metric="resolution", condition=Compare("class", "=", "A"))
        light = attrs.evolve(grave, condition=Compare("channel", "=", "web"))

        why = explain_owed(a_clock(HOUR), [grave, other, light, grave], facts={"channel": "phone"})

        assert (why.verdict, why.missing) == (None, ("severity",))
        assert "no rule is for it" in str(why)
        assert why.sentence("zh").endswith("已违约，没有适用的赔偿规则，无须赔偿")

    def test_says_that_the_delay_is_too_small(self) -> None:
        rule = attrs.evolve(BY_THE_HOUR, minimum=2 * HOUR)

        why = explain_owed(a_clock(HOUR), [rule])

        assert why.verdict is None
        assert str(why) == (
            "enquiry Q-1: visit within 4 h was missed by 1 h (working time), for which by the hour"
            " gives nothing"
        )
        assert why.find("delay").met is False


class TestCompensations:
    def test_each_clock_is_owed_exactly_once(self) -> None:
        early, late = a_clock(HOUR, done=False), a_clock(3 * HOUR, done=False)

        for clocks in ([early, late, early], [late, early]):
            (found,) = compensations(clocks, iter([BY_THE_HOUR]))

            assert found.amount == yuan(60)

    def test_what_was_settled_does_not_come_again(self) -> None:
        gold, silver = a_clock(HOUR), a_clock(HOUR, policy="Silver")
        both = compensations([gold, silver], [BY_THE_HOUR])

        left = compensations([gold, silver], [BY_THE_HOUR], settled={both[0].key})

        assert len(both) == 2
        assert left == both[1:]

    def test_clocks_that_were_kept_are_left_out(self) -> None:
        assert compensations([a_clock(-HOUR)], [BY_THE_HOUR]) == ()
