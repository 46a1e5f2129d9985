"""From stage to stage, a period at a time: the matrix, whether it may be trusted, and the future.

Law: only moves that the lifecycle allows are smoothed. Within one period a customer may make
several; a pair of stages that was seen so is possible, and the others stay impossible. A chain
remembers nothing: hysteresis in the rules that infer stages breaks that, and the test says so.

Source: domain fact S8; Anderson and Goodman (1957), Bickenbach and Bode (2003): see
`crmkit.stats.MarkovChain`, `order_test` and `homogeneity_test`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrameT
from numpy.typing import NDArray

from crmkit.errors import InvalidValueError
from crmkit.kernel.checks import whole
from crmkit.stats import ChainTest, MarkovChain, homogeneity_test, order_test

from .population import Population
from .population_counts import counts_at
from .population_frames import frame_like
from .population_periods import Every, following, grid_of
from .population_rows import Codes


def stage_chain(
    population: Population[Any], *, every: Every = "M", prior: float = 0.5
) -> MarkovChain:
    """Estimate with which chance a customer of one stage is in each a period later.

    Customers are looked at at the end of every period that the record holds whole. Who is in sight
    at two ends in a row, and all the time between, counts once.

    Args:
        population: The stays of all customers.
        every: How long a period is: "D", "W" (from Monday), "M", "Q", "Y", or so many days from the
            first of the record on: the step of the rules that inferred the stages.
        prior: How many moves are added to each that is allowed, and to staying; 0 for plain shares.

    Returns:
        A chain of the stages in their order: `matrix`, `table()` with intervals, `stays()`,
        `until()`, `simulate()`.

    Raises:
        InvalidValueError: If there are not two periods, or as `stage_counts` and `MarkovChain.fit`.

    Units:
        Chances 0 to 1; the chain's steps are periods.

    Source:
        Anderson and Goodman (1957); the prior is that of Jeffreys (1946).

    Examples:
        >>> import pandas
        >>> from datetime import date
        >>> moves = pandas.DataFrame(
        ...     {
        ...         "customer_id": [1, 1, 2],
        ...         "stage": ["exploration", "growth", "exploration"],
        ...         "moved_at": [date(2026, 1, 5), date(2026, 2, 10), date(2026, 1, 20)],
        ...     }
        ... )
        >>> from crmkit.lifecycle import FOUR_STAGE, Population
        >>> population = Population.read(moves, as_of=date(2026, 4, 30), lifecycle=FOUR_STAGE)
        >>> chain = stage_chain(population)
        >>> chain
        MarkovChain(4 states, 6 moves, prior 0.5)
        >>> chain.matrix.loc["growth"].round(3).to_dict()
        {'exploration': 0.0, 'growth': 0.714, 'maturity': 0.143, 'decline': 0.143}
    """
    n = _pairs(_watched(population, every, 2), len(population.stages)).sum(axis=0)
    return MarkovChain.fit(
        n, states=population.stages, allowed=_allowed(population, n), prior=prior
    )


def stage_order_test(population: Population[Any], *, every: Every = "M") -> ChainTest:
    """Test whether it matters for the next stage where a customer was a period before, too.

    Args:
        population: The stays of all customers.
        every: How long a period is.

    Returns:
        Whether a chain of order 1 is refuted, with `explain()`. Where it is, what the matrix
        foretells beyond one period is to be taken with care.

    Raises:
        InvalidValueError: If there are not three periods, or as `order_test`.

    Warns:
        AssumptionWarning: As `order_test`.

    Source:
        Anderson and Goodman (1957), section 4.

    Examples:
        >>> import pandas
        >>> from datetime import date
        >>> months = [date(2026, month, 1) for month in range(1, 9)] * 40
        >>> words = ["buys", "rests", "rests", "buys"] * 80
        >>> moves = pandas.DataFrame(
        ...     {"customer_id": [place // 8 for place in range(320)], "stage": words}
        ... ).assign(moved_at=months)
        >>> from crmkit.lifecycle import Population
        >>> population = Population.read(moves, as_of=date(2026, 8, 31))
        >>> stage_order_test(population).explain().verdict
        True
    """
    places, runs = _watched(population, every, 3)
    size = len(population.stages)
    whole = (places[:, :-2] >= 0) & (runs[:, :-2] == runs[:, 1:-1]) & (runs[:, 1:-1] == runs[:, 2:])
    first, middle, last = (part[whole] for part in (places[:, :-2], places[:, 1:-1], places[:, 2:]))
    cells = np.bincount((first * size + middle) * size + last, minlength=size**3)
    return order_test(cells.reshape(size, size, size))


def stage_homogeneity_test(
    population: Population[Any], *, every: Every = "M", parts: int = 2
) -> ChainTest:
    """Test whether customers moved alike in the earlier and the later part of the record.

    Of groups of customers, read one `Population` each, under one lifecycle, and test
    `crmkit.stats.homogeneity_test([stage_chain(one).n for one in …])`.

    Args:
        population: The stays of all customers.
        every: How long a period is.
        parts: Into how many stretches of time the record is cut, as equal as periods allow.

    Raises:
        InvalidValueError: If there are not so many steps, or as `homogeneity_test`.

    Warns:
        AssumptionWarning: As `order_test`.

    Source:
        Anderson and Goodman (1957), section 3; Bickenbach and Bode (2003).

    Examples:
        >>> import pandas
        >>> from datetime import date
        >>> months = [date(2026, month, 1) for month in range(1, 10)] * 40
        >>> words = ["buys", "rests", "rests", "buys", "buys", *["rests", "buys"] * 2] * 40
        >>> moves = pandas.DataFrame(
        ...     {"customer_id": [place // 9 for place in range(360)], "stage": words}
        ... ).assign(moved_at=months)
        >>> from crmkit.lifecycle import Population
        >>> population = Population.read(moves, as_of=date(2026, 9, 30))
        >>> stage_homogeneity_test(population).explain().verdict
        True
    """
    counts = _pairs(_watched(population, every, 3), len(population.stages))
    cut = np.array_split(counts, whole(parts, "parts", least=2, most=len(counts)))
    return homogeneity_test([part.sum(axis=0) for part in cut])


def stage_forecast(
    population: Population[IntoFrameT],
    *,
    periods: int,
    every: Every = "M",
    prior: float = 0.5,
    newcomers: Mapping[str, float] | None = None,
    rng: np.random.Generator | int | None = None,
    draws: int = 2_000,
    confidence: float = 0.95,
) -> IntoFrameT:
    """Tell how many customers will be in which stage at the end of the next periods.

    Args:
        population: The stays of all customers.
        periods: How many, after the last that the record holds whole.
        every: How long a period is.
        prior: As of `stage_chain`.
        newcomers: How many are expected to join within each period, by the stage in which they end
            it, such as `{"new": 120}`; their number varies as that of a Poisson stream does, and
            from the next period on they move like all others. None: of today's customers alone,
            who joins later is not among them.
        rng: A generator or a seed; None for a fresh one.
        draws: How many futures are drawn.
        confidence: Share of such intervals that hold what will happen.

    Returns:
        The same kind of frame as the moves, by period and the order of stages: `since`, `until`,
        `stage`, `expected`, `low`, `high`. The interval is that of the count that will be seen: of
        chance, and of what the matrix leaves open.

    Raises:
        InvalidValueError: As `stage_chain`, if a number is none, or newcomers join in no stage.

    Units:
        Customers; newcomers a period.

    Examples:
        >>> import pandas
        >>> from datetime import date
        >>> moves = pandas.DataFrame(
        ...     {
        ...         "customer_id": [1, 1, 2],
        ...         "stage": ["customer", "lost", "customer"],
        ...         "moved_at": [date(2026, 1, 5), date(2026, 2, 10), date(2026, 1, 20)],
        ...     }
        ... )
        >>> from crmkit.lifecycle import Population
        >>> population = Population.read(moves, as_of=date(2026, 4, 30))
        >>> told = stage_forecast(population, periods=1, rng=7)
        >>> told[["until", "stage", "low", "high"]]
                until     stage  low  high
        0  2026-06-01  customer  0.0   2.0
        1  2026-06-01      lost  0.0   2.0
        >>> more = stage_forecast(population, periods=1, newcomers={"customer": 50}, rng=7)
        >>> more["expected"].sum().round().item()
        52.0
    """
    grid = grid_of(population, every)
    chain = stage_chain(population, every=every, prior=prior)
    start = counts_at(population, grid.ends[-1:])[0].tolist()
    future = chain.simulate(
        start,
        periods,
        arrivals=_arrivals(population, newcomers),
        rng=rng,
        draws=draws,
        confidence=confidence,
    )
    coming = following(grid.periods[-1], every, periods)
    told: dict[str, Sequence[object]] = {
        "since": [period.since for period in coming for _ in population.stages],
        "until": [period.until for period in coming for _ in population.stages],
        "stage": future["state"].to_list(),
        **{name: future[name].to_list() for name in ("expected", "low", "high")},
    }
    return frame_like(population, told, _FORECAST)


def _arrivals(
    population: Population[Any], newcomers: Mapping[str, float] | None
) -> list[float] | None:
    if newcomers is None:
        return None
    for stage in newcomers:
        population.place(stage)
    return [newcomers.get(stage, 0.0) for stage in population.stages]


def _watched(
    population: Population[Any], every: Every, least: int
) -> tuple[Codes, NDArray[np.int64]]:
    """Return customers × periods of stages, and of the stretches in which they were in sight."""
    grid = grid_of(population, every)
    if len(grid.ends) < least:
        rule = f"must fit {least} times into the record, not {len(grid.ends)}"
        raise InvalidValueError("every", every, rule, "take shorter periods, or a longer record")
    stays = population.stays_at(grid.ends)
    seen = stays >= 0
    if not seen.any():
        raise InvalidValueError("moves", 0, "must put customers in stages", "see the record's ends")
    return np.where(seen, population.stage[stays], -1), np.where(seen, population.runs[stays], -1)


def _pairs(watched: tuple[Codes, NDArray[np.int64]], size: int) -> Codes:
    """Return steps × stages × stages of how often each stage followed upon each."""
    places, runs = watched
    both = (places[:, :-1] >= 0) & (runs[:, :-1] == runs[:, 1:])
    step = np.nonzero(both)[1]
    cells = (step * size + places[:, :-1][both]) * size + places[:, 1:][both]
    steps = places.shape[1] - 1
    return np.bincount(cells, minlength=steps * size**2).reshape(steps, size, size)


def _allowed(population: Population[Any], n: Codes) -> dict[str, list[str]] | None:
    """Return the moves of the lifecycle, with the pairs that several of them make in one period."""
    if population.lifecycle is None:
        return None
    stages = population.stages
    return {
        one: [
            to
            for column, to in enumerate(stages)
            if to in population.lifecycle.allowed(one) or n[row, column]
        ]
        for row, one in enumerate(stages)
    }


_FORECAST: Final = {
    "since": None,
    "until": None,
    "stage": nw.String(),
    "expected": nw.Float64(),
    "low": nw.Float64(),
    "high": nw.Float64(),
}
