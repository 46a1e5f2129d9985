"""What of a record of orders counts, and which orders are refused: shared by both forms."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import attrs
import narwhals.stable.v2 as nw

from crmkit.kernel.frames import Flaw, empty, not_finite


DAYS_IN: Final = {"D": 1, "W": 7}
"""How many days each unit of time has."""

PARTS: Final = 4
"""Decimals in which amounts are added up exactly, where they have no more."""

_LARGEST: Final = 2**53


@attrs.frozen
class Window:
    """What of a record counts.

    Attributes:
        zone: The shop's zone; None where orders have dates.
        since: First day, as days since 1970-01-01; None for the table's first.
        until: Last day, included.
        at: Last instant, included; None for the whole of the last day.
    """

    zone: ZoneInfo | None
    since: int | None
    until: int
    at: datetime | None


@attrs.frozen
class Names:
    """What the caller calls his columns."""

    customer_id: str
    ordered_at: str
    amount: str


def flaws(names: Names) -> list[Flaw]:
    """Return all that makes an order unfit."""
    amount = nw.col(names.amount).cast(nw.Float64)
    way_out = (
        "net returns against the orders they belong to first, or mark them: rfm_state(entry=…)"
    )
    return [
        *map(empty, (names.customer_id, names.ordered_at, names.amount)),
        not_finite(names.amount),
        Flaw(names.amount, amount < 0, "must not be negative", way_out),
        # Larger ones are slips, and their sums would leave the floats.
        Flaw(names.amount, amount >= _LARGEST, f"must be below {_LARGEST}"),
    ]
