"""The health of many accounts at once.

Law: what a frame is told is what `HealthPolicy.score` tells of one account.

Source: domain fact V5.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, cast

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame, IntoFrameT

from crmkit.kernel import Explanation, Score
from crmkit.kernel.checks import of_kind
from crmkit.kernel.customer_rows import (
    check_new,
    check_once,
    is_equal,
    new_names,
    one_row,
    plain_id,
    unfit_if_given,
)
from crmkit.kernel.frames import ColumnKind, Flaw, empty, find_flaws, frame_of

from .health_policy import ACCOUNT_HEALTH, NOISE, RANGES, HealthFigure, HealthPolicy


_HEALTH: Final = "health"
_MISSING: Final = "health_missing"


def account_health(
    frame: IntoFrameT,
    *,
    policy: HealthPolicy = ACCOUNT_HEALTH,
    customer_id: str = "customer_id",
    stock_days: str = "stock_days",
    margin: str = "margin",
    problems_solved: str = "problems_solved",
    share_of_sales: str = "share_of_sales",
) -> IntoFrameT:
    """Score the health of every account, part by part and as a whole.

    Args:
        frame: One row per account: pandas, polars (eager or lazy), DuckDB, PySpark. A lazy frame is
            checked by one aggregate query and stays lazy. A figure may be empty where it is not
            known.
        policy: How the four figures make one score.
        customer_id: Name of the column of customers, each in one row.
        stock_days: Name of the column of the days for which the customer's stock lasts.
        margin: Name of the column of the customer's margin on what he sells.
        problems_solved: Name of the column of the share of his problems that were solved.
        share_of_sales: Name of the column of our share of what he sells.

    Returns:
        The same kind of frame, its rows and columns as they are, with six columns last: the score
        of each figure, `stock_days_score`, `margin_score`, `problems_solved_score` and
        `share_of_sales_score`, empty where the figure is; `health`, the weighted score of what is
        known, empty where too little is; and `health_missing`, how many figures are not known.

    Raises:
        InvalidValueError: If a column is missing or of another kind, a customer is empty or stands
            in two rows, a figure cannot be what it is called, or a column would be lost.

    Units:
        Days; shares 0 to 1; scores 0 to 100.

    Source:
        Domain fact V5.

    Examples:
        >>> import pandas
        >>> accounts = pandas.DataFrame(
        ...     {
        ...         "customer_id": ["V"],
        ...         "stock_days": [60],
        ...         "margin": [0.15],
        ...         "problems_solved": [1.0],
        ...         "share_of_sales": [0.3],
        ...     }
        ... )
        >>> told = account_health(accounts)
        >>> told[["stock_days_score", "health", "health_missing"]].values.tolist()
        [[50.0, 65.0, 0.0]]
    """
    of_kind(policy, HealthPolicy, "policy")
    columns = _columns(stock_days, margin, problems_solved, share_of_sales)
    asked = frame_of(frame, "frame", _wanted(customer_id, columns))
    parts = {figure: f"{figure.value}_score" for figure in HealthFigure}
    check_new(asked, *parts.values(), _HEALTH, _MISSING)
    (copies,) = new_names(asked.collect_schema().names(), 1)
    counted = asked.with_columns(nw.len().over(customer_id).alias(copies))
    flaws = [empty(customer_id), *_flaws(columns), check_once([customer_id], copies)]
    find_flaws(counted, flaws)
    scored = asked.with_columns(
        **{parts[figure]: _score(policy, figure, column) for figure, column in columns.items()}
    )
    weight, points, missing = nw.lit(0.0), nw.lit(0.0), nw.lit(0)
    for figure, part in parts.items():
        share, gone = float(policy.scales[figure].weight), nw.col(part).is_null()
        weight = weight + nw.when(gone).then(0.0).otherwise(share)
        points = points + nw.when(gone).then(0.0).otherwise(nw.col(part) * share)
        missing = missing + nw.when(gone).then(1).otherwise(0)
    enough = (weight > 0) & (weight >= float(policy.min_known) - NOISE)
    told = scored.with_columns(
        nw.when(enough).then(points / weight).alias(_HEALTH), missing.alias(_MISSING)
    )
    return cast("IntoFrameT", told.to_native())


def explain_account_health(
    frame: IntoFrame,
    customer: str | int,
    *,
    policy: HealthPolicy = ACCOUNT_HEALTH,
    customer_id: str = "customer_id",
    stock_days: str = "stock_days",
    margin: str = "margin",
    problems_solved: str = "problems_solved",
    share_of_sales: str = "share_of_sales",
) -> Explanation[Score | None]:
    """Explain the health of one account, part by part.

    Args:
        frame: What `account_health` takes, with one row for the customer.
        customer: Whose account.
        policy: How the four figures make one score.
        customer_id: Name of the column of customers.
        stock_days: Name of the column of stock turnover days.
        margin: Name of the column of margins.
        problems_solved: Name of the column of shares of problems solved.
        share_of_sales: Name of the column of our shares of sales.

    Returns:
        As `HealthPolicy.explain`.

    Raises:
        InvalidValueError: As `account_health`, or if the customer has several rows.
        NotFoundError: If the customer is not in the frame.

    Examples:
        >>> import pandas
        >>> figures = {"stock_days": [60], "margin": [0.15], "problems_solved": [1.0]}
        >>> accounts = pandas.DataFrame({"customer_id": ["V"], **figures, "share_of_sales": [0.3]})
        >>> explain_account_health(accounts, "V").verdict
        Score(65)
    """
    customer = plain_id(customer)
    of_kind(policy, HealthPolicy, "policy")
    columns = _columns(stock_days, margin, problems_solved, share_of_sales)
    asked = frame_of(frame, "frame", _wanted(customer_id, columns))
    find_flaws(asked, [empty(customer_id), *_flaws(columns)])
    lazy = asked.lazy()
    own = lazy.filter(is_equal(lazy, customer_id, customer, "customer"))
    figures = {str(figure.value): nw.col(name) for figure, name in columns.items()}
    row = one_row(own.select(**figures), customer)
    known = {
        name: None if value is None else float(cast("float", value)) for name, value in row.items()
    }
    return policy.explain(customer, known)


def _columns(*names: str) -> dict[HealthFigure, str]:
    return dict(zip(HealthFigure, names, strict=True))


def _wanted(customer_id: str, columns: Mapping[HealthFigure, str]) -> dict[str, ColumnKind]:
    return {customer_id: ColumnKind.ID, **dict.fromkeys(columns.values(), ColumnKind.NUMBER)}


def _flaws(columns: Mapping[HealthFigure, str]) -> list[Flaw]:
    return [
        flaw for figure, name in columns.items() for flaw in unfit_if_given(name, *RANGES[figure])
    ]


def _score(policy: HealthPolicy, figure: HealthFigure, column: str) -> nw.Expr:
    scale = policy.scales[figure]
    way = (nw.col(column).cast(nw.Float64) - scale.worst) / (scale.best - scale.worst)
    return way.clip(0.0, 1.0) * 100.0
