import math
import warnings

import mpmath  # type: ignore[import-untyped]  # it has no stubs
import numpy as np
import pytest
from hypothesis import given, strategies as st
from statsmodels.regression.linear_model import (  # type: ignore[import-untyped]  # it has no stubs
    WLS,
)
from statsmodels.stats.proportion import (  # type: ignore[import-untyped]  # it has no stubs
    proportion_confint,
)

from crmkit.errors import AssumptionWarning, InvalidValueError
from crmkit.stats import (
    Histogram,
    adjusted_wald,
    design_effect,
    effective_n,
    mean_interval,
    weighted_mean,
    weighted_net_score,
    weighted_share,
    wilson,
)


ANSWERS = st.lists(st.tuples(st.integers(1, 7), st.floats(0.05, 20)), min_size=2, max_size=40)
SIDES = st.lists(st.tuples(st.integers(-1, 1), st.floats(0.05, 20)), min_size=1, max_size=40)


def by_statsmodels(scores: list[int], weights: list[float]) -> tuple[float, float]:
    """The ends of HC1's interval of a regression on nothing but a constant."""
    fitted = WLS(scores, np.ones(len(scores)), weights=weights).fit(cov_type="HC1", use_t=True)
    low, high = fitted.conf_int(0.05)[0]
    return low, high


class TestDesignEffect:
    def test_is_that_of_a_hand_calculation(self) -> None:
        # 1, 2, 3: n Σw² / (Σw)² = 3 · 14 / 36.
        assert design_effect([1, 2, 3]) == pytest.approx(7 / 6, rel=1e-15)
        assert effective_n([1, 2, 3]) == pytest.approx(18 / 7, rel=1e-15)

    @given(st.lists(st.floats(0.01, 100), min_size=1, max_size=50))
    def test_is_one_plus_the_squared_coefficient_of_variation(self, weights: list[float]) -> None:
        """Kish (1992), formula 2.3: 1 + cv²."""
        squared = (np.std(weights) / np.mean(weights)) ** 2

        assert design_effect(weights) == pytest.approx(1 + squared, rel=1e-9)
        assert effective_n(weights) * design_effect(weights) == pytest.approx(len(weights))

    @pytest.mark.parametrize("weights", [[], [0, 0]])
    def test_refuses_weights_that_leave_nobody(self, weights: list[float]) -> None:
        with pytest.raises(InvalidValueError, match="one above 0"):
            design_effect(weights)
        with pytest.raises(InvalidValueError, match="one above 0"):
            effective_n(weights)

    def test_refuses_a_negative_weight_with_its_row(self) -> None:
        with pytest.raises(InvalidValueError, match="as in row 1"):
            design_effect([1, -1])

    def test_does_not_ask_who_has_no_weight(self) -> None:
        assert design_effect([1, 1, 1, 3, 0, 0]) == design_effect([1, 1, 1, 3])


