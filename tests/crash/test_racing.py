"""Races: one winner, nothing lost, nobody refused because others write."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

import crmkit
from crmkit.app.unit import UnitOfWork
from crmkit.customers import CUSTOMER_CODEC
from crmkit.errors import ConflictError, StorageError
from crmkit.storage import Batch, Change, SQLiteStore
from crmkit.testing.store_limits import together

from .ledger import AT, flaws, number_held, write
from .racing import PROCESSES, race


ROUNDS = 60
THREADS = 6


def wins(store: SQLiteStore, batch: Batch) -> bool:
    try:
        return store.commit(batch)
    except ConflictError:
        return False


class TestThreads:
    @pytest.mark.parametrize("handles", [1, THREADS])
    def test_of_six_that_race_for_one_version_one_wins(self, tmp_path: Path, handles: int) -> None:
        """Sixty rounds, on one handle that all share and on one for each."""
        stores = [SQLiteStore(tmp_path / "crm.db", durable=False) for _ in range(handles)]
        winners = []
        for turn in range(ROUNDS):
            held = stores[0].load("note", ["N-1"]).get("N-1")
            attempts = []
            for me in range(THREADS):
                change = Change.of("note", "N-1", b'{"by":%d}' % me, before=held)
                batch = Batch(id=f"{turn}-{me}", at=AT, actor="ann", changes=(change,))
                attempts.append(partial(wins, stores[me % handles], batch))

            won = together(attempts)

            assert won.count(True) == 1
            winners.append(won.index(True))
            (record,) = stores[0].load("note", ["N-1"]).values()
            assert (record.version, record.data) == (turn + 1, b'{"by":%d}' % winners[-1])

        lines = stores[0].entries()
        assert [line.batch for line in lines] == [f"{n}-{me}" for n, me in enumerate(winners)]
        for store in stores:
            store.close()


class TestProcesses:
    def test_lose_nothing_at_a_desk_and_meet_no_lock(self, tmp_path: Path) -> None:
        """`python -m tests.crash.racing` does 500 verbs each, and holds each to a second."""
        found = race(tmp_path / "crm.db", verbs=50, durable=False)

        assert found.errors == ()
        assert found.is_complete
        assert found.versions == found.verbs == 50 * PROCESSES
        # Far from what is measured: a machine that is busy proves nothing.
        assert found.waits[-1] < 20


class TestTurn:
    """A verb that met a conflict is run again in a turn in which nobody else writes."""

    def test_a_verb_meets_one_conflict_at_most(self, tmp_path: Path) -> None:
        url = f"sqlite:///{tmp_path / 'crm.db'}"
        with crmkit.open(url, actor="ann") as crm, crmkit.open(url, actor="bob") as other:
            crm.customers.add_person(id="C-1", name="Li Wei")
            seen: list[str] = []

            def act(unit: UnitOfWork) -> None:
                li = unit.get(CUSTOMER_CODEC, "C-1")
                seen.append(li.name)
                if len(seen) == 1:
                    other.customers.change("C-1", name="Li Na")
                unit.put(CUSTOMER_CODEC, li.change("ann", li.trail[-1].at, region="Hubei"))

            crm.work(act)

            assert seen == ["Li Wei", "Li Na"]
            li = crm.customers.get("C-1")
            assert (li.name, li.region) == ("Li Na", "Hubei")

    def test_nobody_else_writes_in_it(self, tmp_path: Path) -> None:
        path = tmp_path / "crm.db"
        with (
            SQLiteStore(path) as store,
            SQLiteStore(path, busy_timeout=timedelta(0)) as other,
        ):
            with store.turn() as alone:
                write(alone, 2)
                with pytest.raises(StorageError, match="somebody else is writing"):
                    write(other, 1)
                assert number_held(other) == 0

            assert number_held(other) == 2
            with pytest.raises(StorageError, match="closed"):
                number_held(alone)

    def test_what_fails_in_it_stores_nothing(self, tmp_path: Path) -> None:
        def fail(store: SQLiteStore) -> None:
            write(store, 2)
            raise LookupError

        with SQLiteStore(tmp_path / "crm.db") as store:
            with pytest.raises(LookupError), store.turn() as alone:
                fail(alone)

            assert number_held(store) == 0
            write(store, 3)
            assert flaws(store) == []

    def test_inside_a_hosts_transaction_it_is_his(self) -> None:
        with closing(sqlite3.connect(":memory:")) as host:
            store = SQLiteStore.on(host)
            with store.turn() as same:
                assert same is store
