"""Every kind of record that the desks keep, whose it is, and where facts about customers stand."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, Protocol, Self

from crmkit.complaints import COMPLAINT_CODEC
from crmkit.customers import CUSTOMER_CODEC
from crmkit.kernel import Codec, FrozenMap
from crmkit.orders import ORDERS
from crmkit.satisfaction import ANSWERS

from .unit import Trailed


class Restorable(Trailed, Protocol):
    """A record that can take up again what an earlier version of it said."""

    def restore(self, by: str, at: datetime, *, earlier: Self) -> Self: ...


CODECS: Final[FrozenMap[str, Codec[Any]]] = FrozenMap(
    {codec.kind: codec for codec in (COMPLAINT_CODEC, CUSTOMER_CODEC)}
)
"""How each kind that a desk keeps is stored."""

OWNERS: Final[FrozenMap[str, str]] = FrozenMap({"complaint": "customer", "customer": "id"})
"""In which field each of these kinds names the customer whose it is."""

TABLES: Final = (ORDERS, ANSWERS)
"""The tables of facts."""
