"""Histories of purchases as arrays: what the laws of buying are asked about."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Final, Protocol, TypeAlias, runtime_checkable

import attrs
import numpy as np
from numpy.typing import NDArray

from .row_kinds import Whole, counted_rows, unique_rows


Floats: TypeAlias = NDArray[np.float64]
Value: TypeAlias = float | Floats
Objective: TypeAlias = Callable[[Floats], tuple[float, Floats]]
"""From parameters (their logarithms) to a log-likelihood and its gradient."""


@runtime_checkable
class CurvedObjective(Protocol):
    """An objective that tells its second derivatives in the same reading."""

    def __call__(self, theta: Floats) -> tuple[float, Floats]:
        """Return the log-likelihood and its gradient."""

    def curved(self, theta: Floats) -> tuple[float, Floats, Floats]:
        """Return the log-likelihood, its gradient, and the slopes of that."""


BLOCK: Final = 1 << 14
"""Numbers that stay in a processor's cache."""


@attrs.frozen(eq=False)
class Histories:
    """Customers' purchases, one row a customer or a pattern that several share.

    Attributes:
        x: Purchases less the first.
        recency: Age at the last of them.
        age: Age at the end of the record.
        weight: How many customers have this history.
    """

    x: Whole
    recency: Floats
    age: Floats
    weight: Floats

    def __len__(self) -> int:
        return len(self.x)

    @property
    def customers(self) -> float:
        """How many there are."""
        return float(self.weight.sum())

    def scaled(self, factor: float) -> Histories:
        """Return the same in another unit of time."""
        return attrs.evolve(self, recency=self.recency * factor, age=self.age * factor)

    def only(self, places: NDArray[np.integer] | slice) -> Histories:
        """Return the rows at these places."""
        return Histories(
            self.x[places], self.recency[places], self.age[places], self.weight[places]
        )

    @cached_property
    def cells(self) -> tuple[Histories, NDArray[np.integer]]:
        """One for each number of purchases and age, and which of them each is.

        What is to come of those who are still customers knows no more of them.
        """
        first, cell = unique_rows(self.x, self.age)
        return self.only(first), cell


NEWCOMER: Final = Histories(np.zeros(1, dtype=np.int64), np.zeros(1), np.zeros(1), np.ones(1))
"""Someone who bought for the first time this moment."""


def compressed(rows: Histories) -> Histories:
    """Return one row for each history there is, its weight the sum of theirs."""
    if (rows.weight == 1).all():
        (x, age, recency), count = counted_rows(rows.x, rows.age, rows.recency)
        return Histories(x.astype(np.int64), recency, age, count.astype(np.float64))
    first, kind = unique_rows(rows.x, rows.age, rows.recency)
    weight = np.bincount(kind, weights=rows.weight, minlength=len(first)).astype(np.float64)
    return attrs.evolve(rows.only(first), weight=weight)


def sampled(rows: Histories, customers: int) -> Histories:
    """Return about so many customers, taken at even distances along the rows."""
    ends = np.cumsum(rows.weight)
    asked = (np.arange(customers) + 0.5) / customers * ends[-1]
    places, weight = np.unique(np.searchsorted(ends, asked, "right"), return_counts=True)
    return attrs.evolve(rows.only(places), weight=weight.astype(np.float64))
