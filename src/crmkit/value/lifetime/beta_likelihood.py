"""The likelihood of BG/NBD and MBG/NBD, with its slopes and how they bend, in one reading of rows.

Law: parameters are the logarithms of r, alpha, a, b. What depends on the number of purchases alone
is told once for each number, and what depends on an age once for each age.

Source: Fader, Hardie and Lee (2005), equation 6; the derivatives are ours, by hand, and held
against differences in the tests.
"""

from __future__ import annotations

from typing import NamedTuple

import attrs
import numpy as np
from numpy.typing import NDArray

from .row_kinds import in_blocks
from .rows import Floats, Histories


class _Sum(NamedTuple):
    """A log-likelihood, its slopes and, where it is asked for, its curvature."""

    value: float
    slopes: Floats
    curve: Floats


@attrs.frozen(kw_only=True, eq=False)
class BetaLikelihood:
    """The log-likelihood of rows, with what of it does not depend on the parameters.

    Attributes:
        rows: Whose.
        first: 1 where a customer can be lost with the first purchase, else 0.
        counts: Customers by number of purchases.
        again: Customers who bought again after so many.
        survived: Chances to be lost with so many that were survived.
        purchases: Of all customers.
        times: All ages there are, rising.
        recency: Place of each row's recency among them.
        age: Place of each row's age among them.
    """

    rows: Histories
    first: int
    counts: Floats
    again: Floats
    survived: Floats
    purchases: float
    times: Floats
    recency: NDArray[np.intp]
    age: NDArray[np.intp]

    @classmethod
    def of(cls, rows: Histories, first: int) -> BetaLikelihood:
        """Return that of rows; `first` as of the law."""
        # Looked up among them: to number millions of rows while sorting takes far longer.
        times = np.unique(np.concatenate((rows.recency, rows.age)))
        counts = np.bincount(rows.x, weights=rows.weight).astype(np.float64)
        at_least = np.cumsum(counts[::-1])[::-1]
        again = at_least - counts
        return cls(
            rows=rows,
            first=first,
            counts=counts,
            again=again,
            # Those who can be lost with the first purchase have survived one more.
            survived=at_least if first else again,
            purchases=float(counts @ np.arange(len(counts))),
            times=times,
            recency=np.searchsorted(times, rows.recency),
            age=np.searchsorted(times, rows.age),
        )

    def __call__(self, theta: Floats) -> tuple[float, Floats]:
        """Return the log-likelihood and its slopes."""
        told = self._summed(theta, is_curved=False)
        return told.value, told.slopes

    def curved(self, theta: Floats) -> tuple[float, Floats, Floats]:
        """Return the log-likelihood, its slopes, and the slopes of these."""
        return self._summed(theta, is_curved=True)

    def _summed(self, theta: Floats, *, is_curved: bool) -> _Sum:
        rows, (r, alpha) = self.rows, np.exp(theta[:2])
        odds, odds_b = loss_odds(theta, np.arange(len(self.counts)), self.first)
        # Of ages in shares of alpha: exact where alpha is far larger than any of them, too.
        logs, shares = np.log1p(self.times / alpha), self.times / (alpha + self.times)
        value, slopes, curve = self._of_numbers(theta)
        for block in in_blocks(len(rows)):
            x, age, recency = rows.x[block], self.age[block], self.recency[block]
            late, share = logs[age], shares[age]
            lag = late - logs[recency]
            part = _Part(
                r=float(r),
                weight=rows.weight[block],
                rate=r + x,
                late=late,
                lag=lag,
                share=share,
                earlier=shares[recency],
                odds_b=odds_b[x],
            )
            lost, gain = _loss(part.rate * lag + odds[x])
            value += float(part.weight @ (gain - part.rate * late))
            slopes += part.slopes(lost)
            if is_curved:
                curve += part.curve(lost)
        return _Sum(value, slopes, curve)

    def _of_numbers(self, theta: Floats) -> _Sum:
        """Return what depends on the number of purchases alone."""
        r, _, a, b = np.exp(theta)
        k = np.arange(len(self.counts))
        again, survived = self.again, self.survived
        rise, lost, stay = r / (r + k), a / (a + b + k), b / (a + b + k)
        kept = lost * b / (b + k)
        value = again @ np.log(r + k) - survived @ np.log1p(a / (b + k))
        slopes = again @ rise, -self.purchases, -(survived @ lost), survived @ kept
        curve = np.zeros((4, 4))
        curve[0, 0] = again @ (rise * (1 - rise))
        curve[2, 2] = -(survived @ (lost * (1 - lost)))
        curve[2, 3] = curve[3, 2] = survived @ (lost * stay)
        curve[3, 3] = survived @ (kept * (1 - b / (b + k) - stay))
        return _Sum(float(value - self.purchases * theta[1]), np.array(slopes), curve)


class _Part(NamedTuple):
    """What some rows tell at one place: one number for each, but for r.

    `late` and `lag` are logarithms of 1 + T/alpha, the latter less that of the recency; `share` and
    `earlier` are T/(alpha + T) and the same of the recency.
    """

    r: float
    weight: Floats
    rate: Floats
    late: Floats
    lag: Floats
    share: Floats
    earlier: Floats
    odds_b: Floats

    def slopes(self, lost: Floats) -> Floats:
        """Return the slopes of their sum; `lost` is each one's chance to be lost."""
        by_loss = self.weight * lost
        by_rate = by_loss @ self.lag - self.weight @ self.late
        by_age = self.rate @ (self.weight * self.share - by_loss * (self.share - self.earlier))
        return np.array((self.r * by_rate, by_age, by_loss.sum(), by_loss @ self.odds_b))

    def curve(self, lost: Floats) -> Floats:
        """Return how these slopes bend."""
        by_loss, apart = self.weight * lost, self.share - self.earlier
        # Slopes of the log-odds to be lost.
        odds = np.array((self.r * self.lag, -self.rate * apart, np.ones(len(lost)), self.odds_b))
        told: Floats = (odds * (by_loss * (1 - lost))) @ odds.T
        told[0, 0] += self.r * (by_loss @ self.lag - self.weight @ self.late)
        told[0, 1] += self.r * (self.weight @ self.share - by_loss @ apart)
        told[1, 0] = told[0, 1]
        bent = self.share * (1 - self.share)
        bent_lag = bent - self.earlier * (1 - self.earlier)
        told[1, 1] += self.rate @ (by_loss * bent_lag - self.weight * bent)
        told[3, 3] += by_loss @ (self.odds_b * (1 + self.odds_b))
        return told


def loss_odds(theta: Floats, number: NDArray[np.number], first: int) -> tuple[Floats, Floats]:
    """Return the log-odds to be lost with the last of so many purchases, and their slope by b.

    Args:
        theta: The logarithms of r, alpha, a, b.
        number: Purchases less the first.
        first: 1 where a customer can be lost with the first purchase, else 0.
    """
    b = np.exp(theta[3])
    # Those who have had no chance to be lost are not.
    survived = np.maximum(number + (first - 1.0), 0.0)
    certain = number + first == 0
    odds = np.where(certain, -np.inf, theta[2] - np.log(b + survived))
    return odds, np.where(certain, 0.0, -b / (b + survived))


def _loss(odds: Floats) -> tuple[Floats, Floats]:
    """Return the chance of loss from its log-odds, and what it adds to the log-likelihood."""
    small = np.exp(-np.abs(odds))
    total = 1.0 + small
    lost = np.copysign(0.5 - small / total, odds) + 0.5
    return lost, np.maximum(odds, 0.0) + np.log(total)
