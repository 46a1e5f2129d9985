import math

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st
from scipy import stats
from statsmodels.regression.linear_model import (  # type: ignore[import-untyped]  # it has no stubs
    WLS,
)
from statsmodels.stats.contingency_tables import (  # type: ignore[import-untyped]  # it has no stubs
    mcnemar,
)

from crmkit.errors import InvalidValueError
from crmkit.kernel.frames import Values
from crmkit.stats import compare_means, compare_paired_means, compare_paired_shares


PAIRS = st.lists(st.tuples(st.integers(1, 7), st.integers(1, 7)), min_size=2, max_size=30)
TABLES = st.tuples(st.integers(0, 90), st.integers(0, 90), st.integers(0, 90), st.integers(0, 90))


def columns(pairs: list[tuple[int, int]]) -> tuple[list[int], list[int]]:
    return [one for one, _ in pairs], [two for _, two in pairs]


def answers(both: int, first: int, second: int, neither: int) -> tuple[list[int], list[int]]:
    pairs = [(1, 1)] * both + [(1, 0)] * first + [(0, 1)] * second + [(0, 0)] * neither
    return columns(pairs)


def quartic(n: int, b: int, c: int) -> tuple[float, float]:
    """Tango's ends as roots of the polynomial of Yang, Sun and Hardin, Statistics in Medicine 2012.

    It was got by squaring; its further roots lie on the wrong side of the difference.
    """
    g = stats.norm.ppf(0.975) ** 2
    roots = np.roots(
        [
            n**2 * (n / g + 1) ** 2,
            -n * (b - c) * (n / g + 1) * (4 * n / g + 1),
            2 * n * (b - c) ** 2 * (3 * n / g + 2) / g - n**2 * ((b + c) / g + 1),
            n * (b - c) * (2 * (b + c) / g + 1) - (b - c) ** 3 * (4 * n / g + 1) / g,
            (b - c) ** 2 * ((b - c) ** 2 / g - (b + c)) / g,
        ]
    )
    # Where all changed alike an end is a double root, which rounding tears into a complex pair.
    real = sorted(root.real for root in roots if abs(root.imag) < 1e-5)
    return real[0], real[-1]


class TestComparePairedMeans:
    @pytest.mark.parametrize("shift", [0, 1, 1000])
    def test_refuses_pairs_that_differ_by_rounding_alone(self, shift: float) -> None:
        """Each is a tenth more; 0.3 - 0.2 is not 0.1 in floats."""
        second = [shift + tenths / 10 for tenths in range(1, 9)]
        first = [shift + (tenths + 1) / 10 for tenths in range(1, 9)]
        assert len({one - two for one, two in zip(first, second, strict=True)}) > 1

        with pytest.raises(InvalidValueError, match=r"first - second is .* it must spread"):
            compare_paired_means(first, second)

    @given(PAIRS)
    def test_is_that_of_scipy(self, pairs: list[tuple[int, int]]) -> None:
        assume(len({one - two for one, two in pairs}) > 1)
        first, second = columns(pairs)

        found = compare_paired_means(first, second)

        expected = stats.ttest_rel(first, second)
        interval = expected.confidence_interval(0.95)
        assert found.statistic == pytest.approx(expected.statistic, abs=1e-9)
        assert found.p_value == pytest.approx(expected.pvalue, abs=1e-9)
        told = found.difference
        assert (told.low, told.high) == pytest.approx((interval.low, interval.high), abs=1e-9)

    @given(PAIRS, st.data())
    def test_has_the_robust_interval_of_statsmodels_under_weights(
        self, pairs: list[tuple[int, int]], data: st.DataObject
    ) -> None:
        assume(len({one - two for one, two in pairs}) > 1)
        some = st.lists(st.floats(0.05, 20), min_size=len(pairs), max_size=len(pairs))
        weights = data.draw(some)
        first, second = columns(pairs)

        found = compare_paired_means(first, second, weights=weights)

        apart = np.subtract(first, second)
        fitted = WLS(apart, np.ones(len(apart)), weights=weights).fit(cov_type="HC1", use_t=True)
        low, high = fitted.conf_int(0.05)[0]
        assert (found.difference.low, found.difference.high) == pytest.approx((low, high), abs=1e-8)
        assert found.p_value == pytest.approx(fitted.pvalues[0], abs=1e-9)

    def test_finds_what_two_groups_would_hide(self) -> None:
        """Each is one point happier; between people scores differ by far more."""
        before, after = [1, 3, 5, 7, 2, 4], [2, 4, 6, 8, 3, 4]

        assert compare_paired_means(after, before).is_significant
        assert not compare_means(after, before).is_significant

    def test_leaves_out_who_answered_once_and_counts_him(self) -> None:
        found = compare_paired_means([5, 4, None, 3, math.nan], [3, 4, 4, None, math.nan])

        assert (found.n_1, found.n_2) == (2, 2)
        assert (found.difference.n, found.difference.n_missing) == (2, 3)
        assert (found.first, found.second) == (4.5, 3.5)

    def test_refuses_pairs_that_are_no_pairs(self) -> None:
        with pytest.raises(InvalidValueError, match="as many as the first, 2; give each person"):
            compare_paired_means([1, 2], [1])

    @pytest.mark.parametrize(("first", "second"), [([], []), ([1, None], [None, 1])])
    def test_refuses_when_nobody_answered_both(self, first: Values, second: Values) -> None:
        with pytest.raises(InvalidValueError, match="somebody who answered both"):
            compare_paired_means(first, second)

    def test_refuses_differences_that_are_all_the_same(self) -> None:
        with pytest.raises(InvalidValueError, match="nothing to judge a difference by"):
            compare_paired_means([2, 3, 4], [1, 2, 3])

    def test_names_the_answer_that_is_infinite(self) -> None:
        with pytest.raises(InvalidValueError, match="second is inf"):
            compare_paired_means([2, 3], [1, math.inf])


