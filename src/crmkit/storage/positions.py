"""Positions of stores that number their journal lines: decimal digits."""

from __future__ import annotations

from crmkit.errors import InvalidValueError

from .batch import START, Position


_LARGEST = 2**63 - 1
_RULE = "must be a position that this store gave"


def position_of(number: int) -> Position:
    """Return the position of a journal line.

    Args:
        number: 1 for the first line, more for every later one.

    Examples:
        >>> position_of(12)
        '12'
    """
    return Position(str(number))


def number_of(position: Position) -> int:
    """Return the number of the journal line at a position; 0 for the place before the first.

    Raises:
        InvalidValueError: If it is no position that `position_of` gave.

    Examples:
        >>> number_of(position_of(12)), number_of(START)
        (12, 0)
    """
    if position == START:
        return 0
    text = str(position)
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= _LARGEST):
        raise InvalidValueError("after", position, _RULE, "begin with crmkit.storage.START")
    return int(text)


def check_given(position: Position, last: int) -> None:
    """Refuse a position beyond the last journal line.

    Args:
        position: A position that `number_of` reads.
        last: The number of the last line; 0 where there is none.

    Raises:
        InvalidValueError: If it lies beyond.

    Examples:
        >>> check_given(position_of(12), 12)
        >>> check_given(position_of(13), 12)  # doctest: +NORMALIZE_WHITESPACE
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: after is '13': it must be a position that this store gave,
        and the last was 12; begin with crmkit.storage.START; after put_back rewind the reader
    """
    if number_of(position) > last:
        rule = f"{_RULE}, and the last was {last}"
        way_out = "begin with crmkit.storage.START; after put_back rewind the reader"
        raise InvalidValueError("after", position, rule, way_out)
