"""Conditions as a caller says them, in the form that stores take."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from crmkit.kernel import Scalar, key_value
from crmkit.storage import Where


Asked: TypeAlias = tuple[str, str, Any]
"""A condition as a caller says it: name, operator, and a value of the trade's own types."""


def conditions(
    where: Iterable[Asked], equal: Mapping[str, Any], checked: Callable[[str], object]
) -> tuple[Where, ...]:
    """Return conditions for a store.

    Args:
        where: Name, operator, value; for `in`, any collection of values.
        equal: Names that must have these values.
        checked: Called with each name; refuses those that nobody knows.
    """
    asked = [*where, *((name, "=", value) for name, value in equal.items())]
    for name, _, _ in asked:
        checked(name)
    return tuple((name, operator, _stored(value, name)) for name, operator, value in asked)


def _stored(value: Any, name: str) -> Scalar | tuple[Scalar, ...]:
    if isinstance(value, tuple | list | set | frozenset):
        return tuple(key_value(item, name) for item in value)
    return key_value(value, name)
