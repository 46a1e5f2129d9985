"""Rules as data, the asking half: conditions over named facts.

Law: a fact that is not known makes no condition true, and is named as missing.

Source: Kleene's strong three-valued logic (true, false, unknown).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from enum import Enum
from numbers import Number
from typing import Final, TypeAlias

import attrs
import msgspec

from crmkit.errors import InvalidValueError

from .explanation import Evidence
from .operators import OPERATORS, Operator, check_operator
from .scalars import has_half_character
from .tagged import Tagged, read_tagged, tag


Operand: TypeAlias = str | int | float | bool
"""What a fact may be compared with."""

_SIMPLE: Final = frozenset({bool, int, str})


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
        >>> Not(grave).words
        'not (severity >= 3 or safety = true)'
    """

    __slots__ = ()

    def holds(self, facts: Mapping[str, object]) -> bool | None:
        """Tell whether the facts fulfil it; None when that hangs on a fact that is not known.

        Raises:
            InvalidValueError: If a fact cannot be compared as it asks, such as text with a number.
        """
        raise TypeError(f"{type(self).__name__} must say when it holds")

    def evidence(self, facts: Mapping[str, object]) -> tuple[Evidence, ...]:
        """Return each comparison as evidence, left to right; unknown facts are left out."""
        raise TypeError(f"{type(self).__name__} must give its evidence")

    @property
    def facts(self) -> tuple[str, ...]:
        """Names of the facts that it asks for, in order, each once."""
        raise TypeError(f"{type(self).__name__} must name its facts")

    @property
    def words(self) -> str:
        """What it asks, for people: `severity >= 3 or safety = true`."""
        return f"{type(self).__name__} of {', '.join(self.facts)}"

    def missing(self, facts: Mapping[str, object]) -> tuple[str, ...]:
        """Return the facts it would need and does not have."""
        return tuple(name for name in self.facts if facts.get(name) is None)

    def to_json(self) -> str:
        """Write it as JSON."""
        return msgspec.json.encode(self).decode()

    def __str__(self) -> str:
        return self.to_json()

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

    Facts that are members of an enumeration are compared by their stored value.

    Raises:
        InvalidValueError: If the operator is unknown, the value is no text or finite number, or
            `in` has no choices; when asked: if the fact cannot be compared with the value, such as
            text with a number.

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
        check_operator(self.operator)
        several = isinstance(self.value, tuple)
        if (self.operator == "in") != several or self.value == ():
            rule = "must be a tuple of choices exactly where the operator is 'in'"
            raise InvalidValueError("value", self.value, rule)
        for choice in self.value if isinstance(self.value, tuple) else (self.value,):
            _check_operand(choice)

    @property
    def facts(self) -> tuple[str, ...]:
        return (self.fact,)

    @property
    def words(self) -> str:
        choices = self.value if isinstance(self.value, tuple) else (self.value,)
        told = " or ".join(
            str(one).lower() if isinstance(one, bool) else str(one) for one in choices
        )
        return f"{self.fact} {self.operator} {told}"

    def holds(self, facts: Mapping[str, object]) -> bool | None:
        found = facts.get(self.fact)
        if found is None:
            return None
        # The commonest by far, asked by verbs: two values of one simple type.
        if type(found) is type(self.value) and type(found) in _SIMPLE:
            return bool(OPERATORS[self.operator](found, self.value))
        found = found.value if isinstance(found, Enum) else found
        choices = self.value if isinstance(self.value, tuple) else (self.value,)
        # What is not alike is never equal: to say so would hide a mistake in the facts.
        if not any(_alike(found, choice) for choice in choices):
            rule = f"cannot be compared by {self.operator} with {self.value!r}"
            raise InvalidValueError(self.fact, found, rule)
        return bool(OPERATORS[self.operator](found, self.value))

    def evidence(self, facts: Mapping[str, object]) -> tuple[Evidence, ...]:
        met = self.holds(facts)
        if met is None:
            return ()
        return (Evidence(self.fact, facts[self.fact], f"{self.operator} {self.value}", met),)


