from datetime import date

import attrs
import pytest

from crmkit.errors import InvalidValueError
from crmkit.kernel import AllOf, AnyOf, Compare, Condition, Not, Rule, Text
from crmkit.lifecycle import (
    CUSTOMER_STATE,
    FOUR_STAGE,
    FOUR_STAGE_RULES,
    STATE_RULES,
    StageRule,
    StageRules,
)


def a_rule(enter: Condition, *, code: str = "r", says: str = "so") -> StageRule:
    return StageRule(
        stage="new", rule=Rule(code=code, says=Text(says, says), source="the test"), enter=enter
    )


def rules(*several: StageRule) -> StageRules:
    return attrs.evolve(STATE_RULES, rules=several)


class TestStageRule:
    def test_refuses_a_sentence_that_speaks_of_what_it_does_not_ask(self) -> None:
        with pytest.raises(InvalidValueError, match="'silence'"):
            a_rule(Compare("orders", ">", 1), says="{silence}")

    @pytest.mark.parametrize(
        "bad",
        [
            Compare("orders", "=", "many"),
            Compare("stage", "=", 3),
            Compare("stage", "<", "new"),
            AllOf((Compare("orders", "in", (1, "two")),)),
            Not(AnyOf((Compare("stage", "in", ("new", 2)),))),
        ],
    )
    def test_refuses_what_arrays_cannot_be_asked(self, bad: Condition) -> None:
        with pytest.raises(InvalidValueError):
            a_rule(bad)

    def test_refuses_a_condition_of_another_kind(self) -> None:
        with pytest.raises(InvalidValueError, match="must be made of"):
            a_rule("orders > 1")  # type: ignore[arg-type]  # refused


class TestStageRules:
    def test_need_a_rule(self) -> None:
        with pytest.raises(InvalidValueError, match="must be one at least"):
            rules()

    def test_refuse_a_signal_of_a_name_that_explanations_tell(self) -> None:
        with pytest.raises(InvalidValueError, match="must not be the name of a signal"):
            rules(a_rule(Compare("since", ">", 1)))

    def test_refuse_a_code_twice(self) -> None:
        one = a_rule(Compare("orders", ">", 1))

        with pytest.raises(InvalidValueError, match="must be used once"):
            rules(one, one)

    @pytest.mark.parametrize("name", ["usual_rhythm", "step", "window", "version"])
    def test_refuse_numbers_that_are_not_positive(self, name: str) -> None:
        with pytest.raises(InvalidValueError, match=name):
            attrs.evolve(STATE_RULES, **{name: 0})  # type: ignore[arg-type]  # told by name

    def test_belong_to_one_lifecycle(self) -> None:
        with pytest.raises(InvalidValueError, match="must be 'four_stage'"):
            FOUR_STAGE_RULES.checked(CUSTOMER_STATE)

    def test_name_stages_that_are_there(self) -> None:
        with pytest.raises(InvalidValueError, match="did you mean 'potential'"):
            attrs.evolve(STATE_RULES, otherwise="potentail").checked(CUSTOMER_STATE)

    @pytest.mark.parametrize(
        "bad",
        [
            Compare("stage", "=", "gone"),
            AllOf((Compare("stage", "in", ("new", "gone")),)),
            Not(Compare("stage", "=", "gone")),
        ],
    )
    def test_ask_for_stages_that_are_there(self, bad: Condition) -> None:
        with pytest.raises(InvalidValueError, match="'gone'"):
            rules(a_rule(bad)).checked(CUSTOMER_STATE)

    def test_grid_hangs_on_the_anchor_alone(self) -> None:
        """Four weeks from Monday, 3 January 2000, on."""
        assert STATE_RULES.last_day(date(2000, 1, 31)) == date(2000, 1, 31)
        assert STATE_RULES.last_day(date(2000, 1, 30)) == date(2000, 1, 3)
        assert STATE_RULES.last_day(date(2000, 1, 2)) == date(1999, 12, 6)

    @pytest.mark.parametrize("told", [STATE_RULES, FOUR_STAGE_RULES], ids=lambda one: one.name)
    def test_come_back_from_json(self, told: StageRules) -> None:
        assert StageRules.from_json(told.to_json()) == told

    @pytest.mark.parametrize(
        ("field", "misspelt", "message"),
        [
            ("stay", "leave", "known are stay"),
            ("usual_rhythm", "usual_rythm", "did you mean 'usual_rhythm'"),
            ("operator", "op", "known are operator"),
        ],
    )
    def test_refuse_a_field_in_json_that_they_do_not_know(
        self, field: str, misspelt: str, message: str
    ) -> None:
        text = STATE_RULES.to_json().replace(f'"{field}":', f'"{misspelt}":')

        with pytest.raises(InvalidValueError, match=rf"has no field '{misspelt}'; {message}"):
            StageRules.from_json(text)

    def test_signals_are_what_is_no_behaviour(self) -> None:
        assert STATE_RULES.signals == ("p_alive", "complaints", "satisfaction")
        assert FOUR_STAGE_RULES.signals == ()
        assert FOUR_STAGE_RULES.checked(FOUR_STAGE) is FOUR_STAGE
