import math
from datetime import date

import numpy as np
import pandas as pd
import polars as pl
import pytest
from statsmodels.stats.multitest import (  # type: ignore[import-untyped]  # it has no stubs
    multipletests,
)

from crmkit.errors import InvalidValueError
from crmkit.satisfaction import LIKERT5, Metric, compare_groups, compare_scores
from tests.value.engines import ENGINES, Columns, Schema, in_engine, rows_of


NPS = Metric.net_promoter()
SCHEMA: Schema = {"region": pl.String, "score": pl.Int64, "weight": pl.Float64}


def drawn(sizes: dict[str, int], *, seed: int = 1) -> Columns:
    """So many answers of each region, of whom some are silent."""
    rng = np.random.default_rng(seed)
    regions = [region for region, size in sizes.items() for _ in range(size)]
    scores = [int(score) for score in rng.integers(0, 11, len(regions))]
    return {
        "region": regions,
        "score": [None if place % 17 == 16 else score for place, score in enumerate(scores)],
        "weight": [float(w) / 8 for w in rng.integers(1, 40, len(regions))],
    }


def of(columns: Columns, region: str) -> list[int | None]:
    return [
        score  # type: ignore[misc]  # scores
        for own, score in zip(columns["region"], columns["score"], strict=True)
        if own == region
    ]


