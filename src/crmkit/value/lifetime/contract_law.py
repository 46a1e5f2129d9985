r"""The law of contracts that are renewed or not: shifted beta geometric.

At each renewal a customer leaves with a chance of his own, $\theta \sim B(\alpha, \beta)$; of
strangers, those who stay longest are those who leave least, and retention rises with age:
$P(\text{renews} \mid n) = (\beta + n)/(\alpha + \beta + n)$.

Source: Fader and Hardie (2007), "How to project customer retention", Journal of Interactive
Marketing 21(1), equations 5 to 7.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln

from .rows import Floats, Histories, Objective
from .tails import asked_one_by_one


_FALL: Final = 38.0


@attrs.frozen
class ContractLaw:
    """Who renews.

    Parameters are the logarithms of alpha and beta throughout. Histories hold renewals as `x`, and
    how many were due as `age`; whoever renewed fewer has left.
    """

    @property
    def is_quick(self) -> bool:
        """Whether every customer is asked about by himself."""
        return True

    def objective(self, rows: Histories) -> Objective:
        """Return the log-likelihood of all rows, with its gradient, as a function."""
        left = (rows.weight * (rows.x < rows.age)).astype(np.float64)

        def at(theta: Floats) -> tuple[float, Floats]:
            alpha, beta = np.exp(theta)
            k = np.arange(rows.x.max(initial=0) + 1.0)
            both = alpha + beta + k
            # Of how many each renewal is known: all who came so far.
            renewed = np.bincount(rows.x, weights=rows.weight)[::-1].cumsum()[::-1]
            renewed = np.append(renewed[1:], 0.0)
            lost = np.bincount(rows.x, weights=left)
            value = renewed @ -np.log1p(alpha / (beta + k)) + lost @ np.log(alpha / both)
            slopes = (
                lost.sum() - alpha * ((renewed + lost) @ (1 / both)),
                beta * (renewed @ (1 / (beta + k)) - (renewed + lost) @ (1 / both)),
            )
            return float(value), np.array(slopes)

        return at

    def log_likelihoods(self, theta: Floats, rows: Histories) -> Floats:
        """Return the log-likelihood of each row, weights aside."""
        alpha, beta = np.exp(theta)
        k = np.arange(float(rows.x.max(initial=0)))
        stays = np.concatenate(([0.0], np.cumsum(-np.log1p(alpha / (beta + k)))))
        leaves = np.log(alpha / (alpha + beta + rows.x))
        told: Floats = stays[rows.x] + np.where(rows.x < rows.age, leaves, 0.0)
        return told

    def alive(self, theta: Floats, rows: Histories) -> Floats:
        """Return the log-odds that each is still a customer: a contract leaves no doubt."""
        return np.where(rows.x < rows.age, -np.inf, np.inf)

    def alive_slopes(self, theta: Floats, rows: Histories, odds: Floats) -> Floats:
        """Return the slopes of these log-odds by each parameter: they have none."""
        return np.zeros((len(theta), len(rows)))

    def customers(self, theta: Floats, rows: Histories) -> ContractCustomers:
        """Return them as the future knows them, if they are still customers."""
        alpha, beta = np.exp(theta)
        return ContractCustomers(leave=float(alpha), stay=beta + rows.x)


@attrs.frozen(kw_only=True, eq=False)
class ContractCustomers:
    """Those who are still customers, as far as the future knows them.

    Attributes:
        leave: First parameter of the chance to leave.
        stay: Second.
    """

    leave: float
    stay: Floats

    def only(self, places: NDArray[np.integer]) -> ContractCustomers:
        """Return those at these places."""
        return attrs.evolve(self, stay=self.stay[places])

    def expected(self, within: float) -> Floats:
        """Return how many renewals are expected within so many periods."""
        return self.discounted(within, 0.0)

    def discounted(self, horizon: float, force: float) -> Floats:
        """Return expected renewals, each worth less by the period, within a horizon."""
        last = min(horizon, math.ceil(_FALL / force)) if force else horizon
        told, there = np.zeros(len(self.stay)), np.ones(len(self.stay))
        for period in range(int(last)):
            there *= (self.stay + period) / (self.leave + self.stay + period)
            told += there * math.exp(-force * (period + 1))
        return told

    def active(self, within: float) -> Floats:
        """Return the chance of at least one renewal: of the first."""
        return self.stay / (self.leave + self.stay)

    def wait(self, share: Floats) -> Floats:
        """Return 1 where the first renewal is as likely as a share, else infinity."""
        return np.where(self.active(1.0) >= share, 1.0, np.inf)

    def tails(self, within: float, bar: float) -> Iterator[Floats]:
        """Yield the chances of at least one purchase within a time, of two at least, and so on.

        Those of whoever is not more likely than `bar` may be 0 from then on.
        """
        return asked_one_by_one(self, len(self.stay), within, bar)

    def tail(self, within: float, count: Floats) -> Floats:
        """Return the chance of at least so many renewals within so many periods."""
        log = betaln(self.leave, self.stay + count) - betaln(self.leave, self.stay)
        told: Floats = np.where(count > within, 0.0, np.exp(log))
        return told

    def log_pmf(self, within: float, count: int) -> Floats:
        """Return the logarithm of the chance of just so many renewals within so many periods."""
        if count > within:
            return np.full(len(self.stay), -np.inf)
        last = np.log(self.leave / (self.leave + self.stay + count)) if count < within else 0.0
        renewed = betaln(self.leave, self.stay + count) - betaln(self.leave, self.stay)
        return np.asarray(renewed + last, dtype=np.float64)
