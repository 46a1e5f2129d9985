"""How likely customers buy so often at least: one count after another, for all of them at once.

Source: the negative binomial law of arrivals: Ehrenberg (1959); its sums: NIST Digital Library of
Mathematical Functions, 8.17.20, by which each follows from the one before.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from .rows import Floats


class Counted(Protocol):
    """Customers whose counts can be asked about."""

    def only(self, places: NDArray[np.integer]) -> Self: ...

    def tail(self, within: float, count: Floats) -> Floats: ...


def asked_one_by_one(customers: Counted, size: int, within: float, bar: float) -> Iterator[Floats]:
    """Yield the chances of at least one purchase within a time, of two at least, and so on.

    Args:
        customers: Whose.
        size: How many they are.
        within: For how long counts are.
        bar: Who is not more likely than this to buy so often is not asked about more: 0.
    """
    likely, least = np.arange(size), 0
    while True:
        least += 1
        told = np.zeros(size)
        told[likely] = customers.only(likely).tail(within, np.full(len(likely), float(least)))
        yield told
        likely = likely[told[likely] > bar]


def arrivals(rate: Floats, age: Floats, within: float) -> Iterator[Floats]:
    r"""Yield the chances that the first purchase comes within a time, the second, and so on.

    $I_z(n + 1, R) = I_z(n, R) - z^n (1 - z)^R / (n B(n, R))$ with $z = t/(A + t)$: right to the
    rounding of 1.

    Examples:
        >>> told = arrivals(np.array([1.0]), np.array([1.0]), 1.0)
        >>> [float(next(told)[0]) for _ in range(3)]
        [0.5, 0.25, 0.125]
    """
    share = within / (age + within)
    fold = -rate * np.log1p(within / age)
    comes, term, least = -np.expm1(fold), np.exp(fold) * rate * share, 0
    while True:
        yield comes
        least += 1
        comes = np.maximum(comes - term, 0.0)
        term = term * (share * (rate + least) / (least + 1))
