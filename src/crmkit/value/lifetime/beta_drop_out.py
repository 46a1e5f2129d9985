r"""The laws of BG/NBD and MBG/NBD: likelihood, gradient, and who is still a customer.

A customer buys at a rate of his own, $\lambda \sim \Gamma(r, \alpha)$, and after a purchase is lost
with a chance of his own, $p \sim B(a, b)$. With BG/NBD he can be lost after every purchase but the
first, so that $m = x$ chances were survived; with MBG/NBD after the first too: $m = x + 1$.

$$L = \frac{\Gamma(r + x)}{\Gamma(r)} \frac{\alpha^r}{(\alpha + T)^{r + x}}
\prod_{k < m} \frac{b + k}{a + b + k} \left(1 + \frac{a}{b + m - 1}
\left(\frac{\alpha + T}{\alpha + t_x}\right)^{r + x}\right)$$

The second term, of those who were lost with the last purchase, is absent where $m = 0$. Gamma and
beta functions differ by whole steps only: they are running sums over whole numbers, which do not
cancel.

Source: Fader, Hardie and Lee (2005), "Counting your customers the easy way", Marketing Science
24(2), equation 6; Batislam, Denizel and Filiztekin (2007), "Empirical validation and comparison of
models for customer base analysis", International Journal of Research in Marketing 24(3).
"""

from __future__ import annotations

from typing import NamedTuple

import attrs
import numpy as np
from numpy.typing import NDArray

from .beta_future import BetaCustomers
from .rows import BLOCK, Floats, Histories, Objective


@attrs.frozen
class BetaDropOut:
    """Who is still a customer, by BG/NBD or, with `first`, by MBG/NBD.

    Parameters are the logarithms of r, alpha, a, b throughout.

    Attributes:
        first: 1 where a customer can be lost with the first purchase, else 0.
    """

    first: int

    @property
    def is_quick(self) -> bool:
        """Whether every customer is asked about by himself."""
        return True

    def objective(self, rows: Histories) -> Objective:
        """Return the log-likelihood of all rows, with its gradient, as a function."""
        # Looked up among them: to number millions of rows while sorting takes far longer.
        times = np.unique(np.concatenate((rows.recency, rows.age)))
        return _Likelihood(
            rows=rows,
            first=self.first,
            counts=np.bincount(rows.x, weights=rows.weight).astype(np.float64),
            times=times,
            recency=np.searchsorted(times, rows.recency),
            age=np.searchsorted(times, rows.age),
        )

    def log_likelihoods(self, theta: Floats, rows: Histories) -> Floats:
        """Return the log-likelihood of each row, weights aside."""
        r, alpha = np.exp(theta[:2])
        steps = _steps(theta, int(rows.x.max(initial=0)), self.first)
        odds = -self.alive(theta, rows)
        told: Floats = (steps.rise + steps.stay)[rows.x] - rows.x * theta[1]
        told -= (r + rows.x) * np.log1p(rows.age / alpha)
        return told + np.logaddexp(0.0, odds)

    def alive(self, theta: Floats, rows: Histories) -> Floats:
        """Return the log-odds that each is still a customer; infinite where he must be."""
        r, alpha = np.exp(theta[:2])
        odds, _ = _odds(theta, np.arange(rows.x.max(initial=0) + 1.0), self.first)
        lag = np.log1p((rows.age - rows.recency) / (alpha + rows.recency))
        told: Floats = -odds[rows.x] - (r + rows.x) * lag
        return told

    def alive_slopes(self, theta: Floats, rows: Histories, odds: Floats) -> Floats:
        """Return the slopes of these log-odds by each parameter: a row for each."""
        r, alpha = np.exp(theta[:2])
        by_count, by_b = _odds(theta, np.arange(rows.x.max(initial=0) + 1.0), self.first)
        share = (rows.age - rows.recency) / (alpha + rows.recency)
        told = np.empty((4, len(rows)))
        told[0] = -r * np.log1p(share)
        told[1] = (r + rows.x) * share * (alpha / (alpha + rows.age))
        told[2] = np.where(np.isinf(by_count), 0.0, -1.0)[rows.x]
        told[3] = -by_b[rows.x]
        return told

    def customers(self, theta: Floats, rows: Histories) -> BetaCustomers:
        """Return them as the future knows them, if they are still customers."""
        return BetaCustomers.of(theta, rows, self.first)


