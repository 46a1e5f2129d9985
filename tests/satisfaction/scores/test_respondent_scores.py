"""Scores of many respondents, against `Survey.score` of each."""

import math

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, strategies as st
from narwhals.stable.v2.typing import IntoFrame

from crmkit.errors import InvalidValueError
from crmkit.kernel import AllOf, AnyOf, Compare, Condition
from crmkit.kernel.conditions import Not
from crmkit.satisfaction import (
    Answers,
    Item,
    ItemKind,
    Missing,
    Scale,
    Substitute,
    Survey,
    survey_scores,
)
from crmkit.testing import NINE
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


CODES: dict[float, Missing | str] = {
    0: Missing.MISSING,
    98: Missing.REFUSED,
    99: Missing.DOES_NOT_APPLY,
}
ITEMS = [
    Item("quality", dimension="product", weight=0.3),
    Item("finish", dimension="product", weight=0.1, scale=Scale(1, 10)),
    Item("noise", dimension="product", weight=0.2, reverse=True),
    Item("speed", dimension="delivery", weight=2),
    Item("driver", dimension="delivery", weight=1, reverse=True),
    Item("price", weight=0.5),
]
SURVEY = Survey.of(
    "yearly",
    1,
    ITEMS,
    dimension_weights={"delivery": 1.5},
    segment_weights={
        "hotel": {"speed": 5, "price": 2},
        "laundry": {"product": 0, "quality": 0.4},
        "hospital": {},
    },
)
RATINGS = [item.id for item in ITEMS]
SCHEMA: Schema = {**dict.fromkeys(RATINGS, pl.Int64), "segment": pl.String}
CELL = st.sampled_from([1, 2, 3, 4, 5, 5, 4, None, 0, 98, 99])
RESPONDENTS = st.lists(
    st.tuples(*([CELL] * len(RATINGS)), st.sampled_from(["hotel", "laundry", "hospital", None])),
    min_size=1,
    max_size=15,
)
ADDED = ["score", "answered"]
for part in SURVEY.parts:
    ADDED += [f"score_{part}", f"answered_{part}"]


def expected(survey: Survey, cells: dict[str, object], segment: str | None) -> list[float | None]:
    """What the scalar form says of one respondent, in the order of the columns added."""
    known = {name: CODES.get(cell, cell) for name, cell in cells.items()}  # type: ignore[call-overload]  # any key
    said = Answers.record("A-1", "ann", NINE, survey=survey, cells=known, segment=segment)
    score = survey.score(said)
    told = [score.whole, *(score.parts[part] for part in survey.parts)]
    made: list[float | None] = []
    for one in told:
        made += [one.value, None if one.answered is None else float(one.answered)]
    return made


def made_of(frame: object, added: int) -> list[list[float | None]]:
    return [
        [None if cell is None or cell != cell else float(cell) for cell in row[-added:]]  # type: ignore[arg-type]  # a number
        for row in rows_of(frame)
    ]


def assert_close(told: list[list[float | None]], wanted: list[list[float | None]]) -> None:
    """Compare rows in any order: those of DuckDB have none."""

    def rounded(rows: list[list[float | None]]) -> list[str]:
        return sorted(
            str([None if cell is None else round(cell, 6) + 0.0 for cell in row]) for row in rows
        )

    assert rounded(told) == rounded(wanted)


def assert_scored(
    engines: tuple[str, ...], rows: list[tuple[object, ...]], by_segment: bool
) -> None:
    """Hold the scores of a frame to those of each respondent by himself."""
    columns: Columns = {name: [row[i] for row in rows] for i, name in enumerate(SCHEMA)}
    wanted = [
        expected(
            SURVEY,
            dict(zip(RATINGS, row[:-1], strict=True)),
            row[-1] if by_segment else None,  # type: ignore[arg-type]  # a segment
        )
        for row in rows
    ]

    for engine in engines:
        told = survey_scores(
            in_engine(engine, columns, SCHEMA),
            survey=SURVEY,
            codes=CODES,
            segment="segment" if by_segment else None,
        )

        assert_close(made_of(told, len(ADDED)), wanted)