class TestComparePairedShares:
    @given(TABLES)
    def test_is_mcnemars_of_statsmodels(self, table: tuple[int, int, int, int]) -> None:
        both, first, second, neither = table
        assume(first + second > 0)

        found = compare_paired_shares(*answers(*table))

        expected = mcnemar([[both, first], [second, neither]], exact=False, correction=False)
        assert found.statistic**2 == pytest.approx(expected.statistic, abs=1e-9)
        assert found.p_value == pytest.approx(expected.pvalue, abs=1e-9)

    @given(TABLES)
    def test_has_tangos_interval_without_iteration(self, table: tuple[int, int, int, int]) -> None:
        _, first, second, _ = table
        assume(first != second)

        told = compare_paired_shares(*answers(*table)).difference

        expected = quartic(sum(table), first, second)
        # Roots of a quartic are known to half the digits where two lie close together.
        assert (told.low, told.high) == pytest.approx(expected, abs=1e-6)

    @given(TABLES, st.sampled_from([0.8, 0.95]))
    def test_never_contradicts_its_interval(
        self, table: tuple[int, int, int, int], confidence: float
    ) -> None:
        assume(sum(table) > 0)

        found = compare_paired_shares(*answers(*table), confidence=confidence)

        told = found.difference
        assert -1 <= told.low <= told.value <= told.high <= 1
        if abs(found.p_value - (1 - confidence)) > 1e-6:
            assert found.is_significant == (not told.low <= 0 <= told.high)

    @given(TABLES, st.floats(0.01, 100))
    def test_with_equal_weights_is_unweighted(
        self, table: tuple[int, int, int, int], weight: float
    ) -> None:
        assume(sum(table) > 0)
        first, second = answers(*table)

        found = compare_paired_shares(first, second, weights=[weight] * len(first))

        expected = compare_paired_shares(first, second)
        assert found.p_value == pytest.approx(expected.p_value, abs=1e-9)
        assert found.difference.low == pytest.approx(expected.difference.low, abs=1e-7)

    def test_finds_no_difference_where_nobody_changed(self) -> None:
        found = compare_paired_shares([1, 0, 1], [1, 0, 1])

        assert (found.statistic, found.p_value) == (0, 1)
        # By hand, at a true difference of δ nobody changed: δ² = z² δ (1 − δ) / 3.
        z2 = stats.norm.ppf(0.975) ** 2
        assert found.difference.high == pytest.approx(z2 / (3 + z2), abs=1e-9)

    def test_names_the_answer_that_is_wrong(self) -> None:
        with pytest.raises(InvalidValueError, match=r"second is 3\.0: it must be 0 or 1"):
            compare_paired_shares([0, 1], [1, 3])
