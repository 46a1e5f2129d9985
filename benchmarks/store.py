# /// script
# requires-python = ">=3.11"
# dependencies = ["crmkit", "attrs"]
#
# [tool.uv.sources]
# crmkit = { path = "..", editable = true }
# ///
"""The stores: commits against the same three bare statements, facts against a bare executemany."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from measuring import Goal, Sense, report

from crmkit.kernel import Scalar
from crmkit.storage import Batch, Change, MemoryStore, Rows, SQLiteStore


AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
SAMPLES = 5
COMMITS = 2_000  # of one record each
BIG = 20  # commits of a hundred records each
ROWS = 100_000
VERBS = 20_000

ENTER = "INSERT INTO crm_batch (id, at, actor) VALUES (?, ?, ?)"
BEAR = """
    INSERT INTO crm_record (kind, id, version, schema, keys, data) VALUES (?, ?, 1, 1, ?, ?)
"""
LINE = """
    INSERT INTO crm_journal (record, version, schema, batch, delta) VALUES (?, 1, 1, ?, ?)
"""


def complaint(number: int) -> tuple[str, bytes, dict[str, Scalar]]:
    """Return the id, the data (about 500 bytes) and the keys of a complaint."""
    id = f"K-{number}"
    trail = b'{"stage":"received","by":"ann","at":"2026-03-02T09:00:00Z","note":"by telephone"}'
    data = b'{"id":"%s","customer":"C-%d","about":"%s","trail":[%s,%s]}' % (
        id.encode(),
        number % 1000,
        b"compressor rattles " * 14,
        trail,
        trail,
    )
    keys: dict[str, Scalar] = {
        "customer": f"C-{number % 1000}",
        "stage": "received",
        "received_at": number * 10**6,
    }
    return id, data, keys


def batches(numbers: Iterator[int], commits: int, size: int) -> list[Batch]:
    """Return batches of new complaints."""
    made = []
    for _ in range(commits):
        changes = []
        for _ in range(size):
            id, data, keys = complaint(next(numbers))
            changes.append(Change.of("complaint", id, data, keys=keys))
        made.append(Batch(id=f"B-{changes[0].id}", at=AT, actor="ann", changes=tuple(changes)))
    return made


BareBatch = tuple[tuple[str, int, str], list[tuple[str, str, str, str]]]


def bare_batches(numbers: Iterator[int], commits: int, size: int) -> list[BareBatch]:
    """Return the values that the bare statements bind for such batches."""
    made: list[BareBatch] = []
    for _ in range(commits):
        records = []
        for _ in range(size):
            id, data, keys = complaint(next(numbers))
            customer, stage, received = keys.values()
            text = f'{{"customer":"{customer}","stage":"{stage}","received_at":{received}}}'
            records.append(("complaint", id, text, data.decode()))
        made.append(((f"B-{records[0][1]}", 1_772_442_000_000_000, "ann"), records))
    return made


@contextmanager
def bare(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a file with our settings, without our code."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA page_size = 8192")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("PRAGMA secure_delete = ON")
        yield db


def commits(folder: Path, commits: int, size: int) -> Goal:
    """Compare commits of so many records each, into two files of one form, new ones every time.

    The bare statements go into the same tables with the same indexes, and nothing around them.
    """
    mine, theirs = (folder / f"{who}-{size}.db" for who in ("mine", "theirs"))
    for path in (mine, theirs):
        with SQLiteStore(path, durable=False) as store:
            store.commit(batches(count(), 1, 1)[0])
    first, second = count(1), count(1)
    prepared = iter([batches(first, commits, size) for _ in range(SAMPLES)])
    values = iter([bare_batches(second, commits, size) for _ in range(SAMPLES)])

    def ours() -> None:
        with SQLiteStore(mine, durable=False) as store:
            for batch in next(prepared):
                store.commit(batch)

    def peer() -> None:
        with bare(theirs) as db:
            for batch, records in next(values):
                db.execute("BEGIN IMMEDIATE")
                number = db.execute(ENTER, batch).lastrowid
                for record in records:
                    row = db.execute(BEAR, record).lastrowid
                    db.execute(LINE, (row, number, record[3]))
                db.execute("COMMIT")

    return Goal(
        f"commit, {size} a batch",
        ours=ours,
        peer=peer,
        limit=0.5,
        sense=Sense.SPEED_AT_LEAST,
        things=commits * size,
    )


def orders() -> dict[str, Sequence[Scalar]]:
    """Return the columns of made-up orders, as the library stores them."""
    return {
        "order_id": [f"O-{n}" for n in range(ROWS)],
        "customer_id": [f"C-{n % 2357}" for n in range(ROWS)],
        "ordered_at": [1_772_442_000_000_000 + n * 10**7 for n in range(ROWS)],
        "amount": [n % 10_000 for n in range(ROWS)],
        "currency": ["USD"] * ROWS,
        "quantity": [n % 7 + 1 for n in range(ROWS)],
    }


def facts(folder: Path) -> Goal:
    """Compare facts in bulk, checks included."""
    columns = orders()
    rows = list(zip(*columns.values(), strict=True))
    ids = count()

    def ours() -> None:
        with SQLiteStore(folder / "mine.db", durable=False) as store:
            facts = Rows("orders", columns)
            store.commit(Batch(id=f"B-{next(ids)}", at=AT, actor="ann", rows=(facts,)))

    def peer() -> None:
        with bare(folder / "theirs.db") as db:
            db.execute("BEGIN IMMEDIATE")
            db.execute(f"CREATE TABLE IF NOT EXISTS orders ({', '.join(columns)})")
            db.executemany("INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?)", rows)
            db.execute("COMMIT")

    return Goal(
        "facts in bulk",
        ours=ours,
        peer=peer,
        limit=0.5,
        sense=Sense.SPEED_AT_LEAST,
        things=ROWS,
    )


def memory() -> Goal:
    """Load, make the next version, commit; a thousand complaints in turn."""
    store = MemoryStore()
    store.commit(batches(count(), 1, 1000)[0])
    ids = count()

    def ours() -> None:
        for number in range(VERBS):
            id = f"K-{number % 1000}"
            record = store.load("complaint", [id])[id]
            place = record.data.index(b"]}")
            line = b',{"stage":"acknowledged","by":"ann","at":"2026-03-02T10:10:00Z"}'
            # The trail is begun anew now and then: here the store is measured, not its growth.
            data = record.data[:place] + line + b"]}" if place < 2000 else complaint(number)[1]
            keys: dict[str, Scalar] = {"customer": "C-1", "stage": "acknowledged"}
            change = Change.of("complaint", id, data, before=record, keys=keys)
            store.commit(Batch(id=f"V-{next(ids)}", at=AT, actor="ann", changes=(change,)))

    return Goal(
        "load, change, commit in memory",
        ours=ours,
        limit=25_000,
        sense=Sense.RATE_AT_LEAST,
        things=VERBS,
    )


def goals(folder: Path) -> Iterator[Goal]:
    yield commits(folder, COMMITS, 1)
    yield commits(folder, BIG, 100)
    yield facts(folder)
    yield memory()


if __name__ == "__main__":
    sys.exit(report(goals, samples=SAMPLES))
