"""Faults that are real: no right, no room, no lock, and an answer that is lost on its way."""

import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from crmkit.errors import StorageError
from crmkit.storage import Batch, SQLiteStore

from .ledger import IDS, flaws, number_held, numbered, write


ROOT = Path(__file__).parents[2]
ERRORS = {
    "SQLITE_IOERR": ("disk I/O error", "check the disk and repeat"),
    "SQLITE_FULL": ("database or disk is full", "make room and repeat"),
    "SQLITE_BUSY": ("database is locked", "somebody else is writing"),
    "SQLITE_NOMEM": ("out of memory", ""),
    "SQLITE_INTERRUPT": ("interrupted", ""),
    "SQLITE_CORRUPT": ("database disk image is malformed", "restore a backup"),
}


@pytest.fixture
def path() -> Iterator[Path]:
    """A store of three batches, in a folder that anybody may use."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        with SQLiteStore(folder / "crm.db") as store:
            write(store, 3)
        (folder / "crm.db").chmod(0o666)
        yield folder / "crm.db"


def child(act: str, path: Path) -> list[str]:
    return [sys.executable, "-m", "tests.crash.child", act, str(path)]


def refusal(store: SQLiteStore, batch: Batch) -> StorageError | None:
    """Return the error that a commit ends in."""
    try:
        assert store.commit(batch)
    except StorageError as error:
        return error
    return None


class Faults:
    """Lets the statement of a number fail, before or after it has run."""

    def __init__(self) -> None:
        self.at = self.count = -1
        self.comes_after = False
        self.error = sqlite3.OperationalError()

    def arm(self, at: int, name: str, *, comes_after: bool) -> None:
        self.at, self.count, self.comes_after = at, -1, comes_after
        self.error = sqlite3.OperationalError(ERRORS[name][0])
        self.error.sqlite_errorcode = getattr(sqlite3, name)

    def disarm(self) -> None:
        self.at = -1

    def pass_by(self, sql: str) -> bool:
        """Count a statement; tell whether it fails afterwards."""
        if self.at < 0 or sql == "ROLLBACK":
            return False
        self.count += 1
        if self.count == self.at and not self.comes_after:
            raise self.error
        return self.count == self.at


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch) -> Faults:
    faults = Faults()

    class FaultyCursor(sqlite3.Cursor):
        def execute(self, sql: str, values: Any = ()) -> "FaultyCursor":
            fails = faults.pass_by(sql)
            super().execute(sql, values)
            if fails:
                raise faults.error
            return self

        def executemany(self, sql: str, rows: Any) -> "FaultyCursor":
            fails = faults.pass_by(sql)
            super().executemany(sql, rows)
            if fails:
                raise faults.error
            return self

    class FaultyConnection(sqlite3.Connection):
        def cursor(self) -> FaultyCursor:  # type: ignore[override]  # our stores ask for no other
            return FaultyCursor(self)

        def execute(self, sql: str, values: Any = ()) -> sqlite3.Cursor:
            return self.cursor().execute(sql, values)

    connect = sqlite3.connect

    def faulty(path: Path, **settings: object) -> sqlite3.Connection:
        return connect(path, factory=FaultyConnection, **settings)  # type: ignore[call-overload, no-any-return]

    monkeypatch.setattr(sqlite3, "connect", faulty)
    return faults


class TestStatement:
    @pytest.mark.parametrize("name", ERRORS)
    @pytest.mark.parametrize("comes_after", [False, True])
    def test_that_fails_anywhere_in_a_commit_undoes_all_of_it(
        self, path: Path, faults: Faults, name: str, comes_after: bool
    ) -> None:
        """Also where it had run: then the batch is in, or it is not, and to repeat it tells."""
        problem, way_out = ERRORS[name]
        # Whoever waits for a lock begins again: that is another case.
        patience = timedelta(seconds=5 * (name != "SQLITE_BUSY"))
        with SQLiteStore(path, durable=False, busy_timeout=patience) as store:
            write(store, 4)
            length = 0
            for at in range(100):
                last = number_held(store)
                batch = numbered(last + 1, store.load("note", IDS))
                faults.arm(at, name, comes_after=comes_after)
                error = refusal(store, batch)
                faults.disarm()
                if error is None:
                    length = at
                    break
                assert error.problem == problem
                assert error.way_out.startswith(way_out)
                assert isinstance(error.__cause__, sqlite3.OperationalError)
                is_in = number_held(store) == last + 1
                # Only the last statement ends the transaction.
                assert not is_in or comes_after
                assert not flaws(store)
                assert store.commit(batch) is not is_in
                assert not flaws(store)

        # BEGIN, the batch, twice six records, the facts, COMMIT.
        assert length >= 16


class TestRights:
    def test_a_file_that_becomes_read_only_is_told_and_survived(self, path: Path) -> None:
        subprocess.run(child("read_only", path), cwd=ROOT, check=True, timeout=60)


class TestRoom:
    def test_its_end_at_any_page_of_a_commit_is_told_and_survived(self, path: Path) -> None:
        subprocess.run(child("no_room", path), cwd=ROOT, check=True, timeout=60)

    def test_a_file_that_may_not_grow_is_told_and_survived_at_any_size(self, path: Path) -> None:
        """SQLite's own limit on pages."""
        with SQLiteStore(path, durable=False) as store:
            write(store, 24)
            last = number_held(store)
            batch = numbered(last + 1, store.load("note", IDS))
            refusals = pages = 0
            while True:
                pages += 1
                with store._connections.writing() as statements:
                    statements.execute(f"PRAGMA max_page_count = {pages}")
                error = refusal(store, batch)
                if error is None:
                    break
                assert "full; make room and repeat" in str(error)
                refusals += 1
                assert number_held(store) == last
                assert not flaws(store)

            assert refusals > 3
            assert not flaws(store)


class TestLock:
    def test_held_longer_than_the_timeout_is_told_and_survived(self, path: Path) -> None:
        with subprocess.Popen(
            child("hold_lock", path), cwd=ROOT, stdout=subprocess.PIPE, text=True
        ) as holder:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "held\n"
            with SQLiteStore(path, busy_timeout=timedelta(milliseconds=50)) as store:
                batch = numbered(4, store.load("note", IDS))

                with pytest.raises(StorageError, match="locked; somebody else is writing: repeat"):
                    store.commit(batch)

                assert not flaws(store)
                os.kill(holder.pid, signal.SIGKILL)
                holder.wait()
                assert store.commit(batch)
                assert not flaws(store)
