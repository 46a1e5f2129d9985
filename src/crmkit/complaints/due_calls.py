"""Which follow-up calls are due: after the fix, to whom the policy draws or somebody chose.

Law: a call is due from the fix on, and the fix is not there before what was promised is carried
out; what the customer said ends the calls, and so do enough of them in vain.

Source: domain fact K9 (回访 of all or of a share by policy).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from itertools import takewhile
from typing import Final
from zoneinfo import ZoneInfo

import attrs

from crmkit.cases import FollowUpCall, FollowUpPolicy, FollowUpResult, follow_up_result
from crmkit.cases.follow_up_calls import tries_in_vain
from crmkit.kernel import Evidence, Explanation, Name, Rule, Text, instant
from crmkit.kernel.period import day_of_due

from .complaint import Complaint
from .stages import ENDED, Stage


_CALLED: Final = (Stage.RESPONDED, Stage.COMMUNICATED, Stage.ACCEPTED, Stage.CLOSED)
_DUE: Final = Rule(
    code="complaints.call_due",
    says=Text(
        "{record}: follow-up call {number} of {attempts} is due {due}, {policy}",
        "{record}：第{number}次回访（共{attempts}次）应于{due}进行，{policy}",
    ),
    source="domain fact K9",
)
_PLANNED: Final = Text("as it was planned for this complaint", "按本投诉的回访计划")


@attrs.frozen(kw_only=True)
class DueCall:
    """A follow-up call that is to be made.

    Attributes:
        complaint: To whose customer.
        due_at: By when, in UTC.
        number: Which call after this fix it is.
        attempts: After how many in vain the customer counts as unreachable.
        policy: Whose calendar and times count; None where there is none.
        is_drawn: Whether that policy draws him; where it does not, the call was planned for this
            complaint alone.

    Examples:
        >>> from crmkit.testing import NINE, a_complaint
        >>> answered = a_complaint().acknowledge("ann", NINE).investigate("bob", NINE)
        >>> answered = answered.respond("bob", NINE).plan_calls("bob", NINE, tries=2)
        >>> print(call_due(answered, None).explain())
        complaint K-1: follow-up call 1 of 2 is due 2026-03-02 09:00 UTC, as it was planned for\
 this complaint
    """

    complaint: Complaint
    due_at: datetime
    number: int
    attempts: int
    policy: FollowUpPolicy | None = None
    is_drawn: bool = False

    @property
    def day(self) -> date:
        """The day on which it is due, in the zone of the policy's calendar; without one, in UTC.

        What is due at midnight belongs to the day that ends then.
        """
        return day_of_due(self.due_at, self.timezone)

    def is_due_by(self, day: date) -> bool:
        """Tell whether it is due on a day, or before."""
        return self.day <= day

    def today(self, as_of: datetime) -> date:
        """Return the day of an instant, in the same zone.

        Raises:
            InvalidValueError: If it is naive.
        """
        return instant(as_of, "as_of").astimezone(self._zone).date()

    def explain(self) -> Explanation[datetime]:
        """Say when it is due, and why; below it why the policy draws this complaint."""
        policy = self.policy if self.is_drawn else None
        by = _PLANNED
        if policy is not None:
            name = policy.name.replace("{", "(").replace("}", ")")
            by = Text(f"by {name}", f"按“{name}”")
        told = (
            Evidence("record", Name(self.complaint.label("en"), self.complaint.label("zh"))),
            Evidence("due", self.due_at.astimezone(self._zone)),
            Evidence("number", self.number),
            Evidence("attempts", self.attempts),
            Evidence("policy", by),
        )
        because = () if policy is None else (policy.explain(self.complaint.id, _facts(self)),)
        return Explanation(verdict=self.due_at, rule=_DUE, evidence=told, because=because)

    @property
    def timezone(self) -> str:
        """The zone in which it is told: that of the policy's calendar, or else UTC."""
        return "UTC" if self.policy is None else self.policy.calendar.timezone

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


def put_right_at(complaint: Complaint) -> datetime | None:
    """Return since when a complaint is put right: answered, and nothing promised is owed any more.

    Returns:
        None while it is not: not answered, sent back, or a remedy is still owed.

    Examples:
        >>> from crmkit.testing import NINE, a_complaint
        >>> answered = a_complaint().acknowledge("ann", NINE).investigate("bob", NINE)
        >>> answered = answered.respond("bob", NINE, remedies=["refund"])
        >>> later = NINE.replace(hour=12)
        >>> put_right_at(answered), put_right_at(answered.implement("eve", later)).hour
        (None, 12)
    """
    if complaint.stage not in _CALLED or complaint.owed_remedies:
        return None
    since = takewhile(lambda step: step.stage in _CALLED, reversed(complaint.trail))
    *_, answered = (step.at for step in since)
    done = (one.discharged_at for one in complaint.remedies if one.discharged_at is not None)
    return max((answered, *done))


