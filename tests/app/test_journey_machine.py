"""Every verb of a journey at any time, in any order, through its desk on a file of SQLite."""

from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

from hypothesis import settings
from hypothesis.stateful import invariant

import crmkit
from crmkit.errors import CrmkitError
from crmkit.lifecycle import Journey, Lifecycle
from crmkit.testing import NINE

from ..lifecycle.journey_acts import JourneyMachine


class JourneyDeskMachine(JourneyMachine):
    """The machine of the journey, whose verbs the desk does."""

    def begun(self, lifecycle: Lifecycle, stage: str) -> Journey:
        self.folder = Path(mkdtemp())
        self.opened = crmkit.open(f"sqlite:///{self.folder / 'crm.db'}", actor="ann", durable=False)
        self.saved: list[object] = []
        self.opened.subscribe(self.saved.append)
        desk = self.opened.acting(at=NINE).journeys
        return desk.begin(customer="C-7", lifecycle=lifecycle, stage=stage, why="on record")

    def teardown(self) -> None:
        if hasattr(self, "opened"):
            self.opened.close()
            rmtree(self.folder)

    def done(self, verb: str, **told: Any) -> Journey:
        """Have it done by the desk; what is refused stores nothing."""
        before, desk = len(self.saved), self.opened.acting(at=self.now).journeys
        try:
            done: Journey = getattr(desk, verb)(self.journey.id, **told)
        except CrmkitError:
            assert len(self.saved) == before
            raise
        return done

    @invariant()
    def is_in_the_file(self) -> None:
        desk, one = self.opened.journeys, self.journey
        assert desk.get(one.id) == one
        assert desk.members(one.lifecycle) == {"C-7": one.stage}
        assert desk.find(stage=one.stage, origin=one.origin) == (one,)
        assert len(self.opened.history.of(one.id)) == len(one.trail)


TestJourneyDeskMachine = JourneyDeskMachine.TestCase
TestJourneyDeskMachine.settings = settings(max_examples=12, stateful_step_count=15, deadline=None)
