import math
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.satisfaction import Weighting, poststratify, rake
from crmkit.stats import design_effect, effective_n, weighted_mean
from tests.value.engines import ENGINES, FEW, SESSION, Columns, Schema, in_engine, rows_of


# The California schools of R's `survey` package, its simple random sample `apisrs`: how many by
# type and by whether the school met its target, with the raked weights that R prints and an
# optimiser (CVXR) finds too: Fu and Narasimhan (2018), "Survey calibration", CVXR examples.
SCHOOLS = {
    ("E", "No"): (15, 28.911),
    ("E", "Yes"): (127, 31.396),
    ("H", "No"): (13, 29.003),
    ("H", "Yes"): (12, 31.497),
    ("M", "No"): (9, None),
    ("M", "Yes"): (24, None),
}
SCHOOL_TARGETS = {
    "stype": {"E": 4421, "H": 755, "M": 1018},
    "met": {"No": 1072, "Yes": 5122},
}

PEOPLE = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from([1, 2]), st.floats(0.2, 5)), max_size=25
)
EVERY = [(sex, age, 1.0) for sex in "abc" for age in (1, 2)]
SCHEMA: Schema = {"sex": pl.String, "age": pl.Int64, "w": pl.Float64}


def schools() -> pd.DataFrame:
    kinds = [kind for kind, (n, _) in SCHOOLS.items() for _ in range(n)]
    return pd.DataFrame(kinds, columns=["stype", "met"])


def columns(people: list[tuple[str, int, float]]) -> Columns:
    sex, age, w = zip(*people, strict=True)
    return {"sex": list(sex), "age": list(age), "w": list(w)}


def by_hand(table: list[list[float]], rows: list[float], ends: list[float]) -> float:
    """The first cell of a raked 2 × 2 table: the root of its odds ratio, which raking keeps."""
    (a, b), (c, d) = table
    odds = a * d / (b * c)
    # x (ends₀ − ... ) : x·(r₁ − c₀ + x) = odds·(r₀ − x)(c₀ − x).
    first = 1 - odds
    second = rows[1] - ends[0] + odds * (rows[0] + ends[0])
    third = -odds * rows[0] * ends[0]
    if abs(first) < 1e-12:
        return -third / second
    return (-second + math.sqrt(second**2 - 4 * first * third)) / (2 * first)


class TestPoststratify:
    def test_gives_each_stratum_its_size(self) -> None:
        """w = N/n by hand: 600/3 and 400/1; design effect 4·(3·200² + 400²)/1000² = 1.12."""
        told = poststratify({"sex": [*"fffm"]}, {"f": 600, "m": 400}, by="sex")

        assert told.weights.tolist() == [200, 200, 200, 400]
        assert told.deff == pytest.approx(1.12)
        assert told.effective_n == pytest.approx(4 / 1.12)
        assert (told.method, told.iterations, told.converged) == ("post-stratification", 1, True)
        assert (told.n, told.left_out, told.total, told.ratio) == (4, 0, 1000, 2)

    def test_keeps_the_proportions_of_a_design(self) -> None:
        told = poststratify(
            {"sex": [*"ffm"], "d": [1, 3, 7]}, {"f": 80, "m": 20}, by="sex", weights="d"
        )

        assert told.weights.tolist() == pytest.approx([20, 60, 20])

    def test_knows_strata_of_several_columns(self) -> None:
        sample = {"sex": [*"ffmm"], "old": [True, False, True, True]}
        targets: Any = {("f", True): 10, ("f", False): 20, ("m", True): 30}

        told = poststratify(sample, targets, by=("sex", "old"))

        assert told.weights.tolist() == [10, 20, 15, 15]
        assert told.lines[0].margin == "sex × old"

    def test_scales_shares_to_the_respondents(self) -> None:
        told = poststratify({"sex": [*"fffm"]}, {"f": 0.5, "m": 0.5}, by="sex")

        assert told.weights.tolist() == pytest.approx([2 / 3, 2 / 3, 2 / 3, 2])
        assert told.deff == pytest.approx(design_effect(told.weights))
        assert told.effective_n == pytest.approx(effective_n(told.weights))

    def test_scales_to_a_total_on_demand(self) -> None:
        told = poststratify({"sex": [*"fm"]}, {"f": 60, "m": 40}, by="sex", total=1)

        assert told.weights.tolist() == pytest.approx([0.6, 0.4])

    def test_makes_the_mean_of_strata(self) -> None:
        """Σ N_h mean_h / N by hand: .5·2 + .5·6."""
        told = poststratify({"sex": [*"fffm"]}, {"f": 50, "m": 50}, by="sex")

        assert weighted_mean([1, 2, 3, 6], weights=told.weights).value == pytest.approx(4)

    def test_knows_days(self) -> None:
        days = [date(2026, 1, 1), date(2026, 1, 2), date(2026, 1, 2)]

        told = poststratify({"day": days}, {days[0]: 4, days[1]: 4}, by="day")

        assert told.weights.tolist() == [4, 2, 2]


