"""Two reports of the same: one is set aside for the other, which is dealt with.

Law: no report is set aside for one that is not dealt with itself.

Source: domain fact K1.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from crmkit.errors import InvalidValueError

from .complaint import Complaint
from .stages import Stage


_NOT_DEALT_WITH: Final = (Stage.DUPLICATE, Stage.WITHDRAWN)


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
    if other.stage in _NOT_DEALT_WITH:
        rule = f"must be dealt with itself, and is {other.stage.value}"
        way_out = "" if other.duplicate_of is None else f"take {other.duplicate_of!r}"
        raise InvalidValueError("of", other.id, rule, way_out)
    return complaint.mark_duplicate(by, at, of=other.id, note=note)
