from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.satisfaction import Dispositions, response_rates


COUNT = st.integers(0, 10_000)
SURVEY = Dispositions(
    complete=400,
    partial=50,
    refused=200,
    not_contacted=100,
    other=50,
    unknown_household=150,
    unknown_other=50,
    ineligible=200,
)


class TestResponseRates:
    def test_are_those_of_the_formulas_by_hand(self) -> None:
        """AAPOR (2016): (I+P) + (R+NC+O) = 800, UH+UO = 200, e = 800/1000 = 0.8."""
        rates = response_rates(SURVEY)

        assert rates.e == 0.8
        assert rates.rr1 == 400 / 1000
        assert rates.rr2 == 450 / 1000
        assert rates.rr3 == 400 / 960
        assert rates.rr4 == 450 / 960
        assert rates.rr5 == 400 / 800
        assert rates.rr6 == 450 / 800
        assert str(rates) == "RR1 40.0%, RR3 41.7%, RR5 50.0% (e = 0.8, 400 complete)"

    @given(st.tuples(st.integers(1, 10_000), *[COUNT] * 6), st.fractions(0, 1))
    def test_are_those_of_the_formulas_in_fractions(
        self, counts: tuple[int, ...], e: Fraction
    ) -> None:
        i, p, r, nc, o, uh, uo = counts
        told = Dispositions(
            complete=i,
            partial=p,
            refused=r,
            not_contacted=nc,
            other=o,
            unknown_household=uh,
            unknown_other=uo,
        )
        known, unknown = (i + p) + (r + nc + o), uh + uo

        rates = response_rates(told, e=float(e))

        assert rates.rr1 == pytest.approx(float(Fraction(i, known + unknown)))
        assert rates.rr2 == pytest.approx(float(Fraction(i + p, known + unknown)))
        assert rates.rr3 == pytest.approx(float(i / (known + e * unknown)))
        assert rates.rr4 == pytest.approx(float((i + p) / (known + e * unknown)))
        assert rates.rr5 == pytest.approx(float(Fraction(i, known)))
        assert rates.rr6 == pytest.approx(float(Fraction(i + p, known)))
        assert rates.rr1 <= rates.rr3 <= rates.rr5 <= rates.rr6 <= 1

    def test_without_the_ineligible_take_all_for_eligible(self) -> None:
        rates = response_rates(Dispositions(complete=10, unknown_other=10))

        assert (rates.e, rates.rr3) == (1.0, rates.rr1)

    def test_of_nobody_are_refused(self) -> None:
        with pytest.raises(InvalidValueError, match="of nobody there is no rate"):
            response_rates(Dispositions(complete=0, unknown_other=10))

    @pytest.mark.parametrize("e", [-0.1, 1.1, float("nan"), True, "0.5"])
    def test_need_a_share(self, e: Any) -> None:
        with pytest.raises(InvalidValueError, match="must be a number from 0 to 1"):
            response_rates(SURVEY, e=e)

    @pytest.mark.parametrize("count", [-1, 2.5, True])
    def test_need_counts(self, count: Any) -> None:
        with pytest.raises(InvalidValueError, match="refused is"):
            Dispositions(complete=1, refused=count)

    def test_say_their_formula(self) -> None:
        told = response_rates(SURVEY, e=0.5).explain("RR4")

        assert str(told) == (
            "RR4 = (I + P) / ((I + P) + (R + NC + O) + e (UH + UO)) = 0.5, with I = 400, P = 50, "
            "R = 200, NC = 100, O = 50, UH = 150, UO = 50 and e = 0.5 (as told)"
        )
        assert "已知者中合格的比例" in response_rates(SURVEY).explain("RR1").sentence("zh")

    def test_have_a_summary(self) -> None:
        told = response_rates(SURVEY).summary

        assert list(told.columns) == ["rate", "value", "formula"]
        assert told["rate"].to_list() == ["RR1", "RR2", "RR3", "RR4", "RR5", "RR6"]
        assert told["value"][4] == 0.5

    def test_know_their_names(self) -> None:
        rates: Any = response_rates(SURVEY)

        with pytest.raises(InvalidValueError, match="must be one of RR1, RR2"):
            rates.rate("RR7")
