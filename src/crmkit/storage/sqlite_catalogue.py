"""Which keys and which columns of facts a SQLite file knows, and how new ones are declared.

Law: what is remembered has been committed, and holds for one version of the file's schema; what
somebody else declared is found by looking again.

Source: SQLite, "PRAGMA schema_version"; "Online Backup API", by which the version goes up too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

import attrs

from .batch import Batch
from .sqlite_connections import Statements
from .sqlite_terms import key_operand


_NO_NAMES: Final[frozenset[str]] = frozenset()


@attrs.frozen
class Seen:
    """What a file was seen to have while its schema was of one version."""

    version: int
    keys: dict[str, frozenset[str]] = attrs.Factory(dict)
    columns: dict[str, frozenset[str]] = attrs.Factory(dict)

    def with_names_of(self, batch: Batch, version: int) -> Seen:
        """Return it with the names that a batch has, at another version."""
        keys, columns = dict(self.keys), dict(self.columns)
        for change in batch.changes:
            keys[change.kind] = keys.get(change.kind, _NO_NAMES).union(change.keys)
        for rows in batch.rows:
            columns[rows.table] = columns.get(rows.table, _NO_NAMES).union(rows.columns)
        return Seen(version, keys, columns)


class Catalogue:
    """The keys of each kind and the columns of each table, as far as they have been met."""

    def __init__(self) -> None:
        self._seen = Seen(-1)

    def declare(self, connection: Statements, batch: Batch) -> Seen:
        """Make the indexes, tables and columns that a batch needs, inside its transaction.

        Returns:
            What the file has once that is committed.
        """
        seen, lacked = self._now(connection), False
        for change in batch.changes:
            known = seen.keys.get(change.kind, _NO_NAMES)
            for name in change.keys:
                if name not in known:
                    connection.execute(_index(change.kind, name))
                    lacked = True
        for rows in batch.rows:
            if not rows.columns.keys() <= seen.columns.get(rows.table, _NO_NAMES):
                _widen(connection, rows.table, rows.columns)
                lacked = True
        return seen.with_names_of(batch, _schema_version(connection)) if lacked else seen

    def remember(self, seen: Seen) -> None:
        """Take note of what a batch declared, once it is committed."""
        self._seen = seen

    def keys(self, connection: Statements, kind: str, wanted: Iterable[str]) -> frozenset[str]:
        """Return the keys of a kind; looks again when one that is wanted is not known."""
        seen = self._now(connection)
        if not seen.keys.get(kind, _NO_NAMES).issuperset(wanted):
            prefix = _index_name(kind, "")
            found = connection.execute(_KEYS_OF, (len(prefix) + 1, len(prefix), prefix)).fetchall()
            seen.keys[kind] = frozenset(name for (name,) in found)
        return seen.keys.get(kind, _NO_NAMES)

    def columns(self, connection: Statements, table: str, wanted: Iterable[str]) -> frozenset[str]:
        """Return the columns of a table; looks again when one that is wanted is not known."""
        seen = self._now(connection)
        if not seen.columns.get(table, _NO_NAMES).issuperset(wanted):
            seen.columns[table] = _columns_of(connection, table)
        return seen.columns.get(table, _NO_NAMES)

    def _now(self, connection: Statements) -> Seen:
        """Return what is remembered of the file as it is: nothing once its schema is another.

        Others may put a backup back, by which the file loses what it had; that, too, gives the
        schema a version that it never had.
        """
        version, seen = _schema_version(connection), self._seen
        if seen.version != version:
            seen = self._seen = Seen(version)
        return seen


class FreshCatalogue(Catalogue):
    """A catalogue that looks every time: a host may undo, later, what was declared and returned."""

    def declare(self, connection: Statements, batch: Batch) -> Seen:
        fresh = Catalogue()
        for change in batch.changes:
            fresh.keys(connection, change.kind, change.keys)
        return fresh.declare(connection, batch)

    def remember(self, seen: Seen) -> None:
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


def _schema_version(connection: Statements) -> int:
    version: int = connection.execute("PRAGMA main.schema_version").fetchone()[0]
    return version


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
