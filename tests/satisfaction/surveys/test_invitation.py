"""Invitations: one customer asked once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final

import attrs
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from crmkit.errors import InvalidValueError, TransitionError
from crmkit.satisfaction import (
    INVITATION_CODEC,
    INVITATION_WORKFLOW,
    AnswersId,
    Invitation,
    InvitationId,
    InvitationStage as Stage,
)
from crmkit.testing import NINE


HOUR: Final = timedelta(hours=1)

Verb = Callable[[Invitation, datetime], Invitation]

VERBS: Final[dict[str, tuple[Verb, Stage, set[Stage]]]] = {
    "remind": (
        lambda one, at: one.remind("ann", at, note="by letter"),
        Stage.REMINDED,
        {Stage.INVITED, Stage.REMINDED},
    ),
    "answer": (
        lambda one, at: one.answer("ann", at, answers="A-1"),
        Stage.ANSWERED,
        {Stage.INVITED, Stage.REMINDED, Stage.EXPIRED},
    ),
    "decline": (
        lambda one, at: one.decline("ann", at),
        Stage.DECLINED,
        {Stage.INVITED, Stage.REMINDED},
    ),
    "miss": (
        lambda one, at: one.miss("ann", at),
        Stage.UNREACHABLE,
        {Stage.INVITED, Stage.REMINDED},
    ),
    "expire": (
        lambda one, at: one.expire("ann", at),
        Stage.EXPIRED,
        {Stage.INVITED, Stage.REMINDED},
    ),
}
"""What each verb does, where it leads, and from where it may."""


def invited(**told: Any) -> Invitation:
    given = {"round": "R-1", "customer": "C-7", **told}
    return Invitation.send("I-1", "ann", NINE, **given)


class TestSend:
    @pytest.mark.parametrize(
        ("changed", "what"),
        [
            ({"round": ""}, "round"),
            ({"customer": " "}, "customer"),
            ({"occasion": ""}, "occasion"),
            ({"case": ""}, "case"),
            ({"segment": " "}, "segment"),
        ],
    )
    def test_refuses_an_unfit_value_by_name(self, changed: dict[str, str], what: str) -> None:
        with pytest.raises(InvalidValueError) as refused:
            invited(**changed)

        assert refused.value.name == what

    def test_is_told_in_both_languages(self) -> None:
        assert (str(invited()), invited().label("zh")) == ("invitation I-1", "邀请I-1")
        assert invited().invited_at == NINE


class TestAnswer:
    def test_names_the_answers(self) -> None:
        answered = invited().answer("ann", NINE, answers="A-1")

        assert answered.answers == "A-1"
        with pytest.raises(InvalidValueError, match="exactly where he has answered"):
            attrs.evolve(invited(), answers=AnswersId("A-1"))
        with pytest.raises(InvalidValueError, match="answers is ''"):
            invited().answer("ann", NINE, answers="")


class TestTold:
    def test_fills_in_what_was_not_said(self) -> None:
        asked = invited(occasion="repair S-1", case="K-1", segment="hotel")
        given = {"customer": None, "occasion": None, "case": None, "segment": "laundry"}

        assert asked.told(given, round="R-1") == {
            "customer": "C-7",
            "occasion": "repair S-1",
            "case": "K-1",
            "segment": "laundry",
        }

    def test_refuses_another_round_and_another_customer(self) -> None:
        given = {"customer": "C-8", "occasion": None, "case": None, "segment": None}

        with pytest.raises(InvalidValueError, match="must be 'C-7', who was invited"):
            invited().told(given, round="R-1")
        with pytest.raises(InvalidValueError, match="must be of round 'R-2'"):
            invited().told(given, round="R-2")


class TestRestore:
    def test_takes_back_what_it_is_about_and_leaves_the_trail(self) -> None:
        before = invited(occasion="repair S-1", segment="hotel")
        after = attrs.evolve(before, occasion="order 9").decline("ann", NINE)

        restored = after.restore("bob", NINE, earlier=before)

        assert (restored.occasion, restored.stage) == ("repair S-1", Stage.DECLINED)
        with pytest.raises(InvalidValueError, match="must be a version of 'I-1'"):
            after.restore("bob", NINE, earlier=attrs.evolve(before, id=InvitationId("I-2")))


class InvitationMachine(RuleBasedStateMachine):
    """Any verb at any time is allowed by the table, or refused."""

    @initialize()
    def send(self) -> None:
        self.invitation = invited()
        self.now = NINE
        self.reminders = 0

    @rule(verb=st.sampled_from(sorted(VERBS)), wait=st.integers(0, 3))
    def act(self, verb: str, wait: int) -> None:
        self.now += wait * HOUR
        act, _, from_ = VERBS[verb]
        if self.invitation.stage in from_:
            self.invitation = act(self.invitation, self.now)
            self.reminders += verb == "remind"

    @invariant()
    def every_verb_does_what_we_say(self) -> None:
        """Records are immutable: each verb can be tried in each state."""
        for act, to, from_ in VERBS.values():
            if self.invitation.stage in from_:
                assert act(self.invitation, self.now).stage is to
                assert self.invitation.explain(to).verdict
                continue
            with pytest.raises(TransitionError) as refused:
                act(self.invitation, self.now)
            assert refused.value.explain().sentence("zh")
            assert not self.invitation.explain(to).verdict

    @invariant()
    def goes_by_the_table(self) -> None:
        stages = [step.stage for step in self.invitation.trail]
        assert all(after in INVITATION_WORKFLOW.allowed(one) for one, after in pairwise(stages))
        assert self.invitation.reminders == self.reminders
        assert (self.invitation.answers is None) == (Stage.ANSWERED not in stages)

    @rule()
    def store_and_read(self) -> None:
        stored = INVITATION_CODEC.encode_exactly(self.invitation)
        assert INVITATION_CODEC.decode(stored, 1) == self.invitation


TestInvitationMachine = InvitationMachine.TestCase
