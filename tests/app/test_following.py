"""A reader of the feed meets every entry, in order: at least once, or exactly once."""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from crmkit.app import CRM, Cursor, Lag, Transaction
from crmkit.errors import ConflictError, InvalidValueError
from crmkit.storage import START, Batch, Change, Entry, MemoryStore, Position, SQLiteStore
from crmkit.testing import NINE

from .upkeep.keeping import PLACES, crm_on, new_store


@pytest.fixture(params=PLACES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MemoryStore | SQLiteStore]:
    store = new_store(request.param, tmp_path)
    yield store
    store.close()


@pytest.fixture
def crm(store: MemoryStore | SQLiteStore) -> CRM:
    """Ten customers and, between them, five complaints."""
    crm = CRM(store, actor="ann")
    for number in range(10):
        crm.customers.add_person(id=f"C-{number}", name=f"Li {number}")
        if number % 2:
            crm.complaints.receive(id=f"K-{number}", customer=f"C-{number}", about="leaks")
    return crm


def places(entries: Sequence[Entry]) -> list[tuple[str, int]]:
    return [(entry.id, entry.version) for entry in entries]


class TestRead:
    def test_stays_where_it_is(self, crm: CRM) -> None:
        outbox = crm.follow("outbox")

        assert places(outbox.read()) == places(outbox.read())
        assert len(outbox.read(limit=3)) == 3
        assert outbox.position == START

    def test_goes_on_after_a_place_that_is_given(self, crm: CRM) -> None:
        outbox = crm.follow("outbox")
        found: list[Entry] = []
        position = START
        while page := outbox.read(after=position, limit=4):
            found += page
            position = page[-1].position

        assert places(found) == places(outbox.read())
        assert len(found) == 15

    def test_of_one_kind(self, crm: CRM) -> None:
        found = crm.follow("outbox", kind="complaint").read(limit=3)

        assert places(found) == [("K-1", 1), ("K-3", 1), ("K-5", 1)]

    @pytest.mark.parametrize("after", ["nowhere", "-1", "1.5", "１"])
    def test_refuses_a_place_that_is_none(self, crm: CRM, after: str) -> None:
        with pytest.raises(InvalidValueError, match="position that this store gave"):
            crm.follow("outbox").read(after=Position(after))
        with pytest.raises(InvalidValueError, match="position that this store gave"):
            crm.follow("outbox").move_to(Position(after))

    @pytest.mark.parametrize("limit", [0, -1, True, 1.5])
    def test_refuses_a_limit_that_is_none(self, crm: CRM, limit: Any) -> None:
        with pytest.raises(InvalidValueError, match="limit"):
            crm.follow("outbox").read(limit=limit)

    def test_never_meets_its_own_places(self, crm: CRM) -> None:
        """Else it would hand out, for each place that it keeps, one entry more, for ever."""
        outbox, mirror = crm.follow("outbox"), crm.follow("mirror")
        found: list[Entry] = []
        rounds = 0
        while outbox.each(found.append, limit=1) + mirror.each(lambda entry: None, limit=1):
            rounds += 1
            assert rounds < 20

        assert rounds == len(found) == 15
        assert {entry.kind for entry in found} == {"customer", "complaint"}
        assert crm.follow("cursors", kind="cursor").read() == ()

    @pytest.mark.parametrize("limit", [1, 2, 5])
    def test_passes_over_pages_of_nothing_but_places(self, crm: CRM, limit: int) -> None:
        outbox = crm.follow("outbox")
        while outbox.each(lambda entry: None, limit=1):
            pass
        crm.customers.change("C-1", region="Beijing")

        assert places(outbox.read(limit=limit)) == [("C-1", 2)]

    def test_refuses_a_name_that_is_none(self, crm: CRM) -> None:
        with pytest.raises(InvalidValueError, match="name is ' '"):
            crm.follow(" ")

    def test_a_name_is_for_one_kind(self, crm: CRM) -> None:
        """Its place says nothing of what it passed over: another kind would be skipped."""
        crm.follow("outbox", kind="complaint").each(lambda entry: None)
        other = crm.follow("outbox")

        acts: list[Callable[[], object]] = [
            other.read,
            other.lag,
            other.rewind,
            lambda: other.each(print),
            lambda: other.apply(print),
        ]
        for act in acts:
            with pytest.raises(InvalidValueError, match="'outbox' follows, which is 'complaint'"):
                act()


