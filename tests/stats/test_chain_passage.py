"""How a chain comes to some states: textbook numbers, hand calculation, and plain walking."""

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.stats import MarkovChain


# Kemeny and Snell (1960), section 2.2, example 1: a walk of five steps between two ends that absorb
# it, to the right with p = 1/2. Their N for p = 1/2 stands in section 3.2.
WALK = MarkovChain.of(
    [
        [1, 0, 0, 0, 0],
        [0.5, 0, 0.5, 0, 0],
        [0, 0.5, 0, 0.5, 0],
        [0, 0, 0.5, 0, 0.5],
        [0, 0, 0, 0, 1],
    ],
    states=["s1", "s2", "s3", "s4", "s5"],
)
THEIR_N = np.array([[1.5, 1, 0.5], [1, 2, 1], [0.5, 1, 1.5]])


class TestUntil:
    def test_is_the_textbook_walk(self) -> None:
        passage = WALK.until()

        assert passage.targets == ("s1", "s5")
        np.testing.assert_allclose(np.array(passage.visits)[1:4, 1:4], THEIR_N)
        assert passage.steps == pytest.approx((0, 3, 4, 3, 0))
        # By their formula (2N - I)t - t²: 8 for all three.
        assert passage.deviation == pytest.approx((0, 8**0.5, 8**0.5, 8**0.5, 0))
        assert np.array(passage.first)[:, 0] == pytest.approx([1, 0.75, 0.5, 0.25, 0])

    def test_may_come_to_one_end_and_not_the_other(self) -> None:
        passage = WALK.until("s5")

        assert passage.chance == pytest.approx((0, 0.25, 0.5, 0.75, 1))
        assert passage.steps == (math.inf,) * 4 + (0,)
        assert passage.visits[1][0] == math.inf
        assert passage.visits[1][1:4] == pytest.approx((1.5, 1, 0.5))

    def test_may_be_a_state_that_is_left_again(self) -> None:
        """By hand: lost after 1/0.2 = 5 steps; a lost customer is won back after 1/0.1."""
        chain = MarkovChain.of([[0.8, 0.2], [0.1, 0.9]], states=["customer", "lost"])

        assert chain.until("lost").steps == pytest.approx((5, 0))
        assert chain.until("customer").steps == pytest.approx((0, 10))
        assert chain.until("lost").time_in.loc["customer", "customer"] == pytest.approx(5)

    def test_is_never_reached_from_a_set_that_is_never_left(self) -> None:
        rows = [[0.5, 0.5, 0, 0], [0.5, 0.5, 0, 0], [0.25, 0, 0.5, 0.25], [0, 0, 0, 1]]
        chain = MarkovChain.of(rows, states=["a", "b", "c", "gone"])

        passage = chain.until("gone")

        assert passage.chance == pytest.approx((0, 0, 0.5, 1))
        assert passage.steps == (math.inf, math.inf, math.inf, 0)
        assert passage.visits[2] == pytest.approx((math.inf, math.inf, 2, 0))
        assert passage.visits[0] == (math.inf, math.inf, 0, 0)

    @given(st.lists(st.lists(st.integers(0, 3), min_size=4, max_size=4), min_size=4, max_size=4))
    def test_obeys_its_own_first_step(self, counts: list[list[int]]) -> None:
        """Whoever is not there yet needs one step more than from where he comes to next."""
        rows = np.array(counts, dtype=float) + 0.0
        rows[rows.sum(axis=1) == 0, 0] = 1
        chain = MarkovChain.of(rows / rows.sum(axis=1, keepdims=True), states=[*"abcd"])

        passage = chain.until("d")

        p, chance = chain.array, np.array(passage.chance)
        np.testing.assert_allclose(chance[:3], (p @ chance)[:3], atol=1e-9)
        for place in range(3):
            ways = p[place] > 0
            if math.isinf(passage.steps[place]):
                assert any(math.isinf(passage.steps[one]) for one in np.flatnonzero(ways))
            else:
                later = float(p[place][ways] @ np.array(passage.steps)[ways])
                assert passage.steps[place] == pytest.approx(1 + later)
                assert sum(passage.visits[place]) == pytest.approx(passage.steps[place])

    def test_table_has_a_row_a_state(self) -> None:
        table = WALK.until().table()

        assert list(table) == ["state", "chance", "steps", "deviation", "first s1", "first s5"]
        assert table["first s5"].tolist() == pytest.approx([0, 0.25, 0.5, 0.75, 1])
        assert repr(WALK.until()) == "Passage(to s1 or s5, from 5 states)"

    def test_refuses_no_target_and_an_unknown_one(self) -> None:
        chain = MarkovChain.of([[0.8, 0.2], [0.1, 0.9]], states=["customer", "lost"])

        with pytest.raises(InvalidValueError, match="must name a state: none is absorbing"):
            chain.until()
        with pytest.raises(InvalidValueError, match="state is 'gone'"):
            chain.until("gone")
