"""Profit per customer: what he brings, less what he costs.

Law: every cent of the rows is in one of the sums; they are added up in whole coins.

Source: domain fact V7: revenue less cost of goods, service, complaint and marketing cost.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from crmkit.errors import InvalidValueError
from crmkit.kernel.frames import (
    ColumnKind,
    Eager,
    Lazy,
    empty,
    find_flaws,
    frame_of,
    not_finite,
)
from crmkit.value.coins import check_total, checked_decimals, coins_in, in_currency, off_coin


def customer_profit(
    frame: IntoFrameT,
    *,
    customer_id: str = "customer_id",
    revenue: str = "revenue",
    goods_cost: str | None = "goods_cost",
    service_cost: str | None = "service_cost",
    complaint_cost: str | None = "complaint_cost",
    marketing_cost: str | None = "marketing_cost",
    decimals: int = 2,
) -> IntoFrameT:
    """Add up what every customer brings and costs, and what is left of it.

    Args:
        frame: Any number of rows per customer, such as order lines, service orders, complaints and
            campaigns under each other, 0 where a row has none of something: pandas, polars (eager
            or lazy), DuckDB, PySpark. A lazy frame is checked by one aggregate query and stays
            lazy.
        customer_id: Name of the column of customers: text or whole numbers.
        revenue: Name of the column of what he paid; returns are negative.
        goods_cost: Name of the column of what the goods cost us; None where that is not counted.
        service_cost: Name of the column of the cost of service, or None.
        complaint_cost: Name of the column of the cost of complaints, compensation too, or None.
        marketing_cost: Name of the column of the cost of marketing, or None.
        decimals: How many decimals the currency has.

    Returns:
        The same kind of frame, one row per customer: `customer_id`, `revenue`, the costs that are
        counted, `profit`, and `profit_margin`, the share of revenue that is left: below 0 where he
        costs more than he brings, empty where he brings nothing. Sorted by customer where the frame
        holds its rows.

    Raises:
        InvalidValueError: If a column is missing or of another kind, a value is empty, not finite
            or finer than a coin, no cost is counted, or amounts are of several currencies.

    Units:
        Amounts in the currency; costs are positive.

    Source:
        Domain fact V7.

    Examples:
        >>> import pandas
        >>> rows = pandas.DataFrame(
        ...     {
        ...         "customer_id": ["V", "V", "W"],
        ...         "revenue": [100.0, -20.0, 50.0],
        ...         "goods_cost": [60.0, -12.0, 30.0],
        ...         "service_cost": [0.0, 5.0, 24.0],
        ...     }
        ... )
        >>> told = customer_profit(rows, complaint_cost=None, marketing_cost=None)
        >>> told[["customer_id", "revenue", "profit", "profit_margin"]].values.tolist()
        [['V', 80.0, 27.0, 0.3375], ['W', 50.0, -4.0, -0.08]]
    """
    costs = {
        "goods_cost": goods_cost,
        "service_cost": service_cost,
        "complaint_cost": complaint_cost,
        "marketing_cost": marketing_cost,
    }
    counted = {
        "revenue": revenue,
        **{name: told for name, told in costs.items() if told is not None},
    }
    if len(counted) == 1:
        way_out = "name at least one column of costs"
        raise InvalidValueError(
            "costs", None, "must be counted: profit is what they leave", way_out
        )
    asked = _checked(frame, customer_id, counted, checked_decimals(decimals))
    sums = asked.lazy().select(
        nw.col(customer_id).alias("customer_id"),
        **{name: coins_in(told, decimals).cast(nw.Int64) for name, told in counted.items()},
    )
    sums = sums.group_by("customer_id").agg(*(nw.col(name).sum() for name in counted))
    told = _told(sums, [*counted], decimals)
    if isinstance(asked, nw.LazyFrame):
        return cast("IntoFrameT", told.to_native())
    return cast("IntoFrameT", nw.maybe_reset_index(told.collect().sort("customer_id")).to_native())


def _checked(
    frame: IntoFrameT, customer_id: str, counted: Mapping[str, str], decimals: int
) -> Eager | Lazy:
    """Refuse what cannot be added up, by one query."""
    columns = [*counted.values()]
    wanted = {customer_id: ColumnKind.ID, **dict.fromkeys(columns, ColumnKind.NUMBER)}
    asked = frame_of(frame, "frame", wanted)
    flaws = [empty(customer_id)]
    for name in columns:
        flaws += [empty(name), not_finite(name), off_coin(name, decimals)]
    moved = {f"moved {name}": coins_in(name, decimals).abs().sum() for name in columns}
    told = find_flaws(asked, flaws, **moved)
    for name in columns:
        check_total(float(cast("float", told[f"moved {name}"] or 0)), name, decimals)
    return asked


def _told(sums: Lazy, counted: list[str], decimals: int) -> Lazy:
    revenue, *costs = (nw.col(name) for name in counted)
    profit = revenue
    for cost in costs:
        profit = profit - cost
    margin = profit.cast(nw.Float64) / revenue.cast(nw.Float64)
    return sums.select(
        "customer_id",
        *(in_currency(nw.col(name), decimals).alias(name) for name in counted),
        in_currency(profit, decimals).alias("profit"),
        nw.when(revenue > 0).then(margin).alias("profit_margin"),
    )