class TestCompareGroups:
    @pytest.mark.parametrize("engine", ENGINES)
    @pytest.mark.parametrize("weights", [None, "weight"])
    def test_compares_each_pair_and_adjusts_for_their_number(
        self, engine: str, weights: str | None
    ) -> None:
        columns = drawn({"east": 40, "north": 80, "south": 60, "west": 50})
        frame = pl.DataFrame(columns, schema=SCHEMA)

        table = compare_groups(
            in_engine(engine, columns, SCHEMA), metric=NPS, by="region", weights=weights
        )

        rows = [row[:14] for row in rows_of(table)]
        p_values = []
        for row in rows:
            pair = [frame.filter(pl.col("region") == name) for name in row[:2]]
            expected = compare_scores(pair[0], pair[1], metric=NPS, weights=weights)
            told = expected.difference
            assert row[2:12] == pytest.approx(
                (
                    expected.first,
                    expected.second,
                    told.value,
                    told.low,
                    told.high,
                    expected.n_1,
                    expected.n_2,
                    told.n_missing,
                    expected.statistic,
                    expected.p_value,
                )
            ), engine
            p_values.append(expected.p_value)
        assert len(rows) == 6
        holm = multipletests(p_values, method="holm")
        assert [row[12] for row in rows] == pytest.approx(list(holm[1]))
        assert [row[13] for row in rows] == list(holm[0])

    def test_gives_back_what_it_was_given(self) -> None:
        columns = drawn({"north": 40, "south": 50})
        told = [
            type(compare_groups(in_engine(engine, columns, SCHEMA), metric=NPS, by="region"))
            for engine in ENGINES
        ]

        expected = [type(in_engine(engine, columns, SCHEMA)) for engine in ENGINES]
        assert told == expected

    def test_does_not_mind_the_order_of_rows(self) -> None:
        frame = pl.DataFrame(drawn({"east": 40, "north": 80, "south": 60}), schema=SCHEMA)

        told = compare_groups(frame, metric=NPS, by="region")
        mixed = compare_groups(
            frame.sample(fraction=1, shuffle=True, seed=3), metric=NPS, by="region"
        )

        assert mixed.equals(told)

    def test_turns_to_the_share_of_false_finds_above_twenty(self) -> None:
        columns = drawn({f"region {place}": 30 for place in range(7)})

        table = compare_groups(pl.DataFrame(columns, schema=SCHEMA), metric=NPS, by="region")

        assert table.height == 21
        assert table["adjustment"].unique().to_list() == ["benjamini-hochberg"]
        expected = multipletests(table["p_value"].to_list(), method="fdr_bh")[1]
        assert table["p_adjusted"].to_list() == pytest.approx(list(expected))

    def test_compares_periods_with_the_one_before(self) -> None:
        days = [date(2026, month, 1) for month in (3, 1, 2) for _ in range(40)]
        frame = pl.DataFrame(
            {"month": days, "score": [10, 5] * 20 + [10] * 40 + [10, 9, 8, 7] * 10}
        )

        table = compare_groups(frame, metric=NPS, by="month", pairs="previous")

        assert table["group"].to_list() == [date(2026, 2, 1), date(2026, 3, 1)]
        assert table["against"].to_list() == [date(2026, 1, 1), date(2026, 2, 1)]
        assert table["difference"].to_list() == [-50, -50]

    def test_compares_each_with_all_others_pooled(self) -> None:
        columns = drawn({"east": 40, "north": 80, "south": 60})
        others = [*of(columns, "north"), *of(columns, "south")]

        table = compare_groups(pd.DataFrame(columns), metric=NPS, by="region", pairs="rest")

        expected = compare_scores(of(columns, "east"), others, metric=NPS)
        assert "against" not in table.columns
        assert table["p_value"][0] == pytest.approx(expected.p_value)
        assert table["second"][0] == pytest.approx(expected.second)

    def test_compares_with_one_group(self) -> None:
        columns = drawn({"east": 40, "north": 80, "south": 60})

        table = compare_groups(pd.DataFrame(columns), metric=NPS, by="region", against="north")

        assert table[["group", "against"]].to_numpy().tolist() == [
            ["east", "north"],
            ["south", "north"],
        ]

    def test_keeps_small_groups_back_and_does_not_test_them(self) -> None:
        told = {"east": [9] * 5, "north": [9, 3] * 50, "south": [10, 7] * 20, "west": [1, 9] * 10}
        frame = pl.DataFrame(
            {
                "region": [region for region, scores in told.items() for _ in scores],
                "score": [score for scores in told.values() for score in scores],
            }
        )

        table = compare_groups(frame, metric=NPS, by="region")

        # The total less all others would tell of the east: the west is kept back too.
        shown = table.filter(pl.col("difference").is_not_null())
        assert shown.select("group", "against").rows() == [("north", "south")]
        assert shown["p_adjusted"].to_list() == shown["p_value"].to_list()
        sizes = dict(zip(table["group"] + table["against"], table["group_size"], strict=True))
        assert sizes["eastnorth"] == "suppressed"
        assert sizes["northwest"] == "complementary"
        assert sizes["northsouth"] == "shown"
        hidden = table.filter(pl.col("difference").is_null())
        assert hidden.select(pl.col("first", "second", "p_value").is_null().all()).row(0) == (
            True,
            True,
            True,
        )
        assert not hidden["significant"].any()

    def test_flags_groups_of_fewer_than_thirty(self) -> None:
        table = compare_groups(
            pl.DataFrame(drawn({"east": 20, "north": 80}), schema=SCHEMA), metric=NPS, by="region"
        )

        assert table["group_size"].to_list() == ["few"]

    @pytest.mark.parametrize("engine", ENGINES)
    def test_says_where_means_do_not_spread(self, engine: str) -> None:
        columns: Columns = {
            "region": ["east"] * 12 + ["north"] * 12 + ["west"] * 12,
            "score": [5] * 12 + [4] * 12 + [1, 5] * 6,
            "weight": [1.0] * 36,
        }

        table = compare_groups(
            in_engine(engine, columns, SCHEMA), metric=Metric.mean(LIKERT5), by="region"
        )

        rows = {row[:2]: row for row in rows_of(table)}
        flat = rows["east", "north"]
        assert flat[-1] == "no spread"
        assert flat[11] is None or math.isnan(flat[11])  # type: ignore[arg-type]  # p_value
        assert rows["east", "west"][-1] == ""

    def test_says_where_nobody_answered(self) -> None:
        frame = pl.DataFrame({"region": ["east"] * 40 + ["west"], "score": [10, 3] * 20 + [None]})

        table = compare_groups(frame, metric=NPS, by="region")

        assert table.select("p_value", "note").rows() == [(None, "nobody answered")]

    def test_refuses_a_single_group(self) -> None:
        with pytest.raises(InvalidValueError, match="must hold two groups at least"):
            compare_groups(pl.DataFrame({"region": ["N"], "score": [9]}), metric=NPS, by="region")

    @pytest.mark.parametrize("engine", ENGINES)
    def test_refuses_a_frame_without_rows(self, engine: str) -> None:
        columns: Columns = {"region": [], "score": [], "weight": []}

        with pytest.raises(InvalidValueError, match="nobody answered"):
            compare_groups(in_engine(engine, columns, SCHEMA), metric=NPS, by="region")

    def test_refuses_another_choice_of_pairs(self) -> None:
        frame = pl.DataFrame({"region": ["N", "S"], "score": [9, 9]})

        with pytest.raises(InvalidValueError, match="each, previous, rest"):
            compare_groups(frame, metric=NPS, by="region", pairs="all")  # type: ignore[arg-type]  # refused

    def test_refuses_what_is_no_metric(self) -> None:
        frame = pd.DataFrame({"region": ["N", "S"], "score": [9, 8]})

        with pytest.raises(InvalidValueError, match="metric is 'nps': it must be a Metric"):
            compare_groups(frame, metric="nps", by="region")  # type: ignore[arg-type]  # refused

    def test_refuses_to_compare_with_what_is_no_group(self) -> None:
        frame = pl.DataFrame({"region": ["N", "S"], "score": [9, 9]})

        with pytest.raises(InvalidValueError, match="must be a group of region: 'N', 'S'"):
            compare_groups(frame, metric=NPS, by="region", against="west")

    @pytest.mark.parametrize("engine", ENGINES)
    def test_refuses_a_group_without_a_name(self, engine: str) -> None:
        columns: Columns = {"region": ["N", None], "score": [9, 9], "weight": [1.0, 1.0]}

        with pytest.raises(InvalidValueError, match=r"region is .*: it must not be empty"):
            compare_groups(in_engine(engine, columns, SCHEMA), metric=NPS, by="region")

    @pytest.mark.parametrize("engine", ENGINES)
    def test_does_not_test_a_group_that_has_no_weight(self, engine: str) -> None:
        columns: Columns = {
            "region": ["N"] * 40 + ["S"] * 40,
            "score": [9, 3] * 40,
            "weight": [0.0] * 40 + [1.0] * 40,
        }

        rows = rows_of(
            compare_groups(
                in_engine(engine, columns, SCHEMA), metric=NPS, by="region", weights="weight"
            )
        )

        assert [row[-2] for row in rows] == ["weightless"]
        assert [row[7:10] for row in rows] == [(0, 40, 40)]
