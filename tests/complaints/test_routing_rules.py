"""Departments proposed by rules."""

from typing import Any

import pytest
from hypothesis import given, strategies as st

from crmkit.complaints import EXAMPLE_ROUTING, ComplaintField, Routing
from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    AllOf,
    AnyOf,
    Compare,
    Condition,
    DecisionRule,
    DecisionTable,
    Not,
    Rule,
    Text,
)
from crmkit.testing import a_complaint


DEPARTMENTS = {"quality": Text("Quality", "质量部"), "sales": Text("Sales", "销售部")}


def a_routing(*rules: tuple[Condition, str], otherwise: str = "sales", **changed: Any) -> Routing:
    table = DecisionTable(
        "ours",
        tuple(
            DecisionRule(Rule(code=f"r{n}", says=Text("so", "是"), source="us"), when, then)
            for n, (when, then) in enumerate(rules)
        ),
        otherwise,
    )
    return Routing(**{"table": table, "departments": DEPARTMENTS, **changed})


class TestRouting:
    def test_every_verdict_must_be_a_department(self) -> None:
        with pytest.raises(InvalidValueError, match="did you mean 'quality'") as refused:
            a_routing((Compare("safety", "=", True), "qualty"))

        assert (refused.value.name, refused.value.value) == ("then", "qualty")

    def test_what_stands_for_all_others_must_be_one_too(self) -> None:
        with pytest.raises(InvalidValueError, match="must be a department"):
            a_routing(otherwise="nobody")

    @pytest.mark.parametrize(
        "departments",
        [{}, None, {"sales": "Sales"}, {" ": Text("a", "b")}, {1: Text("a", "b")}],
    )
    def test_unfit_departments_are_refused_by_name(self, departments: Any) -> None:
        with pytest.raises(InvalidValueError) as refused:
            a_routing(departments=departments)

        assert refused.value.name == "departments"

    def test_a_table_must_be_one(self) -> None:
        with pytest.raises(InvalidValueError) as refused:
            a_routing(table=None)

        assert refused.value.name == "table"

    @pytest.mark.parametrize(
        ("when", "name"),
        [
            (Compare("field", "=", "transprot"), "field"),
            (Compare("field", "in", ("price", "prise")), "field"),
            (Not(Compare("severity", "!=", "grave")), "severity"),
            (AllOf((Compare("amount", ">", 3), Compare("channel", "=", "fone"))), "channel"),
            (AnyOf((Compare("priority", "=", 1),)), "priority"),
            (Compare("urgency", ">", "soon"), "operator"),
        ],
    )
    def test_a_word_that_a_fact_never_has_is_refused(self, when: Condition, name: str) -> None:
        """The rule would never apply, and nobody would see why."""
        with pytest.raises(InvalidValueError) as refused:
            a_routing((when, "quality"))

        assert refused.value.name == name

    @given(
        st.lists(
            st.tuples(
                st.sampled_from(ComplaintField).map(lambda one: Compare("field", "=", one.value)),
                st.sampled_from(sorted(DEPARTMENTS)),
            ),
            max_size=4,
        )
    )
    def test_is_read_back_from_json(self, rules: list[tuple[Condition, str]]) -> None:
        routing = a_routing(*rules)

        assert Routing.from_json(routing.to_json()) == routing

    @pytest.mark.parametrize(
        "text",
        ["", "[]", '{"departments": {"a": {"en": " ", "zh": "b"}}, "table": {}}', '{"table": 1}'],
    )
    def test_json_of_nothing_is_refused(self, text: str) -> None:
        with pytest.raises(InvalidValueError, match="cannot be read"):
            Routing.from_json(text)


