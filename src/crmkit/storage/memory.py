"""The reference store: all in this process, gone with it; what it answers, every store answers."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from operator import itemgetter
from typing import NamedTuple, TypeAlias

import attrs

from crmkit.errors import ConflictError, StorageError
from crmkit.kernel import Scalar, asked_id, checked_name, instant

from .batch import START, Batch, Change, Entry, Position, Record, Rows
from .changes import FORGOTTEN, redacted
from .history import forgotten
from .positions import check_given, number_of, position_of
from .query import Query, Where, check_count, check_known, checked_scan, holds


_Block: TypeAlias = Mapping[str, Sequence[Scalar]]
"""Some rows of a scan, column by column."""


@attrs.frozen
class _Held:
    """A record as held: its state is None while it is deleted."""

    version: int
    state: Record | None
    keys: Mapping[str, Scalar]


class _Line(NamedTuple):
    """An entry of the journal as held: written for every change, read seldom, so quick to make."""

    batch: str
    at: datetime
    actor: str
    kind: str
    id: str
    version: int
    schema: int
    delta: bytes


class _Table:
    """Facts of one table, column by column, all of one length; rows never change."""

    def __init__(self) -> None:
        self.columns: dict[str, list[Scalar]] = {}
        self.length = 0

    def add(self, rows: Rows) -> None:
        """Append rows; a column that they lack is empty there, one that is new is empty before."""
        for name in rows.columns:
            self.columns.setdefault(name, [None] * self.length)
        for name, column in self.columns.items():
            column.extend(rows.columns.get(name) or (None,) * len(rows))
        self.length += len(rows)

    def blocks(
        self, wanted: tuple[str, ...], where: tuple[Where, ...], length: int, block: int
    ) -> Iterator[_Block]:
        """Yield the columns wanted of the first rows, in blocks."""
        if not where:
            for start in range(0, length, block):
                stop = min(start + block, length)
                yield {name: self.columns[name][start:stop] for name in wanted}
            return
        rows = (row for row in range(length) if all(self._holds(one, row) for one in where))
        while part := tuple(islice(rows, block)):
            yield {name: [self.columns[name][row] for row in part] for name in wanted}

    def blank(self, wanted: tuple[str, ...], where: tuple[Where, ...]) -> int:
        """Empty columns in the rows where all conditions hold; return how many rows held some."""
        rows = [
            row
            for row in range(self.length)
            if all(self._holds(one, row) for one in where)
            and any(self.columns[name][row] is not None for name in wanted)
        ]
        for name in wanted if rows else ():
            for row in rows:
                self.columns[name][row] = None
        return len(rows)

    def _holds(self, condition: Where, row: int) -> bool:
        name = condition[0]
        return holds(condition, {name: self.columns[name][row]})


class MemoryStore:
    """A store in this process, for tests, notebooks and short-lived work.

    It may be used from many threads at once.

    Examples:
        >>> from datetime import UTC, datetime
        >>> store = MemoryStore()
        >>> birth = Change.of("note", "N-1", b'{"text":"hello"}')
        >>> store.commit(
        ...     Batch(id="B-1", at=datetime(2026, 3, 1, tzinfo=UTC), actor="ann", changes=(birth,))
        ... )
        True
        >>> store.load("note", ["N-1"])["N-1"].data
        b'{"text":"hello"}'
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._batches: set[str] = set()
        self._records: dict[str, dict[str, _Held]] = {}
        self._keys: dict[str, set[str]] = {}
        self._journal: list[_Line] = []
        # Where the lines of one record stand in the journal.
        self._lines: dict[tuple[str, str], list[int]] = {}
        self._tables: dict[str, _Table] = {}
        self._closed = False

    def close(self) -> None:
        """Close it: the store cannot be used any more, and what it held is gone."""
        with self._lock:
            self._closed = True

    def load(self, kind: str, ids: Collection[str]) -> Mapping[str, Record]:
        """Return the present state of those records that exist, by id.

        Raises:
            InvalidValueError: If no kind can be called so, or an id is no text.
        """
        checked_name(kind)
        found: dict[str, Record] = {}
        with self._lock:
            self._check_open()
            records = self._records.get(kind, {})
            for id in ids:
                held = records.get(asked_id(id))
                if held is not None and held.state is not None:
                    found[id] = held.state
        return found

    def find(self, query: Query) -> Sequence[Record]:
        """Return one page of the records that match, in total order.

        Raises:
            InvalidValueError: If records of the kind have no such key.
        """
        with self._lock:
            self._check_open()
            records = self._records.get(query.kind)
            if records is None:
                return ()
            check_known(query.keys, {"id", *self._keys[query.kind]}, "key", query.kind)
            admitted = [
                (query.place(id, held.keys), held.state)
                for id, held in records.items()
                if held.state is not None and query.admits(id, held.keys)
            ]
        admitted.sort(key=itemgetter(0))
        return tuple(state for _, state in admitted[: query.limit])

    def commit(self, batch: Batch) -> bool:
        """Store a batch, whole; return False when a batch of its id was stored before.

        Raises:
            ConflictError: If a record is not at the version expected; nothing is stored.
        """
        with self._lock:
            self._check_open()
            if batch.id in self._batches:
                return False
            made = self._made(batch.changes)
            # From here on nothing can fail.
            self._batches.add(batch.id)
            for (kind, id), held in made.items():
                self._records.setdefault(kind, {})[id] = held
            for change in batch.changes:
                self._enter(batch, change)
            for rows in batch.rows:
                if rows.columns:
                    self._tables.setdefault(rows.table, _Table()).add(rows)
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
        if id is not None:
            asked_id(id)
        with self._lock:
            self._check_open()
            check_given(after, len(self._journal))
            numbers: Iterable[int] = range(begin, len(self._journal))
            if kind is not None and id is not None:
                numbers = (number for number in self._lines.get((kind, id), ()) if number >= begin)
            lines = ((number, self._journal[number]) for number in numbers)
            found = (
                Entry(position=position_of(number + 1), **line._asdict())
                for number, line in lines
                if kind in (None, line.kind) and id in (None, line.id)
            )
            return tuple(islice(found, limit))

    def last_entry(self, kind: str, id: str) -> Entry | None:
        """Return the last line of a record's journal, without a look at the others.

        Examples:
            >>> store = MemoryStore()
            >>> store.last_entry("note", "N-1") is None
            True
        """
        with self._lock:
            self._check_open()
            numbers = self._lines.get((kind, id))
            if not numbers:
                return None
            line = self._journal[numbers[-1]]
            return Entry(position=position_of(numbers[-1] + 1), **line._asdict())

    def redact(self, kind: str, id: str, fields: Collection[str]) -> int:
        """Take the values of fields out of a record's state, keys and every line of its journal.

        Returns:
            How many journal lines were changed.
        """
        checked_name(kind)
        with self._lock:
            self._check_open()
            held = self._records.get(kind, {}).get(asked_id(id))
            if held is None:
                return 0
            keys = {name: None if name in fields else value for name, value in held.keys.items()}
            state = held.state and attrs.evolve(held.state, data=redacted(held.state.data, fields))
            self._records[kind][id] = _Held(held.version, state, keys)
            return sum(self._redact_line(number, fields) for number in self._lines[kind, id])

    def forget(self, kind: str, id: str, before: int) -> int:
        """Let go of the content of a record's versions below one; that one is kept whole.

        Returns:
            How many versions lost their content.

        Raises:
            InvalidValueError: If the record has no such version.
        """
        checked_name(kind)
        with self._lock:
            self._check_open()
            numbers = self._lines.get((kind, asked_id(id)), [])
            after = forgotten([self._journal[number].delta for number in numbers], before)
            for number, delta in after.items():
                line = self._journal[numbers[number]]
                self._journal[numbers[number]] = line._replace(delta=delta)
        return sum(delta == FORGOTTEN for delta in after.values())

    def blank(self, table: str, columns: Collection[str], *, where: Iterable[Where]) -> int:
        """Empty columns of facts in the rows where all conditions hold, for good.

        Returns:
            How many rows held one of the values.

        Raises:
            InvalidValueError: If the table has no such column.
        """
        wanted, conditions = checked_scan(table, columns, where, 1)
        with self._lock:
            self._check_open()
            held = self._tables.get(table, _Table())
            if held.columns:
                asked = (*wanted, *(name for name, _, _ in conditions))
                check_known(asked, held.columns, "column", table)
            return held.blank(wanted, conditions)

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
        with self._lock:
            self._check_open()
            held = self._tables.get(table, _Table())
            length = held.length
            if held.columns:
                asked = (*wanted, *(name for name, _, _ in conditions))
                check_known(asked, held.columns, "column", table)
        return self._while_open(held.blocks(wanted, conditions, length, block))

    def _check_open(self) -> None:
        if self._closed:
            raise StorageError("memory", "the store is closed", "open another one")

    def _while_open(self, blocks: Iterator[_Block]) -> Iterator[_Block]:
        for block in blocks:
            self._check_open()
            yield block

    def _made(self, changes: Iterable[Change]) -> dict[tuple[str, str], _Held]:
        """Return the records as the changes make them."""
        made: dict[tuple[str, str], _Held] = {}
        for change in changes:
            place = change.kind, change.id
            before = made.get(place) or self._records.get(change.kind, {}).get(change.id)
            if change.expected != (before.version if before else 0):
                raise ConflictError(change.kind, change.id, change.expected)
            version = change.expected + 1
            state = None
            if change.data is not None:
                state = Record(change.kind, change.id, version, change.schema, change.data)
            made[place] = _Held(version, state, change.keys)
        return made

    def _enter(self, batch: Batch, change: Change) -> None:
        """Write the journal's line of a change."""
        number = len(self._journal)
        self._keys.setdefault(change.kind, set()).update(change.keys)
        self._lines.setdefault((change.kind, change.id), []).append(number)
        at, version = instant(batch.at), change.expected + 1
        about = change.kind, change.id, version, change.schema, change.delta
        self._journal.append(_Line(batch.id, at, batch.actor, *about))

    def _redact_line(self, number: int, fields: Collection[str]) -> bool:
        """Take fields out of one line of the journal; tell whether it had them."""
        before = self._journal[number]
        after = before._replace(delta=redacted(before.delta, fields))
        self._journal[number] = after
        return after != before
