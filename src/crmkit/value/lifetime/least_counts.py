"""The least counts that are exceeded with a chance of at most so much, for millions of rows.

Law: customers of one cell (purchases and age) have one future; how likely it is that they have one
at all is each one's own.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .law import Customers
from .row_kinds import Whole
from .rows import Floats


_ONE_BY_ONE: Final = 64
_AT_ONCE: Final = 8  # `_counted` reads as many flags as one number


class LeastCounts:
    """The least counts that are exceeded with a chance of at most so much.

    Small counts are tried one by one, and what a cell is asked again is told again; the few that
    buy more are found by halving.

    Args:
        customers: One for each cell.
        within: For how long counts are.
        bars: What the chances must not exceed, the higher one first.
    """

    def __init__(self, customers: Customers, within: float, bars: tuple[float, float]) -> None:
        self.customers, self.within, self.bars = customers, within, bars
        self.more = customers.tails(within, bars[1])
        # A row for each cell, so that what is asked of one lies together.
        self.soon = np.stack([next(self.more) for _ in range(_AT_ONCE)], axis=1)
        self.tails: list[Floats] = []

    def of(self, cell: NDArray[np.integer], alive: Floats) -> tuple[Whole, Whole]:
        """Return the counts of rows.

        Args:
            cell: Which of the customers each is.
            alive: Chance of each that he is a customer at all.
        """
        many, few = self.bars
        more = self.soon.take(cell, axis=0)
        more *= alive[:, None]
        low, high = _counted(more > many), _counted(more > few)
        left = np.flatnonzero(high == _AT_ONCE)
        for count in range(_AT_ONCE, _ONE_BY_ONE):
            if not len(left):
                return low, high
            over = alive[left] * self._tail(count - _AT_ONCE, cell[left])
            low[left[over > many]] = count + 1
            left = left[over > few]
            high[left] = count + 1
        for told, bar in ((low, many), (high, few)):
            rows = np.flatnonzero(told == _ONE_BY_ONE)
            told[rows] = _halved(self.customers.only(cell[rows]), alive[rows], self.within, bar)
        return low, high

    def _tail(self, count: int, place: NDArray[np.integer]) -> Floats:
        """Return the chances to buy more than `_AT_ONCE` + count times; each is worked out once."""
        if count == len(self.tails):
            self.tails.append(next(self.more))
        found: Floats = self.tails[count].take(place)
        return found


def _counted(flags: NDArray[np.bool_]) -> Whole:
    """Return how many flags of each row are set: eight of them are one number."""
    return np.bitwise_count(flags.view(np.uint64)[:, 0]).astype(np.int64)


def _halved(customers: Customers, alive: Floats, within: float, bar: float) -> Whole:
    low = np.full(len(alive), float(_ONE_BY_ONE))
    high = 2 * low
    while (over := alive * customers.tail(within, high + 1) > bar).any():
        low, high = np.where(over, high, low), np.where(over, 2 * high, high)
    while (high - low > 1).any():
        middle = np.floor((low + high) / 2)
        over = alive * customers.tail(within, middle + 1) > bar
        low, high = np.where(over, middle, low), np.where(over, high, middle)
    return high.astype(np.int64)
