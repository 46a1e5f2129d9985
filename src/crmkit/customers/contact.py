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

    Raises:
        InvalidValueError: If a part is blank, or none is told.

    Examples:
        >>> print(Address(street="1 Haier Road", city="Qingdao", country="CN"))
        1 Haier Road, Qingdao, CN
        >>> Address()
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: address is None: it must have at least one part
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

    Raises:
        InvalidValueError: If the name or another text is blank.

    Examples:
        >>> from crmkit.testing import a_customer
        >>> wang = Contact(name="Wang Fang", role="purchasing", phone="+86 532 8893 9990")
        >>> a_customer(contacts=(wang,)).contact_roles["purchasing"].name
        'Wang Fang'
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
        household: How many live in the household, 1 or more.

    Raises:
        InvalidValueError: If a text is blank, the birthday is no date, or nobody lives there.

    Examples:
        >>> Demographics(born_on=date(1988, 5, 1), household=3).household
        3
        >>> Demographics(household=0)
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: household is 0: it must be a whole number from 1 on
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

    Raises:
        InvalidValueError: If the channel is none, or an interest is no text.

    Examples:
        >>> li = Behaviour(preferred_channel=Channel.PHONE, interests=("freezers",))
        >>> li.preferred_channel.label("zh"), li.interests
        ('电话', ('freezers',))
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
        credit_limit: How much may be owed at once, in the currency of the money.
        payment_days: Days allowed for payment, whole days, 0 or more.

    Raises:
        InvalidValueError: If a value is of another kind, or the days are negative.

    Examples:
        >>> dealer = Finances(
        ...     credit=CreditStanding.GOOD, credit_limit=Money.of(50_000, "CNY"), payment_days=30
        ... )
        >>> print(dealer.credit_limit, dealer.credit.label("zh"))
        50,000.00 CNY 资信良好
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
