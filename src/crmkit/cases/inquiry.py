"""The inquiry: a question or a suggestion, from when it is asked until its answer is enough.

Law: what was answered stays answered until the customer asks again.

Source: domain fact K15 (each kind of case is answered within its limit and followed up).
"""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from typing import Final, NewType

import attrs
from attrs.validators import optional

from crmkit.customers import CustomerId
from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    Channel,
    Labelled,
    Language,
    Party,
    Score,
    StateGroup,
    Step,
    Text,
    Trail,
    Workflow,
    checked_act,
    checked_id,
    checked_language,
    instant,
    is_id,
    lengthened,
    member_of,
    not_now,
    personal_in,
    unbroken,
)

from .case import Case
from .follow_up_calls import FollowUpCall, FollowUpOutcome
from .kind import CaseKind
from .passed import Message, passed


InquiryId = NewType("InquiryId", str)
"""Which inquiry."""


class InquiryStage(Labelled):
    """How far an inquiry is."""

    OPENED = "opened", "Opened", "已受理"
    ANSWERED = "answered", "Answered", "已答复"
    CLOSED = "closed", "Closed", "已结案"
    CANCELLED = "cancelled", "Cancelled", "已取消"
    DUPLICATE = "duplicate", "Duplicate", "重复"


INQUIRY_WORKFLOW: Final = Workflow(
    {
        InquiryStage.OPENED: {
            InquiryStage.ANSWERED,
            InquiryStage.CANCELLED,
            InquiryStage.DUPLICATE,
        },
        # Whoever asks again has it opened again.
        InquiryStage.ANSWERED: {InquiryStage.CLOSED, InquiryStage.OPENED},
        InquiryStage.CLOSED: {InquiryStage.OPENED},
        InquiryStage.CANCELLED: (),
        InquiryStage.DUPLICATE: (),
    },
    groups={
        InquiryStage.OPENED: StateGroup.OPEN,
        InquiryStage.ANSWERED: StateGroup.RESOLVED,
        InquiryStage.CLOSED: StateGroup.CLOSED,
        InquiryStage.CANCELLED: StateGroup.CANCELLED,
        InquiryStage.DUPLICATE: StateGroup.DUPLICATE,
    },
)
"""The stages of an inquiry and the moves between them."""

_OPINIONS: Final = ("about", "channel", "raised_by", "participants", "asks")
_FIXED: Final = (InquiryStage.ANSWERED, InquiryStage.CLOSED)
_FOLLOWED_UP: Final = Text("followed up", "回访")
_NO_ANSWER: Final = Text("it is not answered", "尚未答复")
_KINDS: Final = {
    CaseKind.ENQUIRY: ("enquiry", "咨询"),
    CaseKind.SUGGESTION: ("suggestion", "建议"),
    CaseKind.REPAIR: ("repair", "报修"),
}


