"""Async views: the public names of a desk or a room, each awaited.

Law: a view repeats no argument and no body. It lists the sync class's own methods, and type
checkers see their arguments and results.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from functools import partial
from inspect import iscoroutine, signature
from itertools import islice
from typing import Any, Concatenate, Final, Generic, ParamSpec, Self, TypeVar, overload

from crmkit.app.desk import Desk, verb
from crmkit.app.unit import Trailed
from crmkit.errors import InvalidValueError

from .workers import OneAtATime, Runner


B = TypeVar("B")
B_co = TypeVar("B_co", covariant=True)
P = ParamSpec("P")
Q = ParamSpec("Q")
R = TypeVar("R", bound=Trailed)
T = TypeVar("T")

_AT_ONCE: Final = 1000  # records or facts that one turn in a worker brings


class View(Generic[B_co]):
    """What stands before a sync object: the same names, run in workers."""

    def __init__(self, behind: B_co, runner: Runner) -> None:
        self._behind = behind
        self._runner = runner


class awaited(Generic[B, P, T]):  # noqa: N801  # read as a keyword
    """A method of the sync class, awaited: the same arguments, the same result, the same errors.

    Examples:
        >>> import asyncio, crmkit
        >>> async def work():
        ...     async with crmkit.open_async(actor="ann") as crm:
        ...         await crm.complaints.receive(id="K-1", customer="C-7", about="leaks")
        ...         return await crm.complaints.acknowledge("K-1", note="called back")
        >>> asyncio.run(work()).stage.label()
        'Acknowledged'
    """

    @overload
    def __init__(self: awaited[Desk[R], Concatenate[str, Q], R], act: verb[R, Q]) -> None: ...
    @overload
    def __init__(self, act: Callable[Concatenate[B, P], T]) -> None: ...
    def __init__(self, act: Any) -> None:
        self.act = act
        self.__doc__ = act.__doc__

    @overload
    def __get__(self, view: None, owner: type[object]) -> Self: ...
    @overload
    def __get__(
        self, view: View[B], owner: type[object]
    ) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(
        self, view: View[B] | None, owner: type[object]
    ) -> Self | Callable[P, Coroutine[Any, Any, T]]:
        if view is None:
            return self
        runner, act = view._runner, _bound(self.act, view)

        async def method(*args: P.args, **kwargs: P.kwargs) -> T:
            return await runner.run(act, *args, **kwargs)

        return _like(method, act)


class iterated(Generic[B, P, T]):  # noqa: N801  # read as a keyword
    """A sync generator method as an async one: read in a worker, a thousand at a time.

    Examples:
        >>> import asyncio, crmkit
        >>> async def work():
        ...     async with crmkit.open_async(actor="ann") as crm:
        ...         await crm.customers.add_person(id="C-7", name="Li Wei")
        ...         return [customer.name async for customer in crm.customers.each()]
        >>> asyncio.run(work())
        ['Li Wei']
    """

    def __init__(self, act: Callable[Concatenate[B, P], Iterator[T]]) -> None:
        self.act = act
        self.__doc__ = act.__doc__

    @overload
    def __get__(self, view: None, owner: type[object]) -> Self: ...
    @overload
    def __get__(
        self, view: View[B], owner: type[object]
    ) -> Callable[P, AsyncGenerator[T, None]]: ...
    def __get__(
        self, view: View[B] | None, owner: type[object]
    ) -> Self | Callable[P, AsyncGenerator[T, None]]:
        if view is None:
            return self
        runner, act = view._runner, _bound(self.act, view)

        def method(*args: P.args, **kwargs: P.kwargs) -> AsyncGenerator[T, None]:
            return _each(runner, partial(act, *args, **kwargs))

        return _like(method, act)


async def _each(runner: Runner, begin: Callable[[], Iterator[T]]) -> AsyncGenerator[T, None]:
    turns = OneAtATime(runner)
    items = await turns.run(begin)
    while page := await turns.run(list, islice(items, _AT_ONCE)):
        for item in page:
            yield item


def plain(work: Callable[P, T]) -> Callable[P, T]:
    """Return work for a worker; it raises where it would have to be awaited.

    Raises:
        InvalidValueError: By the work, if it is a coroutine function.
    """

    def act(*args: P.args, **kwargs: P.kwargs) -> T:
        result = work(*args, **kwargs)
        if iscoroutine(result):
            result.close()
            way_out = "await before or after it, or in: async with crm.transaction()"
            raise InvalidValueError("work", work, "must be a plain function", way_out)
        return result

    return act


def _bound(act: Any, view: View[B]) -> Any:
    return getattr(view._behind, act.act.__name__ if isinstance(act, verb) else act.__name__)


def _like(method: T, act: Callable[..., object]) -> T:
    names: Any = method
    names.__name__, names.__doc__ = act.__name__, act.__doc__
    names.__signature__ = signature(act)
    return method
