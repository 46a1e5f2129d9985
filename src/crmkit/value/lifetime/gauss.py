"""Gauss's rule on the stretch from 0 to 1, whole or in panels."""

from __future__ import annotations

from functools import cache

import numpy as np

from .rows import Floats


_PANEL = 16


@cache
def gauss(count: int) -> tuple[Floats, Floats]:
    """Return nodes and weights of one rule."""
    nodes, weights = np.polynomial.legendre.leggauss(count)
    return (nodes + 1) / 2, weights / 2


@cache
def panels(count: int) -> tuple[Floats, Floats]:
    """Return nodes and weights of so many rules side by side."""
    nodes, weights = gauss(_PANEL)
    starts = np.arange(count)[:, None]
    return ((starts + nodes) / count).ravel(), np.tile(weights / count, count)
