import math

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, strategies as st
from narwhals.stable.v2.typing import IntoFrame
from scipy import stats

from crmkit.errors import AssumptionWarning, InvalidValueError
from crmkit.kernel.frames import Values
from crmkit.satisfaction import LIKERT5, Scale, nps, rake
from tests.value.engines import ENGINES, FEW, SESSION, Columns, Schema, in_engine, rows_of


LAZY = ("polars lazy", "duckdb")
WHOLE: Schema = {"recommend": pl.Int64, "weight": pl.Float64}
FLOATS: Schema = {"recommend": pl.Float64, "weight": pl.Float64}

SCORES = st.lists(st.integers(0, 10), min_size=1, max_size=60)


def by_hand(scores: list[int], weights: list[float] | None = None) -> tuple[float, float, float]:
    """The formulas as they are printed, uncut (Rocks 2016; n_eff of Kish for weights)."""
    w = weights or [1.0] * len(scores)
    p = sum(x for x, score in zip(w, scores, strict=True) if score >= 9) / sum(w)
    d = sum(x for x, score in zip(w, scores, strict=True) if score <= 6) / sum(w)
    n = sum(w) ** 2 / sum(x * x for x in w)
    p1, d1 = (n * p + 0.75) / (n + 3), (n * d + 0.75) / (n + 3)
    reach = 1.959963984540054 * math.sqrt((p1 + d1 - (p1 - d1) ** 2) / (n + 3))
    return 100 * (p - d), 100 * (p1 - d1 - reach), 100 * (p1 - d1 + reach)


class TestNps:
    def test_counts_promoters_less_detractors(self) -> None:
        # 3 promoters (9, 9, 10), 3 passives (7, 7, 8), 2 detractors (0, 6) of 8: 12.5.
        score = nps([9, 9, 10, 7, 7, 8, 0, 6])

        assert score.value == 12.5
        assert (score.n, score.n_missing, score.method) == (8, 0, "adjusted-wald")

    @given(SCORES)
    def test_has_the_printed_interval(self, scores: list[int]) -> None:
        score = nps(scores)

        value, low, high = by_hand(scores)
        assert score.value == pytest.approx(value, abs=1e-12)
        assert score.low == pytest.approx(max(low, -100), abs=1e-9)
        assert score.high == pytest.approx(min(high, 100), abs=1e-9)

    @given(st.lists(st.tuples(st.integers(0, 10), st.floats(0.01, 100)), min_size=1, max_size=40))
    def test_weighs_by_effective_size(self, answers: list[tuple[int, float]]) -> None:
        scores, weights = [score for score, _ in answers], [weight for _, weight in answers]

        score = nps(scores, weights=weights)

        value, low, high = by_hand(scores, weights)
        assert score.value == pytest.approx(value, abs=1e-9)
        assert score.low == pytest.approx(max(low, -100), abs=1e-9)
        assert score.high == pytest.approx(min(high, 100), abs=1e-9)
        assert score.n == len(answers)

    @given(SCORES, st.floats(1e-100, 1e100))
    def test_with_equal_weights_is_unweighted(self, scores: list[int], weight: float) -> None:
        equal, unweighted = nps(scores, weights=[weight] * len(scores)), nps(scores)

        assert equal.to_dict() == pytest.approx(unweighted.to_dict(), abs=1e-9)

    @pytest.mark.parametrize(
        "scores",
        [
            [10, 9, None, 3, math.nan],
            (10, 9, None, 3, None),
            np.array([10, 9, np.nan, 3, np.nan]),
            np.array([10, 9, None, 3, None], dtype=object),
            pd.Series([10, 9, None, 3, None]),
            pd.Series([10, 9, None, 3, None], dtype="Int64"),
            pd.Series([10, 9, pd.NA, 3, None], dtype=object),
            pl.Series([10, 9, None, 3, None]),
            pl.Series([10.0, 9.0, None, 3.0, math.nan]),
        ],
        ids=lambda scores: type(scores).__module__,
    )
    def test_takes_any_form_and_counts_who_is_silent(self, scores: Values) -> None:
        score = nps(scores)

        assert score.value == pytest.approx(100 / 3)
        assert (score.n, score.n_missing) == (3, 2)
        assert score.low == nps([10, 9, 3]).low

    @pytest.mark.parametrize("wrong", [11, -1, 7.5, math.inf, -math.inf])
    def test_refuses_what_is_off_the_scale_with_its_row(self, wrong: float) -> None:
        with pytest.raises(InvalidValueError, match=r"from 0 to 10, as in row 2$"):
            nps([10, None, wrong])

    def test_names_the_first_of_many_rows(self) -> None:
        with pytest.raises(InvalidValueError) as refused:
            nps([11, 5, 12, 13, 14, 15])

        assert str(refused.value) == (
            "scores is (11, 12, 13): it must be a whole number from 0 to 10, "
            "as in rows 0, 2, 3 and 2 more"
        )

    @pytest.mark.parametrize("scores", [[], [None, None]])
    def test_refuses_when_nobody_answered(self, scores: list[None]) -> None:
        with pytest.raises(InvalidValueError, match="nobody answered"):
            nps(scores)

    def test_refuses_weights_that_are_too_few(self) -> None:
        with pytest.raises(InvalidValueError, match="as many as the scores, 2"):
            nps([10, 9], weights=[1])

    @pytest.mark.parametrize("weight", [-1, math.nan, math.inf, None, 1e-300, 1e300])
    def test_refuses_weights_that_are_none(self, weight: float | None) -> None:
        with pytest.raises(InvalidValueError, match=r"must be 0, or from 1e-100 .*, as in row 1"):
            nps([10, 9], weights=[1, weight])

    def test_refuses_weights_that_leave_nobody(self) -> None:
        with pytest.raises(InvalidValueError, match="must not all be 0"):
            nps([10, None], weights=[0, 1])

    def test_refuses_a_column_where_there_is_no_frame(self) -> None:
        with pytest.raises(InvalidValueError, match="scores is no frame: it names a column"):
            nps([10, 9], recommend="q1")  # type: ignore[call-overload]  # refused

    def test_refuses_what_is_neither_frame_nor_values(self) -> None:
        with pytest.raises(InvalidValueError, match="scores is of type dict"):
            nps({"recommend": [10, 9]})  # type: ignore[call-overload]  # refused


