import math

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import stats
from statsmodels.regression.linear_model import (  # type: ignore[import-untyped]  # it has no stubs
    OLS,
)

from crmkit.errors import InvalidValueError
from crmkit.satisfaction import Metric, nps, standardised_trend
from tests.value.engines import ENGINES, Columns, Schema, in_engine, rows_of


NPS = Metric.net_promoter()
SCHEMA: Schema = {
    "period": pl.Int64,
    "segment": pl.String,
    "score": pl.Float64,
    "weight": pl.Float64,
}
MIX = {"north": 0.5, "south": 0.3, "west": 0.2}


def drawn(*, seed: int = 2) -> Columns:
    """Three segments in two periods; their mix moves."""
    rng = np.random.default_rng(seed)
    sizes = {
        (2025, "north"): 60,
        (2025, "south"): 20,
        (2025, "west"): 15,
        (2026, "north"): 25,
        (2026, "south"): 30,
        (2026, "west"): 50,
    }
    cells = [cell for cell, size in sizes.items() for _ in range(size)]
    return {
        "period": [period for period, _ in cells],
        "segment": [segment for _, segment in cells],
        "score": [float(score) for score in rng.integers(0, 11, len(cells))],
        "weight": [float(w) / 8 for w in rng.integers(4, 30, len(cells))],
    }


