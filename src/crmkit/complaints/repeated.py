"""Complaints that somebody says are repeated by a later one.

Law: what is repeated came before: so no complaints repeat each other.

Source: domain fact K6.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from crmkit.errors import InvalidValueError

from .complaint import Complaint
from .stages import DROPPED


def mark_repeated(
    complaint: Complaint, earlier: Iterable[Complaint], by: str, at: datetime
) -> Complaint:
    """Put down that a complaint repeats earlier ones; each is a complaint of its own.

    Args:
        complaint: The later one.
        earlier: Those that it repeats. Of two that were received at one moment the earlier is that
            whose id comes first, as for `RecurrenceRule.match`.
        by: Who says so.
        at: When.

    Raises:
        InvalidValueError: If one is not earlier, none is named, one is named already, one is a
            duplicate or withdrawn, nobody acts, or `at` is naive.

    Examples:
        >>> from crmkit.testing import NINE, a_complaint
        >>> mark_repeated(a_complaint(id="K-2"), [a_complaint()], "ann", NINE).repeats
        ('K-1',)
        >>> mark_repeated(a_complaint(), [a_complaint(id="K-2")], "ann", NINE)
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: of is 'K-2': it must be received before complaint K-1;\
 mark K-2 as the one that repeats it
    """
    named = tuple(earlier)
    if complaint.stage in DROPPED:
        rule = f"must be a complaint of its own, and is {complaint.stage.value}"
        raise InvalidValueError("complaint", complaint.id, rule)
    for other in named:
        if other.stage in DROPPED:
            rule = f"must be a complaint of its own, and is {other.stage.value}"
            way_out = "" if other.duplicate_of is None else f"take {other.duplicate_of!r}"
            raise InvalidValueError("of", other.id, rule, way_out)
        if other.id != complaint.id and _place(other) > _place(complaint):
            rule = f"must be received before {complaint}"
            way_out = f"mark {other.id} as the one that repeats it"
            raise InvalidValueError("of", other.id, rule, way_out)
    return complaint.mark_recurrence(by, at, of=[other.id for other in named])


def _place(complaint: Complaint) -> tuple[datetime, str]:
    return complaint.received_at, complaint.id
