"""The rows of one customer in any engine's frame."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import cast

import narwhals.stable.v2 as nw

from crmkit.errors import InvalidValueError, NotFoundError

from .frames import Eager, Flaw, Lazy, Words


def plain_id(customer: str | int) -> str | int:
    """Return an id as Python's own, where it was taken out of a frame as numpy's."""
    is_number = isinstance(customer, Integral) and not isinstance(customer, bool)
    return int(customer) if is_number else customer


def is_equal(frame: Lazy, column: str, value: str | int | None, argument: str) -> nw.Expr:
    """Return whether a column has a value.

    Raises:
        InvalidValueError: If the value is of another kind than the column.
    """
    whole = frame.collect_schema()[column].is_integer()
    if not isinstance(value, int if whole else str) or isinstance(value, bool):
        kind = "a whole number" if whole else "text"
        raise InvalidValueError(argument, value, f"must be {kind}, like the column {column}")
    return nw.col(column) == value


def only_category(own: Lazy, category: str, within: str | int | None) -> str | int | None:
    """Return the category that was named, or else the only one of a customer's rows.

    Raises:
        InvalidValueError: If none was named and he has several.
    """
    if within is not None:
        return within
    several = own.select(category).collect()[category].to_list()
    if len(several) == 1:
        return cast("str | int", several[0])
    if not several:
        return None
    rule = "must name a category of the customer"
    raise InvalidValueError("within", within, rule, f"his are {', '.join(map(repr, several))}")


def rows_within(
    frame: Lazy,
    customer: str | int,
    customer_id: str,
    category: str | None,
    within: str | int | None,
) -> tuple[Lazy, Lazy, str]:
    """Return the rows among which a customer is ranked, his own, and what to add if he has none.

    Raises:
        InvalidValueError: If the category must be named, or a value is of another kind than its
            column.
    """
    own = frame.filter(is_equal(frame, customer_id, customer, "customer"))
    if category is None:
        return frame, own, ""
    named = only_category(own, category, within)
    if named is None:
        return frame, own, ""
    inside = is_equal(frame, category, named, "within")
    return frame.filter(inside), own.filter(inside), f"not in the category {named!r}"


def one_row(own: Lazy, customer: str | int, way_out: str = "") -> dict[str, object]:
    """Return the only row of a customer by column name, None where a value is missing.

    Raises:
        NotFoundError: If he has none.
        InvalidValueError: If he has several.
    """
    found = own.collect()
    if not len(found):
        raise NotFoundError("customer", str(customer), way_out)
    if len(found) > 1:
        rule = f"must stand in one row, not in {len(found)}"
        raise InvalidValueError("customer", customer, rule, "leave one of them in the frame")
    row = dict(zip(found.columns, found.row(0), strict=True))
    return {name: None if found[name].is_null()[0] else value for name, value in row.items()}


def new_names(columns: Sequence[str], count: int) -> list[str]:
    """Return names that no column has."""
    names: list[str] = []
    for _ in range(count):
        names.append(nw.generate_temporary_column_name(8, [*columns, *names]))
    return names


def check_new(frame: Eager | Lazy, *names: str) -> None:
    """Check that what is to be added is not there already.

    Raises:
        InvalidValueError: If it is: it would be lost.
    """
    for name in names:
        if name in frame.collect_schema():
            way_out = f"drop or rename it: it would be lost (frame.drop(columns={name!r}))"
            raise InvalidValueError(name, Words("a column"), "must not be there already", way_out)


def check_once(keys: Sequence[str], copies: str) -> Flaw:
    """Return the flaw of a customer in two rows, `copies` being the rows of his keys."""
    whose = "customer" if len(keys) == 1 else "customer of a category"
    way_out = f"add up the rows of each {whose} first: group by {' and '.join(keys)}"
    return Flaw(keys[0], nw.col(copies) > 1, f"must stand in one row per {whose}", way_out)


def odd_if_given(column: str) -> Flaw:
    """Return the flaw of a row whose `column` is given, and no finite number."""
    given = ~nw.col(column).is_null()
    odd = given & ~nw.col(column).cast(nw.Float64).is_finite()
    return Flaw(column, odd, "must be a finite number, or empty")


def unfit_if_given(column: str, low: float, high: float, rule: str) -> tuple[Flaw, Flaw]:
    """Return the flaws of a row whose `column` is given, and no number from `low` to `high`."""
    value = nw.col(column).cast(nw.Float64)
    given = ~nw.col(column).is_null()
    unfit = Flaw(column, given & ((value < low) | (value > high)), rule)
    return odd_if_given(column), unfit
