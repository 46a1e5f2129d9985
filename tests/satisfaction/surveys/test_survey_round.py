"""Rounds: one survey, from its draft until it is closed."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final

import attrs
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from crmkit.errors import InvalidCellsError, InvalidValueError, TransitionError
from crmkit.kernel import Compare, Text
from crmkit.satisfaction import (
    DEALERS,
    SEA_LION,
    SURVEY_ROUND_CODEC,
    SURVEY_WORKFLOW,
    CareRule,
    ContactRule,
    Invitation,
    Item,
    ItemKind,
    LowScoreRule,
    Survey,
    SurveyRound,
    SurveyRoundId,
    SurveyStage as Stage,
)
from crmkit.testing import NINE


HOUR: Final = timedelta(hours=1)
LOW: Final = LowScoreRule(name="low score", when=Compare("score", "<", 40))
FULL: Final = Survey.of(
    "full",
    2,
    [
        Item("speed", dimension="delivery", text=Text("How fast?", "多快？"), weight=0.1),
        Item("price", text="Price?", reverse=True),
        Item(
            "why",
            kind=ItemKind.MULTIPLE,
            choices=("late", "rude"),
            asked_if=Compare("speed", "<=", 2),
        ),
        Item("words", kind=ItemKind.COMMENT),
    ],
    min_answered=0.75,
    dimension_weights={"delivery": 2},
    segment_weights={"hotel": {"speed": 3, "delivery": 0.5}},
    title=Text("Full", "完整"),
)

Verb = Callable[[SurveyRound, datetime], object]

VERBS: Final[dict[str, tuple[Verb, set[Stage], Stage | None]]] = {
    "revise": (
        lambda one, at: one.revise("ann", at, purpose=f"{at:%H:%M}"),
        {Stage.DRAFTED},
        Stage.DRAFTED,
    ),
    "publish": (lambda one, at: one.publish("ann", at), {Stage.DRAFTED}, Stage.PUBLISHED),
    "close": (lambda one, at: one.close("ann", at), {Stage.PUBLISHED}, Stage.CLOSED),
    "drop": (lambda one, at: one.drop("ann", at), {Stage.DRAFTED}, Stage.DROPPED),
    "invite": (
        lambda one, at: one.invite("I-1", "ann", at, customer="C-7"),
        {Stage.PUBLISHED},
        None,
    ),
    "collect": (
        lambda one, at: one.collect("A-1", "ann", at, cells={"price": 4}),
        {Stage.PUBLISHED},
        None,
    ),
}
"""What each act does, from where it may, and where it leads; None where it leads nowhere."""


def drafted(**told: Any) -> SurveyRound:
    return SurveyRound.draft("R-1", "ann", NINE, **{"survey": SEA_LION, **told})


class TestDraft:
    @pytest.mark.parametrize(
        ("changed", "what"),
        [
            ({"survey": "sea_lion"}, "survey"),
            ({"contact": timedelta(days=90)}, "contact"),
            ({"low_scores": ("low",)}, "low_scores"),
            ({"care": None}, "care"),
            ({"low_scores": (attrs.evolve(LOW, when=Compare("scor", "<", 40)),)}, "when"),
        ],
    )
    def test_refuses_an_unfit_value_by_name(self, changed: dict[str, Any], what: str) -> None:
        with pytest.raises(InvalidValueError) as refused:
            drafted(**changed)

        assert refused.value.name == what

    def test_is_told_in_both_languages(self) -> None:
        assert (str(drafted()), drafted().label("zh")) == ("survey round R-1", "调查R-1")
        assert drafted().publish("ann", NINE).explain(Stage.CLOSED).verdict


class TestRevise:
    def test_changes_what_is_told_and_leaves_the_rest(self) -> None:
        contact, care = ContactRule(at_most=2), CareRule(min_items=4)

        revised = drafted(purpose="yearly").revise(
            "bob", NINE, survey=DEALERS, contact=contact, low_scores=[LOW], care=care
        )

        assert (revised.survey, revised.purpose) == (DEALERS, "yearly")
        assert (revised.contact, revised.low_scores, revised.care) == (contact, (LOW,), care)

    def test_what_customers_have_seen_stays(self) -> None:
        published = drafted().publish("ann", NINE)

        with pytest.raises(TransitionError, match="customers have seen it: draft another round"):
            published.revise("ann", NINE, survey=DEALERS)


class TestRestore:
    def test_puts_back_an_earlier_draft(self) -> None:
        before = drafted(purpose="yearly")
        after = before.revise("ann", NINE, survey=DEALERS, purpose="dealers", low_scores=[LOW])

        assert after.restore("bob", NINE, earlier=before) == before
        with pytest.raises(TransitionError):
            after.publish("ann", NINE).restore("bob", NINE, earlier=before)
        with pytest.raises(InvalidValueError, match="must be a version of 'R-1'"):
            after.restore("bob", NINE, earlier=attrs.evolve(before, id=SurveyRoundId("R-2")))


class TestInvite:
    def test_refuses_a_segment_that_the_survey_does_not_name(self) -> None:
        weights = {"hotel": {"price": 2}}
        survey = Survey.of("yearly", 1, SEA_LION.items, segment_weights=weights)
        open_ = drafted(survey=survey).publish("ann", NINE)

        with pytest.raises(InvalidValueError, match="did you mean 'hotel'"):
            open_.invite("I-1", "ann", NINE, customer="C-7", segment="hotels")


class TestCollect:
    def test_answers_are_of_the_round_and_of_whom_was_invited(self) -> None:
        open_ = drafted().publish("ann", NINE)
        asked = open_.invite("I-1", "ann", NINE, customer="C-7", case="K-1", segment="hotel")

        said = open_.collect("A-1", "ann", NINE, cells={"price": 2}, invitation=asked, seconds=9)

        assert (said.round, said.customer, said.case, said.segment) == (
            "R-1",
            "C-7",
            "K-1",
            "hotel",
        )
        assert open_.opens(said, open_.survey.score(said)).verdict is None

    def test_may_come_from_somebody_who_was_not_invited(self) -> None:
        open_ = drafted(low_scores=(LOW,)).publish("ann", NINE)
        cells = {"price": 1, "delivery": 1}

        said = open_.collect("A-1", "ann", NINE, cells=cells, customer="C-8", occasion="order 9")

        assert (said.customer, said.occasion) == ("C-8", "order 9")
        assert open_.opens(said, open_.survey.score(said)).verdict == "complaint"

    def test_refuses_bad_cells_and_invitations_of_other_rounds(self) -> None:
        open_ = drafted().publish("ann", NINE)
        other = Invitation.send("I-1", "ann", NINE, round="R-2", customer="C-7")

        with pytest.raises(InvalidCellsError):
            open_.collect("A-1", "ann", NINE, cells={"price": 9})
        with pytest.raises(InvalidValueError, match="must be of round 'R-1'"):
            open_.collect("A-1", "ann", NINE, cells={}, invitation=other)


class SurveyRoundMachine(RuleBasedStateMachine):
    """Any act at any time is allowed by the table, or refused."""

    @initialize(survey=st.sampled_from((SEA_LION, FULL)))
    def draft(self, survey: Survey) -> None:
        self.round = drafted(survey=survey, low_scores=[LOW])
        self.now = NINE

    @rule(verb=st.sampled_from(("revise", "publish", "close", "drop")), wait=st.integers(0, 3))
    def act(self, verb: str, wait: int) -> None:
        self.now += wait * HOUR
        act, from_, _ = VERBS[verb]
        if self.round.stage in from_:
            after = act(self.round, self.now)
            assert isinstance(after, SurveyRound)
            self.round = after

    @invariant()
    def every_act_does_what_we_say(self) -> None:
        """Records are immutable: each act can be tried in each state."""
        for act, from_, to in VERBS.values():
            if self.round.stage in from_:
                after = act(self.round, self.now)
                assert to is None or (isinstance(after, SurveyRound) and after.stage is to)
                continue
            with pytest.raises(TransitionError) as refused:
                act(self.round, self.now)
            assert refused.value.explain().sentence("zh")

    @invariant()
    def goes_by_the_table(self) -> None:
        stages = [step.stage for step in self.round.trail]
        assert all(after in SURVEY_WORKFLOW.allowed(one) for one, after in pairwise(stages))

    @rule()
    def store_and_read(self) -> None:
        stored = SURVEY_ROUND_CODEC.encode_exactly(self.round)
        assert SURVEY_ROUND_CODEC.decode(stored, 1) == self.round


TestSurveyRoundMachine = SurveyRoundMachine.TestCase
