"""The emergency of a major complaint."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

import attrs
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from crmkit.cases import StateGroup
from crmkit.complaints import (
    EMERGENCY_CODEC,
    EMERGENCY_ROLES,
    EMERGENCY_WORKFLOW,
    ComplaintId,
    Emergency,
    EmergencyStage as Stage,
)
from crmkit.errors import InvalidValueError, TransitionError
from crmkit.testing import NINE


HOUR: Final = timedelta(hours=1)


def called() -> Emergency:
    return Emergency.call("E-1", "ann", NINE, complaint="K-1", about="motor on fire")


def staffed() -> Emergency:
    emergency = called()
    for role in EMERGENCY_ROLES:
        emergency = emergency.join("ann", NINE, who=f"{role} lead", role=role)
    return emergency


class TestCall:
    def test_asks_for_the_four_departments(self) -> None:
        assert called().open_roles == EMERGENCY_ROLES
        assert called().facts == {
            "stage": Stage.CALLED,
            "state": StateGroup.OPEN,
            "complaint": "K-1",
            "open_roles": 4,
        }

    def test_takes_roles_of_a_companys_own(self) -> None:
        emergency = Emergency.call(
            "E-1", "ann", NINE, complaint="K-1", about="fire", roles=("quality", "fire brigade")
        )

        assert emergency.explain(Stage.CONVENED).missing == (
            "nobody is there for quality, fire brigade",
        )

    @pytest.mark.parametrize("roles", [(), ("quality", "quality"), "quality", (" ",)])
    def test_refuses_roles_that_are_none(self, roles: tuple[str, ...]) -> None:
        with pytest.raises(InvalidValueError, match="role"):
            Emergency.call("E-1", "ann", NINE, complaint="K-1", about="fire", roles=roles)

    def test_names_its_complaint(self) -> None:
        with pytest.raises(InvalidValueError, match="complaint is ''"):
            Emergency.call("E-1", "ann", NINE, complaint="", about="fire")


class TestTeam:
    def test_is_not_convened_while_a_role_is_open(self) -> None:
        emergency = staffed().leave("ann", NINE, who="workshop lead", role="workshop")

        with pytest.raises(TransitionError, match="nobody is there for workshop") as refused:
            emergency.convene("ann", NINE)

        assert refused.value.explain().sentence("zh") == (
            "应急响应E-1目前为“已召集”，尚不能转为“已会商”：车间尚无人员"
        )

    def test_refuses_whoever_is_there_or_is_not(self) -> None:
        with pytest.raises(InvalidValueError, match="as quality already"):
            staffed().join("ann", NINE, who="quality lead", role="quality")
        with pytest.raises(InvalidValueError, match="is not there as lead"):
            staffed().leave("ann", NINE, who="bob", role="lead")

    def test_is_no_more_after_the_end(self) -> None:
        over = called().call_off("ann", NINE, reason="smoke was steam")

        with pytest.raises(TransitionError, match="it is over"):
            over.join("ann", NINE, who="bob", role="quality")


class TestWay:
    def test_leads_from_the_call_to_standing_down(self) -> None:
        emergency = staffed().convene("ann", NINE + HOUR)
        emergency = emergency.contain("bob", NINE + 3 * HOUR, containment="line stopped")
        emergency = emergency.stand_down("ann", NINE + 50 * HOUR)

        assert emergency.state is StateGroup.CLOSED
        assert emergency.time_in(Stage.CALLED) == HOUR
        assert emergency.days_open(NINE + 500 * HOUR) == 2

    def test_leads_back_when_it_flares_up_again(self) -> None:
        emergency = staffed().convene("ann", NINE).contain("bob", NINE, containment="line stopped")

        assert emergency.convene("ann", NINE + HOUR).stage is Stage.CONVENED

    def test_ends_at_once_when_it_was_none(self) -> None:
        over = called().call_off("ann", NINE, reason="smoke was steam")

        assert over.state is StateGroup.CANCELLED
        assert over.trail[-1].note == "smoke was steam"

    def test_asks_for_words(self) -> None:
        with pytest.raises(InvalidValueError, match="reason"):
            called().call_off("ann", NINE, reason=" ")
        with pytest.raises(InvalidValueError, match="containment"):
            staffed().convene("ann", NINE).contain("bob", NINE, containment="")


class TestRestore:
    def test_brings_back_what_was_said(self) -> None:
        earlier = attrs.evolve(called(), about="smoke", complaint=ComplaintId("K-2"))

        restored = staffed().restore("ann", NINE, earlier=earlier)

        assert restored == attrs.evolve(staffed(), about="smoke", complaint=ComplaintId("K-2"))


Verb = Callable[[Emergency, datetime], Emergency]

VERBS: Final[dict[str, tuple[Verb, dict[str, str]]]] = {
    "convene": (
        lambda one, at: one.convene("ann", at),
        {"called": "convened", "contained": "convened"},
    ),
    "contain": (
        lambda one, at: one.contain("ann", at, containment="stopped"),
        {"convened": "contained"},
    ),
    "stand_down": (lambda one, at: one.stand_down("ann", at), {"contained": "stood_down"}),
    "call_off": (
        lambda one, at: one.call_off("ann", at, reason="none"),
        {"called": "called_off", "convened": "called_off"},
    ),
}
"""Each verb with the stages it may be used in, and where it leads."""

OVER: Final = ("stood_down", "called_off")


class EmergencyMachine(RuleBasedStateMachine):
    """Any verb at any time is allowed by the table, or refused."""

    @initialize(
        there=st.sets(st.sampled_from(EMERGENCY_ROLES), min_size=2),
        verbs=st.sampled_from((0, 1, 2, 2, 3)),
    )
    def call(self, there: set[str], verbs: int) -> None:
        self.emergency = called()
        self.now = NINE
        self.there: set[str] = set()
        self.versions = [self.emergency]
        for role in sorted(there):
            self.come_or_go(role)
        if verbs:
            self.fill_every_role()
        for verb in ("convene", "contain", "stand_down")[:verbs]:
            self.act(verb)

    def may(self, verb: str) -> bool:
        complete = self.there == set(EMERGENCY_ROLES)
        ready = complete or verb in ("stand_down", "call_off")
        return ready and self.emergency.stage.value in VERBS[verb][1]

    @rule(pick=st.integers(0, 59), is_called_off=st.sampled_from((*(False,) * 7, True)))
    def go_on(self, pick: int, is_called_off: bool) -> None:
        """What may not be done is tried in every state."""
        ready = [verb for verb in VERBS if self.may(verb) and (verb == "call_off") is is_called_off]
        if ready:
            self.act(ready[pick % len(ready)])

    def act(self, verb: str) -> None:
        self.now += HOUR
        self.emergency = VERBS[verb][0](self.emergency, self.now)
        self.versions.append(self.emergency)

    @rule()
    def fill_every_role(self) -> None:
        if self.emergency.stage.value not in OVER:
            for role in sorted(set(EMERGENCY_ROLES) - self.there):
                self.come_or_go(role)

    @invariant()
    def every_verb_does_what_we_say(self) -> None:
        """Records are immutable: each verb can be tried in each state."""
        for verb, (act, from_) in VERBS.items():
            if self.may(verb):
                after = act(self.emergency, self.now)
                assert after.stage.value == from_[self.emergency.stage.value]
                continue
            with pytest.raises(TransitionError) as refused:
                act(self.emergency, self.now)
            assert refused.value.explain().sentence("zh")

    @rule(role=st.sampled_from(EMERGENCY_ROLES))
    def try_to_come_or_go(self, role: str) -> None:
        self.come_or_go(role)

    def come_or_go(self, role: str) -> None:
        over = self.emergency.stage.value in OVER
        act = self.emergency.leave if role in self.there else self.emergency.join
        if over:
            with pytest.raises(TransitionError):
                act("ann", self.now, who="bob", role=role)
        else:
            self.emergency = act("ann", self.now, who="bob", role=role)
            self.there ^= {role}

    @rule()
    def store_and_read(self) -> None:
        stored = EMERGENCY_CODEC.encode_exactly(self.emergency)
        assert EMERGENCY_CODEC.decode(stored, 1) == self.emergency

    @invariant()
    def knows_who_is_missing(self) -> None:
        assert set(self.emergency.open_roles) == set(EMERGENCY_ROLES) - self.there

    @invariant()
    def goes_by_the_table(self) -> None:
        stages = [step.stage for step in self.emergency.trail]
        assert all(after in EMERGENCY_WORKFLOW.allowed(one) for one, after in pairwise(stages))

    @rule(lines=st.integers(1, 20))
    def read_the_trail_up_to_a_line(self, lines: int) -> None:
        """Any prefix of the trail is what then was; who was there, the versions tell."""
        version = self.versions[min(lines, len(self.versions)) - 1]
        trail = self.emergency.trail[: len(version.trail)]
        assert attrs.evolve(self.emergency, trail=trail, team=version.team) == version


TestEmergencyMachine = EmergencyMachine.TestCase
