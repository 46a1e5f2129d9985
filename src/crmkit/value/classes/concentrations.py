"""How far sales lie in few hands: the Pareto curve, the Gini coefficient, the share of the top.

Law: everything is counted on one small table, how many customers bought for which amount, so that
no order of rows parts equal amounts. Amounts of 0 or less count as 0: nobody makes less than none
of the sales.

Source: Lorenz, "Methods of measuring the concentration of wealth" (1905); Gini (1912), in the form
of Sen, "On Economic Inequality" (1973); Herfindahl and Hirschman, sum of squared shares.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import cast

import attrs
import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrame, IntoFrameT
from numpy.typing import NDArray

from crmkit.errors import InvalidValueError
from crmkit.kernel import FrozenMap, Share
from crmkit.kernel.checks import several
from crmkit.kernel.frames import Eager, Lazy, frame_of
from crmkit.value.coins import checked_decimals, coins_in, in_currency

from .classing import check_sales, wanted_columns


@attrs.frozen(kw_only=True)
class Concentration:
    """How far sales lie in few hands.

    Attributes:
        customers: How many there are, those who bought for nothing among them.
        buyers: How many bought for more than nothing.
        total: Sum of all amounts above 0.
        gini: Gini coefficient over all customers; None where nobody bought.
        herfindahl: Sum of the squared shares of sales; None where nobody bought.
        tops: For each share of customers asked for, the largest first, their share of sales; empty
            where nobody bought.

    Units:
        total in the currency. gini: 0 (all buy for the same) to just below 1 (one buys all).
        herfindahl: 1 / customers (all buy for the same) to 1 (one buys all).

    Source:
        Sen (1973): half the mean difference of two customers over the mean, the population form.

    Examples:
        >>> import pandas
        >>> sales = pandas.DataFrame({"customer_id": [*"VWXYZ"], "amount": [96, 1, 1, 1, 1]})
        >>> found = concentration(sales)
        >>> found.top(0.2), round(found.gini, 2)
        (Share(0.96), 0.76)
    """

    customers: int
    buyers: int
    total: Decimal
    gini: float | None
    herfindahl: float | None
    tops: FrozenMap[Share, Share]

    def top(self, share: float | Share) -> Share:
        """Return the share of sales of a share of customers, the largest first.

        Raises:
            InvalidValueError: If `concentration` was not asked for it.
        """
        asked = Share(float(share))
        if asked not in self.tops:
            known = ", ".join(map(str, self.tops)) or "none"
            way_out = f"ask for it: concentration(frame, tops=[{float(asked):g}])"
            raise InvalidValueError(
                "share", str(asked), f"must be one of those asked: {known}", way_out
            )
        return self.tops[asked]


def concentration(
    frame: IntoFrame,
    *,
    tops: Iterable[float | Share] = (0.01, 0.05, 0.2),
    customer_id: str = "customer_id",
    amount: str = "amount",
    decimals: int = 2,
) -> Concentration:
    """Measure how far sales lie in few hands.

    Args:
        frame: One row per customer: pandas, polars (eager or lazy), DuckDB, PySpark.
        tops: For which shares of customers, the largest first, to tell the share of sales. Where a
            share is no whole number of customers, the next one counts in part.
        customer_id: Name of the column of customers: text or whole numbers.
        amount: Name of the column of amounts of one currency and one period.
        decimals: How many decimals the currency has.

    Raises:
        InvalidValueError: As `abc_classes`, or if a share is none.

    Units:
        Amounts in the currency; shares 0 to 1.

    Source:
        Sen (1973) for the Gini coefficient.

    Examples:
        >>> import pandas
        >>> sales = pandas.DataFrame({"customer_id": [*"WXYZ"], "amount": [70, 20, 7, 3]})
        >>> found = concentration(sales, tops=[0.25])
        >>> found.top(0.25), found.total, round(found.gini, 3), round(found.herfindahl, 4)
        (Share(0.7), Decimal('100.00'), 0.535, 0.5358)
    """
    shares = [Share(float(share)) for share in several(tops, "tops")]
    decimals = checked_decimals(decimals)
    asked = frame_of(frame, "frame", wanted_columns([customer_id], amount))
    by_amount = _by_amount(asked, [customer_id], amount, decimals).collect().sort(amount)
    gains = by_amount[amount].to_numpy().astype(np.float64)
    heads = by_amount["customers"].to_numpy().astype(np.float64)
    return _measured(gains, heads, shares, decimals)


def _measured(
    gains: NDArray[np.float64], heads: NDArray[np.float64], shares: Sequence[Share], decimals: int
) -> Concentration:
    """Measure so many heads of each gain, the gains rising."""
    count, sales = float(heads.sum()), gains * heads
    total = float(sales.sum())
    gini, herfindahl, tops = None, None, FrozenMap[Share, Share]()
    if total:
        # Equal amounts have neighbouring places, and on average the middle one.
        places = heads.cumsum() - (heads - 1) / 2
        gini = max(float(2 * (places * sales).sum() / (count * total) - (count + 1) / count), 0.0)
        herfindahl = float(((gains / total) ** 2 * heads).sum())
        ahead, so_far = (np.append(0.0, side[::-1].cumsum()) for side in (heads, sales))
        told = np.interp([count * float(share) for share in shares], ahead, so_far) / total
        tops = FrozenMap(zip(shares, map(Share, np.minimum(told, 1.0).tolist()), strict=True))
    return Concentration(
        customers=int(count),
        buyers=int(heads[gains > 0].sum()),
        total=Decimal(int(total)).scaleb(-decimals),
        gini=gini,
        herfindahl=herfindahl,
        tops=tops,
    )


def pareto_curve(
    frame: IntoFrameT,
    *,
    category: str | None = None,
    customer_id: str = "customer_id",
    amount: str = "amount",
    decimals: int = 2,
) -> IntoFrameT:
    """Return the Pareto curve: which share of customers makes which share of sales.

    Customers of one amount are one point of the curve. Between two points it is a straight line.

    Args:
        frame: One row per customer, or per customer and category: pandas, polars (eager or lazy),
            DuckDB, PySpark. A lazy frame is checked by one aggregate query and stays lazy.
        category: Name of the column for each of whose values to draw a curve; None for one curve.
        customer_id: Name of the column of customers.
        amount: Name of the column of amounts of one currency and one period.
        decimals: How many decimals the currency has.

    Returns:
        The same kind of frame, one row per amount: the category, if any; `amount`, those of 0 or
        less as 0; `customers` who bought for it; `customers_so_far`, from the largest amount on;
        `customer_share`, the same as a share; `amount_so_far` and `amount_share`, empty where
        nobody bought. Sorted by falling amount where the frame holds its rows.

    Raises:
        InvalidValueError: As `abc_classes`.

    Units:
        Amounts in the currency; shares 0 to 1.

    Source:
        Lorenz (1905), read from the other end.

    Examples:
        >>> import pandas
        >>> sales = pandas.DataFrame({"customer_id": [*"WXYZ"], "amount": [80, 10, 10, 0]})
        >>> pareto_curve(sales)[["amount", "customer_share", "amount_share"]].values.tolist()
        [[80.0, 0.25, 0.8], [10.0, 0.75, 1.0], [0.0, 1.0, 1.0]]
    """
    decimals = checked_decimals(decimals)
    keys = [customer_id] if category is None else [customer_id, category]
    asked = frame_of(frame, "frame", wanted_columns(keys, amount))
    curve = _added_up(_by_amount(asked, keys, amount, decimals), keys[1:], amount, decimals)
    if isinstance(asked, nw.LazyFrame):
        return cast("IntoFrameT", curve.to_native())
    held = curve.collect().sort(*keys[1:], "amount", descending=[*[False] * len(keys[1:]), True])
    return cast("IntoFrameT", nw.maybe_reset_index(held).to_native())


def _by_amount(asked: Eager | Lazy, keys: Sequence[str], amount: str, decimals: int) -> Lazy:
    """Count the customers of each amount, in coins."""
    check_sales(asked, keys, amount, decimals)
    whole = coins_in(amount, decimals)
    gain = nw.when(whole > 0).then(whole).otherwise(0.0).cast(nw.Int64).alias(amount)
    counted = asked.lazy().select(*keys[1:], gain).group_by(*keys[1:], amount)
    return counted.agg(customers=nw.len()).with_columns(nw.col("customers").cast(nw.Int64))


def _added_up(by_amount: Lazy, within: Sequence[str], amount: str, decimals: int) -> Lazy:
    coins, heads = nw.col(amount), nw.col("customers")
    told = by_amount.with_columns((-coins).alias("falling"), (coins * heads).alias("sales"))
    so_far = {
        f"{name}_so_far": nw.col(column).cum_sum().over(*within, order_by="falling")
        for name, column in (("customers", "customers"), ("amount", "sales"))
    }
    told = told.with_columns(**so_far)
    sums = {name: nw.col(name).max() for name in so_far}
    every = {f"all_{n}": total.over(*within) if within else total for n, total in sums.items()}
    told = told.with_columns(**every)
    share = nw.col("amount_so_far") / nw.col("all_amount_so_far")
    return told.select(
        *within,
        in_currency(coins, decimals).alias("amount"),
        "customers",
        "customers_so_far",
        (nw.col("customers_so_far") / nw.col("all_customers_so_far")).alias("customer_share"),
        in_currency(nw.col("amount_so_far"), decimals).alias("amount_so_far"),
        nw.when(nw.col("all_amount_so_far") > 0).then(share).alias("amount_share"),
    )
