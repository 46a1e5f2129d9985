"""States as a question to an engine: expressions only, nothing is fetched but the check."""

from __future__ import annotations

from typing import cast
from zoneinfo import ZoneInfo

import narwhals.stable.v2 as nw

from crmkit.kernel.frames import Lazy, find_flaws, named_by
from crmkit.stats.days import day_in, shop_clock
from crmkit.stats.shop_time import moment
from crmkit.value.coins import coins_in

from .returned_orders import OrderEntry, is_order
from .state_rows import KEYS, SUMS, Entries


def ask_days(
    frame: Lazy, rows: Entries, zone: ZoneInfo | None, last: int | None, decimals: int
) -> tuple[Lazy, str | None]:
    """Return the state of a frame that is still a question, and its currency."""
    schema = frame.collect_schema()
    times = [name for name in (rows.ordered_at, rows.original_at) if name is not None]
    facts = {f"first {name}": nw.col(name).min() for name in times}
    facts[f"last {times[0]}"] = nw.col(times[0]).max()
    if "currency" in schema:
        facts["currency"] = nw.col("currency").max()
    flaws = rows.flaws(frame, decimals)
    if last is not None:
        flaws.append(rows.too_late(zone, last, schema[rows.ordered_at]))
    flaws = named_by(flaws, rows.order_id, rows.customer_id)
    told = find_flaws(rows.counted(frame), flaws, **facts)
    # Nothing is returned before it was ordered: the last order ends both columns.
    until = moment(times[0], told[f"last {times[0]}"])
    clocks = {
        name: shop_clock(
            name, schema[name], zone, min(moment(name, told[f"first {name}"]), until), until
        )
        for name in times
    }
    days = ask_sums(_rows(frame, rows, clocks, decimals))
    return days, cast("str | None", told.get("currency"))


def ask_sums(rows: Lazy) -> Lazy:
    """Add up rows of states, one for each customer, day and day since which it is known."""
    added = rows.group_by(*KEYS).agg(nw.col(name).sum() for name in SUMS)
    # Engines widen what they add up.
    return added.select(*KEYS, *(nw.col(name).cast(nw.Int64) for name in SUMS))


def ask_purchases(days: Lazy, until: int) -> Lazy:
    """Return the days on which customers bought, as known on one day: what stands of them."""
    net = nw.col("ordered") - nw.col("returned") - nw.col("cancelled")
    known = days.filter(nw.col("known") <= until).with_columns(net.alias("spend"))
    by_day = known.group_by("customer_id", "day").agg(nw.col("orders").sum(), nw.col("spend").sum())
    spend = nw.col("spend").cast(nw.Float64)
    return by_day.filter(nw.col("orders") > 0).select("customer_id", "day", spend)


def _rows(frame: Lazy, rows: Entries, clocks: dict[str, nw.Expr], decimals: int) -> Lazy:
    names = dict(zip(clocks, ("known", "origin"), strict=False))
    entry = nw.lit(OrderEntry.ORDER.value) if rows.entry is None else nw.col(rows.entry)
    told = frame.select(
        nw.col(rows.customer_id).alias("customer_id"),
        coins_in(rows.amount, decimals).cast(nw.Int64).alias("whole"),
        entry.alias("entry"),
        *(clock.alias(names[column]) for column, clock in clocks.items()),
    ).with_columns(*(day_in(name).alias(name) for name in names.values()))
    if rows.original_at is None:
        told = told.with_columns(nw.lit(None).cast(nw.Int64).alias("origin"))
    return _entered(told)


def _entered(told: Lazy) -> Lazy:
    """Return one row of a state for each order, return and cancellation."""
    order, traced = is_order("entry"), ~nw.col("origin").is_null()
    off = nw.col("entry") == OrderEntry.CANCELLATION.value
    back = -nw.col("whole")
    none, one = (nw.lit(number).cast(nw.Int64) for number in (0, 1))
    return told.select(
        "customer_id",
        nw.when(~order & traced).then(nw.col("origin")).otherwise(nw.col("known")).alias("day"),
        "known",
        nw.when(order)
        .then(one)
        .otherwise(nw.when(off & traced).then(-one).otherwise(none))
        .alias("orders"),
        nw.when(order).then(nw.col("whole")).otherwise(none).alias("ordered"),
        nw.when(~order & ~off & traced).then(back).otherwise(none).alias("returned"),
        nw.when(off & traced).then(back).otherwise(none).alias("cancelled"),
        nw.when(~order & ~traced).then(back).otherwise(none).alias("untraced"),
    )
