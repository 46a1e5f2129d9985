"""The day's work list: what is late, due, waited for and to be moved on, each with its reasons.

Law: every complaint and every undertaking that is not over stands on somebody's list, and each
line says why it stands there and what is missing for the next move.

Source: domain facts K1, K5, K7, K8, K9, K14 and R2 (日清: what is due today, by person).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any, Final

import attrs

# Named through its package, which loads it when it is first asked for.
from crmkit import sla
from crmkit.cases import StateGroup
from crmkit.kernel import (
    Evidence,
    Explanation,
    Rule,
    Text,
    instant,
    named_zone,
)
from crmkit.kernel.checks import checked_day

from .complaint import Complaint
from .corrective_action import CorrectiveAction
from .due_calls import call_due
from .emergency import Emergency
from .leading_on import next_stages
from .terms import ComplaintTerms
from .triggers import explain_major
from .undertaking import Undertaking
from .work_items import WAITS, WorkItem, WorkKind, named, not_yet, promise_lines, standing


_TO_CHECK: Final = Rule(
    code="complaints.check_due",
    says=Text(
        "{record}: its effect may be checked from {due}, by this: {criterion}",
        "{record}：自{due}起验证效果，标准：{criterion}",
    ),
    source="domain fact K8",
)


def complaint_work(
    complaint: Complaint,
    promises: Iterable[sla.OpenPromise[Complaint]],
    *,
    terms: ComplaintTerms,
    as_of: datetime,
    on: date | None = None,
    emergencies: Iterable[Emergency] = (),
    owed: Iterable[sla.Compensation] = (),
) -> tuple[WorkItem, ...]:
    """Return the lines of one complaint: a promise, a call, a wait, or that it is to be moved on.

    What is owed for a missed promise has a line of its own once it grows no more, until it is paid.

    Args:
        complaint: The complaint; of one that is over only a call can be due, or something owed.
        promises: What is still to be done in it.
        terms: What is major, and who is called.
        as_of: The instant at which it is looked at.
        on: Up to the end of which day, in the zone of each calendar; None for the day of `as_of`.
        emergencies: Those called for it, over or not: a major complaint needs one. One that was
            called off counts for nothing: where it was none, grade the complaint anew.
        owed: What is owed for its missed promises, and is not paid.

    Raises:
        InvalidValueError: If `as_of` is naive, or `on` no date.

    Examples:
        >>> from crmkit.complaints import COMPLAINT_TERMS
        >>> from crmkit.sla import SEA_LION, open_promises
        >>> from crmkit.testing import NINE, a_complaint
        >>> case = a_complaint().prioritise("ann", NINE, severity="critical")
        >>> promises = open_promises(case, SEA_LION, as_of=NINE)
        >>> lines = complaint_work(case, promises, terms=COMPLAINT_TERMS, as_of=NINE)
        >>> sorted(line.kind.label() for line in lines)
        ['Due', 'Major: call the team']
    """
    now, on = instant(as_of, "as_of"), checked_day(on, "on")
    made = tuple(promises)
    zone = _zone(made, terms)
    lines = [
        *promise_lines(complaint, made, on),
        *_major(complaint, terms, emergencies),
        *_called(complaint, terms, now, on),
    ]
    if complaint.state in WAITS:
        lines.append(standing(WorkKind.WAITING, complaint, complaint.responsible, zone))
    if not lines and complaint.state in (StateGroup.OPEN, StateGroup.RESOLVED):
        lines.append(standing(WorkKind.OPEN, complaint, complaint.responsible, zone))
    leading_on = next_stages(complaint.workflow, complaint.trail)
    blocked = not_yet(complaint.explain(stage) for stage in leading_on)
    moving = (attrs.evolve(line, blocked=blocked) for line in lines)
    return (*moving, *_owed(complaint, owed))


def action_work(
    action: CorrectiveAction, *, as_of: datetime, on: date | None = None
) -> tuple[WorkItem, ...]:
    """Return the lines of one corrective action: a check, a wait, or that it is to be moved on.

    They are those of whoever leads the team; without one, of who opened it.

    Args:
        action: The action; one that is over has none.
        as_of: The instant at which it is looked at.
        on: Up to which day, in the zone of its check; None for the day of `as_of`.

    Raises:
        InvalidValueError: If `as_of` is naive.

    Examples:
        >>> from crmkit.testing import NINE
        >>> action = CorrectiveAction.open("CA-1", "ann", NINE, complaints=("K-1",), about="leaks")
        >>> (item,) = action_work(action, as_of=NINE)
        >>> item.person, item.kind.label(), item.missing
        ('ann', 'To be moved on', ('nobody is in the team',))
    """
    now = instant(as_of, "as_of")
    if action.is_over:
        return ()
    person = action.lead or action.trail[0].by
    zone = action.checks[-1].timezone if action.checks else "UTC"
    lines = []
    if _is_check_due(action, now, on):
        due = action.due_check_on
        why = _to_check(action)
        lines.append(
            WorkItem(kind=WorkKind.CHECK, record=action, person=person, due_on=due, why=why)
        )
    if not lines or action.state in WAITS:
        lines.append(standing(_wait_or_open(action), action, person, zone))
    leading_on = next_stages(action.workflow, action.trail)
    blocked = not_yet(action.explain(stage, as_of=now) for stage in leading_on)
    return tuple(attrs.evolve(line, blocked=blocked) for line in lines)


def undertaking_work(undertaking: Undertaking[Any]) -> tuple[WorkItem, ...]:
    """Return the line of an emergency, a recall or a product request: it is to be moved on.

    It is that of whoever began it. Corrective actions, which have checks and a team with a leader,
    have a list of their own: `action_work`.

    Args:
        undertaking: One that is over has none.

    Examples:
        >>> from crmkit.testing import NINE
        >>> called = Emergency.call("E-1", "ann", NINE, complaint="K-1", about="motor on fire")
        >>> (item,) = undertaking_work(called.join("ann", NINE, who="bob", role="quality"))
        >>> item.person, item.missing
        ('ann', ('nobody is there for production planning, engineering, workshop',))
    """
    if undertaking.is_over:
        return ()
    person = undertaking.trail[0].by
    line = standing(_wait_or_open(undertaking), undertaking, person, "UTC")
    leading_on = next_stages(undertaking.workflow, undertaking.trail)
    blocked = not_yet(undertaking.explain(stage) for stage in leading_on)
    return (attrs.evolve(line, blocked=blocked),)


def checks_due(
    actions: Iterable[CorrectiveAction], *, as_of: datetime, on: date | None = None
) -> tuple[CorrectiveAction, ...]:
    """Return those corrective actions whose effect may be checked by now; the longest due first.

    Args:
        actions: Any.
        as_of: The instant at which they are looked at.
        on: Up to which day, in the zone of each check; None for the day of `as_of`.

    Raises:
        InvalidValueError: If `as_of` is naive.

    Examples:
        >>> from crmkit.testing import NINE
        >>> action = CorrectiveAction.open("CA-1", "ann", NINE, complaints=("K-1",), about="leaks")
        >>> checks_due([action], as_of=NINE)
        ()
    """
    now = instant(as_of, "as_of")
    due = [(action.due_check_on, action) for action in actions if _is_check_due(action, now, on)]
    return tuple(action for _, action in sorted(due, key=lambda pair: (str(pair[0]), pair[1].id)))


def _major(
    complaint: Complaint, terms: ComplaintTerms, emergencies: Iterable[Emergency]
) -> Iterator[WorkItem]:
    called = (one for one in emergencies if one.state is not StateGroup.CANCELLED)
    is_met = any(emergency.complaint == complaint.id for emergency in called)
    if is_met or complaint.state not in (StateGroup.OPEN, *WAITS):
        return
    why = explain_major(complaint, terms)
    if why.verdict:
        person = complaint.responsible
        yield WorkItem(kind=WorkKind.MAJOR, record=complaint, person=person, why=why)


def _called(
    complaint: Complaint, terms: ComplaintTerms, now: datetime, on: date | None
) -> Iterator[WorkItem]:
    call = call_due(complaint, terms.follow_up)
    if call is not None and call.is_due_by(call.today(now) if on is None else on):
        yield WorkItem(
            kind=WorkKind.CALL,
            record=complaint,
            person=complaint.responsible,
            due_at=call.due_at,
            why=call.explain(),
            timezone=call.timezone,
        )


def _owed(complaint: Complaint, owed: Iterable[sla.Compensation]) -> Iterator[WorkItem]:
    """Yield what is to be paid, or approved; what still grows stands there as overdue."""
    for one in owed:
        if one.is_final:
            person, why = complaint.responsible, one.explain()
            yield WorkItem(kind=WorkKind.OWED, record=complaint, person=person, why=why)


def _zone(promises: Iterable[sla.OpenPromise[Complaint]], terms: ComplaintTerms) -> str:
    """Return in which zone times are told where none is due: that of a calendar we go by."""
    zones = [promise.clock.target.calendar.timezone for promise in promises]
    if terms.follow_up is not None:
        zones.append(terms.follow_up.calendar.timezone)
    return zones[0] if zones else "UTC"


def _wait_or_open(undertaking: Undertaking[Any]) -> WorkKind:
    return WorkKind.WAITING if undertaking.state in WAITS else WorkKind.OPEN


def _is_check_due(action: CorrectiveAction, now: datetime, on: date | None) -> bool:
    checked_day(on, "on")
    if action.due_check_on is None:
        return False
    here = now.astimezone(named_zone(action.checks[-1].timezone)).date()
    return action.due_check_on <= (here if on is None else on)


def _to_check(action: CorrectiveAction) -> Explanation[date]:
    check = action.checks[-1]
    told = (
        Evidence("record", named(action)),
        Evidence("due", check.due),
        Evidence("criterion", check.criterion),
    )
    return Explanation(verdict=check.due, rule=_TO_CHECK, evidence=told)
