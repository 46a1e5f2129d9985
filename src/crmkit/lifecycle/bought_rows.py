"""Orders and signals of any engine's frame, brought into the order of customers and days.

Law: the shop's local day first, the merge of same-day orders second; nothing is dropped in silence.
A lazy frame is checked by one aggregate query and brings its days, not its orders.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import attrs
import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrame

from crmkit.errors import InvalidValueError
from crmkit.kernel import instant
from crmkit.kernel.frames import (
    ColumnKind,
    Eager,
    Flaw,
    Lazy,
    Words,
    empty,
    find_flaws,
    frame_of,
    not_finite,
)
from crmkit.stats.days import check_range, day_in, day_number, local_days, shop_clock, shop_zone
from crmkit.stats.sorted_rows import by_day, changes, numbered, sums

from .behaviour import PARTS
from .grid_facts import Bought, Flags, Floats, Told, Whole


_LARGEST: Final = 2**53 // PARTS
_NO_RETURNS: Final = "must be 0 or more, for every row is a purchase"
_TRACED: Final = "book returns on what they return first: crmkit.value.trace_returns(…)"
_ANY_MOMENT: Final = datetime(2000, 1, 1, tzinfo=UTC)


@attrs.frozen
class OrderNames:
    """What the caller calls his columns.

    Attributes:
        customer_id: Customers: text or whole numbers.
        ordered_at: Dates, or instants.
        amount: Amounts of one currency.
        asks_amount: Whether rules ask for them; if not, the orders need have none.
        timezone: The shop's zone; None where the column tells it, or holds dates.
    """

    customer_id: str
    ordered_at: str
    amount: str
    asks_amount: bool
    timezone: str | None


@attrs.frozen(eq=False)
class DayRows:
    """Rows of orders: whose, on which day, for how much in ten-thousandths."""

    ids: nw.Series[Any]
    day: Whole
    coins: Whole | None


def day_rows(native: IntoFrame, names: OrderNames) -> tuple[DayRows, Eager | Lazy]:
    """Read orders: one row an order, or one a day where an engine has summed them up.

    Raises:
        InvalidValueError: If a column is missing or of another kind, a value is empty or not
            finite, times are naive or lie outside 1900 to 2199, or the zone cannot be understood.
    """
    wanted = {names.customer_id: ColumnKind.ID, names.ordered_at: ColumnKind.TIME}
    if names.asks_amount:
        wanted[names.amount] = ColumnKind.NUMBER
    frame = frame_of(native, "orders", wanted)
    lazy = isinstance(frame, nw.LazyFrame)
    in_session = lazy and not frame.implementation.is_polars()
    dtype = frame.collect_schema()[names.ordered_at]
    zone = shop_zone(dtype, names.timezone, names.ordered_at, in_session=in_session)
    if isinstance(frame, nw.LazyFrame):
        return _asked(frame, names, zone), frame
    find_flaws(frame, _flaws(frame, names))
    at = frame[names.ordered_at]
    days = local_days(at, zone) if len(frame) else np.zeros(0, dtype=np.int64)
    coins = None
    if names.asks_amount:
        amounts = frame[names.amount].cast(nw.Float64).to_numpy()
        coins = np.rint(amounts * PARTS).astype(np.int64)
    return DayRows(frame[names.customer_id], days, coins), frame


@attrs.frozen(eq=False)
class Buyers:
    """Who bought on which days.

    Attributes:
        bought: Purchases of everybody who has any.
        numbers: Of these customers, rising.
        places: A row of each.
        maybe_older: Whether the first purchase of each may lie before the record.
    """

    bought: Bought
    numbers: Whole
    places: Whole
    maybe_older: Flags


def ordered(customers: Whole, rows: DayRows, until: int, *, since: int | None) -> Buyers:
    """Sort orders by customer and day, days with several as one.

    Args:
        customers: Number of the customer of each row.
        rows: The orders.
        until: The last day that counts.
        since: The first day of the record, which is the first that counts; None where nobody told.
    """
    order, customers, days = by_day(customers, rows.day)
    known = days <= until
    older = customers[:0]
    if since is not None:
        early = days < since
        known, older = known & ~early, customers[early]
    if not known.all():
        order, customers, days = order[known], customers[known], days[known]
    news = changes(customers)
    first = np.flatnonzero(news | changes(days))
    summed = None if rows.coins is None or not len(first) else sums(rows.coins[order], first)
    begins = np.flatnonzero(news[first])
    starts = np.append(begins, len(first)).astype(np.int64)
    rising = first[begins]
    numbers = customers[rising]
    flags = np.ones(len(numbers), dtype=bool) if since is None else np.isin(numbers, older)
    return Buyers(Bought(starts, days[first], summed), numbers, order[rising], flags)


def told_rows(customers: Whole, days: Whole, values: Floats, size: int) -> Told:
    """Sort signals of one name by customer and day; of one day the last row stays last.

    Args:
        customers: Number of the customer of each row.
        days: From which day on it is known.
        values: What was told, NaN for nothing.
        size: How many customers there are.
    """
    known = ~np.isnan(values)
    customers, days, values = customers[known], days[known], values[known]
    order, customers, days = by_day(customers, days)
    return Told(_starts(customers, size), days, values[order])


def _starts(customers: Whole, size: int) -> Whole:
    """Return where the rows of each customer start, and where the last one's end."""
    counts = np.bincount(customers, minlength=size)
    return np.concatenate(([0], np.cumsum(counts))).astype(np.int64)


