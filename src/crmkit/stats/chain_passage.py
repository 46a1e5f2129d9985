"""Passage: how a Markov chain comes to some states, and where it is in the long run.

Source: Kemeny, J. G. and Snell, J. L. (1960), "Finite Markov chains", Van Nostrand, chapter III:
the fundamental matrix N = (I − Q)⁻¹, absorption N R, its time N 1 and variance (2 N − I) N 1 −
(N 1)².
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from crmkit.errors import InvalidValueError
from crmkit.kernel.frames import Words

from .chain_arrays import Floats, Square


if TYPE_CHECKING:
    import pandas as pd


@attrs.frozen(kw_only=True, repr=False)
class Passage:
    """How a chain comes to some states, from each state it may be in now.

    Attributes:
        states: The states of the chain.
        targets: Where it shall come to.
        chance: With which chance it ever does.
        steps: After how many steps it is expected to; infinite where it may never.
        deviation: The standard deviation of these; infinite likewise.
        first: For each state, with which chance each target is the first one it comes to.
        visits: For each state, how many steps are expected in each state before that, the present
            one included; infinite where it may stay there for ever.

    Units:
        Chances 0 to 1; times in steps of the chain.

    Source:
        Kemeny and Snell (1960), chapter III.

    Examples:
        >>> from crmkit.stats import MarkovChain
        >>> rows = [[0.5, 0.4, 0.1], [0.0, 0.8, 0.2], [0.0, 0.0, 1.0]]
        >>> passage = MarkovChain.of(rows, states=["new", "loyal", "lost"]).until("lost")
        >>> passage
        Passage(to lost, from 3 states)
        >>> passage.table().round(3)
           state  chance  steps  deviation  first lost
        0    new     1.0    6.0      4.690         1.0
        1  loyal     1.0    5.0      4.472         1.0
        2   lost     1.0    0.0      0.000         1.0
    """

    states: tuple[str, ...]
    targets: tuple[str, ...]
    chance: tuple[float, ...]
    steps: tuple[float, ...]
    deviation: tuple[float, ...]
    first: Square
    visits: Square

    @classmethod
    def of(cls, states: tuple[str, ...], p: Floats, places: Sequence[int]) -> Passage:
        """Work it out for a matrix of chances and the places of the targets."""
        targets, size = list(dict.fromkeys(places)), len(states)
        held, reach = _held(p, targets)
        passing = np.setdiff1d(np.arange(size), [*targets, *held])
        may_be_held = reach[:, held].any(axis=1)
        inverse = np.linalg.inv(np.eye(len(passing)) - p[np.ix_(passing, passing)])
        first, visits = np.zeros((size, len(targets))), np.zeros((size, size))
        first[targets, np.arange(len(targets))] = 1
        first[passing] = inverse @ p[np.ix_(passing, np.array(targets))]
        visits[np.ix_(passing, passing)] = inverse
        visits[:, held] = np.where(reach[:, held], math.inf, 0.0)
        steps, deviation = _times(inverse, passing, size)
        chance = np.where(may_be_held, np.clip(first.sum(axis=1), 0, 1), 1.0)
        return cls(
            states=states,
            targets=tuple(states[place] for place in targets),
            chance=tuple(chance.tolist()),
            steps=tuple(np.where(may_be_held, math.inf, steps).tolist()),
            deviation=tuple(np.where(may_be_held, math.inf, deviation).tolist()),
            first=tuple(map(tuple, first.tolist())),
            visits=tuple(map(tuple, visits.tolist())),
        )

    def table(self) -> pd.DataFrame:
        """Return one row a state, as a pandas frame.

        Columns: `state`, `chance`, `steps`, `deviation`, and for each target `first …`.
        """
        # Loaded here, for a passage does not need it.
        import pandas as pd

        told: dict[str, object] = {"state": list(self.states), "chance": self.chance}
        told |= {"steps": self.steps, "deviation": self.deviation}
        for place, target in enumerate(self.targets):
            told[f"first {target}"] = [row[place] for row in self.first]
        return pd.DataFrame(told)

    @property
    def time_in(self) -> pd.DataFrame:
        """The steps expected in the state of the column, from that of the row, before it comes."""
        import pandas as pd

        names = list(self.states)
        return pd.DataFrame(np.array(self.visits), index=names, columns=names)

    def __repr__(self) -> str:
        return f"Passage(to {' or '.join(self.targets)}, from {len(self.states)} states)"


def long_run_of(states: Sequence[str], p: Floats) -> Floats:
    """Return the share of each state in the long run.

    Raises:
        InvalidValueError: If more than one set of states is never left again.
    """
    closed = closed_sets(p)
    if len(closed) > 1:
        told = "; ".join(", ".join(states[place] for place in part.tolist()) for part in closed)
        rule, way_out = "must have one set of states that is never left", "ask until(…) instead"
        raise InvalidValueError("chain", Words(f"one with several: {told}"), rule, way_out)
    (home,) = closed
    inner = p[np.ix_(home, home)]
    # The shares are balanced, and sum to one: one equation more than unknowns.
    equations = np.vstack([inner.T - np.eye(len(home)), np.ones(len(home))])
    sums = np.append(np.zeros(len(home)), 1.0)
    shares = np.zeros(len(states))
    shares[home] = np.clip(np.linalg.lstsq(equations, sums)[0], 0, 1)
    return shares


def _held(p: Floats, targets: list[int]) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Return where it is held for ever, short of every target, and what leads where."""
    stopped = p.copy()
    stopped[targets] = np.eye(len(p))[targets]
    held = [place for part in closed_sets(stopped) for place in part if place not in targets]
    return np.array(held, dtype=np.intp), _closure(stopped)


def _times(inverse: Floats, passing: NDArray[np.intp], size: int) -> tuple[Floats, Floats]:
    time = inverse.sum(axis=1)
    steps, deviation = np.zeros(size), np.zeros(size)
    steps[passing] = time
    deviation[passing] = np.sqrt(np.maximum(2 * inverse @ time - time - time**2, 0))
    return steps, deviation


def _closure(p: Floats) -> NDArray[np.bool_]:
    """Return which state can be reached from which, in any number of steps, none included."""
    reach = (p > 0) | np.eye(len(p), dtype=bool)
    for place in range(len(p)):
        reach |= reach[:, [place]] & reach[[place]]
    return reach


def closed_sets(p: Floats) -> list[NDArray[np.intp]]:
    """Return the sets of states that are never left, and within which each comes to each."""
    count, label = connected_components(p > 0, directed=True, connection="strong")
    parts = [np.flatnonzero(label == number) for number in range(count)]
    return [part for part in parts if not (np.delete(p[part], part, axis=1) > 0).any()]
