"""What facts of cases and of their customers are called in both languages.

Law: a sentence that a user reads names nothing as it is stored, where we have a word for it; a fact
has one word, whoever speaks of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from crmkit.kernel import FrozenMap, Text


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
        "asset": Text("asset", "设备"),
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
