"""Who is promised what."""

import pickle
from datetime import UTC, date, datetime
from typing import Any

import attrs
import pytest

from crmkit.cases import StateGroup
from crmkit.errors import InvalidValueError
from crmkit.kernel import AllOf, AnyOf, Compare, Condition, Not, WorkCalendar
from crmkit.sla import WAITING, SlaPolicies, SlaPolicy

from .stories import HOUR, NINE, a_target, asked


GRAVE = Compare("severity", "=", "critical")
EMPTY = AllOf(())


def policy(name: str = "gold", **told: Any) -> SlaPolicy:
    return SlaPolicy(name=name, **{"targets": [a_target()], "condition": GRAVE, **told})


DEFAULT = policy("everybody", condition=None)
CASE = asked()
CRITICAL = asked().prioritise("ann", NINE, severity="critical")


class TestSlaPolicy:
    @pytest.mark.parametrize(
        ("changed", "name"),
        [
            ({"name": " "}, "name"),
            ({"targets": []}, "targets"),
            ({"targets": [a_target(), a_target()]}, "metric"),
            ({"targets": ["resolution"]}, "targets"),
            ({"condition": "severity = critical"}, "condition"),
            ({"condition": AnyOf((GRAVE, EMPTY))}, "condition"),
            ({"condition": Not(AllOf((GRAVE, Not(AnyOf(())))))}, "condition"),
            ({"targets": DEFAULT.targets[0]}, "targets"),
            ({"priority": 1.0}, "priority"),
            ({"since": datetime(2026, 3, 2)}, "since"),
            ({"until": "2026-03-02"}, "until"),
            ({"since": date(2026, 3, 2), "until": date(2026, 3, 2)}, "until"),
        ],
    )
    def test_refuses_an_unfit_value_by_name(self, changed: dict[str, Any], name: str) -> None:
        with pytest.raises(InvalidValueError) as refused:
            attrs.evolve(policy(), **changed)

        assert refused.value.name == name

    def test_survives_pickling(self) -> None:
        assert pickle.loads(pickle.dumps(policy())) == policy()


class TestInForce:
    def test_goes_by_the_date_of_receipt_in_its_zone(self) -> None:
        """By hand: 17:00 UTC on 1 March is 01:00 of 2 March in Shanghai."""
        china = WorkCalendar.always("Asia/Shanghai")
        since = policy(targets=[a_target(calendar=china)], since=date(2026, 3, 2))
        until = attrs.evolve(since, since=None, until=date(2026, 3, 2))
        evening, before = (datetime(2026, 3, 1, hour, tzinfo=UTC) for hour in (17, 15))

        assert (since.is_in_force(evening), since.is_in_force(before)) == (True, False)
        assert (until.is_in_force(evening), until.is_in_force(before)) == (False, True)

    def test_decides_by_receipt_and_not_by_the_day_of_looking(self) -> None:
        old = policy("old", until=date(2026, 3, 3))
        new = policy("new", since=date(2026, 3, 3))
        policies = SlaPolicies(policies=[new, old])

        found = policies.clocks(CRITICAL, as_of=NINE + 99 * HOUR)

        assert [clock.policy for clock in found] == ["old"]

    def test_of_a_naive_instant_is_refused(self) -> None:
        with pytest.raises(InvalidValueError, match="time zone"):
            policy().is_in_force(datetime(2026, 3, 2))


class TestSlaPolicies:
    def test_refuses_two_of_one_name_at_one_time(self) -> None:
        early, late = policy(until=date(2026, 4, 1)), policy(since=date(2026, 4, 1))

        assert SlaPolicies(policies=[early, late]).policies == (early, late)
        with pytest.raises(InvalidValueError, match="one policy at a time"):
            SlaPolicies(policies=[early, attrs.evolve(late, since=date(2026, 3, 31))])
        with pytest.raises(InvalidValueError, match="one policy at a time"):
            SlaPolicies(policies=[policy()], default=policy(condition=None))

    def test_refuses_a_default_with_a_condition(self) -> None:
        with pytest.raises(InvalidValueError, match="the default is for everybody else"):
            SlaPolicies(default=policy())

    def test_refuses_what_is_no_policy(self) -> None:
        told: Any = "gold"

        for changed in ({"policies": [told]}, {"default": told}):
            with pytest.raises(InvalidValueError, match="must be a SlaPolicy"):
                SlaPolicies(**changed)


