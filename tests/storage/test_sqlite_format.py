"""The file of the SQLite store: what it looks like, and which files are refused."""

import gc
import sqlite3
import tempfile
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from crmkit.errors import InvalidValueError, StorageError
from crmkit.storage import Query, Rows, SQLiteStore
from crmkit.storage.sqlite_format import APPLICATION, FORMAT
from crmkit.testing.store_limits import together

from .sqlite_words import as_nobody, ask, batch, complaint


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
            SELECT r.kind, r.id, r.version, r.schema, typeof(r.data),
                json_extract(r.data, '$.stage'), r.keys,
                b.id, b.at, b.actor, typeof(j.delta), f.amount, f.batch$ = b.number
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
