"""The customer: a person or an organisation that deals with us, or may.

Law: a customer is changed by verbs only, each with who and when; nothing is overwritten unseen.

Source: domain facts C1 (the record), C2 and C3 (types and classes as data), C7 (every change kept).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Final, TypedDict, Unpack

import attrs
from attrs.validators import optional

from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    PERSONAL,
    FrozenMap,
    Labelled,
    Step,
    Trail,
    all_are,
    instant,
    is_a,
    is_id,
    known_name,
    member_of,
    not_blank,
    not_blank_if_given,
    personal_in,
    unbroken,
)

from .contact import Address, Behaviour, Contact, Demographics, Finances
from .identity import CustomerId
from .vocabulary import CUSTOMER_TERMS, CustomerTerms


class PartyKind(Labelled):
    """What kind of party a customer is."""

    PERSON = "person", "Person", "个人"
    ORGANISATION = "organisation", "Organisation", "单位"


class CustomerAct(Labelled):
    """What was done to a customer's record."""

    ADDED = "added", "Added", "已建档"
    CHANGED = "changed", "Changed", "已变更"
    CLASSED = "classed", "Classed", "已分类"
    RESTORED = "restored", "Restored", "已恢复"


class FurtherDetails(TypedDict, total=False):
    """What may be told of a customer besides the name; names as in `Customer`.

    Examples:
        >>> import crmkit
        >>> known: FurtherDetails = {"phone": "+86 532 8893 9999", "region": "Shandong"}
        >>> crmkit.open().customers.add_person(name="Li Wei", **known).region
        'Shandong'
    """

    phone: str | None
    email: str | None
    address: Address | None
    contacts: tuple[Contact, ...]
    type: str | None
    region: str | None
    industry: str | None
    size: str | None
    source: str | None
    owner: str | None
    since: date | None
    demographics: Demographics | None
    behaviour: Behaviour | None
    finances: Finances | None


class CustomerDetails(FurtherDetails, total=False):
    """What may be told of a customer at birth, and changed later; names as in `Customer`.

    Examples:
        >>> from crmkit.testing import NINE
        >>> told: CustomerDetails = {"name": "Li Wei", "type": "end_consumer"}
        >>> Customer.person("C-7", "ann", NINE, **told).type
        'end_consumer'
    """

    name: str


_NO_CLASSES: Final[FrozenMap[str, str]] = FrozenMap()


