"""The case: what every kind of request shares, whatever its workflow.

Law: who waits for whom is on the trail; what was said, taken over and reached is kept as it came.

Source: domain facts K14 (who receives a request owns it) and K15 (kinds of case); the case
vocabulary: severity, impact and priority are three things.
"""

from __future__ import annotations

from datetime import datetime
from typing import Self, TypeVar

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    Labelled,
    Party,
    checked_act,
    instant,
    lengthened,
)

from .gravity import Impact, Priority, Severity
from .passed import Alert, Assignment, Grading, Message, Milestone, Participant
from .request import Request
from .waiting import resumed, waiting


S = TypeVar("S", bound=Labelled)


@attrs.frozen(kw_only=True, slots=False)
class Case(Request[S]):
    """What a customer asks of us, from when he asks until it is closed.

    Complaints, service orders and inquiries are cases, each with a workflow of its own. Cases are
    immutable: every verb returns a new one.

    Attributes:
        id: Unique among its kind of record.
        customer: Whose it is.
        about: What it is about, in the customer's words; never blank.
        channel: How it reached us; None where nobody wrote it down.
        raised_by: Who raised it: the customer, or we ourselves on his behalf.
        participants: Who else takes part.
        assignments: Who took it over, oldest first.
        gradings: What was said of its severity, impact and priority, oldest first.
        messages: What was said, oldest first.
        milestones: What was reached on the way, oldest first.
        alerts: Who was told that a promise is in danger, oldest first.
        trail: Every stage and every wait so far, oldest first; times never decrease.

    Raises:
        InvalidValueError: If `about` is blank, an id unfit, or anything goes back in time.

    Examples:
        >>> from datetime import timedelta
        >>> from crmkit.testing import NINE, a_complaint
        >>> case = a_complaint().assign("ann", NINE, owner="bob")
        >>> case = case.wait("bob", NINE + timedelta(hours=1), party="customer")
        >>> case.owner, case.state.label()
        ('bob', 'Waiting for the customer')
        >>> case.resume("bob", NINE + timedelta(hours=3)).state.label()
        'Open'
    """

    def wait(self, by: str, at: datetime, *, party: Party | str, note: str = "") -> Self:
        """Wait for somebody else: the customer, or a third party; clocks may stand still.

        Any move, and `resume`, ends the wait.

        Args:
            by: Who acts.
            at: When.
            party: For whom: `customer` or `third_party`.
            note: What for.

        Raises:
            TransitionError: If it waits for him already, or is no longer worked on.
            InvalidValueError: If it would wait for ourselves, nobody acts, or `at` is naive or
                before the last step.
        """
        return lengthened(self, waiting(self, Party.of(party, "party"), by, at, note))

    def resume(self, by: str, at: datetime, *, note: str = "") -> Self:
        """Go on: what was waited for has come, or is waited for no more.

        Raises:
            TransitionError: If it waits for nobody.
            InvalidValueError: If nobody acts, or `at` is naive or before the last step.
        """
        return lengthened(self, resumed(self, by, at, note))

    def reply(self, by: str, at: datetime, *, text: str = "") -> Self:
        """Tell the customer something: it is the answer for which his response clock waits.

        Raises:
            InvalidValueError: If nobody acts, or `at` is naive or before the last message.
        """
        return self._said(Message(instant(at), by, Party.STAFF, public=True, text=text))

    def hear(
        self, by: str, at: datetime, *, text: str = "", party: Party | str = Party.CUSTOMER
    ) -> Self:
        """Put down what the customer, or a third party, says.

        Args:
            by: Who puts it down.
            at: When it was said.
            text: What was said.
            party: Who said it: `customer` or `third_party`.

        Raises:
            InvalidValueError: If we ourselves said it, nobody acts, or `at` is naive or before the
                last message.
        """
        speaker = Party.of(party, "party")
        if speaker is Party.STAFF:
            rule = "must be customer or third_party"
            raise InvalidValueError("party", speaker.value, rule, "reply or comment tells our word")
        return self._said(Message(instant(at), by, speaker, text=text))

    def comment(self, by: str, at: datetime, *, text: str) -> Self:
        """Write something down for ourselves; no clock hears it.

        Raises:
            InvalidValueError: If nobody acts, or `at` is naive or before the last message.
        """
        return self._said(Message(instant(at), by, Party.STAFF, public=False, text=text))

    def assign(self, by: str, at: datetime, *, owner: str | None) -> Self:
        """Hand it over: from now on it is his; None lets go of it.

        Raises:
            InvalidValueError: If nobody acts, the owner is blank, or `at` is naive or before the
                last hand-over.
        """
        handed = Assignment(instant(at), by, owner)
        return attrs.evolve(self, assignments=(*self.assignments, handed))

    def prioritise(
        self,
        by: str,
        at: datetime,
        *,
        severity: Severity | str | None = None,
        impact: Impact | str | None = None,
        priority: Priority | str | None = None,
    ) -> Self:
        """Say how grave it is, how many it touches, what comes first; what is left out stays.

        Raises:
            InvalidValueError: If nothing is told, a word is none of its kind, nobody acts, or `at`
                is naive or before the last grading.
        """
        graded = Grading(
            instant(at),
            by,
            severity=None if severity is None else Severity.of(severity, "severity"),
            impact=None if impact is None else Impact.of(impact, "impact"),
            priority=None if priority is None else Priority.of(priority, "priority"),
        )
        return attrs.evolve(self, gradings=(*self.gradings, graded))

    def reach(self, by: str, at: datetime, *, milestone: str) -> Self:
        """Say that something promised on the way was reached: `on_site`.

        Raises:
            InvalidValueError: If it has no name, nobody acts, or `at` is naive or before the
                receipt or the last milestone.
        """
        reached = Milestone(instant(at), by, milestone)
        if reached.at < self.received_at:
            rule = f"must not be before it was received, {self.received_at.isoformat()}"
            raise InvalidValueError("at", reached.at, rule)
        return attrs.evolve(self, milestones=(*self.milestones, reached))

    def involve(
        self, by: str, at: datetime, *, id: str, role: str, party: Party | str = Party.THIRD_PARTY
    ) -> Self:
        """Have somebody else take part: a supplier, a workshop, a colleague.

        Raises:
            InvalidValueError: If he takes part in that role already, the id is unfit, the role
                blank, nobody acts, or `at` is naive.
        """
        checked_act(by, at)
        joined = Participant(id, Party.of(party, "party"), role)
        if joined in self.participants:
            raise InvalidValueError("id", id, f"takes part as {role} already")
        return attrs.evolve(self, participants=(*self.participants, joined))

    def alert(self, by: str, at: datetime, *, to: str, clock: str, level: int) -> Self:
        """Put down that somebody was told that a promise is in danger: it is raised to his level.

        Args:
            by: Who told him.
            at: When.
            to: Whom: a role or a person.
            clock: The key of the promise's clock, as `crmkit.sla.Escalation` has it.
            level: Which level of the ladder: 1 for the first.

        Raises:
            InvalidValueError: If that level was told already, a value is unfit, or `at` is naive or
                before the last alert.
        """
        told = Alert(instant(at), by, to, clock=clock, level=level)
        if any((one.clock, one.level) == (clock, level) for one in self.alerts):
            raise InvalidValueError("level", level, f"must not be told twice of {clock}")
        return attrs.evolve(self, alerts=(*self.alerts, told))

    def _said(self, message: Message) -> Self:
        return attrs.evolve(self, messages=(*self.messages, message))
