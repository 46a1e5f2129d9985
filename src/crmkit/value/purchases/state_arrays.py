"""States of frames that hold their rows: one sort of whole numbers, then sums of runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast
from zoneinfo import ZoneInfo

import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoSeries
from numpy.typing import NDArray

from crmkit.kernel.frames import Eager, bad_rows, find_flaws
from crmkit.stats.days import local_days
from crmkit.stats.log_columns import columns_of
from crmkit.stats.sorted_rows import by_day, changes, numbered, sums
from crmkit.value.coins import coins

from .purchase_arrays import Purchases
from .purchase_window import LATE, Window
from .returned_orders import OrderEntry
from .state_rows import KEYS, SUMS, Entries


_Whole = NDArray[np.int64]


def count_days(
    frame: Eager, rows: Entries, zone: ZoneInfo | None, last: int | None, decimals: int
) -> tuple[Eager, str | None]:
    """Return the state of a frame that holds its rows, and its currency."""
    of_one = {"currency": nw.col("currency").max()} if "currency" in frame.columns else {}
    told = find_flaws(rows.counted(frame), rows.flaws(frame, decimals), **of_one)
    currency = cast("str | None", told.get("currency")) if len(frame) else None
    ids = frame[rows.customer_id]
    if not len(frame):
        nothing = np.zeros(0, dtype=np.int64)
        return _summed(ids, nothing, nothing, {}), currency
    known = local_days(frame[rows.ordered_at], zone)
    if last is not None and (late := np.flatnonzero(known > last)).size:
        rule = Window(zone, None, last, None).late_rule
        raise bad_rows(frame, rows.ordered_at, late, rule, LATE)
    whole = coins(frame[rows.amount].cast(nw.Float64).to_numpy(), decimals)[0].astype(np.int64)
    if rows.entry is None:
        placed = {"orders": np.ones(len(known), dtype=np.int64), "ordered": whole}
        return _summed(ids, known, known, placed), currency
    day, traced = _origins(frame, rows, zone, known)
    return _summed(ids, day, known, _entered(frame[rows.entry], whole, traced)), currency


def sum_rows(days: Eager) -> Eager:
    """Add up rows of states, one for each customer, day and day since which it is known."""
    _, day, known = (_whole(days, name) for name in (SUMS[0], *KEYS[1:]))
    return _summed(days[KEYS[0]], day, known, {name: _whole(days, name) for name in SUMS})


def purchases_of(days: Eager, until: int, decimals: int) -> Purchases:
    """Return the days on which customers bought, as known on one day: what stands of them."""
    known = _whole(days, "known") <= until
    rows = np.flatnonzero(known)
    # A state that is known as a whole is not copied.
    kept: _Whole | slice = slice(None) if len(rows) == len(known) else rows
    told = {name: _whole(days, name)[kept] for name in ("day", *SUMS[:4])}
    customers = numbered(days[KEYS[0]])[kept] if rows.size else rows
    order, customers, day = by_day(customers, told["day"])
    starts = np.flatnonzero(changes(customers) | changes(day))[: len(day)]
    net = told["ordered"]
    for back in (told["returned"], told["cancelled"]):
        net = net - back if back.any() else net
    spend = sums(net[order], starts).astype(np.float64)
    stands = sums(told["orders"][order], starts) > 0
    starts = starts[stands]
    return Purchases(
        customers[starts], day[starts], spend[stands], rows[order[starts]], 10.0**decimals
    )


def _origins(
    frame: Eager, rows: Entries, zone: ZoneInfo | None, known: _Whole
) -> tuple[_Whole, NDArray[np.bool_]]:
    """Return the day to which each row belongs, and whether it was told."""
    traced = np.zeros(len(known), dtype=bool)
    if rows.original_at is None:
        return known, traced
    original = frame[rows.original_at]
    traced = ~original.is_null().to_numpy().astype(bool)
    places = np.flatnonzero(traced)
    day = known.copy()
    day[places] = local_days(original[places], zone)
    young = np.flatnonzero(day > known)
    if young.size:
        rule = f"must not be after {rows.ordered_at}"
        raise bad_rows(frame, rows.original_at, young, rule)
    return day, traced


def _entered(
    entry: nw.Series[IntoSeries], whole: _Whole, traced: NDArray[np.bool_]
) -> dict[str, _Whole]:
    order, off = (
        (entry == kind.value).to_numpy().astype(bool)
        for kind in (OrderEntry.ORDER, OrderEntry.CANCELLATION)
    )
    off &= traced
    returned = traced & ~off & ~order
    return {
        "orders": order.astype(np.int64) - off,
        "ordered": np.where(order, whole, 0),
        "returned": np.where(returned, -whole, 0),
        "cancelled": np.where(off, -whole, 0),
        "untraced": np.where(~order & ~traced, -whole, 0),
    }


def _summed(
    ids: nw.Series[IntoSeries], day: _Whole, known: _Whole, told: Mapping[str, _Whole]
) -> Eager:
    order, starts = _runs(ids, day, known)
    rows = order[starts]
    columns = {KEYS[1]: day[rows], KEYS[2]: known[rows]}
    for name in SUMS:
        nothing = np.zeros(len(rows), dtype=np.int64)
        columns[name] = sums(told[name][order], starts) if name in told else nothing
    return columns_of({KEYS[0]: ids[rows].alias(KEYS[0]), **columns}, ids.to_frame())


def _runs(
    ids: nw.Series[IntoSeries], day: _Whole, known: _Whole
) -> tuple[_Whole, NDArray[np.intp]]:
    """Return the order of rows by customer, day and known, and where each run of these begins."""
    if not len(day):
        return day, np.zeros(0, dtype=np.intp)
    customer = numbered(ids)
    if np.array_equal(day, known):
        order, customer, day = by_day(customer, day)
        return order, np.flatnonzero(changes(customer) | changes(day))
    order = np.lexsort((known, day, customer))
    breaks = changes(customer[order]) | changes(day[order]) | changes(known[order])
    return order, np.flatnonzero(breaks)


def _whole(days: Eager, name: str) -> _Whole:
    return days[name].to_numpy().astype(np.int64, copy=False)
