"""Values at ranks of an array, without sorting the whole of it.

Law: exact. A sample says between which values to look; what lies below is counted, what lies there
is sorted; where the sample misled, the whole is sorted.

Source: Floyd and Rivest (1975), "Expected time bounds for selection": a bracket from a sample.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, isqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from crmkit.value.coins import BLOCK


_SAMPLE: Final = 1 << 14
_FEW: Final = 1 << 16


def values_at(values: NDArray[np.float64], ranks: Sequence[int]) -> list[tuple[float, float]]:
    """Return for each rank the value that stands there, and the next larger one.

    Args:
        values: Finite numbers in any order.
        ranks: From 0, the smallest, to below the number of values.

    Returns:
        In the order of the ranks; the next larger value is infinite where there is none.

    Examples:
        >>> values_at(np.array([3.0, 1.0, 1.0, 2.0]), [0, 1, 3])
        [(1.0, 2.0), (1.0, 2.0), (3.0, inf)]
    """
    if len(values) < _FEW:
        return _in_order(np.sort(values), ranks)
    sample = np.sort(values[:: len(values) // _SAMPLE])
    # Four standard errors of a rank in the sample, and more of those near an end.
    reach = 2 * isqrt(len(sample)) + 1
    places = [rank * len(sample) // len(values) for rank in ranks]
    ends = [
        (
            float(sample[place - reach]) if place >= reach else -inf,
            float(sample[place + reach]) if place + reach < len(sample) else inf,
        )
        for place in places
    ]
    below, inside = _parted(values, ends)
    missed = [
        not low <= rank < low + len(x) for rank, low, x in zip(ranks, below, inside, strict=True)
    ]
    if any(missed):
        return _in_order(np.sort(values), ranks)
    found = []
    for rank, low, x in zip(ranks, below, inside, strict=True):
        value, above = _in_order(np.sort(x), [rank - low])[0]
        # What is next may lie above the bracket.
        found.append((value, _next(values, value) if above == inf else above))
    return found


def _in_order(ordered: NDArray[np.float64], ranks: Sequence[int]) -> list[tuple[float, float]]:
    above = np.searchsorted(ordered, ordered[list(ranks)], "right")
    return [
        (float(ordered[rank]), float(ordered[place]) if place < len(ordered) else inf)
        for rank, place in zip(ranks, above, strict=True)
    ]


def _parted(
    values: NDArray[np.float64], ends: Sequence[tuple[float, float]]
) -> tuple[list[int], list[NDArray[np.float64]]]:
    """Return for each bracket how many values lie below, and those within, ends included."""
    below = [0] * len(ends)
    inside: list[list[NDArray[np.float64]]] = [[] for _ in ends]
    # Blocks that stay in the cache.
    for start in range(0, len(values), BLOCK):
        block = values[start : start + BLOCK]
        for place, (low, high) in enumerate(ends):
            less = block < low
            below[place] += int(np.count_nonzero(less))
            within = np.not_equal(block <= high, less, out=less)
            inside[place].append(block[within])
    return below, [np.concatenate(parts) for parts in inside]


def _next(values: NDArray[np.float64], value: float) -> float:
    return float(np.min(values, where=values > value, initial=inf))
