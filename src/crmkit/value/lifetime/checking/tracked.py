r"""What a model expects beside what was counted: over time, and by how often customers had bought.

$\sum_i E[X(t - t_i)]$ is expected of customers who came at times $t_i$, whatever they did since;
nothing that they did is looked at, but when they came.

Source: Fader, Hardie and Lee (2005), figures 2 to 5: the tracking plots and the conditional
expectations, as every paper on these models shows them.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrameT
from numpy.typing import NDArray

from crmkit.errors import InvalidValueError
from crmkit.kernel.frames import Lazy, Words
from crmkit.value.lifetime.asked_of_models import checked_count
from crmkit.value.lifetime.lifetime_model import LifetimeModel
from crmkit.value.lifetime.repeat_buying import TimedModel, check_timed
from crmkit.value.lifetime.rows import NEWCOMER, Floats
from crmkit.value.purchases.bought_days import BoughtDays, bought_days
from crmkit.value.purchases.purchase_state import RfmState, checked_day
from crmkit.value.purchases.purchase_window import DAYS_IN, Names

from .hold_outs import HoldOut
from .outcomes import Outcomes, check_unit


if TYPE_CHECKING:
    import pandas as pd


_EPOCH: Final = date(1970, 1, 1)
_Whole = NDArray[np.int64]


def tracking_table(
    model: TimedModel,
    orders: IntoFrameT | RfmState[IntoFrameT],
    *,
    cut: date,
    until: date,
    every: int = 1,
    timezone: str | None = None,
    customer_id: str = "customer_id",
    ordered_at: str = "ordered_at",
    amount: str = "amount",
) -> pd.DataFrame:
    """Follow what a model expects of customers beside what is counted, period by period.

    Args:
        model: Fitted on what was known at the cut.
        orders: Orders, or the state of such; of a lazy frame the engine counts the days.
        cut: Customers who came later are left out.
        until: The last day; the record must go as far.
        every: How many units of the model's time a period has; the last may end after `until` and
            is left out then.
        timezone: The shop's zone, as for `rfm_table`.
        customer_id: Name of the column of customers.
        ordered_at: Name of the column of dates or instants.
        amount: Name of the column of amounts.

    Returns:
        One row a period, from the first purchase on: `period_end` (its last day), `expected` and
        `counted` repeat purchases in it, both `_so_far`, and `held_out`: whether it lies after the
        cut.

    Raises:
        InvalidValueError: As `rfm_table`; and if the end is not after the cut, or nobody came by
            it.

    Units:
        Days with a purchase, first ones aside.

    Source:
        Fader, Hardie and Lee (2005), figures 2 and 3.

    Examples:
        >>> from datetime import date
        >>> import pandas
        >>> from crmkit.value import MBGNBD
        >>> days = [date(2026, 1, 1), date(2026, 1, 5), date(2026, 1, 15), date(2026, 1, 20)]
        >>> orders = pandas.DataFrame(
        ...     {"customer_id": [*"XYXZ"], "ordered_at": days, "amount": [9.0, 5.0, 2.5, 4.0]}
        ... )
        >>> model = MBGNBD(0.525, 6.183, 0.891, 1.614, unit="W")
        >>> told = tracking_table(model, orders, cut=date(2026, 1, 14), until=date(2026, 1, 21))
        >>> told[["counted", "held_out"]].to_numpy().tolist()
        [[0, False], [0, False], [1, True]]
        >>> told["expected_so_far"].round(3).tolist()
        [0.061, 0.164, 0.261]
    """
    # Loaded here: the table is small, whatever the frame.
    import pandas as pd

    check_timed(model)
    first_cut, last = checked_day(cut, "cut"), checked_day(until, "until")
    if last <= first_cut:
        raise InvalidValueError("until", until, f"must be after the cut, {cut}")
    if not checked_count(every):
        raise InvalidValueError("every", every, "must be 1 or more")
    names = Names(customer_id, ordered_at, amount)
    found = bought_days(orders, until=until, timezone=timezone, names=names)
    came, bought = _by_day(found, first_cut)
    ends = _ends(int(min(came)), last, every * DAYS_IN[model.unit])
    so_far = _expected(model, came, ends)
    told = np.searchsorted(np.repeat(*_arrays(bought)), ends, "right")
    return pd.DataFrame(
        {
            "period_end": [_EPOCH + timedelta(days=int(end)) for end in ends],
            "expected": np.diff(so_far, prepend=0.0),
            "counted": np.diff(told, prepend=0),
            "expected_so_far": so_far,
            "counted_so_far": told,
            "held_out": ends > first_cut,
        }
    )


def conditional_expectations(
    model: LifetimeModel, held: HoldOut[IntoFrameT], *, most: int = 7
) -> pd.DataFrame:
    """Set what was expected beside what was counted, by how often customers had bought at the cut.

    Args:
        model: Fitted on what was known at the cut.
        held: What was held out.
        most: Customers who had bought so often, or more often, are one row.

    Returns:
        One row for each number of repeat purchases there is, indexed by `frequency`: `customers`,
        `expected` and `counted`, means of theirs.

    Raises:
        InvalidValueError: If the table is bad, or in another unit than the model.

    Units:
        Days with a purchase within the hold-out.

    Source:
        Fader, Hardie and Lee (2005), figure 4.

    Examples:
        >>> from datetime import date
        >>> import pandas
        >>> from crmkit.value import HoldOut, MBGNBD
        >>> rows = [(0, 0.0, 9.0, 0), (1, 3.0, 9.0, 2), (1, 3.0, 9.0, 1)]
        >>> table = pandas.DataFrame(rows, columns=["frequency", "recency", "T", "counted"])
        >>> held = HoldOut(
        ...     table=table.assign(spent=0.0), cut=date(2026, 3, 1), until=date(2026, 4, 12),
        ...     unit="W",
        ... )
        >>> model = MBGNBD(0.525, 6.183, 0.891, 1.614, unit="W")
        >>> conditional_expectations(model, held).round(3).reset_index().to_numpy().tolist()
        [[0.0, 1.0, 0.103, 0.0], [1.0, 2.0, 0.318, 1.5]]
    """
    import pandas as pd

    check_unit(model, held)
    outcomes = Outcomes.of(held)
    weight = outcomes.rows.weight
    rows = pd.DataFrame(
        {
            "frequency": np.minimum(outcomes.rows.x, max(checked_count(most), 1)),
            "customers": weight,
            "expected": weight * outcomes.foretold(model).expected(),
            "counted": weight * outcomes.counted,
        }
    )
    told = rows.groupby("frequency").sum()
    means = told[["expected", "counted"]].div(told["customers"], axis="index")
    return pd.concat([told["customers"].astype(np.int64), means], axis="columns")


def _by_day(found: BoughtDays | Lazy, cut: int) -> tuple[dict[int, int], dict[int, int]]:
    """Return how many customers came on each day up to the cut, and bought again on each day."""
    first, day, customers = _counts(found)
    came: dict[int, int] = {}
    again: dict[int, int] = {}
    for start, at, count in zip(first.tolist(), day.tolist(), customers.tolist(), strict=True):
        if start <= cut:
            where = came if at == start else again
            where[at] = where.get(at, 0) + int(count)
    if not came:
        raise InvalidValueError("orders", Words("without customers"), "must have some by the cut")
    return came, again


def _counts(found: BoughtDays | Lazy) -> tuple[_Whole, _Whole, _Whole]:
    """Return how many customers of each first day bought on each day."""
    if isinstance(found, BoughtDays):
        starts = found.starts
        lengths = np.diff(starts, append=len(found.day))
        pairs = np.stack((np.repeat(found.day[starts], lengths), found.day))
        kinds, customers = np.unique(pairs, axis=1, return_counts=True)
        return kinds[0], kinds[1], customers
    first = nw.col("day").min().over("customer_id").alias("first")
    counted = found.with_columns(first).group_by("first", "day").agg(nw.len().alias("customers"))
    told = counted.collect()
    arrays = (told[name].to_numpy().astype(np.int64) for name in ("first", "day", "customers"))
    return tuple(arrays)  # type: ignore[return-value]  # three of them


def _arrays(bought: dict[int, int]) -> tuple[_Whole, _Whole]:
    days = sorted(bought)
    return np.array(days, dtype=np.int64), np.array([bought[day] for day in days], dtype=np.int64)


def _ends(first: int, last: int, length: int) -> _Whole:
    """Return the last day of each period; the first begins with the first purchase."""
    return np.arange(first + length - 1, last + 1, length, dtype=np.int64)


def _expected(model: TimedModel, came: dict[int, int], ends: _Whole) -> Floats:
    """Return how many repeat purchases are expected up to each end."""
    oracle = model._oracle(0.95)
    alive = float(1 / (1 + np.exp(-oracle.law.alive(oracle.theta, NEWCOMER)[0])))
    newcomer = oracle.law.customers(oracle.theta, NEWCOMER)
    oldest = int(ends[-1]) - min(came) if len(ends) else 0
    ages = np.zeros(oldest + 1)
    for age in range(1, oldest + 1):
        ages[age] = alive * newcomer.expected(age / DAYS_IN[model.unit])[0]
    days, customers = _arrays(came)
    told = [float(customers[days <= end] @ ages[end - days[days <= end]]) for end in ends.tolist()]
    return np.array(told, dtype=np.float64)
