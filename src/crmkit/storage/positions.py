"""Positions of stores that number their journal lines: decimal digits."""

from __future__ import annotations

from crmkit.errors import InvalidValueError

from .batch import START, Position


_LARGEST = 2**63 - 1


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
        rule = "must be a position that this store gave"
        raise InvalidValueError("after", position, rule, "begin with crmkit.storage.START")
    return int(text)
