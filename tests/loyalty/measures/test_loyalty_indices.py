import warnings
from datetime import date
from statistics import mean, stdev
from typing import Any

import pandas as pd
import polars as pl
import pytest
from hypothesis import assume, given, strategies as st

from crmkit.errors import AssumptionWarning, InvalidValueError
from crmkit.loyalty import loyalty_index
from crmkit.stats import SmallGroupRule, weighted_mean
from tests.value.engines import ENGINES, FEWEST, Columns, Schema, in_engine, rows_of


SCORES: Schema = {"region": pl.String, "loyalty": pl.Float64, "weight": pl.Float64}


class TestLoyaltyIndex:
    @pytest.mark.parametrize("name", ["loyalty", "weights", "by"])
    def test_refuses_what_is_no_name_of_a_column(self, name: str) -> None:
        frame = pd.DataFrame({"loyalty": [75.0, 100.0], "region": ["N", "S"]})
        wrong: dict[str, Any] = {name: [[]]}

        with pytest.raises(InvalidValueError, match=r"(column|by) is \[\[\]\]: it must be"):
            loyalty_index(frame, **wrong)

    @pytest.mark.parametrize(
        ("values", "kinds"),
        [
            (["N", 1], "text and whole numbers"),
            ([True, 1], "flags and whole numbers"),
            (["N", date(2026, 1, 1)], "days and text"),
            ([0.5, "N"], "float and text"),
        ],
    )
    def test_refuses_groups_of_several_kinds(self, values: list[object], kinds: str) -> None:
        groups = pd.Series(values, dtype=object)
        frame = pd.DataFrame({"loyalty": [75.0, 100.0], "region": groups})

        with pytest.raises(InvalidValueError, match=f"region is a column of {kinds}: it must hold"):
            loyalty_index(frame, by="region")

    @pytest.mark.parametrize("gap", [None, float("nan"), pd.NA])
    def test_takes_every_gap_of_pandas_for_no_answer(self, gap: object) -> None:
        scores = pd.Series([75, 100, 50, gap, 75], dtype=object)

        told = loyalty_index(pd.DataFrame({"loyalty": scores}))

        assert (told.value, told.n, told.n_missing) == (75, 4, 1)

    @pytest.mark.parametrize("engine", ENGINES)
    def test_is_the_mean_with_students_interval(self, engine: str) -> None:
        """By hand, with Student's quantile of three degrees of freedom, 3.182."""
        scores = [75.0, 100.0, 50.0, None, 60.0]
        frame = in_engine(
            engine, {"region": ["N"] * 5, "loyalty": scores, "weight": [1.0] * 5}, SCORES
        )

        told = loyalty_index(frame)

        known = [75.0, 100.0, 50.0, 60.0]
        reach = 3.1824463052842638 * stdev(known) / 2
        assert told.value == pytest.approx(mean(known))
        assert told.low == pytest.approx(mean(known) - reach)
        assert told.high == 100
        assert (told.n, told.n_missing, told.method) == (4, 1, "student-t")

    @pytest.mark.parametrize("engine", ENGINES)
    def test_tells_groups_and_keeps_small_ones_back(self, engine: str) -> None:
        regions = ["W"] * 3 + ["N"] * 40 + ["S"] * 12 + ["E"] * 50
        scores = [float(place % 10 * 10) for place in range(len(regions))]
        frame = in_engine(
            engine, {"region": regions, "loyalty": scores, "weight": [2.0] * len(scores)}, SCORES
        )

        told = {row[0]: row for row in rows_of(loyalty_index(frame, by="region"))}

        assert [told[name][-1] for name in "ENSW"] == [
            "shown",
            "shown",
            "complementary",
            "suppressed",
        ]
        assert all(value is None or value != value for value in (*told["W"][1:6], *told["S"][1:6]))
        north = [score for score, region in zip(scores, regions, strict=True) if region == "N"]
        assert told["N"][1] == pytest.approx(mean(north))
        assert told["N"][4] == 40

    def test_says_where_one_alone_answered(self) -> None:
        frame = pd.DataFrame({"region": ["N"] * 3 + ["S"], "loyalty": [10, 20, 30, 40]})

        told = loyalty_index(
            frame, by="region", rule=SmallGroupRule(suppress_below=1, flag_below=1)
        )

        assert told["group_size"].to_list() == ["shown", "alone"]

    @FEWEST
    @given(
        st.lists(
            st.tuples(
                st.none() | st.integers(0, 100).map(float), st.sampled_from((0.0, 0.5, 1.0, 3.0))
            ),
            min_size=10,
            max_size=20,
        )
    )
    def test_is_the_weighted_mean_of_stats_in_every_engine(
        self, rows: list[tuple[float | None, float]]
    ) -> None:
        """`weighted_mean` is held to R's svymean; here the engine adds up."""
        scores, weights = map(list, zip(*rows, strict=True))
        known = {(score, weight) for score, weight in rows if score is not None and weight}
        assume(len({score for score, _ in known}) > 2)
        columns: Columns = {"region": ["N"] * len(rows), "loyalty": scores, "weight": weights}

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AssumptionWarning)  # few may weigh anything
            expected = weighted_mean(scores, weights=weights)
            for engine in ENGINES:
                told = loyalty_index(in_engine(engine, columns, SCORES), weights="weight")
                assert told.value == pytest.approx(expected.value)
                assert told.low == pytest.approx(max(expected.low, 0), abs=1e-9)
                assert told.high == pytest.approx(min(expected.high, 100))
                assert (told.n, told.n_missing) == (expected.n, expected.n_missing)
                assert told.method == expected.method

    def test_counts_groups_for_as_many_as_they_weigh(self) -> None:
        frame = pd.DataFrame(
            {
                "region": ["E"] * 40 + ["N"] * 40 + ["S"] * 5 + ["W"] * 40,
                "loyalty": [10.0, 90.0] * 20 + [30.0, 60.0] * 20 + [50.0] * 5 + [10.0, 20.0] * 20,
                "w": [1.0] * 40 + [1.0] + [1e-9] * 39 + [0.0] * 5 + [2.0] * 40,
            }
        )

        told = loyalty_index(frame, weights="w", by="region")

        assert told["group_size"].to_list() == [
            "complementary",
            "suppressed",
            "weightless",
            "shown",
        ]
        assert told["n_missing"].to_list()[2:] == [5, 0]

    def test_warns_where_few_weigh_anything(self) -> None:
        frame = pd.DataFrame({"loyalty": [10.0, 90.0] * 20, "w": [1.0] * 4 + [1e-6] * 36})

        with pytest.warns(AssumptionWarning, match="40 values weigh as 4 would"):
            loyalty_index(frame, weights="w")

    def test_warns_where_all_are_alike(self) -> None:
        with pytest.warns(AssumptionWarning, match="all 3 values are 70"):
            told = loyalty_index(pd.DataFrame({"loyalty": [70, 70, 70]}))

        assert (told.low, told.high) == (70, 70)

    @pytest.mark.parametrize(
        ("frame", "options", "message"),
        [
            ({"loyalty": [101, 5]}, {}, "loyalty is 101: it must be a number from 0 to 100"),
            ({"loyalty": [50]}, {}, "must hold two scores at least that weigh"),
            ({"loyalty": []}, {}, "must hold two scores at least that weigh"),
            ({"loyalty": [50, 60], "w": [1, 0]}, {"weights": "w"}, "must hold two scores at least"),
            ({"loyalty": [50, 60], "w": [1, -1]}, {"weights": "w"}, "must be 0, or from 1e-100"),
            ({"loyalty": [50, 60], "w": [1, None]}, {"weights": "w"}, "must not be empty"),
            ({"loyalty": [50, 60]}, {"weights": "w"}, "w is missing"),
            ({"loyalty": [50, 60]}, {"by": "region"}, "region is missing"),
            ({"loyalty": [50, 60]}, {"by": []}, "must name at least one column"),
            ({"loyalty": [50, 60], "n": [1, 1]}, {"by": "n"}, "must not be a column of the table"),
            ({"loyalty": [50, 60], "x": [1.5, 1]}, {"by": "x"}, "make groups of it first"),
            ({"loyalty": [50, 60], "x": ["a", None]}, {"by": "x"}, "must not be empty"),
            ({"loyalty": [50, 60]}, {"confidence": 95}, "must lie between 0 and 1"),
            ({"loyalty": [50, 60]}, {"rule": 10}, "must be a SmallGroupRule"),
        ],
    )
    def test_refuses_what_it_cannot_measure(
        self, frame: dict[str, list[object]], options: dict[str, str], message: str
    ) -> None:
        with pytest.raises(InvalidValueError, match=message):
            loyalty_index(pd.DataFrame(frame), **options)  # type: ignore[call-overload]  # refused
