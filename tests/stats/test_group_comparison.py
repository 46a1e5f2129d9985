import math
import warnings

import mpmath  # type: ignore[import-untyped]  # it has no stubs
import numpy as np
import pytest
from hypothesis import assume, given, strategies as st
from scipy import optimize, stats
from statsmodels.regression.linear_model import (  # type: ignore[import-untyped]  # it has no stubs
    WLS,
)
from statsmodels.stats.proportion import (  # type: ignore[import-untyped]  # it has no stubs
    confint_proportions_2indep,
    test_proportions_2indep as by_statsmodels,
)

from crmkit.errors import InvalidValueError
from crmkit.stats import (
    Histogram,
    compare_means,
    compare_net_scores,
    compare_shares,
    mean_difference,
)


SCORES = st.lists(st.integers(1, 7), min_size=2, max_size=30)
WEIGHTED = st.lists(st.tuples(st.integers(1, 7), st.floats(0.05, 20)), min_size=2, max_size=30)
COUNTS = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
SIDES = st.tuples(st.integers(0, 200), st.integers(0, 200), st.integers(1, 200))


def share(successes: int, n: int) -> Histogram:
    return Histogram.of_counts({1: successes, 0: n - successes})


def sides(plus: int, minus: int, neither: int) -> Histogram:
    return Histogram.of_counts({1: plus, -1: minus, 0: neither})


def robust(answers: list[tuple[int, float]]) -> tuple[float, float]:
    """A weighted mean and its squared error, as HC1 of statsmodels has them."""
    scores, weights = zip(*answers, strict=True)
    fitted = WLS(scores, np.ones(len(scores)), weights=weights).fit(cov_type="HC1")
    return fitted.params[0], fitted.bse[0] ** 2


def score_at(counts: tuple[int, int, int, int], apart: float) -> float:
    """The score statistic at a difference, with the top of the likelihood found by search."""
    x, n, y, m = counts

    def less_likely(share: float) -> float:
        sides = ((x, n, share + apart), (y, m, share))
        return -sum(k * math.log(p) + (of - k) * math.log1p(-p) for k, of, p in sides)

    bounds = (max(0.0, -apart) + 1e-12, min(1.0, 1.0 - apart) - 1e-12)
    top = optimize.minimize_scalar(
        less_likely, bounds=bounds, method="bounded", options={"xatol": 1e-12}
    ).x
    other = top + apart
    error = math.sqrt(other * (1 - other) / n + top * (1 - top) / m)
    return float((x / n - y / m - apart) / error)


class TestCompareMeans:
    @given(SCORES, SCORES)
    def test_is_that_of_scipy(self, first: list[int], second: list[int]) -> None:
        # Scipy warns of groups without spread.
        assume(len(set(first)) > 1 and len(set(second)) > 1)

        found = compare_means(first, second)

        expected = stats.ttest_ind(first, second, equal_var=False)
        interval = expected.confidence_interval(0.95)
        assert found.statistic == pytest.approx(expected.statistic, abs=1e-9)
        assert found.p_value == pytest.approx(expected.pvalue, abs=1e-9)
        assert found.difference.low == pytest.approx(interval.low, abs=1e-8)
        assert found.difference.high == pytest.approx(interval.high, abs=1e-8)
        assert (found.n_1, found.n_2) == (len(first), len(second))

    @given(SCORES, SCORES)
    def test_has_the_interval_of_mean_difference(self, first: list[int], second: list[int]) -> None:
        assume(len(set(first)) > 1 or len(set(second)) > 1)

        found = compare_means(first, second, confidence=0.9).difference

        expected = mean_difference(first, second, confidence=0.9).to_dict()
        assert found.to_dict() == pytest.approx(expected, abs=1e-9)

    @given(WEIGHTED, WEIGHTED)
    def test_has_the_errors_of_statsmodels_under_weights(
        self, first: list[tuple[int, float]], second: list[tuple[int, float]]
    ) -> None:
        assume(len({score for score, _ in first}) > 1)
        groups = [
            Histogram.of([s for s, _ in group], weights=[w for _, w in group])
            for group in (first, second)
        ]

        found = compare_means(*groups)

        (mean, error), (other, error_2) = robust(first), robust(second)
        expected = (mean - other) / math.sqrt(error + error_2)
        assert found.statistic == pytest.approx(expected, rel=1e-6, abs=1e-9)

    @given(SCORES, SCORES)
    def test_turned_round_has_the_other_sign(self, first: list[int], second: list[int]) -> None:
        assume(len(set(first)) > 1)

        found, turned = compare_means(first, second), compare_means(second, first)

        assert turned.difference.value == -found.difference.value
        assert turned.difference.high == pytest.approx(-found.difference.low, abs=1e-12)
        assert turned.p_value == pytest.approx(found.p_value, abs=1e-12)

    def test_counts_who_is_missing(self) -> None:
        found = compare_means([1, None, 2], [4, 5, None])

        assert (found.difference.n, found.difference.n_missing) == (4, 2)

    def test_refuses_groups_without_any_spread(self) -> None:
        with pytest.raises(InvalidValueError, match="nothing to judge a difference by"):
            compare_means([5, 5], [4, 4])

    def test_names_the_group_that_is_too_small(self) -> None:
        with pytest.raises(InvalidValueError, match=r"second is .*: it must hold at least two"):
            compare_means([5, 4], [4])


