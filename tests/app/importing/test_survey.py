"""Answers to surveys from files, as SPSS, Qualtrics and anybody else writes them."""

from collections.abc import Callable
from pathlib import Path

import attrs
import pandas as pd
import polars as pl
import pytest

import crmkit
from crmkit.app import CRM, SurveyFile
from crmkit.app.unit import UnitOfWork
from crmkit.errors import InvalidValueError, NotFoundError, TransitionError
from crmkit.kernel import Compare
from crmkit.satisfaction import LIKERT5, SEA_LION, Answers, Item, ItemKind, Missing, Survey
from crmkit.storage import MemoryStore
from crmkit.testing import NINE


SURVEY = Survey.of(
    "brief",
    1,
    [
        Item("delivery"),
        Item(
            "why",
            kind=ItemKind.MULTIPLE,
            choices=("late", "damaged"),
            asked_if=Compare("delivery", "<=", 2),
        ),
        Item("price"),
        Item("words", kind=ItemKind.COMMENT),
    ],
)
QUALTRICS = """StartDate,RecordedDate,ResponseId,Duration (in seconds),Q1,Q2_1,Q2_2,Q3,Q4
Start Date,Recorded Date,Response ID,Duration (in seconds),"How satisfied
with delivery?",Why? - Late,Why? - Damaged,Price?,"Anything
else?"
"{""ImportId"":""startDate""}","{""ImportId"":""recordedDate""}","{""ImportId"":""_recordId""}",\
"{""ImportId"":""duration""}","{""ImportId"":""QID1""}","{""ImportId"":""QID2_1""}",\
"{""ImportId"":""QID2_2""}","{""ImportId"":""QID3""}","{""ImportId"":""QID4_TEXT""}"
2026-03-02 09:00:00,2026-03-02 09:01:00,R_1,60,1,Late,,-99,"five days,
and no word"
2026-03-02 09:00:00,2026-03-02 09:02:00,R_2,45,5,,,4,
2026-03-02 09:00:00,2026-03-02 09:03:00,R_3,soon,9,,Dmaged,Very good,
"""
COLUMNS = {
    "delivery": "Q1",
    "why.late": "Q2_1",
    "why.damaged": "Q2_2",
    "price": "Q3",
    "words": "Q4",
}


def opened(survey: Survey = SURVEY) -> CRM:
    crm = crmkit.open(actor="ann").acting(at=NINE)
    crm.surveys.draft(id="R-1", survey=survey)
    crm.surveys.publish("R-1")
    return crm


def answers(crm: CRM) -> list[Answers]:
    return list(crm.surveys.answers("R-1"))


def written(folder: Path, text: str) -> Path:
    path = folder / "answers.csv"
    path.write_text(text, encoding="utf-8")
    return path


class TestQualtrics:
    def test_rows_below_three_headers_are_answers(self, tmp_path: Path) -> None:
        crm, path = opened(), written(tmp_path, QUALTRICS)

        result = crm.imports.survey(
            path,
            round="R-1",
            file=SurveyFile.qualtrics(),
            columns=COLUMNS,
            timezone="America/Denver",
        )

        assert (result.rows, result.records, result.refused) == (3, 2, 1)
        assert result.ignored == ("StartDate",)
        first, second = answers(crm)
        assert (first.id, first.seconds, first.at.hour) == ("R_1", 60, 16)
        assert dict(first.cells) == {
            "delivery": 1,
            "why": ("late",),
            "price": Missing.MISSING,
            "words": "five days,\nand no word",
        }
        assert dict(second.cells) == {
            "delivery": 5,
            "why": Missing.DOES_NOT_APPLY,
            "price": 4,
            "words": Missing.MISSING,
        }

    def test_every_bad_cell_of_a_row_is_told(self, tmp_path: Path) -> None:
        result = opened().imports.survey(
            written(tmp_path, QUALTRICS),
            round="R-1",
            file=SurveyFile.qualtrics(),
            columns=COLUMNS,
            timezone="America/Denver",
        )

        assert [str(one) for one in result.rejected] == [
            "row 3: seconds (column 'Duration (in seconds)') is 'soon': it must be a number of"
            " seconds, 0 or more",
            "row 3: delivery (column 'Q1') is '9': it must be a whole number from 1 to 5, a label"
            " or a code that was told",
            "row 3: why.damaged (column 'Q2_2') is 'Dmaged': it must say whether it was chosen: 1"
            " or 0; give yes= and no= to SurveyFile.plain",
            "row 3: price (column 'Q3') is 'Very good': it must be a whole number from 1 to 5, a"
            " label or a code that was told",
        ]

    def test_a_bad_third_row_does_not_matter(self, tmp_path: Path) -> None:
        """A header row of another length is none of the answers."""
        lines = "answered_at,price,x\na\nb,c\n2026-03-02T09:00Z,3,1\n2026-03-02T09:00Z,4\n"
        survey = Survey.of("x", 1, [Item("price")])
        file = attrs.evolve(SurveyFile.plain(), header_rows=2)

        result = opened(survey).imports.survey(written(tmp_path, lines), round="R-1", file=file)

        assert (result.rows, result.records) == (2, 1)
        assert [one.row for one in result.rejected] == [2]


