"""Loyalty by what customers do: who came back soon enough after his first purchase.

Law: a customer who has not yet had the time to come back is neither loyal nor disloyal, and is
counted as missing; so is one who may be older than the record, for what seems his first purchase
may be none. The shop's local day counts, and days with several purchases are one. A record that
holds only part of the orders, drawn by chance, tells nothing of who came back: draw customers.

Source: domain facts L4 and L7; Wilson (1927).
"""

from __future__ import annotations

from datetime import date
from typing import Final, cast

import attrs
import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame, IntoFrameT

from crmkit.errors import InvalidValueError
from crmkit.kernel import Estimate
from crmkit.kernel.checks import checked_day, whole
from crmkit.kernel.estimate import check_confidence
from crmkit.kernel.frames import (
    COLUMNS,
    ColumnKind,
    Eager,
    Lazy,
    empty,
    find_flaws,
    frame_of,
    not_finite,
)
from crmkit.stats import wilson
from crmkit.stats.days import day_number

from .respondents import column_name
from .shop_days import DAY, with_day


_LONGEST: Final = 36_525
_FIRST: Final = "first day"


def behaviour_index(
    orders: IntoFrame,
    *,
    as_of: date,
    within: int = 365,
    timezone: str | None = None,
    observed_from: date | None = None,
    customer_id: str = "customer_id",
    ordered_at: str = "ordered_at",
    amount: str | None = None,
    confidence: float = 0.95,
) -> Estimate:
    """Estimate the loyalty of a base by what its customers do: how many of a hundred come back.

    Of those whose first purchase lies long enough back, so many bought again on a later day within
    the time given. It is the index that a survey's loyalty is to be held against.

    Args:
        orders: As for `bought_again`.
        as_of: As for `bought_again`.
        within: As for `bought_again`.
        timezone: As for `bought_again`.
        observed_from: As for `bought_again`.
        customer_id: As for `bought_again`.
        ordered_at: As for `bought_again`.
        amount: As for `bought_again`.
        confidence: Share of such intervals that hold the true value.

    Returns:
        A hundred times the share, with Wilson's interval; `n_missing` are those of whom it is too
        early to tell, or who may be older than the record.

    Raises:
        InvalidValueError: As `bought_again`, or if it cannot be told of anybody.

    Units:
        0 (nobody came back) to 100 (all did).

    Source:
        Domain facts L4 and L7; Wilson (1927).

    Examples:
        >>> import pandas
        >>> days = [date(2025, 1, 5), date(2025, 3, 1), date(2025, 1, 9), date(2025, 12, 1)]
        >>> orders = pandas.DataFrame({"customer_id": [*"XXYZ"], "ordered_at": days})
        >>> print(behaviour_index(orders, as_of=date(2025, 12, 31), within=180))
        50 (95 % interval 9.453 to 90.55, n = 2, 1 missing, wilson)
    """
    check_confidence(confidence)
    told = bought_again(
        orders,
        as_of=as_of,
        within=within,
        timezone=timezone,
        observed_from=observed_from,
        customer_id=customer_id,
        ordered_at=ordered_at,
        amount=amount,
    )
    customers, n, came = _counted(told)
    if not n:
        way_out = "give a shorter time, or a longer record"
        rule = "must have passed for somebody who is not older than the record"
        raise InvalidValueError("within", within, rule, way_out)
    share = wilson(came, n, confidence=confidence, n_missing=customers - n)
    return attrs.evolve(share, value=100 * share.value, low=100 * share.low, high=100 * share.high)


