"""On which day of the shop every order was placed, in any engine."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final

import narwhals.stable.v2 as nw
import numpy as np

from crmkit.kernel import instant
from crmkit.kernel.frames import Eager, Lazy
from crmkit.stats.days import check_range, day_in, day_number, local_days, shop_clock, shop_zone


DAY: Final = "day at the shop"
"""Name of the column of days that is added."""

_MOMENT: Final = datetime(2000, 1, 1, tzinfo=UTC)


def with_day(orders: Eager | Lazy, ordered_at: str, timezone: str | None) -> Eager | Lazy:
    """Add the local day of every order, as days since 1970.

    Args:
        orders: What `frame_of` returned, no time in it empty. A lazy frame is asked once.
        ordered_at: Name of the column of dates or instants.
        timezone: The zone that the caller named; None where times tell theirs.

    Raises:
        InvalidValueError: If no zone is told, or a time lies outside 1900 to 2199.
    """
    lazy = isinstance(orders, nw.LazyFrame)
    in_session = lazy and not orders.implementation.is_polars()
    dtype = orders.collect_schema()[ordered_at]
    zone = shop_zone(dtype, timezone, ordered_at, in_session=in_session)
    if isinstance(orders, nw.DataFrame):
        days = local_days(orders[ordered_at], zone) if len(orders) else np.zeros(0, np.int64)
        return orders.with_columns(
            nw.new_series(DAY, days, nw.Int64, backend=orders.implementation)
        )
    at = nw.col(ordered_at)
    first, last = orders.select(first=at.min(), last=at.max()).collect().row(0)
    for end in (first, last):
        if isinstance(end, date) and not isinstance(end, datetime):
            check_range(ordered_at, day_number(end))
    ends = [
        instant(end, ordered_at) if isinstance(end, datetime) else _MOMENT for end in (first, last)
    ]
    clock = shop_clock(ordered_at, dtype, zone, *ends)
    return orders.with_columns(clock.alias(DAY)).with_columns(day_in(DAY).alias(DAY))