class TestRake:
    def test_gives_the_weights_of_r(self) -> None:
        raked = rake(schools(), SCHOOL_TARGETS)

        found = raked.frame.groupby(["stype", "met"])["weight"].first()
        for kind, (_, weight) in SCHOOLS.items():
            if weight is not None:
                assert found[kind] == pytest.approx(weight, abs=5e-4)

    @given(
        st.lists(st.integers(1, 40), min_size=4, max_size=4),
        st.floats(0.05, 0.95),
        st.floats(0.05, 0.95),
    )
    def test_solves_two_by_two_as_the_odds_ratio_does(
        self, cells: list[int], share: float, other: float
    ) -> None:
        table = [[float(cells[0]), float(cells[1])], [float(cells[2]), float(cells[3])]]
        kinds = [(place // 2, place % 2) for place, n in enumerate(cells) for _ in range(n)]
        sample = {"row": [row for row, _ in kinds], "end": [end for _, end in kinds]}
        rows, ends = [100 * share, 100 * (1 - share)], [100 * other, 100 * (1 - other)]

        raked = rake(sample, {"row": dict(enumerate(rows)), "end": dict(enumerate(ends))})

        first = raked.weights[: cells[0]].sum()
        assert first == pytest.approx(by_hand(table, rows, ends), rel=1e-6)

    @given(PEOPLE, st.integers(1, 90), st.integers(1, 90), st.integers(1, 99))
    def test_meets_every_margin(
        self, people: list[tuple[str, int, float]], a: int, b: int, young: int
    ) -> None:
        targets: dict[str, Any] = {
            "sex": {"a": a, "b": b, "c": 200 - a - b},
            "age": {1: 2 * young, 2: 200 - 2 * young},
        }

        raked = rake(columns(people + EVERY), targets, weights="w")

        weights = raked.weights
        for name, target in targets.items():
            for category, goal in target.items():
                of = [value == category for value in columns(people + EVERY)[name]]
                assert weights[of].sum() == pytest.approx(goal, abs=1e-6)
        assert raked.converged
        assert raked.gap <= raked.tolerance
        assert raked.deff == pytest.approx(design_effect(weights))
        assert raked.effective_n == pytest.approx(effective_n(weights))
        assert (raked.smallest, raked.largest) == (weights.min(), weights.max())

    @FEW
    @given(PEOPLE, st.floats(0.1, 10))
    def test_does_not_mind_the_scale_of_what_it_begins_with(
        self, people: list[tuple[str, int, float]], scale: float
    ) -> None:
        told = columns(people + EVERY)
        targets: Any = {"sex": {"a": 0.3, "b": 0.3, "c": 0.4}, "age": {1: 0.5, 2: 0.5}}

        one = rake(told, targets, weights="w")
        two = rake({**told, "w": scale * np.array(told["w"])}, targets, weights="w")

        assert one.weights == pytest.approx(two.weights, rel=1e-6)

    def test_leaves_what_is_in_proportion_alone(self) -> None:
        told = rake({"sex": [*"fm"] * 5, "age": [*"oy"] * 5}, {"sex": {"f": 5, "m": 5}})

        assert told.weights.tolist() == [1.0] * 10
        assert told.deff == 1

    def test_rakes_several_columns_together(self) -> None:
        """As R's `rake` with a partial joint distribution; by hand: both margins are met."""
        sample = {"a": [*"xxyyxy"], "b": [*"pqpqpp"], "c": [*"uvuvvu"]}
        targets: Any = {
            ("a", "b"): {(one, two): 25 for one in "xy" for two in "pq"},
            ("c",): {"u": 40, "v": 60},
        }

        told = rake(sample, targets)

        weights = told.weights
        # Both of y and p are u: 25; so 15 of x and p are u, and 10 are v.
        assert weights.tolist() == pytest.approx([15, 25, 12.5, 25, 10, 12.5])

    def test_counts_its_rounds(self) -> None:
        assert rake(schools(), SCHOOL_TARGETS).iterations > 1
        assert rake(schools(), {"met": {"No": 1, "Yes": 2}}).iterations == 1

    def test_gives_nothing_to_a_target_of_nothing(self) -> None:
        told = rake({"sex": [*"ffmx"]}, {"sex": {"f": 10, "m": 10, "x": 0, "y": 0}})

        assert told.weights.tolist() == [5, 5, 10, 0]
        assert told.ratio == math.inf


class TestFrames:
    @pytest.mark.parametrize("missing", ["own_category", "leave_out"])
    @pytest.mark.parametrize("engine", ENGINES)
    def test_give_the_same_kind_back(self, engine: str, missing: Any) -> None:
        told: Columns = {
            "sex": ["a", "a", None, "b", None, "b", "a", "b"],
            "age": [1, None, 2, 2, 1, 1, 2, None],
            "w": [1.0, 2, 1, 1, 1, 2, 1, 1],
        }
        frame: Any = in_engine(engine, told, SCHEMA)
        targets: Any = {"sex": {"a": 50, "b": 50}, "age": {1: 40, 2: 60}}

        raked: Weighting[Any] = rake(frame, targets, weights="w", missing=missing)

        assert type(raked.frame) is type(frame)
        alone = rake(told, targets, weights="w", missing=missing)
        found: list[Any] = [row[-1] for row in rows_of(raked.frame)]
        expected = alone.weights.tolist()
        if engine == "duckdb":  # whose rows have no order
            found, expected = sorted(found), sorted(expected)
        assert found == pytest.approx(expected, rel=1e-9)
        assert raked.deff == pytest.approx(alone.deff)
        assert (raked.n, raked.left_out) == ((8, 0) if missing == "own_category" else (4, 4))
        assert [line.after for line in raked.lines] == pytest.approx(
            [line.target for line in raked.lines]
        )

    @FEW
    @given(PEOPLE)
    def test_agree_on_the_weights(self, people: list[tuple[str, int, float]]) -> None:
        told = columns(people + EVERY)
        targets: Any = {"sex": {"a": 30, "b": 30, "c": 40}, "age": {1: 50, 2: 50}}

        expected = rake(told, targets, weights="w").weights

        for engine in ENGINES:
            frame: Any = in_engine(engine, told, SCHEMA)
            found: Any = rows_of(rake(frame, targets, weights="w").frame)
            # The rows of DuckDB have no order.
            rows = sorted((*row, weight) for *row, weight in found)
            own = sorted(zip(*told.values(), expected, strict=True))
            assert [row[:3] for row in rows] == [row[:3] for row in own]
            assert [row[3] for row in rows] == pytest.approx([row[3] for row in own], rel=1e-9)

    def test_keep_their_index(self) -> None:
        frame = pd.DataFrame({"sex": [*"ffm"]}, index=[7, 3, 5])

        told = rake(frame, {"sex": {"f": 10, "m": 20}}).frame

        assert told["weight"].to_dict() == {7: 5, 3: 5, 5: 20}

    def test_may_hold_categories_and_flags(self) -> None:
        frame = pl.LazyFrame(
            {"sex": pl.Series([*"ffm"], dtype=pl.Categorical), "new": [True, False, True]}
        )
        targets: Any = {"sex": {"f": 10, "m": 20}, "new": {True: 24, False: 6}}

        told = rake(frame, targets)

        assert told.frame.collect()["weight"].to_list() == pytest.approx([4, 6, 20])
        assert rake(frame.collect(), targets).weights.tolist() == pytest.approx([4, 6, 20])

    def test_may_hold_whole_numbers_beside_empty_places(self) -> None:
        frame = pd.DataFrame({"age": [1, 2, None]})

        told = rake(frame, {"age": {1: 10, 2: 20}}, missing="own_category")

        assert told.weights.tolist() == pytest.approx([20 / 3, 40 / 3, 10])

    def test_take_another_name_for_the_weights(self) -> None:
        told = rake({"sex": [*"fm"]}, {"sex": {"f": 1, "m": 3}}, weight="stands_for")

        assert list(told.frame) == ["sex", "stands_for"]

    def test_may_be_arrays_and_series(self) -> None:
        told = rake(
            {"sex": np.array([*"fm"]), "age": pl.Series([*"oy"])}, {"sex": {"f": 1, "m": 3}}
        )

        assert told.weights.tolist() == [1, 3]

    def test_may_have_many_categories(self) -> None:
        """Two columns of two thousand: more combinations than are counted in one array."""
        ids = np.arange(2_000)
        targets: Any = {name: dict.fromkeys(ids.tolist(), 1) for name in ("a", "b")}

        told = rake({"a": ids, "b": ids[::-1]}, targets)

        assert told.weights == pytest.approx(np.ones(2_000))

    def test_that_are_lazy_do_not_tell_their_rows(self) -> None:
        told = rake(pl.LazyFrame({"sex": [*"fm"]}), {"sex": {"f": 1, "m": 3}})

        with pytest.raises(InvalidValueError, match=r"collect \.frame"):
            told.weights  # noqa: B018  # refused


class TestExplain:
    def test_tells_gain_and_cost(self) -> None:
        told = poststratify({"sex": [*"fffm"]}, {"f": 600, "m": 400}, by="sex")

        assert str(told.explain()) == (
            "post-stratification of 4 respondents (0 left out) in 1 round; margins met: yes; "
            "weights from 200 to 400, design effect 1.12: as good as 3.571 unweighted answers"
        )
        assert "事后分层加权（另有0名未计入），迭代1轮；" in told.explain().sentence("zh")
        assert told.explain().find("effective_n").value == told.effective_n
        assert str(told) == (
            "post-stratification of 4: weights 200 to 400, deff 1.12, effective n 3.571"
        )

    def test_tells_how_far_off_trimming_leaves_a_margin(self) -> None:
        """200 of 400 are wanted; three of 83.33 are 250, 12.5 % of all too many."""
        cut = poststratify({"sex": [*"fffm"]}, {"f": 200, "m": 200}, by="sex").trimmed(cap=1.5)

        why = cut.explain()

        assert "margins met: no, the farthest off by 12.5 % of the total; weights" in str(why)
        assert "是否符合各边际目标：否，最大偏差为总量的12.5%；" in why.sentence("zh")
        assert why.find("gap").value == cut.gap

    def test_has_a_summary(self) -> None:
        told = poststratify({"sex": [*"fffm"]}, {"f": 600, "m": 400}, by="sex").summary

        assert list(told.columns) == ["margin", "category", "n", "before", "target", "after"]
        assert told.to_numpy().tolist() == [
            ["sex", "f", 3, 750, 600, 600],
            ["sex", "m", 1, 250, 400, 400],
        ]


BAD: list[tuple[dict[str, Any], str]] = [
    ({"targets": {}}, "targets is {}: it must be a mapping that names one margin at least"),
    ({"targets": [1]}, "targets is [1]: it must be a mapping"),
    ({"targets": {"sex": {}}}, "must be a mapping that names one category at least"),
    ({"targets": {"sex": 5}}, "targets['sex'] is 5: it must be a mapping"),
    ({"targets": {"sex": {"f": 5, None: 5}}}, "must not name None; say what becomes"),
    ({"targets": {(): {"f": 5}}}, "targets is (): it must name one column at least"),
    ({"weights": "sex"}, "sex is a column of String: it must hold numbers"),
    (
        {"sample": {"w": [1, 2]}, "targets": {"w": {1: 1, 2: 1}}, "weights": "w"},
        "columns is ('w', 'w'): it must name each column once",
    ),
    (
        {"targets": {"sex": {"f": 1, "m": -1}}},
        "targets['sex']['m'] is -1: it must be a number of 0",
    ),
    ({"targets": {"sex": {"f": 1, "m": math.nan}}}, "is nan: it must be a number"),
    ({"targets": {"sex": {"f": 1, "m": True}}}, "is True: it must be a number"),
    ({"targets": {"sex": {"f": 0, "m": 0}}}, "must not all be 0"),
    (
        {"targets": {"sex": {"f": 0.5, "m": 0.6}}},
        "it must sum to 1, not to 1.1, where none exceeds 1; do they mean shares?",
    ),
    (
        {"targets": {"sex": {"f": 5, "m": 5}, "age": {"o": 5, "y": 6}}},
        "targets is {'sex': 10.0, 'age': 11.0}: it must sum alike",
    ),
    ({"targets": {"sx": {"f": 5}}}, "did you mean 'sex'?"),
    (
        {"targets": {"sex": {"f": 5, "mm": 5}}},
        "sex is 'm': it must have a target, as in row 2; did you mean 'mm'?",
    ),
    (
        {"targets": {"sex": {"f": 5, "m": 5, "x": 1}}},
        "targets['sex']['x'] is 1.0: it must have somebody in the sample; merge it",
    ),
    (
        {"sample": {"sex": ["f", None, "m", None]}},
        "sex is None: it must not be empty, as in rows 1 and 3; say missing='own_category'",
    ),
    ({"missing": "drop"}, "missing is 'drop': it must be one of refuse"),
    ({"sample": {"sex": [*"fm"], "weight": [1, 2]}}, "weight is a column: it must not be there"),
    ({"sample": {"sex": ["m"]}}, "respondents is 1: it must be two at least"),
    ({"sample": pd.DataFrame({"sex": []})}, "nobody answered"),
    ({"sample": {"sex": [*"fm"], "age": [1]}}, "must have columns of one length"),
    ({"sample": {"sex": [*"fm"], "w": [0, 0]}, "weights": "w"}, "w is 0: it must not all be 0"),
    (
        {"sample": {"sex": [*"fm"], "w": [1, -1]}, "weights": "w"},
        "w is -1.0: it must be 0, or from",
    ),
    ({"sample": {"sex": [*"fm"], "w": [1, None]}, "weights": "w"}, "as in row 1"),
    ({"sample": {"sex": [*"fm"], "w": [1, 0]}, "weights": "w"}, "must have somebody in the sample"),
    ({"sample": {"sex": [1.5, 2.5]}}, "sex is 1.5: it must be a category"),
    ({"sample": pl.LazyFrame({"sex": [1.5, 2.5]})}, "sex is a column of Float64"),
    ({"sample": pl.LazyFrame({"sex": ["f", None, "m"]})}, "as in 1 row; say missing"),
    ({"sample": pl.LazyFrame({"sex": ["f", "x", "x", "m"]})}, "as in 2 rows; known are f, m"),
    (
        {"sample": {"sex": [None, None], "age": [*"oy"]}, "missing": "leave_out"},
        "nobody is left",
    ),
    ({"total": 0}, "total is 0: it must be above 0"),
    ({"tolerance": 0}, "tolerance is 0: it must be above 0"),
    ({"max_iterations": 0}, "max_iterations is 0: it must be 1 or more"),
    (
        {
            "sample": {"sex": [*"ffm"], "age": [*"ooy"]},
            "targets": {"sex": {"f": 5, "m": 5}, "age": {"o": 4, "y": 6}},
        },
        "is off by 0.1 of the total after 1000 rounds; targets contradict each other",
    ),
    (
        {
            "sample": {"sex": [*"ffm"], "age": [*"ooy"]},
            "targets": {"sex": {"f": 5, "m": 5}, "age": {"o": 4, "y": 6}},
            "max_iterations": 1,
        },
        "of the total after 1 round; targets contradict each other",
    ),
    (
        {
            "sample": {"sex": [*"ffm"], "age": [*"oyo"]},
            "targets": {"sex": {"f": 0, "m": 10}, "age": {"o": 4, "y": 6}},
        },
        "targets['sex']['m'] is 10.0: it must be met, but is off by 0.6",
    ),
]


class TestRefusals:
    @pytest.mark.parametrize(("bad", "told"), BAD)
    def test_name_what_is_wrong(self, bad: dict[str, Any], told: str) -> None:
        asked = {"sample": {"sex": [*"ffm"], "age": [*"oyy"]}, "targets": {"sex": {"f": 6, "m": 4}}}

        with pytest.raises(InvalidValueError) as refused:
            rake(**{**asked, **bad})

        assert told in str(refused.value)

    def test_know_what_no_category_is(self) -> None:
        relation: Any = SESSION.sql("SELECT [1] AS sex UNION ALL SELECT [2]")

        with pytest.raises(InvalidValueError, match="must hold text"):
            rake(relation, {"sex": {"f": 1}})
