"""Facts from rows: columns in, columns out.

Law: a fact enters as its table has it, whole, and a fact that was stored is not stored again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from itertools import compress
from typing import Final
from zoneinfo import ZoneInfo

from msgspec.json import encode

from crmkit.errors import InvalidValueError
from crmkit.kernel import FactColumn, FactTable, FactType, Scalar, decimals_of

from .blocks import ImportedBlock, Ledger
from .cells import CellReader, IdReader, MoneyReader, Refusal, TextReader, TimeReader, reason_of
from .intake import CURRENCY, EMPTY, Entered, unread
from .outcome import Rejected
from .parsing import read_number, read_text, read_time, read_whole
from .source import Chunk


class FactIntake:
    """Facts: columns in, columns out.

    Args:
        ledger: Where blocks are stored.
        table: The table of facts.
        chosen: For each field the source's column.
        zone: Where times without a zone were told.
        currency: Of amounts that name none; None where the source must name it.
        time_format: How times are written; None for ISO 8601.
    """

    block: Final = 50_000

    def __init__(
        self,
        ledger: Ledger,
        table: FactTable,
        chosen: Mapping[str, str],
        *,
        zone: ZoneInfo | None,
        currency: str | None = None,
        time_format: str | None = None,
    ) -> None:
        self._ledger = ledger
        self._table = table
        self._chosen = chosen
        self._currency = currency
        columns = [column for column in table.columns if column.name in chosen]
        self._money = {c.name: MoneyReader(c) for c in columns if c.type is FactType.MONEY}
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
        rejected += self._forbidden(chunk, read)
        if rejected:
            bad = {one.row for one in rejected}
            good = [row not in bad for row in chunk.rows]
            read = {name: list(compress(values, good)) for name, values in read.items()}
        for name, values in read.items():
            self._kept.setdefault(name, []).extend(values)  # type: ignore[arg-type]  # as stored
        return rejected

    def digest(self) -> str:
        """Return the mark of the rows that wait."""
        mark = blake2b(encode(self._currency), digest_size=16)
        for kept in sorted(self._kept.items()):
            mark.update(encode(kept))
        return mark.hexdigest()

    def settle(self) -> Entered:
        """Nothing in a store stands against a fact."""
        return Entered()

    def enter(self, block: ImportedBlock, *, whole: bool) -> Entered:
        """Store what waits as one block."""
        columns, self._kept = self._kept, {}
        if self._ledger.has(block):
            return Entered(already=block.rows)
        if self._money and CURRENCY not in columns:
            columns[CURRENCY] = [self._currency] * block.rows
        if not self._has_entered:
            # Once is enough for the store to know every column of the table.
            columns = {name: columns.get(name, [None] * block.rows) for name in self._table.names}
            self._has_entered = True
        stored = self._ledger.enter(block, lambda unit: unit.add_facts(self._table, columns))
        return Entered(records=block.rows) if stored else Entered(already=block.rows)

    def _refused(self, chunk: Chunk, read: Mapping[str, Sequence[object]]) -> list[Rejected]:
        columns: Mapping[str, CellReader | MoneyReader] = {**self._others, **self._money}
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

    def _forbidden(self, chunk: Chunk, read: Mapping[str, Sequence[object]]) -> list[Rejected]:
        """Say in which rows one column holds what another forbids."""
        return [
            Rejected(
                chunk.rows[place],
                limit.column,
                chunk.cells[limit.column].values[place],
                reason_of(limit.refusal(number)),
                self._chosen[limit.column],
            )
            for limit in self._table.limits
            if limit.column in read and limit.where in read
            for place, (number, said) in enumerate(
                zip(read[limit.column], read[limit.where], strict=True)
            )
            if limit.forbids(number, said)
        ]


def _column(
    column: FactColumn, zone: ZoneInfo | None, currency: str | None, time_format: str | None
) -> CellReader:
    """Return what reads a column of facts, but money."""
    name, store = column.name, column.store
    if column.allowed:
        return CellReader(lambda cell: store(read_text(name, cell)))
    if name == CURRENCY:
        return CellReader(lambda cell: store(_currency(cell, currency)))
    match column.type:
        case FactType.TIME:
            return TimeReader(
                lambda cell: store(read_time(name, cell, zone, time_format)),
                zone,
                iso=time_format is None,
            )
        case FactType.WHOLE:
            return CellReader(lambda cell: store(read_whole(cell)))
        case FactType.NUMBER:
            return CellReader(lambda cell: store(read_number(cell)))
        case FactType.TEXT:
            return TextReader(lambda cell: store(read_text(name, cell)))
        case _:
            return IdReader(lambda cell: store(read_text(name, cell)))


def _currency(cell: object, default: str | None) -> object:
    code = read_text(CURRENCY, cell) or default
    if code is None:
        raise InvalidValueError(CURRENCY, cell, EMPTY, "fill it, or give currency=")
    decimals_of(str(code))
    return code
