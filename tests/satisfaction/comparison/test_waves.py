import warnings
from itertools import combinations
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

from crmkit.errors import AssumptionWarning, InvalidValueError
from crmkit.satisfaction import LIKERT5, Metric, compare_nps, wave_trend
from crmkit.stats import GroupSize, SmallGroupRule
from tests.value.engines import ENGINES, in_engine


PAIRS = st.lists(st.tuples(st.integers(1, 4), st.integers(1, 5)), min_size=4, max_size=60).filter(
    lambda pairs: len({wave for wave, _ in pairs}) > 1
)
ALL = SmallGroupRule(suppress_below=1)
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

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AssumptionWarning)  # the line may leave the scale
            told = wave_trend(frame, metric=Metric.mean(LIKERT5), rule=ALL)

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
        assert told.early_late is not None
        assert told.early_late.p_value == pytest.approx(compare_nps(early, late).p_value)

    def test_adjusts_for_those_who_never_answered(self) -> None:
        """Armstrong and Overton (1977): the mean of who answered and of who is projected."""
        told = wave_trend(pd.DataFrame(ANSWERS), metric=Metric.net_promoter())

        by_hand = 0.4 * told.mean + 0.6 * told.projected.value
        assert told.adjusted(0.4) == pytest.approx(by_hand)
        assert told.adjusted(1) == told.mean
        for no_share in (0, True, "a"):
            with pytest.raises(InvalidValueError, match="response_rate is"):
                told.adjusted(no_share)  # type: ignore[arg-type]  # on purpose

    @pytest.mark.parametrize("engine", ENGINES)
    def test_takes_any_frame(self, engine: str) -> None:
        frame: Any = in_engine(engine, dict(ANSWERS), {"wave": pl.Int64, "score": pl.Int64})

        told = wave_trend(frame, metric=Metric.net_promoter())

        assert told.summary["value"].to_list() == pytest.approx([50, 20, -40])

    def test_lets_the_caller_say_who_is_late(self) -> None:
        told = wave_trend(pd.DataFrame(ANSWERS), metric=Metric.net_promoter(), late_from=2)

        assert told.early_late is not None
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
        assert [wave.value for wave in told.waves] == [None] * 3
        assert [wave.size.value for wave in told.waves] == ["complementary"] * 2 + ["suppressed"]
        assert told.early_late is None
        assert [wave.n_missing for wave in told.waves] == [0, 0, 3]
        assert list(told.summary.columns) == ["wave", "n", "n_missing", "value", "group_size"]
        assert told.summary["group_size"][2] == "suppressed"

    @pytest.mark.parametrize(
        ("metric", "low", "high"),
        [(Metric.mean(LIKERT5), 1, 5), (Metric.top_box(LIKERT5), 0, 1)],
    )
    def test_warns_where_the_line_leaves_the_scale(
        self, metric: Metric, low: float, high: float
    ) -> None:
        """The means are 4 2/3 and 1 1/3: one wave further, 3 1/3 less, is 2 below 0."""
        frame = pd.DataFrame(
            {"wave": [1] * 30 + [2] * 30, "score": [5, 5, 4] * 10 + [1, 1, 2] * 10}
        )
        frame.loc[[0, 59], "score"] = [2, 4]

        with pytest.warns(AssumptionWarning, match=f"off the scale of {low} to {high}") as caught:
            told = wave_trend(frame, metric=metric)

        assert caught[0].filename == __file__
        assert told.projected.value < low

    def test_explains_itself(self) -> None:
        told = wave_trend(pd.DataFrame(ANSWERS), metric=Metric.net_promoter())

        assert "do late ones answer otherwise by more than chance: yes" in str(told.explain())
        assert "推算未答者" in told.explain().sentence("zh")
        assert len(told.explain().because) == 1
        assert str(told).startswith("slope -42.")
        assert not wave_trend(
            pd.DataFrame({"wave": [1, 2] * 20, "score": [1, 1, 5, 5] * 10}), metric=Metric.mean()
        ).is_significant

    def test_is_refused_where_it_would_tell_of_a_wave_that_is_too_small(self) -> None:
        """Of two waves the mean and the slope are two equations: both results follow."""
        frame = pd.DataFrame({"wave": [1] * 60 + [2] * 3, "score": [5, 4, 4] * 20 + [1, 2, 4]})

        with pytest.raises(InvalidValueError, match="wave is 2: it must be answered by 10 or more"):
            wave_trend(frame, metric=Metric.mean(LIKERT5))

    def test_keeps_early_and_late_ones_back_where_they_would_tell_of_a_wave(self) -> None:
        frame = pd.DataFrame(
            {
                "wave": [1] * 60 + [2] * 40 + [3] * 30 + [4] * 3,
                "score": [5, 4, 4] * 20 + [4, 3, 5, 1] * 10 + [3, 2, 4] * 10 + [1, 2, 4],
            }
        )

        told = wave_trend(frame, metric=Metric.mean(LIKERT5))

        assert told.early_late is None
        assert told.waves[0].value == pytest.approx(13 / 3)
        assert [wave.value for wave in told.waves][1:] == [None] * 3
        explained = told.explain()
        assert "early and late ones are kept back" in explained.sentence()
        assert "不予公布" in explained.sentence("zh")
        assert not explained.because
        assert str(told).endswith("early less late kept back")

    def test_tells_early_and_late_ones_where_they_are_of_enough(self) -> None:
        frame = pd.DataFrame(
            {
                "wave": [1] * 60 + [2] * 40 + [3] * 30 + [4] * 3,
                "score": [5, 4, 4] * 20 + [4, 3, 5, 1] * 10 + [3, 2, 4] * 10 + [1, 2, 4],
            }
        )

        told = wave_trend(frame, metric=Metric.mean(LIKERT5), late_from=2)

        assert told.early_late is not None
        assert [wave.size.is_shown for wave in told.waves] == [True, False, False, False]

    @given(st.lists(st.integers(0, 40), min_size=2, max_size=7), st.integers(2, 7))
    def test_tells_of_fewer_than_ten_by_no_sum(self, n: list[int], late_from: int) -> None:
        """By ranks: no sum of what is told is of a set of waves of fewer than ten people."""
        if late_from > len(n) or sum(map(bool, n)) < 2:
            return
        scores = [1 + (place % 5) for count in n for place in range(count)]
        waves = [number for number, count in enumerate(n, 1) for _ in range(count)]
        silent = [number for number, count in enumerate(n, 1) if not count]
        frame = pd.DataFrame(
            {"wave": [*waves, *silent], "score": [*scores, *[None for _ in silent]]}
        )
        try:
            told = wave_trend(frame, metric=Metric.mean(), late_from=late_from)
        except InvalidValueError as error:
            assert any(0 < count < 10 for count in n) or "spread" in str(error)  # noqa: PT017
            return

        x = np.array([wave.wave for wave in told.waves if wave.n], dtype=float)
        there = [wave for wave in told.waves if wave.n]
        rows = [np.ones(len(x)), x]
        rows += [np.eye(len(x))[i] for i, wave in enumerate(there) if wave.value is not None]
        if told.early_late is not None:
            rows += [(x < late_from).astype(float)]
        known = np.array(rows)
        rank = np.linalg.matrix_rank(known)
        kept = [i for i, wave in enumerate(there) if wave.value is None]
        for size in range(1, len(kept) + 1):
            for some in combinations(kept, size):
                if sum(there[i].n for i in some) < 10:
                    alone = np.eye(len(x))[list(some)]
                    assert np.linalg.matrix_rank(np.vstack([known, alone])) == rank + size
        assert all(wave.value is None for wave in told.waves if wave.size is GroupSize.SUPPRESSED)

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
