"""Rows to import, wherever they come from: as columns, a chunk at a time.

Law: every row keeps the number that its source gives it, and a column is found by its name alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Protocol

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import did_you_mean

from .cells import Cells


@attrs.frozen
class Unread:
    """A row that could not be taken apart.

    Attributes:
        row: Its number.
        value: Its cells, where there are some.
        reason: Why.
    """

    row: int
    value: object
    reason: str


@attrs.frozen
class Chunk:
    """Some rows, as columns.

    Attributes:
        rows: The number of each row.
        cells: For each field its cells, in the order of `rows`.
        unread: Rows that could not be taken apart; they are not among `rows`.
        done: How much was read since the last chunk, in the units of the source's `total`.
    """

    rows: Sequence[int]
    cells: Mapping[str, Cells]
    unread: tuple[Unread, ...] = ()
    done: int = 0


class Source(Protocol):
    """Rows to import."""

    @property
    def names(self) -> Sequence[str]:
        """The names of its columns."""
        ...

    @property
    def total(self) -> int | None:
        """How much there is to read, in `unit`; None where nobody knows."""
        ...

    @property
    def unit(self) -> str:
        """What `total` counts."""
        ...

    def chunks(self, chosen: Mapping[str, str]) -> Iterator[Chunk]:
        """Yield its rows; `chosen` names for each field the column that holds it."""
        ...


def chosen_columns(
    known: Sequence[str],
    needed: Collection[str],
    names: Sequence[str],
    columns: Mapping[str, str | None] | None,
    *,
    of: str,
) -> dict[str, str]:
    """Return for each field the column of the source that holds it.

    Args:
        known: Every field there is, in order.
        needed: Fields that must be held by a column.
        names: The columns of the source.
        columns: What the caller says: fields to columns, None to leave a field out. A field that
            is not told is held by the column of its own name, where there is one.
        of: What is imported, for the messages.

    Raises:
        InvalidValueError: If a field is unknown, a column missing or there twice.
    """
    told = dict(columns or {})
    for field, column in told.items():
        if field not in known:
            advice = did_you_mean(field, known)
            raise InvalidValueError("columns", field, f"is no column of {of}", advice)
        if column is not None and column not in names:
            advice = did_you_mean(column, names)
            raise InvalidValueError("columns", column, "is no column of the source", advice)
    chosen = {}
    for field in known:
        column = told.get(field, field)
        if column is not None and column in names:
            chosen[field] = column
        elif field in needed:
            advice = _other_delimiter(names)
            advice = advice or f"write columns={{{field!r}: …}}; {did_you_mean(field, names)}"
            raise InvalidValueError(field, column, "must be a column of the source", advice)
    for column in chosen.values():
        if list(names).count(column) > 1:
            raise InvalidValueError("columns", column, "is the name of two columns of the source")
    return chosen


def _other_delimiter(names: Sequence[str]) -> str:
    """Say what parts the columns where all of them were read as one."""
    found = [sign for sign in ";\t|" if len(names) == 1 and sign in names[0]]
    return f"if {found[0]!r} parts its columns, give delimiter={found[0]!r}" if found else ""
