"""The complaint: from receipt until the customer accepts the answer.

Law: only the customer's word closes a complaint; his silence is not consent.

Source: domain fact K1; ISO 10002:2018 clauses 7.2 (receipt), 7.4 (acknowledgement), 7.6
(investigation), 7.7 (response) and 7.9 (closing).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import pairwise
from typing import Final, NewType

import attrs

from crmkit.cases import Case, CaseKind, Message
from crmkit.customers import CustomerId
from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    Channel,
    Compare,
    Explanation,
    Labelled,
    Language,
    Party,
    Requirement,
    StateGroup,
    Step,
    Text,
    Trail,
    Workflow,
    checked_language,
    instant,
    is_id,
    lengthened,
    personal_in,
    unbroken,
)


ComplaintId = NewType("ComplaintId", str)
"""Which complaint."""


class Stage(Labelled):
    """How far a complaint is."""

    RECEIVED = "received", "Received", "已受理"
    ACKNOWLEDGED = "acknowledged", "Acknowledged", "已确认"
    INVESTIGATED = "investigated", "Investigated", "已调查"
    RESPONDED = "responded", "Responded", "已答复"
    CLOSED = "closed", "Closed", "已结案"


_AN_ACCEPTANCE: Final = Requirement(
    Text("the customer has not accepted the answer", "客户尚未接受答复"),
    Compare("accepted", "=", True),
)
_AN_ANSWER_TO_REJECT: Final = Requirement(
    Text("there is no answer that the customer could reject", "尚无可供客户拒绝的答复"),
    Compare("rejected", "=", False),
)
_A_REJECTION: Final = Requirement(
    Text("the customer has not rejected the answer", "客户尚未拒绝答复"),
    Compare("rejected", "=", True),
)

WORKFLOW: Final = Workflow(
    {
        Stage.RECEIVED: {Stage.ACKNOWLEDGED: ()},
        Stage.ACKNOWLEDGED: {Stage.INVESTIGATED: (_AN_ANSWER_TO_REJECT,)},
        Stage.INVESTIGATED: {Stage.RESPONDED: ()},
        # A customer who is still unhappy sends the complaint back; nobody else can.
        Stage.RESPONDED: {
            Stage.CLOSED: (_AN_ACCEPTANCE,),
            Stage.INVESTIGATED: (_A_REJECTION,),
        },
    },
    groups={
        Stage.RECEIVED: StateGroup.OPEN,
        Stage.ACKNOWLEDGED: StateGroup.OPEN,
        Stage.INVESTIGATED: StateGroup.OPEN,
        Stage.RESPONDED: StateGroup.RESOLVED,
        Stage.CLOSED: StateGroup.CLOSED,
    },
)
"""The stages of a complaint and the moves between them."""

_TELLING: Final = (Stage.ACKNOWLEDGED, Stage.RESPONDED)
_WE_ACT: Final[Mapping[str, bool]] = {"accepted": False, "rejected": False}
_THE_CUSTOMER_ACCEPTS: Final[Mapping[str, bool]] = {"accepted": True, "rejected": False}
_THE_CUSTOMER_REJECTS: Final[Mapping[str, bool]] = {"accepted": False, "rejected": True}


@attrs.frozen(kw_only=True, slots=False)
class Complaint(Case[Stage]):
    """A customer's grievance, from receipt until the customer accepts the answer.

    A complaint is a case: what cases share, from who owns it to what was said, is told there.
    Complaints are immutable: every verb returns a new one.

    Attributes:
        id: Unique among complaints.
        trail: Every stage and every wait so far, oldest first; times never decrease.

    Raises:
        InvalidValueError: If `about` is blank, an id unfit, or the trail goes back in time or
            breaks the workflow.

    Examples:
        >>> from datetime import UTC, datetime
        >>> nine = datetime(2026, 3, 2, 9, tzinfo=UTC)
        >>> complaint = Complaint.receive(
        ...     "K-1", "ann", nine, customer="C-7", about="compressor rattles", channel="phone"
        ... )
        >>> complaint = complaint.acknowledge("ann", nine.replace(hour=10, minute=10))
        >>> complaint.stage.label(), complaint.time_in(Stage.RECEIVED)
        ('Acknowledged', datetime.timedelta(seconds=4200))
        >>> complaint.accept("ann", nine.replace(hour=11))
        Traceback (most recent call last):
        crmkit.errors.TransitionError: complaint K-1 is acknowledged and can become investigated,\
 not closed
    """

    id: ComplaintId = attrs.field(validator=is_id)
    trail: Trail[Stage] = attrs.field(
        validator=[unbroken, WORKFLOW.follows], metadata=personal_in("note")
    )

    @classmethod
    def receive(
        cls,
        id: str,
        by: str,
        at: datetime,
        *,
        customer: str,
        about: str,
        channel: Channel | str | None = None,
        raised_by: Party | str = Party.CUSTOMER,
    ) -> Complaint:
        """Take a complaint in; every clock that is promised to the customer starts here.

        Args:
            id: Unique among complaints.
            by: Who received it.
            at: When.
            customer: Who complained.
            about: What is wrong, in the customer's words.
            channel: How it reached us.
            raised_by: The customer; or we ourselves, who saw it first.

        Raises:
            InvalidValueError: If a value is unfit.
        """
        return cls(
            id=ComplaintId(id),
            customer=CustomerId(customer),
            about=about,
            channel=None if channel is None else Channel.of(channel, "channel"),
            raised_by=Party.of(raised_by, "raised_by"),
            trail=(Step(WORKFLOW.start, by, instant(at)),),
        )

    def acknowledge(self, by: str, at: datetime, *, note: str = "") -> Complaint:
        """Tell the customer that we have it; the response clock stops.

        Raises:
            TransitionError: If it is not just received.
            InvalidValueError: If nobody acts, or `at` is naive or before the last step.
        """
        return self._advance(Stage.ACKNOWLEDGED, by, at, note)

    def investigate(self, by: str, at: datetime, *, note: str = "") -> Complaint:
        """Put down what was found; `note` says what is wrong and why.

        Raises:
            TransitionError: If it is not acknowledged.
            InvalidValueError: If nobody acts, or `at` is naive or before the last step.
        """
        return self._advance(Stage.INVESTIGATED, by, at, note)

    def respond(self, by: str, at: datetime, *, note: str = "") -> Complaint:
        """Answer the customer; `note` is the answer. We then wait for the customer's word.

        Raises:
            TransitionError: If it is not investigated.
            InvalidValueError: If nobody acts, or `at` is naive or before the last step.
        """
        return self._advance(Stage.RESPONDED, by, at, note)

    def accept(self, by: str, at: datetime, *, note: str = "") -> Complaint:
        """Close it: the customer accepts the answer.

        Raises:
            TransitionError: If there is no answer to accept.
            InvalidValueError: If nobody acts, or `at` is naive or before the last step.
        """
        return self._advance(Stage.CLOSED, by, at, note, _THE_CUSTOMER_ACCEPTS)

    def reject(self, by: str, at: datetime, *, note: str = "") -> Complaint:
        """Send it back: the customer is still unhappy; `note` says why.

        Raises:
            TransitionError: If there is no answer to reject.
            InvalidValueError: If nobody acts, or `at` is naive or before the last step.
        """
        return self._advance(Stage.INVESTIGATED, by, at, note, _THE_CUSTOMER_REJECTS)

    def restore(self, by: str, at: datetime, *, earlier: Complaint) -> Complaint:
        """Put back what an earlier version said of it; what happened since stays as it is.

        Its stage, its trail, what was said, who took it over, how it was graded and what was
        reached are no opinions that could be taken back: the clocks of earlier instants go by them.

        Raises:
            InvalidValueError: If `earlier` is another complaint, nobody acts, or `at` is naive.
        """
        if earlier.id != self.id:
            raise InvalidValueError("earlier", earlier.id, f"must be a version of {self.id!r}")
        Step(self.stage, by, instant(at))  # the checks of every act; the journal keeps who and when
        return attrs.evolve(
            earlier,
            trail=self.trail,
            messages=self.messages,
            assignments=self.assignments,
            gradings=self.gradings,
            milestones=self.milestones,
        )

    @property
    def kind(self) -> CaseKind:
        """The kind of case."""
        return CaseKind.COMPLAINT

    @property
    def workflow(self) -> Workflow[Stage]:
        """Its stages, and the moves between them."""
        return WORKFLOW

    @property
    def is_closed(self) -> bool:
        """Whether the customer has accepted the answer."""
        return self.stage is Stage.CLOSED

    @property
    def was_rejected(self) -> bool:
        """Whether the customer has ever sent it back."""
        return any(_is_rejection(before, step) for before, step in pairwise(self.trail))

    def explain(self, stage: Stage) -> Explanation[bool]:
        """Say whether we may move it to a stage now, without a word from the customer, and why."""
        return WORKFLOW.judge(self, self.stage, stage, _WE_ACT)

    def label(self, language: Language = "en") -> str:
        """Return what a user calls it: its kind and its id.

        Raises:
            InvalidValueError: If the language is neither "en" nor "zh".
        """
        return f"complaint {self.id}" if checked_language(language) == "en" else f"投诉{self.id}"

    def _spoken(self) -> tuple[Message, ...]:
        told = (_told(before, step) for before, step in pairwise(self.trail))
        return (*Case._spoken(self), *filter(None, told))

    def _advance(
        self, stage: Stage, by: str, at: datetime, note: str, facts: Mapping[str, bool] = _WE_ACT
    ) -> Complaint:
        step = WORKFLOW.step(self, self.trail, stage, by, at, note=note, facts=facts)
        return lengthened(self, step)


def _is_rejection(before: Step[Stage], step: Step[Stage]) -> bool:
    return before.stage is Stage.RESPONDED and step.stage is Stage.INVESTIGATED


def _told(before: Step[Stage], step: Step[Stage]) -> Message | None:
    """Return what was said by a move: its note, to the customer or by him."""
    if step.stage is before.stage:
        return None
    if step.stage is Stage.CLOSED or _is_rejection(before, step):
        return Message(step.at, step.by, Party.CUSTOMER, text=step.note)
    if step.stage in _TELLING:
        return Message(step.at, step.by, Party.STAFF, text=step.note)
    return None
