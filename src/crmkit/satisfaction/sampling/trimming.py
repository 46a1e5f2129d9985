"""Trimming: the largest weights cut, and what is cut handed to all others.

Law: the sum of the weights stays, nobody is above the cap, and the others keep their proportions.

Source: Potter, F. (1990), "A study of procedures to identify and trim extreme sampling weights",
Proceedings of the Section on Survey Research Methods, American Statistical Association, 225–230.
"""

from __future__ import annotations

import math
from numbers import Real

import numpy as np

from crmkit.errors import InvalidValueError
from crmkit.kernel.frames import Values
from crmkit.stats.histogram import checked_weights

from .weight_cells import Floats, Whole


def trim_weights(weights: Values, *, cap: float) -> Floats:
    r"""Cut weights at so many times their mean, and hand the excess to all others in proportion.

    $w_i' = \min(c\,w_i, K)$ with $K$ the cap times the mean of the weights above 0, and $c \ge 1$
    such that the sum stays: what cutting again and again comes to in the end, in one step.

    Args:
        weights: One per respondent, 0 or more.
        cap: How many times the mean weight a weight may be; above 1. Common are 3 to 6.

    Returns:
        The trimmed weights, in the same order.

    Raises:
        InvalidValueError: If the cap is not above 1, there is no weight or they are all 0, or one
            is negative or missing.

    Units:
        Those of the weights.

    Source:
        Potter (1990).

    Examples:
        >>> trim_weights([1, 1, 1, 1, 6], cap=2).tolist()
        [1.5, 1.5, 1.5, 1.5, 4.0]
    """
    told = checked_weights(weights)
    return trimmed_weights(told, np.ones(len(told), dtype=np.int64), cap)


def trimmed_weights(weights: Floats, counts: Whole, cap: float) -> Floats:
    """Trim weights of which so many people have each.

    Raises:
        InvalidValueError: If the cap is not above 1, all weights are 0, or one is negative.
    """
    number = isinstance(cap, Real) and not isinstance(cap, bool)
    if not number or not math.isfinite(cap) or cap <= 1:
        rule, way_out = "must be above 1: so many times the mean weight", "3 to 6 are common"
        raise InvalidValueError("cap", cap, rule, way_out)
    if (weights < 0).any():
        way_out = "calibrate with bounds"
        raise InvalidValueError("weights", float(weights.min()), "must not be negative", way_out)
    total = float(np.dot(weights, counts))
    if not total:
        raise InvalidValueError("weights", weights[:3].tolist(), "must hold one above 0 at least")
    limit = cap * total / float(counts[weights > 0].sum())
    order = np.argsort(-weights, kind="stable")
    heavy, many = weights[order], counts[order]
    # If the k heaviest are cut, the others grow by so much; the first k that leaves none above.
    cut = np.concatenate([[0], np.cumsum(many)])[:-1] * limit
    rest = np.cumsum((heavy * many)[::-1])[::-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        growth = (total - cut) / rest
        fits = growth * heavy <= limit * (1 + 1e-12)
    trimmed: Floats = np.minimum(weights * growth[int(np.argmax(fits))], limit)
    return trimmed
