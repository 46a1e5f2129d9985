"""Whoever tells an interval without a width says so, at the line that asked for it."""

import warnings
from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from crmkit.errors import AssumptionWarning
from crmkit.satisfaction import (
    LIKERT5,
    Item,
    Metric,
    Survey,
    acsi,
    ces,
    intent_loyalty,
    lead_over,
    mean_disconfirmation,
    nps,
    rank_survey_improvements,
    rescaled_mean,
    rolling_scores,
    score_table,
    standardised_trend,
)
from crmkit.stats import bootstrap, mean_difference, mean_interval, weighted_mean


ALIKE = [4] * 30
FRAME = pd.DataFrame(
    {
        "q": ALIKE,
        "repurchase": ALIKE,
        "recommend": ALIKE,
        "segment": ["a", "b"] * 15,
        "region": ["N"] * 30,
        "period": [1] * 30,
        "answered_at": pd.date_range("2026-03-01", periods=30, tz="UTC"),
    }
)
FLAT: dict[str, Callable[[], object]] = {
    "mean_interval": lambda: mean_interval([0.1] * 3),
    "mean_difference": lambda: mean_difference([4, 4], [5, 5]),
    "weighted_mean": lambda: weighted_mean(ALIKE),
    "only one score that weighs": lambda: weighted_mean([4, 4, 5], weights=[1, 2, 0]),
    "rescaled_mean": lambda: rescaled_mean(ALIKE, scale=LIKERT5),
    "acsi": lambda: acsi(FRAME, item_weights={"q": 1.0}),
    "intent_loyalty": lambda: intent_loyalty(FRAME),
    "intent_loyalty by region": lambda: intent_loyalty(FRAME, by="region"),
    "acsi by region": lambda: acsi(FRAME, item_weights={"q": 1.0}, by="region"),
    "ces": lambda: ces(ALIKE, scale=LIKERT5, direction="high_is_easy"),
    "nps, wald": lambda: nps(ALIKE, method="wald"),
    "nps, student-t": lambda: nps(ALIKE, method="student-t"),
    "nps, bootstrap": lambda: nps(ALIKE, method="bootstrap"),
    "bootstrap": lambda: bootstrap([5] * 33 + [4] * 17, statistic=median, rng=1),
    "mean_disconfirmation": lambda: mean_disconfirmation(
        FRAME, scale=LIKERT5, expected="repurchase", perceived="recommend"
    ),
    "score_table": lambda: score_table(FRAME[["q"]], survey=Survey.of("s", 1, [Item("q")])),
    "lead_over": lambda: lead_over(ALIKE, [1, 2, 3, 4, 5], scale=LIKERT5),
    "rolling_scores": lambda: rolling_scores(
        FRAME, metric=Metric.mean(), within=timedelta(days=30), score="q", timezone="UTC"
    ),
    "rank_survey_improvements": lambda: rank_survey_improvements(
        FRAME[["q"]], survey=Survey.of("s", 1, [Item("q")])
    ),
}


def median(scores: NDArray[np.float64], sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where the sums of weights pass a half."""
    reached = sums.cumsum(axis=1) * 2 >= sums.sum(axis=1, keepdims=True)
    found: NDArray[np.float64] = scores[reached.argmax(axis=1)]
    return found


# As many names as there are ways to tell such groups, each with the group that it is of.
BY_REGION: dict[str, Callable[[], object]] = {
    "rescaled_mean": lambda: rescaled_mean(FRAME, satisfied="q", scale=LIKERT5, by="region"),
    "ces": lambda: ces(FRAME, effort="q", scale=LIKERT5, direction="low_is_easy", by="region"),
    "nps, wald": lambda: nps(FRAME, recommend="q", method="wald", by="region"),
    "nps, student-t": lambda: nps(FRAME, recommend="q", method="student-t", by="region"),
    "nps, bootstrap": lambda: nps(FRAME, recommend="q", method="bootstrap", by="region"),
    "intent_loyalty": lambda: intent_loyalty(FRAME, by="region"),
    "acsi": lambda: acsi(FRAME, item_weights={"q": 1.0}, by="region"),
    "score_table": lambda: score_table(
        FRAME[["q", "region"]], survey=Survey.of("s", 1, [Item("q")]), by="region"
    ),
}


class TestWarnOfNoWidth:
    @pytest.mark.parametrize("asked", FLAT.values(), ids=list(FLAT))
    def test_is_told_at_the_callers_line(self, asked: Callable[[], object]) -> None:
        with pytest.warns(AssumptionWarning, match="the interval has no width") as told:
            asked()

        assert {one.filename for one in told} == {__file__}

    @pytest.mark.parametrize("asked", BY_REGION.values(), ids=list(BY_REGION))
    def test_names_the_group(self, asked: Callable[[], object]) -> None:
        with pytest.warns(AssumptionWarning, match="in region 'N'"):
            asked()

    def test_names_the_segments_whose_part_seems_to_be_known(self) -> None:
        with pytest.warns(AssumptionWarning, match="segment 'a' in period 1") as told:
            standardised_trend(FRAME, metric=Metric.mean(LIKERT5), score="q")

        assert {one.filename for one in told} == {__file__}

    @pytest.mark.parametrize("asked", [mean_interval, weighted_mean])
    def test_is_silent_where_anything_differs(self, asked: Callable[[list[float]], object]) -> None:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            asked([4, 4, 5])

        assert told == []
