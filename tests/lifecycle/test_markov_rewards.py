"""Values by stage beside those that Pfeifer and Carraway print, and beside plain adding up."""

import math
import re
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

from crmkit.errors import AssumptionWarning, InvalidValueError
from crmkit.lifecycle import MarkovValue
from crmkit.stats import MarkovChain


# Pfeifer and Carraway (2000), "Modeling customer relationships as Markov chains", Journal of
# Interactive Marketing 14(2), 43–55: recency 1 to 4 and former; a purchase brings 40, every period
# of a customer costs 4 in marketing; he buys with .30, .20, .15, .05; 20 % a period.
BUYS = (0.30, 0.20, 0.15, 0.05)
STATES = ("recency 1", "recency 2", "recency 3", "recency 4", "former")
ROWS = [
    [chance, *(1 - chance if later == place + 1 else 0.0 for later in range(1, 5))]
    for place, chance in enumerate(BUYS)
]
ROWS.append([0.0] * 4 + [1.0])
WORTH = MarkovValue(
    MarkovChain.of(ROWS, states=STATES), [36.0, -4.0, -4.0, -4.0, 0.0], discount=0.2
)

CHAINS = st.lists(
    st.lists(st.integers(0, 5), min_size=3, max_size=3).filter(any), min_size=3, max_size=3
).map(lambda rows: np.array(rows) / np.sum(rows, axis=1, keepdims=True))


class TestPublished:
    def test_value_of_four_periods(self) -> None:
        assert WORTH.value(horizon=4).round(3).tolist() == [50.115, 4.220, 0.592, -1.980, 0]

    def test_value_of_all_time_to_come(self) -> None:
        assert WORTH.value().round(3).tolist() == [52.320, 5.554, 1.251, -1.820, 0]

    def test_value_where_one_stops_at_recency_four(self) -> None:
        stopped = WORTH.stopping_at("recency 4")

        assert stopped.value().round(3).tolist() == [53.149, 6.621, 2.644, 0, 0]

    def test_stops_where_they_do(self) -> None:
        assert WORTH.stops == ("recency 4",)
        assert WORTH.explain("recency 3").verdict is True
        assert WORTH.explain("recency 4").verdict is False


class TestValue:
    @given(
        CHAINS,
        st.lists(st.integers(-50, 50), min_size=3, max_size=3),
        st.sampled_from([0.05, 0.2, 0.4]),
        st.integers(0, 12),
    )
    def test_adds_up_what_is_expected_of_every_step(
        self,
        p: np.ndarray[tuple[int, int], np.dtype[np.float64]],
        rewards: list[int],
        discount: float,
        horizon: int,
    ) -> None:
        worth = MarkovValue(p, rewards, discount=discount)

        plain = sum(
            np.linalg.matrix_power(p, t) @ np.array(rewards) / (1 + discount) ** t
            for t in range(horizon + 1)
        )
        np.testing.assert_allclose(worth.value(horizon=horizon), plain, atol=1e-9)
        np.testing.assert_allclose(worth.value(), worth.value(horizon=2_000), atol=1e-6)

    def test_is_what_a_walk_brings_on_average(self) -> None:
        """By walking: twenty thousand customers from recency 1, thirty periods."""
        paths = WORTH.chain.walk(["recency 1"] * 20_000, 30, rng=4)
        brought = (np.array(WORTH.rewards)[paths] / 1.2 ** np.arange(31)).sum(axis=1)

        error = brought.std() / math.sqrt(len(brought))
        assert abs(brought.mean() - WORTH.value(horizon=30)[0]) < 4 * error

    @pytest.mark.parametrize(("factor", "rate"), [(0.95, "0.0526"), (1.2, "0.2"), (1.0, "0")])
    def test_advises_a_rate_that_can_be(self, factor: float, rate: str) -> None:
        with pytest.warns(AssumptionWarning, match=f"of a factor of {factor:g} write {rate}$"):
            MarkovValue([[1.0]], [1.0], discount=factor)

    def test_counts_the_first_reward_now(self) -> None:
        assert WORTH.value(horizon=0).tolist() == list(WORTH.rewards)

    def test_needs_no_discount_where_rewards_end(self) -> None:
        """By hand: 1 / 0.25 steps of 10."""
        worth = MarkovValue([[0.75, 0.25], [0, 1]], [10, 0], discount=0)

        np.testing.assert_allclose(worth.value(), [40, 0])

    def test_refuses_rewards_that_never_end(self) -> None:
        with pytest.raises(InvalidValueError, match=r"rewards go on for ever in 2; give a horizon"):
            MarkovValue([[0.75, 0.25], [0, 1]], [10, 1], discount=0).value()

    @pytest.mark.parametrize("horizon", [-1, 1.5, True, "4"])
    def test_refuses_what_is_no_horizon(self, horizon: int) -> None:
        with pytest.raises(InvalidValueError, match="must be a whole number of at least 0"):
            WORTH.value(horizon=horizon)


