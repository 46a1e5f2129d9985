"""Rules as data, the asking half: conditions over named facts.

Law: a fact that is not known makes no condition true, and is named as missing.

Source: Kleene's strong three-valued logic (true, false, unknown).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import eq, ge, gt, le, lt, ne
from typing import Any, Final, Literal, TypeAlias

import attrs
import msgspec

from crmkit.errors import InvalidValueError

from .explanation import Evidence
from .tagged import Tagged, read_tagged, tag


Operand: TypeAlias = str | int | float | bool
"""What a fact may be compared with."""

Operator: TypeAlias = Literal["=", "!=", "<", "<=", ">", ">=", "in"]

_COMPARE: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "=": eq,
    "!=": ne,
    "<": lt,
    "<=": le,
    ">": gt,
    ">=": ge,
    "in": lambda value, choices: value in choices,
}


class Condition(Tagged):
    """Something that named facts fulfil or do not; the same as JSON and as objects.

    Examples:
        >>> grave = AnyOf((Compare("severity", ">=", 3), Compare("safety", "=", True)))
        >>> grave.holds({"severity": 4, "safety": False})
        True
        >>> grave.holds({"severity": 1}) is None
        True
        >>> Condition.from_json(grave.to_json()) == grave
        True
    """

    __slots__ = ()

    def holds(self, facts: Mapping[str, object]) -> bool | None:
        """Tell whether the facts fulfil it; None when that hangs on a fact that is not known."""
        raise TypeError(f"{type(self).__name__} must say when it holds")

    def evidence(self, facts: Mapping[str, object]) -> tuple[Evidence, ...]:
        """Return each comparison as evidence, left to right; unknown facts are left out."""
        raise TypeError(f"{type(self).__name__} must give its evidence")

    @property
    def facts(self) -> tuple[str, ...]:
        """Names of the facts that it asks for, in order, each once."""
        raise TypeError(f"{type(self).__name__} must name its facts")

    def missing(self, facts: Mapping[str, object]) -> tuple[str, ...]:
        """Return the facts it would need and does not have."""
        return tuple(name for name in self.facts if facts.get(name) is None)

    def to_json(self) -> str:
        """Write it as JSON."""
        return msgspec.json.encode(self).decode()

    @staticmethod
    def from_json(text: str) -> Condition:
        """Read what `to_json` wrote.

        Raises:
            InvalidValueError: If the text is no condition.
        """
        return read_tagged(text, Condition)


@attrs.frozen
class Compare(Condition):
    """One fact against one value, or, with `in`, against several.

    Raises:
        InvalidValueError: If the operator is unknown, or `in` has no choices.

    Examples:
        >>> Compare("channel", "in", ("phone", "email")).holds({"channel": "phone"})
        True
        >>> Compare("channel", "like", "ph%")
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: operator is 'like': it must be one of =, !=, <, <=, >, >=,\
 in
    """

    fact: str
    operator: Operator
    value: Operand | tuple[Operand, ...]
    type: str = tag("compare")

    def __attrs_post_init__(self) -> None:
        if self.operator not in _COMPARE:
            rule = f"must be one of {', '.join(_COMPARE)}"
            raise InvalidValueError("operator", self.operator, rule)
        if (self.operator == "in") != isinstance(self.value, tuple):
            rule = "must be a tuple of choices exactly where the operator is 'in'"
            raise InvalidValueError("value", self.value, rule)

    @property
    def facts(self) -> tuple[str, ...]:
        return (self.fact,)

    def holds(self, facts: Mapping[str, object]) -> bool | None:
        found = facts.get(self.fact)
        if found is None:
            return None
        try:
            return _COMPARE[self.operator](found, self.value)
        except TypeError:
            rule = f"cannot be compared by {self.operator} with {self.value!r}"
            raise InvalidValueError(self.fact, found, rule) from None

    def evidence(self, facts: Mapping[str, object]) -> tuple[Evidence, ...]:
        met = self.holds(facts)
        if met is None:
            return ()
        return (Evidence(self.fact, facts[self.fact], f"{self.operator} {self.value}", met),)


@attrs.frozen
class AllOf(Condition):
    """Every one of several conditions; of none, true."""

    conditions: tuple[Condition, ...]
    type: str = tag("all_of")

    @property
    def facts(self) -> tuple[str, ...]:
        return _facts(self.conditions)

    def holds(self, facts: Mapping[str, object]) -> bool | None:
        answers = [condition.holds(facts) for condition in self.conditions]
        return False if False in answers else None if None in answers else True

    def evidence(self, facts: Mapping[str, object]) -> tuple[Evidence, ...]:
        return _evidence(self.conditions, facts)


@attrs.frozen
class AnyOf(Condition):
    """At least one of several conditions; of none, false."""

    conditions: tuple[Condition, ...]
    type: str = tag("any_of")

    @property
    def facts(self) -> tuple[str, ...]:
        return _facts(self.conditions)

    def holds(self, facts: Mapping[str, object]) -> bool | None:
        answers = [condition.holds(facts) for condition in self.conditions]
        return True if True in answers else None if None in answers else False

    def evidence(self, facts: Mapping[str, object]) -> tuple[Evidence, ...]:
        return _evidence(self.conditions, facts)


@attrs.frozen
class Not(Condition):
    """The opposite of a condition; of the unknown, unknown."""

    condition: Condition
    type: str = tag("not")

    @property
    def facts(self) -> tuple[str, ...]:
        return self.condition.facts

    def holds(self, facts: Mapping[str, object]) -> bool | None:
        answer = self.condition.holds(facts)
        return None if answer is None else not answer

    def evidence(self, facts: Mapping[str, object]) -> tuple[Evidence, ...]:
        return self.condition.evidence(facts)


def _facts(conditions: tuple[Condition, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for condition in conditions for name in condition.facts))


def _evidence(
    conditions: tuple[Condition, ...], facts: Mapping[str, object]
) -> tuple[Evidence, ...]:
    return tuple(item for condition in conditions for item in condition.evidence(facts))
