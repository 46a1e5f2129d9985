"""Purchase days as a question to an engine: expressions only, nothing is fetched but the check."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final

import narwhals.stable.v2 as nw

from crmkit.kernel import instant
from crmkit.kernel.frames import Lazy, find_flaws
from crmkit.stats.days import check_range, day_in, day_number, shop_clock

from .purchase_window import Names, Window, flaws


_ANY_MOMENT: Final = datetime(2000, 1, 1, tzinfo=UTC)


def ask(frame: Lazy, names: Names, window: Window, unit: int) -> Lazy:
    """Sum up a frame that is still a question, `unit` days to the unit of time."""
    purchases = _within(_purchases(frame, names, window), window)
    day, start, spend, days = (nw.col(name) for name in ("day", "start", "spend", "days"))
    repeat = nw.when(day > start).then(spend).otherwise(0.0)
    customers = (
        purchases.with_columns(day.min().over("customer_id").alias("start"))
        .with_columns(repeat.alias("spend"))
        .group_by("customer_id", "start", "maybe_older")
        .agg(day.max().alias("end"), nw.len().alias("days"), spend.sum())
    )
    frequency = days.cast(nw.Int64) - 1
    mean = spend / frequency.cast(nw.Float64)
    return customers.select(
        "customer_id",
        frequency.alias("frequency"),
        ((nw.col("end") - start).cast(nw.Float64) / unit).alias("recency"),
        ((-start + window.until).cast(nw.Float64) / unit).alias("T"),
        nw.when(days > 1).then(mean).otherwise(0.0).alias("monetary"),
        "maybe_older",
    )


def _purchases(frame: Lazy, names: Names, window: Window) -> Lazy:
    """Return the days on which each customer bought, up to the end of the record."""
    at = nw.col(names.ordered_at)
    ends = find_flaws(frame, flaws(names), first=at.min(), last=at.max())
    first, last = (_moment(names.ordered_at, ends[end]) for end in ("first", "last"))
    dtype = frame.collect_schema()[names.ordered_at]
    if window.at is not None and isinstance(dtype, nw.Datetime):
        # Finer parts of a microsecond are cut, here as in arrays.
        frame = frame.filter(at < nw.lit(window.at + timedelta(microseconds=1)))
    orders = frame.select(
        nw.col(names.customer_id).alias("customer_id"),
        shop_clock(names.ordered_at, dtype, window.zone, first, last).alias("day"),
        nw.col(names.amount).cast(nw.Float64).alias("spend"),
    ).with_columns(day_in("day").alias("day"))
    by_day = orders.filter(nw.col("day") <= window.until).group_by("customer_id", "day")
    return by_day.agg(nw.col("spend").sum())


def _within(purchases: Lazy, window: Window) -> Lazy:
    """Leave out the days before the record, remembering whose they were."""
    if window.since is None:
        return purchases.with_columns(nw.lit(True).alias("maybe_older"))
    older = nw.col("day").min().over("customer_id") < window.since
    known = purchases.with_columns(older.alias("maybe_older"))
    return known.filter(nw.col("day") >= window.since)


def _moment(name: str, end: object) -> datetime:
    if isinstance(end, date):
        check_range(name, day_number(end))
    # Dates need no offsets, and no orders need none either.
    return instant(end, name) if isinstance(end, datetime) else _ANY_MOMENT
