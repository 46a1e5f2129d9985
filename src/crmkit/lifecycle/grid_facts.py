"""What is known of many customers on each day of a grid, from their purchases sorted by customer.

Law: the same facts as of one record, by the same arithmetic: both are equal to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

from .behaviour import PARTS
from .stage_rules import BEHAVIOUR, ENOUGH_GAPS, StageRules


Whole: TypeAlias = NDArray[np.int64]
Codes: TypeAlias = NDArray[np.int8]
Flags: TypeAlias = NDArray[np.bool_]
Floats: TypeAlias = NDArray[np.float64]


@attrs.frozen(eq=False)
class Bought:
    """Days on which customers bought, sorted by customer and day, each once.

    Attributes:
        starts: Where the days of each customer start, and where the last one's end.
        day: Days since 1970-01-01.
        coins: Amounts, in ten-thousandths of the currency; None where nobody asks.
    """

    starts: Whole
    day: Whole
    coins: Whole | None

    def __len__(self) -> int:
        return len(self.starts) - 1


@attrs.frozen(eq=False)
class Told:
    """Signals of one name, sorted by customer and day.

    Attributes:
        starts: Where those of each customer start, and where the last one's end.
        day: From which day on they are known, days since 1970-01-01.
        value: What they are.
    """

    starts: Whole
    day: Whole
    value: Floats


@attrs.frozen(eq=False)
class Grid:
    """Evaluations by number: 0 is the anchor.

    Attributes:
        anchor: Days since 1970-01-01.
        step: In days.
    """

    anchor: int
    step: int

    def at(self, days: Whole) -> Whole:
        """Return the first evaluation that knows of what came on a day."""
        return -((self.anchor - days) // self.step)

    def day(self, number: int) -> int:
        """Return the day of an evaluation."""
        return self.anchor + number * self.step


class Block:
    """The facts of a few thousand customers, evaluation by evaluation.

    Args:
        bought: Whose purchases.
        told: Signals by name.
        first: The first of them.
        end: The one after the last.
        grid: When they are looked at.
        last: The last evaluation.
        rules: What they are asked.
    """

    def __init__(
        self,
        bought: Bought,
        told: Mapping[str, Told],
        first: int,
        end: int,
        grid: Grid,
        last: int,
        rules: StageRules,
    ) -> None:
        begin, stop = int(bought.starts[first]), int(bought.starts[end])
        self._grid, self._rules, self.size = grid, rules, end - first
        self._day = bought.day[begin:stop]
        self._base = bought.starts[first:end] - begin
        numbers = grid.at(self._day)
        self.first = int(numbers.min())
        owner = np.repeat(np.arange(self.size), np.diff(bought.starts[first : end + 1]))
        self._counts = _running(numbers - self.first, owner, last - self.first + 1, self.size)
        self._since = self._day[self._base]
        self._sums = None
        if bought.coins is not None:
            self._sums = np.concatenate(([0], np.cumsum(bought.coins[begin:stop])))
        self._told = {
            name: _latest(one, first, end, grid, self.first, last) for name, one in told.items()
        }

    def orders(self, number: int) -> Whole:
        """Return on how many days each had bought by an evaluation."""
        place = number - self.first
        return self._counts[place] if place >= 0 else np.zeros(self.size, dtype=np.int64)

    def at(self, number: int) -> Facts:
        """Return what is known at an evaluation."""
        window = self._rules.window
        counts = tuple(self.orders(number - back * window) for back in (0, 1, 2))
        return Facts(self, number, counts)


class Facts:
    """What is known of each customer of a block at one evaluation, worked out when asked for.

    Attributes:
        block: Whose.
        number: Which evaluation.
        counts: On how many days each had bought by then, one and two windows before.
        held: Comparisons that were made before, with their answers.
    """

    def __init__(self, block: Block, number: int, counts: tuple[Whole, ...]) -> None:
        self.block, self.number, self.counts = block, number, counts
        self._known: dict[str, Any] = {}
        self._steps: dict[str, Any] = {}
        self.held: dict[object, Flags] = {}

    def __call__(self, name: str) -> Any:
        if name not in self._known:
            self._known[name] = self._worked_out(name)
        return self._known[name]

    def step(self, name: str) -> Any:
        """Return what facts are worked out from; signals may bear the same names."""
        if name not in self._steps:
            self._steps[name] = _STEPS[name](self)
        return self._steps[name]

    def put(self, name: str, values: Whole | Floats | Codes) -> None:
        """Tell a fact that comes from elsewhere."""
        self._known[name] = values

    def _worked_out(self, name: str) -> Whole | Floats:
        of = _FACTS.get(name)
        if of is not None:
            return of(self)
        told: Floats = self.block._told[name][self.number - self.block.first]
        return told

    # -- what each fact is ---

    @property
    def _today(self) -> int:
        return self.block._grid.day(self.number)

    def age(self) -> Whole:
        age: Whole = self._today - self.block._since
        return age

    def last(self) -> Whole:
        """Return the last day on which each bought; of whom did not, the first to come."""
        place = self.block._base + np.maximum(self.counts[0] - 1, 0)
        last: Whole = self.block._day[place]
        return last

    def silence(self) -> Whole:
        silence: Whole = self._today - self.step("last")
        return silence

    def rhythm(self) -> Floats:
        gaps = self.counts[0] - 1
        filled = np.maximum(ENOUGH_GAPS - gaps, 0) * self.block._rules.usual_rhythm
        span = self.step("last") - self.block._since
        rhythm: Floats = (span + filled) / np.maximum(gaps, ENOUGH_GAPS)
        return rhythm

    def silence_ratio(self) -> Floats:
        ratio: Floats = self("silence") / self("rhythm")
        return ratio

    def recent_orders(self) -> Whole:
        return self.counts[0] - self.counts[1]

    def earlier_orders(self) -> Whole:
        return self.counts[1] - self.counts[2]

    def recent_coins(self) -> Whole:
        return self._coins(self.counts[1], self.counts[0])

    def earlier_coins(self) -> Whole:
        return self._coins(self.counts[2], self.counts[1])

    def _coins(self, begin: Whole, end: Whole) -> Whole:
        sums, base = self.block._sums, self.block._base
        assert sums is not None
        between: Whole = sums[base + end] - sums[base + begin]
        return between

    def frequency_trend(self) -> Floats:
        return self._trend(lambda: (self("recent_orders"), self("earlier_orders")))

    def volume_trend(self) -> Floats:
        return self._trend(lambda: (self.step("recent_coins"), self.step("earlier_coins")))

    def _trend(self, told: Callable[[], tuple[Whole, Whole]]) -> Floats:
        old = self("age") >= 2 * self.block._rules.window * self.block._rules.step
        if not old.any():
            return np.full(self.block.size, np.nan)
        over, under = told()
        trend: Floats = over / np.where(old & (under > 0), under, np.nan)
        return trend


_FACTS: Final[Mapping[str, Callable[[Facts], Whole | Floats]]] = {
    "orders": lambda facts: facts.counts[0],
    "age": Facts.age,
    "silence": Facts.silence,
    "rhythm": Facts.rhythm,
    "silence_ratio": Facts.silence_ratio,
    "recent_orders": Facts.recent_orders,
    "earlier_orders": Facts.earlier_orders,
    "frequency_trend": Facts.frequency_trend,
    "recent_amount": lambda facts: facts.step("recent_coins") / PARTS,
    "earlier_amount": lambda facts: facts.step("earlier_coins") / PARTS,
    "volume_trend": Facts.volume_trend,
}
# What is put in from elsewhere is a behaviour, too; whatever else is asked for is a signal.
assert _FACTS.keys() | {"stage", "steps_in_stage"} == set(BEHAVIOUR)

_STEPS: Final[Mapping[str, Callable[[Facts], Whole]]] = {
    "last": Facts.last,
    "recent_coins": Facts.recent_coins,
    "earlier_coins": Facts.earlier_coins,
}


def _running(numbers: Whole, owner: Whole, evaluations: int, size: int) -> Whole:
    """Count how many each had by every evaluation: one row an evaluation."""
    cells = np.bincount(numbers * size + owner, minlength=evaluations * size)
    counts: Whole = cells.reshape(evaluations, size).astype(np.int64, copy=False)
    # Row by row: numpy adds up along the first axis one number at a time.
    for place in range(1, evaluations):
        counts[place] += counts[place - 1]
    return counts


def _latest(told: Told, first: int, end: int, grid: Grid, low: int, high: int) -> Floats:
    """Return what was told last by every evaluation, NaN for nothing: one row an evaluation."""
    begin, stop = int(told.starts[first]), int(told.starts[end])
    size = end - first
    owner = np.repeat(np.arange(size), np.diff(told.starts[first : end + 1]))
    numbers = np.maximum(grid.at(told.day[begin:stop]), low)
    known = numbers <= high
    values = np.full((high - low + 1, size), np.nan)
    # Of several for one cell the last is kept: they come in the order in which they were told.
    values[numbers[known] - low, owner[known]] = told.value[begin:stop][known]
    for place in range(1, len(values)):
        row = values[place]
        np.copyto(row, values[place - 1], where=np.isnan(row))
    return values
