r"""The law of BG/BB: who buys or not on each of a number of occasions.

A customer buys on an occasion with a chance of his own, $p \sim B(\alpha, \beta)$, and is lost
before it with another, $\theta \sim B(\gamma, \delta)$. Of n occasions, x with a purchase, the last
at $t_x$,

$$L = \frac{B(\alpha + x, \beta + n - x)}{B(\alpha, \beta)} \frac{B(\gamma, \delta + n)}{B(\gamma,
\delta)} + \sum_{k = t_x}^{n - 1} \frac{B(\alpha + x, \beta + k - x)}{B(\alpha, \beta)}
\frac{B(\gamma + 1, \delta + k)}{B(\gamma, \delta)}.$$

Source: Fader, Hardie and Shang (2010), "Customer-base analysis in a discrete-time noncontractual
setting", Marketing Science 29(6), equations 4, 7 and 9.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, gammaln, logsumexp

from .rows import Floats, Histories, Objective
from .slopes import differenced
from .tails import asked_one_by_one


_FALL: Final = 38.0
_LONGEST: Final = 10_000


@attrs.frozen
class OccasionLaw:
    """Who buys on occasions, and who is lost.

    Parameters are the logarithms of alpha, beta, gamma, delta throughout.
    """

    @property
    def is_quick(self) -> bool:
        """Whether every customer is asked about by himself."""
        return False

    def objective(self, rows: Histories) -> Objective:
        """Return the log-likelihood of all rows, with its gradient, as a function."""

        def at(theta: Floats) -> tuple[float, Floats]:
            terms = _terms(theta, rows)
            log = logsumexp(terms, axis=1)
            share = np.exp(terms - log[:, None]) * rows.weight[:, None]
            return float(rows.weight @ log), _slopes(theta, rows, share)

        return at

    def log_likelihoods(self, theta: Floats, rows: Histories) -> Floats:
        """Return the log-likelihood of each row, weights aside."""
        told: Floats = logsumexp(_terms(theta, rows), axis=1)
        return told

    def alive(self, theta: Floats, rows: Histories) -> Floats:
        """Return the log-odds that each is there on the next occasion."""
        _, _, gamma, delta = np.exp(theta)
        terms = _terms(theta, rows)
        place = np.arange(len(rows)), rows.age.astype(np.int64)
        there = terms[place]
        terms[place] += math.log(gamma) - np.log(gamma + delta + rows.age)
        stays = there + np.log(delta + rows.age) - np.log(gamma + delta + rows.age)
        told: Floats = stays - logsumexp(terms, axis=1)
        return told

    def alive_slopes(self, theta: Floats, rows: Histories, odds: Floats) -> Floats:
        """Return the slopes of these log-odds by each parameter: a row for each."""
        return differenced(lambda moved: self.alive(moved, rows), theta, odds)

    def customers(self, theta: Floats, rows: Histories) -> OccasionCustomers:
        """Return them as the future knows them, if they are there on the next occasion."""
        alpha, beta, gamma, delta = np.exp(theta)
        return OccasionCustomers(
            buy=alpha + rows.x,
            skip=beta + rows.age - rows.x,
            leave=float(gamma),
            stay=delta + rows.age + 1,
        )


def _terms(theta: Floats, rows: Histories) -> Floats:
    """Return the logarithm of each way to have lasted: k occasions and lost, or all n."""
    alpha, beta, gamma, delta = np.exp(theta)
    n = int(rows.age.max(initial=0))
    j = np.arange(float(n))
    buy, skip, both = (_below(np.log(first + j)) for first in (alpha, beta, alpha + beta))
    stay = _below(-np.log1p(gamma / (delta + j)))
    k = np.arange(n + 1)
    skipped = np.clip(k - rows.x[:, None], 0, n)
    lost = math.log(gamma) - np.log(gamma + delta + k)
    terms = buy[rows.x][:, None] + skip[skipped] - both + stay
    terms = terms + np.where(k < rows.age[:, None], lost, 0.0)
    inside = (k >= rows.recency[:, None]) & (k <= rows.age[:, None])
    told: Floats = np.where(inside, terms, -np.inf)
    return told


def _slopes(theta: Floats, rows: Histories, share: Floats) -> Floats:
    """Return the slopes of the log-likelihood from how likely each way to have lasted is."""
    alpha, beta, gamma, delta = np.exp(theta)
    n = share.shape[1] - 1
    j = np.arange(float(n))
    k = np.arange(n + 1)
    skipped = np.clip(k - rows.x[:, None], 0, n)
    by_k = share.sum(axis=0)
    lost = np.where(k < rows.age[:, None], share, 0.0).sum(axis=0)
    both = _below(1 / (alpha + beta + j)) @ by_k
    ends = (1 / (gamma + delta + k)) @ lost
    leave = _below(1 / (gamma + delta + j)) @ by_k + ends
    return np.array(
        (
            alpha * (_below(1 / (alpha + j))[rows.x] @ rows.weight - both),
            beta * ((_below(1 / (beta + j))[skipped] * share).sum() - both),
            lost.sum() - gamma * leave,
            delta * (_below(1 / (delta + j)) @ by_k - leave),
        )
    )


def _below(terms: Floats) -> Floats:
    """Return the sums of the terms below each place, from 0 to all."""
    return np.concatenate(([0.0], np.cumsum(terms)))


@attrs.frozen(kw_only=True, eq=False)
class OccasionCustomers:
    """Those who are there on the next occasion, as far as the future knows them.

    Attributes:
        buy: First parameter of the chance of a purchase.
        skip: Second.
        leave: First parameter of the chance of loss.
        stay: Second.
    """

    buy: Floats
    skip: Floats
    leave: float
    stay: Floats

    def only(self, places: NDArray[np.integer]) -> OccasionCustomers:
        """Return those at these places."""
        return attrs.evolve(
            self, buy=self.buy[places], skip=self.skip[places], stay=self.stay[places]
        )

    def expected(self, within: float) -> Floats:
        """Return how many purchases are expected within so many occasions."""
        return self.discounted(within, 0.0)

    def discounted(self, horizon: float, force: float) -> Floats:
        """Return expected purchases, each worth less by the occasion, within a horizon."""
        last = min(horizon, math.ceil(_FALL / force)) if force else horizon
        told, there = np.zeros(len(self.stay)), np.ones(len(self.stay))
        for occasion in range(int(last)):
            told += there * math.exp(-force * (occasion + 1))
            there *= self._stays(occasion)
        return told * self.buy / (self.buy + self.skip)

    def active(self, within: float) -> Floats:
        """Return the chance of at least one purchase within so many occasions."""
        told, first = np.zeros(len(self.stay)), self.buy / (self.buy + self.skip)
        for occasion in range(int(within)):
            told += first
            first = first * self._later(occasion)
        return told

    def wait(self, share: Floats) -> Floats:
        """Return within how many occasions `active` comes to a share; infinite beyond 10,000."""
        told = np.full(len(self.stay), np.inf)
        active, first = np.zeros(len(self.stay)), self.buy / (self.buy + self.skip)
        for occasion in range(_LONGEST):
            active += first
            told[(active >= share) & np.isinf(told)] = occasion + 1
            first = first * self._later(occasion)
            if np.isfinite(told).all():
                break
        return told

    def tails(self, within: float, bar: float) -> Iterator[Floats]:
        """Yield the chances of at least one purchase within a time, of two at least, and so on.

        Those of whoever is not more likely than `bar` may be 0 from then on.
        """
        return asked_one_by_one(self, len(self.stay), within, bar)

    def tail(self, within: float, count: Floats) -> Floats:
        """Return the chance of at least so many purchases within so many occasions."""
        last = int(within)
        by_count = np.exp([self.log_pmf(within, purchases) for purchases in range(last + 1)])
        above = np.vstack((by_count[::-1].cumsum(axis=0)[::-1], np.zeros((1, len(self.stay)))))
        place = np.minimum(count, last + 1).astype(np.int64)
        told: Floats = above[place, np.arange(len(self.stay))]
        return told

    def log_pmf(self, within: float, count: int) -> Floats:
        """Return the logarithm of the chance of just so many purchases within so many occasions."""
        last, size = int(within), len(self.stay)
        told, there = np.full(size, -np.inf), np.zeros(size)
        for lasted in range(1, last + 1):
            stays = self._stays(lasted - 1)
            # Lost after so many occasions, or there on all of them.
            ends = there if lasted == last else there + np.log1p(-stays)
            if lasted >= count:
                told = np.logaddexp(told, ends + self._exactly(lasted, count))
            there = there + np.log(stays)
        return told

    def _exactly(self, occasions: int, count: int) -> Floats:
        """Return the log-chance of so many purchases on so many occasions."""
        ways = gammaln(occasions + 1) - gammaln(count + 1) - gammaln(occasions - count + 1)
        told: Floats = betaln(self.buy + count, self.skip + (occasions - count))
        return ways + told - betaln(self.buy, self.skip)

    def _stays(self, occasion: int) -> Floats:
        return (self.stay + occasion) / (self.leave + self.stay + occasion)

    def _later(self, occasion: int) -> Floats:
        """Return what the chance of a first purchase falls by from one occasion to the next."""
        skips = (self.skip + occasion) / (self.buy + self.skip + 1 + occasion)
        return skips * self._stays(occasion)
