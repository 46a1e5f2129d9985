"""The connection of a host that lends it to our store: his file, his transaction, his settings.

Law: what the host began only the host ends, and what he set stays as he set it.

* Inside the host's transaction our work is a savepoint of it: released, or undone and released.
* Outside one, on a connection in autocommit mode, it is our own transaction: committed or undone.
* Outside one, where Python's module begins transactions by itself, ours is begun as the module
  would begin it and left open for the host to commit; undone if it failed or wrote nothing.

Source: SQLite, "SAVEPOINT" and "Transaction"; Python, `sqlite3`, "Transaction control".
"""

from __future__ import annotations

import sqlite3
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Final, TypeAlias

from crmkit.errors import InvalidValueError, StorageError, UnwipedWarning

from .sqlite_connections import Statements, Values
from .sqlite_format import failed
from .sqlite_host_format import file_of, is_ours, make_ours


Given: TypeAlias = sqlite3.Connection | Callable[[], sqlite3.Connection]
"""A connection, or a function that returns the one to use now."""

_UNKNOWN: Final = "the host's connection"
_SECURE: Final = ("OFF", "ON", "FAST")  # as `PRAGMA secure_delete` counts them
_STILL_HELD: Final = "the values are taken out, but {} still holds them"


class HostConnection:
    """The provider of one store on a connection that is not ours."""

    def __init__(self, given: Given) -> None:
        self._given = given
        self._closed = False
        is_one = isinstance(given, sqlite3.Connection)
        # Threads that share one connection take turns: savepoints of two would be entangled.
        self._lock = threading.RLock() if is_one else nullcontext()
        if is_one:
            with self.reading():
                pass  # what cannot be used is refused here, not in the middle of work
        elif not callable(given):
            raise _unfit(given)

    @property
    def path(self) -> Path:
        """The file of the connection; `:memory:` where it has none."""
        with self.reading() as statements:
            return Path(file_of(statements))

    @contextmanager
    def reading(self) -> Iterator[Statements]:
        """Lend the connection for statements that read, each by itself.

        Raises:
            StorageError: If SQLite fails, the file is unfit, or the store is closed.
        """
        with self._lent() as (_, statements):
            yield statements

    @contextmanager
    def writing(self) -> Iterator[Statements]:
        """Lend the connection inside a transaction or savepoint, undone on any error.

        Raises:
            StorageError: If SQLite fails, the file is unfit, or the store is closed.
        """
        with self._lent() as (connection, statements), _wiped(statements):
            if connection.in_transaction:
                part = _savepoint(connection, statements)
            elif _commits_by_itself(connection):
                part = _transaction(connection, statements)
            else:
                part = _left_open(connection, statements)
            with part:
                yield statements

    def check_wipeable(self) -> None:
        """Refuse to take values out for good where the host could put them back.

        Raises:
            StorageError: Inside a transaction of the host, or where one would be left open.
        """
        with self._lent() as (connection, statements):
            if connection.in_transaction or not _commits_by_itself(connection):
                problem = "inside a host's transaction nothing is taken out for good"
                way_out = "do it on a connection in autocommit mode, outside a transaction"
                raise StorageError(file_of(statements), problem, way_out)

    def wipe(self) -> None:
        """Empty the side file that still holds what was taken out.

        Inside a transaction nothing can be emptied: there it warns, where something is left.

        Raises:
            StorageError: If somebody is reading, or the side file is one that is kept.
        """
        with self._lent() as (connection, statements):
            (mode,) = statements.execute("PRAGMA main.journal_mode").fetchone()
            if mode not in ("wal", "persist"):
                return  # the side file goes with the transaction
            held, way_out = _STILL_HELD.format("the log"), "PRAGMA wal_checkpoint(TRUNCATE)"
            if mode == "persist":
                held, way_out = _STILL_HELD.format("the journal"), "PRAGMA journal_mode = DELETE"
            where = file_of(statements)
            if connection.in_transaction:
                advice = f"{where}: {held}; after the commit run {way_out}"
                warnings.warn(UnwipedWarning(advice), stacklevel=3)
                return
            if mode == "persist":
                raise StorageError(where, held, f"run {way_out}")
            (busy, _, _) = statements.execute("PRAGMA main.wal_checkpoint(TRUNCATE)").fetchone()
            if busy:
                raise StorageError(where, f"{held}: somebody is reading", "repeat it later")

    def close(self) -> None:
        """Refuse to work on; the connection stays open."""
        self._closed = True

    @contextmanager
    def _lent(self) -> Iterator[tuple[sqlite3.Connection, Statements]]:
        with self._lock:
            if self._closed:
                raise StorageError(_UNKNOWN, "the store is closed", "make another on it")
            connection = self._current()
            statements = _Plain(connection)
            with _text_as_text(connection):
                try:
                    _settle(connection, statements)
                    yield connection, statements
                except sqlite3.Error as error:
                    raise _failed(statements, error) from error

    def _current(self) -> sqlite3.Connection:
        given = self._given
        found: object = given if isinstance(given, sqlite3.Connection) else given()
        if not isinstance(found, sqlite3.Connection):
            raise _unfit(found)
        return found


