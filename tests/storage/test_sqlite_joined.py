"""A store inside a host: his transaction, his settings, and what happens to both when it fails."""

import sqlite3
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import ClassVar, Literal

import pytest
from hypothesis import settings

from crmkit.app import CRM
from crmkit.errors import ConflictError, InvalidValueError, StorageError, UnwipedWarning
from crmkit.storage import Batch, Change, Query, Rows, SQLiteStore, Store
from crmkit.testing import Capabilities, StoreMachine, StoreRules

from .sqlite_hosts import connect, connection_of, host, invoices, numbers, order
from .sqlite_words import ask, batch, complaint
from .test_sqlite_connections import failure


class HostHooks:
    """How the rules make a store on a host's connection."""

    asked: ClassVar[dict[str, object]] = {}
    opening = "SELECT 1"

    def make_store(self, folder: Path) -> Store:
        connection = connect(folder, **self.asked)
        connection.execute(self.opening)
        connection.row_factory = sqlite3.Row
        return SQLiteStore.on(connection)

    def open_again(self, store: Store, folder: Path) -> Store:
        return self.make_store(folder)

    def close_store(self, store: Store) -> None:
        assert isinstance(store, SQLiteStore)
        store.close()
        connection_of(store).close()


class TestInAutocommit(HostHooks, StoreRules):
    capabilities = Capabilities(persistent=True, shared=True, threads=True, closes=True)
    asked: ClassVar = {"isolation_level": None}
    opening = "PRAGMA journal_mode = WAL"


class TestInOneTransaction(HostHooks, StoreRules):
    capabilities = Capabilities(threads=True, closes=True)
    asked: ClassVar = {"isolation_level": None}
    opening = "BEGIN"


class TestInPythonsTransaction(HostHooks, StoreRules):
    """The module's own way: begun by the first write, and never committed here."""

    capabilities = Capabilities(threads=True, closes=True)
    asked: ClassVar = {"isolation_level": "DEFERRED"}


if sys.version_info >= (3, 12):

    class TestInAutocommitByName(HostHooks, StoreRules):
        capabilities = Capabilities(persistent=True, shared=True, threads=True, closes=True)
        asked: ClassVar = {"autocommit": True}
        opening = "PRAGMA journal_mode = WAL"

    class TestInStandardTransaction(HostHooks, StoreRules):
        capabilities = Capabilities(threads=True, closes=True)
        asked: ClassVar = {"autocommit": False}


class JoinedMachine(HostHooks, StoreMachine):
    capabilities = Capabilities(closes=True)
    asked: ClassVar = {"isolation_level": None}
    opening = "BEGIN"


TestMachine = JoinedMachine.TestCase
TestMachine.settings = settings(max_examples=30, stateful_step_count=25)


def large_batch(id: str) -> Batch:
    """A batch with every kind of statement in it."""
    later = Change.of("complaint", "K-1", b'{"id":"K-1"}', expected=1, keys={"late": 1})
    rows = (Rows("orders", {"n": [1], "m": [2]}), Rows("receipts", {"c": [3]}))
    return batch(id, later, complaint("K-2"), rows=rows)


