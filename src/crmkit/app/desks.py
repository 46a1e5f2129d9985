"""The desks of one CRM, each made when first asked for, and the transaction over all of them.

Law: all desks of one view act for one person, by one clock, under the same policies.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final, TypeAlias, TypeVar

import attrs

# The desks are named through their package, which loads each when it is first asked for.
from crmkit import app, cases, complaints, customers, lifecycle, sla
from crmkit.errors import InvalidValueError, StorageError
from crmkit.kernel import Clock, FrozenMap, IdSource, checked_actor, instant
from crmkit.storage import Store

from .kept_lifecycles import kept_lifecycles
from .unit import Committed, UnitOfWork


T = TypeVar("T")

Subscriber: TypeAlias = Callable[[Committed], object]
"""Anything that wants to be told what was saved."""

NOBODY: Final = "anonymous"
"""Who acts where nobody said who does."""


@attrs.frozen(kw_only=True)
class House:
    """What every view of one CRM shares.

    Raises:
        InvalidValueError: If `retry` is no timedelta of 0 or more, or the policies or the terms are
            none.
    """

    store: Store
    ids: IdSource
    retry: timedelta | None = attrs.field()
    terms: customers.CustomerTerms | None
    policies: sla.SlaPolicies | None = attrs.field()
    complaint_terms: complaints.ComplaintTerms | None = attrs.field()
    inquiry_terms: cases.InquiryTerms | None = attrs.field()
    lifecycles: tuple[lifecycle.Lifecycle, ...] = ()
    subscribers: list[Subscriber]

    @retry.validator
    def _check_retry(self, _: object, retry: timedelta | None) -> None:
        if retry is not None and (not isinstance(retry, timedelta) or retry < timedelta(0)):
            raise InvalidValueError("retry", retry, "must be a timedelta that is not negative")

    @policies.validator
    def _check_policies(self, _: object, policies: sla.SlaPolicies | None) -> None:
        if policies is not None and not isinstance(policies, sla.SlaPolicies):
            way_out = "of one policy for everybody: SlaPolicies(default=policy)"
            raise InvalidValueError("policies", policies, "must be SlaPolicies", way_out)

    @complaint_terms.validator
    def _check_terms(self, _: object, terms: complaints.ComplaintTerms | None) -> None:
        if terms is not None and not isinstance(terms, complaints.ComplaintTerms):
            raise InvalidValueError("complaint_terms", terms, "must be ComplaintTerms")

    @inquiry_terms.validator
    def _check_inquiry_terms(self, _: object, terms: cases.InquiryTerms | None) -> None:
        if terms is not None and not isinstance(terms, cases.InquiryTerms):
            raise InvalidValueError("inquiry_terms", terms, "must be InquiryTerms")


class Desks(ABC):
    """The desks of one CRM, on behalf of one actor."""

    def __init__(self, house: House, actor: str, clock: Clock) -> None:
        checked_actor(actor, "actor")
        self._house = house
        self._actor = actor
        self._clock = clock

    @property
    def actor(self) -> str:
        """Who acts."""
        return self._actor

    def now(self) -> datetime:
        """Return the present instant of this CRM's clock, in UTC."""
        return instant(self._clock(), "now")

    def new_id(self) -> str:
        """Return an id never used before."""
        return self._house.ids()

    @abstractmethod
    def work(self, act: Callable[[UnitOfWork], T]) -> T:
        """Let `act` read and write; save what it did."""

    def look(self, act: Callable[[UnitOfWork], T]) -> T:
        """Let `act` read."""
        return act(UnitOfWork(self._house.store))

    def _commit(self, unit: UnitOfWork) -> Committed | None:
        batch = self.new_id()
        committed = unit.commit(batch, self.now(), self.actor)
        if committed is None and not unit.is_empty:
            problem = f"a batch {batch!r} was stored before, so that nothing was saved"
            raise StorageError("store", problem, "make ids that are never used twice")
        return committed

    @cached_property
    def customers(self) -> app.CustomersDesk:
        """Who they are."""
        terms = self._house.terms or customers.CUSTOMER_TERMS
        return app.CustomersDesk(self, terms, self._lifecycles[lifecycle.CUSTOMER_STATE.name])

    @cached_property
    def complaints(self) -> app.ComplaintsDesk:
        """Putting right."""
        house = self._house
        return app.ComplaintsDesk(self, house.policies, terms=house.complaint_terms)

    @cached_property
    def inquiries(self) -> app.InquiriesDesk:
        """What else is asked of us."""
        house = self._house
        return app.InquiriesDesk(self, house.policies, terms=house.inquiry_terms)

    @cached_property
    def corrective_actions(self) -> app.CorrectiveActionsDesk:
        """Removing causes."""
        return app.CorrectiveActionsDesk(self)

    @cached_property
    def emergencies(self) -> app.EmergenciesDesk:
        """Keeping people from harm."""
        return app.EmergenciesDesk(self)

    @cached_property
    def product_requests(self) -> app.ProductRequestsDesk:
        """The voice of the customer."""
        return app.ProductRequestsDesk(self)

    @cached_property
    def recalls(self) -> app.RecallsDesk:
        """Calling units back."""
        return app.RecallsDesk(self)

    @cached_property
    def orders(self) -> app.OrdersDesk:
        """What they bought."""
        return app.OrdersDesk(self)

    @cached_property
    def satisfaction(self) -> app.SatisfactionDesk:
        """What they say."""
        return app.SatisfactionDesk(self)

    @cached_property
    def surveys(self) -> app.SurveysDesk:
        """What they say when they are asked."""
        return app.SurveysDesk(self)

    @cached_property
    def invitations(self) -> app.InvitationsDesk:
        """Who was asked."""
        return app.InvitationsDesk(self)

    @cached_property
    def improvements(self) -> app.ImprovementsDesk:
        """What is to score better."""
        return app.ImprovementsDesk(self)

    @cached_property
    def classes(self) -> app.ClassesDesk:
        """What they are worth."""
        return app.ClassesDesk(self)

    @cached_property
    def journeys(self) -> app.JourneysDesk:
        """How far we are."""
        return app.JourneysDesk(self, self._lifecycles)

    @cached_property
    def _lifecycles(self) -> FrozenMap[str, lifecycle.Lifecycle]:
        return kept_lifecycles(self._house.lifecycles)

    @cached_property
    def points(self) -> app.PointsDesk:
        """Why they stay: what they earn."""
        return app.PointsDesk(self)

    @cached_property
    def class_targets(self) -> app.ClassTargetsDesk:
        """What is wanted of each class."""
        return app.ClassTargetsDesk(self)

    @cached_property
    def lifetime_values(self) -> app.LifetimeValuesDesk:
        """What they will be worth."""
        return app.LifetimeValuesDesk(self)


