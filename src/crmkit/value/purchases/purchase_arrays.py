"""Purchase days of a frame that holds its rows: one sort of whole numbers, then sums of runs."""

from __future__ import annotations

import attrs
import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoSeries
from numpy.typing import NDArray

from crmkit.kernel import to_micros
from crmkit.kernel.frames import Eager, bad_rows, find_flaws
from crmkit.stats.days import instants, local_days
from crmkit.stats.sorted_rows import by_day, changes, numbered, sums
from crmkit.value.coins import LIMIT, coins

from .purchase_keys import packed
from .purchase_window import DAYS_IN, LEAVE_OUT, PARTS, Names, Window, flaws


@attrs.frozen
class Purchases:
    """Days on which customers bought, sorted by customer and day.

    Attributes:
        customer: Number of the customer; rises as the ids do.
        day: Days since 1970-01-01.
        spend: Sum of the day, in `parts` of the currency.
        row: A row of the customer's in the caller's frame.
        parts: Into how many parts one unit of the currency is counted.
        older: Whether the customer bought before the record; None for maybe all of them.
    """

    customer: NDArray[np.int64]
    day: NDArray[np.int64]
    spend: NDArray[np.float64]
    row: NDArray[np.int64]
    parts: float = 1.0
    older: NDArray[np.bool_] | None = None


def count(frame: Eager, names: Names, window: Window, unit: str) -> Eager:
    """Sum up a frame of orders that holds its rows."""
    find_flaws(names.counted(frame), flaws(names))
    ids = frame[names.customer_id]
    if (keys := packed(frame, names, window)) is not None:
        return keys.tabulate(ids, window, unit)
    return tabulate(ids, purchases_in(frame, names, window), window, unit)


def tabulate(ids: nw.Series[IntoSeries], purchases: Purchases, window: Window, unit: str) -> Eager:
    """Return one row per customer, of the days on which he bought.

    Args:
        ids: Customers, in the rows of which `purchases` speaks.
        purchases: Up to the end of the record.
        window: Where the record begins and ends.
        unit: What recency and T are counted in.
    """
    purchases, length = _within(purchases, window), DAYS_IN[unit]
    starts = np.flatnonzero(changes(purchases.customer))
    frequency = np.diff(starts, append=len(purchases.day)) - 1
    first, last = purchases.day[starts], purchases.day[starts + frequency]
    amount = sums(purchases.spend, starts)
    # Not the amount less the first day: what is left of large floats would be noise.
    later = purchases.spend.copy()
    later[starts] = 0
    repeat = sums(later, starts)
    older = purchases.older
    flags = np.ones(len(starts), dtype=bool) if older is None else older[starts]
    columns = {
        "frequency": (frequency, nw.Int64()),
        "recency": ((last - first) / length, nw.Float64()),
        "T": ((window.until - first) / length, nw.Float64()),
        "monetary": (repeat / purchases.parts / np.maximum(frequency, 1), nw.Float64()),
        "maybe_older": (flags, nw.Boolean()),
        "amount": (amount / purchases.parts, nw.Float64()),
    }
    own = nw.maybe_reset_index(ids[purchases.row[starts]].alias("customer_id").to_frame())
    told = [
        nw.new_series(name, values, dtype, backend=ids.implementation)
        for name, (values, dtype) in columns.items()
    ]
    return own.with_columns(*told, nw.lit(unit).alias("unit"))


def purchases_in(frame: Eager, names: Names, window: Window) -> Purchases:
    """Return the days on which each customer bought, up to the end of the record."""
    if not len(frame):
        nobody = np.zeros(0, dtype=np.int64)
        return Purchases(nobody, nobody, np.zeros(0), nobody)
    at, amount = frame[names.ordered_at], frame[names.amount]
    days = local_days(at, window.zone)
    counts = days <= window.until
    if window.at is not None and isinstance(at.dtype, nw.Datetime):
        counts &= instants(at) <= to_micros(window.at)
    spend, parts = _in_parts(amount.cast(nw.Float64).to_numpy())
    customers = numbered(frame[names.customer_id])
    rows = np.arange(len(days))
    if not counts.all():
        if window.refuses_later:
            late = np.flatnonzero(~counts)
            raise bad_rows(frame, names.ordered_at, late, window.late_rule, LEAVE_OUT)
        rows = np.flatnonzero(counts)
        customers, days, spend = customers[rows], days[rows], spend[rows]
    order, customers, days = by_day(customers, days)
    starts = np.flatnonzero(changes(customers) | changes(days))
    return Purchases(
        customers[starts], days[starts], sums(spend[order], starts), rows[order[starts]], parts
    )


def _in_parts(amounts: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Count amounts in whole parts where that is exact: then no order of rows changes a sum."""
    whole, exact = coins(amounts, PARTS)
    if exact and whole.sum() < LIMIT:
        return whole, 10.0**PARTS
    return amounts, 1.0


def _within(purchases: Purchases, window: Window) -> Purchases:
    """Leave out the days before the record, remembering whose they were."""
    if window.since is None:
        return purchases
    starts = np.flatnonzero(changes(purchases.customer))
    lengths = np.diff(starts, append=len(purchases.day))
    older = np.repeat(purchases.day[starts] < window.since, lengths)
    known = purchases.day >= window.since
    return Purchases(
        purchases.customer[known],
        purchases.day[known],
        purchases.spend[known],
        purchases.row[known],
        purchases.parts,
        older[known],
    )
