"""A store whose verbs are coroutines: what becomes of it where the loop is wrong, or gone."""

import asyncio
import threading
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from crmkit.app import AsyncCRM, BridgedStore
from crmkit.errors import InvalidValueError, StorageError
from crmkit.kernel import Money, Scalar
from crmkit.storage import Batch, MemoryStore, Record, Rows, Where
from crmkit.testing import NINE

from .driving import LoopThread, Remote, in_loop


@pytest.fixture
def thread() -> Iterator[LoopThread]:
    thread = LoopThread()
    yield thread
    if not thread.loop.is_closed():
        thread.stop()


class Stuck(Remote):
    """A store that never answers."""

    def __init__(self) -> None:
        super().__init__(MemoryStore())
        self.is_asked = threading.Event()

    async def load(self, kind: str, ids: Collection[str]) -> Mapping[str, Record]:
        self.is_asked.set()
        answer: asyncio.Future[Mapping[str, Record]] = asyncio.get_running_loop().create_future()
        return await answer


class Counting(Remote):
    """A store that gives block after block, and tells when somebody stops asking."""

    def __init__(self) -> None:
        super().__init__(MemoryStore())
        self.given = 0
        self.has_ended = threading.Event()

    async def scan(
        self,
        table: str,
        columns: Collection[str],
        *,
        where: Iterable[Where] = (),
        block: int = 100_000,
    ) -> AsyncIterator[Mapping[str, Sequence[Scalar]]]:
        try:
            while True:
                self.given += 1
                yield {name: [self.given] for name in columns}
        finally:
            self.has_ended.set()


class Blocks:
    """An async iterator that is no generator."""

    def __init__(self) -> None:
        self.left = [{"x": [1]}, {"x": [2]}]

    def __aiter__(self) -> "Blocks":
        return self

    async def __anext__(self) -> Mapping[str, Sequence[Scalar]]:
        if not self.left:
            raise StopAsyncIteration
        return self.left.pop(0)


class TestBridgedStore:
    @in_loop
    async def test_is_what_a_crm_makes_of_an_async_store(self) -> None:
        async with AsyncCRM(Remote(MemoryStore()), actor="ann", threads=1) as crm:
            await crm.orders.add(customer="C-7", amount=Money.of(5, "EUR"), ordered_at=NINE)

            amounts = [str(order["amount"]) async for order in crm.orders.each()]

            assert amounts == ["5.00"]
            assert len(await crm.frames.orders()) == 1

    @in_loop
    async def test_cannot_wait_for_the_loop_it_stands_on(self) -> None:
        store = BridgedStore(Remote(MemoryStore()), loop=asyncio.get_running_loop())

        with pytest.raises(InvalidValueError, match="wait for itself"):
            store.load("note", ["N-1"])

    @in_loop
    async def test_can_wait_for_another_loop(self) -> None:
        thread = LoopThread()
        store = BridgedStore(Remote(MemoryStore()), loop=thread.loop)

        assert store.load("note", ["N-1"]) == {}
        await asyncio.to_thread(thread.stop)

    def test_must_know_a_loop(self) -> None:
        store = BridgedStore(Remote(MemoryStore()))

        with pytest.raises(InvalidValueError, match="loop is None"):
            store.entries()

    def test_offers_what_else_the_store_offers(self, thread: LoopThread) -> None:
        class More(Remote):
            path = "db.example/crm"

            async def check(self) -> list[str]:
                return ["a page is torn"]

        store = BridgedStore(More(MemoryStore()), loop=thread.loop)

        assert (store.path, store.check()) == ("db.example/crm", ["a page is torn"])  # type: ignore[operator]  # known at run time
        for missing in ("blink", "_blink"):
            assert not hasattr(store, missing)


class TestScan:
    def test_one_that_is_left_ends_on_the_loop(self, thread: LoopThread) -> None:
        counting = Counting()
        blocks = BridgedStore(counting, loop=thread.loop).scan("facts", ["x"])

        first = next(blocks)
        del blocks

        assert first == {"x": [1]}
        assert counting.has_ended.wait(30)

    def test_one_that_is_left_when_the_loop_is_gone_just_ends(self, thread: LoopThread) -> None:
        counting = Counting()
        blocks = BridgedStore(counting, loop=thread.loop).scan("facts", ["x"])
        next(blocks)

        thread.stop()
        del blocks

        assert counting.given == 1

    def test_any_async_iterator_will_do(self, thread: LoopThread) -> None:
        class Plain(Remote):
            def scan(
                self,
                table: str,
                columns: Collection[str],
                *,
                where: Iterable[Where] = (),
                block: int = 100_000,
            ) -> AsyncIterator[Mapping[str, Sequence[Scalar]]]:
                return Blocks()

        store = BridgedStore(Plain(MemoryStore()), loop=thread.loop)

        assert list(store.scan("facts", ["x"])) == [{"x": [1]}, {"x": [2]}]


class Looked(asyncio.SelectorEventLoop):
    """A loop that tells when somebody looked whether it is still there."""

    def __init__(self) -> None:
        self.was_looked_at = threading.Event()
        super().__init__()

    def is_closed(self) -> bool:
        self.was_looked_at.set()
        return super().is_closed()


class TestPatience:
    def test_a_store_may_take_its_time(self) -> None:
        loop = Looked()

        class Slow(Remote):
            async def load(self, kind: str, ids: Collection[str]) -> Mapping[str, Record]:
                assert await asyncio.to_thread(loop.was_looked_at.wait, 30)
                return await super().load(kind, ids)

        thread = LoopThread(loop)
        loop.was_looked_at.clear()

        assert BridgedStore(Slow(MemoryStore()), loop=loop).load("note", ["N-1"]) == {}
        thread.stop()


class TestEnd:
    """The loop ends while a worker waits for it: the worker does not wait for ever."""

    def test_of_a_loop_that_is_closed_already(self, thread: LoopThread) -> None:
        store = BridgedStore(Remote(MemoryStore()), loop=thread.loop)
        thread.stop()

        with pytest.raises(StorageError, match="the event loop ended"):
            store.load("note", ["N-1"])

    def test_of_a_loop_that_cancels_its_tasks(self, thread: LoopThread) -> None:
        stuck = Stuck()
        store = BridgedStore(stuck, loop=thread.loop)

        async def cancel_all() -> None:
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()

        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(store.load, "note", ["N-1"])
            assert stuck.is_asked.wait(30)
            thread.run(cancel_all())

            with pytest.raises(StorageError, match="may have saved or not"):
                waiting.result()

    def test_of_a_loop_that_stops_at_once(self, thread: LoopThread) -> None:
        stuck = Stuck()
        store = BridgedStore(stuck, loop=thread.loop)
        thread.loop.set_exception_handler(lambda *_: None)  # of the task that it leaves behind

        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(store.load, "note", ["N-1"])
            assert stuck.is_asked.wait(30)
            thread.stop()

            with pytest.raises(StorageError, match="the event loop ended"):
                waiting.result()


def test_rows_are_of_the_moment_of_the_call(thread: LoopThread) -> None:
    memory = MemoryStore()
    store = BridgedStore(Remote(memory), loop=thread.loop)
    blocks = store.scan("facts", ["x"])

    memory.commit(Batch(id="B-1", at=NINE, actor="ann", rows=(Rows("facts", {"x": [1]}),)))

    assert list(blocks) == []