class TestNpsOfFrames:
    @FEW
    @given(
        st.lists(
            st.tuples(st.integers(0, 10) | st.none(), st.floats(0.01, 100)), min_size=1, max_size=40
        ).filter(lambda answers: any(score is not None for score, _ in answers))
    )
    def test_is_the_definition_in_every_engine(
        self, answers: list[tuple[int | None, float]]
    ) -> None:
        columns: Columns = {
            "recommend": [score for score, _ in answers],
            "weight": [weight for _, weight in answers],
        }
        there = [(score, weight) for score, weight in answers if score is not None]
        scores, weights = [score for score, _ in there], [weight for _, weight in there]

        for engine in ENGINES:
            frame = in_engine(engine, columns, WHOLE)
            for name, expected in (
                (None, by_hand(scores)),
                ("weight", by_hand(scores, weights)),
            ):
                score = nps(frame, weights=name)

                value, low, high = expected
                assert score.value == pytest.approx(value, abs=1e-9), engine
                assert score.low == pytest.approx(max(low, -100), abs=1e-9), engine
                assert score.high == pytest.approx(min(high, 100), abs=1e-9), engine
                assert (score.n, score.n_missing) == (len(there), len(answers) - len(there))

    @pytest.mark.parametrize(
        "frame",
        [
            pl.DataFrame({"recommend": [10, 9, None, 3, None]}).to_arrow(),
            pd.DataFrame({"recommend": [10, 9, None, 3, None]}),
            pd.DataFrame({"recommend": [10, 9, None, 3, None]}, dtype="Int64"),
            pl.DataFrame({"recommend": [10, 9, None, 3, None]}, schema={"recommend": pl.Int8}),
            pl.LazyFrame({"recommend": [10, 9, None, 3, None]}, schema={"recommend": pl.UInt8}),
            pl.LazyFrame({"recommend": [10.0, 9.0, None, 3.0, math.nan]}),
            pl.LazyFrame({"recommend": [10, 9, None, 3, None]}).cast(pl.Decimal(4, 1)),
            SESSION.sql("SELECT unnest([10.0, 9, NULL, 3, 'nan'::DOUBLE]) AS recommend"),
            SESSION.sql("SELECT unnest([10, 9, NULL, 3, NULL]::DECIMAL(4, 1)[]) AS recommend"),
            SESSION.sql("SELECT unnest([10, 9, NULL, 3, NULL]::UTINYINT[]) AS recommend"),
        ],
        ids=lambda frame: type(frame).__module__,
    )
    def test_takes_any_kind_of_column_and_counts_who_is_silent(self, frame: IntoFrame) -> None:
        score = nps(frame)

        values = nps([10, 9, None, 3, None])
        assert score.value == pytest.approx(values.value, abs=1e-9)
        assert score.low == pytest.approx(values.low, abs=1e-9)
        assert score.high == pytest.approx(values.high, abs=1e-9)
        assert (score.n, score.n_missing) == (3, 2)

    @pytest.mark.parametrize("engine", ENGINES)
    @pytest.mark.parametrize("weight", [1e-100, 1e100])
    def test_with_equal_weights_is_unweighted(self, engine: str, weight: float) -> None:
        columns: Columns = {"recommend": [10, 9, 3, None], "weight": [weight] * 4}

        weighted = nps(in_engine(engine, columns, WHOLE), weights="weight")

        unweighted = nps([10, 9, 3, None])
        assert weighted.value == pytest.approx(unweighted.value, abs=1e-9)
        assert weighted.low == pytest.approx(unweighted.low, abs=1e-9)

    @pytest.mark.parametrize("engine", ENGINES)
    def test_reads_the_column_it_is_told_of(self, engine: str) -> None:
        columns: Columns = {"recommend": [0, 0], "q1": [10, 9]}
        schema: Schema = {"recommend": pl.Int64, "q1": pl.Int64}

        assert nps(in_engine(engine, columns, schema), recommend="q1").value == 100

    @pytest.mark.parametrize("engine", ENGINES)
    def test_does_not_mind_what_else_the_frame_holds(self, engine: str) -> None:
        columns: Columns = {"recommend": [10, 9], "currency": ["EUR", "USD"]}
        schema: Schema = {"recommend": pl.Int64, "currency": pl.String}

        assert nps(in_engine(engine, columns, schema)).value == 100

    def test_may_weigh_scores_by_themselves(self) -> None:
        frame = pl.DataFrame({"recommend": [10, 2]})

        eager = nps(frame, weights="recommend")
        lazy = nps(frame.lazy(), weights="recommend")

        # By hand: 100 × (10 − 2) / 12.
        assert eager.value == lazy.value == pytest.approx(200 / 3)

    @pytest.mark.parametrize("weights", [None, "weight"])
    def test_asks_a_lazy_frame_once_and_for_one_row(self, weights: str | None) -> None:
        asked = []

        def remember(rows: pl.DataFrame) -> pl.DataFrame:
            asked.append(rows.shape)
            return rows

        columns: Columns = {"recommend": [10, 9, 3], "weight": [1.0, 2.0, 3.0]}
        lazy = pl.LazyFrame(columns, schema=WHOLE).map_batches(remember, streamable=False)
        nps(lazy, weights=weights)

        assert len(asked) == 1

    @pytest.mark.parametrize("engine", ["pandas", "polars"])
    def test_names_the_rows_that_are_off_the_scale(self, engine: str) -> None:
        frame = in_engine(engine, {"recommend": [11, 5, None, -1], "weight": [1.0] * 4}, WHOLE)

        with pytest.raises(InvalidValueError) as refused:
            nps(frame)

        assert str(refused.value) == (
            "recommend is (11, -1): it must be a whole number from 0 to 10, as in rows 0 and 3"
        )

    @pytest.mark.parametrize("engine", LAZY)
    def test_tells_how_many_are_off_the_scale_where_rows_have_no_order(self, engine: str) -> None:
        frame = in_engine(engine, {"recommend": [11, 5, None, -1], "weight": [1.0] * 4}, WHOLE)

        with pytest.raises(InvalidValueError) as refused:
            nps(frame)

        assert str(refused.value) == (
            "recommend is 11: it must be a whole number from 0 to 10, as in 2 rows"
        )

    @pytest.mark.parametrize("engine", ENGINES)
    @pytest.mark.parametrize("wrong", [11.0, -1.0, 7.5, math.inf, -math.inf])
    def test_refuses_what_is_off_the_scale(self, engine: str, wrong: float) -> None:
        frame = in_engine(engine, {"recommend": [10, None, wrong], "weight": [1.0] * 3}, FLOATS)

        with pytest.raises(InvalidValueError, match=r"^recommend is .* whole number from 0 to 10"):
            nps(frame)

    @pytest.mark.parametrize("engine", ENGINES)
    @pytest.mark.parametrize("weight", [-1.0, math.nan, math.inf, None, 1e-300, 1e300])
    def test_refuses_weights_that_are_none(self, engine: str, weight: float | None) -> None:
        # Weights of the silent are looked at too.
        columns: Columns = {"recommend": [10, None], "weight": [1.0, weight]}

        with pytest.raises(
            InvalidValueError, match=r"^weight is .{,6}: it must be 0, or from 1e-100 "
        ):
            nps(in_engine(engine, columns, WHOLE), weights="weight")

    def test_does_not_tell_the_one_answer_that_raking_left_a_weight(self) -> None:
        # 39 of the north did not say of which segment they are, and are left out.
        sample = pd.DataFrame(
            {
                "region": ["N"] * 40 + ["S"] * 40 + ["W"] * 40,
                "seg": ["key"] + [None] * 39 + ["key", "small"] * 40,
                "recommend": [0] + [10] * 39 + [9, 8] * 40,
            }
        )
        raked = rake(sample, {"seg": {"key": 0.3, "small": 0.7}}, missing="leave_out")

        table = nps(raked.frame, by="region", weights="weight")

        assert table["n"].to_list() == [1, 40, 40]
        assert table["n_missing"].to_list() == [39, 0, 0]
        assert table["group_size"].to_list() == ["suppressed", "complementary", "shown"]
        assert table["value"].isna().to_list() == [True, True, False]

    @pytest.mark.parametrize("engine", ENGINES)
    def test_refuses_weights_that_leave_nobody(self, engine: str) -> None:
        columns: Columns = {"recommend": [10, None], "weight": [0.0, 1.0]}

        with pytest.raises(InvalidValueError, match=r"^weight is .*: it must not all be 0"):
            nps(in_engine(engine, columns, WHOLE), weights="weight")

    @pytest.mark.parametrize("engine", ENGINES)
    @pytest.mark.parametrize("scores", [[], [None, None]])
    def test_refuses_when_nobody_answered(self, engine: str, scores: list[None]) -> None:
        columns: Columns = {"recommend": scores, "weight": [1.0] * len(scores)}

        for weights in (None, "weight"):
            with pytest.raises(InvalidValueError, match="nobody answered"):
                nps(in_engine(engine, columns, WHOLE), weights=weights)

    @pytest.mark.parametrize("engine", ENGINES)
    def test_says_which_column_may_be_meant(self, engine: str) -> None:
        frame = in_engine(
            engine, {"recomend": [10], "wieght": [1]}, {"recomend": pl.Int64, "wieght": pl.Int64}
        )

        with pytest.raises(InvalidValueError, match=r"of scores; did you mean 'recomend'\?"):
            nps(frame)
        with pytest.raises(InvalidValueError, match=r"weight is missing.* mean 'wieght'\?"):
            nps(frame, recommend="recomend", weights="weight")

    @pytest.mark.parametrize("engine", ENGINES)
    def test_refuses_a_column_of_text(self, engine: str) -> None:
        frame = in_engine(engine, {"recommend": ["10"]}, {"recommend": pl.String})

        with pytest.raises(InvalidValueError, match="must hold numbers"):
            nps(frame)

    def test_refuses_a_frame_of_two_columns_of_one_name(self) -> None:
        frame = pd.DataFrame([[10, 9]], columns=["recommend", "recommend"])

        with pytest.raises(InvalidValueError, match="columns of different names"):
            nps(frame)

    def test_refuses_weights_beside_the_frame(self) -> None:
        with pytest.raises(InvalidValueError, match="weights is of type list: it must name a"):
            nps(pl.DataFrame({"recommend": [10]}), weights=[1.0])  # type: ignore[call-overload]  # refused


