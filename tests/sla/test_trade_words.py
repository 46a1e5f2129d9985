"""What milestones are called."""

from typing import Any

import pytest

from crmkit.errors import InvalidValueError
from crmkit.kernel import Compare, Text
from crmkit.sla import (
    CFPB,
    CHINA_BANKING,
    SEA_LION,
    VISIT_IN_A_DAY,
    SlaPolicies,
    SlaPolicy,
    SlaTarget,
    fca_disp,
    fca_disp_payments,
)
from crmkit.testing import a_complaint

from .stories import ALWAYS, HOUR, OFFICE, a_target


TESTED = Text("test on site", "现场测试")


def is_chinese(sentence: str) -> bool:
    """Tell whether nothing in it stands as it is stored: no underscore, no name in quotes."""
    return "_" not in sentence and "“" not in sentence


class TestTarget:
    @pytest.mark.parametrize(
        "policy",
        [
            *SEA_LION.policies,
            *CHINA_BANKING.policies,
            CFPB,
            VISIT_IN_A_DAY,
            fca_disp(OFFICE),
            fca_disp_payments(OFFICE),
        ],
        ids=lambda policy: policy.name,
    )
    def test_of_every_preset_is_told_in_chinese(self, policy: SlaPolicy) -> None:
        assert all(is_chinese(target.label("zh")) for target in policy.targets)

    def test_goes_by_the_words_of_those_who_promise(self) -> None:
        told = SlaTarget(
            metric="tested",
            limit=6 * HOUR,
            calendar=ALWAYS,
            instead=["on_site", "handed_over", "resolution"],
            labels={"tested": TESTED, "on_site": Text("arrival", "到场")},
        )

        assert told.label() == "test on site or arrival or handed over or resolution within 6 h"
        assert told.label("zh") == "6小时内现场测试或到场或“handed_over”或解决"
        assert told.name == "tested"

    @pytest.mark.parametrize(
        ("labels", "message"),
        [
            ({"testd": TESTED}, "'testd': it must call one of tested; did you mean 'tested'"),
            ({"resolution": TESTED}, "must call one of tested"),
            ({"tested": "现场测试"}, "must be a mapping of names to Text"),
            ({3: TESTED}, "must be a mapping of names to Text"),
            ([("tested", TESTED)], "must be a mapping of names to Text"),
            ({"tested": Text("{n} tests", "{n}次测试")}, "must stand without names in braces"),
        ],
    )
    def test_refuses_other_labels(self, labels: Any, message: str) -> None:
        with pytest.raises(InvalidValueError, match=message):
            SlaTarget(
                metric="tested",
                limit=HOUR,
                calendar=ALWAYS,
                instead=["resolution"],
                labels=labels,
            )

    def test_of_a_metric_of_ours_needs_no_label(self) -> None:
        with pytest.raises(InvalidValueError, match="nothing: ours have labels"):
            SlaTarget(metric="resolution", limit=HOUR, calendar=ALWAYS, labels={"tested": TESTED})


class TestPolicies:
    def test_keep_their_words_in_json(self) -> None:
        target = SlaTarget(metric="tested", limit=HOUR, calendar=ALWAYS, labels={"tested": TESTED})
        policies = SlaPolicies(
            default=SlaPolicy(name="gold", targets=[target]),
            labels={"class": Text("class", "等级")},
        )

        again = SlaPolicies.from_json(policies.to_json())

        assert again == policies
        assert hash(again) == hash(policies)
        assert again.default is not None
        assert again.default.targets[0].label("zh") == "1小时内现场测试"

    def test_write_no_labels_where_there_are_none(self) -> None:
        policies = SlaPolicies(default=SlaPolicy(name="gold", targets=[a_target()]))

        assert "labels" not in policies.to_json()

    def test_explain_themselves_without_a_stored_word(self) -> None:
        why = CHINA_BANKING.explain(a_complaint(), facts={"complexity": "complex"})

        assert why.sentence("zh").splitlines()[1:] == [
            "  “中国银行业保险业（已批准延期）”："
            "不符合（复杂程度为情况复杂，不满足“属于已批准延期”）",
            "  “中国银行业保险业（情况复杂）”：符合（复杂程度为情况复杂）",
        ]
        assert "未知：严重程度）" in SEA_LION.explain(a_complaint()).sentence("zh")

    def test_name_what_can_only_be_stored(self) -> None:
        """As before: a fact that nobody labelled stands in quotes."""
        gold = SlaPolicy(name="gold", targets=[a_target()], condition=Compare("tier", "=", 1))

        (line,) = SlaPolicies(policies=[gold]).explain(a_complaint()).because

        assert line.sentence("zh") == "“gold”：不符合（未知：“tier”）"