class TestEach:
    def test_hands_every_entry_out_once(self, crm: CRM) -> None:
        outbox = crm.follow("outbox")
        found: list[Entry] = []

        counts = [outbox.each(found.append, limit=4) for _ in range(6)]

        assert counts == [4, 4, 4, 3, 0, 0]
        assert places(found) == places(outbox.read(after=START))
        assert crm._house.store.load("cursor", ["outbox"])["outbox"].version == 4

    @given(breaks=st.lists(st.integers(0, 6), max_size=8), limit=st.integers(1, 7))
    def test_begins_again_with_the_one_that_failed(self, breaks: list[int], limit: int) -> None:
        crm = crm_on(MemoryStore())
        for number in range(10):
            crm.customers.add_person(id=f"C-{number}", name="Li")
        outbox = crm.follow("outbox")
        found: list[str] = []

        def effect(entry: Entry) -> None:
            if breaks and breaks[0] == 0:
                breaks.pop(0)
                raise RuntimeError("the other side is down")
            if breaks:
                breaks[0] -= 1
            found.append(entry.id)

        while True:
            try:
                if not outbox.each(effect, limit=limit):
                    break
            except RuntimeError:
                pass

        assert found == [f"C-{number}" for number in range(10)]

    def test_a_crash_between_effect_and_move_hands_it_out_again(self, store: Any) -> None:
        class Crash(BaseException):
            """The end of the process: nothing can be saved any more."""

        class Dying(MemoryStore):
            dead = False

            def commit(self, batch: Any) -> bool:
                if self.dead:
                    raise Crash
                return super().commit(batch)

        dying = Dying()
        crm = CRM(dying, actor="ann")
        crm.customers.add_person(id="C-1", name="Li")
        crm.customers.add_person(id="C-2", name="Wu")
        found: list[str] = []
        dying.dead = True
        with pytest.raises(Crash):
            crm.follow("outbox").each(lambda entry: found.append(entry.id))
        dying.dead = False

        assert crm.follow("outbox").each(lambda entry: found.append(entry.id)) == 2
        assert found == ["C-1", "C-2", "C-1", "C-2"]

    def test_of_two_readers_of_one_name_the_slower_is_told(self, crm: CRM) -> None:
        outbox = crm.follow("outbox")
        found: list[Entry] = []

        def slow(entry: Entry) -> None:
            if not found:
                found.append(entry)
                assert crm.follow("outbox").each(found.append, limit=4) == 4

        with pytest.raises(ConflictError, match="cursor 'outbox'"):
            outbox.each(slow, limit=2)

        assert len(outbox.read()) == 11

    def test_a_reader_that_was_rewound_meanwhile_is_told(self, crm: CRM) -> None:
        """Its place is the same again, and yet it is another's."""
        outbox = crm.follow("outbox")
        outbox.each(lambda entry: None, limit=3)
        here = outbox.position

        def meddling(entry: Entry) -> None:
            crm.follow("outbox").each(lambda entry: None, limit=3)
            crm.follow("outbox").move_to(here)

        with pytest.raises(ConflictError):
            outbox.each(meddling, limit=1)

        assert outbox.position == here

    def test_hands_out_deletions_and_versions_let_go(self, crm: CRM) -> None:
        crm.customers.delete("C-0")
        crm._house.store.forget("customer", "C-0", 2)  # type: ignore[attr-defined]
        found: list[Entry] = []

        crm.follow("outbox", kind="customer").each(found.append)

        assert found[0].is_forgotten
        assert found[-1].is_deletion


