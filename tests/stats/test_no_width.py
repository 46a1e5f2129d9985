"""Whoever tells an interval without a width says so, at the line that asked for it."""

from collections.abc import Callable
from datetime import timedelta

import pandas as pd
import pytest

from crmkit.errors import AssumptionWarning
from crmkit.satisfaction import (
    LIKERT5,
    Item,
    Metric,
    Survey,
    acsi,
    intent_loyalty,
    lead_over,
    rank_survey_improvements,
    rescaled_mean,
    rolling_scores,
)
from crmkit.stats import mean_difference, mean_interval, weighted_mean


ALIKE = [4] * 30
FRAME = pd.DataFrame(
    {
        "q": ALIKE,
        "repurchase": ALIKE,
        "recommend": ALIKE,
        "answered_at": pd.date_range("2026-03-01", periods=30, tz="UTC"),
    }
)
FLAT: dict[str, Callable[[], object]] = {
    "mean_interval": lambda: mean_interval([0.1] * 3),
    "mean_difference": lambda: mean_difference([4, 4], [5, 5]),
    "weighted_mean": lambda: weighted_mean(ALIKE),
    "only one score that weighs": lambda: weighted_mean([4, 4, 5], weights=[1, 2, 0]),
    "rescaled_mean": lambda: rescaled_mean(ALIKE, scale=LIKERT5),
    "acsi": lambda: acsi(FRAME, weights={"q": 1.0}),
    "intent_loyalty": lambda: intent_loyalty(FRAME),
    "lead_over": lambda: lead_over(ALIKE, [1, 2, 3, 4, 5], scale=LIKERT5),
    "rolling_scores": lambda: rolling_scores(
        FRAME, metric=Metric.mean(), within=timedelta(days=30), score="q", timezone="UTC"
    ),
    "rank_survey_improvements": lambda: rank_survey_improvements(
        FRAME[["q"]], survey=Survey.of("s", 1, [Item("q")])
    ),
}


class TestWarnOfNoWidth:
    @pytest.mark.parametrize("asked", FLAT.values(), ids=list(FLAT))
    def test_is_told_at_the_callers_line(self, asked: Callable[[], object]) -> None:
        with pytest.warns(AssumptionWarning, match="the interval has no width") as told:
            asked()

        assert {one.filename for one in told} == {__file__}

    def test_is_silent_where_anything_differs(self) -> None:
        assert mean_interval([4, 4, 5]).low < weighted_mean([4, 4, 5]).value
