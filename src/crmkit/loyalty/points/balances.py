"""Balances of all accounts as of any day.

Law: earned + adjusted = redeemed + expired + balance in every row. What lapsed by the day is
expired, whether or not somebody put that down.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final, cast

import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrameT

from crmkit.kernel import instant, to_micros
from crmkit.kernel.frames import Eager, Lazy

from .ledger import (
    ADJUSTED,
    EARNED,
    EXPIRED,
    GIVEN_BACK,
    MOVED,
    REDEEMED,
    SETTLED,
    TAKEN_BACK,
    TERM_CODES,
    WANTED,
    PointsLedger,
    Rows,
    check_ledger,
    checked_postings,
    chosen,
    instant_in,
    sums_by,
)
from .ledger_checks import check_asked_not_overdrawn


if TYPE_CHECKING:
    import pandas as pd

_ADJUSTED: Final = (ADJUSTED, GIVEN_BACK, MOVED, SETTLED, TAKEN_BACK)


def points_balances(postings: IntoFrameT, *, as_of: datetime) -> IntoFrameT:
    """Add up every account as of a moment.

    Args:
        postings: Columns as in `crmkit.loyalty.POINTS_POSTINGS`, in any order: pandas, polars
            (eager or lazy), DuckDB. A lazy frame is checked by two queries and stays lazy.
        as_of: Until when; later postings do not count.

    Returns:
        The same kind of frame, one row per account that has a posting by then: `account_id`,
        `earned`, `adjusted`, `redeemed`, `expired`, `balance`, `debt`. Sorted by account where the
        frame holds its rows.

    Raises:
        InvalidValueError: If a column is missing or of another kind, a value is unfit, points go
            against their act, an account is overdrawn, or `as_of` is naive.

    Units:
        Points, whole.

    Source:
        Science §3: earned + adjusted = redeemed + expired + balance.

    Examples:
        >>> import pandas
        >>> from crmkit.testing import NINE
        >>> rows = pandas.DataFrame(
        ...     {
        ...         "account_id": ["A", "A", "B"],
        ...         "act": ["earned", "redeemed", "earned"],
        ...         "points": [100, -70, 5],
        ...         "debt": [0, 0, 0],
        ...         "posted_at": pandas.Timestamp(NINE),
        ...         "expires_at": pandas.Series([pandas.NaT] * 3, dtype="datetime64[us, UTC]"),
        ...     }
        ... )
        >>> points_balances(rows, as_of=NINE)[["account_id", "earned", "balance"]].values.tolist()
        [['A', 100, 30], ['B', 5, 5]]
    """
    moment = instant(as_of, "as_of")
    asked, _ = checked_postings(postings, WANTED)
    if isinstance(asked, nw.LazyFrame):
        check_asked_not_overdrawn(asked)
        return cast("IntoFrameT", _asked(asked, moment).to_native())
    if not len(asked):
        return cast("IntoFrameT", _asked(asked.lazy(), moment).collect().to_native())
    return cast("IntoFrameT", _added_up(asked, moment))


def _added_up(asked: Eager, as_of: datetime) -> object:
    columns = _columns(Rows.of(asked.select(*WANTED)), as_of)
    schema = {"account_id": asked.collect_schema()["account_id"]}
    schema |= dict.fromkeys([*columns][1:], nw.Int64())
    return nw.from_dict(columns, schema, backend=asked.implementation).to_native()


def ledger_balances(ledger: PointsLedger, *, as_of: datetime) -> pd.DataFrame:
    """Add up every account of a ledger that was read, as of a moment: see `points_balances`.

    Args:
        ledger: All postings of a scheme.
        as_of: Until when; later postings do not count.

    Returns:
        One row per account that has a posting by then, sorted by account: the columns of
        `points_balances`.

    Raises:
        InvalidValueError: If `as_of` is naive.

    Units:
        Points, whole.

    Examples:
        >>> import pandas
        >>> from crmkit.testing import NINE
        >>> rows = pandas.DataFrame(
        ...     {
        ...         "account_id": ["A", "A"],
        ...         "act": ["earned", "redeemed"],
        ...         "points": [100, -70],
        ...         "debt": 0,
        ...         "posted_at": pandas.Timestamp(NINE),
        ...         "earned_at": pandas.Timestamp(NINE),
        ...         "expires_at": pandas.Series([pandas.NaT] * 2, dtype="datetime64[us, UTC]"),
        ...         "source": "sale",
        ...         "amount": [1000.0, None],
        ...         "currency": "CNY",
        ...     }
        ... )
        >>> ledger = PointsLedger.of(rows, currency="CNY", timezone="UTC")
        >>> ledger_balances(ledger, as_of=NINE)["balance"].to_list()
        [30]
    """
    check_ledger(ledger)
    columns = _columns(ledger.rows, instant(as_of, "as_of"))
    made: pd.DataFrame = nw.from_dict(columns, backend="pandas").to_native()
    return made


def _columns(rows: Rows, as_of: datetime) -> dict[str, object]:
    end, size = to_micros(as_of), len(rows.accounts)
    picked = chosen(rows.posted <= end)
    account, points = rows.account[picked], rows.points[picked]
    # Account and term in one number: one sum tells all terms.
    keys = account * TERM_CODES + rows.term[picked]
    table = sums_by(keys, points, TERM_CODES * size).reshape(-1, TERM_CODES)
    lapsed = np.flatnonzero(rows.expires[picked] <= end)
    void = sums_by(account[lapsed], points[lapsed], size)
    owing = np.flatnonzero(rows.debt[picked])
    debt = sums_by(account[owing], rows.debt[picked][owing], size)
    there = np.bincount(account, minlength=size) > 0
    kept = chosen(there)
    return {
        "account_id": rows.ids(there),
        "earned": table[kept, EARNED],
        "adjusted": sum(table[kept, term] for term in _ADJUSTED),
        "redeemed": -table[kept, REDEEMED],
        "expired": void[kept] - table[kept, EXPIRED],
        "balance": table[kept].sum(axis=1) - void[kept],
        "debt": debt[kept],
    }


def _asked(asked: Lazy, as_of: datetime) -> Lazy:
    points, act = nw.col("points").cast(nw.Int64), nw.col("act")
    terms = {
        name: nw.when(act == name).then(points).otherwise(0)
        for name in ("earned", "redeemed", "expired")
    }
    void = nw.col("expires_at") <= instant_in(asked, "expires_at", as_of)
    known = nw.col("posted_at") <= instant_in(asked, "posted_at", as_of)
    counted = asked.filter(known).select(
        "account_id",
        points=points,
        debt=nw.col("debt").cast(nw.Int64),
        void=nw.when(void).then(points).otherwise(0),
        **terms,
    )
    names = ("points", "debt", "void", *terms)
    sums = counted.group_by("account_id").agg(*(nw.col(name).sum() for name in names))
    return _told(sums.with_columns(*(nw.col(name).cast(nw.Int64) for name in names)))


def _told(sums: Lazy) -> Lazy:
    points, earned = nw.col("points"), nw.col("earned")
    redeemed, expired, void = nw.col("redeemed"), nw.col("expired"), nw.col("void")
    return sums.select(
        "account_id",
        "earned",
        (points - earned - redeemed - expired).alias("adjusted"),
        redeemed=0 - redeemed,
        expired=void - expired,
        balance=points - void,
        debt=nw.col("debt"),
    )