class TestPropose:
    def test_the_first_rule_that_applies_decides(self) -> None:
        routing = a_routing(
            (Compare("safety", "=", True), "quality"), (Compare("amount", ">", 10), "sales")
        )

        assert routing.propose({"safety": True, "amount": 20}).verdict == "quality"
        assert routing.propose({"safety": False, "amount": 20}).verdict == "sales"

    @pytest.mark.parametrize(
        ("field", "department"),
        [
            (ComplaintField.GOODS_QUALITY, "quality"),
            (ComplaintField.TRANSPORT, "logistics"),
            (ComplaintField.SERVICE_QUALITY, "service"),
            (ComplaintField.SERVICE_ATTITUDE, "service"),
            (ComplaintField.SERVICE_MANNER, "service"),
            (ComplaintField.CONTRACT, "sales"),
            (ComplaintField.PRICE, "sales"),
            (ComplaintField.OTHER, "customer_care"),
        ],
    )
    def test_the_example_has_a_department_for_every_field(
        self, field: ComplaintField, department: str
    ) -> None:
        why = EXAMPLE_ROUTING.propose({"field": field, "safety": False})

        assert (why.verdict, why.missing) == (department, ())

    @pytest.mark.parametrize("field", ComplaintField)
    def test_safety_goes_to_the_quality_department_whatever_the_field(
        self, field: ComplaintField
    ) -> None:
        assert EXAMPLE_ROUTING.propose({"field": field, "safety": True}).verdict == "quality"

    def test_says_why_in_both_languages(self) -> None:
        why = EXAMPLE_ROUTING.propose({"field": "service_attitude", "safety": False})

        assert str(why) == (
            "After-sales service is proposed\n  the complaint is about service attitude"
        )
        assert why.sentence("zh") == "建议由售后服务部负责\n  投诉内容为“服务态度”"

    def test_a_word_that_is_not_known_is_refused_by_name(self) -> None:
        with pytest.raises(InvalidValueError, match="did you mean 'transport'") as refused:
            EXAMPLE_ROUTING.propose({"field": "transprot"})

        assert refused.value.name == "field"

    def test_what_a_rule_lacked_is_missing(self) -> None:
        why = EXAMPLE_ROUTING.propose(a_complaint().facts)

        assert (why.verdict, why.missing) == ("customer_care", ("safety", "field"))

    def test_its_evidence_decides_again(self) -> None:
        why = EXAMPLE_ROUTING.propose({"field": "price", "safety": False})
        (reason,) = why.because
        facts = {fact.name: fact.value for fact in reason.evidence}

        assert EXAMPLE_ROUTING.propose(facts).verdict == why.verdict


class TestProposeAll:
    def test_each_department_comes_once_the_first_rule_first(self) -> None:
        routing = a_routing(
            (Compare("amount", ">", 10), "sales"),
            (Compare("safety", "=", True), "quality"),
            (Compare("amount", ">", 20), "sales"),
        )

        found = routing.propose_all({"amount": 30, "safety": True})

        assert [why.verdict for why in found] == ["sales", "quality"]

    def test_where_none_applies_it_is_the_one_for_all_others(self) -> None:
        (why,) = a_routing((Compare("amount", ">", 10), "quality")).propose_all({})

        assert (why.verdict, why.missing) == ("sales", ("amount",))


class TestWhereNoRuleApplies:
    def test_names_no_code_and_says_what_is_not_known(self) -> None:
        why = EXAMPLE_ROUTING.propose({})

        assert (why.verdict, why.missing) == ("customer_care", ("safety", "field"))
        assert str(why) == (
            "Customer care is proposed\n"
            "  no rule of the example of an appliance maker applies; not known: safety at stake,"
            " field"
        )
        assert why.sentence("zh") == (
            "建议由客户服务中心负责\n  “家电企业示例”中没有适用的规则；未知：涉及安全、投诉方面"
        )

    def test_of_another_field_nothing_is_missing(self) -> None:
        why = EXAMPLE_ROUTING.propose({"field": "other", "safety": False})

        assert why.sentence("zh").splitlines()[1] == "  “家电企业示例”中没有适用的规则"

    def test_goes_by_the_name_of_the_table_where_nobody_calls_it_otherwise(self) -> None:
        ours = a_routing((Compare("safety", "=", True), "quality"))

        assert str(ours.propose({"safety": False})).endswith("no rule of ours applies")
        assert Routing.from_json(ours.to_json()) == ours
