import math
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, strategies as st
from scipy import stats

from crmkit.errors import InvalidValueError
from crmkit.satisfaction import (
    LIKERT5,
    Metric,
    compare_nps,
    compare_paired_nps,
    compare_paired_scores,
    compare_scores,
)
from crmkit.stats import compare_net_scores, compare_shares
from tests.value.engines import ENGINES, FEWEST, Columns, Schema, in_engine


SCHEMA: Schema = {"recommend": pl.Float64, "weight": pl.Float64}
ANSWERS = st.lists(
    st.tuples(st.integers(0, 10) | st.none(), st.integers(1, 80)), min_size=1, max_size=30
).filter(lambda answers: any(score is not None for score, _ in answers))


def side(score: int) -> int:
    return (score >= 9) - (score <= 6)


class TestCompareNps:
    def test_is_that_of_a_hand_calculation(self) -> None:
        """60, 25, 15 against 45, 30, 25 of a hundred each.

        p' = 60.75/103, d' = 15.75/103: s = .436893, v = .551842; 45.75 and 25.75: s = .194175,
        v = .656471. z = .242718 / sqrt((.551842 + .656471)/103) = 2.2409.
        """
        july, june = [10] * 60 + [8] * 25 + [4] * 15, [9] * 45 + [7] * 30 + [0] * 25

        found = compare_nps(july, june)

        assert (found.first, found.second, found.difference.value) == (45, 20, 25)
        assert found.statistic == pytest.approx(2.2409, abs=5e-5)
        assert found.p_value == pytest.approx(2 * stats.norm.sf(2.2409), abs=5e-6)
        assert (found.n_1, found.n_2) == (100, 100)

    @FEWEST
    @given(ANSWERS, ANSWERS)
    def test_is_the_same_in_every_engine(
        self,
        first: list[tuple[int | None, int]],
        second: list[tuple[int | None, int]],
    ) -> None:
        groups: list[Columns] = [
            {"recommend": [s for s, _ in part], "weight": [w / 8 for _, w in part]}
            for part in (first, second)
        ]
        plain = compare_nps(*(part["recommend"] for part in groups))  # type: ignore[arg-type]  # scores
        heavy = compare_nps(
            *(part["recommend"] for part in groups),  # type: ignore[arg-type]  # scores
            weights=tuple(part["weight"] for part in groups),  # type: ignore[arg-type]  # a pair
        )

        for engine in ENGINES:
            frames = [in_engine(engine, part, SCHEMA) for part in groups]
            for weights, expected in ((None, plain), ("weight", heavy)):
                found = compare_nps(*frames, weights=weights)

                assert found.p_value == pytest.approx(expected.p_value, abs=1e-9), engine
                assert found.difference.to_dict() == pytest.approx(expected.difference.to_dict())

    @given(st.lists(st.integers(0, 10), min_size=1, max_size=30))
    def test_finds_nothing_between_a_group_and_itself(self, scores: list[int]) -> None:
        found = compare_nps(scores, scores)

        assert (found.difference.value, found.p_value) == (0, 1)

    def test_codes_before_it_compares(self) -> None:
        first, second = [10, 9, 3, 7], [10, 6, 6, 8, 2]

        found = compare_nps(first, second)

        expected = compare_net_scores([side(s) for s in first], [side(s) for s in second])
        assert found == expected

    def test_reads_the_column_it_is_told_of(self) -> None:
        june, july = pd.DataFrame({"q1": [9, 3, None]}), pd.DataFrame({"q1": [10, 10, 3]})

        found = compare_nps(july, june, recommend="q1")

        assert (found.first, found.second) == pytest.approx((100 / 3, 0))
        assert (found.difference.n, found.difference.n_missing) == (5, 1)

    @pytest.mark.parametrize("engine", ENGINES)
    @pytest.mark.parametrize("wrong", [11.0, 7.5, math.inf])
    def test_refuses_what_is_off_the_scale(self, engine: str, wrong: float) -> None:
        good = in_engine(engine, {"recommend": [9.0], "weight": [1.0]}, SCHEMA)
        bad = in_engine(engine, {"recommend": [wrong], "weight": [1.0]}, SCHEMA)

        with pytest.raises(InvalidValueError, match="must be a whole number from 0 to 10"):
            compare_nps(good, bad)

    def test_refuses_values_off_the_scale_by_the_group(self) -> None:
        with pytest.raises(InvalidValueError, match="second is 11: it must be a whole number"):
            compare_nps([10], [11])

    @pytest.mark.parametrize("engine", ENGINES)
    def test_refuses_when_nobody_answered(self, engine: str) -> None:
        good = in_engine(engine, {"recommend": [9.0], "weight": [1.0]}, SCHEMA)

        for rows in ([], [None]):
            columns: Columns = {"recommend": rows, "weight": [1.0] * len(rows)}
            with pytest.raises(InvalidValueError, match="nobody answered"):
                compare_nps(good, in_engine(engine, columns, SCHEMA))

    @pytest.mark.parametrize("engine", ENGINES)
    @pytest.mark.parametrize("weight", [-1.0, math.nan, None, 1e200])
    def test_refuses_weights_that_are_none(self, engine: str, weight: float | None) -> None:
        bad = in_engine(engine, {"recommend": [9.0, 3.0], "weight": [1.0, weight]}, SCHEMA)

        with pytest.raises(InvalidValueError, match=r"^weight is .*: it must be 0, or from 1e-100"):
            compare_nps(bad, bad, weights="weight")

    def test_refuses_a_frame_against_values(self) -> None:
        frame = pl.DataFrame({"recommend": [9]})

        with pytest.raises(InvalidValueError, match="both be frames, or both values"):
            compare_nps(frame, [10])  # type: ignore[call-overload]  # refused

    def test_refuses_weights_that_are_no_pair(self) -> None:
        with pytest.raises(InvalidValueError, match="must be a pair"):
            compare_nps([10], [9], weights=[1, 1])  # type: ignore[call-overload]  # refused
        with pytest.raises(InvalidValueError, match="must be a pair"):
            compare_nps([10], [9], weights="weight")  # type: ignore[call-overload]  # refused

    def test_refuses_weights_beside_frames(self) -> None:
        frame = pl.DataFrame({"recommend": [9]})

        with pytest.raises(InvalidValueError, match="must name a column of both frames"):
            compare_nps(frame, frame, weights=([1], [1]))  # type: ignore[call-overload]  # refused

    def test_refuses_a_column_where_there_are_no_frames(self) -> None:
        with pytest.raises(InvalidValueError, match="where there are no frames"):
            compare_nps([10], [9], recommend="q1")  # type: ignore[call-overload]  # refused