class TestSurveyScores:
    @FEW
    @given(RESPONDENTS, st.booleans())
    def test_is_the_score_of_each_respondent(
        self, rows: list[tuple[object, ...]], by_segment: bool
    ) -> None:
        assert_scored(EAGER, rows, by_segment)

    @FEWEST
    @given(RESPONDENTS, st.booleans())
    def test_is_the_same_where_an_engine_is_asked(
        self, rows: list[tuple[object, ...]], by_segment: bool
    ) -> None:
        assert_scored(LAZY, rows, by_segment)

    @FEW
    @given(RESPONDENTS)
    def test_is_the_same_in_bytes(self, rows: list[tuple[object, ...]]) -> None:
        # Weights of whole numbers and steps of one size: sums in two bytes.
        survey = Survey.of(
            "s",
            1,
            [
                Item(name, dimension="d", weight=i + 1, reverse=i % 2 == 0)
                for i, name in enumerate(RATINGS)
            ],
        )
        bytes_ = pd.DataFrame(
            {
                name: np.array([0 if row[i] is None else row[i] for row in rows], dtype=np.uint8)
                for i, name in enumerate(RATINGS)
            }
        )

        told = survey_scores(bytes_, survey=survey, codes=CODES)

        wanted = [expected(survey, dict(zip(RATINGS, row[:-1], strict=True)), None) for row in rows]
        assert_close(made_of(told, 4), wanted)

    def test_keeps_half_exactly(self) -> None:
        # .3 of .6 is answered: half to the last bit, where floats add up to less.
        items = [
            Item("a", dimension="d", weight=0.3),
            Item("b", dimension="d", weight=0.1),
            Item("c", dimension="d", weight=0.2),
        ]
        frame = pd.DataFrame({"a": [5.0, None], "b": [None, 5.0], "c": [None, 5.0]})

        told = survey_scores(frame, survey=Survey.of("s", 1, items))

        assert told["score"].to_list() == [100, 100]

    def test_leaves_rows_and_index_as_they_are(self) -> None:
        frame = pd.DataFrame({"q": [5, 1], "x": ["a", "b"]}, index=[7, 7])

        told = survey_scores(frame, survey=Survey.of("s", 1, [Item("q")]))

        assert told.index.to_list() == [7, 7]
        assert told.columns.to_list() == [
            "q",
            "x",
            "score",
            "answered",
            "score_q",
            "answered_q",
        ]
        assert frame.columns.to_list() == ["q", "x"]

    def test_stays_lazy(self) -> None:
        for engine in ("polars lazy", "duckdb"):
            frame = in_engine(engine, {"q": [5, 1]}, {"q": pl.Int64})
            assert type(survey_scores(frame, survey=Survey.of("s", 1, [Item("q")]))) is type(frame)

    @pytest.mark.parametrize("engine", ENGINES)
    def test_fills_gaps_with_the_mean_of_the_item_where_asked(self, engine: str) -> None:
        # Item b: answered 5 and 3, mean worth 75. The third answers a alone, 1 (0): (0 + 75) / 2.
        items = [Item("a", dimension="d"), Item("b", dimension="d")]
        columns: Columns = {"a": [5, 3, 1, None], "b": [5, 3, None, None]}
        frame = in_engine(engine, columns, {"a": pl.Int64, "b": pl.Int64})
        survey = Survey.of("s", 1, items)

        filled = survey_scores(frame, survey=survey, substitute=Substitute.ITEM_MEAN)
        own = survey_scores(frame, survey=survey)

        assert_close([row[2:3] for row in made_of(filled, 4)], [[100], [50], [37.5], [None]])
        assert_close([row[2:3] for row in made_of(own, 4)], [[100], [50], [0], [None]])

    @pytest.mark.parametrize("engine", ENGINES)
    def test_fills_no_gap_of_what_does_not_apply(self, engine: str) -> None:
        columns: Columns = {"a": [5, 1, 3], "b": [5, 99, None]}
        frame = in_engine(engine, columns, {"a": pl.Int64, "b": pl.Int64})
        survey = Survey.of("s", 1, [Item("a", dimension="d"), Item("b", dimension="d")])

        told = survey_scores(
            frame, survey=survey, codes={99: "does_not_apply"}, substitute="item_mean"
        )

        assert_close([row[2:3] for row in made_of(told, 4)], [[100], [0], [75]])

    @pytest.mark.parametrize("engine", ENGINES)
    def test_has_no_mean_of_an_item_that_nobody_answered(self, engine: str) -> None:
        frame = in_engine(engine, {"a": [5], "b": [None]}, {"a": pl.Int64, "b": pl.Int64})
        survey = Survey.of("s", 1, [Item("a"), Item("b")])

        with pytest.raises(InvalidValueError, match="b is None: it must be answered by somebody"):
            survey_scores(frame, survey=survey, substitute="item_mean")