def test_a_number_that_no_float_can_hold_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="must be a number, as in row 1"):
        nps([10, 10**400])


class TestMethods:
    def test_the_plain_interval_is_the_textbooks(self) -> None:
        # 40 promoters, 25 detractors of 100: .15 ± 1.96 √((.65 − .0225) / 100).
        score = nps([10] * 40 + [8] * 35 + [0] * 25, method="wald")

        reach = 195.9963984540054 * math.sqrt((0.65 - 0.15**2) / 100)
        assert [score.low, score.high] == pytest.approx([15 - reach, 15 + reach])
        assert (score.value, score.method) == (15, "wald")

    def test_the_plain_interval_of_weights_is_linearised(self) -> None:
        # SE = √Σw²(x − x̄)² / Σw; by hand with x = 1, 0, −1 and w = 1, 2, 1: x̄ = 0, √2 / 4.
        score = nps([10, 8, 0], weights=[1, 2, 1], method="wald", confidence=0.5)

        assert score.high == pytest.approx(100 * 0.6744897501960817 * math.sqrt(2) / 4)

    def test_students_interval_is_that_of_the_sides(self) -> None:
        score = nps([10] * 8 + [8] * 3 + [0] * 5, method="student-t")

        sides = [100] * 8 + [0] * 3 + [-100] * 5
        low, high = stats.t.interval(0.95, 15, np.mean(sides), stats.sem(sides))
        assert [score.low, score.high] == pytest.approx([low, high])
        assert score.method == "student-t"

    def test_the_bootstrap_has_the_quantiles_of_the_trinomial(self) -> None:
        # The exact distribution of the score of 40 answers drawn of 20, 12 and 8.
        n, shares = 40, (0.5, 0.3, 0.2)
        chances: dict[int, float] = {}
        for up in range(n + 1):
            for down in range(n + 1 - up):
                chance = stats.multinomial.pmf((up, n - up - down, down), n, shares)
                chances[up - down] = chances.get(up - down, 0) + float(chance)
        below = np.cumsum([chances[side] for side in sorted(chances)])
        ends = [100 * sorted(chances)[int(np.searchsorted(below, q))] / n for q in (0.025, 0.975)]

        score = nps([10] * 20 + [7] * 12 + [2] * 8, method="bootstrap", draws=40_000, rng=5)

        assert [score.low, score.high] == pytest.approx(ends, abs=2.5)
        assert (score.value, score.method) == (30, "bootstrap percentile")

    def test_the_bootstrap_can_be_repeated(self) -> None:
        scores = [10, 9, 8, 3, 0] * 10

        assert (
            nps(scores, method="bootstrap", rng=1).low == nps(scores, method="bootstrap", rng=1).low
        )

    def test_the_bootstrap_refuses_weights(self) -> None:
        with pytest.raises(InvalidValueError, match="must not go with weights"):
            nps([10, 0], weights=[1, 2], method="bootstrap")

    def test_the_bootstrap_refuses_a_single_answer(self) -> None:
        with pytest.raises(InvalidValueError, match="must hold two different answers"):
            nps([10], method="bootstrap")

    def test_the_bootstrap_tells_an_alike_group_as_student_does(self) -> None:
        frame = pl.DataFrame(
            {"recommend": [9, 10] * 15 + [1, 10] * 20, "region": ["a"] * 30 + ["b"] * 40}
        )

        with pytest.warns(AssumptionWarning, match="all 30 who answered in region 'a' are promo"):
            table = nps(frame, by="region", method="bootstrap", rng=1)

        alike, other = table.rows(named=True)
        assert (alike["low"], alike["value"], alike["high"]) == (100, 100, 100)
        assert alike["method"] == other["method"] == "bootstrap percentile"
        assert other["low"] < other["value"] == 0 < other["high"]
        with pytest.warns(AssumptionWarning, match="no width"):
            assert nps([10, 10, 9], method="bootstrap").low == 100

    @pytest.mark.parametrize(
        ("scores", "side"),
        [([10, 9], "promoters"), ([8, 7, 7], "passives"), ([0], "detractors")],
    )
    def test_the_plain_interval_warns_where_all_stand_on_one_side(
        self, scores: list[int], side: str
    ) -> None:
        with pytest.warns(AssumptionWarning, match=f"all {len(scores)} who answered are {side}"):
            score = nps(scores, method="wald")

        assert score.low == score.value == score.high

    @pytest.mark.parametrize("method", ["wald", "student-t"])
    def test_are_cut_at_the_ends_of_the_scale(self, method: str) -> None:
        score = nps([10, 10, 0, 0], method=method, confidence=0.999)  # type: ignore[call-overload]  # a name

        assert (score.low, score.high) == (-100, 100)

    def test_of_another_name_are_refused_with_the_nearest(self) -> None:
        with pytest.raises(InvalidValueError, match="did you mean 'wald'"):
            nps([10, 0], method="wold")  # type: ignore[call-overload]  # refused