class TestSPSS:
    FILE = SurveyFile.spss(
        missing={99: Missing.REFUSED, 98: "does_not_apply"},
        labels={"very satisfied": 5, "satisfied": 4},
        item_missing={"price": {7: "refused"}},
        item_labels={"price": {"cheap": 5, "dear": 1}},
    )

    def test_labels_and_user_missing_values_are_told(self) -> None:
        crm = opened(SEA_LION)
        rows = pd.DataFrame(
            {
                "date": ["2026-03-02T09:00Z"] * 3,
                "product_quality": ["very satisfied", "98", "#NULL!"],
                "delivery": [4.0, 99.0, float("nan")],
                "after_sales_service": ["satisfied", " ", "5.00"],
                "price": ["dear", "7", "99"],
                "customer_id": [7, 8, None],
            }
        )

        result = crm.imports.survey(
            rows, round="R-1", file=self.FILE, columns={"answered_at": "date"}
        )

        assert str(result) == "3 rows read: 3 stored, 0 refused"
        first, second, third = answers(crm)
        assert list(first.cells.values()) == [5, 4, 4, 1]
        assert list(second.cells.values()) == [
            Missing.DOES_NOT_APPLY,
            Missing.REFUSED,
            Missing.MISSING,
            Missing.REFUSED,
        ]
        assert third.ratings == {"after_sales_service": 5}
        assert third.missing(Missing.REFUSED) == ("price",)
        assert [one.customer for one in (first, second, third)] == ["7", "8", None]

    @pytest.mark.parametrize(
        ("told", "what"),
        [
            ({"missing": {99: "refusd"}}, "missing"),
            ({"item_missing": {"price": {99: "x"}}}, "item_missing['price']"),
            ({"labels": {"good": "5"}}, "labels['good']"),
            ({"item_labels": {"price": {"good": True}}}, "item_labels['price']['good']"),
            ({"separator": ""}, "separator"),
        ],
    )
    def test_refuses_codes_that_say_nothing(self, told: dict[str, object], what: str) -> None:
        with pytest.raises(InvalidValueError) as refused:
            SurveyFile.plain(**told)  # type: ignore[arg-type]  # refused

        assert refused.value.name == what


class TestPlain:
    def test_choices_in_one_cell_are_parted(self) -> None:
        crm = opened()
        rows = pl.DataFrame(
            {
                "answered_at": [NINE, NINE, NINE],
                "answers_id": ["A-1", "A-2", "A-3"],
                "delivery": [1, 2, 2],
                "why": ["damaged; late", "", "lte"],
                "occasion": ["order 1", "order 2", ""],
                "segment": ["hotel", None, "hotel"],
                "case_id": ["K-1", None, None],
            }
        )

        result = crm.imports.survey(
            rows,
            round="R-1",
            file=SurveyFile.plain(separator=";"),
            columns={"price": None, "words": None},
        )

        first, second = answers(crm)
        assert first.cells["why"] == ("late", "damaged")
        assert (first.occasion, first.segment, first.case) == ("order 1", "hotel", "K-1")
        assert second.missing(Missing.MISSING) == ("why", "price", "words")
        assert result.rejected[0].reason == "has no choice 'lte'; did you mean 'late'?"

    def test_choices_in_columns_say_yes_or_no(self) -> None:
        crm = opened()
        rows = pd.DataFrame(
            {
                "answered_at": ["2026-03-02T09:00Z"] * 4,
                "delivery": [1, 1, 1, 1],
                "why.late": ["Yes", "0", "", "99"],
                "why.damaged": ["", "0", "", "99"],
                "price": [1, 2, 3, 4],
                "words": ["", "", "", ""],
            }
        )

        crm.imports.survey(rows, round="R-1", file=SurveyFile.plain(missing={99: "refused"}))

        assert [one.cells["why"] for one in answers(crm)] == [
            ("late",),
            (),
            Missing.MISSING,
            Missing.REFUSED,
        ]

    def test_an_answer_that_was_not_to_be_asked_is_told(self) -> None:
        rows = pd.DataFrame(
            {
                "answered_at": ["2026-03-02T09:00Z", ""],
                "delivery": [5, 5],
                "why": ["late", ""],
                "price": [1, 1],
            }
        )

        result = opened().imports.survey(rows, round="R-1", columns={"words": None})

        assert [(one.row, one.field) for one in result.rejected] == [(1, "why"), (2, "answered_at")]
        assert result.rejected[0].reason.startswith("was not to be asked")
        assert result.rejected[1].reason == "must not be empty"

    def test_an_unfit_id_or_time_is_told_with_its_field(self) -> None:
        survey = Survey.of("x", 1, [Item("price", scale=LIKERT5)])
        rows = pd.DataFrame(
            {
                "answered_at": ["2026-03-02T09:00Z", "soon", "2026-03-02T09:00Z"],
                "customer_id": [" C-7", "C-7", "C-7"],
                "seconds": ["1.5", "-1", "-1"],
                "price": [1, 9, 1],
            }
        )

        result = opened(survey).imports.survey(rows, round="R-1")

        assert [(one.row, one.field) for one in result.rejected] == [
            (1, "customer_id"),
            (2, "answered_at"),
            (2, "price"),
            (2, "seconds"),
            (3, "seconds"),
        ]

    @pytest.mark.parametrize(
        ("columns", "what"),
        [
            ({}, "words"),
            ({"words": None, "why": None}, "price"),
            ({"words": None, "price": None}, "why"),
            ({"words": None, "price": None, "wy": "x"}, "columns"),
        ],
    )
    def test_every_item_has_a_column_or_is_left_out(
        self, columns: dict[str, str | None], what: str
    ) -> None:
        rows = pd.DataFrame({"answered_at": ["2026-03-02T09:00Z"], "delivery": [5]})
        if what == "words":
            rows["price"] = [1]

        with pytest.raises(InvalidValueError) as refused:
            opened().imports.survey(rows, round="R-1", columns=columns)

        assert refused.value.name == what

    @pytest.mark.parametrize("more", [["why.late"], ["why", "why.late", "why.damaged"]])
    def test_choices_have_one_column_or_all_of_theirs(self, more: list[str]) -> None:
        rows = pd.DataFrame({"answered_at": ["2026-03-02T09:00Z"], "delivery": [5], "price": [1]})

        with pytest.raises(InvalidValueError, match="must have one column, or one for each choice"):
            opened().imports.survey(
                rows.assign(**dict.fromkeys(more, "1")), round="R-1", columns={"words": None}
            )

    def test_a_multiple_response_can_be_left_out(self) -> None:
        crm = opened()
        rows = pd.DataFrame({"answered_at": ["2026-03-02T09:00Z"], "delivery": [1], "price": [1]})

        crm.imports.survey(rows, round="R-1", columns={"words": None, "why": None})

        assert answers(crm)[0].cells["why"] is Missing.MISSING


