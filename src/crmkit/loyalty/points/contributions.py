"""Points as a measure of what a customer contributes (客户积分).

Law: what counts is what was earned, less what was taken back of it, whenever that was; what was
spent of it does not matter.

Source: domain fact L6: points as a measure of a customer's contribution.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, cast

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from crmkit.errors import InvalidValueError
from crmkit.kernel import instant
from crmkit.kernel.frames import ColumnKind, Lazy

from .ledger import check_one_scheme, checked_postings, instant_in
from .ledger_checks import COUNTED


_WANTED: Final = {
    "customer_id": ColumnKind.ID,
    "act": ColumnKind.TEXT,
    "points": ColumnKind.NUMBER,
    "debt": ColumnKind.NUMBER,
    "earned_at": ColumnKind.TIME,
}


def points_contribution(postings: IntoFrameT, *, since: datetime, until: datetime) -> IntoFrameT:
    """Tell what each customer contributed within some time, in points earned.

    Points count when they were earned, although they were put down later; those of goods that came
    back, where they had been earned: a return in January lowers what December contributed.

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
        InvalidValueError: If a column is missing or of another kind, a value is unfit, a time is
            naive, or `until` lies before `since`.

    Units:
        Points, whole; shares 0 to 1, below 0 where more went back than came.

    Examples:
        >>> import pandas
        >>> from datetime import timedelta
        >>> from crmkit.testing import NINE
        >>> rows = pandas.DataFrame(
        ...     {
        ...         "customer_id": ["C-7", "C-7", "C-8"],
        ...         "act": ["earned", "redeemed", "earned"],
        ...         "points": [75, -70, 25],
        ...         "debt": 0,
        ...         "earned_at": pandas.Timestamp(NINE),
        ...     }
        ... )
        >>> told = points_contribution(rows, since=NINE, until=NINE + timedelta(days=1))
        >>> told.values.tolist()
        [['C-7', 75, 0.75], ['C-8', 25, 0.25]]
    """
    first, last = instant(since, "since"), instant(until, "until")
    _check_order(first, last)
    asked, _ = checked_postings(postings, _WANTED)
    check_one_scheme(asked)
    counted = asked.lazy().filter(
        nw.col("act").is_in(COUNTED),
        nw.col("earned_at") >= instant_in(asked, "earned_at", first),
        nw.col("earned_at") < instant_in(asked, "earned_at", last),
    )
    # What is owed for returned goods was earned once, and spent: it is no contribution either.
    points = nw.col("points").cast(nw.Int64) - nw.col("debt").cast(nw.Int64)
    each = counted.select("customer_id", contribution=points).group_by("customer_id")
    sums = each.agg(nw.col("contribution").sum()).with_columns(
        nw.col("contribution").cast(nw.Int64)
    )
    joined = _shared(sums)
    if isinstance(asked, nw.LazyFrame):
        return cast("IntoFrameT", joined.to_native())
    own = joined.collect().sort("customer_id")
    return cast("IntoFrameT", nw.maybe_reset_index(own).to_native())


def _check_order(since: datetime, until: datetime) -> None:
    if until < since:
        raise InvalidValueError("until", until, f"must not be before since, {since}")


def _shared(sums: Lazy) -> Lazy:
    """Add the share of all; empty where all is not above 0."""
    told = nw.col("contribution").cast(nw.Float64)
    whole = sums.select(whole=told.sum())
    return sums.join(whole, how="cross").select(
        "customer_id",
        "contribution",
        contribution_share=nw.when(nw.col("whole") > 0).then(told / nw.col("whole")),
    )