class TestInsideATransaction:
    @pytest.fixture
    def connection(self, tmp_path: Path) -> Iterator[sqlite3.Connection]:
        with host(tmp_path) as connection:
            yield connection

    def test_the_hosts_commit_keeps_both(
        self, connection: sqlite3.Connection, tmp_path: Path
    ) -> None:
        store = SQLiteStore.on(connection)
        connection.execute("BEGIN")
        connection.execute("INSERT INTO invoices VALUES ('I-1')")
        assert store.commit(batch("B-1", complaint(), rows=order(1)))

        assert connection.in_transaction
        assert ask(tmp_path / "app.db", "SELECT count(*) FROM crm_batch") == [(0,)]
        connection.execute("COMMIT")

        with host(tmp_path) as other:
            again = SQLiteStore.on(other)
            assert (invoices(other), numbers(again)) == (["I-1"], [1])
            assert again.load("complaint", ["K-1"])["K-1"].version == 1

    def test_the_hosts_rollback_undoes_both(self, connection: sqlite3.Connection) -> None:
        store = SQLiteStore.on(connection)
        connection.execute("BEGIN")
        connection.execute("INSERT INTO invoices VALUES ('I-1')")
        store.commit(batch("B-1", complaint(), rows=order(1)))
        connection.execute("ROLLBACK")

        assert invoices(connection) == []
        assert not store.entries()
        assert not store.find(Query("complaint", where=(("stage", "=", "received"),)))
        assert numbers(store) == []

    def test_what_was_undone_can_be_done_again(self, connection: sqlite3.Connection) -> None:
        """Indexes, tables and columns that the rollback took are made anew."""
        store = SQLiteStore.on(connection)
        for end in ("ROLLBACK", "COMMIT"):
            connection.execute("BEGIN")
            assert store.commit(batch("B-1", complaint(), rows=order(1)))
            assert store.find(Query("complaint", where=(("stage", "=", "received"),)))
            connection.execute(end)

        found = store.find(Query("complaint", where=(("due", "=", 1),)))
        assert [record.id for record in found] == ["K-1"]
        assert numbers(store) == [1]
        assert store.commit(batch("B-1")) is False

    def test_tables_made_inside_it_go_with_it(self, connection: sqlite3.Connection) -> None:
        connection.execute("BEGIN")
        store = SQLiteStore.on(connection)
        store.commit(batch("B-1", complaint()))
        connection.execute("ROLLBACK")
        tables = "SELECT name FROM sqlite_master WHERE name LIKE 'crm%'"
        assert connection.execute(tables).fetchall() == []

        assert store.commit(batch("B-1", complaint()))
        assert store.load("complaint", ["K-1"])["K-1"].version == 1

    def test_a_part_can_be_undone_by_the_host(self, connection: sqlite3.Connection) -> None:
        store = SQLiteStore.on(connection)
        connection.execute("BEGIN")
        store.commit(batch("B-1", complaint("K-1")))
        connection.execute("SAVEPOINT part")
        store.commit(batch("B-2", complaint("K-2")))
        connection.execute("ROLLBACK TO part")
        store.commit(batch("B-3", complaint("K-3")))
        connection.execute("COMMIT")

        assert store.load("complaint", ["K-1", "K-2", "K-3"]).keys() == {"K-1", "K-3"}

    def test_a_savepoint_of_the_same_name_stays_the_hosts(
        self, connection: sqlite3.Connection
    ) -> None:
        store = SQLiteStore.on(connection)
        connection.execute("SAVEPOINT crm$part")
        store.commit(batch("B-1", complaint("K-1")))
        with pytest.raises(ConflictError):
            store.commit(batch("B-2", complaint("K-2"), complaint("K-1")))
        assert store.load("complaint", ["K-1", "K-2"]).keys() == {"K-1"}

        connection.execute("ROLLBACK TO crm$part")
        connection.execute("RELEASE crm$part")

        assert not connection.in_transaction
        assert not store.entries()

    def test_a_conflict_leaves_the_host_his_work(self, connection: sqlite3.Connection) -> None:
        store = SQLiteStore.on(connection)
        store.commit(batch("B-1", complaint()))
        connection.execute("BEGIN")
        connection.execute("INSERT INTO invoices VALUES ('I-1')")

        with pytest.raises(ConflictError):
            store.commit(batch("B-2", complaint("K-2"), complaint("K-1"), rows=order(1)))

        assert connection.in_transaction
        assert store.commit(batch("B-2", complaint("K-3")))
        connection.execute("COMMIT")
        assert invoices(connection) == ["I-1"]
        assert store.load("complaint", ["K-2", "K-3"]).keys() == {"K-3"}

    def test_a_cursor_of_the_host_reads_on(self, connection: sqlite3.Connection) -> None:
        store = SQLiteStore.on(connection)
        store.commit(batch("B-1", complaint()))
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO invoices VALUES (?)", [("I-1",), ("I-2",), ("I-3",)])
        reading = connection.execute("SELECT id FROM invoices ORDER BY rowid")
        assert next(reading) == ("I-1",)

        store.commit(batch("B-2", complaint("K-2")))
        assert next(reading) == ("I-2",)
        with pytest.raises(ConflictError):
            store.commit(batch("B-3", complaint("K-3"), complaint("K-1")))

        assert list(reading) == [("I-3",)]

    def test_desks_and_subscribers_work_in_it(self, connection: sqlite3.Connection) -> None:
        crm = CRM(SQLiteStore.on(connection), actor="ann")
        heard: list[str] = []
        crm.subscribe(lambda saved: heard.extend(change.id for change in saved.changed))
        connection.execute("BEGIN")

        with crm.transaction() as tx:
            tx.customers.add_person(id="C-7", name="Li Wei")
            tx.complaints.receive(id="K-1", customer="C-7", about="leaks")
        crm.complaints.acknowledge("K-1")

        # Told when the store has it; the host may still change his mind.
        assert heard == ["C-7", "K-1", "K-1"]
        connection.execute("ROLLBACK")
        assert crm.customers.find() == ()


