"""What only an async CRM must hold: many at once, cancelled ones, subscribers on the loop."""

import asyncio
import threading
from collections.abc import Collection, Mapping
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

import crmkit
from crmkit.app import AsyncCRM, AsyncTransaction, Committed, Transaction
from crmkit.complaints import Stage
from crmkit.customers import Contact
from crmkit.errors import ConflictError, InvalidValueError, StorageError, TransitionError
from crmkit.storage import Batch, Entry, MemoryStore, Record, journal

from .driving import in_loop


class Gated(MemoryStore):
    """A store that can be held before a verb does its work."""

    def __init__(self) -> None:
        super().__init__()
        self.free = threading.Event()
        self.free.set()
        self.is_held = threading.Event()

    def close(self) -> None:
        """What was stored is read after the CRM is closed."""

    def hold(self) -> None:
        self.free.clear()
        self.is_held.clear()

    async def held(self) -> None:
        assert await asyncio.to_thread(self.is_held.wait, 30)

    def load(self, kind: str, ids: Collection[str]) -> Mapping[str, Record]:
        if kind == "customer":
            self._wait()
        return super().load(kind, ids)

    def commit(self, batch: Batch) -> bool:
        self._wait()
        return super().commit(batch)

    def _wait(self) -> None:
        self.is_held.set()
        assert self.free.wait(30)


