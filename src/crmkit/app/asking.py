"""Conditions as a caller says them, in the form that stores take."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from crmkit.errors import InvalidValueError
from crmkit.kernel import Scalar
from crmkit.storage import Where


Asked: TypeAlias = tuple[str, str, object]
"""A condition as a caller says it: name, operator, and a value of the trade's own types."""

Stored: TypeAlias = Callable[[str, object], Scalar]
"""Given a name and a value, refuses what nobody knows, and returns what stores compare."""


def conditions(
    where: Iterable[Asked], equal: Mapping[str, object], stored: Stored
) -> tuple[Where, ...]:
    """Return conditions for a store.

    Args:
        where: Name, operator, value; for `in`, any collection of values.
        equal: Names that must have these values.
        stored: What the names may be compared with.

    Raises:
        InvalidValueError: If a condition is no triple, or its name or value is refused.
    """
    asked = [_triple(one) for one in where]
    asked += [(name, "=", value) for name, value in equal.items()]
    return tuple((name, operator, _values(name, value, stored)) for name, operator, value in asked)


def _triple(condition: Asked) -> Asked:
    if not isinstance(condition, tuple) or len(condition) != 3:
        way_out = 'write ("stage", "=", "received"), or stage="received"'
        raise InvalidValueError("where", condition, "must be name, operator and value", way_out)
    return condition


def _values(name: str, value: object, stored: Stored) -> Scalar | tuple[Scalar, ...]:
    if isinstance(value, tuple | list | set | frozenset):
        return tuple(stored(name, item) for item in value)
    return stored(name, value)