class TestOutsideATransaction:
    def test_in_autocommit_mode_a_commit_is_one(self, tmp_path: Path) -> None:
        with host(tmp_path) as connection:
            store = SQLiteStore.on(connection)
            store.commit(batch("B-1", complaint()))

            assert not connection.in_transaction
            assert ask(tmp_path / "app.db", "SELECT id FROM crm_record") == [("K-1",)]

    def test_in_autocommit_mode_a_failure_leaves_nothing_open(self, tmp_path: Path) -> None:
        with host(tmp_path) as connection:
            store = SQLiteStore.on(connection)
            with pytest.raises(ConflictError):
                store.commit(batch("B-1", complaint("K-2"), complaint("K-1"), complaint("K-1")))

            assert not connection.in_transaction
            assert not store.entries()

    @pytest.mark.parametrize("level", ["", "DEFERRED", "IMMEDIATE", "exclusive"])
    def test_in_pythons_mode_the_host_commits(self, tmp_path: Path, level: str) -> None:
        with host(tmp_path, level) as connection:
            store = SQLiteStore.on(connection)
            assert not connection.in_transaction

            store.commit(batch("B-1", complaint("K-1")))
            assert connection.in_transaction
            connection.rollback()
            assert not store.entries()

            store.commit(batch("B-1", complaint("K-1")))
            connection.execute("INSERT INTO invoices VALUES ('I-1')")
            connection.commit()

        assert ask(tmp_path / "app.db", "SELECT r.id, i.id FROM crm_record r, invoices i") == [
            ("K-1", "I-1")
        ]

    @pytest.mark.parametrize(("level", "reads"), [("", True), ("EXCLUSIVE", False)])
    def test_in_pythons_mode_the_level_is_the_hosts(
        self, tmp_path: Path, level: str, reads: bool
    ) -> None:
        with (
            host(tmp_path, level) as connection,
            closing(sqlite3.connect(tmp_path / "app.db", timeout=0)) as other,
        ):
            SQLiteStore.on(connection).commit(batch("B-1", complaint()))

            if reads:
                assert other.execute("SELECT * FROM invoices").fetchall() == []
            else:
                with pytest.raises(sqlite3.OperationalError, match="locked"):
                    other.execute("SELECT * FROM invoices")

    def test_in_pythons_mode_nothing_written_leaves_nothing_open(self, tmp_path: Path) -> None:
        with host(tmp_path, "") as connection:
            store = SQLiteStore.on(connection)
            store.commit(batch("B-1", complaint()))
            connection.commit()

            assert store.commit(batch("B-1", complaint())) is False
            assert not connection.in_transaction
            assert store.redact("complaint", "K-9", ["stage"]) == 0
            assert not connection.in_transaction
            with pytest.raises(ConflictError):
                store.commit(batch("B-2", complaint("K-2"), complaint("K-1")))
            assert not connection.in_transaction


