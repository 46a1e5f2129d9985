"""How often, how soon and in which company work that met a conflict is run again.

Law: work that met a conflict is run again from its start, never written over what others saved.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import timedelta
from typing import Any, Final, TypeVar

from crmkit.errors import ConflictError, InvalidValueError
from crmkit.storage import Store

from .unit import Committed, UnitOfWork


C = TypeVar("C", bound=Callable[..., Any])
T = TypeVar("T")
U = TypeVar("U")

_TRIES: Final = 3
_LONGEST_PAUSE: Final = 0.05  # seconds


def attempts(budget: timedelta | None) -> Iterator[bool]:
    """Yield before each attempt whether it is the last, pausing a little longer before each."""
    ends = None if budget is None else time.monotonic() + budget.total_seconds()
    attempt = 1
    while True:
        last = attempt >= _TRIES if ends is None else time.monotonic() >= ends
        yield last
        # One of those who met has saved, so that the rest need not wait long for their turn.
        time.sleep(min(_LONGEST_PAUSE, 0.0005 * 2 ** min(attempt, 10)))
        attempt += 1


@contextmanager
def unit_of(store: Store, again: bool) -> Iterator[UnitOfWork]:
    """Yield a unit of work; after a conflict in a turn of its own, where the store gives turns.

    Among many who change one record, most attempts to be first fail, and some fail for long; who
    has a turn waits once.
    """
    turn: Callable[[], AbstractContextManager[Store]] | None = getattr(store, "turn", None)
    with turn() if again and turn else nullcontext(store) as lent:
        yield UnitOfWork(lent)


def called(act: C, name: str) -> C:
    """Return what will be called.

    Raises:
        InvalidValueError: If it cannot be.
    """
    if not callable(act):
        raise InvalidValueError(name, act, "must be something that can be called")
    return act


def saved(
    begin: Callable[[bool], AbstractContextManager[U]],
    act: Callable[[U], T],
    commit: Callable[[U], Committed | None],
    budget: timedelta | None,
) -> tuple[T, Committed | None]:
    """Begin, act and commit, again from the start as long as the budget allows.

    Args:
        begin: Opens what `act` works in; told whether it is another attempt.
        act: The work. A conflict that it raises itself is not ours to repeat.
        commit: Saves it.
        budget: As for `attempts`.

    Returns:
        What `act` returned when its writes were saved, and what was saved.

    Raises:
        ConflictError: If the last attempt met a conflict too.
    """
    tries = attempts(budget)
    again = False
    while True:
        last = next(tries)
        with begin(again) as begun:
            result = act(begun)
            try:
                committed, again = commit(begun), False
            except ConflictError:
                if last:
                    raise
                again = True
        if not again:
            return result, committed
