"""Items: how one question is answered, and what it counts."""

import math
from typing import Any

import pytest

from crmkit.errors import InvalidValueError
from crmkit.kernel import AnyOf, Compare, Text
from crmkit.satisfaction import LIKERT7, Item, ItemKind, Missing


WHY = Item("why", kind=ItemKind.MULTIPLE, choices=("late", "damaged", "rude"))
WORDS = Item("words", kind=ItemKind.COMMENT)


class TestItem:
    @pytest.mark.parametrize(
        ("changed", "what"),
        [
            ({"id": ""}, "id"),
            ({"dimension": " "}, "dimension"),
            ({"weight": -0.1}, "weight"),
            ({"weight": math.nan}, "weight"),
            ({"weight": math.inf}, "weight"),
            ({"weight": True}, "weight"),
            ({"weight": "1"}, "weight"),
            ({"scale": (1, 5)}, "scale"),
            ({"reverse": 1}, "reverse"),
            ({"text": None}, "text"),
            ({"kind": "rating"}, "kind"),
            ({"choices": ("late",)}, "choices"),
            ({"kind": ItemKind.MULTIPLE}, "choices"),
            ({"kind": ItemKind.MULTIPLE, "choices": ["late"]}, "choices"),
            ({"kind": ItemKind.MULTIPLE, "choices": ("late", "late")}, "choices"),
            ({"kind": ItemKind.MULTIPLE, "choices": ("",)}, "choices"),
            ({"kind": ItemKind.COMMENT, "weight": 2}, "item"),
            ({"kind": ItemKind.COMMENT, "reverse": True}, "item"),
            ({"kind": ItemKind.COMMENT, "scale": LIKERT7}, "item"),
            ({"asked_if": "always"}, "asked_if"),
        ],
    )
    def test_refuses_an_unfit_value_by_name(self, changed: dict[str, Any], what: str) -> None:
        with pytest.raises(InvalidValueError) as refused:
            Item(**{"id": "speed", **changed})

        assert refused.value.name == what

    def test_is_called_by_its_wording_else_by_its_id(self) -> None:
        both = Item("speed", text=Text("How fast?", "多快？"))

        assert (both.label(), both.label("zh")) == ("How fast?", "多快？")
        assert (Item("speed", text="How fast?").label("zh"), WHY.label()) == ("How fast?", "why")


class TestCheck:
    def test_puts_choices_in_their_order(self) -> None:
        assert WHY.check(["rude", "late"]) == WHY.check({"rude", "late"}) == ("late", "rude")
        assert WHY.check(()) == ()

    @pytest.mark.parametrize(
        ("item", "value", "said"),
        [
            (WHY, "late", r"why is 'late': it must be several choices, not one; write \('late',\)"),
            (WHY, 3, "why is 3: it must be several choices"),
            (WHY, ["late", "late"], "it must hold each choice once"),
            (WHY, ("lat",), "it has no choice 'lat'; did you mean 'late'"),
            (WORDS, " ", "words is ' ': it must be text, and not blank"),
            (WORDS, 5, "words is 5: it must be text, and not blank"),
        ],
    )
    def test_refuses_what_is_no_answer(self, item: Item, value: object, said: str) -> None:
        with pytest.raises(InvalidValueError, match=said):
            item.check(value)

    def test_keeps_a_comment_as_it_was_said(self) -> None:
        assert WORDS.check("too late ") == "too late "


class TestScore:
    def test_turns_a_reversed_rating_round(self) -> None:
        wait = Item("wait", reverse=True, scale=LIKERT7)

        assert [wait.score(1), wait.score(4), wait.score(7)] == [100, 50, 0]
        with pytest.raises(InvalidValueError, match="must be a number from 1 to 7"):
            wait.score(8)


class TestTold:
    def test_a_rating_goes_by_its_id_and_a_choice_by_both(self) -> None:
        assert Item("speed").told(4) == {"speed": 4}
        assert WHY.told(("late",)) == {"why.late": True, "why.damaged": False, "why.rude": False}
        assert WHY.told(Missing.REFUSED) == {}

    def test_names_what_conditions_can_ask(self) -> None:
        assert WHY.facts == ("why.late", "why.damaged", "why.rude")
        assert WORDS.facts == ("words",)


class TestAsked:
    def test_is_not_known_where_what_it_hangs_on_is_not(self) -> None:
        item = Item(
            "x", asked_if=AnyOf((Compare("speed", "<=", 2), Compare("why.late", "=", True)))
        )

        assert item.asked({"speed": 1}) is True
        assert item.asked({"speed": 5}) is None
        assert item.asked({"speed": 5, "why.late": False}) is False
        assert Item("y").asked({}) is True


class TestMissing:
    def test_has_words_for_each_reason(self) -> None:
        assert [one.label("zh") for one in Missing] == ["缺失", "拒答", "不适用"]
