"""The share of the loyal at each level of satisfaction, by hand and beside statsmodels."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from statsmodels.stats.proportion import proportion_confint  # type: ignore[import-untyped]  # none

from crmkit.errors import InvalidValueError
from crmkit.loyalty import loyalty_curve
from crmkit.stats import SmallGroupRule
from tests.value.engines import ENGINES, Columns, Schema, in_engine, rows_of


SCHEMA: Schema = {
    "market": pl.String,
    "satisfaction": pl.Float64,
    "loyalty": pl.Float64,
    "weight": pl.Float64,
}
ALL = SmallGroupRule(suppress_below=1, flag_below=1)
ROWS: list[tuple[str, float | None, float | None, float]] = [
    *[("open", 0.0, 10.0, 1.0)] * 30,
    *[("open", 19.9, 75.0, 1.0)] * 10,
    *[("open", 20.0, 74.9, 2.0)] * 20,
    *[("open", 100.0, 100.0, 1.0)] * 25,
    *[("open", 100.0, None, 1.0)] * 3,
    *[("open", None, 80.0, 1.0)] * 4,
    *[("shut", 50.0, 80.0, 1.0)] * 15,
    *[("shut", 50.0, 20.0, 3.0)] * 15,
]


def columns() -> Columns:
    return dict(zip(SCHEMA, zip(*ROWS, strict=True), strict=True))


def close(value: object, expected: object) -> bool:
    """Compare a cell: pandas writes what is missing as NaN."""
    if expected is None:
        return value is None or value != value
    return bool(value == pytest.approx(expected))


class TestLoyaltyCurve:
    @pytest.mark.parametrize("engine", ENGINES)
    def test_tells_the_share_of_every_level(self, engine: str) -> None:
        table = loyalty_curve(in_engine(engine, columns(), SCHEMA), by="market", rule=ALL)

        told = rows_of(table)
        low, high = proportion_confint(10, 40, method="wilson")
        none = proportion_confint(0, 20, method="wilson")
        every = proportion_confint(25, 25, method="wilson")
        half = proportion_confint(15, 30, method="wilson")
        expected = [
            ("open", 0, 20, 0.25, low, high, 40, 0, "shown"),
            ("open", 20, 40, 0, *none, 20, 0, "shown"),
            ("open", 40, 60, None, None, None, 0, 0, "empty"),
            ("open", 60, 80, None, None, None, 0, 0, "empty"),
            ("open", 80, 100, 1, *every, 25, 3, "shown"),
            ("open", None, None, None, None, None, 0, 4, "empty"),
            ("shut", 0, 20, None, None, None, 0, 0, "empty"),
            ("shut", 20, 40, None, None, None, 0, 0, "empty"),
            ("shut", 40, 60, 0.5, *half, 30, 0, "shown"),
            ("shut", 60, 80, None, None, None, 0, 0, "empty"),
            ("shut", 80, 100, None, None, None, 0, 0, "empty"),
            ("shut", None, None, None, None, None, 0, 0, "empty"),
        ]
        assert len(told) == len(expected)
        for row, wanted in zip(told, expected, strict=True):
            assert [close(*pair) for pair in zip(row, wanted, strict=True)] == [True] * 9

    def test_is_of_all_together_where_no_groups_are_asked(self) -> None:
        told = loyalty_curve(pl.DataFrame(columns(), SCHEMA), levels=(0, 50), rule=ALL)

        assert told.columns[0] == "satisfaction_from"
        assert told["n"].to_list() == [60, 55, 0]
        assert told["n_missing"].to_list() == [0, 3, 4]

    def test_weighs(self) -> None:
        """Of the shut market 15 of weight 1 are loyal and 15 of weight 3 are not."""
        frame = pd.DataFrame(columns())

        told = loyalty_curve(frame, by="market", weights="weight", rule=ALL)

        row = told[(told["market"] == "shut") & (told["satisfaction_from"] == 40)].iloc[0]
        size = 60**2 / (15 + 15 * 9)
        low, high = proportion_confint(0.25 * size, size, method="wilson")
        assert row["loyal_share"] == pytest.approx(0.25)
        assert (row["low"], row["high"], row["n"]) == (
            pytest.approx(low),
            pytest.approx(high),
            30,
        )

    def test_takes_numbers_of_numpy(self) -> None:
        frame = pl.DataFrame(columns(), SCHEMA)

        told = loyalty_curve(frame, levels=np.array([0, 50]), loyal_from=np.int64(75))  # type: ignore[arg-type]

        assert told.equals(loyalty_curve(frame, levels=(0, 50), loyal_from=75))

    def test_keeps_small_levels_back(self) -> None:
        frame = pl.DataFrame(
            {"satisfaction": [10.0] * 40 + [50.0] * 12 + [90.0] * 5, "loyalty": [80.0] * 57}
        )

        told = loyalty_curve(frame, levels=(0, 40, 80))

        assert told["group_size"].to_list() == ["shown", "complementary", "suppressed", "empty"]
        assert told["loyal_share"].to_list() == [1.0, None, None, None]
        assert told["n"].to_list() == [40, None, None, 0]

    def test_says_where_nobody_weighs(self) -> None:
        frame = pl.DataFrame(
            {
                "satisfaction": [10.0] * 40 + [90.0] * 12,
                "loyalty": [80.0] * 52,
                "weight": [0.3] * 40 + [0.0] * 12,
            }
        )

        told = loyalty_curve(frame, levels=(0, 50), weights="weight")

        assert told["group_size"].to_list() == ["shown", "weightless", "empty"]
        assert told["loyal_share"].to_list() == [1.0, None, None]
        assert told["n_missing"].to_list() == [0, 12, 0]

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"levels": ()}, "levels is"),
            ({"levels": (10, 20)}, "must rise from 0"),
            ({"levels": (0, 20, 20)}, "must rise from 0"),
            ({"levels": (0, 100)}, "begin below 100"),
            ({"levels": (0, "x")}, "must rise from 0"),
            ({"loyal_from": 0}, "loyal_from is 0"),
            ({"loyal_from": True}, "loyal_from is True"),
            ({"loyal_from": 101}, "100 at most"),
            ({"by": "region"}, "region is missing"),
            ({"by": "satisfaction"}, "must hold text"),
            ({"confidence": 2}, "confidence"),
            ({"rule": 5}, "must be a SmallGroupRule"),
        ],
    )
    def test_refuses_what_it_cannot_tell(self, options: dict[str, object], message: str) -> None:
        frame = pl.DataFrame(columns(), SCHEMA)

        with pytest.raises(InvalidValueError, match=message):
            loyalty_curve(frame, **options)  # type: ignore[arg-type]  # refused

    def test_refuses_scores_off_the_scale(self) -> None:
        frame = pl.DataFrame({"satisfaction": [101.0], "loyalty": [5.0]})

        with pytest.raises(InvalidValueError, match="must be a number from 0 to 100"):
            loyalty_curve(frame)
