"""Captive, vulnerable and truly loyal customers: how many there are, and what they are worth.

Law: every customer is in one group, and those of whom it is not known are one of them. Small groups
are kept back, and whatever would reveal them by subtraction.

Source: domain facts L1 and L5; Wilson (1927); the settled rule for small groups.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from crmkit.errors import InvalidValueError
from crmkit.kernel.estimate import check_confidence
from crmkit.kernel.frames import ColumnKind, Flaw, frame_of
from crmkit.loyalty.kinds.loyalty_words import LoyaltyGroup
from crmkit.stats import SmallGroupRule
from crmkit.stats.group_sizes import SMALL_GROUPS, check_rule, strictest
from crmkit.stats.intervals import normal_quantile, score_ends
from crmkit.stats.small_groups import People, guard_people
from crmkit.stats.weighted import warn_if_few_weigh

from .group_sums import GroupSums, Sums, group_sums, table_of
from .respondents import Respondents, column_name, effective, number_columns, sizes_of


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
_NOBODY: Final[Sums] = dict.fromkeys(
    ("n", "w", "ww", "weightless", "valued", "v", "vv", "value"), 0.0
)


def loyalty_groups(
    frame: IntoFrameT,
    *,
    loyalty_group: str = "loyalty_group",
    customer_value: str | None = "customer_value",
    weights: str | None = None,
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
        weights: Name of the column of customers' weights, none negative: for how many of the base
            each stands; None weighs all alike.
        rule: Which groups are too small to be told.
        confidence: Share of such intervals that hold the true share.

    Returns:
        The same kind of frame, one row for each `LoyaltyGroup` in its order: `loyalty_group`;
        `customers`; their `share` with `low` and `high`, as of a sample of a larger base;
        `n_valued`, of how many the value is known; `value`, the sum of these; `value_share`, of all
        that is known; `mean_value`; and `group_size`, which says why a small group is not told.
        Under weights shares and values are of what the customers stand for, `customers` and
        `n_valued` count those who have a weight, `n_missing` those who have none, and intervals
        know Kish's effective size.

    Raises:
        InvalidValueError: If a column is missing or of another kind, a group is none or empty, a
            value is not finite, a weight is none, or there is nobody who has one.

    Units:
        Values in the currency; shares 0 to 1, and those of values as these are, below 0 too.

    Source:
        Wilson (1927); under weights as `crmkit.stats.weighted_share`.

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
    sums = _added_up(frame, loyalty_group, customer_value, weights)
    by_group = {str(sums.keys.row(place)[0]): row for place, row in enumerate(sums.rows)}
    rows = [by_group.get(str(group.value), _NOBODY) for group in LoyaltyGroup]
    whole = _whole(rows, loyalty_group)
    heads = sizes_of(rows, rule)
    valued = guard_people(_valued(rows), None, rule)
    told: dict[str, list[object]] = {
        name: [] for name in ("loyalty_group", *_COUNTED, *_VALUED, "n_missing", "group_size")
    }
    for group, row, head, value in zip(LoyaltyGroup, rows, heads, valued, strict=True):
        told["loyalty_group"].append(str(group.value))
        _count(told, row, whole, confidence, is_told=not head.is_kept_back)
        both = strictest((head, value)) if customer_value else head
        _value(told, row, whole["value"], is_told=not both.is_kept_back)
        told["n_missing"].append(None if head.is_kept_back else int(row["weightless"]))
        told["group_size"].append(str(both.value if both.is_kept_back else head.value))
    kinds = {"loyalty_group": nw.String(), **_COUNTED}
    kinds |= _VALUED if customer_value else {}
    kinds |= {"n_missing": nw.Int64()} if weights else {}
    no_keys = GroupSums(sums.keys.select(), sums.rows)
    return table_of(no_keys, told, {**kinds, "group_size": nw.String()}, frame)


def _added_up(
    native: IntoFrameT, loyalty_group: str, customer_value: str | None, weights: str | None
) -> GroupSums:
    numbers = number_columns(*_named(customer_value), weights)
    wanted = {column_name(loyalty_group): ColumnKind.TEXT, **numbers}
    asked = frame_of(native, "frame", wanted)
    known = [str(group.value) for group in LoyaltyGroup]
    unknown = ~nw.col(loyalty_group).cast(nw.String).is_in(known)
    flaws = [Flaw(loyalty_group, unknown, f"must be one of {', '.join(known)}")]
    everybody = nw.col(loyalty_group).is_null() | nw.lit(True)
    respondents = Respondents.weighing(weights)
    weight = respondents.weight
    parts = dict.fromkeys(("valued", "v", "vv", "value"), nw.lit(0.0))
    if customer_value is not None:
        value = nw.col(customer_value).cast(nw.Float64)
        there = ~nw.col(customer_value).is_null()
        odd = there & ~value.is_finite()
        flaws.append(Flaw(customer_value, odd, "must be a finite number, or empty"))
        own = {"valued": nw.lit(1.0), "v": weight, "vv": weight * weight, "value": weight * value}
        parts = {name: nw.when(there).then(part).otherwise(0.0) for name, part in own.items()}
    named = asked.with_columns(nw.col(loyalty_group).cast(nw.String))
    sums = respondents.sums(everybody, parts)
    return group_sums(named, (loyalty_group,), [*flaws, *respondents.flaws], sums)


def _valued(rows: Sequence[Sums]) -> People:
    """Return those whose value is known."""
    n = [int(row["valued"]) for row in rows]
    return People(n, [row["v"] for row in rows], [row["vv"] for row in rows])


def _whole(rows: Sequence[Sums], loyalty_group: str) -> Sums:
    """Return the sums of all groups together."""
    whole = {name: math.fsum(row[name] for row in rows) for name in _NOBODY}
    if not whole["n"]:
        rule = "must be told of one customer at least that weighs"
        raise InvalidValueError(loyalty_group, None, rule)
    warn_if_few_weigh(int(whole["n"]), effective(whole), what="customers")
    return whole


def _count(
    told: dict[str, list[object]], row: Sums, whole: Sums, confidence: float, *, is_told: bool
) -> None:
    share = row["w"] / whole["w"]
    ends = score_ends(share, effective(whole), normal_quantile(confidence))
    for name, value in zip(_COUNTED, (int(row["n"]), share, *ends), strict=True):
        told[name].append(value if is_told else None)


def _value(told: dict[str, list[object]], row: Sums, worth: float, *, is_told: bool) -> None:
    found = (
        int(row["valued"]),
        row["value"],
        row["value"] / worth if worth else None,
        row["value"] / row["v"] if row["v"] else None,
    )
    for name, value in zip(_VALUED, found, strict=True):
        told[name].append(value if is_told else None)


def _named(column: str | None) -> tuple[str, ...]:
    return () if column is None else (column,)
