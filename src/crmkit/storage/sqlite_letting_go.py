"""Values taken out of a SQLite file: fields of a record, old versions of it, columns of facts.

Law: what is taken out is gone from state, keys and every line of the journal, in one transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

import msgspec

from crmkit.kernel import Scalar, asked_id

from .changes import FORGOTTEN, redacted
from .history import forgotten
from .query import Where
from .sqlite_connections import Statements
from .sqlite_terms import all_terms, column_operand, term


_write: Final = msgspec.json.Encoder().encode


def take_out(connection: Statements, kind: str, id: str, fields: Collection[str]) -> int:
    """Take fields out of one record; return how many journal lines were changed."""
    held = connection.execute(_HELD, (kind, asked_id(id))).fetchone()
    if held is None:
        return 0
    number, data, keys = held
    state = data and redacted(data, fields).decode()
    connection.execute(_REPLACE, (state, _emptied(keys, fields), number))
    lines = connection.execute(_LINES, (number,)).fetchall()
    changed = [
        (line.decode(), position)
        for position, before in lines
        if (line := redacted(before, fields)) != before
    ]
    connection.executemany(_REPLACE_LINE, changed)
    return len(changed)


def let_go(connection: Statements, kind: str, id: str, before: int) -> int:
    """Forget versions of one record; return how many lost their content.

    Raises:
        InvalidValueError: If the record has no such version.
    """
    held = connection.execute(_HELD, (kind, asked_id(id))).fetchone()
    lines = connection.execute(_LINES, (held[0],)).fetchall() if held else []
    after = forgotten([delta for _, delta in lines], before)
    changed = [(delta.decode(), lines[place][0]) for place, delta in after.items()]
    connection.executemany(_REPLACE_LINE, changed)
    return sum(delta == FORGOTTEN for delta in after.values())


def empty(
    connection: Statements, table: str, columns: Collection[str], where: Iterable[Where]
) -> int:
    """Empty columns of facts; return how many rows held one of the values."""
    conditions, values = all_terms(term(column_operand(one[0]), one) for one in where)
    names = [column_operand(name).sql for name in columns]
    held = " OR ".join(f"{name} IS NOT NULL" for name in names)
    emptied = ", ".join(f"{name} = NULL" for name in names)
    statement = f"UPDATE {table} SET {emptied} WHERE ({held}){conditions}"
    return connection.execute(statement, values).rowcount


def _emptied(keys: bytes, fields: Collection[str]) -> str:
    held: dict[str, Scalar] = msgspec.json.decode(keys)
    left = {name: None if name in fields else value for name, value in held.items()}
    return _write(left).decode()


_HELD: Final = """
    SELECT number, CAST(data AS BLOB), CAST(keys AS BLOB) FROM crm_record
    WHERE kind = ? AND id = ?
"""
_LINES: Final = """
    SELECT position, CAST(delta AS BLOB) FROM crm_journal WHERE record = ? ORDER BY version
"""
_REPLACE: Final = "UPDATE crm_record SET data = ?, keys = ? WHERE number = ?"
_REPLACE_LINE: Final = "UPDATE crm_journal SET delta = ? WHERE position = ?"
