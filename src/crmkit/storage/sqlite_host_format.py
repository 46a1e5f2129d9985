"""Our tables in the file of a host: how they are known, made and refused.

Law: the file is the host's. Tables of ours stand beside his own; no mark, page or mode of his file
is changed; names that are taken are refused, not shared.
"""

from __future__ import annotations

import sqlite3
from typing import Final

from crmkit.errors import StorageError

from .sqlite_connections import Statements
from .sqlite_format import APPLICATION, FORMAT, TABLES, check_format


OWNER: Final = "crmkit"
"""What stands in `crm_format`, so that no table of another program is taken for ours."""

FORMAT_TABLE: Final = """
    CREATE TABLE crm_format (
        format INTEGER NOT NULL, -- the version of the stored form
        owner TEXT NOT NULL
    )
"""

_NAMES: Final = ", ".join(f"'{table.split()[2]}'" for table in (*TABLES, FORMAT_TABLE))
_IS_OURS: Final = f"""
    (lower(name) IN ({_NAMES})
    OR lower(name) GLOB 'crm_fact_*' OR lower(name) GLOB 'crm_key$*')
"""
# One statement, because it is asked before every other: the host may undo what was made.
_KNOWN: Final = f"""
    SELECT format, owner, (SELECT count(*) FROM temp.sqlite_master WHERE {_IS_OURS})
    FROM main.crm_format
"""
_TAKEN: Final = f"""
    SELECT name FROM main.sqlite_master WHERE {_IS_OURS} AND ?
    UNION ALL SELECT name || ' (temporary)' FROM temp.sqlite_master WHERE {_IS_OURS}
    ORDER BY name
"""
_FILE: Final = "SELECT file FROM pragma_database_list WHERE name = 'main'"


def file_of(statements: Statements) -> str:
    """Return the file of a connection; `:memory:` where it has none."""
    (file,) = statements.execute(_FILE).fetchone()
    return str(file or ":memory:")


def is_ours(statements: Statements) -> bool:
    """Tell whether our tables are there; False where they may be made.

    Raises:
        StorageError: If they cannot be there, or a later crmkit made them.
        sqlite3.Error: If SQLite fails.
    """
    try:
        found = statements.execute(_KNOWN).fetchall()
    except sqlite3.OperationalError as error:
        if "no such" not in str(error):
            raise
        return _is_our_file(statements)  # no such table, or a column that is not there
    if [row[1:] for row in found] == [(OWNER, 0)] and type(found[0][0]) is int:
        check_format(found[0][0], file_of(statements))
        return True
    _check_free(statements, main=False)
    problem = "its crm_format is not as crmkit made it, or the connection converts what it reads"
    way_out = "give a connection without converters for INTEGER and TEXT, or another file"
    raise StorageError(file_of(statements), problem, way_out)


def make_ours(statements: Statements) -> None:
    """Make our tables, inside the transaction that is open."""
    for table in (*TABLES, FORMAT_TABLE):
        statements.execute(table)
    statements.execute("INSERT INTO crm_format (format, owner) VALUES (?, ?)", (FORMAT, OWNER))


def _is_our_file(statements: Statements) -> bool:
    """Tell whether the whole file is one of ours, made by its path."""
    (application,) = statements.execute("PRAGMA main.application_id").fetchone()
    is_whole = application == APPLICATION
    _check_free(statements, main=not is_whole)
    if is_whole:
        (version,) = statements.execute("PRAGMA main.user_version").fetchone()
        check_format(version, file_of(statements))
        return True
    (encoding,) = statements.execute("PRAGMA main.encoding").fetchone()
    if encoding != "UTF-8":
        problem = f"its text is kept in {encoding}, in which text does not sort by code point"
        raise StorageError(file_of(statements), problem, "give a file in UTF-8")
    return False


def _check_free(statements: Statements, *, main: bool) -> None:
    taken = [name for (name,) in statements.execute(_TAKEN, (main,))]
    if taken:
        problem = f"it has {', '.join(taken)}, which crmkit did not make"
        raise StorageError(file_of(statements), problem, "rename them, or give another file")
