"""How many customers are in which stage: at the end of each period, and who at one moment.

Law: a customer is counted in the stage of his last move; before the first, and while out of sight,
in none.

Source: domain fact S8.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrameT

from crmkit.errors import InvalidValueError
from crmkit.stats.days import MICROS_OF_DAY
from crmkit.stats.log_columns import columns_of, given_back, texts_of

from .population import Population
from .population_frames import frame_like
from .population_periods import Every, Grid, grid_of
from .population_rows import Codes, Micros, moment_in


def stage_counts(population: Population[IntoFrameT], *, every: Every = "M") -> IntoFrameT:
    """Count the customers of every stage at the end of each period.

    Args:
        population: Their stays.
        every: How long a period is: "D", "W" (from Monday), "M", "Q", "Y", or so many days from the
            first of the record on. Only periods that the record holds whole are told.

    Returns:
        The same kind of frame as the moves, by period and the order of stages, one row each:
        `since` (the period's first day) and `until` (the day after its last), `stage`, `customers`,
        `share` (of all who are in a stage then, empty where nobody is), `entered` and `left` (moves
        into it and out of it within the period; who is first seen has entered).

    Raises:
        InvalidValueError: If the periods have another name, or the record holds none whole.

    Units:
        Shares 0 to 1.

    Examples:
        >>> import pandas
        >>> moves = pandas.DataFrame(
        ...     {
        ...         "customer_id": ["X", "X", "Y"],
        ...         "stage": ["exploration", "growth", "exploration"],
        ...         "moved_at": [date(2026, 1, 5), date(2026, 2, 10), date(2026, 2, 1)],
        ...     }
        ... )
        >>> population = Population.read(moves, as_of=date(2026, 2, 28))
        >>> counts = stage_counts(population)
        >>> counts[["until", "stage", "customers", "share", "entered", "left"]]
                until        stage  customers  share  entered  left
        0  2026-02-01  exploration          1    1.0        1     0
        1  2026-02-01       growth          0    0.0        0     0
        2  2026-03-01  exploration          1    0.5        1     1
        3  2026-03-01       growth          1    0.5        1     0
    """
    grid = grid_of(population, every)
    size, periods = len(population.stages), len(grid.periods)
    counts = counts_at(population, grid.ends)
    totals = counts.sum(axis=1).tolist()
    told: dict[str, Sequence[object]] = {
        "since": [period.since for period in grid.periods for _ in range(size)],
        "until": [period.until for period in grid.periods for _ in range(size)],
        "stage": [*population.stages] * periods,
        "customers": counts.ravel().tolist(),
        "share": [
            count / total if total else None
            for row, total in zip(counts.tolist(), totals, strict=True)
            for count in row
        ],
        "entered": _moves_in(population.since, population.stage, grid, size),
        "left": _moves_in(population.until, population.stage, grid, size),
    }
    return frame_like(population, told, _COUNTS)


def stages_at(population: Population[IntoFrameT], at: date) -> IntoFrameT:
    """Tell in which stage each customer is at a moment.

    Args:
        population: Their stays.
        at: An instant, or of a population in days the end of that day.

    Returns:
        The same kind of frame as the moves, one row per customer who is in a stage then, by
        customer: `customer_id`, by the caller's own name, `stage`, and `since` (an instant in UTC).

    Raises:
        InvalidValueError: If the moment lies after as_of, or is naive.

    Examples:
        >>> import pandas
        >>> moves = pandas.DataFrame(
        ...     {
        ...         "customer_id": ["X", "X", "Y"],
        ...         "stage": ["exploration", "growth", "exploration"],
        ...         "moved_at": [date(2026, 1, 5), date(2026, 2, 10), date(2026, 2, 1)],
        ...     }
        ... )
        >>> population = Population.read(moves, as_of=date(2026, 2, 28))
        >>> stages_at(population, date(2026, 2, 9))[["customer_id", "stage"]]
          customer_id        stage
        0           X  exploration
        1           Y  exploration
    """
    moment = moment_in(at, "at", in_days=population.in_days)
    moment += MICROS_OF_DAY if population.in_days else 0
    if moment > population.end:
        raise InvalidValueError("at", at, "must not be after as_of")
    inside = np.flatnonzero((population.since < moment) & (moment <= population.until))
    made = columns_of(
        {
            population.id_name: population.frame[population.id_name][population.row[inside]],
            "stage": texts_of(
                population.stage[inside], population.stages, "stage", population.frame
            ),
            "since": population.since[inside].view("datetime64[us]"),
        },
        population.frame,
    )
    return given_back(made, population.moves)


def counts_at(population: Population[Any], ends: Sequence[int]) -> Codes:
    """Return instants × stages of how many are there: who has come by then, less who has gone.

    Args:
        population: Their stays.
        ends: In microseconds since 1970, rising.
    """
    change = np.zeros((len(ends) + 1, len(population.stages)), dtype=np.int64)
    for times, sign in ((population.since, 1), (population.until, -1)):
        np.add.at(change, (np.searchsorted(ends, times, "right"), population.stage), sign)
    present: Codes = np.cumsum(change, axis=0)[:-1]
    return present


def _moves_in(times: Micros, stages: Codes, grid: Grid, size: int) -> list[int]:
    """Count the moves within each period, by stage."""
    place = np.searchsorted(grid.ends, times, "right")
    inside = (times >= grid.starts[0]) & (place < len(grid.ends))
    cell = place[inside] * size + stages[inside]
    told: list[int] = np.bincount(cell, minlength=len(grid.ends) * size).tolist()
    return told


_COUNTS: Final = {
    "since": None,
    "until": None,
    "stage": nw.String(),
    "customers": nw.Int64(),
    "share": nw.Float64(),
    "entered": nw.Int64(),
    "left": nw.Int64(),
}
