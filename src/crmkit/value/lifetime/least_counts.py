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
        self.tails: list[Floats] = []
        self.more = customers.tails(within, bars[1])

    def of(self, cell: NDArray[np.integer], alive: Floats) -> tuple[Whole, Whole]:
        """Return the counts of rows.

        Args:
            cell: Which of the customers each is.
            alive: Chance of each that he is a customer at all.
        """
        many, few = self.bars
        low, high = np.zeros((2, len(cell)), dtype=np.int64)
        left = np.flatnonzero(alive > few)
        for count in range(_ONE_BY_ONE):
            if not len(left):
                return low, high
            place = cell[left]
            more = alive[left] * self._tail(count, place)
            low[left[more > many]] = count + 1
            left = left[more > few]
            high[left] = count + 1
        for told, bar in ((low, many), (high, few)):
            rows = np.flatnonzero(told == _ONE_BY_ONE)
            told[rows] = _halved(self.customers.only(cell[rows]), alive[rows], self.within, bar)
        return low, high

    def _tail(self, count: int, place: NDArray[np.integer]) -> Floats:
        """Return the chances of cells to buy more than so often; each is worked out once."""
        if count == len(self.tails):
            self.tails.append(next(self.more))
        found: Floats = self.tails[count].take(place)
        return found


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
