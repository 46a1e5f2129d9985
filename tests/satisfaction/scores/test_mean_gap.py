"""The mean gap of a sample, against scipy's paired t test and statsmodels' weighted mean."""

import math

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, strategies as st
from scipy.stats import ttest_rel
from statsmodels.stats.weightstats import DescrStatsW  # type: ignore[import-untyped]  # no stubs

from crmkit.errors import AssumptionWarning, InvalidValueError
from crmkit.satisfaction import LIKERT5, Scale, mean_disconfirmation
from tests.value.engines import ENGINES, FEW, Columns, Schema, in_engine


SCHEMA: Schema = {"expected": pl.Float64, "perceived": pl.Float64, "weight": pl.Float64}
ANSWER = st.integers(1, 5) | st.none()


class TestMeanDisconfirmation:
    def test_is_the_paired_t_interval_of_scipy(self) -> None:
        rng = np.random.default_rng(1)
        frame = pd.DataFrame({name: rng.integers(1, 6, 80) for name in ("expected", "perceived")})

        gap = mean_disconfirmation(frame, scale=LIKERT5)

        told = ttest_rel(frame["perceived"], frame["expected"]).confidence_interval(0.95)
        assert (gap.low, gap.high) == pytest.approx((told.low, told.high))
        assert gap.value == pytest.approx((frame["perceived"] - frame["expected"]).mean())
        assert (gap.n, gap.n_missing, gap.method) == (80, 0, "student-t")

    @FEW
    @given(st.lists(st.tuples(ANSWER, ANSWER), max_size=20))
    def test_is_the_same_in_every_engine(
        self, answers: list[tuple[int | None, int | None]]
    ) -> None:
        rows = [(1, 5), (4, 2), *answers]
        columns: Columns = {
            "expected": [row[0] for row in rows],
            "perceived": [row[1] for row in rows],
            "weight": [1.0] * len(rows),
        }
        both = [p - e for e, p in rows if e is not None and p is not None]

        for engine in ENGINES:
            gap = mean_disconfirmation(in_engine(engine, columns, SCHEMA), scale=LIKERT5)
            assert gap.value == pytest.approx(np.mean(both)), engine
            assert (gap.n, gap.n_missing) == (len(both), len(rows) - len(both)), engine

    @pytest.mark.parametrize("engine", ENGINES)
    def test_weighs_respondents_and_leaves_out_who_weighs_nothing(self, engine: str) -> None:
        """With weights as frequencies the mean is statsmodels'; who weighs 0 does not count."""
        columns: Columns = {
            "expected": [4.0, 5.0, 3.0, 1.0],
            "perceived": [5.0, 3.0, 3.5, 5.0],
            "weight": [1.0, 2.0, 1.0, 0.0],
        }

        gap = mean_disconfirmation(
            in_engine(engine, columns, SCHEMA), scale=LIKERT5, weights="weight"
        )

        expected = DescrStatsW([1, -2, 0.5], weights=[1, 2, 1]).mean
        assert gap.value == pytest.approx(expected)
        assert (gap.n, gap.n_missing, gap.method) == (3, 1, "linearised")

    def test_is_cut_at_the_widest_gap(self) -> None:
        frame = pl.DataFrame({"before": [1, 1, 2], "after": [2, 2, 2]})

        gap = mean_disconfirmation(
            frame, scale=Scale(1, 2), expected="before", perceived="after", confidence=0.99
        )

        assert (gap.low, gap.high) == (-1, 1)

    def test_warns_where_all_gaps_are_alike(self) -> None:
        frame = pl.DataFrame({"expected": [1, 2, 3], "perceived": [2, 3, 4]})

        with pytest.warns(AssumptionWarning, match="no width"):
            assert mean_disconfirmation(frame, scale=LIKERT5).low == 1

    @pytest.mark.parametrize("engine", ENGINES)
    def test_refuses_what_is_off_the_scale(self, engine: str) -> None:
        columns: Columns = {"expected": [1.0, 99.0], "perceived": [2.0, 3.0], "weight": [1.0, 1.0]}

        with pytest.raises(InvalidValueError, match=r"^expected is 99.*, from 1 to 5, as in .*row"):
            mean_disconfirmation(in_engine(engine, columns, SCHEMA), scale=LIKERT5)

    def test_says_that_all_weights_are_0(self) -> None:
        frame = pl.DataFrame({"expected": [1, 2], "perceived": [2, 4], "weight": [0.0, 0.0]})

        with pytest.raises(InvalidValueError, match=r"weights is .*: it must not all be 0"):
            mean_disconfirmation(frame, scale=LIKERT5, weights="weight")

    @pytest.mark.parametrize("weight", [-1.0, math.nan, None, 1e-200, 1e200])
    def test_refuses_weights_that_are_none(self, weight: float | None) -> None:
        frame = pl.DataFrame({"expected": [1, 2], "perceived": [2, 4], "weight": [1.0, weight]})

        with pytest.raises(
            InvalidValueError, match=r"^weight is .*: it must be 0, or from 1e-100 to"
        ):
            mean_disconfirmation(frame, scale=LIKERT5, weights="weight")

    def test_refuses_a_single_gap_and_nobody(self) -> None:
        for before in ([1, None], [None, None]):
            frame = pl.DataFrame({"expected": before, "perceived": [2, 4]}, schema=None)
            with pytest.raises(InvalidValueError):
                mean_disconfirmation(frame, scale=LIKERT5)
