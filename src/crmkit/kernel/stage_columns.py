"""Columns of where customers are under a lifecycle, by rules."""

from __future__ import annotations

from typing import Final

from .column_kinds import Column, ColumnKind
from .labels import Text


_DAYS: Final = Text("days", "天")
_TIMES: Final = Text("times", "倍")
STAGES: Final = (
    Column("as_of", ColumnKind.TEXT, Text("Day of the evaluation, ISO 8601", "评估日期")),
    Column("verdict", ColumnKind.TEXT, Text("Stage that the rule names", "规则判断的阶段")),
    Column("rule", ColumnKind.TEXT, Text("Rule that named it; empty for none", "所依规则")),
    Column("rules", ColumnKind.TEXT, Text("By which version of which rules", "规则及其版本")),
    Column("since", ColumnKind.TEXT, Text("Since which evaluation in the stage", "进入阶段的日期")),
    Column(
        "steps_in_stage",
        ColumnKind.NUMBER,
        Text("How many evaluations ago that was", "在本阶段的评估次数"),
        Text("evaluations", "次"),
    ),
    Column(
        "orders",
        ColumnKind.NUMBER,
        Text("Days with a purchase until then", "购买天数"),
        Text("days with a purchase", "购买天数"),
    ),
    Column("silence", ColumnKind.NUMBER, Text("Days since the last purchase", "沉默天数"), _DAYS),
    Column("rhythm", ColumnKind.NUMBER, Text("Mean days between purchases", "购买周期"), _DAYS),
    Column(
        "silence_ratio", ColumnKind.NUMBER, Text("Silence over rhythm", "沉默与周期之比"), _TIMES
    ),
    Column(
        "frequency_trend",
        ColumnKind.NUMBER,
        Text("Recent purchases over earlier ones; empty where not known", "购买频率趋势"),
        _TIMES,
    ),
    Column(
        "volume_trend",
        ColumnKind.NUMBER,
        Text("Recent amounts over earlier ones; empty where not known", "购买金额趋势"),
        _TIMES,
    ),
    Column("told_at", ColumnKind.TIME, Text("From which day a signal is known", "信号日期")),
    Column(
        "value_at_risk",
        ColumnKind.NUMBER,
        Text("What would be lost with the customer", "风险价值"),
        Text("units of the currency", "货币单位"),
    ),
    Column(
        "rank",
        ColumnKind.NUMBER,
        Text("Place in the list, 1 for the most at stake; empty where not known", "名次"),
        Text("from 1", "从1起"),
    ),
)
