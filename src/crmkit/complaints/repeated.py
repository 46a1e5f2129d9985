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


def without_dropped(
    dropped: Complaint, later: Iterable[Complaint], by: str, at: datetime
) -> tuple[Complaint, ...]:
    """Return the complaints that repeated one which was dropped: they repeat it no more.

    Args:
        dropped: What is withdrawn, or set aside for another.
        later: Those that may repeat it.
        by: Who dropped it.
        at: When.

    Raises:
        InvalidValueError: If nobody acts, or `at` is naive or before the last time in one of them.

    Examples:
        >>> from crmkit.testing import NINE, a_complaint
        >>> second = mark_repeated(a_complaint(id="K-2"), [a_complaint()], "ann", NINE)
        >>> gone = a_complaint().withdraw("ann", NINE)
        >>> (healed,) = without_dropped(gone, [second], "ann", NINE)
        >>> healed.occurrence, healed.repeats_undone[0].reason
        (1, 'complaint K-1 is dropped: withdrawn')
    """
    en = f"{dropped.label('en')} is dropped: {dropped.stage.value}"
    zh = f"{dropped.label('zh')}不再单独处理：{dropped.stage.label('zh')}"
    return tuple(
        one.unmark_recurrence(by, at, of=[dropped.id], reason=en, reason_zh=zh)
        for one in later
        if dropped.id in one.repeats
    )


def _place(complaint: Complaint) -> tuple[datetime, str]:
    return complaint.received_at, complaint.id
