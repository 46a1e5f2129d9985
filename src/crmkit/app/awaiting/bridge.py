"""A store whose verbs are coroutines, used as any other.

Law: the bodies run in workers and wait there; the event loop, which runs the store's coroutines,
never waits for a worker. So neither can stop the other.
"""

from __future__ import annotations

import asyncio
from asyncio import AbstractEventLoop
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Callable,
    Collection,
    Coroutine,
    Generator,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from concurrent.futures import CancelledError, wait
from inspect import iscoroutinefunction
from typing import Any, Final, Protocol, TypeAlias, TypeVar, cast

from crmkit.errors import InvalidValueError, StorageError
from crmkit.kernel import Scalar
from crmkit.storage import START, Batch, Entry, Position, Query, Record, Store, Where

from .workers import present_call


T = TypeVar("T")

_PATIENCE: Final = 0.5  # seconds between two looks at whether the loop is still there


class AsyncStore(Protocol):
    """The six verbs of `crmkit.storage.Store`, awaited: a store over an async driver.

    What each promises is told by `crmkit.storage.Store`; each has ended its own transaction when it
    returns. What a store may offer besides, such as `close()`, is a coroutine function too.

    Examples:
        >>> import asyncio
        >>> from crmkit.app import AsyncCRM
        >>> from crmkit.storage import MemoryStore
        >>> class Remote:  # in truth it would await a driver
        ...     def __init__(self):
        ...         self.memory = MemoryStore()
        ...     async def load(self, kind, ids):
        ...         return self.memory.load(kind, ids)
        ...     async def find(self, query):
        ...         return self.memory.find(query)
        ...     async def commit(self, batch):
        ...         return self.memory.commit(batch)
        ...     async def entries(self, after="", *, kind=None, id=None, limit=1000):
        ...         return self.memory.entries(after, kind=kind, id=id, limit=limit)
        ...     async def redact(self, kind, id, fields):
        ...         return self.memory.redact(kind, id, fields)
        ...     async def scan(self, table, columns, *, where=(), block=100_000):
        ...         for rows in self.memory.scan(table, columns, where=where, block=block):
        ...             yield rows
        >>> async def work():
        ...     async with AsyncCRM(Remote(), actor="ann") as crm:
        ...         await crm.customers.add_person(id="C-7", name="Li Wei")
        ...         return (await crm.customers.get("C-7")).name
        >>> asyncio.run(work())
        'Li Wei'
    """

    async def load(self, kind: str, ids: Collection[str]) -> Mapping[str, Record]:
        """Return the present state of those records that exist, by id."""
        ...

    async def find(self, query: Query) -> Sequence[Record]:
        """Return one page of the records that match, in total order."""
        ...

    async def commit(self, batch: Batch) -> bool:
        """Store a batch, whole; return False when a batch of its id was stored before."""
        ...

    async def entries(
        self,
        after: Position = START,
        *,
        kind: str | None = None,
        id: str | None = None,
        limit: int = 1000,
    ) -> Sequence[Entry]:
        """Return the next lines of the journal, in the order of commit."""
        ...

    async def redact(self, kind: str, id: str, fields: Collection[str]) -> int:
        """Take the values of fields out of a record's state, keys and every line of its journal."""
        ...

    def scan(
        self,
        table: str,
        columns: Collection[str],
        *,
        where: Iterable[Where] = (),
        block: int = 100_000,
    ) -> AsyncIterator[Mapping[str, Sequence[Scalar]]]:
        """Yield the rows stored before the first block was asked for, in blocks of columns."""
        ...


