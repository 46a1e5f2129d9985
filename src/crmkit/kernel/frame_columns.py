"""The one dictionary of column names that all measures share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .cohort_columns import COHORTS
from .column_kinds import Column as Column, ColumnKind as ColumnKind
from .labels import Text
from .loyalty_columns import LOYALTY
from .stage_columns import STAGES
from .value_columns import FORETOLD, MEASURED, WORTH


_COIN: Final = Text("units of the currency", "货币单位")
_BOUGHT: Final = (
    Column("customer_id", ColumnKind.ID, Text("Which customer", "客户编码")),
    Column("order_id", ColumnKind.ID, Text("Number of the order", "订单号")),
    Column("ordered_at", ColumnKind.TIME, Text("When it was ordered", "下单时间")),
    Column("amount", ColumnKind.NUMBER, Text("For how much", "金额"), _COIN),
    Column("currency", ColumnKind.TEXT, Text("In which currency, ISO 4217", "币种")),
    Column("category", ColumnKind.TEXT, Text("Product category", "产品类别")),
    Column("product", ColumnKind.TEXT, Text("What was bought", "产品")),
    Column(
        "quantity", ColumnKind.NUMBER, Text("How many were bought", "数量"), Text("pieces", "件")
    ),
    Column(
        "entry",
        ColumnKind.TEXT,
        Text("What the row is: order, return, cancellation", "该行是什么：订单、退货、取消"),
    ),
    Column(
        "original_at",
        ColumnKind.TIME,
        Text(
            "When the order was placed that is returned or cancelled", "所退或所取消订单的下单时间"
        ),
    ),
)
_SAID: Final = (
    Column("answered_at", ColumnKind.TIME, Text("When the customer answered", "回答时间")),
    Column("occasion", ColumnKind.TEXT, Text("What the answer is about", "事由")),
    Column(
        "recommend",
        ColumnKind.NUMBER,
        Text("How likely to recommend us", "推荐意愿"),
        Text("0 to 10", "0至10"),
    ),
    Column(
        "satisfied", ColumnKind.NUMBER, Text("How satisfied", "满意程度"), Text("1 to 5", "1至5")
    ),
    Column("comment", ColumnKind.TEXT, Text("In the customer's own words", "客户原话")),
)
_HAPPENED: Final = (
    Column("case_id", ColumnKind.ID, Text("Which case", "事项编码")),
    Column("activity", ColumnKind.TEXT, Text("What began then: the stage entered", "活动")),
    Column("at", ColumnKind.TIME, Text("When it began", "开始时刻")),
    Column(
        "sequence",
        ColumnKind.NUMBER,
        Text("Its place among the events of the case", "在该事项中的次序"),
        Text("whole numbers, rising", "递增的整数"),
    ),
    Column("stage", ColumnKind.TEXT, Text("Stage that was entered", "进入的阶段")),
    Column(
        "moved_at",
        ColumnKind.TIME,
        Text("When he came into a stage", "进入阶段的时间"),
    ),
)

_ASKED: Final = (
    Column("received_at", ColumnKind.TIME, Text("When the case was received", "受理时间")),
    Column(
        "resolved_at",
        ColumnKind.TIME,
        Text("When it was resolved; empty while it is open", "解决时间，未解决则为空"),
    ),
    Column("asset_id", ColumnKind.ID, Text("Which unit, by serial number or barcode", "设备编码")),
    Column("cause", ColumnKind.ID, Text("What caused it", "原因")),
    Column("symptom", ColumnKind.ID, Text("What the customer noticed", "故障现象")),
    Column("recurs", ColumnKind.FLAG, Text("Whether it repeats an earlier case", "是否重复发生")),
    Column(
        "recurrence_of",
        ColumnKind.ID,
        Text("The last case that it repeats; empty for none", "上一次的事项编码，无则为空"),
    ),
    Column(
        "occurrence",
        ColumnKind.NUMBER,
        Text("Its place in its chain; 0 where that cannot be told", "第几次发生，无法判断则为0"),
        Text("cases, from 1", "次，从1起"),
    ),
    Column(
        "first_of_chain",
        ColumnKind.ID,
        Text("The first case of its chain; empty where that cannot be told", "首次的事项编码"),
    ),
)

COLUMNS: Final[Mapping[str, Column]] = {
    column.name: column
    for column in (
        *_BOUGHT,
        *_SAID,
        *MEASURED,
        *FORETOLD,
        *WORTH,
        *COHORTS,
        *STAGES,
        *LOYALTY,
        *_HAPPENED,
        *_ASKED,
    )
}
"""What each standard column means; every measure reads and writes these names."""
