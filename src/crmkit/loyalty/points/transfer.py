"""Points that go from one account to another.

Law: they keep the day on which they were earned, and the day on which they lapse.
"""

from __future__ import annotations

from datetime import datetime

from crmkit.errors import InvalidValueError
from crmkit.kernel.checks import of_kind

from .account import PointsAccount
from .holdings import close_books, open_books
from .lots import counted
from .postings import PointsAct


def transfer_points(
    sender: PointsAccount, recipient: PointsAccount, by: str, at: datetime, *, points: int
) -> tuple[PointsAccount, PointsAccount]:
    """Move points from one account to another of the scheme; they lapse when they would have.

    Args:
        sender: Whose points; those that lapse first go first.
        recipient: Who gets them: another customer, or the account that a merged one goes on as.
        by: Who moves them.
        at: When.
        points: How many.

    Returns:
        Both accounts.

    Raises:
        InvalidValueError: If they are one account or of two schemes, or there are not so many.

    Examples:
        >>> from crmkit.kernel import Text
        >>> from crmkit.loyalty import EarnRule, PointsExpiry, PointsScheme
        >>> from crmkit.testing import NINE
        >>> gift = EarnRule(code="gift", label=Text("Welcome", "欢迎礼"), points=50)
        >>> club = PointsScheme(
        ...     name="club", currency="CNY", rules=(gift,), expiry=PointsExpiry(months=1)
        ... )
        >>> li, wang = (
        ...     PointsAccount.open(f"club/{one}", "ann", NINE, customer=one, scheme=club)
        ...     for one in ("C-7", "C-8")
        ... )
        >>> li = li.earn("ann", NINE, reference="W-1", scheme=club)
        >>> li, wang = transfer_points(li, wang, "ann", NINE, points=20)
        >>> li.balance, wang.balance, wang.next_expiry == li.next_expiry
        (30, 20, True)
    """
    of_kind(sender, PointsAccount, "sender")
    of_kind(recipient, PointsAccount, "recipient")
    if (sender.scheme, sender.currency) != (recipient.scheme, recipient.currency):
        rule = f"must be of {sender.scheme!r} in {sender.currency}"
        raise InvalidValueError("recipient", recipient.id, rule)
    if sender.id == recipient.id:
        raise InvalidValueError("recipient", recipient.id, "must be another account")
    theirs, ours = open_books(sender, at), open_books(recipient, at)
    theirs.draw(PointsAct.SENT, counted(points))
    for one in (one for one in theirs.posted if one.act is PointsAct.SENT):
        ours.add(
            PointsAct.TAKEN_IN,
            -one.points,
            source=one.source,
            earned_at=one.earned_at,
            expires_at=one.expires_at,
            returnable_until=ours.at,
        )
    return (
        close_books(sender, theirs, PointsAct.SENT, by),
        close_books(recipient, ours, PointsAct.TAKEN_IN, by),
    )
