"""The operators of conditions: one list for rules as data, and for questions to a store."""

from typing import get_args

import pytest

from crmkit.errors import InvalidValueError
from crmkit.kernel import OPERATORS, Compare, Operator, check_operator
from crmkit.storage import Query


class TestOperators:
    def test_are_those_that_type_checkers_know(self) -> None:
        assert tuple(OPERATORS) == get_args(Operator)

    @pytest.mark.parametrize(
        ("operator", "against", "answers"),
        [
            ("=", 2, [False, True, False]),
            ("!=", 2, [True, False, True]),
            ("<", 2, [True, False, False]),
            ("<=", 2, [True, True, False]),
            (">", 2, [False, False, True]),
            (">=", 2, [False, True, True]),
            ("in", (1, 3), [True, False, True]),
        ],
    )
    def test_ask_what_they_say(self, operator: str, against: object, answers: list[bool]) -> None:
        assert [OPERATORS[operator](value, against) for value in (1, 2, 3)] == answers


class TestCheckOperator:
    @pytest.mark.parametrize("operator", ["like", "", "==", None])
    def test_rules_and_questions_refuse_alike(self, operator: str) -> None:
        says = []
        for asked in (
            lambda: check_operator(operator),
            lambda: Compare("stage", operator, "x"),  # type: ignore[arg-type]  # refused
            lambda: Query("complaint", where=(("stage", operator, "x"),)),
        ):
            with pytest.raises(InvalidValueError, match="must be one of =, !=, <,") as caught:
                asked()
            says.append(str(caught.value))

        assert len(set(says)) == 1
