"""The day's work list of what else is asked of us: enquiries, suggestions, small repairs.

Law: every inquiry that is not over stands on somebody's list, and so does every follow-up call.

Source: domain fact K15 (each kind of case is answered within its limit and followed up).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

# Named through its package, which loads it when it is first asked for.
from crmkit import sla
from crmkit.cases import Inquiry, InquiryTerms, StateGroup, inquiry_call_due
from crmkit.kernel import instant
from crmkit.kernel.checks import checked_day

from .work_items import WAITS, WorkItem, WorkKind, promise_lines, standing


def inquiry_work(
    inquiry: Inquiry,
    promises: Iterable[sla.OpenPromise[Inquiry]],
    *,
    terms: InquiryTerms,
    as_of: datetime,
    on: date | None = None,
) -> tuple[WorkItem, ...]:
    """Return the lines of one inquiry: a promise, a call, a wait, or that it is to be moved on.

    Args:
        inquiry: The inquiry; of one that is over only a call can be due.
        promises: What is still to be done in it.
        terms: Who is called.
        as_of: The instant at which it is looked at.
        on: Up to the end of which day, in the zone of each calendar; None for the day of `as_of`.

    Raises:
        InvalidValueError: If `as_of` is naive, or `on` no date.

    Examples:
        >>> from crmkit.cases import INQUIRY_TERMS
        >>> from crmkit.testing import NINE
        >>> asked = Inquiry.open("Q-1", "ann", NINE, customer="C-7", about="Open today?")
        >>> (item,) = inquiry_work(asked, (), terms=INQUIRY_TERMS, as_of=NINE)
        >>> item.person, item.kind.label()
        ('ann', 'To be moved on')
    """
    now, day = instant(as_of, "as_of"), checked_day(on, "on")
    made = tuple(promises)
    lines = list(promise_lines(inquiry, made, day))
    call = inquiry_call_due(inquiry, terms.follow_up)
    if call is not None and call.is_due_by(call.today(now) if day is None else day):
        lines.append(
            WorkItem(
                kind=WorkKind.CALL,
                record=inquiry,
                person=inquiry.responsible,
                due_at=call.due_at,
                why=call.explain(),
                timezone=call.timezone,
            )
        )
    zones = [promise.clock.target.calendar.timezone for promise in made]
    zone = zones[0] if zones else "UTC"
    if inquiry.state in WAITS:
        lines.append(standing(WorkKind.WAITING, inquiry, inquiry.responsible, zone))
    if not lines and inquiry.state in (StateGroup.OPEN, StateGroup.RESOLVED):
        lines.append(standing(WorkKind.OPEN, inquiry, inquiry.responsible, zone))
    return tuple(lines)
