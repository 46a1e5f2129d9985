"""Markov chains against numbers worked out by hand, and against plain walking."""

import json
import re
from typing import Any

import attrs
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st
from scipy.stats import beta, binom, poisson

from crmkit.errors import InvalidValueError
from crmkit.stats import MarkovChain, SmallGroupRule, wilson


NAMES = ("new", "loyal", "lost")
MOVES = {"new": ["loyal", "lost"], "loyal": ["lost"]}
SEEN = [[60, 30, 10], [0, 45, 5], [0, 0, 8]]
COUNTS = st.lists(st.lists(st.integers(0, 40), min_size=3, max_size=3), min_size=3, max_size=3)


def row_of(table: pd.DataFrame, state: str, following: str) -> dict[str, float]:
    chosen = (table["state"] == state) & (table["next"] == following)
    (row,) = table[chosen].drop(columns=["state", "next"]).to_dict("records")
    return {str(name): float(value) for name, value in row.items() if name != "group_size"}


class TestFit:
    def test_adds_the_prior_to_what_is_allowed(self) -> None:
        """By hand: 100 moves from new with three ways, 50 from loyal with two."""
        chain = MarkovChain.fit(SEEN, states=NAMES, allowed=MOVES)

        expected = [[60.5 / 101.5, 30.5 / 101.5, 10.5 / 101.5], [0, 45.5 / 51, 5.5 / 51], [0, 0, 1]]
        assert chain.array.tolist() == [pytest.approx(row, rel=1e-14) for row in expected]
        assert chain.absorbing == ("lost",)
        assert repr(chain) == "MarkovChain(3 states, 158 moves, prior 0.5)"

    def test_is_plain_shares_without_a_prior(self) -> None:
        chain = MarkovChain.fit(SEEN, states=NAMES, allowed=MOVES, prior=0)

        assert chain.array.tolist() == [[0.6, 0.3, 0.1], [0, 0.9, 0.1], [0, 0, 1]]
        row = row_of(chain.table(confidence=0.9), "loyal", "lost")
        share = wilson(5, 50, confidence=0.9)
        assert (row["low"], row["high"]) == (share.low, share.high)

    @given(COUNTS, st.sampled_from([0.5, 1.0, 2.5]))
    def test_never_gives_a_chance_to_what_may_not_happen(
        self, counts: list[list[int]], prior: float
    ) -> None:
        counts[1][0] = counts[2][0] = counts[2][1] = 0

        chain = MarkovChain.fit(counts, states=NAMES, allowed=MOVES, prior=prior)

        assert (chain.array[np.tril_indices(3, -1)] == 0).all()
        assert (chain.array[np.triu_indices(3)] > 0).all()
        np.testing.assert_allclose(chain.array.sum(axis=1), 1, rtol=1e-12)
        assert MarkovChain.from_json(chain.to_json()) == chain

    def test_takes_a_frame_by_its_names(self) -> None:
        frame = pd.DataFrame(SEEN, index=NAMES, columns=NAMES)

        chain = MarkovChain.fit(frame.loc[["lost", "new", "loyal"]], allowed=MOVES)

        assert chain == MarkovChain.fit(SEEN, states=NAMES, allowed=MOVES)

    @pytest.mark.parametrize(
        ("counts", "states", "allowed", "says"),
        [
            (SEEN, NAMES, {"new": ["loyal", "lost"]}, "loyal may not become lost; allow that move"),
            (SEEN, NAMES, {"nwe": []}, "allowed is 'nwe': it must name states: new, loyal, lost;"),
            (SEEN, None, None, "states is None: it must be given: one name for each row"),
            (SEEN, ("a", "b"), None, "must be 2 rows of 2 numbers, as there are states"),
            (SEEN, ("a", "b", "a"), None, "state is 'a': it must stand once among the states"),
            (SEEN, ("a", "b", " "), None, "state is ' ': it must be text, and not blank"),
            ([], (), None, "counts is of shape (0,): it must be 0 rows"),
            ([["x"]], ("a",), None, "counts is rows: it must be rows of numbers"),
            ([[1.5]], ("a",), None, "counts is 1.5: it must be a whole number of 0 or more"),
            ([[-1]], ("a",), None, "counts is -1.0: it must be a whole number of 0 or more"),
            ([[np.nan]], ("a",), None, "counts is nan: it must be a whole number of 0 or more"),
        ],
    )
    def test_refuses(
        self, counts: object, states: object, allowed: dict[str, list[str]], says: str
    ) -> None:
        with pytest.raises(InvalidValueError, match=re.escape(says)):
            MarkovChain.fit(counts, states=states, allowed=allowed)  # type: ignore[arg-type]  # refused

    @pytest.mark.parametrize("prior", [-1, float("inf"), True, "1"])
    def test_refuses_what_is_no_prior(self, prior: float) -> None:
        with pytest.raises(InvalidValueError, match=r"prior is .* must be a finite number"):
            MarkovChain.fit(SEEN, states=NAMES, prior=prior)

    def test_refuses_no_prior_where_nothing_was_seen(self) -> None:
        with pytest.raises(InvalidValueError, match=r"nothing was seen of some states \(lost\)"):
            MarkovChain.fit([[1, 0], [0, 0]], states=["new", "lost"], prior=0)


