"""Maximum likelihood in the logarithms of parameters, and how sure it is of them.

Law: a likelihood that is flat is said to be, and has no intervals.

Source: Efron and Hinkley (1978), "Assessing the accuracy of the maximum likelihood estimator",
Biometrika 65(3): the observed information is what standard errors are made of.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any, Final

import attrs
import numpy as np
from numpy.typing import NDArray

from crmkit.errors import AssumptionWarning, InvalidValueError

from .rows import Floats, Objective


_BOUND: Final = 15.0
_STEP: Final = 1e-6
_STEPS: Final = 300
_NEAR: Final = 1e-6
_POLISH: Final = 20
_STEEP: Final = 1e-9
_FAR: Final = 1e-4  # a shorter step leaves the curvature as it is
_LEVEL: Final = 1e-5  # slope of a customer's mean below which nothing more is gained
_RIDGE: Final = 1e-10
_LONGEST: Final = 2.0
_SHORTEST: Final = 1e-12
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
    start: tuple[Floats, Floats] | None = None,
    other: Floats | None = None,
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
        start: Where to begin, near the end, and the curvature there of a customer's mean; None for
            all parameters 1.
        other: Where to begin a second time, if the data tell little: there may be two tops.

    Returns:
        The logarithms of the parameters, and the fit.

    Warns:
        AssumptionWarning: If the likelihood is flat, or the way ends before its top.
    """

    def loss(theta: Floats) -> tuple[float, Floats]:
        value, slopes = objective(theta)
        value, slopes = value / customers, slopes / customers
        return penalty * float(theta @ theta) - value, 2 * penalty * theta - slopes

    if start is None:
        theta, curve = _highest(loss, other, customers, len(names))
    else:
        theta, curve = _polished(loss, _approached(loss, *start))
    flat = _flat(theta, curve * customers, names)
    value, slopes = objective(theta)
    steep = _steepness(theta, 2 * penalty * theta - slopes / customers)
    told = ModelFit(
        log_likelihood=value,
        customers=customers,
        histories=histories,
        penalty=penalty,
        covariance=_inverse(curve * customers, flat, steep),
        flat=flat,
        converged=steep < _LEVEL,
    )
    return theta, told


def _highest(
    loss: Objective, other: Floats | None, customers: float, parameters: int
) -> tuple[Floats, Floats]:
    """Return the higher one of two tops, and its curvature; data that tell much have but one."""
    theta, curve = _polished(loss, _descended(loss, np.zeros(parameters)))
    weak = np.linalg.eigvalsh(curve * customers)[0] < 1 / _UNSURE**2
    if other is None or not weak:
        return theta, curve
    again, bend = _polished(loss, _descended(loss, other))
    return (again, bend) if loss(again)[0] < loss(theta)[0] - _GAIN else (theta, curve)


def _descended(loss: Objective, theta: Floats) -> Floats:
    """Go down by the steps of Broyden, Fletcher, Goldfarb and Shanno, within the bounds.

    Of a handful of parameters: written out, for a library's general form spends a hundred times as
    long on itself as the likelihood takes.
    """
    one = np.eye(len(theta))
    value, slopes = loss(theta)
    inverse = one / max(1.0, float(np.abs(slopes).max()))
    for _ in range(_STEPS):
        free = _free(theta, slopes)
        step = -(inverse @ (slopes * free)) * free
        if not float(step @ slopes) < 0:
            inverse, step = one, -slopes * free
        if np.abs(slopes * free).max() < _NEAR:
            break
        found = _shortened(loss, theta, value, slopes, step)
        if found is None:
            break
        tried, value, their = found
        moved, bend = tried - theta, their - slopes
        if (along := float(moved @ bend)) > 1e-14:
            turn = one - np.outer(moved, bend) / along
            inverse = turn @ inverse @ turn.T + np.outer(moved, moved) / along
        theta, slopes = tried, their
    return theta


def _approached(loss: Objective, theta: Floats, curve: Floats) -> Floats:
    """Go on by steps of one curvature, which is not asked for again."""
    value, slopes = loss(theta)
    for _ in range(_POLISH):
        if np.abs(slopes).max() < _STEEP:
            break
        step = np.linalg.solve(curve, -slopes).astype(np.float64)
        found = _shortened(loss, theta, value, slopes, step)
        if found is None:
            break
        theta, value, slopes = found
    return theta


