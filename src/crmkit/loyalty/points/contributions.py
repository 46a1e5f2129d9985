"""Points as a measure of what a customer contributes (客户积分), and tiers of a whole base.

Law: what counts is what was earned, less what was taken back; what was spent of it does not matter.

Source: domain fact L6: points as a measure of a customer's contribution.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final, cast

import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrameT

from crmkit.kernel import from_micros, instant, to_micros
from crmkit.kernel.frames import ColumnKind, Eager
from crmkit.stats.days import instants
from crmkit.stats.sorted_rows import changes

from .ledger import (
    WANTED,
    account_codes,
    checked_postings,
    collected,
    instant_in,
    whole_numbers,
)
from .tiers import TierAct, TierScheme


_EARNED: Final = ("earned", "taken_back")
_WANTED: Final = {**WANTED, "customer_id": ColumnKind.ID}


def points_contribution(postings: IntoFrameT, *, since: datetime, until: datetime) -> IntoFrameT:
    """Tell what each customer contributed within some time, in points earned.

    Args:
        postings: Columns as in `crmkit.loyalty.POINTS_POSTINGS`, in any order: pandas, polars
            (eager or lazy), DuckDB. A lazy frame stays lazy.
        since: From when on.
        until: Until before when.

    Returns:
        The same kind of frame, one row per customer who earned, or had points taken back:
        `customer_id`, `contribution` (points earned, less those of returned goods, spent ones
        among them), `contribution_share` (of all; empty where all is not above 0). Sorted by
        customer where the frame holds its rows. `crmkit.value.abc_classes` makes classes of it.

    Raises:
        InvalidValueError: If a column is missing or of another kind, a value is unfit, or a time is
            naive.

    Units:
        Points, whole; shares 0 to 1, below 0 where more went back than came.

    Examples:
        >>> import pandas
        >>> from datetime import timedelta
        >>> from crmkit.testing import NINE
        >>> rows = pandas.DataFrame(
        ...     {
        ...         "account_id": ["club/C-7", "club/C-7", "club/C-8"],
        ...         "customer_id": ["C-7", "C-7", "C-8"],
        ...         "act": ["earned", "redeemed", "earned"],
        ...         "points": [75, -70, 25],
        ...         "debt": 0,
        ...         "posted_at": pandas.Timestamp(NINE),
        ...         "expires_at": pandas.Timestamp(NINE + timedelta(days=730)),
        ...     }
        ... )
        >>> told = points_contribution(rows, since=NINE, until=NINE + timedelta(days=1))
        >>> told.values.tolist()
        [['C-7', 75, 0.75], ['C-8', 25, 0.25]]
    """
    first, last = instant(since, "since"), instant(until, "until")
    asked, _ = checked_postings(postings, _WANTED)
    counted = asked.lazy().filter(
        nw.col("act").is_in(_EARNED),
        nw.col("posted_at") >= instant_in(asked, "posted_at", first),
        nw.col("posted_at") < instant_in(asked, "posted_at", last),
    )
    # What is owed for returned goods was earned once, and spent: it is no contribution either.
    points = nw.col("points").cast(nw.Int64) - nw.col("debt").cast(nw.Int64)
    sums = counted.select("customer_id", contribution=points)
    sums = sums.group_by("customer_id").agg(nw.col("contribution").sum())
    sums = sums.with_columns(nw.col("contribution").cast(nw.Int64))
    told = nw.col("contribution").cast(nw.Float64)
    whole = sums.select(whole=told.sum())
    joined = sums.join(whole, how="cross").select(
        "customer_id",
        "contribution",
        contribution_share=nw.when(nw.col("whole") > 0).then(told / nw.col("whole")),
    )
    if isinstance(asked, nw.LazyFrame):
        return cast("IntoFrameT", joined.to_native())
    own = joined.collect().sort("customer_id")
    return cast("IntoFrameT", nw.maybe_reset_index(own).to_native())


def points_tiers(postings: IntoFrameT, *, scheme: TierScheme, as_of: datetime) -> IntoFrameT:
    """Tell the tier of every account at a moment.

    Args:
        postings: Columns as in `crmkit.loyalty.POINTS_POSTINGS`, in any order, of any engine that
            narwhals knows; a lazy frame is asked for the columns needed.
        scheme: The tiers, and how one comes to them.
        as_of: At which moment.

    Returns:
        One row per account that earned by then, sorted by account: `account_id`, `tier`,
        `tier_act` (how it came to it), `granted_until` (empty for the lowest tier), `points`
        (within the window), `points_to_next` (empty in the highest tier). Of the engine of a frame
        that holds its rows; of pandas for another.

    Raises:
        InvalidValueError: If a column is missing or of another kind, a value is unfit, or `as_of`
            is naive.

    Units:
        Points, whole.

    Examples:
        >>> import pandas
        >>> from datetime import timedelta
        >>> from crmkit.kernel import Text
        >>> from crmkit.loyalty import PointsTier
        >>> from crmkit.testing import NINE
        >>> rows = pandas.DataFrame(
        ...     {
        ...         "account_id": ["A", "B"],
        ...         "act": "earned",
        ...         "points": [5200, 25],
        ...         "debt": 0,
        ...         "posted_at": pandas.Timestamp(NINE),
        ...         "expires_at": pandas.Timestamp(NINE + timedelta(days=730)),
        ...     }
        ... )
        >>> tiers = (
        ...     PointsTier("basic", Text("Basic", "普卡"), 0),
        ...     PointsTier("gold", Text("Gold", "金卡"), 5000),
        ... )
        >>> club = TierScheme(name="club", tiers=tiers)
        >>> told = points_tiers(rows, scheme=club, as_of=NINE + timedelta(days=1))
        >>> told[["account_id", "tier"]].values.tolist()
        [['A', 'gold'], ['B', 'basic']]
    """
    end = instant(as_of, "as_of")
    asked, _ = checked_postings(postings, WANTED)
    frame = collected(asked, WANTED)
    frame = frame.filter(nw.col("act").is_in(_EARNED))
    names = ("tier", "tier_act", "granted_until", "points", "points_to_next")
    told: dict[str, list[object]] = {"account_id": [], **{name: [] for name in names}}
    for account, earned in _earned(frame, end):
        why = scheme.explain(earned, as_of=end)
        told["account_id"].append(account)
        told["tier"].append(why.verdict)
        told["tier_act"].append(cast("TierAct", why.find("act").value).value)
        for name in names[2:]:
            told[name].append(why.find(name).value)
    schema = {
        "account_id": frame.collect_schema()["account_id"],
        "tier": nw.String(),
        "tier_act": nw.String(),
        "granted_until": nw.Datetime("us", "UTC"),
        "points": nw.Int64(),
        "points_to_next": nw.Float64(),
    }
    backend = asked.implementation if isinstance(asked, nw.DataFrame) else "pandas"
    return cast("IntoFrameT", nw.from_dict(told, schema, backend=backend).to_native())


def _earned(frame: Eager, end: datetime) -> Iterator[tuple[object, list[tuple[datetime, int]]]]:
    """Yield what each account earned by a moment, less what was taken back, account by account."""
    if not len(frame):
        return
    codes, names = account_codes(frame["account_id"])
    posted = instants(frame["posted_at"])
    points = whole_numbers(frame["points"]) - whole_numbers(frame["debt"])
    order = np.argsort(codes, kind="stable")
    order = order[posted[order] <= to_micros(end)]
    starts = np.flatnonzero(changes(codes[order])) if len(order) else order
    for rows in np.split(order, starts[1:]) if len(order) else ():
        times, counts = posted[rows].tolist(), points[rows].tolist()
        yield (
            names[codes[rows[0]]],
            [(from_micros(at), count) for at, count in zip(times, counts, strict=True)],
        )
