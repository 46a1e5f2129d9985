"""The shell: one CRM, a desk for each subdomain, and transactions over all of them.

Law: what the shell can do, a caller without it can do too. It fills in who, when and which id, and
keeps what the records answer.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime, timedelta
from functools import cached_property
from types import TracebackType
from typing import Final, Self, TypeAlias, TypeVar

import attrs

# The desks are named through their package, which loads each when it is first asked for.
from crmkit import app, customers
from crmkit.errors import InvalidValueError, StorageError
from crmkit.kernel import Clock, IdSource, StillClock, checked_actor, instant, system_clock, uuid7
from crmkit.storage import Store

from .retrying import saved, unit_of
from .unit import Committed, UnitOfWork


T = TypeVar("T")

Subscriber: TypeAlias = Callable[[Committed], object]
"""Anything that wants to be told what was saved."""

NOBODY: Final = "anonymous"
"""Who acts where nobody said who does."""


@attrs.frozen(kw_only=True)
class _House:
    """What every view of one CRM shares."""

    store: Store
    ids: IdSource
    retry: timedelta | None
    terms: customers.CustomerTerms | None
    subscribers: list[Subscriber]


class Desks(ABC):
    """The desks of one CRM, on behalf of one actor."""

    def __init__(self, house: _House, actor: str, clock: Clock) -> None:
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
        return app.CustomersDesk(self, self._house.terms or customers.CUSTOMER_TERMS)

    @cached_property
    def complaints(self) -> app.ComplaintsDesk:
        """Putting right."""
        return app.ComplaintsDesk(self)

    @cached_property
    def orders(self) -> app.OrdersDesk:
        """What they bought."""
        return app.OrdersDesk(self)

    @cached_property
    def satisfaction(self) -> app.SatisfactionDesk:
        """What they say."""
        return app.SatisfactionDesk(self)


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

    def __init__(self, house: _House, actor: str, clock: Clock) -> None:
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


class CRM(Desks):
    """Customers, orders, answers and complaints in one store.

    Args:
        store: Where it is kept: any store of six verbs.
        actor: Who acts, unless a call says otherwise; `anonymous` where nobody is named.
        clock: What tells the time.
        ids: What makes ids.
        retry: How long a desk verb that meets a conflict is run again; None for three times.
        customer_terms: The company's own types and classes of customers; None for those of the
            practice documents, `crmkit.customers.CUSTOMER_TERMS`.

    Raises:
        InvalidValueError: If the actor is blank, or `retry` no timedelta of 0 or more.

    Examples:
        >>> from crmkit.storage import MemoryStore
        >>> with CRM(MemoryStore(), actor="ann") as crm:
        ...     crm.customers.add_person(id="C-7", name="Li Wei").name
        'Li Wei'
    """

    def __init__(
        self,
        store: Store,
        *,
        actor: str | None = None,
        clock: Clock | None = None,
        ids: IdSource = uuid7,
        retry: timedelta | None = None,
        customer_terms: customers.CustomerTerms | None = None,
    ) -> None:
        if retry is not None and (not isinstance(retry, timedelta) or retry < timedelta(0)):
            raise InvalidValueError("retry", retry, "must be a timedelta that is not negative")
        house = _House(store=store, ids=ids, retry=retry, terms=customer_terms, subscribers=[])
        super().__init__(house, NOBODY if actor is None else actor, clock or system_clock)

    @cached_property
    def history(self) -> app.History:
        """Every version of every record."""
        return app.History(self, self._house.store)

    @cached_property
    def frames(self) -> app.Frames:
        """Records, facts and the journal as frames."""
        return app.Frames(self, self._house.store)

    @cached_property
    def imports(self) -> app.Imports:
        """Files and frames brought into the store."""
        terms = self._house.terms or customers.CUSTOMER_TERMS
        return app.Imports(self, self._house.store, terms)

    @cached_property
    def upkeep(self) -> app.Upkeep:
        """Verify, rewrite, compact, back up."""
        return app.Upkeep(self, self._house.store)

    def follow(self, name: str, *, kind: str | None = None) -> app.Follower:
        """Return a reader of everything that is saved, which goes on where it stopped.

        Args:
            name: The reader's name; its place is kept in the store.
            kind: Only entries of this kind: `customer`, `complaint`; None for all.
        """
        return app.Follower(self, self._house.store, name, kind=kind)

    def erase(self, customer: str) -> app.Erasure:
        """Take a customer's personal values out of everything, for good, and prove it.

        His records, complaints and facts stay, under his id, without what says who he is; so do
        the statistics. It is done at once, and no transaction undoes it.

        Args:
            customer: Whose values.

        Raises:
            NotFoundError: If nothing is known of the customer.
            StorageError: If the store cannot let go of values, failed, or still holds one.
        """
        return self.upkeep.erase(customer)

    def acting(self, *, by: str | None = None, at: datetime | None = None) -> CRM:
        """Return the same CRM on behalf of somebody else, or at another time.

        Args:
            by: Who acts; None for who acts here.
            at: When everything is said to happen; None for the clock's own time.

        Raises:
            InvalidValueError: If `at` is naive, or `by` is blank.

        Examples:
            >>> import crmkit
            >>> from datetime import UTC, datetime
            >>> crm = crmkit.open(actor="ann")
            >>> nine = datetime(2026, 3, 2, 9, tzinfo=UTC)
            >>> bob = crm.acting(by="bob", at=nine)
            >>> bob.complaints.receive(customer="C-7", about="leaks").trail[0].by
            'bob'
        """
        other = CRM.__new__(CRM)
        clock = self._clock if at is None else StillClock(instant(at, "at"))
        Desks.__init__(other, self._house, self.actor if by is None else by, clock)
        return other

    def work(self, act: Callable[[UnitOfWork], T]) -> T:
        store, retry = self._house.store, self._house.retry
        result, committed = saved(lambda again: unit_of(store, again), act, self._commit, retry)
        self._tell(committed)
        return result

    def enter(self, batch: str, act: Callable[[UnitOfWork], object]) -> bool:
        """Save what `act` does as the batch of that id; False where there was one before.

        Raises:
            ConflictError: If somebody else saved one of the records first; nothing is saved.
        """
        unit = UnitOfWork(self._house.store)
        act(unit)
        committed = unit.commit(batch, self.now(), self.actor)
        self._tell(committed)
        return committed is not None

    def run(self, work: Callable[[Transaction], T]) -> T:
        """Run a piece of work in one transaction, again from the start where it meets a conflict.

        Args:
            work: Given the desks of the transaction. It may run several times: keep effects
                outside the store out of it.

        Returns:
            What `work` returned when its writes were saved.

        Raises:
            ConflictError: If it met a conflict each time; three times unless `retry` says longer.

        Examples:
            >>> import crmkit
            >>> crm = crmkit.open(actor="ann")
            >>> crm.run(lambda tx: tx.customers.add_person(id="C-7", name="Li Wei").id)
            'C-7'
        """
        # His own work may write beside the transaction: only a desk's verb gets a turn alone.
        result, committed = saved(
            lambda _: nullcontext(self._begin()), work, Transaction._end, self._house.retry
        )
        self._tell(committed)
        return result

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Open a transaction: what its desks do is saved together when the block ends.

        Reads inside the block see its own writes. A block that raises saves nothing. A block cannot
        be run again, so a conflict raises; `run` can.

        Raises:
            ConflictError: If somebody else saved one of the records first.

        Examples:
            >>> import crmkit
            >>> crm = crmkit.open(actor="ann")
            >>> with crm.transaction() as tx:
            ...     li = tx.customers.add_person(id="C-7", name="Li Wei")
            ...     complaint = tx.complaints.receive(customer=li.id, about="leaks")
            >>> crm.complaints.get(complaint.id).customer
            'C-7'
        """
        begun = self._begin()
        try:
            yield begun
            committed = begun._end()
        finally:
            begun._has_ended = True
        self._tell(committed)

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Have a callable told of everything that this CRM saves, after it is saved.

        A subscriber that fails keeps none of the others from hearing. Its error reaches whoever
        saved, afterwards; those of several come as one `ExceptionGroup`. What was saved stays
        saved. A subscriber hears of this process only, and not after a crash: the journal is the
        guarantee.

        Args:
            subscriber: Given one `Committed`.

        Returns:
            Call it to end the subscription.

        Examples:
            >>> import crmkit
            >>> crm = crmkit.open(actor="ann")
            >>> end = crm.subscribe(lambda saved: print([c.id for c in saved.changed]))
            >>> li = crm.customers.add_person(id="C-7", name="Li Wei")
            ['C-7']
            >>> end()
        """
        self._house.subscribers.append(subscriber)
        return lambda: self._house.subscribers.remove(subscriber)

    def close(self) -> None:
        """Close the store, where it can be closed."""
        getattr(self._house.store, "close", lambda: None)()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _begin(self) -> Transaction:
        return Transaction(self._house, self.actor, self._clock)

    def _tell(self, committed: Committed | None) -> None:
        if committed is None:
            return
        failures: list[Exception] = []
        for subscriber in tuple(self._house.subscribers):
            try:
                subscriber(committed)
            except Exception as error:  # ours to pass on, once all have heard
                failures.append(error)
        if len(failures) > 1:
            problem = f"batch {committed.batch} is saved, and subscribers failed"
            raise ExceptionGroup(problem, failures)
        for failure in failures:
            raise failure
