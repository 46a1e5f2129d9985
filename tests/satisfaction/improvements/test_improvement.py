"""Improvements: from a proposal to the test that its gap has closed."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any, Final

import attrs
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from crmkit.errors import InvalidValueError, TransitionError
from crmkit.kernel import Share
from crmkit.satisfaction import (
    IMPROVEMENT_CODEC,
    IMPROVEMENT_WORKFLOW,
    LEAST_ANSWERS,
    SEA_LION,
    GapEvidence,
    GapResult,
    Improvement,
    ImprovementId,
    ImprovementProposal,
    ImprovementStage as Stage,
    ImprovementTerms,
    Item,
    Survey,
    overdue_improvements,
)
from crmkit.stats.group_sizes import SMALL_GROUPS
from crmkit.testing import NINE

from .test_gap_check import evidence


JUNE: Final = date(2026, 6, 30)
LATE: Final = ImprovementProposal(
    part="delivery",
    score=50.0,
    low=45.0,
    high=55.0,
    n=100,
    target=100.0,
    importance=Share(0.25),
    rank=1,
)


def proposed(**told: Any) -> Improvement:
    return Improvement.propose(
        "M-1", "ann", NINE, **{"survey": SEA_LION, "proposal": LATE, "round": "R-1", **told}
    )


def required(*, target: float = 60.0) -> Improvement:
    return proposed().require("eve", NINE, owner="bob", target=target, due=JUNE)


def carried_out() -> Improvement:
    planned = required().plan("bob", NINE, plan="a second van")
    return planned.carry_out("bob", NINE, done="it drives since May")


def seen(result: GapResult) -> GapEvidence:
    """Return what leads to a result where 60 is to be reached."""
    told: dict[GapResult, dict[str, Any]] = {
        GapResult.CLOSED: {},
        GapResult.NARROWED: {"after": 58.0, "difference": 8.0},
        GapResult.NOT_SHOWN: {"p_value": 0.2, "low": -2.0},
        GapResult.WIDENED: {"after": 40.0, "difference": -10.0, "low": -15.0, "high": -5.0},
    }
    return evidence(round="R-2", **told[result])


class TestPropose:
    def test_keeps_by_what_it_was_found(self) -> None:
        one = proposed(segment="hotel", about="come when we said")

        assert (one.survey, one.survey_version, one.round) == ("sea_lion", 1, "R-1")
        assert (one.proposal, one.agreed, one.result) == (LATE, None, None)
        assert (str(one), one.label("zh")) == ("improvement M-1", "改进M-1")
        assert not one.is_over

    def test_is_of_a_dimension_or_of_an_item(self) -> None:
        survey = Survey.of("brief", 1, [Item("speed", dimension="delivery")])

        for part in ("speed", "delivery"):
            assert proposed(survey=survey, proposal=attrs.evolve(LATE, part=part)).round == "R-1"
        with pytest.raises(InvalidValueError, match="is no part of brief v1; did you mean"):
            proposed(survey=survey, proposal=attrs.evolve(LATE, part="delivry"))

    @pytest.mark.parametrize(
        ("changed", "what"),
        [
            ({"survey": "sea_lion"}, "survey"),
            ({"proposal": "delivery"}, "proposal"),
            (
                {"proposal": attrs.evolve(LATE, score=None, low=None, high=None, rank=None)},
                "proposal",
            ),
            ({"round": ""}, "round"),
            ({"segment": " "}, "segment"),
            ({"about": None}, "about"),
        ],
    )
    def test_refuses_an_unfit_value_by_name(self, changed: dict[str, Any], what: str) -> None:
        with pytest.raises(InvalidValueError) as refused:
            proposed(**changed)

        assert refused.value.name == what


class TestRequire:
    def test_names_owner_target_and_day(self) -> None:
        assert required().agreed == ImprovementTerms(owner="bob", target=60.0, due=JUNE)

    def test_may_be_said_anew_before_it_is_carried_out(self) -> None:
        planned = required().plan("bob", NINE, plan="a second van")

        again = planned.require("eve", NINE, owner="lu", target=70, due=JUNE, note="bob left")

        assert again.agreed is not None
        assert (again.stage, again.agreed.owner) == (Stage.REQUIRED, "lu")
        with pytest.raises(TransitionError, match="is carried out and can become"):
            carried_out().require("eve", NINE, owner="lu", target=70, due=JUNE)

    @pytest.mark.parametrize(
        ("changed", "what"),
        [
            ({"owner": " "}, "owner"),
            ({"target": 50.0}, "target"),
            ({"target": 101}, "target"),
            ({"due": NINE}, "due"),
            ({"due": "June"}, "due"),
            ({"due": date(2020, 3, 2)}, "due"),
            ({"due": NINE.date() - timedelta(days=2)}, "due"),
        ],
    )
    def test_refuses_an_unfit_value_by_name(self, changed: dict[str, Any], what: str) -> None:
        terms: dict[str, Any] = {"owner": "bob", "target": 60, "due": JUNE, **changed}

        with pytest.raises(InvalidValueError) as refused:
            proposed().require("eve", NINE, **terms)

        assert refused.value.name == what

    def test_may_be_due_at_once(self) -> None:
        """Where it is required it may be the day before that of the clock."""
        for due in (NINE.date(), NINE.date() - timedelta(days=1)):
            terms = proposed().require("eve", NINE, owner="bob", target=60, due=due).agreed
            assert terms is not None
            assert terms.due == due


class TestVerify:
    def test_a_closed_gap_ends_it(self) -> None:
        done = carried_out().verify("ann", NINE, evidence=seen(GapResult.CLOSED), note="well done")

        assert (done.stage, done.result, done.is_over) == (Stage.VERIFIED, GapResult.CLOSED, True)
        assert done.trail[-1].note == "well done"

    @pytest.mark.parametrize(
        "result", [GapResult.NARROWED, GapResult.NOT_SHOWN, GapResult.WIDENED], ids=str
    )
    def test_a_gap_that_is_still_there_goes_back_to_the_plan(self, result: GapResult) -> None:
        back = carried_out().verify("ann", NINE, evidence=seen(result))

        assert (back.stage, back.result) == (Stage.PLANNED, result)
        again = back.carry_out("bob", NINE, done="a third van")
        closed = again.verify("ann", NINE, evidence=seen(GapResult.CLOSED))
        assert [check.result for check in closed.checks] == [result, GapResult.CLOSED]

    def test_is_by_the_target_that_holds_then(self) -> None:
        back = carried_out().verify("ann", NINE, evidence=seen(GapResult.NARROWED))

        lowered = back.require("eve", NINE, owner="bob", target=55, due=JUNE)

        assert [check.target for check in lowered.checks] == [60]
        assert lowered.checks[0].result is GapResult.NARROWED

    def test_needs_a_comparison(self) -> None:
        refusal = carried_out().explain(Stage.VERIFIED)

        assert refusal.missing == ("no comparison has shown that the gap is closed",)
        with pytest.raises(TransitionError, match="no comparison has shown that the gap is still"):
            carried_out().plan("bob", NINE, plan="another van")
        with pytest.raises(TransitionError, match="only what has been carried out can be checked"):
            required().verify("ann", NINE, evidence=seen(GapResult.CLOSED))
        with pytest.raises(InvalidValueError, match="evidence"):
            carried_out().verify("ann", NINE, evidence=0.01)  # type: ignore[arg-type]  # refused

    @pytest.mark.parametrize(
        ("changed", "what"),
        [
            ({"before": 40.0, "difference": 20.0, "high": 30.0}, "before"),
            ({"before": 50.1, "difference": 9.9}, "before"),
            # Those who answered twice may score otherwise, but within the interval.
            ({"before": 56.0, "difference": 4.0, "method": "paired-t"}, "before"),
            ({"n_before": 9}, "n_before"),
            ({"n_after": 2}, "n_after"),
        ],
    )
    def test_takes_no_numbers_of_another_gap(self, changed: dict[str, Any], what: str) -> None:
        with pytest.raises(InvalidValueError) as refused:
            carried_out().verify("ann", NINE, evidence=evidence(**changed))

        assert refused.value.name == what

    @pytest.mark.parametrize(
        "changed",
        [
            {"before": 50.04, "difference": 9.96},
            {"before": 54.0, "difference": 6.0, "method": "paired-t"},
        ],
    )
    def test_takes_a_rounded_score_and_that_of_those_who_answered_twice(
        self, changed: dict[str, Any]
    ) -> None:
        assert carried_out().verify("ann", NINE, evidence=evidence(**changed)).checks

    def test_takes_the_round_before_as_well_as_the_one_that_found_it(self) -> None:
        back = carried_out().verify("ann", NINE, evidence=seen(GapResult.NARROWED))
        again = back.carry_out("bob", NINE, done="a third van")

        since = evidence(before=58.0, after=65.0, difference=7.0, round="R-3")

        assert again.verify("ann", NINE, evidence=since).result is GapResult.CLOSED

    def test_may_be_told_to_take_fewer(self) -> None:
        few = evidence(n_after=8)

        assert carried_out().verify("ann", NINE, evidence=few, least=8).is_over

    def test_keeps_back_what_tables_keep_back(self) -> None:
        assert SMALL_GROUPS.suppress_below == LEAST_ANSWERS

    def test_takes_no_comparison_with_the_round_that_found_it(self) -> None:
        with pytest.raises(InvalidValueError, match="must not be the round in which the gap"):
            carried_out().verify("ann", NINE, evidence=evidence(round="R-1"))
        unkept = attrs.evolve(carried_out(), round=None)
        assert unkept.verify("ann", NINE, evidence=evidence()).is_over


class TestWords:
    @pytest.mark.parametrize("text", ["", "  ", None])
    def test_are_needed_where_something_was_done_or_given_up(self, text: str) -> None:
        planned = required().plan("bob", NINE, plan="a second van")

        with pytest.raises(InvalidValueError, match="plan is"):
            required().plan("bob", NINE, plan=text)
        with pytest.raises(InvalidValueError, match="done is"):
            planned.carry_out("bob", NINE, done=text)
        with pytest.raises(InvalidValueError, match="reason is"):
            planned.drop("eve", NINE, reason=text)


class TestTrail:
    def test_must_agree_with_terms_and_checks(self) -> None:
        done = carried_out().verify("ann", NINE, evidence=seen(GapResult.CLOSED))

        with pytest.raises(InvalidValueError, match="must be told exactly where it is required"):
            attrs.evolve(done, agreed=None)
        with pytest.raises(InvalidValueError, match="must be told exactly where it is required"):
            attrs.evolve(proposed(), agreed=required().agreed)
        with pytest.raises(InvalidValueError, match="must agree with the trail"):
            attrs.evolve(done, checks=())


class TestOverdue:
    def test_is_what_should_have_been_carried_out_the_longest_due_first(self) -> None:
        other = attrs.evolve(required().plan("bob", NINE, plan="a van"), id=ImprovementId("M-0"))
        earlier = proposed().require("eve", NINE, owner="bob", target=60, due=date(2026, 5, 1))
        every = [required(), other, attrs.evolve(earlier, id=ImprovementId("M-2")), proposed()]

        late = overdue_improvements([*every, carried_out()], on=JUNE + timedelta(days=1))

        assert [one.id for one in late] == ["M-2", "M-0", "M-1"]
        assert not required().is_overdue(JUNE)

    @pytest.mark.parametrize("on", [NINE, "today"])
    def test_is_asked_of_a_day(self, on: Any) -> None:
        with pytest.raises(InvalidValueError, match="must be a date without a time of day"):
            required().is_overdue(on)
        with pytest.raises(InvalidValueError, match="must be a date without a time of day"):
            overdue_improvements([], on=on)


class TestRestore:
    def test_brings_back_what_was_said_and_required(self) -> None:
        before = required()
        after = attrs.evolve(
            before.require("eve", NINE, owner="lu", target=80, due=JUNE), about="vans"
        )

        restored = after.restore("ann", NINE, earlier=before)

        assert (restored.about, restored.agreed) == ("", before.agreed)
        assert restored.trail == after.trail
        assert after.restore("ann", NINE, earlier=proposed()).agreed == after.agreed
        with pytest.raises(InvalidValueError, match="must be a version of 'M-1'"):
            after.restore("ann", NINE, earlier=attrs.evolve(before, id=ImprovementId("M-9")))


Verb = Callable[[Improvement, datetime], Improvement]


def verify_by(result: GapResult) -> Verb:
    return lambda one, at: one.verify("ann", at, evidence=seen(result))


VERBS: Final[dict[str, tuple[Verb, dict[str, str]]]] = {
    "require": (
        lambda one, at: one.require("eve", at, owner="bob", target=60.0, due=JUNE),
        dict.fromkeys(("proposed", "required", "planned"), "required"),
    ),
    "plan": (
        lambda one, at: one.plan("bob", at, plan="a van"),
        dict.fromkeys(("required", "planned"), "planned"),
    ),
    "carry_out": (
        lambda one, at: one.carry_out("bob", at, done="a van"),
        {"planned": "carried_out"},
    ),
    "drop": (
        lambda one, at: one.drop("eve", at, reason="too dear"),
        dict.fromkeys(("proposed", "required", "planned", "carried_out"), "dropped"),
    ),
    **{
        f"verify {result.value}": (
            verify_by(result),
            {"carried_out": "verified" if result is GapResult.CLOSED else "planned"},
        )
        for result in GapResult
    },
}
"""Each verb with the stages it may be used in, and where it leads."""


class ImprovementMachine(RuleBasedStateMachine):
    """Any verb at any time is allowed by the table, or refused."""

    @initialize(steps=st.integers(0, 3))
    def propose(self, steps: int) -> None:
        self.one, self.now = proposed(), NINE
        for verb in ("require", "plan", "carry_out")[:steps]:
            self.act(verb, 1)

    @rule(verb=st.sampled_from(sorted(VERBS)), hours=st.integers(0, 48))
    def act(self, verb: str, hours: int) -> None:
        self.now += timedelta(hours=hours)
        act, from_ = VERBS[verb]
        if self.one.stage.value in from_:
            to = from_[self.one.stage.value]
            self.one = act(self.one, self.now)
            assert self.one.stage.value == to

    @invariant()
    def every_act_does_what_we_say(self) -> None:
        """Records are immutable: each act can be tried in each state."""
        for act, from_ in VERBS.values():
            if self.one.stage.value in from_:
                assert act(self.one, self.now).stage.value == from_[self.one.stage.value]
                continue
            with pytest.raises(TransitionError) as refused:
                act(self.one, self.now)
            assert refused.value.explain().sentence("zh")

    @invariant()
    def goes_by_the_table(self) -> None:
        stages = [step.stage for step in self.one.trail]
        assert all(after in IMPROVEMENT_WORKFLOW.allowed(one) for one, after in pairwise(stages))

    @invariant()
    def is_verified_only_by_a_closed_gap(self) -> None:
        closed = [check.result is GapResult.CLOSED for check in self.one.checks]
        assert any(closed) is (self.one.stage is Stage.VERIFIED)

    @rule()
    def store_and_read(self) -> None:
        stored = IMPROVEMENT_CODEC.encode_exactly(self.one)
        assert IMPROVEMENT_CODEC.decode(stored, 1) == self.one


TestImprovementMachine = ImprovementMachine.TestCase
