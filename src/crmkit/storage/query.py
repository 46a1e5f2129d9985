"""Questions to a store: conditions over declared keys, one page at a time, in total order.

Law: every store answers alike. Empty sorts before numbers, numbers before text; text sorts by code
point; equal values sort by id. Nothing is less or greater than empty.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, TypeAlias

import attrs

from crmkit.errors import InvalidValueError
from crmkit.kernel import (
    OPERATORS,
    Scalar,
    check_operator,
    checked_id,
    checked_name,
    did_you_mean,
    key_value,
)


Where: TypeAlias = tuple[str, str, Scalar | tuple[Scalar, ...]]
"""One condition: key, operator (`=`, `!=`, `<`, `<=`, `>`, `>=`, `in`), value."""


def _conditions(where: Iterable[Where]) -> tuple[Where, ...]:
    return tuple(where)


@attrs.frozen
class Query:
    """One page of the records of a kind.

    Attributes:
        kind: The kind.
        where: Conditions, all of which must hold: key, operator, value. The id counts as a key.
        order_by: The key to sort by, ascending; equal values by id.
        after: Where the page before ended: its last record's value of `order_by`, and its id;
            None for the first page. Sorted by id, the id alone counts.
        limit: How many records at most.

    Raises:
        InvalidValueError: If a name is unfit, an operator unknown, a value no scalar (with `in`:
            no tuple of them), the place to begin after unfit, or the limit below 1.

    Examples:
        >>> Query("complaint", where=(("stage", "in", ("received", "acknowledged")),)).limit
        100
        >>> Query("complaint", where=(("stage", "~", "received"),))
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: operator is '~': it must be one of =, !=, <, <=, >, >=, in
    """

    kind: str
    where: tuple[Where, ...] = attrs.field(default=(), converter=_conditions, kw_only=True)
    order_by: str = attrs.field(default="id", kw_only=True)
    after: tuple[Scalar, str] | None = attrs.field(default=None, kw_only=True)
    limit: int = attrs.field(default=100, kw_only=True)

    def __attrs_post_init__(self) -> None:
        checked_name(self.kind)
        checked_name(self.order_by)
        for condition in self.where:
            check_condition(condition)
        if self.after is not None:
            check_scalar(self.after[0], "after")
            checked_id(self.after[1], "after")
        check_count(self.limit, "limit")

    @property
    def keys(self) -> frozenset[str]:
        """The keys it speaks of, without the id."""
        return frozenset({self.order_by, *(name for name, _, _ in self.where)} - {"id"})

    def next(self, value: Scalar, id: str) -> Query:
        """Return the query for the page after a record with that value of `order_by`."""
        return attrs.evolve(self, after=(value, id))

    def admits(self, id: str, keys: Mapping[str, Scalar]) -> bool:
        """Tell whether a record is among those asked for, on this page or a later one."""
        if self.after is not None and self.place(id, keys) <= self._begin(*self.after):
            return False
        return all(holds(condition, {**keys, "id": id}) for condition in self.where)

    def place(self, id: str, keys: Mapping[str, Scalar]) -> tuple[int, Any, str]:
        """Return what records sort by."""
        return self._begin(keys.get(self.order_by), id)

    def _begin(self, value: Scalar, id: str) -> tuple[int, Any, str]:
        return (*_rank(id if self.order_by == "id" else value), id)


def check_condition(condition: Where) -> None:
    """Refuse a condition that no store could answer.

    Raises:
        InvalidValueError: If its name, operator or value is unfit.
    """
    name, operator, value = condition
    checked_name(name)
    check_operator(operator)
    if (operator == "in") != isinstance(value, tuple):
        raise InvalidValueError(name, value, "must be a tuple exactly where the operator is 'in'")
    for item in value if isinstance(value, tuple) else (value,):
        check_scalar(item, name)


def check_scalar(value: object, name: str) -> None:
    """Refuse what is no value as stores keep it: an enumeration, an instant, a NaN.

    Raises:
        InvalidValueError: If it is none.

    Examples:
        >>> check_scalar(True, "safe")
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: safe is True: it must be a value as stores keep it; use\
 crmkit.kernel.key_value
    """
    if value is None or (type(value) is str and value.isprintable()):
        return
    if type(value) not in (str, int, float):
        rule = "must be a value as stores keep it"
        raise InvalidValueError(name, value, rule, "use crmkit.kernel.key_value")
    key_value(value, name)


def checked_scan(
    table: str, columns: Collection[str], where: Iterable[Where], block: int
) -> tuple[tuple[str, ...], tuple[Where, ...]]:
    """Return the columns and conditions of a scan, each once, refusing what no store could answer.

    Raises:
        InvalidValueError: If a name, a condition or the block is unfit, or no column is asked for.

    Examples:
        >>> checked_scan("orders", ["amount", "amount"], [("amount", ">", 0)], 1000)
        (('amount',), (('amount', '>', 0),))
    """
    checked_name(table)
    if isinstance(columns, str) or not columns:
        raise InvalidValueError("columns", columns, "must name at least one column")
    wanted = tuple(dict.fromkeys(map(checked_name, columns)))
    conditions = tuple(where)
    for condition in conditions:
        check_condition(condition)
    check_count(block, "block")
    return wanted, conditions


def check_count(value: int, name: str) -> None:
    """Refuse what is no whole number from 1 on.

    Raises:
        InvalidValueError: If it is none.

    Examples:
        >>> check_count(0, "limit")
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: limit is 0: it must be a whole number from 1 on
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InvalidValueError(name, value, "must be a whole number from 1 on")


def check_known(names: Iterable[str], known: Collection[str], what: str, of: str) -> None:
    """Refuse a name that a store does not know, with the nearest that it does.

    Raises:
        InvalidValueError: If there is one.

    Examples:
        >>> check_known(["stagee"], ["due_at", "id", "stage"], "key", "complaint")
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: key is 'stagee': it is no key of complaint; did you mean\
 'stage'?
    """
    for name in names:
        if name not in known:
            raise InvalidValueError(what, name, f"is no {what} of {of}", did_you_mean(name, known))


def holds(condition: Where, values: Mapping[str, Scalar]) -> bool:
    """Tell whether a record's keys, or a row's columns, fulfil a condition.

    Examples:
        >>> holds(("stage", "in", ("received", "closed")), {"stage": "closed"})
        True
        >>> holds(("moved_at", "<", 5), {"moved_at": None})
        False
    """
    name, operator, value = condition
    found = values.get(name)
    if isinstance(value, tuple):
        return found in value
    if operator in ("=", "!="):
        return OPERATORS[operator](found, value)
    if found is None or value is None:
        return False
    return OPERATORS[operator](_rank(found), _rank(value))


def _rank(value: Scalar) -> tuple[int, Any]:
    return (0, 0) if value is None else (2, value) if isinstance(value, str) else (1, value)
