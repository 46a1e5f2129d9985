"""One batch in the making: reads see its own writes, and nothing is stored until it is committed.

Law: what was loaded is what is changed. A version that somebody else saved meanwhile is a conflict.
No version is dated before the one it was made from, where its trail does not see to that.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

import attrs

from crmkit.errors import ConflictError, InvalidValueError, NotFoundError
from crmkit.kernel import Codec, FactTable, Scalar, asked_id, instant
from crmkit.storage import (
    Batch,
    Change,
    Entry,
    Query,
    Record,
    Rows,
    Store,
    Where,
    holds,
    journal,
    last_line,
    versions,
)

from .scanning import stored_blocks


class Identified(Protocol):
    """A record that can be stored: it knows its id."""

    @property
    def id(self) -> str: ...


class Trailed(Identified, Protocol):
    """A record that a desk can keep: it knows what was done to it, too."""

    @property
    def trail(self) -> Sequence[object]: ...


R = TypeVar("R", bound=Identified)
S = TypeVar("S", bound=Trailed)


@attrs.frozen
class Changed:
    """One record that was saved.

    Attributes:
        kind: Its kind.
        id: Which.
        version: The version that was made.
        record: The record itself; None where it was deleted.
        is_as_it_was: Whether nothing was done to it: erasure stored it anew, or it was undeleted.

    Examples:
        >>> import crmkit
        >>> crm, told = crmkit.open(actor="ann"), []
        >>> end = crm.subscribe(told.append)
        >>> li = crm.customers.add_person(id="C-7", name="Li Wei")
        >>> (changed,) = told[0].changed
        >>> changed.kind, changed.id, changed.version, changed.record == li
        ('customer', 'C-7', 1, True)
    """

    kind: str
    id: str
    version: int
    record: object
    is_as_it_was: bool = False


@attrs.frozen
class Committed:
    """What one batch saved, as subscribers are told.

    Attributes:
        batch: The batch's id.
        at: When, in UTC.
        actor: Who.
        changed: The records, in the order in which they were saved.
        facts: For each table, how many facts were added.

    Examples:
        >>> import crmkit
        >>> from crmkit.kernel import Money
        >>> crm, told = crmkit.open(actor="ann"), []
        >>> end = crm.subscribe(told.append)
        >>> crm.orders.add(customer="C-7", amount=Money.of("19.99", "EUR"))
        >>> told[0].actor, told[0].changed, told[0].facts
        ('ann', (), {'orders': 1})
    """

    batch: str
    at: datetime
    actor: str
    changed: tuple[Changed, ...]
    facts: Mapping[str, int]


class UnitOfWork:
    """The records and facts that one batch will store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._loaded: dict[tuple[str, str], Record] = {}
        self._latest: dict[tuple[str, str], tuple[Record | None, Mapping[str, Scalar]]] = {}
        self._changes: list[Change] = []
        self._changed: list[Changed] = []
        self._rows: list[Rows] = []
        # Those whose trail does not tell of every version: when the last was, the journal knows.
        self._untold: set[tuple[str, str]] = set()

    def get(self, codec: Codec[R], id: str) -> R:
        """Return a record as it now stands.

        Raises:
            NotFoundError: If there is none, or it was deleted.
        """
        record = self.peek(codec, id)
        if record is None:
            raise self._missing(codec.kind, id)
        return record

    def peek(self, codec: Codec[R], id: str) -> R | None:
        """Return a record as it now stands; None where there is none."""
        record = self.peek_stored(codec, id)
        return None if record is None else codec.decode(record.data, record.schema)

    def peek_stored(self, codec: Codec[R], id: str) -> Record | None:
        """Return a record as it is stored, undecoded; None where there is none.

        As with `peek`, the version that is seen here is the one that the next is made from.
        """
        return self._present(codec.kind, id)

    def peek_all(self, codec: Codec[R], ids: Collection[str]) -> dict[str, R]:
        """Return those of some records that there are, as they now stand, by their ids."""
        kind, seen = codec.kind, self._latest.keys() | self._loaded.keys()
        unseen = [id for id in ids if (kind, id) not in seen]
        self._loaded.update({(kind, id): r for id, r in self._store.load(kind, unseen).items()})
        there = [id for id in ids if (kind, id) in self._latest or (kind, id) in self._loaded]
        found = {id: self.peek(codec, id) for id in there}
        return {id: record for id, record in found.items() if record is not None}

    def version(self, codec: Codec[R], id: str) -> int:
        """Return the number of a record's present version; 0 where there is none."""
        record = self._present(codec.kind, id)
        return 0 if record is None else record.version

    def acted_at(self, codec: Codec[R], ids: Collection[str]) -> dict[str, datetime]:
        """Return when something was last done to records that are stored, by their ids."""
        lines = ((id, last_line(self._store, kind=codec.kind, id=id)) for id in ids)
        return {id: line.at for id, line in lines if line is not None}

    def add(self, codec: Codec[R], record: R) -> R:
        """Store a record that was just born.

        Raises:
            ConflictError: If this unit has saved one of that id already.
        """
        if (codec.kind, record.id) in self._latest:
            raise ConflictError(codec.kind, record.id, 0)
        self._save(codec, record, None)
        return record

    def put(self, codec: Codec[S], record: S) -> S:
        """Store the next version of a record that `get` returned."""
        if len(record.trail) != self.replace(codec, record):
            self._untold.add((codec.kind, record.id))
        return record

    def replace(self, codec: Codec[R], record: R) -> int:
        """Store the next version of a record that keeps no trail; return its number.

        Raises:
            NotFoundError: If there is none.
        """
        before = self._present(codec.kind, record.id)
        if before is None:
            raise self._missing(codec.kind, record.id)
        self._save(codec, record, before)
        return before.version + 1

    def remove(self, codec: Codec[R], id: str) -> None:
        """Delete a record; its history stays.

        Raises:
            NotFoundError: If there is none.
        """
        before = self._present(codec.kind, id)
        if before is None:
            raise self._missing(codec.kind, id)
        self._keep(Change.of(codec.kind, id, None, before=before, schema=codec.schema), None, {})
        self._untold.add((codec.kind, id))

    def renew(self, codec: Codec[R], id: str) -> None:
        """Store a record once more as it is, or the same deletion.

        So whoever read it before, and would save what he read, meets a conflict.
        """
        held = self._present(codec.kind, id)
        if held is None:
            self._remove_again(codec, id)
            return
        record = codec.decode(held.data, held.schema)
        keys = codec.key_values(record)
        # The very bytes: what was taken out of them stays marked.
        again = Change.of(codec.kind, id, held.data, before=held, schema=held.schema, keys=keys)
        self._keep(again, record, keys)
        self._changed[-1] = attrs.evolve(self._changed[-1], is_as_it_was=True)
        self._untold.add((codec.kind, id))

    def _remove_again(self, codec: Codec[R], id: str) -> None:
        lines = journal(self._store, kind=codec.kind, id=id)
        last = max(line.version for line in lines if line.is_deletion)
        self._keep(Change.of(codec.kind, id, None, expected=last, schema=codec.schema), None, {})
        self._untold.add((codec.kind, id))

    def revive(self, codec: Codec[R], id: str) -> R:
        """Bring a deleted record back as it last was.

        Raises:
            NotFoundError: If there never was one, or its last version was let go.
            InvalidValueError: If it is not deleted.
        """
        if self._present(codec.kind, id) is not None:
            raise InvalidValueError("id", id, f"names a {codec.kind} that is not deleted")
        told = versions(journal(self._store, kind=codec.kind, id=id))
        past = [(one.data, one.entry.schema, one.entry.version) for one in told]
        own = (one for one in self._changes if (one.kind, one.id) == (codec.kind, id))
        past += [(one.data, one.schema, one.expected + 1) for one in own]
        alive = [(data, schema) for data, schema, _ in past if data is not None]
        if not alive:
            gone = "it was deleted, and what it said before was let go" if past else ""
            raise NotFoundError(codec.kind, id, gone)
        record = codec.decode(*alive[-1])
        self._save(codec, record, None, expected=past[-1][2])
        self._changed[-1] = attrs.evolve(self._changed[-1], is_as_it_was=True)
        self._untold.add((codec.kind, id))
        return record

    def find(self, codec: Codec[R], query: Query) -> tuple[R, ...]:
        """Return one page of records, those of this unit included.

        Raises:
            InvalidValueError: If records of the kind have no such key, with the nearest that is; or
                all that are stored are older than the key.
        """
        return tuple(codec.decode(r.data, r.schema) for r in self.find_stored(codec, query))

    def find_stored(self, codec: Codec[R], query: Query) -> tuple[Record, ...]:
        """Return the same page as it is stored, undecoded."""
        for name in query.keys:
            codec.checked_key(name)
        own = {id: value for (kind, id), value in self._latest.items() if kind == query.kind}
        wider = attrs.evolve(query, limit=query.limit + len(own))
        stored = [record for record in self._found(wider) if record.id not in own]
        if not own:
            return tuple(stored)
        keyed = ((codec.key_values(codec.decode(r.data, r.schema)), r) for r in stored)
        placed = [(query.place(record.id, keys), record) for keys, record in keyed]
        for id, (record, keys) in own.items():
            if record is not None and query.admits(id, keys):
                placed.append((query.place(id, keys), record))
        placed.sort(key=lambda pair: pair[0])
        return tuple(record for _, record in placed[: query.limit])

    def add_facts(self, table: FactTable, columns: Mapping[str, Sequence[Scalar]]) -> int:
        """Add facts, column by column as the store keeps them; return how many."""
        rows = Rows(table.name, columns)
        self._rows.append(rows)
        return len(rows)

    def scan(
        self, table: FactTable, columns: Collection[str] = (), *, where: Iterable[Where] = ()
    ) -> Iterator[Mapping[str, Sequence[Scalar]]]:
        """Yield the facts of a table in blocks, those of this unit last."""
        wanted = tuple(table.column(name).name for name in columns or table.names)
        conditions = tuple(where)
        for name, _, _ in conditions:
            table.column(name)
        yield from stored_blocks(self._store, table, wanted, where=conditions)
        for rows in [rows for rows in self._rows if rows.table == table.name]:
            empty = (None,) * len(rows)
            kept = [
                place
                for place in range(len(rows))
                if all(holds(c, {c[0]: rows.columns.get(c[0], empty)[place]}) for c in conditions)
            ]
            yield {
                name: [rows.columns.get(name, empty)[place] for place in kept] for name in wanted
            }

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to save."""
        return not self._changes and not self._rows

    def commit(self, id: str, at: datetime, actor: str) -> Committed | None:
        """Store all of it, or nothing; return what was saved.

        Returns:
            None where nothing was to save, or a batch of this id was saved before.

        Raises:
            InvalidValueError: If a record would be deleted, undeleted or restored, or changed
                after that, earlier than what was last done to it.
            ConflictError: If somebody else saved one of the records first.
            StorageError: If the store failed.
        """
        if self.is_empty:
            return None
        if self._untold:
            self._check_order(instant(at))
        batch = Batch(
            id=id, at=at, actor=actor, changes=tuple(self._changes), rows=tuple(self._rows)
        )
        if not self._store.commit(batch):
            return None
        facts: dict[str, int] = {}
        for rows in self._rows:
            facts[rows.table] = facts.get(rows.table, 0) + len(rows)
        return Committed(id, at, actor, tuple(self._changed), facts)

    def _check_order(self, at: datetime) -> None:
        """Refuse a time before that of the version which a record was changed from."""
        begun: dict[tuple[str, str], int] = {}
        for change in self._changes:
            begun.setdefault((change.kind, change.id), change.expected)
        for place in self._untold:
            line = last_line(self._store, kind=place[0], id=place[1])
            # What is born here has none; where somebody else saved meanwhile, the commit says so.
            if line is not None and line.version == begun[place]:
                check_time(line, at)

    def _found(self, query: Query) -> Sequence[Record]:
        try:
            return self._store.find(query)
        except InvalidValueError as error:
            if error.name != "key":
                raise
            # The codec knows it: the key is newer than all that is stored.
            rule = f"is a key that no stored {query.kind} has yet"
            way_out = f"bring them up to date: crm.upkeep.rewrite({query.kind!r})"
            raise InvalidValueError("key", error.value, rule, way_out) from None

    def _present(self, kind: str, id: str) -> Record | None:
        place = kind, asked_id(id)
        if place in self._latest:
            return self._latest[place][0]
        if place not in self._loaded:
            self._loaded.update({(kind, id): r for id, r in self._store.load(kind, [id]).items()})
        return self._loaded.get(place)

    def _save(
        self, codec: Codec[R], record: R, before: Record | None, *, expected: int | None = None
    ) -> None:
        keys = codec.key_values(record)
        change = Change.of(
            codec.kind,
            record.id,
            codec.encode_exactly(record),
            before=before,
            expected=expected,
            schema=codec.schema,
            keys=keys,
        )
        self._keep(change, record, keys)

    def _keep(self, change: Change, record: object, keys: Mapping[str, Scalar]) -> None:
        version = change.expected + 1
        data = change.data
        latest = data and Record(change.kind, change.id, version, change.schema, data)
        self._latest[change.kind, change.id] = latest or None, keys
        self._changes.append(change)
        self._changed.append(Changed(change.kind, change.id, version, record))

    def _missing(self, kind: str, id: str) -> NotFoundError:
        deleted = (kind, id) in self._latest or self._store.entries(kind=kind, id=id, limit=1)
        return NotFoundError(kind, id, "it was deleted: undelete it first" if deleted else "")


def check_time(line: Entry, at: datetime) -> None:
    """Refuse an act earlier than the one that a journal line tells of.

    Raises:
        InvalidValueError: If it is.
    """
    if at < line.at:
        last = f"the last act on {line.kind} {line.id!r}, at {line.at.isoformat()}"
        raise InvalidValueError("at", at, f"must not be earlier than {last}")
