"""What facts and milestones are called in both languages, where nobody calls them otherwise.

Law: a sentence that a user reads names nothing as it is stored, where we have a word for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from crmkit.errors import InvalidValueError
from crmkit.kernel import FrozenMap, Language, Text, did_you_mean


FACTS: Final[Mapping[str, Text]] = FrozenMap(
    {
        "kind": Text("kind", "类型"),
        "customer": Text("customer", "客户"),
        "channel": Text("channel", "渠道"),
        "raised_by": Text("raised by", "提出方"),
        "severity": Text("severity", "严重程度"),
        "impact": Text("impact", "影响范围"),
        "priority": Text("priority", "优先级"),
        "urgency": Text("urgency", "紧急程度"),
        "complexity": Text("complexity", "复杂程度"),
        "safety": Text("safety", "涉及安全"),
        "owner": Text("owner", "负责人"),
        "stage": Text("stage", "阶段"),
        "state": Text("state", "状态"),
        "field": Text("field", "投诉方面"),
        "product": Text("product", "产品"),
        "unit": Text("unit", "机号"),
        "batch": Text("batch", "批次"),
        "symptom": Text("symptom", "故障现象"),
        "occurrence": Text("number in its chain", "累计次数"),
        "cause": Text("cause", "原因"),
        "concerned": Text("concerned", "当事人"),
        "department": Text("department", "责任部门"),
        "customer_party": Text("customer's kind of party", "客户性质"),
        "customer_type": Text("customer's type", "客户类型"),
        "customer_closeness": Text("customer's closeness", "客户关系亲疏"),
        "customer_handling": Text("customer's handling", "客户管理方式"),
        "customer_relation": Text("customer's relation", "客户关系状况"),
        "customer_region": Text("customer's region", "客户地区"),
        "customer_industry": Text("customer's industry", "客户行业"),
        "customer_size": Text("customer's size", "客户规模"),
        "customer_source": Text("customer's source", "客户来源"),
        "customer_owner": Text("customer's owner", "客户负责人"),
    }
)
"""The facts of cases and of their customers."""

MILESTONES: Final[Mapping[str, Text]] = FrozenMap(
    {
        "on_site": Text("on site", "到达现场"),
        "visit": Text("visit", "上门"),
        "root_cause": Text("root cause", "查明原因"),
        "in_progress": Text("in progress", "告知处理进展"),
        "holding_response": Text("holding response", "暂行答复"),
        "early_resolution": Text("early resolution", "提前解决"),
        "closed": Text("closed", "结案"),
    }
)
"""The milestones of the presets, and the commonest others."""


def word(name: str, labels: Mapping[str, Text], ours: Mapping[str, Text]) -> Text | None:
    """Return what a name is called: by those who use it, or by us; None where nobody says.

    Examples:
        >>> word("on_site", {}, MILESTONES)("zh")
        '到达现场'
        >>> word("tested", {}, MILESTONES) is None
        True
    """
    return labels.get(name) or ours.get(name)


def called(name: str, language: Language, told: Text | None) -> str:
    """Return a name as a sentence has it, by its word, or, where there is none, as it is stored.

    Examples:
        >>> called("final_test", "en", None), called("final_test", "zh", None)
        ('final test', '“final_test”')
    """
    if told is not None:
        return told(language)
    return name.replace("_", " ") if language == "en" else f"“{name}”"


def checked_labels(labels: Mapping[str, Text]) -> FrozenMap[str, Text]:
    """Return what names are called.

    Raises:
        InvalidValueError: If it is no mapping of names to texts, or a text speaks of evidence.

    Examples:
        >>> checked_labels({"tested": Text("test on site", "现场测试")})["tested"].zh
        '现场测试'
        >>> checked_labels({"tested": "现场测试"})
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: labels is {'tested': '现场测试'}: it must be a mapping of\
 names to Text; write {'tested': Text("tested", "…")}
    """
    pairs = labels.items() if isinstance(labels, Mapping) else [(None, None)]
    for name, text in pairs:
        if not isinstance(name, str) or type(text) is not Text:
            way_out = f'write {{{name!r}: Text("{name}", "…")}}'
            raise InvalidValueError("labels", labels, "must be a mapping of names to Text", way_out)
        if text.names:
            raise InvalidValueError("labels", text.en, "must stand without names in braces")
    return FrozenMap(labels)


def check_known(labels: Mapping[str, Text], names: Iterable[str]) -> None:
    """Refuse labels of what is not there to be called.

    Raises:
        InvalidValueError: If one is such a label.
    """
    known = tuple(names)
    for name in labels:
        if name not in known:
            told = ", ".join(known) or "nothing: ours have labels"
            way_out = did_you_mean(name, known)
            raise InvalidValueError("labels", name, f"must call one of {told}", way_out)
