"""Every verb of a complaint at any time, in any order, through its desk on a file of SQLite."""

from datetime import datetime
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

import pytest
from hypothesis import settings
from hypothesis.stateful import invariant, rule

import crmkit
from crmkit.app import CRM
from crmkit.complaints import Complaint, FiveWhys, ProblemDescription
from crmkit.errors import CrmkitError, NotFoundError

from ..complaints.complaint_acts import ComplaintMachine


LEAKS = ProblemDescription(what="leaks", where="seal", when="always", how_many="2 of 9")


class ComplaintDeskMachine(ComplaintMachine):
    """The machine of the complaint, whose verbs the desks do: K-1, with K-0 for what it repeats."""

    def received(self) -> Complaint:
        self.folder = Path(mkdtemp())
        self.opened = crmkit.open(f"sqlite:///{self.folder / 'crm.db'}", actor="ann", durable=False)
        self.saved: list[object] = []
        self.opened.subscribe(self.saved.append)
        self.actions: set[str] = set()
        desk = self.crm().complaints
        desk.receive(id="K-0", customer="C-8", about="rattles, too")
        return desk.receive(id="K-1", customer="C-7", about="compressor rattles", channel="phone")

    def teardown(self) -> None:
        if hasattr(self, "opened"):
            self.opened.close()
            rmtree(self.folder)

    def crm(self, *, by: str = "ann", at: datetime | None = None) -> CRM:
        return self.opened.acting(by=by, at=at or self.now)

    def done(self, verb: str, at: datetime, by: str = "ann", **told: Any) -> Any:
        """Have it done by the desk; what is refused stores nothing."""
        before, desk = len(self.saved), self.crm(by=by, at=at).complaints
        try:
            return getattr(desk, verb)("K-1", **told)
        except CrmkitError:
            assert len(self.saved) == before
            raise

    def begin(self, action: str) -> None:
        """Open it for the other complaint; before, nothing can be linked to it."""
        if action not in self.actions:
            with pytest.raises(NotFoundError):
                self.done("link_action", self.now, action=action)
            desk = self.crm().corrective_actions
            desk.open(id=action, complaints=["K-0"], about="seals")
            self.actions.add(action)

    def prove(self, action: str, at: datetime) -> None:
        """Have the check of the action say it; nobody else can."""
        desk, today = self.crm(at=at).corrective_actions, at.date()
        with pytest.raises(CrmkitError):
            self.done("verify_action", at, action=action)
        if action not in self.awaited:
            return
        desk.form_team(action, team=[("bob", "lead")])
        desk.describe(action, description=LEAKS)
        desk.contain(action, containment="blocked")
        desk.analyse(action, cause=FiveWhys(("it is hard",)), escape_point="final test")
        desk.choose(action, action="another seal", why="it is the cause")
        desk.implement(action, done="changed", criterion="no leak", check_from=today)
        desk.check(action, observed="none", result="passed")
        self.awaited.remove(action)
        self.case = self.crm().complaints.get("K-1")

    @rule()
    def delete_and_bring_back(self) -> None:
        """Nothing is done to it meanwhile, and nothing is lost."""
        desk = self.crm().complaints
        desk.delete("K-1")
        for verb in ("close", "withdraw", "comment"):
            with pytest.raises(NotFoundError):
                self.done(verb, self.now, **({"text": "lost?"} if verb == "comment" else {}))
        assert desk.undelete("K-1") == self.case

    @invariant()
    def what_is_stored_is_what_was_done(self) -> None:
        assert self.crm().complaints.get("K-1") == self.case

    @invariant()
    def what_lists_it_is_waited_for(self) -> None:
        listing = self.crm().corrective_actions.linked_to("K-1")
        assert {action.id for action in listing if not action.is_effective} == self.awaited


ComplaintDeskMachine.TestCase.settings = settings(max_examples=30, stateful_step_count=25)
TestComplaintDeskMachine = ComplaintDeskMachine.TestCase
