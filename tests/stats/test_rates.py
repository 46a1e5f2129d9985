import math
import warnings
from fractions import Fraction

import pytest
from hypothesis import given, strategies as st
from statsmodels.stats.rates import (  # type: ignore[import-untyped]  # it has no stubs
    test_poisson_2indep as by_statsmodels,
)

from crmkit.errors import InvalidValueError
from crmkit.stats import compare_rates


COUNTS = st.integers(0, 60)
TIMES = st.integers(1, 10_000)


def chances(n: int, share: Fraction) -> list[Fraction]:
    """The binomial distribution, without rounding."""
    return [math.comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(n + 1)]


class TestCompareRates:
    def test_is_that_of_the_manual_of_r(self) -> None:
        """`poisson.test(c(11, 6+8+7), c(800, 1083+1050+878))`: lung cancer in Fredericia."""
        found = compare_rates(11, 800, 21, 3011)

        assert found.p_value == pytest.approx(0.07967, abs=5e-6)
        assert found.ratio == pytest.approx(1.971488, abs=5e-7)
        assert (found.low, found.high) == pytest.approx((0.8584264, 4.2772659), abs=5e-8)

    def test_is_that_of_the_published_example_of_two_counts(self) -> None:
        """Fay, "Testing the ratio of two Poisson rates", vignette of R's rateratio.test."""
        found = compare_rates(2, 17877, 9, 16660, two_sided="central")

        assert found.p_value == pytest.approx(0.05011, abs=5e-6)
        assert found.ratio == pytest.approx(0.2070941557, abs=5e-11)
        assert (found.low, found.high) == pytest.approx((0.02177406, 1.00054910), abs=5e-9)

    @pytest.mark.parametrize(
        "counts", [(60, 51477.5, 30, 54308.7), (11, 800, 21, 3011), (0, 10.0, 5, 10.0)]
    )
    def test_has_the_p_value_of_statsmodels(self, counts: tuple[int, float, int, float]) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it divides by a rate of 0
            expected = by_statsmodels(*counts, method="exact-cond").pvalue

        assert compare_rates(*counts).p_value == pytest.approx(expected, rel=1e-12)

    @given(COUNTS, TIMES, COUNTS, TIMES)
    def test_adds_up_the_binomial_distribution(self, x: int, t: int, y: int, u: int) -> None:
        if x + y == 0:
            return
        exact = chances(x + y, Fraction(t, t + u))
        tails = sum(exact[: x + 1]), sum(exact[x:])

        minlike = compare_rates(x, t, y, u)
        central = compare_rates(x, t, y, u, two_sided="central")

        # Chances that differ by less than their rounding count as equal, as in R.
        likely = [chance for chance in exact if float(chance) <= float(exact[x]) * (1 + 1e-7)]
        assert minlike.p_value == pytest.approx(float(sum(likely)), rel=1e-6)
        assert central.p_value == pytest.approx(float(min(2 * min(tails), 1)), rel=1e-9)

    @given(st.integers(1, 60), TIMES, st.integers(1, 60), TIMES)
    def test_leaves_half_of_the_doubt_on_each_side(self, x: int, t: int, y: int, u: int) -> None:
        found = compare_rates(x, t, y, u, confidence=0.9)

        for ratio, observed in ((found.low, slice(x, None)), (found.high, slice(0, x + 1))):
            share = Fraction(ratio) * t / (Fraction(ratio) * t + u)
            tail = sum(chances(x + y, Fraction(float(share)))[observed])
            assert float(tail) == pytest.approx(0.05, rel=1e-6)

    @given(COUNTS, TIMES, COUNTS, TIMES)
    def test_turned_round_is_its_reciprocal(self, x: int, t: int, y: int, u: int) -> None:
        if not x or not y:
            return

        found, turned = compare_rates(x, t, y, u), compare_rates(y, u, x, t)

        assert turned.ratio == pytest.approx(1 / found.ratio)
        assert (turned.low, turned.high) == pytest.approx((1 / found.high, 1 / found.low))
        assert turned.p_value == pytest.approx(found.p_value, rel=1e-6)

    @given(COUNTS, TIMES, COUNTS, TIMES)
    def test_agrees_with_its_interval_when_central(self, x: int, t: int, y: int, u: int) -> None:
        if x + y == 0:
            return

        found = compare_rates(x, t, y, u, two_sided="central")

        if abs(found.p_value - 0.05) > 1e-9:
            assert (found.p_value > 0.05) == (found.low < 1 < found.high)

    def test_is_open_where_one_side_has_no_event(self) -> None:
        none, only = compare_rates(0, 10, 5, 10), compare_rates(5, 10, 0, 10)

        assert (none.ratio, none.low, only.ratio, only.high) == (0, 0, math.inf, math.inf)
        assert only.low == pytest.approx(1 / none.high)
        # Of five coins all fall on one side: 2/32. The upper end: (1 - p)^5 = 0.025.
        assert none.p_value == only.p_value == 0.0625
        share = 1 - 0.025**0.2
        assert none.high == pytest.approx(share / (1 - share))

    def test_tells_what_it_is(self) -> None:
        assert str(compare_rates(11, 800, 21, 3011)) == (
            "rate ratio 1.971 (95 % interval 0.8584 to 4.277), p = 0.07967, n = 32, "
            "exact conditional, minlike"
        )

    @pytest.mark.parametrize(
        ("given_values", "told"),
        [
            ((-1, 1.0, 1, 1.0), "events_1 is -1: it must be a whole number of at least 0"),
            ((1, 1.0, 1.5, 1.0), "events_2 is 1.5: it must be a whole number of at least 0"),
            ((True, 1.0, 1, 1.0), "events_1 is True: it must be a whole number"),
            ((1, 0.0, 1, 1.0), "exposure_1 is 0.0: it must be above 0 and finite"),
            ((1, 1.0, 1, math.nan), "exposure_2 is nan: it must be above 0 and finite"),
            ((0, 1.0, 0, 1.0), r"events_1 \+ events_2 is 0: it must be at least 1"),
        ],
    )
    def test_refuses_what_is_no_rate(
        self, given_values: tuple[int, float, int, float], told: str
    ) -> None:
        with pytest.raises(InvalidValueError, match=told):
            compare_rates(*given_values)

    def test_refuses_other_confidences_and_tests(self) -> None:
        with pytest.raises(InvalidValueError, match="confidence is 95"):
            compare_rates(1, 1, 1, 1, confidence=95)
        with pytest.raises(InvalidValueError, match="two_sided is 'wald': it must be one of min"):
            compare_rates(1, 1, 1, 1, two_sided="wald")  # type: ignore[arg-type]  # refused
