import math

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.kernel import Score
from crmkit.satisfaction import SEA_LION_LOYALTY, IntentLoyalty, Scale, intent_loyalty
from crmkit.satisfaction.scores.one_question import ESTIMATED
from crmkit.stats import mean_interval, weighted_mean
from tests.value.engines import ENGINES, FEW, Columns, Schema, in_engine, rows_of


SCHEMA: Schema = {"repurchase": pl.Int64, "recommend": pl.Int64, "weight": pl.Float64}
POINT = st.integers(1, 5)


def by_region(table: object) -> list[dict[str, object]]:
    """The rows of a table of regions, by column."""
    names = ("region", *ESTIMATED)
    return [dict(zip(names, row, strict=True)) for row in rows_of(table)]


class TestIntentLoyalty:
    @pytest.mark.parametrize(
        ("repurchase", "recommend", "score"), [(5, 5, 100), (5, 1, 0), (3, 3, 25), (4, 5, 75)]
    )
    def test_multiplies_the_two(self, repurchase: int, recommend: int, score: int) -> None:
        # By hand: ((b − 1)/4) × ((r − 1)/4) × 100.
        assert SEA_LION_LOYALTY.of(repurchase=repurchase, recommend=recommend) == Score(score)

    def test_takes_other_scales(self) -> None:
        policy = IntentLoyalty(
            name="ours", repurchase=Scale(1, 7), recommend=Scale(0, 10), source="us"
        )

        assert policy.of(repurchase=4, recommend=10) == Score(50)

    def test_refuses_what_is_off_the_scale(self) -> None:
        with pytest.raises(InvalidValueError, match="recommend is 6"):
            SEA_LION_LOYALTY.of(repurchase=4, recommend=6)


