import math
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, strategies as st
from scipy import stats
from statsmodels.regression.linear_model import (  # type: ignore[import-untyped]  # it has no stubs
    WLS,
)

from crmkit.errors import AssumptionWarning, InvalidValueError
from crmkit.satisfaction import TEN_POINT, Scale, acsi, unstandardised
from crmkit.satisfaction.scores.one_question import ESTIMATED
from crmkit.stats import SmallGroupRule
from tests.value.engines import ENGINES, FEW, Columns, Schema, in_engine, rows_of


SCHEMA: Schema = dict.fromkeys("SEP", pl.Int64)
OHIO = {"S": 0.3885, "E": 0.3190, "P": 0.2925}
POINT = st.integers(1, 10)
ALL = SmallGroupRule(suppress_below=1)
MOBI = Path(__file__).parents[4] / "shared" / "data" / "surveys" / "ecsi_mobi.csv"
# Outer weights of SmartPLS 2.0, centroid scheme, for standardised answers.
PLS = {"CUSA1": 0.37718684, "CUSA2": 0.38156707, "CUSA3": 0.44105872}


def by_region(table: object) -> list[dict[str, object]]:
    """The rows of a table of regions, by column."""
    names = ("region", *ESTIMATED)
    return [dict(zip(names, row, strict=True)) for row in rows_of(table)]