class TestAgain:
    ROWS = pd.DataFrame(
        {
            "answered_at": ["2026-03-02T09:00Z"] * 3,
            "answers_id": ["A-1", "A-2", "A-1"],
            "price": [1, 2, 3],
        }
    )
    SURVEY = Survey.of("x", 1, [Item("price")])

    def test_an_id_comes_in_once(self) -> None:
        crm = opened(self.SURVEY)

        first = crm.imports.survey(self.ROWS, round="R-1", batch="march")
        again = crm.imports.survey(self.ROWS, round="R-1", batch="march")
        other = crm.imports.survey(self.ROWS, round="R-1", batch="april")

        assert (first.records, [one.reason for one in first.rejected]) == (
            2,
            ["stands in row 1 already"],
        )
        assert (again.records, again.already) == (0, 2)
        assert (other.records, other.refused) == (0, 3)
        assert other.rejected[0].reason == "was stored before; give another id"
        assert len(answers(crm)) == 2

    def test_all_or_nothing_stores_nothing_beside_an_id_that_is_taken(self) -> None:
        crm = opened(self.SURVEY)
        crm.imports.survey(self.ROWS[:1], round="R-1")

        result = crm.imports.survey(self.ROWS[:2], round="R-1", all_or_nothing=True)

        assert (result.records, result.withheld, result.refused) == (0, 1, 1)
        assert len(answers(crm)) == 1

    def test_somebody_else_may_be_quicker(self) -> None:
        """He stores the same block between our look and our commit."""
        store = MemoryStore()
        overtaken = Overtaken(store, actor="ann")
        overtaken.surveys.draft(id="R-1", survey=self.SURVEY)
        overtaken.surveys.publish("R-1")
        overtaken.rival = lambda: CRM(store, actor="bob").imports.survey(
            self.ROWS[:2], round="R-1", batch="march"
        )

        result = overtaken.imports.survey(self.ROWS[:2], round="R-1", batch="march")

        assert (result.records, result.already) == (0, 2)
        assert len(answers(overtaken)) == 2


class Overtaken(CRM):
    """A CRM before whose first block somebody else stores his."""

    rival: Callable[[], object] | None = None

    def enter(self, batch: str, act: Callable[[UnitOfWork], object]) -> bool:
        rival, self.rival = self.rival, None
        if rival is not None:
            rival()
        return super().enter(batch, act)


class TestRound:
    def test_must_be_there_and_open(self) -> None:
        crm = opened()
        rows = pd.DataFrame({"answered_at": [NINE], "delivery": [5], "price": [1], "why": [""]})

        with pytest.raises(NotFoundError):
            crm.imports.survey(rows, round="R-2", columns={"words": None})
        crm.surveys.close("R-1")
        with pytest.raises(TransitionError, match="only a published round is open"):
            crm.imports.survey(rows, round="R-1", columns={"words": None})

    def test_must_be_told_how_the_file_is_written(self) -> None:
        with pytest.raises(InvalidValueError, match=r"SurveyFile\.plain\(\) makes one"):
            opened().imports.survey("x.csv", round="R-1", file="spss")  # type: ignore[arg-type]  # refused
