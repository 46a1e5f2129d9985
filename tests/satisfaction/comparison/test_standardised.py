import math

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import stats
from statsmodels.regression.linear_model import (  # type: ignore[import-untyped]  # it has no stubs
    OLS,
)
from statsmodels.stats.proportion import (  # type: ignore[import-untyped]  # it has no stubs
    confint_proportions_2indep,
    proportion_confint,
)

from crmkit.errors import AssumptionWarning, InvalidValueError
from crmkit.satisfaction import LIKERT5, Metric, nps, standardised_trend
from crmkit.stats import SmallGroupRule, adjusted_wald
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
    @pytest.mark.parametrize(("few", "size"), [(0, "empty"), (1, "suppressed"), (9, "suppressed")])
    def test_keeps_back_the_adjusted_score_alone_where_a_segment_is_too_small(
        self, few: int, size: str
    ) -> None:
        """As 2026 has too few of s, only 2025 is adjusted."""
        frame = pd.DataFrame(
            {
                "period": [2025] * 80 + [2026] * (40 + few),
                "segment": ["n"] * 40 + ["s"] * 40 + ["n"] * 40 + ["s"] * few,
                "score": [9, 3] * 22 + [8] * 36 + [9, 3] * 20 + [8] * few,
            }
        )

        table = standardised_trend(frame, metric=NPS, mix={"n": 1, "s": 1})

        assert table["adjusted_size"].to_list() == ["shown", size]
        assert table["adjusted"].notna().to_list() == [True, False]
        assert table["value"].notna().to_list() == [True, True]

    def test_is_alone_where_a_rule_would_show_a_segment_of_one(self) -> None:
        frame = pd.DataFrame(
            {
                "period": [1] * 40 + [2] * 21,
                "segment": ["n", "s"] * 20 + ["n"] * 20 + ["s"],
                "score": [9, 3, 8] * 20 + [9],
            }
        )

        table = standardised_trend(
            frame, metric=NPS, rule=SmallGroupRule(suppress_below=1), mix={"n": 1, "s": 1}
        )

        assert table["adjusted_size"].to_list() == ["few", "alone"]

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

        with pytest.warns(
            AssumptionWarning, match="of segment 'N' in period 1, of segment 'S'"
        ) as w:
            table = standardised_trend(frame, metric=Metric.mean())

        assert table.select("adjusted", "low", "note").rows() == [(7.5, None, "no spread")]
        assert [one.filename for one in w] == [__file__]

    def test_warns_of_a_segment_that_rounding_alone_parts(self) -> None:
        frame = pl.DataFrame(
            {
                "period": [1] * 80,
                "segment": ["n", "s"] * 40,
                "score": [0.1 + 0.2, 0.5, 0.3, 0.7] * 20,
            }
        )

        with pytest.warns(AssumptionWarning, match="of segment 'n' in period 1 are alike"):
            standardised_trend(frame, metric=Metric.mean())

    def test_warns_of_a_segment_whose_answers_are_all_alike(self) -> None:
        """Two alike answers that stand for nine tenths are not known exactly."""
        frame = pl.DataFrame(
            {
                "period": [1] * 60 + [2] * 32,
                "segment": ["n", "s"] * 30 + ["n"] * 30 + ["s"] * 2,
                "score": [5, 4, 4, 3] * 15 + [5, 4, 3] * 10 + [5, 5],
            }
        )
        rule = SmallGroupRule(suppress_below=1)

        with pytest.warns(
            AssumptionWarning, match="of segment 's' in period 2 are alike: .* short"
        ):
            standardised_trend(frame, metric=Metric.mean(), mix={"n": 0.1, "s": 0.9}, rule=rule)

    def test_names_the_segment_of_a_period_that_is_shown(self) -> None:
        # Of five and of twelve nothing is told; of the hundred one alone is of the south.
        frame = pl.DataFrame(
            {
                "period": [1] * 5 + [2] * 12 + [3] * 100,
                "segment": ["n", "s"] * 8 + ["n"] * 100 + ["s"],
                "score": [5, 4, 3] * 39,
            }
        )

        with pytest.raises(InvalidValueError, match=r"period 3"):
            standardised_trend(frame, metric=Metric.mean())

    def test_names_three_segments_that_are_alike_and_counts_the_rest(self) -> None:
        frame = pl.DataFrame({"period": [1] * 50, "segment": [*"abcde"] * 10, "score": [5] * 50})

        with pytest.warns(AssumptionWarning, match="segment 'c' in period 1 and 2 more are alike"):
            standardised_trend(frame, metric=Metric.mean())

    @pytest.mark.parametrize("k", [1, 2])
    def test_of_one_segment_has_wilsons_interval(self, k: int) -> None:
        scores = [5] * 24 + [4] * 6
        frame = pl.DataFrame({"period": [1] * 30, "segment": ["n"] * 30, "score": scores})

        table = standardised_trend(frame, metric=Metric.top_box(LIKERT5, k=k))

        low, high = proportion_confint(24 if k == 1 else 30, 30, method="wilson")
        assert table["low"][0] == pytest.approx(low)
        assert table["high"][0] == pytest.approx(high)

    @pytest.mark.parametrize("yes", [(30, 30), (24, 40), (30, 12), (0, 17)])
    def test_of_two_segments_has_newcombes_interval_of_statsmodels(
        self, yes: tuple[int, int]
    ) -> None:
        """Half of p and half of 1 − q: its interval is that of p − q, moved and halved."""
        frame = pl.DataFrame(
            {
                "period": [1] * 70,
                "segment": ["n"] * 30 + ["s"] * 40,
                "score": [5] * yes[0] + [1] * (30 - yes[0]) + [1] * yes[1] + [5] * (40 - yes[1]),
            }
        )

        table = standardised_trend(frame, metric=Metric.top_box(LIKERT5, k=1), mix={"n": 1, "s": 1})

        ends = confint_proportions_2indep(
            yes[0], 30, yes[1], 40, method="newcomb", compare="diff", correction=False
        )
        assert table.select("low", "high").row(0) == pytest.approx([(end + 1) / 2 for end in ends])

    def test_of_a_net_score_stays_wide_where_all_promote(self) -> None:
        """By hand: .6 and .4 of the distances of the two segments' own intervals."""
        frame = pl.DataFrame(
            {"period": [1] * 60, "segment": ["n"] * 30 + ["s"] * 30, "score": [10] * 60}
        )

        table = standardised_trend(frame, metric=NPS, mix={"n": 0.6, "s": 0.4})

        below = 100 - adjusted_wald(30, 0, 30).low
        assert table["adjusted"].to_list() == [100]
        assert table["low"][0] == pytest.approx(100 - below * math.hypot(0.6, 0.4))
        assert table["high"].to_list() == [100]

    def test_keeps_the_adjusted_score_back_where_a_segment_is_small(self) -> None:
        """Crude and adjusted are two equations for the means of two segments."""
        frame = pl.DataFrame(
            {
                "period": [1] * 60 + [2] * 32,
                "segment": ["n", "s"] * 30 + ["n"] * 30 + ["s"] * 2,
                "score": [5, 4, 4, 3] * 15 + [5, 4, 3] * 10 + [5, 2],
            }
        )

        table = standardised_trend(frame, metric=Metric.mean(), mix={"n": 0.5, "s": 0.5})

        assert table["group_size"].to_list() == ["shown", "shown"]
        assert table["adjusted_size"].to_list() == ["shown", "suppressed"]
        assert [value is None for value in table["value"].to_list()] == [False, False]
        for name in ("adjusted", "low", "high", "method"):
            assert [value is None for value in table[name].to_list()] == [False, True], name
        assert table["note"].to_list() == ["", ""]

    def test_counts_nobody_who_has_no_weight(self) -> None:
        frame = pl.DataFrame(
            {
                "period": [1] * 80,
                "segment": ["n"] * 40 + ["s"] * 40,
                "score": [5, 4] * 40,
                "weight": [1.0] * 40 + [1.0] * 9 + [0.0] * 31,
            }
        )

        table = standardised_trend(frame, metric=Metric.mean(), weights="weight")

        assert table.select("n", "n_missing", "adjusted_size").rows() == [(49, 31, "suppressed")]

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
            {
                "period": [1] * 40,
                "segment": ["N"] * 30 + ["S"] * 10,
                "score": [10, 5] * 15 + [0] * 10,
            }
        )

        table = standardised_trend(frame, metric=NPS, mix={"N": 1, "S": 0})

        assert table["adjusted"].to_list() == [0]

    def test_is_kept_back_where_the_segment_left_out_is_small(self) -> None:
        # The crude score less that of the others would be the one's own.
        frame = pl.DataFrame(
            {"period": [1] * 31, "segment": ["N"] * 30 + ["S"], "score": [10, 5] * 15 + [0]}
        )

        table = standardised_trend(frame, metric=NPS, mix={"N": 1, "S": 0})

        assert table["adjusted"].to_list() == [None]

    @pytest.mark.parametrize("last", [[], ["S"]])
    def test_names_the_segment_that_a_period_lacks_where_none_can_be_adjusted(
        self, last: list[str]
    ) -> None:
        segments = ["S"] * 40 + ["N"] * 40 + last
        periods = [1] * 40 + [2] * (40 + len(last))
        frame = pl.DataFrame({"period": periods, "segment": segments, "score": [9] * len(periods)})

        with pytest.raises(InvalidValueError, match="of segment 'N' in period 1; pool segments"):
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
