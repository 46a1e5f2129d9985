"""Two inquiries that ask the same."""

import pytest

from crmkit.cases import Inquiry, check_dealt_with, check_droppable
from crmkit.errors import TransitionError
from crmkit.testing import NINE


def asked(id: str) -> Inquiry:
    return Inquiry.open(id, "ann", NINE, customer="C-7", about="Open today?")


class TestCheckDroppable:
    def test_names_those_that_are_set_aside_in_both_languages(self) -> None:
        aside = [asked(id).mark_duplicate("ann", NINE, of="Q-1") for id in ("Q-3", "Q-2")]

        with pytest.raises(TransitionError, match=r"set aside for it, too: Q-2, Q-3$") as refused:
            check_droppable(asked("Q-1"), [*aside, asked("Q-4")])

        told = refused.value.explain().sentence("zh")
        assert told.endswith("取消、并入或删除：另有重复事项并入本件处理：Q-2、Q-3")

    def test_lets_the_rest_go(self) -> None:
        check_droppable(asked("Q-1"), [asked("Q-2").mark_duplicate("ann", NINE, of="Q-3")])


class TestCheckDealtWith:
    @pytest.mark.parametrize(
        "others",
        [[], [asked("Q-1").cancel("ann", NINE)], [asked("Q-1").mark_duplicate("x", NINE, of="Q")]],
    )
    def test_refuses_where_the_other_is_gone(self, others: list[Inquiry]) -> None:
        aside = asked("Q-2").mark_duplicate("ann", NINE, of="Q-1")

        with pytest.raises(TransitionError, match="not dealt with any more: Q-1") as refused:
            check_dealt_with(aside, others)

        assert refused.value.explain().sentence("zh").endswith("其所并入的事项不再处理：Q-1")

    def test_lets_back_what_is_answered_there_or_no_duplicate(self) -> None:
        check_dealt_with(asked("Q-2").mark_duplicate("ann", NINE, of="Q-1"), [asked("Q-1")])
        check_dealt_with(asked("Q-2"), [])
