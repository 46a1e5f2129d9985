"""What may go wrong around a statement, and what is left of it: nothing."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from crmkit.errors import StorageError
from crmkit.storage import START, Batch, Change, Query, Rows, SQLiteStore
from crmkit.storage.sqlite_connections import Connections
from crmkit.storage.sqlite_format import APPLICATION

from .sqlite_words import NO_WAIT, ask, batch, complaint


class Faults:
    """Fails the statement of a number, and those of the numbers after it that are rollbacks."""

    def __init__(self) -> None:
        self.count = 0
        self.at = -1
        self.error: BaseException = sqlite3.OperationalError("disk I/O error")
        self.rollback_fails = False
        self.always = ""
        self.statements: list[str] = []

    def check(self, sql: str) -> None:
        self.statements.append(sql)
        is_rollback = sql == "ROLLBACK"
        if sql == self.always or (self.count == self.at and not is_rollback):
            self.count += 1
            raise self.error
        if is_rollback and self.rollback_fails:
            raise sqlite3.OperationalError("disk I/O error")
        self.count += 1


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch) -> Faults:
    """Lets sqlite3 make connections that fail on demand."""
    faults = Faults()

    class FaultyCursor(sqlite3.Cursor):
        def execute(self, sql: str, values: Any = ()) -> "FaultyCursor":
            faults.check(sql)
            super().execute(sql, values)
            return self

        def executemany(self, sql: str, rows: Any) -> "FaultyCursor":
            faults.check(sql)
            super().executemany(sql, rows)
            return self

    class FaultyConnection(sqlite3.Connection):
        def cursor(self) -> FaultyCursor:  # type: ignore[override]  # our stores ask for no other
            return FaultyCursor(self)

        def execute(self, sql: str, values: Any = ()) -> sqlite3.Cursor:
            return self.cursor().execute(sql, values)

        def executemany(self, sql: str, rows: Any) -> sqlite3.Cursor:
            return self.cursor().executemany(sql, rows)

    connect = sqlite3.connect

    def faulty(path: Path, **settings: object) -> sqlite3.Connection:
        return connect(path, factory=FaultyConnection, **settings)  # type: ignore[call-overload, no-any-return]

    monkeypatch.setattr(sqlite3, "connect", faulty)
    return faults


def large_batch(id: str) -> Batch:
    """A batch with every kind of statement in it."""
    later = Change.of("complaint", "K-1", b'{"id":"K-1"}', expected=1, keys={"late": 1})
    rows = (Rows("orders", {"a": [1], "b": [2]}), Rows("receipts", {"c": [3]}))
    return batch(id, later, complaint("K-2"), complaint("K-3"), rows=rows)


def content(store: SQLiteStore) -> tuple[object, ...]:
    orders = [part["a"] for part in store.scan("orders", ["a"])]
    receipts = list(store.scan("receipts", ["c"]))
    return store.entries(), store.find(Query("complaint")), orders, receipts


def failure(act: Callable[[], object]) -> StorageError | None:
    """Return the error that an act ends in."""
    try:
        act()
    except StorageError as error:
        return error
    return None


def busy() -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("database is locked")
    error.sqlite_errorcode = sqlite3.SQLITE_BUSY
    return error


class TestFault:
    @pytest.fixture
    def store(self, tmp_path: Path, faults: Faults) -> Iterator[SQLiteStore]:
        with SQLiteStore(tmp_path / "crm.db", durable=False) as store:
            store.commit(batch("B-1", complaint(), rows=(Rows("orders", {"a": [0]}),)))
            yield store

    def fail(self, faults: Faults, at: int, error: BaseException | None = None) -> None:
        faults.count, faults.at = 0, at
        faults.error = error or sqlite3.OperationalError("disk I/O error")

    def test_at_any_statement_leaves_the_state_and_the_store(
        self, store: SQLiteStore, faults: Faults
    ) -> None:
        before = content(store)
        faults.statements.clear()
        length = 0
        for at in range(100):
            self.fail(faults, at)
            error = failure(lambda: store.commit(large_batch("B-2")))
            self.fail(faults, -1)
            if error is None:
                length = at
                break
            assert error.problem == "disk I/O error"
            assert isinstance(error.__cause__, sqlite3.OperationalError)
            assert content(store) == before

        assert length > 15
        assert len(store.entries()) == 4
        assert store.commit(large_batch("B-2")) is False

    @pytest.mark.parametrize("at", range(1, 16))
    def test_of_the_rollback_too_gives_the_connection_up(
        self, store: SQLiteStore, faults: Faults, at: int
    ) -> None:
        before = content(store)
        self.fail(faults, at)
        faults.rollback_fails = True

        with pytest.raises(StorageError):
            store.commit(large_batch("B-2"))

        faults.rollback_fails = False
        self.fail(faults, -1)
        assert content(store) == before
        assert store.commit(large_batch("B-2")) is True

    def test_an_interruption_undoes_the_commit(self, store: SQLiteStore, faults: Faults) -> None:
        before = content(store)
        self.fail(faults, 5, KeyboardInterrupt())

        with pytest.raises(KeyboardInterrupt):
            store.commit(large_batch("B-2"))

        self.fail(faults, -1)
        assert content(store) == before
        assert store.commit(large_batch("B-2")) is True

    @pytest.mark.parametrize("at", range(7))
    def test_at_any_statement_leaves_a_record_unredacted(
        self, store: SQLiteStore, faults: Faults, at: int
    ) -> None:
        before = content(store)
        self.fail(faults, at)

        with pytest.raises(StorageError):
            store.redact("complaint", "K-1", ["stage"])

        self.fail(faults, -1)
        is_committed = at == 6
        assert (content(store) == before) is not is_committed
        store.redact("complaint", "K-1", ["stage"])
        assert b"received" not in store.load("complaint", ["K-1"])["K-1"].data

    def test_at_any_statement_of_the_opening_leaves_a_file_that_can_be_opened(
        self, tmp_path: Path, faults: Faults
    ) -> None:
        path = tmp_path / "new.db"
        for at in range(100):
            self.fail(faults, at)
            error = failure(lambda: SQLiteStore(path).close())
            if error is None:
                break
            assert error.problem == "disk I/O error"

        assert at > 10
        self.fail(faults, -1)
        assert ask(path, "PRAGMA application_id") == [(APPLICATION,)]

    def test_a_log_that_others_hold_back_is_begun_in_the_end(
        self, tmp_path: Path, faults: Faults
    ) -> None:
        before = len(faults.statements)
        SQLiteStore(tmp_path / "one.db").close()
        begin_log = faults.statements[before:].index("PRAGMA journal_mode = WAL")
        self.fail(faults, begin_log, busy())

        with SQLiteStore(tmp_path / "two.db") as store:
            assert store.commit(batch("B-1"))

        assert ask(tmp_path / "two.db", "PRAGMA journal_mode") == [("wal",)]

    def test_a_log_that_others_hold_back_for_good_is_told(
        self, tmp_path: Path, faults: Faults
    ) -> None:
        faults.always, faults.error = "PRAGMA journal_mode = WAL", busy()

        with pytest.raises(StorageError, match="locked; somebody else is writing"):
            SQLiteStore(tmp_path / "crm.db")


class TestLimits:
    def test_a_full_disk_is_told_and_survived(self, tmp_path: Path) -> None:
        with SQLiteStore(tmp_path / "crm.db") as store:
            store.commit(batch("B-1", complaint()))
            # SQLite's own limit stands for the disk's.
            with store._connections.writing() as db:
                db.execute("PRAGMA max_page_count = 20")
            data = b'{"text":"%s"}' % (b"x" * 200_000)
            large = batch("B-2", Change.of("note", "N-1", data))

            with pytest.raises(StorageError, match="full; make room and repeat"):
                store.commit(large)

            assert store.load("note", ["N-1"]) == {}
            assert store.commit(batch("B-3", complaint("K-2")))
            with store._connections.writing() as db:
                db.execute("PRAGMA max_page_count = 2000")
            assert store.commit(large)

    def test_a_lock_of_another_program_is_told_and_survived(self, tmp_path: Path) -> None:
        with (
            SQLiteStore(tmp_path / "crm.db", busy_timeout=NO_WAIT) as store,
            closing(sqlite3.connect(tmp_path / "crm.db", isolation_level=None)) as other,
        ):
            other.execute("BEGIN IMMEDIATE")

            with pytest.raises(StorageError, match="locked; somebody else is writing"):
                store.commit(batch("B-1", complaint()))

            assert not store.entries()
            other.execute("ROLLBACK")
            assert store.commit(batch("B-1", complaint()))

    def test_a_file_that_is_locked_for_good_cannot_be_made_ours(self, tmp_path: Path) -> None:
        path = tmp_path / "crm.db"
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")

            with pytest.raises(StorageError, match="locked"):
                SQLiteStore(path, busy_timeout=NO_WAIT)

    def test_a_thread_that_writes_for_too_long_is_told(self, tmp_path: Path) -> None:
        with SQLiteStore(tmp_path / "crm.db", busy_timeout=NO_WAIT) as store:
            with (
                store._connections.writing(),
                pytest.raises(StorageError, match="another thread"),
            ):
                store.commit(batch("B-1", complaint()))

            assert store.commit(batch("B-1", complaint()))

    def test_a_damaged_journal_is_told(self, tmp_path: Path) -> None:
        with SQLiteStore(tmp_path / "crm.db") as store:
            store.commit(batch("B-1", complaint()))
            with store._connections.writing() as db:
                db.execute("UPDATE crm_journal SET delta = '[1'")

            with pytest.raises(StorageError, match="journal"):
                store.redact("complaint", "K-1", ["stage"])

            assert b"received" in store.load("complaint", ["K-1"])["K-1"].data

    def test_idle_connections_are_few(self, tmp_path: Path) -> None:
        with SQLiteStore(tmp_path / "crm.db") as store:
            connections = store._connections
            assert isinstance(connections, Connections)
            lent = [connections._lend(0.0) for _ in range(20)]
            for connection in lent:
                connections._take_back(connection, 0.0)

            assert len(connections._idle[0.0]) == 8
            with pytest.raises(sqlite3.ProgrammingError):
                lent[-1].execute("SELECT 1")


class TestClose:
    def test_a_closed_store_refuses_every_verb(self, tmp_path: Path) -> None:
        store = SQLiteStore(tmp_path / "crm.db")
        store.close()
        store.close()

        for act in (
            lambda: store.load("complaint", ["K-1"]),
            lambda: store.find(Query("complaint")),
            lambda: store.commit(batch("B-1")),
            lambda: store.entries(START),
            lambda: store.redact("complaint", "K-1", ["stage"]),
            lambda: store.scan("orders", ["a"]),
        ):
            with pytest.raises(StorageError, match="the store is closed; open it again"):
                act()

    def test_a_scan_ends_with_the_store(self, tmp_path: Path) -> None:
        with SQLiteStore(tmp_path / "crm.db") as store:
            store.commit(batch("B-1", rows=(Rows("orders", {"n": [1, 2]}),)))
            scan = store.scan("orders", ["n"], block=1)
            next(scan)

        with pytest.raises(StorageError, match="closed"):
            next(scan)

    def test_what_is_lent_is_closed_when_it_comes_back(self, tmp_path: Path) -> None:
        store = SQLiteStore(tmp_path / "crm.db")

        with store._connections.reading() as connection:
            store.close()
            assert connection.execute("SELECT 1").fetchone() == (1,)

        with pytest.raises(sqlite3.ProgrammingError):
            connection.execute("SELECT 1")

    def test_one_file_is_left(self, tmp_path: Path) -> None:
        with SQLiteStore(tmp_path / "crm.db") as store:
            store.commit(batch("B-1", complaint()))

        assert [path.name for path in tmp_path.iterdir()] == ["crm.db"]
