"""The customers' desk."""

from __future__ import annotations

from functools import partial
from typing import Unpack

from crmkit.customers import (
    CUSTOMER_CODEC,
    Customer,
    CustomerDetails,
    CustomerTerms,
    FurtherDetails,
)
from crmkit.kernel import FrozenMap
from crmkit.lifecycle import Lifecycle

from .asking import Asked
from .desk import Desk, Office
from .kept_lifecycles import check_put_down, classes_of
from .unit import UnitOfWork


class CustomersDesk(Desk[Customer]):
    """Who they are: add, change, class, find.

    Keys to find by: party, name, phone, email, type, region, industry, size, source, owner, since,
    closeness, handling, relation, added_at, changed_at. Where closeness and relation follow from
    journeys, `classed` finds by them.

    Examples:
        >>> import crmkit
        >>> desk = crmkit.open(actor="ann").customers
        >>> dealer = desk.add_organisation(id="C-1", name="Qingdao Cold Store", region="Shandong")
        >>> desk.classify("C-1", handling="key").classes
        FrozenMap({'handling': 'key'})
        >>> [customer.name for customer in desk.find(handling="key", region="Shandong")]
        ['Qingdao Cold Store']
        >>> desk.classify("C-1", handling="keyy")
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: handling is 'keyy': it is no term of this vocabulary; did\
 you mean 'key'?
    """

    def __init__(self, office: Office, terms: CustomerTerms, state: Lifecycle) -> None:
        super().__init__(office, CUSTOMER_CODEC)
        self._terms = terms
        self._state = state

    def add_person(
        self, *, name: str, id: str | None = None, **details: Unpack[FurtherDetails]
    ) -> Customer:
        """Add a person.

        Args:
            name: How the customer is called.
            id: Unique among customers; made where none is given.
            details: What else is known, named as in `crmkit.customers.Customer`: phone, email,
                address, contacts, type, region, industry, size, source, owner, since,
                demographics, behaviour, finances.

        Raises:
            InvalidValueError: If a detail is unknown or unfit.
            ConflictError: If there is, or was, a customer of that id.
        """
        terms = self._terms
        return self._bear(
            id, lambda id, by, at: Customer.person(id, by, at, terms=terms, name=name, **details)
        )

    def add_organisation(
        self, *, name: str, id: str | None = None, **details: Unpack[FurtherDetails]
    ) -> Customer:
        """Add an organisation; arguments and errors as for a person."""
        terms = self._terms
        return self._bear(
            id,
            lambda id, by, at: Customer.organisation(id, by, at, terms=terms, name=name, **details),
        )

    def change(self, id: str, /, **details: Unpack[CustomerDetails]) -> Customer:
        """Put down what is new: the details named get these values, the rest stays.

        Raises:
            NotFoundError: If there is no such customer.
            InvalidValueError: If nothing is told, or a detail is unknown or unfit.
        """
        terms = self._terms
        return self._act(id, lambda record, by, at: record.change(by, at, terms=terms, **details))

    def classify(self, id: str, /, **classes: str) -> Customer:
        """Put the customer into classes: `classify("C-7", handling="key")`.

        Raises:
            NotFoundError: If there is no such customer.
            InvalidValueError: If nothing is told, or a way to class or a class is unknown.
        """
        terms = self._terms
        return self._act(id, lambda record, by, at: record.classify(by, at, terms=terms, **classes))

    def classes(self, id: str, /) -> FrozenMap[str, str]:
        """Return a customer's classes: what was put down, and over it what his state tells.

        Who has a journey under the CRM's lifecycle `customer_state` is as close, and new, loyal,
        lost or recovered, as that journey says; the record itself keeps what was put down by hand.

        Raises:
            NotFoundError: If there is no such customer.

        Examples:
            >>> import crmkit
            >>> from crmkit.lifecycle import CUSTOMER_STATE
            >>> crm = crmkit.open(actor="ann")
            >>> li = crm.customers.add_person(id="C-7", name="Li Wei")
            >>> told = crm.journeys.take_up(CUSTOMER_STATE, {"C-7": "lost"}, why="silent")
            >>> crm.customers.classes("C-7")
            FrozenMap({'closeness': 'lost', 'relation': 'lost'})
        """

        def told(unit: UnitOfWork) -> FrozenMap[str, str]:
            ((_, classes),) = classes_of(unit, self._state, [unit.get(self._codec, id)])
            return classes

        return self._office.look(told)

    def classed(self, /, **classes: str) -> tuple[Customer, ...]:
        """Return all customers of some classes, as `classes` tells them, in the order of their ids.

        Every customer is looked at: what follows from journeys is no key.

        Raises:
            InvalidValueError: If a way to class, or a class, is unknown.

        Examples:
            >>> import crmkit
            >>> crm = crmkit.open(actor="ann")
            >>> li = crm.customers.add_person(id="C-7", name="Li Wei")
            >>> told = crm.journeys.take_up("customer_state", {"C-7": "lost"}, why="silent")
            >>> crm.customers.classed(relation="lost") == (li,)
            True
            >>> crm.customers.find(relation="lost")
            Traceback (most recent call last):
            crmkit.errors.InvalidValueError: key is 'relation': it follows from journeys under\
 customer_state, and is no key of customers then; ask crm.customers.classed(relation=…)
        """
        asked = {name: self._terms.scheme(name).checked(code) for name, code in classes.items()}

        def of(unit: UnitOfWork, page: tuple[Customer, ...]) -> tuple[Customer, ...]:
            told = classes_of(unit, self._state, page)
            return tuple(one for one, known in told if asked.items() <= known.items())

        pages = (self._office.look(partial(of, page=page)) for page in self._pages())
        return tuple(one for found in pages for one in found)

    def find(
        self,
        /,
        *where: Asked,
        order_by: str = "id",
        after: Customer | None = None,
        limit: int = 100,
        **equal: object,
    ) -> tuple[Customer, ...]:
        """Return one page of customers, as `Desk.find` does for every record.

        Raises:
            InvalidValueError: As for `Desk.find`; or if closeness or relation is asked for, and
                follows from journeys: then `classed` tells.
        """
        self._office.look(lambda unit: check_put_down(unit, self._state, where, equal, order_by))
        return super().find(*where, order_by=order_by, after=after, limit=limit, **equal)