class _Steps(NamedTuple):
    """What depends on the number of purchases alone, from 0 up, and its slopes.

    The slopes are those by the logarithms of the parameters.
    """

    rise: Floats
    rise_r: Floats
    stay: Floats
    stay_a: Floats
    stay_b: Floats
    odds: Floats
    odds_b: Floats


def _steps(theta: Floats, most: int, first: int) -> _Steps:
    r, _, a, b = np.exp(theta)
    k = np.arange(most + 1.0)
    both = a + b + k
    odds, odds_b = _odds(theta, k, first)
    lost = a / (b + k)
    terms = np.array((np.log(r + k), r / (r + k), -np.log1p(lost), -a / both, lost / both * b))
    below = np.zeros_like(terms)
    so_far = np.cumsum(terms, axis=1)
    below[:, 1:] = so_far[:, :-1]
    # Those who can be lost with the first purchase have survived one more.
    survived = so_far if first else below
    return _Steps(
        rise=below[0],
        rise_r=below[1],
        stay=survived[2],
        stay_a=survived[3],
        stay_b=survived[4],
        odds=odds,
        odds_b=odds_b,
    )


def _odds(theta: Floats, k: Floats, first: int) -> tuple[Floats, Floats]:
    """Return the log-odds to be lost with the last of so many purchases, and their slope by b."""
    b = np.exp(theta[3])
    # Those who have had no chance to be lost are not.
    survived = np.maximum(k + (first - 1), 0.0)
    certain = k + first == 0
    odds = np.where(certain, -np.inf, theta[2] - np.log(b + survived))
    return odds, np.where(certain, 0.0, -b / (b + survived))


@attrs.frozen(kw_only=True, eq=False)
class _Likelihood:
    """The log-likelihood of rows, with what of it does not depend on the parameters.

    Attributes:
        rows: Whose.
        first: As of the law.
        counts: Customers by number of purchases.
        times: All ages there are, rising.
        recency: Place of each row's recency among them.
        age: Place of each row's age among them.
    """

    rows: Histories
    first: int
    counts: Floats
    times: Floats
    recency: NDArray[np.intp]
    age: NDArray[np.intp]

    def __call__(self, theta: Floats) -> tuple[float, Floats]:
        r, alpha = np.exp(theta[:2])
        steps = _steps(theta, len(self.counts) - 1, self.first)
        # Of ages in shares of alpha: exact where alpha is far larger than any of them, too.
        logs, shares = np.log1p(self.times / alpha), self.times / (alpha + self.times)
        places = np.arange(len(self.counts))
        value = self.counts @ (steps.rise + steps.stay - places * theta[1])
        sums, losses = np.zeros(3), np.zeros(len(self.counts))
        # Blocks that stay in the cache.
        for start in range(0, len(self.rows), BLOCK):
            block = slice(start, start + BLOCK)
            told, lost = self._of_block(block, r, steps.odds, logs, shares)
            sums += told
            losses += np.bincount(self.rows.x[block], weights=lost, minlength=len(self.counts))
        value += sums[0]
        slopes = (
            self.counts @ steps.rise_r + r * sums[1],
            sums[2] - self.counts @ places,
            self.counts @ steps.stay_a + losses.sum(),
            self.counts @ steps.stay_b + losses @ steps.odds_b,
        )
        return float(value), np.array(slopes)

    def _of_block(
        self, block: slice, r: float, odds: Floats, logs: Floats, shares: Floats
    ) -> tuple[tuple[float, float, float], Floats]:
        """Return of some rows the value, its slopes by rate and age, and who of them is lost."""
        x, weight, age = self.rows.x[block], self.rows.weight[block], self.age[block]
        recency = self.recency[block]
        rate, late, share = r + x, logs[age], shares[age]
        lag = late - logs[recency]
        lost, gain = _loss(rate * lag + odds[x])
        value = float(weight @ (gain - rate * late))
        lost *= weight
        by_rate = float(lost @ lag - weight @ late)
        by_age = float(rate @ (weight * share - lost * (share - shares[recency])))
        return (value, by_rate, by_age), lost


def _loss(odds: Floats) -> tuple[Floats, Floats]:
    """Return the chance of loss from its log-odds, and what it adds to the log-likelihood."""
    small = np.exp(-np.abs(odds))
    total = 1.0 + small
    lost = np.copysign(0.5 - small / total, odds) + 0.5
    return lost, np.maximum(odds, 0.0) + np.log(total)
