"""A number that says how sure it is, usable wherever a float is."""

import copy
import math
import pickle
from typing import TypedDict, Unpack

import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.kernel import Estimate


class Parts(TypedDict, total=False):
    value: float
    low: float
    high: float
    confidence: float
    n: int
    n_missing: int


def an_estimate(**parts: Unpack[Parts]) -> Estimate:
    told = Parts(value=0.5, low=0.4, high=0.6, confidence=0.95, n=100, n_missing=0) | parts
    return Estimate(**told, method="wilson")


class TestEstimate:
    @given(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))
    def test_counts_as_its_value(self, value: float, other: float) -> None:
        estimate = an_estimate(value=value, low=-2e9, high=2e9)

        assert isinstance(estimate, float)
        assert float(estimate) == estimate.value == estimate == value
        assert estimate + other == value + other
        assert (estimate < other) == (value < other)
        assert hash(estimate) == hash(value)
        assert f"{estimate:.2f}" == f"{value:.2f}"

    def test_need_not_lie_in_the_middle_of_its_interval(self) -> None:
        assert an_estimate(value=0.0, low=0.0, high=0.3).high == 0.3

    @pytest.mark.parametrize("name", ["value", "low", "high"])
    @pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
    def test_refuses_what_is_not_finite(self, name: str, number: float) -> None:
        with pytest.raises(InvalidValueError, match=rf"^{name} is .*must be a finite number"):
            an_estimate(**{name: number})  # type: ignore[arg-type]  # one of three names

    def test_refuses_crossed_ends(self) -> None:
        with pytest.raises(InvalidValueError, match=r"low is 0\.7: it must not exceed high, 0\.6"):
            an_estimate(low=0.7)

    @pytest.mark.parametrize("confidence", [0, 1, 95, -0.1, math.nan, "a", None, True])
    def test_refuses_a_confidence_that_is_no_share(self, confidence: float) -> None:
        with pytest.raises(InvalidValueError, match=r"must lie between 0 and 1; write 0\.95"):
            an_estimate(confidence=confidence)

    @pytest.mark.parametrize("name", ["n", "n_missing"])
    def test_refuses_a_negative_count(self, name: str) -> None:
        with pytest.raises(InvalidValueError, match=f"{name} is -1: it must not be negative"):
            an_estimate(**{name: -1})

    def test_survives_copying_and_pickling(self) -> None:
        estimate = an_estimate(n_missing=3)

        for again in (copy.deepcopy(estimate), pickle.loads(pickle.dumps(estimate))):
            assert type(again) is Estimate
            assert float(again) == 0.5
            assert again.to_dict() == estimate.to_dict()

    def test_becomes_a_row(self) -> None:
        assert an_estimate().to_dict() == {
            "value": 0.5,
            "low": 0.4,
            "high": 0.6,
            "confidence": 0.95,
            "n": 100,
            "n_missing": 0,
            "method": "wilson",
        }

    def test_says_how_sure_it_is(self) -> None:
        assert str(an_estimate()) == "0.5 (95 % interval 0.4 to 0.6, n = 100, wilson)"
        assert "n = 100, 3 missing, wilson" in str(an_estimate(n_missing=3))

    def test_is_a_table_in_a_notebook(self) -> None:
        page = an_estimate()._repr_html_()

        assert page.startswith("<table><tr><th>value</th><td>0.5</td></tr>")
        assert page.count("<tr>") == 7
