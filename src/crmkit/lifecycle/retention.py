"""Retention: what share of those who joined in one period is still there later.

Law: a cohort is told as it was: who came back counts as there again, who is not old enough yet is
not asked. Small cohorts are kept back or flagged, and every share has its interval.

Source: domain fact S8; Wilson (1927) for the intervals; the rule for small groups is the settled
one: fewer than ten are kept back, fewer than thirty flagged.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection
from typing import Any, Final

import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrameT
from numpy.typing import NDArray

from crmkit.errors import AssumptionWarning, InvalidValueError
from crmkit.kernel.checks import several
from crmkit.kernel.estimate import check_confidence
from crmkit.stats import SmallGroupRule, wilson
from crmkit.stats.group_sizes import SMALL_GROUPS, check_rule

from .population import Population
from .population_frames import frame_like
from .population_periods import Every, Grid, grid_of
from .population_rows import Codes
from .stages import StageStanding


def retention_curves(
    population: Population[IntoFrameT],
    *,
    kept: Collection[str] | None = None,
    every: Every = "M",
    confidence: float = 0.95,
    rule: SmallGroupRule = SMALL_GROUPS,
) -> IntoFrameT:
    """Tell for each cohort what share of it is still there at the end of each later period.

    A customer's cohort is the period in which he first came into one of the stages that count.
    Age 0 is the end of that period, age 1 that of the next one.

    Args:
        population: The stays of all customers.
        kept: The stages that count as being there; None for those of the lifecycle whose customers
            deal with us, be it on the way out.
        every: How long a period is: "D", "W" (from Monday), "M", "Q", "Y", or so many days from the
            first of the record on. Only periods that the record holds whole are told.
        confidence: Share of such intervals that hold the true value.
        rule: From how many customers on a share is told, and told without a flag.

    Returns:
        The same kind of frame as the moves, by cohort and age: `cohort` (the first day of its
        period), `age` (in periods), `customers` (of the cohort), `seen` (of them, still in sight
        then), `kept` (of these, there), `share` with `low` and `high` (Wilson), and `group_size`:
        "shown", "few", or "suppressed", with these four empty; "empty" where nobody is in sight.

    Raises:
        InvalidValueError: If a stage is unknown, none is told and there is no lifecycle to tell, or
            as `stage_counts`.

    Warns:
        AssumptionWarning: If customers were there before the record begins: nobody knows their
            cohort, nor who left before it, and they are in none.

    Units:
        Shares 0 to 1; ages in periods.

    Source:
        Wilson (1927).

    Examples:
        >>> import pandas
        >>> from datetime import date
        >>> joined, gone = [date(2026, 1, day) for day in range(1, 13)], date(2026, 2, 20)
        >>> moves = pandas.DataFrame(
        ...     {
        ...         "customer_id": [*range(12), 3],
        ...         "stage": ["customer"] * 12 + ["lost"],
        ...         "moved_at": [*joined, gone],
        ...     }
        ... )
        >>> population = Population.read(moves, as_of=date(2026, 3, 15))
        >>> curves = retention_curves(population, kept=["customer"])
        >>> curves[["cohort", "age", "customers", "kept", "group_size"]]
               cohort  age  customers  kept group_size
        0  2026-01-01    0         12    12        few
        1  2026-01-01    1         12    11        few
    """
    check_confidence(confidence)
    check_rule(rule)
    counts = np.isin(np.arange(len(population.stages)), _places(population, kept))
    grid = grid_of(population, every)
    cohort = _cohorts(population, counts, grid)
    place = population.stays_at(grid.ends)
    seen = place >= 0
    there = seen & counts[population.stage[place]] if len(population.stage) else seen
    told: dict[str, list[object]] = {name: [] for name in _CURVES}
    for number, period in enumerate(grid.periods):
        own = cohort == number
        if not own.any():
            continue
        sizes = seen[own, number:].sum(axis=0).tolist(), there[own, number:].sum(axis=0).tolist()
        for age, (n, left) in enumerate(zip(*sizes, strict=True)):
            row = (period.since, age, int(own.sum()), n, *_share(left, n, confidence, rule))
            for name, value in zip(_CURVES, row, strict=True):
                told[name].append(value)
    return frame_like(population, told, _CURVES)


def _places(population: Population[Any], kept: Collection[str] | None) -> list[int]:
    if kept is not None:
        return [population.place(stage) for stage in several(kept, "kept")]
    if population.lifecycle is None:
        rule = "must name the stages that count, for there is no lifecycle to tell"
        raise InvalidValueError("kept", None, rule)
    return [
        place
        for place, stage in enumerate(population.lifecycle.stages)
        if stage.standing in (StageStanding.ACTIVE, StageStanding.WANING)
    ]


def _cohorts(population: Population[Any], counts: NDArray[np.bool_], grid: Grid) -> Codes:
    """Return the period in which each customer first came; -1 where that is not known."""
    found = np.full(population.customers, -1, dtype=np.int64)
    coming = np.flatnonzero(counts[population.stage]) if len(population.stage) else np.zeros(0, int)
    customers, first = np.unique(population.customer[coming], return_index=True)
    since = population.since[coming[first]]
    place = np.searchsorted(grid.ends, since, "right")
    known = (since >= grid.starts[0]) & (place < len(grid.ends))
    found[customers[known]] = place[known]
    if earlier := int((since < grid.starts[0]).sum()):
        warnings.warn(
            f"{earlier} customers were there before the first whole period, and are in no cohort: "
            "who left before it is not known",
            AssumptionWarning,
            stacklevel=3,
        )
    return found


def _share(
    left: int, n: int, confidence: float, rule: SmallGroupRule
) -> tuple[int | None, float | None, float | None, float | None, str]:
    size = rule.of(n)
    if not size.is_shown:
        return None, None, None, None, str(size.value)
    share = wilson(left, n, confidence=confidence)
    return left, share.value, share.low, share.high, str(size.value)


_CURVES: Final = {
    "cohort": None,
    "age": nw.Int64(),
    "customers": nw.Int64(),
    "seen": nw.Int64(),
    "kept": nw.Int64(),
    "share": nw.Float64(),
    "low": nw.Float64(),
    "high": nw.Float64(),
    "group_size": nw.String(),
}
