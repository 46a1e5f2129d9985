"""One customer's answer."""

import pytest

from crmkit.errors import InvalidValueError
from crmkit.satisfaction import ANSWERS, Answer
from crmkit.testing import NINE


class TestRecord:
    def test_is_a_fact_of_its_occasion(self) -> None:
        answer = Answer.record("ann", NINE, customer="C-7", occasion="repair S-1", satisfied=5)

        row = answer.row()

        assert set(row) == set(ANSWERS.names)
        assert (row["occasion"], row["satisfied"], row["recommend"]) == ("repair S-1", 5, None)

    @pytest.mark.parametrize(
        ("changed", "what"),
        [
            ({"recommend": -1}, "recommend"),
            ({"recommend": 11}, "recommend"),
            ({"recommend": 9.5}, "recommend"),
            ({"recommend": True}, "recommend"),
            ({"satisfied": 0}, "satisfied"),
            ({"satisfied": 6}, "satisfied"),
            ({}, "recommend and satisfied"),
            ({"satisfied": 5, "occasion": ""}, "occasion"),
            ({"satisfied": 5, "customer": ""}, "customer"),
        ],
    )
    def test_an_unfit_value_is_refused_by_name(self, changed: dict[str, object], what: str) -> None:
        told = {"customer": "C-7", "occasion": "repair S-1", **changed}

        with pytest.raises(InvalidValueError) as refused:
            Answer.record("ann", NINE, **told)  # type: ignore[arg-type]  # refused

        assert refused.value.name == what

    def test_nobody_cannot_ask(self) -> None:
        with pytest.raises(InvalidValueError, match="who acts"):
            Answer.record(" ", NINE, customer="C-7", occasion="call", satisfied=3)