class TestSettings:
    def test_of_the_host_stay_and_do_not_disturb(self, tmp_path: Path) -> None:
        with host(tmp_path, "") as connection:
            connection.row_factory = lambda cursor, row: {"whole": row}
            connection.text_factory = lambda text: b"<" + text + b">"
            before = connection.row_factory, connection.text_factory, connection.isolation_level

            store = SQLiteStore.on(connection)
            store.commit(batch("B-1", complaint(), rows=(Rows("orders", {"name": ["Li"]}),)))

            assert store.load("complaint", ["K-1"]).keys() == {"K-1"}
            assert store.find(Query("complaint"))[0].id == "K-1"
            assert store.entries()[0].actor == "ann"
            assert next(store.scan("orders", ["name"])) == {"name": ("Li",)}
            assert store.path == tmp_path / "app.db"
            after = connection.row_factory, connection.text_factory, connection.isolation_level
            assert after == before
            question = "SELECT id FROM crm_record"
            assert connection.execute(question).fetchall() == [{"whole": (b"<K-1>",)}]

    @pytest.mark.parametrize(("mode", "number"), [("OFF", 0), ("ON", 1), ("FAST", 2)])
    def test_what_is_freed_is_overwritten_and_the_setting_stays(
        self, tmp_path: Path, mode: str, number: int
    ) -> None:
        with host(tmp_path) as connection:
            connection.execute(f"PRAGMA secure_delete = {mode}")
            store = SQLiteStore.on(connection)
            data = b'{"name":"%s"}' % (b"Zhuge Liang " * 2000)
            store.commit(batch("B-1", Change.of("note", "N-1", data)))
            held = store.load("note", ["N-1"])["N-1"]
            store.commit(batch("B-2", Change.of("note", "N-1", b'{"name":"-"}', before=held)))
            store.redact("note", "N-1", ["name"])

            assert connection.execute("PRAGMA secure_delete").fetchone() == (number,)
        assert b"Zhuge" not in (tmp_path / "app.db").read_bytes()

    def test_the_file_keeps_its_marks(self, tmp_path: Path) -> None:
        marks = ("application_id", "user_version", "page_size", "journal_mode", "auto_vacuum")
        with host(tmp_path) as connection:
            connection.execute("PRAGMA application_id = 77")
            connection.execute("PRAGMA user_version = 5")
            before = [connection.execute(f"PRAGMA {mark}").fetchone() for mark in marks]

            SQLiteStore.on(connection).commit(batch("B-1", complaint(), rows=order(1)))

            after = [connection.execute(f"PRAGMA {mark}").fetchone() for mark in marks]
        assert after == before
        assert before[:2] == [(77,), (5,)]

    def test_a_host_in_memory_is_one_too(self) -> None:
        with closing(sqlite3.connect(":memory:")) as connection:
            store = SQLiteStore.on(connection)
            store.commit(batch("B-1", complaint()))

            assert str(store.path) == ":memory:"
            connection.rollback()
            assert not store.entries()


