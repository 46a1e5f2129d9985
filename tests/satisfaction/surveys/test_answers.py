"""Answers: every question has its cell, and every bad cell its name."""

import math
import pickle
from datetime import datetime
from typing import Any

import pytest

from crmkit.errors import InvalidCellsError, InvalidValueError
from crmkit.kernel import AllOf, AnyOf, Compare, FrozenMap
from crmkit.satisfaction import (
    SEA_LION,
    Answers,
    AnswersId,
    Item,
    ItemKind,
    Missing,
    Survey,
    checked_cells,
)
from crmkit.testing import NINE


NO = AnyOf(())
LATE = Survey.of(
    "late",
    1,
    [
        Item("delivery"),
        Item(
            "why",
            kind=ItemKind.MULTIPLE,
            choices=("late", "damaged"),
            asked_if=Compare("delivery", "<=", 2),
        ),
        Item("days", asked_if=Compare("why.late", "=", True)),
        Item("words", kind=ItemKind.COMMENT),
    ],
)


def answered(survey: Survey = SEA_LION, **cells: object) -> Answers:
    return Answers.record("A-1", "ann", NINE, survey=survey, customer="C-7", cells=cells)


class TestRecord:
    def test_keeps_three_reasons_for_no_answer_apart(self) -> None:
        said = answered(price=Missing.REFUSED, delivery=Missing.DOES_NOT_APPLY, product_quality=5)

        assert said.missing(Missing.MISSING) == ("after_sales_service",)
        assert said.missing(Missing.REFUSED) == ("price",)
        assert said.missing(Missing.DOES_NOT_APPLY) == ("delivery",)
        assert said.ratings == {"product_quality": 5}

    def test_leaves_out_what_was_not_to_be_asked(self) -> None:
        happy, sorry = answered(LATE, delivery=5), answered(LATE, delivery=1, why=("late",), days=4)
        silent = answered(LATE, why=("late",))

        assert happy.missing(Missing.DOES_NOT_APPLY) == ("why",)
        assert sorry.ratings == {"delivery": 1, "days": 4}
        # Whether it was to be asked is not known, so that nothing speaks against the answer.
        assert silent.cells["why"] == ("late",)
        assert silent.missing(Missing.MISSING) == ("delivery", "days", "words")

    def test_says_in_words_why_an_item_was_not_to_be_asked(self) -> None:
        asked = AllOf((Compare("price", "<=", 2), Compare("late", ">", 1)))
        items = [Item("price"), Item("late"), Item("days", asked_if=asked), Item("x", asked_if=NO)]
        survey = Survey.of("s", 1, items)

        with pytest.raises(InvalidCellsError) as refused:
            answered(survey, price=5, days=3, x=1)

        days, never = map(str, refused.value.cells)
        assert days == (
            "days is 3: it was not to be asked: it is put where price <= 2 and late > 1, and price "
            "is 5; leave it out"
        )
        assert never == "x is 1: it was not to be asked: it is put where never; leave it out"

    def test_names_every_bad_cell_at_once(self) -> None:
        with pytest.raises(InvalidCellsError) as refused:
            answered(LATE, delivery=5, why=("late",), days=9, words="", wrods="x")

        assert refused.value.value == ("wrods", "why", "days", "words")
        assert [cell.value for cell in refused.value.cells] == ["x", ("late",), 9, ""]
        assert "did you mean 'words'" in str(refused.value)
        assert str(pickle.loads(pickle.dumps(refused.value))) == str(refused.value)

    def test_tells_conditions_what_was_said(self) -> None:
        said = answered(LATE, delivery=1, why=("late",), days=Missing.REFUSED, words="slow")

        assert said.facts == {
            "segment": None,
            "occasion": None,
            "delivery": 1,
            "why.late": True,
            "why.damaged": False,
            "words": "slow",
        }

    @pytest.mark.parametrize(
        ("changed", "what"),
        [
            ({"id": ""}, "id"),
            ({"by": ""}, "by"),
            ({"at": datetime(2026, 3, 2)}, "at"),
            ({"customer": ""}, "customer"),
            ({"survey": "sea_lion"}, "survey"),
            ({"occasion": " "}, "occasion"),
            ({"case": ""}, "case"),
            ({"segment": ""}, "segment"),
            ({"round": ""}, "round"),
            ({"seconds": -1}, "seconds"),
            ({"seconds": math.nan}, "seconds"),
            ({"seconds": True}, "seconds"),
        ],
    )
    def test_refuses_an_unfit_value_by_name(self, changed: dict[str, Any], what: str) -> None:
        told = {"id": "A-1", "by": "ann", "at": NINE, "survey": SEA_LION, "cells": {}, **changed}

        with pytest.raises(InvalidValueError) as refused:
            Answers.record(**told)

        assert refused.value.name == what

    def test_may_be_of_somebody_unknown(self) -> None:
        said = Answers.record("A-1", "ann", NINE, survey=SEA_LION, cells={"price": 3}, seconds=12.5)

        assert (said.customer, said.seconds) == (None, 12.5)


class TestAnswers:
    def test_hold_a_cell_for_every_item(self) -> None:
        sound = checked_cells(SEA_LION, {"price": 3})

        assert Answers(id=AnswersId("A-1"), survey=SEA_LION, at=NINE, cells=sound).ratings == {
            "price": 3
        }
        for cells in ({"price": 3}, FrozenMap({"price": 3})):
            with pytest.raises(InvalidValueError, match=r"Answers\.record") as refused:
                Answers(id=AnswersId("A-1"), survey=SEA_LION, at=NINE, cells=cells)  # type: ignore[arg-type]  # refused
            assert refused.value.name == "cells"
