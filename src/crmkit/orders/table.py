"""Orders as facts: one row an order, or an order line.

Law: money is whole smallest coins of the row's own currency, and a time is an instant.

Source: domain facts P3 (orders as facts tied to the customer) and V1 (amounts by category).
"""

from __future__ import annotations

from typing import Final

from crmkit.kernel import FactColumn, FactLimit, FactTable, FactType, Text

from .entry import OrderEntry


ORDERS: Final = FactTable(
    "orders",
    (
        FactColumn("customer_id", FactType.ID, Text("Who bought", "客户编码"), required=True),
        FactColumn("ordered_at", FactType.TIME, Text("When", "下单时间"), required=True),
        FactColumn("amount", FactType.MONEY, Text("For how much", "金额"), required=True),
        FactColumn("currency", FactType.TEXT, Text("In which currency", "币种"), required=True),
        FactColumn("order_id", FactType.TEXT, Text("Number of the order", "订单号")),
        FactColumn("category", FactType.TEXT, Text("Product category", "产品类别")),
        FactColumn("product", FactType.TEXT, Text("What was bought", "产品")),
        FactColumn("quantity", FactType.NUMBER, Text("How many", "数量")),
        FactColumn(
            "entry",
            FactType.TEXT,
            Text("What the row is; empty for an order", "记录类型，空为订单"),
            allowed=tuple(str(entry.value) for entry in OrderEntry),
            implied=str(OrderEntry.ORDER.value),
        ),
        FactColumn(
            "original_at",
            FactType.TIME,
            Text(
                "Of a return or cancellation, when its order was placed", "退货或取消的原下单时间"
            ),
        ),
    ),
    limits=(
        FactLimit(
            column="amount",
            where="entry",
            says=(str(OrderEntry.RETURN.value), str(OrderEntry.CANCELLATION.value)),
            high=0,
            rule="must be 0 or negative in a return or cancellation",
            way_out="it goes back: write it with a minus",
        ),
    ),
)
"""Table `orders`: one row an order or an order line, its amount in coins of its `currency`."""
