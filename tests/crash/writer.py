"""The process that is killed: it commits batches as fast as it can, and acknowledges each.

`python -m tests.crash.writer` reads lines `path durable` and forks a writer for each, so that a
kill costs no start of Python. Lines go out: `pid`, `begin`, `done`, and `dead` once it is.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from crmkit.storage import SQLiteStore

from .ledger import IDS, number_held, numbered


_CHECKPOINT = 40  # pages: checkpoints are frequent, so that kills meet them too


def say(*words: object) -> None:
    """Write a line at once and whole."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def write_for_ever(path: Path, durable: bool) -> None:
    """Commit batch after batch; begin and end of each are told."""
    with SQLiteStore(path, durable=durable) as store:
        with store._connections.writing() as statements:
            statements.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT}")
        number = number_held(store)
        held = store.load("note", IDS)
        say("pid", os.getpid())
        while True:
            number += 1
            batch = numbered(number, held)
            say("begin", number)
            store.commit(batch)
            say("done", number)
            held = store.load("note", IDS)


def main() -> None:
    """Fork a writer for each line read; wait for its end."""
    for line in sys.stdin:
        path, durable = line.rstrip("\n").rsplit(" ", 1)
        child = os.fork()
        if child == 0:
            try:
                write_for_ever(Path(path), durable == "durable")
            finally:
                os._exit(1)
        os.waitpid(child, 0)
        say("dead", child)


if __name__ == "__main__":
    main()