def call_due(complaint: Complaint, policy: FollowUpPolicy | None) -> DueCall | None:
    """Return the follow-up call that a complaint's customer is to get next; None for none.

    Args:
        complaint: The complaint.
        policy: Who is called, by when and how often. A complaint for which calls were planned gets
            them whatever the policy draws, and as many as were planned: where that is none, none.

    Examples:
        >>> from datetime import timedelta
        >>> from crmkit.sla import WorkCalendar
        >>> from crmkit.testing import NINE, a_complaint
        >>> policy = FollowUpPolicy(
        ...     name="all", within=timedelta(days=1), calendar=WorkCalendar.always("UTC")
        ... )
        >>> answered = a_complaint().acknowledge("ann", NINE).investigate("bob", NINE)
        >>> answered = answered.respond("bob", NINE)
        >>> call_due(answered, policy).due_at.isoformat()
        '2026-03-03T09:00:00+00:00'
        >>> call_due(answered.follow_up("eva", NINE, outcome="satisfied"), policy) is None
        True
    """
    fixed_at = put_right_at(complaint)
    if fixed_at is None:
        return None
    calls, attempts = complaint.calls_since, complaint.call_tries
    is_drawn = policy is not None and policy.is_called(complaint.id, complaint.facts)
    if policy is not None and is_drawn and not _is_planned(complaint):
        attempts = policy.attempts
    if not attempts or follow_up_result(calls, attempts=attempts) is not FollowUpResult.TO_CALL:
        return None
    return DueCall(
        complaint=complaint,
        due_at=_due(policy, fixed_at, calls),
        number=tries_in_vain(calls) + 1,
        attempts=attempts,
        policy=policy,
        is_drawn=is_drawn,
    )


def calls_due(
    complaints: Iterable[Complaint], policy: FollowUpPolicy | None, *, as_of: datetime
) -> tuple[DueCall, ...]:
    """Return the follow-up calls that are due by an instant; the longest due first.

    Raises:
        InvalidValueError: If `as_of` is naive.

    Examples:
        >>> from crmkit.testing import NINE, a_complaint
        >>> answered = a_complaint().acknowledge("ann", NINE).investigate("bob", NINE)
        >>> answered = answered.respond("bob", NINE).plan_calls("bob", NINE, tries=2)
        >>> [call.complaint.id for call in calls_due([answered], None, as_of=NINE)]
        ['K-1']
    """
    until = instant(as_of, "as_of")
    found = (call_due(complaint, policy) for complaint in complaints)
    due = [call for call in found if call is not None and call.due_at <= until]
    return tuple(sorted(due, key=lambda call: (call.due_at, call.complaint.id)))


def planned_by(
    policy: FollowUpPolicy | None, complaint: Complaint, by: str, at: datetime
) -> Complaint:
    """Return a complaint with the calls planned that a policy draws for it, where nobody has.

    So enough calls in vain let it be closed, whoever forgot to plan them.

    Args:
        policy: Who is called, and how often; None for nobody.
        complaint: One for which calls were planned, or which is over, stays as it is.
        by: Who plans.
        at: When.

    Raises:
        InvalidValueError: If nobody acts, or `at` is naive.

    Examples:
        >>> from datetime import timedelta
        >>> from crmkit.sla import WorkCalendar
        >>> from crmkit.testing import NINE, a_complaint
        >>> policy = FollowUpPolicy(
        ...     name="all", within=timedelta(days=1), calendar=WorkCalendar.always("UTC")
        ... )
        >>> planned_by(policy, a_complaint(), "ann", NINE).call_tries
        3
    """
    if policy is None or _is_planned(complaint) or complaint.stage in ENDED:
        return complaint
    if not policy.is_called(complaint.id, complaint.facts):
        return complaint
    return complaint.plan_calls(by, at, policy=policy)


def _is_planned(complaint: Complaint) -> bool:
    """Return whether somebody has said how many calls are owed, though it be none."""
    return bool(complaint.call_plans or complaint.call_tries)


def _facts(call: DueCall) -> dict[str, object]:
    return dict(call.complaint.facts)


def _due(
    policy: FollowUpPolicy | None, fixed_at: datetime, calls: Iterable[FollowUpCall]
) -> datetime:
    """Return when the next call is due: at once where no policy says how long it may take."""
    after = [call.at for call in calls if call.at >= fixed_at]
    since = after[-1] if after else fixed_at
    if policy is None:
        return since
    again = policy.again_within or policy.within
    return policy.calendar.due(since, again if after else policy.within)
