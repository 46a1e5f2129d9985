"""The port: six verbs that any store must have.

Law: a commit is whole or nothing.

A commit stores the new *state* of each record (one row each, found by its keys), one *journal*
line per record version, and *facts*: rows in bulk without versions.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from crmkit.kernel import Scalar

from .batch import START, Batch, Entry, Position, Record
from .query import Query, Where


class FactSource(Protocol):
    """Where facts are read from: a store, a folder of files, the embedder's own table.

    Examples:
        >>> class NothingYet:
        ...     def scan(self, table, columns, *, where=(), block=100_000):
        ...         yield from ()
        >>> source: FactSource = NothingYet()
        >>> list(source.scan("orders", ["amount"]))
        []
    """

    def scan(
        self,
        table: str,
        columns: Collection[str],
        *,
        where: Iterable[Where] = (),
        block: int = 100_000,
    ) -> Iterator[Mapping[str, Sequence[Scalar]]]:
        """Yield the rows stored before the call, in their order, in blocks of columns.

        A table that nobody has written yet is empty; so is a column in rows without it.

        Args:
            table: The table's name.
            columns: The columns wanted, at least one.
            where: Conditions over any columns, all of which must hold.
            block: How many rows at most are yielded at once.

        Raises:
            InvalidValueError: If the table has no such column, or an argument is unfit.
        """
        ...


class Store(FactSource, Protocol):
    """Where records are kept. Six verbs, nothing else, are asked of a store.

    One that can be closed, by a `close()` without arguments, raises `StorageError` from then on.

    Examples:
        >>> from crmkit.storage import MemoryStore
        >>> store: Store = MemoryStore()
        >>> store.load("note", ["N-1"]), store.entries()
        ({}, ())
    """

    def load(self, kind: str, ids: Collection[str]) -> Mapping[str, Record]:
        """Return the present state of those records that exist, by id.

        Raises:
            InvalidValueError: If no kind can be called so.
        """
        ...

    def find(self, query: Query) -> Sequence[Record]:
        """Return one page of the records that match, in total order.

        Raises:
            InvalidValueError: If records of the kind have no such key.
        """
        ...

    def commit(self, batch: Batch) -> bool:
        """Store a batch, whole; return False when a batch of its id was stored before.

        Raises:
            ConflictError: If a record is not at the version expected; nothing is stored.
            StorageError: If the store failed; nothing is stored.
        """
        ...

    def entries(
        self,
        after: Position = START,
        *,
        kind: str | None = None,
        id: str | None = None,
        limit: int = 1000,
    ) -> Sequence[Entry]:
        """Return the next lines of the journal, in the order of commit.

        Args:
            after: The last line that was read before.
            kind: Only lines of this kind; None for all.
            id: Only lines of records with this id; None for all.
            limit: How many lines at most.

        Raises:
            InvalidValueError: If the store never gave such a position, or an argument is unfit.
        """
        ...

    def redact(self, kind: str, id: str, fields: Collection[str]) -> int:
        """Take the values of fields out of a record's state, keys and every line of its journal.

        What was text or anything else then reads as `crmkit.kernel.REDACTED`; a key is empty. The
        version stays. Fields that the record never had are passed over.

        Args:
            kind: The record's kind.
            id: Which record.
            fields: Which. A store knows nothing of records: that one can be read afterwards is
                certain of the fields that its codec lists as `personal`, and of no others.
                `crmkit.app.RecordHistory.redact` takes only those.

        Returns:
            How many journal lines were changed.

        Raises:
            StorageError: If the store failed, or could not yet wipe what it took out.
        """
        ...
