"""What an import keeps of the rows it reads, and how it enters the store.

Law: what the desks would refuse is refused here, with the same words; a row that cannot be stored
never keeps the others out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import compress
from typing import Final, Protocol
from zoneinfo import ZoneInfo

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import FactColumn, FactTable, FactType, Scalar, decimals_of

from .cells import Column, IdColumn, MoneyColumn, Refusal, TextColumn, TimeColumn, reason_of
from .desk import Office
from .outcome import WHOLE_ROW, Rejected
from .parsing import read_number, read_text, read_time, read_whole
from .reading import Chunk
from .unit import UnitOfWork


CURRENCY: Final = "currency"
EMPTY: Final = "must not be empty"


class Entrance(Office, Protocol):
    """An office that stores a batch under a name."""

    def enter(self, batch: str, act: Callable[[UnitOfWork], object]) -> bool:
        """Save what `act` does as the batch of that id; False where there was one before."""
        ...


@attrs.frozen
class Entered:
    """What became of the rows that waited.

    Attributes:
        records: How many were stored.
        already: How many had been stored by an earlier import of the same name.
        rejected: Why others were not.
    """

    records: int = 0
    already: int = 0
    rejected: tuple[Rejected, ...] = ()

    def __add__(self, other: Entered) -> Entered:
        return Entered(
            self.records + other.records,
            self.already + other.already,
            self.rejected + other.rejected,
        )


class Intake(Protocol):
    """Takes rows in, and enters them into the store."""

    @property
    def block(self) -> int:
        """How many rows make a batch."""
        ...

    @property
    def waiting(self) -> int:
        """How many rows wait to be stored."""
        ...

    def take(self, chunk: Chunk) -> list[Rejected]:
        """Read rows; keep the good ones waiting, say what is wrong with the others."""
        ...

    def settle(self, batch: str) -> Entered:
        """Leave out what the store would refuse."""
        ...

    def enter(self, batch: str, *, whole: bool) -> Entered:
        """Store what waits as one batch; `whole`: all of it, or nothing."""
        ...


class FactIntake:
    """Facts: columns in, columns out.

    Args:
        office: Where batches are stored, and on whose behalf.
        table: The table of facts.
        chosen: For each field the source's column.
        zone: Where times without a zone were told.
        currency: Of amounts that name none; None where the source must name it.
        time_format: How times are written; None for ISO 8601.
    """

    block: Final = 50_000

    def __init__(
        self,
        office: Entrance,
        table: FactTable,
        chosen: Mapping[str, str],
        *,
        zone: ZoneInfo | None,
        currency: str | None = None,
        time_format: str | None = None,
    ) -> None:
        self._office = office
        self._table = table
        self._chosen = chosen
        self._currency = currency
        columns = [column for column in table.columns if column.name in chosen]
        self._money = {c.name: MoneyColumn(c) for c in columns if c.type is FactType.MONEY}
        self._others = {
            column.name: _column(column, zone, currency, time_format)
            for column in columns
            if column.type is not FactType.MONEY
        }
        self._kept: dict[str, list[Scalar]] = {}
        self._has_entered = False

    @property
    def waiting(self) -> int:
        """How many rows wait to be stored."""
        return len(next(iter(self._kept.values()), ()))

    def take(self, chunk: Chunk) -> list[Rejected]:
        """Read rows; keep the good ones waiting, say what is wrong with the others."""
        read = {name: column(chunk.cells[name]) for name, column in self._others.items()}
        for name, column in self._money.items():
            read[name] = column(chunk.cells[name], read.get(CURRENCY, self._currency or ()))
        rejected = [*unread(chunk), *self._refused(chunk, read), *self._unfilled(chunk, read)]
        if rejected:
            bad = {one.row for one in rejected}
            good = [row not in bad for row in chunk.rows]
            read = {name: list(compress(values, good)) for name, values in read.items()}
        for name, values in read.items():
            self._kept.setdefault(name, []).extend(values)  # type: ignore[arg-type]  # as stored
        return rejected

    def settle(self, batch: str) -> Entered:
        """Nothing in a store stands against a fact."""
        return Entered()

    def enter(self, batch: str, *, whole: bool) -> Entered:
        """Store what waits as one batch."""
        count, columns = self.waiting, self._kept
        self._kept = {}
        if not count:
            return Entered()
        if self._money and CURRENCY not in columns:
            columns[CURRENCY] = [self._currency] * count
        if not self._has_entered:
            # Once is enough for the store to know every column of the table.
            columns = {name: columns.get(name, [None] * count) for name in self._table.names}
            self._has_entered = True
        stored = self._office.enter(batch, lambda unit: unit.state(self._table, columns))
        return Entered(records=count) if stored else Entered(already=count)

    def _refused(self, chunk: Chunk, read: Mapping[str, Sequence[object]]) -> list[Rejected]:
        columns: Mapping[str, Column | MoneyColumn] = {**self._others, **self._money}
        return [
            Rejected(chunk.rows[place], name, value.value, value.reason, self._chosen[name])
            for name, column in columns.items()
            if column.has_refused
            for place, value in enumerate(read[name])
            if isinstance(value, Refusal)
        ]

    def _unfilled(self, chunk: Chunk, read: Mapping[str, Sequence[object]]) -> list[Rejected]:
        """Say which rows fill none of the columns of which they must fill one."""
        asked = [read[name] for name in self._table.one_of if name in read]
        if not asked or not all(None in values for values in asked):
            return []
        error = self._table.unfilled
        return [
            Rejected(row, error.name, None, reason_of(error))
            for row, values in zip(chunk.rows, zip(*asked, strict=True), strict=True)
            if all(value is None for value in values)
        ]


def _column(
    column: FactColumn, zone: ZoneInfo | None, currency: str | None, time_format: str | None
) -> Column:
    """Return what reads a column of facts, but money."""
    name, store = column.name, column.store
    if name == CURRENCY:
        return Column(lambda cell: store(_currency(cell, currency)))
    match column.type:
        case FactType.TIME:
            return TimeColumn(
                lambda cell: store(read_time(name, cell, zone, time_format)),
                zone,
                iso=time_format is None,
            )
        case FactType.WHOLE:
            return Column(lambda cell: store(read_whole(cell)))
        case FactType.NUMBER:
            return Column(lambda cell: store(read_number(cell)))
        case FactType.TEXT:
            return TextColumn(lambda cell: store(read_text(name, cell)))
        case _:
            return IdColumn(lambda cell: store(read_text(name, cell)))


def _currency(cell: object, default: str | None) -> object:
    code = read_text(CURRENCY, cell) or default
    if code is None:
        raise InvalidValueError(CURRENCY, cell, EMPTY, "fill it, or give currency=")
    decimals_of(str(code))
    return code


def unread(chunk: Chunk) -> list[Rejected]:
    return [Rejected(one.row, WHOLE_ROW, one.value, one.reason) for one in chunk.unread]