class TestFault:
    @pytest.fixture
    def connection(self, tmp_path: Path) -> Iterator[sqlite3.Connection]:
        with host(tmp_path) as connection:
            store = SQLiteStore.on(connection)
            store.commit(batch("B-1", complaint(), rows=order(0)))
            connection.execute("BEGIN")
            connection.execute("INSERT INTO invoices VALUES ('I-1')")
            yield connection

    def content(self, store: SQLiteStore) -> tuple[object, ...]:
        receipts = list(store.scan("receipts", ["c"]))
        return store.entries(), store.find(Query("complaint")), numbers(store), receipts

    def test_anywhere_leaves_the_host_his_transaction(self, connection: sqlite3.Connection) -> None:
        """SQLite asks the authorizer before each act of a statement; it says no to one of them."""
        store = SQLiteStore.on(connection)
        before = self.content(store)
        denied = 0
        for at in range(1000):
            self.deny(connection, at)
            error = failure(lambda: store.commit(large_batch("B-2")))
            connection.set_authorizer(None)
            if error is None:
                break
            denied += 1
            assert isinstance(error.__cause__, sqlite3.Error)
            assert connection.in_transaction
            assert self.content(store) == before
            assert invoices(connection) == ["I-1"]

        assert denied > 50
        assert store.commit(large_batch("B-2")) is False
        connection.execute("COMMIT")
        assert invoices(connection) == ["I-1"]
        assert len(store.entries()) == 3

    def deny(self, connection: sqlite3.Connection, at: int) -> None:
        asked = 0

        def authorize(*act: object) -> int:
            nonlocal asked
            # Where even the undoing is refused is another test.
            is_undoing = act[0] == sqlite3.SQLITE_SAVEPOINT and act[1] != "BEGIN"
            asked += not is_undoing
            return sqlite3.SQLITE_DENY if asked == at + 1 and not is_undoing else 0

        connection.set_authorizer(authorize)

    def test_in_undoing_is_told(self, connection: sqlite3.Connection) -> None:
        def authorize(*act: object) -> int:
            is_undoing = act[:2] == (sqlite3.SQLITE_SAVEPOINT, "ROLLBACK")
            return sqlite3.SQLITE_DENY if is_undoing else sqlite3.SQLITE_OK

        store = SQLiteStore.on(connection)
        connection.set_authorizer(authorize)

        with pytest.raises(StorageError, match=r"cannot be undone alone.*; roll the whole"):
            store.commit(batch("B-2", complaint("K-2"), complaint("K-1")))

        connection.set_authorizer(None)
        connection.execute("ROLLBACK")
        assert len(store.entries()) == 1

    def test_that_undoes_all_says_so(self, connection: sqlite3.Connection) -> None:
        """An interrupted write undoes its whole transaction: SQLite, "sqlite3_interrupt"."""
        store = SQLiteStore.on(connection)
        # Large enough to be interrupted while it is written.
        rows = (Rows("orders", {"n": list(range(50_000))}),)
        steps = 0

        def interrupt() -> int:
            nonlocal steps
            steps += 1
            return steps > 100

        connection.set_progress_handler(interrupt, 1000)
        with pytest.raises(StorageError, match=r"interrupted; SQLite has undone the whole") as told:
            store.commit(batch("B-2", rows=rows))
        connection.set_progress_handler(None, 0)

        assert told.value.way_out == "repeat all of it"
        assert not connection.in_transaction
        assert invoices(connection) == []
        assert numbers(store) == [0]
        assert store.commit(batch("B-2", rows=rows))

    def test_that_undoes_all_of_ours_is_no_more_than_that(self, tmp_path: Path) -> None:
        with host(tmp_path) as connection:
            store = SQLiteStore.on(connection)
            connection.execute("PRAGMA max_page_count = 20")

            data = b'{"text":"%s"}' % (b"x" * 90_000)
            with pytest.raises(StorageError, match="is full; make room and repeat"):
                store.commit(batch("B-2", Change.of("note", "N-1", data)))

            assert not connection.in_transaction
            assert store.commit(batch("B-2", complaint()))

    def test_a_full_disk_is_told_and_survived(self, connection: sqlite3.Connection) -> None:
        store = SQLiteStore.on(connection)
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        # SQLite's own limit stands for the disk's.
        connection.execute(f"PRAGMA max_page_count = {pages + 10}")
        large = batch("B-2", Change.of("note", "N-1", b'{"text":"%s"}' % (b"x" * 400_000)))

        with pytest.raises(StorageError, match="full"):
            store.commit(large)

        connection.execute(f"PRAGMA max_page_count = {pages + 1000}")
        assert store.load("note", ["N-1"]) == {}
        assert store.commit(large)

    def test_an_interruption_undoes_the_part(self, connection: sqlite3.Connection) -> None:
        store = SQLiteStore.on(connection)

        def interrupted() -> None:
            with store._connections.writing() as statements:
                statements.execute("DELETE FROM crm_journal")
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            interrupted()

        assert len(store.entries()) == 1
        assert invoices(connection) == ["I-1"]

    def test_a_stale_reader_is_told_how_to_wait(self, tmp_path: Path) -> None:
        with host(tmp_path) as connection, host(tmp_path) as other:
            connection.execute("PRAGMA journal_mode = WAL")
            store = SQLiteStore.on(connection)
            connection.execute("BEGIN")
            assert invoices(connection) == []
            other.execute("INSERT INTO invoices VALUES ('I-2')")

            with pytest.raises(StorageError, match="roll back and repeat; BEGIN IMMEDIATE waits"):
                store.commit(batch("B-1", complaint()))

            assert connection.in_transaction
            connection.execute("ROLLBACK")
            connection.execute("BEGIN IMMEDIATE")
            assert store.commit(batch("B-1", complaint()))