def bought_again(
    orders: IntoFrameT,
    *,
    as_of: date,
    within: int = 365,
    timezone: str | None = None,
    observed_from: date | None = None,
    customer_id: str = "customer_id",
    ordered_at: str = "ordered_at",
    amount: str | None = None,
) -> IntoFrameT:
    """Tell of every customer whether he bought again soon enough after his first purchase.

    Args:
        orders: All orders of the customers, one row per order or order line: pandas, polars (eager
            or lazy), DuckDB, PySpark. A lazy frame is checked by aggregate queries and stays lazy.
        as_of: The last day that counts; later orders are left out, as they were not known then.
        within: How many days he had to come back.
        timezone: The shop's zone; None where the times tell theirs, or are dates.
        observed_from: The day since which all orders are on record. Whoever is first seen before
            it, or less than `within` days after it, may be older, and nothing is told of him. None:
            everybody may be older, and is told of as if he were not.
        customer_id: Name of the column of customers.
        ordered_at: Name of the column of dates or instants; naive times are refused.
        amount: Name of the column of amounts, of which only those above 0 are purchases; None where
            every row is one.

    Returns:
        The same kind of frame, one row per customer: `customer_id` under its own name;
        `bought_again`, empty where he has not had all of that time yet or may be older than the
        record; and `maybe_older`. Sorted by customer where the frame holds its rows.

    Raises:
        InvalidValueError: If a column is missing or of another kind, a value is empty or not
            finite, times are naive, or an argument cannot be understood.

    Units:
        Days.

    Source:
        Domain fact L4: repeat purchase.

    Examples:
        >>> import polars
        >>> days = [date(2025, 1, 5), date(2025, 3, 1), date(2025, 1, 9), date(2025, 12, 1)]
        >>> orders = polars.DataFrame({"customer_id": [*"XXYZ"], "ordered_at": days})
        >>> bought_again(orders, as_of=date(2025, 12, 31), within=180).rows()
        [('X', True, True), ('Y', False, True), ('Z', None, True)]
        >>> since = date(2024, 7, 10)  # 180 days later is the 6th of January
        >>> bought_again(orders, as_of=date(2025, 12, 31), within=180, observed_from=since).rows()
        [('X', None, True), ('Y', False, False), ('Z', None, False)]
    """
    within = whole(within, "within", least=1, most=_LONGEST)
    last, since = _record(as_of, observed_from)
    asked = _orders(orders, customer_id, ordered_at, amount)
    bought = asked if amount is None else asked.filter(nw.col(amount) > 0)
    dated = with_day(bought, ordered_at, timezone)
    known = dated.lazy().filter(nw.col(DAY) <= last).select(customer_id, nw.col(DAY))
    first = known.with_columns(nw.col(DAY).min().over(customer_id).alias(_FIRST))
    gap = nw.col(DAY) - nw.col(_FIRST)
    came = nw.when((gap > 0) & (gap <= within)).then(1).otherwise(0).alias("came")
    each = first.with_columns(came).group_by(customer_id)
    summed = each.agg(nw.col(_FIRST).min(), nw.col("came").max())
    in_time = nw.col(_FIRST) <= last - within
    older = nw.lit(True) if since is None else nw.col(_FIRST) < since + within
    sure = in_time if since is None else in_time & ~older
    told = summed.select(
        customer_id,
        nw.when(sure).then(nw.col("came") > 0).alias("bought_again"),
        older.alias("maybe_older"),
    )
    if isinstance(asked, nw.LazyFrame):
        return cast("IntoFrameT", told.to_native())
    rows = nw.maybe_reset_index(told.collect().sort(customer_id))
    return cast("IntoFrameT", rows.to_native())


def _counted(told: IntoFrame) -> tuple[int, int, int]:
    """Return how many customers there are, of how many it is known, and how many came back."""
    again = nw.col("bought_again")
    row = (
        nw.from_native(told)
        .lazy()
        .select(
            customers=nw.len(),
            known=(~again.is_null()).cast(nw.Int64).sum(),
            came=again.cast(nw.Float64).sum(),
        )
        .collect()
        .row(0)
    )
    customers, n, came = (int(value or 0) for value in row)
    return customers, n, came


def _orders(
    native: IntoFrame, customer_id: str, ordered_at: str, amount: str | None
) -> Eager | Lazy:
    wanted = {column_name(customer_id): ColumnKind.ID, column_name(ordered_at): ColumnKind.TIME}
    flaws = [empty(customer_id), empty(ordered_at)]
    if amount is not None:
        wanted[column_name(amount)] = COLUMNS["amount"].kind
        flaws += [empty(amount), not_finite(amount)]
    asked = frame_of(native, "orders", wanted)
    find_flaws(asked, flaws)
    return asked


def _record(as_of: date, observed_from: date | None) -> tuple[int, int | None]:
    """Return the last day of the record, and the first where it is told."""
    if checked_day(as_of, "as_of") is None:
        raise InvalidValueError("as_of", as_of, "must be a date without a time of day")
    since = checked_day(observed_from, "observed_from")
    if since is None:
        return day_number(as_of), None
    if since > as_of:
        raise InvalidValueError("observed_from", since, f"must not be after as_of, {as_of}")
    return day_number(as_of), day_number(since)
