"""The store in one SQLite file.

Law: the batch's id is stored first, and a version is checked by the statement that changes it; so
nothing is read, compared and then written.

Every verb runs its statements on a connection lent for it; where the connection comes from and who
begins and ends the transaction is the business of `sqlite_connections` and `sqlite_joined` alone.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final, Self

import msgspec

from crmkit.kernel import Scalar, asked_id, checked_name, from_micros, to_micros

from .batch import START, Batch, Entry, Position, Record
from .positions import check_given, number_of, position_of
from .query import Query, Where, check_count, check_known, checked_scan
from .sqlite_catalogue import Catalogue, FreshCatalogue, fact_table
from .sqlite_connections import Connections, Lender
from .sqlite_entering import enter_change, enter_rows
from .sqlite_file import SQLiteFile
from .sqlite_joined import HostConnection
from .sqlite_letting_go import empty, let_go, take_out
from .sqlite_terms import Term, all_terms, column_operand, key_operand, page_term, term


_write: Final = msgspec.json.Encoder().encode
_FIVE_SECONDS: Final = timedelta(seconds=5)


class SQLiteStore(SQLiteFile):
    """A store in one SQLite file, for one machine: many threads and processes may share the file.

    Args:
        path: The file; made when there is none.
        durable: Whether a commit that returned survives a power cut (`synchronous = FULL`). If not
            (`NORMAL`), a power cut may lose the last commits, never tear one; a crash of the
            program loses nothing either way.
        busy_timeout: How long to wait for others who are writing.

    Raises:
        StorageError: If the file cannot be opened, is of another program, or newer than this
            library; nothing is written into it.
        InvalidValueError: If an argument is unfit.

    Examples:
        >>> from datetime import UTC, datetime
        >>> from tempfile import TemporaryDirectory
        >>> from crmkit.storage import Change
        >>> with TemporaryDirectory() as folder, SQLiteStore(Path(folder, "crm.db")) as store:
        ...     birth = Change.of("note", "N-1", b'{"text":"hello"}')
        ...     at = datetime(2026, 3, 1, tzinfo=UTC)
        ...     store.commit(Batch(id="B-1", at=at, actor="ann", changes=(birth,)))
        ...     store.load("note", ["N-1"])["N-1"].data
        True
        b'{"text":"hello"}'
    """

    def __init__(
        self, path: str | Path, *, durable: bool = True, busy_timeout: timedelta = _FIVE_SECONDS
    ) -> None:
        self._connections: Lender = Connections(path, durable=durable, busy_timeout=busy_timeout)
        self._catalogue = Catalogue()

    @classmethod
    def on(cls, connection: sqlite3.Connection | Callable[[], sqlite3.Connection]) -> Self:
        """Make a store on the connection of a host, inside whose transactions it works.

        What the host began only the host ends: see "Keep it inside your own transaction". In the
        host's file the store's tables, `crm_…`, are made beside his own at the first use.

        Args:
            connection: The host's; or a function that is asked for it at every use, and returns
                one that no other thread uses at the time.

        Raises:
            StorageError: If the file has other tables of these names, or newer ones.
            InvalidValueError: If it is no connection of Python's `sqlite3`.

        Examples:
            >>> import sqlite3
            >>> from crmkit.app import CRM
            >>> host = sqlite3.connect(":memory:")
            >>> crm = CRM(SQLiteStore.on(host), actor="ann")
            >>> crm.customers.add_person(id="C-7", name="Li Wei").name, host.in_transaction
            ('Li Wei', True)
            >>> host.rollback()
            >>> crm.customers.find()
            ()
            >>> host.close()
        """
        store = cls.__new__(cls)
        store._connections, store._catalogue = HostConnection(connection), FreshCatalogue()
        return store

    @contextmanager
    def turn(self) -> Iterator[SQLiteStore]:
        """Lend the store for a piece of work in which nobody else writes, and nobody is met.

        What the work commits is stored at its end; nothing of it where it raises. This store itself
        would wait in vain to write meanwhile. On a host's connection it is the store as it is.

        Raises:
            StorageError: If SQLite failed, or others wrote for too long.
        """
        if not isinstance(self._connections, Connections):
            yield self
            return
        with self._connections.writing() as connection, SQLiteStore.on(connection) as alone:
            yield alone

    def load(self, kind: str, ids: Collection[str]) -> Mapping[str, Record]:
        """Return the present state of those records that exist, by id.

        Raises:
            InvalidValueError: If no kind can be called so, or an id is no text.
        """
        checked_name(kind)
        # What cannot be printed is no id, and maybe no text that SQLite takes.
        asked = [id for id in map(asked_id, ids) if id]
        sql, wanted = (_LOAD_ONE, asked[0]) if len(asked) == 1 else (_LOAD, _text(asked))
        with self._connections.reading() as connection:
            found = connection.execute(sql, (kind, wanted)).fetchall()
        return {row[0]: Record(kind, *row) for row in found}

    def find(self, query: Query) -> Sequence[Record]:
        """Return one page of the records that match, in total order.

        Raises:
            InvalidValueError: If records of the kind have no such key.
        """
        sql, values = _page(query)
        with self._connections.reading() as connection:
            known = self._catalogue.keys(connection, query.kind, query.keys)
            if not known.issuperset(query.keys):
                if connection.execute(_ANY_OF, (query.kind,)).fetchone() is None:
                    return ()
                check_known(query.keys, known | {"id"}, "key", query.kind)
            found = connection.execute(sql, values).fetchall()
        return tuple(Record(query.kind, *row) for row in found)

    def commit(self, batch: Batch) -> bool:
        """Store a batch, whole; return False when a batch of its id was stored before.

        Raises:
            ConflictError: If a record is not at the version expected; nothing is stored.
            StorageError: If SQLite failed; nothing is stored, and the batch can be repeated.
        """
        # Its cursor is closed before another thread has the connection: what a cursor lets go of
        # later, it lets go of under the statement that runs there.
        with self._connections.writing() as connection, closing(connection.cursor()) as cursor:
            cursor.execute(_ENTER, (batch.id, to_micros(batch.at), batch.actor))
            if cursor.rowcount == 0:
                return False
            number = cursor.lastrowid
            assert number is not None
            declared = self._catalogue.declare(connection, batch)
            for change in batch.changes:
                enter_change(cursor, change, number)
            for rows in batch.rows:
                enter_rows(cursor, rows, number)
        self._catalogue.remember(declared)
        return True

    def entries(
        self,
        after: Position = START,
        *,
        kind: str | None = None,
        id: str | None = None,
        limit: int = 1000,
    ) -> Sequence[Entry]:
        """Return the next lines of the journal, in the order of commit.

        Raises:
            InvalidValueError: If the store never gave such a position, or an argument is unfit.
        """
        begin = number_of(after)
        check_count(limit, "limit")
        if kind is not None:
            checked_name(kind)
        given = {"kind": kind, "id": None if id is None else asked_id(id)}
        names = tuple(name for name, value in given.items() if value is not None)
        values = {**given, "after": begin, "limit": limit}
        with self._connections.reading() as connection:
            found = connection.execute(_ENTRIES[names], values).fetchall()
            if not found and begin:
                # A place beyond the last has nothing after it: who goes on is not held up.
                check_given(after, connection.execute(_LAST).fetchone()[0] or 0)
        return tuple(map(_entry, found))

    def last_entry(self, kind: str, id: str) -> Entry | None:
        """Return the last line of a record's journal, without a look at the others.

        Examples:
            >>> from tempfile import TemporaryDirectory
            >>> with TemporaryDirectory() as folder, SQLiteStore(f"{folder}/crm.db") as store:
            ...     store.last_entry("note", "N-1") is None
            True
        """
        with self._connections.reading() as connection:
            found = connection.execute(_LAST_ENTRY, {"kind": kind, "id": id}).fetchone()
        return None if found is None else _entry(found)

    def redact(self, kind: str, id: str, fields: Collection[str]) -> int:
        """Take the values of fields out of a record's state, keys and every line of its journal.

        The file, too, is wiped: pages are overwritten and the write-ahead log is emptied.

        Returns:
            How many journal lines were changed.

        Raises:
            StorageError: If SQLite failed, or somebody is reading, so that the log could not be
                emptied: the values are out of the records, and repeating it empties the log.
        """
        checked_name(kind)
        with self._connections.writing() as connection:
            changed = take_out(connection, kind, id, fields)
        self._connections.wipe()
        return changed

    def forget(self, kind: str, id: str, before: int) -> int:
        """Let go of the content of a record's versions below one; that one is kept whole.

        Returns:
            How many versions lost their content.

        Raises:
            InvalidValueError: If the record has no such version.
            StorageError: If SQLite failed; nothing is changed.
        """
        checked_name(kind)
        with self._connections.writing() as connection:
            return let_go(connection, kind, id, before)

    def blank(self, table: str, columns: Collection[str], *, where: Iterable[Where]) -> int:
        """Empty columns of facts in the rows where all conditions hold, for good; wipe the file.

        Returns:
            How many rows held one of the values.

        Raises:
            InvalidValueError: If the table has no such column.
            StorageError: If SQLite failed, or somebody is reading: as for `redact`.
        """
        wanted, conditions = checked_scan(table, columns, where, 1)
        asked = (*wanted, *(name for name, _, _ in conditions))
        with self._connections.writing() as connection:
            known = self._catalogue.columns(connection, table, asked)
            if not known:
                return 0
            check_known(asked, known, "column", table)
            changed = empty(connection, fact_table(table), wanted, conditions)
        self._connections.wipe()
        return changed

    def scan(
        self,
        table: str,
        columns: Collection[str],
        *,
        where: Iterable[Where] = (),
        block: int = 100_000,
    ) -> Iterator[Mapping[str, Sequence[Scalar]]]:
        """Yield the rows stored before the call, in their order, in blocks of columns.

        Raises:
            InvalidValueError: If the table has no such column, or an argument is unfit.
        """
        wanted, conditions = checked_scan(table, columns, where, block)
        asked = (*wanted, *(name for name, _, _ in conditions))
        with self._connections.reading() as connection:
            known = self._catalogue.columns(connection, table, asked)
            if not known:
                return iter(())
            check_known(asked, known, "column", table)
            newest = f"SELECT max(row$) FROM {fact_table(table)}"
            (last,) = connection.execute(newest).fetchone()
        return self._blocks(_rows(table, wanted, conditions), wanted, last or 0, block)

    def _blocks(
        self, rows: Term, wanted: tuple[str, ...], last: int, block: int
    ) -> Iterator[dict[str, Sequence[Scalar]]]:
        sql, values = rows
        after = 0
        while after < last:
            # No cursor stays open between two blocks: it would keep the log from being emptied.
            with self._connections.reading() as connection:
                found = connection.execute(sql, (after, last, *values, block)).fetchall()
            if not found:
                return
            numbers, *columns = zip(*found, strict=True)
            yield dict(zip(wanted, columns, strict=True))
            after = numbers[-1]


def _page(query: Query) -> Term:
    terms = [term(key_operand(condition[0]), condition) for condition in query.where]
    if query.after is not None:
        terms.append(page_term(query))
    where, values = all_terms(terms)
    order = "id" if query.order_by == "id" else f"{key_operand(query.order_by).sql}, id"
    return _PAGE.format(query.kind, where, order), (*values, query.limit)


def _rows(table: str, wanted: tuple[str, ...], conditions: Iterable[Where]) -> Term:
    where, values = all_terms(term(column_operand(one[0]), one) for one in conditions)
    columns = "".join(f", {column_operand(name).sql}" for name in wanted)
    return _ROWS.format(columns, fact_table(table), where), values


def _entry(row: tuple[int, str, int, str, str, str, int, int, bytes]) -> Entry:
    position, batch, at, actor, kind, id, version, schema, delta = row
    return Entry(
        position=position_of(position),
        batch=batch,
        at=from_micros(at),
        actor=actor,
        kind=kind,
        id=id,
        version=version,
        schema=schema,
        delta=delta,
    )


def _text(value: object) -> str:
    return _write(value).decode()


_STATE: Final = "SELECT id, version, schema, CAST(data AS BLOB) FROM crm_record"
_LOAD_ONE: Final = f"{_STATE} WHERE kind = ? AND id = ? AND data IS NOT NULL"
_LOAD: Final = f"""
    {_STATE}
    WHERE kind = ? AND id IN (SELECT value FROM json_each(?)) AND data IS NOT NULL