@attrs.frozen(kw_only=True)
class Customer:
    """Somebody who buys from us, or may.

    Customers are immutable: every verb returns a new one with a longer trail.

    Attributes:
        id: Unique among customers.
        party: Person or organisation.
        name: How the customer is called; never blank.
        phone: Telephone number.
        email: E-mail address.
        address: Postal address.
        contacts: Whom to speak to, and in which roles.
        type: Code of the company's own customer types, such as `end_consumer`.
        classes: For each way to class customers, the code of the class: `{"handling": "key"}`.
        region: Sales region.
        industry: What the organisation does.
        size: How large it is, in the company's own words.
        source: How the customer came to us.
        owner: Who on our side looks after the customer.
        since: First day as a customer.
        demographics: Who the person is.
        behaviour: How the customer likes to deal with us.
        finances: How the customer pays.
        trail: Every act on the record, oldest first; times never decrease.

    Raises:
        InvalidValueError: If the name or another text is blank, or the trail goes back in time.

    Examples:
        >>> from datetime import UTC, datetime
        >>> nine = datetime(2026, 3, 2, 9, tzinfo=UTC)
        >>> li = Customer.person("C-7", "ann", nine, name="Li Wei", phone="+86 532 8893 9999")
        >>> li = li.change("bob", nine, type="end_consumer", region="Shandong")
        >>> li.type, li.trail[-1].by, li.trail[-1].stage.label("zh")
        ('end_consumer', 'bob', '已变更')
        >>> li.change("bob", nine, type="consumer")
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: type is 'consumer': it is no term of this vocabulary; did\
 you mean 'end_consumer'?
    """

    id: CustomerId = attrs.field(validator=is_id)
    party: PartyKind = attrs.field(validator=member_of(PartyKind))
    name: str = attrs.field(validator=not_blank, metadata=PERSONAL)
    phone: str | None = attrs.field(default=None, validator=not_blank_if_given, metadata=PERSONAL)
    email: str | None = attrs.field(default=None, validator=not_blank_if_given, metadata=PERSONAL)
    address: Address | None = attrs.field(
        default=None, validator=optional(is_a(Address)), metadata=PERSONAL
    )
    contacts: tuple[Contact, ...] = attrs.field(
        default=(), validator=all_are(Contact), metadata=PERSONAL
    )
    type: str | None = attrs.field(default=None, validator=not_blank_if_given)
    classes: FrozenMap[str, str] = attrs.field(default=_NO_CLASSES, validator=is_a(FrozenMap))
    region: str | None = attrs.field(default=None, validator=not_blank_if_given)
    industry: str | None = attrs.field(default=None, validator=not_blank_if_given)
    size: str | None = attrs.field(default=None, validator=not_blank_if_given)
    source: str | None = attrs.field(default=None, validator=not_blank_if_given)
    owner: str | None = attrs.field(default=None, validator=not_blank_if_given)
    since: date | None = attrs.field(default=None, validator=optional(is_a(date)))
    demographics: Demographics | None = attrs.field(
        default=None, validator=optional(is_a(Demographics)), metadata=PERSONAL
    )
    behaviour: Behaviour | None = attrs.field(
        default=None, validator=optional(is_a(Behaviour)), metadata=PERSONAL
    )
    finances: Finances | None = attrs.field(
        default=None, validator=optional(is_a(Finances)), metadata=PERSONAL
    )
    trail: Trail[CustomerAct] = attrs.field(validator=unbroken, metadata=personal_in("note"))

    @classmethod
    def person(
        cls,
        id: str,
        by: str,
        at: datetime,
        *,
        terms: CustomerTerms = CUSTOMER_TERMS,
        **details: Unpack[CustomerDetails],
    ) -> Customer:
        """Add a person.

        Args:
            id: Unique among customers.
            by: Who adds the record.
            at: When.
            terms: The company's own words for types of customers.
            details: What is known, by the names above; `name` at least.

        Raises:
            InvalidValueError: If a detail is unknown or unfit.
        """
        return cls._added(PartyKind.PERSON, id, by, at, terms, details)

    @classmethod
    def organisation(
        cls,
        id: str,
        by: str,
        at: datetime,
        *,
        terms: CustomerTerms = CUSTOMER_TERMS,
        **details: Unpack[CustomerDetails],
    ) -> Customer:
        """Add an organisation; arguments and errors as for a person."""
        return cls._added(PartyKind.ORGANISATION, id, by, at, terms, details)

    def change(
        self,
        by: str,
        at: datetime,
        *,
        terms: CustomerTerms = CUSTOMER_TERMS,
        **details: Unpack[CustomerDetails],
    ) -> Customer:
        """Put down what is new: the details named get these values, the rest stays.

        Raises:
            InvalidValueError: If nothing is told, or a detail is unknown or unfit.
        """
        if not details:
            raise InvalidValueError("details", {}, "must name what is new")
        told = _checked(details, terms)
        return attrs.evolve(self, **told, trail=self._longer(CustomerAct.CHANGED, by, at))

    def classify(
        self, by: str, at: datetime, *, terms: CustomerTerms = CUSTOMER_TERMS, **classes: str
    ) -> Customer:
        """Put the customer into classes: `classify(by, at, handling="key")`.

        Raises:
            InvalidValueError: If nothing is told, or a way to class or a class is unknown.
        """
        if not classes:
            way_out = 'write handling="key"'
            raise InvalidValueError("classes", {}, "must name at least one class", way_out)
        checked = {name: terms.scheme(name).checked(code) for name, code in classes.items()}
        longer = self._longer(CustomerAct.CLASSED, by, at)
        return attrs.evolve(self, classes=self.classes | checked, trail=longer)

    def restore(self, by: str, at: datetime, *, earlier: Customer) -> Customer:
        """Put back what an earlier version said; the trail goes on and keeps what was in between.

        Raises:
            InvalidValueError: If `earlier` is another customer.
        """
        if earlier.id != self.id:
            raise InvalidValueError("earlier", earlier.id, f"must be a version of {self.id!r}")
        return attrs.evolve(earlier, trail=self._longer(CustomerAct.RESTORED, by, at))

    @property
    def contact_roles(self) -> FrozenMap[str, Contact]:
        """For each role, the first contact who has it."""
        return FrozenMap({c.role: c for c in reversed(self.contacts) if c.role is not None})

    @classmethod
    def _added(
        cls,
        party: PartyKind,
        id: str,
        by: str,
        at: datetime,
        terms: CustomerTerms,
        details: CustomerDetails,
    ) -> Customer:
        told = _checked(details, terms)
        if "name" not in told:
            raise InvalidValueError("name", None, "must be told")
        trail = (Step(CustomerAct.ADDED, by, instant(at)),)
        return cls(id=CustomerId(id), party=party, trail=trail, **told)

    def _longer(self, act: CustomerAct, by: str, at: datetime) -> Trail[CustomerAct]:
        return (*self.trail, Step(act, by, instant(at)))


_DETAILS: Final = frozenset(CustomerDetails.__annotations__)


def _checked(details: CustomerDetails, terms: CustomerTerms) -> CustomerDetails:
    """Refuse unknown details, and words that the company does not use."""
    for name in details:
        known_name(name, _DETAILS, "detail")
    told = details.copy()
    if (type_ := told.get("type")) is not None:
        terms.types.checked(type_)
    if "contacts" in told:
        told["contacts"] = tuple(told["contacts"])
    return told
