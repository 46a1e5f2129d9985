import math

import mpmath  # type: ignore[import-untyped]  # it has no stubs
import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy import stats
from statsmodels.stats.proportion import (  # type: ignore[import-untyped]  # it has no stubs
    proportion_confint,
)

from crmkit.errors import InvalidValueError
from crmkit.stats import adjusted_wald, mean_difference, mean_interval, wilson


def fifty_digits(positive: int, negative: int, n: int) -> tuple[float, float]:
    """Rocks' formula as it is printed, in 50 digits, not cut at the ends of the scale."""
    with mpmath.workdps(50):
        z = mpmath.sqrt(2) * mpmath.erfinv(mpmath.mpf("0.95"))
        size = mpmath.mpf(n) + 3
        plus, minus = (positive + mpmath.mpf("0.75")) / size, (negative + mpmath.mpf("0.75")) / size
        reach = z * mpmath.sqrt((plus + minus - (plus - minus) ** 2) / size)
        return float(100 * (plus - minus - reach)), float(100 * (plus - minus + reach))


class TestWilson:
    @given(st.integers(1, 5_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
    def test_agrees_with_statsmodels(self, counts: tuple[int, int]) -> None:
        successes, n = counts

        share = wilson(successes, n, confidence=0.9)

        low, high = proportion_confint(successes, n, alpha=0.1, method="wilson")
        assert share.value == successes / n
        assert share.low == pytest.approx(max(low, 0), abs=1e-12)
        assert share.high == pytest.approx(min(high, 1), abs=1e-12)

    def test_ends_exactly_at_none_and_at_all(self) -> None:
        assert wilson(0, 7).low == 0
        assert wilson(7, 7).high == 1

    def test_tells_its_sample_and_method(self) -> None:
        share = wilson(3, 4, n_missing=2)

        assert (share.n, share.n_missing, share.method) == (4, 2, "wilson")

    def test_takes_whole_numbers_of_numpy(self) -> None:
        assert wilson(int(np.int64(3)), 4) == wilson(np.int64(3), 4)  # type: ignore[arg-type]  # a count of numpy's

    @pytest.mark.parametrize(("successes", "n"), [(-1, 4), (5, 4), (1.5, 4), (0, 0), (True, 4)])
    def test_refuses_what_is_no_count(self, successes: int, n: int) -> None:
        with pytest.raises(InvalidValueError, match="whole number"):
            wilson(successes, n)

    @pytest.mark.parametrize("confidence", [0, 1, 95, math.nan, "a"])
    def test_refuses_a_confidence_that_is_no_share(self, confidence: float) -> None:
        with pytest.raises(InvalidValueError, match=r"write 0\.95"):
            wilson(1, 2, confidence=confidence)


class TestAdjustedWald:
    @given(
        st.integers(1, 10_000).flatmap(
            lambda n: st.tuples(st.just(n), st.integers(0, n), st.floats(0, 1))
        )
    )
    def test_is_the_printed_formula(self, case: tuple[int, int, float]) -> None:
        n, positive, part = case
        negative = int(part * (n - positive))

        score = adjusted_wald(positive, negative, n)

        low, high = fifty_digits(positive, negative, n)
        assert score.value == pytest.approx(100 * (positive - negative) / n, abs=1e-12)
        assert score.low == pytest.approx(max(low, -100), abs=1e-10)
        assert score.high == pytest.approx(min(high, 100), abs=1e-10)

    def test_covers_what_it_promises_where_plain_wald_does_not(self) -> None:
        # Promoters .85, detractors .02, 20 answers, every outcome with its probability: exact.
        # The true score, 83, lies in .952 of adjusted and .836 of plain intervals of 95 %.
        n, up, down = 20, 0.85, 0.02
        covered = {"adjusted": 0.0, "plain": 0.0}

        for promoters in range(n + 1):
            for detractors in range(n + 1 - promoters):
                outcome = (promoters, detractors, n - promoters - detractors)
                chance = float(stats.multinomial.pmf(outcome, n, (up, down, 1 - up - down)))
                score = adjusted_wald(promoters, detractors, n)
                p, d = promoters / n, detractors / n
                reach = 196 * math.sqrt((p + d - (p - d) ** 2) / n)
                covered["adjusted"] += chance * (score.low <= 83 <= score.high)
                covered["plain"] += chance * (abs(score.value - 83) <= reach)

        assert covered["adjusted"] == pytest.approx(0.952, abs=5e-4)
        assert covered["plain"] == pytest.approx(0.836, abs=5e-4)

    def test_is_cut_at_the_ends_of_the_scale(self) -> None:
        assert adjusted_wald(2, 0, 2).high == 100
        assert adjusted_wald(0, 2, 2).low == -100

    def test_takes_sums_of_weights_with_the_answers_they_stand_for(self) -> None:
        score = adjusted_wald(0.5, 0.25, 1.0, n=100, effective_n=80)

        low, high = fifty_digits(40, 20, 80)
        assert [score.low, score.high] == pytest.approx([low, high], abs=1e-10)
        assert (score.value, score.n) == (25, 100)

    @pytest.mark.parametrize("total", [0, -1, math.nan, math.inf])
    def test_refuses_nobody(self, total: float) -> None:
        with pytest.raises(InvalidValueError, match="somebody must have answered"):
            adjusted_wald(0, 0, total)

    @pytest.mark.parametrize(("positive", "negative"), [(-1, 0), (0, -1), (5, 0), (0, 5), (3, 2)])
    def test_refuses_parts_that_are_no_parts(self, positive: float, negative: float) -> None:
        with pytest.raises(InvalidValueError, match="total"):
            adjusted_wald(positive, negative, 4)

    def test_asks_for_the_number_of_answers_behind_weights(self) -> None:
        with pytest.raises(InvalidValueError, match=r"n is 2\.5"):
            adjusted_wald(1, 0, 2.5)


class TestMeanInterval:
    @pytest.mark.filterwarnings("ignore::crmkit.errors.AssumptionWarning")
    @given(st.lists(st.integers(1, 5), min_size=2, max_size=200), st.floats(0.5, 0.999))
    def test_agrees_with_scipy(self, values: list[int], confidence: float) -> None:
        mean = mean_interval(values, confidence=confidence)

        spread = stats.sem(values)
        reach = spread * stats.t.ppf(0.5 + confidence / 2, len(values) - 1)
        assert mean.value == pytest.approx(np.mean(values), abs=1e-12)
        assert mean.high - mean.value == pytest.approx(reach, abs=1e-9)
        assert mean.value - mean.low == pytest.approx(reach, abs=1e-9)

    def test_is_the_table_of_student(self) -> None:
        # t for 95 % and 4 degrees of freedom is 2.776 in every printed table; s = √2.5, n = 5.
        mean = mean_interval([1, 2, 3, 4, 5])

        assert mean.high == pytest.approx(3 + 2.776 * math.sqrt(2.5 / 5), abs=1e-3)

    def test_counts_missing_answers(self) -> None:
        mean = mean_interval([4, None, 5, math.nan])

        assert (mean.value, mean.n, mean.n_missing, mean.method) == (4.5, 2, 2, "student-t")

    @pytest.mark.parametrize("values", [[], [4], [4, None]])
    def test_refuses_fewer_than_two(self, values: list[float | None]) -> None:
        with pytest.raises(InvalidValueError, match="at least two"):
            mean_interval(values)

    def test_refuses_infinity_with_its_row(self) -> None:
        with pytest.raises(InvalidValueError, match="must be finite, as in row 1"):
            mean_interval([1, math.inf, 2])


class TestMeanDifference:
    @given(
        st.lists(st.integers(1, 5), max_size=50).map(lambda group: [2, 3, *group]),
        st.lists(st.integers(1, 5), min_size=1, max_size=50).map(lambda group: [1, 5, *group]),
    )
    def test_agrees_with_scipy(self, first: list[int], second: list[int]) -> None:
        difference = mean_difference(first, second, confidence=0.9)

        expected = stats.ttest_ind(first, second, equal_var=False).confidence_interval(0.9)
        assert difference.low == pytest.approx(expected.low, abs=1e-9)
        assert difference.high == pytest.approx(expected.high, abs=1e-9)

    def test_changes_sign_with_the_groups(self) -> None:
        one, other = mean_difference([1, 2], [4, 5, 5]), mean_difference([4, 5, 5], [1, 2])

        assert (one.value, one.low, one.high) == (-other.value, -other.high, -other.low)

    @pytest.mark.filterwarnings("ignore::crmkit.errors.AssumptionWarning")
    def test_is_certain_where_nobody_differs(self) -> None:
        difference = mean_difference([3, 3], [4, 4, 4])

        assert (difference.low, difference.value, difference.high) == (-1, -1, -1)

    def test_counts_both_groups(self) -> None:
        difference = mean_difference([1, 2, None], [4, 5, None, None])

        assert (difference.n, difference.n_missing) == (4, 3)

    def test_names_the_group_that_is_too_small(self) -> None:
        with pytest.raises(InvalidValueError, match="second is"):
            mean_difference([1, 2], [4])
