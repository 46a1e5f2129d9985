"""Returns and cancellations: to which order each belongs.

Law: money that goes back belongs to the day on which it came in. Where that day cannot be told the
row is not guessed at: it stays untraced, and is counted as such.

Source: chosen here. The published data on repeat buying know no returns.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, cast

import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrameT, IntoSeries

from crmkit.errors import InvalidValueError
from crmkit.kernel.customer_rows import new_names
from crmkit.kernel.frames import ColumnKind, Flaw, Lazy, empty, find_flaws, frame_of
from crmkit.orders import OrderEntry as OrderEntry


_ORIGINAL: Final = "original_at"
_ENTRIES: Final = tuple(entry.value for entry in OrderEntry)


def trace_returns(
    orders: IntoFrameT,
    *,
    order_id: str | None = None,
    product: str | None = None,
    entry: str = "entry",
    customer_id: str = "customer_id",
    ordered_at: str = "ordered_at",
) -> IntoFrameT:
    """Find the order to which each return and cancellation belongs: when it was placed.

    Args:
        orders: One row per order or order line, returns and cancellations among them, with all
            orders to which they may belong: pandas, polars (eager or lazy), DuckDB, PySpark.
        order_id: Name of the column of order numbers, where a return bears the number of its
            order: it then belongs to the customer's order of that number.
        product: Name of the column of products, where it does not, or for those whose number is
            not found: it then belongs to the customer's latest order of that product, not later
            than the return.
        entry: Name of the column that tells what a row is: `order`, `return`, `cancellation`.
        customer_id: Name of the column of customers.
        ordered_at: Name of the column of dates or instants.

    Returns:
        The same kind of frame, its rows and columns as they are, with the column `original_at`
        last: when the order was placed to which the row belongs; empty in orders, and where none
        is found. What it tells already stays. Rows keep their order where they have one.

    Raises:
        InvalidValueError: If a column is missing, of another kind or empty, an entry is none of
            the three, or neither `order_id` nor `product` is named.

    Source:
        Chosen here: the number first, the latest order of the product second, nothing guessed.

    Examples:
        >>> from datetime import date
        >>> import polars
        >>> days = [date(2026, 1, day) for day in (1, 8, 12)]
        >>> orders = polars.DataFrame(
        ...     {
        ...         "customer_id": "C-1",
        ...         "ordered_at": days,
        ...         "product": ["soap", "soap", "soap"],
        ...         "entry": ["order", "order", "return"],
        ...     }
        ... )
        >>> trace_returns(orders, product="product")["original_at"].to_list()
        [None, None, datetime.date(2026, 1, 8)]
    """
    names = (customer_id, ordered_at, entry)
    keys = [name for name in (order_id, product) if name is not None]
    if not keys:
        rule, way_out = "must be given, or product", "returns are found by the one or the other"
        raise InvalidValueError("order_id", None, rule, way_out)
    kinds = (ColumnKind.ID, ColumnKind.TIME, ColumnKind.TEXT)
    wanted = {**dict.fromkeys(keys, ColumnKind.ID), **dict(zip(names, kinds, strict=True))}
    frame = frame_of(orders, "orders", wanted)
    if _ORIGINAL in frame.collect_schema():
        frame = frame_of(orders, "orders", {**wanted, _ORIGINAL: ColumnKind.TIME})
    find_flaws(frame, [*map(empty, names), unknown_entry(entry)])
    if isinstance(frame, nw.LazyFrame):
        return cast("IntoFrameT", _traced(frame, names, order_id, product).to_native())
    told = frame[ordered_at]
    days = isinstance(told.dtype, nw.Object)
    timed = frame
    if days and len(frame):
        dated = [name for name in (ordered_at, _ORIGINAL) if name in frame.columns]
        timed = frame.with_columns(*(_as_times(frame[name]) for name in dated))
    found = _traced(timed.lazy(), names, order_id, product).collect()[_ORIGINAL]
    column = _as_dates(found) if days else found
    others = [name for name in frame.columns if name != _ORIGINAL]
    return cast("IntoFrameT", frame.select(*others).with_columns(column).to_native())


def unknown_entry(entry: str) -> Flaw:
    """Return the flaw of a row that is neither order, return nor cancellation."""
    rule = f"must be one of {', '.join(_ENTRIES)}"
    return Flaw(entry, ~nw.col(entry).is_in(_ENTRIES), rule, "name each row by what it is")


def is_order(entry: str) -> nw.Expr:
    """Return whether a row is an order, and neither a return nor a cancellation."""
    order: nw.Expr = nw.col(entry) == OrderEntry.ORDER.value
    return order


def _traced(
    frame: Lazy, names: tuple[str, str, str], order_id: str | None, product: str | None
) -> Lazy:
    customer, ordered_at, entry = names
    columns = frame.collect_schema().names()
    own, found, turn = new_names(columns, 3)
    at, order = nw.col(ordered_at), is_order(entry)
    frame = frame.with_columns(nw.when(order).then(at).alias(own))
    asked: list[nw.Expr] = []
    if order_id is not None:
        asked.append(_known(order_id, nw.col(own).min().over(customer, order_id)))
    if product is not None:
        # Each order begins a turn, which the returns that follow it share; at one time orders
        # come first.
        frame = frame.with_columns((~order).cast(nw.Int64).alias(found))
        turns = order.cast(nw.Int64).cum_sum()
        so_far = turns.over(customer, product, order_by=[ordered_at, found])
        frame = frame.with_columns(so_far.alias(turn))
        asked.append(_known(product, nw.col(own).max().over(customer, product, turn)))
    frame = frame.with_columns(nw.coalesce(*asked).alias(found))
    # An order that is younger than the return is another one of the same number.
    sound = ~order & (nw.col(found) <= at)
    known: nw.Expr = nw.when(sound).then(nw.col(found))
    if _ORIGINAL in columns:
        known = nw.coalesce(nw.col(_ORIGINAL), known)
    others = [name for name in columns if name != _ORIGINAL]
    return frame.with_columns(known.alias(_ORIGINAL)).select(*others, _ORIGINAL)


def _known(key: str, original: nw.Expr) -> nw.Expr:
    return nw.when(~nw.col(key).is_null()).then(original)


def _as_times(days: nw.Series[IntoSeries]) -> nw.Series[IntoSeries]:
    """Return Python's dates as something that pandas can compare."""
    missing = days.is_null().to_list()
    plain = [None if gone else day for gone, day in zip(missing, days.to_list(), strict=True)]
    told = np.array(plain, dtype="datetime64[D]").astype("datetime64[s]")
    return nw.new_series(days.name, told, backend=days.implementation)


def _as_dates(times: nw.Series[IntoSeries]) -> nw.Series[IntoSeries]:
    missing = times.is_null().to_list()
    told = [
        None if gone else cast("datetime", at).date()
        for gone, at in zip(missing, times.to_list(), strict=True)
    ]
    return nw.new_series(_ORIGINAL, told, nw.Object, backend=times.implementation)
