"""Tables of scores, against the definition and against statsmodels."""

import math
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import assume, given, strategies as st
from scipy import stats
from statsmodels.stats.weightstats import DescrStatsW  # type: ignore[import-untyped]  # no stubs

from crmkit.errors import AssumptionWarning, InvalidValueError
from crmkit.satisfaction import GroupMean, Item, Scale, Survey, score_table, survey_scores
from crmkit.stats import SmallGroupRule
from tests.value.engines import (
    EAGER,
    ENGINES,
    FEW,
    FEWEST,
    LAZY,
    Columns,
    Schema,
    in_engine,
    rows_of,
)


SURVEY = Survey.of(
    "yearly",
    1,
    [
        Item("quality", dimension="product", weight=3),
        Item("finish", dimension="product", weight=1, scale=Scale(1, 10)),
        Item("waiting", dimension="delivery", reverse=True),
        Item("price"),
    ],
)
SCHEMA: Schema = {
    "region": pl.String,
    "quality": pl.Int64,
    "finish": pl.Int64,
    "waiting": pl.Int64,
    "price": pl.Int64,
    "weight": pl.Float64,
}
ALL = SmallGroupRule(suppress_below=1, flag_below=1)

RESPONDENTS = st.lists(
    st.tuples(
        st.sampled_from(["north", "south"]),
        st.integers(1, 5) | st.none(),
        st.integers(1, 10) | st.none(),
        st.integers(1, 5) | st.none(),
        st.integers(1, 5) | st.none(),
        st.floats(0.1, 10),
    ),
    min_size=4,
    max_size=40,
)


def columns_of(rows: list[tuple[object, ...]]) -> Columns:
    return {name: [row[place] for row in rows] for place, name in enumerate(SCHEMA)}


def scores_of(rows: list[tuple[object, ...]]) -> pl.DataFrame:
    """The scores by `survey_scores`, which its own tests hold to the definition."""
    return survey_scores(pl.DataFrame(columns_of(rows), schema=SCHEMA), survey=SURVEY)


def by_part(table: object) -> dict[tuple[object, ...], dict[str, object]]:
    names = ("value", "low", "high", "n", "n_missing", "method", "group_size", "answered")
    told = {}
    for row in rows_of(table):
        keys, rest = row[: len(row) - 8], row[len(row) - 8 :]
        told[keys] = {
            name: None if isinstance(cell, float) and math.isnan(cell) else cell
            for name, cell in zip(names, rest, strict=True)
        }
    return told


def assert_means(engines: tuple[str, ...], rows: list[tuple[object, ...]]) -> None:
    """Hold a table to the mean of respondents with Student's interval."""
    scored = scores_of(rows)
    parts = ("score_product", "score_delivery", "score_price")
    assume(any(scored[part].count() for part in parts))

    for engine in engines:
        frame = in_engine(engine, columns_of(rows), SCHEMA)
        table = by_part(score_table(frame, survey=SURVEY, by="region", rule=ALL))

        for region in {row[0] for row in rows}:
            for part, column in (
                ("product", "score_product"),
                ("delivery", "score_delivery"),
                ("price", "score_price"),
                ("overall", "score"),
            ):
                own = scored.filter(pl.col("region") == region)
                values = own[column].drop_nulls().to_numpy()
                cell = table[(region, part)]
                assert (cell["n"], cell["n_missing"]) == (len(values), len(own) - len(values))
                if len(values) < 2:
                    assert cell["value"] is None
                    continue
                low, high = values.mean(), values.mean()
                if values.std() > 1e-9:
                    low, high = stats.t.interval(
                        0.95, len(values) - 1, values.mean(), stats.sem(values)
                    )
                assert cell["value"] == pytest.approx(values.mean(), abs=1e-9), engine
                assert cell["low"] == pytest.approx(max(low, 0), abs=1e-6), engine
                assert cell["high"] == pytest.approx(min(high, 100), abs=1e-6), engine
                assert cell["method"] == "student-t"