async def cancelled(task: asyncio.Task[object]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


class TestMany:
    @in_loop
    async def test_fifty_on_one_hot_record_lose_nothing(self, tmp_path: Path) -> None:
        url, patience = f"sqlite:///{tmp_path / 'crm.db'}", timedelta(seconds=60)
        async with crmkit.open_async(url, durable=False, retry=patience) as crm:
            await crm.customers.add_person(id="C-7", name="Li Wei")

            def add(tx: Transaction) -> None:
                contacts = tx.customers.get("C-7").contacts
                tx.customers.change("C-7", contacts=(*contacts, Contact(name="Wu")))

            await asyncio.gather(*(crm.run(add) for _ in range(50)))

            assert len((await crm.customers.get("C-7")).contacts) == 50
            assert len(await crm.history.of("C-7")) == 51

    @in_loop
    async def test_of_many_who_would_move_it_one_does(self, tmp_path: Path) -> None:
        url, patience = f"sqlite:///{tmp_path / 'crm.db'}", timedelta(seconds=60)
        async with crmkit.open_async(url, durable=False, retry=patience) as crm:
            await crm.complaints.receive(id="K-1", customer="C-7", about="leaks")

            done = await asyncio.gather(
                *(crm.complaints.acknowledge("K-1") for _ in range(50)), return_exceptions=True
            )

            refused = [one for one in done if isinstance(one, TransitionError)]
            assert len(refused) == 49
            assert (await crm.complaints.get("K-1")).stage is Stage.ACKNOWLEDGED

    @in_loop
    async def test_one_thread_serves_them_all(self) -> None:
        async with crmkit.open_async(threads=1) as crm:

            async def serve(number: int) -> None:
                async with crm.transaction() as tx:
                    await tx.customers.add_person(id=f"C-{number}", name="Li Wei")
                    await crm.customers.find(limit=1)

            await asyncio.gather(*(serve(number) for number in range(20)))

            assert len(await crm.customers.find()) == 20


class TestActing:
    @in_loop
    async def test_each_request_speaks_for_its_own_user(self) -> None:
        async with crmkit.open_async(actor="ann") as crm:

            async def serve(user: str) -> str:
                received = await crm.acting(by=user).complaints.receive(customer="C", about="leaks")
                return received.trail[0].by

            users = [f"user {number}" for number in range(20)]

            assert await asyncio.gather(*map(serve, users)) == users
            assert (crm.actor, crm.acting(by="bob").actor) == ("ann", "bob")
            assert crm.acting().now().tzinfo is not None
            assert crm.acting(by="bob").new_id() != crm.new_id()


class TestCancel:
    @in_loop
    async def test_a_verb_that_has_begun_is_stored_whole(self) -> None:
        store, told = Gated(), list[str]()
        async with AsyncCRM(store, ids=iter(["B-1"]).__next__) as crm:
            crm.subscribe(lambda saved: told.append(saved.batch))
            store.hold()
            adding = asyncio.create_task(crm.customers.add_person(id="C-7", name="Li Wei"))
            await store.held()

            await cancelled(adding)
            store.free.set()

        assert [(line.id, line.version) for line in journal(store)] == [("C-7", 1)]
        assert told == ["B-1"]

    @in_loop
    async def test_whoever_repeats_it_is_told(self) -> None:
        """A birth by its id, a step by its stage: what was stored is not stored twice."""
        store = Gated()
        # One thread: of two, the second could overtake the first.
        async with AsyncCRM(store, threads=1) as crm:
            store.hold()
            adding = asyncio.create_task(crm.customers.add_person(id="C-7", name="Li Wei"))
            await store.held()
            await cancelled(adding)
            store.free.set()

            with pytest.raises(ConflictError, match="exists already"):
                await crm.customers.add_person(id="C-7", name="Li Wei")
            assert len(await crm.history.of("C-7")) == 1

    @in_loop
    async def test_at_any_moment_leaves_all_or_nothing(self, tmp_path: Path) -> None:
        """What was answered is there, and of what was cancelled never half."""
        moments, url = Random(7), f"sqlite:///{tmp_path / 'crm.db'}"
        async with crmkit.open_async(url, durable=False, threads=3) as crm:

            async def save(number: int) -> int:
                async with crm.transaction() as tx:
                    await tx.complaints.receive(id=f"K-{number}", customer="C-7", about="leaks")
                    await tx.complaints.receive(id=f"L-{number}", customer="C-7", about="leaks")
                return number

            tasks = [asyncio.create_task(save(number)) for number in range(150)]
            for task in tasks:
                for _ in range(moments.randrange(4)):
                    await asyncio.sleep(0)
                if moments.random() < 0.7:
                    task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
            await crm.close()

        answered = {number for number in ended if isinstance(number, int)}
        with crmkit.open(url) as again:
            ids = [complaint.id for complaint in again.complaints.each()]
        stored = {int(id[2:]) for id in ids}
        assert 0 < len(answered) < len(tasks)
        assert answered <= stored
        assert sorted(ids) == sorted(f"{half}-{number}" for half in "KL" for number in stored)

    @in_loop
    async def test_a_timeout_lets_go_of_the_caller(self) -> None:
        store = Gated()
        async with AsyncCRM(store) as crm:
            store.hold()

            with pytest.raises(TimeoutError):
                await asyncio.wait_for(crm.customers.get("C-7"), 0.01)

            store.free.set()


class TestTransaction:
    @in_loop
    async def test_what_is_awaited_together_is_done_one_by_one(self) -> None:
        async with crmkit.open_async() as crm:
            async with crm.transaction() as tx:
                await asyncio.gather(
                    *(tx.customers.add_person(id=f"C-{n}", name="Li Wei") for n in range(50))
                )
                assert await crm.customers.find() == ()

            frame = await crm.frames.journal()
            assert (len(frame), frame["batch"].nunique()) == (50, 1)

    @in_loop
    async def test_a_block_that_is_cancelled_saves_nothing(self) -> None:
        inside, begun = asyncio.Event(), list[AsyncTransaction]()
        async with crmkit.open_async() as crm:

            async def work() -> None:
                async with crm.transaction() as tx:
                    begun.append(tx)
                    await tx.customers.add_person(id="C-7", name="Li Wei")
                    inside.set()
                    await asyncio.Event().wait()

            task = asyncio.create_task(work())
            await inside.wait()
            await cancelled(task)

            assert await crm.customers.find() == ()
            with pytest.raises(InvalidValueError, match="after its end"):
                await begun[0].customers.get("C-7")

    @in_loop
    async def test_one_that_is_cancelled_while_a_verb_runs_saves_nothing(self) -> None:
        store = Gated()
        async with AsyncCRM(store) as crm:
            await crm.customers.add_person(id="C-7", name="Li Wei")

            async def work() -> None:
                async with crm.transaction() as tx:
                    store.hold()
                    await tx.customers.change("C-7", region="Shandong")

            task = asyncio.create_task(work())
            await store.held()
            await cancelled(task)
            store.free.set()

            assert len(await crm.history.of("C-7")) == 1

    @in_loop
    async def test_one_that_is_cancelled_while_it_ends_is_saved_whole(self) -> None:
        store = Gated()
        async with AsyncCRM(store) as crm:

            async def work() -> None:
                async with crm.transaction() as tx:
                    await tx.complaints.receive(id="K-1", customer="C-7", about="leaks")
                    await tx.complaints.receive(id="K-2", customer="C-7", about="leaks")
                    store.hold()

            task = asyncio.create_task(work())
            await store.held()
            await cancelled(task)
            store.free.set()
            await crm.close()

            assert [line.id for line in journal(store)] == ["K-1", "K-2"]

    @in_loop
    async def test_one_that_is_cancelled_before_it_ends_is_over(self) -> None:
        """Its end waited for a worker, so that nothing was saved; nor can it be used any more."""
        store, begun = Gated(), list[AsyncTransaction]()
        async with AsyncCRM(store, threads=1) as crm:
            at_its_end = asyncio.Event()

            async def work() -> None:
                async with crm.transaction() as tx:
                    begun.append(tx)
                    await tx.complaints.receive(id="K-1", customer="C-7", about="leaks")
                    store.hold()
                    other = asyncio.create_task(crm.customers.add_person(id="C-7", name="Li"))
                    await store.held()
                    at_its_end.set()
                await other

            task = asyncio.create_task(work())
            await at_its_end.wait()
            await cancelled(task)
            store.free.set()

            with pytest.raises(InvalidValueError, match="after its end"):
                await begun[0].complaints.get("K-1")
            assert [line.id for line in journal(store)] == ["C-7"]


class TestRun:
    @in_loop
    async def test_takes_no_coroutine_function(self) -> None:
        async def work(tx: Transaction) -> None:
            raise AssertionError

        async with crmkit.open_async() as crm:
            with pytest.raises(InvalidValueError, match="must be a plain function; await before"):
                await crm.run(work)  # type: ignore[unused-coroutine]  # refused


class TestFollow:
    @in_loop
    async def test_hands_each_entry_out_once(self) -> None:
        async with crmkit.open_async() as crm:
            await crm.complaints.receive(id="K-1", customer="C-7", about="leaks")
            outbox, seen = crm.follow("outbox", kind="complaint"), list[str]()

            read = [entry.id for entry in await outbox.read()]
            handled = await outbox.each(lambda entry: seen.append(entry.id))

            assert (read, handled, seen) == (["K-1"], 1, ["K-1"])
            assert await outbox.each(lambda entry: seen.append(entry.id)) == 0
            assert await outbox.read(after=await outbox.position) == ()
            assert (outbox.name, outbox.kind) == ("outbox", "complaint")

    @in_loop
    async def test_applies_an_effect_with_its_place(self) -> None:
        async with crmkit.open_async() as crm:
            await crm.complaints.receive(id="K-1", customer="C-7", about="leaks")
            desk = crm.follow("desk", kind="complaint")

            def add(tx: Transaction, entry: Entry) -> None:
                tx.customers.add_person(id=f"of {entry.id}", name="unknown")

            assert await desk.apply(add) == 1
            assert [customer.id for customer in await crm.customers.find()] == ["of K-1"]

    @in_loop
    async def test_an_effect_that_must_be_awaited_is_refused(self) -> None:
        async def publish(entry: Entry) -> None:
            raise AssertionError

        async with crmkit.open_async() as crm:
            await crm.complaints.receive(id="K-1", customer="C-7", about="leaks")
            outbox = crm.follow("outbox")

            with pytest.raises(InvalidValueError, match="must be a plain function"):
                await outbox.each(publish)
            assert (await outbox.lag()).entries == 1


class TestHistory:
    @in_loop
    async def test_is_read_once_and_then_asked_at_will(self) -> None:
        async with crmkit.open_async(actor="ann") as crm:
            await crm.customers.add_person(id="C-7", name="Li Wei")
            await crm.customers.change("C-7", name="Li Min")

            history = await crm.history.of("C-7", kind="customer")

            assert [revision.by for revision in history] == ["ann", "ann"]
            assert history.as_of(history[0].at).name == "Li Wei"
            assert history.version(2) == history[-1]
            assert (history.kind, repr(history)) == ("customer", "<2 versions of customer 'C-7'>")
            assert await history.redact("name") == 2


class TestUpkeep:
    @in_loop
    async def test_keeps_the_store_in_order(self, tmp_path: Path) -> None:
        async with crmkit.open_async(f"sqlite:///{tmp_path / 'crm.db'}", durable=False) as crm:
            await crm.customers.add_person(id="C-7", name="Li Wei")

            assert (await crm.upkeep.verify()).flaws == ()
            assert await crm.upkeep.rewrite("customer") == 0

    @in_loop
    async def test_erases_a_customer(self) -> None:
        async with crmkit.open_async() as crm:
            await crm.customers.add_person(id="C-7", name="Li Wei")

            await crm.erase("C-7")

            assert (await crm.customers.get("C-7")).name != "Li Wei"


class TestSubscribe:
    @in_loop
    async def test_a_coroutine_may_await_the_crm(self) -> None:
        """With one thread: whoever saved waits for it, and holds no worker."""
        told: list[str] = []
        async with crmkit.open_async(threads=1) as crm:

            async def tell(saved: Committed) -> None:
                customer = await crm.customers.get(saved.changed[0].id)
                told.append(customer.name)

            end = crm.subscribe(tell)
            async with asyncio.TaskGroup() as tasks:
                for number in range(10):
                    tasks.create_task(crm.customers.add_person(name=f"Li {number}"))
            end()
            await crm.customers.add_person(name="Wu")

        assert sorted(told) == [f"Li {number}" for number in range(10)]

    @in_loop
    async def test_every_failure_reaches_whoever_saved(self) -> None:
        async def mail(saved: Committed) -> None:
            raise StorageError("mail", "down")

        def feed(saved: Committed) -> None:
            raise StorageError("feed", "down")

        async with crmkit.open_async() as crm:
            end = crm.subscribe(mail)
            with pytest.raises(StorageError, match="mail"):
                await crm.customers.add_person(id="C-7", name="Li Wei")
            crm.subscribe(feed)
            with pytest.raises(ExceptionGroup, match="is saved") as caught:
                await crm.customers.change("C-7", region="Shandong")
            end()
            with pytest.raises(StorageError, match="feed"):
                await crm.customers.change("C-7", region="Beijing")

            assert [str(error) for error in caught.value.exceptions] == ["feed: down", "mail: down"]
            assert len(await crm.history.of("C-7")) == 3

    @in_loop
    async def test_is_told_where_nobody_waits_any_more(self) -> None:
        begun, go_on, told = asyncio.Event(), asyncio.Event(), list[str]()

        async def tell(saved: Committed) -> None:
            begun.set()
            await go_on.wait()
            told.append(saved.changed[0].id)

        async with crmkit.open_async() as crm:
            crm.subscribe(tell)
            adding = asyncio.create_task(crm.customers.add_person(id="C-7", name="Li Wei"))
            await begun.wait()
            await cancelled(adding)
            go_on.set()

        assert told == ["C-7"]

    @in_loop
    async def test_may_close_the_crm(self) -> None:
        async with crmkit.open_async() as crm:

            async def stop(saved: Committed) -> None:
                await crm.close()

            crm.subscribe(stop)
            await crm.customers.add_person(id="C-7", name="Li Wei")

            with pytest.raises(StorageError, match="the store is closed"):
                await crm.customers.get("C-7")
