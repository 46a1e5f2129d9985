"""The SQLite store: the common rules, and what only a file has."""

import gc
import json
import multiprocessing
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeAlias

import pytest

from crmkit.errors import ConflictError, InvalidValueError, StorageError
from crmkit.kernel import Scalar
from crmkit.storage import START, Batch, Change, Query, Rows, SQLiteStore, Store
from crmkit.storage.sqlite import _ENTRIES, _page
from crmkit.storage.sqlite_format import APPLICATION, FORMAT
from crmkit.testing import StoreRules
from crmkit.testing.store_race_rules import together


AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
NO_WAIT = timedelta(0)


class TestSQLiteStore(StoreRules):
    def make_store(self, folder: Path) -> Store:
        return SQLiteStore(folder / "crm.db", durable=False)

    def open_again(self, store: Store, folder: Path) -> Store:
        return SQLiteStore(folder / "crm.db", durable=False)


def complaint(id: str = "K-1", *, stage: str = "received", due: int | None = 1) -> Change:
    data = json.dumps({"id": id, "stage": stage}).encode()
    return Change.of("complaint", id, data, keys={"stage": stage, "due": due})


def batch(id: str, *changes: Change, rows: tuple[Rows, ...] = ()) -> Batch:
    return Batch(id=id, at=AT, actor="ann", changes=changes, rows=rows)


