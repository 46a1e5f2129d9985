"""Maximum likelihood in the logarithms of parameters, and how sure it is of them.

Law: a likelihood that is flat is said to be, and has no intervals.

Source: Efron and Hinkley (1978), "Assessing the accuracy of the maximum likelihood estimator",
Biometrika 65(3): the observed information is what standard errors are made of.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import attrs
import numpy as np

from crmkit.errors import InvalidValueError
from crmkit.kernel.scalars import as_python
from crmkit.kernel.warned import warn_caller

from .descent import BOUND, Loss, approached, descended, free, polished, quasi_newton
from .few_customers import MANY
from .rows import Floats, Objective


_LEVEL: Final = 1e-5  # slope of a customer's mean below which nothing more is gained
_FLAT: Final = 2.0  # standard errors of a logarithm beyond which a parameter is anywhere
_SHARE: Final = 0.3
_UNSURE: Final = 0.5  # standard errors of a logarithm beyond which a likelihood may have two tops
_GAIN: Final = 1e-9


@attrs.frozen(kw_only=True)
class ModelFit:
    """What a fit tells besides the parameters.

    Attributes:
        log_likelihood: At its maximum, penalty aside, in the table's unit of time.
        customers: How many it rests on.
        histories: How many different ones they have.
        penalty: With which the parameters were held together.
        covariance: Of the logarithms of the parameters; None where the likelihood is flat.
        flat: Parameters that the data do not tell.
        converged: Whether the likelihood is level at the end: a fit that ran out of steps is not
            at the top.

    Examples:
        >>> from crmkit.value import ShiftedBetaGeometric
        >>> model = ShiftedBetaGeometric.fit_survivors([1000, 631, 468, 382, 326, 289, 262, 241])
        >>> model.fitted.customers, model.fitted.histories, model.fitted.flat
        (1000.0, 8, ())
        >>> model.fitted.converged
        True
    """

    log_likelihood: float
    customers: float
    histories: int
    penalty: float
    covariance: tuple[tuple[float, ...], ...] | None
    flat: tuple[str, ...]
    converged: bool = True

    @property
    def is_small(self) -> bool:
        """Whether there are intervals, and fewer than 1,000 customers: then they are too narrow.

        They are those of large samples.
        """
        return self.covariance is not None and self.customers < MANY

    def warn_small(self) -> None:
        """Warn whoever reads intervals that rest on few customers.

        Warns:
            AssumptionWarning: If they do.
        """
        if self.is_small:
            warn_caller(
                f"these intervals rest on {self.customers:,.0f} customers and are too narrow: they "
                f"are those of large samples, and below {MANY:,} hold the truth less often than "
                "they say; use more customers, or take them for the least there is to doubt"
            )


def read_fit(told: dict[str, Any]) -> ModelFit:
    """Return the fit that JSON tells."""
    rows = told["covariance"]
    covariance = None if rows is None else tuple(map(tuple, rows))
    return ModelFit(**{**told, "flat": tuple(told["flat"]), "covariance": covariance})


def checked_penalty(penalty: float) -> float:
    """Return a penalty if it is a number that is not negative.

    Raises:
        InvalidValueError: If it is not.
    """
    penalty = as_python(penalty)
    number = isinstance(penalty, int | float) and not isinstance(penalty, bool)
    if not (number and math.isfinite(penalty) and penalty >= 0):
        rule = "must be a number that is not negative"
        raise InvalidValueError("penalty", penalty, rule, "0.01 holds wild parameters together")
    return float(penalty)


def maximise(
    objective: Objective,
    names: Sequence[str],
    *,
    customers: float,
    histories: int,
    penalty: float,
    model: str = "",
    start: tuple[Floats, Floats] | None = None,
    starts: Sequence[Floats] = (),
) -> tuple[Floats, ModelFit]:
    r"""Find the parameters that make the data likeliest.

    What is maximised is the mean log-likelihood of a customer less
    $\text{penalty} \cdot \sum \log^2\theta$.

    Args:
        objective: The log-likelihood of all customers, and its gradient.
        names: Of the parameters.
        customers: How many there are.
        histories: How many different ones they have.
        penalty: 0 for none.
        model: What warnings call it; empty for nothing.
        start: Where to begin, near the end, and the curvature there of a customer's mean; None
            where nothing is known of the end.
        starts: Where to begin else: at the first, and where the data tell little at the others
            too, for there may be several tops. All parameters 1, if none is told.

    Returns:
        The logarithms of the parameters, and the fit.

    Warns:
        AssumptionWarning: If the likelihood is flat, or the way ends before its top.
    """
    loss = Loss.of(objective, customers, penalty, is_curved=start is None)
    if start is None:
        theta, curve = _highest(loss, starts or (np.zeros(len(names)),), customers)
    else:
        theta, curve = polished(loss, approached(loss, *start))
    flat, told_of = _flat(theta, curve * customers, names), f"{model}: " * bool(model)
    value, slopes = loss(theta)
    steep = float(np.abs(slopes[free(theta, slopes)]).max(initial=0.0))
    told = ModelFit(
        log_likelihood=(penalty * float(theta @ theta) - value) * customers,
        customers=customers,
        histories=histories,
        penalty=penalty,
        covariance=_inverse(curve * customers, flat, steep, told_of),
        flat=flat,
        converged=steep < _LEVEL,
    )
    return theta, told


def _highest(loss: Loss, starts: Sequence[Floats], customers: float) -> tuple[Floats, Floats]:
    """Return the highest of several tops, and its curvature; data that tell much have but one."""
    best, curve = descended(loss, starts[0])
    if np.linalg.eigvalsh(curve * customers)[0] >= 1 / _UNSURE**2:
        return best, curve
    for start in starts[1:]:
        # Not by Newton's steps: where the likelihood is flat they go far, and to the same top.
        theta, bend = polished(loss, quasi_newton(loss, start))
        if loss(theta)[0] < loss(best)[0] - _GAIN:
            best, curve = theta, bend
    return best, curve


def _flat(theta: Floats, information: Floats, names: Sequence[str]) -> tuple[str, ...]:
    """Name the parameters that the data do not tell."""
    values, vectors = np.linalg.eigh(information)
    weak = values < 1 / _FLAT**2
    loose = (np.abs(vectors[:, weak]) > _SHARE).any(axis=1) | (np.abs(theta) > BOUND - 0.1)
    return tuple(name for name, is_loose in zip(names, loose, strict=True) if is_loose)


def _inverse(
    information: Floats, flat: Sequence[str], steep: float, told_of: str
) -> tuple[tuple[float, ...], ...] | None:
    """Return the covariance; none where the data do not tell. Warn there, and below the top."""
    if flat:
        _warn_flat(flat, steep, told_of)
        return None
    if steep >= _LEVEL:
        _warn_steep(steep, told_of)
    return tuple(map(tuple, np.linalg.inv(information).tolist()))


def _warn_flat(flat: Sequence[str], steep: float, told_of: str) -> None:
    told = " and ".join(flat)
    below = (
        f"; and the fit ended before the top, where it still rises by {steep:.1g} a customer "
        "(fitted.converged is False)"
    )
    warn_caller(
        f"{told_of}the likelihood is flat in {told}: these data do not tell, and there are no "
        f"intervals; use a longer record, a simpler model, or penalty=0.01"
        f"{below * (steep >= _LEVEL)}"
    )


def _warn_steep(steep: float, told_of: str) -> None:
    warn_caller(
        f"{told_of}the fit ended before the top of the likelihood, where it still rises by "
        f"{steep:.1g} a customer: its parameters and intervals are not to be relied on; use "
        "penalty=0.01, or look at the data"
    )