class TestApply:
    def test_keeps_effect_and_place_together(self, crm: CRM) -> None:
        unhappy = crm.follow("unhappy", kind="complaint")

        def count(tx: Transaction, entry: Entry) -> None:
            customer = entry.differences.values["customer"]
            assert isinstance(customer, str)
            tx.customers.change(customer, size="complained")

        assert [unhappy.apply(count, limit=2) for _ in range(4)] == [2, 2, 1, 0]
        assert [c.id for c in crm.customers.find(size="complained")] == [
            f"C-{number}" for number in (1, 3, 5, 7, 9)
        ]
        assert {len(crm.history.of(f"C-{number}")) for number in (1, 3, 5, 7, 9)} == {2}

    def test_a_failure_undoes_both(self, crm: CRM) -> None:
        unhappy = crm.follow("unhappy", kind="complaint")

        def fail(tx: Transaction, entry: Entry) -> None:
            tx.customers.change("C-0", region="Beijing")
            if entry.id == "K-5":
                raise RuntimeError("no")

        with pytest.raises(RuntimeError, match="no"):
            unhappy.apply(fail)

        assert unhappy.position == START
        assert len(crm.history.of("C-0")) == 1

    def test_runs_again_where_it_meets_a_conflict(self, crm: CRM) -> None:
        runs: list[str] = []

        def effect(tx: Transaction, entry: Entry) -> None:
            tx.customers.change("C-0", size=str(len(runs)))
            if not runs:
                crm.customers.change("C-0", region="Beijing")
            runs.append(entry.id)

        unhappy = crm.follow("unhappy", kind="complaint")

        assert unhappy.apply(effect, limit=1) == 1
        assert runs == ["K-1", "K-1"]
        assert len(crm.history.of("C-0")) == 3
        assert unhappy.apply(effect) == 4

    def test_of_two_at_once_each_entry_counts_once(self, crm: CRM) -> None:
        """The first pass of the slower one is undone with all that it did."""
        met: list[str] = []

        def effect(tx: Transaction, entry: Entry) -> None:
            met.append(entry.id)
            if len(met) == 1:
                crm.follow("unhappy", kind="complaint").apply(effect, limit=3)
            tx.customers.add_person(id=f"copy of {entry.id}", name="Li")

        assert crm.follow("unhappy", kind="complaint").apply(effect) == 2
        quick, undone = ["K-1", "K-3", "K-5"], ["K-3", "K-5", "K-7", "K-9"]
        assert met == ["K-1", *quick, *undone, "K-7", "K-9"]
        assert {len(crm.history.of(f"copy of K-{number}")) for number in (1, 3, 5, 7, 9)} == {1}

    def test_gives_up_with_a_conflict(self, crm: CRM) -> None:
        def effect(tx: Transaction, entry: Entry) -> None:
            tx.customers.change("C-0", size="large")
            crm.customers.change("C-0", region="Beijing")

        with pytest.raises(ConflictError, match="customer 'C-0'"):
            crm.follow("unhappy", kind="complaint").apply(effect)

        assert crm.follow("unhappy", kind="complaint").position == START