class TestStandardisedTrend:
    @pytest.mark.parametrize("engine", ENGINES)
    def test_is_the_contrast_of_a_regression_on_cells(self, engine: str) -> None:
        """HC2 of statsmodels gives every cell the variance of its own mean."""
        columns = drawn()
        frame = pd.DataFrame(columns)

        table = standardised_trend(
            in_engine(engine, columns, SCHEMA), metric=Metric.mean(), mix=MIX
        )

        for row, (period, part) in zip(rows_of(table), frame.groupby("period"), strict=True):
            cells = pd.get_dummies(part["segment"]).astype(float)
            fitted = OLS(part["score"], cells).fit(cov_type="HC2")
            tested = fitted.t_test([MIX[name] for name in cells.columns])
            told = dict(zip(("period", "value", "adjusted", "low", "high"), row, strict=False))
            assert told["period"] == period
            assert told["value"] == pytest.approx(part["score"].mean())
            assert told["adjusted"] == pytest.approx(float(np.squeeze(tested.effect)))
            # By hand: Satterthwaite's degrees of freedom of these errors.
            parts = [(share, part["score"][part["segment"] == name]) for name, share in MIX.items()]
            errors = [share**2 * scores.var() / len(scores) for share, scores in parts]
            lost = [e**2 / (len(scores) - 1) for e, (_, scores) in zip(errors, parts, strict=True)]
            freedom = sum(errors) ** 2 / sum(lost)
            reach = stats.t.ppf(0.975, freedom) * float(np.squeeze(tested.sd))
            assert told["high"] == pytest.approx(told["adjusted"] + reach)  # type: ignore[operator]  # numbers
            assert told["low"] == pytest.approx(told["adjusted"] - reach)  # type: ignore[operator]  # numbers

    def test_takes_out_what_the_mix_alone_has_moved(self) -> None:
        """By hand: the north stays at 50, the south at 0; 80 : 20 turns into 20 : 80."""
        frame = pl.DataFrame(
            {
                "period": [1] * 100 + [2] * 100,
                "segment": ["N"] * 80 + ["S"] * 20 + ["N"] * 20 + ["S"] * 80,
                "score": [10, 10, 10, 5] * 20 + [10, 5] * 10 + [10, 10, 10, 5] * 5 + [10, 5] * 40,
            }
        )

        table = standardised_trend(frame, metric=NPS)

        assert table["value"].to_list() == [40, 10]
        assert table["adjusted"].to_list() == pytest.approx([25, 25])
        assert table["method"].to_list() == ["direct standardisation"] * 2

    def test_tells_the_crude_score_of_all_answers(self) -> None:
        columns = drawn()
        frame = pd.DataFrame(columns)

        table = standardised_trend(frame, metric=NPS, weights="weight")

        of = frame[frame["period"] == 2025]
        expected = nps(of["score"], weights=of["weight"])
        assert table["value"][0] == pytest.approx(expected.value)
        assert table["n"].to_list() == [95, 105]

    def test_of_a_periods_own_mix_is_its_crude_score(self) -> None:
        columns = drawn()
        frame = pl.DataFrame(columns).filter(pl.col("period") == 2025)

        table = standardised_trend(frame, metric=Metric.mean())

        assert table["adjusted"].to_list() == pytest.approx(table["value"].to_list())

    def test_does_not_mind_the_unit_of_the_mix(self) -> None:
        frame = pl.DataFrame(drawn())

        shares = standardised_trend(frame, metric=NPS, mix=MIX)
        people = standardised_trend(
            frame, metric=NPS, mix={name: 1000 * share for name, share in MIX.items()}
        )

        assert people["low"].to_list() == pytest.approx(shares["low"].to_list())

    def test_says_where_there_is_no_interval(self) -> None:
        frame = pl.DataFrame(
            {"period": [1] * 40, "segment": ["N", "S"] * 20, "score": [10, 5] * 20}
        )

        table = standardised_trend(frame, metric=NPS)

        assert table.select("adjusted", "low", "note").rows() == [(0, None, "no spread")]

    def test_keeps_small_periods_back(self) -> None:
        frame = pl.DataFrame(
            {
                "period": [1] * 5 + [2] * 40 + [3] * 80,
                "segment": ["N"] * 125,
                "score": [10, 5, 9, 8, 7] * 25,
            }
        )

        table = standardised_trend(frame, metric=NPS)

        assert table["group_size"].to_list() == ["suppressed", "complementary", "shown"]
        assert [value is None for value in table["adjusted"].to_list()] == [True, True, False]
        assert [value is None for value in table["value"].to_list()] == [True, True, False]

    def test_leaves_out_a_segment_without_a_part_of_the_mix(self) -> None:
        frame = pl.DataFrame(
            {"period": [1] * 31, "segment": ["N"] * 30 + ["S"], "score": [10, 5] * 15 + [0]}
        )

        table = standardised_trend(frame, metric=NPS, mix={"N": 1, "S": 0})

        assert table["adjusted"].to_list() == [0]

    @pytest.mark.parametrize("last", [[], ["S"]])
    def test_names_the_segment_that_a_period_lacks(self, last: list[str]) -> None:
        segments = ["N", "S"] * 20 + ["N"] * 40 + last
        periods = [1] * 40 + [2] * (40 + len(last))
        frame = pl.DataFrame({"period": periods, "segment": segments, "score": [9] * len(periods)})

        with pytest.raises(InvalidValueError, match="of segment 'S' in period 2; pool segments"):
            standardised_trend(frame, metric=NPS)

    @pytest.mark.parametrize("mix", [{"north": 1}, {**MIX, "east": 1}])
    def test_refuses_a_mix_of_other_segments(self, mix: dict[str, float]) -> None:
        with pytest.raises(InvalidValueError, match="must name the segments of segment, each once"):
            standardised_trend(pl.DataFrame(drawn()), metric=NPS, mix=mix)

    @pytest.mark.parametrize("share", [-1, math.nan, math.inf])
    def test_refuses_a_share_that_is_none(self, share: float) -> None:
        with pytest.raises(InvalidValueError, match=r"mix\['west'\] is .* must be 0 or more"):
            standardised_trend(pl.DataFrame(drawn()), metric=NPS, mix={**MIX, "west": share})

    def test_refuses_a_mix_of_nobody(self) -> None:
        nobody = dict.fromkeys(MIX, 0.0)

        with pytest.raises(InvalidValueError, match="must not all be 0"):
            standardised_trend(pl.DataFrame(drawn()), metric=NPS, mix=nobody)
