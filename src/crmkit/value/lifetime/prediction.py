"""What a model says of many customers, with its interval, worked out once for each history.

Law: an interval of a prediction carries what is not known of the parameters, by the delta method on
a scale without ends: logarithms of what is positive, log-odds of chances. A count's interval is
another thing: it carries the chance of the count itself.

Source: science of the two intervals: Fader and Hardie, "Incorporating time-invariant covariates…"
(2007) for the delta method; for the count, the predictive distribution.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

import attrs
import numpy as np
from scipy.special import expit, log_expit, ndtri

from .law import Customers, Law
from .least_counts import LeastCounts
from .row_kinds import Whole, in_blocks
from .rows import Floats, Histories
from .slopes import differenced


_CELLS: Final = 2048
_HALF: Final = float(np.log(0.5))


Question: TypeAlias = Callable[[Customers], Floats]
"""What is asked of those who are still customers."""

Scale: TypeAlias = Callable[[Floats], Floats]

Sloping: TypeAlias = tuple[Floats, Floats]
"""Numbers, and their slopes by the parameters: a row for each of these."""


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
        return self._told(len(rows), lambda block: self._odds(rows.only(block)), expit)

    def chance(self, rows: Histories, question: Question) -> Predicted:
        """Predict a chance that only customers have."""
        brought = self._brought(rows, question)

        def at(block: slice) -> Sloping:
            return _log_odds(*brought(block))

        return self._told(len(rows), at, expit)

    def amount(self, rows: Histories, question: Question) -> Predicted:
        """Predict what only customers bring."""
        return self._told(len(rows), self._brought(rows, question), np.exp)

    def count_chance(
        self, rows: Histories, within: float, count: int, *, back: Scale = expit
    ) -> Predicted:
        """Predict the chance of just so many purchases, of those lost and of customers together.

        Args:
            rows: Whose.
            within: For how long.
            count: How many.
            back: What makes a chance, or its logarithm, of its log-odds.
        """
        exactly = self._brought_log(rows, lambda customers: customers.log_pmf(within, count))
        if count:
            return self._told(len(rows), lambda block: _log_odds(*exactly(block)), back)
        some = self._brought(rows, lambda customers: customers.active(within))

        def at(block: slice) -> Sloping:
            # Against the chance of some: of a chance near 1 the rest would be lost in rounding.
            (none, by_none), (log, slopes) = exactly(block), some(block)
            odds, by_odds = self._odds(rows.only(block))
            lost = log_expit(-odds)
            share = np.logaddexp(none, lost)
            # The slopes of whichever is smaller: those of the other are lost in rounding.
            likely = np.exp(np.stack((none, lost)) - share)
            by_share = likely[0] * by_none - likely[1] * expit(odds) * by_odds
            with np.errstate(divide="ignore", invalid="ignore"):
                by_few, by_many = -slopes / np.exp(share), by_share / np.exp(log)
                return share - log, np.where(share > _HALF, by_few, by_many)

        return self._told(len(rows), at, back)

    def log_slopes(self, rows: Histories, question: Question) -> tuple[Floats, Floats]:
        """Return the logarithm of what customers bring, and the variance of it."""
        brought = self._brought(rows, question)
        value, variance = np.empty((2, len(rows)))
        for block in in_blocks(len(rows)):
            told, slopes = brought(block)
            value[block], variance[block] = told, self._variance(told, slopes)
        return value, variance

    def counts(self, rows: Histories, within: float) -> tuple[Whole, Whole]:
        """Predict between what numbers the count of purchases will lie."""
        cells, cell = rows.cells
        half = (1 - self.confidence) / 2
        least = LeastCounts(self.law.customers(self.theta, cells), within, (1 - half, half))
        low, high = np.empty((2, len(rows)), dtype=np.int64)
        for block in in_blocks(len(rows)):
            alive = expit(self.law.alive(self.theta, rows.only(block)))
            low[block], high[block] = least.of(cell[block], alive)
        return low, high

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

    def _odds(self, rows: Histories) -> Sloping:
        """Return the log-odds that each is still a customer; no slopes where none are asked."""
        odds = self.law.alive(self.theta, rows)
        if self.covariance is None:
            return odds, np.empty((0, len(rows)))
        return odds, self.law.alive_slopes(self.theta, rows, odds)

    def _brought(self, rows: Histories, question: Question) -> Callable[[slice], Sloping]:
        """Return the logarithm of what customers bring, as a function of which rows."""

        def log(customers: Customers) -> Floats:
            with np.errstate(divide="ignore"):
                return np.log(question(customers))

        return self._brought_log(rows, log)

    def _brought_log(self, rows: Histories, question: Question) -> Callable[[slice], Sloping]:
        """Do the same of a question that is answered by a logarithm."""
        cells, cell = rows.cells

        def of_cells(theta: Floats) -> Floats:
            customers = self.law.customers(theta, cells)
            told = np.empty(len(cells))
            for start in range(0, len(cells), _CELLS):
                block = np.arange(start, min(start + _CELLS, len(cells)))
                told[block] = question(customers.only(block))
            return told

        logs, slopes = of_cells(self.theta), np.empty((0, len(cells)))
        if self.covariance is not None:
            slopes = differenced(of_cells, self.theta, logs)

        def at(block: slice) -> Sloping:
            odds, by_odds = self._odds(rows.only(block))
            place, small = cell[block], np.exp(-np.abs(odds))
            # The logarithm of the chance that he is one, and the chance that he is none.
            staying = np.minimum(odds, 0.0) - np.log1p(small)
            lost = np.where(odds > 0, small, 1.0) / (1.0 + small)
            return logs[place] + staying, slopes.take(place, axis=1) + by_odds * lost

        return at

    def _told(self, rows: int, at: Callable[[slice], Sloping], back: Scale) -> Predicted:
        reach = float(ndtri(0.5 + self.confidence / 2))
        found = Predicted(*np.empty((3, rows)))
        for block in in_blocks(rows):
            value, slopes = at(block)
            error = reach * np.sqrt(self._variance(value, slopes))
            found.value[block] = back(value)
            found.low[block], found.high[block] = back(value - error), back(value + error)
        return found

    def _variance(self, value: Floats, slopes: Floats) -> Floats:
        if self.covariance is None:
            return np.full(len(value), np.nan)
        # What is certain stays so, whatever the parameters.
        slopes = np.where(np.isfinite(value), slopes, 0.0)
        found: Floats = (self.covariance @ slopes * slopes).sum(axis=0)
        return np.maximum(found, 0.0)


def _log_odds(log: Floats, slopes: Floats) -> Sloping:
    """Return the log-odds of chances from their logarithms, which rounding may raise above 0."""
    log = np.minimum(log, 0.0)
    rest = -np.expm1(log)
    with np.errstate(divide="ignore", invalid="ignore"):
        return log - np.log(rest), slopes / rest