class TestLag:
    def test_counts_what_waits(self, crm: CRM) -> None:
        outbox = crm.follow("outbox")
        first, *_ = outbox.read()

        assert outbox.lag() == Lag(entries=15, since=first.at)
        outbox.each(lambda entry: None, limit=11)
        assert outbox.lag().entries == 4
        outbox.each(lambda entry: None)
        assert outbox.lag() == Lag(entries=0, since=None)
        assert crm.follow("outbox 2", kind="complaint").lag().entries == 5

    def test_over_many_pages(self, crm: CRM, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("crmkit.app.following._PAGE", 4)

        assert crm.follow("outbox").lag().entries == 15


class TestRewind:
    def test_begins_anew_or_elsewhere(self, crm: CRM) -> None:
        outbox = crm.follow("outbox")
        everything = outbox.read()
        outbox.each(lambda entry: None)

        outbox.rewind()
        assert outbox.read() == everything
        outbox.move_to(everything[9].position)
        assert outbox.read() == everything[10:]

    def test_makes_the_reader_known(self, crm: CRM) -> None:
        crm.follow("outbox", kind="complaint").rewind()

        (cursor,) = crm.frames.records("cursor").to_dict("records")
        assert (cursor["id"], cursor["kind"]) == ("outbox", "complaint")
        assert Cursor(id="outbox").kind is None


class TestKind:
    def test_that_nobody_keeps_is_refused(self, crm: CRM) -> None:
        with pytest.raises(InvalidValueError, match="did you mean 'complaint'"):
            crm.follow("outbox", kind="complain")

    def test_may_be_of_an_embedder(self) -> None:
        store = MemoryStore()
        birth = Change.of("note", "N-1", b'{"text":"hello"}')
        store.commit(Batch(id="B-1", at=NINE, actor="ann", changes=(birth,)))

        assert [entry.id for entry in CRM(store).follow("outbox", kind="note").read()] == ["N-1"]


class TestConcurrently:
    def test_nothing_is_skipped_or_handed_out_twice(self, store: Any) -> None:
        """Three threads write while one reader pulls, one applies, one keeps its place itself."""
        crm = CRM(store, actor="ann")
        written = threading.Event()
        found: dict[str, list[Position]] = {"each": [], "own": []}
        failures: list[BaseException] = []

        def write(name: str) -> None:
            for number in range(40):
                with crm.transaction() as tx:
                    tx.customers.add_person(id=f"{name}-{number}", name="Li")
                    tx.complaints.receive(customer=f"{name}-{number}", about="leaks")

        def pull(step: Callable[[], int]) -> None:
            last = False
            while True:
                moved = step()
                if last and not moved:
                    return
                last = written.is_set()

        def each() -> int:
            return crm.follow("outbox").each(lambda e: found["each"].append(e.position), limit=7)

        def own() -> int:
            after = found["own"][-1] if found["own"] else START
            page = crm.follow("own").read(after=after, limit=7)
            found["own"] += [entry.position for entry in page]
            return len(page)

        def acknowledge(tx: Transaction, entry: Entry) -> None:
            if entry.version == 1:
                tx.complaints.acknowledge(entry.id)

        def apply() -> int:
            follower = crm.follow("answered", kind="complaint")
            return follower.apply(acknowledge)

        def guarded(act: Callable[[], None]) -> Callable[[], None]:
            def run() -> None:
                try:
                    act()
                except BaseException as error:
                    failures.append(error)

            return run

        writers = [threading.Thread(target=guarded(partial(write, n))) for n in "ABC"]
        readers = [threading.Thread(target=guarded(partial(pull, s))) for s in (each, own, apply)]
        for thread in [*writers, *readers]:
            thread.start()
        for thread in writers:
            thread.join()
        written.set()
        for thread in readers:
            thread.join()
        while each() + own():
            pass

        assert failures == []
        everything = [entry.position for entry in crm.follow("all").read(limit=10_000)]
        assert len(everything) == 120 * 3
        assert found["each"] == everything
        assert found["own"] == everything
        assert {complaint.stage.value for complaint in crm.complaints.each()} == {"acknowledged"}

    def test_a_place_in_the_readers_own_transaction_is_exactly_once(
        self, crm: CRM, tmp_path: Path
    ) -> None:
        """The reader's database dies at every third commit: what it then held is gone with it."""
        mirror = crm.follow("mirror")
        with closing(sqlite3.connect(tmp_path / "mirror.db", isolation_level=None)) as own:
            own.execute("CREATE TABLE seen (id, version)")
            own.execute("CREATE TABLE place (position)")
            own.execute("INSERT INTO place VALUES ('')")
            for attempt in range(30):
                ((position,),) = own.execute("SELECT position FROM place")
                own.execute("BEGIN")
                for entry in mirror.read(after=Position(position), limit=2):
                    own.execute("INSERT INTO seen VALUES (?, ?)", (entry.id, entry.version))
                    own.execute("UPDATE place SET position = ?", (entry.position,))
                own.execute("ROLLBACK" if attempt % 3 else "COMMIT")

            seen = own.execute("SELECT id, version FROM seen").fetchall()

        assert seen == places(mirror.read())
