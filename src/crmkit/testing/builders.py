"""Records for tests, in which only what matters to the test is said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final, Unpack

from crmkit.complaints import Channel, Complaint
from crmkit.customers import Customer, CustomerDetails


NINE: Final = datetime(2026, 3, 2, 9, tzinfo=UTC)
"""Monday, 2 March 2026, nine o'clock UTC: when the tests' day begins."""


def a_customer(
    id: str = "C-7", *, at: datetime = NINE, **details: Unpack[CustomerDetails]
) -> Customer:
    """Return a person, added by Ann at nine.

    Examples:
        >>> a_customer(region="Shandong").name
        'Li Wei'
    """
    told: CustomerDetails = {"name": "Li Wei", **details}
    return Customer.person(id, "ann", at, **told)


def a_complaint(
    id: str = "K-1",
    *,
    customer: str = "C-7",
    about: str = "compressor rattles",
    channel: Channel | None = Channel.PHONE,
    at: datetime = NINE,
    acknowledged_after: timedelta | None = None,
) -> Complaint:
    """Return a complaint, received by Ann at nine, and acknowledged if that is said.

    Examples:
        >>> a_complaint().stage.label()
        'Received'
    """
    complaint = Complaint.receive(id, "ann", at, customer=customer, about=about, channel=channel)
    if acknowledged_after is not None:
        complaint = complaint.acknowledge("ann", at + acknowledged_after)
    return complaint
