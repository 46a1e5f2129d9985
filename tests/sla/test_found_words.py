"""What a condition found, in words."""

from collections.abc import Mapping

import pytest

from crmkit.cases import CaseKind, Severity
from crmkit.kernel import AllOf, AnyOf, Compare, Condition, Evidence, Not, Text
from crmkit.sla.found_words import found_in_words


class Odd(Condition):
    """A condition of a kind that is not ours."""

    @property
    def facts(self) -> tuple[str, ...]:
        return ("stage",)

    def evidence(self, facts: Mapping[str, object]) -> tuple[Evidence, ...]:
        return (Evidence("stage", facts["stage"], "even", False),)


class TestFoundInWords:
    @pytest.mark.parametrize(
        ("condition", "chinese"),
        [
            (Compare("kind", "=", "complaint"), "类型为投诉"),
            (Compare("kind", "=", "repair"), "类型为投诉，不满足“等于报修”"),
            (Compare("kind", "!=", "complaint"), "类型为投诉，不满足“不等于投诉”"),
            (Compare("kind", "in", ("repair", "else")), "类型为投诉，不满足“属于报修、else”"),
            (Compare("age", ">=", 18), "“age”为17，不满足“不小于18”"),
            (Compare("age", "<", 17), "“age”为17，不满足“小于17”"),
            (Compare("vip", "=", True), "贵宾为否，不满足“等于是”"),
            (Not(Compare("kind", "=", "repair")), "类型为投诉，不满足“等于报修”"),
            (
                AllOf((AnyOf((Compare("owner", "=", "bob"),)), Compare("impact", "=", "single"))),
                "负责人为安，不满足“等于bob”；未知：影响范围",
            ),
            (Odd(), "阶段为nine，不满足“even”"),
        ],
    )
    def test_names_facts_and_values_by_their_labels(
        self, condition: Condition, chinese: str
    ) -> None:
        known = {
            "kind": CaseKind.COMPLAINT,
            "severity": Severity.MINOR,
            "age": 17,
            "vip": False,
            "owner": "ann",
            "stage": "nine",
        }
        labels = {"vip": Text("VIP", "贵宾"), "ann": Text("Ann", "安")}

        assert found_in_words(condition, known, labels).zh == chinese

    def test_speaks_of_values_with_braces(self) -> None:
        found = found_in_words(Compare("owner", "=", "bob"), {"owner": "{a b"}, {})

        assert found.en == "owner is {a b, not = bob"
