"""Value by acquisition cohort against what winning it cost, and the month of payback.

Law: a cohort is paid back from the first month on from which what it left has covered its cost
ever since. What is still open is told as open, never as never; cost without a customer, and
customers without a cost, stay in the table. Compared in whole coins.

Source: chosen here, after the usual payback period: undiscounted, and cumulative.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final, cast

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from crmkit.errors import NotFoundError
from crmkit.kernel import Evidence, Explanation
from crmkit.kernel.customer_rows import is_equal
from crmkit.kernel.frames import ColumnKind, Eager, Lazy, empty, find_flaws, frame_of
from crmkit.value.coins import checked_decimals, coins_in, in_currency, off_coin

from .cohort_costs import CohortCosts, costs_of_frame, costs_of_mapping
from .payback_state import INTERVAL, NOBODY, RULES, Payback


_COST: Final = "acquisition_cost"
_PAID, _OPEN, _UNTOLD = (state.value for state in Payback)
_MONEY: Final = ("value", "value_so_far")
_MONTHS: Final = {
    "payback_month": "value_so_far",
    "payback_low": "value_high",
    "payback_high": "value_low",
}
_NUMBERS: Final = ("month", "months_seen", "customers", "value", "value_so_far")
_BOUNDS: Final = ("value_low", "value_high")
_KINDS: Final = {
    "cohort": ColumnKind.TEXT,
    "maybe_older": ColumnKind.FLAG,
    **dict.fromkeys((*_NUMBERS, *_BOUNDS), ColumnKind.NUMBER),
}


def cohort_payback(
    values: IntoFrameT,
    *,
    costs: IntoFrameT | CohortCosts,
    cohort: str = "cohort",
    acquisition_cost: str = "acquisition_cost",
    decimals: int = 2,
) -> IntoFrameT:
    """Hold what every acquisition cohort has left against what winning it cost.

    Args:
        values: What `cohort_values` returned, whole.
        costs: What each cohort cost: amounts or `Money` by cohort, or a frame of the same kind as
            `values`, one row per cohort, with a `currency` or without.
        cohort: Name of the column of cohorts, in a frame of costs.
        acquisition_cost: Name of the column of costs, in a frame of costs.
        decimals: How many decimals the currency has.

    Returns:
        The same kind of frame, one row per cohort of either: `cohort`, `customers`, `months_seen`
        (empty where nobody came), `maybe_older`, `acquisition_cost` (empty where nobody told it),
        `cost_per_customer`, `value` so far, `value_per_customer`, `cost_covered` (their ratio), and
        `payback`, a `Payback`; `payback_month`, in months since the first of the cohort, which is
        0, and empty where it is open; `payback_low` and `payback_high`, between which other such
        customers would be paid back: empty for fewer than 30 customers, and where not even the
        upper, or not yet the lower end of the interval of value covers the cost. Sorted by cohort
        where the frame holds its rows.

    Raises:
        InvalidValueError: If a column is missing or of another kind; a cost is empty, not finite,
            negative, finer than a coin, or in another currency than the values; a cohort has two
            costs; the frames are of two kinds.

    Units:
        Money in the currency; months since the first of the cohort, counted from 0.

    Source:
        Chosen here: the cost is what was really spent; the interval is of the value alone.

    Examples:
        >>> import pandas
        >>> from datetime import date
        >>> from crmkit.value import cohort_values
        >>> orders = pandas.DataFrame(
        ...     {
        ...         "customer_id": [*"VVW"], "amount": [50.0, 30.0, 60.0],
        ...         "ordered_at": [date(2026, 1, 5), date(2026, 3, 2), date(2026, 2, 1)],
        ...     }
        ... )
        >>> values = cohort_values(orders, as_of=date(2026, 3, 31))
        >>> told = cohort_payback(values, costs={"2026-01": 70.0, "2026-02": 100.0})
        >>> told[["cohort", "acquisition_cost", "value", "payback"]].values.tolist()
        [['2026-01', 70.0, 80.0, 'paid_back'], ['2026-02', 100.0, 60.0, 'open']]
        >>> told["payback_month"].tolist()
        [2.0, nan]
    """
    asked, spent = _checked(values, costs, cohort, acquisition_cost, checked_decimals(decimals))
    told = _told(_judged(asked.lazy(), spent, decimals), decimals)
    if isinstance(asked, nw.LazyFrame):
        return cast("IntoFrameT", told.to_native())
    return cast("IntoFrameT", nw.maybe_reset_index(told.collect().sort("cohort")).to_native())


def explain_cohort_payback(
    values: IntoFrameT,
    cohort: str,
    *,
    costs: IntoFrameT | CohortCosts,
    acquisition_cost: str = "acquisition_cost",
    decimals: int = 2,
) -> Explanation[Payback]:
    """Explain whether one acquisition cohort has paid back what it cost, and since when.

    Arguments and errors as for `cohort_payback`, whose row it recomputes.

    Args:
        values: What `cohort_values` returned.
        cohort: Which cohort.
        costs: What each cohort cost.
        acquisition_cost: Name of the column of costs, in a frame of costs.
        decimals: How many decimals the currency has.

    Returns:
        A `Payback`, with the cost and the value so far as evidence; of one that is paid back, the
        month, and what was left by then and by the month before; where there is an interval, it is
        a reason of its own.

    Raises:
        NotFoundError: If there is no such cohort.

    Units:
        Money in the currency.

    Source:
        As `cohort_payback`.

    Examples:
        >>> import pandas
        >>> from datetime import date
        >>> from crmkit.value import cohort_values
        >>> orders = pandas.DataFrame(
        ...     {"customer_id": ["V", "V"], "ordered_at": [date(2026, 1, 5), date(2026, 3, 2)],
        ...      "amount": [50.0, 30.0]}
        ... )
        >>> values = cohort_values(orders, as_of=date(2026, 3, 31))
        >>> print(explain_cohort_payback(values, "2026-01", costs={"2026-01": 70}))
        cohort 2026-01 is paid back since its month 2: its 1 customers cost 70, and have left 80 by\
 then, 50 before, 80 until now
    """
    asked, spent = _checked(values, costs, "cohort", acquisition_cost, checked_decimals(decimals))
    told = _told(_judged(asked.lazy(), spent, decimals), decimals)
    found = told.filter(is_equal(told, "cohort", cohort, "cohort")).collect()
    if not len(found):
        raise NotFoundError("cohort", cohort, "neither in the values nor in the costs")
    row = {
        name: None if found[name].is_null()[0] else found[name].to_list()[0]
        for name in found.columns
    }
    state = Payback(cast("str", row["payback"]))
    curve = asked.lazy().filter(nw.col("cohort").cast(nw.String) == cohort)
    return Explanation(
        verdict=state,
        rule=RULES[state] if row["customers"] else NOBODY,
        evidence=(Evidence("cohort", cohort), *_evidence(row, curve, state)),
        because=_interval(row),
    )


def _evidence(row: Mapping[str, object], curve: Lazy, state: Payback) -> Iterable[Evidence]:
    for name in ("customers", "months_seen", "payback_month"):
        yield Evidence(name, _whole(row[name]))
    value, cost = float(cast("float", row["value"])), row[_COST]
    if state is Payback.NOT_COSTED:
        yield Evidence("value", value)
        return
    spent = float(cast("float", cost))
    yield Evidence(_COST, spent)
    yield Evidence("value", value, spent, state is Payback.PAID_BACK)
    if state is Payback.OPEN:
        yield Evidence("lacking", float(round(Decimal(spent) - Decimal(value), 4)))
        return
    rows = curve.select("month", "value_so_far").collect()
    so_far = dict(zip(rows["month"].to_list(), rows["value_so_far"].to_list(), strict=True))
    month = _whole(row["payback_month"])
    before = [m for m in so_far if int(m) < cast("int", month)]
    yield Evidence("value_then", float(so_far[month]), spent, True)
    yield Evidence("value_before", float(so_far[max(before)]) if before else 0.0)


def _whole(value: object) -> int | None:
    return None if value is None else int(cast("float", value))


def _interval(row: Mapping[str, object]) -> tuple[Explanation[object], ...]:
    low, high = (_whole(row[name]) for name in ("payback_low", "payback_high"))
    if low is None:
        return ()
    told = (Evidence("payback_low", low), Evidence("payback_high", high))
    return (Explanation(verdict=(low, high), rule=INTERVAL, evidence=told),)


def _checked(
    values: IntoFrameT,
    costs: IntoFrameT | CohortCosts,
    cohort: str,
    acquisition_cost: str,
    decimals: int,
) -> tuple[Eager | Lazy, Lazy]:
    """Refuse what cannot be compared; return the values, and the cost of each cohort in coins."""
    asked = frame_of(values, "values", _KINDS)
    flaws = [*map(empty, ("cohort", *_NUMBERS)), *(off_coin(name, decimals) for name in _MONEY)]
    facts = {}
    if "currency" in asked.collect_schema():
        facts["currency"] = nw.col("currency").max()
    currency = cast("str | None", find_flaws(asked, flaws, **facts).get("currency"))
    if isinstance(costs, Mapping):
        return asked, costs_of_mapping(costs, asked, currency, decimals)
    names = (cohort, acquisition_cost)
    return asked, costs_of_frame(costs, asked, names, currency, decimals)


def _judged(values: Lazy, costs: Lazy, decimals: int) -> Lazy:
    """Return one row per cohort, money in coins; months are empty where they are still open."""
    curve = values.with_columns(
        nw.col("cohort").cast(nw.String),
        *(coins_in(name, decimals).alias(name) for name in (*_MONEY, *_BOUNDS)),
    ).join(costs, on="cohort", how="left")
    sums = curve
    for name, column in _MONTHS.items():
        covered = nw.col(column) >= nw.col("cost")
        # After the last month that did not cover it; a column without a bound covers nothing.
        short = nw.when(~covered).then(nw.col("month")).max().over("cohort")
        since = covered & (short.is_null() | (nw.col("month") > short))
        sums = sums.with_columns(nw.when(since).then(nw.col("month")).alias(name))
    sums = sums.group_by("cohort").agg(
        *(nw.col(name).max() for name in ("customers", "months_seen", "maybe_older", "cost")),
        nw.col("value").sum(),
        *(nw.col(name).min() for name in _MONTHS),
    )
    known = curve.select("cohort").unique()
    nobody = costs.join(known, on="cohort", how="anti").with_columns(
        nw.lit(0, nw.Int64).alias("customers"), nw.lit(0.0).alias("value")
    )
    return nw.concat([sums, nobody], how="diagonal")


def _told(cohorts: Lazy, decimals: int) -> Lazy:
    cost, value, customers = (
        nw.col(name).cast(nw.Float64) for name in ("cost", "value", "customers")
    )
    some, month = nw.col("customers") > 0, nw.col("payback_month")
    state = nw.when(month.is_null()).then(nw.lit(_OPEN)).otherwise(nw.lit(_PAID))
    state = nw.when(nw.col("cost").is_null()).then(nw.lit(_UNTOLD)).otherwise(state)
    each = 10.0**decimals * customers
    return cohorts.select(
        "cohort",
        "customers",
        "months_seen",
        "maybe_older",
        in_currency(cost, decimals).alias(_COST),
        nw.when(some).then(cost / each).alias("cost_per_customer"),
        in_currency(value, decimals).alias("value"),
        nw.when(some).then(value / each).alias("value_per_customer"),
        nw.when(cost > 0).then(value / cost).alias("cost_covered"),
        state.alias("payback"),
        *_MONTHS,
    )
