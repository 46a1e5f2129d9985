"""What a model says of many customers, with its interval, worked out once for each history.

Law: an interval of a prediction carries what is not known of the parameters, by the delta method on
a scale without ends: logarithms of what is positive, log-odds of chances. A count's interval is
another thing: it carries the chance of the count itself.

Source: science of the two intervals: Fader and Hardie, "Incorporating time-invariant covariates…"
(2007) for the delta method; for the count, the predictive distribution.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol, Self, TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_expit, ndtri

from .rows import Floats, Histories, Objective, Whole, unique_rows


_STEP: Final = 1e-4
_CELLS: Final = 2048
_ONE_BY_ONE: Final = 64


class Customers(Protocol):
    """Those who are still customers, by any law."""

    def only(self, places: NDArray[np.intp]) -> Self: ...

    def expected(self, within: float) -> Floats: ...

    def active(self, within: float) -> Floats: ...

    def discounted(self, horizon: float, force: float) -> Floats: ...

    def tail(self, within: float, count: Floats) -> Floats: ...

    def pmf(self, within: float, count: int) -> Floats: ...

    def wait(self, share: Floats) -> Floats: ...


class Law(Protocol):
    """A law of buying; parameters are logarithms."""

    def objective(self, rows: Histories) -> Objective: ...

    def log_likelihoods(self, theta: Floats, rows: Histories) -> Floats: ...

    def alive(self, theta: Floats, rows: Histories) -> Floats: ...

    def customers(self, theta: Floats, rows: Histories) -> Customers: ...


Question: TypeAlias = Callable[[Customers], Floats]
"""What is asked of those who are still customers."""

Scale: TypeAlias = Callable[[Floats], Floats]


@attrs.frozen(eq=False)
class Predicted:
    """A number for each history, with the ends of its interval; NaN where there is none."""

    value: Floats
    low: Floats
    high: Floats


@attrs.frozen(eq=False)
class Oracle:
    """A law with its parameters and how sure they are.

    Attributes:
        law: Of buying.
        theta: Logarithms of the parameters.
        covariance: Of them; None where they were not fitted, or the likelihood is flat.
        confidence: Of the intervals.
    """

    law: Law
    theta: Floats
    covariance: Floats | None
    confidence: float

    def alive(self, rows: Histories) -> Predicted:
        """Predict who is still a customer."""
        return self._told(lambda theta: self.law.alive(theta, rows), expit)

    def chance(self, rows: Histories, question: Question) -> Predicted:
        """Predict a chance that only customers have."""
        log = self._logarithm(rows, question)
        return self._told(lambda theta: _log_odds(log(theta)), expit)

    def amount(self, rows: Histories, question: Question) -> Predicted:
        """Predict what only customers bring."""
        return self._told(self._logarithm(rows, question), np.exp)

    def count_chance(self, rows: Histories, within: float, count: int) -> Predicted:
        """Predict the chance of just so many purchases, of those lost and of customers together."""
        log = self._logarithm(rows, lambda customers: customers.pmf(within, count))
        if count:
            return self._told(lambda theta: _log_odds(log(theta)), expit)
        some = self._logarithm(rows, lambda customers: customers.active(within))

        def none(theta: Floats) -> Floats:
            # Against the chance of some: of a chance near 1 the rest would be lost in rounding.
            lost = log_expit(-self.law.alive(theta, rows))
            told: Floats = np.logaddexp(log(theta), lost) - some(theta)
            return told

        return self._told(none, expit)

    def log_slopes(self, rows: Histories, question: Question) -> tuple[Floats, Floats]:
        """Return the logarithm of what customers bring, and the variance of it."""
        log = self._logarithm(rows, question)
        value = log(self.theta)
        return value, self._variance(log, value)

    def counts(self, rows: Histories, within: float) -> tuple[Whole, Whole]:
        """Predict between what numbers the count of purchases will lie."""
        alive = expit(self.law.alive(self.theta, rows))
        first, cell = _cells(rows)
        customers = self.law.customers(self.theta, rows.only(first))
        half = (1 - self.confidence) / 2
        return (
            _least(customers, cell, alive, within, 1 - half),
            _least(customers, cell, alive, within, half),
        )

    def waits(self, rows: Histories, share: float) -> Floats:
        """Return the time within which each buys again with a chance; infinite where never."""
        alive = expit(self.law.alive(self.theta, rows))
        told = np.full(len(rows), np.inf)
        ever = np.flatnonzero(alive > share)
        customers = self.law.customers(self.theta, rows.only(ever))
        for start in range(0, len(ever), _CELLS):
            block = slice(start, start + _CELLS)
            some = customers.only(np.arange(len(ever))[block])
            told[ever[block]] = some.wait(share / alive[ever[block]])
        return told

    def _logarithm(self, rows: Histories, question: Question) -> Scale:
        """Return the logarithm of what customers bring, as a function of the parameters."""
        first, cell = _cells(rows)
        kinds = rows.only(first)

        def at(theta: Floats) -> Floats:
            customers = self.law.customers(theta, kinds)
            told = np.empty(len(kinds))
            for start in range(0, len(kinds), _CELLS):
                block = np.arange(start, min(start + _CELLS, len(kinds)))
                told[block] = question(customers.only(block))
            with np.errstate(divide="ignore"):
                found: Floats = np.log(told)[cell] + log_expit(self.law.alive(theta, rows))
            return found

        return at

    def _told(self, at: Scale, back: Scale) -> Predicted:
        value = at(self.theta)
        error = np.sqrt(self._variance(at, value))
        reach = float(ndtri(0.5 + self.confidence / 2)) * error
        return Predicted(back(value), back(value - reach), back(value + reach))

    def _variance(self, at: Scale, value: Floats) -> Floats:
        if self.covariance is None:
            return np.full(len(value), np.nan)
        slopes = []
        for side in np.eye(len(self.theta)) * _STEP:
            with np.errstate(invalid="ignore"):
                slopes.append((at(self.theta + side) - at(self.theta - side)) / (2 * _STEP))
        # What is certain stays so, whatever the parameters.
        told = np.where(np.isfinite(value), np.array(slopes), 0.0)
        found: Floats = np.einsum("ij,ik,kj->j", told, self.covariance, told)
        return np.maximum(found, 0.0)


def _log_odds(log: Floats) -> Floats:
    """Return the log-odds of chances from their logarithms, which rounding may raise above 0."""
    log = np.minimum(log, 0.0)
    with np.errstate(divide="ignore"):
        told: Floats = log - np.log(-np.expm1(log))
    return told


def _cells(rows: Histories) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return a row for each purchase number and age, and whose it is: the future knows no more."""
    return unique_rows(rows.x, rows.age)


def _least(
    customers: Customers, cell: NDArray[np.intp], alive: Floats, within: float, bar: float
) -> Whole:
    """Return the least count that is exceeded with a chance of at most `bar`.

    Small counts are tried one by one, for all customers of a cell at once; the few that buy more
    are found by halving.
    """
    told = np.zeros(len(cell), dtype=np.int64)
    left = np.flatnonzero(alive > bar)
    for count in range(_ONE_BY_ONE):
        if not len(left):
            return told
        cells, place = np.unique(cell[left], return_inverse=True)
        more = customers.only(cells).tail(within, np.full(len(cells), count + 1.0))
        left = left[alive[left] * more[place] > bar]
        told[left] = count + 1
    for start in range(0, len(left), _CELLS):
        block = left[start : start + _CELLS]
        told[block] = _halved(customers.only(cell[block]), alive[block], within, bar)
    return told


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
