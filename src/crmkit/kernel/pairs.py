"""What is told of many customers at once: a mapping, or pairs such as two columns of a frame.

Law: a customer is named once, by text; what is missing is None, whatever the engine writes for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from crmkit.errors import InvalidValueError

from .ids import checked_id


T = TypeVar("T")


def named_once(
    told: Mapping[str, T | None] | Iterable[tuple[str, T | None]],
) -> dict[str, T | None]:
    """Return what is told of each customer, in the order told, None where it is missing.

    Raises:
        InvalidValueError: If a customer is no id, or is named twice.

    Examples:
        >>> named_once(zip(["C-7", "C-8"], ["A", float("nan")]))
        {'C-7': 'A', 'C-8': None}
        >>> named_once([(7, "A")])
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: customer is 7: it must be printable text of 1 to 200\
 characters without blanks at its ends; make text of it: '7'
    """
    once: dict[str, T | None] = {}
    for customer, value in told.items() if isinstance(told, Mapping) else told:
        if checked_id(customer, "customer") in once:
            raise InvalidValueError("customer", customer, "must be named once")
        once[customer] = known(value)
    return once


def reasons_for(told: Mapping[str, object], reasons: Mapping[str, str | None]) -> dict[str, str]:
    """Return the reasons that are given, each for a customer of whom something is told.

    Raises:
        InvalidValueError: If a reason is given for somebody else: it would be lost.

    Examples:
        >>> reasons_for({"C-7": "A", "C-8": "B"}, {"C-7": "sales doubled", "C-8": None})
        {'C-7': 'sales doubled'}
        >>> reasons_for({"C-7": "A"}, {"K": "sales doubled"})
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: reasons is 'K': it must be for customers that are\
 named; name them too
    """
    given = {customer: reason for customer, value in reasons.items() if (reason := known(value))}
    for customer in given:
        if customer not in told:
            rule = "must be for customers that are named"
            raise InvalidValueError("reasons", customer, rule, "name them too")
    return given


def known(value: T | None) -> T | None:
    """Return a value, None for what engines write where there is none: NaN, pandas' NA and NaT.

    Examples:
        >>> known("A"), known(float("nan"))
        ('A', None)
    """
    # Of a missing one in pandas no test of equality is sure: it is known by its kind.
    is_gap = type(value).__name__ in ("NAType", "NaTType")
    return None if is_gap or (isinstance(value, float) and value != value) else value
