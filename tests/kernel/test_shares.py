"""Numbers whose range is part of their meaning."""

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.kernel import Score, Share


class TestShare:
    @given(st.floats(0, 1))
    def test_is_a_number_from_0_to_1(self, value: float) -> None:
        assert float(Share(value)) == value

    @pytest.mark.parametrize("value", [-0.01, 1.01, 80, math.nan, math.inf, "0.5", None, True])
    def test_refuses_everything_else(self, value: object) -> None:
        with pytest.raises(
            InvalidValueError, match=r"share is .*: it must be a number from 0 to 1"
        ):
            Share(value)  # type: ignore[arg-type]  # refused

    def test_refuses_a_decimal(self) -> None:
        with pytest.raises(InvalidValueError, match="must be a number"):
            Share(Decimal("0.5"))  # type: ignore[arg-type]  # refused

    @given(st.floats(0, 1), st.floats(0, 1))
    def test_is_ordered_as_its_number(self, left: float, right: float) -> None:
        assert (Share(left) < Share(right)) == (left < right)
        assert (Share(left) >= Share(right)) == (left >= right)
        assert (Share(left) == Share(right)) == (left == right)

    def test_is_compared_with_shares_only(self) -> None:
        with pytest.raises(TypeError):
            Share(0.5) < 0.6  # type: ignore[operator]  # noqa: B015  # refused

    @pytest.mark.parametrize("third", [1 / 3, Fraction(1, 3), np.float32(1 / 3)])
    def test_tells_itself_in_per_cent(self, third: float) -> None:
        assert (str(Share(third)), repr(Share(third))) == ("33.33 %", "Share(0.333333)")


class TestScore:
    @given(st.floats(0, 100))
    def test_is_a_number_from_0_to_100(self, value: float) -> None:
        assert float(Score(value)) == value

    @pytest.mark.parametrize("value", [-1, 100.5, math.nan, "75", None, False])
    def test_refuses_everything_else(self, value: object) -> None:
        with pytest.raises(InvalidValueError, match=r"score is .*: it must be a number from 0 to"):
            Score(value)  # type: ignore[arg-type]  # refused

    @given(st.floats(0, 100), st.floats(0, 100))
    def test_is_ordered_as_its_number(self, left: float, right: float) -> None:
        assert (Score(left) < Score(right)) == (left < right)
        assert (Score(left) > Score(right)) == (left > right)

    def test_is_compared_with_scores_only(self) -> None:
        with pytest.raises(TypeError):
            Score(50) < Share(0.6)  # type: ignore[operator]  # noqa: B015  # refused
        assert Score(1) != Share(1)  # type: ignore[comparison-overlap]  # that is the point

    def test_tells_itself_in_four_digits(self) -> None:
        assert (str(Score(72.5428)), repr(Score(72.5428))) == ("72.54", "Score(72.5428)")
