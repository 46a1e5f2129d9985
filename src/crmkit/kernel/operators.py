"""The operators of conditions: one list for rules as data, and for questions to a store."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import eq, ge, gt, le, lt, ne
from typing import Any, Final, Literal, TypeAlias

from crmkit.errors import InvalidValueError


Operator: TypeAlias = Literal["=", "!=", "<", "<=", ">", ">=", "in"]
"""How a value is compared with another, or, with `in`, with several."""

OPERATORS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "=": eq,
    "!=": ne,
    "<": lt,
    "<=": le,
    ">": gt,
    ">=": ge,
    "in": lambda value, choices: value in choices,
}
"""Every operator, and what it asks of a value and of that which the value is compared with."""


def check_operator(operator: str) -> None:
    """Refuse what is no operator.

    Raises:
        InvalidValueError: If it is none.

    Examples:
        >>> check_operator("like")
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: operator is 'like': it must be one of =, !=, <, <=, >, >=,\
 in
    """
    if operator not in OPERATORS:
        raise InvalidValueError("operator", operator, f"must be one of {', '.join(OPERATORS)}")