@attrs.frozen
class AllOf(Condition):
    """Every one of several conditions; of none, true.

    Examples:
        >>> known = AllOf((Compare("age", ">=", 18), Compare("consent", "=", True)))
        >>> known.holds({"age": 20, "consent": True}), known.holds({"age": 17})
        (True, False)
        >>> known.holds({"age": 20}), known.missing({"age": 20})
        (None, ('consent',))
    """

    conditions: tuple[Condition, ...]
    type: str = tag("all_of")

    @property
    def facts(self) -> tuple[str, ...]:
        return _facts(self.conditions)

    @property
    def words(self) -> str:
        return " and ".join(map(_grouped, self.conditions)) or "always"

    def holds(self, facts: Mapping[str, object]) -> bool | None:
        answers = [condition.holds(facts) for condition in self.conditions]
        return False if False in answers else None if None in answers else True

    def evidence(self, facts: Mapping[str, object]) -> tuple[Evidence, ...]:
        return _evidence(self.conditions, facts)


@attrs.frozen
class AnyOf(Condition):
    """At least one of several conditions; of none, false.

    Examples:
        >>> grave = AnyOf((Compare("severity", ">=", 3), Compare("safety", "=", True)))
        >>> grave.holds({"severity": 4}), grave.holds({"severity": 1, "safety": False})
        (True, False)
        >>> grave.holds({"severity": 1}), grave.missing({"severity": 1})
        (None, ('safety',))
    """

    conditions: tuple[Condition, ...]
    type: str = tag("any_of")

    @property
    def facts(self) -> tuple[str, ...]:
        return _facts(self.conditions)

    @property
    def words(self) -> str:
        return " or ".join(map(_grouped, self.conditions)) or "never"

    def holds(self, facts: Mapping[str, object]) -> bool | None:
        answers = [condition.holds(facts) for condition in self.conditions]
        return True if True in answers else None if None in answers else False

    def evidence(self, facts: Mapping[str, object]) -> tuple[Evidence, ...]:
        return _evidence(self.conditions, facts)


@attrs.frozen
class Not(Condition):
    """The opposite of a condition; of the unknown, unknown.

    Examples:
        >>> pending = Not(Compare("stage", "=", "closed"))
        >>> pending.holds({"stage": "received"}), pending.holds({"stage": "closed"})
        (True, False)
        >>> pending.holds({}) is None
        True
    """

    condition: Condition
    type: str = tag("not")

    @property
    def facts(self) -> tuple[str, ...]:
        return self.condition.facts

    @property
    def words(self) -> str:
        return f"not ({self.condition.words})"

    def holds(self, facts: Mapping[str, object]) -> bool | None:
        answer = self.condition.holds(facts)
        return None if answer is None else not answer

    def evidence(self, facts: Mapping[str, object]) -> tuple[Evidence, ...]:
        return self.condition.evidence(facts)


def _grouped(condition: Condition) -> str:
    several = isinstance(condition, AllOf | AnyOf) and len(condition.conditions) > 1
    return f"({condition.words})" if several else condition.words


def _check_operand(value: object) -> None:
    """Refuse what JSON would not bring back, or what can be compared with nothing."""
    if isinstance(value, str):
        sound = not has_half_character(value)
    else:
        sound = type(value) in (int, float, bool) and math.isfinite(value)  # type: ignore[arg-type]
    if not sound:
        raise InvalidValueError("value", value, "must be text or a finite number")


def _alike(found: object, value: Operand) -> bool:
    if isinstance(value, str):
        return isinstance(found, str)
    # A NaN is unlike everything, itself too.
    return isinstance(found, Number) and not isinstance(found, complex) and found == found


def _facts(conditions: tuple[Condition, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for condition in conditions for name in condition.facts))


def _evidence(
    conditions: tuple[Condition, ...], facts: Mapping[str, object]
) -> tuple[Evidence, ...]:
    return tuple(item for condition in conditions for item in condition.evidence(facts))
