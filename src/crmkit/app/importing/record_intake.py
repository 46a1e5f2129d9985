"""Records from rows: each row a birth, each id once.

Law: an id that is taken, in the file or in the store, is a refused row and no crash; what an
earlier import of the same name brought is neither refused nor stored again.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any, Final, Generic, TypeVar

from crmkit.app.unit import Identified, UnitOfWork
from crmkit.errors import ConflictError, InvalidValueError
from crmkit.kernel import Codec, FrozenMap
from crmkit.storage import Store

from .cells import CellReader, Refusal, reason_of
from .intake import EMPTY, Entered, Entrance, unread
from .outcome import Rejected
from .source import Chunk


R = TypeVar("R", bound=Identified)


class RecordIntake(Generic[R]):
    """Records: each row is a birth.

    Args:
        office: Where batches are stored, and on whose behalf.
        store: Where it is asked which ids are taken.
        codec: How the records are stored.
        columns: For each field what reads its cells.
        chosen: For each field the source's column.
        needed: Fields that no row may leave empty.
        bear: Makes a record of a row's values; fields that are empty are left out.
        renamed: What the record calls a field, where that is another name; the field.
    """

    block: Final = 5_000

    def __init__(
        self,
        office: Entrance,
        store: Store,
        codec: Codec[R],
        columns: Mapping[str, CellReader],
        chosen: Mapping[str, str],
        *,
        needed: Sequence[str],
        bear: Callable[[dict[str, Any]], R],
        renamed: Mapping[str, str] = FrozenMap(),
    ) -> None:
        self._office = office
        self._store = store
        self._codec = codec
        self._columns = {name: columns[name] for name in chosen}
        self._chosen = chosen
        self._needed = needed
        self._bear = bear
        self._renamed = renamed
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

    def settle(self, batch: str) -> Entered:
        """Leave out what is in the store."""
        there = self._store.load(self._codec.kind, [record.id for _, record in self._born])
        return self._leave_out(there, batch)

    def enter(self, batch: str, *, whole: bool) -> Entered:
        """Store what waits as one batch."""
        settled = self.settle(batch)
        while self._born and not (whole and settled.rejected):
            count = len(self._born)
            try:
                stored = self._office.enter(batch, self._add)
            except ConflictError:
                # Deleted records keep their ids, and others may be quicker.
                more = self._leave_out(self._once_there(), batch)
                if len(self._born) == count:
                    raise
                settled = settled + more
                continue
            more = Entered(records=count) if stored else self._seen_before(batch)
            self._born = []
            return settled + more
        return settled

    def _take(self, row: int, values: dict[str, object]) -> list[Rejected]:
        faults = [
            self._rejected(row, name, value.value, value.reason)
            for name, value in values.items()
            if isinstance(value, Refusal)
        ]
        faults += [
            self._rejected(row, name, None, EMPTY) for name in self._needed if values[name] is None
        ]
        if faults:
            return faults
        try:
            record = self._bear({k: value for k, value in values.items() if value is not None})
        except InvalidValueError as error:
            field = self._renamed.get(error.name, error.name)
            return [self._rejected(row, field, error.value, reason_of(error))]
        if record.id in self._row_of:
            reason = f"stands in row {self._row_of[record.id]} already"
            return [self._rejected(row, "id", record.id, reason)]
        self._row_of[record.id] = row
        self._born.append((row, record))
        return []

    def _add(self, unit: UnitOfWork) -> None:
        for _, record in self._born:
            unit.add(self._codec, record)

    def _once_there(self) -> set[str]:
        return {record.id for _, record in self._born if self._birth(record.id) is not None}

    def _birth(self, id: str) -> str | None:
        """Return the batch in which a record was born."""
        entries = self._store.entries(kind=self._codec.kind, id=id, limit=1)
        return entries[0].batch if entries else None

    def _leave_out(self, there: Container[str], batch: str) -> Entered:
        """Leave out records whose ids are taken; those that this batch brought are stored."""
        taken = [(row, record.id) for row, record in self._born if record.id in there]
        self._born = [(row, record) for row, record in self._born if record.id not in there]
        foreign = [(row, id) for row, id in taken if self._birth(id) != batch]
        reason = "exists already, or did once; give another id"
        rejected = tuple(self._rejected(row, "id", id, reason) for row, id in foreign)
        return Entered(already=len(taken) - len(foreign), rejected=rejected)

    def _seen_before(self, batch: str) -> Entered:
        """Tell what became of rows whose batch had been stored before."""
        if "id" not in self._chosen:
            return Entered(already=len(self._born))
        entered = self._leave_out(self._once_there(), batch)
        reason = f"was not yet there when {batch!r} was stored; import it under another name"
        late = tuple(self._rejected(row, "id", record.id, reason) for row, record in self._born)
        return entered + Entered(rejected=late)

    def _rejected(self, row: int, field: str, value: object, reason: str) -> Rejected:
        return Rejected(row, field, value, reason, self._chosen.get(field, ""))
