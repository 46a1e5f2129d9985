"""Words that the tests of the SQLite store share."""

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from crmkit.storage import Batch, Change, Rows


AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
NO_WAIT = timedelta(0)


def complaint(id: str = "K-1", *, stage: str = "received", due: int | None = 1) -> Change:
    data = json.dumps({"id": id, "stage": stage}).encode()
    return Change.of("complaint", id, data, keys={"stage": stage, "due": due})


def batch(id: str, *changes: Change, rows: tuple[Rows, ...] = ()) -> Batch:
    return Batch(id=id, at=AT, actor="ann", changes=changes, rows=rows)


def ask(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as db:
        return db.execute(sql).fetchall()


@contextmanager
def as_nobody() -> Iterator[None]:
    """Root may write everywhere: drop the right for a while."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)
