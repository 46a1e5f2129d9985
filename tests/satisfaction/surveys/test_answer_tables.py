"""Answers as rows of facts."""

import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.satisfaction import (
    SEA_LION,
    SURVEY_ANSWERS,
    SURVEY_RESPONSES,
    Answers,
    Item,
    ItemKind,
    Missing,
    Survey,
    answer_rows,
    answers_of,
    response_row,
)
from crmkit.testing import NINE


SURVEY = Survey.of(
    "brief",
    3,
    [
        Item("price"),
        Item("why", kind=ItemKind.MULTIPLE, choices=('a"b', "c|d", "e,f")),
        Item("words", kind=ItemKind.COMMENT),
    ],
)
NOTHING = st.sampled_from(Missing)
WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)


def restored(answers: Answers) -> Answers:
    rows = [SURVEY_ANSWERS.restored(row) for row in answer_rows(answers)]
    return answers_of(answers.survey, SURVEY_RESPONSES.restored(response_row(answers)), rows)


class TestAnswersOf:
    @given(
        price=st.integers(1, 5) | NOTHING,
        why=st.sets(st.sampled_from(SURVEY.items[1].choices)) | NOTHING,
        words=WORDS.filter(str.strip) | NOTHING,
        seconds=st.none() | st.integers(0, 999) | st.floats(0, 999),
        customer=st.none() | st.just("C-7"),
    )
    def test_reads_back_what_was_stored(
        self,
        price: object,
        why: object,
        words: object,
        seconds: float | None,
        customer: str | None,
    ) -> None:
        answers = Answers.record(
            "A-1",
            "ann",
            NINE,
            survey=SURVEY,
            cells={"price": price, "why": why, "words": words},
            customer=customer,
            seconds=seconds,
            occasion="repair S-1",
            case="K-1",
            segment="hotel",
            round="R-1",
        )

        assert restored(answers) == answers

    def test_reads_a_comment_that_was_taken_out_as_refused(self) -> None:
        answers = Answers.record("A-1", "ann", NINE, survey=SURVEY, cells={"words": "my name is"})
        rows = [dict(SURVEY_ANSWERS.restored(row)) for row in answer_rows(answers)]
        rows[2]["comment"] = None

        read = answers_of(SURVEY, SURVEY_RESPONSES.restored(response_row(answers)), rows)

        assert read.cells["words"] is Missing.REFUSED

    def test_refuses_another_survey(self) -> None:
        answers = Answers.record("A-1", "ann", NINE, survey=SURVEY, cells={})

        with pytest.raises(InvalidValueError, match="must be 'sea_lion', version 1"):
            answers_of(SEA_LION, SURVEY_RESPONSES.restored(response_row(answers)), [])


class TestRows:
    def test_name_the_case_that_was_opened(self) -> None:
        answers = Answers.record("A-1", "ann", NINE, survey=SURVEY, cells={})

        assert response_row(answers, opened_case="K-1")["opened_case"] == "K-1"

    def test_are_those_that_the_table_would_make(self) -> None:
        cells = {"price": Missing.REFUSED, "why": ("c|d",), "words": "hm"}
        answers = Answers.record("A-1", "ann", NINE, survey=SURVEY, cells=cells, customer="C-7")

        for row in answer_rows(answers):
            assert list(row) == list(SURVEY_ANSWERS.names)
            assert SURVEY_ANSWERS.row(SURVEY_ANSWERS.restored(row)) == row

    def test_refuse_words_that_no_store_can_keep(self) -> None:
        answers = Answers.record("A-1", "ann", NINE, survey=SURVEY, cells={"words": "a\0b"})

        with pytest.raises(InvalidValueError, match="without NUL"):
            answer_rows(answers)

    def test_keep_personal_words_where_they_can_be_taken_out(self) -> None:
        personal = [column.name for column in SURVEY_ANSWERS.columns if column.personal]

        assert personal == ["comment"]
