r"""The likelihood of customers who differ by what is known of them: static covariates.

With covariates z and w of a customer, he buys and is lost by MBG/NBD or BG/NBD with
$\alpha_i = \alpha e^{-\gamma^\top z}$ and $a_i = a e^{\delta^\top w}$: his mean rate of buying is
$e^{\gamma^\top z}$ times, the odds $a/b$ of his mean chance of loss are $e^{\delta^\top w}$ times
those of a customer whose covariates are 0. Customers with the same covariates are customers of one
plain law; the logarithms of its parameters are linear in those of the whole.

Source: Fader and Hardie (2007), "Incorporating time-invariant covariates into the Pareto/NBD and
BG/NBD models"; there b may move as well as a: one of the two tells the mean chance, our choice.
"""

from __future__ import annotations

from typing import Final

import attrs
import numpy as np
from numpy.typing import NDArray

from .beta_drop_out import BETA_STARTS
from .law import Law
from .maximum import ModelFit, maximise
from .rows import Floats, Histories, Objective, compressed


_ALPHA: Final = 1
_A: Final = 2
_OWN: Final = 4


def plain_from(buying: Floats, loss: Floats) -> Floats:
    """Return the matrix that makes the four of a plain law of the parameters of the whole.

    Args:
        buying: A customer's covariates of buying.
        loss: Those of his loss.

    Examples:
        >>> plain_from(np.array([2.0]), np.array([])).tolist()[1]
        [0.0, 1.0, 0.0, 0.0, -2.0]
    """
    told = np.zeros((_OWN, _OWN + len(buying) + len(loss)))
    told[:, :_OWN] = np.eye(_OWN)
    told[_ALPHA, _OWN : _OWN + len(buying)] = -buying
    told[_A, _OWN + len(buying) :] = loss
    return told


@attrs.frozen(kw_only=True, eq=False)
class CovariateRows:
    """Histories of customers, parted by their covariates.

    Attributes:
        groups: Of each pattern of covariates, the histories.
        buying: Of each pattern, those of buying: a row for each.
        loss: Of each pattern, those of loss.
    """

    groups: tuple[Histories, ...]
    buying: Floats
    loss: Floats

    @classmethod
    def of(
        cls, rows: Histories, buying: Floats, loss: Floats, pattern: NDArray[np.integer]
    ) -> CovariateRows:
        """Part histories by the pattern of each; the covariates are those of the patterns."""
        groups = (rows.only(np.flatnonzero(pattern == place)) for place in range(len(buying)))
        return cls(groups=tuple(map(compressed, groups)), buying=buying, loss=loss)

    @property
    def weights(self) -> Floats:
        """How many customers there are of each pattern."""
        return np.array([group.customers for group in self.groups])

    @property
    def age(self) -> float:
        """The longest age."""
        return max(float(group.age.max()) for group in self.groups)

    def objective(self, law: Law) -> Objective:
        """Return the log-likelihood of all of them, with its gradient, as a function.

        Parameters are the logarithms of r, alpha, a, b, then the coefficients.
        """
        parts = [
            (plain_from(*covariates), law.objective(group))
            for group, *covariates in zip(self.groups, self.buying, self.loss, strict=True)
        ]

        def at(theta: Floats) -> tuple[float, Floats]:
            value, slopes = 0.0, np.zeros(len(theta))
            for plain, objective in parts:
                told, theirs = objective(plain @ theta)
                value += told
                slopes += theirs @ plain
            return value, slopes

        return at


def fitted_rows(
    law: Law, rows: CovariateRows, names: tuple[str, ...], penalty: float, *, model: str = ""
) -> tuple[Floats, ModelFit]:
    """Find the parameters that make histories likeliest; ages and covariates of any size.

    Covariates are counted in their standard deviations from their means, ages in the longest one,
    while the way is sought, so that all parameters are of one size.
    """
    factor, weights = 1.0 / max(rows.age, 1e-300), rows.weights
    buying, back_b = _standard(rows.buying, weights)
    loss, back_l = _standard(rows.loss, weights)
    scaled = CovariateRows(
        groups=tuple(group.scaled(factor) for group in rows.groups), buying=buying, loss=loss
    )
    theta, fit = maximise(
        scaled.objective(law),
        names,
        customers=float(weights.sum()),
        histories=sum(map(len, rows.groups)),
        penalty=penalty,
        model=model,
        starts=[np.array([*one, *[0.0] * (len(names) - _OWN)]) for one in BETA_STARTS],
    )
    back = _back(back_b, back_l)
    theta = back @ theta
    theta[_ALPHA] -= np.log(factor)
    bought = sum(float(group.weight @ group.x) for group in rows.groups)
    return theta, attrs.evolve(
        fit,
        log_likelihood=fit.log_likelihood + bought * np.log(factor),
        covariance=_turned(fit.covariance, back),
    )


def _turned(
    covariance: tuple[tuple[float, ...], ...] | None, back: Floats
) -> tuple[tuple[float, ...], ...] | None:
    """Return the covariance of parameters that a matrix makes of others; None where none is."""
    if covariance is None:
        return None
    return tuple(map(tuple, (back @ np.array(covariance) @ back.T).tolist()))


def _standard(told: Floats, weights: Floats) -> tuple[Floats, tuple[Floats, Floats]]:
    """Return covariates less their means in standard deviations, and both."""
    mean = weights @ told / weights.sum()
    spread = np.sqrt(weights @ (told - mean) ** 2 / weights.sum())
    return (told - mean) / spread, (mean, spread)


def _back(buying: tuple[Floats, Floats], loss: tuple[Floats, Floats]) -> Floats:
    """Return the matrix from parameters of standard covariates to those of the covariates."""
    spread = np.concatenate((buying[1], loss[1]))
    told = np.diag(np.concatenate((np.ones(_OWN), 1 / spread)))
    ends = _OWN + len(buying[0])
    told[_ALPHA, _OWN:ends] = buying[0] / buying[1]
    told[_A, ends:] = -loss[0] / loss[1]
    return told
