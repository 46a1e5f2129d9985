"""Which follow-up calls about inquiries are due: after the answer, to whom the policy draws.

Law: a call is due from the answer on; what the customer said ends the calls, and so do enough of
them in vain.

Source: domain facts K9 (回访 of all or of a share by policy) and K15 (each kind of case is answered
and followed up).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Final

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import Evidence, Explanation, Name, Rule, Text, instant, named_zone
from crmkit.kernel.period import day_of_due

from .follow_up_calls import tries_in_vain
from .follow_up_policy import FollowUpPolicy
from .inquiry import Inquiry


_DUE: Final = Rule(
    code="cases.inquiry_call_due",
    says=Text(
        "{record}: follow-up call {number} of {attempts} is due {due}, by {policy}",
        "{record}：第{number}次回访（共{attempts}次）应于{due}进行，按“{policy}”",
    ),
    source="domain facts K9 and K15",
)


@attrs.frozen(kw_only=True)
class InquiryTerms:
    """What a company's desk of inquiries goes by.

    Attributes:
        follow_up: Who is called after the answer, by when and how often; None for nobody.

    Raises:
        InvalidValueError: If it is no policy.

    Examples:
        >>> InquiryTerms().follow_up is None
        True
    """

    follow_up: FollowUpPolicy | None = None

    def __attrs_post_init__(self) -> None:
        policy = self.follow_up
        if policy is not None and not isinstance(policy, FollowUpPolicy):
            raise InvalidValueError("follow_up", policy, "must be a FollowUpPolicy, or None")


INQUIRY_TERMS: Final = InquiryTerms()
"""The terms of whoever has none of his own: nobody is called."""


@attrs.frozen(kw_only=True)
class InquiryCall:
    """A follow-up call about an inquiry that is to be made.

    Attributes:
        inquiry: About which.
        due_at: By when, in UTC.
        policy: By which policy he is called.

    Examples:
        >>> from datetime import timedelta
        >>> from crmkit.kernel import WorkCalendar
        >>> from crmkit.testing import NINE
        >>> policy = FollowUpPolicy(
        ...     name="all", within=timedelta(days=1), calendar=WorkCalendar.always("UTC")
        ... )
        >>> asked = Inquiry.open("Q-1", "ann", NINE, customer="C-7", about="Open today?")
        >>> call = inquiry_call_due(asked.answer("bob", NINE, text="Till six."), policy)
        >>> print(call.explain().sentence().splitlines()[0])
        enquiry Q-1: follow-up call 1 of 3 is due 2026-03-03 09:00 UTC, by all
    """

    inquiry: Inquiry
    due_at: datetime
    policy: FollowUpPolicy

    @property
    def number(self) -> int:
        """Which call after this answer it is."""
        return tries_in_vain(self.inquiry.calls_since) + 1

    @property
    def timezone(self) -> str:
        """The zone in which it is told: that of the policy's calendar."""
        return self.policy.calendar.timezone

    def is_due_by(self, day: date) -> bool:
        """Tell whether it is due on a day, in that zone, or before; midnight ends a day."""
        return day_of_due(self.due_at, self.timezone) <= day

    def today(self, as_of: datetime) -> date:
        """Return the day of an instant, in the same zone.

        Raises:
            InvalidValueError: If it is naive.
        """
        return instant(as_of, "as_of").astimezone(named_zone(self.timezone)).date()

    def explain(self) -> Explanation[datetime]:
        """Say when it is due, and why; below it why the policy draws this inquiry."""
        one = self.inquiry
        told = (
            Evidence("record", Name(one.label("en"), one.label("zh"))),
            Evidence("due", self.due_at.astimezone(named_zone(self.timezone))),
            Evidence("number", self.number),
            Evidence("attempts", self.policy.attempts),
            Evidence("policy", self.policy.name),
        )
        drawn = self.policy.explain(one.id, one.facts)
        return Explanation(verdict=self.due_at, rule=_DUE, evidence=told, because=(drawn,))


def inquiry_call_due(inquiry: Inquiry, policy: FollowUpPolicy | None) -> InquiryCall | None:
    """Return the follow-up call that is to be made about an inquiry next; None for none.

    Args:
        inquiry: The inquiry.
        policy: Who is called, by when and how often; None for nobody.

    Raises:
        InvalidValueError: If a fact cannot be compared as the policy's condition asks.

    Examples:
        >>> from datetime import timedelta
        >>> from crmkit.kernel import WorkCalendar
        >>> from crmkit.testing import NINE
        >>> policy = FollowUpPolicy(
        ...     name="all", within=timedelta(days=1), calendar=WorkCalendar.always("UTC")
        ... )
        >>> asked = Inquiry.open("Q-1", "ann", NINE, customer="C-7", about="Open today?")
        >>> answered = asked.answer("bob", NINE, text="Till six.")
        >>> called = answered.follow_up("eva", NINE, outcome="satisfied")
        >>> [inquiry_call_due(one, policy) is None for one in (asked, answered, called)]
        [True, False, True]
    """
    answered_at = inquiry.answered_at
    if policy is None or answered_at is None or not policy.is_called(inquiry.id, inquiry.facts):
        return None
    due_at = policy.due(answered_at, calls=inquiry.calls_since)
    return None if due_at is None else InquiryCall(inquiry=inquiry, due_at=due_at, policy=policy)


def inquiry_calls_due(
    inquiries: Iterable[Inquiry], policy: FollowUpPolicy | None, *, as_of: datetime
) -> tuple[InquiryCall, ...]:
    """Return the follow-up calls that are due by an instant; the longest due first.

    Raises:
        InvalidValueError: If `as_of` is naive.

    Examples:
        >>> from crmkit.testing import NINE
        >>> asked = Inquiry.open("Q-1", "ann", NINE, customer="C-7", about="Open today?")
        >>> inquiry_calls_due([asked], None, as_of=NINE)
        ()
    """
    until = instant(as_of, "as_of")
    found = (inquiry_call_due(inquiry, policy) for inquiry in inquiries)
    due = [call for call in found if call is not None and call.due_at <= until]
    return tuple(sorted(due, key=lambda call: (call.due_at, call.inquiry.id)))