class TestThreads:
    def test_a_connection_of_another_thread_is_told(self, tmp_path: Path) -> None:
        with closing(sqlite3.connect(tmp_path / "app.db")) as connection:
            store = SQLiteStore.on(connection)

            with (
                ThreadPoolExecutor(1) as threads,
                pytest.raises(StorageError, match="its own thread: give a function") as told,
            ):
                threads.submit(store.entries).result()

            assert isinstance(told.value.__cause__, sqlite3.ProgrammingError)
            assert store.entries() == ()

    def test_a_function_gives_each_its_own(self, tmp_path: Path) -> None:
        own = threading.local()

        def current() -> sqlite3.Connection:
            if not hasattr(own, "connection"):
                own.connection = connect(tmp_path, isolation_level=None)
            found: sqlite3.Connection = own.connection
            return found

        store = SQLiteStore.on(current)

        def work(me: int) -> bool:
            with closing(current()) as connection:
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("INSERT INTO invoices VALUES (?)", (f"I-{me}",))
                stored = store.commit(batch(f"B-{me}", complaint(f"K-{me}")))
                connection.execute("COMMIT")
            del own.connection
            return stored

        with ThreadPoolExecutor(4) as threads:
            assert all(threads.map(work, range(12)))

        with closing(current()):
            assert len(store.entries()) == 12
            assert len(invoices(current())) == 12


class TestGiven:
    @pytest.mark.parametrize("given", [None, "app.db", lambda: None, lambda: "app.db"])
    def test_what_is_no_connection_is_refused(self, given: object) -> None:
        with pytest.raises(InvalidValueError, match=r"must be an open sqlite3\.Connection"):
            SQLiteStore.on(given).entries()  # type: ignore[arg-type]  # refused

    def test_a_closed_connection_is_told(self, tmp_path: Path) -> None:
        with host(tmp_path) as connection:
            store = SQLiteStore.on(connection)

        with pytest.raises(StorageError, match="closed database; give an open connection"):
            store.entries()

    def test_closing_the_store_leaves_the_connection(self, tmp_path: Path) -> None:
        with host(tmp_path) as connection:
            store = SQLiteStore.on(connection)
            connection.execute("BEGIN")
            with store:
                store.commit(batch("B-1", complaint()))

            with pytest.raises(StorageError, match="the store is closed"):
                store.entries()
            connection.execute("COMMIT")
            assert len(SQLiteStore.on(connection).entries()) == 1


