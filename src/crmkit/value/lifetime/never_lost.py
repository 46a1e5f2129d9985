r"""The law of NBD: customers who buy at rates of their own, and of whom none is ever lost.

$\lambda \sim \Gamma(r, \alpha)$; whoever bought x times in T has $\Gamma(r + x, \alpha + T)$ left.

$$L = \frac{\Gamma(r + x)}{\Gamma(r)} \frac{\alpha^r}{(\alpha + T)^{r + x}}, \qquad
E[Y(t)] = \frac{r + x}{\alpha + T}\, t$$

Source: Ehrenberg (1959), "The pattern of consumer purchases", Applied Statistics 8(1); Morrison and
Schmittlein (1988), "Generalizing the NBD model for customer purchases", Journal of Business &
Economic Statistics 6(2), for the conditional expectation.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc

from .rows import Floats, Histories, Objective
from .tails import arrivals, log_count


@attrs.frozen
class NeverLost:
    """Who is still a customer: everybody.

    Parameters are the logarithms of r and alpha throughout.
    """

    @property
    def is_quick(self) -> bool:
        """Whether every customer is asked about by himself."""
        return True

    def objective(self, rows: Histories) -> Objective:
        """Return the log-likelihood of all rows, with its gradient, as a function."""
        counts = np.bincount(rows.x, weights=rows.weight)
        places = np.arange(len(counts))

        def at(theta: Floats) -> tuple[float, Floats]:
            r, alpha = np.exp(theta)
            rise = np.concatenate(([0.0], np.cumsum(np.log(r + places))[:-1]))
            slope = np.concatenate(([0.0], np.cumsum(r / (r + places))[:-1]))
            late = np.log1p(rows.age / alpha)
            value = counts @ (rise - places * theta[1]) - rows.weight @ ((r + rows.x) * late)
            share = rows.age / (alpha + rows.age)
            slopes = (
                counts @ slope - r * (rows.weight @ late),
                rows.weight @ ((r + rows.x) * share) - counts @ places,
            )
            return float(value), np.array(slopes)

        return at

    def log_likelihoods(self, theta: Floats, rows: Histories) -> Floats:
        """Return the log-likelihood of each row, weights aside."""
        r, alpha = np.exp(theta)
        steps = np.log(r + np.arange(rows.x.max(initial=0) + 1.0))
        rise = np.concatenate(([0.0], np.cumsum(steps)[:-1]))
        told: Floats = rise[rows.x] - rows.x * theta[1] - (r + rows.x) * np.log1p(rows.age / alpha)
        return told

    def alive(self, theta: Floats, rows: Histories) -> Floats:
        """Return the log-odds that each is still a customer: without doubt."""
        return np.full(len(rows), np.inf)

    def alive_slopes(self, theta: Floats, rows: Histories, odds: Floats) -> Floats:
        """Return the slopes of these log-odds by each parameter: they have none."""
        return np.zeros((len(theta), len(rows)))

    def customers(self, theta: Floats, rows: Histories) -> LoyalCustomers:
        """Return them as the future knows them."""
        r, alpha = np.exp(theta)
        return LoyalCustomers(rate=r + rows.x, age=alpha + rows.age)


@attrs.frozen(kw_only=True, eq=False)
class LoyalCustomers:
    """Those who buy for ever, as far as the future knows them.

    Attributes:
        rate: Shape of the rate of buying.
        age: What it is divided by.
    """

    rate: Floats
    age: Floats

    def only(self, places: NDArray[np.integer]) -> LoyalCustomers:
        """Return those at these places."""
        return LoyalCustomers(rate=self.rate[places], age=self.age[places])

    def expected(self, within: float) -> Floats:
        """Return how many purchases are expected within a time."""
        return self.rate / self.age * within

    def discounted(self, horizon: float, force: float) -> Floats:
        r"""Return expected purchases, each worth $e^{-\delta t}$, within a horizon."""
        if not force:
            return self.expected(horizon)
        return self.rate / self.age * -math.expm1(-force * horizon) / force

    def active(self, within: float) -> Floats:
        """Return the chance of at least one purchase within a time."""
        return -np.expm1(-self.rate * np.log1p(within / self.age))

    def wait(self, share: Floats) -> Floats:
        """Return the time within which `active` comes to a share below 1."""
        told: Floats = self.age * np.expm1(-np.log1p(-share) / self.rate)
        return told

    def tail(self, within: float, count: Floats) -> Floats:
        """Return the chance of at least so many purchases, 1 or more, within a time."""
        return np.asarray(betainc(count, self.rate, within / (self.age + within)), dtype=np.float64)

    def tails(self, within: float, bar: float) -> Iterator[Floats]:
        """Yield the chances of at least one purchase within a time, of two at least, and so on.

        Those of whoever is not more likely than `bar` may be 0 from then on.
        """
        return arrivals(self.rate, self.age, within)

    def log_pmf(self, within: float, count: int) -> Floats:
        """Return the logarithm of the chance of just so many purchases within a time."""
        return log_count(self.rate, self.age, within, count)
