"""Slopes by the parameters of a model: what its intervals are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from .rows import Floats


_STEP: Final = 1e-4


def differenced(value: Callable[[Floats], Floats], theta: Floats) -> Floats:
    """Return the slopes of numbers by each parameter: a row for each parameter.

    Central differences. Where a number is infinite, whatever the parameters, it has none.

    Examples:
        >>> differenced(lambda theta: np.array([theta[0] ** 2, np.inf]), np.array([3.0])).round(6)
        array([[6., 0.]])
    """
    told = []
    for side in np.eye(len(theta)) * _STEP:
        with np.errstate(invalid="ignore"):
            slope = (value(theta + side) - value(theta - side)) / (2 * _STEP)
        told.append(np.where(np.isnan(slope), 0.0, slope))
    return np.array(told)