def assert_weighed(engines: tuple[str, ...], rows: list[tuple[object, ...]]) -> None:
    """Hold a table to the weighted mean of statsmodels."""
    scored = scores_of(rows)
    there = scored.filter(pl.col("score").is_not_null())
    values, weights = there["score"].to_numpy(), there["weight"].to_numpy()

    for engine in engines:
        frame = in_engine(engine, columns_of(rows), SCHEMA)
        cell = by_part(score_table(frame, survey=SURVEY, weights="weight", rule=ALL))[("overall",)]

        if len(values) < 2:
            assert cell["value"] is None
            continue
        mean = DescrStatsW(values, weights).mean
        # The linearised variance, as R's svymean prints it.
        residual = weights * (values - mean)
        spread = float((residual**2).sum()) * len(values) / (len(values) - 1)
        reach = stats.t.ppf(0.975, len(values) - 1) * math.sqrt(spread) / weights.sum()
        assert cell["value"] == pytest.approx(mean, abs=1e-9), engine
        assert cell["low"] == pytest.approx(max(mean - reach, 0), abs=1e-6), engine
        assert cell["high"] == pytest.approx(min(mean + reach, 100), abs=1e-6), engine
        assert cell["method"] == "linearised"


# Answers drawn at will may be all alike; where the warning of it is asked, a test says so.
pytestmark = pytest.mark.filterwarnings("ignore::crmkit.errors.AssumptionWarning")


