"""Someone who has bought for the first time this moment: what a model says of him."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final, Protocol

import attrs
import numpy as np
from scipy.special import log_expit, ndtri

from crmkit.kernel import Estimate

from .asked_of_models import (
    checked_amount,
    checked_chance,
    checked_count,
    checked_discount,
    checked_margin,
)
from .maximum import ModelFit
from .prediction import Oracle, Predicted
from .rows import NEWCOMER
from .spending import GammaGamma


_METHOD: Final = "delta"


class _Within(Protocol):
    def __call__(self, within: float, *, endless: bool = False) -> float: ...


@attrs.frozen(repr=False)
class NewCustomer:
    """Someone who has bought for the first time this moment.

    Numbers are `Estimate`s where the model was fitted, and plain floats where its parameters were
    given or its likelihood is flat. The purchase that made him one does not count.

    Examples:
        >>> from crmkit.value import MBGNBD
        >>> newcomer = MBGNBD(0.525, 6.183, 0.891, 1.614, unit="W").new_customer()
        >>> round(newcomer.p_alive(), 4), round(newcomer.expected(52), 4)
        (0.6443, 1.4197)
        >>> newcomer.count_interval(52)
        (0, 9)
    """

    _oracle: Callable[[float], Oracle]
    _fitted: ModelFit | None
    _time: _Within
    _force: Callable[[float], float]

    def p_alive(self, *, confidence: float = 0.95) -> float:
        """Return the chance that he is a customer after this purchase."""
        return self._told(self._oracle(confidence).alive(NEWCOMER), confidence)

    def p_active(self, within: float, *, confidence: float = 0.95) -> float:
        """Return the chance that he buys again within a time."""
        within = self._time(within)
        oracle = self._oracle(confidence)
        return self._told(oracle.chance(NEWCOMER, lambda one: one.active(within)), confidence)

    def expected(self, within: float, *, confidence: float = 0.95) -> float:
        """Return how many purchases are expected of him within a time."""
        within = self._time(within)
        oracle = self._oracle(confidence)
        return self._told(oracle.amount(NEWCOMER, lambda one: one.expected(within)), confidence)

    def count_interval(self, within: float, *, confidence: float = 0.95) -> tuple[int, int]:
        """Return between what numbers his purchases will lie, both included."""
        low, high = self._oracle(confidence).counts(NEWCOMER, self._time(within))
        return int(low[0]), int(high[0])

    def pmf(self, within: float, count: int, *, confidence: float = 0.95) -> float:
        """Return the chance of just so many purchases within a time."""
        within, count = self._time(within), checked_count(count)
        told = self._oracle(confidence).count_chance(NEWCOMER, within, count)
        return self._told(told, confidence)

    def log_pmf(self, within: float, count: int, *, confidence: float = 0.95) -> float:
        """Return the logarithm of `pmf`, right where that leaves the floats."""
        within, count = self._time(within), checked_count(count)
        told = self._oracle(confidence).count_chance(NEWCOMER, within, count, back=log_expit)
        return self._told(told, confidence)

    def next_purchase(self, *, chance: float = 0.5) -> float:
        """Return the time within which he buys again with a chance; infinite where never."""
        return float(self._oracle(0.95).waits(NEWCOMER, checked_chance(chance))[0])

    def dert(self, discount: float, *, confidence: float = 0.95) -> float:
        """Return discounted expected purchases for all time to come."""
        force = self._force(checked_discount(discount, endless=True))
        oracle = self._oracle(confidence)
        told = oracle.amount(NEWCOMER, lambda one: one.discounted(math.inf, force))
        return self._told(told, confidence)

    def clv(
        self,
        horizon: float,
        discount: float,
        *,
        spend: GammaGamma | float,
        margin: float = 1.0,
        confidence: float = 0.95,
    ) -> float:
        """Return what he will be worth within a horizon, the first purchase aside.

        Args:
            horizon: Time from now, in the model's unit; `math.inf` for all time.
            discount: By how much money loses in a year; 0 for not at all.
            spend: A model of spend, or the mean of a purchase, not negative.
            margin: What of a spend remains; a share, negative for a loss.
            confidence: Share of such intervals that hold the true value.

        Raises:
            InvalidValueError: If an argument is not one, or the model knows no mean spend of new
                customers.
        """
        force = self._force(checked_discount(discount, endless=horizon == math.inf))
        horizon, margin = self._time(horizon, endless=True), checked_margin(margin)
        oracle = self._oracle(confidence)
        log, variance = oracle.log_slopes(NEWCOMER, lambda one: one.discounted(horizon, force))
        if isinstance(spend, GammaGamma):
            amount, theirs = spend.of_new()
        else:
            amount, theirs = checked_amount(spend, "spend"), 0.0
        value = np.exp(log) * amount * margin
        reach = np.exp(float(ndtri(0.5 + confidence / 2)) * np.sqrt(variance + theirs))
        ends = value / reach, value * reach
        return self._told(Predicted(value, np.minimum(*ends), np.maximum(*ends)), confidence)

    def _told(self, asked: Predicted, confidence: float) -> float:
        value, low, high = (float(part[0]) for part in (asked.value, asked.low, asked.high))
        if self._fitted is None or math.isnan(low):
            return value
        n = round(self._fitted.customers)
        return Estimate(value, low, high, confidence=confidence, n=n, n_missing=0, method=_METHOD)

    def __repr__(self) -> str:
        return f"NewCustomer(p_alive={self.p_alive():.4g})"
