r"""Markov chains: where one goes next depends on where one is, and on nothing before.

Law: only moves that are allowed are smoothed; what may not happen stays impossible, whatever the
sample. A chain that was fitted knows how often each move was seen, and tells it.

Source: Anderson, T. W. and Goodman, L. A. (1957), "Statistical inference about Markov chains",
Annals of Mathematical Statistics 28(1), 89–110. Smoothing: the Dirichlet prior of Jeffreys, H.
(1946), "An invariant form for the prior probability in estimation problems", Proceedings of the
Royal Society A 186, 453–461: half a move added to each that is allowed.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Self

import attrs
import numpy as np
from numpy.typing import NDArray

from crmkit.errors import InvalidValueError
from crmkit.kernel.checks import whole
from crmkit.kernel.estimate import check_confidence

from .chain_arrays import (
    Floats,
    Square,
    check_parts,
    check_states,
    checked_counts,
    in_states,
    mask_of,
    named_square,
    place_of,
    smoothed,
)
from .chain_draws import drawn, moved_on, walked
from .chain_passage import Passage, long_run_of
from .chain_rows import Counted, future_rows, move_rows, stay_rows
from .group_sizes import SMALL_GROUPS, SmallGroupRule


if TYPE_CHECKING:
    import pandas as pd


@attrs.frozen(kw_only=True, repr=False)
class MarkovChain:
    """With which chance each state follows upon each other one, a step later.

    Attributes:
        states: Their names.
        p: For each state, the chance that each one follows: rows that sum to 1.
        n: For each state, how often each one followed; None where the chances were given.
        allowed: For each state, whether each one may follow; None where the chances were given.
        prior: How many moves were added to each that is allowed; None likewise.

    Raises:
        InvalidValueError: If the names are not different, the rows not as many, a row does not sum
            to 1, a count is no whole number, or a chance is of a move that is not allowed.

    Units:
        Chances 0 to 1; times in steps, whose length is the caller's.

    Source:
        Anderson and Goodman (1957).

    Examples:
        >>> chain = MarkovChain.fit([[6, 2], [0, 3]], states=["customer", "lost"])
        >>> chain
        MarkovChain(2 states, 11 moves, prior 0.5)
        >>> chain.matrix.round(3)
                  customer   lost
        customer     0.722  0.278
        lost         0.125  0.875
    """

    states: tuple[str, ...]
    p: Square
    n: tuple[tuple[int, ...], ...] | None = None
    allowed: tuple[tuple[bool, ...], ...] | None = None
    prior: float | None = None

    def __attrs_post_init__(self) -> None:
        check_states(self.states)
        check_parts(self.states, self.p, self.n, self.allowed)

    @classmethod
    def of(cls, p: object, *, states: Sequence[str] | None = None) -> Self:
        """Make a chain of chances that are known, or assumed.

        Args:
            p: Rows of chances: an array, nested sequences, or a pandas frame with the names of the
                states as index and columns.
            states: Their names; None takes those of the frame.

        Raises:
            InvalidValueError: If the names are missing or not different, the rows not as many, or a
                row does not sum to 1.

        Examples:
            >>> MarkovChain.of([[0.9, 0.1], [0.2, 0.8]], states=["at home", "away"]).long_run()
            array([0.66666667, 0.33333333])
        """
        names, rows = named_square(p, states, "p")
        return cls(states=names, p=tuple(map(tuple, rows.tolist())))

    @classmethod
    def fit(
        cls,
        counts: object,
        *,
        states: Sequence[str] | None = None,
        allowed: Mapping[str, Collection[str]] | None = None,
        prior: float = 0.5,
    ) -> Self:
        r"""Estimate a chain from how often each state followed upon each other one.

        $$p_{ij} = \frac{n_{ij} + a}{n_i + a\,m_i}$$

        where j may follow upon i, and 0 elsewhere; $a$ is the prior and $m_i$ how many may follow.

        Args:
            counts: Rows of whole numbers: an array, nested sequences, or a pandas frame with the
                names of the states as index and columns.
            states: Their names; None takes those of the frame.
            allowed: For each state, which may follow; to stay is always allowed. A state that is
                not named is never left. None allows every move.
            prior: How many moves are added to each that is allowed; 0 for plain shares.

        Raises:
            InvalidValueError: If the names are missing or not different, a count is no whole
                number, a move was seen that is not allowed, or with a prior of 0 nothing was seen
                of a state.

        Source:
            Anderson and Goodman (1957); Jeffreys (1946) for the default of the prior.

        Examples:
            >>> names, moves = ["new", "loyal", "lost"], {"new": ["loyal"], "loyal": ["lost"]}
            >>> seen = [[8, 2, 0], [0, 9, 1], [0, 0, 5]]
            >>> MarkovChain.fit(seen, states=names, allowed=moves).absorbing
            ('lost',)
        """
        names, rows = named_square(counts, states, "counts")
        n = checked_counts(names, rows)
        mask = mask_of(names, allowed, n)
        return cls(
            states=names,
            p=tuple(map(tuple, smoothed(names, n, mask, prior).tolist())),
            n=tuple(map(tuple, n.tolist())),
            allowed=tuple(map(tuple, mask.tolist())),
            prior=float(prior),
        )

    @property
    def matrix(self) -> pd.DataFrame:
        """The chances, from the state of the row to that of the column, as a pandas frame."""
        import pandas as pd

        return pd.DataFrame(self.array, index=list(self.states), columns=list(self.states))

    @property
    def array(self) -> Floats:
        """The chances as an array."""
        return np.array(self.p, dtype=np.float64)

    @property
    def absorbing(self) -> tuple[str, ...]:
        """The states that are never left."""
        stays = np.diag(self.array).tolist()
        return tuple(name for name, stay in zip(self.states, stays, strict=True) if stay == 1)

    @property
    def summary(self) -> pd.DataFrame:
        """What `table` tells, with intervals of 95 %."""
        return self.table()

    def table(
        self, *, confidence: float = 0.95, rule: SmallGroupRule = SMALL_GROUPS
    ) -> pd.DataFrame:
        r"""Return one row per move that is possible, as a pandas frame.

        Columns: `state`, `next`, `p`; and of a chain that was fitted `n`, `of` (how often anything
        followed), `low` and `high`, and `group_size`: "shown", "few", or "suppressed", with `p`,
        `n`, `low` and `high` empty; "empty" where nothing followed, and `p` is the prior's alone.
        The interval is that of $\mathrm{Beta}(n_{ij} + a,\; n_i - n_{ij} + a (m_i - 1))$, half of
        the doubt on each side; with a prior of 0 Wilson's.

        Examples:
            >>> chain = MarkovChain.fit([[90, 10], [0, 8]], states=["customer", "lost"])
            >>> chain.table().round(3)
                  state      next      p     n   of    low   high  group_size
            0  customer  customer  0.896    90  100  0.830  0.947       shown
            1  customer      lost  0.104    10  100  0.053  0.170       shown
            2      lost  customer    NaN  <NA>    8    NaN    NaN  suppressed
            3      lost      lost    NaN  <NA>    8    NaN    NaN  suppressed
        """
        import pandas as pd

        told = pd.DataFrame(move_rows(self.states, self.array, self._counted(confidence), rule))
        return told.astype({"n": "Int64"}) if "n" in told else told

    def stays(self, *, confidence: float = 0.95) -> pd.DataFrame:
        r"""Tell how long one stay in each state lasts: $1 / (1 - p_{ii})$ steps.

        Columns: `state`, `steps`, infinite for a state that is never left; and of a chain that was
        fitted `low` and `high`, from the interval of $p_{ii}$.

        Raises:
            InvalidValueError: If the confidence is not between 0 and 1.

        Examples:
            >>> MarkovChain.of([[0.75, 0.25], [0, 1]], states=["customer", "lost"]).stays()
                  state  steps
            0  customer    4.0
            1      lost    inf
        """
        import pandas as pd

        return pd.DataFrame(stay_rows(self.states, self.array, self._counted(confidence)))

    def until(self, *states: str) -> Passage:
        """Tell how the chain comes to some states: with which chance, how soon, by what way.

        Args:
            states: Where it shall come to; none of them takes the absorbing states.

        Raises:
            InvalidValueError: If one is no state of the chain, or none is named nor absorbing.

        Examples:
            >>> chain = MarkovChain.of([[0.75, 0.25], [0, 1]], states=["customer", "lost"])
            >>> chain.until("lost").steps
            (4.0, 0.0)
        """
        wanted = states or self.absorbing
        if not wanted:
            way_out = "name where it shall come to"
            raise InvalidValueError("states", (), "must name a state: none is absorbing", way_out)
        return Passage.of(self.states, self.array, [self.place(name) for name in wanted])

    def after(self, start: Sequence[float], steps: int) -> Floats:
        """Return how many are expected in each state after some steps.

        Args:
            start: How many are in each state now, in the order of the states.
            steps: How many steps later.

        Raises:
            InvalidValueError: If the numbers do not fit the states, or are negative.

        Examples:
            >>> chain = MarkovChain.of([[0.75, 0.25], [0, 1]], states=["customer", "lost"])
            >>> chain.after([100, 0], 2)
            array([56.25, 43.75])
        """
        found = in_states(start, self.states)
        for _ in range(whole(steps, "steps", least=0)):
            found = found @ self.array
        return found

    def long_run(self) -> Floats:
        """Return the share of each state in the long run, wherever it began.

        Raises:
            InvalidValueError: If that depends on where it began.
        """
        return long_run_of(self.states, self.array)

    def simulate(
        self,
        start: Sequence[int],
        steps: int,
        *,
        arrivals: Sequence[float] | None = None,
        rng: np.random.Generator | int | None = None,
        draws: int = 2_000,
        confidence: float = 0.95,
    ) -> pd.DataFrame:
        """Tell how many will be in each state, step by step, with the interval of what will happen.

        Each draw takes chances from what the counts leave open (of a chain that was fitted with a
        prior), and lets everybody move by them: both doubts are in the interval.

        Args:
            start: How many are in each state now: whole numbers in the order of the states.
            steps: How many steps.
            arrivals: How many come within each step by expectation, by the state they end it in.
            rng: A generator or a seed; None for a fresh one.
            draws: How many futures are drawn.
            confidence: Share of such intervals that hold what will happen.

        Returns:
            One row a step, from 1, and state, as a pandas frame: `step`, `state`, `expected` (the
            mean of the draws), `low`, `high`.

        Raises:
            InvalidValueError: If numbers are not as many as the states, or none that can be.

        Examples:
            >>> chain = MarkovChain.of([[0.75, 0.25], [0, 1]], states=["customer", "lost"])
            >>> chain.simulate([1000, 0], 1, rng=7)[["state", "low", "high"]]
                  state    low   high
            0  customer  724.0  776.0
            1      lost  224.0  276.0
        """
        # Loaded here, for a chain does not need it.
        import pandas as pd

        check_confidence(confidence)
        count = whole(steps, "steps", least=1)
        numbers = in_states(start, self.states)
        if (numbers != np.floor(numbers)).any():
            raise InvalidValueError("start", list(start), "must hold whole numbers")
        made = np.random.default_rng(rng)
        chances = self.drawn(whole(draws, "draws", least=100), rng=made)
        coming = in_states(arrivals or [0.0] * len(self.states), self.states, name="arrivals")
        future = moved_on(numbers.astype(np.int64), chances, count, made, coming)
        return pd.DataFrame(future_rows(self.states, future, confidence))

    def walk(
        self, start: Sequence[str], steps: int, *, rng: np.random.Generator | int | None = None
    ) -> NDArray[np.int64]:
        """Draw one path for each of some customers.

        Args:
            start: The state of each now.
            steps: How many steps.
            rng: A generator or a seed; None for a fresh one.

        Returns:
            One row each: the places of his states among those of the chain, now and every step.

        Examples:
            >>> chain = MarkovChain.of([[0, 1], [1, 0]], states=["day", "night"])
            >>> chain.walk(["day", "night"], 3).tolist()
            [[0, 1, 0, 1], [1, 0, 1, 0]]
        """
        begin = np.array([self.place(name) for name in start], dtype=np.int64)
        count = whole(steps, "steps", least=0)
        return walked(self.array, begin, count, np.random.default_rng(rng))

    def drawn(self, draws: int, *, rng: np.random.Generator | int | None = None) -> Floats:
        """Return draws × states × states of chances that the counts leave open.

        Of chances that were given, and of a fit with a prior of 0, all draws are alike.
        """
        if self.n is None or self.allowed is None or not self.prior:
            return np.broadcast_to(self.array, (draws, *self.array.shape))
        counts, mask = np.array(self.n), np.array(self.allowed)
        return drawn(counts, mask, self.prior, draws, np.random.default_rng(rng))

    def place(self, state: str) -> int:
        """Return the place of a state among the states.

        Raises:
            InvalidValueError: If it is none of them.
        """
        return place_of(state, self.states, "state")

    def to_json(self) -> str:
        """Return the chain as JSON: all of it, so that it comes back equal."""
        return json.dumps({"model": "MarkovChain", **attrs.asdict(self)})

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Make the chain that `to_json` wrote.

        Raises:
            InvalidValueError: If it is no JSON, or that of something else.

        Examples:
            >>> chain = MarkovChain.fit([[6, 2], [0, 3]], states=["customer", "lost"])
            >>> MarkovChain.from_json(chain.to_json()) == chain
            True
        """
        try:
            told = json.loads(text)
            if told.pop("model") != cls.__name__:
                raise ValueError("another model")
            rows = {
                name: told[name] and tuple(map(tuple, told[name])) for name in ("p", "n", "allowed")
            }
            return cls(**{**told, **rows, "states": tuple(told["states"])})
        except (ValueError, TypeError, KeyError, AttributeError) as cause:
            rule = "must be what MarkovChain.to_json wrote"
            raise InvalidValueError("text", text, rule) from cause

    def _counted(self, confidence: float) -> Counted | None:
        check_confidence(confidence)
        if self.n is None or self.allowed is None or self.prior is None:
            return None
        n, mask = np.array(self.n, dtype=np.int64), np.array(self.allowed)
        return Counted.of(n, mask, self.prior, confidence)

    def __repr__(self) -> str:
        told = "given" if self.n is None else f"{sum(map(sum, self.n))} moves, prior {self.prior:g}"
        return f"MarkovChain({len(self.states)} states, {told})"
