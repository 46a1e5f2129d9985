"""The stages of many customers by rules: the fold over the grid, on arrays.

Law: the same fold as for one customer; blocks of customers that stay in a processor's cache.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Final, TypeAlias

import attrs
import numpy as np

from crmkit.errors import InvalidValueError

from .definition import Lifecycle
from .grid_facts import Block, Bought, Codes, Facts, Floats, Grid, Told, Whole
from .rule_arrays import may_be, surely
from .stage_rules import StageRules


_BLOCK: Final = 1 << 15
_NOBODY: Final = -1
_MOST: Final = 127


@attrs.frozen(eq=False)
class Standing:
    """Where many customers stand after an evaluation.

    Attributes:
        stage: Number of the stage; -1 for who had not bought by then.
        verdict: Number of the stage that the rule named.
        rule: Number of the rule that held; -1 for none.
        since: Number of the evaluation at which each entered the stage.
    """

    stage: Codes
    verdict: Codes
    rule: Codes
    since: Whole

    @classmethod
    def nobody(cls, size: int) -> Standing:
        """Return that of customers who have not bought yet."""
        none = np.full(size, _NOBODY, dtype=np.int8)
        nothing = np.zeros(size, dtype=np.int64)
        return cls(none, none, none, nothing)

    def part(self, first: int, end: int) -> Standing:
        """Return that of some."""
        told = (getattr(self, field.name)[first:end] for field in attrs.fields(Standing))
        return Standing(*told)


@attrs.frozen(kw_only=True, eq=False)
class Machine:
    """Rules and a lifecycle, made ready for arrays.

    Attributes:
        rules: Which stage follows from what.
        lifecycle: Whose stages.
        grid: When customers are looked at.
        way: From each stage towards each other, the next one by allowed moves.
        stages: The number of each stage.
        live: The numbers of the rules that can hold at all.
        asked: The facts that these ask for.
    """

    rules: StageRules
    lifecycle: Lifecycle
    grid: Grid
    way: Codes
    stages: Mapping[str, int]
    live: tuple[int, ...]
    asked: frozenset[str]

    @classmethod
    def of(cls, rules: StageRules, lifecycle: Lifecycle, *, told: Collection[str] = ()) -> Machine:
        """Make rules and lifecycle ready.

        Args:
            rules: Which stage follows from what.
            lifecycle: Whose stages.
            told: The signals of which something is known; of others nothing ever is.

        Raises:
            InvalidValueError: If they do not belong together.
        """
        rules.checked(lifecycle)
        codes = lifecycle.codes
        _check_most(rules=len(rules.rules), stages=len(codes))
        number = {code: place for place, code in enumerate(codes)}
        way = [
            [number[of if of == to else lifecycle.next_on_way(of, to) or of] for to in codes]
            for of in codes
        ]
        epoch = np.datetime64(rules.anchor, "D").astype(np.int64)
        grid = Grid(int(epoch), rules.step)
        absent = frozenset(rules.signals) - set(told)
        live = tuple(
            place
            for place, one in enumerate(rules.rules)
            if may_be(one.enter, absent)[0] or may_be(one.to_stay, absent)[0]
        )
        return cls(
            rules=rules,
            lifecycle=lifecycle,
            grid=grid,
            way=np.array(way, dtype=np.int8),
            stages=number,
            live=live,
            asked=frozenset(fact for place in live for fact in rules.rules[place].asked),
        )

    def evaluate(self, facts: Facts, before: Standing) -> Standing:
        """Return where customers stand after one evaluation more."""
        facts.put("stage", before.stage)
        if "steps_in_stage" in self.asked:
            steps = np.where(before.stage < 0, np.nan, facts.number - before.since)
            facts.put("steps_in_stage", steps)
        rule, verdict = self._first_held(facts, before.stage)
        # Few move: only they are looked up.
        moving = np.flatnonzero((verdict != before.stage) & (facts("orders") > 0))
        stage, since = before.stage.copy(), before.since.copy()
        of, to = before.stage[moving], verdict[moving]
        there = np.where(of < 0, to, self.way[of, to])
        stage[moving] = there
        since[moving[there != of]] = facts.number
        return Standing(stage, verdict, rule, since)

    def _first_held(self, facts: Facts, stage: Codes) -> tuple[Codes, Codes]:
        """Return the number of the first rule that holds, -1 for none, and the stage it names."""
        free = np.ones(len(stage), dtype=bool)
        rule = np.full(len(stage), _NOBODY, dtype=np.int8)
        verdict = np.zeros(len(stage), dtype=np.int8)
        for place in self.live:
            one = self.rules.rules[place]
            number = self.stages[one.stage]
            held = surely(one.enter, facts, self.stages)
            here = stage == number if one.stay is not None else None
            if here is not None and here.any():
                held = (held & ~here) | (surely(one.to_stay, facts, self.stages) & here)
            # Sums of codes, of which one is not 0: quicker than writing under a mask.
            first = held & free
            free ^= first
            rule += first.view(np.int8) * np.int8(place + 1)
            verdict += first.view(np.int8) * np.int8(number)
        # Where no rule holds the stage stays, or begins.
        new = np.int8(self.stages[self.rules.otherwise]) - stage
        begins = stage + (stage < 0).view(np.int8) * new
        return rule, verdict + free.view(np.int8) * begins


def _check_most(**numbers: int) -> None:
    """Refuse more than can be numbered in bytes."""
    for name, number in numbers.items():
        if number > _MOST:
            raise InvalidValueError(f"len({name})", number, f"must be {_MOST} at most")


Seen: TypeAlias = Callable[[int, int, int, Standing], None]
"""Is told of every evaluation: its number, the first customer, the one after the last."""


@attrs.frozen(eq=False)
class Folded:
    """Where customers stand after the last evaluation, and what was known then."""

    standing: Standing
    facts: Mapping[str, Whole | Floats]


def folded(
    machine: Machine,
    bought: Bought,
    told: Mapping[str, Told],
    last: int,
    *,
    before: tuple[int, Standing] | None = None,
    wanted: tuple[str, ...] = (),
    seen: Seen | None = None,
) -> Folded:
    """Fold every evaluation up to the last one.

    Args:
        machine: Rules and lifecycle.
        bought: Purchases up to the day of the last evaluation; at least one of every customer.
        told: Signals by name.
        last: Number of the last evaluation.
        before: Number of the last evaluation so far, and where customers stood; None for none.
        wanted: Facts to be told of the last evaluation.
        seen: Is told of every evaluation.
    """
    size = len(bought)
    signals = {name: one for name, one in told.items() if name in machine.asked}
    parts: list[Standing] = []
    facts: dict[str, list[Whole | Floats]] = {name: [] for name in wanted}
    for first in range(0, size, _BLOCK):
        end = min(first + _BLOCK, size)
        block = Block(bought, signals, first, end, machine.grid, last, machine.rules)
        standing = Standing.nobody(end - first)
        start = block.first
        if before is not None:
            # Before the first purchase of a block nobody of it is on record.
            start, standing = max(before[0] + 1, block.first), before[1].part(first, end)
        for number in range(start, last + 1):
            standing = machine.evaluate(block.at(number), standing)
            if seen is not None:
                seen(number, first, end, standing)
        parts.append(standing)
        known = block.at(last)
        for name in wanted:
            facts[name].append(known(name))
    return Folded(_joined(parts), {name: _whole(told) for name, told in facts.items()})


def _joined(parts: list[Standing]) -> Standing:
    if not parts:
        return Standing.nobody(0)
    names = [field.name for field in attrs.fields(Standing)]
    return Standing(*(np.concatenate([getattr(one, name) for one in parts]) for name in names))


def _whole(parts: list[Whole | Floats]) -> Whole | Floats:
    told: Floats = np.concatenate(parts) if parts else np.zeros(0)
    return told
