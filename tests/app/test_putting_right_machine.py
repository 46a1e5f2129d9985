"""Complaints, corrective actions and recalls together: any verb of their desks in any order.

Driven over one file of SQLite. What holds every verb to account is told apart from the code: who is
linked to whom, who waits for what, which effect was seen, what is deleted, which unit has its end.
"""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any, Final

import attrs
import pytest
from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

import crmkit
from crmkit.app import CRM
from crmkit.cases import StateGroup
from crmkit.complaints import WORKFLOW, Complaint, FiveWhys, ProblemDescription, Stage, WorkItem
from crmkit.errors import ConflictError, InvalidValueError, NotFoundError, TransitionError
from crmkit.testing import NINE


COMPLAINTS = ("K-1", "K-2", "K-3")
ACTIONS = ("CA-1", "CA-2")
UNITS = ("W-1", "W-2")
LEAKS = ProblemDescription(what="leaks", where="seal", when="always", how_many="2 of 9")
WHY = FiveWhys(("the seal is hard",))
REFUSED = (TransitionError, InvalidValueError, NotFoundError, ConflictError)
UNPROVED = "a linked corrective action is not verified to be effective"
LEFT = (Stage.WITHDRAWN, Stage.DUPLICATE)

complaints, actions = st.sampled_from(COMPLAINTS), st.sampled_from(ACTIONS)
SELDOM = st.sampled_from((*(False,) * 7, True))

TOLD: Final[dict[str, dict[str, object]]] = {
    "assess": {"severity": "major"},
    "route": {"department": "quality"},
    "exempt": {"reason": "plain"},
    "diagnose": {"cause": "seal"},
    "respond": {"remedies": ["refund"]},
    "waive": {"reason": "he keeps it"},
    "refer": {"body": "court"},
    "settle": {"outcome": "paid"},
    "plan_calls": {"tries": 1},
    "follow_up": {"outcome": "satisfied"},
}
WAY = (
    "acknowledge",
    "route",
    "confirm",
    "investigate",
    "respond",
    "communicate",
    "accept",
    "implement",
    "close",
    "reopen",
)
"""What leads from the receipt to the closing, and back."""

VERBS = (*WAY, "reject", "escalate", *(verb for verb in TOLD if verb not in WAY))
NEXT: Final[dict[Stage, tuple[str, ...]]] = {
    Stage.RECEIVED: ("acknowledge",),
    Stage.ACKNOWLEDGED: ("assess", "route", "investigate", "exempt"),
    Stage.ASSESSED: ("route", "investigate"),
    Stage.ROUTED: ("confirm", "investigate", "escalate"),
    Stage.INVESTIGATED: ("respond",),
    Stage.RESPONDED: ("communicate", "accept", "plan_calls", "refer", "follow_up"),
    Stage.COMMUNICATED: ("accept", "refer", "reject", "follow_up"),
    Stage.ACCEPTED: ("implement", "waive", "close", "follow_up"),
    Stage.CLOSED: ("reopen",),
    Stage.ESCALATED: ("refer", "confirm", "investigate", "respond"),
    Stage.REFERRED: ("settle", "implement", "close"),
    Stage.REOPENED: ("assess", "confirm", "investigate"),
}
"""What leads on from a stage."""


