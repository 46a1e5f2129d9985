"""Which keys and which columns of facts a SQLite file knows, and how new ones are declared.

Law: what is remembered has been committed; what somebody else declared is found by looking again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from .batch import Batch
from .sqlite_connections import Statements
from .sqlite_terms import key_operand


_NO_NAMES: Final[frozenset[str]] = frozenset()


class Catalogue:
    """The keys of each kind and the columns of each table, as far as they have been met."""

    def __init__(self) -> None:
        self._keys: dict[str, frozenset[str]] = {}
        self._columns: dict[str, frozenset[str]] = {}

    def declare(self, connection: Statements, batch: Batch) -> None:
        """Make the indexes, tables and columns that a batch needs, inside its transaction."""
        for change in batch.changes:
            known = self._keys.get(change.kind, _NO_NAMES)
            for name in change.keys:
                if name not in known:
                    connection.execute(_index(change.kind, name))
        for rows in batch.rows:
            if not rows.columns.keys() <= self._columns.get(rows.table, _NO_NAMES):
                _widen(connection, rows.table, rows.columns)

    def remember(self, batch: Batch) -> None:
        """Take note of what a batch declared, once it is committed."""
        for change in batch.changes:
            self._keys[change.kind] = self._keys.get(change.kind, _NO_NAMES).union(change.keys)
        for rows in batch.rows:
            known = self._columns.get(rows.table, _NO_NAMES)
            self._columns[rows.table] = known.union(rows.columns)

    def forget(self) -> None:
        """Forget all, where the file became another."""
        self._keys.clear()
        self._columns.clear()

    def keys(self, connection: Statements, kind: str, wanted: Iterable[str]) -> frozenset[str]:
        """Return the keys of a kind; looks again when one that is wanted is not known."""
        if not self._keys.get(kind, _NO_NAMES).issuperset(wanted):
            prefix = _index_name(kind, "")
            found = connection.execute(_KEYS_OF, (len(prefix) + 1, len(prefix), prefix)).fetchall()
            self._keys[kind] = frozenset(name for (name,) in found)
        return self._keys.get(kind, _NO_NAMES)

    def columns(self, connection: Statements, table: str, wanted: Iterable[str]) -> frozenset[str]:
        """Return the columns of a table; looks again when one that is wanted is not known."""
        if not self._columns.get(table, _NO_NAMES).issuperset(wanted):
            self._columns[table] = _columns_of(connection, table)
        return self._columns.get(table, _NO_NAMES)


class FreshCatalogue(Catalogue):
    """A catalogue that looks every time: a host may undo, later, what was declared and returned."""

    def declare(self, connection: Statements, batch: Batch) -> None:
        seen = Catalogue()
        for change in batch.changes:
            seen.keys(connection, change.kind, change.keys)
        seen.declare(connection, batch)

    def remember(self, batch: Batch) -> None:
        """Nothing is remembered."""

    def keys(self, connection: Statements, kind: str, wanted: Iterable[str]) -> frozenset[str]:
        return Catalogue().keys(connection, kind, wanted)

    def columns(self, connection: Statements, table: str, wanted: Iterable[str]) -> frozenset[str]:
        return Catalogue().columns(connection, table, wanted)


def fact_table(table: str) -> str:
    """Return what a table of facts is called in the file."""
    return f"crm_fact_{table}"


def _index_name(kind: str, key: str) -> str:
    return f"crm_key${kind}${key}"


def _index(kind: str, key: str) -> str:
    # The kind and the path stand as literals: so the planner can tell that the index applies.
    return f"""
        CREATE INDEX IF NOT EXISTS {_index_name(kind, key)}
        ON crm_record ({key_operand(key).sql}, id)
        WHERE kind = '{kind}' AND data IS NOT NULL
    """


def _columns_of(connection: Statements, table: str) -> frozenset[str]:
    found = connection.execute(_COLUMNS_OF, (fact_table(table),)).fetchall()
    return frozenset(name for (name,) in found if "$" not in name)


def _widen(connection: Statements, table: str, columns: Collection[str]) -> None:
    """Make a table of facts, or add the columns that it lacks.

    Columns have no type: a value is stored, compared and returned as it was given.
    """
    known = _columns_of(connection, table)
    fresh = [f'"{name}"' for name in columns if name not in known]
    if known:
        for column in fresh:
            connection.execute(f"ALTER TABLE {fact_table(table)} ADD COLUMN {column}")
    else:
        connection.execute(_NEW_TABLE.format(fact_table(table), ", ".join(fresh)))


_KEYS_OF: Final = """
    SELECT substr(name, ?) FROM sqlite_master WHERE type = 'index' AND substr(name, 1, ?) = ?
"""
# Of our own file: another that is attached may have a table of the same name.
_COLUMNS_OF: Final = "SELECT name FROM pragma_table_info(?, 'main')"
_NEW_TABLE: Final = """
    CREATE TABLE {} (
        row$ INTEGER PRIMARY KEY,
        batch$ INTEGER NOT NULL REFERENCES crm_batch (number),
        {}
    )
"""
