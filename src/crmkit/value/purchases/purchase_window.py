"""What of a record of orders counts, and which orders are refused: shared by both forms."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import attrs
import narwhals.stable.v2 as nw

from crmkit.errors import InvalidValueError
from crmkit.kernel.frames import (
    COLUMNS,
    ColumnKind,
    Eager,
    Flaw,
    Lazy,
    empty,
    named_by,
    not_finite,
)


DAYS_IN: Final = {"D": 1, "W": 7}
"""How many days each unit of time has."""

PARTS: Final = 4
"""Decimals in which amounts are added up exactly, where they have no more."""

COPIES: Final = "copies of the number"
"""Name of the column that tells how often an order's number stands."""

LATE: Final = "mend the dates, or leave these rows out yourself"
"""What to do with rows that are dated after the record."""

LEAVE_OUT: Final = "mend the dates; for a table of an earlier day, later='leave_out'"
"""What to do with orders that are dated after the day of a table."""

_LARGEST: Final = 2**53
_EPOCH: Final = date(1970, 1, 1)


@attrs.frozen
class Window:
    """What of a record counts.

    Attributes:
        zone: The shop's zone; None where orders have dates.
        since: First day, as days since 1970-01-01; None for the table's first.
        until: Last day, included.
        at: Last instant, included; None for the whole of the last day.
        refuses_later: Whether orders after it are refused; else they are left out.
    """

    zone: ZoneInfo | None
    since: int | None
    until: int
    at: datetime | None
    refuses_later: bool = False

    @property
    def late_rule(self) -> str:
        """What an order breaks that came after the record."""
        end = _EPOCH + timedelta(days=self.until) if self.at is None else self.at
        return f"must not be after as_of, {end}"


@attrs.frozen
class Names:
    """What the caller calls his columns."""

    customer_id: str
    ordered_at: str
    amount: str
    order_id: str | None = None

    def wanted(self) -> dict[str, ColumnKind]:
        """Return each column with what it must hold."""
        told = attrs.asdict(self)
        return {name: COLUMNS[key].kind for key, name in told.items() if name is not None}

    def check_beside_state(self) -> None:
        """Check that no column is named beside a state, whose columns have names of their own.

        Raises:
            InvalidValueError: If one is.
        """
        own = Names("customer_id", "ordered_at", "amount")
        for key, name in attrs.asdict(self).items():
            if name != getattr(own, key):
                rule = "must not be named beside a state, which has columns of its own"
                raise InvalidValueError(key, name, rule, "leave it out: rfm_state() was told of it")

    def counted(self, frame: Eager | Lazy) -> Eager | Lazy:
        """Add how often each order's number stands, where that is asked."""
        if self.order_id is None:
            return frame
        return frame.with_columns(nw.len().over(self.order_id).alias(COPIES))


def flaws(names: Names) -> list[Flaw]:
    """Return all that makes an order unfit."""
    amount = nw.col(names.amount).cast(nw.Float64)
    way_out = (
        "net returns against the orders they belong to first, or mark them: rfm_state(entry=…)"
    )
    found = [
        *map(empty, (names.customer_id, names.ordered_at, names.amount)),
        not_finite(names.amount),
        Flaw(names.amount, amount < 0, "must not be negative", way_out),
        # Larger ones are slips, and their sums would leave the floats.
        Flaw(names.amount, amount >= _LARGEST, f"must be below {_LARGEST}"),
        *([] if names.order_id is None else number_flaws(names.order_id)),
    ]
    return named_by(found, names.order_id, names.customer_id)


def number_flaws(
    order_id: str, *, of_order: nw.Expr | None = None, once: nw.Expr | None = None
) -> list[Flaw]:
    """Return what can be wrong with the number of an order, `COPIES` being the rows that bear it.

    Args:
        order_id: Name of the column of numbers.
        of_order: Which rows are orders; None for all.
        once: Whose number may stand only once; None for all.
    """
    number = nw.col(order_id)
    gone, twice = number.is_null(), nw.col(COPIES) > 1
    way_out = "add up the lines of each order first, and bring each order in once"
    return [
        Flaw(
            order_id,
            gone if of_order is None else gone & of_order,
            "must not be empty in an order",
            shown=False,
        ),
        Flaw(
            order_id,
            ~gone & (twice if once is None else twice & once),
            "must stand in one order",
            way_out,
        ),
    ]
