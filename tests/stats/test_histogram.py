import math
from fractions import Fraction

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, strategies as st
from statsmodels.stats.weightstats import (  # type: ignore[import-untyped]  # it has no stubs
    DescrStatsW,
)

from crmkit.errors import InvalidValueError
from crmkit.kernel.frames import Values
from crmkit.stats import Histogram


SCORES = st.lists(st.integers(0, 10) | st.none(), max_size=40)
# Eighths add up without rounding.
WEIGHTS = st.integers(0, 800).map(lambda eighths: eighths / 8)
WEIGHTED = st.lists(st.tuples(st.integers(0, 10) | st.none(), WEIGHTS), max_size=40)


class TestOf:
    def test_counts_each_score_once(self) -> None:
        told = Histogram.of([10, 3, None, 10, math.nan, -0.0, 0])

        assert told.scores == (0, 3, 10)
        assert told.counts == (2, 1, 2)
        assert told.weights == told.squares == (2, 1, 2)
        assert (told.n, told.n_missing) == (5, 2)

    def test_adds_up_weights_and_their_squares(self) -> None:
        told = Histogram.of([5, 4, 5, None], weights=[1, 2, 0.5, 9])

        assert (told.scores, told.counts) == ((4, 5), (1, 2))
        assert (told.weights, told.squares) == ((2, 1.5), (4, 1.25))

    def test_counts_who_has_no_weight_as_missing(self) -> None:
        told = Histogram.of([5, 4, None, 3, None], weights=[1, 0, 0, 2, 1])

        assert (told.scores, told.counts, told.weights) == ((3, 5), (1, 1), (2, 1))
        assert (told.n, told.n_missing, told.n_weightless) == (2, 3, 1)
        assert (told + told).recode(lambda score: 1).n_weightless == 2

    @pytest.mark.parametrize(
        "values", [(1, 2, 2), np.array([1, 2, 2]), pd.Series([1, 2, 2]), pl.Series([1, 2, 2])]
    )
    def test_takes_any_form(self, values: Values) -> None:
        assert Histogram.of(values) == Histogram.of_counts({1: 1, 2: 2})

    @given(st.lists(st.tuples(st.integers(0, 10), st.floats(0.01, 99)), min_size=1, max_size=30))
    def test_has_the_mean_of_statsmodels(self, answers: list[tuple[int, float]]) -> None:
        scores, weights = zip(*answers, strict=True)

        found = Histogram.of(scores, weights=weights)

        assert found.mean == pytest.approx(DescrStatsW(scores, weights).mean, abs=1e-9)

    def test_refuses_what_is_infinite_with_its_row(self) -> None:
        with pytest.raises(InvalidValueError, match="answers is inf: it must be finite, as in row"):
            Histogram.of([1, math.inf], name="answers")

    @pytest.mark.parametrize("weight", [-1, math.nan, None, math.inf, 1e-200, 1e200])
    def test_refuses_weights_that_are_none(self, weight: float | None) -> None:
        with pytest.raises(
            InvalidValueError, match=r"must be 0, or from 1e-100 to 1e\+100, as in row"
        ):
            Histogram.of([1, 2], weights=[1, weight])

    def test_refuses_weights_that_are_too_few(self) -> None:
        with pytest.raises(InvalidValueError, match="as many as the values, 2"):
            Histogram.of([1, 2], weights=[1])


class TestOfCounts:
    def test_is_the_histogram_of_so_many(self) -> None:
        assert Histogram.of_counts({1: 2, 0: 1, 5: 0}, n_missing=1) == Histogram.of([1, 0, 1, None])


