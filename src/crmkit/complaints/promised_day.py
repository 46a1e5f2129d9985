"""The day for which a customer was promised an answer, as it is taken in.

Law: nobody is promised an answer for a day before he complained.

Source: ISO 10002, 7.2: what is put down on receipt, the due date among it.
"""

from __future__ import annotations

from collections.abc import Callable

# Named through its package, which loads it when it is first asked for.
from crmkit import sla

from .complaint import Complaint


def check_due_on(complaint: Complaint, timezone: Callable[[Complaint], str]) -> None:
    """Refuse a day for an answer that is before the receipt, or more than 100 years after it.

    Args:
        complaint: As it was received.
        timezone: Tells in which zone it is that day; asked only where a day was promised.

    Raises:
        InvalidValueError: If it is, or there is no such zone.

    Examples:
        >>> from datetime import date
        >>> from crmkit.testing import NINE
        >>> told = Complaint.receive(
        ...     "K-1", "ann", NINE, customer="C-7", about="leaks", due_on=date(2026, 3, 1)
        ... )
        >>> check_due_on(told, lambda complaint: "Asia/Shanghai")
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: due_on is datetime.date(2026, 3, 1): it must be from the\
 day of the receipt on, 2026-03-02, and 36525 days after it at most
    """
    if complaint.due_on is not None:
        zone = timezone(complaint)
        sla.check_promised_day(complaint.due_on, complaint.received_at, timezone=zone)
