"""The CRM for async hosts: the same desks, each verb awaited.

Law: it saves, refuses, repeats and tells what `crmkit.app.CRM` does, for that does it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import cached_property
from inspect import isawaitable
from types import TracebackType
from typing import Self, TypeVar

from crmkit import cases, complaints, customers, lifecycle, sla
from crmkit.app.crm import CRM
from crmkit.app.desks import Subscriber, Transaction
from crmkit.app.retrying import called
from crmkit.app.unit import Committed
from crmkit.kernel import Clock, IdSource, uuid7
from crmkit.storage import Store

from .all_desks import AsyncDesks
from .bridge import AsyncStore, as_store
from .other_views import AsyncFollower, AsyncFrames, AsyncHistory, AsyncImports, AsyncUpkeep
from .views import View, awaited, plain
from .workers import OneAtATime, Workers, present_call


T = TypeVar("T")


class AsyncTransaction(AsyncDesks[Transaction]):
    """The desks inside `async with crm.transaction()`: all of it is saved at its end, or nothing.

    Its verbs run one after the other, also where they are awaited together.

    Examples:
        >>> import asyncio, crmkit
        >>> async def work():
        ...     async with crmkit.open_async(actor="ann") as crm:
        ...         try:
        ...             async with crm.transaction() as tx:
        ...                 li = await tx.customers.add_person(id="C-7", name="Li Wei")
        ...                 await tx.complaints.receive(customer=li.id, about=" ")
        ...         except crmkit.errors.InvalidValueError as error:
        ...             print(error)
        ...         return await crm.customers.find()
        >>> asyncio.run(work())
        about is ' ': it must be text, and not blank
        ()
    """


class AsyncCRM(AsyncDesks[CRM]):
    """Customers, orders, answers and complaints in one store, for async hosts.

    It works in asyncio's event loop. Every verb of `crmkit.app.CRM` runs in a worker thread, with
    the caller's context variables, and is awaited. Where an await is cancelled, what no worker has
    begun is never done; what has begun goes on to its end, so that a commit is stored whole or not
    at all, and whoever cancelled it does not know which.

    Args:
        store: Where it is kept: a store of six verbs, or one whose verbs are coroutines.
        actor: Who acts, unless a call says otherwise; `anonymous` where nobody is named.
        clock: What tells the time; asked in workers.
        ids: What makes ids; asked in workers.
        retry: How long a desk verb that meets a conflict is run again; None for three times.
        customer_terms: The company's own types and classes of customers.
        policies: What is promised to whom; None for `crmkit.sla.SEA_LION`.
        complaint_terms: What recurs, what is major, who is called and what is owed.
        inquiry_terms: Who is called after an answer.
        lifecycles: The company's own, each in the place of a bundled one where it has its name.
        threads: How many workers there are: as many verbs run at a time.

    Examples:
        >>> import asyncio
        >>> from crmkit.storage import MemoryStore
        >>> async def work():
        ...     async with AsyncCRM(MemoryStore(), actor="ann") as crm:
        ...         return (await crm.customers.add_person(id="C-7", name="Li Wei")).name
        >>> asyncio.run(work())
        'Li Wei'
    """

    _runner: Workers

    def __init__(
        self,
        store: Store | AsyncStore,
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
        threads: int = 8,
    ) -> None:
        crm = CRM(
            as_store(store),
            actor=actor,
            clock=clock,
            ids=ids,
            retry=retry,
            customer_terms=customer_terms,
            policies=policies,
            complaint_terms=complaint_terms,
            inquiry_terms=inquiry_terms,
            lifecycles=lifecycles,
        )
        super().__init__(crm, Workers(threads))

    @cached_property
    def history(self) -> AsyncHistory:
        """Every version of every record."""
        return AsyncHistory(self._behind.history, self._runner)

    @cached_property
    def frames(self) -> AsyncFrames:
        """Records, facts and the journal as frames."""
        return AsyncFrames(self._behind.frames, self._runner)

    @cached_property
    def imports(self) -> AsyncImports:
        """Files and frames brought into the store."""
        return AsyncImports(self._behind.imports, self._runner)

    @cached_property
    def upkeep(self) -> AsyncUpkeep:
        """Verify, rewrite, compact, back up."""
        return AsyncUpkeep(self._behind.upkeep, self._runner)

    erase = awaited(CRM.erase)

    def follow(self, name: str, *, kind: str | None = None) -> AsyncFollower:
        """Return a reader of everything that is saved, as `crmkit.app.CRM.follow` does."""
        return AsyncFollower(self._behind.follow(name, kind=kind), self._runner)

    def acting(self, *, by: str | None = None, at: datetime | None = None) -> AsyncCRM:
        """Return the same CRM on behalf of somebody else, or at another time; nothing is awaited.

        Raises:
            InvalidValueError: If `at` is naive.

        Examples:
            >>> import crmkit
            >>> crmkit.open_async(actor="ann").acting(by="bob").actor
            'bob'
        """
        return over(self._behind.acting(by=by, at=at), self._runner)

    def promising(self, policies: sla.SlaPolicies | None) -> AsyncCRM:
        """Return the same CRM under other policies, as `crmkit.app.CRM.promising` does.

        Raises:
            InvalidValueError: If they are no `SlaPolicies`.

        Examples:
            >>> import asyncio, crmkit
            >>> from crmkit.sla import CFPB, SlaPolicies
            >>> async def work():
            ...     async with crmkit.open_async(actor="ann") as crm:
            ...         await crm.complaints.receive(id="K-1", customer="C-7", about="leaks")
            ...         promising = crm.promising(SlaPolicies(default=CFPB))
            ...         return await promising.complaints.clocks("K-1")
            >>> {clock.policy for clock in asyncio.run(work())}
            {'US CFPB'}
        """
        return over(self._behind.promising(policies), self._runner)

    async def run(self, work: Callable[[Transaction], T]) -> T:
        """Run a piece of work in one transaction, again from the start where it meets a conflict.

        Args:
            work: A plain function, run in a worker and given plain desks: nothing is awaited in it.
                It may run several times: keep effects outside the store out of it.

        Raises:
            InvalidValueError: If the work is a coroutine function, or cannot be called; nothing is
                saved.
            ConflictError: If it met a conflict each time; three times unless `retry` says longer.

        Examples:
            >>> import asyncio, crmkit
            >>> async def work():
            ...     async with crmkit.open_async(actor="ann") as crm:
            ...         return await crm.run(lambda tx: tx.customers.add_person(name="Li").name)
            >>> asyncio.run(work())
            'Li'
        """
        return await self._runner.run(self._behind.run, plain(called(work, "work")))

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncTransaction]:
        """Open a transaction: what its desks do is saved together when the block ends.

        Reads inside the block see its own writes. A block that raises or is cancelled saves
        nothing. One that is cancelled while it ends is saved whole or not at all.

        Raises:
            ConflictError: If somebody else saved one of the records first.

        Examples:
            >>> import asyncio, crmkit
            >>> async def work():
            ...     async with crmkit.open_async(actor="ann") as crm:
            ...         async with crm.transaction() as tx:
            ...             li = await tx.customers.add_person(id="C-7", name="Li Wei")
            ...             await tx.complaints.receive(id="K-1", customer=li.id, about="leaks")
            ...         return (await crm.complaints.get("K-1")).customer
            >>> asyncio.run(work())
            'C-7'
        """
        block, turns = self._behind.transaction(), OneAtATime(self._runner)
        # Neither beginning nor giving up reaches the store: no worker is asked.
        begun = block.__enter__()
        try:
            yield AsyncTransaction(begun, turns)
        except BaseException as error:
            block.__exit__(type(error), error, error.__traceback__)
            raise
        try:
            await turns.run(block.__exit__, None, None, None)
        finally:
            begun._has_ended = True

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Have a callable told of everything that this CRM saves, after it is saved.

        A plain function is called in the worker that saved. It must not wait for the event loop. A
        coroutine function runs on the event loop, where it may await this CRM. Whoever saved waits
        for both; their errors reach him, and those of several come as one `ExceptionGroup`. Where
        nobody waits any more they are told all the same.

        Args:
            subscriber: Given one `Committed`.

        Returns:
            Call it to end the subscription.

        Raises:
            InvalidValueError: If it cannot be called.

        Examples:
            >>> import asyncio, crmkit
            >>> async def tell(saved):
            ...     print([changed.id for changed in saved.changed])
            >>> async def work():
            ...     async with crmkit.open_async(actor="ann") as crm:
            ...         end = crm.subscribe(tell)
            ...         await crm.customers.add_person(id="C-7", name="Li Wei")
            ...         end()
            >>> asyncio.run(work())
            ['C-7']
        """
        told = called(subscriber, "subscriber")

        def tell(saved: Committed) -> None:
            notice = told(saved)
            if isawaitable(notice):
                call = present_call()
                assert call is not None, "all that is saved here is saved in a worker"
                call.notify(notice)

        return self._behind.subscribe(tell)

    async def close(self) -> None:
        """Take no more calls, wait for what is under way, and close the store."""
        await self._runner.close(self._behind.close)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()


def over(crm: CRM, workers: Workers) -> AsyncCRM:
    """Return the async view of a CRM, which belongs to it from then on."""
    view = AsyncCRM.__new__(AsyncCRM)
    View.__init__(view, crm, workers)
    return view
