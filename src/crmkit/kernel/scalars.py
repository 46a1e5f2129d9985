"""Scalars: the plain values that every store can keep and compare, and the names they go by."""

from __future__ import annotations

import math
from collections.abc import Collection
from datetime import date, datetime
from enum import Enum
from numbers import Integral, Real
from typing import Final, TypeAlias, TypeVar, cast

from crmkit.errors import InvalidValueError

from .clock import instant, to_micros
from .money import Money
from .nearest import did_you_mean


Scalar: TypeAlias = str | int | float | None
"""What a store can compare: a key, or a value of a fact. Times are whole microseconds since 1970,
money is whole smallest coins."""

T = TypeVar("T")

_LARGEST_INTEGER: Final = 2**63
_LONGEST_NAME: Final = 60


def key_value(value: object, name: str) -> Scalar:
    """Return a value as stores compare it.

    Enumerations go by their value, truth as 0 and 1, instants as microseconds, days as ISO text,
    money as its smallest coins.

    Raises:
        InvalidValueError: If it cannot be compared alike in every store: not finite, beyond 64
            bits, text with a NUL or half a surrogate pair, or of another type.

    Examples:
        >>> from datetime import UTC
        >>> key_value(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC), "at"), key_value(True, "safe")
        (1000000, 1)
        >>> key_value(Money.of("19.99", "EUR"), "amount")
        1999
    """
    # The commonest first: every key of every record that is saved passes here.
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, str):
        return _checked_text(value, name)
    if value is None:
        return None
    if isinstance(value, datetime):
        return to_micros(instant(value, name))
    if isinstance(value, int | float):
        return _checked_number(int(value) if isinstance(value, bool) else value, name)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Money):
        return _checked_number(value.minor, name)
    raise InvalidValueError(name, value, "cannot be compared in a store")


def as_python(value: T) -> T:
    """Return a number, a flag or a text as Python's own, where numpy or pandas handed it out.

    All else is returned as it is; a numpy flag or whole number is none to `isinstance`.

    Examples:
        >>> import numpy
        >>> as_python(numpy.True_), as_python(numpy.int64(7)), as_python(numpy.float32(0.5))
        (True, 7, 0.5)
        >>> as_python("text"), as_python(None)
        ('text', None)
    """
    kind = type(value)
    # A numpy duration calls itself a whole number, and is none.
    if kind.__module__ != "numpy" or kind.__name__ == "timedelta64":
        return value
    own: object = value
    if kind.__name__ in ("bool", "bool_"):
        own = bool(value)
    elif isinstance(value, str):
        own = str(value)
    elif isinstance(value, Integral):
        own = int(value)
    elif isinstance(value, Real):
        own = float(value)
    return cast("T", own)


def has_half_character(text: str) -> bool:
    """Tell whether text holds half a surrogate pair, which neither JSON nor a store can keep.

    Examples:
        >>> has_half_character("吴"), has_half_character(chr(0xD842))
        (False, True)
    """
    return not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text)


def checked_name(name: str) -> str:
    """Return `name` if a kind, a key, a table or a column of a store can be called so.

    Raises:
        InvalidValueError: If it is not lower-case letters, digits and underscores.

    Examples:
        >>> checked_name("customer_id")
        'customer_id'
    """
    fits = isinstance(name, str) and name.isascii() and name.isidentifier() and name.islower()
    if not fits or len(name) > _LONGEST_NAME:
        rule = f"must be lower-case letters, digits and underscores, at most {_LONGEST_NAME}"
        raise InvalidValueError("name", name, rule)
    return name


def known_name(name: str, known: Collection[str], what: str) -> str:
    """Return `name` if it is among the known, else refuse it with the nearest one.

    Raises:
        InvalidValueError: If it is not.

    Examples:
        >>> known_name("amont", ["amount"], "column")
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: column is 'amont': it is not known; did you mean 'amount'?
    """
    if name not in known:
        raise InvalidValueError(what, name, "is not known", did_you_mean(name, known))
    return name


def _checked_number(number: float, name: str) -> int | float:
    if isinstance(number, int):
        if not -_LARGEST_INTEGER <= number < _LARGEST_INTEGER:
            raise InvalidValueError(name, number, "must fit into 64 bits")
    elif not math.isfinite(number):
        raise InvalidValueError(name, number, "must be finite")
    return number


def _checked_text(text: str, name: str) -> str:
    if has_half_character(text) or "\0" in text:
        rule = "must be text without NUL and without half characters"
        raise InvalidValueError(name, text, rule)
    return text