class TestMatch:
    def test_tries_the_lowest_number_first(self) -> None:
        first, second = policy("first", priority=1), policy("second", priority=2)

        assert SlaPolicies(policies=[second, first]).match(CRITICAL) == first

    def test_of_one_number_tries_them_as_given(self) -> None:
        one, two = policy("one"), policy("two")

        assert SlaPolicies(policies=[two, one]).match(CRITICAL) == two

    @pytest.mark.parametrize("empty", [None, EMPTY, AnyOf(()), Not(EMPTY), Not(AnyOf(()))])
    def test_is_never_a_policy_whose_condition_is_empty(self, empty: Condition | None) -> None:
        assert SlaPolicies(policies=[policy(condition=empty)]).match(CRITICAL) is None

    def test_is_the_default_for_all_the_others(self) -> None:
        policies = SlaPolicies(policies=[policy()], default=DEFAULT)

        assert policies.match(CASE) == DEFAULT
        assert policies.match(CRITICAL) == policy()

    def test_is_no_default_before_it_is_in_force(self) -> None:
        later = attrs.evolve(DEFAULT, since=date(2027, 1, 1))

        assert SlaPolicies(default=later).match(CASE) is None

    def test_an_unknown_fact_meets_no_condition(self) -> None:
        assert SlaPolicies(policies=[policy(condition=Not(GRAVE))]).match(CASE) is None

    def test_asks_what_the_caller_knows_besides(self) -> None:
        first_class = policy(condition=Compare("abc_class", "=", "A"))

        policies = SlaPolicies(policies=[first_class])

        assert policies.match(CASE, facts={"abc_class": "A"}) == first_class
        assert policies.match(CASE, facts={"abc_class": "B"}) is None

    def test_of_a_fact_that_cannot_be_compared_is_refused(self) -> None:
        with pytest.raises(InvalidValueError, match="cannot be compared"):
            SlaPolicies(policies=[policy()]).match(CASE, facts={"severity": 3})

    def test_asks_for_the_stage_of_that_instant(self) -> None:
        resolved = policy(condition=Compare("state", "=", StateGroup.RESOLVED.value))
        case = CASE.answer("bob", NINE + HOUR, text="so")

        policies = SlaPolicies(policies=[resolved])

        assert policies.match(case) == policies.match(case, as_of=NINE + HOUR) == resolved
        assert policies.match(case, as_of=NINE) is None
        assert policies.clocks(case, as_of=NINE) == ()


class TestClocks:
    def test_a_case_that_stops_matching_loses_them(self) -> None:
        policies = SlaPolicies(policies=[policy()])
        eased = CRITICAL.prioritise("ann", NINE + HOUR, severity="minor")

        assert len(policies.clocks(CRITICAL, as_of=NINE + HOUR)) == 1
        assert policies.clocks(eased, as_of=NINE + HOUR) == ()

    def test_changing_the_policy_keeps_the_start_and_the_pauses(self) -> None:
        """By hand: nine to ten, waited till noon, raised to critical at one: one hour to go."""
        slow = policy("slow", condition=None, targets=[a_target(limit=8 * HOUR, pauses=WAITING)])
        fast = policy("fast", targets=[a_target(limit=3 * HOUR, pauses=WAITING)])
        policies = SlaPolicies(policies=[fast], default=slow)
        case = CASE.wait("bob", NINE + HOUR, party="customer").resume("bob", NINE + 3 * HOUR)
        raised = case.prioritise("bob", NINE + 4 * HOUR, severity="critical")

        (before,) = policies.clocks(case, as_of=NINE + 4 * HOUR)
        (after,) = policies.clocks(raised, as_of=NINE + 4 * HOUR)

        assert (before.policy, after.policy) == ("slow", "fast")
        assert (before.started_at, before.pauses) == (after.started_at, after.pauses)
        assert (after.elapsed, after.remaining) == (2 * HOUR, HOUR)
        assert after.due_at == NINE + 5 * HOUR

    def test_of_an_instant_before_a_grading_are_those_of_the_policy_of_then(self) -> None:
        """By hand: asked at nine, raised to critical at one; eight hours before, then three."""
        slow = policy("slow", condition=None, targets=[a_target(limit=8 * HOUR)])
        fast = policy("fast", targets=[a_target(limit=3 * HOUR)])
        policies = SlaPolicies(policies=[fast], default=slow)
        raised = CASE.prioritise("bob", NINE + 4 * HOUR, severity="critical")
        noon = NINE + 3 * HOUR

        (before,) = policies.clocks(raised, as_of=noon)
        (after,) = policies.clocks(raised, as_of=NINE + 4 * HOUR)

        assert policies.clocks(raised, as_of=noon) == policies.clocks(CASE, as_of=noon)
        assert (before.policy, before.due_at) == ("slow", NINE + 8 * HOUR)
        assert (after.policy, after.due_at) == ("fast", noon)
        assert policies.match(raised) == fast

    def test_come_target_by_target(self) -> None:
        both = policy(targets=[a_target(), a_target("first_response", HOUR)])

        found = both.clocks(CASE, as_of=NINE)

        assert [clock.target.name for clock in found] == ["resolution", "first_response"]

    def test_of_a_naive_instant_are_refused(self) -> None:
        with pytest.raises(InvalidValueError):
            SlaPolicies(default=DEFAULT).clocks(CASE, as_of=datetime(2026, 3, 2))


