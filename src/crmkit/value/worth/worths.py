"""What customers are worth: historic value, current value, and potential value beside them.

Law: every cent of the orders is in the historic value, and every customer of either table is in the
answer. Money that goes back belongs to the day of its order, where that is known. The potential is
told by whoever knows it, and never made up here.

Source: domain fact V4: historic, current and potential value; returns as in `rfm_state`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final, cast

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame, IntoFrameT

from crmkit.errors import InvalidValueError
from crmkit.kernel.checks import checked_day
from crmkit.kernel.customer_rows import check_once
from crmkit.kernel.frames import (
    ColumnKind,
    Eager,
    Lazy,
    Words,
    empty,
    find_flaws,
    frame_of,
    named_by,
    not_finite,
)
from crmkit.stats.days import day_number
from crmkit.value.coins import check_total, checked_decimals, coins_in, in_currency, off_coin
from crmkit.value.purchases.order_days import DAY, later_than, with_day
from crmkit.value.purchases.state_rows import Entries


_COINS: Final = "coins"
_LONGEST: Final = 36_525


def customer_values(
    orders: IntoFrameT,
    *,
    as_of: date,
    current_days: int = 365,
    potential: IntoFrameT | None = None,
    timezone: str | None = None,
    order_id: str | None = None,
    entry: str | None = None,
    original_at: str | None = None,
    customer_id: str = "customer_id",
    ordered_at: str = "ordered_at",
    amount: str = "amount",
    potential_value: str = "potential_value",
    decimals: int = 2,
) -> IntoFrameT:
    """Put what every customer has been worth so far beside what he is worth now, and may be.

    Args:
        orders: One row per order or order line; returns are negative. pandas, polars (eager or
            lazy), DuckDB, PySpark. A lazy frame is checked by three aggregate queries and stays
            lazy.
        as_of: The last day that counts; later orders are refused.
        current_days: How many days up to it are the present.
        potential: What customers may be worth, one row each, in a frame of the same kind; None to
            leave that out. Where both frames have a column `currency`, it must be one.
        timezone: The shop's zone, as for `rfm_table`.
        order_id: Name of the column of order numbers, none of which may stand twice, as in
            `rfm_state`. None: rows may be lines of one order, and nothing is looked for.
        entry: Name of the column that tells what a row is: `order`, `return` or `cancellation`;
            amounts of the last two are 0 or negative. None: the sign alone tells.
        original_at: Name of the column that tells of a return or cancellation when its order was
            placed, as `trace_returns` finds it: its money is taken off then. Where it is empty, and
            for None, money goes back on the day on which it came back, so that a return of old
            goods may leave a current value below 0.
        customer_id: Name of the column of customers, in both frames.
        ordered_at: Name of the column of dates or instants; naive times are refused.
        amount: Name of the column of amounts of one currency.
        potential_value: Name of the column of potential value.
        decimals: How many decimals the currency has.

    Returns:
        The same kind of frame, one row per customer of either: `customer_id`; `historic_value`, the
        sum of all his orders; `current_value`, the sum of those of the last `current_days`; and
        `potential_value`, empty where nobody told it. Who has not ordered has 0. Sorted by customer
        where the frame holds its rows.

    Raises:
        InvalidValueError: If a column is missing or of another kind, a value is empty, not finite
            or finer than a coin, a sign does not fit its entry, an order is of a later day, an
            order's number stands twice, times are naive, a customer has two potentials,
            the frames are of two kinds or tell two currencies, or an argument cannot be understood.

    Units:
        Amounts in the currency.

    Source:
        Domain fact V4.

    Examples:
        >>> import polars
        >>> days = [date(2024, 5, 1), date(2026, 1, 15), date(2026, 1, 20)]
        >>> orders = polars.DataFrame(
        ...     {"customer_id": [*"XXY"], "ordered_at": days, "amount": [9.0, 5.0, 4.0]}
        ... )
        >>> told = polars.DataFrame({"customer_id": ["X"], "potential_value": [20.0]})
        >>> customer_values(orders, as_of=date(2026, 1, 31), potential=told).rows()
        [('X', 14.0, 5.0, 20.0), ('Y', 4.0, 4.0, None)]
    """
    last, decimals = _last_day(as_of, current_days), checked_decimals(decimals)
    rows = Entries(customer_id, ordered_at, amount, order_id, entry, original_at)
    asked, rows = rows.read(orders)
    currency = _check(asked, rows, decimals)
    dated = with_day(asked, ordered_at, timezone, original_at=rows.original_at)
    find_flaws(dated, [later_than(as_of, last, ordered_at)])
    coins = coins_in(amount, decimals).cast(nw.Int64)
    now = nw.when(nw.col(DAY) > last - current_days).then(coins).otherwise(0)
    sums = _added_up(
        dated.lazy().select(
            nw.col(customer_id).alias("customer_id"), historic_value=coins, current_value=now
        )
    )
    if potential is not None:
        own = _potential(potential, asked, customer_id, potential_value, currency)
        sums = _added_up(nw.concat([sums.with_columns(potential_value=_UNTOLD), own]), _POTENTIAL)
    told = sums.with_columns(in_currency(nw.col(name), decimals) for name in _VALUES)
    if isinstance(asked, nw.LazyFrame):
        return cast("IntoFrameT", told.to_native())
    return cast("IntoFrameT", nw.maybe_reset_index(told.collect().sort("customer_id")).to_native())


_VALUES: Final = ("historic_value", "current_value")
_POTENTIAL: Final = nw.col("potential_value").max()
_UNTOLD: Final = nw.lit(None, nw.Float64)


def _last_day(as_of: date, current_days: int) -> int:
    if checked_day(as_of, "as_of") is None:
        raise InvalidValueError("as_of", as_of, "must be a date without a time of day")
    whole = isinstance(current_days, int) and not isinstance(current_days, bool)
    if not (whole and 0 < current_days <= _LONGEST):
        rule = f"must be a whole number of days from 1 to {_LONGEST}"
        raise InvalidValueError("current_days", current_days, rule)
    return day_number(as_of)


def _check(orders: Eager | Lazy, rows: Entries, decimals: int) -> str | None:
    """Refuse what cannot be added up; return the currency where it is told."""
    amount = rows.amount
    flaws = [*map(empty, (rows.customer_id, rows.ordered_at, amount)), not_finite(amount)]
    flaws += [off_coin(amount, decimals), *rows.marks(orders)]
    whole = coins_in(amount, decimals).abs().sum()
    flaws = named_by(flaws, rows.order_id, rows.customer_id)
    found = find_flaws(rows.counted(orders), flaws, moved=whole, **_currency_in(orders))
    check_total(float(cast("float", found["moved"] or 0)), amount, decimals)
    return _told_currency(orders, found)


def _potential(
    potential: IntoFrame,
    orders: Eager | Lazy,
    customer_id: str,
    potential_value: str,
    currency: str | None,
) -> Lazy:
    wanted = {customer_id: ColumnKind.ID, potential_value: ColumnKind.NUMBER}
    asked = frame_of(potential, "potential", wanted)
    if asked.implementation is not orders.implementation or type(asked) is not type(orders):
        told = Words(f"a frame of {asked.implementation.name.lower()}")
        rule = f"must be of the same kind as orders: {orders.implementation.name.lower()}"
        raise InvalidValueError("potential", told, rule, "convert one of them")
    ids = [frame.collect_schema()[customer_id] for frame in (orders, asked)]
    if ids[0].is_integer() is not ids[1].is_integer():
        rule = f"must be like those of the orders, {ids[0]}"
        raise InvalidValueError(f"{customer_id} of potential", Words(f"a column of {ids[1]}"), rule)
    copies = nw.generate_temporary_column_name(8, asked.collect_schema().names())
    counted = asked.with_columns(nw.len().over(customer_id).alias(copies))
    flaws = [empty(customer_id), empty(potential_value), not_finite(potential_value)]
    once = check_once([customer_id], copies)
    found = find_flaws(counted, [*flaws, once], **_currency_in(asked))
    _check_currency(_told_currency(asked, found), currency)
    nothing = nw.lit(0, nw.Int64)
    return asked.lazy().select(
        nw.col(customer_id).cast(ids[0]).alias("customer_id"),
        historic_value=nothing,
        current_value=nothing,
        potential_value=nw.col(potential_value).cast(nw.Float64),
    )


def _check_currency(told: str | None, currency: str | None) -> None:
    if None not in (told, currency) and told != currency:
        rule, way_out = f"must be {currency}, like the orders", "convert it at the rate of its day"
        raise InvalidValueError("currency of potential", told, rule, way_out)


def _currency_in(frame: Eager | Lazy) -> dict[str, nw.Expr]:
    """Return the question for the currency of a lazy frame that tells one."""
    asked = isinstance(frame, nw.LazyFrame) and "currency" in frame.collect_schema()
    return {"currency": nw.col("currency").max()} if asked else {}


def _told_currency(frame: Eager | Lazy, found: Mapping[str, object]) -> str | None:
    """Return the currency of a frame that has one at most; None where it tells none."""
    told = found.get("currency")
    # Not the largest: objects with gaps, and categories, have none.
    if isinstance(frame, nw.DataFrame) and "currency" in frame.columns:
        told = next(iter(frame["currency"].drop_nulls().head(1).to_list()), None)
    return None if told is None else str(told)


def _added_up(rows: Lazy, *more: nw.Expr) -> Lazy:
    sums = rows.group_by("customer_id").agg(*(nw.col(name).sum() for name in _VALUES), *more)
    # DuckDB adds whole numbers up to wider ones, and would not stack them upon the others.
    return sums.with_columns(nw.col(name).cast(nw.Int64) for name in _VALUES)