class TestIntentLoyaltyOfFrames:
    @pytest.mark.filterwarnings("ignore:.*values weigh as")
    @FEW
    @given(
        st.lists(
            st.tuples(POINT | st.none(), POINT | st.none(), st.floats(0.1, 10)), max_size=30
        ).map(lambda rows: [(5, 5, 1.0), (3, 4, 2.0), *rows])
    )
    def test_is_the_mean_of_the_products_in_every_engine(
        self, rows: list[tuple[int | None, int | None, float]]
    ) -> None:
        columns: Columns = {name: [row[i] for row in rows] for i, name in enumerate(SCHEMA)}
        products = [
            None if a is None or b is None else (a - 1) * (b - 1) * 6.25 for a, b, _ in rows
        ]
        weights = [row[2] for row in rows]
        plain, heavy = mean_interval(products), weighted_mean(products, weights=weights)

        for engine in ENGINES:
            frame = in_engine(engine, columns, SCHEMA)
            for told, expected in (
                (intent_loyalty(frame), plain),
                (intent_loyalty(frame, weights="weight"), heavy),
            ):
                assert told.value == pytest.approx(expected.value, abs=1e-9), engine
                assert told.low == pytest.approx(max(expected.low, 0), abs=1e-7), engine
                assert told.high == pytest.approx(min(expected.high, 100), abs=1e-7), engine
                assert (told.n, told.n_missing) == (expected.n, expected.n_missing)

    @pytest.mark.parametrize("engine", ENGINES)
    def test_of_groups_is_that_of_each_alone(self, engine: str) -> None:
        chance = np.random.default_rng(6)
        columns: Columns = {
            "repurchase": chance.integers(1, 6, 80).tolist(),
            "recommend": [None, *chance.integers(1, 6, 79).tolist()],
            "weight": chance.uniform(0.5, 2, 80).tolist(),
            "region": ["N", "S"] * 40,
        }
        schema: Schema = {**SCHEMA, "region": pl.String}

        frame = in_engine(engine, columns, schema)
        table = by_region(intent_loyalty(frame, weights="weight", by="region"))

        for place, row in enumerate(table):
            own: Columns = {name: column[place::2] for name, column in columns.items()}
            alone = intent_loyalty(in_engine(engine, own, schema), weights="weight")
            assert (row["region"], row["n"], row["n_missing"]) == (
                "NS"[place],
                alone.n,
                alone.n_missing,
            )
            assert row["value"] == pytest.approx(alone.value, abs=1e-9)
            assert row["high"] == pytest.approx(alone.high, abs=1e-7)

    @pytest.mark.parametrize("engine", ENGINES)
    def test_keeps_small_groups_back(self, engine: str) -> None:
        columns: Columns = {
            "repurchase": [5, 4] * 30,
            "recommend": [5, 3] * 30,
            "region": ["N"] * 5 + ["S"] * 25 + ["W"] * 30,
        }
        schema: Schema = {"repurchase": pl.Int64, "recommend": pl.Int64, "region": pl.String}

        table = by_region(intent_loyalty(in_engine(engine, columns, schema), by="region"))

        assert [row["group_size"] for row in table] == ["suppressed", "complementary", "shown"]

    @pytest.mark.filterwarnings("ignore::crmkit.errors.AssumptionWarning")
    def test_is_not_the_product_of_the_means(self) -> None:
        # Half would only buy, half would only recommend: nobody is loyal; the means give 25.
        frame = pl.DataFrame({"repurchase": [5, 1] * 20, "recommend": [1, 5] * 20})

        assert intent_loyalty(frame).value == 0

    @pytest.mark.parametrize("engine", ENGINES)
    def test_refuses_what_is_off_the_scale(self, engine: str) -> None:
        columns: Columns = {"repurchase": [5, 6], "recommend": [5, 1], "weight": [1.0, 1.0]}

        with pytest.raises(InvalidValueError, match="repurchase is 6: it must be a whole number"):
            intent_loyalty(in_engine(engine, columns, SCHEMA))

    @pytest.mark.parametrize("engine", ENGINES)
    @pytest.mark.parametrize("weight", [-1.0, math.nan, None, 1e-200, 1e200])
    def test_refuses_weights_that_are_none(self, engine: str, weight: float | None) -> None:
        columns: Columns = {"repurchase": [5, 4], "recommend": [5, 1], "weight": [1.0, weight]}

        with pytest.raises(InvalidValueError, match=r"^weight is .*must be 0, or from 1e-100 to"):
            intent_loyalty(in_engine(engine, columns, SCHEMA), weights="weight")

    def test_counts_nobody_who_has_no_weight(self) -> None:
        answers = pd.DataFrame(
            {
                "repurchase": [5, 4, 3, 5, None],
                "recommend": [5, 5, 3, 1, 5],
                "w": [1.0, 1.0, 1.0, 0.0, 1.0],
            }
        )

        told = intent_loyalty(answers, weights="w")

        # Products 100, 75 and 25; Student's interval of three.
        assert (told.n, told.n_missing, told.method) == (3, 2, "student-t")
        assert float(told) == pytest.approx(200 / 3)

    def test_refuses_a_lone_respondent(self) -> None:
        frame = pl.DataFrame({"repurchase": [5, 4], "recommend": [5, None]})

        with pytest.raises(InvalidValueError, match="at least two values"):
            intent_loyalty(frame)

    def test_refuses_what_is_no_policy(self) -> None:
        frame = pl.DataFrame({"repurchase": [5, 4], "recommend": [5, 4]})

        with pytest.raises(InvalidValueError, match=r"policy is 'Sea-Lion': .* IntentLoyalty"):
            intent_loyalty(frame, policy="Sea-Lion")  # type: ignore[call-overload]  # refused

    def test_reads_the_columns_it_is_told_of(self) -> None:
        frame = pl.DataFrame({"q1": np.array([5, 3]), "q2": np.array([5, 3])})

        told = intent_loyalty(frame, repurchase="q1", recommend="q2")

        assert told.value == 62.5
