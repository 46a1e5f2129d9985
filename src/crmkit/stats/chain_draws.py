"""Chance in a Markov chain: what its counts leave open, and where everybody goes.

Source: rows of chances are drawn from the Dirichlet distribution of their counts, as gamma numbers
over their sum: Devroye, L. (1986), "Non-uniform random variate generation", Springer, theorem 4.1
of chapter XI.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .chain_arrays import Counts, Floats


def drawn(
    n: Counts, mask: NDArray[np.bool_], prior: float, draws: int, rng: np.random.Generator
) -> Floats:
    """Return draws × states × states of chances."""
    shape = np.where(mask, n + prior, 1.0)
    found = np.where(mask, rng.standard_gamma(shape, (draws, *n.shape)), 0.0)
    # Gamma numbers of a tiny shape may all be nothing: then the counts alone decide.
    totals = found.sum(axis=2, keepdims=True)
    mean = np.where(mask, n + prior, 0.0)
    mean = mean / mean.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        shares: Floats = np.where(totals > 0, found / totals, mean)
    return shares


def moved_on(
    start: Counts, chances: Floats, steps: int, rng: np.random.Generator, arrivals: Floats
) -> Counts:
    """Return steps × draws × states of how many are where.

    Args:
        start: How many are in each state now.
        chances: Draws × states × states.
        steps: How many steps.
        rng: The generator.
        arrivals: How many are expected to come within each step, by the state they end it in.
    """
    now = np.broadcast_to(start, chances.shape[:2])
    found = np.empty((steps, *now.shape), dtype=np.int64)
    for step in range(steps):
        now = rng.multinomial(now, chances).sum(axis=1)
        if arrivals.any():
            now = now + rng.poisson(arrivals, now.shape)
        found[step] = now
    return found


def walked(p: Floats, begin: Counts, steps: int, rng: np.random.Generator) -> Counts:
    """Return one path each: the places of the states, now and after every step."""
    found = np.empty((len(begin), steps + 1), dtype=np.int64)
    found[:, 0] = begin
    bars = np.cumsum(p, axis=1)
    # Rounding must not leave a gap below one, nor fill it with what is impossible.
    bars[bars >= bars[:, -1:]] = 1.0
    for step in range(steps):
        told = rng.random(len(begin))
        found[:, step + 1] = (told[:, None] >= bars[found[:, step]]).sum(axis=1)
    return found
