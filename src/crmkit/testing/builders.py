"""Records for tests, in which only what matters to the test is said."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final, Unpack

from crmkit.complaints import Channel, Complaint
from crmkit.customers import Customer, CustomerDetails
from crmkit.kernel import Money
from crmkit.value import ValueForecast


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


def a_forecast(
    *,
    as_of: date = date(2026, 3, 1),
    p_alive: float = 0.5,
    p_active: float = 0.4,
    clv: str = "11.09",
    currency: str = "EUR",
) -> ValueForecast:
    """Return what MBG/NBD with given parameters, and so without intervals of them, said by March.

    Examples:
        >>> str(a_forecast(p_alive=0.2, clv="10").value_at_risk)
        '40.00 EUR'
    """
    return ValueForecast(
        as_of=as_of,
        model="MBGNBD",
        unit="W",
        within=39,
        p_alive=p_alive,
        p_active=p_active,
        expected=1.263,
        count_low=0,
        count_high=6,
        clv=Money.of(clv, currency),
        horizon=52,
        discount=0.15,
    )