def numbered_together(columns: Sequence[nw.Series[Any]]) -> list[Whole]:
    """Number the customers of several frames alike, from 0 up in the order of their ids.

    Numbers may leave a few gaps.

    Raises:
        InvalidValueError: If ids are text in one and whole numbers in another.
    """
    kinds = {one.dtype.is_integer() for one in columns if len(one)}
    if len(kinds) > 1:
        told = Words("text in one frame and whole numbers in another")
        raise InvalidValueError("customer_id", told, "must be of one kind in all frames")
    if not kinds:
        return [np.zeros(0, dtype=np.int64) for _ in columns]
    dtype = nw.Int64 if kinds == {True} else nw.String
    parts = [one.cast(dtype).alias("id").to_frame() for one in columns if len(one)]
    numbers = numbered(nw.concat(parts)["id"] if len(parts) > 1 else parts[0]["id"])
    if int(numbers.max()) > 8 * len(numbers) + 1024:
        numbers = np.unique(numbers, return_inverse=True)[1].astype(np.int64)
    return np.split(numbers, np.cumsum([len(one) for one in columns])[:-1])


def _flaws(frame: Eager | Lazy, names: OrderNames) -> list[Flaw]:
    flaws = [empty(names.customer_id), empty(names.ordered_at)]
    if names.asks_amount:
        large = nw.col(names.amount).cast(nw.Float64).abs() >= _LARGEST
        rule = f"must be below {_LARGEST}"
        flaws += [empty(names.amount), not_finite(names.amount), Flaw(names.amount, large, rule)]
    dtype = frame.collect_schema().get(names.amount)
    # Whether or not a rule asks for amounts: what was sent back is no purchase.
    if dtype is not None and dtype.is_numeric():
        flaws.append(Flaw(names.amount, nw.col(names.amount) < 0, _NO_RETURNS, _TRACED))
    return flaws


def _asked(frame: Lazy, names: OrderNames, zone: ZoneInfo | None) -> DayRows:
    """Let the engine sum up orders day by day, and bring the days."""
    at, dtype = nw.col(names.ordered_at), frame.collect_schema()[names.ordered_at]
    told = find_flaws(frame, _flaws(frame, names), first=at.min(), last=at.max())
    first, last = (_moment(names.ordered_at, told[end]) for end in ("first", "last"))
    columns = [
        nw.col(names.customer_id).alias("customer_id"),
        shop_clock(names.ordered_at, dtype, zone, first, last).alias("day"),
    ]
    if names.asks_amount:
        coins = (nw.col(names.amount).cast(nw.Float64) * PARTS).round(0).cast(nw.Int64)
        columns.append(coins.alias("coins"))
    days = frame.select(*columns).with_columns(day_in("day").alias("day"))
    sum_of = [nw.col("coins").sum()] if names.asks_amount else [nw.len().alias("coins")]
    held = days.group_by("customer_id", "day").agg(*sum_of).collect()
    coins_held = None
    if names.asks_amount:
        coins_held = held["coins"].cast(nw.Int64).to_numpy()
    day = held["day"].cast(nw.Int64).to_numpy()
    return DayRows(held["customer_id"], day, coins_held)


def _moment(name: str, end: object) -> datetime:
    """Return an end of a column's times, checked, for the offsets of zones up to it."""
    if isinstance(end, date):
        check_range(name, day_number(end))
    # Dates need no offsets, and no orders need none either.
    return instant(end, name) if isinstance(end, datetime) else _ANY_MOMENT