class TestCompareShares:
    @pytest.mark.parametrize(
        ("counts", "low", "high"),
        [
            ((56, 70, 48, 80), 0.0524, 0.3339),
            ((9, 10, 3, 10), 0.1705, 0.8090),
            ((10, 10, 0, 20), 0.6791, 1.0000),
        ],
    )
    def test_is_newcombes_published_example(
        self, counts: tuple[int, int, int, int], low: float, high: float
    ) -> None:
        """Newcombe (1998), table II, method 10, in four decimals."""
        found = compare_shares(share(*counts[:2]), share(*counts[2:]), interval="newcombe")

        assert found.difference.low == pytest.approx(low, abs=5e-5)
        assert found.difference.high == pytest.approx(high, abs=5e-5)

    @pytest.mark.parametrize(
        ("counts", "low", "high"),
        [((56, 70, 48, 80), 0.0533, 0.3377), ((9, 10, 3, 10), 0.1821, 0.8370)],
    )
    def test_is_mees_published_example(
        self, counts: tuple[int, int, int, int], low: float, high: float
    ) -> None:
        """Newcombe (1998), table II, method 5, in four decimals."""
        found = compare_shares(share(*counts[:2]), share(*counts[2:]))

        assert found.difference.low == pytest.approx(low, abs=5e-5)
        assert found.difference.high == pytest.approx(high, abs=5e-5)

    @given(COUNTS, COUNTS)
    def test_is_that_of_statsmodels(self, first: tuple[int, int], second: tuple[int, int]) -> None:
        assume(0 < first[0] + second[0] < first[1] + second[1])

        found = compare_shares(share(*first), share(*second))

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it divides by a share of 0
            expected = by_statsmodels(*first, *second, method="score", correction=False)
        assert found.statistic == pytest.approx(expected.statistic, abs=1e-9)
        assert found.p_value == pytest.approx(expected.pvalue, abs=1e-9)
        hybrid = compare_shares(share(*first), share(*second), interval="newcombe").difference
        ends = confint_proportions_2indep(*first, *second, method="newcomb")
        assert (hybrid.low, hybrid.high) == pytest.approx(ends, abs=1e-8)

    @pytest.mark.parametrize("counts", [(56, 70, 48, 80), (1, 30, 7, 12), (250, 600, 300, 590)])
    def test_ends_where_the_likeliest_shares_are_just_refused(
        self, counts: tuple[int, int, int, int]
    ) -> None:
        """Mee's definition: the likelihood is searched for its top, no cubic is solved."""
        found = compare_shares(share(*counts[:2]), share(*counts[2:])).difference

        bar = stats.norm.ppf(0.975)
        assert score_at(counts, found.low) == pytest.approx(bar, abs=1e-5)
        assert score_at(counts, found.high) == pytest.approx(-bar, abs=1e-5)

    @given(COUNTS, COUNTS, st.sampled_from([0.8, 0.95, 0.99]))
    def test_never_contradicts_its_interval(
        self, first: tuple[int, int], second: tuple[int, int], confidence: float
    ) -> None:
        found = compare_shares(share(*first), share(*second), confidence=confidence)

        told = found.difference
        assert -1 <= told.low <= told.value <= told.high <= 1
        if abs(found.p_value - (1 - confidence)) > 1e-6:
            assert found.is_significant == (not told.low <= 0 <= told.high)

    @given(COUNTS, COUNTS)
    def test_turned_round_has_the_other_sign(
        self, first: tuple[int, int], second: tuple[int, int]
    ) -> None:
        found = compare_shares(share(*first), share(*second)).difference
        turned = compare_shares(share(*second), share(*first)).difference

        assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low), abs=1e-8)

    def test_reaches_the_ends_where_the_shares_do(self) -> None:
        found = compare_shares(share(10, 10), share(0, 20)).difference

        assert (found.value, found.high) == (1, 1)
        # By hand: at a true difference d the likeliest shares are d and 0, so that
        # (1 - d)² = z² d (1 - d) / 10.
        z2 = stats.norm.ppf(0.975) ** 2
        assert found.low == pytest.approx(10 / (10 + z2), abs=1e-9)
        assert compare_shares(share(0, 20), share(10, 10)).difference.low == -1

    @given(st.lists(st.integers(0, 1), min_size=1, max_size=30), st.floats(0.1, 10), COUNTS)
    def test_with_equal_weights_is_unweighted(
        self, values: list[int], weight: float, other: tuple[int, int]
    ) -> None:
        even = Histogram.of(values, weights=[weight] * len(values))

        found, expected = (compare_shares(told, share(*other)) for told in (even, values))

        assert found.p_value == pytest.approx(expected.p_value, abs=1e-9)
        assert found.difference.low == pytest.approx(expected.difference.low, abs=1e-7)

    def test_weighs_by_effective_size(self) -> None:
        """Weights 1, 1, 1, 0 tell as much as three answers, two thirds of them yes."""
        heavy = Histogram.of([1, 0, 1, 1], weights=[1, 1, 1, 0])
        other = share(1, 4)

        found = compare_shares(heavy, other)

        expected = by_statsmodels(2, 3, 1, 4, method="score", correction=False)
        assert found.p_value == pytest.approx(expected.pvalue, abs=1e-9)
        assert (found.n_1, found.n_2) == (3, 4)

    def test_finds_no_difference_where_all_are_alike(self) -> None:
        found = compare_shares(share(7, 7), share(9, 9))

        assert (found.statistic, found.p_value, found.is_significant) == (0, 1, False)
        assert found.difference.low < 0 < found.difference.high

    def test_names_the_group_that_is_wrong(self) -> None:
        with pytest.raises(InvalidValueError, match=r"second is 3\.0: it must be 0 or 1"):
            compare_shares([0, 1], [0, 3])

    def test_refuses_another_interval(self) -> None:
        with pytest.raises(InvalidValueError, match="must be score or newcombe"):
            compare_shares([0, 1], [0, 1], interval="wald")  # type: ignore[arg-type]  # refused


