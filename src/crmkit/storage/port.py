"""The port: six verbs that any store must have, and the plain values that cross it.

Law: a commit is whole or nothing; payloads are bytes, so that nothing is shared by accident.

A commit stores the new *state* of each record (one row each, found by its keys), one *journal*
line per record version, and *facts*: rows in bulk without versions.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, NewType, Protocol, cast

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    FrozenMap,
    Scalar,
    checked_actor,
    checked_id,
    checked_name,
    instant,
    key_value,
)

from .changes import DELETED, check_line, difference, fields_of
from .query import Query, Where, check_scalar


Position = NewType("Position", str)
"""A place in the feed of entries; opaque: only the store that gave it can read it."""

START: Final = Position("")
"""The place before the first entry."""

_EVERY: Final = 20  # every twentieth line of a record's journal is whole
_PART: Final = 2_000
_CELLS: Final = frozenset({str, int, float, type(None)})


def _frozen(keys: Mapping[str, Scalar]) -> FrozenMap[str, Scalar]:
    return keys if isinstance(keys, FrozenMap) else FrozenMap(keys)


def _columns(columns: Mapping[str, Sequence[Scalar]]) -> FrozenMap[str, Sequence[Scalar]]:
    for name, column in columns.items():
        if isinstance(column, str | bytes):
            raise InvalidValueError(name, column, "must be a sequence of values, one per row")
    return FrozenMap({name: tuple(column) for name, column in columns.items()})


@attrs.frozen
class Record:
    """The present state of one record, as stored.

    Attributes:
        kind: Its kind: `complaint`.
        id: Unique among its kind.
        version: 1 when it was born, one more for every change.
        schema: The version of the stored form.
        data: The record as JSON.
    """

    kind: str
    id: str
    version: int
    schema: int
    data: bytes


@attrs.frozen(kw_only=True)
class Change:
    """One new version of one record; `Change.of` makes it.

    Attributes:
        kind: Its kind.
        id: Unique among its kind.
        expected: The version it was made from; 0 means that the record must never have existed.
        schema: The version of the stored form.
        data: The record as JSON; None deletes it, and keeps its history.
        delta: The journal's line, kept unread: what changed since the version before.
        keys: The values by which the store finds it.

    Raises:
        InvalidValueError: If a name or a key's value is unfit, the version negative, the data no
            JSON object in UTF-8, or the delta no line of a journal.
    """

    kind: str
    id: str
    expected: int
    schema: int = 1
    data: bytes | None
    delta: bytes
    keys: Mapping[str, Scalar] = attrs.field(default=FrozenMap(), converter=_frozen)

    def __attrs_post_init__(self) -> None:
        checked_name(self.kind)
        checked_id(self.id)
        if self.expected < 0:
            raise InvalidValueError("expected", self.expected, "must be a version, or 0 for new")
        _check_payload(self.data, self.delta)
        _check_names(tuple(self.keys))
        for name, value in self.keys.items():
            check_scalar(value, name)

    @classmethod
    def of(
        cls,
        kind: str,
        id: str,
        data: bytes | None,
        *,
        before: Record | None = None,
        expected: int | None = None,
        schema: int = 1,
        keys: Mapping[str, Scalar] | None = None,
    ) -> Change:
        """Make the change from one version of a record to the next.

        Args:
            kind: The record's kind.
            id: The record's id.
            data: The new version as JSON; None to delete.
            before: The version it was made from; None for a birth, or to bring back what was
                deleted.
            expected: The version it was made from where `before` cannot tell: that of the deletion.
            schema: The version of the stored form.
            keys: The values by which the store finds it.

        Examples:
            >>> change = Change.of("note", "N-1", b'{"text":"hello"}')
            >>> change.expected, change.delta
            (0, b'{"text":"hello"}')
        """
        version = before.version if before else expected or 0
        alike = before is not None and before.schema == schema and (version + 1) % _EVERY
        return cls(
            kind=kind,
            id=id,
            expected=version,
            schema=schema,
            data=data,
            delta=difference(before.data if before and alike else None, data),
            keys=keys or {},
        )


@attrs.frozen
class Rows:
    """Facts for one table, column by column.

    Attributes:
        table: The table's name.
        columns: For each column its values, one per row; columns left out are empty.

    Raises:
        InvalidValueError: If a name is unfit, the columns differ in length, or a value is not
            text, a 64-bit whole number, a finite number or None.

    Examples:
        >>> len(Rows("orders", {"customer_id": ["C-1", "C-2"], "amount": [1999, 500]}))
        2
    """

    table: str
    columns: Mapping[str, Sequence[Scalar]] = attrs.field(converter=_columns)

    def __attrs_post_init__(self) -> None:
        checked_name(self.table)
        lengths = {checked_name(name): len(column) for name, column in self.columns.items()}
        if len(set(lengths.values())) > 1:
            raise InvalidValueError("columns", lengths, "must all be of one length")
        for name, column in self.columns.items():
            # In parts: what was just looked at lies near at hand for the next look.
            for start in range(0, len(column), _PART):
                _check_cells(name, column[start : start + _PART])

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))


def _changes(changes: Iterable[Change]) -> tuple[Change, ...]:
    return tuple(changes)


def _all_rows(rows: Iterable[Rows]) -> tuple[Rows, ...]:
    return tuple(rows)


@attrs.frozen(kw_only=True)
class Batch:
    """What is stored together or not at all.

    Attributes:
        id: Stored once: a second batch of the same id changes nothing.
        at: When.
        actor: Who.
        changes: New versions, in order; one record may change more than once.
        rows: Facts.

    Raises:
        InvalidValueError: If the id is unfit, the time naive, or nobody acts.
    """

    id: str
    at: datetime
    actor: str
    changes: tuple[Change, ...] = attrs.field(default=(), converter=_changes)
    rows: tuple[Rows, ...] = attrs.field(default=(), converter=_all_rows)

    def __attrs_post_init__(self) -> None:
        checked_id(self.id)
        instant(self.at)
        checked_actor(self.actor, "actor")
        key_value(self.actor, "actor")


@attrs.frozen(kw_only=True)
class Entry:
    """One line of the journal: one version of one record.

    Attributes:
        position: Its place in the feed.
        batch: The batch that brought it.
        at: When, in UTC.
        actor: Who.
        kind: The record's kind.
        id: The record's id.
        version: The version that it made.
        schema: The version of the stored form.
        delta: What changed since the version before; `crmkit.storage.versions` reads it.
    """

    position: Position
    batch: str
    at: datetime
    actor: str
    kind: str
    id: str
    version: int
    schema: int
    delta: bytes

    @property
    def is_deletion(self) -> bool:
        """Whether it deleted the record."""
        return self.delta == DELETED


class FactSource(Protocol):
    """Where facts are read from: a store, a folder of files, the embedder's own table."""

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
    """

    def load(self, kind: str, ids: Collection[str]) -> Mapping[str, Record]:
        """Return the present state of those records that exist, by id."""
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


@lru_cache(maxsize=256)
def _check_names(names: tuple[str, ...]) -> None:
    # Remembered, because the records of one kind bear the same keys.
    for name in names:
        checked_name(name)


def _check_payload(data: bytes | None, delta: bytes) -> None:
    if data is not None:
        fields_of(data)
    if delta is not data:
        check_line(delta)
    if (data is None) != (delta == DELETED):
        rule = "must delete the record exactly where there are no data"
        raise InvalidValueError("delta", delta[:80], rule, "make it by Change.of")


def _check_cells(name: str, column: Sequence[Scalar]) -> None:
    types = set(map(type, column))
    if not types <= _CELLS:
        # The rare case may be slow: an enumeration or a NumPy number, say which.
        wrong = next(value for value in column if type(value) not in _CELLS)
        raise InvalidValueError(name, wrong, "must be text, a number or None", "convert it first")
    if types == {str} and "".join(cast("Sequence[str]", column)).isprintable():
        return  # the usual column, at a glance
    for value in column if float in types else ():
        if isinstance(value, float) and not math.isfinite(value):
            raise InvalidValueError(name, value, "must be finite")
    if int in types:
        whole = [v for v in column if type(v) is int] if len(types) > 1 else cast("Any", column)
        for value in (min(whole), max(whole)):
            key_value(value, name)
    for value in column if str in types else ():
        if isinstance(value, str) and not value.isprintable():
            key_value(value, name)
