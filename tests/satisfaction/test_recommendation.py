import math

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.kernel.frames import Values
from crmkit.satisfaction import nps


SCORES = st.lists(st.integers(0, 10), min_size=1, max_size=60)


def by_hand(scores: list[int], weights: list[float] | None = None) -> tuple[float, float, float]:
    """The formulas as they are printed, uncut (Rocks 2016; n_eff of Kish for weights)."""
    w = weights or [1.0] * len(scores)
    p = sum(x for x, score in zip(w, scores, strict=True) if score >= 9) / sum(w)
    d = sum(x for x, score in zip(w, scores, strict=True) if score <= 6) / sum(w)
    n = sum(w) ** 2 / sum(x * x for x in w)
    p1, d1 = (n * p + 0.75) / (n + 3), (n * d + 0.75) / (n + 3)
    reach = 1.959963984540054 * math.sqrt((p1 + d1 - (p1 - d1) ** 2) / (n + 3))
    return 100 * (p - d), 100 * (p1 - d1 - reach), 100 * (p1 - d1 + reach)


class TestNps:
    def test_counts_promoters_less_detractors(self) -> None:
        # 3 promoters (9, 9, 10), 3 passives (7, 7, 8), 2 detractors (0, 6) of 8: 12.5.
        score = nps([9, 9, 10, 7, 7, 8, 0, 6])

        assert score.value == 12.5
        assert (score.n, score.n_missing, score.method) == (8, 0, "adjusted-wald")

    @given(SCORES)
    def test_has_the_printed_interval(self, scores: list[int]) -> None:
        score = nps(scores)

        value, low, high = by_hand(scores)
        assert score.value == pytest.approx(value, abs=1e-12)
        assert score.low == pytest.approx(max(low, -100), abs=1e-9)
        assert score.high == pytest.approx(min(high, 100), abs=1e-9)

    @given(st.lists(st.tuples(st.integers(0, 10), st.floats(0.01, 100)), min_size=1, max_size=40))
    def test_weighs_by_effective_size(self, answers: list[tuple[int, float]]) -> None:
        scores, weights = [score for score, _ in answers], [weight for _, weight in answers]

        score = nps(scores, weights=weights)

        value, low, high = by_hand(scores, weights)
        assert score.value == pytest.approx(value, abs=1e-9)
        assert score.low == pytest.approx(max(low, -100), abs=1e-9)
        assert score.high == pytest.approx(min(high, 100), abs=1e-9)
        assert score.n == len(answers)

    @given(SCORES, st.floats(1e-300, 1e300))
    def test_with_equal_weights_is_unweighted(self, scores: list[int], weight: float) -> None:
        equal, unweighted = nps(scores, weights=[weight] * len(scores)), nps(scores)

        assert equal.to_dict() == unweighted.to_dict()

    @pytest.mark.parametrize(
        "scores",
        [
            [10, 9, None, 3, math.nan],
            (10, 9, None, 3, None),
            np.array([10, 9, np.nan, 3, np.nan]),
            np.array([10, 9, None, 3, None], dtype=object),
            pd.Series([10, 9, None, 3, None]),
            pd.Series([10, 9, None, 3, None], dtype="Int64"),
            pd.Series([10, 9, pd.NA, 3, None], dtype=object),
            pl.Series([10, 9, None, 3, None]),
            pl.Series([10.0, 9.0, None, 3.0, math.nan]),
        ],
        ids=lambda scores: type(scores).__module__,
    )
    def test_takes_any_form_and_counts_who_is_silent(self, scores: Values) -> None:
        score = nps(scores)

        assert score.value == pytest.approx(100 / 3)
        assert (score.n, score.n_missing) == (3, 2)
        assert score.low == nps([10, 9, 3]).low

    @pytest.mark.parametrize("wrong", [11, -1, 7.5, math.inf, -math.inf])
    def test_refuses_what_is_off_the_scale_with_its_row(self, wrong: float) -> None:
        with pytest.raises(InvalidValueError, match=r"from 0 to 10, as in row 2$"):
            nps([10, None, wrong])

    def test_names_the_first_of_many_rows(self) -> None:
        with pytest.raises(InvalidValueError) as refused:
            nps([11, 5, 12, 13, 14, 15])

        assert str(refused.value) == (
            "scores is (11, 12, 13): it must be a whole number from 0 to 10, "
            "as in rows 0, 2, 3 and 2 more"
        )

    @pytest.mark.parametrize("scores", [[], [None, None]])
    def test_refuses_when_nobody_answered(self, scores: list[None]) -> None:
        with pytest.raises(InvalidValueError, match="nobody answered"):
            nps(scores)

    def test_refuses_weights_that_are_too_few(self) -> None:
        with pytest.raises(InvalidValueError, match="as many as the scores, 2"):
            nps([10, 9], weights=[1])

    @pytest.mark.parametrize("weight", [-1, math.nan, math.inf, None])
    def test_refuses_weights_that_are_none(self, weight: float | None) -> None:
        with pytest.raises(InvalidValueError, match="must be 0 or more, as in row 1"):
            nps([10, 9], weights=[1, weight])

    def test_refuses_weights_that_leave_nobody(self) -> None:
        with pytest.raises(InvalidValueError, match="must not all be 0"):
            nps([10, None], weights=[0, 1])
