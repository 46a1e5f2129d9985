"""Limits in time: what hangs is ended, and nothing is left behind."""

import signal
import threading
import time
from datetime import timedelta

import pytest

from crmkit.testing.store_limits import limited, together


SHORT = timedelta(seconds=0.05)


class TestLimited:
    def test_ends_what_waits_for_ever(self) -> None:
        lock = threading.Lock()
        lock.acquire()

        with (
            pytest.raises(AssertionError, match=r"within 0.05 seconds: it is dead-locked"),
            limited(SHORT),
        ):
            lock.acquire()

    def test_ends_what_clears_up_too(self) -> None:
        lock = threading.Lock()
        lock.acquire()

        def hang() -> None:
            try:
                lock.acquire()
            finally:
                lock.acquire()

        with pytest.raises(AssertionError, match="dead-locked"), limited(SHORT):
            hang()

    def test_leaves_no_alarm_behind(self) -> None:
        with limited(timedelta(seconds=60)):
            assert signal.getitimer(signal.ITIMER_REAL)[0] > 50

        assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
        assert signal.getsignal(signal.SIGALRM) is signal.SIG_DFL

    def test_leaves_the_alarm_of_others_alone(self) -> None:
        with limited(timedelta(seconds=60)), limited(SHORT):
            assert signal.getitimer(signal.ITIMER_REAL)[0] > 50

    def test_rings_in_the_main_thread_alone(self) -> None:
        rings: list[object] = []

        def work() -> None:
            with limited(SHORT):
                rings.append(signal.getitimer(signal.ITIMER_REAL))

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()

        assert rings == [(0, 0)]


class TestTogether:
    def test_returns_what_each_returns(self) -> None:
        assert together([lambda: 1, lambda: 2, lambda: 3]) == [1, 2, 3]

    def test_raises_what_one_raises(self) -> None:
        def fail() -> int:
            raise LookupError("lost")

        with pytest.raises(LookupError, match="lost"):
            together([lambda: 1, fail])

    def test_waits_for_nobody_for_ever(self) -> None:
        lock = threading.Lock()
        lock.acquire()
        began = time.monotonic()

        with pytest.raises(AssertionError, match="1 of 2 that worked at once have not come back"):
            together([lambda: True, lock.acquire], within=SHORT)

        assert time.monotonic() - began < 5
        lock.release()
