"""Our tables in a host's file: beside his own, or refused."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from crmkit.errors import StorageError
from crmkit.storage import SQLiteStore
from crmkit.storage.sqlite_format import FORMAT, TABLES

from .sqlite_hosts import host, invoices, numbers, order
from .sqlite_words import ask, batch, complaint


def names(connection: sqlite3.Connection) -> list[str]:
    found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    return [name for (name,) in found]


class TestHostsFile:
    def test_has_our_tables_beside_its_own(self, tmp_path: Path) -> None:
        with host(tmp_path) as connection:
            connection.execute("CREATE TABLE crm_customer (id)")  # an application called "crm"

            SQLiteStore.on(connection).commit(batch("B-1", rows=order(1)))

            assert [name for name in names(connection) if name != "sqlite_sequence"] == [
                "crm_batch",
                "crm_customer",
                "crm_fact_orders",
                "crm_format",
                "crm_journal",
                "crm_record",
                "invoices",
            ]
            assert connection.execute("SELECT * FROM crm_format").fetchall() == [(FORMAT, "crmkit")]

    def test_is_found_as_it_was_left(self, tmp_path: Path) -> None:
        with host(tmp_path) as connection:
            SQLiteStore.on(connection).commit(batch("B-1", complaint(), rows=order(1)))

        with host(tmp_path) as connection:
            store = SQLiteStore.on(connection)
            assert numbers(store) == [1]
            assert store.commit(batch("B-1")) is False

    def test_is_refused_when_it_is_newer(self, tmp_path: Path) -> None:
        with host(tmp_path) as connection:
            SQLiteStore.on(connection)
            connection.execute("UPDATE crm_format SET format = format + 1")

            with pytest.raises(StorageError, match=r"app\.db: its format 2 is newer .*; update"):
                SQLiteStore.on(connection)

            assert invoices(connection) == []

    @pytest.mark.parametrize(
        "statement",
        [
            "CREATE TABLE crm_record (id)",
            "CREATE TABLE CRM_Batch (id)",
            "CREATE TABLE crm_format (version)",
            "CREATE VIEW crm_fact_orders AS SELECT 1 AS n",
            "CREATE INDEX crm_key$complaint$stage ON invoices (id)",
        ],
    )
    def test_is_refused_when_a_name_is_taken(self, tmp_path: Path, statement: str) -> None:
        with host(tmp_path) as connection:
            connection.execute(statement)
            before = names(connection)

            with pytest.raises(StorageError, match=r"which crmkit did not make; rename them"):
                SQLiteStore.on(connection)

            assert names(connection) == before

    @pytest.mark.parametrize("row", ["(format TEXT, owner)", "(format INTEGER, owner)"])
    def test_is_refused_when_the_format_is_somebody_elses(self, tmp_path: Path, row: str) -> None:
        with host(tmp_path) as connection:
            connection.execute(f"CREATE TABLE crm_format {row}")
            owner = "crmkit" if "TEXT" in row else "them"
            connection.execute("INSERT INTO crm_format VALUES (1, ?)", (owner,))

            with pytest.raises(StorageError, match="crm_format is not as crmkit made it"):
                SQLiteStore.on(connection)

    def test_a_temporary_table_in_the_way_is_refused_at_any_time(self, tmp_path: Path) -> None:
        with host(tmp_path) as connection:
            store = SQLiteStore.on(connection)
            connection.execute("CREATE TEMP TABLE crm_record (id)")

            with pytest.raises(StorageError, match=r"crm_record \(temporary\)"):
                store.commit(batch("B-1", complaint()))

            connection.execute("DROP TABLE temp.crm_record")
            assert store.commit(batch("B-1", complaint()))

    def test_a_file_attached_to_it_is_left_alone(self, tmp_path: Path) -> None:
        with SQLiteStore(tmp_path / "other.db") as other:
            other.commit(batch("B-1", complaint(), rows=order(1, 2)))
        with host(tmp_path) as connection:
            connection.execute("ATTACH ? AS other", (str(tmp_path / "other.db"),))
            store = SQLiteStore.on(connection)

            assert numbers(store) == []
            assert store.load("complaint", ["K-1"]) == {}
            assert store.commit(batch("B-1", complaint(), rows=order(3)))
            assert numbers(store) == [3]

        with SQLiteStore(tmp_path / "other.db") as other:
            assert numbers(other) == [1, 2]
            assert len(other.entries()) == 1

    def test_in_another_encoding_is_refused(self, tmp_path: Path) -> None:
        with closing(sqlite3.connect(tmp_path / "app.db")) as connection:
            connection.execute("PRAGMA encoding = 'UTF-16le'")
            connection.execute("CREATE TABLE invoices (id)")

            with pytest.raises(StorageError, match="kept in UTF-16le, in which text does not sort"):
                SQLiteStore.on(connection)

            assert names(connection) == ["invoices"]

    def test_a_connection_that_converts_is_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with host(tmp_path) as connection:
            SQLiteStore.on(connection)
        monkeypatch.setitem(sqlite3.converters, "INTEGER", float)
        path, types = tmp_path / "app.db", sqlite3.PARSE_DECLTYPES

        with (
            closing(sqlite3.connect(path, detect_types=types)) as connection,
            pytest.raises(StorageError, match="the connection converts what it reads"),
        ):
            SQLiteStore.on(connection)

    def test_that_cannot_be_written_is_told(self, tmp_path: Path) -> None:
        with host(tmp_path):
            pass
        address = f"file:{tmp_path}/app.db?mode=ro"

        with (
            closing(sqlite3.connect(address, uri=True)) as connection,
            pytest.raises(StorageError, match="readonly"),
        ):
            SQLiteStore.on(connection)

    def test_is_not_opened_by_its_path(self, tmp_path: Path) -> None:
        with host(tmp_path) as connection:
            SQLiteStore.on(connection).commit(batch("B-1", complaint()))

        with pytest.raises(StorageError, match="a database of another program"):
            SQLiteStore(tmp_path / "app.db")

    def test_made_by_another_while_we_waited_is_taken(self, tmp_path: Path) -> None:
        """Its tables appear between our look and our lock."""
        with host(tmp_path) as connection, host(tmp_path) as other:
            made: list[object] = []

            def trace(statement: str) -> None:
                if statement == "BEGIN IMMEDIATE" and not made:
                    made.append(SQLiteStore.on(other))

            connection.set_trace_callback(trace)
            store = SQLiteStore.on(connection)
            connection.set_trace_callback(None)

            assert made
            assert store.commit(batch("B-1", complaint()))


class TestOurFile:
    def test_is_taken_without_another_mark(self, tmp_path: Path) -> None:
        path = tmp_path / "crm.db"
        with SQLiteStore(path) as store:
            store.commit(batch("B-1", complaint()))

        with closing(sqlite3.connect(path)) as connection:
            joined = SQLiteStore.on(connection)
            assert joined.commit(batch("B-2", complaint("K-2")))
            connection.commit()
            assert "crm_format" not in names(connection)

        with SQLiteStore(path) as store:
            assert len(store.entries()) == 2

    def test_is_refused_when_it_is_newer(self, tmp_path: Path) -> None:
        path = tmp_path / "crm.db"
        SQLiteStore(path).close()
        ask(path, f"PRAGMA user_version = {FORMAT + 1}")

        with (
            closing(sqlite3.connect(path)) as connection,
            pytest.raises(StorageError, match=r"format 2 is newer .*; update crmkit"),
        ):
            SQLiteStore.on(connection)


def test_every_table_of_ours_is_a_name_that_is_guarded(tmp_path: Path) -> None:
    """A table added to the form must be refused in a host's file too, where it is taken."""
    for table in TABLES:
        name = table.split()[2]
        folder = tmp_path / name
        folder.mkdir()
        with host(folder) as connection:
            connection.execute(f"CREATE TABLE {name} (x)")
            with pytest.raises(StorageError, match=f"it has {name}, which crmkit did not make"):
                SQLiteStore.on(connection)
