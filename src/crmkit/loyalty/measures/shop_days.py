"""On which day of the shop every order was placed, in any engine."""

from __future__ import annotations

from typing import Final

import narwhals.stable.v2 as nw

from crmkit.kernel.frames import Eager, Lazy
from crmkit.stats.days import day_in, shop_clock
from crmkit.stats.shop_time import days_at, moment, zone_at


DAY: Final = "day at the shop"
"""Name of the column of days that is added."""


def with_day(orders: Eager | Lazy, ordered_at: str, timezone: str | None) -> Eager | Lazy:
    """Add the local day of every order, as days since 1970.

    Args:
        orders: What `frame_of` returned, no time in it empty. A lazy frame is asked once.
        ordered_at: Name of the column of dates or instants.
        timezone: The zone that the caller named; None where times tell theirs.

    Raises:
        InvalidValueError: If no zone is told, or a time lies outside 1900 to 2199.
    """
    zone = zone_at(orders, ordered_at, timezone)
    if isinstance(orders, nw.DataFrame):
        days = days_at(orders, ordered_at, zone)
        return orders.with_columns(
            nw.new_series(DAY, days, nw.Int64, backend=orders.implementation)
        )
    at, dtype = nw.col(ordered_at), orders.collect_schema()[ordered_at]
    ends = orders.select(first=at.min(), last=at.max()).collect().row(0)
    first, last = (moment(ordered_at, end) for end in ends)
    clock = shop_clock(ordered_at, dtype, zone, first, last)
    return orders.with_columns(clock.alias(DAY)).with_columns(day_in(DAY).alias(DAY))
