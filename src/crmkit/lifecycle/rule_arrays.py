"""Conditions over many customers at once: what one record is asked, asked of arrays.

Law: a fact that is not known is NaN, and makes nothing true; the same three answers as for one
record, in two masks: what is surely so, and what is surely not.

Source: Kleene's strong three-valued logic, as in `crmkit.kernel.conditions`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Final, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from crmkit.kernel import AllOf, AnyOf, Compare, Condition, Not


Flags: TypeAlias = NDArray[np.bool_]
Column: TypeAlias = NDArray[np.float64] | NDArray[np.int64] | NDArray[np.int8]


class Ask(Protocol):
    """Gives a fact of every customer by name: floats with NaN, or whole numbers, all known.

    Attributes:
        held: Comparisons that were made before, with their answers.
    """

    held: dict[object, Flags]

    def __call__(self, name: str) -> Column: ...


class Columns:
    """Facts that are there already.

    Args:
        columns: By name.

    Examples:
        >>> Columns({"orders": np.array([1, 5])})("orders").tolist()
        [1, 5]
    """

    def __init__(self, columns: Mapping[str, Column]) -> None:
        self._columns = columns
        self.held: dict[object, Flags] = {}

    def __call__(self, name: str) -> Column:
        return self._columns[name]


_COMPARED: Final[Mapping[str, Callable[[Column, float], Flags]]] = {
    "=": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


def surely(condition: Condition, ask: Ask, stages: Mapping[str, int]) -> Flags:
    """Return of whom a condition is true.

    Args:
        condition: Made of Compare, AllOf, AnyOf and Not.
        ask: The facts; `stage` in numbers, -1 where there is none.
        stages: The number of each stage.

    Examples:
        >>> facts = Columns({"orders": np.array([1, 5]), "p_alive": np.array([np.nan, 0.1])})
        >>> surely(Compare("p_alive", "<", 0.5), facts, {}).tolist()
        [False, True]
        >>> surely(Not(Compare("p_alive", "<", 0.5)), facts, {}).tolist()
        [False, False]
    """
    match condition:
        case Compare():
            held = ask.held.get(condition)
            if held is None:
                held = ask.held[condition] = _compared(condition, ask, stages)
            return held
        case AllOf(conditions=several) if several:
            so = surely(several[0], ask, stages)
            for one in several[1:]:
                # What is so of nobody asks for no further fact.
                if not so.any():
                    break
                so = so & surely(one, ask, stages)
            return so
        case AnyOf(conditions=several) if several:
            return _joined(np.logical_or, [surely(one, ask, stages) for one in several])
        case Not(condition=one):
            return surely_not(one, ask, stages)
        case _:
            # Of none, all are true and any is false.
            return np.full(len(ask("orders")), isinstance(condition, AllOf))


def surely_not(condition: Condition, ask: Ask, stages: Mapping[str, int]) -> Flags:
    """Return of whom a condition is false; arguments as for `surely`.

    Examples:
        >>> facts = Columns({"p_alive": np.array([np.nan, 0.1])})
        >>> surely_not(Compare("p_alive", ">", 0.5), facts, {}).tolist()
        [False, True]
    """
    match condition:
        case Compare(fact=fact):
            held, known = surely(condition, ask, stages), _known(fact, ask(fact))
            return ~held if known is None else known & ~held
        case AllOf(conditions=several) if several:
            return _joined(np.logical_or, [surely_not(one, ask, stages) for one in several])
        case AnyOf(conditions=several) if several:
            return _joined(np.logical_and, [surely_not(one, ask, stages) for one in several])
        case Not(condition=one):
            return surely(one, ask, stages)
        case _:
            return np.full(len(ask("orders")), isinstance(condition, AnyOf))


def may_be(condition: Condition, absent: Collection[str]) -> tuple[bool, bool]:
    """Return whether a condition can be true of anybody, and whether it can be false.

    Args:
        condition: Made of Compare, AllOf, AnyOf and Not.
        absent: Facts that are known of nobody.

    Examples:
        >>> unhappy = AnyOf((Compare("complaints", ">=", 1), Compare("p_alive", "<", 0.2)))
        >>> may_be(unhappy, {"p_alive"}), may_be(unhappy, {"complaints", "p_alive"})
        ((True, False), (False, False))
    """
    match condition:
        case Not(condition=one):
            true, false = may_be(one, absent)
            return false, true
        case AllOf(conditions=several):
            parts = [may_be(one, absent) for one in several]
            return all(true for true, _ in parts), any(false for _, false in parts)
        case AnyOf(conditions=several):
            parts = [may_be(one, absent) for one in several]
            return any(true for true, _ in parts), all(false for _, false in parts)
        case _:
            known = not set(condition.facts) & set(absent)
            return known, known


def _compared(condition: Compare, ask: Ask, stages: Mapping[str, int]) -> Flags:
    values = ask(condition.fact)
    told = condition.value if isinstance(condition.value, tuple) else (condition.value,)
    bars = [stages[one] if isinstance(one, str) else one for one in told]
    if condition.operator == "in":
        return _joined(np.logical_or, [np.equal(values, bar) for bar in bars])
    held: Flags = _COMPARED[condition.operator](values, bars[0])
    known = _known(condition.fact, values) if condition.operator == "!=" else None
    # What is not known differs from nothing.
    return held if known is None else held & known


def _known(fact: str, values: Column) -> Flags | None:
    """Return of whom a fact is known; None for all."""
    if fact == "stage":
        return np.greater_equal(values, 0)
    return None if values.dtype.kind == "i" else ~np.isnan(values)


def _joined(how: np.ufunc, parts: list[Flags]) -> Flags:
    told: Flags = how.reduce(parts) if len(parts) > 1 else parts[0]
    return told
