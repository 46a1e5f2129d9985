"""What a law of buying is asked: how likely histories are, who is still a customer, what he does.

Law: parameters are logarithms throughout; what customers still do is told of those who are, and
knows no more of a history than its purchases and its age.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from .rows import Floats, Histories, Objective


class Customers(Protocol):
    """Those who are still customers, by any law."""

    def only(self, places: NDArray[np.integer]) -> Self: ...

    def expected(self, within: float) -> Floats: ...

    def active(self, within: float) -> Floats: ...

    def discounted(self, horizon: float, force: float) -> Floats: ...

    def tail(self, within: float, count: Floats) -> Floats: ...

    def tails(self, within: float, bar: float) -> Iterator[Floats]: ...

    def log_pmf(self, within: float, count: int) -> Floats: ...

    def wait(self, share: Floats) -> Floats: ...


class Law(Protocol):
    """A law of buying; parameters are logarithms.

    Attributes:
        is_quick: Whether it is quicker to ask about every customer than to find out first which of
            them are alike.
    """

    @property
    def is_quick(self) -> bool: ...

    def objective(self, rows: Histories) -> Objective: ...

    def log_likelihoods(self, theta: Floats, rows: Histories) -> Floats: ...

    def alive(self, theta: Floats, rows: Histories) -> Floats: ...

    def alive_slopes(self, theta: Floats, rows: Histories, odds: Floats) -> Floats: ...

    def customers(self, theta: Floats, rows: Histories) -> Customers: ...
