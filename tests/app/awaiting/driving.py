"""The async path, driven from plain tests: a loop in a thread of its own, and sync faces on it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Callable,
    Collection,
    Coroutine,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import AbstractAsyncContextManager, contextmanager
from functools import wraps
from inspect import iscoroutine
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar

from attrs import evolve

from crmkit.app.awaiting.views import View
from crmkit.kernel import Scalar
from crmkit.storage import START, Batch, Entry, Position, Query, Record, Store, Where


P = ParamSpec("P")
T = TypeVar("T")


def in_loop(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Run a test that awaits in an event loop of its own."""

    @wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        asyncio.run(test(*args, **kwargs), debug=True)

    return run


class LoopThread:
    """An event loop that runs in a thread until it is stopped."""

    def __init__(self, loop: asyncio.AbstractEventLoop | None = None) -> None:
        self.loop = loop or asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the loop, and wait for it."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result()

    def stop(self) -> None:
        self.run(self.loop.shutdown_default_executor())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


class Driven:
    """The sync face of an async view: what its verbs return is awaited on a loop elsewhere.

    So the tests of the sync CRM run over the async one, word by word.
    """

    def __init__(self, view: View[Any], thread: LoopThread) -> None:
        self._view = view
        self._thread = thread

    @property
    def _house(self) -> Any:
        house = self._view._behind._house
        remote = getattr(house.store, "_store", None)
        return evolve(house, store=remote.store) if isinstance(remote, Remote) else house

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._view, name)
        if not callable(found):
            return self._settled(found)

        @wraps(found)
        def method(*args: Any, **kwargs: Any) -> Any:
            return self._settled(found(*args, **kwargs))

        return method

    def __len__(self) -> int:
        return len(self._view)  # type: ignore[arg-type]  # where the view has a length

    def __getitem__(self, place: Any) -> Any:
        return self._view[place]  # type: ignore[index]  # where the view is a sequence

    def __repr__(self) -> str:
        return repr(self._view)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _settled(self, result: Any) -> Any:
        if iscoroutine(result):
            result = self._thread.run(result)
        if isinstance(result, View):
            return Driven(result, self._thread)
        if isinstance(result, AsyncGenerator):
            return self._items(result)
        if isinstance(result, AbstractAsyncContextManager):
            return self._block(result)
        return result

    def _items(self, items: AsyncGenerator[T, None]) -> Iterator[T]:
        while True:
            try:
                yield self._thread.run(_next(items))
            except StopAsyncIteration:
                return

    @contextmanager
    def _block(self, block: AbstractAsyncContextManager[View[Any]]) -> Iterator[Driven]:
        begun = self._thread.run(_entered(block))
        try:
            yield Driven(begun, self._thread)
        except BaseException as error:
            self._thread.run(_left(block, error))
            raise
        self._thread.run(_left(block, None))


async def _next(items: AsyncGenerator[T, None]) -> T:
    return await anext(items)


async def _entered(block: AbstractAsyncContextManager[T]) -> T:
    return await block.__aenter__()


async def _left(block: AbstractAsyncContextManager[T], error: BaseException | None) -> None:
    if error is None:
        await block.__aexit__(None, None, None)
    else:
        await block.__aexit__(type(error), error, error.__traceback__)


class Remote:
    """A store whose verbs are coroutines, as one over an async driver has them."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def load(self, kind: str, ids: Collection[str]) -> Mapping[str, Record]:
        return await asyncio.to_thread(self.store.load, kind, ids)

    async def find(self, query: Query) -> Sequence[Record]:
        return await asyncio.to_thread(self.store.find, query)

    async def commit(self, batch: Batch) -> bool:
        return await asyncio.to_thread(self.store.commit, batch)

    async def entries(
        self,
        after: Position = START,
        *,
        kind: str | None = None,
        id: str | None = None,
        limit: int = 1000,
    ) -> Sequence[Entry]:
        return await asyncio.to_thread(self.store.entries, after, kind=kind, id=id, limit=limit)

    async def redact(self, kind: str, id: str, fields: Collection[str]) -> int:
        return await asyncio.to_thread(self.store.redact, kind, id, fields)

    async def scan(
        self,
        table: str,
        columns: Collection[str],
        *,
        where: Iterable[Where] = (),
        block: int = 100_000,
    ) -> AsyncIterator[Mapping[str, Sequence[Scalar]]]:
        rows = self.store.scan(table, columns, where=where, block=block)
        while (part := await asyncio.to_thread(next, rows, None)) is not None:
            yield part

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.store, name)
        if not callable(found):
            return found

        async def verb(*args: Any, **kwargs: Any) -> Any:
            return await asyncio.to_thread(found, *args, **kwargs)

        return verb
