"""What may happen in any case: rules that the stateful tests of every kind of case share."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from crmkit.cases import Case, Impact, Priority, Severity, StateGroup, state_of
from crmkit.errors import InvalidValueError, TransitionError
from crmkit.kernel import Explanation, Party
from crmkit.testing import NINE


MINUTES = st.integers(0, 600)
WAITED_FOR = {
    "customer": StateGroup.WAITING_CUSTOMER,
    "third_party": StateGroup.WAITING_THIRD_PARTY,
}


class CaseMachine(RuleBasedStateMachine):
    """Any act at any time is allowed by the tables, or refused; a subclass brings the case."""

    case: Case[Any]
    now: datetime = NINE

    def later(self, minutes: int) -> datetime:
        self.now += timedelta(minutes=minutes)
        return self.now

    def done(self, verb: str, at: datetime, by: str = "ann", **told: object) -> Any:
        """Return the case after a verb; a subclass may have it done by a desk."""
        return getattr(self.case, verb)(by, at, **told)

    @rule(party=st.sampled_from(sorted(WAITED_FOR)), minutes=MINUTES)
    def wait(self, party: str, minutes: int) -> None:
        before, at = self.case, self.later(minutes)
        is_worked_on = before.workflow.groups[before.stage] is StateGroup.OPEN
        if is_worked_on and before.state is not WAITED_FOR[party]:
            self.case = self.done("wait", at, party=party)
            assert self.case.state is WAITED_FOR[party]
            assert self.case.stage is before.stage
            assert self.case.trail[:-1] == before.trail
        else:
            with pytest.raises(TransitionError) as refused:
                self.done("wait", at, party=party)
            why = refused.value.explain()
            assert isinstance(why, Explanation)
            assert why.verdict is False
            assert before.label("zh") in why.sentence("zh")

    @rule(minutes=MINUTES)
    def resume(self, minutes: int) -> None:
        before, at = self.case, self.later(minutes)
        if before.trail[-1].awaits is None:
            with pytest.raises(TransitionError, match="it waits for nobody"):
                self.done("resume", at)
        else:
            self.case = self.done("resume", at)
            assert self.case.state is StateGroup.OPEN
            assert self.case.stage is before.stage

    @rule(
        minutes=MINUTES,
        party=st.sampled_from(list(Party)),
        public=st.booleans(),
    )
    def say(self, minutes: int, party: Party, public: bool) -> None:
        before, at = self.case, self.later(minutes)
        if party is not Party.STAFF:
            self.case = self.done("hear", at, text="well?", party=party)
        elif public:
            self.case = self.done("reply", at, text="soon")
        else:
            self.case = self.done("comment", at, text="he rang")
        said = self.case.messages[-1]
        assert self.case.messages[:-1] == before.messages
        assert (said.at, said.party) == (at, party)
        assert said.public is (public or party is not Party.STAFF)
        assert self.case.trail == before.trail

    @rule(minutes=MINUTES, owner=st.sampled_from(["ann", "bob", None]))
    def assign(self, minutes: int, owner: str | None) -> None:
        self.case = self.done("assign", self.later(minutes), owner=owner)
        assert self.case.owner == owner

    @rule(
        minutes=MINUTES,
        severity=st.sampled_from([None, *Severity]),
        impact=st.sampled_from([None, *Impact]),
        priority=st.sampled_from([None, *Priority]),
    )
    def prioritise(
        self,
        minutes: int,
        severity: Severity | None,
        impact: Impact | None,
        priority: Priority | None,
    ) -> None:
        before, at = self.case, self.later(minutes)
        if (severity, impact, priority) == (None, None, None):
            with pytest.raises(InvalidValueError, match="one of them at least"):
                self.done("prioritise", at)
            return
        self.case = self.done("prioritise", at, severity=severity, impact=impact, priority=priority)
        assert self.case.gradings[:-1] == before.gradings
        assert self.case.severity is (severity or before.severity)
        assert self.case.impact is (impact or before.impact)
        assert self.case.priority is (priority or before.priority)

    @rule(minutes=MINUTES, name=st.sampled_from(["on_site", "root_cause"]))
    def reach(self, minutes: int, name: str) -> None:
        self.case = self.done("reach", self.later(minutes), "bob", milestone=name)
        assert (self.case.milestones[-1].name, self.case.milestones[-1].at) == (name, self.now)

    @rule(minutes=MINUTES, who=st.sampled_from(["S-1", "S-2"]))
    def involve(self, minutes: int, who: str) -> None:
        before, at = self.case, self.later(minutes)
        if any(other.id == who for other in before.participants):
            with pytest.raises(InvalidValueError, match="takes part as supplier already"):
                self.done("involve", at, id=who, role="supplier")
        else:
            self.case = self.done("involve", at, id=who, role="supplier")
            assert self.case.participants[-1].id == who

    @invariant()
    def the_conversation_is_in_the_order_of_time(self) -> None:
        times = [said.at for said in self.case.conversation]
        assert times == sorted(times)
        assert set(self.case.messages) <= set(self.case.conversation)

    @invariant()
    def its_facts_of_now_are_its_facts(self) -> None:
        assert self.case.facts_at(self.now) == self.case.facts
        assert self.case.facts["state"] is state_of(self.case.workflow, self.case.trail[-1])
