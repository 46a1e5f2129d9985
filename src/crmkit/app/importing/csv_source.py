"""Rows of a CSV file, one a line, a chunk of columns at a time.

Law: a row that cannot be read is told with its number, and the rows after it are read.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import IO, Final, TypeAlias

from crmkit.errors import InvalidValueError

from .cells import Cells
from .source import Chunk, Unread


# Small enough for the processor's own memory: what was just read is parsed while it lies there.
_CHUNK: Final = 500

_Row: TypeAlias = list[str] | csv.Error
_Columns: TypeAlias = Sequence[Sequence[str]]


class CsvSource:
    """A CSV file with a header, one row a line.

    Args:
        path: Where it lies, for messages.
        raw: The file as it lies, for the progress.
        rows: Its rows; the first one that is not empty is the header.

    Raises:
        InvalidValueError: If it has no header.
    """

    unit: Final = "B"

    def __init__(self, path: Path, raw: IO[bytes], rows: Iterator[list[str]]) -> None:
        self._path = path
        self._raw = raw
        self._rows = rows
        rule, header = "must have a header: the columns' names", None
        try:
            with _readable(path):
                header = next(filter(None, rows), None)
        except csv.Error as error:
            rule = f"{rule}: {error}"
        if header is None:
            raise InvalidValueError("source", str(path), rule)
        if any(sign == "\0" or "\udc80" <= sign <= "\udcff" for sign in "".join(header)):
            rule = "has a header that is no text in this encoding"
            way_out = "give encoding=, such as 'utf-16', 'gb18030' or 'cp1252'"
            raise InvalidValueError("source", str(path), rule, way_out)
        self.names: Sequence[str] = [name.strip() for name in header]
        self.total: int | None = path.stat().st_size

    def chunks(self, chosen: Mapping[str, str]) -> Iterator[Chunk]:
        """Yield its rows. Empty lines are no rows; rows of another length are unread."""
        places = {field: self.names.index(column) for field, column in chosen.items()}
        first, before = 1, 0
        while (part := self._part()) is not None:
            numbers: Sequence[int] = range(first, first + len(part))
            columns = _transposed(part, len(self.names))
            unread: tuple[Unread, ...] = ()
            if columns is None:
                numbers, columns, unread = self._sorted_out(numbers, part)
            cells = {field: Cells(columns[place]) for field, place in places.items()}
            first, after = first + len(part), self._raw.tell()
            yield Chunk(numbers, cells, unread, done=after - before)
            before = after

    def _part(self) -> list[_Row] | None:
        """Return the next rows, None at the end."""
        part: list[_Row] = []
        while len(part) < _CHUNK:
            try:
                with _readable(self._path):
                    part.extend(islice(self._rows, _CHUNK - len(part)))
                break
            except csv.Error as error:
                # What was read before it is in `part`; the reader goes on with the next line.
                part.append(error)
        if [] in part:
            return [row for row in part if row != []]
        return part or None

    def _sorted_out(
        self, numbers: Sequence[int], part: Sequence[_Row]
    ) -> tuple[Sequence[int], _Columns, tuple[Unread, ...]]:
        """Part the rows that fit the header from those that do not."""
        width = len(self.names)
        kept, good, unread = [], [], []
        for number, row in zip(numbers, part, strict=True):
            if isinstance(row, csv.Error):
                unread.append(Unread(number, None, f"cannot be taken apart: {row}"))
            elif len(row) != width:
                reason = f"has {len(row)} cells where the header has {width}"
                unread.append(Unread(number, tuple(row), reason))
            else:
                kept.append(number)
                good.append(row)
        columns = list(zip(*good, strict=True)) or [()] * width
        return kept, columns, tuple(unread)


def _transposed(part: Sequence[_Row], width: int) -> _Columns | None:
    """Return rows as columns, None where they do not all fit the header."""
    try:
        columns: _Columns = list(zip(*part, strict=True))
    except (TypeError, ValueError):
        return None
    return columns if len(columns) == width else None


@contextmanager
def opened_csv(path: Path, delimiter: str, encoding: str) -> Iterator[CsvSource]:
    if not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in '\r\n"':
        raise InvalidValueError("delimiter", delimiter, "must be one sign, such as ',' or ';'")
    encoding = _encoding(encoding)
    with ExitStack() as stack:
        with _readable(path):
            raw = stack.enter_context(path.open("rb"))
            plain = gzip.GzipFile(fileobj=raw) if path.suffix == ".gz" else raw
            if encoding == "utf-8" and plain.peek(3).startswith(codecs.BOM_UTF8):
                plain.read(len(codecs.BOM_UTF8))
        # Bytes that are no text reach the cells, where the rows that hold them are refused.
        text = TextIOWrapper(plain, encoding=encoding, errors="surrogateescape", newline="")
        stack.callback(text.close)
        yield CsvSource(path, raw, csv.reader(text, delimiter=delimiter, strict=True))


def _encoding(encoding: str) -> str:
    """Return the usual name of a text encoding."""
    try:
        "".encode(encoding)  # refuses those that encode bytes, such as hex
        return codecs.lookup(encoding).name
    except (LookupError, TypeError):
        way_out = "write 'utf-8', 'gb18030', 'cp1252' …"
        rule = "must be the name of a text encoding"
        raise InvalidValueError("encoding", encoding, rule, way_out) from None


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError, zlib.error, UnicodeError) as error:
        raise InvalidValueError("source", str(path), f"cannot be read: {error}") from error
