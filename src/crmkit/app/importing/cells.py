"""Columns of cells, read as one: each distinct cell once, refused ones marked in their places.

Law: the quick ways answer as the slow way does, or leave the cells to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from enum import Enum, auto
from itertools import repeat
from operator import floordiv, sub
from typing import Final, TypeAlias, TypeVar, cast
from zoneinfo import ZoneInfo

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import FactColumn, decimals_of, from_micros

from .parsing import coins_in, read_money


Read: TypeAlias = Callable[[object], object]
"""What reads one cell, or raises InvalidValueError."""

K = TypeVar("K")
V = TypeVar("V")

_REMEMBERED: Final = 100_000
_SHORT: Final = 100  # no id is refused for its length below this
_DAY: Final = 86_400_000_000  # microseconds
_EPOCH: Final = datetime(1970, 1, 1)
_MICROSECOND: Final = timedelta(microseconds=1)


class Form(Enum):
    """How the cells of a column come."""

    TEXT = auto()  # text; what is empty, or None, is not known
    PLAIN = auto()  # values of one hashable type, or None
    WALL = auto()  # times without a zone, as whole microseconds since 1970, or None
    INSTANT = auto()  # instants, as whole microseconds since 1970 in UTC, or None
    OBJECTS = auto()  # anything


@attrs.frozen
class Cells:
    """Some cells of one column.

    Attributes:
        values: The cells, in the order of rows.
        form: How they come.
    """

    values: Sequence[object]
    form: Form = Form.TEXT

    def loose(self) -> Iterator[object]:
        """Yield the cells one by one, times as datetimes."""
        return map(self.loosened, self.values)

    def loosened(self, value: object) -> object:
        """Return one of the cells, a time as a datetime."""
        if isinstance(value, int) and self.form is Form.WALL:
            return _EPOCH + timedelta(microseconds=value)
        if isinstance(value, int) and self.form is Form.INSTANT:
            return from_micros(value)
        return value


@attrs.frozen(eq=False)
class Refusal:
    """What stands in the place of a cell that was refused.

    Attributes:
        value: The cell.
        reason: What it breaks, and the way out.
    """

    value: object
    reason: str


class CellReader:
    """Reads the cells of one column.

    Attributes:
        has_refused: Whether it has ever refused a cell.
    """

    def __init__(self, read: Read) -> None:
        self._read = read
        self._known = _Memory(self.one)
        self.has_refused = False

    def __call__(self, cells: Cells) -> Sequence[object]:
        """Return the value of each cell, a `Refusal` where one was refused."""
        if cells.form in (Form.TEXT, Form.PLAIN):
            return list(map(self._known.__getitem__, cells.values))
        # Equal times may be different instants, equal objects of different types.
        return list(map(self.one, cells.loose()))

    def one(self, cell: object) -> object:
        """Return the value of one cell."""
        try:
            return self._read(cell)
        except InvalidValueError as error:
            self.has_refused = True
            return Refusal(cell, reason_of(error))


class TextReader(CellReader):
    """Reads a column of text: printable cells, none of them empty, are what they are."""

    def __call__(self, cells: Cells) -> Sequence[object]:
        values = cells.values
        filled = cells.form is Form.TEXT and values and all(values)
        if filled and self._is_plain(cast("Sequence[str]", values)):
            return values
        return super().__call__(cells)

    def _is_plain(self, texts: Sequence[str]) -> bool:
        """Tell whether the texts surely are what the slow way would make of them."""
        return "".join(texts).isprintable()


class IdReader(TextReader):
    """Reads a column of ids: short printable cells without any blank are what they are."""

    def _is_plain(self, texts: Sequence[str]) -> bool:
        joined = "".join(texts)
        return joined.isprintable() and " " not in joined and max(map(len, texts)) <= _SHORT


class TimeReader(CellReader):
    """Reads a column of instants as whole microseconds since 1970 in UTC.

    Times without a zone are read all at once, and put into UTC by what the clocks of the zone were
    ahead of it on each day; the days on which clocks were moved are read the slow way.

    Args:
        read: The slow way.
        zone: Where a time without a zone was told; None where nobody said.
        iso: Whether text is written as in ISO 8601.
    """

    def __init__(self, read: Read, zone: ZoneInfo | None, *, iso: bool) -> None:
        super().__init__(read)
        self._ahead: _Memory[int, int | None] = _Memory(lambda day: _ahead(zone, day))
        self._iso = iso

    def __call__(self, cells: Cells) -> Sequence[object]:
        walls: Sequence[int] = ()
        if cells.values and all(
            cells.values
        ):  # the first instant of 1970 may go the slow way, with the empty ones
            if cells.form is Form.INSTANT:
                return cells.values
            walls = self._walls(cells)
        return self._instants(walls, cells) if walls else super().__call__(cells)

    def _walls(self, cells: Cells) -> Sequence[int]:
        """Return what the clocks showed, in microseconds since 1970; nothing where some did not."""
        if cells.form is Form.WALL:
            return cast("Sequence[int]", cells.values)
        texts = cast("Sequence[str]", cells.values)
        # Days come again and again: it is quicker to remember them.
        if cells.form is not Form.TEXT or not self._iso or len(texts[0]) <= len("2026-03-01"):
            return ()
        try:
            since = map(sub, map(datetime.fromisoformat, texts), repeat(_EPOCH))
            return list(map(floordiv, since, repeat(_MICROSECOND)))
        except (TypeError, ValueError):
            return ()

    def _instants(self, walls: Sequence[int], cells: Cells) -> Sequence[object]:
        first, last = min(walls) // _DAY, max(walls) // _DAY
        ahead, slow, loosened = self._ahead, self._known, cells.loosened
        if last - first < len(walls):
            offsets = {ahead[day] for day in range(first, last + 1)}
            if len(offsets) == 1 and (offset := offsets.pop()) is not None:
                return [wall - offset for wall in walls]
        return [
            slow[loosened(cell)] if (offset := ahead[wall // _DAY]) is None else wall - offset
            for wall, cell in zip(walls, cells.values, strict=True)
        ]


class MoneyReader:
    """Reads a column of amounts as whole smallest coins of each row's currency."""

    def __init__(self, column: FactColumn) -> None:
        self._column = column
        self._columns: dict[str, CellReader] = {}

    @property
    def has_refused(self) -> bool:
        """Whether it has ever refused a cell."""
        return any(column.has_refused for column in self._columns.values())

    def __call__(self, cells: Cells, currencies: str | Sequence[object]) -> Sequence[object]:
        """Return the coins of each cell; where the currency was refused, None."""
        if isinstance(currencies, str):
            return self._in(currencies)(cells)
        if len(kinds := set(currencies)) == 1 and isinstance(currency := kinds.pop(), str):
            return self._in(currency)(cells)
        return [
            self._in(currency).one(cell) if isinstance(currency, str) else None
            for cell, currency in zip(cells.loose(), currencies, strict=True)
        ]

    def _in(self, currency: str) -> CellReader:
        if currency not in self._columns:
            self._columns[currency] = CellReader(self._reading(currency))
        return self._columns[currency]

    def _reading(self, currency: str) -> Read:
        decimals, column = decimals_of(currency), self._column
        bounded = column.low is not None or column.high is not None

        def read(cell: object) -> object:
            if isinstance(cell, str) and not bounded:
                coins = coins_in(cell, decimals)
                if coins is not None:
                    return coins
            return column.store(None if cell in (None, "") else read_money(cell, currency))

        return read