"""
# Untold, the planner takes a kind to be rare, and would sort all of it instead of using a key.
_PAGE: Final = f"""
    {_STATE}
    WHERE likelihood(kind = '{{}}', 0.5) AND data IS NOT NULL{{}} ORDER BY {{}} LIMIT ?
"""
_ANY_OF: Final = "SELECT 1 FROM crm_record WHERE kind = ? LIMIT 1"
_ENTER: Final = """
    INSERT INTO crm_batch (id, at, actor) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING
"""
_ROWS: Final = "SELECT row${} FROM {} WHERE row$ > ? AND row$ <= ?{} ORDER BY row$ LIMIT ?"

# CROSS JOIN holds SQLite to this order: the journal by position, not every record of a kind first.
_FEED: Final = """
    SELECT j.position, b.id, b.at, b.actor, r.kind, r.id, j.version, j.schema,
        CAST(j.delta AS BLOB)
    FROM crm_journal AS j
    CROSS JOIN crm_record AS r ON r.number = j.record
    CROSS JOIN crm_batch AS b ON b.number = j.batch
    WHERE j.position > :after
"""
_LAST: Final = "SELECT max(position) FROM crm_journal"
# The lines of one record stand together in the index by version, which is their order too.
_OF_ONE: Final = """
    SELECT j.position, b.id, b.at, b.actor, :kind, :id, j.version, j.schema,
        CAST(j.delta AS BLOB)
    FROM crm_journal AS j
    CROSS JOIN crm_batch AS b ON b.number = j.batch
    WHERE j.record = (SELECT number FROM crm_record WHERE kind = :kind AND id = :id)
"""
_LAST_ENTRY: Final = f"{_OF_ONE} ORDER BY j.version DESC LIMIT 1"
_ENTRIES: Final[Mapping[tuple[str, ...], str]] = {
    (): f"{_FEED} ORDER BY j.position LIMIT :limit",
    ("kind",): f"{_FEED} AND r.kind = :kind ORDER BY j.position LIMIT :limit",
    ("id",): f"{_FEED} AND r.id = :id ORDER BY j.position LIMIT :limit",
    ("kind", "id"): f"{_OF_ONE} AND j.position > :after ORDER BY j.version LIMIT :limit",
}
