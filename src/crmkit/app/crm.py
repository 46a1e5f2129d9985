"""The shell: one CRM, its desks, what serves them all, and transactions over them.

Law: what the shell can do, a caller without it can do too. It fills in who, when and which id, and
keeps what the records answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime, timedelta
from functools import cached_property
from types import TracebackType
from typing import Self, TypeVar

import attrs

# The rooms are named through their package, which loads each when it is first asked for.
from crmkit import app, cases, complaints, customers, lifecycle, sla
from crmkit.kernel import Clock, IdSource, StillClock, instant, system_clock, uuid7
from crmkit.storage import Store

from .desks import NOBODY, Desks, House, Subscriber, Transaction
from .retrying import called, saved, unit_of
from .unit import Committed, UnitOfWork


T = TypeVar("T")


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
        policies: What is promised to whom; None for `crmkit.sla.SEA_LION`.
        complaint_terms: What recurs, what is major, who is called and what is owed; None for
            `crmkit.complaints.COMPLAINT_TERMS`.
        inquiry_terms: Who is called after an answer; None for `crmkit.cases.INQUIRY_TERMS`.
        lifecycles: The company's own, each in the place of a bundled one where it has its name.

    Raises:
        InvalidValueError: If the actor is blank, `retry` no timedelta of 0 or more, or the
            policies, the terms or a lifecycle are none, or two lifecycles have one name.

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
        policies: sla.SlaPolicies | None = None,
        complaint_terms: complaints.ComplaintTerms | None = None,
        inquiry_terms: cases.InquiryTerms | None = None,
        lifecycles: Iterable[lifecycle.Lifecycle] = (),
    ) -> None:
        house = House(
            store=store,
            ids=ids,
            retry=retry,
            terms=customer_terms,
            policies=policies,
            complaint_terms=complaint_terms,
            inquiry_terms=inquiry_terms,
            lifecycles=tuple(lifecycles),
            subscribers=[],
        )
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
        clock = self._clock if at is None else StillClock(instant(at, "at"))
        return _view(self._house, self.actor if by is None else by, clock)

    def promising(self, policies: sla.SlaPolicies | None) -> CRM:
        """Return the same CRM under other policies; whatever runs is counted by them from then on.

        No policy is stored, and no clock: a clock is made of the case when somebody asks.

        Args:
            policies: What is promised to whom; None for `crmkit.sla.SEA_LION`.

        Raises:
            InvalidValueError: If they are no `SlaPolicies`.

        Examples:
            >>> import crmkit
            >>> from crmkit.sla import CFPB, SlaPolicies
            >>> crm = crmkit.open(actor="ann").promising(SlaPolicies(default=CFPB))
            >>> complaint = crm.complaints.receive(customer="C-7", about="leaks")
            >>> {clock.policy for clock in crm.complaints.clocks(complaint.id)}
            {'US CFPB'}
        """
        house = attrs.evolve(self._house, policies=policies)
        return _view(house, self.actor, self._clock)

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
            InvalidValueError: If `work` cannot be called.

        Examples:
            >>> import crmkit
            >>> crm = crmkit.open(actor="ann")
            >>> crm.run(lambda tx: tx.customers.add_person(id="C-7", name="Li Wei").id)
            'C-7'
        """
        called(work, "work")
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

        Raises:
            InvalidValueError: If it cannot be called.

        Examples:
            >>> import crmkit
            >>> crm = crmkit.open(actor="ann")
            >>> end = crm.subscribe(lambda saved: print([c.id for c in saved.changed]))
            >>> li = crm.customers.add_person(id="C-7", name="Li Wei")
            ['C-7']
            >>> end()
        """
        self._house.subscribers.append(called(subscriber, "subscriber"))
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


def _view(house: House, actor: str, clock: Clock) -> CRM:
    """Return a CRM in a house that stands already."""
    view = CRM.__new__(CRM)
    Desks.__init__(view, house, actor, clock)
    return view