def ask(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as db:
        return db.execute(sql).fetchall()


@contextmanager
def as_nobody() -> Iterator[None]:
    """Root may write everywhere: drop the right for a while."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)


class TestOpen:
    @pytest.mark.parametrize("kind", [str, Path])
    def test_makes_a_new_file(self, tmp_path: Path, kind: type) -> None:
        path = tmp_path / "海尔 ?mode=ro#.db"

        with SQLiteStore(kind(path)) as store:
            assert store.path == path
            assert store.commit(batch("B-1", complaint()))

        assert path.stat().st_size > 0

    def test_takes_an_empty_file(self, tmp_path: Path) -> None:
        path = tmp_path / "crm.db"
        path.touch()

        with SQLiteStore(path) as store:
            assert store.commit(batch("B-1", complaint()))

    def test_finds_what_was_stored_before(self, tmp_path: Path) -> None:
        with SQLiteStore(tmp_path / "crm.db") as store:
            store.commit(batch("B-1", complaint(), rows=(Rows("orders", {"n": [1]}),)))

        with SQLiteStore(tmp_path / "crm.db") as store:
            assert store.load("complaint", ["K-1"])["K-1"].version == 1
            assert store.find(Query("complaint", order_by="due"))
            assert [list(part["n"]) for part in store.scan("orders", ["n"])] == [[1]]
            assert store.commit(batch("B-1")) is False

    def test_leaves_the_tables_of_the_embedder_alone(self, tmp_path: Path) -> None:
        SQLiteStore(tmp_path / "crm.db").close()
        with closing(sqlite3.connect(tmp_path / "crm.db")) as db:
            db.execute("CREATE TABLE invoices (id)")

        with SQLiteStore(tmp_path / "crm.db") as store:
            assert store.commit(batch("B-1", complaint()))

    def test_many_may_make_one_new_file_at_once(self, tmp_path: Path) -> None:
        for turn in range(10):
            path = tmp_path / f"{turn}.db"
            stores = together([partial(SQLiteStore, path)] * 6)
            assert [store.commit(batch("B-1")) for store in stores].count(True) == 1
            for store in stores:
                store.close()

    @pytest.mark.parametrize("path", [":memory:", "crm\0.db"])
    def test_refuses_what_names_no_file(self, path: str) -> None:
        with pytest.raises(InvalidValueError, match=r"MemoryStore\(\)"):
            SQLiteStore(path)

    def test_refuses_a_negative_timeout(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidValueError, match="busy_timeout"):
            SQLiteStore(tmp_path / "crm.db", busy_timeout=timedelta(seconds=-1))

    def test_refuses_a_folder(self, tmp_path: Path) -> None:
        with pytest.raises(StorageError, match="it is a folder; name a file in it") as caught:
            SQLiteStore(tmp_path)

        assert caught.value.where == str(tmp_path)

    def test_refuses_a_folder_that_does_not_exist(self, tmp_path: Path) -> None:
        with pytest.raises(StorageError, match=r"there is no folder .*; make the folder first"):
            SQLiteStore(tmp_path / "none" / "crm.db")

        assert not list(tmp_path.iterdir())

    @pytest.mark.parametrize("text", ["id;name\n", "hello, this is no database" * 1000])
    def test_refuses_a_text_file(self, tmp_path: Path, text: str) -> None:
        path = tmp_path / "customers.csv"
        path.write_text(text)

        with pytest.raises(StorageError, match="not a database; give the path") as caught:
            SQLiteStore(path)

        assert caught.value.where == str(path)
        assert isinstance(caught.value.__cause__, sqlite3.DatabaseError)
        assert path.read_text() == text
        assert list(tmp_path.iterdir()) == [path]

    @pytest.mark.parametrize(
        "statement",
        [
            "CREATE TABLE invoices (id)",
            "PRAGMA application_id = 7",
            "PRAGMA user_version = 7",
        ],
    )
    def test_refuses_the_database_of_another_program(self, tmp_path: Path, statement: str) -> None:
        path = tmp_path / "other.db"
        ask(path, statement)
        before = path.read_bytes()

        with pytest.raises(StorageError, match="of another program; give the path"):
            SQLiteStore(path)

        assert path.read_bytes() == before
        assert list(tmp_path.iterdir()) == [path]

    def test_refuses_a_newer_format(self, tmp_path: Path) -> None:
        path = tmp_path / "crm.db"
        SQLiteStore(path).close()
        ask(path, f"PRAGMA user_version = {FORMAT + 1}")
        before = path.read_bytes()

        with pytest.raises(StorageError, match=r"format 2 is newer .*; update crmkit"):
            SQLiteStore(path)

        assert path.read_bytes() == before

    def test_a_refusal_leaves_no_connection_open(self, tmp_path: Path) -> None:
        ask(tmp_path / "other.db", "CREATE TABLE invoices (id)")
        (tmp_path / "text").write_text("hello")

        for name in ("other.db", "text"):
            with pytest.raises(StorageError):
                SQLiteStore(tmp_path / name)

        # From Python 3.13 on, a connection that nobody closed warns here.
        gc.collect()

    def test_refuses_where_nothing_may_be_written(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            SQLiteStore(folder / "old.db").close()
            (folder / "old.db").chmod(0o444)
            folder.chmod(0o555)

            with as_nobody():
                with pytest.raises(StorageError, match="check the rights"):
                    SQLiteStore(folder / "old.db")
                with pytest.raises(StorageError, match="check the rights"):
                    SQLiteStore(folder / "new.db")

            folder.chmod(0o755)

    def test_a_file_that_may_only_be_read_is_read(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            folder.chmod(0o777)
            with SQLiteStore(folder / "crm.db") as store:
                store.commit(batch("B-1", complaint()))
            (folder / "crm.db").chmod(0o444)

            with as_nobody(), SQLiteStore(folder / "crm.db") as store:
                assert store.load("complaint", ["K-1"])
                with pytest.raises(StorageError, match="readonly database; check the rights"):
                    store.commit(batch("B-2", complaint("K-2")))
                assert store.find(Query("complaint"))


class TestFormat:
    """The stored form is final: what is said here may be added to, never changed."""

    def test_the_file_is_marked_as_ours(self, tmp_path: Path) -> None:
        SQLiteStore(tmp_path / "crm.db").close()

        assert APPLICATION.to_bytes(4, "big") == b"crmk"
        assert ask(tmp_path / "crm.db", "PRAGMA application_id") == [(APPLICATION,)]
        assert ask(tmp_path / "crm.db", "PRAGMA user_version") == [(1,)]
        assert ask(tmp_path / "crm.db", "PRAGMA page_size") == [(8192,)]
        assert ask(tmp_path / "crm.db", "PRAGMA journal_mode") == [("wal",)]

    def test_the_tables_are_these(self, tmp_path: Path) -> None:
        with SQLiteStore(tmp_path / "crm.db") as store:
            rows = (Rows("orders", {"customer_id": ["C-1"], "amount": [1]}),)
            store.commit(batch("B-1", complaint(), rows=rows))
            store.commit(batch("B-2", rows=(Rows("orders", {"currency": ["EUR"]}),)))

        tables = ask(
            tmp_path / "crm.db",
            """
            SELECT m.name, group_concat(c.name || ' ' || c.type || iif(c."notnull", '!', ''))
            FROM sqlite_master AS m, pragma_table_info(m.name) AS c
            WHERE m.type = 'table' GROUP BY m.name
            """,
        )
        assert [f"{name}: {columns}" for name, columns in tables] == [
            "crm_batch: number INTEGER,id TEXT!,at INTEGER!,actor TEXT!",
            "crm_fact_orders: row$ INTEGER,batch$ INTEGER!,customer_id ,amount ,currency ",
            "crm_journal: position INTEGER,record INTEGER!,version INTEGER!,schema INTEGER!,"
            "batch INTEGER!,delta TEXT!",
            "crm_record: number INTEGER,kind TEXT!,id TEXT!,version INTEGER!,"
            "schema INTEGER!,keys TEXT!,data TEXT",
            "sqlite_sequence: name ,seq ",
        ]
        sequences = ask(tmp_path / "crm.db", "SELECT name FROM sqlite_sequence")
        assert sequences == [("crm_journal",)]

    def test_sql_reads_the_state(self, tmp_path: Path) -> None:
        with SQLiteStore(tmp_path / "crm.db") as store:
            store.commit(batch("B-1", complaint(), rows=(Rows("orders", {"amount": [5]}),)))

        assert ask(
            tmp_path / "crm.db",
            """
            SELECT r.kind, r.id, r.version, r.schema, typeof(r.data), r.data ->> '$.stage',
                r.keys, b.id, b.at, b.actor, typeof(j.delta), f.amount, f.batch$ = b.number
            FROM crm_record AS r
            JOIN crm_journal AS j ON j.record = r.number
            JOIN crm_batch AS b ON b.number = j.batch, crm_fact_orders AS f
            """,
        ) == [
            (
                *("complaint", "K-1", 1, 1, "text", "received"),
                '{"stage":"received","due":1}',
                # date -u -d '2026-03-02 09:00' +%s
                *("B-1", 1_772_442_000_000_000, "ann", "text", 5, 1),
            )
        ]

    def test_the_indexes_are_these(self, tmp_path: Path) -> None:
        with SQLiteStore(tmp_path / "crm.db") as store:
            store.commit(batch("B-1", complaint()))

        indexes = ask(tmp_path / "crm.db", "SELECT sql FROM sqlite_master WHERE type = 'index'")
        assert [" ".join(str(sql).split()) for (sql,) in indexes if sql] == [
            f"CREATE INDEX crm_key$complaint${key} "
            f"ON crm_record (json_extract(keys, '$.{key}'), id) "
            "WHERE kind = 'complaint' AND data IS NOT NULL"
            for key in ("stage", "due")
        ]

    @pytest.mark.parametrize(("durable", "level"), [(True, 2), (False, 1)])
    def test_every_connection_has_its_settings(
        self, tmp_path: Path, durable: bool, level: int
    ) -> None:
        with (
            SQLiteStore(tmp_path / "crm.db", durable=durable) as store,
            store._connections.reading() as first,
            store._connections.reading() as second,
        ):
            for db in (first, second):
                assert db.execute("PRAGMA synchronous").fetchone() == (level,)
                assert db.execute("PRAGMA secure_delete").fetchone() == (1,)
                assert db.execute("PRAGMA busy_timeout").fetchone() == (5000,)

    def test_positions_are_never_used_twice(self, tmp_path: Path) -> None:
        with SQLiteStore(tmp_path / "crm.db") as store:
            store.commit(batch("B-1", complaint()))
            last = store.entries()[-1].position
            with store._connections.writing() as db:
                db.execute("DELETE FROM crm_journal")
            store.commit(batch("B-2", complaint("K-2")))

            assert [line.id for line in store.entries(last)] == ["K-2"]


class TestPlan:
    """The planner uses the indexes of the keys."""

    def plan(self, tmp_path: Path, query: Query) -> str:
        with SQLiteStore(tmp_path / "crm.db", durable=False) as store:
            store.commit(batch("B-1", *(complaint(f"K-{n}", due=n) for n in range(200))))
            sql, values = _page(query)
            with store._connections.reading() as db:
                steps = db.execute(f"EXPLAIN QUERY PLAN {sql}", values).fetchall()
        return "; ".join(step[-1] for step in steps)

    @pytest.mark.parametrize(
        ("operator", "value", "wanted"),
        [
            ("=", "received", "<expr>=?"),
            ("=", 1.5, "<expr>=?"),
            ("=", None, "<expr>=?"),
            (">", "a", "<expr>>?"),
            ("<=", 1.5, "<expr><?"),
        ],
    )
    def test_a_condition_searches_the_index(
        self, tmp_path: Path, operator: str, value: str | float | None, wanted: str
    ) -> None:
        order_by = "id" if operator == "=" else "stage"
        query = Query("complaint", where=(("stage", operator, value),), order_by=order_by)

        plan = self.plan(tmp_path, query)

        assert plan == f"SEARCH crm_record USING INDEX crm_key$complaint$stage ({wanted})"

    def test_one_of_several_values_searches_the_index(self, tmp_path: Path) -> None:
        query = Query("complaint", where=(("stage", "in", ("received", "closed")),))

        assert "USING INDEX crm_key$complaint$stage (<expr>=?)" in self.plan(tmp_path, query)

    @pytest.mark.parametrize("after", [None, (7, "K-7"), (7.5, "K-7")])
    def test_pages_follow_the_index(self, tmp_path: Path, after: tuple[float, str] | None) -> None:
        plan = self.plan(tmp_path, Query("complaint", order_by="due", after=after))

        verb, bound = ("SEARCH", " (<expr>>?)") if after else ("SCAN", "")
        assert plan == f"{verb} crm_record USING INDEX crm_key$complaint$due{bound}"

    def test_pages_by_id_follow_the_ids(self, tmp_path: Path) -> None:
        plan = self.plan(tmp_path, Query("complaint", after=("K-7", "K-7")))

        assert plan.startswith("SEARCH crm_record USING INDEX sqlite_autoindex_crm_record_1")
        assert "(kind=? AND id>?)" in plan

    def test_the_feed_is_read_by_position(self, tmp_path: Path) -> None:
        values = {"kind": "complaint", "id": "K-1", "after": 0, "limit": 10}
        with SQLiteStore(tmp_path / "crm.db") as store, store._connections.reading() as db:
            for names, sql in _ENTRIES.items():
                steps = db.execute(f"EXPLAIN QUERY PLAN {sql}", values).fetchall()
                plan = [step[-1] for step in steps]
                assert not any("TEMP B-TREE" in step for step in plan)
                assert plan[0] == (
                    "SEARCH j USING INDEX sqlite_autoindex_crm_journal_1 (record=?)"
                    if names == ("kind", "id")
                    else "SEARCH j USING INTEGER PRIMARY KEY (rowid>?)"
                )


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


Values: TypeAlias = tuple[Scalar, ...] | dict[str, Scalar]


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch) -> Faults:
    """Lets sqlite3 make connections that fail on demand."""
    faults = Faults()

    class FaultyCursor(sqlite3.Cursor):
        def execute(self, sql: str, values: Values = ()) -> "FaultyCursor":
            faults.check(sql)
            super().execute(sql, values)
            return self

        def executemany(self, sql: str, rows: Iterable[Values]) -> "FaultyCursor":
            faults.check(sql)
            super().executemany(sql, rows)
            return self

    class FaultyConnection(sqlite3.Connection):
        def cursor(self) -> FaultyCursor:  # type: ignore[override]  # our stores ask for no other
            return FaultyCursor(self)

        def execute(self, sql: str, values: Values = ()) -> sqlite3.Cursor:
            return self.cursor().execute(sql, values)

        def executemany(self, sql: str, rows: Iterable[Values]) -> sqlite3.Cursor:
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
            with store._connections.reading() as db:
                db.execute("PRAGMA max_page_count = 20")
            data = b'{"text":"%s"}' % (b"x" * 200_000)
            large = batch("B-2", Change.of("note", "N-1", data))

            with pytest.raises(StorageError, match="full; make room and repeat"):
                store.commit(large)

            assert store.load("note", ["N-1"]) == {}
            assert store.commit(batch("B-3", complaint("K-2")))
            with store._connections.reading() as db:
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
            lent = [store._connections._lend() for _ in range(20)]
            for connection in lent:
                store._connections._take_back(connection)

            assert len(store._connections._idle) == 8
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


class TestRedact:
    def secret(self, store: SQLiteStore) -> None:
        for number, name in enumerate(["Zhuge Liang", "Zhuge Kongming"]):
            data = json.dumps({"name": name, "log": list(range(number))}).encode()
            held = store.load("customer", ["C-1"]).get("C-1")
            change = Change.of("customer", "C-1", data, before=held, keys={"name": name})
            store.commit(batch(f"B-{number}", change))

    def test_no_file_holds_the_value_any_more(self, tmp_path: Path) -> None:
        with SQLiteStore(tmp_path / "crm.db") as store:
            self.secret(store)
            before = b"".join(path.read_bytes() for path in tmp_path.iterdir())

            assert store.redact("customer", "C-1", ["name"]) == 2

            files = b"".join(path.read_bytes() for path in tmp_path.iterdir())
        assert b"Zhuge" in before
        assert b"Zhuge" not in files
        assert b"Zhuge" not in (tmp_path / "crm.db").read_bytes()

    def test_a_reader_who_holds_the_log_is_told_of(self, tmp_path: Path) -> None:
        with (
            SQLiteStore(tmp_path / "crm.db", busy_timeout=NO_WAIT) as store,
            closing(sqlite3.connect(tmp_path / "crm.db", isolation_level=None)) as reader,
        ):
            self.secret(store)
            reader.execute("BEGIN")
            reader.execute("SELECT * FROM crm_record").fetchall()

            with pytest.raises(StorageError, match="somebody is reading; repeat it later"):
                store.redact("customer", "C-1", ["name"])

            assert b"Zhuge" not in store.load("customer", ["C-1"])["C-1"].data
            reader.execute("COMMIT")
            assert store.redact("customer", "C-1", ["name"]) == 0
            assert b"Zhuge" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


class TestSize:
    def test_ten_steps_cost_four_times_the_state_at_most(self, tmp_path: Path) -> None:
        """Design: at most 6 KB for 1.5 KB of state, pages and indexes included."""
        records = 200
        line = {
            "stage": "investigated",
            "by": "ann",
            "at": "2026-03-02T09:00:00Z",
            "note": "x" * 55,
        }
        with SQLiteStore(tmp_path / "crm.db", durable=False) as store:
            for number in range(10):
                changes = []
                held = store.load("complaint", [f"K-{n}" for n in range(records)])
                for n in range(records):
                    id = f"K-{n}"
                    fields = {"id": id, "about": "y" * 180, "trail": [line] * (number + 1)}
                    data = json.dumps(fields, separators=(",", ":")).encode()
                    keys: dict[str, Scalar] = {"stage": "investigated", "due": number}
                    changes.append(Change.of("complaint", id, data, before=held.get(id), keys=keys))
                store.commit(batch(f"B-{number}", *changes))

        (size,) = ask(tmp_path / "crm.db", "SELECT avg(length(data)) FROM crm_record")[0]
        assert size == pytest.approx(1500, rel=0.05)
        pages = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
        (file,) = ask(tmp_path / "crm.db", pages)[0]
        assert isinstance(file, int)
        assert file / records <= 6 * 1024


def add(path: Path, me: int, times: int) -> None:
    """Add one to a record that other processes change too."""
    with SQLiteStore(path, durable=False) as store:
        for number in range(times):
            for attempt in range(10_000):
                held = store.load("note", ["N-1"])["N-1"]
                data = b'{"n":%d}' % (json.loads(held.data)["n"] + 1)
                change = Change.of("note", "N-1", data, before=held)
                try:
                    store.commit(batch(f"{me}-{number}-{attempt}", change))
                    break
                except ConflictError:
                    continue


class TestProcesses:
    def test_lose_nothing_among_them(self, tmp_path: Path) -> None:
        path = tmp_path / "crm.db"
        with SQLiteStore(path) as store:
            store.commit(batch("B-1", Change.of("note", "N-1", b'{"n":0}')))
            context = multiprocessing.get_context("spawn")
            crew = [context.Process(target=add, args=(path, me, 25)) for me in range(3)]

            for process in crew:
                process.start()
            for process in crew:
                process.join(60)

            assert [process.exitcode for process in crew] == [0, 0, 0]
            record = store.load("note", ["N-1"])["N-1"]
            assert (record.version, record.data) == (76, b'{"n":75}')