class TestBirth:
    def test_refuses_columns_of_different_length(self) -> None:
        with pytest.raises(InvalidValueError, match="must be 1 long each"):
            Histogram(scores=(1,), counts=(1,), weights=(1,), squares=())

    @pytest.mark.parametrize("scores", [(2, 1), (1, 1)])
    def test_refuses_scores_that_do_not_rise(self, scores: tuple[float, ...]) -> None:
        with pytest.raises(InvalidValueError, match="must rise"):
            Histogram(scores=scores, counts=(1, 1), weights=(1, 1), squares=(1, 1))

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("scores", math.inf),
            ("counts", 0),
            ("weights", -1),
            ("weights", 0),
            ("squares", math.nan),
        ],
    )
    def test_refuses_what_cannot_be(self, name: str, value: float) -> None:
        columns: dict[str, tuple[float, ...]] = {
            **dict.fromkeys(("scores", "counts", "weights", "squares"), (1,)),
            name: (value,),
        }

        with pytest.raises(InvalidValueError, match=f"^{name} is "):
            Histogram(**columns)  # type: ignore[arg-type]  # refused

    def test_takes_scores_whose_sum_no_float_holds(self) -> None:
        scores = (1e308, 1.5e308)

        found = Histogram(scores=scores, counts=(1, 1), weights=(1, 1), squares=(1, 1))

        assert found.scores == scores

    def test_refuses_missing_ones_below_none(self) -> None:
        with pytest.raises(InvalidValueError, match="n_missing is -1"):
            Histogram(scores=(), counts=(), weights=(), squares=(), n_missing=-1)
        with pytest.raises(InvalidValueError, match=r"n_weightless is 2: .* 0 to n_missing, 1"):
            Histogram(scores=(), counts=(), weights=(), squares=(), n_missing=1, n_weightless=2)


class TestAdd:
    @given(WEIGHTED, st.integers(0, 40))
    def test_of_two_blocks_is_the_whole(
        self, answers: list[tuple[int | None, float]], cut: int
    ) -> None:
        def told(part: list[tuple[int | None, float]]) -> Histogram:
            return Histogram.of([s for s, _ in part], weights=[w for _, w in part])

        assert told(answers[:cut]) + told(answers[cut:]) == told(answers)

    @given(SCORES, st.randoms(use_true_random=False))
    def test_does_not_mind_the_order(self, scores: list[int | None], random: object) -> None:
        mixed = list(scores)
        random.shuffle(mixed)  # type: ignore[attr-defined]  # one of Python's

        assert Histogram.of(mixed) == Histogram.of(scores)

    @given(st.lists(SCORES, max_size=5))
    def test_pools_any_number(self, blocks: list[list[int | None]]) -> None:
        parts = [Histogram.of(block) for block in blocks]
        whole = Histogram.of([score for block in blocks for score in block])

        assert Histogram.pooled(parts) == whole
        assert Histogram.pooled(dict(enumerate(parts))) == whole

    @given(st.lists(st.lists(st.integers(0, 10), min_size=1), min_size=1, max_size=5))
    def test_has_the_mean_of_all_and_not_of_the_means(self, blocks: list[list[int]]) -> None:
        flat = [score for block in blocks for score in block]

        pooled = Histogram.pooled([Histogram.of(block) for block in blocks])

        assert pooled.mean == pytest.approx(float(Fraction(sum(flat), len(flat))), rel=1e-15)

    def test_counts_beyond_what_floats_hold(self) -> None:
        huge = Histogram.of_counts({1: 2**53})

        assert (huge + Histogram.of([1])).counts == (2**53 + 1,)


class TestRecode:
    def test_adds_up_what_becomes_alike(self) -> None:
        told = Histogram.of([10, 9, 8, 2, None], weights=[1, 2, 3, 4, 5])

        boxes = told.recode(lambda score: score >= 9)

        assert (boxes.scores, boxes.counts, boxes.weights) == ((0, 1), (2, 2), (7, 3))
        assert (boxes.squares, boxes.n_missing) == ((25, 5), 1)

    def test_takes_a_mapping(self) -> None:
        assert Histogram.of([1, 2]).recode({1: 20, 2: 10}).scores == (10, 20)

    def test_refuses_a_mapping_that_does_not_know_a_score(self) -> None:
        with pytest.raises(InvalidValueError, match=r"rule is 2\.0: it must have a number"):
            Histogram.of([1, 2]).recode({1: 20})


class TestEffectiveN:
    def test_is_kishs_by_hand(self) -> None:
        # Weights 1, 1, 1, 3: 6² / 12 = 3; design effect 4 / 3.
        told = Histogram.of([1, 2, 3, 4], weights=[1, 1, 1, 3])

        assert told.effective_n == 3
        assert told.design_effect == pytest.approx(4 / 3, rel=1e-15)

    def test_refuses_when_nobody_answered(self) -> None:
        nobody = Histogram.of([None])

        for asked in ("mean", "effective_n", "design_effect"):
            with pytest.raises(InvalidValueError, match="nobody answered"):
                getattr(nobody, asked)

    def test_refuses_when_nobody_carries_weight(self) -> None:
        with pytest.raises(InvalidValueError, match="must not all be 0"):
            _ = Histogram.of([1, 2], weights=[0, 0]).mean