class TestOf:
    @pytest.mark.parametrize(
        ("p", "says"),
        [
            ([[0.5, 0.4], [0, 1]], "row of new is [0.5, 0.4]: it must sum to 1, not 0.9"),
            ([[1.5, -0.5], [0, 1]], "row of new is [1.5, -0.5]: it must hold no negative chance"),
            ([[float("nan"), 1], [0, 1]], "it must sum to 1, not nan"),
        ],
    )
    def test_refuses_rows_that_are_no_chances(self, p: object, says: str) -> None:
        with pytest.raises(InvalidValueError, match=re.escape(says)):
            MarkovChain.of(p, states=["new", "lost"])

    def test_refuses_a_frame_of_other_rows(self) -> None:
        frame = pd.DataFrame([[1.0]], index=["new"], columns=["lost"])

        with pytest.raises(InvalidValueError, match="the same names as index and columns"):
            MarkovChain.of(frame)

    def test_refuses_rows_of_another_length_and_no_states(self) -> None:
        with pytest.raises(InvalidValueError, match="must be 1 rows of 1, as there are states"):
            MarkovChain(states=("new",), p=((0.5, 0.5),))
        with pytest.raises(InvalidValueError, match=r"states is .* must hold at least one"):
            MarkovChain(states=(), p=())

    def test_knows_no_counts(self) -> None:
        chain = MarkovChain.of([[0.5, 0.5], [0, 1]], states=["new", "lost"])

        assert list(chain.table()) == ["state", "next", "p"]
        assert list(chain.stays()) == ["state", "steps"]
        assert repr(chain) == "MarkovChain(2 states, given)"
        assert MarkovChain.from_json(chain.to_json()) == chain

    @pytest.mark.parametrize("text", ["{", '{"model": "BGNBD"}', "[]", '{"model": "MarkovChain"}'])
    def test_refuses_the_json_of_something_else(self, text: str) -> None:
        with pytest.raises(InvalidValueError, match=r"must be what MarkovChain\.to_json wrote"):
            MarkovChain.from_json(text)


class TestShapes:
    chain = MarkovChain.fit(SEEN, states=NAMES, allowed=MOVES)

    @pytest.mark.parametrize(
        ("changed", "message"),
        [
            ({"n": ((1, 2), (3, 4))}, "must be 3 rows of 3"),
            ({"n": ((1, 2, 3), (4, 5, 6), (7, 8, -9))}, "must be a whole number"),
            ({"allowed": ((True,),)}, "must be 3 rows of 3"),
            ({"allowed": ((True, False, True),) * 3}, "new may not become loyal"),
        ],
    )
    def test_must_be_those_of_the_states(self, changed: dict[str, Any], message: str) -> None:
        with pytest.raises(InvalidValueError, match=message):
            attrs.evolve(self.chain, **changed)

    def test_are_checked_in_json(self) -> None:
        told = json.loads(self.chain.to_json())

        with pytest.raises(InvalidValueError, match="must be what"):
            MarkovChain.from_json(json.dumps(told | {"n": [[1]]}))


