"""Scales: what is on them, turned and stretched."""

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.satisfaction import LIKERT5, LIKERT7, RECOMMEND, TEN_POINT, Scale


scales = st.builds(
    lambda low, width: Scale(low, low + width), st.integers(-100, 100), st.integers(1, 100)
)


class TestScale:
    @pytest.mark.parametrize(
        ("low", "high", "what"), [(5, 1, "high"), (1, 1, "high"), (1.0, 5, "low"), (True, 5, "low")]
    )
    def test_refuses_ends_that_are_none(self, low: int, high: int, what: str) -> None:
        with pytest.raises(InvalidValueError) as refused:
            Scale(low, high)

        assert refused.value.name == what

    def test_says_its_ends_its_middle_and_its_points(self) -> None:
        told = [(str(one), one.points, one.midpoint) for one in (LIKERT5, LIKERT7, TEN_POINT)]

        assert told == [("1 to 5", 5, 3), ("1 to 7", 7, 4), ("1 to 10", 10, 5.5)]
        assert (RECOMMEND.points, RECOMMEND.midpoint) == (11, 5)


class TestCheck:
    def test_takes_whole_numbers_of_any_make(self) -> None:
        assert LIKERT5.check(5) == 5
        assert type(LIKERT5.check(np.int8(5))) is int

    @pytest.mark.parametrize("value", [0, 6, 4.0, True, "4", None, math.nan])
    def test_refuses_what_is_off_the_scale(self, value: object) -> None:
        with pytest.raises(InvalidValueError, match="must be a whole number from 1 to 5"):
            LIKERT5.check(value)


class TestRescale:
    def test_answers_as_the_acsi_does(self) -> None:
        """Fornell and others 1996: 1 to 10 becomes 100 (x - 1) / 9."""
        assert TEN_POINT.rescale(10) == 100
        assert TEN_POINT.rescale(1) == 0
        assert TEN_POINT.rescale(7) == pytest.approx(66.667, abs=5e-4)

    @given(scales)
    def test_leaves_the_ends_the_ends(self, scale: Scale) -> None:
        assert scale.rescale(scale.low) == 0
        assert scale.rescale(scale.high) == 100
        assert scale.rescale(scale.midpoint) == 50

    @pytest.mark.parametrize("value", [0.99, 5.01, math.nan, math.inf, True, "4"])
    def test_refuses_what_is_off_the_scale(self, value: float) -> None:
        with pytest.raises(InvalidValueError, match="must be a number from 1 to 5"):
            LIKERT5.rescale(value)


class TestReversed:
    @given(scales, st.data())
    def test_turned_twice_is_as_before(self, scale: Scale, data: st.DataObject) -> None:
        value = data.draw(st.integers(scale.low, scale.high))

        assert scale.reversed(scale.reversed(value)) == value
        assert scale.rescale(scale.reversed(value)) == pytest.approx(100 - scale.rescale(value))

    def test_refuses_what_is_off_the_scale(self) -> None:
        with pytest.raises(InvalidValueError, match="answer is 0"):
            LIKERT5.reversed(0)
