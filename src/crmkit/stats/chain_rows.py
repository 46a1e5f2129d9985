"""Tables of a Markov chain, as columns by name."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

from .chain_arrays import Counts, Floats
from .group_sizes import SmallGroupRule, check_rule
from .intervals import normal_quantile, score_ends


@attrs.frozen(eq=False)
class Counted:
    """What the counts of a chain say: how often, and between which chances.

    Attributes:
        n: How often each state followed upon each.
        low: Lower ends of the intervals of the chances.
        high: Upper ends.
    """

    n: Counts
    low: Floats
    high: Floats

    @classmethod
    def of(cls, n: Counts, mask: NDArray[np.bool_], prior: float, confidence: float) -> Counted:
        """Return counts with the intervals of their chances: Beta's, or Wilson's without prior."""
        low, high = _wilson(n, confidence) if prior == 0 else _beta(n, mask, prior, confidence)
        alone = mask.sum(axis=1) == 1
        low[alone] = high[alone] = mask[alone]
        return cls(n, low, high)


def move_rows(
    states: Sequence[str], p: Floats, counted: Counted | None, rule: SmallGroupRule
) -> dict[str, object]:
    """Return one row per move that is possible; of too few, nothing but how many they are."""
    check_rule(rule)
    row, column = np.nonzero(p)
    told: dict[str, object] = {
        "state": [states[place] for place in row.tolist()],
        "next": [states[place] for place in column.tolist()],
        "p": p[row, column],
    }
    if counted is not None:
        of = counted.n.sum(axis=1)[row]
        sizes = [rule.of(int(one)) for one in of]
        back = np.array([size.is_kept_back for size in sizes], dtype=bool)
        parts = {"p": p, "n": counted.n, "low": counted.low, "high": counted.high}
        shown = {name: np.where(back, np.nan, one[row, column]) for name, one in parts.items()}
        told |= {"p": shown["p"], "n": shown["n"], "of": of, "low": shown["low"]}
        told |= {"high": shown["high"], "group_size": [size.value for size in sizes]}
    return told


def stay_rows(states: Sequence[str], p: Floats, counted: Counted | None) -> dict[str, object]:
    """Return how long one stay in each state lasts."""
    parts = {"steps": np.diag(p)}
    if counted is not None:
        parts |= {"low": np.diag(counted.low), "high": np.diag(counted.high)}
    with np.errstate(divide="ignore"):
        told = {name: 1 / (1 - stay) for name, stay in parts.items()}
    return {"state": list(states), **told}


def future_rows(states: Sequence[str], future: Counts, confidence: float) -> dict[str, object]:
    """Return what steps × draws × states of numbers say of each step and state."""
    steps, _, size = future.shape
    tails = [0.5 - confidence / 2, 0.5 + confidence / 2]
    # The ends are counts that can happen.
    low, high = np.quantile(future, tails, axis=1, method="inverted_cdf")
    return {
        "step": np.repeat(np.arange(1, steps + 1), size),
        "state": list(states) * steps,
        "expected": future.mean(axis=1).ravel(),
        "low": low.ravel().astype(np.float64),
        "high": high.ravel().astype(np.float64),
    }


def _beta(
    n: Counts, mask: NDArray[np.bool_], prior: float, confidence: float
) -> tuple[Floats, Floats]:
    own = n + prior * mask
    rest = own.sum(axis=1, keepdims=True) - own
    low, high = np.zeros(n.shape), np.zeros(n.shape)
    open_ = mask & (rest > 0)
    tails = 0.5 - confidence / 2, 0.5 + confidence / 2
    low[open_], high[open_] = (betaincinv(own[open_], rest[open_], tail) for tail in tails)
    return low, high


def _wilson(n: Counts, confidence: float) -> tuple[Floats, Floats]:
    z, of = normal_quantile(confidence), n.sum(axis=1)
    ends = np.zeros((2, *n.shape))
    for row, column in np.argwhere(np.broadcast_to(of[:, None] > 0, n.shape)).tolist():
        ends[:, row, column] = score_ends(int(n[row, column]) / int(of[row]), int(of[row]), z)
    return ends[0], ends[1]
