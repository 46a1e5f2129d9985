"""The invitation: one customer asked once, from the asking to his answers or his silence.

Law: whoever has answered, declined or cannot be reached is asked no more; the journal keeps who
asked, and how often he was reminded.

Source: AAPOR, Standard Definitions, tenth edition (2023): completes, refusals, non-contacts.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, NewType

import attrs

from crmkit.customers import CustomerId
from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    Explanation,
    Labelled,
    Language,
    Step,
    Trail,
    Workflow,
    checked_id,
    checked_language,
    instant,
    is_id,
    lengthened,
    not_blank_if_given,
    personal_in,
    unbroken,
)

from .answers import AnswersId


InvitationId = NewType("InvitationId", str)
"""Which invitation."""


class InvitationStage(Labelled):
    """How far an invitation is."""

    INVITED = "invited", "Invited", "已邀请"
    REMINDED = "reminded", "Reminded", "已提醒"
    ANSWERED = "answered", "Answered", "已作答"
    DECLINED = "declined", "Declined", "已谢绝"
    UNREACHABLE = "unreachable", "Unreachable", "无法联系"
    EXPIRED = "expired", "Expired", "已过期"


_ENDS: Final = (
    InvitationStage.ANSWERED,
    InvitationStage.DECLINED,
    InvitationStage.UNREACHABLE,
    InvitationStage.EXPIRED,
)

INVITATION_WORKFLOW: Final = Workflow(
    {
        InvitationStage.INVITED: {InvitationStage.REMINDED, *_ENDS},
        InvitationStage.REMINDED: {InvitationStage.REMINDED, *_ENDS},
        # Who answers late has answered all the same.
        InvitationStage.EXPIRED: {InvitationStage.ANSWERED},
    }
)
"""The stages of an invitation and the moves between them."""


@attrs.frozen(kw_only=True, slots=False)
class Invitation:
    """One customer, asked in one round.

    Invitations are immutable: every verb returns a new one with a longer trail.

    Attributes:
        id: Unique among invitations.
        round: The round in which he is asked.
        customer: Who is asked.
        occasion: What it is about: an order, a repair; None where nothing is said.
        case: The case that it is about; None where there is none.
        segment: The segment whose weights count for him.
        answers: What he answered; None while he has not.
        trail: Every stage so far, oldest first; times never decrease.

    Raises:
        InvalidValueError: If a value is unfit, or the trail breaks the workflow.

    Examples:
        >>> from crmkit.testing import NINE
        >>> asked = Invitation.send("I-1", "ann", NINE, round="R-1", customer="C-7")
        >>> asked.remind("ann", NINE).remind("ann", NINE).reminders
        2
        >>> asked.decline("ann", NINE).answer("ann", NINE, answers="A-1")
        Traceback (most recent call last):
        crmkit.errors.TransitionError: invitation I-1 is declined, which is final, and cannot\
 become answered
    """

    id: InvitationId = attrs.field(validator=is_id)
    round: str = attrs.field(validator=is_id)
    customer: CustomerId = attrs.field(validator=is_id)
    occasion: str | None = attrs.field(default=None, validator=not_blank_if_given)
    case: str | None = attrs.field(default=None, validator=attrs.validators.optional(is_id))
    segment: str | None = attrs.field(default=None, validator=not_blank_if_given)
    answers: AnswersId | None = attrs.field(
        default=None, validator=attrs.validators.optional(is_id)
    )
    trail: Trail[InvitationStage] = attrs.field(
        validator=[unbroken, INVITATION_WORKFLOW.follows], metadata=personal_in("note")
    )

    def __attrs_post_init__(self) -> None:
        if (self.answers is None) == (self.stage is InvitationStage.ANSWERED):
            rule = "must be told exactly where he has answered"
            raise InvalidValueError("answers", self.answers, rule)

    @classmethod
    def send(
        cls,
        id: str,
        by: str,
        at: datetime,
        *,
        round: str,
        customer: str,
        occasion: str | None = None,
        case: str | None = None,
        segment: str | None = None,
    ) -> Invitation:
        """Ask a customer.

        Args:
            id: Unique among invitations.
            by: Who asks.
            at: When.
            round: In which round.
            customer: Whom.
            occasion: What it is about.
            case: The case that it is about.
            segment: The segment whose weights count for him.

        Raises:
            InvalidValueError: If a value is unfit.
        """
        return cls(
            id=InvitationId(id),
            round=round,
            customer=CustomerId(customer),
            occasion=occasion,
            case=case,
            segment=segment,
            trail=(Step(INVITATION_WORKFLOW.start, by, instant(at)),),
        )

    def remind(self, by: str, at: datetime, *, note: str = "") -> Invitation:
        """Ask him once more; that is no other invitation.

        Raises:
            TransitionError: If he has answered or declined, or it is over.
            InvalidValueError: If nobody acts, or `at` is naive or before the last step.
        """
        return self._advance(InvitationStage.REMINDED, by, at, note)

    def answer(self, by: str, at: datetime, *, answers: str, note: str = "") -> Invitation:
        """Put down that he answered; also late, when it had expired.

        Raises:
            TransitionError: If he has answered or declined, or cannot be reached.
            InvalidValueError: If a value is unfit.
        """
        stage = InvitationStage.ANSWERED
        step = INVITATION_WORKFLOW.step(self, self.trail, stage, by, at, note=note)
        id = AnswersId(checked_id(answers, "answers"))
        return attrs.evolve(self, answers=id, trail=(*self.trail, step))

    def decline(self, by: str, at: datetime, *, note: str = "") -> Invitation:
        """Put down that he will not answer; `note` says why.

        Raises:
            TransitionError: If he has answered, or it is over.
            InvalidValueError: If nobody acts, or `at` is naive or before the last step.
        """
        return self._advance(InvitationStage.DECLINED, by, at, note)

    def miss(self, by: str, at: datetime, *, note: str = "") -> Invitation:
        """Put down that he cannot be reached: the letter came back, the number is dead.

        Raises:
            TransitionError: If he has answered or declined, or it is over.
            InvalidValueError: If nobody acts, or `at` is naive or before the last step.
        """
        return self._advance(InvitationStage.UNREACHABLE, by, at, note)

    def expire(self, by: str, at: datetime, *, note: str = "") -> Invitation:
        """Give up waiting for his answer.

        Raises:
            TransitionError: If he has answered or declined, or it is over.
            InvalidValueError: If nobody acts, or `at` is naive or before the last step.
        """
        return self._advance(InvitationStage.EXPIRED, by, at, note)

    def restore(self, by: str, at: datetime, *, earlier: Invitation) -> Invitation:
        """Put back what an earlier version said it was about, and for which segment.

        Raises:
            InvalidValueError: If `earlier` is another invitation, nobody acts, or `at` is naive.
        """
        if earlier.id != self.id:
            raise InvalidValueError("earlier", earlier.id, f"must be a version of {self.id!r}")
        Step(self.stage, by, instant(at))  # the checks of every act; the journal keeps who and when
        kept = {name: getattr(earlier, name) for name in ("occasion", "case", "segment")}
        return attrs.evolve(self, **kept)

    def told(self, given: Mapping[str, str | None], *, round: str) -> dict[str, str | None]:
        """Return what is said of answers to it: what is given, else what the invitation says.

        Args:
            given: `customer`, `occasion`, `case` and `segment`.
            round: In which round the answers were given.

        Raises:
            InvalidValueError: If it is of another round, or of another customer.
        """
        if round != self.round:
            raise InvalidValueError("invitation", self.id, f"must be of round {round!r}")
        if given["customer"] not in (None, self.customer):
            rule = f"must be {self.customer!r}, who was invited"
            raise InvalidValueError("customer", given["customer"], rule)
        return {name: value or getattr(self, name) for name, value in given.items()}

    @property
    def stage(self) -> InvitationStage:
        """How far it is: the last line of its trail."""
        return self.trail[-1].stage

    @property
    def invited_at(self) -> datetime:
        """When he was asked first, in UTC."""
        return self.trail[0].at

    @property
    def reminders(self) -> int:
        """How often he was reminded."""
        return sum(step.stage is InvitationStage.REMINDED for step in self.trail)

    def explain(self, stage: InvitationStage) -> Explanation[bool]:
        """Say whether it may move to a stage now, and why."""
        return INVITATION_WORKFLOW.judge(self, self.stage, stage)

    def label(self, language: Language = "en") -> str:
        """Return what a user calls it.

        Raises:
            InvalidValueError: If the language is neither "en" nor "zh".
        """
        return f"invitation {self.id}" if checked_language(language) == "en" else f"邀请{self.id}"

    def __str__(self) -> str:
        return self.label()

    def _advance(self, stage: InvitationStage, by: str, at: datetime, note: str) -> Invitation:
        step = INVITATION_WORKFLOW.step(self, self.trail, stage, by, at, note=note)
        return lengthened(self, step)
