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
        >>> from crmkit.storage import holds
        >>> class OwnTable:
        ...     rows = ({"customer_id": "C-1", "amount": 1999}, {"customer_id": "C-2", "amount": 5})
        ...     def scan(self, table, columns, *, where=(), block=100_000):
        ...         asked = tuple(where)
        ...         met = [row for row in self.rows if all(holds(one, row) for one in asked)]
        ...         for start in range(0, len(met), block):
        ...             part = met[start : start + block]
        ...             yield {name: [row[name] for row in part] for name in columns}
        >>> source: FactSource = OwnTable()
        >>> list(source.scan("orders", ["customer_id"], where=[("amount", ">", 1000)]))
        [{'customer_id': ['C-1']}]
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
        >>> from datetime import UTC, datetime
        >>> from crmkit.storage import Change, MemoryStore
        >>> store: Store = MemoryStore()
        >>> nine = datetime(2026, 3, 2, 9, tzinfo=UTC)
        >>> birth = Change.of("note", "N-1", b'{"text":"hello"}', keys={"stage": "open"})
        >>> batch = Batch(id="B-1", at=nine, actor="ann", changes=(birth,))
        >>> store.commit(batch), store.commit(batch)
        (True, False)
        >>> [note.version for note in store.find(Query("note", where=(("stage", "=", "open"),)))]
        [1]
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


class TendedStore(Store, Protocol):
    """A store that can also let go of what it need not keep: for compaction and erasure.

    Both of our stores can. A store of six verbs serves for everything else.

    Examples:
        >>> from datetime import UTC, datetime
        >>> from crmkit.storage import Batch, MemoryStore, Rows
        >>> store: TendedStore = MemoryStore()
        >>> rows = Rows("answers", {"customer_id": ["C-7"], "comment": ["rude"]})
        >>> nine = datetime(2026, 3, 2, 9, tzinfo=UTC)
        >>> store.commit(Batch(id="B-1", at=nine, actor="ann", rows=(rows,)))
        True
        >>> store.blank("answers", ["comment"], where=[("customer_id", "=", "C-7")])
        1
        >>> list(store.scan("answers", ["customer_id", "comment"]))
        [{'customer_id': ['C-7'], 'comment': [None]}]
    """

    def forget(self, kind: str, id: str, before: int) -> int:
        """Let go of the content of a record's versions below one; that one is kept whole.

        Who made them, and when, stays; so does a deletion, which has no content. The present
        version cannot be forgotten.

        Returns:
            How many versions lost their content.

        Raises:
            InvalidValueError: If the record has no such version.
            StorageError: If the store failed; nothing is changed.
        """
        ...

    def blank(self, table: str, columns: Collection[str], *, where: Iterable[Where]) -> int:
        """Empty columns of facts in the rows where all conditions hold, for good.

        Returns:
            How many rows held one of the values.

        Raises:
            InvalidValueError: If the table has no such column.
            StorageError: If the store failed, or could not yet wipe what it took out.
        """
        ...
