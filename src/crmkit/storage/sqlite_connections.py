"""Connections to one SQLite file: lent for one operation, from any thread.

Law: what was begun here is ended here; a connection goes back without a transaction, or not at all.
"""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final, Protocol, TypeAlias

from crmkit.errors import InvalidValueError, StorageError

from .sqlite_format import checked_path, failed, is_busy, take


_KEPT: Final = 8  # idle connections; more are closed when they come back
_LONGEST_PATIENCE: Final = timedelta(days=1)
_STATEMENTS: Final = 256  # prepared statements that each connection keeps
_AT_ONCE: Final = 0.0  # how long SQLite itself waits on a connection that writes
_LONGEST_PAUSE: Final = 0.001  # seconds between two attempts to begin


Values: TypeAlias = Sequence[object] | Mapping[str, object]
"""What is bound in a statement."""


class Statements(Protocol):
    """What is lent: runs statements, and returns rows as tuples."""

    def cursor(self) -> sqlite3.Cursor: ...
    def execute(self, sql: str, values: Values = ..., /) -> sqlite3.Cursor: ...
    def executemany(self, sql: str, rows: Iterable[Values], /) -> sqlite3.Cursor: ...


class Lender(Protocol):
    """Where a store's connections come from."""

    @property
    def path(self) -> Path: ...
    def reading(self) -> AbstractContextManager[Statements]: ...
    def writing(self) -> AbstractContextManager[Statements]: ...
    def check_wipeable(self) -> None: ...
    def wipe(self) -> None: ...
    def close(self) -> None: ...


class Connections:
    """The connections of one store."""

    def __init__(self, path: str | Path, *, durable: bool, busy_timeout: timedelta) -> None:
        _check_patience(busy_timeout)
        self.path = checked_path(path)
        self._synchronous = "FULL" if durable else "NORMAL"
        self._patience = busy_timeout.total_seconds()
        self._lock = threading.Lock()
        # By how long SQLite itself waits on them.
        self._idle: dict[float, list[sqlite3.Connection]] = {self._patience: [], _AT_ONCE: []}
        self._closed = False
        # Threads of one process queue here: SQLite itself lets them poll, and some starve.
        self._writing = threading.Lock()
        try:
            with self.reading() as connection:
                take(connection, self.path)
        except BaseException:
            self.close()
            raise

    def reading(self) -> AbstractContextManager[sqlite3.Connection]:
        """Lend a connection for statements that read, each by itself.

        Raises:
            StorageError: If SQLite fails, or the store is closed.
        """
        return self._lent(self._patience)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection inside a transaction, committed at the end, undone on any error.

        Raises:
            StorageError: If SQLite fails, or the store is closed.
        """
        if not self._writing.acquire(timeout=self._patience):
            problem = "another thread has been writing for too long"
            raise StorageError(
                str(self.path), problem, "repeat, or open with a longer busy_timeout"
            )
        try:
            with self._lent(_AT_ONCE) as connection:
                self._begin(connection)
                try:
                    yield connection
                    connection.execute("COMMIT")
                except BaseException:
                    # On some errors SQLite has rolled back already.
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                    raise
        finally:
            self._writing.release()

    def check_wipeable(self) -> None:
        """Nothing keeps a file of our own from being wiped, but readers: `wipe` tells."""

    def wipe(self) -> None:
        """Empty the write-ahead log, so that it holds no value that was taken out.

        Raises:
            StorageError: If somebody is reading.
        """
        with self.reading() as connection:
            (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            problem = "the values are taken out, but the log still holds them: somebody is reading"
            raise StorageError(str(self.path), problem, "repeat it later")

    def close(self) -> None:
        """Close all: those lent now, when they come back."""
        with self._lock:
            self._closed = True
            idle = [connection for kept in self._idle.values() for connection in kept]
        for connection in idle:
            connection.close()

    def _begin(self, connection: sqlite3.Connection) -> None:
        """Begin to write as soon as nobody else does."""
        ends = time.monotonic() + self._patience
        while True:
            try:
                connection.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if not is_busy(error) or time.monotonic() >= ends:
                    raise
            # Short, and by chance: SQLite's own pauses grow, so that who waits longest comes last.
            time.sleep(random.uniform(0, _LONGEST_PAUSE))

    @contextmanager
    def _lent(self, patience: float) -> Iterator[sqlite3.Connection]:
        connection = self._lend(patience)
        try:
            yield connection
        except (sqlite3.Error, OverflowError) as error:
            raise failed(self.path, error) from error
        finally:
            self._take_back(connection, patience)

    def _lend(self, patience: float) -> sqlite3.Connection:
        with self._lock:
            if self._closed:
                raise StorageError(str(self.path), "the store is closed", "open it again")
            if self._idle[patience]:
                return self._idle[patience].pop()
        try:
            return self._connect(patience)
        except sqlite3.Error as error:
            raise failed(self.path, error) from error

    def _connect(self, patience: float) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path,
            timeout=patience,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=_STATEMENTS,
        )
        try:
            connection.execute(f"PRAGMA synchronous = {self._synchronous}")
            connection.execute("PRAGMA secure_delete = ON")
        except BaseException:
            connection.close()
            raise
        return connection

    def _take_back(self, connection: sqlite3.Connection, patience: float) -> None:
        with self._lock:
            idle = self._idle[patience]
            if not self._closed and not connection.in_transaction and len(idle) < _KEPT:
                idle.append(connection)
                return
        connection.close()


def _check_patience(patience: timedelta) -> None:
    if not isinstance(patience, timedelta) or not timedelta(0) <= patience <= _LONGEST_PATIENCE:
        rule = "must be a timedelta from nothing to a day"
        raise InvalidValueError("busy_timeout", patience, rule)
