"""Limits in time: a store that is dead-locked fails with a clear word, and hangs nobody."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from contextlib import contextmanager
from datetime import timedelta
from typing import Final, TypeVar


T = TypeVar("T")

PATIENCE: Final = timedelta(seconds=60)
"""How long a rule waits for the store, if nothing else is said."""

_WHY: Final = "it is dead-locked, or far too slow"


@contextmanager
def limited(within: timedelta) -> Iterator[None]:
    """Fail what has not ended in time, though it be waiting for a lock.

    The alarm is a signal: where the platform has none, outside the main thread, or where somebody
    else has set an alarm already, there is no limit.

    Raises:
        AssertionError: If it has not ended.
    """
    if not _may_ring():
        yield
        return
    seconds = within.total_seconds()

    def ring(*_: object) -> None:
        raise AssertionError(f"the store did not answer within {seconds:g} seconds: {_WHY}")

    usual = signal.signal(signal.SIGALRM, ring)
    # Again and again, so that what clears up after the first alarm cannot hang either.
    signal.setitimer(signal.ITIMER_REAL, seconds, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, usual)


def together(acts: Sequence[Callable[[], T]], *, within: timedelta = PATIENCE) -> list[T]:
    """Begin all acts at the same moment, each in a thread; return what they return.

    Raises:
        AssertionError: If not all have ended in time.
    """
    futures: list[Future[T]] = [Future() for _ in acts]
    gate = threading.Barrier(len(acts), timeout=within.total_seconds())

    def run(act: Callable[[], T], future: Future[T]) -> None:
        try:
            gate.wait()
            future.set_result(act())
        except BaseException as error:
            future.set_exception(error)

    # Daemons: a thread that waits for ever must not keep the interpreter from ending.
    threads = [
        threading.Thread(target=run, args=each, daemon=True)
        for each in zip(acts, futures, strict=True)
    ]
    usual = sys.getswitchinterval()
    # Threads take turns all the time, so that few rounds show what seldom happens.
    sys.setswitchinterval(1e-5)
    try:
        for thread in threads:
            thread.start()
        late = wait(futures, timeout=within.total_seconds()).not_done
    finally:
        sys.setswitchinterval(usual)
    return _results(futures, len(late), within)


def _results(futures: Sequence[Future[T]], late: int, within: timedelta) -> list[T]:
    assert not late, (
        f"{late} of {len(futures)} that worked at once have not come back"
        f" within {within.total_seconds():g} seconds: {_WHY}"
    )
    return [future.result() for future in futures]


def _may_ring() -> bool:
    return (
        hasattr(signal, "setitimer")
        and threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGALRM) is signal.SIG_DFL
    )