def reason_of(error: InvalidValueError) -> str:
    """Return what a value breaks, and the way out."""
    return f"{error.rule}; {error.way_out}" if error.way_out else error.rule


class _Memory(dict[K, V]):
    """Every cell worked out so far, up to a bound."""

    def __init__(self, work_out: Callable[[K], V]) -> None:
        super().__init__()
        self._work_out = work_out

    def __missing__(self, cell: K) -> V:
        if len(self) >= _REMEMBERED:
            self.clear()
        value = self[cell] = self._work_out(cell)
        return value


def _ahead(zone: ZoneInfo | None, day: int) -> int | None:
    """Return how far clocks were ahead of UTC throughout a day since 1970, in microseconds.

    None where nobody said which clocks, or where they were moved on that day.
    """
    start = _EPOCH + timedelta(days=day)
    # In the first and last year, UTC may be beyond what a datetime holds.
    if zone is None or start.year in (1, 9999):
        return None
    # Clocks moved during the day stand otherwise at one of these hours, in one of the folds: of no
    # zone is it known that they were moved back within six hours.
    offsets = {
        (start + timedelta(hours=hour)).replace(tzinfo=zone, fold=fold).utcoffset()
        for hour in (0, 6, 12, 18, 24)
        for fold in (0, 1)
    }
    offset = offsets.pop()
    return None if offsets or offset is None else offset // _MICROSECOND