class TestBreaks:
    def test_part_five_points_as_told(self) -> None:
        # Employees from 1 to 5: 5 promotes, 1 to 3 detract: 2 of 6 less 3 of 6.
        score = nps([5, 5, 4, 3, 2, 1], scale=LIKERT5, breaks=(3, 5))

        assert score.value == pytest.approx(-100 / 6)

    @pytest.mark.parametrize("breaks", [(9, 6), (6, 6), (6, 11), (-1, 9), (6,), (6.5, 9)])
    def test_must_be_on_the_scale_and_rise(self, breaks: tuple[int, int]) -> None:
        with pytest.raises(
            InvalidValueError, match="two answers of the scale from 0 to 10, rising"
        ):
            nps([10, 0], breaks=breaks)

    def test_need_a_scale(self) -> None:
        with pytest.raises(InvalidValueError, match="must be a Scale"):
            nps([10, 0], scale=10)  # type: ignore[call-overload]  # refused


class TestGroups:
    @pytest.mark.parametrize("engine", ENGINES)
    @pytest.mark.parametrize("weights", [None, "weight"])
    def test_have_each_their_own_score(self, engine: str, weights: str | None) -> None:
        rng = np.random.default_rng(4)
        rows = 200
        columns: Columns = {
            "recommend": [None if one > 10 else one for one in rng.integers(0, 12, rows).tolist()],
            "weight": rng.uniform(0.5, 2, rows).tolist(),
            "segment": rng.choice(["hotel", "laundry", "hospital"], rows).tolist(),
        }
        schema: Schema = {"recommend": pl.Int64, "weight": pl.Float64, "segment": pl.String}

        told = rows_of(nps(in_engine(engine, columns, schema), weights=weights, by="segment"))

        assert [row[0] for row in told] == ["hospital", "hotel", "laundry"]
        for segment, value, low, high, n, missing, method, size in told:
            own = [place for place in range(rows) if columns["segment"][place] == segment]
            there = [place for place in own if columns["recommend"][place] is not None]
            score, lowest, highest = by_hand(
                [columns["recommend"][place] for place in there],  # type: ignore[misc]  # numbers
                [columns["weight"][place] for place in there] if weights else None,  # type: ignore[misc]  # numbers
            )
            assert [value, low, high] == pytest.approx([score, lowest, highest], abs=1e-9)
            assert (n, missing) == (len(there), len(own) - len(there))
            assert (method, size) == ("adjusted-wald", "shown")

    def test_of_a_lazy_frame_are_asked_once(self) -> None:
        asked = []

        def remember(rows: pl.DataFrame) -> pl.DataFrame:
            asked.append(rows.shape)
            return rows

        lazy = pl.LazyFrame({"recommend": [10, 9] * 20, "region": ["a", "b"] * 20})
        nps(lazy.map_batches(remember, streamable=False), by="region")

        assert len(asked) == 1

    @pytest.mark.parametrize("count", [3, 200])
    @pytest.mark.parametrize("idle", [0, 2])
    def test_of_categories_are_those_of_texts(self, count: int, idle: int) -> None:
        # Codes of up to 127 categories lie in bytes, of more in two; in no order of their own.
        rng = np.random.default_rng(count)
        names = [f"segment {number}" for number in rng.permutation(count + idle)]
        texts = [names[place % count] for place in range(40 * count)]
        frame = pd.DataFrame({"segment": texts, "recommend": rng.integers(0, 11, len(texts))})
        categories = frame.astype({"segment": pd.CategoricalDtype(names)})

        told = nps(categories, by="segment")

        assert told["segment"].to_list() == sorted(names[:count])
        assert told.to_numpy().tolist() == nps(frame, by="segment").to_numpy().tolist()

    def test_of_categories_in_order_are_told_in_it(self) -> None:
        frame = pd.DataFrame(
            {"segment": pd.Categorical(["a", "b"] * 20), "recommend": [10, 0] * 20}
        )

        told = nps(frame, by="segment")

        assert told[["segment", "value"]].to_numpy().tolist() == [["a", 100.0], ["b", -100.0]]

    def test_refuse_a_row_without_a_category(self) -> None:
        segments = pd.Categorical(["a", None] + ["b"] * 20)
        frame = pd.DataFrame({"segment": segments, "recommend": [10] * 22})

        with pytest.raises(InvalidValueError, match=r"segment is None: .*, as in row 1;"):
            nps(frame, by="segment")

    def test_of_two_columns_of_far_numbers_are_in_rising_order(self) -> None:
        # Of 2,001 × 2,001 pairs four are there.
        frame = pd.DataFrame(
            {
                "shop": [2000, 0, 2000, 0] * 15,
                "month": [0, 2000, 2000, 0] * 15,
                "recommend": [10, 9, 8, 0] * 15,
            }
        )

        told = nps(frame, by=["shop", "month"])

        assert told[["shop", "month", "value"]].to_numpy().tolist() == [
            [0, 0, -100.0],
            [0, 2000, 100.0],
            [2000, 0, 100.0],
            [2000, 2000, 0.0],
        ]

    def test_that_show_late_are_found(self) -> None:
        frame = pd.DataFrame(
            {"segment": ["b"] * 10_000 + ["a"] * 40, "recommend": [10] * 10_000 + [0] * 40}
        )

        told = nps(frame, by="segment")

        assert told[["segment", "value", "n"]].to_numpy().tolist() == [
            ["a", -100.0, 40],
            ["b", 100.0, 10_000],
        ]


class TestWholeNumbers:
    @pytest.mark.parametrize("kind", ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"])
    def test_of_any_width_are_counted_and_checked(self, kind: str) -> None:
        low, high = -3, 3
        scale = Scale(low if kind[0] == "i" else 0, high)
        answers = np.array([scale.low, high, high], dtype=kind)
        worst = np.iinfo(np.dtype(kind))

        told = nps(answers, scale=scale, breaks=(1, 3))

        assert told.value == pytest.approx(100 / 3)
        for off in {worst.min, worst.max} - {0}:
            with pytest.raises(InvalidValueError, match=r"scores is .*, as in row 3"):
                nps(np.append(answers, np.array([off], dtype=kind)), scale=scale, breaks=(1, 3))

    def test_beyond_all_others_are_not_taken_for_negative_ones(self) -> None:
        # 2⁶⁴ − 1 has the bits of −1.
        answers = np.array([3, 3, 2**64 - 1], dtype=np.uint64)

        with pytest.raises(
            InvalidValueError, match=r"it must be a whole number from -3 to 3, as in"
        ):
            nps(answers, scale=Scale(-3, 3), breaks=(1, 3))