class TestAcsi:
    @pytest.mark.parametrize("engine", ENGINES)
    def test_is_the_printed_index(self, engine: str) -> None:
        # State of Ohio weights: means 8, 7.5 and 7 give 72.7556.
        frame = in_engine(engine, {"S": [8, 8], "E": [7, 8], "P": [7, 7]}, SCHEMA)

        assert acsi(frame, item_weights=OHIO).value == pytest.approx(72.7556, abs=5e-5)

    def test_with_equal_weights_is_the_short_formula(self) -> None:
        # (S + E + P − 3) / 27 × 100, by hand: (8 + 7 + 6 − 3) / 27 = 66.67.
        frame = pd.DataFrame({"S": [8, 8], "E": [7, 7], "P": [6, 6]})

        with pytest.warns(AssumptionWarning, match="the interval has no width"):
            index = acsi(frame, item_weights=dict.fromkeys("SEP", 1))

        assert index.value == pytest.approx(200 / 3)
        assert (index.low, index.high) == (index.value, index.value)

    @FEW
    @given(
        st.lists(st.tuples(POINT, POINT, POINT), min_size=2, max_size=30).filter(
            lambda rows: len(set(rows)) > 1
        )
    )
    def test_of_complete_answers_has_students_interval_of_the_respondents(
        self, rows: list[tuple[int, int, int]]
    ) -> None:
        own = (np.array(rows) - 1) @ np.array(list(OHIO.values())) * 100 / 9
        reach = stats.sem(own) * stats.t.ppf(0.975, len(rows) - 1)
        columns: Columns = {name: [row[place] for row in rows] for place, name in enumerate("SEP")}

        for engine in ENGINES:
            index = acsi(in_engine(engine, columns, SCHEMA), item_weights=OHIO)

            assert index.value == pytest.approx(own.mean(), abs=1e-9), engine
            assert index.low == pytest.approx(max(own.mean() - reach, 0), abs=1e-6), engine
            assert index.high == pytest.approx(min(own.mean() + reach, 100), abs=1e-6), engine

    @pytest.mark.parametrize("engine", ENGINES)
    def test_takes_each_mean_of_those_who_answered(self, engine: str) -> None:
        columns: Columns = {"S": [10, None, 4, None], "E": [1, 7, None, None], "P": [5, 5, 5, None]}

        frame = in_engine(engine, columns, SCHEMA)
        index = acsi(frame, item_weights={"S": 2, "E": 1, "P": 1}, confidence=0.5)

        # Means 7, 4, 5: 100 × (2·6 + 3 + 4) / (4·9) = 52.78.
        assert index.value == pytest.approx(1900 / 36)
        assert (index.n, index.n_missing, index.method) == (3, 1, "linearised")
        # Per point 50/9, 25/9, 25/9. z: 50/9·3/2 + 25/9·(−3)/2; 25/9·3/2; 50/9·(−3)/2.
        z = [25 / 9 * 3 / 2, 25 / 9 * 3 / 2, -50 / 9 * 3 / 2]
        reach = 0.816497 * math.sqrt(1.5 * sum(one**2 for one in z))
        assert index.high == pytest.approx(1900 / 36 + reach, abs=1e-4)

    @FEW
    @given(
        st.lists(st.tuples(POINT, POINT, POINT, st.floats(0.5, 2)), min_size=2, max_size=30).filter(
            lambda rows: len({row[:3] for row in rows}) > 1
        )
    )
    def test_of_complete_weighted_answers_has_the_robust_interval_of_statsmodels(
        self, rows: list[tuple[int, int, int, float]]
    ) -> None:
        own = (np.array([row[:3] for row in rows]) - 1) @ np.array(list(OHIO.values())) * 100 / 9
        weights = [row[3] for row in rows]
        fitted = WLS(own, np.ones(len(rows)), weights=weights).fit(cov_type="HC1", use_t=True)
        low, high = fitted.conf_int(0.05)[0]
        columns: Columns = {name: [row[place] for row in rows] for place, name in enumerate("SEPw")}

        for engine in ENGINES:
            frame = in_engine(engine, columns, {**SCHEMA, "w": pl.Float64})
            index = acsi(frame, item_weights=OHIO, weights="w")

            assert index.value == pytest.approx(fitted.params[0], abs=1e-9), engine
            assert index.low == pytest.approx(max(low, 0), abs=1e-6), engine
            assert index.high == pytest.approx(min(high, 100), abs=1e-6), engine

    @pytest.mark.parametrize("engine", ENGINES)
    def test_weighs_each_mean_of_those_who_answered(self, engine: str) -> None:
        columns: Columns = {
            "S": [10, None, 4, None, 1],
            "E": [1, 7, None, None, 10],
            "w": [2.0, 1.0, 1.0, 3.0, 0.0],
        }
        frame = in_engine(engine, columns, {"S": pl.Int64, "E": pl.Int64, "w": pl.Float64})

        index = acsi(frame, item_weights={"S": 2, "E": 1}, weights="w", confidence=0.5)

        # Means (20 + 4) / 3 = 8 and (2 + 7) / 3 = 3; 100 × (2·7 + 2) / (3·9) = 59.26.
        assert index.value == pytest.approx(1600 / 27)
        # The one without an answer and the one without a weight.
        assert (index.n, index.n_missing) == (3, 2)
        # Per point 200/27 and 100/27, each over 3: z = 2(200·2 − 100·2), 1(100·4), 1(−200·4).
        z = [400 / 81, 400 / 81, -800 / 81]
        reach = 0.816497 * math.sqrt(1.5 * sum(one**2 for one in z))
        assert index.high == pytest.approx(1600 / 27 + reach, abs=1e-4)

    @pytest.mark.parametrize("engine", ENGINES)
    def test_of_groups_is_that_of_each_alone(self, engine: str) -> None:
        chance = np.random.default_rng(5)
        columns: Columns = {
            name: [
                None if chance.random() < 0.2 else int(chance.integers(1, 11)) for _ in range(90)
            ]
            for name in "SEP"
        }
        columns |= {"region": ["N", "S", "W"] * 30, "w": chance.uniform(0.5, 2, 90).tolist()}
        schema: Schema = {**SCHEMA, "region": pl.String, "w": pl.Float64}
        frame = in_engine(engine, columns, schema)

        table = by_region(acsi(frame, item_weights=OHIO, weights="w", by="region", rule=ALL))

        for place, (region, row) in enumerate(zip("NSW", table, strict=True)):
            own: Columns = {name: column[place::3] for name, column in columns.items()}
            alone = acsi(in_engine(engine, own, schema), item_weights=OHIO, weights="w")
            assert row["region"] == region
            assert row["value"] == pytest.approx(alone.value, abs=1e-9)
            assert row["low"] == pytest.approx(alone.low, abs=1e-7)
            assert (row["n"], row["n_missing"]) == (alone.n, alone.n_missing)

    @pytest.mark.parametrize("engine", ENGINES)
    def test_keeps_a_group_back_by_the_item_that_fewest_answered(self, engine: str) -> None:
        # All forty of the north said how satisfied they are, but five only what they expected: so
        # the south, the smaller of the others, is kept back with them. Nobody of the islands did.
        columns: Columns = {
            "S": [8, 9] * 75 + [7],
            "E": [7, 8, 9, 8, 7] + [None] * 35 + [6, 7] * 50 + [None] * 10 + [5],
            "region": ["N"] * 40 + ["S"] * 40 + ["W"] * 60 + ["I"] * 10 + ["Z"],
        }
        schema: Schema = {"S": pl.Int64, "E": pl.Int64, "region": pl.String}
        frame = in_engine(engine, columns, schema)

        table = by_region(acsi(frame, item_weights={"S": 1, "E": 1}, by="region"))

        told = {row["region"]: row["group_size"] for row in table}
        assert told == {
            "I": "complementary",
            "N": "suppressed",
            "S": "complementary",
            "W": "shown",
            "Z": "suppressed",
        }
        assert [row["region"] for row in table if isinstance(row["method"], str)] == ["W"]

    def test_tells_no_group_of_one_or_without_an_item(self) -> None:
        frame = pl.DataFrame(
            {"S": [8, 7, 9, 5], "E": [8, 6, None, 4], "region": ["N", "N", "S", "W"]}
        )

        table = acsi(frame, item_weights={"S": 1, "E": 1}, by="region", rule=ALL)

        assert table["group_size"].to_list() == ["few", "empty", "alone"]

    def test_counts_nobody_without_a_weight(self) -> None:
        frame = pl.DataFrame({"S": [8, 7], "w": [1.0, 0.0]})

        with pytest.raises(InvalidValueError, match="two respondents at least"):
            acsi(frame, item_weights={"S": 1}, weights="w")
        with pytest.raises(InvalidValueError, match=r"effective_n is 1\.0: it must be above 1"):
            acsi(pl.DataFrame({"S": [8, 7], "w": [1.0, 1e-12]}), item_weights={"S": 1}, weights="w")
        with pytest.raises(InvalidValueError, match="nobody answered"):
            acsi(
                pl.DataFrame({"S": [None, None], "r": ["N", "S"]}, schema={"S": int, "r": str}),
                item_weights={"S": 1},
                by="r",
            )

    def test_warns_where_few_of_many_weigh_anything(self) -> None:
        frame = pl.DataFrame({"S": [5, 4] * 20, "w": [1.0] * 5 + [1e-9] * 35})

        with pytest.warns(AssumptionWarning, match="40 respondents weigh as 5 would"):
            acsi(frame, item_weights={"S": 1}, weights="w")

    @pytest.mark.parametrize("engine", ENGINES)
    def test_refuses_weights_and_groups_that_are_none(self, engine: str) -> None:
        columns: Columns = {"S": [8, 7], "w": [1.0, -1.0], "r": ["N", None]}
        frame = in_engine(engine, columns, {"S": pl.Int64, "w": pl.Float64, "r": pl.String})

        with pytest.raises(InvalidValueError, match="w is -1"):
            acsi(frame, item_weights={"S": 1}, weights="w")
        with pytest.raises(InvalidValueError, match=r"r is .*must not be empty"):
            acsi(frame, item_weights={"S": 1}, by="r")

    def test_refuses_item_weights_for_those_of_respondents_and_what_is_no_scale(self) -> None:
        frame = pl.DataFrame({"S": [8, 7]})

        with pytest.raises(InvalidValueError, match=r"weights is of type dict: .* item_weights"):
            acsi(frame, item_weights={"S": 1}, weights={"S": 1})  # type: ignore[call-overload]  # refused
        with pytest.raises(InvalidValueError, match=r"scale is .*must be a Scale"):
            acsi(frame, item_weights={"S": 1}, scale=(1, 10))  # type: ignore[call-overload]  # refused

    def test_takes_any_scale(self) -> None:
        frame = pl.DataFrame({"a": [3, 5], "b": [1, 3]})

        assert acsi(frame, item_weights={"a": 1, "b": 1}, scale=Scale(1, 5)).value == 50

    @pytest.mark.parametrize("engine", ENGINES)
    def test_refuses_what_is_off_the_scale(self, engine: str) -> None:
        frame = in_engine(engine, {"S": [8, 11], "E": [7, 8], "P": [7, 7]}, SCHEMA)

        with pytest.raises(InvalidValueError, match=r"S is 11(\.0)?: it must be .* from 1 to 10"):
            acsi(frame, item_weights=OHIO)

    @pytest.mark.parametrize("weight", [0, -0.2, math.nan, True, "1"])
    def test_refuses_weights_that_are_not_positive(self, weight: float) -> None:
        with pytest.raises(InvalidValueError, match=r"item_weights\['S'\] is .*above 0"):
            acsi(pl.DataFrame({"S": [8, 7]}), item_weights={"S": weight})

    def test_refuses_no_item_nobody_and_one(self) -> None:
        frame = pl.DataFrame(
            {"S": [8, None], "E": [None, None]}, schema={"S": pl.Int64, "E": pl.Int64}
        )

        with pytest.raises(InvalidValueError, match="one item at least"):
            acsi(frame, item_weights={})
        with pytest.raises(InvalidValueError, match="E is None: it must be answered by somebody"):
            acsi(frame, item_weights={"S": 1, "E": 1})
        with pytest.raises(InvalidValueError, match="two respondents at least"):
            acsi(frame, item_weights={"S": 1})