class TestCompareNetScores:
    @given(SIDES, SIDES)
    def test_is_the_printed_formula(
        self, first: tuple[int, int, int], second: tuple[int, int, int]
    ) -> None:
        """Lewis and Sauro's formula in fifty digits, before it is cut at the ends of the scale."""
        found = compare_net_scores(sides(*first), sides(*second))

        with mpmath.workdps(50):
            parts = []
            for plus, minus, neither in (first, second):
                n = mpmath.mpf(plus + minus + neither + 3)
                p, d = (plus + mpmath.mpf("0.75")) / n, (minus + mpmath.mpf("0.75")) / n
                parts.append((p - d, (p + d - (p - d) ** 2) / n))
            apart, error = parts[0][0] - parts[1][0], mpmath.sqrt(parts[0][1] + parts[1][1])
            z = apart / error
            bar = mpmath.sqrt(2) * mpmath.erfinv(mpmath.mpf("0.95"))
            expected = [float(number) for number in (z, 2 * mpmath.ncdf(-abs(z)))]
            ends = [float(100 * (apart + side * bar * error)) for side in (-1, 1)]
        assert found.statistic == pytest.approx(expected[0], abs=1e-9)
        assert found.p_value == pytest.approx(expected[1], abs=1e-12)
        assert found.difference.low == pytest.approx(max(ends[0], -200), abs=1e-9)
        assert found.difference.high == pytest.approx(min(ends[1], 200), abs=1e-9)

    def test_tells_the_raw_scores(self) -> None:
        found = compare_net_scores(sides(60, 15, 25), sides(45, 25, 30))

        assert (found.first, found.second, found.difference.value) == (45, 20, 25)

    @given(st.lists(st.integers(-1, 1), min_size=1, max_size=30), st.floats(0.01, 100), SIDES)
    def test_with_equal_weights_is_unweighted(
        self, values: list[int], weight: float, other: tuple[int, int, int]
    ) -> None:
        even = Histogram.of(values, weights=[weight] * len(values))

        found, expected = (compare_net_scores(told, sides(*other)) for told in (even, values))

        assert found.p_value == pytest.approx(expected.p_value, abs=1e-9)

    def test_names_the_group_that_is_wrong(self) -> None:
        with pytest.raises(InvalidValueError, match=r"first is 10\.0: it must be -1, 0 or 1"):
            compare_net_scores([10], [0])


class TestExplain:
    def test_tells_the_verdict_in_both_languages(self) -> None:
        why = compare_net_scores(sides(60, 15, 25), sides(45, 25, 30)).explain()

        assert why.verdict is True
        assert why.find("p_value").against == 0.05
        assert str(why) == (
            "45 (n = 100) against 20 (n = 100): a difference of 25, between 3.043 and 45.5 "
            "with 95 % confidence; p = 0.02503 (adjusted Wald test); more than chance: yes"
        )
        assert "置信度95%下介于3.043与45.5之间；p=0.02503（" in why.sentence("zh")
        assert "（调整Wald检验）" in why.sentence("zh")
        assert why.sentence("zh").endswith("是否超出偶然：是")

    def test_keeps_every_digit_in_the_evidence(self) -> None:
        found = compare_net_scores(sides(90, 5, 5), sides(5, 5, 90))
        why = found.explain()

        assert "; p < 0.0001 (" in str(why)
        assert 0 < found.p_value < 1e-20
        assert why.find("p_value").value == found.p_value
        assert why.find("low").value == found.difference.low
        assert why.find("confidence").value == 0.95

    def test_says_so_where_chance_will_do(self) -> None:
        found = compare_net_scores(sides(5, 2, 3), sides(4, 2, 4))

        assert not found.is_significant
        assert found.explain().verdict is False
