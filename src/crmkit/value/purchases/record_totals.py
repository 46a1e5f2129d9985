"""What a state adds up to: every coin that came in, and where it is counted."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import cast

import attrs
import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from .purchase_state import RfmState, checked_day, checked_states, days_of
from .state_rows import KEYS, SUMS


@attrs.frozen(kw_only=True)
class StateTotals:
    """Where the money of a record is.

    Attributes:
        orders: How many orders stand.
        ordered: What was ordered for.
        returned: What went back for returned goods of known orders.
        cancelled: What went back for cancelled orders that are known.
        untraced: What went back for orders that could not be told.
        counted: What the days with a standing order sum to: the sum of `amount` in the table.
        uncounted: What is left on days without one: of orders that were cancelled in part, or
            returned after they were cancelled; below 0 where money went back for orders of a day
            on which none is on record.

    Units:
        Money in the currency.

    Examples:
        >>> totals = StateTotals(
        ...     orders=2,
        ...     ordered=Decimal("50.00"),
        ...     returned=Decimal("5.50"),
        ...     cancelled=Decimal(0),
        ...     untraced=Decimal("1.25"),
        ...     counted=Decimal("44.50"),
        ...     uncounted=Decimal(0),
        ... )
        >>> totals.net
        Decimal('43.25')
    """

    orders: int
    ordered: Decimal
    returned: Decimal
    cancelled: Decimal
    untraced: Decimal
    counted: Decimal
    uncounted: Decimal

    @property
    def net(self) -> Decimal:
        """The sum of all amounts that came in, as signed: `counted` + `uncounted` − `untraced`."""
        return self.ordered - self.returned - self.cancelled - self.untraced


def state_totals(state: RfmState[IntoFrameT], *, as_of: date | None = None) -> StateTotals:
    """Add up a state, so that what came in can be held against what is counted.

    Args:
        state: What `rfm_state` or `merge` returned.
        as_of: As known on that day; None for all that is known.

    Returns:
        The totals; their `net` is the sum of the amounts of all rows that the state was made of.

    Raises:
        InvalidValueError: If it is no state, or `as_of` is no date.

    Units:
        Money in the currency, as Decimals.

    Examples:
        >>> from datetime import date
        >>> import pandas
        >>> from crmkit.value import rfm_state
        >>> orders = pandas.DataFrame(
        ...     {
        ...         "customer_id": "C-1",
        ...         "ordered_at": [date(2026, 1, 1), date(2026, 1, 8), date(2026, 2, 3)],
        ...         "amount": [20.0, 30.0, -5.5],
        ...         "entry": ["order", "order", "return"],
        ...     }
        ... )
        >>> totals = state_totals(rfm_state(orders, entry="entry"))
        >>> print(totals.net, totals.counted, totals.untraced)
        44.50 50.00 5.50
    """
    checked_states(state)
    days = days_of(state).lazy()
    if as_of is not None:
        days = days.filter(nw.col("known") <= checked_day(as_of, "as_of"))
    net = nw.col("ordered") - nw.col("returned") - nw.col("cancelled")
    by_day = (
        days.with_columns(net.alias("net"))
        .group_by(*KEYS[:2])
        .agg(nw.col(name).sum() for name in (*SUMS, "net"))
        # Engines widen what they add up.
        .with_columns(nw.col(name).cast(nw.Int64) for name in (*SUMS, "net"))
    )
    stands, left = nw.col("orders") > 0, nw.lit(0).cast(nw.Int64)
    asked = {name: nw.col(name).sum() for name in SUMS[1:]}
    told = by_day.select(
        orders=nw.when(stands).then(nw.col("orders")).otherwise(left).sum(),
        **asked,
        counted=nw.when(stands).then(nw.col("net")).otherwise(left).sum(),
        uncounted=nw.when(~stands).then(nw.col("net")).otherwise(left).sum(),
    ).collect()
    row = dict(zip(told.columns, told.row(0), strict=True))
    # None is the sum over no rows.
    coins = {name: Decimal(int(cast("int", row[name] or 0))) for name in row if name != "orders"}
    money = {name: value.scaleb(-state.decimals) for name, value in coins.items()}
    return StateTotals(orders=int(cast("int", row["orders"] or 0)), **money)