def _shortened(
    loss: Objective, theta: Floats, value: float, slopes: Floats, step: Floats
) -> tuple[Floats, float, Floats] | None:
    """Go along a step as far as it gains; None where it does not gain at all."""
    length = min(1.0, _LONGEST / float(np.abs(step).max()))
    while True:
        tried = np.clip(theta + length * step, -_BOUND, _BOUND)
        told, their = loss(tried)
        enough = told <= value + 1e-4 * float(slopes @ (tried - theta))
        if enough or length < _SHORTEST:
            return (tried, told, their) if told < value else None
        length /= 3


def _free(theta: Floats, slopes: Floats) -> NDArray[np.bool_]:
    """Return which parameters may go on: not those that a bound holds back."""
    held: NDArray[np.bool_] = (np.abs(theta) >= _BOUND) & (theta * slopes < 0)
    return ~held


def _polished(loss: Objective, theta: Floats) -> tuple[Floats, Floats]:
    """Go on by Newton's steps while they gain, and return the curvature at the end."""
    value, slopes = loss(theta)
    curve = _curvature(loss, theta)
    for _ in range(_POLISH):
        free = np.flatnonzero(_free(theta, slopes))
        if np.abs(slopes[free]).max(initial=0.0) < _STEEP:
            break
        inner = curve[np.ix_(free, free)]
        # A ridge that keeps the step short where the likelihood is flat, or bends the other way.
        ridge = max(0.0, -2 * float(np.linalg.eigvalsh(inner)[0])) + _RIDGE
        step = np.zeros(len(theta))
        step[free] = -np.linalg.solve(inner + ridge * np.eye(len(free)), slopes[free])
        found = _shortened(loss, theta, value, slopes, step)
        if found is None:
            break
        moved = float(np.abs(found[0] - theta).max())
        theta, value, slopes = found
        if moved > _FAR:
            curve = _curvature(loss, theta)
    return theta, curve


def _curvature(loss: Objective, theta: Floats) -> Floats:
    # From one side: right to a millionth, of half as many readings of the customers.
    here = loss(theta)[1]
    told = np.array([(loss(theta + side)[1] - here) / _STEP for side in np.eye(len(theta)) * _STEP])
    half: Floats = (told + told.T) / 2
    return half


def _flat(theta: Floats, information: Floats, names: Sequence[str]) -> tuple[str, ...]:
    """Name the parameters that the data do not tell."""
    values, vectors = np.linalg.eigh(information)
    weak = values < 1 / _FLAT**2
    loose = (np.abs(vectors[:, weak]) > _SHARE).any(axis=1) | (np.abs(theta) > _BOUND - 0.1)
    return tuple(name for name, is_loose in zip(names, loose, strict=True) if is_loose)


def _inverse(
    information: Floats, flat: Sequence[str], steep: float
) -> tuple[tuple[float, ...], ...] | None:
    """Return the covariance; none where the data do not tell. Warn there, and below the top."""
    if flat:
        _warn_flat(flat, steep)
        return None
    if steep >= _LEVEL:
        _warn_steep(steep)
    return tuple(map(tuple, np.linalg.inv(information).tolist()))


def _warn_flat(flat: Sequence[str], steep: float) -> None:
    told = " and ".join(flat)
    below = (
        f"; and the fit ended before the top, where it still rises by {steep:.1g} a customer "
        "(fitted.converged is False)"
    )
    warnings.warn(
        f"the likelihood is flat in {told}: these data do not tell, and there are no intervals; "
        f"use a longer record, a simpler model, or penalty=0.01{below * (steep >= _LEVEL)}",
        AssumptionWarning,
        stacklevel=5,
    )


def _warn_steep(steep: float) -> None:
    warnings.warn(
        f"the fit ended before the top of the likelihood, where it still rises by {steep:.1g} a "
        "customer: its parameters and intervals are not to be relied on; use penalty=0.01, or "
        "look at the data",
        AssumptionWarning,
        stacklevel=5,
    )


def _steepness(theta: Floats, slopes: Floats) -> float:
    """Return by how much a customer's mean still rises where the way ended."""
    return float(np.abs(slopes[_free(theta, slopes)]).max(initial=0.0))
