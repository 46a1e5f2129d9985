r"""What a customer still does, by Pareto/NBD, if he is one: counts, sums, times.

Whoever is still a customer at age T buys at a rate $\lambda \sim \Gamma(R, A)$ and is lost at a
rate $\mu \sim \Gamma(s, B)$, with $R = r + x$, $A = \alpha + T$, $B = \beta + T$. He is still one
after a further time y with the chance $(1 + y/B)^{-s}$, and

$$E[Y(t)] = \frac{R}{A} \int_0^t \left(1 + \frac{y}{B}\right)^{-s} dy, \qquad
P(Y(t) \ge n) = \int_0^t \frac{A^R y^{n - 1}}{B(n, R) (A + y)^{R + n}}
\left(1 + \frac{y}{B}\right)^{-s} dy.$$

The first is written so that it does not cancel at $s = 1$; the second is summed by Gauss's rule.

Source: Schmittlein, Morrison and Colombo (1987); Fader and Hardie (2014), "Deriving the conditional
PMF of the Pareto/NBD model", in other forms.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, exprel, logsumexp

from .gauss import gauss, panels
from .rows import Floats, Histories, Value
from .tails import asked_one_by_one, log_count


_FALL: Final = 38.0
_NODES: Final = 64
_MOST_PANELS: Final = 200
_HALVINGS: Final = 60


@attrs.frozen(kw_only=True, eq=False)
class ParetoCustomers:
    """Those who are still customers, as far as the future knows them.

    Attributes:
        rate: R: shape of the rate of buying.
        age: A: what the rate is divided by.
        s: Shape of the rate of loss.
        life: B: what that is divided by.
    """

    rate: Floats
    age: Floats
    s: float
    life: Floats

    @classmethod
    def of(cls, theta: Floats, rows: Histories) -> ParetoCustomers:
        """Read them off histories; `theta` holds the logarithms of r, alpha, s, beta."""
        r, alpha, s, beta = np.exp(theta)
        return cls(rate=r + rows.x, age=alpha + rows.age, s=float(s), life=beta + rows.age)

    def expected(self, within: float) -> Floats:
        """Return how many purchases are expected within a time."""
        fold = np.log1p(within / self.life)
        told: Floats = self.rate * self.life / self.age * fold * exprel((1.0 - self.s) * fold)
        return told

    def discounted(self, horizon: float, force: float) -> Floats:
        r"""Return expected purchases, each worth $e^{-\delta t}$, within a horizon."""
        if not force:
            return self.expected(horizon)
        end = np.log1p(min(horizon, _FALL / force) / self.life)
        if self.s > 1:
            end = np.minimum(end, _FALL / (self.s - 1))
        told = np.zeros(len(self.rate))
        for node, part in zip(*gauss(_NODES), strict=True):
            fold = end * node
            told += part * np.exp((1 - self.s) * fold - force * self.life * np.expm1(fold))
        return self.rate * self.life / self.age * end * told

    def tails(self, within: float, bar: float) -> Iterator[Floats]:
        """Yield the chances of at least one purchase within a time, of two at least, and so on.

        Those of whoever is not more likely than `bar` may be 0 from then on.
        """
        return asked_one_by_one(self, len(self.rate), within, bar)

    def tail(self, within: Value, count: Floats) -> Floats:
        """Return the chance of at least so many purchases, 1 or more, within a time."""
        fold, part = self._folds(within)
        rate, count = self.rate[:, None], count[:, None]
        # The n-th purchase comes at y: its density in log(1 + y/A), by its logarithm.
        log = (count - 1) * np.log(-np.expm1(-fold)) - rate * fold - betaln(count, rate)
        log -= self.s * np.log1p(self.age[:, None] * np.expm1(fold) / self.life[:, None])
        told: Floats = (part * np.exp(log)).sum(axis=1)
        return told

    def only(self, places: NDArray[np.integer]) -> ParetoCustomers:
        """Return those at these places."""
        return attrs.evolve(
            self, rate=self.rate[places], age=self.age[places], life=self.life[places]
        )

    def active(self, within: Value) -> Floats:
        """Return the chance of at least one purchase within a time."""
        return self.tail(within, np.ones(len(self.rate)))

    def wait(self, share: Floats) -> Floats:
        """Return the time within which `active` comes to a share; infinite where it never does."""
        # On the scale of the time itself, which may be of any size.
        low, high = np.full(len(self.rate), -40.0), np.full(len(self.rate), 40.0)
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            soon = self.active(np.exp(middle) * self.age) < share
            low, high = np.where(soon, middle, low), np.where(soon, high, middle)
        return np.where(low > 39.0, np.inf, np.exp(high) * self.age)

    def log_pmf(self, within: float, count: int) -> Floats:
        """Return the logarithm of the chance of just so many purchases within a time."""
        stays = -self.s * np.log1p(within / self.life)
        stays = stays + log_count(self.rate, self.age, within, count)
        fold, part = self._folds(within, count)
        rate, age, life = self.rate[:, None], self.age[:, None], self.life[:, None]
        y = age * np.expm1(fold)
        # Lost after y: part is that of the fold, and dy = (A + y) d fold.
        log = np.log(self.s * (age + y) / life) - (self.s + 1) * np.log1p(y / life)
        log = log + np.log(part) + log_count(rate, age, y, count)
        told: Floats = np.logaddexp(stays, logsumexp(log, axis=1))
        return told

    def _folds(self, within: Value, count: int = 0) -> tuple[Floats, Floats]:
        """Return nodes of log(1 + y/A) and their weights: a row for each customer.

        They lie as squares: what arrives early is known more sharply; of many purchases all arrive
        late.
        """
        end = np.log1p(within / self.age)
        sharp = np.sqrt(end * np.maximum(self.rate, self.age / self.life)).max(initial=0.0)
        nodes, weights = panels(2 + min(int(max(sharp / 2, count / 8)), _MOST_PANELS))
        return end[:, None] * nodes**2, end[:, None] * (2 * weights * nodes)
