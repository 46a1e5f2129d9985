"""Classes by amount: who makes the sales.

Law: a customer belongs to the class of the share of sales *before* him, so that the one who crosses
the line is in the upper class; equal amounts share the upper class; amounts of 0 or less are C.
Compared in whole coins: in floats the seventeenth of twenty customers of 19.99 would be in A.

Source: domain fact V1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar, cast

import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrameT
from numpy.typing import NDArray

from crmkit.kernel.customer_rows import check_new, check_once, new_names
from crmkit.kernel.frames import (
    ColumnKind,
    Eager,
    Lazy,
    blank,
    check_one_currency,
    empty,
    find_flaws,
    frame_of,
    not_finite,
)
from crmkit.value.coins import (
    LIMIT,
    check_total,
    checked_decimals,
    coins,
    coins_in,
    coins_of,
    off_coin,
)

from .abc_policy import HAIER, AbcPolicy, checked_policy
from .class_arrays import classes_of, is_unique, is_unique_within, letters, numbered


_CLASS: Final = "abc_class"
_FrameT = TypeVar("_FrameT", Eager, Lazy)


def abc_classes(
    frame: IntoFrameT,
    *,
    policy: AbcPolicy = HAIER,
    category: str | None = None,
    customer_id: str = "customer_id",
    amount: str = "amount",
    decimals: int = 2,
    flag: str | None = None,
) -> IntoFrameT:
    """Add the class of every customer by his amount: `abc_class`, "A", "B" or "C".

    Who has sent back more than he bought, in the record, has an amount below 0: he is C, counts as
    0 in the sales, and is told apart from other C customers by the `flag`.

    Args:
        frame: One row per customer, or per customer and category: pandas, polars (eager or lazy),
            DuckDB, PySpark. A lazy frame is checked by one aggregate query and stays lazy.
        policy: Where A and B end, and for how much a category must sell to be classed.
        category: Name of the column within whose values customers are classed; None for all
            together.
        customer_id: Name of the column of customers: text or whole numbers.
        amount: Name of the column of amounts of one currency and one period.
        decimals: How many decimals the currency has: `crmkit.kernel.decimals_of`.
        flag: Name of a column to add besides, such as "below_zero": True where the amount is below
            0. None for no such column.

    Returns:
        The same kind of frame, its rows and columns as they are, with the column `abc_class` of
        text last, and the flag after it; the class is empty where the category sells for less than
        the policy's minimum. Rows keep their order where they have one: those of DuckDB do not.

    Raises:
        InvalidValueError: If a column is missing or of another kind, a value is empty or not
            finite, an amount is finer than a coin, a customer stands in two rows, there is a
            column `abc_class` already, the policy is none, or the sum reaches 2⁵³ coins.

    Units:
        Amounts in the currency.

    Source:
        Domain fact V1.

    Examples:
        >>> import pandas
        >>> sales = pandas.DataFrame({"customer_id": [*"VWXYZ"], "amount": [60, 25, 11, 4, -3]})
        >>> abc_classes(sales)["abc_class"].to_list()
        ['A', 'A', 'B', 'C', 'C']
        >>> abc_classes(sales, flag="below_zero")["below_zero"].to_list()
        [False, False, False, False, True]
    """
    policy, decimals = checked_policy(policy), checked_decimals(decimals)
    keys = [customer_id] if category is None else [customer_id, category]
    asked = frame_of(frame, "frame", wanted_columns(keys, amount))
    added = (_CLASS,) if flag is None else (_CLASS, flag)
    check_new(asked, *added)
    if flag is not None:
        asked = asked.with_columns((nw.col(amount) < 0).alias(flag))
    if isinstance(asked, nw.LazyFrame):
        check_sales(asked, keys, amount, decimals)
        classed = _ask_classes(asked, policy, keys[1:], amount, decimals)
        return cast("IntoFrameT", _last(classed, flag).to_native())
    check_one_currency(asked)
    codes = _count(asked, policy, keys, amount, decimals)
    told = asked.with_columns(letters(codes, _CLASS, asked))
    return cast("IntoFrameT", _last(told, flag).to_native())


def _last(frame: _FrameT, flag: str | None) -> _FrameT:
    """Return a frame with its flag behind the classes."""
    if flag is None:
        return frame
    others = [name for name in frame.collect_schema().names() if name != flag]
    return frame.select(*others, flag)


def wanted_columns(keys: Sequence[str], amount: str) -> dict[str, ColumnKind]:
    """Return what the columns of a table of customers' amounts must hold."""
    return {**dict.fromkeys(keys, ColumnKind.ID), amount: ColumnKind.NUMBER}


def check_sales(frame: Eager | Lazy, keys: Sequence[str], amount: str, decimals: int) -> None:
    """Refuse what cannot be classed, by one query."""
    copies = nw.generate_temporary_column_name(8, frame.collect_schema().names())
    flaws = [*map(empty, [*keys, amount]), not_finite(amount), off_coin(amount, decimals)]
    flaws.append(check_once(keys, copies))
    whole = coins_in(amount, decimals)
    total = nw.when(whole > 0).then(whole).otherwise(0.0).sum()
    counted = frame.with_columns(nw.len().over(*keys).alias(copies))
    told = find_flaws(counted, flaws, total=total)
    check_total(float(cast("float", told["total"] or 0)), amount, decimals)


def _ask_classes(
    frame: Lazy, policy: AbcPolicy, within: Sequence[str], amount: str, decimals: int
) -> Lazy:
    """Class the rows of a frame that is still a question, in its engine."""
    columns = frame.collect_schema().names()
    gain, falling, total, before = new_names(columns, 4)
    whole = coins_in(amount, decimals)
    counted = frame.with_columns(
        nw.when(whole > 0).then(whole).otherwise(0.0).cast(nw.Int64).alias(gain)
    ).with_columns((-nw.col(gain)).alias(falling))
    whole_sum = nw.col(gain).sum()
    so_far = nw.col(gain).cum_sum().over(*within, order_by=falling)
    counted = counted.with_columns(
        (so_far - nw.col(gain)).alias(before),
        (whole_sum.over(*within) if within else whole_sum).alias(total),
        # Equal amounts stand in any order; the first of them has the larger ones before him.
    ).with_columns(nw.col(before).min().over(*within, gain))
    letter = _letter(policy, *(nw.col(name) for name in (gain, before, total)))
    if policy.min_volume:
        # No total reaches the limit: a larger floor is above each of them.
        least = min(coins_of(policy.min_volume, decimals), LIMIT)
        letter = nw.when(nw.col(total) >= least).then(letter)
    return counted.with_columns(letter.alias(_CLASS)).select(*columns, _CLASS)


def _letter(policy: AbcPolicy, gain: nw.Expr, before: nw.Expr, total: nw.Expr) -> nw.Expr:
    in_a, in_b = (
        (gain > 0) & (before * 1000 < total * permille)
        for permille in (policy.a_permille, policy.b_permille)
    )
    in_others = nw.when(in_b).then(nw.lit("B")).otherwise(nw.lit("C"))
    return nw.when(in_a).then(nw.lit("A")).otherwise(in_others)


def _count(
    frame: Eager, policy: AbcPolicy, keys: Sequence[str], amount: str, decimals: int
) -> NDArray[np.uint8]:
    """Class the rows of a frame that holds them: 0 for A, 1 for B, 2 for C, 3 for none."""
    amounts = frame[amount].cast(nw.Float64).to_numpy().astype(np.float64, copy=False)
    whole, exact = coins(amounts, decimals)
    whole = np.maximum(whole, 0, out=whole)
    ids, within = frame[keys[0]], None
    known = not any(_has_gaps(frame, key) for key in keys)
    if known and keys[1:]:
        within = numbered(frame[keys[1]])
    known = known and (is_unique(ids) if within is None else is_unique_within(ids, within))
    # What is sound needs no closer look, and a look at every rule takes longer than the classes.
    if not (exact and known and whole.sum() < LIMIT):
        check_sales(frame, keys, amount, decimals)
    least = coins_of(policy.min_volume, decimals)
    return classes_of(whole, policy, within, least=least)


def _has_gaps(frame: Eager, key: str) -> bool:
    ids = frame[key]
    # Numpy's whole numbers have no place for what is missing.
    own = getattr(ids.to_native(), "dtype", None)
    if isinstance(own, np.dtype) and own.kind in "iu":
        return False
    if ids.null_count() or ids.dtype.is_integer() or not len(ids):
        return ids.null_count() > 0
    return bool(frame.select(blank(key, ids.dtype))[key].any())
