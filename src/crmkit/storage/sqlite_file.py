"""The file of a SQLite store: closed, looked through, backed up, put back, written anew.

Law: a backup is one moment of the file; what is put back has been looked through first. A file that
a host lends is his to keep.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from crmkit.errors import StorageError

from .sqlite_catalogue import Catalogue
from .sqlite_connections import Connections, Lender
from .sqlite_format import checked_ours, checked_path, failed


_OF_READING: Final = (
    "SQLITE_CORRUPT",
    "SQLITE_NOTADB",
    "SQLITE_IOERR_READ",
    "SQLITE_IOERR_SHORT_READ",
)


class SQLiteFile:
    """What a SQLite store does with its file as a whole."""

    _connections: Lender
    _catalogue: Catalogue

    @property
    def path(self) -> Path:
        """The file, as an absolute path; `:memory:` where a host's connection has none."""
        return self._connections.path

    def close(self) -> None:
        """End the use of the store, and close the file; a host's connection stays open."""
        self._connections.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def files(self) -> tuple[Path, ...]:
        """The file and its side files, those that are there."""
        sides = (self.path, *(Path(f"{self.path}{end}") for end in ("-wal", "-shm", "-journal")))
        return tuple(path for path in sides if path.is_file())

    @property
    def layout(self) -> str:
        """What the file says of itself: the names of its tables and indexes, and how they are made.

        None of it is anybody's value.
        """
        with self._connections.reading() as statements:
            found = statements.execute("SELECT * FROM main.sqlite_master").fetchall()
        return "\n".join(str(value) for row in found for value in ("SQLite format", *row))

    def check_wipeable(self) -> None:
        """Refuse to take values out for good where that cannot be done.

        Raises:
            StorageError: Inside a transaction of a host's.
        """
        self._connections.check_wipeable()

    def check(self) -> tuple[str, ...]:
        """Return what SQLite finds wrong with the file; empty where nothing is."""
        with self._connections.reading() as statements:
            found = statements.execute("PRAGMA integrity_check").fetchall()
            lost = statements.execute("PRAGMA foreign_key_check").fetchall()
        wrong = (text for (text,) in found if text != "ok")
        return (*wrong, *(f"row {row} of {table} has lost its {of}" for table, row, of, _ in lost))

    def back_up(self, path: str | PathLike[str]) -> None:
        """Write the file, as it is at one moment, into a new one.

        Raises:
            StorageError: If there is such a file already, it cannot be written, or the store is
                damaged; then there is no new file.
        """
        own, new = self._own(), checked_path(Path(path))
        if new.exists():
            raise StorageError(str(new), "it exists already", "give the path of a new file")
        try:
            with (
                own.reading() as connection,
                closing(_opened(new, "rwc")) as copy,
                _naming(new, read=own.path),
            ):
                connection.backup(copy)
                # A file of its own, that needs no log beside it.
                copy.execute("PRAGMA journal_mode = DELETE")
                is_sound = _is_sound(copy, new)
            if not is_sound:
                raise StorageError(str(own.path), "it is damaged", "put an earlier backup back")
        except BaseException:
            new.unlink(missing_ok=True)
            raise

    def put_back(self, path: str | PathLike[str]) -> None:
        """Make the file what a backup holds; all that was saved since is gone.

        Whoever else has the file open goes on with what was put back; who reads the feed and keeps
        his place elsewhere begins anew.

        Raises:
            StorageError: If it is no backup, or damaged, or somebody else is writing for too long;
                nothing is changed.
        """
        own, old = self._own(), checked_path(Path(path))
        if not old.is_file():
            raise StorageError(str(old), "there is no such file", "name a file of back_up")
        if old.samefile(own.path):
            raise StorageError(str(old), "it is the store's own file", "name a file of back_up")

        def patiently(status: int, left: int, pages: int) -> None:
            # Python itself would try for ever; SQLite has waited for as long as the store waits.
            if status == sqlite3.SQLITE_BUSY:
                problem = "somebody else is writing: nothing was put back"
                raise StorageError(str(own.path), problem, "repeat it later")

        with own.reading() as connection, closing(_opened(old, "ro")) as backup:
            with _naming(old):
                is_sound = _is_sound(backup, old)
            if not is_sound:
                raise StorageError(str(old), "it is damaged, or empty", "take another backup")
            with _naming(own.path, read=old):
                backup.backup(connection, progress=patiently)

    def shrink(self) -> None:
        """Write the file anew, without the room that is free in it, and wipe the log.

        Raises:
            StorageError: If somebody is reading or writing, or the disk has no room for both.
        """
        with self._own().reading() as connection:
            connection.execute("VACUUM")
        self._connections.wipe()

    def _own(self) -> Connections:
        if isinstance(self._connections, Connections):
            return self._connections
        problem = "it is the host's file"
        raise StorageError(str(self.path), problem, "do it as the host does it")


def _opened(path: Path, mode: str) -> sqlite3.Connection:
    with _naming(path):
        return sqlite3.connect(f"{path.as_uri()}?mode={mode}", uri=True)


@contextmanager
def _naming(path: Path, *, read: Path | None = None) -> Iterator[None]:
    """Name the file at which SQLite fails, or the one that was read where it failed at that."""
    try:
        yield
    except sqlite3.Error as error:
        raise failed(read if read and _is_of_reading(error) else path, error) from error


def _is_of_reading(error: sqlite3.Error) -> bool:
    name: str = getattr(error, "sqlite_errorname", "")
    return name.startswith(_OF_READING)


def _is_sound(backup: sqlite3.Connection, path: Path) -> bool:
    sound = backup.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    return sound and checked_ours(backup, path)
