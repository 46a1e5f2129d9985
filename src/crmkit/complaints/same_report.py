"""Two reports of the same: one is set aside for the other, which is dealt with.

Law: no report is set aside for one that is not dealt with itself; and one for which others are
set aside is dealt with for them, too, so that it cannot be dropped.

Source: domain fact K1.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from crmkit.errors import InvalidValueError
from crmkit.kernel import Text, not_now

from .complaint import Complaint
from .stages import DROPPED
from .still_open import first_few


_UNDELETED: Final = Text("undeleted", "恢复")
_DROPPED: Final = Text("dropped", "撤回、并入或删除")


def set_aside(
    complaint: Complaint, other: Complaint, by: str, at: datetime, *, note: str = ""
) -> Complaint:
    """Set a complaint aside: it reports the same as another, which is dealt with.

    Args:
        complaint: Which is set aside.
        other: The one that reports the same.
        by: Who finds that.
        at: When.
        note: What is said on the occasion.

    Raises:
        TransitionError: If it is answered already.
        InvalidValueError: If the other is a duplicate itself, withdrawn, or the same complaint,
            nobody acts, or `at` is naive or before the last step.

    Examples:
        >>> from crmkit.testing import NINE, a_complaint
        >>> again = set_aside(a_complaint(id="K-2"), a_complaint(), "ann", NINE)
        >>> set_aside(a_complaint(), again, "ann", NINE)
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: of is 'K-2': it must be dealt with itself, and is\
 duplicate; take 'K-1'
    """
    if other.stage in DROPPED:
        rule = f"must be dealt with itself, and is {other.stage.value}"
        way_out = "" if other.duplicate_of is None else f"take {other.duplicate_of!r}"
        raise InvalidValueError("of", other.id, rule, way_out)
    return complaint.mark_duplicate(by, at, of=other.id, note=note)


def check_dealt_with(report: Complaint, others: Iterable[Complaint]) -> None:
    """Refuse to bring back a report that is set aside for one which is not dealt with any more.

    Args:
        report: Which is to be undeleted.
        others: Those that are there, of which one may be that for which it is set aside.

    Raises:
        TransitionError: If that one is not there, or was set aside or withdrawn meanwhile.

    Examples:
        >>> from crmkit.testing import NINE, a_complaint
        >>> again = set_aside(a_complaint(id="K-2"), a_complaint(), "ann", NINE)
        >>> check_dealt_with(again, [a_complaint().withdraw("ann", NINE)])
        Traceback (most recent call last):
        crmkit.errors.TransitionError: complaint K-2 is duplicate and cannot be undeleted: what it\
 was set aside for is not dealt with any more: K-1
    """
    kept = {one.id for one in others if one.stage not in DROPPED}
    if report.duplicate_of is not None and report.duplicate_of not in kept:
        why = first_few(
            "what it was set aside for is not dealt with any more",
            "其所并入的投诉不再处理",
            [report.duplicate_of],
        )
        raise not_now(report, report.stage, _UNDELETED, why)


def check_droppable(complaint: Complaint, reports: Iterable[Complaint]) -> None:
    """Refuse to drop a complaint for which other reports are set aside: it is all that they have.

    Args:
        complaint: Which is to be withdrawn, set aside or deleted.
        reports: Those that may be set aside for it.

    Raises:
        TransitionError: If one is; it names them.

    Examples:
        >>> from crmkit.testing import NINE, a_complaint
        >>> again = set_aside(a_complaint(id="K-2"), a_complaint(), "ann", NINE)
        >>> check_droppable(a_complaint(), [again])
        Traceback (most recent call last):
        crmkit.errors.TransitionError: complaint K-1 is received and cannot be dropped: it is dealt\
 with for the reports that are set aside for it, too: K-2
    """
    waiting = sorted(one.id for one in reports if one.duplicate_of == complaint.id)
    if waiting:
        why = first_few(
            "it is dealt with for the reports that are set aside for it, too",
            "另有重复投诉并入本件处理",
            waiting,
        )
        raise not_now(complaint, complaint.stage, _DROPPED, why)
