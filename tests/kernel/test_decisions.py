"""Rules as data, the deciding half: hit policies "first" and "collect" of DMN."""

import pytest
from hypothesis import given, strategies as st

from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    AllOf,
    AnyOf,
    Compare,
    DecisionRule,
    DecisionTable,
    Explanation,
    Not,
    Rule,
    Text,
)


def a_rule(code: str, says: str = "{verdict}") -> Rule:
    return Rule(code=code, says=Text(says, says), source="this test")


GRAVE = DecisionRule(
    a_rule("grave", "{severity} is grave: {verdict}"), Compare("severity", ">=", 3), "now"
)
UNSAFE = DecisionRule(
    a_rule("unsafe"), AnyOf((Compare("unsafe", "=", True), Compare("injured", ">", 0))), "at once"
)
MINOR = DecisionRule(
    a_rule("minor"), AllOf((Not(Compare("severity", ">=", 3)), Compare("vip", "=", False))), "later"
)
TABLE = DecisionTable("urgency", (UNSAFE, GRAVE, MINOR), "by hand")

FACTS = st.fixed_dictionaries(
    {
        "severity": st.none() | st.integers(0, 5),
        "unsafe": st.none() | st.booleans(),
        "injured": st.none() | st.integers(0, 2),
        "vip": st.none() | st.booleans(),
    }
)


def facts_in(why: Explanation[str]) -> dict[str, object]:
    """What somebody knows who was handed the explanation and nothing else."""
    return {item.name: item.value for item in why.evidence}


class TestDecide:
    def test_takes_the_first_rule_that_holds(self) -> None:
        why = TABLE.decide({"unsafe": False, "injured": 0, "severity": 4, "vip": False})

        assert (why.verdict, why.rule.code) == ("now", "grave")
        assert str(why) == "4 is grave: now"
        assert why.missing == ()

    def test_says_so_when_none_holds(self) -> None:
        why = TABLE.decide({"unsafe": False, "injured": 0, "severity": 1, "vip": True})

        assert why.verdict == "by hand"
        assert str(why) == "no rule of urgency applies: by hand"
        assert why.sentence("zh") == "urgency中没有适用的规则：by hand"

    def test_names_what_an_earlier_rule_lacked(self) -> None:
        why = TABLE.decide({"severity": 4})

        assert why.verdict == "now"
        assert why.missing == ("unsafe", "injured")

    def test_names_each_missing_fact_once(self) -> None:
        assert TABLE.decide({}).missing == ("unsafe", "injured", "severity", "vip")

    def test_says_of_a_fact_that_is_not_known_that_it_is_not(self) -> None:
        rule = a_rule("told", "{a} and {b}: {verdict}")
        either = AnyOf((Compare("a", "=", 1), Compare("b", "=", 1)))
        table = DecisionTable("t", (DecisionRule(rule, either, "yes"),), "no")

        why = table.decide({"b": 1})

        assert str(why) == "not known and 1: yes"
        assert "不明" in why.sentence("zh")
        assert why.find("a").value is None

    @given(FACTS)
    def test_can_be_decided_again_from_its_evidence(self, facts: dict[str, object]) -> None:
        why = TABLE.decide(facts)

        again = TABLE.decide(facts_in(why))

        assert (again.verdict, again.rule) == (why.verdict, why.rule)

    @given(FACTS)
    def test_is_the_first_that_is_collected(self, facts: dict[str, object]) -> None:
        collected = TABLE.collect(facts)

        expected = collected[0].verdict if collected else TABLE.otherwise
        assert TABLE.decide(facts).verdict == expected

    def test_refuses_a_fact_that_cannot_be_compared(self) -> None:
        with pytest.raises(InvalidValueError, match="severity is 'high'"):
            TABLE.decide({"severity": "high"})


class TestCollect:
    def test_takes_every_rule_that_holds_in_order(self) -> None:
        told = TABLE.collect({"injured": 1, "severity": 5})

        assert [why.verdict for why in told] == ["at once", "now"]
        assert all(why.missing == () for why in told)

    def test_is_empty_when_none_holds(self) -> None:
        assert TABLE.collect({}) == ()


class TestDecisionTable:
    def test_refuses_two_rules_of_one_code(self) -> None:
        with pytest.raises(InvalidValueError, match="code is 'grave': it must be used once"):
            DecisionTable("t", (GRAVE, GRAVE), "none")

    def test_refuses_a_sentence_about_what_its_rule_does_not_ask(self) -> None:
        loose = DecisionRule(a_rule("loose", "{colour}"), Compare("severity", "=", 1), "x")

        with pytest.raises(InvalidValueError, match="speaks of 'colour', which its condition does"):
            DecisionTable("t", (loose,), "none")

    def test_comes_back_from_json_exactly(self) -> None:
        assert DecisionTable.from_json(TABLE.to_json()) == TABLE

    @pytest.mark.parametrize(
        "text", ["", "[]", '{"name": "t"}', TABLE.to_json().replace("grave", "unsafe"), '"\ud800']
    )
    def test_refuses_json_that_is_no_table(self, text: str) -> None:
        with pytest.raises(InvalidValueError, match=r"table is .*: it cannot be read"):
            DecisionTable.from_json(text)
