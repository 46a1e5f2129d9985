"""Conditions over keys and columns as terms of SQL, with the meaning that `query` gives them.

Law: only checked names enter the text of a statement; values are always bound.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeAlias

import attrs
import msgspec

from crmkit.kernel import Scalar

from .query import Query, Where, holds


Term: TypeAlias = tuple[str, tuple[Scalar, ...]]
"""A piece of SQL and the values bound in it."""

_write: Final = msgspec.json.Encoder().encode


@attrs.frozen
class Operand:
    """What values are compared with: a key, the id, a column.

    Attributes:
        sql: The expression.
        real: What stands for a number that is not whole. Keys are text to SQLite, so such a number
            goes the same way from text: else the last bit could differ.
    """

    sql: str
    real: str = "?"

    def bound(self, value: Scalar) -> Term:
        """Return what stands for a value."""
        if isinstance(value, float) and self.real != "?":
            return self.real, (_write(value).decode(),)
        return "?", (value,)


ID: Final = Operand("id")


def key_operand(name: str) -> Operand:
    """Return the expression for a key: that of its index, to the letter."""
    if name == "id":
        return ID
    return Operand(f"json_extract(keys, '$.{name}')", "json_extract(?, '$')")


def column_operand(name: str) -> Operand:
    """Return the expression for a column of facts."""
    return Operand(f'"{name}"')


def term(operand: Operand, condition: Where) -> Term:
    """Return a condition over an operand."""
    _, operator, value = condition
    if isinstance(value, tuple):
        return _one_of(operand, value)
    if operand is ID and not isinstance(value, str):
        # Ids are text, so the answer is the same for all.
        return str(int(holds(("id", operator, value), {"id": "-"}))), ()
    if value is None and operator in ("=", "!="):
        return f"{operand.sql} IS {'NOT ' * (operator == '!=')}NULL", ()
    mark, values = operand.bound(value)
    # Empty differs from every value, which `!=` does not say in SQL.
    return f"{operand.sql} {'IS NOT' if operator == '!=' else operator} {mark}", values


def all_terms(terms: Iterable[Term]) -> Term:
    """Return the condition that all hold; begins with AND where there is one."""
    parts = tuple(terms)
    values = tuple(value for _, bound in parts for value in bound)
    return "".join(f" AND {sql}" for sql, _ in parts), values


def page_term(query: Query) -> Term:
    """Return the condition that a record comes after the place where the page before ended."""
    assert query.after is not None
    value, id = query.after
    operand = key_operand(query.order_by)
    if operand is ID:
        return "id > ?", (id,)
    if value is None:
        return f"({operand.sql} IS NOT NULL OR id > ?)", (id,)
    mark, values = operand.bound(value)
    # The first part alone is what the planner can look up in the index.
    sql = f"{operand.sql} >= {mark} AND ({operand.sql} > {mark} OR id > ?)"
    return sql, (*values, *values, id)


def _one_of(operand: Operand, values: tuple[Scalar, ...]) -> Term:
    """Return the condition that the operand is one of some values, however many."""
    kinds = (str,) if operand is ID else (str, int)
    plain = [value for value in values if isinstance(value, kinds)]
    parts: list[Term] = [
        (f"{operand.sql} IN (SELECT value FROM json_each(?))", (_write(plain).decode(),))
    ]
    if operand is not ID:
        reals = [operand.bound(value) for value in values if isinstance(value, float)]
        parts += [(f"{operand.sql} = {mark}", bound) for mark, bound in reals]
        if None in values:
            parts.append((f"{operand.sql} IS NULL", ()))
    bound = tuple(value for _, held in parts for value in held)
    return f"({' OR '.join(sql for sql, _ in parts)})", bound
