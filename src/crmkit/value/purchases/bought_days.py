"""The days on which customers bought, of orders or of their state, up to a day."""

from __future__ import annotations

from datetime import date
from typing import cast

import attrs
import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrame
from numpy.typing import NDArray

from crmkit.errors import InvalidValueError
from crmkit.kernel.frames import Eager, Lazy, find_flaws, frame_of
from crmkit.stats.sorted_rows import by_day, changes, numbered

from .purchase_arrays import purchases_in
from .purchase_days import asked_window
from .purchase_query import ask_bought
from .purchase_state import RfmState, checked_day, days_of
from .purchase_window import Names, flaws
from .state_arrays import purchases_of
from .state_query import ask_purchases


_Whole = NDArray[np.int64]


@attrs.frozen(eq=False)
class BoughtDays:
    """Days on which customers bought, sorted by customer and day, each once.

    Attributes:
        ids: One row a customer, in the order of their numbers: a frame of `customer_id`.
        customer: Number of the customer, from 0 up without gaps.
        day: Days since 1970-01-01.
    """

    ids: Eager
    customer: _Whole
    day: _Whole

    @property
    def starts(self) -> NDArray[np.intp]:
        """Where the days of each customer begin."""
        return np.flatnonzero(changes(self.customer))


def bought_days(
    orders: object, *, until: date, timezone: str | None, names: Names
) -> BoughtDays | Lazy:
    """Return the days on which customers bought: held, or still a question.

    Args:
        orders: Orders, or a state of such.
        until: The last day.
        timezone: The shop's zone; of a state its own.
        names: What the caller calls his columns.

    Returns:
        Of a frame that holds its rows the days; of a lazy one a frame of `customer_id` and `day`.

    Raises:
        InvalidValueError: As `rfm_table`.
    """
    last = checked_day(until, "until")
    if isinstance(orders, RfmState):
        names.check_beside_state()
        if timezone not in (orders.timezone, None):
            rule = f"must be the state's own, {orders.timezone!r}"
            raise InvalidValueError("timezone", timezone, rule, "leave it out")
        days = days_of(orders)
        if isinstance(days, nw.LazyFrame):
            return ask_purchases(days, last).select("customer_id", "day")
        known = purchases_of(days, last, orders.decimals)
        return _held(days["customer_id"].to_frame(), known.row, known.day)
    frame = frame_of(cast("IntoFrame", orders), "orders", names.wanted())
    window = asked_window(frame, names.ordered_at, until, timezone, None)
    if isinstance(frame, nw.LazyFrame):
        return ask_bought(frame, names, window)[0].select("customer_id", "day")
    find_flaws(names.counted(frame), flaws(names))
    bought = purchases_in(frame, names, window)
    ids = frame.select(nw.col(names.customer_id).alias("customer_id"))
    return _held(ids, bought.row, bought.day)


def held_days(asked: BoughtDays | Lazy) -> BoughtDays:
    """Return days that are held; those of a question are fetched."""
    if isinstance(asked, BoughtDays):
        return asked
    frame = asked.collect()
    if not len(frame):
        nothing = np.zeros(0, dtype=np.int64)
        return BoughtDays(frame.select("customer_id"), nothing, nothing)
    days = frame["day"].to_numpy().astype(np.int64)
    order, _, day = by_day(numbered(frame["customer_id"]), days)
    return _held(frame.select("customer_id"), order, day)


def _held(ids: Eager, row: _Whole, day: _Whole) -> BoughtDays:
    """Number customers without gaps; rows are in the order of customer and day."""
    if not len(row):
        return BoughtDays(ids[:0], row, day)
    customers = numbered(ids["customer_id"])[row]
    starts = changes(customers)
    own = nw.maybe_reset_index(ids[row[np.flatnonzero(starts)]])
    return BoughtDays(own, np.cumsum(starts) - 1, day)
