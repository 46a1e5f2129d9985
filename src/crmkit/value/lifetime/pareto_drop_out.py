r"""The law of Pareto/NBD: likelihood, gradient, and who is still a customer.

A customer buys at a rate of his own, $\lambda \sim \Gamma(r, \alpha)$, and is lost at any time, at
a rate of his own, $\mu \sim \Gamma(s, \beta)$.

$$L = \frac{\Gamma(r + x)}{\Gamma(r)} \alpha^r \beta^s \left( \frac{1}{(\alpha + T)^{r + x}
(\beta + T)^s} + s \int_{t_x}^T \frac{dy}{(\alpha + y)^{r + x} (\beta + y)^{s + 1}} \right)$$

The integral runs over the time of loss. The published closed form is a difference of two
hypergeometric functions, which cancel; here it is summed by Gauss's rule over the logarithm of the
smaller of $\alpha + y$ and $\beta + y$, cut where nothing more counts.

Source: Schmittlein, Morrison and Colombo (1987), "Counting your customers: who are they and what
will they do next?", Management Science 33(1); Fader and Hardie (2005), "A note on deriving the
Pareto/NBD model and related expressions".
"""

from __future__ import annotations

from typing import Final

import attrs
import numpy as np

from .gauss import gauss
from .pareto_future import ParetoCustomers
from .rows import BLOCK, Floats, Histories, Objective
from .slopes import differenced


PARETO_STARTS: Final = (
    (0.0, 0.0, 0.0, 0.0),
    # Customers are lost nearly alike.
    (0.0, 0.0, 2.0, 3.0),
    # They leave at once or never, and differ in how they buy, or hardly do.
    (0.0, 0.0, -2.0, -6.0),
    (4.0, 4.0, -2.0, -6.0),
)
"""Where the way to a top begins, ages counted in the longest of them."""

_FALL: Final = 45.0  # e-folds after which nothing more counts
_LEAST_NODES: Final = 24
_NODES_PER_STEP: Final = 16


@attrs.frozen
class ParetoDropOut:
    """Who is still a customer, by Pareto/NBD.

    Parameters are the logarithms of r, alpha, s, beta throughout.
    """

    @property
    def is_quick(self) -> bool:
        """Whether every customer is asked about by himself."""
        return False

    def objective(self, rows: Histories) -> Objective:
        """Return the log-likelihood of all rows, with its gradient, as a function."""
        counts = np.bincount(rows.x, weights=rows.weight)
        places = np.arange(len(counts))

        def at(theta: Floats) -> tuple[float, Floats]:
            r = np.exp(theta[0])
            k = r + places
            rise = np.concatenate(([0.0], np.cumsum(np.log(k))[:-1]))
            slope = np.concatenate(([0.0], np.cumsum(r / k)[:-1]))
            seen = _Seen.of(theta, rows)
            value = counts @ (rise - places * theta[1]) + rows.weight @ seen.log
            slopes = seen.slopes(theta, rows)
            slopes[0] += counts @ slope
            slopes[1] -= counts @ places
            return float(value), slopes

        return at

    def log_likelihoods(self, theta: Floats, rows: Histories) -> Floats:
        """Return the log-likelihood of each row, weights aside."""
        k = np.exp(theta[0]) + np.arange(rows.x.max(initial=0) + 1.0)
        rise = np.concatenate(([0.0], np.cumsum(np.log(k))[:-1]))
        told: Floats = rise[rows.x] - rows.x * theta[1] + _Seen.of(theta, rows).log
        return told

    def alive(self, theta: Floats, rows: Histories) -> Floats:
        """Return the log-odds that each is still a customer; infinite where he must be."""
        seen = _Seen.of(theta, rows)
        return seen.stayed - seen.left

    def alive_slopes(self, theta: Floats, rows: Histories, odds: Floats) -> Floats:
        """Return the slopes of these log-odds by each parameter: a row for each."""
        return differenced(lambda moved: self.alive(moved, rows), theta, odds)

    def customers(self, theta: Floats, rows: Histories) -> ParetoCustomers:
        """Return them as the future knows them, if they are still customers."""
        return ParetoCustomers.of(theta, rows)