@attrs.frozen(kw_only=True, slots=False)
class Inquiry(Case[InquiryStage]):
    """A case without a process of its own: an enquiry, a suggestion, a small repair.

    Attributes:
        id: Unique among inquiries.
        asks: What kind of case it is: an enquiry, a suggestion or a repair.
        calls: The follow-up calls, oldest first.
        calls_past: How many of them were about an earlier answer, and count no more.
        duplicate_of: The inquiry that asks the same; None where it is no duplicate.
        trail: Every stage and every wait so far, oldest first; times never decrease.

    Raises:
        InvalidValueError: If `about` is blank, an id unfit, it is a complaint, or the trail breaks
            the workflow.

    Examples:
        >>> from crmkit.testing import NINE
        >>> asked = Inquiry.open(
        ...     "Q-1", "ann", NINE, customer="C-7", about="When is the shop open?"
        ... )
        >>> answered = asked.answer("bob", NINE, text="From nine to six.")
        >>> answered.state.label(), len(answered.conversation), str(answered)
        ('Resolved', 2, 'enquiry Q-1')
    """

    asks: CaseKind = attrs.field(default=CaseKind.ENQUIRY, validator=member_of(CaseKind))
    calls: tuple[FollowUpCall, ...] = attrs.field(
        default=(), validator=passed(FollowUpCall), metadata=personal_in("note")
    )
    calls_past: int = 0
    duplicate_of: str | None = attrs.field(default=None, validator=optional(is_id))
    trail: Trail[InquiryStage] = attrs.field(
        validator=[unbroken, INQUIRY_WORKFLOW.follows], metadata=personal_in("note")
    )

    def __attrs_post_init__(self) -> None:
        if self.asks not in _KINDS:
            rule = "must be an enquiry, a suggestion or a repair"
            way_out = "take crmkit.complaints.Complaint"
            raise InvalidValueError("asks", self.asks.value, rule, way_out)
        if type(self.calls_past) is not int or not 0 <= self.calls_past <= len(self.calls):
            rule = f"must be a whole number from 0 to {len(self.calls)}, the number of calls"
            raise InvalidValueError("calls_past", self.calls_past, rule)

    @classmethod
    def open(
        cls,
        id: str,
        by: str,
        at: datetime,
        *,
        customer: str,
        about: str,
        asks: CaseKind | str = CaseKind.ENQUIRY,
        channel: Channel | str | None = None,
        raised_by: Party | str = Party.CUSTOMER,
    ) -> Inquiry:
        """Take a question in; every clock that is promised to the customer starts here.

        Args:
            id: Unique among inquiries.
            by: Who took it in.
            at: When.
            customer: Who asks.
            about: What he asks, in his words.
            asks: An enquiry, a suggestion or a repair.
            channel: How it reached us.
            raised_by: The customer; or we ourselves, on his behalf.

        Raises:
            InvalidValueError: If a value is unfit.
        """
        return cls(
            id=InquiryId(id),
            customer=CustomerId(customer),
            about=about,
            asks=CaseKind.of(asks, "asks"),
            channel=None if channel is None else Channel.of(channel, "channel"),
            raised_by=Party.of(raised_by, "raised_by"),
            trail=(Step(INQUIRY_WORKFLOW.start, by, instant(at)),),
        )

    def answer(self, by: str, at: datetime, *, text: str) -> Inquiry:
        """Answer it: the customer is told, and has what he asked for.

        Raises:
            TransitionError: If it is not open.
            InvalidValueError: If the answer is blank, nobody acts, or `at` is naive or before the
                last step.
        """
        answered = self._advance(InquiryStage.ANSWERED, by, at, text)
        if not text.strip():
            raise InvalidValueError("text", text, "must be text, and not blank")
        return answered

    def follow_up(
        self,
        by: str,
        at: datetime,
        *,
        outcome: FollowUpOutcome | str,
        note: str = "",
        rating: Score | None = None,
    ) -> Inquiry:
        """Put down a follow-up call; a customer who is not satisfied has it opened again.

        Args:
            by: Who called.
            at: When.
            outcome: What it found.
            note: What the customer said.
            rating: How satisfied he says he is.

        Raises:
            TransitionError: If it is neither answered nor closed.
            InvalidValueError: If the outcome is none, nobody acts, or `at` is naive or before the
                last step.
        """
        found = FollowUpOutcome.of(outcome, "outcome")
        call = FollowUpCall(instant(at), by, found, note=note, rating=rating)
        if self.stage not in _FIXED:
            raise not_now(self, self.stage, _FOLLOWED_UP, _NO_ANSWER)
        if call.at < (last := self.trail[-1].at):
            rule = f"must not be before the last step, {last.isoformat()}"
            raise InvalidValueError("at", at, rule)
        called = attrs.evolve(self, calls=(*self.calls, call))
        if found is not FollowUpOutcome.NOT_SATISFIED:
            return called
        return called._advance(InquiryStage.OPENED, by, at, note)

    def close(self, by: str, at: datetime, *, note: str = "") -> Inquiry:
        """Close it: the answer was enough.

        Raises:
            TransitionError: If it is not answered.
            InvalidValueError: If nobody acts, or `at` is naive or before the last step.
        """
        return self._advance(InquiryStage.CLOSED, by, at, note)

    def reopen(self, by: str, at: datetime, *, note: str = "") -> Inquiry:
        """Open it again: the customer asks on; `note` says what.

        Raises:
            TransitionError: If it is neither answered nor closed.
            InvalidValueError: If nobody acts, or `at` is naive or before the last step.
        """
        return self._advance(InquiryStage.OPENED, by, at, note)

    def cancel(self, by: str, at: datetime, *, note: str = "") -> Inquiry:
        """Drop it: the customer no longer asks.

        Raises:
            TransitionError: If it is not open.
            InvalidValueError: If nobody acts, or `at` is naive or before the last step.
        """
        return self._advance(InquiryStage.CANCELLED, by, at, note)

    def mark_duplicate(self, by: str, at: datetime, *, of: str, note: str = "") -> Inquiry:
        """Set it aside: it is the same question as another, which is answered.

        Raises:
            TransitionError: If it is not open.
            InvalidValueError: If it would be a duplicate of itself, the id is unfit, nobody acts,
                or `at` is naive or before the last step.
        """
        if checked_id(of, "of") == self.id:
            raise InvalidValueError("of", of, "must be another inquiry")
        return attrs.evolve(self._advance(InquiryStage.DUPLICATE, by, at, note), duplicate_of=of)

    def restore(self, by: str, at: datetime, *, earlier: Inquiry) -> Inquiry:
        """Put back what an earlier version said of it; what happened since stays as it is.

        Its stage, its trail and what was said are no opinions that could be taken back.

        Raises:
            InvalidValueError: If `earlier` is another inquiry, nobody acts, or `at` is naive.
        """
        if earlier.id != self.id:
            raise InvalidValueError("earlier", earlier.id, f"must be a version of {self.id!r}")
        checked_act(by, at)
        return attrs.evolve(self, **{name: getattr(earlier, name) for name in _OPINIONS})

    @property
    def kind(self) -> CaseKind:
        """The kind of case."""
        return self.asks

    @property
    def workflow(self) -> Workflow[InquiryStage]:
        """Its stages, and the moves between them."""
        return INQUIRY_WORKFLOW

    @property
    def answered_at(self) -> datetime | None:
        """Since when it is answered; None while it is open, or where it was dropped."""
        if self.stage not in _FIXED:
            return None
        return next(s.at for s in reversed(self.trail) if s.stage is InquiryStage.ANSWERED)

    @property
    def calls_since(self) -> tuple[FollowUpCall, ...]:
        """The follow-up calls about the last answer: those about an earlier one count no more."""
        return self.calls[self.calls_past :]

    def label(self, language: Language = "en") -> str:
        """Return what a user calls it: its kind and its id.

        Raises:
            InvalidValueError: If the language is neither "en" nor "zh".
        """
        english, chinese = _KINDS[self.asks]
        if checked_language(language) == "en":
            return f"{english} {self.id}"
        return f"{chinese}{self.id}"

    def _spoken(self) -> tuple[Message, ...]:
        said = {InquiryStage.ANSWERED: Party.STAFF, InquiryStage.OPENED: Party.CUSTOMER}
        told = (
            Message(step.at, step.by, said[step.stage], text=step.note)
            for before, step in pairwise(self.trail)
            if step.stage is not before.stage and step.stage in said
        )
        return (*Case._spoken(self), *told)

    def _asked(self) -> int:
        opened = [step.stage for step in self.trail if step.awaits is None]
        again = sum(
            after is InquiryStage.OPENED is not before for before, after in pairwise(opened)
        )
        return super()._asked() + again

    def _advance(self, stage: InquiryStage, by: str, at: datetime, note: str) -> Inquiry:
        step = INQUIRY_WORKFLOW.step(self, self.trail, stage, by, at, note=note)
        moved = lengthened(self, step)
        if stage is InquiryStage.OPENED:
            moved = attrs.evolve(moved, calls_past=len(self.calls))
        return moved


def set_aside(
    inquiry: Inquiry, other: Inquiry, by: str, at: datetime, *, note: str = ""
) -> Inquiry:
    """Set an inquiry aside: it is the same question as another, which is dealt with.

    Raises:
        TransitionError: If it is not open.
        InvalidValueError: If the other is a duplicate itself, cancelled, or the same inquiry,
            nobody acts, or `at` is naive or before the last step.

    Examples:
        >>> from crmkit.testing import NINE
        >>> asked, again = (
        ...     Inquiry.open(id, "ann", NINE, customer="C-7", about="Open today?")
        ...     for id in ("Q-1", "Q-2")
        ... )
        >>> set_aside(again, asked.cancel("ann", NINE), "ann", NINE)
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: of is 'Q-1': it must be dealt with itself, and is cancelled
    """
    aside = inquiry.mark_duplicate(by, at, of=other.id, note=note)
    if other.state in (StateGroup.CANCELLED, StateGroup.DUPLICATE):
        rule = f"must be dealt with itself, and is {other.stage.value}"
        raise InvalidValueError("of", other.id, rule)
    return aside
