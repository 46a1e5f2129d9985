"""The order of events: by case and by their place in it, equal ones as they stand.

Law: all that an event carries along lies in one number wherever it fits, for sorting numbers is
faster than sorting places, and what lies side by side need not be looked up afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

from .row_blocks import blocks, taken
from .time_columns import Micros


Whole: TypeAlias = NDArray[np.integer]
"""Whole numbers, of a type as wide as they need."""

_BITS: Final = 63


@attrs.frozen(eq=False)
class Ordered:
    """Events in their order.

    Attributes:
        rows: Where each stood.
        cases: The number of each event's case, from 0 up.
        sequence: Its place in the case.
        at: When it was.
        codes: The number of its text.
    """

    rows: Whole
    cases: Whole
    sequence: Whole
    at: Micros
    codes: Whole


@attrs.frozen
class _Packing:
    """How many bits of one number tell what; the case lies above them all.

    Attributes:
        least: The number of the first case.
        low: The least sequence, from which the others are counted.
        sequence: Bits of the sequence.
        row: Bits of the row.
        code: Bits of the code; 0 where it has to be looked up.
    """

    least: int
    low: int
    sequence: int
    row: int
    code: int


def in_order(
    numbers: Whole, least: int, sequence: Whole, at: Micros, codes: Whole, *, texts: int
) -> Ordered:
    """Put events in the order of case and sequence, equal ones as they stand.

    Args:
        numbers: Of each event's case; they rise as the ids do.
        least: The least of them, from which cases are numbered: the rest are below 2**31.
        sequence: Its place in the case.
        at: When it was.
        codes: The number of its text, from 0 up.
        texts: How many texts there are.

    Returns:
        The events; what comes back is nobody else's.

    Examples:
        >>> cases, sequence, at, codes = np.array([[8, 7, 7], [1, 2, 1], [50, 40, 30], [0, 1, 0]])
        >>> events = in_order(cases, 7, sequence, at, codes, texts=2)
        >>> events.rows.tolist(), events.cases.tolist(), events.sequence.tolist()
        ([2, 1, 0], [0, 0, 1], [1, 2, 1])
        >>> events.at.tolist(), events.codes.tolist()
        ([30, 40, 50], [0, 1, 0])
    """
    low, high = int(sequence.min()), int(sequence.max())
    known = (int(numbers.max()) - least).bit_length() + (high - low).bit_length()
    row_bits, code_bits = (len(sequence) - 1).bit_length(), (texts - 1).bit_length()
    if known + row_bits > _BITS:
        return _looked_up(numbers, least, sequence, at, codes)
    if known + row_bits + code_bits > _BITS:
        code_bits = 0
    packing = _Packing(least, low, (high - low).bit_length(), row_bits, code_bits)
    key = _packed(numbers, sequence, codes, packing)
    if not all((key[rows] < key[rows.start + 1 : rows.stop + 1]).all() for rows in _steps(key)):
        key.sort()
    found = _parted(key, packing, at, _narrowest(low, high))
    if code_bits:
        return found
    return attrs.evolve(found, codes=taken(codes, found.rows))


def _steps(key: Micros) -> Iterator[slice]:
    return blocks(len(key) - 1)


def _packed(numbers: Whole, sequence: Whole, codes: Whole, packing: _Packing) -> Micros:
    """Return case, sequence, row and code of each event in one number."""
    key = np.empty(len(sequence), dtype=np.int64)
    # In place and in blocks: memory costs more than counting.
    for rows in blocks(len(key)):
        part = key[rows]
        # A number without a sign may be too large for one with it until the least is taken off.
        np.copyto(part, numbers[rows], casting="unsafe")
        part -= packing.least
        part <<= packing.sequence
        part += sequence[rows]
        part -= packing.low
        part <<= packing.row
        part |= np.arange(rows.start, rows.stop)
        if packing.code:
            part <<= packing.code
            part |= codes[rows]
    return key


def _parted(
    key: Micros, packing: _Packing, at: Micros, kind: np.dtype[np.signedinteger]
) -> Ordered:
    """Return what sorted numbers tell, and the times in their memory."""
    found = Ordered(
        rows=np.empty(len(key), dtype=_narrowest(0, len(key))),
        cases=np.empty(len(key), dtype=np.int32),
        sequence=np.empty(len(key), dtype=kind),
        at=key,
        codes=np.empty(
            len(key), dtype=np.uint8 if packing.code <= 8 else _narrowest(0, 1 << packing.code)
        ),
    )
    for rows in blocks(len(key)):
        part = key[rows]
        found.codes[rows] = part & ((1 << packing.code) - 1)
        part >>= packing.code
        order = part & ((1 << packing.row) - 1)
        found.rows[rows] = order
        part >>= packing.row
        place = part & ((1 << packing.sequence) - 1)
        place += packing.low
        found.sequence[rows] = place
        part >>= packing.sequence
        found.cases[rows] = part
        at.take(order, out=part, mode="clip")
    return found


def _looked_up(numbers: Whole, least: int, sequence: Whole, at: Micros, codes: Whole) -> Ordered:
    """Do the same where one number cannot hold it all."""
    order = np.lexsort((sequence, numbers))
    cases = numbers[order].astype(np.int64)
    cases -= least
    return Ordered(order, cases.astype(np.int32), sequence[order], at[order], codes[order])


def _narrowest(least: int, most: int) -> np.dtype[np.signedinteger]:
    """Return the narrowest type that holds two numbers."""
    bits = max(least.bit_length(), most.bit_length()) + 1
    kinds: dict[int, type[np.signedinteger]] = {16: np.int16, 32: np.int32, 64: np.int64}
    return np.dtype(next(kind for width, kind in kinds.items() if bits <= width))
