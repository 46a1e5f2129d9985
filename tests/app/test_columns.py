"""Columns for frames."""

import polars as pl

from crmkit.app.columns import frame


class TestFrame:
    def test_types_follow_what_a_column_holds(self) -> None:
        made = frame(
            {"open": [True, None], "n": [1, None], "x": [None, 0.5], "who": [None] * 2}, "polars"
        )

        assert made.schema == {
            "open": pl.Boolean,
            "n": pl.Int64,
            "x": pl.Float64,
            "who": pl.String,
        }

    def test_a_column_of_several_kinds_loses_nothing(self) -> None:
        made = frame({"n": [1, 2.5], "odd": [1, "two"]}, "polars")

        assert made["n"].to_list() == [1.0, 2.5]
        assert made.schema["odd"] == pl.String
