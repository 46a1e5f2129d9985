"""What winning each acquisition cohort cost, told as a frame or as a mapping."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TypeAlias, cast

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame

from crmkit.errors import InvalidValueError
from crmkit.kernel import Money, checked_id
from crmkit.kernel.frames import (
    ColumnKind,
    Eager,
    Flaw,
    Lazy,
    Words,
    empty,
    find_flaws,
    frame_of,
    not_finite,
)
from crmkit.value.coins import LIMIT, check_total, coins_in, off_coin


CohortCosts: TypeAlias = Mapping[str, Money | Decimal | float]
"""What winning each cohort cost."""


def costs_of_frame(
    costs: IntoFrame,
    values: Eager | Lazy,
    names: tuple[str, str],
    currency: str | None,
    decimals: int,
) -> Lazy:
    """Return `cohort` and its `cost` in coins, of a frame.

    Args:
        costs: One row per cohort, of the same kind as the values.
        values: The frame of values.
        names: Of the columns of cohorts and of costs.
        currency: Of the values; None where they do not tell it.
        decimals: How many decimals it has.

    Raises:
        InvalidValueError: As `cohort_payback`.
    """
    cohort, cost = names
    asked = frame_of(costs, "costs", {cohort: ColumnKind.ID, cost: ColumnKind.NUMBER})
    if asked.implementation is not values.implementation or type(asked) is not type(values):
        told = Words(f"a frame of {asked.implementation.name.lower()}")
        rule = f"must be of the same kind as the values: {values.implementation.name.lower()}"
        raise InvalidValueError("costs", told, rule, "convert one of them, or give a mapping")
    copies = nw.generate_temporary_column_name(8, asked.collect_schema().names())
    counted = asked.with_columns(nw.len().over(cohort).alias(copies))
    flaws = [
        empty(cohort),
        empty(cost),
        not_finite(cost),
        Flaw(cost, nw.col(cost) < 0, "must be 0 or more", "costs are positive"),
        off_coin(cost, decimals),
        Flaw(cohort, nw.col(copies) > 1, "must stand in one row", "add up the costs of each first"),
    ]
    facts = {"total": coins_in(cost, decimals).sum()}
    if "currency" in asked.collect_schema():
        facts["currency"] = nw.col("currency").max()
    found = find_flaws(counted, flaws, **facts)
    check_total(float(cast("float", found["total"] or 0)), cost, decimals)
    _check_currency(cast("str | None", found.get("currency")), currency)
    coins = coins_in(cost, decimals).cast(nw.Int64)
    return asked.lazy().select(nw.col(cohort).cast(nw.String).alias("cohort"), coins.alias("cost"))


def costs_of_mapping(
    costs: CohortCosts, values: Eager | Lazy, currency: str | None, decimals: int
) -> Lazy:
    """Return `cohort` and its `cost` in coins, of a mapping, in the engine of the values.

    Arguments and errors as for `costs_of_frame`.
    """
    if not costs:
        raise InvalidValueError("costs", dict(costs), "must tell the cost of at least one cohort")
    coins: dict[str, int] = {}
    for cohort, cost in costs.items():
        name = f"cost of {checked_id(cohort, 'cohort')}"
        if isinstance(cost, Money):
            currency = _check_currency(cost.currency, currency)
        coins[cohort] = _coins(cost.amount if isinstance(cost, Money) else cost, name, decimals)
    check_total(sum(coins.values()), "costs", decimals)
    # Every engine makes one row of a count, even of no rows, which cost nothing to ask for.
    none = values.lazy().head(0)
    rows = [
        none.select(nw.lit(cohort).alias("cohort"), (nw.len().cast(nw.Int64) + cost).alias("cost"))
        for cohort, cost in coins.items()
    ]
    return nw.concat(rows)


def _check_currency(told: str | None, currency: str | None) -> str | None:
    """Return the currency of both, None where neither tells it."""
    if told is not None and currency is not None and told != currency:
        rule = f"must be {currency}, like the values and the other costs"
        raise InvalidValueError(
            "currency of costs", told, rule, "convert it first, at the rate of its day"
        )
    return currency if told is None else told


def _coins(cost: Decimal | float, name: str, decimals: int) -> int:
    is_number = isinstance(cost, int | float | Decimal) and not isinstance(cost, bool)
    if not (is_number and 0 <= cost < LIMIT):
        raise InvalidValueError(name, cost, f"must be an amount from 0 to below {LIMIT}")
    # As it is written: 0.1 is ten cents.
    coins = Decimal(str(cost)).scaleb(decimals)
    if coins != int(coins):
        rule, way_out = f"must have no more than {decimals} decimals", "round it"
        raise InvalidValueError(name, cost, rule, way_out)
    return int(coins)
