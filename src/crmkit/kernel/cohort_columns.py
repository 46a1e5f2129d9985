"""Columns of what acquisition cohorts left, and cost."""

from __future__ import annotations

from typing import Final

from .column_kinds import Column, ColumnKind
from .labels import Text


_COIN: Final = Text("units of the currency", "货币单位")
_MONTHS: Final = Text("months", "月")
COHORTS: Final = (
    Column("cohort", ColumnKind.TEXT, Text("Which acquisition cohort", "获客批次")),
    Column(
        "month",
        ColumnKind.NUMBER,
        Text("Months since the first of the cohort, which is 0", "距批次首月的月数，首月为0"),
        _MONTHS,
    ),
    Column(
        "months_seen",
        ColumnKind.NUMBER,
        Text("How many months of the cohort are on record", "已有记录的月数"),
        _MONTHS,
    ),
    Column("value", ColumnKind.NUMBER, Text("What was left, of these orders", "贡献"), _COIN),
    Column("value_so_far", ColumnKind.NUMBER, Text("The same until then", "累计贡献"), _COIN),
    Column(
        "value_low", ColumnKind.NUMBER, Text("Lower end of its interval", "累计贡献区间下限"), _COIN
    ),
    Column(
        "value_high",
        ColumnKind.NUMBER,
        Text("Upper end of its interval", "累计贡献区间上限"),
        _COIN,
    ),
    Column(
        "acquisition_cost",
        ColumnKind.NUMBER,
        Text("What winning the cohort cost; empty where nobody told", "获客成本，不明则为空"),
        _COIN,
    ),
    Column(
        "cost_per_customer", ColumnKind.NUMBER, Text("The same per customer", "人均获客成本"), _COIN
    ),
    Column("value_per_customer", ColumnKind.NUMBER, Text("Value per customer", "人均贡献"), _COIN),
    Column(
        "cost_covered",
        ColumnKind.NUMBER,
        Text("Which part of the cost the value covers", "成本回收率"),
        Text("1 and more where it is paid back", "已回本为1及以上"),
    ),
    Column(
        "payback",
        ColumnKind.TEXT,
        Text("Whether the cohort has paid back its cost", "是否已回本"),
    ),
    Column(
        "payback_month",
        ColumnKind.NUMBER,
        Text("Since which month it has; empty where it is open", "回本月，尚未回本则为空"),
        _MONTHS,
    ),
    Column(
        "payback_low",
        ColumnKind.NUMBER,
        Text("Earliest such month of other such customers", "回本月区间下限"),
        _MONTHS,
    ),
    Column(
        "payback_high",
        ColumnKind.NUMBER,
        Text("Latest such month of other such customers", "回本月区间上限"),
        _MONTHS,
    ),
)
