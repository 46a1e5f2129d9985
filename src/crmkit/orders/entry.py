"""What a row of a record of orders is."""

from __future__ import annotations

from crmkit.kernel import Labelled


class OrderEntry(Labelled):
    """What a row of a record of orders is.

    Examples:
        >>> [entry.value for entry in OrderEntry]
        ['order', 'return', 'cancellation']
    """

    ORDER = "order", "Order", "订单"
    RETURN = "return", "Return", "退货"
    CANCELLATION = "cancellation", "Cancellation", "取消"
