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

from typing import Final

import attrs
import numpy as np

from .beta_future import BetaCustomers
from .beta_likelihood import BetaLikelihood, loss_odds
from .rows import Floats, Histories, Objective


BETA_STARTS: Final = (
    # As of the published data.
    (-0.9, -1.6, -0.2, 0.7),
    (0.0, 0.0, 0.0, 0.0),
    # Customers are lost nearly alike.
    (0.0, 0.0, 2.0, 3.0),
    # They leave at once or never, and differ in how they buy, or hardly do.
    (0.0, 0.0, -6.0, -3.0),
    (4.0, 4.0, -3.0, -2.0),
)
"""Where the way to a top begins, ages counted in the longest of them."""


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
        return BetaLikelihood.of(rows, self.first)

    def log_likelihoods(self, theta: Floats, rows: Histories) -> Floats:
        """Return the log-likelihood of each row, weights aside."""
        r, alpha = np.exp(theta[:2])
        odds = -self.alive(theta, rows)
        told: Floats = _risen(theta, int(rows.x.max(initial=0)), self.first)[rows.x]
        told -= rows.x * theta[1]
        told -= (r + rows.x) * np.log1p(rows.age / alpha)
        return told + np.logaddexp(0.0, odds)

    def alive(self, theta: Floats, rows: Histories) -> Floats:
        """Return the log-odds that each is still a customer; infinite where he must be."""
        r, alpha = np.exp(theta[:2])
        odds, _ = loss_odds(theta, np.arange(rows.x.max(initial=0) + 1), self.first)
        lag = np.log1p((rows.age - rows.recency) / (alpha + rows.recency))
        told: Floats = -odds[rows.x] - (r + rows.x) * lag
        return told

    def alive_slopes(self, theta: Floats, rows: Histories, odds: Floats) -> Floats:
        """Return the slopes of these log-odds by each parameter: a row for each."""
        r, alpha = np.exp(theta[:2])
        by_count, by_b = loss_odds(theta, np.arange(rows.x.max(initial=0) + 1), self.first)
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


def _risen(theta: Floats, most: int, first: int) -> Floats:
    """Return what of a log-likelihood depends on the number of purchases alone, from 0 up."""
    r, _, a, b = np.exp(theta)
    k = np.arange(most + first + 0.0)
    rise, stay = np.log(r + k[:most]), -np.log1p(a / (b + k))
    # Those who can be lost with the first purchase have survived one more.
    return _so_far(rise) + _so_far(stay)[first:]


def _so_far(terms: Floats) -> Floats:
    return np.concatenate(([0.0], np.cumsum(terms)))
