"""Every verb of a complaint at any time, in any order."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TypeAlias

import attrs
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from crmkit.cases import ITIL_3X3, StateGroup
from crmkit.complaints import COMPLAINT_CODEC, EXAMPLE_ROUTING, WORKFLOW, Complaint, Stage
from crmkit.errors import TransitionError
from crmkit.kernel import Explanation
from crmkit.testing import NINE, a_complaint

from ..cases.acts import MINUTES, CaseMachine


Act: TypeAlias = Callable[[Complaint, datetime], Complaint]

MOVES: dict[Stage, Act] = {
    Stage.ACKNOWLEDGED: lambda case, at: case.acknowledge("ann", at),
    Stage.ASSESSED: lambda case, at: case.assess(
        "ann", at, impact="single", urgency="soon", safety=False, matrix=ITIL_3X3
    ),
    Stage.ROUTED: lambda case, at: case.route("ann", at, routing=EXAMPLE_ROUTING),
    Stage.INVESTIGATED: lambda case, at: case.investigate("bob", at, cause="seal"),
    Stage.RESPONDED: lambda case, at: case.respond("bob", at),
    Stage.COMMUNICATED: lambda case, at: case.communicate("bob", at),
    Stage.CLOSED: lambda case, at: case.close("ann", at),
    Stage.ESCALATED: lambda case, at: case.escalate("ann", at),
    Stage.REFERRED: lambda case, at: case.refer("ann", at, body="court"),
    Stage.WITHDRAWN: lambda case, at: case.withdraw("ann", at),
    Stage.REOPENED: lambda case, at: case.reopen("ann", at),
    Stage.DUPLICATE: lambda case, at: case.mark_duplicate("ann", at, of="K-0"),
}
"""What we may do ourselves, by the stage to which it leads."""

ENDED = (Stage.CLOSED, Stage.WITHDRAWN, Stage.DUPLICATE)
ANSWERED = (Stage.RESPONDED, Stage.COMMUNICATED)


class ComplaintMachine(CaseMachine):
    """Any verb at any time is allowed by the table, or refused; those of every case too.

    What is outstanding the machine remembers by itself, to hold every closing against it.
    """

    case: Complaint

    @initialize()
    def receive(self) -> None:
        self.case = a_complaint()
        self.now = NINE
        self.owed = 0
        self.awaited: set[str] = set()
        self.tries = 0
        self.heard: list[str] = []
        self.is_accepted = self.is_settled = False
        self.seen: dict[int, tuple[Stage, StateGroup]] = {}

    def moved(self, after: Complaint) -> None:
        """Hold a move against the table, and a closing against what is outstanding."""
        before, self.case = self.case, after
        assert after.trail[:-1] == before.trail
        assert after.stage in WORKFLOW.allowed(before.stage)
        if after.stage is Stage.CLOSED:
            assert self.owed == 0
            assert not self.awaited
            if before.stage is Stage.REFERRED:
                assert self.is_settled
            else:
                calls_settle = "satisfied" in self.heard or 0 < self.tries <= len(self.heard)
                assert self.is_accepted or calls_settle
                assert calls_settle or not self.tries
        if after.stage in (Stage.INVESTIGATED, Stage.REOPENED):
            self.heard, self.is_accepted = [], False
        if after.stage is Stage.INVESTIGATED and before.stage in ANSWERED:
            self.owed = 0
        if after.stage is Stage.REFERRED:
            self.is_settled = False

    def refuse(self, act: Act, at: datetime) -> None:
        """Hold that an act is refused, in both languages, and changes nothing."""
        with pytest.raises(TransitionError) as refused:
            act(self.case, at)
        why = refused.value.explain()
        assert isinstance(why, Explanation)
        assert why.verdict is False
        assert self.case.label("zh") in why.sentence("zh")

    def do_if(self, is_allowed: bool, act: Act, minutes: int) -> bool:
        """Do what moves nothing, or see it refused."""
        at = self.later(minutes)
        if not is_allowed:
            self.refuse(act, at)
            return False
        after = act(self.case, at)
        assert after.trail == self.case.trail
        self.case = after
        return True

    @rule(to=st.sampled_from(list(MOVES)), minutes=MINUTES)
    def move(self, to: Stage, minutes: int) -> None:
        before, at = self.case, self.later(minutes)
        if before.stage is to is Stage.ROUTED:
            self.case = before.route("ann", at, department="sales")
            assert len(self.case.routes) == len(before.routes) + 1
        elif before.explain(to).verdict:
            self.moved(MOVES[to](before, at))
            assert self.case.stage is to
        else:
            self.refuse(MOVES[to], at)

    @rule(minutes=MINUTES, remedies=st.lists(st.sampled_from(["refund", "apology"]), max_size=2))
    def respond(self, minutes: int, remedies: list[str]) -> None:
        at = self.later(minutes)
        if self.case.explain(Stage.RESPONDED).verdict:
            self.moved(self.case.respond("bob", at, remedies=remedies))
            self.owed += len(remedies)

    @rule(minutes=MINUTES)
    def accept(self, minutes: int) -> None:
        at = self.later(minutes)
        if self.case.stage in ANSWERED:
            self.is_accepted = True
            self.moved(self.case.accept("ann", at))
        else:
            self.refuse(lambda case, at: case.accept("ann", at), at)

    @rule(minutes=MINUTES)
    def reject(self, minutes: int) -> None:
        at = self.later(minutes)
        if self.case.stage in ANSWERED:
            self.moved(self.case.reject("ann", at))
            assert self.case.stage is Stage.INVESTIGATED
        else:
            self.refuse(lambda case, at: case.reject("ann", at), at)

    @rule(minutes=MINUTES, outcome=st.sampled_from(["satisfied", "not_satisfied", "unreachable"]))
    def follow_up(self, minutes: int, outcome: str) -> None:
        before, at = self.case, self.later(minutes)
        if before.stage not in (*ANSWERED, Stage.ACCEPTED, Stage.CLOSED):
            self.refuse(lambda case, at: case.follow_up("eva", at, outcome=outcome), at)
            return
        after = before.follow_up("eva", at, outcome=outcome)
        assert after.calls[:-1] == before.calls
        if outcome == "not_satisfied":
            self.moved(after)
        else:
            self.case = after
            self.heard.append(outcome)

    @rule(minutes=MINUTES, tries=st.integers(0, 2))
    def plan_calls(self, minutes: int, tries: int) -> None:
        is_open = self.case.stage not in ENDED
        if self.do_if(is_open, lambda case, at: case.plan_calls("ann", at, tries=tries), minutes):
            self.tries = tries

    @rule(minutes=MINUTES, is_waived=st.booleans())
    def discharge(self, minutes: int, is_waived: bool) -> None:
        act: Act = lambda case, at: case.implement("eva", at)  # noqa: E731  # one of two
        if is_waived:
            act = lambda case, at: case.waive("eva", at, reason="he keeps it")  # noqa: E731
        if self.do_if(self.owed > 0, act, minutes):
            self.owed = 0

    @rule(minutes=MINUTES)
    def confirm(self, minutes: int) -> None:
        self.do_if(not self.case.is_confirmed, lambda case, at: case.confirm("head", at), minutes)

    @rule(minutes=MINUTES)
    def exempt(self, minutes: int) -> None:
        is_open = self.case.stage not in ENDED
        self.do_if(is_open, lambda case, at: case.exempt("ann", at, reason="plain"), minutes)

    @rule(minutes=MINUTES)
    def diagnose(self, minutes: int) -> None:
        is_open = self.case.stage not in ENDED
        self.do_if(is_open, lambda case, at: case.diagnose("bob", at, cause="bearing"), minutes)

    @rule(minutes=MINUTES)
    def settle(self, minutes: int) -> None:
        is_asked = bool(self.case.referrals) and not self.is_settled
        if self.do_if(is_asked, lambda case, at: case.settle("ann", at, outcome="paid"), minutes):
            self.is_settled = True

    @rule(minutes=MINUTES, action=st.sampled_from(["A-1", "A-2"]))
    def link_action(self, minutes: int, action: str) -> None:
        if any(link.action == action and link.is_linked for link in self.case.actions):
            return
        is_open = self.case.stage not in ENDED
        if self.do_if(
            is_open, lambda case, at: case.link_action("ann", at, action=action), minutes
        ):
            self.awaited.add(action)

    @rule(minutes=MINUTES, is_undone=st.booleans())
    def verify_action(self, minutes: int, is_undone: bool) -> None:
        at = self.later(minutes)
        for action in sorted(self.awaited):
            if is_undone:
                self.case = self.case.unlink_action("ann", at, action=action, reason="mistaken")
            else:
                self.case = self.case.verify_action("eva", at, action=action)
        self.awaited.clear()

    @rule()
    def store_and_read(self) -> None:
        stored = COMPLAINT_CODEC.encode(self.case)
        assert COMPLAINT_CODEC.decode(stored, COMPLAINT_CODEC.schema) == self.case

    @rule()
    def restore_its_beginning(self) -> None:
        restored = self.case.restore("ann", self.now, earlier=a_complaint())
        for name in ("trail", "remedies", "routes", "calls", "actions", "referrals", "reasons"):
            assert getattr(restored, name) == getattr(self.case, name)
        assert restored.conversation == self.case.conversation
        assert (restored.owner, restored.exemption) == (self.case.owner, self.case.exemption)

    @invariant()
    def what_is_outstanding_is_told(self) -> None:
        assert len(self.case.owed_remedies) == self.owed
        assert set(self.case.unverified_actions) == self.awaited
        assert [call.outcome.value for call in self.case.calls_since] == self.heard

    @invariant()
    def only_the_table_moves_it(self) -> None:
        assert self.case.trail[0].stage is WORKFLOW.start
        for before, after in pairwise(self.case.trail):
            is_wait = before.stage is after.stage and before.awaits is not after.awaits
            assert is_wait or after.stage in WORKFLOW.allowed(before.stage)
            assert before.at <= after.at

    @invariant()
    def every_beginning_of_its_trail_leads_to_where_it_was(self) -> None:
        self.seen[len(self.case.trail)] = self.case.stage, self.case.state
        assert len(self.seen) == len(self.case.trail)
        for length, where in self.seen.items():
            earlier = attrs.evolve(self.case, trail=self.case.trail[:length])
            assert (earlier.stage, earlier.state) == where

    @invariant()
    def its_stays_add_up(self) -> None:
        total = sum((self.case.time_in(stage, as_of=self.now) for stage in Stage), timedelta())
        assert total == self.now - NINE


TestComplaintMachine = ComplaintMachine.TestCase