class TestUnstandardised:
    @pytest.mark.parametrize("engine", ENGINES)
    def test_divides_by_the_spread(self, engine: str) -> None:
        # Spreads with n − 1: of 1, 5, 9 it is 4; of 4, 5, 6 it is 1.
        columns: Columns = {"a": [1, 5, 9, None], "b": [4, 5, 6, None]}
        frame = in_engine(engine, columns, {"a": pl.Int64, "b": pl.Int64})

        made = unstandardised({"a": 0.5, "b": 0.5}, frame)

        assert list(made.values()) == pytest.approx([0.125, 0.5])

    @pytest.mark.parametrize("answers", [[5, 5, 5], [5, None, None]])
    def test_refuses_an_item_without_spread(self, answers: list[int | None]) -> None:
        with pytest.raises(InvalidValueError, match="must not be answered alike by all"):
            unstandardised({"a": 1}, pl.DataFrame({"a": answers}))

    @pytest.mark.skipif(not MOBI.exists(), reason="the ECSI survey lies in ../shared/data")
    def test_is_what_the_published_index_needs(self) -> None:
        # 250 customers of mobile-phone operators: 72.5428; without the spreads 71.8608.
        mobi = pd.read_csv(MOBI)

        index = acsi(mobi, item_weights=unstandardised(PLS, mobi), scale=TEN_POINT)
        forgotten = acsi(mobi, item_weights=PLS)
        plain = acsi(mobi, item_weights=dict.fromkeys(PLS, 1))

        assert index.value == pytest.approx(72.5428, abs=5e-5)
        assert forgotten.value == pytest.approx(71.8608, abs=5e-5)
        assert plain.value == pytest.approx(71.9704, abs=5e-5)