class PuttingRight(RuleBasedStateMachine):
    """Any verb at any time is done whole, or refused and leaves everything as it was."""

    @initialize(
        far=st.tuples(*[st.sampled_from(range(len(WAY) + 1))] * len(COMPLAINTS)),
        behind=st.sets(complaints),
        result=st.sampled_from([None, "passed", "failed"]),
    )
    def begin(self, far: tuple[int, ...], behind: set[str], result: str | None) -> None:
        self.folder = Path(mkdtemp())
        self.opened = crmkit.open(f"sqlite:///{self.folder / 'crm.db'}", actor="ann", durable=False)
        self.saved: list[object] = []
        self.opened.subscribe(self.saved.append)
        self.now = NINE
        self.waits: dict[str, set[str]] = {id: set() for id in COMPLAINTS}
        self.lists: dict[str, set[str]] = {}
        self.effective: set[str] = set()
        self.gone: set[str] = set()
        self.seen: dict[str, dict[int, tuple[Stage, StateGroup]]] = {id: {} for id in COMPLAINTS}
        for id, steps in zip(COMPLAINTS, far, strict=True):
            self.crm.complaints.receive(id=id, customer="C-7", about="leaks")
            for verb in WAY[:steps]:
                assert self.moved(id, verb)
        if behind:
            self.open_an_action("CA-1", behind)
        if result:
            self.go_to_the_check("CA-1", result)

    def teardown(self) -> None:
        if hasattr(self, "opened"):
            self.opened.close()
            rmtree(self.folder)

    @property
    def crm(self) -> CRM:
        return self.opened.acting(at=self.now)

    def is_there(self, *ids: str) -> bool:
        return self.gone.isdisjoint(ids) and {*ids} <= {*COMPLAINTS, *self.lists}

    def tried(self, act: Callable[[], object]) -> bool:
        """Do it; where it is refused, see that nothing was stored."""
        self.now += timedelta(minutes=10)
        before = len(self.saved)
        try:
            act()
        except REFUSED:
            assert len(self.saved) == before
            return False
        return True

    def moved(self, id: str, verb: str) -> bool:
        """Try a verb of a complaint; one that closes it left nothing outstanding."""
        before = None if id in self.gone else self.crm.complaints.get(id)
        told = TOLD.get(verb, {})
        done = self.tried(lambda: getattr(self.crm.complaints, verb)(id, **told))
        assert before is not None or not done
        if before is not None and done:
            self.hold(before, self.crm.complaints.get(id))
        return done

    def hold(self, before: Complaint, after: Complaint) -> None:
        is_closed = after.stage is Stage.CLOSED is not before.stage
        assert not (is_closed and (self.waits[after.id] or after.owed_remedies))
        is_settled = after.is_satisfied or before.stage is Stage.REFERRED
        assert is_settled or not is_closed
        self.remember(after)

    def remember(self, complaint: Complaint) -> None:
        self.seen[complaint.id][len(complaint.trail)] = complaint.stage, complaint.state

    @rule(id=complaints, pick=st.integers(0, 59))
    def lead_on(self, id: str, pick: int) -> None:
        if self.is_there(id):
            verbs = NEXT.get(self.crm.complaints.get(id).stage, ("reopen",))
            self.moved(id, verbs[pick % len(verbs)])

    @rule(id=complaints, verb=st.sampled_from(VERBS))
    def try_a_verb(self, id: str, verb: str) -> None:
        self.moved(id, verb)

    @rule(id=complaints, verb=st.sampled_from(["not_satisfied", "unreachable"]))
    def call_in_vain(self, id: str, verb: str) -> None:
        if self.tried(lambda: self.crm.complaints.follow_up(id, outcome=verb)):
            self.remember(self.crm.complaints.get(id))

    @rule(id=complaints, is_meant=SELDOM)
    def withdraw(self, id: str, is_meant: bool) -> None:
        if is_meant:
            self.moved(id, "withdraw")

    @rule(id=complaints, of=st.sampled_from([*COMPLAINTS, "K-99"]), is_meant=SELDOM)
    def mark_duplicate(self, id: str, of: str, is_meant: bool) -> None:
        """Only of one that is there and dealt with: no complaint vanishes."""
        if not is_meant and of in COMPLAINTS:
            return
        desk = self.crm.complaints
        may = self.is_there(id, of) and id != of
        may = may and Stage.DUPLICATE in WORKFLOW.allowed(desk.get(id).stage)
        may = may and desk.get(of).stage not in LEFT
        assert self.tried(lambda: self.crm.complaints.mark_duplicate(id, of=of)) is may
        if may:
            self.remember(self.crm.complaints.get(id))

    @rule(id=st.sampled_from([*COMPLAINTS, *ACTIONS]), is_meant=SELDOM)
    def delete(self, id: str, is_meant: bool) -> None:
        if is_meant:
            assert self.tried(lambda: self.desk_of(id).delete(id)) is self.is_there(id)
            self.gone |= {id} & {*COMPLAINTS, *self.lists}

    @rule(id=st.sampled_from([*COMPLAINTS, *ACTIONS]))
    def bring_back(self, id: str) -> None:
        assert self.tried(lambda: self.desk_of(id).undelete(id)) is (id in self.gone)
        self.gone.discard(id)

    def desk_of(self, id: str) -> Any:
        return self.crm.complaints if id in COMPLAINTS else self.crm.corrective_actions

    @rule(id=actions, behind=st.sets(complaints, min_size=1))
    def open_an_action(self, id: str, behind: set[str]) -> None:
        may = self.is_there(*behind) and id not in self.lists
        desk = self.crm.corrective_actions
        opened = self.tried(lambda: desk.open(id=id, complaints=sorted(behind), about="seals"))
        assert opened is may
        if may:
            self.lists[id] = behind
            for one in behind:
                self.waits[one].add(id)

    @rule(id=actions, result=st.sampled_from(["passed", "failed"]))
    def go_to_the_check(self, id: str, result: str) -> None:
        """Do whatever the table lets be done up to the check, and check."""
        if not self.is_there(id) or id in self.effective:
            return
        desk, today = self.crm.corrective_actions, self.now.date()
        if desk.get(id).stage.value == "opened":
            desk.form_team(id, team=[("bob", "lead")])
            desk.describe(id, description=LEAKS)
            desk.contain(id, containment="blocked")
        desk.analyse(id, cause=WHY, escape_point="final test")
        desk.choose(id, action="another seal", why="it is the cause")
        desk.implement(id, done="changed", criterion="no leak", check_from=today)
        assert self.tried(lambda: desk.check(id, observed="seen", result=result))
        if result == "passed":
            self.effective.add(id)
            for one in self.lists[id] - self.gone:
                self.waits[one].discard(id)

    @rule(id=actions, complaint=complaints, is_at_complaint=st.booleans())
    def link(self, id: str, complaint: str, is_at_complaint: bool) -> None:
        """Whatever the stage of the complaint: opened again it waits."""
        crm, may = self.crm, self.is_there(id, complaint) and complaint not in self.lists[id]
        if is_at_complaint:
            done = self.tried(lambda: crm.complaints.link_action(complaint, action=id))
        else:
            done = self.tried(lambda: crm.corrective_actions.link(id, complaint=complaint))
        assert done is may
        if may:
            self.lists[id].add(complaint)
            self.waits[complaint] |= {id} - self.effective

    @rule(id=actions, complaint=complaints, is_at_complaint=st.booleans())
    def unlink(self, id: str, complaint: str, is_at_complaint: bool) -> None:
        """At the complaint, even where the action is deleted."""
        crm, why = self.crm, "the hose"
        may = self.is_there(complaint) and id in self.waits[complaint]
        if is_at_complaint:
            done = self.tried(
                lambda: crm.complaints.unlink_action(complaint, action=id, reason=why)
            )
        else:
            may = may and self.is_there(id)
            done = self.tried(
                lambda: crm.corrective_actions.unlink(id, complaint=complaint, reason=why)
            )
        assert done is may
        if may:
            self.lists[id].discard(complaint)
            self.waits[complaint].discard(id)

    @rule(id=actions, complaint=complaints)
    def verify_at_the_complaint(self, id: str, complaint: str) -> None:
        """Only the check of the action says that it is effective."""
        may = self.is_there(id, complaint) and id in self.waits[complaint] & self.effective
        desk = self.crm.complaints
        assert self.tried(lambda: desk.verify_action(complaint, action=id)) is may
        if may:
            self.waits[complaint].discard(id)

    @rule(
        act=st.sampled_from(["announce", "close", "repair", "reopen"]),
        units=st.sets(st.sampled_from(UNITS), min_size=1),
    )
    def move_the_recall(self, act: str, units: set[str]) -> None:
        desk = self.crm.recalls
        if not desk.find():
            self.tried(
                lambda: desk.open(id="R-1", complaints=["K-1"], about="may burn", units=UNITS)
            )
        told: dict[str, dict[str, Any]] = {
            "repair": {"units": sorted(units)},
            "reopen": {"reason": "more"},
        }
        self.tried(lambda: getattr(desk, act)("R-1", **told.get(act, {})))

    @invariant()
    def links_stand_on_both_sides(self) -> None:
        crm = self.crm
        for one in crm.complaints.each():
            listing = {id for id, behind in self.lists.items() if one.id in behind}
            assert {link.action for link in one.actions if link.is_linked} == listing
            assert set(one.unverified_actions) == self.waits[one.id]
            # What lists it and has not proved itself is waited for, whatever its stage.
            assert listing - self.effective <= self.waits[one.id]
        for action in crm.corrective_actions.each():
            assert set(action.complaints) == self.lists[action.id]
            assert action.is_effective is (action.id in self.effective)

    @invariant()
    def what_waits_does_not_close(self) -> None:
        for one in self.crm.complaints.each():
            if self.waits[one.id] and Stage.CLOSED in WORKFLOW.allowed(one.stage):
                before = len(self.saved)
                with pytest.raises(TransitionError) as refused:
                    self.crm.complaints.close(one.id)
                assert any(one.startswith(UNPROVED) for one in refused.value.missing)
                assert len(self.saved) == before

    @invariant()
    def a_recall_closes_with_no_unit_open(self) -> None:
        for recall in self.crm.recalls.find(stage="closed"):
            assert not recall.open_units

    @invariant()
    def every_beginning_of_a_trail_leads_to_where_it_was(self) -> None:
        for one in self.crm.complaints.each():
            for length, where in self.seen[one.id].items():
                earlier = attrs.evolve(one, trail=one.trail[:length])
                assert (earlier.stage, earlier.state) == where

    @invariant()
    def a_duplicate_leads_to_one_that_is_none(self) -> None:
        of = {str(one.id): one.duplicate_of for one in self.crm.complaints.each()}
        for id in of:
            passed = {id}
            while (after := of.get(id)) is not None:
                assert after not in passed
                passed.add(id := after)

    @invariant()
    def no_trail_goes_back_in_time(self) -> None:
        crm = self.crm
        times = [[step.at for step in one.trail] for one in crm.complaints.each()]
        times += [[step.at for step in one.trail] for one in crm.corrective_actions.each()]
        times += [[step.at for step in one.trail] for one in crm.recalls.each()]
        assert times == [sorted(each) for each in times]

    @invariant()
    def everything_that_is_not_over_is_on_somebodys_list(self) -> None:
        crm = self.crm
        items: list[WorkItem] = [
            item
            for theirs in crm.complaints.worklist(on=date(2026, 3, 9)).values()
            for item in theirs
        ]
        listed = {item.record.id for item in items}
        open_ = {one.id for one in crm.complaints.each() if one.stage not in _OVER}
        assert open_ | {one.id for one in crm.corrective_actions.each()} <= listed
        for item in items:
            assert item.explain().sentence("zh")


_OVER = (Stage.CLOSED, Stage.WITHDRAWN, Stage.DUPLICATE)

PuttingRight.TestCase.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)
TestPuttingRight = PuttingRight.TestCase
