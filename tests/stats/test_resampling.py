import math
import warnings
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given, strategies as st
from numpy.typing import NDArray
from scipy import stats

from crmkit.errors import AssumptionWarning, InvalidValueError
from crmkit.kernel.frames import Values
from crmkit.stats import Histogram, bootstrap, weighted_mean
from crmkit.stats.histogram import Scores


Floats = NDArray[np.float64]

# Efron and Tibshirani (1993), table 14.1: test A of 26 children.
SPATIAL = [48, 36, 20, 29, 42, 42, 20, 42, 22, 41, 45, 14, 6]
SPATIAL += [0, 33, 28, 34, 4, 32, 24, 47, 41, 24, 26, 30, 41]


def variance(scores: Floats, sums: Floats) -> Floats:
    """The plug-in variance of every draw."""
    n = sums.sum(axis=1)
    mean: Floats = (sums @ scores) / n
    spread: Floats = (sums @ scores**2) / n - mean**2
    return spread


def top_box(scores: Floats, sums: Floats) -> Floats:
    share: Floats = sums[:, scores >= 9].sum(axis=1) / sums.sum(axis=1)
    return share


class TestBootstrap:
    @pytest.mark.parametrize(
        ("method", "low", "high"), [("percentile", 100.8, 233.9), ("bca", 115.8, 259.6)]
    )
    def test_is_the_published_example(self, method: str, low: float, high: float) -> None:
        """Efron and Tibshirani (1993), table 14.2, of 2,000 draws: chance moves ends by 3 or so."""
        found = bootstrap(
            SPATIAL,
            statistic=variance,
            method=method,  # type: ignore[arg-type]  # one of the two
            draws=40_000,
            confidence=0.9,
            rng=1,
        )

        assert found.value == pytest.approx(171.5, abs=0.05)
        assert found.low == pytest.approx(low, abs=3.5)
        assert found.high == pytest.approx(high, abs=5)

    @pytest.mark.parametrize("method", ["percentile", "bca"])
    def test_is_that_of_scipy_but_for_chance(self, method: str) -> None:
        answers = [10] * 30 + [9] * 20 + [7] * 25 + [3] * 15 + [0] * 10
        rng = np.random.default_rng(3)

        drawn = stats.bootstrap((answers,), np.mean, n_resamples=20_000, rng=rng, method=method)  # type: ignore[call-overload]  # one of the two

        expected = drawn.confidence_interval

        found = bootstrap(answers, draws=20_000, method=method, rng=4)  # type: ignore[arg-type]  # one of the two
        # An end is the mean of a hundred answers, known to a few hundredths.
        assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=0.04)

    def test_has_the_quantiles_of_the_binomial_for_a_share(self) -> None:
        told = Histogram.of_counts({10: 60, 5: 140})

        found = bootstrap(told, statistic=top_box, method="percentile", draws=40_000, rng=5)

        expected = stats.binom(200, 0.3).ppf([0.025, 0.975]) / 200
        assert (found.low, found.high) == pytest.approx(tuple(expected), abs=0.0051)

    def test_has_the_linearised_interval_under_weights(self) -> None:
        rng = np.random.default_rng(6)
        scores, weights = rng.integers(0, 11, 400), rng.uniform(0.5, 3, 400)

        found = bootstrap(scores, weights=weights, rng=7, draws=20_000)

        expected = weighted_mean(scores, weights=weights)
        assert found.value == pytest.approx(expected.value, rel=1e-12)
        assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=0.02)

    def test_draws_from_the_generator_that_it_is_given(self) -> None:
        by_seed = bootstrap([5, 4, 4, 1], rng=7, draws=100)

        assert bootstrap([5, 4, 4, 1], rng=np.random.default_rng(7), draws=100) == by_seed

    @given(st.lists(st.integers(0, 10), min_size=2, max_size=40), st.integers(0, 99))
    def test_is_the_same_of_answers_in_any_order(self, answers: list[int], seed: int) -> None:
        if len(set(answers)) < 2:
            return

        found = bootstrap(answers, rng=seed, draws=100)

        assert found == bootstrap(sorted(answers), rng=seed, draws=100)
        assert found.to_dict() == bootstrap(Histogram.of(answers), rng=seed, draws=100).to_dict()

    @given(st.lists(st.integers(0, 10), min_size=2, max_size=40), st.floats(1e-9, 1e9))
    def test_with_equal_weights_is_unweighted(self, answers: list[int], weight: float) -> None:
        if len(set(answers)) < 2:
            return
        even = [weight] * len(answers)

        found = bootstrap(answers, weights=even, rng=1, draws=100, method="percentile")

        expected = bootstrap(answers, rng=1, draws=100, method="percentile")
        assert (found.low, found.high) == pytest.approx((expected.low, expected.high), rel=1e-12)

    def test_draws_in_blocks_of_bounded_memory(self) -> None:
        scores = np.random.default_rng(8).normal(size=30_000)

        found = bootstrap(scores, draws=100, method="percentile", rng=9)

        assert found.high - found.low == pytest.approx(2 * 1.96 / math.sqrt(30_000), rel=0.4)

    def test_counts_who_is_missing(self) -> None:
        found = bootstrap([1, None, 2, 3], rng=1)

        assert (found.n, found.n_missing, found.method) == (3, 1, "bootstrap bca")

    def test_stays_where_no_single_answer_moves_the_value(self) -> None:
        """The range of answers that each stand twice: a jackknife of it is all alike."""

        def reach(scores: Floats, sums: Floats) -> Floats:
            there = np.where(sums > 0, scores, np.nan)
            found: Floats = np.nanmax(there, axis=1) - np.nanmin(there, axis=1)
            return found

        found = bootstrap([1, 1, 5, 5], statistic=reach, rng=2, draws=400)

        assert (found.value, found.low, found.high) == (4, 0, 4)

    @pytest.mark.parametrize("values", [[], [5], [5, 5, 5], [5, None]])
    def test_refuses_answers_that_are_all_alike(self, values: Values) -> None:
        with pytest.raises(InvalidValueError, match="two different answers"):
            bootstrap(values)

    def test_refuses_weights_that_leave_one_answer(self) -> None:
        with pytest.raises(InvalidValueError, match="two different answers"):
            bootstrap([1, 5, 3], weights=[0, 1, 0])

    def test_refuses_a_statistic_that_a_draw_does_not_have(self) -> None:
        def mean_of_fives_and_ones(scores: Floats, sums: Floats) -> Floats:
            asked = sums * np.isin(scores, (1, 5))
            with np.errstate(invalid="ignore"):
                told: Floats = (asked @ scores) / asked.sum(axis=1)
            return told

        with pytest.raises(InvalidValueError, match="a finite number in every draw"):
            bootstrap([1, 5, 3, 3, 3], statistic=mean_of_fives_and_ones, rng=3)

    def test_draws_nobody_who_has_no_weight(self) -> None:
        answers, weights = [1, 5, 3, 2] * 5, [1, 2, 1, 3] * 5

        alone = bootstrap(answers, weights=weights, rng=3)
        among = bootstrap([*answers, *[4] * 30], weights=[*weights, *[0] * 30], rng=3)

        assert (among.value, among.low, among.high) == (alone.value, alone.low, alone.high)
        assert (among.n, among.n_missing) == (20, 30)

    @pytest.mark.parametrize("method", ["percentile", "bca"])
    @pytest.mark.parametrize("weights", [None, [1.0, 2.0] * 25])
    def test_refuses_draws_that_are_all_alike(
        self, method: Literal["percentile", "bca"], weights: list[float] | None
    ) -> None:
        def top_two(scores: Floats, sums: Floats) -> Floats:
            share: Floats = sums[:, scores >= 4].sum(axis=1) / sums.sum(axis=1)
            return share

        with pytest.raises(InvalidValueError, match=r"statistic is 1\.0: it must differ between"):
            bootstrap([5] * 30 + [4] * 20, statistic=top_two, weights=weights, method=method, rng=1)

    @pytest.mark.parametrize(
        ("values", "weights"),
        [(Histogram.of([1, 2], weights=[1, 2]), None), (Histogram.of([1, 2]), [1, 2])],
    )
    def test_refuses_weights_in_a_histogram(self, values: Scores, weights: Values | None) -> None:
        with pytest.raises(InvalidValueError, match="must come with the values"):
            bootstrap(values, weights=weights)

    def test_refuses_weights_that_are_too_few(self) -> None:
        with pytest.raises(InvalidValueError, match="as many as the values, 2"):
            bootstrap([1, 2], weights=[1])

    def test_refuses_what_is_infinite_with_its_row(self) -> None:
        for weights in (None, [1, 1]):
            with pytest.raises(InvalidValueError, match="must be finite, as in row 1"):
                bootstrap([1, math.inf], weights=weights)

    def test_refuses_too_few_draws(self) -> None:
        for draws in (99, 200.5, "a"):
            with pytest.raises(InvalidValueError, match="must be a whole number of at least 100"):
                bootstrap([1, 2], draws=draws)  # type: ignore[arg-type]  # refused

    @pytest.mark.parametrize("rng", ["x", -1, True, 1.5])
    def test_refuses_what_is_no_seed(self, rng: Any) -> None:
        with pytest.raises(InvalidValueError, match=r"must be a generator.*; write rng=7"):
            bootstrap([1, 2], rng=rng)

    @pytest.mark.parametrize("method", ["percentile", "bca"])
    def test_warns_where_nearly_all_draws_tell_the_same(
        self, method: Literal["percentile", "bca"]
    ) -> None:
        """More than half of 50 must be 4: of a binomial with a share of .34 that is .006."""

        def median(scores: Floats, sums: Floats) -> Floats:
            half = sums.cumsum(axis=1) >= sums.sum(axis=1, keepdims=True) / 2
            found: Floats = scores[half.argmax(axis=1)]
            return found

        with pytest.warns(AssumptionWarning, match="the interval has no width") as caught:
            told = bootstrap([5] * 33 + [4] * 17, statistic=median, method=method, rng=1)

        assert (told.value, told.low, told.high) == (5, 5, 5)
        assert caught[0].filename == __file__

    def test_refuses_another_method(self) -> None:
        with pytest.raises(InvalidValueError, match="must be percentile or bca"):
            bootstrap([1, 2], method="basic")  # type: ignore[arg-type]  # refused

    def test_takes_a_statistic_that_is_true_or_false_for_a_share(self) -> None:
        def most(scores: Floats, sums: Floats) -> Any:
            return sums[:, scores == 5].sum(axis=1) > sums[:, scores == 4].sum(axis=1)

        found = bootstrap([5] * 6 + [4] * 5, statistic=most, method="percentile", rng=1)

        assert (found.value, found.low, found.high) == (1, 0, 1)

    @pytest.mark.parametrize(
        ("statistic", "says"),
        [
            (lambda scores, sums: 3.0, r"of shape \(\): it must return one number a draw"),
            (lambda scores, sums: sums, r"of shape \(1, 2\): .*; for 1 draws an array of shape"),
            (lambda scores, sums: "much", "ValueError.*: it must return one number a draw"),
            (lambda scores, sums: 1 / 0, "ZeroDivisionError"),
        ],
    )
    def test_refuses_a_statistic_that_gives_no_number_a_draw(
        self, statistic: Any, says: str
    ) -> None:
        with pytest.raises(InvalidValueError, match=f"statistic is .*{says}"):
            bootstrap([1, 2], statistic=statistic)

    def test_refuses_a_confidence_that_is_no_share(self) -> None:
        with pytest.raises(InvalidValueError, match=r"write 0\.95"):
            bootstrap([1, 2], confidence=95)

    def test_warns_of_nothing(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            bootstrap([1, 2, 3], rng=1)