class TestWeightedMean:
    @pytest.mark.parametrize(
        ("values", "weights", "says"),
        [
            ([5, 4, 5, 4, 5] + [4] * 35, [1.0] * 5 + [1e-9] * 35, "40 values weigh as 5 would"),
            ([5, 4, 4, 4, 4], [1.0] + [1e-6] * 4, "5 values weigh as 1 would"),
        ],
    )
    def test_warns_where_few_of_many_weigh_anything(
        self, values: list[int], weights: list[float], says: str
    ) -> None:
        """Kish: 5²/5 = 5 of the forty, and 1 of the five."""
        with pytest.warns(AssumptionWarning, match=says) as caught:
            weighted_mean(values, weights=weights)

        assert caught[0].filename == __file__

    @given(ANSWERS.filter(lambda answers: len({score for score, _ in answers}) > 1))
    def test_warns_below_an_effective_size_of_ten_and_of_half(
        self, answers: list[tuple[int, float]]
    ) -> None:
        weights = [weight for _, weight in answers]
        size = sum(weights) ** 2 / sum(weight**2 for weight in weights)

        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            weighted_mean([score for score, _ in answers], weights=weights)

        assert bool(told) == (size < 10 and size < len(weights) / 2)

    def test_warns_of_values_that_differ_by_rounding_alone(self) -> None:
        tenths = [0.3 - 0.2, 0.2 - 0.1, 0.7 - 0.6, 0.1]

        with pytest.warns(AssumptionWarning, match=r"all 4 values are 0\.1: .* no width"):
            told = weighted_mean(tenths)

        assert told.low == told.high

    @pytest.mark.filterwarnings("ignore::crmkit.errors.AssumptionWarning")
    @given(ANSWERS)
    def test_has_the_robust_interval_of_statsmodels(self, answers: list[tuple[int, float]]) -> None:
        scores, weights = [score for score, _ in answers], [weight for _, weight in answers]

        mean = weighted_mean(scores, weights=weights)

        low, high = by_statsmodels(scores, weights)
        assert (mean.low, mean.high) == pytest.approx((low, high), abs=1e-9)
        assert mean.n == len(scores)

    @pytest.mark.filterwarnings("ignore::crmkit.errors.AssumptionWarning")
    @given(st.lists(st.integers(1, 7), min_size=2, max_size=40), st.floats(1e-90, 1e90))
    def test_with_equal_weights_is_students(self, scores: list[int], weight: float) -> None:
        found = weighted_mean(scores, weights=[weight] * len(scores), confidence=0.9)

        expected = mean_interval(scores, confidence=0.9)
        assert found.method == expected.method
        assert found.value == pytest.approx(expected.value, rel=1e-12)
        assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-9)

    @pytest.mark.filterwarnings("ignore::crmkit.errors.AssumptionWarning")
    @given(ANSWERS, st.floats(0.01, 100))
    def test_does_not_mind_the_scale_of_weights(
        self, answers: list[tuple[int, float]], factor: float
    ) -> None:
        scores, weights = [score for score, _ in answers], [weight for _, weight in answers]

        found = weighted_mean(scores, weights=[weight * factor for weight in weights])

        assert found.low == pytest.approx(weighted_mean(scores, weights=weights).low, abs=1e-9)

    @pytest.mark.filterwarnings("ignore::crmkit.errors.AssumptionWarning")
    @given(ANSWERS, st.integers(0, 40))
    def test_of_merged_blocks_is_that_of_the_whole(
        self, answers: list[tuple[int, float]], cut: int
    ) -> None:
        parts = [
            Histogram.of([s for s, _ in part], weights=[w for _, w in part])
            for part in (answers[:cut], answers[cut:])
        ]

        merged = weighted_mean(parts[0] + parts[1])

        whole = weighted_mean([s for s, _ in answers], weights=[w for _, w in answers])
        assert (merged.low, merged.high) == pytest.approx((whole.low, whole.high), abs=1e-9)
        assert merged.n == whole.n

    def test_counts_who_is_missing(self) -> None:
        mean = weighted_mean([1, None, 3, 4], weights=[1, 1, 2, 1])

        assert (mean.n, mean.n_missing, mean.method) == (3, 1, "linearised")

    @pytest.mark.filterwarnings("ignore::crmkit.errors.AssumptionWarning")
    def test_of_one_score_alone_is_that_score(self) -> None:
        mean = weighted_mean([0.1] * 3, weights=[1, 2, 3])

        assert mean.low == mean.high == pytest.approx(0.1)

    @pytest.mark.parametrize("scores", [[5], [5, None]])
    def test_refuses_a_single_answer(self, scores: list[float | None]) -> None:
        with pytest.raises(InvalidValueError, match="one value tells no spread"):
            weighted_mean(scores)

    def test_counts_nobody_who_has_no_weight(self) -> None:
        alone = weighted_mean([5, 4, 5, 4, 5])
        among = weighted_mean([5, 4, 5, 4, 5, *[1] * 35], weights=[1] * 5 + [0] * 35)

        assert (among.low, among.high) == pytest.approx((alone.low, alone.high))
        assert (among.n, among.n_missing, among.method) == (5, 35, "student-t")

    def test_refuses_weights_that_leave_a_single_answer(self) -> None:
        with pytest.raises(InvalidValueError, match="must weigh two values at least"):
            weighted_mean([5, 4], weights=[1, 0])

    def test_refuses_weights_beside_a_histogram(self) -> None:
        with pytest.raises(InvalidValueError, match=r"give them to Histogram\.of"):
            weighted_mean(Histogram.of([1, 2]), weights=[1, 2])