class _Plain:
    """Statements whose rows are plain tuples, whatever rows the host's connection makes."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def cursor(self) -> sqlite3.Cursor:
        # Not the connection's own method: that hands the host's row factory on.
        return sqlite3.Cursor(self._connection)

    def execute(self, sql: str, values: Values = (), /) -> sqlite3.Cursor:
        return self.cursor().execute(sql, values)

    def executemany(self, sql: str, rows: Iterable[Values], /) -> sqlite3.Cursor:
        return self.cursor().executemany(sql, rows)


def _unfit(given: object) -> InvalidValueError:
    rule = "must be an open sqlite3.Connection, or a function that returns one"
    way_out = "take the driver's own from what your framework wraps it in"
    return InvalidValueError("connection", given, rule, way_out)


def _settle(connection: sqlite3.Connection, statements: Statements) -> None:
    """Make our tables where there are none: at first, or because the host undid their making."""
    if is_ours(statements):
        return
    begin = _savepoint if connection.in_transaction else _transaction
    with begin(connection, statements):
        # Somebody else may have made them while we waited.
        if not is_ours(statements):
            make_ours(statements)


@contextmanager
def _text_as_text(connection: sqlite3.Connection) -> Iterator[None]:
    """Have text read as `str`; the host's own way comes back afterwards."""
    before = connection.text_factory
    if before is str:
        yield
        return
    connection.text_factory = str
    try:
        yield
    finally:
        connection.text_factory = before


@contextmanager
def _wiped(statements: Statements) -> Iterator[None]:
    """Have freed room overwritten, so that redaction need not look for what updates left."""
    (before,) = statements.execute("PRAGMA main.secure_delete").fetchone()
    if _SECURE[before] == "ON":
        yield
        return
    statements.execute("PRAGMA main.secure_delete = ON")
    try:
        yield
    finally:
        statements.execute(f"PRAGMA main.secure_delete = {_SECURE[before]}")


def _commits_by_itself(connection: sqlite3.Connection) -> bool:
    # The attribute is there from Python 3.12 on; where it is True or False, only it counts.
    autocommit: object = getattr(connection, "autocommit", None)
    return autocommit if isinstance(autocommit, bool) else connection.isolation_level is None


@contextmanager
def _transaction(connection: sqlite3.Connection, statements: Statements) -> Iterator[None]:
    """A transaction of our own: begun and ended here."""
    statements.execute("BEGIN IMMEDIATE")
    try:
        yield
        statements.execute("COMMIT")
    except BaseException:
        _roll_back(connection, statements)
        raise


@contextmanager
def _left_open(connection: sqlite3.Connection, statements: Statements) -> Iterator[None]:
    """A transaction begun as the module would begin it, for the host to commit."""
    before = connection.total_changes
    # At once for writing, because a deferred one that has read may be refused when it writes.
    level = "EXCLUSIVE" if str(connection.isolation_level).upper() == "EXCLUSIVE" else "IMMEDIATE"
    statements.execute(f"BEGIN {level}")
    try:
        yield
        if connection.total_changes == before:
            _roll_back(connection, statements)
    except BaseException:
        _roll_back(connection, statements)
        raise


def _roll_back(connection: sqlite3.Connection, statements: Statements) -> None:
    # On some errors SQLite has rolled back already.
    if connection.in_transaction:
        statements.execute("ROLLBACK")


@contextmanager
def _savepoint(connection: sqlite3.Connection, statements: Statements) -> Iterator[None]:
    """A part of the host's transaction, which goes on whatever becomes of the part."""
    statements.execute("SAVEPOINT crm$part")
    try:
        yield
        statements.execute("RELEASE crm$part")
    except BaseException as error:
        _undo_part(connection, statements, error)
        raise


def _undo_part(
    connection: sqlite3.Connection, statements: Statements, error: BaseException
) -> None:
    """Undo what was done since the savepoint.

    Raises:
        StorageError: If more is undone, or less: the host must know.
    """
    if not connection.in_transaction:
        problem = f"{error}; SQLite has undone the whole transaction, the host's part too"
        raise StorageError(file_of(statements), problem, "repeat all of it") from error
    try:
        statements.execute("ROLLBACK TO crm$part")
        statements.execute("RELEASE crm$part")
    except sqlite3.Error as failure:
        problem = f"{error}; and what was half done cannot be undone alone: {failure}"
        way_out = "roll the whole transaction back"
        raise StorageError(file_of(statements), problem, way_out) from error


def _failed(statements: Statements, error: sqlite3.Error) -> StorageError:
    """Return what SQLite said as our error, with what may help a host."""
    try:
        where = file_of(statements)
    except sqlite3.Error:
        where = _UNKNOWN
    ours = failed(Path(where), error)
    ours.problem = ours.problem.rstrip(".")
    if "thread" in str(error):
        ours.way_out = "use each connection in its own thread: give a function that returns it"
    elif "closed" in str(error):
        ours.way_out = "give an open connection, or a function that returns one"
    elif getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:
        ours.way_out = (
            "somebody else is writing: roll back and repeat; BEGIN IMMEDIATE waits for its turn"
        )
    return ours