SKIPS: list[Condition] = [
    Compare("first", "<=", 2),
    Compare("first", "in", (1, 3)),
    AllOf((Compare("first", ">", 1), Compare("second", "!=", 3))),
    AnyOf((Compare("first", "<", 2), Compare("second", ">=", 4))),
    Not(Compare("second", "=", 5)),
    Compare("why.late", "=", True),
]


class TestSkippedItems:
    @pytest.mark.parametrize("condition", SKIPS, ids=lambda one: one.to_json())
    def test_do_not_apply_where_the_condition_fails(self, condition: Condition) -> None:
        survey = Survey.of(
            "s",
            1,
            [
                Item("first"),
                Item("second"),
                Item("why", kind=ItemKind.MULTIPLE, choices=("late",)),
                Item("third", asked_if=condition),
            ],
        )
        cells = [None, 1, 3, 5]
        rows = [
            (first, second, late)
            for first in cells
            for second in cells
            for late in (None, True, False)
        ]
        schema: Schema = {
            "first": pl.Int64,
            "second": pl.Int64,
            "third": pl.Int64,
            "why.late": pl.Boolean,
        }
        columns: Columns = {
            "first": [row[0] for row in rows],
            "second": [row[1] for row in rows],
            "third": [None] * len(rows),
            "why.late": [row[2] for row in rows],
        }
        wanted = []
        for first, second, late in rows:
            why = Missing.MISSING if late is None else ("late",) if late else ()
            told = {"first": first, "second": second, "why": why}
            said = Answers.record("A-1", "ann", NINE, survey=survey, cells=told)
            share = survey.score(said).parts["third"].answered
            wanted.append([None if share is None else float(share)])

        for engine in ENGINES:
            scores = survey_scores(in_engine(engine, columns, schema), survey=survey)
            assert_close([row[-1:] for row in made_of(scores, 8)], wanted)

    @pytest.mark.parametrize("engine", ENGINES)
    def test_must_not_be_answered(self, engine: str) -> None:
        survey = Survey.of("s", 1, [Item("a"), Item("b", asked_if=Compare("a", "<=", 2))])
        frame = in_engine(engine, {"a": [1, 5], "b": [4, 4]}, {"a": pl.Int64, "b": pl.Int64})

        with pytest.raises(
            InvalidValueError,
            match=r"b is 4(\.0)?: it was not to be asked: it is put where a <= 2, as in .*row",
        ):
            survey_scores(frame, survey=survey)

    def test_are_told_from_others_by_their_code_where_no_cell_is_empty(self) -> None:
        survey = Survey.of("s", 1, [Item("a"), Item("b", asked_if=Compare("a", "<=", 2))])
        frame = pd.DataFrame({"a": [1, 5], "b": [5, 99]})

        told = survey_scores(frame, survey=survey, codes={99: Missing.DOES_NOT_APPLY})

        # (0 + 100) / 2, and 100 of the one that applies.
        assert told["score"].to_list() == [50.0, 100.0]
        assert told["answered"].to_list() == [1.0, 1.0]

    def test_need_the_columns_that_they_hang_on(self) -> None:
        why = Item("why", kind=ItemKind.MULTIPLE, choices=("late",))
        survey = Survey.of("s", 1, [why, Item("b", asked_if=Compare("why.late", "=", True))])

        with pytest.raises(InvalidValueError, match=r"why\.late is missing: .* hangs on it"):
            survey_scores(pl.DataFrame({"b": [4]}), survey=survey)


