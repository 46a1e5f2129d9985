r"""What a customer is worth by his stage: rewards along a Markov chain, discounted.

$$V_T = \sum_{t=0}^{T} \left[\frac{P}{1+d}\right]^t R, \qquad
V = \left(I - \frac{P}{1+d}\right)^{-1} R$$

Law: the first reward comes now and is not discounted; a step later everybody has moved, and rewards
are divided by 1 + d. The rate is that of one step. Many programs put the first reward a step later:
their value is P V / (1 + d) where the customer moves before it, V / (1 + d) where he does not.

Source: Pfeifer, P. E. and Carraway, R. L. (2000), "Modeling customer relationships as Markov
chains", Journal of Interactive Marketing 14(2), 43–55. Stopping: policy iteration, Howard, R. A.
(1960), "Dynamic programming and Markov processes", MIT Press.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any, Final, cast

import attrs
import numpy as np
from numpy.typing import NDArray

from crmkit.errors import AssumptionWarning, InvalidValueError
from crmkit.kernel import Evidence, Explanation, Rule, Text
from crmkit.kernel.checks import whole
from crmkit.kernel.estimate import check_confidence
from crmkit.kernel.frames import Words
from crmkit.stats import MarkovChain
from crmkit.stats.chain_passage import closed_sets

from .definition import Lifecycle
from .permission import named


if TYPE_CHECKING:
    import pandas as pd


Floats = NDArray[np.float64]

_HIGH_RATE: Final = 0.5
_DRAWS: Final = 2_000

_RULE: Final = Rule(
    code="lifecycle.markov_value",
    says=Text(
        "in {stage} going on is worth {worth}, the reward now {reward}, at {discount} a step; "
        "worth going on: {verdict}",
        "处于“{stage}”时，继续往来的价值为{worth}，其中当期收益{reward}，每期折现率{discount}；"
        "是否值得继续：{verdict}",
    ),
    source="Pfeifer and Carraway (2000); Howard (1960)",
)


@attrs.frozen(init=False, repr=False)
class MarkovValue:
    """What customers are worth by their stage, when rewards follow them along a Markov chain.

    Assumes that a stage is all that matters for what comes next (see `stage_order_test`), and that
    rewards stay what they are.

    Attributes:
        chain: With which chance each stage follows upon each, a step later.
        rewards: What a customer brings while in each stage, a step: margin less what is spent on
            him.
        discount: The rate of one step, not a factor: 0.2 divides what comes a step later by 1.2.

    Raises:
        InvalidValueError: If the rewards do not fit the stages, one is no finite number, or the
            discount is no number of 0 or more.

    Warns:
        AssumptionWarning: If the discount is above 0.5, as a factor in the place of a rate would.

    Units:
        Rewards and values in one currency; time in steps of the chain.

    Source:
        Pfeifer and Carraway (2000).

    Examples:
        >>> worth = MarkovValue([[0.8, 0.2], [0.0, 1.0]], [100.0, 0.0], discount=0.1)
        >>> worth.value(horizon=1).round(2).tolist(), worth.value().round(2).tolist()
        ([172.73, 0.0], [366.67, 0.0])
    """

    chain: MarkovChain
    rewards: tuple[float, ...]
    discount: float

    def __init__(
        self,
        transition: object,
        rewards: Sequence[float] | Mapping[str, float] | pd.Series[float],
        *,
        discount: float,
    ) -> None:
        """Make it of chances and rewards.

        Args:
            transition: A `MarkovChain`, as of `stage_chain`; or rows of chances: a pandas frame, an
                array, nested sequences, whose stages are then called 1, 2, 3 …
            rewards: One for each stage: in their order, or by their names.
            discount: The rate of one step.
        """
        chain = _chain_of(transition)
        given = _rewards_of(chain, rewards)
        number = isinstance(discount, Real) and not isinstance(discount, bool)
        if not number or not 0 <= discount < math.inf:
            rule = "must be a rate of 0 or more: 0.2 for 20 % a step"
            raise InvalidValueError("discount", discount, rule)
        if discount > _HIGH_RATE:
            warnings.warn(_advice(float(discount)), AssumptionWarning, stacklevel=2)
        made: Any = self
        made.__attrs_init__(chain, given, float(discount))

    def value(self, horizon: int | None = None) -> Floats:
        """Return what a customer of each stage is worth, in the order of the stages.

        Args:
            horizon: The last step that counts, the present one being 0; None for all time to come.

        Raises:
            InvalidValueError: If the horizon is no whole number of 0 or more; or without horizon
                and discount, if rewards go on for ever.

        Examples:
            >>> MarkovValue([[1.0]], [10.0], discount=0.25).value(horizon=0)
            array([10.])
            >>> MarkovValue([[1.0]], [10.0], discount=0.25).value()
            array([50.])
        """
        if horizon is not None:
            return _worth(self.chain.array, self._given, self.discount, horizon)
        self._check_end()
        return _worth(self.chain.array, self._given, self.discount, None)

    def table(self, horizon: int | None = None) -> pd.DataFrame:
        """Return one row a stage, as a pandas frame: `stage`, `reward`, `value`.

        Args:
            horizon: As of `value`.
        """
        # Loaded here, for a value does not need it.
        import pandas as pd

        told = {"stage": list(self.chain.states), "reward": self.rewards}
        return pd.DataFrame({**told, "value": self.value(horizon)})

    def interval(
        self,
        horizon: int | None = None,
        *,
        rng: np.random.Generator | int | None = None,
        draws: int = _DRAWS,
        confidence: float = 0.95,
    ) -> pd.DataFrame:
        """Return the values with the intervals that the counts behind the chain leave open.

        The interval is of the expected value: of the chances alone, the rewards being taken as
        known. What one customer will bring varies far more.

        Args:
            horizon: As of `value`.
            rng: A generator or a seed; None for a fresh one.
            draws: How many matrices are drawn.
            confidence: Share of such intervals that hold the true value.

        Returns:
            One row a stage, as a pandas frame: `stage`, `reward`, `value`, `low`, `high`.

        Raises:
            InvalidValueError: If the chain was not fitted with a prior, so that it leaves nothing
                open, or as `value`.

        Examples:
            >>> chain = MarkovChain.fit(
            ...     [[80, 20], [0, 50]], states=["customer", "lost"], allowed={"customer": ["lost"]}
            ... )
            >>> told = MarkovValue(chain, [100, 0], discount=0.1).interval(rng=7)
            >>> told["stage"].tolist(), told["value"].round().tolist()
            (['customer', 'lost'], [363.0, 0.0])
        """
        check_confidence(confidence)
        if not self.chain.prior:
            rule, way_out = "must be fitted with a prior", "MarkovChain.fit(counts, prior=0.5)"
            raise InvalidValueError("chain", Words(repr(self.chain)), rule, way_out)
        told = self.table(horizon)
        drawn = self.chain.drawn(whole(draws, "draws", least=100), rng=rng)
        values = [_worth(p, self._given, self.discount, horizon) for p in drawn]
        tails = [0.5 - confidence / 2, 0.5 + confidence / 2]
        low, high = np.quantile(np.array(values), tails, axis=0)
        return told.assign(low=low, high=high)

    def stopping_at(self, *stages: str) -> MarkovValue:
        """Return the same where nothing is spent any more on customers of some stages.

        They bring nothing then, and stay there.

        Raises:
            InvalidValueError: If one is no stage.

        Examples:
            >>> worth = MarkovValue([[0.5, 0.5], [0.1, 0.9]], [20.0, -6.0], discount=0.1)
            >>> worth.stopping_at("2").value().round(2).tolist()
            [36.67, 0.0]
        """
        places = [self.chain.place(stage) for stage in stages]
        rows, rewards = self.chain.array, self._given
        rows[places], rewards[places] = np.eye(len(rows))[places], 0.0
        chain = MarkovChain.of(rows, states=self.chain.states)
        return MarkovValue(chain, rewards.tolist(), discount=self.discount)

    @property
    def stops(self) -> tuple[str, ...]:
        """The stages in which going on costs more than it brings, for all time to come.

        What a stage is worth hangs on where one stops elsewhere; this is the choice of all stages
        together that no other one beats.

        Raises:
            InvalidValueError: As `value`.
        """
        going_on = self._going_on()
        return tuple(
            stage
            for stage, worth in zip(self.chain.states, going_on.tolist(), strict=True)
            if worth < 0
        )

    def explain(self, stage: str, *, lifecycle: Lifecycle | None = None) -> Explanation[bool]:
        """Explain whether it is worth going on with a customer of a stage.

        Args:
            stage: Which.
            lifecycle: What its stages are called; None tells them as the chain names them.

        Returns:
            Whether it is, with the evidence `stage`, `worth` (of going on, where elsewhere it is
            stopped as pays best), `reward` and `discount`.

        Raises:
            InvalidValueError: If the stage is none, or as `value`.

        Examples:
            >>> worth = MarkovValue([[0.5, 0.5], [0.1, 0.9]], [20.0, -6.0], discount=0.1)
            >>> print(worth.explain("2"))
            in 2 going on is worth -2.667, the reward now -6, at 0.1 a step; worth going on: no
            >>> from crmkit.lifecycle import FOUR_STAGE
            >>> chain = MarkovChain.of([[0.5, 0.5], [0.1, 0.9]], states=["growth", "decline"])
            >>> why = MarkovValue(chain, [20.0, -6.0], discount=0.1).explain(
            ...     "decline", lifecycle=FOUR_STAGE
            ... )
            >>> print(why.sentence("zh"))
            处于“退化期”时，继续往来的价值为-2.667，其中当期收益-6，每期折现率0.1；是否值得继续：否
        """
        place = self.chain.place(stage)
        worth = float(self._going_on()[place])
        return Explanation(
            verdict=worth >= 0,
            rule=_RULE,
            evidence=(
                Evidence("stage", stage if lifecycle is None else named(lifecycle, stage)),
                Evidence("worth", worth, 0, worth >= 0),
                Evidence("reward", self.rewards[place]),
                Evidence("discount", self.discount),
            ),
        )

    @property
    def _given(self) -> Floats:
        return np.array(self.rewards, dtype=np.float64)

    def _going_on(self) -> Floats:
        """Return what going on is worth in each stage, where one stops as pays best elsewhere."""
        self._check_end()
        stopped = np.zeros(len(self.rewards), dtype=bool)
        # Policy iteration: each round is better, and there are finitely many choices.
        while True:
            names = [
                name for name, is_out in zip(self.chain.states, stopped, strict=True) if is_out
            ]
            worth = self.stopping_at(*names).value()
            going_on: Floats = self._given + self.chain.array @ worth / (1 + self.discount)
            better = going_on < -_ROUNDING * max(1.0, float(np.abs(self._given).max()))
            if (better == stopped).all():
                return going_on
            stopped = better

    def _check_end(self) -> None:
        """Refuse rewards that add up to no number."""
        if self.discount > 0:
            return
        for part in closed_sets(self.chain.array):
            if any(self.rewards[place] for place in part.tolist()):
                told = ", ".join(self.chain.states[place] for place in part.tolist())
                rule = f"must be above 0, for rewards go on for ever in {told}"
                raise InvalidValueError("discount", 0.0, rule, "give a horizon, or a discount")

    def __repr__(self) -> str:
        told = zip(self.chain.states, self.rewards, strict=True)
        rewards = ", ".join(f"{stage} {reward:g}" for stage, reward in told)
        return f"MarkovValue({rewards}; discount {self.discount:g})"


_ROUNDING: Final = 1e-12


def _advice(discount: float) -> str:
    told = f"the discount is a rate, and {discount:g} divides what comes a step later by "
    told += f"{1 + discount:g}"
    # A factor that multiplies is below 1, one that divides above; of 1 nothing is discounted.
    rate = 1 / discount - 1 if discount < 1 else discount - 1
    return f"{told}; of a factor of {discount:g} write {rate:.3g}"


def _worth(p: Floats, rewards: Floats, discount: float, horizon: int | None) -> Floats:
    if horizon is None:
        # Where nothing is discounted, rewards end where they are nothing: there the value is too.
        live = np.ones(len(p), dtype=bool)
        if not discount:
            live[[place for part in closed_sets(p) for place in part.tolist()]] = False
        found = np.zeros(len(p))
        inner = np.eye(int(live.sum())) - p[np.ix_(live, live)] / (1 + discount)
        found[live] = np.linalg.solve(inner, rewards[live])
        return found
    found = rewards.copy()
    for _ in range(whole(horizon, "horizon", least=0)):
        found = rewards + p @ found / (1 + discount)
    return found


def _chain_of(transition: object) -> MarkovChain:
    if isinstance(transition, MarkovChain):
        return transition
    if hasattr(transition, "columns"):
        return MarkovChain.of(transition)
    rows = cast("Sequence[object]", transition)
    if not hasattr(rows, "__len__"):
        rule = "must be a MarkovChain, or rows of chances"
        raise InvalidValueError("transition", Words(f"of type {type(rows).__name__}"), rule)
    return MarkovChain.of(rows, states=[str(number) for number in range(1, len(rows) + 1)])


def _rewards_of(chain: MarkovChain, rewards: object) -> tuple[float, ...]:
    named: Any = rewards
    if hasattr(rewards, "index") and hasattr(rewards, "to_dict"):
        named = named.to_dict()
    if isinstance(named, Mapping):
        if set(named) != set(chain.states):
            rule = f"must name every stage once: {', '.join(chain.states)}"
            raise InvalidValueError("rewards", Words(", ".join(map(str, named))), rule)
        named = [named[stage] for stage in chain.states]
    rule = f"must be {len(chain.states)} finite numbers, one for each stage"
    try:
        told = np.array(named, dtype=np.float64)
    except (TypeError, ValueError) as cause:
        raise InvalidValueError("rewards", Words("no numbers"), rule) from cause
    if told.shape != (len(chain.states),) or not np.isfinite(told).all():
        raise InvalidValueError("rewards", told.tolist(), rule)
    return tuple(told.tolist())
