"""Conditions over columns: where they are surely true, and where surely false, in any engine.

Law: as one customer's: a fact that is not known makes no condition true and none false. What is
known of all, or of nobody, is decided before an engine is asked.

Source: Kleene's strong three-valued logic, as in `crmkit.kernel`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import eq, ge, gt, le, lt, ne
from typing import Any, Final, TypeAlias, cast

import attrs
import narwhals.stable.v2 as nw

from crmkit.kernel import AllOf, AnyOf, Compare, Condition, Not

from .loyalty_facts import Fact


Held: TypeAlias = nw.Expr | bool
"""Where something holds: a column of flags without gaps, or everywhere, or nowhere."""

_COMPARED: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "=": eq,
    "!=": ne,
    "<": lt,
    "<=": le,
    ">": gt,
    ">=": ge,
}


@attrs.frozen(kw_only=True, eq=False)
class RuleColumns:
    """Where the facts of a base are.

    Attributes:
        columns: The column of each fact that has one; flags and numbers as floats.
        known: Whether it is filled.
        constants: Facts that are the same for all.
    """

    columns: Mapping[str, nw.Expr]
    known: Mapping[str, nw.Expr]
    constants: Mapping[str, Fact]

    def is_known(self, fact: str) -> Held:
        """Return where a fact is known."""
        if fact in self.constants:
            return True
        return self.known.get(fact, False)

    def true(self, condition: Condition) -> Held:
        """Return where a condition is surely true."""
        match condition:
            case AllOf(conditions=parts):
                return every(self.true(one) for one in parts)
            case AnyOf(conditions=parts):
                return some(self.true(one) for one in parts)
            case Not(condition=one):
                return self.false(one)
            case _:
                return self._compared(cast("Compare", condition))

    def false(self, condition: Condition) -> Held:
        """Return where a condition is surely false."""
        match condition:
            case AllOf(conditions=parts):
                return some(self.false(one) for one in parts)
            case AnyOf(conditions=parts):
                return every(self.false(one) for one in parts)
            case Not(condition=one):
                return self.true(one)
            case _:
                part = cast("Compare", condition)
                return every((self.is_known(part.fact), opposite(self._compared(part))))

    def undecided(self, condition: Condition) -> Held:
        """Return where a condition hangs on what is not known."""
        return every((opposite(self.true(condition)), opposite(self.false(condition))))

    def wanted(self, condition: Condition, fact: str) -> Held:
        """Return where a condition hangs on what is not known, on this fact among others."""
        match condition:
            case AllOf(conditions=parts) | AnyOf(conditions=parts):
                hangs = some(self.wanted(one, fact) for one in parts)
                return every((hangs, self.undecided(condition)))
            case Not(condition=one):
                return self.wanted(one, fact)
            case _:
                asked = fact in condition.facts
                return every((asked, opposite(self.is_known(fact))))

    def _compared(self, part: Compare) -> Held:
        if part.fact in self.constants:
            return bool(part.holds(self.constants))
        if part.fact not in self.columns:
            return False
        column = self.columns[part.fact]
        bars = [
            _as_column(one)
            for one in (part.value if isinstance(part.value, tuple) else (part.value,))
        ]
        if part.operator == "in":
            found = column.is_in(bars)
        else:
            found = _COMPARED[part.operator](column, bars[0])
        # A gap compares to a gap in most engines, and to true or false in pandas.
        return self.known[part.fact] & found.fill_null(False)


def every(parts: Iterable[Held]) -> Held:
    """Return where all of several hold.

    Examples:
        >>> every([True, True]), every([nw.col("a"), False]), every([])
        (True, False, True)
    """
    told = list(parts)
    if any(one is False for one in told):
        return False
    columns = [one for one in told if not isinstance(one, bool)]
    found: Held = True
    for one in columns:
        found = one if found is True else found & one
    return found


def some(parts: Iterable[Held]) -> Held:
    """Return where at least one of several holds.

    Examples:
        >>> some([False, False]), some([nw.col("a"), True]), some([])
        (False, True, False)
    """
    return opposite(every(opposite(one) for one in parts))


def opposite(held: Held) -> Held:
    """Return where something does not hold.

    Examples:
        >>> opposite(True), opposite(False)
        (False, True)
    """
    return (not held) if isinstance(held, bool) else ~held


def as_column(held: Held) -> nw.Expr:
    """Return it as a column of flags."""
    return nw.lit(held) if isinstance(held, bool) else held


def first_of(cases: Iterable[tuple[Held, str]], otherwise: str) -> nw.Expr:
    """Return the word of the first that holds."""
    told = nw.lit(otherwise)
    for held, word in reversed([*cases]):
        told = nw.when(as_column(held)).then(nw.lit(word)).otherwise(told)
    return told


def listed(cases: Iterable[tuple[Held, str]]) -> nw.Expr:
    """Return the words of all that hold, parted by semicolons; empty text where none does."""
    words = [nw.when(as_column(held)).then(nw.lit(word)) for held, word in cases]
    if not words:
        return nw.lit("")
    return nw.concat_str(words, separator="; ", ignore_nulls=True)


def _as_column(value: Fact) -> float | str:
    return value if isinstance(value, str) else float(value)