@attrs.frozen(kw_only=True, eq=False)
class _Seen:
    """How likely the silence since the last purchase is, and what a loss in it would look like.

    Attributes:
        stayed: Logarithm of the term of those who are still customers, less what all share.
        left: The same of those who are not.
        mean: Of those who are not: means over the time y of their loss of log(1 + y/alpha),
            log(1 + y/beta), y/(alpha + y), y/(beta + y).
    """

    stayed: Floats
    left: Floats
    mean: Floats

    @property
    def log(self) -> Floats:
        """The logarithm of both terms together."""
        told: Floats = np.logaddexp(self.stayed, self.left)
        return told

    @classmethod
    def of(cls, theta: Floats, rows: Histories) -> _Seen:
        r, alpha, s, beta = np.exp(theta)
        rate = r + rows.x
        stayed = -rate * np.log1p(rows.age / alpha) - s * np.log1p(rows.age / beta)
        left, mean = np.empty(len(rows)), np.empty((4, len(rows)))
        span = _span(theta, rows)
        nodes, weights = _rule(span)
        step = max(BLOCK // len(nodes), 1)
        for start in range(0, len(rows), step):
            block = slice(start, start + step)
            left[block], mean[:, block] = _losses(
                (alpha, s, beta), rate[block], rows.recency[block], span[block], (nodes, weights)
            )
        return cls(stayed=stayed, left=left, mean=mean)

    def slopes(self, theta: Floats, rows: Histories) -> Floats:
        """Return the slopes of the sum of `log`, but for what all share."""
        r, alpha, s, beta = np.exp(theta)
        rate = r + rows.x
        total = self.log
        stay = rows.weight * np.exp(self.stayed - total)
        leave = rows.weight * np.exp(self.left - total)
        late = np.log1p(rows.age / alpha), np.log1p(rows.age / beta)
        share = rows.age / (alpha + rows.age), rows.age / (beta + rows.age)
        log_alpha, log_beta, share_alpha, share_beta = self.mean
        return np.array(
            (
                -r * (stay @ late[0] + leave @ log_alpha),
                (stay * rate) @ share[0] + (leave * rate) @ share_alpha,
                leave.sum() - s * (stay @ late[1] + leave @ log_beta),
                s * (stay @ share[1]) + (leave @ ((s + 1) * share_beta - 1)),
            )
        )


def _span(theta: Floats, rows: Histories) -> Floats:
    """Return over what range of the logarithm each integral runs."""
    r, alpha, s, beta = np.exp(theta)
    small = min(alpha, beta)
    with np.errstate(over="ignore"):
        # Either factor alone has fallen far enough by then.
        soon = (alpha + rows.recency) * np.expm1(_FALL / (r + rows.x))
        soon = np.minimum(soon, (beta + rows.recency) * np.expm1(_FALL / (s + 1)))
    silence = np.minimum(rows.age - rows.recency, soon)
    span: Floats = np.log1p(silence / (small + rows.recency))
    return span


def _rule(span: Floats) -> tuple[Floats, Floats]:
    # In steps, so that a likelihood does not jump while its parameters are sought.
    return gauss(_LEAST_NODES + _NODES_PER_STEP * int(np.ceil(span.max(initial=0.0) / 2)))


def _losses(
    parameters: tuple[float, float, float],
    rate: Floats,
    recency: Floats,
    span: Floats,
    rule: tuple[Floats, Floats],
) -> tuple[Floats, Floats]:
    """Integrate over the time of loss: the logarithm, and the means that its slopes need."""
    alpha, s, beta = parameters
    small = min(alpha, beta)
    begin = recency[:, None]
    fold = span[:, None] * rule[0]
    since = (small + begin) * np.expm1(fold)
    log_alpha = np.log1p(since / (alpha + begin))
    log_beta = np.log1p(since / (beta + begin))
    part = rule[1] * np.exp(fold - rate[:, None] * log_alpha - (s + 1) * log_beta)
    total = part.sum(axis=1)
    start_alpha, start_beta = np.log1p(recency / alpha), np.log1p(recency / beta)
    y = begin + since
    means = (
        (part * log_alpha).sum(axis=1) / total + start_alpha,
        (part * log_beta).sum(axis=1) / total + start_beta,
        (part * (y / (alpha + y))).sum(axis=1) / total,
        (part * (y / (beta + y))).sum(axis=1) / total,
    )
    with np.errstate(divide="ignore"):
        width = np.log(s * (small + recency) * span * total / beta)
    return width - rate * start_alpha - (s + 1) * start_beta, np.array(means)