class TestBirth:
    def test_takes_frames_and_rewards_by_name(self) -> None:
        frame = pd.DataFrame(ROWS, index=STATES, columns=STATES)
        by_name = dict(zip(reversed(STATES), [0.0, -4.0, -4.0, -4.0, 36.0], strict=True))

        assert MarkovValue(frame, by_name, discount=0.2) == WORTH
        assert MarkovValue(frame, pd.Series(by_name), discount=0.2) == WORTH

    def test_tells_what_it_is_made_of(self) -> None:
        assert repr(MarkovValue([[1.0]], [5], discount=0.1)) == "MarkovValue(1 5; discount 0.1)"
        assert WORTH.table(4).iloc[0].to_list() == ["recency 1", 36.0, WORTH.value(4)[0]]

    def test_warns_of_a_factor_in_the_place_of_a_rate(self) -> None:
        with pytest.warns(AssumptionWarning, match=r"of a factor of 0\.8 write 0\.25"):
            MarkovValue([[1.0]], [5], discount=0.8)

    @pytest.mark.parametrize(
        ("transition", "rewards", "discount", "says"),
        [
            (7, [1], 0.1, "transition is of type int: it must be a MarkovChain, or rows"),
            ([[0.5]], [1], 0.1, "row of 1 is [0.5]: it must sum to 1"),
            ([[1.0]], ["much"], 0.1, "rewards is no numbers: it must be 1 finite numbers"),
            ([[1.0]], [1, 2], 0.1, "rewards is [1.0, 2.0]: it must be 1 finite numbers"),
            ([[1.0]], [math.nan], 0.1, "rewards is [nan]: it must be 1 finite numbers"),
            ([[1.0]], {"2": 1}, 0.1, "rewards is 2: it must name every stage once: 1"),
            ([[1.0]], [1], -0.1, "discount is -0.1: it must be a rate of 0 or more"),
            ([[1.0]], [1], True, "discount is True: it must be a rate of 0 or more"),
            ([[1.0]], [1], "0.1", "discount is '0.1': it must be a rate of 0 or more"),
        ],
    )
    def test_refuses(
        self, transition: object, rewards: list[float], discount: float, says: str
    ) -> None:
        with pytest.raises(InvalidValueError, match=re.escape(says)):
            MarkovValue(transition, rewards, discount=discount)


class TestInterval:
    CHAIN = MarkovChain.fit(
        [[80, 20], [0, 50]], states=["customer", "lost"], allowed={"customer": ["lost"]}
    )

    def test_is_that_of_the_one_chance_that_is_open(self) -> None:
        """A customer of one stage is worth 100 / (1 - stay / 1.1): it rises with that chance."""
        worth = MarkovValue(self.CHAIN, [100, 0], discount=0.1)

        told = worth.interval(rng=1, draws=20_000, confidence=0.9).set_index("stage")

        row = self.CHAIN.table(confidence=0.9).iloc[0]
        low, high = (100 / (1 - float(row[end]) / 1.1) for end in ("low", "high"))
        assert told["low"].to_list() == pytest.approx([low, 0], rel=0.01)
        assert told["high"].to_list() == pytest.approx([high, 0], rel=0.01)

    def test_goes_with_the_horizon(self) -> None:
        worth = MarkovValue(self.CHAIN, [100, 0], discount=0.1)

        short, long = (worth.interval(horizon, rng=2) for horizon in (1, 20))

        assert (short["high"] - short["low"]).sum() < (long["high"] - long["low"]).sum()

    def test_is_refused_where_nothing_is_open(self) -> None:
        with pytest.raises(InvalidValueError, match="must be fitted with a prior"):
            WORTH.interval()


class TestStops:
    @given(CHAINS, st.lists(st.integers(-50, 50), min_size=3, max_size=3))
    def test_are_the_best_of_all_choices(
        self, p: np.ndarray[tuple[int, int], np.dtype[np.float64]], rewards: list[int]
    ) -> None:
        worth = MarkovValue(p, rewards, discount=0.1)
        choices = [
            [str(place + 1) for place in range(3) if number >> place & 1] for number in range(8)
        ]

        best = np.max([worth.stopping_at(*names).value() for names in choices], axis=0)

        np.testing.assert_allclose(worth.stopping_at(*worth.stops).value(), best, atol=1e-9)

    def test_explains_with_evidence_that_gives_the_verdict(self) -> None:
        why = WORTH.explain("recency 4")

        assert why.sentence("zh") == (
            "处于“recency 4”时，继续往来的价值为-1.785，其中当期收益-4，每期折现率0.2；"
            "是否值得继续：否"
        )
        value = WORTH.stopping_at("recency 4").value()
        expected = -4 + (0.05 * value[0] + 0.95 * value[4]) / 1.2
        assert why.find("worth").value == pytest.approx(expected)

    def test_refuses_what_is_no_stage(self) -> None:
        with warnings.catch_warnings(), pytest.raises(InvalidValueError, match="recency 1"):
            WORTH.explain("recency 5")
