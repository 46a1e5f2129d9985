"""Comments, sorted by the user's own codes."""

from typing import Any

import pytest

from crmkit.errors import InvalidValueError
from crmkit.kernel import FrozenMap, Text
from crmkit.satisfaction import COMMENT_CODES, Answers, CodeBook, Item, ItemKind, Survey
from crmkit.testing import NINE


BOOK = CodeBook.of("reasons", 2, {"late": Text("Too late", "太迟"), "rude": "was rude"})
SURVEY = Survey.of("brief", 1, [Item("price"), Item("why", kind=ItemKind.COMMENT)])


def said(**cells: object) -> Answers:
    return Answers.record("A-1", "ann", NINE, survey=SURVEY, cells=cells, customer="C-7")


class TestCodeBook:
    @pytest.mark.parametrize(
        ("changed", "what"),
        [
            ({"id": ""}, "id"),
            ({"version": 0}, "version"),
            ({"version": "1"}, "version"),
            ({"codes": FrozenMap()}, "codes"),
            ({"codes": {"late": "late"}}, "codes"),
            ({"codes": FrozenMap({"": "late"})}, "code"),
            ({"codes": FrozenMap({"late": ""})}, "codes['late']"),
            ({"codes": FrozenMap({"late": None})}, "codes['late']"),
        ],
    )
    def test_refuses_an_unfit_value_by_name(self, changed: dict[str, Any], what: str) -> None:
        with pytest.raises(InvalidValueError) as refused:
            CodeBook(**{"id": "reasons", "version": 1, "codes": BOOK.codes, **changed})

        assert refused.value.name == what

    def test_says_what_codes_stand_for(self) -> None:
        told = [BOOK.label("late"), BOOK.label("late", "zh"), BOOK.label("rude", "zh")]

        assert told == ["Too late", "太迟", "was rude"]


class TestCode:
    def test_makes_one_row_a_code_in_the_order_of_the_book(self) -> None:
        rows = BOOK.code(said(why="rude, and late"), "why", ["rude", "late", "rude"], NINE)

        assert [row["code"] for row in rows] == ["late", "rude"]
        assert {(row["answers_id"], row["code_book"], row["version"]) for row in rows} == {
            ("A-1", "reasons", 2)
        }
        assert set(rows[0]) == set(COMMENT_CODES.names)

    def test_a_comment_that_comes_down_to_nothing_is_coded_so(self) -> None:
        (row,) = BOOK.code(said(why="hm"), "why", [], NINE)

        assert row["code"] is None

    @pytest.mark.parametrize(
        ("item", "codes", "match"),
        [
            ("price", ["late"], "item is 'price': it must be a comment"),
            ("wy", ["late"], "did you mean 'why'"),
            ("why", ["lat"], "no code of reasons v2; did you mean 'late'"),
        ],
    )
    def test_refuses_what_is_not_there(self, item: str, codes: list[str], match: str) -> None:
        with pytest.raises(InvalidValueError, match=match):
            BOOK.code(said(why="late"), item, codes, NINE)

    def test_refuses_where_he_said_nothing(self) -> None:
        with pytest.raises(InvalidValueError, match="has no comment in answers 'A-1'"):
            BOOK.code(said(), "why", ["late"], NINE)
