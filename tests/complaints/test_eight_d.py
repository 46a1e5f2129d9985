"""What is known of a corrective action, and that it agrees with its trail."""

from typing import Any

import attrs
import pytest

from crmkit.complaints import CauseAnalysis, CheckResult, CorrectiveActionStage, Prevention
from crmkit.errors import InvalidValueError

from .test_corrective_action import LEAKS, WHYS, contained, implemented, opened, prevented, verified


class TestAgreement:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("descriptions", (LEAKS, LEAKS)),
            ("analyses", ()),
            ("choices", ()),
            ("checks", ()),
            ("preventions", (Prevention(systemic="all"),)),
            ("notices", ("S-3",)),
        ],
    )
    def test_of_what_was_told_with_the_trail_is_held(self, name: str, value: object) -> None:
        changed: dict[str, Any] = {name: value}

        with pytest.raises(InvalidValueError) as refused:
            attrs.evolve(verified(), **changed)

        assert refused.value.name == name

    def test_of_a_result_with_the_trail_is_held(self) -> None:
        (check,) = verified().checks
        other = attrs.evolve(check, result=CheckResult.FAILED)

        with pytest.raises(InvalidValueError, match="results that its trail says"):
            attrs.evolve(verified(), checks=(other,))

    def test_of_notices_and_answers_with_the_waits_is_held(self) -> None:
        sent = contained().send_to_supplier(
            "ann", contained().opened_at, supplier="S-3", about="hard"
        )

        with pytest.raises(InvalidValueError, match="must be 1, as many as its trail says"):
            attrs.evolve(sent, notices=())
        with pytest.raises(InvalidValueError, match="must be 0, as many as its trail says"):
            attrs.evolve(contained(), notices=sent.notices)

    def test_of_members_of_a_team_is_held(self) -> None:
        member = contained().team[0]

        with pytest.raises(InvalidValueError, match="as lead already"):
            attrs.evolve(contained(), team=(member, member))


class TestQuestions:
    def test_are_empty_at_first(self) -> None:
        action = opened()

        assert action.description is None
        assert action.cause is None
        assert action.escape_point is None
        assert action.action is None
        assert action.containments == ()
        assert action.failed_checks == ()

    def test_tell_the_last_word(self) -> None:
        action = implemented()

        assert action.description == LEAKS
        assert action.cause == WHYS
        assert action.cause.root == "stock is not used in order"
        assert action.action is not None
        assert action.action.why == "cheap"

    def test_take_a_later_cause_for_an_earlier_one(self) -> None:
        action = contained().analyse("eve", contained().opened_at, cause=WHYS, escape_point="x")

        assert action.analyses == (CauseAnalysis(cause=WHYS, escape_point="x"),)
        assert action.escape_point == "x"

    def test_facts_can_be_asked_by_conditions(self) -> None:
        assert prevented().facts == {
            "stage": CorrectiveActionStage.PREVENTED,
            "state": prevented().state,
            "product": "W-200",
            "complaints": 2,
            "is_effective": True,
            "is_prevented": True,
            "awaits_supplier": False,
            "is_supplier_caused": False,
        }