class TestWeightedShare:
    @given(st.lists(st.tuples(st.integers(0, 1), st.floats(0.05, 20)), min_size=1, max_size=40))
    def test_is_statsmodels_wilson_of_so_many_effective_answers(
        self, answers: list[tuple[int, float]]
    ) -> None:
        values, weights = [value for value, _ in answers], [weight for _, weight in answers]

        share = weighted_share(values, weights=weights)

        size = effective_n(weights)
        low, high = proportion_confint(share.value * size, size, method="wilson")
        assert share.value == pytest.approx(np.average(values, weights=weights), abs=1e-12)
        assert (share.low, share.high) == pytest.approx((max(low, 0), min(high, 1)), abs=1e-9)

    @given(st.lists(st.integers(0, 1), min_size=1, max_size=40))
    def test_without_weights_is_wilsons(self, values: list[int]) -> None:
        share, expected = weighted_share(values), wilson(sum(values), len(values))

        assert share.to_dict() == pytest.approx(expected.to_dict())

    def test_refuses_what_is_no_yes_or_no(self) -> None:
        with pytest.raises(InvalidValueError, match=r"values is 2\.0: it must be 0 or 1"):
            weighted_share([0, 2])


class TestWeightedNetScore:
    @given(SIDES)
    def test_has_the_printed_interval(self, answers: list[tuple[int, float]]) -> None:
        """Rocks (2016), in fifty digits, with Kish's size in the place of n."""
        sides, weights = [side for side, _ in answers], [weight for _, weight in answers]

        score = weighted_net_score(sides, weights=weights)

        with mpmath.workdps(50):
            heavy = [mpmath.mpf(weight) for weight in weights]
            n = sum(heavy) ** 2 / sum(weight**2 for weight in heavy)
            p, d = (
                sum(w for w, s in zip(heavy, sides, strict=True) if s == side) / sum(heavy)
                for side in (1, -1)
            )
            plus, minus = ((n * part + mpmath.mpf(3) / 4) / (n + 3) for part in (p, d))
            z = mpmath.sqrt(2) * mpmath.erfinv(mpmath.mpf("0.95"))
            reach = z * mpmath.sqrt((plus + minus - (plus - minus) ** 2) / (n + 3))
            ends = [float(100 * (plus - minus + side * reach)) for side in (-1, 1)]
        assert score.value == pytest.approx(float(100 * (p - d)), abs=1e-9)
        assert score.low == pytest.approx(max(ends[0], -100), abs=1e-9)
        assert score.high == pytest.approx(min(ends[1], 100), abs=1e-9)

    @given(st.integers(0, 30), st.integers(0, 30), st.integers(1, 30))
    def test_without_weights_is_adjusted_wald(self, plus: int, minus: int, neither: int) -> None:
        told = Histogram.of_counts({1: plus, 0: neither, -1: minus}, n_missing=2)

        expected = adjusted_wald(plus, minus, told.n, n_missing=2)
        assert weighted_net_score(told).to_dict() == pytest.approx(expected.to_dict())

    def test_refuses_what_is_no_side(self) -> None:
        with pytest.raises(InvalidValueError, match="must be -1, 0 or 1"):
            weighted_net_score([0, 10])

    def test_covers_as_the_settled_example_says(self) -> None:
        """Exact coverage of a nominal 95 % at shares .85 and .02 and n = 20: .952."""
        n, p, d = 20, 0.85, 0.02
        covered = 0.0
        for plus in range(n + 1):
            for minus in range(n + 1 - plus):
                told = Histogram.of_counts({1: plus, -1: minus, 0: n - plus - minus})
                score = weighted_net_score(told)
                ways = math.comb(n, plus) * math.comb(n - plus, minus)
                chance = ways * p**plus * d**minus * (1 - p - d) ** (n - plus - minus)
                covered += chance * (score.low <= 100 * (p - d) <= score.high)

        assert round(covered, 3) == 0.952
