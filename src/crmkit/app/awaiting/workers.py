"""The threads in which the desks' own bodies run, while the event loop goes on with other work.

Law: a use case is written once. An await is a call of the same body in a worker; what has begun
there runs to its end, whoever still waits for it.
"""

from __future__ import annotations

import asyncio
import threading
from asyncio import AbstractEventLoop, Future
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context, ContextVar, copy_context
from functools import partial
from typing import Final, ParamSpec, Protocol, TypeVar

import attrs

from crmkit.errors import InvalidValueError, StorageError


P = ParamSpec("P")
T = TypeVar("T")


@attrs.frozen
class Call:
    """One call on its way.

    Attributes:
        loop: The event loop that waits for it.
        kept: Every notice that has not ended, of this call and of others: the loop itself holds its
            tasks weakly.
        notices: What its own subscribers do on that loop.
    """

    loop: AbstractEventLoop
    kept: set[Future[object]]
    notices: list[Future[object]] = attrs.field(factory=list)

    def notify(self, notice: Awaitable[object]) -> None:
        """Have a subscriber's coroutine run on the loop; called in a worker."""
        # In order: the loop begins the notice before it learns that the worker is done.
        self.loop.call_soon_threadsafe(self._begin, notice)

    def _begin(self, notice: Awaitable[object]) -> None:
        begun = asyncio.ensure_future(notice, loop=self.loop)
        self.kept.add(begun)
        begun.add_done_callback(self.kept.discard)
        self.notices.append(begun)


_CALL: Final[ContextVar[Call | None]] = ContextVar("call", default=None)


def present_call() -> Call | None:
    """Return the call that is worked at here; None outside a worker."""
    return _CALL.get()


class Runner(Protocol):
    """Runs a plain function in a worker."""

    async def run(self, act: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what the function returns, or raise what it raises."""
        ...


class Workers:
    """A bounded number of threads, and what is under way in them."""

    def __init__(self, threads: int) -> None:
        if type(threads) is not int or threads < 1:
            raise InvalidValueError("threads", threads, "must be a whole number of at least 1")
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="crmkit")
        self._notices: set[Future[object]] = set()
        self._closed = False

    async def run(self, act: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function in a worker, with the caller's context variables.

        Where the await is cancelled, a function that no worker has begun is never run; one that has
        begun runs to its end. An error that nobody awaits any more goes to the loop's exception
        handler.

        Raises:
            StorageError: If the workers are closed.
        """
        if self._closed:
            raise StorageError("async", "the store is closed", "open it again")
        call = Call(asyncio.get_running_loop(), self._notices)
        begun = self._threads.submit(_context(call).run, partial(act, *args, **kwargs))
        try:
            answer = asyncio.wrap_future(begun)
            await asyncio.wait([answer])
            if call.notices:
                await asyncio.wait(call.notices)
        except asyncio.CancelledError:
            begun.cancel()
            raise
        return _heard(answer, call.notices)

    async def close(self, last: Callable[[], object]) -> None:
        """Take nothing more, wait for what is under way, then do one last thing."""
        self._closed = True
        await asyncio.to_thread(self._threads.shutdown)
        # A subscriber that closes us does not wait for itself.
        if others := self._notices - {asyncio.current_task()}:
            await asyncio.wait(others)
        call = Call(asyncio.get_running_loop(), self._notices)
        await asyncio.to_thread(_context(call).run, last)


class OneAtATime:
    """Workers for what only one thread may touch at a time: a transaction, an iterator."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        # Held in the worker: a cancelled await lets go of its caller, not of what has begun.
        self._turn = threading.Lock()

    async def run(self, act: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function in a worker, when its turn has come."""
        return await self._runner.run(self._in_turn, partial(act, *args, **kwargs))

    def _in_turn(self, act: Callable[[], T]) -> T:
        with self._turn:
            return act()


def _context(call: Call) -> Context:
    context = copy_context()
    context.run(_CALL.set, call)
    return context


def _heard(answer: Future[T], notices: Iterable[Future[object]]) -> T:
    """Return the answer; or raise what failed: the work, its subscribers, or several of them."""
    told = (answer.exception(), *(notice.exception() for notice in notices))
    failures = [failure for failure in told if failure is not None]
    if len(failures) > 1:
        raise BaseExceptionGroup("what was saved is saved, and this failed", failures)
    for failure in failures:
        raise failure
    return answer.result()
