"""The local day and month of every order, and of what goes back those of its order; any engine."""

from __future__ import annotations

from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

import narwhals.stable.v2 as nw
import numpy as np

from crmkit.kernel.frames import Eager, Flaw, Lazy
from crmkit.stats.days import day_in, local_days, month_in, months_of, shop_clock
from crmkit.stats.shop_time import days_at, moment, zone_at


DAY: Final = "day"
"""Name of the column of days to which rows belong."""

KNOWN: Final = "known"
"""Name of the column of days on which rows came."""

MONTH: Final = "calendar month"
"""Name of the column of the months to which rows belong."""


def with_day(
    orders: Eager | Lazy, ordered_at: str, timezone: str | None, *, original_at: str | None = None
) -> Eager | Lazy:
    """Add the day on which every row came, the day to which it belongs, and the month of that.

    Days are counted since 1970, months since the year 0.

    Args:
        orders: What `frame_of` returned, no time in it empty. A lazy frame is asked once.
        ordered_at: Name of the column of dates or instants.
        timezone: The zone that the caller named; None where times tell theirs.
        original_at: Name of the column that tells of what went back when its order was placed, of
            one row at least; None where every row belongs to its own day.

    Raises:
        InvalidValueError: If no zone is told, or a time lies outside 1900 to 2199.
    """
    zone = zone_at(orders, ordered_at, timezone)
    if isinstance(orders, nw.DataFrame):
        return _counted(orders, ordered_at, original_at, zone)
    return _asked(orders, ordered_at, original_at, zone)


def later_than(as_of: date, last: int, ordered_at: str) -> Flaw:
    """Return the flaw of a row that came after the last day that counts.

    Args:
        as_of: That day.
        last: The same, as days since 1970.
        ordered_at: The caller's name of the column of times.
    """
    rule, way_out = f"must not lie after as_of, {as_of}", "leave later orders out, or look later"
    return Flaw(ordered_at, nw.col(KNOWN) > last, rule, way_out)


def _counted(
    orders: Eager, ordered_at: str, original_at: str | None, zone: ZoneInfo | None
) -> Eager:
    known = days_at(orders, ordered_at, zone)
    days = known.copy()
    if original_at is not None:
        original = orders[original_at]
        places = np.flatnonzero(~original.is_null().to_numpy().astype(bool))
        days[places] = local_days(original[places], zone)
    told = ((DAY, days), (KNOWN, known), (MONTH, months_of(days)))
    new = (nw.new_series(*one, nw.Int64, backend=orders.implementation) for one in told)
    return orders.with_columns(*new)


def _asked(orders: Lazy, ordered_at: str, original_at: str | None, zone: ZoneInfo | None) -> Lazy:
    at, dtype = nw.col(ordered_at), orders.collect_schema()[ordered_at]
    belongs = at if original_at is None else nw.coalesce(nw.col(original_at), at)
    dated = orders.with_columns(belongs.alias(DAY))
    # What went back was ordered before: the first day is one to which a row belongs.
    ends = dated.select(first=nw.col(DAY).min(), last=at.max()).collect().row(0)
    first, last = (moment(ordered_at, end) for end in ends)
    clocks = {name: shop_clock(name, dtype, zone, first, last) for name in (DAY, ordered_at)}
    local = dated.with_columns(clocks[ordered_at].alias(KNOWN), clocks[DAY].alias(DAY))
    local = local.with_columns(month_in(DAY).alias(MONTH))
    return local.with_columns(day_in(DAY).alias(DAY), day_in(KNOWN).alias(KNOWN))