class TestArrivals:
    def test_add_a_poisson_stream_whose_members_move_later(self) -> None:
        """By hand: 40 come each step and half of those present leave: 40, then 60, then 70."""
        chain = MarkovChain.of([[0.5, 0.5], [0, 1]], states=["customer", "lost"])

        told = chain.simulate([0, 0], 3, arrivals=[40, 0], rng=1, draws=20_000)

        here = told[told["state"] == "customer"]
        assert here["expected"].tolist() == pytest.approx([40, 60, 70], rel=0.01)
        # Thinned Poisson streams are Poisson: of mean 40, 95 % lie between 28 and 53.
        assert (here["low"].iloc[0], here["high"].iloc[0]) == poisson.interval(0.95, 40)

    def test_must_be_one_for_each_state(self) -> None:
        chain = MarkovChain.of([[0.5, 0.5], [0, 1]], states=["customer", "lost"])

        with pytest.raises(InvalidValueError, match="arrivals"):
            chain.simulate([0, 0], 1, arrivals=[-1, 0])


class TestTable:
    def test_has_the_intervals_of_the_posterior(self) -> None:
        """Against scipy's beta: the chance of new to lost, 10 of 100, two other ways."""
        table = MarkovChain.fit(SEEN, states=NAMES, allowed=MOVES).summary

        row = row_of(table, "new", "lost")
        assert row["low"] == pytest.approx(beta.ppf(0.025, 10.5, 91), rel=1e-9)
        assert row["high"] == pytest.approx(beta.ppf(0.975, 10.5, 91), rel=1e-9)
        assert (row["n"], row["of"]) == (10, 100)

    def test_is_sure_of_what_cannot_be_otherwise(self) -> None:
        everybody = SmallGroupRule(suppress_below=1)

        table = MarkovChain.fit(SEEN, states=NAMES, allowed=MOVES).table(rule=everybody)

        last = table.iloc[-1]
        assert (last["state"], last["next"], last["low"], last["high"]) == ("lost", "lost", 1, 1)
        assert last["group_size"] == "few"

    def test_keeps_back_what_rests_on_few(self) -> None:
        seen = [[60, 30, 10], [0, 20, 5], [0, 0, 8]]

        table = MarkovChain.fit(seen, states=NAMES, allowed=MOVES).table()

        sizes = dict(zip(table["state"], table["group_size"], strict=True))
        assert sizes == {"new": "shown", "loyal": "few", "lost": "suppressed"}
        assert table[["p", "n", "low", "high"]].isna().all(axis=1).tolist() == [False] * 5 + [True]

    def test_of_chances_that_were_given_has_no_counts(self) -> None:
        table = MarkovChain.of([[0.5, 0.5], [0, 1]], states=["a", "b"]).table()

        assert table.columns.tolist() == ["state", "next", "p"]

    def test_tells_only_what_is_possible(self) -> None:
        assert len(MarkovChain.fit(SEEN, states=NAMES, allowed=MOVES).table()) == 6

    def test_of_an_interval_holds_the_truth_as_often_as_it_says(self) -> None:
        """Exactly, over all counts of forty moves: half a move added keeps 95 % near 95 %."""
        truth, n = 0.2, 40
        held = 0.0
        for seen in range(n + 1):
            chain = MarkovChain.fit([[n - seen, seen], [0, 1]], states=["new", "lost"])
            row = chain.table().iloc[1]
            held += binom.pmf(seen, n, truth) * (row["low"] <= truth <= row["high"])
        assert 0.93 < held < 0.97


class TestStays:
    def test_last_as_long_as_a_geometric_wait(self) -> None:
        stays = MarkovChain.fit(SEEN, states=NAMES, allowed=MOVES, prior=0).stays()

        assert stays["steps"].tolist() == pytest.approx([2.5, 10, float("inf")])
        assert (stays["low"] <= stays["steps"]).all()
        assert stays["high"].iloc[-1] == float("inf")


