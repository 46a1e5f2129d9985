from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, strategies as st
from scipy.stats import linregress
from statsmodels.regression.linear_model import (  # type: ignore[import-untyped]  # it has no stubs
    OLS,
)

from crmkit.errors import InvalidValueError
from crmkit.satisfaction import LIKERT5, Metric, compare_nps, wave_trend
from tests.value.engines import ENGINES, in_engine


PAIRS = st.lists(st.tuples(st.integers(1, 4), st.integers(1, 5)), min_size=4, max_size=60).filter(
    lambda pairs: len({wave for wave, _ in pairs}) > 1
)
ANSWERS = {
    "wave": [1] * 40 + [2] * 25 + [3] * 15,
    "score": [10, 9, 8, 7, 9, 10, 6, 9] * 5 + [9, 7, 6, 8, 10] * 5 + [5, 9, 3, 7, 6] * 3,
}


class TestWaveTrend:
    @given(PAIRS)
    def test_is_the_regression_of_scipy_and_statsmodels(self, pairs: list[tuple[int, int]]) -> None:
        x, y = (np.array(part, dtype=float) for part in zip(*pairs, strict=True))
        flat = all(len(set(y[x == wave])) == 1 for wave in set(x))
        late = x == x.max()
        if flat or min(late.sum(), (~late).sum()) < 2 or not (y[late].var() or y[~late].var()):
            return
        frame = pd.DataFrame({"wave": x.astype(int), "score": y})
        following = x.max() + (x.max() - x.min()) / (len(set(x)) - 1)

        told = wave_trend(frame, metric=Metric.mean(LIKERT5))

        theirs = linregress(x, y)
        assert told.slope.value == pytest.approx(theirs.slope, abs=1e-9)
        assert told.p_value == pytest.approx(theirs.pvalue, abs=1e-9)
        assert told.statistic == pytest.approx(theirs.slope / theirs.stderr, abs=1e-6)
        fitted = OLS(y, np.column_stack([np.ones(len(x)), x])).fit()
        assert (told.slope.low, told.slope.high) == pytest.approx(fitted.conf_int()[1], abs=1e-9)
        row = fitted.get_prediction([[1, following]]).summary_frame().iloc[0]
        projected = told.projected
        assert projected.value == pytest.approx(row["mean"], abs=1e-9)
        assert projected.low == pytest.approx(row["mean_ci_lower"], abs=1e-9)
        assert projected.high == pytest.approx(row["mean_ci_upper"], abs=1e-9)
        assert told.mean == pytest.approx(y.mean())

    def test_of_a_net_score_is_in_points(self) -> None:
        frame = pd.DataFrame(ANSWERS)
        sides = np.array([(s >= 9) - (s <= 6.0) for s in ANSWERS["score"]])

        told = wave_trend(frame, metric=Metric.net_promoter())

        assert told.slope.value == pytest.approx(100 * linregress(ANSWERS["wave"], sides).slope)
        assert [wave.value for wave in told.waves] == pytest.approx([50, 20, -40])
        assert told.is_significant
        early, late = ANSWERS["score"][:65], ANSWERS["score"][65:]
        assert told.early_late.p_value == pytest.approx(compare_nps(early, late).p_value)

    def test_adjusts_for_those_who_never_answered(self) -> None:
        """Armstrong and Overton (1977): the mean of who answered and of who is projected."""
        told = wave_trend(pd.DataFrame(ANSWERS), metric=Metric.net_promoter())

        by_hand = 0.4 * told.mean + 0.6 * told.projected.value
        assert told.adjusted(0.4) == pytest.approx(by_hand)
        assert told.adjusted(1) == told.mean
        with pytest.raises(InvalidValueError, match="response_rate is 0"):
            told.adjusted(0)

    @pytest.mark.parametrize("engine", ENGINES)
    def test_takes_any_frame(self, engine: str) -> None:
        frame: Any = in_engine(engine, dict(ANSWERS), {"wave": pl.Int64, "score": pl.Int64})

        told = wave_trend(frame, metric=Metric.net_promoter())

        assert told.summary["value"].to_list() == pytest.approx([50, 20, -40])

    def test_lets_the_caller_say_who_is_late(self) -> None:
        told = wave_trend(pd.DataFrame(ANSWERS), metric=Metric.net_promoter(), late_from=2)

        assert (told.early_late.n_1, told.early_late.n_2) == (40, 40)
        for late_from in (1, 4):
            with pytest.raises(InvalidValueError, match="must part the waves, 1 to 3"):
                wave_trend(pd.DataFrame(ANSWERS), metric=Metric.net_promoter(), late_from=late_from)

    def test_counts_the_silent_and_hides_the_few(self) -> None:
        frame = pd.DataFrame(
            {"wave": [1] * 30 + [2] * 20 + [3] * 4, "score": [5.0, 4, 3] * 17 + [None] * 3}
        )

        told = wave_trend(frame, metric=Metric.mean(LIKERT5), late_from=2)

        assert told.slope.n_missing == 3
        assert told.waves[2].value is None
        assert [wave.n_missing for wave in told.waves] == [0, 0, 3]
        assert list(told.summary.columns) == ["wave", "n", "n_missing", "value", "group_size"]
        assert told.summary["group_size"][2] == "suppressed"

    def test_explains_itself(self) -> None:
        told = wave_trend(pd.DataFrame(ANSWERS), metric=Metric.net_promoter())

        assert "do late ones answer otherwise by more than chance: yes" in str(told.explain())
        assert "推算未答者" in told.explain().sentence("zh")
        assert len(told.explain().because) == 1
        assert str(told).startswith("slope -42.")
        assert not wave_trend(
            pd.DataFrame({"wave": [1, 1, 2, 2], "score": [1, 5, 1, 5]}), metric=Metric.mean()
        ).is_significant

    @pytest.mark.parametrize(
        ("frame", "told"),
        [
            ({"wave": [1, 1, 1], "score": [1, 2, 3]}, "must hold two waves and three answers"),
            ({"wave": [1, 2], "score": [1, 2]}, "must hold two waves and three answers"),
            ({"wave": [1, 1, 2], "score": [1, 1, 2]}, "must spread"),
            ({"wave": [1, 1, 2], "score": [1, 1, 9]}, "must be a whole number from 1 to 5"),
            ({"wave": ["a", "b"], "score": [1, 2]}, "must hold numbers"),
            ({"wave": [True, False], "score": [1, 2]}, "must hold"),
            ({"wave": [1.5, 2], "score": [1, 2]}, "must hold"),
            ({"wave": [], "score": []}, "must hold"),
            ({"waves": [1, 2], "score": [1, 2]}, "did you mean 'waves'"),
        ],
    )
    def test_refuses_what_shows_no_trend(self, frame: dict[str, Any], told: str) -> None:
        with pytest.raises(InvalidValueError, match=told):
            wave_trend(pd.DataFrame(frame), metric=Metric.mean(LIKERT5))