class TestRefusing:
    @pytest.mark.parametrize("engine", ENGINES)
    @pytest.mark.parametrize("wrong", [6.0, 0.0, 3.5, 98.0, math.inf])
    def test_an_answer_off_its_scale(self, engine: str, wrong: float) -> None:
        columns: Columns = {"q": [5.0, None, wrong]}
        frame = in_engine(engine, columns, {"q": pl.Float64})

        with pytest.raises(
            InvalidValueError, match=r"^q is .* from 1 to 5, or one of the codes 99"
        ):
            survey_scores(frame, survey=Survey.of("s", 1, [Item("q")]), codes={99: "refused"})

    def test_names_the_row_in_bytes_too(self) -> None:
        frame = pd.DataFrame({"q": np.array([5, 7], dtype=np.uint8)})

        with pytest.raises(InvalidValueError, match=r"q is 7.*as in row 1"):
            survey_scores(frame, survey=Survey.of("s", 1, [Item("q")]))

    @pytest.mark.parametrize("code", [5, 1, True, math.nan])
    def test_a_code_that_is_no_code(self, code: float) -> None:
        with pytest.raises(InvalidValueError, match="codes is"):
            survey_scores(
                pl.DataFrame({"q": [4]}),
                survey=Survey.of("s", 1, [Item("q")]),
                codes={code: "missing"},
            )

    def test_a_reason_that_is_none(self) -> None:
        with pytest.raises(InvalidValueError, match="is no Missing"):
            survey_scores(
                pl.DataFrame({"q": [4]}), survey=Survey.of("s", 1, [Item("q")]), codes={9: "gone"}
            )

    def test_a_part_called_as_the_whole(self) -> None:
        with pytest.raises(InvalidValueError, match="must not have a part called 'overall'"):
            survey_scores(
                pl.DataFrame({"overall": [4]}), survey=Survey.of("s", 1, [Item("overall")])
            )

    @pytest.mark.parametrize("engine", ENGINES)
    def test_a_segment_that_is_not_named(self, engine: str) -> None:
        columns: Columns = {name: [4, 4] for name in RATINGS}
        columns = {**columns, "segment": ["hotel", "hotels"]}

        with pytest.raises(InvalidValueError, match="segment is 'hotels': it must be named in"):
            survey_scores(in_engine(engine, columns, SCHEMA), survey=SURVEY, segment="segment")

    def test_segments_that_the_survey_does_not_know(self) -> None:
        with pytest.raises(InvalidValueError, match="has no weights for segments"):
            survey_scores(
                pl.DataFrame({"q": [4], "s": ["a"]}),
                survey=Survey.of("s", 1, [Item("q")]),
                segment="s",
            )

    def test_what_is_no_survey(self) -> None:
        with pytest.raises(InvalidValueError, match="must be a Survey"):
            survey_scores(pl.DataFrame({"q": [4]}), survey="yearly")  # type: ignore[arg-type]  # refused

    def test_a_column_that_would_be_lost(self) -> None:
        frame: IntoFrame = pl.DataFrame({"q": [4], "score": [1.0]})

        with pytest.raises(InvalidValueError, match="score is a column: it must not be there"):
            survey_scores(frame, survey=Survey.of("s", 1, [Item("q")]))

    def test_a_column_that_is_missing(self) -> None:
        with pytest.raises(InvalidValueError, match="q is missing: it must be a column of"):
            survey_scores(pl.DataFrame({"Q": [4]}), survey=Survey.of("s", 1, [Item("q")]))

    def test_a_condition_of_another_kind(self) -> None:
        class Odd(Condition):
            __slots__ = ()

            @property
            def facts(self) -> tuple[str, ...]:
                return ("a",)

        survey = Survey.of("s", 1, [Item("a"), Item("b", asked_if=Odd())])

        with pytest.raises(InvalidValueError, match="must be made of Compare, AllOf, AnyOf"):
            survey_scores(pl.DataFrame({"a": [4], "b": [4]}), survey=survey)


class TestColumnsInPieces:
    def test_score_as_those_in_one(self) -> None:
        survey = Survey.of("s", 1, [Item("a", weight=2), Item("b")])
        parts = [pl.DataFrame({"a": [5, 99], "b": [1, 3]}, schema=dict.fromkeys("ab", pl.UInt8))]
        frame = pl.concat([*parts, *parts], rechunk=False)

        told = survey_scores(frame, survey=survey, codes={99: "refused"})

        # (2 · 100 + 1 · 0) / 3, and of b alone, which is a third: under a half.
        assert frame["a"].n_chunks() == 2
        assert told["score"].to_list() == [pytest.approx(200 / 3), None] * 2