class TestFuture:
    CHAIN = MarkovChain.of([[0.6, 0.3, 0.1], [0, 0.9, 0.1], [0, 0, 1]], states=NAMES)

    def test_after_steps_is_the_power_of_the_matrix(self) -> None:
        power = np.linalg.matrix_power(self.CHAIN.array, 7)

        np.testing.assert_allclose(self.CHAIN.after([10, 5, 1], 7), np.array([10, 5, 1]) @ power)
        np.testing.assert_array_equal(self.CHAIN.after([10, 5, 1], 0), [10, 5, 1])

    def test_keeps_everybody_and_is_centred_on_the_expectation(self) -> None:
        told = self.CHAIN.simulate([5_000, 2_000, 0], 3, rng=1)

        by_step = told.groupby("step")["expected"]
        assert by_step.sum().tolist() == pytest.approx([7_000] * 3)
        last = told.loc[told["step"] == 3, "expected"].to_numpy()
        np.testing.assert_allclose(last, self.CHAIN.after([5_000, 2_000, 0], 3), atol=3)

    def test_interval_of_one_step_is_that_of_the_binomial(self) -> None:
        """Chances that are known leave the doubt of a binomial: scipy's quantiles."""
        told = self.CHAIN.simulate([0, 1_000, 0], 1, rng=3, draws=20_000).set_index("state")

        assert told.loc["lost", "low"] == pytest.approx(binom.ppf(0.025, 1_000, 0.1), abs=1)
        assert told.loc["lost", "high"] == pytest.approx(binom.ppf(0.975, 1_000, 0.1), abs=1)

    def test_of_a_fit_is_wider_by_what_the_counts_leave_open(self) -> None:
        seen = np.array(SEEN) // 5
        chain = MarkovChain.fit(seen, states=NAMES, allowed=MOVES)
        sure = MarkovChain.of(chain.array, states=NAMES)

        wide, narrow = (one.simulate([500, 0, 0], 2, rng=5) for one in (chain, sure))

        assert (wide["high"] - wide["low"]).sum() > 1.5 * (narrow["high"] - narrow["low"]).sum()

    def test_draws_only_what_is_allowed_even_of_a_tiny_prior(self) -> None:
        counts = [[0, 0, 0], [0, 0, 0], [0, 0, 0]]
        chain = MarkovChain.fit(counts, states=NAMES, allowed=MOVES, prior=1e-12)

        drawn = chain.drawn(200, rng=2)

        np.testing.assert_allclose(drawn.sum(axis=2), 1)
        assert (drawn[:, 1, 0] == 0).all()

    def test_walks_by_the_chances(self) -> None:
        paths = self.CHAIN.walk(["new"] * 20_000, 1, rng=9)

        shares = np.bincount(paths[:, 1], minlength=3) / 20_000
        np.testing.assert_allclose(shares, [0.6, 0.3, 0.1], atol=0.01)
        lost = self.CHAIN.walk(["lost"], 9, rng=9)
        assert lost.tolist() == [[2] * 10]

    @pytest.mark.parametrize(
        ("start", "steps", "says"),
        [
            ([1, 2], 1, "must hold 3 numbers, one for each state"),
            ([1, -2, 0], 1, "must hold finite numbers, 0 or more"),
            ([1, 0.5, 0], 1, "must hold whole numbers"),
            ([1, 2, 0], 0, "steps is 0: it must be a whole number of at least 1"),
            ([1, 2, 0], True, "steps is True: it must be a whole number"),
        ],
    )
    def test_refuses(self, start: list[int], steps: int, says: str) -> None:
        with pytest.raises(InvalidValueError, match=re.escape(says)):
            self.CHAIN.simulate(start, steps)

    def test_refuses_what_is_no_state(self) -> None:
        with pytest.raises(InvalidValueError, match=r"state is 'nwe': .* did you mean 'new'"):
            self.CHAIN.walk(["nwe"], 1)


class TestLongRun:
    def test_is_balanced(self) -> None:
        """By hand: 0.1 x = 0.3 y and x + y = 1."""
        chain = MarkovChain.of([[0.9, 0.1], [0.3, 0.7]], states=["at home", "away"])

        np.testing.assert_allclose(chain.long_run(), [0.75, 0.25])

    def test_ends_in_what_is_never_left(self) -> None:
        np.testing.assert_allclose(TestFuture.CHAIN.long_run(), [0, 0, 1], atol=1e-12)

    def test_is_refused_where_it_depends_on_the_beginning(self) -> None:
        chain = MarkovChain.of([[0.5, 0.25, 0.25], [0, 1, 0], [0, 0, 1]], states=NAMES)

        with pytest.raises(InvalidValueError, match=r"with several: \w+; \w+: it must have one"):
            chain.long_run()
