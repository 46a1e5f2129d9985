"""The customer pyramid: who stands where, by any measure.

Law: a customer stands on the tier of the share of customers worth *more* than he; who is worth the
same stands on the same tier. What an engine does with a question and what arrays do with rows is
one definition.

Source: domain fact V3.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, cast

import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrame, IntoFrameT
from numpy.typing import NDArray

from crmkit.kernel import Evidence, Explanation, Rule, Share, Text
from crmkit.kernel.checks import of_kind
from crmkit.kernel.customer_rows import check_new, check_once, one_row, plain_id, rows_within
from crmkit.kernel.frames import (
    ColumnKind,
    Eager,
    Flaw,
    Lazy,
    empty,
    find_flaws,
    frame_of,
    not_finite,
)
from crmkit.value.coins import LIMIT, checked_places, coins_in

from .class_arrays import in_order, numbered
from .pyramid_policy import CURRY, CustomerTier, PyramidPolicy
from .share_bars import FALLS, RISES


_TIER: Final = "tier"
_VALUE: Final = "value"

_SAID: Final = Text(
    "customer {customer} is {verdict}: {ahead} of {customers} customers, {share_ahead}, are worth "
    "more than his {measure}; VIP goes to {vip_to}, major to {major_to}, ordinary to {ordinary_to}",
    "客户{customer}为{verdict}：{customers}位客户中有{ahead}位（{share_ahead}）高于其{measure}；"
    "重要客户至{vip_to}，主要客户至{major_to}，普通客户至{ordinary_to}",
)


def customer_pyramid(
    frame: IntoFrameT,
    *,
    policy: PyramidPolicy = CURRY,
    category: str | None = None,
    customer_id: str = "customer_id",
    measure: str = "amount",
    decimals: int = 6,
) -> IntoFrameT:
    """Add the tier of every customer by any measure: `tier`, as `CustomerTier` stores it.

    Args:
        frame: One row per customer, or per customer and category: pandas, polars (eager or lazy),
            DuckDB, PySpark. A lazy frame is checked by one aggregate query and stays lazy.
        policy: Where the tiers end.
        category: Name of the column within whose values customers are ranked; None for all
            together.
        customer_id: Name of the column of customers: text or whole numbers.
        measure: Name of the column of what they are worth: amount, profit, expected value.
        decimals: To how many decimals values are compared: no noise of floats parts two customers.

    Returns:
        The same kind of frame, its rows and columns as they are, with the column `tier` of text
        last: "vip", "major", "ordinary" or "small". Rows keep their order where they have one.

    Raises:
        InvalidValueError: If a column is missing or of another kind, a value is empty, not finite,
            or too large to be compared to so many decimals, a customer stands in two rows, or there
            is a column `tier` already.

    Units:
        The measure in whatever it counts; more is better.

    Source:
        Domain fact V3.

    Examples:
        >>> import pandas
        >>> sales = pandas.DataFrame({"customer_id": range(10), "profit": range(10, 0, -1)})
        >>> customer_pyramid(sales, measure="profit")["tier"].to_list()[:4]
        ['vip', 'ordinary', 'small', 'small']
    """
    of_kind(policy, PyramidPolicy, "policy")
    keys = [customer_id] if category is None else [customer_id, category]
    asked = _checked(frame, keys, measure, decimals)
    check_new(asked, _TIER)
    if isinstance(asked, nw.LazyFrame):
        told = _ask_tiers(asked, policy, keys[1:], measure, decimals)
        return cast("IntoFrameT", told.to_native())
    values = asked.select(coins_in(measure, decimals).alias(_VALUE))[_VALUE].to_numpy()
    codes = _tiers(values, policy, numbered(asked[keys[1]]) if keys[1:] else None)
    words = nw.new_series(
        _TIER, [str(tier.value) for tier in CustomerTier], nw.String, backend=asked.implementation
    )
    return cast("IntoFrameT", asked.with_columns(words[codes]).to_native())


def explain_tier(
    frame: IntoFrame,
    customer: str | int,
    *,
    policy: PyramidPolicy = CURRY,
    category: str | None = None,
    within: str | int | None = None,
    customer_id: str = "customer_id",
    measure: str = "amount",
    decimals: int = 6,
) -> Explanation[CustomerTier]:
    """Explain why a customer stands on his tier, and what parts him from the next.

    Args:
        frame: What `customer_pyramid` takes.
        customer: Whose tier.
        policy: Where the tiers end.
        category: Name of the column within whose values customers are ranked.
        within: In which category; needed where the customer has several.
        customer_id: Name of the column of customers.
        measure: Name of the column of what they are worth.
        decimals: To how many decimals values are compared.

    Returns:
        The tier with its evidence: `measure`, `rank`, how many are `ahead` of how many `customers`,
        the same as `share_ahead`; the policy's `vip_to`, `major_to` and `ordinary_to`; `rises_at`,
        the least value with which he would stand higher, and `stays_from`, the least with which he
        stands where he is: everybody else as he is. None where there is no better, or no worse.

    Raises:
        InvalidValueError: As `customer_pyramid`, or if the category must be named.
        NotFoundError: If the customer is not in the frame.

    Units:
        Values in the unit of the measure; shares 0 to 1.

    Examples:
        >>> import pandas
        >>> sales = pandas.DataFrame({"customer_id": range(10), "profit": range(10, 0, -1)})
        >>> why = explain_tier(sales, 1, measure="profit")
        >>> why.verdict, why.find("rises_at").value, why.find("stays_from").value
        (<CustomerTier.ORDINARY: 'ordinary'>, 10.0, 8.0)
    """
    customer = plain_id(customer)
    of_kind(policy, PyramidPolicy, "policy")
    keys = [customer_id] if category is None else [customer_id, category]
    asked = _checked(frame, keys, measure, decimals)
    lazy, own, way_out = rows_within(asked.lazy(), customer, customer_id, category, within)
    value = coins_in(measure, decimals).alias(_VALUE)
    mine = float(cast("float", one_row(own.select(value), customer, way_out)[_VALUE]))
    mates = lazy.filter(nw.col(customer_id) != customer).select(value)
    ahead, others = (
        mates.select((nw.col(_VALUE) > mine).cast(nw.Int64).sum().alias("a"), n=nw.len())
        .collect()
        .row(0)
    )
    place = int(ahead or 0), int(others) + 1
    bars = _bars(policy, place, mates)
    told = [None if bar is None else bar / 10**decimals for bar in bars]
    return _explanation(policy, customer, mine / 10**decimals, place, told)


def _explanation(
    policy: PyramidPolicy,
    customer: str | int,
    value: float,
    place: tuple[int, int],
    bars: Sequence[float | None],
) -> Explanation[CustomerTier]:
    ahead, customers = place
    tier, share = policy.tier_at(ahead, customers), Share(ahead / customers)
    rises_at, stays_from = bars
    tails = [RISES] * (rises_at is not None) + [FALLS] * (stays_from is not None)
    en = "; ".join([_SAID.en, *([", and ".join(tail.en for tail in tails)] if tails else [])])
    zh = "；".join([_SAID.zh, *(["，".join(tail.zh for tail in tails)] if tails else [])])
    return Explanation(
        verdict=tier,
        rule=Rule(code="value.pyramid", says=Text(en, zh), source="V3: tiers by shares of heads"),
        evidence=(
            Evidence("customer", customer),
            Evidence("measure", value),
            Evidence("rank", ahead + 1),
            Evidence("ahead", ahead),
            Evidence("customers", customers),
            Evidence("share_ahead", share),
            *(Evidence(name, getattr(policy, name)) for name in ("vip_to", "major_to")),
            Evidence("ordinary_to", policy.ordinary_to),
            Evidence("rises_at", rises_at),
            Evidence("stays_from", stays_from),
        ),
    )


def _bars(
    policy: PyramidPolicy, place: tuple[int, int], mates: Lazy
) -> tuple[float | None, float | None]:
    """Return where the better tier and his own begin for him."""
    tier = [*CustomerTier].index(policy.tier_at(*place))
    # So many may be worth more, and one fewer: he needs as much as the last of them.
    heads = [-(-permille * place[1] // 1000) for permille in policy.permilles]
    above = heads[tier - 1] if tier else None
    own = heads[tier] if tier < len(heads) and heads[tier] < place[1] else None
    return tuple(None if n is None else _largest(mates, n) for n in (above, own))  # type: ignore[return-value]  # two of two


def _largest(mates: Lazy, place: int) -> float:
    """Return the value of the customer at a place, the first being the largest."""
    first = mates.sort(_VALUE, descending=True).head(place)
    return float(first.select(nw.col(_VALUE).min()).collect().row(0)[0])


def _checked(frame: IntoFrame, keys: Sequence[str], measure: str, decimals: int) -> Eager | Lazy:
    """Refuse what cannot be ranked, by one query."""
    wanted = {**dict.fromkeys(keys, ColumnKind.ID), measure: ColumnKind.NUMBER}
    checked_places(decimals)
    asked = frame_of(frame, "frame", wanted)
    copies = nw.generate_temporary_column_name(8, asked.collect_schema().names())
    rule = f"must be below {LIMIT} / 10^{decimals} to be compared to so many decimals"
    large = Flaw(measure, coins_in(measure, decimals).abs() >= LIMIT, rule, "give fewer decimals=")
    flaws = [*map(empty, [*keys, measure]), not_finite(measure), large, check_once(keys, copies)]
    find_flaws(asked.with_columns(nw.len().over(*keys).alias(copies)), flaws)
    return asked


def _tiers(
    values: NDArray[np.float64], policy: PyramidPolicy, categories: NDArray[np.integer] | None
) -> NDArray[np.intp]:
    """Rank the rows of a frame that holds them: 0 for VIP to 3 for small."""
    if categories is None:
        return _below(values, policy)
    order = in_order(categories)
    ends = np.cumsum(np.bincount(categories))
    tiers = np.empty(len(values), np.intp)
    for part in np.split(order, ends[:-1]):
        tiers[part] = _below(values[part], policy)
    return tiers


def _below(values: NDArray[np.float64], policy: PyramidPolicy) -> NDArray[np.intp]:
    """Count for each value how many tiers begin above it."""
    count = len(values)
    if not count:
        return np.zeros(0, np.intp)
    falling = np.sort(values)[::-1]
    bars = [falling[-(-permille * count // 1000) - 1] for permille in policy.permilles]
    tiers = np.zeros(count, np.intp)
    for bar in bars:
        tiers += values < bar
    return tiers


def _ask_tiers(
    frame: Lazy, policy: PyramidPolicy, within: Sequence[str], measure: str, decimals: int
) -> Lazy:
    """Rank the rows of a frame that is still a question, in its engine."""
    columns = frame.collect_schema().names()
    value, ahead, heads = (nw.generate_temporary_column_name(8, [*columns, name]) for name in "vah")
    rank, count = nw.col(value).rank("min", descending=True), nw.len()
    if within:
        rank, count = rank.over(*within), count.over(*within)
    counted = frame.with_columns(coins_in(measure, decimals).alias(value)).with_columns(
        (rank.cast(nw.Int64) - 1).alias(ahead), count.cast(nw.Int64).alias(heads)
    )
    told = nw.lit(str(CustomerTier.SMALL.value))
    for tier, permille in reversed([*zip(CustomerTier, policy.permilles, strict=False)]):
        is_in = nw.col(ahead) * 1000 < nw.col(heads) * permille
        told = nw.when(is_in).then(nw.lit(str(tier.value))).otherwise(told)
    return counted.with_columns(told.alias(_TIER)).select(*columns, _TIER)