class BridgedStore:
    """An async store as a plain one: whoever calls a verb waits for its coroutine on a loop.

    `crmkit.app.AsyncCRM` makes it by itself. By hand it is made for the rules that every store must
    pass, `crmkit.testing.StoreRules`: run a loop in a thread of its own, and give it.

    Args:
        store: Its verbs are coroutines.
        loop: Where they run; None for the loop that awaits the present call. A verb must not be
            called on the loop's own thread.

    Raises:
        InvalidValueError: By a verb that is called on the loop's own thread, or where no loop is
            known.
        StorageError: By a verb whose loop ended before it; a commit may have been stored.

    Examples:
        >>> from crmkit.storage import MemoryStore
        >>> BridgedStore(MemoryStore()).load("note", ["N-1"])
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: loop is None: it is not known outside of an await; give\
 the loop in which the store works
    """

    def __init__(self, store: AsyncStore, *, loop: AbstractEventLoop | None = None) -> None:
        self._store = store
        self._given = loop

    def load(self, kind: str, ids: Collection[str]) -> Mapping[str, Record]:
        return self._wait(lambda: self._store.load(kind, ids))

    def find(self, query: Query) -> Sequence[Record]:
        return self._wait(lambda: self._store.find(query))

    def commit(self, batch: Batch) -> bool:
        return self._wait(lambda: self._store.commit(batch))

    def entries(
        self,
        after: Position = START,
        *,
        kind: str | None = None,
        id: str | None = None,
        limit: int = 1000,
    ) -> Sequence[Entry]:
        return self._wait(lambda: self._store.entries(after, kind=kind, id=id, limit=limit))

    def redact(self, kind: str, id: str, fields: Collection[str]) -> int:
        return self._wait(lambda: self._store.redact(kind, id, fields))

    def scan(
        self,
        table: str,
        columns: Collection[str],
        *,
        where: Iterable[Where] = (),
        block: int = 100_000,
    ) -> Iterator[Mapping[str, Sequence[Scalar]]]:
        loop = self._loop()
        blocks = self._store.scan(table, columns, where=where, block=block)
        # Asked for now: what is stored after the call is not among the rows.
        return _rest(loop, blocks, _waited(loop, _next(blocks)))

    def __getattr__(self, name: str) -> object:
        """Return what else the store offers: to close it, to keep it in order."""
        if name.startswith("_"):
            raise AttributeError(name)
        found = getattr(self._store, name)
        if not iscoroutinefunction(found):
            return found
        return lambda *args, **kwargs: self._wait(lambda: found(*args, **kwargs))

    def _wait(self, act: Callable[[], Coroutine[Any, Any, T]]) -> T:
        loop = self._loop()
        return _waited(loop, act())

    def _loop(self) -> AbstractEventLoop:
        call = present_call()
        loop = self._given if call is None else self._given or call.loop
        if loop is None:
            way_out = "give the loop in which the store works"
            raise InvalidValueError("loop", None, "is not known outside of an await", way_out)
        if _runs_here(loop):
            rule = "would wait for itself for ever"
            raise InvalidValueError("loop", loop, rule, "call the verb in another thread")
        return loop


def as_store(store: Store | AsyncStore) -> Store:
    """Return a store whose verbs wait, whichever of the two it is."""
    verbs = ("load", "find", "commit", "entries", "redact")
    if any(iscoroutinefunction(getattr(store, verb, None)) for verb in verbs):
        return BridgedStore(cast("AsyncStore", store))
    return cast("Store", store)


def _runs_here(loop: AbstractEventLoop) -> bool:
    try:
        return asyncio.get_running_loop() is loop
    except RuntimeError:
        return False


def _waited(loop: AbstractEventLoop, coroutine: Coroutine[Any, Any, T]) -> T:
    """Have a coroutine run on a loop, and wait for it."""
    try:
        result = asyncio.run_coroutine_threadsafe(coroutine, loop)
    except RuntimeError as error:
        coroutine.close()
        raise _ended() from error
    while not wait([result], timeout=_PATIENCE).done:
        if loop.is_closed():
            raise _ended()
    try:
        return result.result()
    except CancelledError as error:
        raise _ended() from error


def _ended() -> StorageError:
    problem = "the event loop ended before the store did, which may have saved or not"
    return StorageError("async", problem, "close the CRM while its loop runs")


_Block: TypeAlias = Mapping[str, Sequence[Scalar]]


async def _next(blocks: AsyncIterator[_Block]) -> _Block | None:
    return await anext(blocks, None)


async def _end(blocks: AsyncIterator[_Block]) -> None:
    if isinstance(blocks, AsyncGenerator):
        await blocks.aclose()


def _rest(
    loop: AbstractEventLoop, blocks: AsyncIterator[_Block], first: _Block | None
) -> Generator[_Block, None, None]:
    try:
        block = first
        while block is not None:
            yield block
            block = _waited(loop, _next(blocks))
    finally:
        # Not waited for: an iterator that nobody wants any more ends in any thread.
        if not loop.is_closed():
            asyncio.run_coroutine_threadsafe(_end(blocks), loop)
