"""Work done in a process of its own: with fewer rights, less room, or a lock that it holds."""

from __future__ import annotations

import os
import resource
import sqlite3
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from crmkit.errors import StorageError
from crmkit.storage import SQLiteStore

from .ledger import IDS, flaws, number_held, numbered


_NOBODY = 65534


def drop_rights() -> None:
    """Be nobody from here on; root may write everywhere."""
    if os.geteuid() == 0:
        os.seteuid(_NOBODY)


def refused(act: Callable[[], object]) -> StorageError:
    """Return the error that an act must end in."""
    try:
        act()
    except StorageError as error:
        return error
    raise AssertionError("it was not refused")


def read_only(path: Path) -> None:
    """Find a file read-only, repeat the batch once it is not; its owner makes it so."""
    rights, user = path.stat().st_mode, os.geteuid()
    path.chmod(0o444)
    drop_rights()
    with SQLiteStore(path) as store:
        last = number_held(store)
        batch = numbered(last + 1, store.load("note", IDS))
        error = refused(lambda: store.commit(batch))
        assert "check the rights to the file and its folder" in str(error), error
        assert number_held(store) == last
        assert not flaws(store)
    if os.geteuid() != user:
        os.seteuid(user)
    path.chmod(rights)
    with SQLiteStore(path) as store:
        assert store.commit(batch)
        assert not flaws(store)


def no_room(path: Path) -> None:
    """Meet the end of the room at every page of a commit; repeat the batch where there is more."""
    drop_rights()
    log = Path(f"{path}-wal")
    with SQLiteStore(path) as store:
        last = number_held(store)
        batch = numbered(last + 1, store.load("note", IDS))
        with store._connections.writing() as statements:
            statements.execute("PRAGMA wal_autocheckpoint = 0")
        problems: list[str] = []
        room = log.stat().st_size if log.exists() else 0
        most = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        while True:
            # Real room: the system itself refuses to let any file of this process grow beyond it.
            resource.setrlimit(resource.RLIMIT_FSIZE, (room, most))
            try:
                assert store.commit(batch)
                break
            except StorageError as error:
                problems.append(f"{error.problem}; {error.way_out}")
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
            assert number_held(store) == last
            assert not flaws(store)
            room += 4096
        assert len(problems) > 3, problems
        assert all("disk" in one and "repeat" in one for one in problems), problems
        assert number_held(store) == last + 1
        assert not flaws(store)


def hold_lock(path: Path) -> None:
    """Hold the write lock until killed."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("UPDATE crm_record SET data = NULL")
    print("held", flush=True)
    time.sleep(600)


ACTS: Mapping[str, Callable[[Path], None]] = MappingProxyType(
    {"read_only": read_only, "no_room": no_room, "hold_lock": hold_lock}
)

if __name__ == "__main__":
    ACTS[sys.argv[1]](Path(sys.argv[2]))
