"""Purchase days as a question to an engine: expressions only, nothing is fetched but the check."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import cast

import narwhals.stable.v2 as nw

from crmkit.kernel import named_zone
from crmkit.kernel.frames import Flaw, Lazy, find_flaws, named_by
from crmkit.stats.days import day_in, shop_clock
from crmkit.stats.shop_time import moment
from crmkit.value.coins import LIMIT, coins_in, off_coin

from .purchase_window import DAYS_IN, LEAVE_OUT, PARTS, Names, Window, flaws


def ask(frame: Lazy, names: Names, window: Window, unit: str) -> Lazy:
    """Sum up a frame of orders that is still a question."""
    purchases, parts = ask_bought(frame, names, window)
    return ask_table(purchases, window, unit, parts)


def ask_table(purchases: Lazy, window: Window, unit: str, parts: float) -> Lazy:
    """Return one row per customer, of the days on which he bought.

    Args:
        purchases: Columns `customer_id`, `day` and `spend`, up to the end of the record.
        window: Where the record begins and ends.
        unit: What recency and T are counted in.
        parts: In how many parts of one unit of the currency `spend` is counted.
    """
    day, start, spend, days = (nw.col(name) for name in ("day", "start", "spend", "days"))
    repeat = nw.when(day > start).then(spend).otherwise(0.0)
    customers = (
        _within(purchases, window)
        .with_columns(day.min().over("customer_id").alias("start"))
        .with_columns(repeat.alias("repeat"))
        .group_by("customer_id", "start", "maybe_older")
        .agg(day.max().alias("end"), nw.len().alias("days"), nw.col("repeat", "spend").sum())
    )
    frequency, length = days.cast(nw.Int64) - 1, DAYS_IN[unit]
    mean = nw.col("repeat") / parts / frequency.cast(nw.Float64)
    return customers.select(
        "customer_id",
        frequency.alias("frequency"),
        ((nw.col("end") - start).cast(nw.Float64) / length).alias("recency"),
        ((-start + window.until).cast(nw.Float64) / length).alias("T"),
        nw.when(days > 1).then(mean).otherwise(0.0).alias("monetary"),
        "maybe_older",
        (spend / parts).alias("amount"),
        nw.lit(unit).alias("unit"),
    )


def ask_bought(frame: Lazy, names: Names, window: Window) -> tuple[Lazy, float]:
    """Return the days on which each customer bought, and in which parts spend is counted."""
    at, dtype = nw.col(names.ordered_at), frame.collect_schema()[names.ordered_at]
    found = flaws(names)
    if window.refuses_later:
        late = too_late(names.ordered_at, window, dtype, LEAVE_OUT)
        found += named_by([late], names.order_id, names.customer_id)
    facts = {"first": at.min(), "last": at.max(), **_fineness(names.amount)}
    told = find_flaws(names.counted(frame), found, **facts)
    first, last = (moment(names.ordered_at, told[end]) for end in ("first", "last"))
    spend, parts = _in_parts(names.amount, told)
    if window.at is not None and isinstance(dtype, nw.Datetime):
        # Finer parts of a microsecond are cut, here as in arrays.
        frame = frame.filter(at < literal(window.at + timedelta(microseconds=1), dtype))
    orders = frame.select(
        nw.col(names.customer_id).alias("customer_id"),
        shop_clock(names.ordered_at, dtype, window.zone, first, last).alias("day"),
        spend.alias("spend"),
    ).with_columns(day_in("day").alias("day"))
    by_day = orders.filter(nw.col("day") <= window.until).group_by("customer_id", "day")
    return by_day.agg(nw.col("spend").sum()), parts


def _fineness(amount: str) -> dict[str, nw.Expr]:
    """Return what tells whether amounts are whole in parts, and how large their sum is."""
    return {
        "off": off_coin(amount, PARTS).bad.cast(nw.Int64).sum(),
        "total": coins_in(amount, PARTS).sum(),
    }


def _in_parts(amount: str, told: Mapping[str, object]) -> tuple[nw.Expr, float]:
    """Count amounts in whole parts where that is exact: then no order of rows changes a sum."""
    off, total = (float(cast("float", told[name] or 0)) for name in ("off", "total"))
    if not off and total < LIMIT:
        return coins_in(amount, PARTS), 10.0**PARTS
    return nw.col(amount).cast(nw.Float64), 1.0


def _within(purchases: Lazy, window: Window) -> Lazy:
    """Leave out the days before the record, remembering whose they were."""
    if window.since is None:
        return purchases.with_columns(nw.lit(True).alias("maybe_older"))
    older = nw.col("day").min().over("customer_id") < window.since
    known = purchases.with_columns(older.alias("maybe_older"))
    return known.filter(nw.col("day") >= window.since)


def too_late(ordered_at: str, window: Window, dtype: nw.dtypes.DType, way_out: str) -> Flaw:
    """Return the flaw of a row that came after the record."""
    at, day = nw.col(ordered_at), date(1970, 1, 1) + timedelta(days=window.until)
    if not isinstance(dtype, nw.Datetime):
        bad = at > nw.lit(day)
    elif window.at is not None:
        bad = at >= literal(window.at + timedelta(microseconds=1), dtype)
    else:
        next_day = day + timedelta(days=1)
        midnight = datetime(next_day.year, next_day.month, next_day.day, tzinfo=window.zone)
        bad = at >= literal(midnight, dtype)
    return Flaw(ordered_at, bad, window.late_rule, way_out)


def literal(at: datetime, dtype: nw.Datetime) -> nw.Expr:
    """Return an instant as a literal: polars compares instants of one zone only."""
    return nw.lit(at.astimezone(named_zone(str(dtype.time_zone))))
