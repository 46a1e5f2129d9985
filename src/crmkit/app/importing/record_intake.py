"""Records from rows: each row a birth, each id once.

Law: an id that is taken, in the file or in the store, is a refused row and no crash; what an
earlier import of the same name brought is neither refused nor stored again.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from hashlib import blake2b
from typing import Any, Final, Generic, TypeVar

from msgspec.json import encode

from crmkit.app.unit import Identified, UnitOfWork
from crmkit.errors import ConflictError, InvalidValueError
from crmkit.kernel import Codec, FrozenMap
from crmkit.storage import Store

from .blocks import ImportedBlock, Ledger
from .cells import CellReader, Refusal, reason_of
from .intake import EMPTY, Entered, unread
from .outcome import Rejected
from .source import Chunk


R = TypeVar("R", bound=Identified)


class RecordIntake(Generic[R]):
    """Records: each row is a birth.

    Args:
        ledger: Where blocks are stored.
        store: Where it is asked which ids are taken.
        codec: How the records are stored.
        columns: For each field what reads its cells.
        chosen: For each field the source's column.
        needed: Fields that no row may leave empty.
        bear: Makes a record of a row's values; fields that are empty are left out.
        told: What a row is that does not say.
        stand_ins: For fields that the record cannot be without, something that would do: with it
            the other faults of a row are found.
        renamed: What the record calls a field, where that is another name; the field.
    """

    block: Final = 5_000

    def __init__(
        self,
        ledger: Ledger,
        store: Store,
        codec: Codec[R],
        columns: Mapping[str, CellReader],
        chosen: Mapping[str, str],
        *,
        needed: Sequence[str],
        bear: Callable[[dict[str, Any]], R],
        told: Mapping[str, object] = FrozenMap(),
        stand_ins: Mapping[str, object] = FrozenMap(),
        renamed: Mapping[str, str] = FrozenMap(),
    ) -> None:
        self._ledger = ledger
        self._store = store
        self._codec = codec
        self._columns = {name: columns[name] for name in chosen}
        self._chosen = chosen
        self._needed = needed
        self._bear = bear
        self._told = told
        self._stand_ins = stand_ins
        self._renamed = renamed
        self._mark = blake2b(digest_size=16)
        self._born: list[tuple[int, R]] = []
        self._row_of: dict[str, int] = {}

    @property
    def waiting(self) -> int:
        """How many rows wait to be stored."""
        return len(self._born)

    def take(self, chunk: Chunk) -> list[Rejected]:
        """Read rows; keep the good ones waiting, say what is wrong with the others."""
        read = [column(chunk.cells[name]) for name, column in self._columns.items()]
        rejected = unread(chunk)
        for row, values in zip(chunk.rows, zip(*read, strict=True), strict=True):
            rejected += self._take(row, dict(zip(self._columns, values, strict=True)))
        return rejected

    def digest(self) -> str:
        """Return the mark of the rows that wait."""
        return self._mark.hexdigest()

    def settle(self) -> Entered:
        """Leave out what is in the store."""
        there = self._store.load(self._codec.kind, [record.id for _, record in self._born])
        return self._leave_out(there)

    def enter(self, block: ImportedBlock, *, whole: bool) -> Entered:
        """Store what waits as one block."""
        self._mark = blake2b(digest_size=16)
        if self._ledger.has(block):
            return self._stored_before(block, self._born)
        born, settled = self._born, self.settle()
        while not (whole and settled.rejected):
            count = len(self._born)
            try:
                stored = self._ledger.enter(block, self._add)
            except ConflictError:
                # Deleted records keep their ids, and others may be quicker.
                more = self._leave_out(self._once_there())
                if len(self._born) == count:
                    raise
                settled = settled + more
                continue
            if not stored:
                break
            self._born = []
            return settled + Entered(records=count)
        # Somebody else may have brought the same rows in meanwhile.
        return self._stored_before(block, born) if self._ledger.has(block) else settled

    def _take(self, row: int, values: dict[str, object]) -> list[Rejected]:
        faults = [
            self._rejected(row, name, value.value, value.reason)
            for name, value in values.items()
            if isinstance(value, Refusal)
        ]
        faults += [
            self._rejected(row, name, None, EMPTY) for name in self._needed if values[name] is None
        ]
        told = {**self._told, **{name: value for name, value in values.items() if _is_sound(value)}}
        record = self._born_of(row, told, faults)
        if record is None:
            return faults
        if record.id in self._row_of:
            reason = f"stands in row {self._row_of[record.id]} already"
            return [self._rejected(row, "id", record.id, reason)]
        self._row_of[record.id] = row
        self._mark.update(encode(told))
        self._born.append((row, record))
        return []

    def _born_of(self, row: int, told: Mapping[str, object], faults: list[Rejected]) -> R | None:
        """Return a row's record, None with a fault; note every fault that the record finds.

        A record names the first of its faults only: what it refuses is left out, and it is asked
        again, with something that would do where it cannot be without.
        """
        left = {**self._stand_ins, **told} if faults else dict(told)
        while True:
            try:
                record = self._bear(dict(left))
                return None if faults else record
            except InvalidValueError as error:
                field = self._renamed.get(error.name, error.name)
                faults.append(self._rejected(row, field, error.value, reason_of(error)))
                if field not in told or left.get(field) != told[field]:
                    return None
                left = {**self._stand_ins, **left}
                if field in self._stand_ins:
                    left[field] = self._stand_ins[field]
                else:
                    del left[field]

    def _add(self, unit: UnitOfWork) -> None:
        for _, record in self._born:
            unit.add(self._codec, record)

    def _once_there(self) -> set[str]:
        return {record.id for _, record in self._born if self._birth(record.id) is not None}

    def _birth(self, id: str) -> str | None:
        """Return the batch in which a record was born."""
        entries = self._store.entries(kind=self._codec.kind, id=id, limit=1)
        return entries[0].batch if entries else None

    def _leave_out(self, there: Container[str]) -> Entered:
        """Leave out records whose ids are taken."""
        taken = [(row, record.id) for row, record in self._born if record.id in there]
        self._born = [(row, record) for row, record in self._born if record.id not in there]
        return Entered(rejected=self._taken(taken))

    def _stored_before(self, block: ImportedBlock, rows: Sequence[tuple[int, R]]) -> Entered:
        """Tell what became of the same rows when their block was stored."""
        self._born = []
        births = {record.id: self._birth(record.id) for _, record in rows}
        refused = [(row, r.id) for row, r in rows if births[r.id] not in (None, block.id)]
        return Entered(already=len(rows) - len(refused), rejected=self._taken(refused))

    def _taken(self, rows: Sequence[tuple[int, str]]) -> tuple[Rejected, ...]:
        reason = "exists already, or did once; give another id"
        return tuple(self._rejected(row, "id", id, reason) for row, id in rows)

    def _rejected(self, row: int, field: str, value: object, reason: str) -> Rejected:
        return Rejected(row, field, value, reason, self._chosen.get(field, ""))


def _is_sound(value: object) -> bool:
    return value is not None and not isinstance(value, Refusal)
