"""Value by acquisition cohort: what those who came together have left since, month by month.

Law: every customer is in one cohort, and every cent of the rows in one month; a month that is not
over is told as what it is so far. Money that goes back belongs to the month of its order, where
that is known. What was left is added up in whole coins.

Source: domain fact V4 (historic value by whom it was won with); the interval is Student's, of the
cohort's customers taken as a sample of those whom the same means would win.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final, cast

import attrs
import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT
from scipy.special import ndtri

from crmkit.errors import InvalidValueError
from crmkit.kernel.checks import checked_day
from crmkit.kernel.estimate import check_confidence
from crmkit.kernel.frames import (
    ColumnKind,
    Eager,
    Flaw,
    Lazy,
    empty,
    find_flaws,
    not_finite,
)
from crmkit.stats.days import day_number
from crmkit.value.coins import check_total, checked_decimals, coins_in, in_currency, off_coin
from crmkit.value.purchases.order_days import MONTH, later_than, with_day
from crmkit.value.purchases.state_rows import Entries


_CUSTOMER: Final = "customer_id"
_FEWEST: Final = 30


@attrs.frozen
class _Names:
    """What the caller calls his columns."""

    rows: Entries
    goods_cost: str | None
    cohort: str | None

    @property
    def money(self) -> Sequence[str]:
        """Columns of money."""
        amount = self.rows.amount
        return [amount] if self.goods_cost is None else [amount, self.goods_cost]


def cohort_values(
    orders: IntoFrameT,
    *,
    as_of: date,
    cohort: str | None = None,
    observed_from: date | None = None,
    timezone: str | None = None,
    order_id: str | None = None,
    entry: str | None = None,
    original_at: str | None = None,
    customer_id: str = "customer_id",
    ordered_at: str = "ordered_at",
    amount: str = "amount",
    goods_cost: str | None = None,
    decimals: int = 2,
    confidence: float = 0.95,
) -> IntoFrameT:
    """Add up what each acquisition cohort has left since it came, month by month.

    Args:
        orders: One row per order or order line; what went back is negative. pandas, polars (eager
            or lazy), DuckDB, PySpark. A lazy frame is checked by three aggregate queries and stays
            lazy.
        as_of: The last day that counts; later orders are refused.
        cohort: Name of a column that tells the customer's cohort, such as the campaign that won
            him; None for the month of his first order.
        observed_from: The first day of the record; None for that of its first order.
        timezone: The shop's zone, as for `rfm_table`.
        order_id: Name of the column of order numbers, none of which may stand twice, as in
            `rfm_state`. None: rows may be lines of one order, and nothing is looked for.
        entry: Name of the column that tells what a row is: `order`, `return` or `cancellation`;
            amounts of the last two are 0 or negative. None: the sign alone tells.
        original_at: Name of the column that tells of a return or cancellation when its order was
            placed, as `trace_returns` finds it: it counts in that month. Where it is empty, and for
            None, it counts when it came back.
        customer_id: Name of the column of customers: text or whole numbers.
        ordered_at: Name of the column of dates or instants; naive times are refused.
        amount: Name of the column of what was paid, or of what it left: amounts of one currency.
        goods_cost: Name of the column of what the goods cost us, which is taken off; None where
            `amount` is what was left. Sales pay nothing back that the goods have cost.
        decimals: How many decimals the currency has.
        confidence: Of the interval.

    Returns:
        The same kind of frame, one row per cohort and month in which it ordered: `cohort` (such as
        "2026-01", or as told); `month`, in months since the first of the cohort, which is 0;
        `months_seen`, how many of them the record knows, the last as far as it went; `customers`
        of the whole cohort; `maybe_older`, whether the cohort began with the record, so that
        customers may have come before; `value` of the month, `value_so_far`, and of the latter
        `value_low` and `value_high`, empty for fewer than 30 customers. `currency` where the orders
        tell it. Sorted where the frame holds its rows.

    Raises:
        InvalidValueError: If a column is missing or of another kind, a value is empty, not finite
            or finer than a coin, a sign does not fit its entry, an order is of a later day, an
            order's number stands twice, times are naive, a customer is of two cohorts, there are
            several currencies, or an argument cannot be understood.

    Units:
        Values in the currency, for the whole cohort.

    Source:
        Student's interval of the sum over customers; his quantile by Abramowitz and Stegun (1964),
        26.7.5: within 0.02 % of it from 29 degrees of freedom on, up to a confidence of 0.99.

    Examples:
        >>> import pandas
        >>> orders = pandas.DataFrame(
        ...     {
        ...         "customer_id": [*"VVWX"], "amount": [50.0, 30.0, 20.0, 60.0],
        ...         "ordered_at": [date(2026, 1, 5), date(2026, 3, 2), date(2026, 1, 9),
        ...                        date(2026, 2, 1)],
        ...     }
        ... )
        >>> values = cohort_values(orders, as_of=date(2026, 3, 31))
        >>> values[["cohort", "month", "customers", "value_so_far"]].values.tolist()
        [['2026-01', 0, 2, 70.0], ['2026-01', 2, 2, 100.0], ['2026-02', 0, 1, 60.0]]
    """
    rows = Entries(customer_id, ordered_at, amount, order_id, entry, original_at)
    names = _Names(rows, goods_cost, cohort)
    check_confidence(confidence)
    quantile = float(ndtri((1 + confidence) / 2))
    dated = _dated(orders, names, as_of, timezone, checked_decimals(decimals))
    since = None
    if observed_from is not None:
        _day(observed_from, "observed_from")
        since = _month(observed_from)
    by_month = _by_month(_by_customer(dated.lazy(), names, decimals))
    told = _told(by_month, as_of, since, quantile, decimals)
    told = _with_currency(told, dated.lazy())
    if isinstance(dated, nw.LazyFrame):
        return cast("IntoFrameT", told.to_native())
    held = told.collect().sort("cohort", "month")
    return cast("IntoFrameT", nw.maybe_reset_index(held).to_native())


def _day(day: date, name: str) -> int:
    if checked_day(day, name) is None:
        raise InvalidValueError(name, day, "must be a date without a time of day")
    return day_number(day)


def _month(day: date) -> int:
    return 12 * day.year + day.month - 1


def _dated(
    orders: IntoFrameT, names: _Names, as_of: date, timezone: str | None, decimals: int
) -> Eager | Lazy:
    """Refuse what cannot be counted, and add the day of every order."""
    last = _day(as_of, "as_of")
    asked, rows = _checked(orders, names, decimals)
    dated = with_day(asked, rows.ordered_at, timezone, original_at=rows.original_at)
    flaws = [later_than(as_of, last, rows.ordered_at)]
    if names.cohort is None:
        find_flaws(dated, flaws)
        return dated
    customers, told_cohort = rows.customer_id, nw.col(names.cohort)
    several = told_cohort.min().over(customers) != told_cohort.max().over(customers)
    odd = nw.generate_temporary_column_name(8, dated.collect_schema().names())
    rule = "must be one for all orders of a customer"
    flaws.append(Flaw(names.cohort, nw.col(odd), rule, "name the one that won him in every row"))
    find_flaws(dated.with_columns(several.alias(odd)), flaws)
    return dated


def _checked(orders: IntoFrameT, names: _Names, decimals: int) -> tuple[Eager | Lazy, Entries]:
    """Refuse what cannot be added up, by one query."""
    more = {names.goods_cost: ColumnKind.NUMBER, names.cohort: ColumnKind.ID}
    asked, rows = names.rows.read(orders, {name: more[name] for name in more if name is not None})
    filled = [rows.customer_id, names.cohort, rows.ordered_at, *names.money]
    flaws = [empty(name) for name in filled if name is not None]
    moved = {}
    for name in names.money:
        flaws += [not_finite(name), off_coin(name, decimals)]
        moved[f"moved {name}"] = coins_in(name, decimals).abs().sum()
    told = find_flaws(rows.counted(asked), [*flaws, *rows.marks(asked)], **moved)
    for name in names.money:
        check_total(float(cast("float", told[f"moved {name}"] or 0)), name, decimals)
    return asked, rows


def _by_customer(dated: Lazy, names: _Names, decimals: int) -> Lazy:
    """Sum up by customer and month, each with what he left until then, and that squared."""
    coins = coins_in(names.rows.amount, decimals).cast(nw.Int64)
    if names.goods_cost is not None:
        coins = coins - coins_in(names.goods_cost, decimals).cast(nw.Int64)
    own = [] if names.cohort is None else [nw.col(names.cohort).cast(nw.String).alias("cohort")]
    rows = dated.select(
        nw.col(names.rows.customer_id).alias(_CUSTOMER),
        *own,
        calendar=nw.col(MONTH),
        coins=coins,
    )
    keys = [_CUSTOMER, "calendar", *(["cohort"] if own else [])]
    sums = rows.group_by(keys).agg(nw.col("coins").sum())
    sums = sums.with_columns(nw.col("coins").cast(nw.Int64))
    came = nw.col("calendar").min().over(_CUSTOMER)
    so_far = nw.col("coins").cum_sum().over(_CUSTOMER, order_by="calendar").cast(nw.Float64)
    sums = sums.with_columns(so_far.alias("so_far"), came.alias("came"))
    if not own:
        sums = sums.with_columns(_month_name(nw.col("came")).alias("cohort"))
    now, gain = nw.col("so_far"), nw.col("coins").cast(nw.Float64)
    return sums.with_columns(
        # What a square grows by; summed up, the square itself.
        squares=(now + now - gain) * gain,
        newcomers=(nw.col("came") == nw.col("calendar")).cast(nw.Int64),
    )


def _month_name(month: nw.Expr) -> nw.Expr:
    of_year = month % 12 + 1
    zero = nw.when(of_year < 10).then(nw.lit("-0")).otherwise(nw.lit("-"))
    year = (month // 12).cast(nw.Int64).cast(nw.String)
    return nw.concat_str([year, zero, of_year.cast(nw.Int64).cast(nw.String)])


def _by_month(customers: Lazy) -> Lazy:
    sums = customers.group_by("cohort", "calendar").agg(
        nw.col("coins").sum(),
        nw.col("squares").sum(),
        nw.col("newcomers").sum(),
    )
    sums = sums.with_columns(nw.col(name).cast(nw.Int64) for name in ("coins", "newcomers"))
    return sums.with_columns(
        nw.col("calendar").min().over("cohort").alias("began"),
        nw.col("newcomers").sum().over("cohort").cast(nw.Int64).alias("customers"),
        nw.col("coins").cum_sum().over("cohort", order_by="calendar").alias("sum"),
        nw.col("squares").cum_sum().over("cohort", order_by="calendar").alias("sum_squares"),
    )


def _told(sums: Lazy, as_of: date, since: int | None, quantile: float, decimals: int) -> Lazy:
    now = _month(as_of)
    began, n, total = nw.col("began"), nw.col("customers").cast(nw.Float64), nw.col("sum")
    record = nw.lit(since) if since is not None else nw.col("calendar").min()
    sums = sums.with_columns(record.alias("record"))
    # The variance of the sum over n customers, from squares that may lose their last digits.
    spread = nw.col("sum_squares") - total.cast(nw.Float64) * total.cast(nw.Float64) / n
    spread = nw.when(spread > 0).then(spread).otherwise(0.0) * n / (n - 1)
    half = (_student(quantile, n - 1) * spread.sqrt()).round(0)
    enough = nw.col("customers") >= _FEWEST
    return sums.select(
        "cohort",
        (nw.col("calendar") - began).cast(nw.Int64).alias("month"),
        (now - began + 1).cast(nw.Int64).alias("months_seen"),
        "customers",
        (began <= nw.col("record")).alias("maybe_older"),
        in_currency(nw.col("coins"), decimals).alias("value"),
        in_currency(total, decimals).alias("value_so_far"),
        nw.when(enough).then(in_currency(total - half, decimals)).alias("value_low"),
        nw.when(enough).then(in_currency(total + half, decimals)).alias("value_high"),
    )


def _student(z: float, free: nw.Expr) -> nw.Expr:
    """Return Student's quantile beside the normal one, by so many degrees of freedom."""
    first, second = (z**3 + z) / 4, (5 * z**5 + 16 * z**3 + 3 * z) / 96
    return z + first / free + second / (free * free)


def _with_currency(told: Lazy, orders: Lazy) -> Lazy:
    if "currency" not in orders.collect_schema():
        return told
    return told.join(orders.select(nw.col("currency").max()), how="cross")
