"""What a batch enters into a SQLite file: versions of records with their journal lines, and facts.

Law: the statement that changes a record checks its version; nothing is read before.
"""

from __future__ import annotations

import sqlite3
from itertools import chain, islice, repeat
from typing import Final

import msgspec

from crmkit.errors import ConflictError

from .batch import Change, Rows
from .sqlite_catalogue import fact_table


_write: Final = msgspec.json.Encoder().encode
_ROWS_AT_ONCE: Final = 50
_VARIABLES: Final = 999  # in one statement: what old builds of SQLite take


def enter_change(cursor: sqlite3.Cursor, change: Change, batch: int) -> None:
    """Enter one new version of one record, and its line in the journal.

    Raises:
        ConflictError: If the record is not at the version expected.
    """
    data = change.data and change.data.decode()
    content = (change.schema, _write(dict(change.keys)).decode(), data, change.kind, change.id)
    delta = change.delta.decode()
    if change.expected == 0:
        if cursor.execute(_BEAR, content).rowcount == 1:
            cursor.execute(_FIRST_LINE, (cursor.lastrowid, change.schema, batch, delta))
            return
    elif cursor.execute(_CHANGE, (*content, change.expected)).rowcount == 1:
        cursor.execute(_LINE, (batch, delta, change.kind, change.id))
        return
    raise ConflictError(change.kind, change.id, change.expected)


def enter_rows(cursor: sqlite3.Cursor, rows: Rows, batch: int) -> None:
    """Enter facts into their table, which has all their columns."""
    if not rows.columns:
        return
    width = len(rows.columns) + 1
    names = "".join(f', "{name}"' for name in rows.columns)
    insert = f"INSERT INTO {fact_table(rows.table)} (batch${names}) VALUES "
    one = f"(?{', ?' * len(rows.columns)})"
    # Many rows a statement: a statement for each would be slower.
    many = max(1, min(_ROWS_AT_ONCE, _VARIABLES // width))
    cells = chain.from_iterable(zip(repeat(batch), *rows.columns.values()))
    if groups := len(rows) // many:
        full = islice(zip(*[cells] * (width * many), strict=False), groups)
        cursor.executemany(insert + ", ".join([one] * many), full)
    cursor.executemany(insert + one, zip(*[cells] * width, strict=True))


_BEAR: Final = """
    INSERT INTO crm_record (version, schema, keys, data, kind, id) VALUES (1, ?, ?, ?, ?, ?)
    ON CONFLICT (kind, id) DO NOTHING
"""
_CHANGE: Final = """
    UPDATE crm_record SET version = version + 1, schema = ?, keys = ?, data = ?
    WHERE kind = ? AND id = ? AND version = ?
"""
_FIRST_LINE: Final = """
    INSERT INTO crm_journal (record, version, schema, batch, delta) VALUES (?, 1, ?, ?, ?)
"""
_LINE: Final = """
    INSERT INTO crm_journal (record, version, schema, batch, delta)
    SELECT number, version, schema, ?, ? FROM crm_record WHERE kind = ? AND id = ?
"""
