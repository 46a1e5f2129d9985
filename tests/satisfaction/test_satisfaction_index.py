import math
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, strategies as st
from scipy import stats

from crmkit.errors import AssumptionWarning, InvalidValueError
from crmkit.satisfaction import TEN_POINT, Scale, acsi, unstandardised
from tests.value.engines import ENGINES, FEW, Columns, Schema, in_engine


SCHEMA: Schema = dict.fromkeys("SEP", pl.Int64)
OHIO = {"S": 0.3885, "E": 0.3190, "P": 0.2925}
POINT = st.integers(1, 10)
MOBI = Path(__file__).parents[3] / "shared" / "data" / "surveys" / "ecsi_mobi.csv"
# Outer weights of SmartPLS 2.0, centroid scheme, for standardised answers.
PLS = {"CUSA1": 0.37718684, "CUSA2": 0.38156707, "CUSA3": 0.44105872}


class TestAcsi:
    @pytest.mark.parametrize("engine", ENGINES)
    def test_is_the_printed_index(self, engine: str) -> None:
        # State of Ohio weights: means 8, 7.5 and 7 give 72.7556.
        frame = in_engine(engine, {"S": [8, 8], "E": [7, 8], "P": [7, 7]}, SCHEMA)

        assert acsi(frame, weights=OHIO).value == pytest.approx(72.7556, abs=5e-5)

    def test_with_equal_weights_is_the_short_formula(self) -> None:
        # (S + E + P − 3) / 27 × 100, by hand: (8 + 7 + 6 − 3) / 27 = 66.67.
        frame = pd.DataFrame({"S": [8, 8], "E": [7, 7], "P": [6, 6]})

        with pytest.warns(AssumptionWarning, match="the interval has no width"):
            index = acsi(frame, weights=dict.fromkeys("SEP", 1))

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
            index = acsi(in_engine(engine, columns, SCHEMA), weights=OHIO)

            assert index.value == pytest.approx(own.mean(), abs=1e-9), engine
            assert index.low == pytest.approx(max(own.mean() - reach, 0), abs=1e-6), engine
            assert index.high == pytest.approx(min(own.mean() + reach, 100), abs=1e-6), engine

    @pytest.mark.parametrize("engine", ENGINES)
    def test_takes_each_mean_of_those_who_answered(self, engine: str) -> None:
        columns: Columns = {"S": [10, None, 4, None], "E": [1, 7, None, None], "P": [5, 5, 5, None]}

        frame = in_engine(engine, columns, SCHEMA)
        index = acsi(frame, weights={"S": 2, "E": 1, "P": 1}, confidence=0.5)

        # Means 7, 4, 5: 100 × (2·6 + 3 + 4) / (4·9) = 52.78.
        assert index.value == pytest.approx(1900 / 36)
        assert (index.n, index.n_missing, index.method) == (3, 1, "linearised")
        # Per point 50/9, 25/9, 25/9. z: 50/9·3/2 + 25/9·(−3)/2; 25/9·3/2; 50/9·(−3)/2.
        z = [25 / 9 * 3 / 2, 25 / 9 * 3 / 2, -50 / 9 * 3 / 2]
        reach = 0.816497 * math.sqrt(1.5 * sum(one**2 for one in z))
        assert index.high == pytest.approx(1900 / 36 + reach, abs=1e-4)

    def test_takes_any_scale(self) -> None:
        frame = pl.DataFrame({"a": [3, 5], "b": [1, 3]})

        assert acsi(frame, weights={"a": 1, "b": 1}, scale=Scale(1, 5)).value == 50

    @pytest.mark.parametrize("engine", ENGINES)
    def test_refuses_what_is_off_the_scale(self, engine: str) -> None:
        frame = in_engine(engine, {"S": [8, 11], "E": [7, 8], "P": [7, 7]}, SCHEMA)

        with pytest.raises(InvalidValueError, match=r"S is 11(\.0)?: it must be .* from 1 to 10"):
            acsi(frame, weights=OHIO)

    @pytest.mark.parametrize("weight", [0, -0.2, math.nan, True, "1"])
    def test_refuses_weights_that_are_not_positive(self, weight: float) -> None:
        with pytest.raises(InvalidValueError, match=r"weights\['S'\] is .*above 0"):
            acsi(pl.DataFrame({"S": [8, 7]}), weights={"S": weight})

    def test_refuses_no_item_nobody_and_one(self) -> None:
        frame = pl.DataFrame(
            {"S": [8, None], "E": [None, None]}, schema={"S": pl.Int64, "E": pl.Int64}
        )

        with pytest.raises(InvalidValueError, match="one item at least"):
            acsi(frame, weights={})
        with pytest.raises(InvalidValueError, match="E is None: it must be answered by somebody"):
            acsi(frame, weights={"S": 1, "E": 1})
        with pytest.raises(InvalidValueError, match="two respondents at least"):
            acsi(frame, weights={"S": 1})


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

        index = acsi(mobi, weights=unstandardised(PLS, mobi), scale=TEN_POINT)
        forgotten = acsi(mobi, weights=PLS)
        plain = acsi(mobi, weights=dict.fromkeys(PLS, 1))

        assert index.value == pytest.approx(72.5428, abs=5e-5)
        assert forgotten.value == pytest.approx(71.8608, abs=5e-5)
        assert plain.value == pytest.approx(71.9704, abs=5e-5)