def files(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


class TestRedact:
    @pytest.fixture(params=["delete", "truncate", "memory", "wal", "persist"])
    def mode(self, request: pytest.FixtureRequest) -> str:
        return str(request.param)

    @pytest.fixture
    def connection(self, tmp_path: Path, mode: str) -> Iterator[sqlite3.Connection]:
        with host(tmp_path) as connection:
            assert connection.execute(f"PRAGMA journal_mode = {mode}").fetchone() == (mode,)
            store = SQLiteStore.on(connection)
            data = b'{"name":"Zhuge Liang"}'
            store.commit(batch("B-1", Change.of("note", "N-1", data, keys={"name": "Zhuge"})))
            yield connection

    def test_outside_a_transaction_wipes_or_tells_the_way(
        self, connection: sqlite3.Connection, tmp_path: Path, mode: str
    ) -> None:
        store = SQLiteStore.on(connection)
        assert b"Zhuge" in files(tmp_path)

        if mode == "persist":
            with pytest.raises(StorageError, match="journal still holds them; run PRAGMA jou"):
                store.redact("note", "N-1", ["name"])
            connection.execute("PRAGMA journal_mode = DELETE")
        else:
            assert store.redact("note", "N-1", ["name"]) == 1

        assert b"Zhuge" not in files(tmp_path)

    def test_inside_a_transaction_warns_where_something_is_left(
        self, connection: sqlite3.Connection, tmp_path: Path, mode: str
    ) -> None:
        store = SQLiteStore.on(connection)
        connection.execute("BEGIN")

        if mode in ("wal", "persist"):
            with pytest.warns(UnwipedWarning, match="after the commit run PRAGMA") as told:
                assert store.redact("note", "N-1", ["name"]) == 1
            connection.execute("COMMIT")
            assert b"Zhuge" in files(tmp_path)
            connection.execute(str(told[0].message).partition(" run ")[2])
        else:
            assert store.redact("note", "N-1", ["name"]) == 1
            connection.execute("COMMIT")

        assert b"Zhuge" not in files(tmp_path)

    @pytest.mark.parametrize("mode", ["wal"])
    def test_a_reader_who_holds_the_log_is_told_of(
        self, connection: sqlite3.Connection, tmp_path: Path
    ) -> None:
        store = SQLiteStore.on(connection)
        connection.execute("PRAGMA busy_timeout = 0")
        with host(tmp_path) as reader:
            reader.execute("BEGIN")
            invoices(reader)

            with pytest.raises(StorageError, match="somebody is reading; repeat it later"):
                store.redact("note", "N-1", ["name"])

        assert store.redact("note", "N-1", ["name"]) == 0
        assert b"Zhuge" not in files(tmp_path)


class TestWipeable:
    """Whether values can be taken out for good."""

    def test_outside_a_transaction_they_can(self) -> None:
        with closing(sqlite3.connect(":memory:", isolation_level=None)) as lent:
            SQLiteStore.on(lent).check_wipeable()

    @pytest.mark.parametrize("level", ["DEFERRED", None])
    def test_inside_one_the_host_could_put_them_back(
        self, level: Literal["DEFERRED"] | None
    ) -> None:
        with closing(sqlite3.connect(":memory:", isolation_level=level)) as lent:
            store = SQLiteStore.on(lent)
            if level is None:
                lent.execute("BEGIN")

            with pytest.raises(StorageError, match="nothing is taken out for good"):
                store.check_wipeable()

    def test_nothing_is_erased_there(self) -> None:
        with closing(sqlite3.connect(":memory:")) as lent:
            crm = CRM(SQLiteStore.on(lent), actor="ann")
            crm.customers.add_person(id="C-7", name="Li Wei")

            with pytest.raises(StorageError, match="nothing is taken out for good"):
                crm.erase("C-7")

            assert crm.customers.get("C-7").name == "Li Wei"
