"""How a customer is reached, and what is known of it: values held by the customer record.

Source: domain fact C1.
"""

from __future__ import annotations

from datetime import date

import attrs
from attrs.validators import optional

from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    Channel,
    Labelled,
    Money,
    all_are,
    is_a,
    member_of,
    not_blank,
    not_blank_if_given,
)


class CreditStanding(Labelled):
    """How far a customer can be trusted to pay (资信)."""

    GOOD = "good", "Good credit", "资信良好"
    FAIR = "fair", "Fair credit", "资信一般"
    POOR = "poor", "Poor credit", "资信较差"


@attrs.frozen(kw_only=True)
class Address:
    """A postal address; any part may be unknown, but not all.

    Attributes:
        street: Street, number, building.
        city: City or town.
        region: Province, state.
        postcode: Postal code.
        country: Country; two capital letters of ISO 3166 where you can.
    """

    street: str | None = attrs.field(default=None, validator=not_blank_if_given)
    city: str | None = attrs.field(default=None, validator=not_blank_if_given)
    region: str | None = attrs.field(default=None, validator=not_blank_if_given)
    postcode: str | None = attrs.field(default=None, validator=not_blank_if_given)
    country: str | None = attrs.field(default=None, validator=not_blank_if_given)

    def __attrs_post_init__(self) -> None:
        if not any(attrs.astuple(self)):
            raise InvalidValueError("address", None, "must have at least one part")

    def __str__(self) -> str:
        return ", ".join(part for part in attrs.astuple(self) if part)


@attrs.frozen(kw_only=True)
class Contact:
    """A person to speak to, and in which role.

    Attributes:
        name: Who.
        role: What for, in the customer's house: `purchasing`, `accounts`, `head of laundry`.
        phone: Telephone number.
        email: E-mail address.
        note: Anything else.
    """

    name: str = attrs.field(validator=not_blank)
    role: str | None = attrs.field(default=None, validator=not_blank_if_given)
    phone: str | None = attrs.field(default=None, validator=not_blank_if_given)
    email: str | None = attrs.field(default=None, validator=not_blank_if_given)
    note: str = attrs.field(default="", validator=is_a(str))


@attrs.frozen(kw_only=True)
class Demographics:
    """Who a person is, as far as the person told.

    Attributes:
        born_on: Date of birth.
        gender: In the person's own word.
        occupation: What the person does.
        household: How many live in the household.
    """

    born_on: date | None = attrs.field(default=None, validator=optional(is_a(date)))
    gender: str | None = attrs.field(default=None, validator=not_blank_if_given)
    occupation: str | None = attrs.field(default=None, validator=not_blank_if_given)
    household: int | None = attrs.field(default=None)

    @household.validator
    def _somebody_lives_there(self, _: object, household: int | None) -> None:
        if household is not None and (type(household) is not int or household < 1):
            raise InvalidValueError("household", household, "must be a whole number from 1 on")


@attrs.frozen(kw_only=True)
class Behaviour:
    """How a customer likes to deal with us.

    Attributes:
        preferred_channel: The way to reach the customer.
        interests: What the customer asks about.
        habits: What is worth knowing before a visit or a call.
    """

    preferred_channel: Channel | None = attrs.field(
        default=None, validator=optional(member_of(Channel))
    )
    interests: tuple[str, ...] = attrs.field(default=(), validator=all_are(str))
    habits: str = attrs.field(default="", validator=is_a(str))


@attrs.frozen(kw_only=True)
class Finances:
    """How a customer pays.

    Attributes:
        credit: The customer's standing.
        credit_limit: How much may be owed at once.
        payment_days: Days allowed for payment.
    """

    credit: CreditStanding | None = attrs.field(
        default=None, validator=optional(member_of(CreditStanding))
    )
    credit_limit: Money | None = attrs.field(default=None, validator=optional(is_a(Money)))
    payment_days: int | None = attrs.field(default=None)

    @payment_days.validator
    def _not_negative(self, _: object, days: int | None) -> None:
        if days is not None and (type(days) is not int or days < 0):
            raise InvalidValueError("payment_days", days, "must be a whole number, not negative")
