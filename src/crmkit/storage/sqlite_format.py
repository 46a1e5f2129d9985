"""The stored form of the SQLite store: its tables, its mark in the file, its refusals.

Law: a file is taken when it is empty or marked as ours; into any other nothing is written.

Names that end in `$` or hold one cannot be names of keys or columns, so they never collide.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Final

from crmkit.errors import InvalidValueError, StorageError


APPLICATION: Final = 0x63726D6B
"""`PRAGMA application_id` of our files: "crmk"."""

FORMAT: Final = 1
"""`PRAGMA user_version`: the version of the stored form."""

PAGE: Final = 8192
"""Bytes in a page of a new file."""

TABLES: Final = (
    """
    CREATE TABLE crm_batch (
        number INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        at INTEGER NOT NULL, -- microseconds since 1970 in UTC
        actor TEXT NOT NULL
    )
    """,
    # The keys stand before the data: to read them, no overflow page of long data is fetched.
    """
    CREATE TABLE crm_record (
        number INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        id TEXT NOT NULL,
        version INTEGER NOT NULL,
        schema INTEGER NOT NULL,
        keys TEXT NOT NULL, -- JSON object
        data TEXT, -- JSON object; NULL while it is deleted
        UNIQUE (kind, id)
    )
    """,
    """
    CREATE TABLE crm_journal (
        position INTEGER PRIMARY KEY AUTOINCREMENT,
        record INTEGER NOT NULL REFERENCES crm_record (number),
        version INTEGER NOT NULL,
        schema INTEGER NOT NULL,
        batch INTEGER NOT NULL REFERENCES crm_batch (number),
        delta TEXT NOT NULL, -- JSON: an object, a list, or null
        UNIQUE (record, version)
    )
    """,
)

_TRIES: Final = 20

_WAYS_OUT: Final = {
    sqlite3.SQLITE_BUSY: "somebody else is writing: repeat, or open with a longer busy_timeout",
    sqlite3.SQLITE_FULL: "make room and repeat",
    sqlite3.SQLITE_READONLY: "check the rights to the file and its folder",
    sqlite3.SQLITE_CANTOPEN: "check the rights to the file and its folder",
    sqlite3.SQLITE_NOTADB: "give the path of a crmkit file or of a new one",
    sqlite3.SQLITE_CORRUPT: "restore a backup",
    sqlite3.SQLITE_IOERR: "check the disk and repeat",
    sqlite3.SQLITE_TOOBIG: "keep large content in a file, and its name in the record",
}


def checked_path(path: str | Path) -> Path:
    """Return the absolute path of a file that may be opened, or made.

    Raises:
        InvalidValueError: If it can name no file, or is SQLite's name for a database in memory.
        StorageError: If it names a folder, lies in one that does not exist, or cannot be reached.
    """
    _check_name(path)
    file = Path(path).absolute()
    try:
        is_folder, has_folder = file.is_dir(), file.parent.is_dir()
    except OSError as error:
        problem = error.strerror or str(error)
        raise StorageError(str(file), problem, "check the name, and the rights") from error
    if is_folder:
        raise StorageError(str(file), "it is a folder", "name a file in it")
    if not has_folder:
        raise StorageError(str(file), f"there is no folder {file.parent}", "make the folder first")
    return file


def _check_name(path: str | Path) -> None:
    if not isinstance(path, str | Path):
        raise InvalidValueError("path", path, "must be text or a Path")
    if str(path) == ":memory:" or "\0" in str(path):
        way_out = "for a store in memory use MemoryStore()"
        raise InvalidValueError("path", path, "must name a file", way_out)
    try:
        os.fsencode(path)
    except UnicodeEncodeError as error:
        rule = "must name a file: it holds half a character"
        raise InvalidValueError("path", path, rule) from error


def failed(path: Path, error: sqlite3.Error | OverflowError) -> StorageError:
    """Return what SQLite said as our error, with what may help."""
    return StorageError(str(path), str(error), _WAYS_OUT.get(_code(error), ""))


def check_format(version: int, where: str) -> None:
    """Refuse a stored form that a later crmkit made.

    Raises:
        StorageError: If it is newer than this library.
    """
    if version > FORMAT:
        problem = f"its format {version} is newer than this library's, {FORMAT}"
        raise StorageError(where, problem, "update crmkit")


def is_busy(error: sqlite3.Error) -> bool:
    """Tell whether somebody else's work is why SQLite refused."""
    return _code(error) == sqlite3.SQLITE_BUSY


def take(connection: sqlite3.Connection, path: Path) -> None:
    """Make a new file ours, or make sure that it is.

    Raises:
        StorageError: If it is somebody else's, or newer than this library.
        sqlite3.Error: If SQLite fails.
    """
    # In one transaction, so that the marks and the tables are those of one moment.
    connection.execute("BEGIN")
    is_ours = checked_ours(connection, path)
    connection.execute("COMMIT")
    if not is_ours:
        # Before the first table, and before the log is begun: later it would have no effect.
        connection.execute(f"PRAGMA page_size = {PAGE}")
    _begin_log(connection)
    if is_ours:
        return
    connection.execute("BEGIN IMMEDIATE")
    # Somebody else may have made it while we waited.
    if not checked_ours(connection, path):
        for table in TABLES:
            connection.execute(table)
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute(f"PRAGMA user_version = {FORMAT}")
    connection.execute("COMMIT")


def checked_ours(connection: sqlite3.Connection, path: Path) -> bool:
    """Tell whether a file is ours; False when it is empty.

    Raises:
        StorageError: If it is somebody else's, or newer than this library.
    """
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application == APPLICATION:
        check_format(version, str(path))
        return True
    if application or version or tables:
        problem = "it is a database of another program"
        raise StorageError(str(path), problem, "give the path of a crmkit file or of a new one")
    return False


def _begin_log(connection: sqlite3.Connection) -> None:
    """Switch the file to a write-ahead log, in which nobody waits to read."""
    for _ in range(_TRIES):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if not is_busy(error):
                raise
        # Here SQLite does not wait for others who open the same new file: a write lock does.
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
    connection.execute("PRAGMA journal_mode = WAL")


def _code(error: sqlite3.Error | OverflowError) -> int:
    """Return SQLite's primary error code; 0 where Python itself refused."""
    if isinstance(error, OverflowError):
        # Beyond 2 GB it is Python that refuses: the number of bytes is none to SQLite.
        return sqlite3.SQLITE_TOOBIG
    code: int = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF
