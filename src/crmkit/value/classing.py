"""Classes by amount: who makes the sales.

Law: a customer belongs to the class of the share of sales *before* him, so that the one who crosses
the line is in the upper class; equal amounts share the upper class; amounts of 0 or less are C.
Compared in whole coins: in floats the seventeenth of twenty customers of 19.99 would be in A.

Source: domain fact V1.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, cast

import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrame, IntoFrameT
from numpy.typing import NDArray

from crmkit.errors import InvalidValueError, NotFoundError
from crmkit.kernel import Evidence, Explanation, Rule, Share, Text
from crmkit.kernel.frames import (
    ColumnKind,
    Eager,
    Flaw,
    Lazy,
    Words,
    check_one_currency,
    empty,
    find_flaws,
    frame_of,
    not_finite,
)

from .abc_policy import HAIER, AbcClass, AbcPolicy, checked_policy
from .class_arrays import classes_of, is_unique, letters
from .coins import LIMIT, check_total, checked_decimals, coins, coins_in, off_coin


_CLASS: Final = "abc_class"

_RULE: Final = Rule(
    code="value.abc",
    says=Text(
        "customer {customer} is class {verdict}: larger customers make {share_before} of sales "
        "({before} of {total}), with his {amount} it is {share_with}; A goes to {a_to}, "
        "B to {b_to}, and who bought for nothing is C",
        "客户{customer}为{verdict}：金额更大的客户占销售额的{share_before}（{total}中的{before}），"
        "加上其{amount}为{share_with}；A类至{a_to}，B类至{b_to}，无购买额者为C类",
    ),
    source="V1: class of the share of sales before the customer, within a product category",
)


def abc_classes(
    frame: IntoFrameT,
    *,
    policy: AbcPolicy = HAIER,
    category: str | None = None,
    customer_id: str = "customer_id",
    amount: str = "amount",
    decimals: int = 2,
) -> IntoFrameT:
    """Add the class of every customer by his amount: `abc_class`, "A", "B" or "C".

    Args:
        frame: One row per customer, or per customer and category: pandas, polars (eager or lazy),
            DuckDB. A lazy frame is checked by one aggregate query and stays lazy.
        policy: Where A and B end.
        category: Name of the column within whose values customers are classed; None for all
            together.
        customer_id: Name of the column of customers: text or whole numbers.
        amount: Name of the column of amounts of one currency and one period.
        decimals: How many decimals the currency has: `crmkit.kernel.decimals_of`.

    Returns:
        The same kind of frame, its rows and columns as they are, with the column `abc_class` of
        text last. Rows keep their order where they have one: those of DuckDB do not.

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
    """
    policy, decimals = checked_policy(policy), checked_decimals(decimals)
    keys = [customer_id] if category is None else [customer_id, category]
    asked = frame_of(frame, "frame", _wanted(keys, amount))
    if _CLASS in asked.collect_schema():
        way_out = f"drop or rename it: it would be lost (frame.drop(columns={_CLASS!r}))"
        raise InvalidValueError(_CLASS, Words("a column"), "must not be there already", way_out)
    if isinstance(asked, nw.LazyFrame):
        _check(asked, keys, amount, decimals)
        classed = _ask_classes(asked, policy, keys[1:], amount, decimals)
        return cast("IntoFrameT", classed.to_native())
    check_one_currency(asked)
    codes = _count(asked, policy, keys, amount, decimals)
    return cast("IntoFrameT", asked.with_columns(letters(codes, _CLASS, asked)).to_native())


def explain_abc_class(
    frame: IntoFrame,
    customer: str | int,
    *,
    policy: AbcPolicy = HAIER,
    category: str | None = None,
    within: str | int | None = None,
    customer_id: str = "customer_id",
    amount: str = "amount",
    decimals: int = 2,
) -> Explanation[AbcClass]:
    """Explain why a customer is in his class.

    Args:
        frame: What `abc_classes` takes.
        customer: Whose class.
        policy: Where A and B end.
        category: Name of the column within whose values customers are classed.
        within: In which category; needed where the customer has several.
        customer_id: Name of the column of customers.
        amount: Name of the column of amounts.
        decimals: How many decimals the currency has.

    Returns:
        The class with its evidence: `amount`, `rank` among `customers` (1 is the largest; equal
        amounts share a rank), `before` (sum of larger amounts) of `total`, the same as
        `share_before` and, with the customer, `share_with`; the policy's `a_to` and `b_to`.

    Raises:
        InvalidValueError: As `abc_classes`, or if the category must be named.
        NotFoundError: If the customer is not in the frame.

    Units:
        Amounts in the currency, as Decimals; shares 0 to 1.

    Examples:
        >>> import pandas
        >>> sales = pandas.DataFrame({"customer_id": [*"WXYZ"], "amount": [70, 20, 7, 3]})
        >>> why = explain_abc_class(sales, "X")
        >>> why.verdict, why.find("share_before").value
        (<AbcClass.A: 'A'>, Share(0.7))
    """
    policy, decimals = checked_policy(policy), checked_decimals(decimals)
    keys = [customer_id] if category is None else [customer_id, category]
    asked = frame_of(frame, "frame", _wanted(keys, amount))
    _check(asked, keys, amount, decimals)
    lazy = asked.lazy()
    own = lazy.filter(_is(lazy, customer_id, customer, "customer"))
    if category is not None:
        within = _only_category(own, category, within)
        inside = _is(lazy, category, within, "within")
        lazy, own = lazy.filter(inside), own.filter(inside)
    whole = coins_in(amount, decimals)
    found = own.select(whole.alias(amount)).collect()[amount].to_list()
    if not found:
        way_out = "" if category is None else f"not in the category {within!r}"
        raise NotFoundError("customer", str(customer), way_out)
    rank, before, total, customers = _standing(lazy, whole, found[0])
    sums = [Decimal(int(number)).scaleb(-decimals) for number in (found[0], before, total)]
    return _explanation(policy, customer, (rank, customers), sums)


def _standing(frame: Lazy, their: nw.Expr, mine: float) -> tuple[int, ...]:
    """Return rank, sum of larger amounts, sum of all above 0, and how many there are."""
    larger, gain = their > mine, nw.when(their > 0).then(their).otherwise(0.0)
    told = frame.select(
        rank=larger.cast(nw.Int64).sum() + 1,
        before=nw.when(larger).then(gain).otherwise(0.0).sum(),
        total=gain.sum(),
        customers=nw.len(),
    )
    return tuple(int(number) for number in told.collect().row(0))


def _explanation(
    policy: AbcPolicy, customer: str | int, place: tuple[int, int], sums: Sequence[Decimal]
) -> Explanation[AbcClass]:
    amount, before, total = sums
    verdict = policy.class_at(amount, before, total)
    with_him = before + max(amount, Decimal(0))
    shares = [Share(float(part / total)) if total else None for part in (before, with_him)]
    return Explanation(
        verdict=verdict,
        rule=_RULE,
        evidence=(
            Evidence("customer", customer),
            Evidence("amount", amount, Decimal(0), amount > 0),
            Evidence("rank", place[0]),
            Evidence("customers", place[1]),
            Evidence("before", before),
            Evidence("total", total),
            Evidence("share_before", shares[0], policy.a_to, verdict is AbcClass.A),
            Evidence("share_with", shares[1]),
            Evidence("a_to", policy.a_to),
            Evidence("b_to", policy.b_to),
        ),
    )


def _wanted(keys: Sequence[str], amount: str) -> dict[str, ColumnKind]:
    return {**dict.fromkeys(keys, ColumnKind.ID), amount: ColumnKind.NUMBER}


def _check(frame: Eager | Lazy, keys: Sequence[str], amount: str, decimals: int) -> None:
    """Refuse what cannot be classed, by one query."""
    copies = nw.generate_temporary_column_name(8, frame.collect_schema().names())
    whose = "customer" if len(keys) == 1 else "customer of a category"
    way_out = f"add up the rows of each {whose} first: group by {' and '.join(keys)}"
    rule = f"must stand in one row per {whose}"
    twice = Flaw(keys[0], nw.col(copies) > 1, rule, way_out)
    flaws = [*map(empty, [*keys, amount]), not_finite(amount), off_coin(amount, decimals), twice]
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
    gain, falling, total, before = _new_names(columns, 4)
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
    in_a, in_b = (
        (nw.col(gain) > 0) & (nw.col(before) * 1000 < nw.col(total) * permille)
        for permille in (policy.a_permille, policy.b_permille)
    )
    letter = (
        nw.when(in_a)
        .then(nw.lit("A"))
        .otherwise(nw.when(in_b).then(nw.lit("B")).otherwise(nw.lit("C")))
    )
    return counted.with_columns(letter.alias(_CLASS)).select(*columns, _CLASS)


def _new_names(columns: Sequence[str], count: int) -> list[str]:
    names: list[str] = []
    for _ in range(count):
        names.append(nw.generate_temporary_column_name(8, [*columns, *names]))
    return names


def _is(frame: Lazy, column: str, value: str | int | None, argument: str) -> nw.Expr:
    whole = frame.collect_schema()[column].is_integer()
    if not isinstance(value, int if whole else str):
        kind = "a whole number" if whole else "text"
        raise InvalidValueError(argument, value, f"must be {kind}, like the column {column}")
    return nw.col(column) == value


def _only_category(own: Lazy, category: str, within: str | int | None) -> str | int | None:
    if within is not None:
        return within
    several = own.select(category).collect()[category].to_list()
    if len(several) == 1:
        return cast("str | int", several[0])
    rule = "must name a category of the customer"
    raise InvalidValueError("within", within, rule, f"his are {', '.join(map(repr, several))}")


def _count(
    frame: Eager, policy: AbcPolicy, keys: Sequence[str], amount: str, decimals: int
) -> NDArray[np.uint8]:
    """Class the rows of a frame that holds them: 0 for A, 1 for B, 2 for C."""
    amounts = frame[amount].cast(nw.Float64).to_numpy().astype(np.float64, copy=False)
    whole, exact = coins(amounts, decimals)
    whole = np.maximum(whole, 0, out=whole)
    known = not any(frame[key].null_count() for key in keys) and is_unique(frame, keys)
    # What is sound needs no closer look, and a look at every rule takes longer than the classes.
    if not (exact and known and whole.sum() < LIMIT):
        _check(frame, keys, amount, decimals)
    return classes_of(whole, policy, frame[keys[1]].to_list() if keys[1:] else None)
