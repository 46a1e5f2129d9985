import math
from typing import Any

import mpmath  # type: ignore[import-untyped]  # it has no stubs
import pytest
from hypothesis import given, strategies as st
from statsmodels.stats.proportion import (  # type: ignore[import-untyped]  # it has no stubs
    samplesize_confint_proportion,
)

from crmkit.errors import InvalidValueError
from crmkit.satisfaction import margin_of_error, nps_sample_size, sample_size


# Krejcie and Morgan (1970), table 1; its last row, 100000 to 384, is not what its formula gives
# (382.6), and is left out.
KREJCIE_MORGAN = """
10 10  15 14  20 19  25 24  30 28  35 32  40 36  45 40  50 44  55 48  60 52  65 56  70 59  75 63
80 66  85 70  90 73  95 76  100 80  110 86  120 92  130 97  140 103  150 108  160 113  170 118
180 123  190 127  200 132  210 136  220 140  230 144  240 148  250 152  260 155  270 159  280 162
290 165  300 169  320 175  340 181  360 186  380 191  400 196  420 201  440 205  460 210  480 214
500 217  550 226  600 234  650 242  700 248  750 254  800 260  850 265  900 269  950 274  1000 278
1100 285  1200 291  1300 297  1400 302  1500 306  1600 310  1700 313  1800 317  1900 320  2000 322
2200 327  2400 331  2600 335  2800 338  3000 341  3500 346  4000 351  4500 354  5000 357  6000 361
7000 364  8000 367  9000 368  10000 370  15000 375  20000 377  30000 379  40000 380  50000 381
75000 382  1000000 384
"""
PRINTED = [int(word) for word in KREJCIE_MORGAN.split()]
TABLE = list(zip(PRINTED[::2], PRINTED[1::2], strict=True))


class TestSampleSize:
    @pytest.mark.parametrize(("population", "size"), TABLE)
    def test_is_that_of_the_printed_table(self, population: int, size: int) -> None:
        assert sample_size(population, rounding="krejcie-morgan") == size

    def test_goes_up_where_not_told_otherwise(self) -> None:
        # 217.49 by the formula of Krejcie and Morgan, and 384.15 without an end.
        assert (sample_size(500), sample_size()) == (218, 385)

    @given(st.floats(0.01, 0.3), st.floats(0.05, 0.95), st.sampled_from([0.8, 0.9, 0.95, 0.99]))
    def test_is_that_of_statsmodels(self, margin: float, share: float, confidence: float) -> None:
        theirs = samplesize_confint_proportion(share, margin, alpha=1 - confidence)

        ours = sample_size(margin=margin, share=share, confidence=confidence)

        assert ours == pytest.approx(max(theirs, 1), abs=1 + 1e-6)
        assert ours >= theirs * (1 - 1e-9)

    @given(
        st.integers(2, 10**7),
        st.floats(0.005, 0.4),
        st.floats(0.01, 0.99),
        st.floats(1, 5),
    )
    def test_is_the_least_that_keeps_the_margin(
        self, population: int, margin: float, share: float, effect: float
    ) -> None:
        told: dict[str, Any] = {"share": share, "design_effect": effect, "population": population}
        size = sample_size(margin=margin, **told)

        assert 1 <= size <= population
        assert margin_of_error(size, **told) <= margin * (1 + 1e-9)
        if size > 1:
            assert margin_of_error(size - 1, **told) > margin * (1 - 1e-9)

    @pytest.mark.parametrize(
        ("bad", "told"),
        [
            ({"population": 0}, "population is 0: it must be a whole number of at least 1"),
            ({"population": True}, "population is True"),
            ({"population": 10.5}, "population is 10.5"),
            ({"margin": 5}, "margin is 5: it must lie between 0 and 1; write 0.05"),
            ({"margin": math.nan}, "margin is nan"),
            ({"margin": "5 %"}, "margin is '5 %'"),
            ({"share": 0}, "share is 0: it must lie between 0 and 1"),
            ({"confidence": 95}, "confidence is 95"),
            ({"design_effect": 0}, "design_effect is 0: it must be above 0"),
            ({"rounding": "krejcie_morgan"}, "did you mean 'krejcie-morgan'"),
        ],
    )
    def test_refuses_what_is_out_of_its_range(self, bad: dict[str, Any], told: str) -> None:
        with pytest.raises(InvalidValueError) as refused:
            sample_size(**bad)

        assert told in str(refused.value)


class TestNpsSampleSize:
    def test_takes_the_worst_case_where_nothing_is_known(self) -> None:
        # (1.959964 / 0.05)² of variance 1: 1536.6; of p = .5, d = .2: v = .61, 937.3.
        assert nps_sample_size(5) == 1537
        assert nps_sample_size(5, promoters=0.5, detractors=0.2) == 938

    def test_is_four_times_that_of_a_share(self) -> None:
        assert nps_sample_size(2) == pytest.approx(4 * sample_size(margin=0.02), abs=4)

    def test_knows_the_end_of_a_population(self) -> None:
        # Of mpmath's quantile: n = z² N v / (m² (N − 1) + z² v).
        z = mpmath.sqrt(2) * mpmath.erfinv(mpmath.mpf("0.95"))
        by_hand = z**2 * 2000 / (mpmath.mpf("0.05") ** 2 * 1999 + z**2)

        assert nps_sample_size(5, population=2000) == math.ceil(by_hand) == 870

    @pytest.mark.parametrize(
        ("bad", "told"),
        [
            ({"margin": 0}, "margin is 0: it must lie between 0 and 100 points"),
            ({"margin": 5, "promoters": 0.5}, "must be both given, or neither"),
            ({"margin": 5, "promoters": 0.8, "detractors": 0.3}, "do not exceed 1"),
            ({"margin": 5, "promoters": 0.8, "detractors": -0.1}, "do not exceed 1"),
            ({"margin": 5, "promoters": 1, "detractors": 0}, "must spread"),
        ],
    )
    def test_refuses_what_is_out_of_its_range(self, bad: dict[str, Any], told: str) -> None:
        with pytest.raises(InvalidValueError) as refused:
            nps_sample_size(**bad)

        assert told in str(refused.value)


class TestMarginOfError:
    def test_is_that_of_a_hand_calculation(self) -> None:
        # 1.959964 √(.25/400) = .048999; times √(600/999) = .037974; of deff 2, times √2.
        assert margin_of_error(400) == pytest.approx(0.048999, abs=1e-6)
        assert margin_of_error(400, population=1000) == pytest.approx(0.037974, abs=1e-6)
        assert margin_of_error(400, design_effect=2) == pytest.approx(0.069295, abs=1e-6)

    def test_is_none_where_everyone_was_asked(self) -> None:
        assert margin_of_error(1000, population=1000) == 0
        assert margin_of_error(1, population=1) == 0

    @pytest.mark.parametrize(
        ("n", "told"),
        [(0, "nobody answered"), (1001, "must not exceed the population, 1000"), (2.5, "n is 2.5")],
    )
    def test_refuses_impossible_numbers(self, n: Any, told: str) -> None:
        with pytest.raises(InvalidValueError, match=told):
            margin_of_error(n, population=1000)
