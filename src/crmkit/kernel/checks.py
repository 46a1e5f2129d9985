"""Checks that many records share, most of them as attrs validators."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from numbers import Integral, Real
from typing import Any, TypeAlias, TypeVar

import attrs

from crmkit.errors import InvalidValueError

from .clock import checked_utc
from .ids import checked_id
from .labels import Labelled


T = TypeVar("T")

Field: TypeAlias = "attrs.Attribute[Any]"


def is_id(_: object, field: Field, value: str) -> None:
    """Check that a field holds what can be an id.

    Raises:
        InvalidValueError: If it does not.

    Examples:
        >>> @attrs.frozen
        ... class Guest:
        ...     id: str = attrs.field(validator=is_id)
        >>> Guest("")
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: id is '': it must be printable text of 1 to 200 characters\
 without blanks at its ends
    """
    checked_id(value, field.name)


def is_utc(_: object, field: Field, value: datetime) -> None:
    """Check that a field holds an instant in UTC.

    Raises:
        InvalidValueError: If it does not.

    Examples:
        >>> @attrs.frozen
        ... class Call:
        ...     at: datetime = attrs.field(validator=is_utc)
        >>> Call(datetime(2026, 3, 1))
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: at is datetime.datetime(2026, 3, 1, 0, 0): it must have a\
 time zone; give it one with .replace(tzinfo=ZoneInfo("…"))
    """
    checked_utc(value, field.name)


def not_blank(_: object, field: Field, value: str) -> None:
    """Check that a field holds text, and not only blanks.

    Raises:
        InvalidValueError: If it does not.

    Examples:
        >>> @attrs.frozen
        ... class Guest:
        ...     name: str = attrs.field(validator=not_blank)
        >>> Guest("  ")
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: name is '  ': it must be text, and not blank
    """
    if not isinstance(value, str) or not value.strip():
        raise InvalidValueError(field.name, value, "must be text, and not blank")


def not_blank_if_given(_: object, field: Field, value: str | None) -> None:
    """Check that a field holds nothing, or text that is not blank.

    Raises:
        InvalidValueError: If it does not.

    Examples:
        >>> @attrs.frozen
        ... class Guest:
        ...     phone: str | None = attrs.field(default=None, validator=not_blank_if_given)
        >>> Guest(), Guest("")
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: phone is '': it must be None, or text that is not blank
    """
    if value is not None and (not isinstance(value, str) or not value.strip()):
        raise InvalidValueError(field.name, value, "must be None, or text that is not blank")


def member_of(kind: type[Labelled]) -> Callable[[object, Field, object], None]:
    """Return the check that a field holds a member of an enumeration.

    Examples:
        >>> class Size(Labelled):
        ...     SMALL = "small", "Small", "小"
        >>> @attrs.frozen
        ... class Parcel:
        ...     size: Size | None = attrs.field(validator=member_of(Size))
        >>> Parcel("small")
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: size is 'small': it must be one of Size.SMALL
    """

    def check(_: object, field: Field, value: object) -> None:
        if not isinstance(value, kind):
            allowed = ", ".join(f"{kind.__name__}.{member.name}" for member in kind)
            raise InvalidValueError(field.name, value, f"must be one of {allowed}")

    return check


def is_a(kind: type) -> Callable[[object, Field, object], None]:
    """Return the check that a field holds a value of exactly this class.

    Exactly: a datetime is a date to Python, and is none to a calendar.

    Examples:
        >>> from datetime import date, datetime
        >>> @attrs.frozen
        ... class Guest:
        ...     since: date = attrs.field(validator=is_a(date))
        >>> Guest(datetime(2026, 3, 2, 9))
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: since is datetime.datetime(2026, 3, 2, 9, 0): it must be a\
 date
    """

    def check(_: object, field: Field, value: object) -> None:
        if type(value) is not kind:
            raise InvalidValueError(field.name, value, f"must be a {kind.__name__}")

    return check


def all_are(kind: type) -> Callable[[object, Field, object], None]:
    """Return the check that a field holds a tuple of values of exactly this class.

    Examples:
        >>> @attrs.frozen
        ... class Guest:
        ...     wishes: tuple[str, ...] = attrs.field(validator=all_are(str))
        >>> Guest(["a quiet room"])
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: wishes is ['a quiet room']: it must be a tuple of str
    """

    def check(_: object, field: Field, value: object) -> None:
        if not isinstance(value, tuple) or any(type(item) is not kind for item in value):
            raise InvalidValueError(field.name, value, f"must be a tuple of {kind.__name__}")

    return check


def of_kind(value: object, kind: type[T], name: str, *, way_out: str = "") -> T:
    """Return an argument that must be of some class, or of one made from it.

    Args:
        value: The argument.
        kind: The class.
        name: What it was passed as.
        way_out: What to do where it is not, if the class does not say it.

    Raises:
        InvalidValueError: If it is not.

    Examples:
        >>> of_kind("urgent", dict, "facts")
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: facts is 'urgent': it must be a dict
    """
    if not isinstance(value, kind):
        raise InvalidValueError(name, value, f"must be a {kind.__name__}", way_out)
    return value


def checked_day(day: date | None, name: str) -> date | None:
    """Return a day that may be left out, if it is a date and no instant.

    Raises:
        InvalidValueError: If it is anything else.

    Examples:
        >>> checked_day("2026-03-02", "on")
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: on is '2026-03-02': it must be a date without a time of day
    """
    if day is not None and (not isinstance(day, date) or isinstance(day, datetime)):
        raise InvalidValueError(name, day, "must be a date without a time of day")
    return day


def finite(value: float, name: str) -> float:
    """Return a number that is neither infinite nor NaN; True is none.

    Raises:
        InvalidValueError: If it is not.

    Examples:
        >>> finite("20", "amount")
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: amount is '20': it must be a finite number
    """
    number = isinstance(value, Real | Decimal) and not isinstance(value, bool)
    if not number or not math.isfinite(value):
        raise InvalidValueError(name, value, "must be a finite number")
    return value


def whole(value: int, name: str, *, least: int, most: int | None = None) -> int:
    """Return an argument that must be a whole number within bounds, both of them allowed.

    Raises:
        InvalidValueError: If it is none, or out of them.

    Examples:
        >>> whole(2.5, "steps", least=0)
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: steps is 2.5: it must be a whole number of at least 0
        >>> whole(9, "parts", least=2, most=8)
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: parts is 9: it must be a whole number from 2 to 8
    """
    number = isinstance(value, Integral) and not isinstance(value, bool)
    if not number or value < least or (most is not None and value > most):
        bounds = f"of at least {least}" if most is None else f"from {least} to {most}"
        raise InvalidValueError(name, value, f"must be a whole number {bounds}")
    return int(value)


def several(values: Iterable[T], name: str) -> tuple[T, ...]:
    """Return several values as a tuple; a text alone is one, and would fall apart into letters.

    Raises:
        InvalidValueError: If it is one text, or nothing that holds values.

    Examples:
        >>> several(["W-300"], "units")
        ('W-300',)
        >>> several("W-300", "units")
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: units is 'W-300': it must be several values, not one;\
 write ('W-300',)
    """
    if isinstance(values, str) or not isinstance(values, Iterable):
        way_out = f"write ({values!r},)"
        raise InvalidValueError(name, values, "must be several values, not one", way_out)
    return tuple(values)


def told(text: str, name: str) -> str:
    """Return what was told, if it says something.

    Raises:
        InvalidValueError: If it is blank, or no text.

    Examples:
        >>> told("  ", "reason")
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: reason is '  ': it must be text, and not blank
    """
    if not isinstance(text, str) or not text.strip():
        raise InvalidValueError(name, text, "must be text, and not blank")
    return text
