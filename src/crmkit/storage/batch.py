"""What crosses the port: records, changes, facts and journal lines, as plain values.

Law: a value that could not be stored, or read back, is not made; payloads are bytes, so that
nothing is shared by accident.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final, NewType

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

from .cells import check_column, frozen_columns
from .changes import DELETED, FORGOTTEN, Differences, check_line, difference, fields_of
from .query import check_scalar


Position = NewType("Position", str)
"""A place in the feed of entries; opaque: only the store that gave it can read it."""

START: Final = Position("")
"""The place before the first entry."""

_LARGEST: Final = 100_000_000  # bytes of one record: well below what SQLite takes, 10⁹
_KEEP_OUTSIDE: Final = "keep large content in a file, and its name in the record"
_EVERY: Final = 20  # every twentieth line of a record's journal is whole


def _frozen(keys: Mapping[str, Scalar]) -> FrozenMap[str, Scalar]:
    return keys if isinstance(keys, FrozenMap) else FrozenMap(keys)


@attrs.frozen
class Record:
    """The present state of one record, as stored.

    Attributes:
        kind: Its kind: `complaint`.
        id: Unique among its kind.
        version: 1 when it was born, one more for every change.
        schema: The version of the stored form.
        data: The record as JSON.

    Examples:
        >>> note = Record("note", "N-1", version=1, schema=1, data=b'{"text":"hello"}')
        >>> Change.of("note", "N-1", b'{"text":"bye"}', before=note).expected
        1
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
            JSON object in UTF-8 or of more than 100 MB, or the delta no line of a journal.

    Examples:
        >>> Change.of("note", "N-1", b'{"text":"hello"}', keys={"stage": "open"}).expected
        0
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

        Raises:
            InvalidValueError: If an argument is unfit, as for the class.

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
    columns: Mapping[str, Sequence[Scalar]] = attrs.field(converter=frozen_columns)

    def __attrs_post_init__(self) -> None:
        checked_name(self.table)
        lengths = {checked_name(name): len(column) for name, column in self.columns.items()}
        if len(set(lengths.values())) > 1:
            raise InvalidValueError("columns", lengths, "must all be of one length")
        for name, column in self.columns.items():
            check_column(name, column)

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
        at: When; any aware datetime.
        actor: Who.
        changes: New versions, in order; one record may change more than once.
        rows: Facts.

    Raises:
        InvalidValueError: If the id is unfit, the time naive, or nobody acts.

    Examples:
        >>> from datetime import UTC
        >>> order = Rows("orders", {"customer_id": ["C-1"], "amount": [1999]})
        >>> nine = datetime(2026, 3, 2, 9, tzinfo=UTC)
        >>> len(Batch(id="B-1", at=nine, actor="ann", rows=(order,)).rows)
        1
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

    Examples:
        >>> from crmkit.app import CRM
        >>> from crmkit.storage import MemoryStore
        >>> store = MemoryStore()
        >>> li = CRM(store, actor="ann").customers.add_person(id="C-7", name="Li Wei")
        >>> [(entry.kind, entry.id, entry.version, entry.actor) for entry in store.entries()]
        [('customer', 'C-7', 1, 'ann')]
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

    @property
    def is_forgotten(self) -> bool:
        """Whether the content of this version was let go."""
        return self.delta == FORGOTTEN

    @property
    def differences(self) -> Differences:
        """What it says, read: new values, what was appended, what is gone.

        Raises:
            StorageError: If it is no line of a journal.
        """
        return Differences.of(self.delta)


@lru_cache(maxsize=256)
def _check_names(names: tuple[str, ...]) -> None:
    # Remembered, because the records of one kind bear the same keys.
    for name in names:
        checked_name(name)


def _check_payload(data: bytes | None, delta: bytes) -> None:
    for name, payload in (("data", data), ("delta", delta)):
        if payload is not None and len(payload) > _LARGEST:
            # The value would be in the message: its size says more.
            rule = f"must be at most {_LARGEST:,} bytes"
            raise InvalidValueError(name, f"{len(payload):,} bytes", rule, _KEEP_OUTSIDE)
    if data is not None:
        fields_of(data)
    if delta is not data:
        check_line(delta)
    if (data is None) != (delta in (DELETED, FORGOTTEN)):
        rule = "must delete the record exactly where there are no data"
        raise InvalidValueError("delta", delta[:80], rule, "make it by Change.of")
