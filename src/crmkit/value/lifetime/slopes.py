"""Slopes by the parameters of a model: what its intervals are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from .rows import Floats


_STEP: Final = 1e-6


def differenced(value: Callable[[Floats], Floats], theta: Floats, here: Floats) -> Floats:
    """Return the slopes of numbers by each parameter: a row for each parameter.

    From one side, right to a millionth: all that intervals need. Where a number is infinite,
    whatever the parameters, it has none.

    Args:
        value: The numbers, as a function of the parameters.
        theta: The parameters.
        here: What the numbers are there.

    Examples:
        >>> at = np.array([3.0])
        >>> differenced(lambda theta: np.array([theta[0] ** 2, np.inf]), at, np.array([9, np.inf]))
        array([[6.000001, 0.      ]])
    """
    told = []
    for side in np.eye(len(theta)) * _STEP:
        with np.errstate(invalid="ignore"):
            slope = (value(theta + side) - here) / _STEP
        told.append(np.where(np.isnan(slope), 0.0, slope))
    return np.array(told)
