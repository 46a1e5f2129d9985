"""How often rules cry wolf: of simulated customers who never leave, how many are warned of.

Law: an early warning is published with its false alarms, worked out for its own grid and rules.

Source: the statistical rule that stage inference publishes its false alarms; purchases as in
Ehrenberg, "Repeat-Buying" (1988): each customer's come at random, at a rate of his own, and rates
are gamma distributed.
"""

from __future__ import annotations

import math
from collections.abc import Collection

import attrs
import numpy as np

from crmkit.errors import InvalidValueError
from crmkit.kernel import Estimate
from crmkit.kernel.checks import finite, of_kind, several, whole
from crmkit.stats.intervals import mean_interval, wilson
from crmkit.stats.resampling import generator_of

from .behaviour import PARTS
from .definition import Lifecycle
from .grid_facts import Bought, Codes, Floats, Whole
from .stage_arrays import Machine, Standing, folded
from .stage_rules import StageRules
from .stages import LEAVING


@attrs.frozen(kw_only=True)
class FalseAlarms:
    """How many of those who never leave are warned of.

    Attributes:
        at_once: Which share of them stands in a stage of leaving at an evaluation.
        within_year: Which share of them is put there at least once within a year.
        moves: How often one of them changes his stage in a year: how much the rules flap.
        rules: Which rules, with their version.
        days_between: Mean days between two purchases of one customer, as was assumed.
        spread: How much customers' rates differ: the coefficient of variation.
        amount_spread: How much a customer's amounts differ: their coefficient of variation.

    Examples:
        >>> from crmkit.lifecycle import CUSTOMER_STATE, STATE_RULES
        >>> told = false_alarms(
        ...     STATE_RULES, CUSTOMER_STATE, days_between=30, customers=2000, rng=1
        ... )
        >>> told.rules, 0 < told.at_once < told.within_year < 1
        ('state-by-rhythm/2', True)
    """

    at_once: Estimate
    within_year: Estimate
    moves: Estimate
    rules: str
    days_between: float
    spread: float
    amount_spread: float


def false_alarms(
    rules: StageRules,
    lifecycle: Lifecycle,
    *,
    days_between: float,
    spread: float = 0.0,
    amount_spread: float = 0.5,
    history: float = 3.0,
    customers: int = 20_000,
    stages: Collection[str] | None = None,
    rng: int | np.random.Generator = 0,
) -> FalseAlarms:
    """Simulate customers who never leave, and count who is warned of all the same.

    Purchases come at random, each customer's at a rate of his own, and so do amounts, about a mean
    that stays. What signals would say is not simulated: nobody tells any. Customers buy from the
    first day on; the year that is counted comes after the history.

    Args:
        rules: Which stage follows from what.
        lifecycle: Whose stages.
        days_between: Mean days between two purchases of one customer.
        spread: Coefficient of variation of customers' rates; 0 for all alike.
        amount_spread: Coefficient of variation of one customer's amounts, gamma distributed; 0 for
            all alike.
        history: Years on record before the year that is counted.
        customers: How many are simulated.
        stages: Which stages warn; None for all of those on the way out, or gone.
        rng: A generator, or a seed.

    Raises:
        InvalidValueError: If a number is out of its range, or a stage is none of the lifecycle.

    Units:
        Shares 0 to 1; moves a year.

    Source:
        The statistical rule that stage inference publishes its false alarms.

    Examples:
        >>> from crmkit.lifecycle import FOUR_STAGE, FOUR_STAGE_RULES
        >>> told = false_alarms(
        ...     FOUR_STAGE_RULES, FOUR_STAGE, days_between=30, customers=500, rng=1
        ... )
        >>> told.within_year.n
        500
    """
    _check(days_between=days_between, history=history)
    _check_spread(spread=spread, amount_spread=amount_spread)
    customers = whole(customers, "customers", least=1)
    machine = Machine.of(of_kind(rules, StageRules, "rules"), lifecycle)
    year = max(1, round(365 / rules.step))
    last = math.ceil(history * 365 / rules.step) + year
    end = machine.grid.day(last)
    generator = generator_of(rng)
    bought = _purchases(generator, customers, days_between, spread, machine.grid.anchor, end)
    bought = attrs.evolve(bought, coins=_amounts(generator, len(bought.day), amount_spread))
    flags = _warning(lifecycle, stages)
    seen = _Seen.of(customers, flags, last - year)
    folded(machine, bought, {}, last, seen=seen)
    return FalseAlarms(
        # Customers are independent of each other, their evaluations are not.
        at_once=mean_interval(seen.warned / year),
        within_year=wilson(int((seen.warned > 0).sum()), customers),
        moves=mean_interval(seen.moves.astype(np.float64)),
        rules=rules.tag,
        days_between=days_between,
        spread=spread,
        amount_spread=amount_spread,
    )


@attrs.frozen(eq=False)
class _Seen:
    """Counts, customer by customer, what happens in the year after the history."""

    flags: np.ndarray[tuple[int], np.dtype[np.bool_]]
    begin: int
    warned: Whole
    moves: Whole
    before: Codes

    @classmethod
    def of(
        cls, customers: int, flags: np.ndarray[tuple[int], np.dtype[np.bool_]], begin: int
    ) -> _Seen:
        none = np.zeros(customers, dtype=np.int64)
        return cls(flags, begin, none, none.copy(), np.zeros(customers, dtype=np.int8))

    def __call__(self, number: int, first: int, end: int, standing: Standing) -> None:
        part = slice(first, end)
        if number > self.begin:
            self.warned[part] += self.flags[standing.stage]
            self.moves[part] += standing.stage != self.before[part]
        self.before[part] = standing.stage


def _purchases(
    rng: np.random.Generator, customers: int, between: float, spread: float, start: int, end: int
) -> Bought:
    """Return the days on which customers buy, from the first day on; each once."""
    rates: Floats = np.full(customers, 1 / between)
    if spread:
        shape = spread**-2
        rates = rng.gamma(shape, 1 / (shape * between), customers)
    counts = rng.poisson(rates * (end - start))
    owner = np.concatenate([np.arange(customers), np.repeat(np.arange(customers), counts)])
    # A Poisson process, given how many there are: days at random.
    later = start + np.floor(rng.random(int(counts.sum())) * (end - start)).astype(np.int64)
    day = np.concatenate([np.full(customers, start, dtype=np.int64), later])
    key = np.unique(owner * (end + 1 - start) + (day - start))
    who, since = np.divmod(key, end + 1 - start)
    starts = np.searchsorted(who, np.arange(customers + 1)).astype(np.int64)
    return Bought(starts, since + start, None)


def _amounts(rng: np.random.Generator, size: int, spread: float) -> Whole:
    """Return amounts of mean 1, in ten-thousandths."""
    if not spread:
        return np.full(size, PARTS, dtype=np.int64)
    shape = spread**-2
    return np.rint(rng.gamma(shape, PARTS / shape, size)).astype(np.int64)


def _check(**numbers: float) -> None:
    for name, value in numbers.items():
        finite(value, name)
        if value <= 0:
            raise InvalidValueError(name, value, "must be a positive number")


def _check_spread(**numbers: float) -> None:
    for name, value in numbers.items():
        finite(value, name)
        if value < 0:
            raise InvalidValueError(name, value, "must be 0 or more")


def _warning(
    lifecycle: Lifecycle, stages: Collection[str] | None
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Return which stages warn."""
    if stages is None:
        return np.array([one.standing in LEAVING for one in lifecycle.stages])
    named = {lifecycle.checked(code) for code in several(stages, "stages")}
    return np.array([code in named for code in lifecycle.codes])