class TestComparePairedNps:
    @given(st.lists(st.tuples(st.integers(0, 10), st.integers(0, 10)), min_size=2, max_size=30))
    def test_is_students_test_of_points(self, pairs: list[tuple[int, int]]) -> None:
        apart = [100 * (side(one) - side(two)) for one, two in pairs]
        if len(set(apart)) == 1:
            return

        found = compare_paired_nps([one for one, _ in pairs], [two for _, two in pairs])

        expected = stats.ttest_1samp(apart, 0)
        assert found.statistic == pytest.approx(expected.statistic, abs=1e-9)
        assert found.p_value == pytest.approx(expected.pvalue, abs=1e-9)
        assert found.difference.value == pytest.approx(np.mean(apart), abs=1e-9)

    def test_leaves_out_who_answered_once(self) -> None:
        found = compare_paired_nps(pd.Series([10, None, 3, 9]), pd.Series([9, 9, None, 3]))

        assert (found.n_1, found.difference.n_missing) == (2, 2)

    def test_refuses_what_is_off_the_scale(self) -> None:
        with pytest.raises(InvalidValueError, match="second is 11"):
            compare_paired_nps([10, 9], [11, 9])


class TestCheckMetric:
    @pytest.mark.parametrize("compare", [compare_scores, compare_paired_scores])
    def test_refuses_what_is_no_metric(self, compare: Any) -> None:
        with pytest.raises(InvalidValueError, match="metric is 'nps': it must be a Metric"):
            compare([9, 8], [7, 6], metric="nps")


class TestCompareScores:
    def test_compares_boxes_by_the_score_test(self) -> None:
        first, second = [5, 4, 4, 2, 1], [3, 3, 5, 1]

        found = compare_scores(first, second, metric=Metric.top_box(LIKERT5, k=2))

        assert found == compare_shares([1, 1, 1, 0, 0], [0, 0, 1, 0])

    def test_compares_means_by_welchs_test(self) -> None:
        first, second = [72.5, 80, 64, 91], [60, 55.5, 71]
        frames = [pl.LazyFrame({"mark": told}, strict=False) for told in (first, second)]

        found = compare_scores(first, second, metric=Metric.mean())
        asked = compare_scores(*frames, metric=Metric.mean(), score="mark")

        expected = stats.ttest_ind(first, second, equal_var=False)
        assert found.p_value == pytest.approx(expected.pvalue, abs=1e-12)
        assert asked.p_value == pytest.approx(expected.pvalue, abs=1e-12)

    @pytest.mark.parametrize("engine", ENGINES)
    def test_refuses_what_is_infinite(self, engine: str) -> None:
        frame = in_engine(engine, {"score": [1.0, math.inf]}, {"score": pl.Float64})

        with pytest.raises(InvalidValueError, match=r"score is inf: it must be finite"):
            compare_scores(frame, frame, metric=Metric.mean())


class TestComparePairedScores:
    def test_compares_boxes_by_mcnemars_test(self) -> None:
        # Three came to the box, none left it: z = 3 / √3.
        before, after = [3, 3, 2, 4, 5, 3, 2, 4], [4, 4, 4, 4, 5, 3, 3, 4]

        found = compare_paired_scores(after, before, metric=Metric.top_box(LIKERT5))

        assert found.statistic == pytest.approx(math.sqrt(3), rel=1e-12)
        assert found.difference.value == 0.375

    def test_compares_means_under_weights(self) -> None:
        first, second, weights = [5, 4, 3], [4, 4, 1], [1, 2, 1]

        found = compare_paired_scores(first, second, metric=Metric.mean(LIKERT5), weights=weights)

        # By hand: (1 · 1 + 2 · 0 + 1 · 2) / 4.
        assert found.difference.value == pytest.approx(0.75, rel=1e-12)
