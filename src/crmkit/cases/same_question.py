"""Two inquiries that ask the same: one is set aside for the other, which is answered for both.

Law: what others are set aside for cannot be dropped, and what comes back is set aside for something
that is dealt with.

Source: domain fact K15.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from crmkit.kernel import Text, not_now

from .first_ones import first_few
from .inquiry import Inquiry, InquiryStage


_GONE: Final = (InquiryStage.CANCELLED, InquiryStage.DUPLICATE)
_DROPPED: Final = Text("dropped", "取消、并入或删除")
_UNDELETED: Final = Text("undeleted", "恢复")


def check_droppable(inquiry: Inquiry, others: Iterable[Inquiry]) -> None:
    """Refuse to drop an inquiry for which others are set aside: its answer is all that they have.

    Args:
        inquiry: Which is to be cancelled, set aside or deleted.
        others: Those that may be set aside for it.

    Raises:
        TransitionError: If one is; it names them.

    Examples:
        >>> from crmkit.testing import NINE
        >>> asked, again = (
        ...     Inquiry.open(id, "ann", NINE, customer="C-7", about="Open today?")
        ...     for id in ("Q-1", "Q-2")
        ... )
        >>> check_droppable(asked, [again.mark_duplicate("ann", NINE, of="Q-1")])
        Traceback (most recent call last):
        crmkit.errors.TransitionError: enquiry Q-1 is opened and cannot be dropped: it is answered\
 for those that are set aside for it, too: Q-2
    """
    waiting = sorted(one.id for one in others if one.duplicate_of == inquiry.id)
    if waiting:
        why = first_few(
            "it is answered for those that are set aside for it, too",
            "另有重复事项并入本件处理",
            waiting,
        )
        raise not_now(inquiry, inquiry.stage, _DROPPED, why)


def check_dealt_with(inquiry: Inquiry, others: Iterable[Inquiry]) -> None:
    """Refuse to bring back an inquiry set aside for one that is not dealt with any more.

    Args:
        inquiry: Which is to be undeleted.
        others: Those that are there, of which one may be that for which it is set aside.

    Raises:
        TransitionError: If that one is not there, or was set aside or cancelled meanwhile.

    Examples:
        >>> from crmkit.testing import NINE
        >>> again = Inquiry.open("Q-2", "ann", NINE, customer="C-7", about="Open today?")
        >>> check_dealt_with(again.mark_duplicate("ann", NINE, of="Q-1"), [])
        Traceback (most recent call last):
        crmkit.errors.TransitionError: enquiry Q-2 is duplicate and cannot be undeleted: what it\
 was set aside for is not dealt with any more: Q-1
    """
    kept = {one.id for one in others if one.stage not in _GONE}
    if inquiry.duplicate_of is not None and inquiry.duplicate_of not in kept:
        why = first_few(
            "what it was set aside for is not dealt with any more",
            "其所并入的事项不再处理",
            [inquiry.duplicate_of],
        )
        raise not_now(inquiry, inquiry.stage, _UNDELETED, why)
