"""Workers: bounded, told of the caller's context, closed when their work is done."""

import asyncio
import threading
from contextvars import ContextVar

import pytest

import crmkit
from crmkit.app.awaiting.workers import OneAtATime, Workers, present_call
from crmkit.errors import InvalidValueError, StorageError

from .driving import in_loop


REQUEST: ContextVar[str] = ContextVar("request")


class Gate:
    """Work that has begun and goes on until it is let through."""

    def __init__(self) -> None:
        self.has_begun = threading.Event()
        self.is_open = threading.Event()
        self.done = 0

    def pass_through(self) -> str:
        self.has_begun.set()
        assert self.is_open.wait(30)
        self.done += 1
        return "through"

    async def begun(self) -> None:
        assert await asyncio.to_thread(self.has_begun.wait, 30)


class TestRun:
    @pytest.mark.parametrize("threads", [0, -1, True, 2.5, None])
    def test_needs_a_thread(self, threads: object) -> None:
        with pytest.raises(InvalidValueError, match="threads"):
            crmkit.open_async(threads=threads)  # type: ignore[arg-type]  # refused

    @in_loop
    async def test_leaves_the_loop_to_others(self) -> None:
        gate, workers = Gate(), Workers(1)
        passing = asyncio.create_task(workers.run(gate.pass_through))
        await gate.begun()

        gate.is_open.set()  # on the loop, which therefore went on

        assert await passing == "through"
        await workers.close(lambda: None)

    @in_loop
    async def test_takes_the_callers_context_variables_along(self) -> None:
        workers = Workers(1)
        REQUEST.set("R-7")

        assert await workers.run(REQUEST.get) == "R-7"
        assert present_call() is None
        await workers.close(lambda: None)

    @in_loop
    async def test_uses_no_more_threads_than_it_may(self) -> None:
        workers = Workers(3)
        names = await asyncio.gather(
            *(workers.run(lambda: threading.current_thread().name) for _ in range(50))
        )

        assert len(set(names)) <= 3
        await workers.close(lambda: None)


class TestCancel:
    @in_loop
    async def test_what_no_worker_has_begun_is_never_done(self) -> None:
        gate, workers, done = Gate(), Workers(1), list[str]()
        passing = asyncio.create_task(workers.run(gate.pass_through))
        await gate.begun()
        waiting = asyncio.create_task(workers.run(done.append, "done"))
        await asyncio.sleep(0)

        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        gate.is_open.set()
        await passing
        await workers.close(lambda: None)

        assert done == []

    @in_loop
    async def test_what_has_begun_goes_on_to_its_end(self) -> None:
        gate, workers = Gate(), Workers(1)
        passing = asyncio.create_task(workers.run(gate.pass_through))
        await gate.begun()

        passing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await passing
        assert gate.done == 0
        gate.is_open.set()
        await workers.close(lambda: None)

        assert gate.done == 1

    @in_loop
    async def test_an_error_that_nobody_awaits_is_told_to_the_loop(self) -> None:
        told: list[object] = []
        asyncio.get_running_loop().set_exception_handler(
            lambda _, context: told.append(context.get("exception"))
        )
        gate, workers = Gate(), Workers(1)

        def fail() -> None:
            gate.pass_through()
            raise StorageError("disk", "full")

        failing = asyncio.create_task(workers.run(fail))
        await gate.begun()
        failing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await failing
        del failing
        gate.is_open.set()
        await workers.close(lambda: None)
        await asyncio.sleep(0)

        assert [str(error) for error in told] == ["disk: full"]


class TestOneAtATime:
    @in_loop
    async def test_never_runs_two_at_once(self) -> None:
        workers = Workers(4)
        turns, inside, most = OneAtATime(workers), 0, 0

        def enter() -> None:
            nonlocal inside, most
            inside += 1
            most = max(most, inside)
            inside -= 1

        await asyncio.gather(*(turns.run(enter) for _ in range(200)))
        await workers.close(lambda: None)

        assert most == 1


class TestClose:
    @in_loop
    async def test_waits_for_what_is_under_way_then_does_the_last_thing(self) -> None:
        gate, workers, done_at_last = Gate(), Workers(1), list[int]()
        passing = asyncio.create_task(workers.run(gate.pass_through))
        await gate.begun()

        closing = asyncio.create_task(workers.close(lambda: done_at_last.append(gate.done)))
        await asyncio.sleep(0)
        with pytest.raises(StorageError, match="the store is closed"):
            await workers.run(gate.pass_through)
        assert done_at_last == []
        gate.is_open.set()
        await closing

        assert done_at_last == [1]
        assert await passing == "through"

    @in_loop
    async def test_waits_for_subscribers_that_nobody_awaits(self) -> None:
        workers, go_on, order = Workers(1), asyncio.Event(), list[str]()

        async def hear() -> None:
            await go_on.wait()
            order.append("heard")

        def save() -> None:
            call = present_call()
            assert call is not None
            call.notify(hear())

        saving = asyncio.create_task(workers.run(save))
        closing = asyncio.create_task(workers.close(lambda: order.append("last")))
        while waits_in(closing) != "wait":
            await asyncio.sleep(0)
        go_on.set()
        await asyncio.gather(saving, closing)

        assert order == ["heard", "last"]

    @in_loop
    async def test_may_be_done_twice(self) -> None:
        crm = crmkit.open_async()

        await crm.close()
        await crm.close()

        with pytest.raises(StorageError, match="the store is closed"):
            await crm.customers.find()


def waits_in(task: asyncio.Task[None]) -> str | None:
    """Return the name of the coroutine that a task's own awaits at present."""
    awaited: object = getattr(task.get_coro(), "cr_await", None)
    return getattr(getattr(awaited, "cr_code", None), "co_name", None)
