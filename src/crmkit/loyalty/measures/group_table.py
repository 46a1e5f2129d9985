"""Captive, vulnerable and truly loyal customers: how many there are, and what they are worth.

Law: every customer is in one group, and those of whom it is not known are one of them. Small groups
are kept back, and whatever would reveal them by subtraction.

Source: domain facts L1 and L5; Wilson (1927); the settled rule for small groups.
"""

from __future__ import annotations

from typing import Final

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from crmkit.errors import InvalidValueError
from crmkit.kernel.estimate import check_confidence
from crmkit.kernel.frames import ColumnKind, Flaw, frame_of
from crmkit.loyalty.kinds.loyalty_words import LoyaltyGroup
from crmkit.stats import SmallGroupRule, guard_small_groups, wilson
from crmkit.stats.group_sizes import SMALL_GROUPS, check_rule, strictest

from .group_sums import GroupSums, Sums, group_sums, table_of


_COUNTED: Final = {
    "customers": nw.Int64(),
    "share": nw.Float64(),
    "low": nw.Float64(),
    "high": nw.Float64(),
}
_VALUED: Final = {
    "n_valued": nw.Int64(),
    "value": nw.Float64(),
    "value_share": nw.Float64(),
    "mean_value": nw.Float64(),
}
_NOBODY: Final[Sums] = {"n": 0.0, "valued": 0.0, "value": 0.0}


def loyalty_groups(
    frame: IntoFrameT,
    *,
    loyalty_group: str = "loyalty_group",
    customer_value: str | None = "customer_value",
    rule: SmallGroupRule = SMALL_GROUPS,
    confidence: float = 0.95,
) -> IntoFrameT:
    """Tell how many customers each group of loyalty has, and what they are worth.

    Args:
        frame: One row per customer, as `add_groups` gives it: pandas, polars (eager or lazy),
            DuckDB, PySpark. A lazy frame is asked two aggregate queries.
        loyalty_group: Name of the column of groups.
        customer_value: Name of the column of what customers are worth, such as what they bought
            for or a lifetime value; empty where nobody knows. None to leave values out.
        rule: Which groups are too small to be told.
        confidence: Share of such intervals that hold the true share.

    Returns:
        The same kind of frame, one row for each `LoyaltyGroup` in its order: `loyalty_group`;
        `customers`; their `share` with `low` and `high`, as of a sample of a larger base;
        `n_valued`, of how many the value is known; `value`, the sum of these; `value_share`, of all
        that is known; `mean_value`; and `group_size`, which says why a small group is not told.

    Raises:
        InvalidValueError: If a column is missing or of another kind, a group is none or empty, a
            value is not finite, or there is nobody.

    Units:
        Values in the currency; shares 0 to 1, and those of values as these are, below 0 too.

    Source:
        Wilson (1927).

    Examples:
        >>> import pandas
        >>> groups = ["captive"] * 30 + ["vulnerable"] * 50 + ["true"] * 20
        >>> base = pandas.DataFrame({"loyalty_group": groups, "customer_value": [10.0] * 100})
        >>> told = loyalty_groups(base)
        >>> told[["loyalty_group", "customers", "value_share", "group_size"]].head(3)
          loyalty_group  customers  value_share group_size
        0       captive         30          0.3      shown
        1    vulnerable         50          0.5      shown
        2          true         20          0.2        few
    """
    check_confidence(confidence)
    check_rule(rule)
    sums = _added_up(frame, loyalty_group, customer_value)
    by_group = {str(sums.keys.row(place)[0]): row for place, row in enumerate(sums.rows)}
    rows = [by_group.get(str(group.value), _NOBODY) for group in LoyaltyGroup]
    if not (total := int(sum(row["n"] for row in rows))):
        raise InvalidValueError(loyalty_group, None, "must be told of one customer at least")
    heads = guard_small_groups([int(row["n"]) for row in rows], rule=rule)
    valued = guard_small_groups([int(row["valued"]) for row in rows], rule=rule)
    worth = sum(row["value"] for row in rows)
    told: dict[str, list[object]] = {
        name: [] for name in ("loyalty_group", *_COUNTED, *_VALUED, "group_size")
    }
    for group, row, head, value in zip(LoyaltyGroup, rows, heads, valued, strict=True):
        told["loyalty_group"].append(str(group.value))
        _count(told, row, total, confidence, is_told=not head.is_kept_back)
        both = strictest((head, value)) if customer_value else head
        _value(told, row, worth, is_told=not both.is_kept_back)
        told["group_size"].append(str(both.value if both.is_kept_back else head.value))
    kinds = {"loyalty_group": nw.String(), **_COUNTED}
    kinds |= _VALUED if customer_value else {}
    no_keys = GroupSums(sums.keys.select(), sums.rows)
    return table_of(no_keys, told, {**kinds, "group_size": nw.String()}, frame)


def _added_up(native: IntoFrameT, loyalty_group: str, customer_value: str | None) -> GroupSums:
    wanted = {loyalty_group: ColumnKind.TEXT}
    if customer_value is not None:
        wanted[customer_value] = ColumnKind.NUMBER
    asked = frame_of(native, "frame", wanted)
    known = [str(group.value) for group in LoyaltyGroup]
    unknown = ~nw.col(loyalty_group).cast(nw.String).is_in(known)
    flaws = [Flaw(loyalty_group, unknown, f"must be one of {', '.join(known)}")]
    everybody = nw.col(loyalty_group).is_null() | nw.lit(True)
    sums = {"n": everybody, "valued": nw.lit(0), "value": nw.lit(0.0)}
    if customer_value is not None:
        value = nw.col(customer_value).cast(nw.Float64)
        there = ~nw.col(customer_value).is_null()
        odd = there & ~value.is_finite()
        flaws.append(Flaw(customer_value, odd, "must be a finite number, or empty"))
        sums |= {"valued": there, "value": nw.when(there).then(value).otherwise(0.0)}
    named = asked.with_columns(nw.col(loyalty_group).cast(nw.String))
    return group_sums(named, (loyalty_group,), flaws, sums)


def _count(
    told: dict[str, list[object]], row: Sums, total: int, confidence: float, *, is_told: bool
) -> None:
    share = wilson(int(row["n"]), total, confidence=confidence)
    found = (int(row["n"]), share.value, share.low, share.high)
    for name, value in zip(_COUNTED, found, strict=True):
        told[name].append(value if is_told else None)


def _value(told: dict[str, list[object]], row: Sums, worth: float, *, is_told: bool) -> None:
    valued = int(row["valued"])
    found = (
        valued,
        row["value"],
        row["value"] / worth if worth else None,
        row["value"] / valued if valued else None,
    )
    for name, value in zip(_VALUED, found, strict=True):
        told[name].append(value if is_told else None)
