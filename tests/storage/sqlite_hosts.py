"""Hosts of the SQLite store: connections that are not ours, with rows and settings of their own."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from crmkit.storage import Rows, SQLiteStore, Store
from crmkit.storage.sqlite_joined import HostConnection


def connect(folder: Path, **settings: object) -> sqlite3.Connection:
    """Open the host's file; it has a table of the host's."""
    path = folder / "app.db"
    connection = sqlite3.connect(path, check_same_thread=False, **settings)  # type: ignore[call-overload]
    assert isinstance(connection, sqlite3.Connection)
    connection.execute("CREATE TABLE IF NOT EXISTS invoices (id TEXT)")
    return connection


@contextmanager
def host(folder: Path, level: str | None = None) -> Iterator[sqlite3.Connection]:
    """A host in autocommit mode, where nothing else is said."""
    with closing(connect(folder, isolation_level=level)) as connection:
        yield connection


def connection_of(store: Store) -> sqlite3.Connection:
    assert isinstance(store, SQLiteStore)
    assert isinstance(store._connections, HostConnection)
    assert isinstance(store._connections._given, sqlite3.Connection)
    return store._connections._given


def invoices(connection: sqlite3.Connection) -> list[str]:
    return [row[0] for row in connection.execute("SELECT id FROM invoices ORDER BY id")]


def order(*numbers: int) -> tuple[Rows, ...]:
    return (Rows("orders", {"n": list(numbers)}),)


def numbers(store: SQLiteStore) -> list[object]:
    return [n for part in store.scan("orders", ["n"]) for n in part["n"]]