class Transaction(Desks):
    """The desks inside `with crm.transaction()`: all of it is saved at its end, or nothing.

    Examples:
        >>> import crmkit
        >>> crm = crmkit.open(actor="ann")
        >>> try:
        ...     with crm.transaction() as tx:
        ...         li = tx.customers.add_person(id="C-7", name="Li Wei")
        ...         tx.complaints.receive(customer=li.id, about=" ")
        ... except crmkit.errors.InvalidValueError as error:
        ...     print(error)
        about is ' ': it must be text, and not blank
        >>> crm.customers.find()
        ()
    """

    def __init__(self, house: House, actor: str, clock: Clock) -> None:
        super().__init__(house, actor, clock)
        self._unit = UnitOfWork(house.store)
        self._has_ended = False

    def work(self, act: Callable[[UnitOfWork], T]) -> T:
        return act(self._open_unit())

    def look(self, act: Callable[[UnitOfWork], T]) -> T:
        return act(self._open_unit())

    def _open_unit(self) -> UnitOfWork:
        if self._has_ended:
            rule = "cannot be used after its end"
            raise InvalidValueError("transaction", "ended", rule, "open another one")
        return self._unit

    def _end(self) -> Committed | None:
        """Save all of it, or nothing; nothing can be added any more."""
        unit, self._has_ended = self._open_unit(), True
        return self._commit(unit)
