"""Questions to a store: conditions over declared keys, one page at a time, in total order.

Law: every store answers alike. Empty sorts before numbers, numbers before text; text sorts by code
point; equal values sort by id. Nothing is less or greater than empty.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import eq, ge, gt, le, lt, ne
from typing import Any, Final, TypeAlias

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import Scalar, checked_name, key_value


Where: TypeAlias = tuple[str, str, Scalar | tuple[Scalar, ...]]
"""One condition: key, operator (`=`, `!=`, `<`, `<=`, `>`, `>=`, `in`), value."""

_COMPARE: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "=": eq,
    "!=": ne,
    "<": lt,
    "<=": le,
    ">": gt,
    ">=": ge,
}
OPERATORS: Final = (*_COMPARE, "in")


@attrs.frozen
class Query:
    """One page of the records of a kind.

    Attributes:
        kind: The kind.
        where: Conditions, all of which must hold: key, operator, value. The id counts as a key.
        order_by: The key to sort by, ascending; equal values by id.
        after: Where the page before ended: its last record's value of `order_by`, and its id;
            None for the first page.
        limit: How many records at most.

    Raises:
        InvalidValueError: If a name is unfit, an operator unknown, a value no scalar (with `in`:
            no tuple of them), or the limit below 1.

    Examples:
        >>> Query("complaint", where=(("stage", "in", ("received", "acknowledged")),)).limit
        100
        >>> Query("complaint", where=(("stage", "~", "received"),))
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: operator is '~': it must be one of =, !=, <, <=, >, >=, in
    """

    kind: str
    where: tuple[Where, ...] = attrs.field(default=(), kw_only=True)
    order_by: str = attrs.field(default="id", kw_only=True)
    after: tuple[Scalar, str] | None = attrs.field(default=None, kw_only=True)
    limit: int = attrs.field(default=100, kw_only=True)

    def __attrs_post_init__(self) -> None:
        checked_name(self.kind)
        checked_name(self.order_by)
        for condition in self.where:
            check_condition(condition)
        if isinstance(self.limit, bool) or not isinstance(self.limit, int) or self.limit < 1:
            raise InvalidValueError("limit", self.limit, "must be a whole number from 1 on")

    @property
    def keys(self) -> frozenset[str]:
        """The keys it speaks of, without the id."""
        return frozenset({self.order_by, *(name for name, _, _ in self.where)} - {"id"})

    def next(self, value: Scalar, id: str) -> Query:
        """Return the query for the page after a record with that value of `order_by`."""
        return attrs.evolve(self, after=(value, id))

    def admits(self, id: str, keys: Mapping[str, Scalar]) -> bool:
        """Tell whether a record is among those asked for, on this page or a later one."""
        if self.after is not None and self.place(id, keys) <= _place(*self.after):
            return False
        return all(holds(condition, {**keys, "id": id}) for condition in self.where)

    def place(self, id: str, keys: Mapping[str, Scalar]) -> tuple[int, Any, str]:
        """Return what records sort by."""
        return _place(id if self.order_by == "id" else keys.get(self.order_by), id)


def check_condition(condition: Where) -> None:
    """Refuse a condition that no store could answer.

    Raises:
        InvalidValueError: If its name, operator or value is unfit.
    """
    name, operator, value = condition
    checked_name(name)
    if operator not in OPERATORS:
        raise InvalidValueError("operator", operator, f"must be one of {', '.join(OPERATORS)}")
    if (operator == "in") != isinstance(value, tuple):
        raise InvalidValueError(name, value, "must be a tuple exactly where the operator is 'in'")
    for item in value if isinstance(value, tuple) else (value,):
        if type(item) not in (str, int, float, type(None)):
            rule = "must be a value as stores keep it"
            raise InvalidValueError(name, item, rule, "use crmkit.kernel.key_value")
        key_value(item, name)


def holds(condition: Where, values: Mapping[str, Scalar]) -> bool:
    """Tell whether a record's keys, or a row's columns, fulfil a condition."""
    name, operator, value = condition
    found = values.get(name)
    if isinstance(value, tuple):
        return found in value
    if operator in ("=", "!="):
        return _COMPARE[operator](found, value)
    if found is None or value is None:
        return False
    return _COMPARE[operator](_rank(found), _rank(value))


def _place(value: Scalar, id: str) -> tuple[int, Any, str]:
    return (*_rank(value), id)


def _rank(value: Scalar) -> tuple[int, Any]:
    return (0, 0) if value is None else (2, value) if isinstance(value, str) else (1, value)
