"""Columns of cells, read as one: each distinct cell once, refused ones marked in their places.

Law: the quick ways answer as the slow way does, or leave the cells to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from enum import Enum, auto
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
_UNEVEN: Final = -(2**70)  # no instant, nor is what it is added to: read it the slow way
_EPOCH: Final = datetime(1970, 1, 1)
_MICROSECOND: Final = timedelta(microseconds=1)
_IN_THE_HOUR: Final = re.compile(r":([0-5][0-9])(?::([0-5][0-9])(?:\.([0-9]{1,6}))?)?")


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
        for value in self.values:
            if isinstance(value, int) and self.form is Form.WALL:
                yield _EPOCH + timedelta(microseconds=value)
            elif isinstance(value, int) and self.form is Form.INSTANT:
                yield from_micros(value)
            else:
                yield value


@attrs.frozen(eq=False)
class Refusal:
    """What stands in the place of a cell that was refused.

    Attributes:
        value: The cell.
        reason: What it breaks, and the way out.
    """

    value: object
    reason: str


class Column:
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


class TextColumn(Column):
    """Reads a column of text: printable cells, none of them empty, are what they are."""

    def __call__(self, cells: Cells) -> Sequence[object]:
        values = cells.values
        filled = cells.form is Form.TEXT and "" not in values and None not in values
        if filled and self._is_plain(cast("Sequence[str]", values)):
            return values
        return super().__call__(cells)

    def _is_plain(self, texts: Sequence[str]) -> bool:
        """Tell whether the texts surely are what the slow way would make of them."""
        return "".join(texts).isprintable()


class IdColumn(TextColumn):
    """Reads a column of ids: short printable cells without any blank are what they are."""

    def _is_plain(self, texts: Sequence[str]) -> bool:
        joined = "".join(texts)
        return joined.isprintable() and " " not in joined and max(map(len, texts)) <= _SHORT


class TimeColumn(Column):
    """Reads a column of instants as whole microseconds since 1970 in UTC.

    Most times are told to the minute or second: then each distinct hour is worked out once, with
    what the zone's clocks were ahead of UTC on that day, and each minute and second once.

    Args:
        read: The slow way.
        zone: Where a time without a zone was told; None where nobody said.
        iso: Whether text is written as in ISO 8601.
    """

    def __init__(self, read: Read, zone: ZoneInfo | None, *, iso: bool) -> None:
        super().__init__(read)
        self._clocks = _Clocks(zone)
        self._rest = _Memory(_in_the_hour)
        self._iso = iso

    def __call__(self, cells: Cells) -> Sequence[object]:
        quick = () if None in cells.values else self._quickly(cells)
        if not quick:
            return super().__call__(cells)
        if min(quick) > _UNEVEN // 2:
            return quick
        slow = self._known if cells.form is Form.TEXT else _Memory(self.one)
        return [
            micros if micros > _UNEVEN // 2 else slow[cell]
            for micros, cell in zip(quick, cells.loose(), strict=True)
        ]

    def _quickly(self, cells: Cells) -> Sequence[int]:
        """Return the instants, far below any where a cell must be read the slow way."""
        if cells.form is Form.INSTANT:
            return cast("Sequence[int]", cells.values)
        if cells.form is Form.WALL:
            ahead, walls = self._clocks.ahead, cast("Sequence[int]", cells.values)
            return [wall - ahead[wall // _DAY] for wall in walls]
        if cells.form is Form.TEXT and self._iso:
            began, rest = self._clocks.began, self._rest
            texts = cast("Sequence[str]", cells.values)
            return [began[text[:13]] + rest[text[13:]] for text in texts]
        return ()


class MoneyColumn:
    """Reads a column of amounts as whole smallest coins of each row's currency."""

    def __init__(self, column: FactColumn) -> None:
        self._column = column
        self._columns: dict[str, Column] = {}

    @property
    def has_refused(self) -> bool:
        """Whether it has ever refused a cell."""
        return any(column.has_refused for column in self._columns.values())

    def __call__(self, cells: Cells, currencies: Sequence[object]) -> Sequence[object]:
        """Return the coins of each cell; where the currency was refused, None."""
        kinds = set(currencies)
        if len(kinds) == 1 and isinstance(currency := kinds.pop(), str):
            return self._in(currency)(cells)
        return [
            self._in(currency).one(cell) if isinstance(currency, str) else None
            for cell, currency in zip(cells.loose(), currencies, strict=True)
        ]

    def _in(self, currency: str) -> Column:
        if currency not in self._columns:
            self._columns[currency] = Column(self._reading(currency))
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


class _Clocks:
    """How the clocks of a zone stood to UTC, in microseconds."""

    def __init__(self, zone: ZoneInfo | None) -> None:
        self._zone = zone
        self.ahead = _Memory(self._ahead)
        self.began = _Memory(self._began)

    def _ahead(self, day: int) -> int:
        """Return how far they were ahead of UTC throughout a day since 1970, if they were."""
        start = _EPOCH + timedelta(days=day)
        # In the first and last year, UTC may be beyond what a datetime holds.
        if self._zone is None or start.year in (1, 9999):
            return -_UNEVEN
        # Clocks moved during the day stand otherwise at one of these hours, in one of the folds:
        # of no zone is it known that they were moved back within six hours.
        offsets = {
            (start + timedelta(hours=hour)).replace(tzinfo=self._zone, fold=fold).utcoffset()
            for hour in (0, 6, 12, 18, 24)
            for fold in (0, 1)
        }
        offset = offsets.pop()
        return -_UNEVEN if offsets or offset is None else offset // _MICROSECOND

    def _began(self, text: str) -> int:
        """Return when an hour written as `2026-03-01T09` began in UTC."""
        # Other spellings of 13 signs could end in minutes.
        if len(text) != 13 or text[4] != "-" or text[7] != "-":
            return _UNEVEN
        try:
            wall = (datetime.fromisoformat(text) - _EPOCH) // _MICROSECOND
        except ValueError:
            return _UNEVEN
        return wall - self.ahead[wall // _DAY]


def _in_the_hour(text: str) -> int:
    """Return the microseconds of `:MM`, `:MM:SS` or `:MM:SS.ffffff`."""
    parts = _IN_THE_HOUR.fullmatch(text)
    if parts is None:
        return _UNEVEN
    minutes, seconds, fraction = parts.groups(default="")
    spent = int(minutes) * 60 + int(seconds or 0)
    return spent * 1_000_000 + int(fraction.ljust(6, "0"))
