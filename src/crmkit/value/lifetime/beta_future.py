r"""What a customer still does, by BG/NBD and MBG/NBD, if he is one: counts, sums, times.

Whoever is still a customer at age T has a rate $\lambda \sim \Gamma(R, A)$ with $R = r + x$ and
$A = \alpha + T$, and a chance of loss $p \sim B(a, B)$ with $B = b + m$, independent of each other.

$$E[Y(t)] = E_p\left[\frac{1 - (1 + pt/A)^{-R}}{p}\right], \qquad
P(Y(t) \ge n) = \frac{B(a, B + n - 1)}{B(a, B)}\, I_{t/(A + t)}(n, R)$$

The published closed forms of the first divide a difference by $a - 1$ and overflow in its
hypergeometric function; here the mean over p is taken by the trapezoidal rule in its log-odds,
which gains digits with every node, near $a = 1$ as anywhere else. The second is the chance that the
n-th purchase comes in time, and that none of those before was the last.

Source: Fader, Hardie and Lee (2005), equations 8 and 10, in another form; Trefethen and Weideman
(2014), "The exponentially convergent trapezoidal rule", SIAM Review 56(3).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, betaln

from .gauss import gauss
from .rows import BLOCK, Floats, Histories
from .tails import arrivals, log_arrival, log_count, log_stays


_FALL: Final = 38.0  # e-folds after which nothing more counts
_STEP: Final = 0.3  # of log-odds: an integrand without poles within π/2 keeps 14 digits
_NARROW: Final = 0.6  # steps to the width of a peak
_HIGH: Final = 1e3  # purchases from which on those of whoever is never lost are taken out alone
_NEAR: Final = 2e6  # from there on the logarithm of a beta function keeps its digits
_NODES: Final = 32  # of Gauss's rule, for the integral over the discount

_Mean: TypeAlias = Callable[[Floats, slice], Floats]


@attrs.frozen(kw_only=True, eq=False)
class BetaCustomers:
    """Those who are still customers, as far as the future knows them.

    Attributes:
        rate: R: shape of the rate of buying.
        age: A: what the rate is divided by.
        a: First parameter of the chance of loss.
        stay: B: second parameter.
    """

    rate: Floats
    age: Floats
    a: float
    stay: Floats

    @classmethod
    def of(cls, theta: Floats, rows: Histories, first: int) -> BetaCustomers:
        """Read them off histories; `theta` holds the logarithms of r, alpha, a, b."""
        r, alpha, a, b = np.exp(theta)
        return cls(rate=r + rows.x, age=alpha + rows.age, a=float(a), stay=b + rows.x + first)

    def expected(self, within: float) -> Floats:
        """Return how many purchases are expected within a time."""
        reach = within / self.age

        def purchases(chance: Floats, rows: slice) -> Floats:
            rate = self.rate[rows, None]
            told: Floats = -np.expm1(-rate * np.log1p(reach[rows, None] * chance)) / chance
            return told

        never = self.rate * reach
        return self._mean(purchases, never, -np.expm1(-self.rate * np.log1p(reach)))

    def discounted(self, horizon: float, force: float) -> Floats:
        r"""Return expected purchases, each worth $e^{-\delta t}$, within a horizon.

        The rate of buying integrates to
        $\frac1p \int_0^V e^{-v - \delta A (e^{v/R} - 1)/p} dv$ with $V = R \log(1 + pH/A)$.
        """
        if not force:
            return self.expected(horizon)
        # Beyond it the factor of the discount is nothing.
        horizon = min(horizon, _FALL / force)
        weigh = force * self.age

        def purchases(chance: Floats, rows: slice) -> Floats:
            rate, age = self.rate[rows, None], self.age[rows, None]
            end = np.minimum(rate * np.log1p(horizon * chance / age), _FALL)
            told = np.zeros_like(end)
            for node, part in zip(*gauss(_NODES), strict=True):
                v = end * node
                told += part * np.exp(-v - weigh[rows, None] / chance * np.expm1(v / rate))
            return told * end / chance

        never = self.rate / weigh * -np.expm1(-force * horizon)
        return self._mean(purchases, never, purchases(np.ones((1, 1)), slice(None))[:, 0])

    def tail(self, within: float, count: Floats) -> Floats:
        """Return the chance of at least so many purchases, 1 or more, within a time."""
        # Each has a count of his own, over which `log_stays` would have to be a loop.
        stays = np.exp(betaln(self.a, self.stay + (count - 1)) - betaln(self.a, self.stay))
        told: Floats = stays * betainc(count, self.rate, within / (self.age + within))
        return told

    def tails(self, within: float, bar: float) -> Iterator[Floats]:
        """Yield the chances of at least one purchase within a time, of two at least, and so on.

        Those of whoever is not more likely than `bar` may be 0 from then on.
        """
        come, stays, count = arrivals(self.rate, self.age, within), np.ones(len(self.stay)), 0
        while True:
            yield stays * next(come)
            stays = stays * ((self.stay + count) / (self.a + self.stay + count))
            count += 1

    def only(self, places: NDArray[np.integer]) -> BetaCustomers:
        """Return those at these places."""
        return attrs.evolve(
            self, rate=self.rate[places], age=self.age[places], stay=self.stay[places]
        )

    def active(self, within: float) -> Floats:
        """Return the chance of at least one purchase within a time."""
        return -np.expm1(-self.rate * np.log1p(within / self.age))

    def wait(self, share: Floats) -> Floats:
        """Return the time within which `active` comes to a share below 1."""
        told: Floats = self.age * np.expm1(-np.log1p(-share) / self.rate)
        return told

    def log_pmf(self, within: float, count: int) -> Floats:
        """Return the logarithm of the chance of just so many purchases within a time."""
        exactly = log_count(self.rate, self.age, within, count)
        if not count:
            return exactly
        stays, lost = self._lasts(count)
        arrives = log_arrival(self.rate, self.age, within, count)
        told: Floats = np.logaddexp(stays + exactly, lost + arrives)
        return told

    def _lasts(self, count: int) -> tuple[Floats, Floats]:
        """Return how likely it is to survive so many purchases, and to be lost with the last.

        By their logarithms.
        """
        a, stay = self.a, self.stay
        before = log_stays(a, stay, count - 1)
        last = stay + (count - 1)
        return before - np.log1p(a / last), before + np.log(a / (a + last))

    def _mean(self, purchases: _Mean, never: Floats, always: Floats) -> Floats:
        """Take the mean over the chance of loss.

        What slowly falls at an end is taken out, as a share of the value there, so that the rest
        falls at least as fast as the chance itself.

        Args:
            purchases: As a function of the chance and of which rows.
            never: The same where the chance is 0.
            always: The same where it is 1.
        """
        both = self.a + self.stay
        low = never if self.a < 1 else np.zeros_like(never)
        high = np.where(self.stay < 1, always, 0.0)
        share, most = self.stay / both, float(never.max(initial=0.0))
        is_far, near = bool(low.any()) and most > _HIGH, max(most, _NEAR)
        if is_far:
            # What is far more at 0 than elsewhere is taken out there alone.
            share = np.exp(betaln(self.a, self.stay + near) - betaln(self.a, self.stay))
        told = low * share + high * (self.a / both)
        kinds, kind = np.unique(self.stay, return_inverse=True)
        slack = float(np.log1p(most) + np.log(near if is_far else 1.0 + most))
        chance, stays, weight = _nodes(self.a, kinds, slack)
        falls = np.exp((near if is_far else 1.0) * stays)
        step = max(BLOCK // chance.shape[1], 1)
        for start in range(0, len(told), step):
            rows = slice(start, start + step)
            of = kind[rows]
            taken = low[rows, None] * falls[of] + high[rows, None] * chance[of]
            left = purchases(chance[of], rows) - taken
            told[rows] += np.einsum("ij,ij->i", weight[of], left)
        return told


def _nodes(a: float, stay: Floats, slack: float) -> tuple[Floats, Floats, Floats]:
    """Return nodes of the chance of loss, logarithms of those to stay, and weights.

    A row for each kind.
    """
    left = a + 1 if a < 1 else a
    right = np.where(stay < 1, stay + 1, stay)
    peak = np.log(left / right)
    height = left * _log_share(peak) + right * _log_share(-peak)
    bar = height - _FALL - slack
    low = _end(lambda y: left * _log_share(y) + right * _log_share(-y) - bar, bar / left, peak)
    high = _end(lambda y: left * _log_share(y) + right * _log_share(-y) - bar, -bar / right, peak)
    width = np.sqrt((left + right) / (left * right))
    step = np.minimum(_STEP, _NARROW * width)
    count = int(np.ceil((high - low) / step).max(initial=1.0)) + 1
    y = low[:, None] + (high - low)[:, None] * np.linspace(0.0, 1.0, count)
    lost, stays = _log_share(y), _log_share(-y)
    log = a * lost + stay[:, None] * stays - betaln(a, stay)[:, None]
    return np.exp(lost), stays, np.exp(log) * ((high - low) / (count - 1))[:, None]


def _log_share(y: Floats) -> Floats:
    """Return the logarithm of a share from its log-odds."""
    return -np.logaddexp(0.0, -y)


def _end(above: Callable[[Floats], Floats], outside: Floats, inside: Floats) -> Floats:
    """Find by halving where a function falls below 0 between a place outside and one inside."""
    for _ in range(30):
        middle = (outside + inside) / 2
        falls = above(middle) < 0
        outside, inside = np.where(falls, middle, outside), np.where(falls, inside, middle)
    return outside