class TestTimezoneFor:
    def test_is_that_of_the_policy_that_is_met(self) -> None:
        gold = policy(targets=[a_target(calendar=WorkCalendar.always("America/Lima"))])
        policies = SlaPolicies(policies=[gold], default=DEFAULT)

        assert policies.timezone_for(CRITICAL) == "America/Lima"
        assert policies.timezone_for(CASE) == DEFAULT.targets[0].calendar.timezone

    def test_of_whom_nothing_is_promised_is_that_of_the_others(self) -> None:
        gold = policy(targets=[a_target(calendar=WorkCalendar.always("America/Lima"))])

        assert SlaPolicies(policies=[gold]).timezone_for(CASE) == "America/Lima"
        assert SlaPolicies().timezone_for(CASE) == "UTC"


class TestExplain:
    POLICIES = SlaPolicies(
        policies=[
            policy("later", priority=1, since=date(2027, 1, 1)),
            policy("nobody", priority=2, condition=EMPTY),
            policy("gold", priority=3, condition=AllOf((Compare("kind", "=", "enquiry"), GRAVE))),
            policy("rest", priority=4, condition=Compare("kind", "=", "enquiry")),
        ],
        default=DEFAULT,
    )

    def test_tells_of_each_policy_what_failed(self) -> None:
        eased = CASE.prioritise("ann", NINE, severity="minor")

        why = self.POLICIES.explain(eased)

        assert why.verdict == "rest"
        assert why.sentence("en").splitlines() == [
            "enquiry Q-1 is promised what rest says",
            "  later: not in force when it was received (in force since 2027-01-01)",
            "  nobody: not met (its condition asks for nothing)",
            "  gold: not met (kind is enquiry; severity is minor, not = critical)",
            "  rest: met (kind is enquiry)",
        ]
        assert why.sentence("zh").splitlines()[3:] == [
            "  “gold”：不符合（类型为咨询；严重程度为轻微，不满足“等于特别重大”）",
            "  “rest”：符合（类型为咨询）",
        ]

    def test_names_what_would_have_to_be_known(self) -> None:
        why = self.POLICIES.explain(CASE)

        assert why.missing == ("severity",)
        assert "gold: not met (kind is enquiry; not known: severity)" in why.sentence()

    def test_says_where_the_default_or_nothing_is_promised(self) -> None:
        only_grave = SlaPolicies(policies=[policy()])

        assert only_grave.explain(CASE).verdict is None
        assert (
            only_grave.explain(CASE)
            .sentence()
            .startswith("enquiry Q-1 meets no policy's condition: nothing is promised")
        )
        by_default = attrs.evolve(only_grave, default=DEFAULT).explain(CASE)
        assert (by_default.verdict, by_default.rule.code) == ("everybody", "sla.default")

    def test_tells_of_a_default_that_is_not_in_force(self) -> None:
        later = attrs.evolve(DEFAULT, since=date(2027, 1, 1))

        assert SlaPolicies(default=later).explain(CASE).sentence().splitlines() == [
            "enquiry Q-1 meets no policy's condition: nothing is promised",
            "  everybody: not in force when it was received (in force since 2027-01-01)",
        ]

    def test_stops_at_the_policy_that_is_met(self) -> None:
        why = SlaPolicies(policies=[policy("one"), policy("two")]).explain(CRITICAL)

        assert [reason.verdict for reason in why.because] == [True]

    def test_goes_by_the_instant_asked_for(self) -> None:
        open_ones = SlaPolicies(policies=[policy(condition=Compare("state", "=", "open"))])
        case = CASE.answer("bob", NINE + HOUR, text="so")

        assert open_ones.explain(case).verdict is None
        assert open_ones.explain(case, as_of=NINE).verdict == "gold"

    def test_of_an_instant_before_a_grading_names_what_nobody_had_said(self) -> None:
        raised = CASE.prioritise("bob", NINE + HOUR, severity="critical")
        policies = SlaPolicies(policies=[policy()])

        assert policies.explain(raised, as_of=NINE + HOUR).verdict == "gold"
        assert policies.explain(raised, as_of=NINE).missing == ("severity",)