class TestScoreTable:
    @FEW
    @given(RESPONDENTS)
    def test_is_the_mean_of_respondents_with_students_interval(
        self, rows: list[tuple[object, ...]]
    ) -> None:
        assert_means(EAGER, rows)

    @FEWEST
    @given(RESPONDENTS)
    def test_is_the_same_mean_where_an_engine_is_asked(
        self, rows: list[tuple[object, ...]]
    ) -> None:
        assert_means(LAZY, rows)

    @FEW
    @given(RESPONDENTS)
    def test_weighs_respondents_as_statsmodels_does(self, rows: list[tuple[object, ...]]) -> None:
        assert_weighed(EAGER, rows)

    @FEWEST
    @given(RESPONDENTS)
    def test_weighs_the_same_where_an_engine_is_asked(self, rows: list[tuple[object, ...]]) -> None:
        assert_weighed(LAZY, rows)

    def test_stays_on_the_scale_where_all_stand_at_its_end(self) -> None:
        # The weighted mean of these is −7e-15 in floats.
        survey = Survey.of("s", 1, [Item("a", dimension="d"), Item("b", dimension="d")])
        weights = [4.5, 0.2, 2.19, 2.13, 0.68]
        answers = pl.DataFrame({"a": [1] * 5, "b": [1] * 5, "weight": weights})

        with pytest.warns(AssumptionWarning, match="are alike"):
            table = by_part(score_table(answers, survey=survey, weights="weight", rule=ALL))

        cell = table[("overall",)]
        assert (cell["value"], cell["low"], cell["high"]) == (0, 0, 0)

    @pytest.mark.parametrize("engine", ENGINES)
    def test_takes_the_ratio_of_totals_where_asked(self, engine: str) -> None:
        # Two items of one weight. 10 respondents answer both, 5 and 5: 100 from weight 2; 10 only
        # one, with 1: 0 from weight 1. Mean of respondents 50; of totals 2000 / 30 = 66.67.
        survey = Survey.of("s", 1, [Item("a", dimension="d"), Item("b", dimension="d")])
        schema: Schema = {"a": pl.Int64, "b": pl.Int64}
        columns: Columns = {"a": [5] * 10 + [1] * 10, "b": [5] * 10 + [None] * 10}
        frame = in_engine(engine, columns, schema)

        means = by_part(score_table(frame, survey=survey))
        totals = by_part(score_table(frame, survey=survey, group_mean="of_totals"))

        assert means[("d",)]["value"] == pytest.approx(50)
        assert totals[("d",)]["value"] == pytest.approx(200 / 3)
        assert totals[("d",)]["method"] == "linearised"
        # Ratio by hand: residuals a (s − R): 10 × 1·(33.33), 10 × .5·(−66.67), all ±33.33 in size;
        # their sum of squares is 20 × 1111.1; divided by (Σa)² = 15², times 20/19.
        reach = 2.093024 * math.sqrt(20 / 19 * 20 * (100 / 3) ** 2) / 15
        assert totals[("d",)]["low"] == pytest.approx(200 / 3 - reach, abs=1e-4)

    @pytest.mark.parametrize("engine", ENGINES)
    def test_tells_what_share_was_answered(self, engine: str) -> None:
        # Product: weight 3 of 4 is answered by every second, 4 of 4 by the others: .875.
        rows: list[tuple[object, ...]] = [
            ("north", 5, None if place % 2 else 10, None, 3, 1.0) for place in range(40)
        ]

        table = by_part(score_table(in_engine(engine, columns_of(rows), SCHEMA), survey=SURVEY))

        assert table[("product",)]["answered"] == pytest.approx(0.875)
        assert table[("delivery",)]["answered"] == 0
        assert (table[("delivery",)]["n"], table[("delivery",)]["n_missing"]) == (0, 40)
        # Overall: parts weigh 4, 1, 1; delivery has no score: 5 of 6.
        assert table[("overall",)]["answered"] == pytest.approx(5 / 6)

    @pytest.mark.parametrize("engine", ENGINES)
    def test_keeps_small_groups_back_and_flags_few(self, engine: str) -> None:
        sizes = {"a": 40, "b": 35, "c": 12, "d": 9}
        rows: list[tuple[object, ...]] = [
            (region, 1 + place % 5, 5, 3, 2, 1.0)
            for region, size in sizes.items()
            for place in range(size)
        ]
        frame = in_engine(engine, columns_of(rows), SCHEMA)

        table = by_part(score_table(frame, survey=SURVEY, by="region"))

        told = {region: table[(region, "overall")] for region in sizes}
        # The nine are kept back, and the twelve as well: the total less the others would tell.
        assert [told[region]["group_size"] for region in sizes] == [
            "shown",
            "shown",
            "complementary",
            "suppressed",
        ]
        assert [told[region]["value"] is None for region in sizes] == [False, False, True, True]
        assert [told[region]["n"] for region in sizes] == [40, 35, 12, 9]

    @pytest.mark.parametrize("engine", ENGINES)
    def test_groups_by_several_columns_in_rising_order(self, engine: str) -> None:
        schema: Schema = {"region": pl.String, "year": pl.Int64, "q": pl.Int64}
        columns: Columns = {
            "region": ["b", "a", "b", "a"] * 10,
            "year": [2026, 2026, 2025, 2025] * 10,
            "q": [5, 4, 3, 2] * 10,
        }
        survey = Survey.of("s", 1, [Item("q")])

        table = score_table(
            in_engine(engine, columns, schema), survey=survey, by=["region", "year"], rule=ALL
        )

        told = [row[:4] for row in rows_of(table) if row[2] == "overall"]
        assert told == [
            ("a", 2025, "overall", 25.0),
            ("a", 2026, "overall", 75.0),
            ("b", 2025, "overall", 50.0),
            ("b", 2026, "overall", 100.0),
        ]

    def test_gives_the_same_kind_of_frame_back(self) -> None:
        columns: Columns = {"q": [5, 4, 3] * 10}
        survey = Survey.of("s", 1, [Item("q")])

        for engine in ENGINES:
            frame = in_engine(engine, columns, {"q": pl.Int64})
            table: object = score_table(frame, survey=survey)
            assert type(table) is type(frame)

    def test_is_certain_where_all_scores_are_alike(self) -> None:
        frame = pd.DataFrame({"q": [4] * 30})

        with pytest.warns(AssumptionWarning, match="alike in q, overall: .* no width") as told:
            table = score_table(frame, survey=Survey.of("s", 1, [Item("q")]))

        assert table[["value", "low", "high"]].iloc[1].tolist() == [75, 75, 75]
        assert [one.filename for one in told] == [__file__]

    @pytest.mark.parametrize("engine", ENGINES)
    def test_tells_a_rating_that_counts_for_nothing_in_the_whole(self, engine: str) -> None:
        survey = Survey.of("s", 1, [Item("q"), Item("all", weight=0)])
        columns: Columns = {"q": [5, 3] * 20, "all": [2, 4] * 20}
        frame = in_engine(engine, columns, {"q": pl.Int64, "all": pl.Int64})

        told = by_part(score_table(frame, survey=survey))

        assert {key: (line["value"], line["n"]) for key, line in told.items()} == {
            ("q",): (75.0, 40),
            ("all",): (50.0, 40),
            ("overall",): (75.0, 40),
        }

    def test_counts_a_group_that_weighs_nothing_as_untold(self) -> None:
        frame = pd.DataFrame({"q": [4, 5] * 20, "w": 0.0})

        table = score_table(frame, survey=Survey.of("s", 1, [Item("q")]), weights="w")

        assert table["value"].isna().all()
        assert table["n"].to_list() == [0, 0]
        assert table["n_missing"].to_list() == [40, 40]
        assert table["answered"].isna().all()
        assert table["group_size"].to_list() == ["weightless", "weightless"]

    @pytest.mark.parametrize("engine", ENGINES)
    def test_counts_nobody_who_has_no_weight(self, engine: str) -> None:
        # Two of the north have a weight: the table would tell of them alone.
        columns: Columns = {
            "region": ["N"] * 40 + ["S"] * 40 + ["W"] * 40,
            "q": [5, 4, *[1] * 38, *[4, 3] * 40],
            "w": [1.0, 1.0, *[0.0] * 38, *[1.0] * 80],
        }
        frame = in_engine(engine, columns, {"region": pl.String, "q": pl.Int64, "w": pl.Float64})

        table = by_part(
            score_table(frame, survey=Survey.of("s", 1, [Item("q")]), by="region", weights="w")
        )

        told = {region: table[(region, "q")] for region in "NSW"}
        assert [told[region]["n"] for region in "NSW"] == [2, 40, 40]
        assert [told[region]["n_missing"] for region in "NSW"] == [38, 0, 0]
        assert [told[region]["group_size"] for region in "NSW"] == [
            "suppressed",
            "complementary",
            "shown",
        ]
        assert told["N"]["value"] is None

    def test_is_not_deceived_by_weights_of_next_to_nothing(self) -> None:
        frame = pd.DataFrame({"q": [5, *[1] * 39], "w": [1.0, *[1e-12] * 39]})

        table = score_table(frame, survey=Survey.of("s", 1, [Item("q")]), weights="w")

        assert table["n"].to_list() == [40, 40]
        assert table["group_size"].to_list() == ["suppressed", "suppressed"]

    @pytest.mark.parametrize("engine", ENGINES)
    def test_does_not_tell_a_part_by_its_whole(self, engine: str) -> None:
        """Nine of A answered x. B's x is twice its whole less its y; the total less it is A's."""
        columns: Columns = {
            "g": ["A"] * 30 + ["B"] * 40,
            "x": [1, 2, 3] * 3 + [None] * 21 + [5, 2, 4, 1] * 10,
            "y": [3, 4] * 35,
        }
        frame = in_engine(engine, columns, {"g": pl.String, "x": pl.Int64, "y": pl.Int64})
        survey = Survey.of("s", 1, [Item("x"), Item("y")])

        table = by_part(score_table(frame, survey=survey, by="g"))

        sizes = {key: cell["group_size"] for key, cell in table.items()}
        assert sizes == {
            ("A", "x"): "suppressed",
            ("A", "y"): "shown",
            ("A", "overall"): "complementary",
            ("B", "x"): "complementary",
            ("B", "y"): "shown",
            ("B", "overall"): "complementary",
        }
        kept = [cell for cell in table.values() if cell["group_size"] != "shown"]
        assert all(cell["value"] is cell["low"] is cell["high"] is None for cell in kept)

    def test_does_not_tell_a_part_by_wholes_that_are_made_otherwise(self) -> None:
        """Half of A's whole is x and a fifth of B's: two totals would solve both."""
        own = {"A": {}, "B": {"x": 1, "y": 4}, "C": {}}
        survey = Survey.of("s", 1, [Item("x"), Item("y")], segment_weights=own)
        frame = pd.DataFrame(
            {
                "g": ["A"] * 30 + ["B"] * 40 + ["C"] * 60,
                "x": [1, 2, 3] * 3 + [None] * 21 + [5, 2, 4, 1] * 25,
                "y": [3, 4] * 65,
            }
        )

        alike = score_table(frame, survey=survey, by="g")
        apart = score_table(frame, survey=survey, by="g", segment="g")

        assert alike["value"].isna().sum() == 4
        assert apart["value"].isna().sum() > 4

    @pytest.mark.parametrize("engine", ENGINES)
    @pytest.mark.parametrize("weight", [-1.0, math.nan, math.inf, None, 1e-200, 1e200])
    def test_refuses_weights_that_are_none(self, engine: str, weight: float | None) -> None:
        columns: Columns = {"q": [4, 5], "w": [1.0, weight]}
        frame = in_engine(engine, columns, {"q": pl.Int64, "w": pl.Float64})

        with pytest.raises(InvalidValueError, match=r"^w is .*: it must be 0, or from 1e-100 to"):
            score_table(frame, survey=Survey.of("s", 1, [Item("q")]), weights="w")

    def test_refuses_a_group_called_as_a_column_of_the_table(self) -> None:
        frame = pd.DataFrame({"q": [4, 5], "part": ["a", "b"]})

        with pytest.raises(InvalidValueError, match="column of the table that is made"):
            score_table(frame, survey=Survey.of("s", 1, [Item("q")]), by="part")

    @pytest.mark.parametrize("engine", ENGINES)
    @pytest.mark.parametrize("answers", [[], [None, None]])
    @pytest.mark.parametrize("by", [(), "r"])
    def test_refuses_nobody(self, engine: str, answers: list[None], by: str) -> None:
        columns: Columns = {"q": answers, "r": ["east"] * len(answers)}
        frame = in_engine(engine, columns, {"q": pl.Float64, "r": pl.String})

        with pytest.raises(InvalidValueError, match="must hold at least one answer; nobody"):
            score_table(frame, survey=Survey.of("s", 1, [Item("q")]), by=by)

    @pytest.mark.parametrize("engine", ENGINES)
    def test_says_why_there_is_no_score(self, engine: str) -> None:
        columns: Columns = {"q": [4, 5, 3] * 10, "r": [None] * 30, "s": [3] + [None] * 29}
        frame = in_engine(engine, columns, dict.fromkeys(columns, pl.Int64))
        survey = Survey.of("s", 1, [Item(name) for name in columns])

        table = by_part(score_table(frame, survey=survey, rule=ALL))

        sizes = {part: (row["value"], row["group_size"]) for (part,), row in table.items()}
        assert sizes["r"] == (None, "empty")
        assert sizes["s"] == (None, "alone")
        assert sizes["q"][1] == "shown"

    def test_holds_one_block_at_a_time(self) -> None:
        # 10 million answers as bytes: as floats they alone would take 80 million.
        rng = np.random.default_rng(7)
        frame = pd.DataFrame(
            {f"q{item}": rng.integers(1, 6, 1_000_000, dtype=np.uint8) for item in range(10)}
        )
        survey = Survey.of("s", 1, [Item(name, dimension="d") for name in frame.columns])
        tracemalloc.start()

        table = score_table(frame, survey=survey)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

        assert peak < 8_000_000
        expected = 25 * (frame.to_numpy().mean(dtype=np.float64) - 1)
        assert table["value"].iloc[-1] == pytest.approx(expected, abs=1e-9)

    def test_lets_an_engine_stream_where_there_are_no_groups(self, tmp_path: Path) -> None:
        # Grouped by a constant, a million rows took 142 million bytes; streamed, 25 million.
        pytest.importorskip("resource", reason="memory is measured on POSIX alone")
        unit = 1 if sys.platform == "darwin" else 1024
        row = pl.int_range(1_000_000, dtype=pl.UInt32, eager=True)
        pl.DataFrame(
            {f"q{item}": (row * (item + 3) % 5 + 1).cast(pl.UInt8) for item in range(7)}
        ).write_parquet(tmp_path / "answers.parquet", row_group_size=50_000)
        asked = (
            "import sys, resource, polars\n"
            "from crmkit.satisfaction import Item, Survey, score_table\n"
            "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
            "survey = Survey.of('s', 1, [Item(f'q{item}') for item in range(7)])\n"
            "frame = polars.scan_parquet(sys.argv[1])\n"
            "score_table(frame.head(1000), survey=survey).collect()\n"
            "before = peak()\n"
            "score_table(frame, survey=survey).collect()\n"
            "print(peak() - before)\n"
        )

        told = subprocess.run(
            [sys.executable, "-c", asked, str(tmp_path / "answers.parquet")],
            capture_output=True,
            text=True,
            check=True,
        )

        assert int(told.stdout) * unit < 70_000_000

    def test_names_what_a_mean_may_be(self) -> None:
        assert GroupMean("of_totals").label("zh") == "总分之比"
