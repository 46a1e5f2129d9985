import math
import warnings

import polars as pl
import pytest
from hypothesis import given, strategies as st
from scipy import stats

from crmkit.errors import AssumptionWarning, InvalidValueError
from crmkit.satisfaction import LIKERT5, LIKERT7, EffortDirection, Scale, ces, rescaled_mean
from crmkit.stats import weighted_mean
from tests.value.engines import ENGINES, Columns, Schema, in_engine, rows_of


# Two different answers at least: all alike are warned of.
ANSWERS = st.lists(st.integers(1, 7), max_size=60).map(lambda more: [2, 5, *more])


class TestRescaledMean:
    @given(ANSWERS)
    def test_stretches_students_interval_of_scipy(self, scores: list[int]) -> None:
        # The mean of 1 to 7, less 1, over 6, times 100.
        mean, error = sum(scores) / len(scores), stats.sem(scores)
        ends = stats.t.interval(0.95, len(scores) - 1, mean, error)

        told = rescaled_mean(scores, scale=LIKERT7)

        low, high = (100 * (end - 1) / 6 for end in ends)
        assert told.value == pytest.approx(100 * (mean - 1) / 6, abs=1e-9)
        assert told.low == pytest.approx(max(low, 0), abs=1e-9)
        assert told.high == pytest.approx(min(high, 100), abs=1e-9)
        assert told.method == "student-t"

    def test_weighs_by_the_linearised_interval(self) -> None:
        scores, weights = [5, 4, 2, 3], [1.0, 3.0, 0.5, 1.0]

        told = rescaled_mean(scores, scale=LIKERT5, weights=weights)

        # By hand: Σwx / Σw = 21/5.5; R's svymean has the same formula as `weighted_mean`.
        assert told.value == pytest.approx(25 * (21 / 5.5 - 1))
        expected = weighted_mean([25.0 * (score - 1) for score in scores], weights=weights)
        assert told.low == pytest.approx(max(expected.low, 0))
        assert told.method == "linearised"

    def test_counts_who_is_silent(self) -> None:
        told = rescaled_mean([5, None, 3, math.nan], scale=LIKERT5)

        assert (told.value, told.n, told.n_missing) == (75, 2, 2)

    def test_warns_where_all_answers_are_alike(self) -> None:
        with pytest.warns(
            AssumptionWarning, match="all 3 answers are 4: the interval has no width"
        ):
            told = rescaled_mean([4, 4, 4], scale=LIKERT5)

        assert (told.low, told.high) == (75, 75)

    def test_warns_at_the_callers_line(self) -> None:
        with warnings.catch_warnings(record=True, action="always") as told:
            rescaled_mean([4, 4, 4], scale=LIKERT5)

        assert told[0].filename == __file__

    @pytest.mark.parametrize("scores", [[4], [4, None]])
    def test_refuses_a_lone_respondent(self, scores: list[int | None]) -> None:
        with pytest.raises(InvalidValueError, match="one value tells no spread"):
            rescaled_mean(scores, scale=LIKERT5)

    def test_refuses_nobody(self) -> None:
        with pytest.raises(InvalidValueError, match="nobody answered"):
            rescaled_mean([None], scale=LIKERT5)

    def test_refuses_what_is_no_scale(self) -> None:
        with pytest.raises(InvalidValueError, match="must be a Scale"):
            rescaled_mean([5, 4], scale=5)  # type: ignore[call-overload]  # refused

    @pytest.mark.parametrize("engine", ENGINES)
    def test_of_groups_is_each_groups_own(self, engine: str) -> None:
        schema: Schema = {"q": pl.Int64, "region": pl.String}
        columns: Columns = {
            "q": [5, 4] * 15 + [1, 3] * 20 + [None],
            "region": ["south"] * 30 + ["north"] * 40 + ["empty"],
        }
        frame = in_engine(engine, columns, schema)

        told = rows_of(rescaled_mean(frame, scale=LIKERT5, satisfied="q", by="region"))

        assert [row[0] for row in told] == ["empty", "north", "south"]
        assert told[0][1] is None or told[0][1] != told[0][1]
        assert [row[1] for row in told[1:]] == [25, 87.5]
        assert [row[4:6] for row in told] == [(0, 1), (40, 0), (30, 0)]
        expected = rescaled_mean([5, 4] * 15, scale=LIKERT5)
        assert told[2][2] == pytest.approx(expected.low)

    def test_warns_where_few_of_many_weigh_anything(self) -> None:
        scores, weights = [5, 4] * 20, [1.0] * 5 + [1e-9] * 35

        with pytest.warns(AssumptionWarning, match="40 answers weigh as 5 would"):
            rescaled_mean(scores, scale=LIKERT5, weights=weights)


class TestCes:
    def test_is_the_mean_where_high_is_easy(self) -> None:
        told = ces([7, 6, 6, 5, 2], scale=LIKERT7, direction="high_is_easy")

        assert told.value == pytest.approx(26 / 5)
        assert told.high == 7  # the interval ends where the scale does

    def test_is_turned_where_low_is_easy(self) -> None:
        # The question of 2010: efforts 1, 2, 2, 5 on 1 to 5 are eases 5, 4, 4, 1.
        told = ces([1, 2, 2, 5], scale=LIKERT5, direction=EffortDirection.LOW_IS_EASY)

        assert told.value == 3.5

    @pytest.mark.parametrize(("direction", "share"), [("high_is_easy", 0.6), ("low_is_easy", 0.2)])
    def test_counts_the_easy_end(self, direction: str, share: float) -> None:
        # Of 7, 6, 6, 4, 1: three at 6 or 7, one at 1 or 2.
        told = ces([7, 6, 6, 4, 1], scale=LIKERT7, direction=direction, k=2)

        assert (told.value, told.method) == (share, "easiest 2 of 7, wilson")

    def test_has_no_direction_by_itself(self) -> None:
        with pytest.raises(TypeError, match="direction"):
            ces([7, 6], scale=LIKERT7)  # type: ignore[call-overload]  # refused
        with pytest.raises(InvalidValueError, match="is no EffortDirection"):
            ces([7, 6], scale=LIKERT7, direction="up")

    @pytest.mark.parametrize("k", [0, 7, True])
    def test_refuses_boxes_that_leave_none(self, k: int) -> None:
        with pytest.raises(InvalidValueError, match=r"k is .*from 1 to 6"):
            ces([7, 6], scale=LIKERT7, direction="high_is_easy", k=k)

    @pytest.mark.parametrize("engine", ENGINES)
    def test_of_groups_is_each_groups_own(self, engine: str) -> None:
        columns: Columns = {"effort": [7, 5] * 20, "region": ["a", "b"] * 20}
        frame = in_engine(engine, columns, {"effort": pl.Int64, "region": pl.String})

        told = rows_of(ces(frame, scale=Scale(1, 7), direction="low_is_easy", k=3, by="region"))

        assert [row[:2] for row in told] == [("a", 0.0), ("b", 1.0 * (8 - 5 > 4))]
